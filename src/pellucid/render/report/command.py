"""The command that would make a run again: its settings in the words of ``pellucid train``, without what is usual."""

import shlex
from collections.abc import Iterator

from pellucid.core import threads
from pellucid.core.network import Network
from pellucid.core.optimizers import OPTIMIZERS
from pellucid.runs import Settings, from_recipe
from pellucid.runs.settings import SETTINGS

DECIDED_BY_MODEL = ("hidden", "activation", "loss", "init")  # where --start-from names one


def command(settings: Settings, net: Network, samples: int) -> str:
    """The line that trains the same network on the same data; ``samples`` is how many it learned from.

    >>> command(Settings(epochs=9, learning_rate=0.7, weight_decay=0.001, threads=1, activation=("relu", "relu"),
    ...         loss="cross-entropy"), Network([784, 32, 16, 10]), 59000)
    'pellucid train --epochs 9 --seed 0'
    """
    words = ["pellucid", "train"]
    if settings.data != "mnist":
        words.append(settings.data if not settings.data.startswith("-") else f"./{settings.data}")
    for name, value in _flags(settings, net, samples):
        words += [f"--{name.replace('_', '-')}", value]
    return " ".join(shlex.quote(word) for word in words)


def _flags(settings: Settings, net: Network, samples: int) -> Iterator[tuple[str, str]]:
    """Each flag that says something else than would be without it; the engine that was chosen, and the seed."""
    usual = usual_settings(settings, net, samples)
    for name, value in settings.as_json().items():
        if name == "data" or (settings.start_from is not None and name in DECIDED_BY_MODEL):
            continue
        if name == "columns":
            yield from (("column", column) for column in value)
        elif name == "seed" or value != usual[name]:
            yield name, _word(name, value)


def usual_settings(settings: Settings, net: Network, samples: int) -> dict[str, object]:
    """What a run has where only its recipe, its optimiser and its data are said."""
    usual = from_recipe({"recipe": settings.recipe}).as_json() | {"recipe": "default"}
    usual["loss"] = usual["loss"] or ("squared-error" if net.loss.kind == "values" else "cross-entropy")
    if len(usual["activation"]) == 1 and settings.hidden:
        usual["activation"] = usual["activation"] * len(settings.hidden)
    if usual["learning_rate"] is None:
        usual["learning_rate"] = OPTIMIZERS[settings.optimizer].usual_rate
    if usual["weight_decay"] is None:
        usual["weight_decay"] = OPTIMIZERS[settings.optimizer].usual_decay
    usual["threads"] = threads.best(net.sizes, min(settings.batch_size or samples, samples))
    return usual


def _word(name: str, value: object) -> str:
    if value is None:
        return SETTINGS[name].none or ""
    if isinstance(value, tuple | list):
        return ",".join(map(str, value)) or "none"
    return str(value)
