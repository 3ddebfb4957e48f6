"""A hook for engines: who makes the steps of a training. NumPy's is ``numpy_engine``; others register here.

``pellucid/__init__.py``, which is always imported first, registers the compiled one. It is loaded when it is used. The
environment variable PELLUCID_ENGINE names the engine where nobody else does: "numpy" has the same bits everywhere.
"""

import os
from collections.abc import Callable
from typing import Any

from pellucid.core.errors import InputError

_registered: dict[str, Callable[[], Any]] = {}


def register(name: str, load: Callable[[], Any]) -> None:
    """Let ``load()`` be the engine of that name: a module or object with these functions.

    ``lacks(work)`` says why it cannot make a training (a ``core.work.Work``), "" where it can; ``pays(work)`` whether
    it is sooner done than NumPy; ``start(work)`` returns what makes the rest of an epoch: called with the progress, it
    returns the trace of the last batch, and its ``blas_threads`` is how many threads it wants. Likewise for predictions
    ``lacks_for_predictions(net)`` and ``predictor(net, batch_size)``, which returns what takes X to the outputs.
    """
    _registered[name] = load


def choose(name: str, work: Any) -> tuple[str, Any]:
    """The engine of a training, by its name or the fastest ("auto"), and what makes its steps: None for NumPy's.

    Raises:
        InputError: there is none of that name, or it cannot do this.
    """
    return _first(
        name, lambda engine: engine.lacks(work), lambda engine: engine.pays(work), lambda engine: engine.start(work)
    )


def predictor(name: str, net: Any, batch_size: int) -> Any:
    """What takes inputs to outputs with that engine, or with one that is registered ("auto"); None for NumPy's.

    Raises:
        InputError: there is none of that name, or it does not know a part of the network.
    """
    return _first(
        name,
        lambda engine: engine.lacks_for_predictions(net),
        lambda _: True,
        lambda engine: engine.predictor(net, batch_size),
    )[1]


def _first(
    name: str, lacks: Callable[[Any], str], pays: Callable[[Any], bool], make: Callable[[Any], Any]
) -> tuple[str, Any]:
    where = "engine="
    if name == "auto":
        name = os.environ.get("PELLUCID_ENGINE") or name
        where = "engine=" if name == "auto" else "PELLUCID_ENGINE="
    if name not in ("auto", "numpy", *_registered):
        raise InputError(f"{where}{name!r}: there are auto, numpy, {', '.join(_registered)}")
    for known, load in _registered.items():
        if name not in ("auto", known):
            continue
        reason = lacks(load())
        if not reason and (name == known or pays(load())):
            try:
                return known, make(load())
            except ImportError as error:  # of a version that does not go with NumPy's
                reason = str(error)
        if name == known:
            raise InputError(f"{where}{name!r}: {reason}")
    return "numpy", None
