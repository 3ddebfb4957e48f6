"""The losses, each with the output activation that it pairs with: how wrong the output is, and dLoss/dz beside it.

``z``, ``a`` and ``y`` are (n, outputs): scores, predictions and targets of one batch; ``value`` also takes several
batches, (batches, n, outputs). A loss gives one number a sample; the mean over the batch is taken by ``backward``,
which weighs each sample by its share, 1/n.

``workspace`` is two arrays of z's shape to compute in: (2, n, outputs).

More of them are in model/additions.py. A new one is a class and a line, ``LOSSES.add``: docs/adding.md.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from pellucid.core.activations import Activation, Exponential, Identity, Sigmoid, Softmax
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.errors import InputError
from pellucid.core.registry import Registry

# the smallest normal floats: those below them have fewer digits
_TINY = {np.dtype(kind): float(np.finfo(kind).tiny) for kind in (np.float32, np.float64)}


class LossFormula(NamedTuple):
    """A loss in letters, which explanations print: NumPy expressions with ``{z}``, ``{a}`` and ``{y}`` in them.

    ``part`` is what one output gives to the loss, ``delta`` its dL/dz before a mean over the outputs is taken. The
    loss is the ``sum`` over the outputs, or else their mean. ``true_class`` is given where the output of the true class
    alone counts: what that gives. ``{outputs}`` is the number of outputs; settings of the class stand for themselves.
    """

    part: str
    delta: str
    sum: bool = False
    true_class: str = ""


class Loss(Protocol):
    """What a network needs of its loss L. Where the slope of L jumps, it has ``kinks``: these residuals a − y."""

    name: ClassVar[str]
    activation: ClassVar[Activation]  # of the output layer
    kind: ClassVar[str]  # of the targets: "classes", "probabilities" or "values"
    formula: ClassVar[LossFormula]

    def value(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        """Write each sample's loss into ``out`` (n,)."""

    def delta(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        """Write each sample's dL/dz into ``out`` (n, outputs)."""


@dataclass(frozen=True)
class CrossEntropy:
    """L = −log a_y: how surprised the network is by the right class. Pairs with softmax.

    The slope of the pair is the famous simple one, δ = a − y (Bishop, Pattern Recognition and Machine Learning, 4.3.4).

    >>> value(CrossEntropy(), [[0.0, 0.0], [1000.0, 0.0]], [0, 1]).round(4)
    array([6.931e-01, 1.000e+03])
    """

    name: ClassVar[str] = "cross-entropy"
    activation: ClassVar[Activation] = Softmax()
    kind: ClassVar[str] = "classes"
    formula: ClassVar[LossFormula] = LossFormula("-{y} * np.log({a})", "{a} - {y}", True, "-np.log({a})")

    def value(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        # L = −log Σ a y
        np.multiply(a, y, out=workspace[0])
        np.add.reduce(workspace[0], axis=-1, out=out)
        if np.minimum.reduce(out, axis=None, initial=1.0) >= _TINY[a.dtype]:
            np.log(out, out=out)
            np.negative(out, out=out)
            return
        for k in np.ndindex(out.shape[:-1]):  # one batch after the other: their losses do not depend on each other
            if np.minimum.reduce(out[k], initial=1.0) < _TINY[a.dtype]:
                softmax_loss(z[k], y[k], 0.0, out=out[k], workspace=workspace[:, *k])
            else:
                np.log(out[k], out=out[k])
                np.negative(out[k], out=out[k])

    def delta(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        # δ = a − y
        np.subtract(a, y, out=out)


@dataclass(frozen=True)
class SoftmaxSquaredError:
    """L = Σ (a − y)² over the classes, with softmax: what the article's text asks for, with its true slope.

    >>> value(SoftmaxSquaredError(), [[0.0, 0.0]], [1])
    array([0.5])
    """

    name: ClassVar[str] = "softmax-squared-error"
    activation: ClassVar[Activation] = Softmax()
    kind: ClassVar[str] = "classes"
    formula: ClassVar[LossFormula] = LossFormula(
        "({a} - {y}) ** 2", "{a} * (2 * ({a} - {y}) - np.sum(2 * ({a} - {y}) * {a}))", sum=True
    )

    def value(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        # L = Σ (a − y)²
        np.subtract(a, y, out=workspace[0])
        workspace[0] *= workspace[0]
        np.add.reduce(workspace[0], axis=-1, out=out)

    def delta(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        # dL/da = 2 (a − y), then through the softmax
        np.subtract(a, y, out=out)
        out *= 2
        self.activation.backward(z, a, delta=out, workspace=workspace)


@dataclass(frozen=True)
class BinaryCrossEntropy:
    """L = −y log a − (1 − y) log(1 − a), the mean over the outputs: a probability for each. Pairs with sigmoid.

    With one output it tells two classes apart; with more, each output is a question of its own.

    >>> value(BinaryCrossEntropy(), [[0.0], [-1000.0]], [1, 0]).round(4)
    array([0.6931, 0.    ])
    """

    name: ClassVar[str] = "binary-cross-entropy"
    activation: ClassVar[Activation] = Sigmoid()
    kind: ClassVar[str] = "probabilities"
    formula: ClassVar[LossFormula] = LossFormula(
        "np.log1p(np.exp(-np.abs({z}))) + np.maximum({z}, 0) - {z} * {y}", "({a} - {y})"
    )

    def value(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        each, other = workspace
        # L = log(1 + e⁻|z|) + max(z, 0) − z y: the same, but for any z without log 0
        np.abs(z, out=each)
        each *= -1  # not np.negative: see Sigmoid
        np.exp(each, out=each)
        np.log1p(each, out=each)
        np.maximum(z, 0, out=other)
        each += other
        np.multiply(z, y, out=other)
        each -= other
        _mean(each, out=out)

    def delta(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        # δ = (a − y) / outputs
        np.subtract(a, y, out=out)
        out /= z.shape[-1]


@dataclass(frozen=True)
class SquaredError:
    """L = (a − y)², the mean over the outputs. Pairs with the identity: the network predicts values.

    >>> value(SquaredError(), [[1.0, 5.0]], [[3.0, 5.0]])
    array([2.])
    """

    name: ClassVar[str] = "squared-error"
    activation: ClassVar[Activation] = Identity()
    kind: ClassVar[str] = "values"
    formula: ClassVar[LossFormula] = LossFormula("({a} - {y}) ** 2", "2 * ({a} - {y})")

    def value(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        # L = mean (a − y)²
        np.subtract(a, y, out=workspace[0])
        workspace[0] *= workspace[0]
        _mean(workspace[0], out=out)

    def delta(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        # δ = 2 (a − y) / outputs
        np.subtract(a, y, out=out)
        out *= 2 / z.shape[-1]


@dataclass(frozen=True)
class AbsoluteError:
    """L = |a − y|, the mean over the outputs: one wild target pulls no harder than another.

    >>> value(AbsoluteError(), [[1.0, 5.0]], [[3.0, 5.0]])
    array([1.])
    """

    name: ClassVar[str] = "absolute-error"
    activation: ClassVar[Activation] = Identity()
    kind: ClassVar[str] = "values"
    formula: ClassVar[LossFormula] = LossFormula("np.abs({a} - {y})", "np.sign({a} - {y})")
    kinks: ClassVar[tuple[float, ...]] = (0.0,)

    def value(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        # L = mean |a − y|
        np.subtract(a, y, out=workspace[0])
        np.abs(workspace[0], out=workspace[0])
        _mean(workspace[0], out=out)

    def delta(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        # δ = sign(a − y) / outputs
        np.subtract(a, y, out=out)
        np.sign(out, out=out)
        out /= z.shape[-1]


@dataclass(frozen=True)
class Huber:
    """L = r²/2 where |r| ≤ width, else width (|r| − width/2), for r = a − y; the mean over the outputs.

    Squared for small residuals, absolute for large ones (Huber, Annals of Mathematical Statistics 35, 1964).

    >>> value(Huber(), [[0.5], [10.0]], [0.0, 0.0])
    array([0.125, 9.5  ])
    """

    width: float = 1.0
    name: ClassVar[str] = "huber"
    activation: ClassVar[Activation] = Identity()
    kind: ClassVar[str] = "values"
    formula: ClassVar[LossFormula] = LossFormula(
        "np.minimum(np.abs({a} - {y}), width) * (np.abs({a} - {y}) - np.minimum(np.abs({a} - {y}), width) / 2)",
        "np.clip({a} - {y}, -width, width)",
    )

    def __post_init__(self) -> None:
        if not (isinstance(self.width, int | float | np.floating) and math.isfinite(self.width) and self.width > 0):
            raise InputError(f"Huber(width={self.width!r}): the width must be a positive number, such as 1.0")

    @property
    def kinks(self) -> tuple[float, ...]:
        """The slope itself bends at ± width."""
        return (-self.width, self.width)

    def value(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        size, near = workspace
        # L = c (|r| − c/2),  c = min(|r|, width)
        np.subtract(a, y, out=size)
        np.abs(size, out=size)
        np.minimum(size, self.width, out=near)
        size *= near
        near *= near
        near *= 0.5
        size -= near
        _mean(size, out=out)

    def delta(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        # δ = clip(a − y, ±width) / outputs
        np.subtract(a, y, out=out)
        np.clip(out, -self.width, self.width, out=out)
        out /= z.shape[-1]


@dataclass(frozen=True)
class Poisson:
    """L = a − y + y log(y / a), half the Poisson deviance, the mean over the outputs: for counts. Pairs with exp.

    Up to what y alone decides it is −log of a Poisson distribution with the mean a, so that large counts may vary more
    than small ones; δ = a − y (McCullagh and Nelder, Generalized Linear Models, 2.3 and 2.5).

    >>> value(Poisson(), [[0.0], [0.0], [1.0]], [1.0, 0.0, 1.0]).round(4)
    array([0.    , 1.    , 0.7183])
    """

    name: ClassVar[str] = "poisson"
    activation: ClassVar[Activation] = Exponential()
    kind: ClassVar[str] = "values"
    formula: ClassVar[LossFormula] = LossFormula(
        "{a} - {y} + {y} * (np.log(np.maximum({y}, 1e-300)) - {z})", "({a} - {y})"
    )

    def value(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        each, rest = workspace
        # L = mean of a − y + y (log y − z), for a = exp(z); where y is 0, y (log y − z) is 0
        np.maximum(y, _TINY[y.dtype], out=each)
        np.log(each, out=each)
        each -= z
        each *= y
        np.subtract(a, y, out=rest)
        each += rest
        _mean(each, out=out)

    def delta(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        # δ = (a − y) / outputs
        np.subtract(a, y, out=out)
        out /= z.shape[-1]


LOSSES = Registry[Loss](
    "loss",
    Loss,
    (
        CrossEntropy, BinaryCrossEntropy, SquaredError, SoftmaxSquaredError, AbsoluteError, Huber,
        Poisson,
    ),
)  # fmt: skip


def softmax_loss(z: Array, y: Array, smoothing: float, *, out: Array, workspace: Array) -> None:
    """Write −Σ t log a of a softmax, for any scores z; t = (1 − s) y + s / outputs.

    The smoothing s is that of label smoothing (model/additions.py); cross-entropy has none.
    """
    shifted, other = workspace
    # L = log Σ exp(z − max z) − Σ t (z − max z)
    np.maximum.reduce(z, axis=-1, out=out)
    np.subtract(z, out[..., np.newaxis], out=shifted)
    np.exp(shifted, out=other)
    np.add.reduce(other, axis=-1, out=out)
    np.log(out, out=out)
    np.multiply(y, 1 - smoothing, out=other)
    other += smoothing / z.shape[-1]
    shifted *= other
    np.add.reduce(shifted, axis=-1, out=other[..., 0])
    out -= other[..., 0]


def _mean(each: Array, *, out: Array) -> None:
    """Write the mean over the outputs into ``out``."""
    np.add.reduce(each, axis=-1, out=out)
    out /= each.shape[-1]


def write_targets(loss: Loss, y: AnyArray, *, out: Array) -> None:
    """Write targets as rows: class 3 of 10 becomes 0 0 0 1 0 0 0 0 0 0; values and probabilities stay what they are.

    ``y`` is (n,) or, for values and probabilities, (n, outputs), and was checked before; ``out`` is (n, outputs).

    >>> out = np.empty((2, 3))
    >>> write_targets(CrossEntropy(), np.array([2, 0]), out=out)
    >>> out
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    if loss.kind == "classes":
        for label, column in enumerate(np.moveaxis(out, -1, 0)):
            np.equal(y.reshape(column.shape), label, out=column)
    else:
        out[...] = y.reshape(out.shape)


def value(loss: Loss, z: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    """Each sample's loss (n,) in float64, from scores z (n, outputs) and targets y: for a look at a loss.

    >>> value(CrossEntropy(), [[2.0, 1.0, 0.0]], [0]).round(4)
    array([0.4076])
    """
    scores = np.array(z, np.float64)
    a, targets, workspace = np.empty_like(scores), np.empty_like(scores), np.empty((2, *scores.shape))
    write_targets(loss, np.asarray(y), out=targets)
    loss.activation(scores, out=a, workspace=workspace)
    losses = np.empty(len(scores))
    loss.value(scores, a, targets, out=losses, workspace=workspace)
    return losses
