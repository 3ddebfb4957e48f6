"""How good predictions are: arrays in, numbers out; knows nothing of networks.

``predictions`` are what ``Network.predict`` returns, (n, outputs), or labels (n,). ``y`` are the true targets.

>>> accuracy(np.array([0, 1, 1]), np.array([0, 1, 0]))
0.6666666666666666
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError

AT_ONCE = 512  # rows that are compared together, so that it takes little memory


@dataclass(frozen=True)
class Scores:
    """How good a network is on some data: its mean loss, and accuracy for classes, R² and RMSE for values.

    ``baseline`` has the same for a guess that does not look at the inputs, where one is known: ``runs/scores.py``.

    >>> from pellucid import Network, evaluate
    >>> scores = evaluate(Network([4, 3, 2]), (np.ones((5, 4)), np.zeros(5, int)))
    >>> scores.accuracy in (0.0, 1.0), scores.r2
    (True, None)
    """

    loss: float
    accuracy: float | None = None
    r2: float | None = None
    rmse: float | None = None
    baseline: "Baseline | None" = None


@dataclass(frozen=True)
class Baseline:
    """The scores of one answer for every sample: accuracy for classes, R² and RMSE for values."""

    accuracy: float | None = None
    r2: float | None = None
    rmse: float | None = None


def labels(predictions: npt.ArrayLike) -> AnyArray:
    """The predicted class of each row (n,): the likeliest one, or for a single probability whether it is above 0.5.

    >>> labels([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]])
    array([1, 0])
    """
    given = np.asarray(predictions)
    if given.ndim == 1:
        return given
    if given.shape[1] == 1:
        return (given[:, 0] > 0.5).astype(np.int64)
    likeliest: AnyArray = given.argmax(axis=1)
    return likeliest


def probabilities(outputs: AnyArray) -> AnyArray:
    """A probability for each class, (n, classes): two where outputs (n, 1) hold that of the second class alone.

    >>> probabilities(np.array([[0.25]]))
    array([[0.75, 0.25]])
    """
    return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs


def accuracy(predictions: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """The share of right answers, 0 to 1.

    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    """
    guessed, truth = _pair(labels(predictions), np.asarray(y).reshape(-1))
    return float(np.mean(guessed == truth))


def count_right(kind: str, a: AnyArray, y: AnyArray, weights: AnyArray | None = None) -> float:
    """How many rows of outputs a (…, n, outputs) are right about y, labels (…, n) or probabilities; of values none is.

    With weights (n,), for outputs (n, outputs), it is the sum of those of the right rows.

    >>> count_right("classes", np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    1
    """
    right: float = 0
    if kind == "values":
        return right
    if a.ndim == 3 and len(a) == 1:
        a, y = a[0], y[0]
    step = max(1, AT_ONCE // math.prod(a.shape[1:-1]))
    for start in range(0, len(a), step):
        part = slice(start, start + step)
        found = hits(kind, a[part], y[part])
        right += int(np.count_nonzero(found)) if weights is None else float(np.dot(weights[part], found))
    return right


def hits(kind: str, a: AnyArray, y: AnyArray) -> AnyArray:
    """Which rows (…, n) of outputs a (…, n, outputs) are right about y, labels (…, n) or probabilities.

    >>> hits("classes", np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    array([ True, False])
    """
    if kind == "probabilities":
        right: AnyArray = ((a > 0.5) == (y.reshape(a.shape) > 0.5)).all(axis=-1)
    else:
        right = a.argmax(axis=-1) == y
    return right


def confusion(predictions: npt.ArrayLike, y: npt.ArrayLike, classes: int | None = None) -> AnyArray:
    """How often each class (row) was taken for each class (column): counts, (classes, classes).

    >>> confusion([0, 1, 1], [0, 0, 1])
    array([[1, 1],
           [0, 1]])
    """
    guessed, truth = _pair(labels(predictions), np.asarray(y).reshape(-1))
    if classes is None:
        columns = np.shape(predictions)[1] if np.ndim(predictions) == 2 else 0
        classes = max(columns, 2, 1 + int(max(guessed.max(), truth.max())))
    for found in (guessed, truth):
        wrong = found[(found < 0) | (found >= classes) | (found != np.floor(found))]
        if wrong.size:
            raise InputError(f"label {wrong[0]}: the labels of {classes} classes are 0 to {classes - 1}")
    counts = np.bincount(truth.astype(np.int64) * classes + guessed.astype(np.int64), minlength=classes**2)
    return counts.reshape(classes, classes)


class ClassScores(NamedTuple):
    """How well each class is recognised: arrays (classes,), 0 to 1; NaN where there is nothing to count."""

    precision: AnyArray  # of what was taken for the class, the share that is
    recall: AnyArray  # of what is of the class, the share that was found
    f1: AnyArray  # their harmonic mean
    samples: AnyArray  # how many of the class there are


def per_class(matrix: npt.ArrayLike) -> ClassScores:
    """Precision, recall and F1 of each class from a confusion matrix (classes, classes).

    >>> per_class([[8, 2], [0, 10]]).recall
    array([0.8, 1. ])
    """
    counts = np.asarray(matrix, np.float64)
    right = counts.diagonal()
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = right / counts.sum(axis=0), right / counts.sum(axis=1)
        f1 = 2 * right / (counts.sum(axis=0) + counts.sum(axis=1))
    return ClassScores(precision, recall, f1, counts.sum(axis=1).astype(np.int64))


def rmse(predictions: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """The root of the mean squared error, in the unit of y.

    >>> rmse([[1.0], [3.0]], [1.0, 1.0]).__round__(4)
    1.4142
    """
    residuals = Residuals()
    residuals.add(predictions, y)
    return residuals.rmse


def r2(predictions: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """The share of the targets' variance that is explained, the mean over the outputs.

    1 is all of it, 0 is no better than always predicting the mean. NaN where a target does not vary.

    >>> r2([[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0])
    1.0
    """
    residuals = Residuals()
    residuals.add(predictions, y)
    return residuals.r2


class Residuals:
    """R² and RMSE of predictions that come block by block (Chan, Golub and LeVeque, 1983, for the spread).

    >>> residuals = Residuals()
    >>> residuals.add(np.array([[1.0], [2.0]]), np.array([1.0, 2.0]))
    >>> residuals.add(np.array([[3.0]]), np.array([4.0]))
    >>> round(residuals.r2, 4), round(residuals.rmse, 4)
    (0.7857, 0.5774)
    """

    def __init__(self) -> None:
        self._samples = 0.0
        self._mean: AnyArray | float = 0.0
        self._spread: AnyArray | float = 0.0
        self._left: AnyArray = np.zeros(1)

    def add(self, predictions: npt.ArrayLike, y: npt.ArrayLike, weights: AnyArray | None = None) -> None:
        """Count a block of predictions and targets (n, outputs), each row by its weight (n,)."""
        guessed, truth = _values(predictions, y)
        w = np.ones(len(truth)) if weights is None else weights
        n = float(w.sum())
        if not n:
            return
        mean = w @ truth / n
        moved, both = mean - self._mean, self._samples + n
        self._spread += w @ (truth - mean) ** 2 + moved**2 * (self._samples * n / both)
        self._mean = self._mean + moved * (n / both)
        self._left = self._left + w @ (guessed - truth) ** 2
        self._samples = both

    @property
    def rmse(self) -> float:
        """The root of the mean squared error, in the unit of y."""
        return float(np.sqrt(np.mean(self._left) / self._samples))

    @property
    def r2(self) -> float:
        """The share of the targets' variance that is explained, the mean over the outputs; NaN if one is constant."""
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            return float(np.mean(np.where(self._spread > 0, 1 - self._left / self._spread, np.nan)))


def _values(predictions: npt.ArrayLike, y: npt.ArrayLike) -> tuple[AnyArray, AnyArray]:
    guessed, truth = np.asarray(predictions, np.float64), np.asarray(y, np.float64)
    if guessed.size and truth.size:
        guessed, truth = guessed.reshape(len(guessed), -1), truth.reshape(len(truth), -1)
    return _pair(guessed, truth)


def _pair(guessed: AnyArray, truth: AnyArray) -> tuple[AnyArray, AnyArray]:
    if guessed.shape != truth.shape or not guessed.size:
        raise InputError(
            f"predictions are of shape {guessed.shape}, targets of {truth.shape}: give as many of each, at least one"
        )
    return guessed, truth
