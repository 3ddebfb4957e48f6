"""pellucid through its public API, with its own choice of threads; by its NumPy engine and by its compiled one."""

import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import pellucid as pl
from benchmarks.contestants import Unsupported
from benchmarks.workloads import Workload, load, load_prediction, start


def network(pairs: list[tuple[Any, Any]]) -> pl.Network:
    """A ReLU network with these weights, softmax and cross-entropy at its end."""
    net = pl.Network([pairs[0][0].shape[1], *(len(b) for _, b in pairs)], init=None)
    for layer, (W, b) in zip(net.layers, pairs, strict=True):
        layer.W[...], layer.b[...] = W, b
    return net


class Training:
    """``pl.train`` on bytes: rows shuffled, gathered and turned into floats batch by batch, each epoch's loss kept."""

    engine = "numpy"
    compile_seconds = 0.0

    def prepare(self, workload: Workload, folder: Path) -> None:
        self.times = workload.times
        self.epochs = self.train(workload, load(folder, workload))
        self.notes = f"engine {self.engine!r}, uint8 rows, threads chosen by pellucid"

    def train(self, workload: Workload, data: Any) -> Any:
        """Epoch after epoch, as long as it is asked for: one training, and a repeat is its next epoch."""
        return pl.train(
            network(start(workload.sizes)),
            data,
            {"sgd": pl.SGD, "adam": pl.Adam}[workload.optimizer](workload.learning_rate),
            epochs=1_000_000,
            batch_size=workload.batch_size,
            rng=np.random.default_rng(0),
            engine=self.engine,
        )

    def repeat(self) -> None:
        for _ in range(self.times):
            self.epoch = next(self.epochs)

    def loss(self) -> float:
        return self.epoch.train.loss


class CompiledTraining(Training):
    """The same with what Numba compiles; one step on other weights has it compiled, or loads what is kept on disk."""

    engine = "compiled"

    def prepare(self, workload: Workload, folder: Path) -> None:
        needs_numba()
        X, y = load(folder, workload)
        began = time.perf_counter()
        next(self.train(workload, (X[: workload.batch], y[: workload.batch])))
        self.compile_seconds = time.perf_counter() - began
        super().prepare(workload, folder)


def needs_numba() -> None:
    """The compiled engine takes no part where Numba is missing."""
    if find_spec("numba") is None:
        raise Unsupported("Numba is not installed: pip install 'pellucid[fast]'")


class Prediction:
    """``net.predict`` on float32 rows, call after call."""

    notes = "float32 rows"
    compile_seconds = 0.0

    def prepare(self, workload: Workload, folder: Path) -> None:
        X, pairs = load_prediction(folder, workload)
        self.X: Any = X
        self.net, self.times = network(pairs), workload.times

    def repeat(self) -> None:
        for _ in range(self.times):
            self.outputs = self.net.predict(self.X)

    def result(self) -> dict[str, Any]:
        return {"outputs": self.outputs}


class CompiledPrediction(Prediction):
    """``net.predictor``: compiled, with memory of its own, for up to so many rows; else ``net.predict``."""

    def prepare(self, workload: Workload, folder: Path) -> None:
        needs_numba()
        super().prepare(workload, folder)
        began = time.perf_counter()
        self.predict: Any = self.net.predict
        if hasattr(self.net, "predictor"):
            self.predict = self.net.predictor(len(self.X))
        self.predict(self.X)
        self.compile_seconds = time.perf_counter() - began
        self.notes = f"{type(self.predict).__name__}, float32 rows"

    def repeat(self) -> None:
        predict = self.predict
        for _ in range(self.times):
            self.outputs = predict(self.X)


class PredictionFromBytes(Prediction):
    """``net.predict`` on the digits as they are stored; the peers have no such way."""

    notes = "uint8 rows, which the peers do not take"

    def prepare(self, workload: Workload, folder: Path) -> None:
        super().prepare(workload, folder)
        self.X, _ = load(folder, workload)


class Reading:
    """pellucid's reader of digit CSVs, every cell checked: X uint8, y int64."""

    notes = "pellucid.datasets.read"
    compile_seconds = 0.0

    def prepare(self, workload: Workload, folder: Path) -> None:
        self.path = folder / "train.csv"
        pl.datasets.read(self.path)  # imports what it needs

    def repeat(self) -> None:
        self.table = pl.datasets.read(self.path)

    def result(self) -> dict[str, Any]:
        return {"X": self.table.X, "y": self.table.y}
