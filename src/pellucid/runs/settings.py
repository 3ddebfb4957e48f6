"""The settings of a run: its hyperparameters, each declared once with its rule, and written into ``run.json``."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, NamedTuple

from pellucid._text import did_you_mean
from pellucid.core.activations import ACTIVATIONS
from pellucid.core.errors import InputError
from pellucid.core.initializers import INITIALIZERS
from pellucid.core.losses import LOSSES
from pellucid.core.optimizers import OPTIMIZERS
from pellucid.core.schedules import SCHEDULES
from pellucid.runs.kinds import Amount, Choice, Choices, Count, Kind, Marks, Number, Pairs, RowOfNames, Sizes, Trained

RECIPES: dict[str, dict[str, Any]] = {
    "default": {},
    "table": {
        "hidden": (100,),
        "init": "glorot",  # a start near 0 whatever the inputs: few rows take few steps
        "optimizer": "adamw",
        "learning_rate": 0.005,
        "batch_size": 32,
        "epochs": None,
    },
    "article": {
        "hidden": (32, 16),
        "activation": ("relu",),
        "loss": "cross-entropy",
        "init": "article",
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "schedule": "constant",
        "batch_size": None,
        "epochs": 500,
        "weight_decay": 0.0,
        "clip_norm": None,
        "dtype": "float64",
    },
}


TASKS = ("auto", "classification", "regression")
ENGINES = ("auto", "numpy", "compiled")
CACHES = ("auto", "keep", "off")
CACHE = "Of a table above 256 MB as it was decoded, beside the runs: auto removes it at the end, keep keeps it [auto]"
MAKERS = "Who makes the steps: numpy, compiled (with Numba), or the one sooner done [auto]"
DECAY = "how much θ is drawn towards 0 [0.001 for sgd; 0.3 for a table, 600 / rows above 2,000]"
CLIPPING = "Gradient clipping: the greatest length of a gradient; 0 is no limit [1]"


class Rule(NamedTuple):
    """What a setting may be, and what it is, with what is usual in square brackets.

    ``none`` is what is typed for None, "" where that cannot be typed; where it is None, so may not be the value.
    """

    kind: Kind
    help: str
    none: str | None


def _rule(usual: Any, kind: Kind, about: str, none: str | None = None) -> Any:
    """The field of a setting with its usual value."""
    return field(default=usual, metadata={"rule": Rule(kind, about, "" if usual is None else none)})


@dataclass(frozen=True)
class Settings:
    """All that decides what a run does; None means: the usual for the data, the loss or the optimiser.

    Raises:
        InputError: a setting that cannot be, by its name.

    >>> Settings(hidden=[8], learning_rate=1).hidden
    (8,)
    >>> Settings(dropout=2.0)
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: dropout=2.0: give a finite number of at least 0 and below 1
    """

    data: str = _rule("mnist", Kind(), "A file, a folder, or mnist.")
    target: str | None = _rule(None, Kind(), "What to predict: a column, or several (a,b), an array, or a .npy file.")
    task: str = _rule("auto", Choice(known=TASKS), "[auto]")
    dev: float | None = _rule(None, Amount(), "Held back to watch over training [1,000 digits; else 10 %].")
    test: float | None = _rule(None, Amount(), "Held back for the final score.")
    columns: tuple[str, ...] = _rule((), Pairs(), "What a column is: number, boolean, category, date, out. Repeatable.")
    missing: tuple[str, ...] = _rule((), Marks(), "What else stands for a missing value; NAME=TEXT in one column.")
    header: int | None = _rule(None, RowOfNames(), "The row of a CSV that names its columns [found out]")
    weights: str | None = _rule(None, Kind(), "The column of a table that says how much each row counts.")
    class_weights: str | None = _rule(None, Kind("balanced|NAME=W,…"), "How much the rows of each class count [1]")
    cache: str = _rule("auto", Choice(known=CACHES), CACHE)
    recipe: str = _rule("default", Choice(known=RECIPES), f"A set of the settings below: {', '.join(RECIPES)}.")
    start_from: str | None = _rule(None, Trained(), "Go on from a trained model's weights: a file, or a run.")
    hidden: tuple[int, ...] = _rule((32, 16), Sizes(), "Neurons of the hidden layers, or none [32,16; 100 for a table]")
    activation: tuple[str, ...] = _rule(("relu",), Choices(known=ACTIVATIONS), "[relu]")
    loss: str | None = _rule(None, Choice(known=LOSSES), "[by what is predicted]")
    init: str = _rule("he", Choice(known=INITIALIZERS), "[he; glorot for a table]")
    optimizer: str = _rule("sgd", Choice(known=OPTIMIZERS), "[sgd; adamw for a table]")
    learning_rate: float | None = _rule(None, Number("RATE", positive=True), "[0.7 for sgd; 0.005 for a table]")
    schedule: str = _rule("warmup-cosine", Choice(known=SCHEDULES), "[warmup-cosine]")
    batch_size: int | None = _rule(64, Count("N|all"), "Samples in a mini-batch [64; 32 for a table]", none="all")
    accumulate: int = _rule(1, Count(), "Batches in a step, with the memory of one: their gradients are averaged [1]")
    epochs: int | None = _rule(
        6, Count(most=10**9), "Passes over the data [6; for a table 15 to 40, some 5,000 steps]", none=""
    )
    weight_decay: float | None = _rule(None, Number("RATE"), f"Regularisation: {DECAY}")
    dropout: float = _rule(0.0, Number("SHARE", below=1.0), "Regularisation: hidden neurons left out at each step [0]")
    clip_norm: float | None = _rule(1.0, Number("LENGTH", positive=True), CLIPPING, none="0")
    dtype: str = _rule("float32", Choice(known=("float32", "float64")), "[float32]")
    threads: int | None = _rule(None, Count(most=1024), "Threads of the matrix product [by its size]")
    engine: str = _rule("auto", Choice(known=ENGINES), MAKERS)
    seed: int = _rule(0, Count(least=0), "Of the split, the start and the order [0]")
    patience: int | None = _rule(None, Count(), "Early stopping: after N epochs without a better dev loss [never]")

    def __post_init__(self) -> None:
        for name, rule in SETTINGS.items():
            value = getattr(self, name)
            if value is not None or rule.none is None:
                object.__setattr__(self, name, rule.kind.check(value, name))
        if len(self.activation) not in (1, len(self.hidden)):
            raise InputError(
                f"activation={self.activation!r} names {len(self.activation)} activations, hidden={self.hidden!r} "
                f"{len(self.hidden)} layers: give one activation for all, or one for each hidden layer"
            )

    @property
    def passes(self) -> int:
        """The epochs of complete settings, which no longer leave them to the data."""
        assert self.epochs is not None
        return self.epochs

    def steps(self, samples: int) -> int:
        """How many steps complete settings take in all on so many samples."""
        return self.passes * -(-samples // self.step_size(samples))

    def step_size(self, samples: int) -> int:
        """Of so many samples, how many a step takes."""
        return min((self.batch_size or samples) * self.accumulate, samples)

    def training(self) -> dict[str, Any]:
        """What ``train`` takes of complete settings."""
        return {
            "epochs": self.passes,
            "batch_size": self.batch_size,
            "accumulate": self.accumulate,
            "schedule": SCHEDULES[self.schedule],
            "dropout": self.dropout,
            "clip_norm": self.clip_norm,
            "blas_threads": self.threads,
            "engine": self.engine,
        }

    @property
    def counts(self) -> bool:
        """Whether what is predicted are counts, which are never below 0."""
        return self.loss is not None and LOSSES[self.loss].activation.formula.log_link

    def as_json(self) -> dict[str, Any]:
        """The settings as plain values for ``run.json``."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Settings":
        """The settings that ``as_json`` gave, complete as a run has them.

        >>> complete = Settings(hidden=(8,), learning_rate=0.1, weight_decay=0.0)
        >>> Settings.from_json(complete.as_json()) == complete
        True
        """
        if isinstance(values, Mapping):
            values = {"engine": "numpy", "accumulate": 1, "cache": "auto", **values}  # of a version that had no other
        if not isinstance(values, Mapping) or set(values) != set(SETTINGS):
            raise InputError("its settings are not those that this version of pellucid writes")
        for name in ("epochs", "learning_rate", "weight_decay"):
            if values[name] is None:
                raise InputError(f"{name}=None: a run knows it")
        return cls(**values)


