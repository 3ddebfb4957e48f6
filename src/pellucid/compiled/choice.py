"""Whether the compiled engine can do a training, and whether it pays; Numba is not loaded to find out."""

import os
from importlib.util import find_spec
from typing import Any

from pellucid.compiled import blas, kept, kinds
from pellucid.core.network import Network
from pellucid.core.work import Work

# Measured on the default `pellucid train`, on tables and on wide networks (docs/performance.md): what it takes to load
# kept code, and to compile it where none is kept; how much sooner each step is done, in all and for each
# parameter, as far as wider layers gain.
SECONDS_TO_START = 0.1
SECONDS_TO_COMPILE = 30.0
SAVED_A_STEP, SAVED_A_PARAMETER, MOST_SAVED = 70e-6, 5e-9, 250e-6


def lacks(work: Work) -> str:
    """Why the compiled engine cannot do this training; "" where it can."""
    if work.reduce is not None:
        return "it trains on one rank; use engine='numpy' on several"
    if work.accumulate > 1:
        return "a step is one batch; use engine='numpy' for steps of several (accumulate)"
    rule = kinds.bare(work.optimizer)
    return _lacks(work.net, [("loss", work.net.loss, kinds.LOSSES), ("optimiser", rule, kinds.OPTIMIZERS)])


def lacks_for_predictions(net: Network) -> str:
    """Why the compiled engine cannot predict with this network; "" where it can."""
    return _lacks(net, [])


def _lacks(net: Network, parts: list[tuple[str, Any, Any]]) -> str:
    if find_spec("numba") is None:
        return "Numba is not installed: pip install 'pellucid[fast]'"
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return "Numba is turned off by NUMBA_DISABLE_JIT"
    parts = [*parts, *(("activation", layer.activation, kinds.ACTIVATIONS) for layer in net.layers)]
    for kind, part, known in parts:
        if part.name not in known or not type(part).__module__.startswith("pellucid."):
            return f"it does not know the {kind} {part.name!r}; use engine='numpy'"
    if blas.find(str(net.dtype)) is None:
        return "NumPy's matrix product was not found in the library that it uses; use engine='numpy'"
    return ""


def pays(work: Work) -> bool:
    """Whether it is sooner done than in NumPy, with all that it takes to start."""
    step = min(SAVED_A_STEP + SAVED_A_PARAMETER * work.net.theta.size, MOST_SAVED)
    saved = work.epochs * work.steps * step - SECONDS_TO_START
    return saved > 0 and (kept.is_ready(str(work.net.dtype)) or saved > SECONDS_TO_COMPILE)


def predictor(net: Network, batch_size: int) -> Any:
    """A forward pass that stands ready."""
    from pellucid.compiled.predictor import CompiledPredictor

    return CompiledPredictor(net, batch_size)


def start(work: Work) -> Any:
    """What makes the steps."""
    from pellucid.compiled.engine import CompiledEngine

    return CompiledEngine(work)
