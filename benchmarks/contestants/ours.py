"""pellucid through its public API, with its own choice of threads."""

from pathlib import Path
from typing import Any

import numpy as np

import pellucid as pl
from benchmarks.workloads import Workload, load, load_prediction, start


def network(pairs: list[tuple[Any, Any]]) -> pl.Network:
    """A ReLU network with these weights, softmax and cross-entropy at its end."""
    net = pl.Network([pairs[0][0].shape[1], *(len(b) for _, b in pairs)], init=None)
    for layer, (W, b) in zip(net.layers, pairs, strict=True):
        layer.W[...], layer.b[...] = W, b
    return net


class Training:
    """``pl.train`` on bytes: rows shuffled, gathered and turned into floats batch by batch, each epoch's loss kept."""

    notes = "uint8 rows, threads chosen by pellucid"
    compile_seconds = 0.0

    def prepare(self, workload: Workload, folder: Path) -> None:
        optimizer = {"sgd": pl.SGD, "adam": pl.Adam}[workload.optimizer](workload.learning_rate)
        self.times = workload.times
        self.epochs = pl.train(
            network(start(workload.sizes)),
            load(folder, workload),
            optimizer,
            epochs=1_000_000,  # as long as it is asked for: one training, and a repeat is its next epoch
            batch_size=workload.batch_size,
            rng=np.random.default_rng(0),
        )

    def repeat(self) -> None:
        for _ in range(self.times):
            self.epoch = next(self.epochs)

    def loss(self) -> float:
        return self.epoch.train.loss


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
