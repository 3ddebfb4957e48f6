"""The article's own method: float64, all samples at once, a new array for every result; ``pellucid.core.reference``.

Each iteration counts the right answers, as the article's loop does. BLAS threads: one or two, whichever is faster.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.contestants import BlasThreads, Unsupported
from benchmarks.workloads import ARTICLE, Workload, load, start
from pellucid.core import reference


class Training:
    """Full-batch gradient descent in columns: X is (784, m)."""

    compile_seconds = 0.0

    def prepare(self, workload: Workload, folder: Path) -> None:
        if workload.batch_size is not None or workload.sizes != ARTICLE:
            raise Unsupported("it has the full batch of its own network only")
        self.workload = workload
        X, self.y = load(folder, workload)
        self.X = np.ascontiguousarray(X.T / 255.0)

        def fresh() -> Callable[[], None]:
            pairs = start(workload.sizes)
            arrays = [array for W, b in pairs for array in (W.astype(float), b.astype(float).reshape(-1, 1))]
            self.p = reference.Parameters(*arrays)
            return self.repeat

        threads = BlasThreads().choose(fresh)
        fresh()
        self.notes = f"float64 columns made beforehand, threads: {threads}"

    def repeat(self) -> None:
        for _ in range(self.workload.times):
            self.v = reference.forward_prop(self.p, self.X)
            reference.get_accuracy(reference.get_predictions(self.v.A3), self.y)
            gradient = reference.backward_prop(self.p, self.v, self.X, self.y)
            self.p = reference.update_params(self.p, gradient, self.workload.learning_rate)

    def loss(self) -> float:
        return reference.cross_entropy(self.v.A3, self.y)
