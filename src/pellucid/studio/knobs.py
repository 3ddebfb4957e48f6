"""The knobs: settings that can be turned while a network learns, and when each of them acts."""

import functools
from dataclasses import dataclass, replace
from typing import Any

from pellucid.core.errors import InputError
from pellucid.core.schedules import SCHEDULES
from pellucid.datasets import Dataset
from pellucid.model.preprocessing import Preprocessing
from pellucid.runs import Run, Settings
from pellucid.runs.prepare import HOW_TO_SPLIT, OF_TABLES, describe_model, load_data
from pellucid.runs.run_json import checksums

OF_DATA = ("data", *HOW_TO_SPLIT, *OF_TABLES, "loss", "dtype")
NEXT_STEP, NEXT_EPOCH = "next step", "next epoch"


@dataclass(frozen=True)
class Knob:
    """A setting that can be turned: when that acts, and what it may be (its own rule checks it, too)."""

    name: str
    acts: str
    kind: str
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] | None = None


KNOBS = {
    knob.name: knob
    for knob in (
        Knob("learning_rate", NEXT_STEP, "number", least=0),
        Knob("schedule", NEXT_STEP, "choice", choices=tuple(SCHEDULES)),
        Knob("dropout", NEXT_STEP, "number", least=0, most=1),
        Knob("weight_decay", NEXT_STEP, "number", least=0),
        Knob("clip_norm", NEXT_STEP, "number or none", least=0),
        Knob("epochs", NEXT_STEP, "count", least=1),
        Knob("batch_size", NEXT_EPOCH, "count or none", least=1),
        Knob("data", NEXT_EPOCH, "data"),
    )
}


def turned(settings: Settings, name: object, value: Any) -> Settings:
    """The settings with one knob turned.

    Raises:
        InputError: there is no such knob, or it cannot be that.

    >>> turned(Settings(learning_rate=0.7), "learning_rate", 0.1).learning_rate
    0.1
    """
    if not isinstance(name, str) or name not in KNOBS:
        raise InputError(f"knob {name!r}: there is none; take one of {', '.join(KNOBS)}")
    if value is None and name in ("learning_rate", "weight_decay", "epochs"):
        raise InputError(f"{name}=None: give a number")
    return replace(settings, **{name: value})


def fitting(run: Run, settings: Settings) -> Dataset:
    """The data of these settings, which the run's network must be able to go on with.

    The columns of a table become what those of the first one did: the network knows them so scaled.

    Raises:
        InputError: they cannot be read, or are of another kind.
    """
    net, model = run.state.network, run.model
    dataset = _data(model.preprocessing, *(getattr(settings, name) for name in OF_DATA))
    if (dataset.preprocessing is None) != (model.preprocessing is None):
        raise InputError(f"data: of {dataset.name} and the data so far one is a table, one is not; make a new network")
    if dataset.train.shape[1] != net.sizes[0] or dataset.classes != model.classes:
        raise InputError(f"data: {dataset.name} has other inputs or other classes than the network; make a new network")
    if describe_model(net, settings, dataset).data["target"] != model.data["target"]:
        raise InputError(f"data: {dataset.name} has another target than {model.data['target']}; rename its column")
    return dataset


@functools.lru_cache(maxsize=3)
def _data(plan: Preprocessing | None, *about: Any) -> Dataset:
    return load_data(Settings(**dict(zip(OF_DATA, about, strict=True))), plan=plan)


def use(run: Run, settings: Settings) -> None:
    """Let a run go on with other settings; those of the optimiser go to it, and other data are read."""
    if settings.data != run.settings.data:
        run.dataset = fitting(run, settings)
        run.checksums, run.plan = checksums(run.dataset), run.model.preprocessing
        run.model = replace(run.model, data={**run.model.data, "source": settings.data})
    run.settings = settings
    optimizer: Any = run.state.optimizer
    optimizer.learning_rate, optimizer.weight_decay = settings.learning_rate, settings.weight_decay
