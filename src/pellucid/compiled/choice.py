"""Whether the compiled engine can do a training, and whether it pays; Numba is not loaded to find out."""

from importlib.util import find_spec
from typing import Any

from pellucid.compiled import blas, kinds
from pellucid.core.network import Network
from pellucid.core.work import Work

# What loading Numba and the kept code takes, in seconds, and how much sooner each step is done: measured on the default
# `pellucid train`, on tables and on wide networks (docs/performance.md).
SECONDS_TO_START = 0.5
SAVED_A_STEP = 60e-6


def lacks(work: Work) -> str:
    """Why the compiled engine cannot do this training; "" where it can."""
    rule = kinds.bare(work.optimizer)
    return _lacks(work.net, [("loss", work.net.loss, kinds.LOSSES), ("optimiser", rule, kinds.OPTIMIZERS)])


def lacks_for_predictions(net: Network) -> str:
    """Why the compiled engine cannot predict with this network; "" where it can."""
    return _lacks(net, [])


def _lacks(net: Network, parts: list[tuple[str, Any, Any]]) -> str:
    if find_spec("numba") is None:
        return "Numba is not installed: pip install 'pellucid[fast]'"
    parts = [*parts, *(("activation", layer.activation, kinds.ACTIVATIONS) for layer in net.layers)]
    for kind, part, known in parts:
        if part.name not in known or not type(part).__module__.startswith("pellucid."):
            return f"it does not know the {kind} {part.name!r}; use engine='numpy'"
    if blas.find(str(net.dtype)) is None:
        return "NumPy's matrix product was not found in the library that it uses; use engine='numpy'"
    return ""


def pays(work: Work) -> bool:
    """Whether it is sooner done than in NumPy, with the time that Numba takes to start."""
    return work.epochs * work.batches * SAVED_A_STEP > SECONDS_TO_START


def predictor(net: Network, batch_size: int) -> Any:
    """A forward pass that stands ready; it loads Numba."""
    from pellucid.compiled.predictor import CompiledPredictor

    return CompiledPredictor(net, batch_size)


def start(work: Work) -> Any:
    """What makes the steps; it loads Numba."""
    from pellucid.compiled.engine import CompiledEngine

    return CompiledEngine(work)
