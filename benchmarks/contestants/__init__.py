"""The contestants: who takes part, where each one's driver is, and the small interface that all drivers share.

A driver is a class with ``prepare(workload, folder)``, which loads the data, brings the network to the shared start
and compiles; ``repeat()``, which does the work of one repeat; and ``loss()``, the mean loss of the last repeat, asked
for when the clock has stopped. ``notes`` says what was chosen, ``compile_seconds`` what compilation took.
Drivers for prediction and reading have ``result()`` in place of ``loss()``: arrays that must be equal for all.
``pellucid`` is the NumPy engine, ``pellucid-compiled`` the one that Numba compiles.
"""

import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeVar

from threadpoolctl import threadpool_limits

from benchmarks.workloads import Workload

# the driver of each contestant, as module:class, in benchmarks.contestants
TRAINING = {
    "pellucid": "ours:Training",
    "pellucid-compiled": "ours:CompiledTraining",
    "bound-1": "bound:OneThread",
    "bound-2": "bound:TwoThreads",
    "pytorch": "torch_eager:Training",
    "pytorch-compile": "torch_compiled:Training",
    "jax": "jax_scan:Training",
    "tinygrad": "tinygrad_jit:Training",
    "scikit-learn": "sklearn_mlp:Training",
    "neural-network-digits": "nn_digits_net:Training",
    "article": "article:Training",
}
PREDICTION = {
    "pellucid": "ours:Prediction",
    "pellucid-compiled": "ours:CompiledPrediction",
    "pellucid (bytes)": "ours:PredictionFromBytes",
    "onnxruntime": "onnx_runtime:Prediction",
    "pytorch": "torch_eager:Prediction",
    "jax": "jax_scan:Prediction",
    "tinygrad": "tinygrad_jit:Prediction",
    "scikit-learn": "sklearn_mlp:Prediction",
    "neural-network-digits": "nn_digits_net:Prediction",
}
FITTING = {
    "pellucid": "fits:Numpy",
    "pellucid-compiled": "fits:Compiled",
    "scikit-learn": "fits:ScikitLearn",
}
READING = {
    "pellucid": "ours:Reading",
    "pandas": "tables:Pandas",
    "pandas (pyarrow)": "tables:PandasArrow",
    "polars": "tables:Polars",
}
GROUPS = {"training": TRAINING, "fitting": FITTING, "prediction": PREDICTION, "reading": READING}
WITH_RESULTS = ("prediction", "reading")  # groups whose contestants must come to the same arrays


class Unsupported(Exception):  # noqa: N818  (a fact, not an error)
    """The contestant cannot do this work; the message says why."""


class Contestant(Protocol):
    """What the worker asks of a driver."""

    notes: str
    compile_seconds: float

    def prepare(self, workload: Workload, folder: Path) -> None:
        """Load, compile, and stand at the shared start."""

    def repeat(self) -> object:
        """Do the work of one repeat; this is what is timed."""


def driver(group: str, name: str) -> Contestant:
    """The driver of a contestant in one of the groups."""
    module, _, cls = GROUPS[group][name].partition(":")
    made: Contestant = getattr(import_module(f"benchmarks.contestants.{module}"), cls)()
    return made


Variant = TypeVar("Variant")


def quickest(variants: Sequence[Variant], make: Callable[[Variant], Callable[[], object]], tries: int = 3) -> Variant:
    """Try each way of doing the work, once to warm up and then timed, and return the one with the least time.

    A way whose warm-up takes three times the best time so far is given up.
    """
    best, least = variants[0], float("inf")
    for variant in variants:
        work = make(variant)
        if _seconds(work) > 3 * least:
            continue
        seconds = min(_seconds(work) for _ in range(tries))
        if seconds < least:
            best, least = variant, seconds
    return best


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class BlasThreads:
    """One or two BLAS threads for a peer that leaves this to its user: whichever is faster on the work at hand."""

    def __init__(self) -> None:
        self._limits: Any = None

    def use(self, threads: int | None) -> None:
        """Limit this process to that many threads; None lifts the limit."""
        if self._limits is not None:
            self._limits.restore_original_limits()
        self._limits = None if threads is None else threadpool_limits(threads, user_api="blas")

    def choose(self, make: Callable[[], Callable[[], object]]) -> int:
        """Try one and two threads on fresh work and keep the better."""

        def limited(threads: int) -> Callable[[], object]:
            self.use(threads)
            return make()

        best = quickest((1, 2), limited)
        self.use(best)
        return best
