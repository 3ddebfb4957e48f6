"""Activations, losses and optimisers beside the engine's own: each a class and a line, as docs/adding.md says.

They are added when this room is first imported, so that every command and every model file knows them.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pellucid.core.activations import ACTIVATIONS, Activation, Formula, Sigmoid, Softmax
from pellucid.core.arrays import Array
from pellucid.core.errors import InputError
from pellucid.core.losses import LOSSES, LossFormula, softmax_loss
from pellucid.core.optimizers import OPTIMIZERS, AdaptiveMoments

SIGMOID = Sigmoid()


@ACTIVATIONS.add
@dataclass(frozen=True)
class SiLU:
    """f(z) = z σ(z), the sigmoid linear unit, also called swish (Elfwing, Uchibe and Doya, Neural Networks 107, 2018).

    >>> from pellucid.core.activations import value
    >>> value(SiLU(), [-1.0, 0.0, 2.0]).round(4)
    array([-0.2689,  0.    ,  1.7616])
    """

    name: ClassVar[str] = "silu"
    formula: ClassVar[Formula] = Formula("{z} / (1 + np.exp(-{z}))", "(1 + {z} - {a}) / (1 + np.exp(-{z}))")

    def __call__(self, z: Array, *, out: Array, workspace: Array) -> None:
        # f = z σ(z)
        SIGMOID(z, out=out, workspace=workspace)
        out *= z

    def backward(self, z: Array, a: Array, *, delta: Array, workspace: Array) -> None:
        # f' = σ + z σ (1 − σ) = σ (1 + z − a)
        sigmoid, rest = workspace
        SIGMOID(z, out=sigmoid, workspace=workspace)
        np.subtract(z, a, out=rest)
        rest += 1
        sigmoid *= rest
        delta *= sigmoid


@ACTIVATIONS.add
@dataclass(frozen=True)
class Mish:
    """f(z) = z tanh(log(1 + e^z)) (Misra, BMVC 2020).

    >>> from pellucid.core.activations import value
    >>> value(Mish(), [-1.0, 0.0, 2.0]).round(4)
    array([-0.3034,  0.    ,  1.944 ])
    """

    name: ClassVar[str] = "mish"
    formula: ClassVar[Formula] = Formula(
        "{z} * np.tanh(np.logaddexp(0, {z}))",
        "(np.tanh(np.logaddexp(0, {z})) + {z} * (1 - np.tanh(np.logaddexp(0, {z})) ** 2) / (1 + np.exp(-{z})))",
    )

    def __call__(self, z: Array, *, out: Array, workspace: Array) -> None:
        # f = z t,  t = tanh(log(1 + e^z))
        np.logaddexp(z, z.dtype.type(0), out=out)
        np.tanh(out, out=out)
        out *= z

    def backward(self, z: Array, a: Array, *, delta: Array, workspace: Array) -> None:
        t, rest = workspace
        # f' = t + z σ(z) (1 − t²), each part times delta
        SIGMOID(z, out=rest, workspace=workspace)
        rest *= z
        rest *= delta
        np.logaddexp(z, z.dtype.type(0), out=t)
        np.tanh(t, out=t)
        delta *= t
        t *= t
        np.subtract(1, t, out=t)
        rest *= t
        delta += rest


@LOSSES.add
@dataclass(frozen=True)
class SmoothedCrossEntropy:
    """Cross-entropy with the targets (1 − s) y + s / classes: label smoothing, which is a regularisation.

    It does not reward a network for being certain (Szegedy et al., CVPR 2016, section 7). It is PyTorch's
    ``CrossEntropyLoss(label_smoothing=s)``.

    >>> from pellucid.core.losses import value
    >>> value(SmoothedCrossEntropy(0.1), [[0.0, 0.0], [5.0, 0.0]], [0, 0]).round(4)
    array([0.6931, 0.2567])
    """

    smoothing: float = 0.1
    name: ClassVar[str] = "smoothed-cross-entropy"
    activation: ClassVar[Activation] = Softmax()
    kind: ClassVar[str] = "classes"
    formula: ClassVar[LossFormula] = LossFormula(
        "-((1 - smoothing) * {y} + smoothing / {outputs}) * np.log({a})",
        "{a} - (1 - smoothing) * {y} - smoothing / {outputs}",
        sum=True,
    )

    def __post_init__(self) -> None:
        if not (isinstance(self.smoothing, int | float) and 0 <= self.smoothing < 1):
            raise InputError(f"SmoothedCrossEntropy(smoothing={self.smoothing!r}): give a number from 0 to below 1")

    def value(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        # L = −Σ t log a,  t = (1 − s) y + s / outputs
        softmax_loss(z, y, self.smoothing, out=out, workspace=workspace)

    def delta(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        # δ = a − t
        np.multiply(y, self.smoothing - 1, out=out)
        out += a
        out -= self.smoothing / z.shape[-1]


@OPTIMIZERS.add
@dataclass
class RAdam(AdaptiveMoments):
    """Adam that waits with rates of their own until √ŝ is known well enough (Liu et al., ICLR 2020, algorithm 2).

    With ρ∞ = 2 / (1 − β₂) − 1 and ρ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ): up to ρ = 5 it is θ ← θ − η m̂; beyond it Adam's step
    times √((ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ)), with ε beside the uncorrected √s.

    >>> theta, rule = np.array([1.0]), RAdam(0.1)
    >>> for _ in range(2):
    ...     rule.step(theta, np.array([2.0]))
    >>> theta.round(4)
    array([0.6])
    """

    name: ClassVar[str] = "radam"
    usual_rate: ClassVar[float] = 0.004

    def numbers(self) -> tuple[float, float | None]:
        """The rate, and the ε beside √s: None while s is left out."""
        rate, _ = super().numbers()
        t, most = int(self.state["steps"][0]), 2 / (1 - self.beta2) - 1
        # ρ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ)
        rho = most - 2 * t * self.beta2**t / (1 - self.beta2**t)
        if rho <= 5:
            return self.learning_rate * (1 - self.beta1) / (1 - self.beta1**t), None
        share = (rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho)
        return rate * math.sqrt(share), self.epsilon / math.sqrt(1 - self.beta2)
