"""The settings of a run: what the flags of ``pellucid train`` say, checked, complete, and written into ``run.json``."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from pellucid.core import checks
from pellucid.core.activations import ACTIVATIONS
from pellucid.core.errors import InputError
from pellucid.core.initializers import INITIALIZERS
from pellucid.core.losses import LOSSES
from pellucid.core.optimizers import OPTIMIZERS
from pellucid.core.schedules import SCHEDULES

# What is usual for each optimiser: chosen on dev digits for the default network, see docs/architecture.md.
LEARNING_RATES = {
    "sgd": 0.7,
    "momentum": 0.05,
    "nesterov": 0.05,
    "rmsprop": 0.001,
    "adam": 0.004,
    "adamw": 0.008,
}
WEIGHT_DECAYS = {"sgd": 0.001, "momentum": 0.001, "nesterov": 0.001, "rmsprop": 0.0, "adam": 0.0, "adamw": 0.1}

MOST_THREADS = 1024

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


@dataclass(frozen=True)
class Settings:
    """All that decides what a run does; None means: the usual for the data, the loss or the optimiser."""

    data: str = "mnist"
    target: str | None = None
    task: str = "auto"
    dev: float | None = None  # a count, or a fraction below 1
    test: float | None = None
    columns: tuple[str, ...] = ()  # what columns of a table are: "zip=category"
    weights: str | None = None  # the column of each row's weight
    class_weights: str | None = None  # "balanced", or "yes=2,no=1"
    recipe: str = "default"
    start_from: str | None = None
    hidden: tuple[int, ...] = (32, 16)
    activation: tuple[str, ...] = ("relu",)  # one for all hidden layers, or one for each
    loss: str | None = None
    init: str = "he"
    optimizer: str = "sgd"
    learning_rate: float | None = None
    schedule: str = "warmup-cosine"
    batch_size: int | None = 64  # None: all samples at once
    epochs: int | None = 6  # None: as many as the rows need
    weight_decay: float | None = None
    dropout: float = 0.0
    clip_norm: float | None = 1.0  # None: no limit
    dtype: str = "float32"
    threads: int | None = None
    seed: int = 0
    patience: int | None = None

    def __post_init__(self) -> None:
        for number, size in enumerate(self.hidden, start=1):
            checks.count(size, f"--hidden: neurons of layer {number}")
        for name in self.activation:
            _among(name, ACTIVATIONS, "--activation")
        if len(self.activation) not in (1, len(self.hidden)):
            raise InputError(
                f"--activation names {len(self.activation)} activations, --hidden {len(self.hidden)} layers: "
                "give one activation for all, or one for each hidden layer"
            )
        if self.loss is not None:
            _among(self.loss, LOSSES, "--loss")
        _among(self.recipe, RECIPES, "--recipe")
        _among(self.init, INITIALIZERS, "--init")
        _among(self.optimizer, OPTIMIZERS, "--optimizer")
        _among(self.schedule, SCHEDULES, "--schedule")
        _among(self.dtype, ("float32", "float64"), "--dtype")
        for value, flag in ((self.learning_rate, "--learning-rate"), (self.clip_norm, "--clip-norm")):
            if value is not None:
                checks.number(value, flag, positive=True)
        if self.weight_decay is not None:
            checks.number(self.weight_decay, "--weight-decay")
        checks.number(self.dropout, "--dropout", below=1.0)
        checks.count(self.seed, "--seed", least=0)
        for name in ("batch_size", "epochs", "patience", "threads"):
            if getattr(self, name) is not None:
                checks.count(getattr(self, name), "--" + name.replace("_", "-"))
        if self.threads is not None and self.threads > MOST_THREADS:
            raise InputError(f"--threads {self.threads}: give at most {MOST_THREADS}")

    @property
    def passes(self) -> int:
        """The epochs of complete settings, which no longer leave them to the data."""
        assert self.epochs is not None
        return self.epochs

    @property
    def counts(self) -> bool:
        """Whether what is predicted are counts, which are never below 0."""
        return self.loss == "poisson"

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
        known = {field.name for field in fields(cls)}
        if not isinstance(values, Mapping) or set(values) != known:
            raise InputError("its settings are not those that this version of pellucid writes")
        may_lack = ("target", "start_from", "weights", "class_weights")
        texts = [values["data"], *(values[name] for name in may_lack if values[name] is not None)]
        rates = [values[name] for name in ("learning_rate", "weight_decay", "dropout")]
        lists = [values[name] for name in ("hidden", "activation", "columns")]
        wrong = [text for text in texts if not isinstance(text, str)]
        wrong += [rate for rate in rates if isinstance(rate, bool) or not isinstance(rate, int | float)]
        wrong += [given for given in lists if not isinstance(given, list | tuple)]
        if wrong:
            raise InputError(f"its settings hold {wrong[0]!r}, which does not belong there")
        return cls(**{**values, "hidden": tuple(lists[0]), "activation": tuple(lists[1]), "columns": tuple(lists[2])})


def from_flags(flags: Mapping[str, Any], usual: str = "default") -> Settings:
    """The recipe's settings, with the flags that were given in their place; a flag of None was not given.

    ``usual`` is the recipe where no flag names one: "table" for tables.

    >>> from_flags({"recipe": "article", "epochs": 20}).epochs
    20
    """
    given = {name: value for name, value in flags.items() if value is not None}
    given["recipe"] = recipe = given.get("recipe", usual)
    _among(recipe, RECIPES, "--recipe")
    settings = {**RECIPES[recipe], **given}
    for name in ("hidden", "activation", "loss", "init"):
        if "start_from" in given and name in given:
            raise InputError(f"--{name} cannot stand beside --start-from, whose network decides it: leave one out")
    if settings.get("batch_size") == "all":
        settings["batch_size"] = None
    if settings.get("clip_norm") == 0:
        settings["clip_norm"] = None
    if settings.get("loss") == "poisson" and settings.get("task", "auto") == "auto":
        settings["task"] = "regression"  # counts, be they ever so few different ones, are no classes
    return Settings(**settings)


def _among(value: str, known: Any, flag: str) -> None:
    if not isinstance(value, str) or value not in known:
        raise InputError(f"{flag} {value}: not known; take {', '.join(known)}")