SETTINGS: dict[str, Rule] = {each.name: each.metadata["rule"] for each in fields(Settings)}


def from_recipe(given: Mapping[str, Any], usual: str = "default") -> Settings:
    """The recipe's settings, with those that are given in their place; None was not given.

    ``usual`` is the recipe where none is given: "table" for tables.

    Raises:
        InputError: a setting that there is not, or that cannot be.

    >>> from_recipe({"recipe": "article", "epochs": 20}).epochs
    20
    >>> from_recipe({"hiden": (8,)})
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: hiden=(8,): there is no such setting; did you mean hidden?
    """
    given = {name: value for name, value in given.items() if value is not None}
    for name in given.keys() - SETTINGS.keys():
        remedy = did_you_mean(name, SETTINGS) or f"there are {', '.join(SETTINGS)}"
        raise InputError(f"{name}={given[name]!r}: there is no such setting; {remedy}")
    recipe = SETTINGS["recipe"].kind.check(given.get("recipe", usual), "recipe")
    settings = {**RECIPES[recipe], **given, "recipe": recipe}
    for name in ("hidden", "activation", "loss", "init"):
        if "start_from" in given and name in given:
            raise InputError(
                f"{name}={given[name]!r} cannot stand beside start_from={given['start_from']!r}, whose network decides "
                "it: leave one out"
            )
    if settings.get("batch_size") == "all":
        settings["batch_size"] = None
    if settings.get("clip_norm") == 0:
        settings["clip_norm"] = None
    chosen = Settings(**settings)
    # counts, be they ever so few different ones, are no classes
    return replace(chosen, task="regression") if chosen.counts and chosen.task == "auto" else chosen
