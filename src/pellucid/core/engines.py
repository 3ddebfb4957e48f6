"""A hook for engines: who makes the steps of a training. NumPy's is ``numpy_engine``; others register here.

``pellucid/__init__.py``, which is always imported first, registers the compiled one. It is loaded when it is used.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pellucid.core.errors import InputError

if TYPE_CHECKING:
    from pellucid.core.work import Work

_registered: dict[str, Callable[[], Any]] = {}


def register(name: str, load: Callable[[], Any]) -> None:
    """Let ``load()`` be the engine of that name: a module or object with three functions of a ``Work``.

    ``lacks(work)`` says why it cannot do it, "" where it can; ``pays(work)`` whether it is sooner done than NumPy;
    ``start(work)`` returns what makes the rest of an epoch: called with the progress, it returns the trace of the last
    batch; how many ``blas_threads`` it wants it says too.
    """
    _registered[name] = load


def choose(name: str, work: "Work") -> tuple[str, Any]:
    """The engine of a training, by its name or the fastest ("auto"), and what makes its steps: None for NumPy's.

    Raises:
        InputError: there is none of that name, or it cannot do this.
    """
    if name not in ("auto", "numpy", *_registered):
        raise InputError(f"engine={name!r}: there are auto, numpy, {', '.join(_registered)}")
    for known, load in _registered.items():
        if name not in ("auto", known):
            continue
        reason = load().lacks(work)
        if not reason and (name == known or load().pays(work)):
            try:
                return known, load().start(work)
            except ImportError as error:  # of a version that does not go with NumPy's
                reason = str(error)
        if name == known:
            raise InputError(f"engine={name!r}: {reason}")
    return "numpy", None
