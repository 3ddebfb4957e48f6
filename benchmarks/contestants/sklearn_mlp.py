"""scikit-learn's MLPClassifier: ``partial_fit`` on all rows makes one shuffled pass in batches of ``batch_size``.

Its rows are floats made beforehand: it takes no bytes as pixels, and would convert all of them at each call. BLAS
threads: one or two, whichever is faster on the work at hand.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.contestants import BlasThreads
from benchmarks.workloads import Floats, Workload, load, load_prediction, start

CLASSES = np.arange(10)


def classifier(pairs: list[tuple[Floats, Floats]], workload: Workload, rows: Floats) -> MLPClassifier:
    """A classifier that stands at these weights; two samples of each class show it shapes and type."""
    made = MLPClassifier(
        hidden_layer_sizes=workload.sizes[1:-1],
        solver=workload.optimizer,
        alpha=0.0,
        batch_size=min(workload.batch, 20),
        learning_rate_init=workload.learning_rate,
        momentum=0.0,
        nesterovs_momentum=False,
        random_state=0,
    )
    labels = np.repeat(CLASSES, 2)
    made.partial_fit(np.resize(rows, (20, rows.shape[1])), labels, classes=CLASSES)
    for l, (W, b) in enumerate(pairs):
        # written into the arrays that the optimiser holds
        made.coefs_[l][...], made.intercepts_[l][...] = W.T, b
    if workload.optimizer == "adam":
        made._optimizer.t = 0
        for moment in (*made._optimizer.ms, *made._optimizer.vs):
            moment[...] = 0
    made.set_params(batch_size=workload.batch)
    return made


class Training:
    """One ``partial_fit`` an epoch."""

    compile_seconds = 0.0

    def prepare(self, workload: Workload, folder: Path) -> None:
        warnings.simplefilter("ignore")  # of a batch larger than the two samples
        self.times = workload.times
        X, self.y = load(folder, workload)
        self.X = X.astype(np.float32) / np.float32(255)

        def fresh() -> Callable[[], None]:
            self.made = classifier(start(workload.sizes), workload, self.X)
            return self.repeat

        threads = BlasThreads().choose(fresh)
        fresh()
        self.notes = f"float32 rows made beforehand, threads: {threads}"

    def repeat(self) -> None:
        for _ in range(self.times):
            self.made.partial_fit(self.X, self.y)

    def loss(self) -> float:
        return float(self.made.loss_)


class Prediction:
    """``predict_proba``, call after call."""

    compile_seconds = 0.0

    def prepare(self, workload: Workload, folder: Path) -> None:
        self.X, pairs = load_prediction(folder, workload)
        self.made, self.times = classifier(pairs, workload, self.X), workload.times
        threads = BlasThreads().choose(lambda: self.repeat)
        self.notes = f"predict_proba, threads: {threads}"

    def repeat(self) -> None:
        for _ in range(self.times):
            self.outputs = self.made.predict_proba(self.X)

    def result(self) -> dict[str, Any]:
        return {"outputs": self.outputs}
