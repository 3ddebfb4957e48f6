"""What is measured: the training and prediction workloads, and the start that every contestant shares."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
TRAINING_ROWS = 41_000  # the article's: Kaggle's 42,000 digits without its 1,000 dev digits
LEARNING_RATES = {"sgd": 0.1, "adam": 0.001}
ARTICLE = (784, 32, 16, 10)


@dataclass(frozen=True)
class Workload:
    """The work of one repeat: a network, a batch size and an optimiser for training, or calls for prediction.

    ``rows`` are the samples used, so that an epoch of a large network takes no longer than a second or two;
    ``batch_size`` None is the full batch, ``times`` counts epochs (or calls) in a repeat. ``epochs`` are those of a
    whole fit, which is one of its ``times``.
    """

    name: str
    sizes: tuple[int, ...]
    batch_size: int | None = None
    optimizer: str = "sgd"
    rows: int = TRAINING_ROWS
    times: int = 1
    epochs: int = 1

    @property
    def batch(self) -> int:
        """Samples a step."""
        return self.batch_size or self.rows

    @property
    def steps(self) -> int:
        """Steps in one repeat, a short last one included."""
        return -(-self.rows // self.batch) * self.times * self.epochs

    @property
    def learning_rate(self) -> float:
        """The same for every contestant."""
        return LEARNING_RATES[self.optimizer]

    def as_json(self) -> dict[str, Any]:
        """Plain values, for a worker or a file."""
        return {**asdict(self), "sizes": list(self.sizes)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Workload":
        """The workload that ``as_json`` gave."""
        known = {name: value for name, value in values.items() if name in cls.__dataclass_fields__}
        return cls(**{**known, "sizes": tuple(values["sizes"])})


def _title(sizes: Sequence[int], batch: int | str, optimizer: str) -> str:
    return f"{'-'.join(map(str, sizes))} {optimizer} {batch}"


def _training(
    sizes: tuple[int, ...], batch: int | None, optimizer: str, rows: int = TRAINING_ROWS, times: int = 1
) -> Workload:
    return Workload(_title(sizes, batch or "full", optimizer), sizes, batch, optimizer, rows, times)


TRAINING = [
    _training(ARTICLE, 64, "sgd"),
    _training(ARTICLE, 32, "sgd"),
    _training(ARTICLE, 128, "sgd"),
    _training(ARTICLE, None, "sgd", times=3),
    _training(ARTICLE, 64, "adam"),
    _training(ARTICLE, 32, "adam"),
    _training(ARTICLE, 128, "adam"),
    _training((784, 128, 64, 10), 64, "sgd"),
    _training((784, 800, 10), 128, "sgd", rows=160 * 128),
    _training((784, 1024, 1024, 10), 256, "sgd", rows=40 * 256),
]

FITTING = [Workload("fit a table of 1,000 rows", (20, 100, 2), 32, "adam", rows=1000, epochs=40)]

PREDICTION = [
    Workload("predict 1", ARTICLE, rows=1, times=2000),
    Workload("predict 100", ARTICLE, rows=100, times=1000),
    Workload("predict 10,000", ARTICLE, rows=10_000, times=10),
]


def quick(workload: Workload) -> Workload:
    """The same with a tenth of the work, to see that everything runs; its figures mean little."""
    rows = workload.rows if workload in PREDICTION else max(workload.batch_size or 0, workload.rows // 10)
    return replace(workload, rows=rows, times=max(1, workload.times // 10))


def start(sizes: Sequence[int], seed: int = 0) -> list[tuple[Floats, Floats]]:
    """He's start, the same for all contestants: for each layer W (outputs, inputs) and b (outputs,)."""
    rng = np.random.default_rng(seed)
    pairs = []
    for inputs, outputs in pairwise(sizes):
        W = rng.standard_normal((outputs, inputs), np.float32) * np.float32(np.sqrt(2 / inputs))
        pairs.append((W, np.zeros(outputs, np.float32)))
    return pairs


def load(folder: Path, workload: Workload) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The first rows of the training digits as the parent wrote them: X (rows, 784) uint8, y (rows,) int64."""
    X = np.load(folder / "X.npy", mmap_mode="r")[: workload.rows]
    y = np.load(folder / "y.npy")[: workload.rows]
    return np.ascontiguousarray(X), y


def load_prediction(folder: Path, workload: Workload) -> tuple[Floats, list[tuple[Floats, Floats]]]:
    """What prediction shares: X (rows, 784) float32 in 0 … 1, and a trained network's (W, b) layer by layer."""
    X, _ = load(folder, workload)
    stored = np.load(folder / "weights.npz")
    pairs = [(stored[f"W{l}"], stored[f"b{l}"]) for l in range(1, len(workload.sizes))]
    return X.astype(np.float32) / np.float32(255), pairs
