"""A whole ``fit`` on a small table: the estimators of pellucid, by both engines, and scikit-learn's, all alike."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sklearn.datasets import make_classification
from sklearn.neural_network import MLPClassifier

from benchmarks.contestants import BlasThreads, Unsupported
from benchmarks.contestants.ours import needs_numba
from benchmarks.workloads import Workload
from pellucid import PellucidClassifier


class ScikitLearn:
    """``MLPClassifier``, told to make all its epochs; one BLAS thread or two, whichever is faster."""

    compile_seconds = 0.0

    def prepare(self, workload: Workload, folder: Path) -> None:
        warnings.simplefilter("ignore")  # it would go on beyond its last epoch
        self.X, self.y = make_classification(workload.rows, workload.sizes[0], random_state=0)
        self.settings: dict[str, Any] = {
            "hidden_layer_sizes": workload.sizes[1:-1],
            "solver": workload.optimizer,
            "learning_rate_init": workload.learning_rate,
            "batch_size": workload.batch,
            "max_iter": workload.epochs,
            "n_iter_no_change": workload.epochs,
            "random_state": 0,
        }
        self.begin()

    def begin(self) -> None:
        """Choose what is left to choose."""

        def fits() -> Callable[[], None]:
            return self.repeat

        self.notes = f"MLPClassifier, float64 rows, threads: {BlasThreads().choose(fits)}"

    def model(self) -> Any:
        """The estimator before its fit."""
        return MLPClassifier(**self.settings)

    def repeat(self) -> None:
        self.fitted = self.model().fit(self.X, self.y)
        assert self.fitted.n_iter_ == self.settings["max_iter"]

    def loss(self) -> float:
        return float(self.fitted.loss_)


class Numpy(ScikitLearn):
    """``PellucidClassifier`` with the same settings, its steps made in NumPy."""

    engine = "numpy"

    def begin(self) -> None:
        if "engine" not in PellucidClassifier().get_params():
            raise Unsupported("the estimators of this pellucid have no parameter for the engine")
        self.settings["engine"] = self.engine
        self.notes = f"PellucidClassifier, engine {self.engine!r}, float64 rows"

    def model(self) -> Any:
        return PellucidClassifier(**self.settings)


class Compiled(Numpy):
    """The same with what Numba compiles: compiled, or loaded from disk, before the first fit that counts."""

    engine = "compiled"

    def begin(self) -> None:
        needs_numba()
        super().begin()
