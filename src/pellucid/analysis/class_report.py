"""What a model gets wrong: its answers to samples, the loss of each sample, and which samples are the worst."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pellucid.core import checks, metrics
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.network import Network, forward
from pellucid.core.trace import Trace

AT_ONCE = 1024  # samples


@dataclass(frozen=True)
class Answers:
    """A classifier's ``outputs`` (n, outputs), read as classes."""

    outputs: Array

    @property
    def labels(self) -> AnyArray:
        """The predicted classes (n,)."""
        return metrics.labels(self.outputs)

    @property
    def probabilities(self) -> Array:
        """The probability of each class, (n, classes)."""
        return metrics.probabilities(self.outputs)

    def probability(self, labels: AnyArray) -> Array:
        """The predicted probability of these classes (n,), one for each sample."""
        likely: Array = self.probabilities[np.arange(len(self.outputs)), labels]
        return likely


def worst(size: Array, top: int, *, among: AnyArray | None = None, ties: Array | None = None) -> AnyArray:
    """The rows of the ``top`` samples with the largest ``size`` (n,) of their error, worst first.

    With ``among`` (n,) only rows where it is true are taken, as long as there is one. Equal sizes are ordered by
    ``ties`` (n,), largest first, then by row.

    >>> losses = np.array([1.0, 3.0, 2.0])
    >>> worst(losses, 2).tolist(), worst(losses, 2, among=np.array([True, False, False])).tolist()
    ([1, 2], [0])
    """
    order = np.lexsort((-size,) if ties is None else (-ties, -size))
    if among is not None and among.any():
        order = order[among[order]]
    return order[:top]


def worst_by_loss(net: Network, X: npt.ArrayLike, y: npt.ArrayLike, top: int) -> tuple[AnyArray, Array]:
    """The samples with the greatest loss, worst first: their rows (top,), and every sample's loss (n,).

    Of a classifier they are mistakes alone, as long as there is one.
    """
    losses = sample_losses(net, X, y)
    wrong = None if net.loss.kind == "values" else metrics.labels(net.predict(X)) != np.asarray(y).reshape(-1)
    return worst(losses, top, among=wrong), losses


def sample_losses(net: Network, X: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    """The loss of each sample (n,), from one pass forward.

    >>> sample_losses(Network([4, 2], init=None), np.ones((2, 4)), [0, 1]).round(4)
    array([0.6931, 0.6931], dtype=float32)
    """
    inputs = checks.inputs(X, net.sizes[0])
    targets = checks.targets(net.loss, y, len(inputs), net.sizes[-1])
    losses = np.empty(len(inputs), net.dtype)
    trace = Trace(net, max(1, min(len(inputs), AT_ONCE)))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for start in range(0, len(inputs), AT_ONCE):
            rows = slice(start, start + AT_ONCE)
            batch = trace.head(len(inputs[rows]))
            batch.fill(inputs[rows], targets[rows])
            forward(net, batch)
            net.loss.value(batch.z[-1], batch.a[-1], batch.y, out=batch.loss, workspace=batch.workspace[-1])
            losses[rows] = batch.loss
    return losses
