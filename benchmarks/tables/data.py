"""Real tables that come inside packages, nothing downloaded: scikit-learn, statsmodels, vega_datasets, and others."""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pandas as pd


class Task(NamedTuple):
    """A table with its target, and where it comes from; ``chose`` where the defaults were chosen on it."""

    name: str
    origin: str
    target: str
    table: Callable[[], pd.DataFrame]
    chose: bool = True


def _sklearn(name: str) -> Callable[[], pd.DataFrame]:
    def load() -> pd.DataFrame:
        found = getattr(import_module("sklearn.datasets"), f"load_{name}")(as_frame=True)
        frame = found.frame
        if hasattr(found, "target_names"):  # classes by their names
            frame = frame.assign(target=[str(found.target_names[k]) for k in frame["target"]])
        return frame

    return load


def _statsmodels(name: str, *, without: tuple[str, ...] = (), label: str | None = None) -> Callable[[], pd.DataFrame]:
    def load() -> pd.DataFrame:
        frame = import_module(f"statsmodels.datasets.{name}").load_pandas().data.drop(columns=list(without))
        return frame if label is None else frame.assign(**{label: frame[label].astype(int).astype(str)})

    return load


def _plotnine(name: str, *, without: tuple[str, ...] = ()) -> Callable[[], pd.DataFrame]:
    return lambda: getattr(import_module("plotnine.data"), name).drop(columns=list(without))


def _vega(file: str) -> Callable[[], pd.DataFrame]:
    def load() -> pd.DataFrame:
        path = Path(str(import_module("vega_datasets").__file__)).parent / "_data" / file
        if path.suffix == ".csv":
            frame = pd.read_csv(path)
            when = "date" if "date" in frame else "year"
            return frame.assign(**{when: pd.to_datetime(frame[when])})
        frame = pd.DataFrame(json.loads(path.read_text()))
        return frame.assign(Year=pd.to_datetime(frame["Year"]))

    return load


def _penguins() -> pd.DataFrame:
    frame: pd.DataFrame = import_module("palmerpenguins").load_penguins()
    return frame


TASKS = (
    Task("breast_cancer", "scikit-learn", "target", _sklearn("breast_cancer")),
    Task("wine", "scikit-learn", "target", _sklearn("wine")),
    Task("diabetes", "scikit-learn", "target", _sklearn("diabetes")),
    Task("penguins", "palmerpenguins", "species", _penguins),
    Task("penguins' sex", "palmerpenguins", "sex", _penguins),
    Task("seattle-weather", "vega_datasets", "weather", _vega("seattle-weather.csv")),
    Task("cars", "vega_datasets", "Miles_per_Gallon", _vega("cars.json")),
    Task("mpg", "plotnine", "hwy", _plotnine("mpg", without=("cty",))),
    Task("midwest", "plotnine", "percbelowpoverty", _plotnine("midwest", without=("PID",))),
    Task("txhousing", "plotnine", "median", _plotnine("txhousing", without=("volume",))),
    Task("diamonds", "plotnine", "price", _plotnine("diamonds")),
    Task("anes96", "statsmodels", "vote", _statsmodels("anes96", label="vote")),
    Task("fair", "statsmodels", "affairs", _statsmodels("fair")),
    Task("randhie", "statsmodels", "mdvis", _statsmodels("randhie")),
    # taken up when the defaults stood already, all at once, before any of them was tried
    Task("iris", "scikit-learn", "target", _sklearn("iris"), chose=False),
    Task("digits", "scikit-learn", "target", _sklearn("digits"), chose=False),
    Task("economics", "plotnine", "unemploy", _plotnine("economics"), chose=False),
    Task("msleep", "plotnine", "sleep_total", _plotnine("msleep", without=("name", "awake")), chose=False),
    Task("iowa-electricity", "vega_datasets", "net_generation", _vega("iowa-electricity.csv"), chose=False),
    Task("stocks", "vega_datasets", "price", _vega("stocks.csv"), chose=False),
    Task("ccard", "statsmodels", "AVGEXP", _statsmodels("ccard"), chose=False),
    Task("star98", "statsmodels", "NABOVE", _statsmodels("star98", without=("NBELOW",)), chose=False),
    Task("modechoice", "statsmodels", "choice", _statsmodels("modechoice", label="choice"), chose=False),
    Task("statecrime", "statsmodels", "murder", _statsmodels("statecrime"), chose=False),
)
