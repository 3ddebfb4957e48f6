"""neural-network-digits: the package's own ``NeuralNetwork.train_step``, in the loop of its own ``Trainer.run_epoch``.

Left out of that loop: augmenting the pictures and scoring all rows at the end, which no other contestant does. Its
momentum and weight decay are set to 0 to do the work of plain SGD; it computes both nevertheless. Its rows are floats
and its targets one-hot rows, both made beforehand, as its own trainer has them. It knows no Adam. BLAS threads: one
or two, whichever is faster on the work at hand. Only the network is imported, not the window.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from nn_digits.neural_net.network import NeuralNetwork

from benchmarks.contestants import BlasThreads, Unsupported
from benchmarks.workloads import Floats, Workload, load, load_prediction, start


def network(pairs: list[tuple[Floats, Floats]]) -> NeuralNetwork:
    """Its network with these weights; its layout is (inputs, outputs)."""
    net = NeuralNetwork((pairs[0][0].shape[1], *(len(b) for _, b in pairs)))
    net.weights = [np.ascontiguousarray(W.T) for W, _ in pairs]
    net.biases = [b.copy() for _, b in pairs]
    return net


class Training:
    """One pass in batches."""

    compile_seconds = 0.0

    def prepare(self, workload: Workload, folder: Path) -> None:
        if workload.optimizer != "sgd":
            raise Unsupported("it has gradient descent with momentum only")
        self.workload, self.rng = workload, np.random.default_rng(0)
        X, y = load(folder, workload)
        self.X, self.Y = X.astype(np.float32) / np.float32(255), np.eye(10, dtype=np.float32)[y]

        def fresh() -> Callable[[], None]:
            self.net = network(start(workload.sizes))
            return self.repeat

        threads = BlasThreads().choose(fresh)
        fresh()
        self.notes = f"float32 rows made beforehand, threads: {threads}"

    def repeat(self) -> None:
        work, step = self.workload, self.net.train_step
        for _ in range(work.times):
            if work.batch_size is None:
                self.last = step(self.X, self.Y, work.learning_rate, momentum=0.0, l2=0.0)
                continue
            order, total = self.rng.permutation(work.rows), 0.0
            for first in range(0, work.rows, work.batch):
                group = order[first : first + work.batch]
                loss = step(self.X[group], self.Y[group], work.learning_rate, momentum=0.0, l2=0.0)
                total += loss * len(group)
            self.last = total / work.rows

    def loss(self) -> float:
        return float(self.last)


class Prediction:
    """``NeuralNetwork.predict``, call after call."""

    compile_seconds = 0.0

    def prepare(self, workload: Workload, folder: Path) -> None:
        self.X, pairs = load_prediction(folder, workload)
        self.net, self.times = network(pairs), workload.times
        threads = BlasThreads().choose(lambda: self.repeat)
        self.notes = f"predict, threads: {threads}"

    def repeat(self) -> None:
        for _ in range(self.times):
            self.outputs = self.net.predict(self.X)

    def result(self) -> dict[str, Any]:
        return {"outputs": self.outputs}
