"""The activation functions, each value next to its slope; a layer applies one to its scores z on the way forward.

The scores z are also called pre-activations; those of the output layer are logits. Every activation is stateless and
works into arrays that it is given. ``z`` and ``a`` are (n, outputs): the scores and what the activation made of them.
``workspace`` is two arrays of z's shape to compute in: (2, n, outputs).

More of them are in model/additions.py. A new one is a class and a line, ``ACTIVATIONS.add``: docs/adding.md.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from pellucid.core.arrays import Array
from pellucid.core.errors import InputError
from pellucid.core.registry import Registry

# 0 as an array, which NumPy need not make anew in each step
_ZERO = {np.dtype(kind): np.zeros((), kind) for kind in (np.float32, np.float64)}


class Formula(NamedTuple):
    """An activation in letters: explanations print it, exports are written from it.

    ``value`` is f(z) as a NumPy expression of one score, ``slope`` the factor f'(z), "" for 1 or a softmax. In both,
    ``{z}`` and ``{a}`` stand for the score and its activation, settings and ``constants`` of the class for themselves.
    ``range`` is where f(z) lies. ``of_layer``: f looks at all scores of a layer, as the softmax does. ``log_link``:
    f is the exponential, so that a factor of the output is a term of the score. ``kinks`` are the values of z at which
    f' jumps: there is no derivative, and a gradient check leaves them out.
    """

    value: str
    slope: str
    range: tuple[float, float] = (-math.inf, math.inf)
    constants: Mapping[str, float] = {}
    of_layer: bool = False
    log_link: bool = False
    kinks: tuple[float, ...] = ()


class Activation(Protocol):
    """What a layer needs of its activation function f."""

    name: ClassVar[str]
    formula: ClassVar[Formula]

    def __call__(self, z: Array, *, out: Array, workspace: Array) -> None:
        """Write f(z) into ``out``."""

    def backward(self, z: Array, a: Array, *, delta: Array, workspace: Array) -> None:
        """Multiply ``delta`` by f'(z), in place: dLoss/da becomes dLoss/dz. ``a`` is f(z)."""


@dataclass(frozen=True)
class Identity:
    """f(z) = z: no bend at all. The output of a network that predicts a value.

    >>> value(Identity(), [-2.0, 0.5])
    array([-2. ,  0.5])
    """

    name: ClassVar[str] = "identity"
    formula: ClassVar[Formula] = Formula("{z}", "")

    def __call__(self, z: Array, *, out: Array, workspace: Array) -> None:
        # f = z
        out[...] = z

    def backward(self, z: Array, a: Array, *, delta: Array, workspace: Array) -> None:
        # f' = 1: nothing to multiply by
        pass


@dataclass(frozen=True)
class ReLU:
    """f(z) = max(z, 0), the rectified linear unit (Nair and Hinton, ICML 2010). At z = 0 its slope is taken as 0.

    >>> value(ReLU(), [-2.0, 0.5])
    array([0. , 0.5])
    """

    name: ClassVar[str] = "relu"
    formula: ClassVar[Formula] = Formula("np.maximum({z}, 0)", "({z} > 0)", (0.0, math.inf), kinks=(0.0,))

    def __call__(self, z: Array, *, out: Array, workspace: Array) -> None:
        # f = max(z, 0)
        np.maximum(z, _ZERO[z.dtype], out=out)

    def backward(self, z: Array, a: Array, *, delta: Array, workspace: Array) -> None:
        # f' = 1 where z > 0, else 0: the sign of a
        np.sign(a, out=workspace[0])
        delta *= workspace[0]


@dataclass(frozen=True)
class LeakyReLU:
    """f(z) = z where z > 0, else slope · z (Maas, Hannun and Ng, ICML 2013): no neuron ever goes quite dead.

    >>> value(LeakyReLU(0.1), [-2.0, 0.5])
    array([-0.2,  0.5])
    """

    slope: float = 0.01
    name: ClassVar[str] = "leaky-relu"
    formula: ClassVar[Formula] = Formula(
        "np.where({z} > 0, {z}, slope * {z})", "np.where({z} > 0, 1, slope)", kinks=(0.0,)
    )

    def __post_init__(self) -> None:
        if not (isinstance(self.slope, int | float | np.floating) and math.isfinite(self.slope)):
            raise InputError(f"LeakyReLU(slope={self.slope!r}): the slope must be a finite number, such as 0.01")

    def _slopes(self, z: Array, *, out: Array) -> None:
        # f' = 1 where z > 0, else slope
        np.greater(z, 0, out=out)
        out *= 1 - self.slope
        out += self.slope

    def __call__(self, z: Array, *, out: Array, workspace: Array) -> None:
        # f = z · f'
        self._slopes(z, out=workspace[0])
        np.multiply(z, workspace[0], out=out)

    def backward(self, z: Array, a: Array, *, delta: Array, workspace: Array) -> None:
        self._slopes(z, out=workspace[0])
        delta *= workspace[0]


@dataclass(frozen=True)
class Sigmoid:
    """f(z) = 1 / (1 + e⁻ᶻ): squeezes any score into (0, 1), so that it reads as a probability.

    Scores below about −88 in float32 (−709 in float64) are taken as that bound, so that e⁻ᶻ stays finite.

    >>> value(Sigmoid(), [-1000.0, 0.0, 2.0]).round(4)
    array([0.    , 0.5   , 0.8808])
    """

    name: ClassVar[str] = "sigmoid"
    formula: ClassVar[Formula] = Formula("1 / (1 + np.exp(-{z}))", "{a} * (1 - {a})", (0.0, 1.0))

    def __call__(self, z: Array, *, out: Array, workspace: Array) -> None:
        # f = 1 / (1 + exp(−z))
        np.maximum(z, -math.floor(math.log(np.finfo(z.dtype).max)), out=out)
        out *= -1  # np.negative of NumPy 2.4 errs on x86 where numbers lie 64 bytes apart
        np.exp(out, out=out)
        out += 1
        np.reciprocal(out, out=out)

    def backward(self, z: Array, a: Array, *, delta: Array, workspace: Array) -> None:
        # f' = a (1 − a)
        np.subtract(1, a, out=workspace[0])
        workspace[0] *= a
        delta *= workspace[0]


@dataclass(frozen=True)
class Tanh:
    """f(z) = tanh z: the sigmoid's shape, but centred on 0 and running from −1 to 1.

    >>> value(Tanh(), [-1.0, 0.0]).round(4)
    array([-0.7616,  0.    ])
    """

    name: ClassVar[str] = "tanh"
    formula: ClassVar[Formula] = Formula("np.tanh({z})", "(1 - {a} ** 2)", (-1.0, 1.0))

    def __call__(self, z: Array, *, out: Array, workspace: Array) -> None:
        # f = tanh(z)
        np.tanh(z, out=out)

    def backward(self, z: Array, a: Array, *, delta: Array, workspace: Array) -> None:
        # f' = 1 − a²
        np.multiply(a, a, out=workspace[0])
        np.subtract(1, workspace[0], out=workspace[0])
        delta *= workspace[0]


@dataclass(frozen=True)
class GELU:
    """f(z) = z · u, u = σ(2s), s = √(2/π) (z + 0.044715 z³): the Gaussian error linear unit in its tanh form.

    Hendrycks and Gimpel, arXiv:1606.08415, section 2; equal to PyTorch's ``GELU(approximate="tanh")``. NumPy has no
    error function, and this form differs from z Φ(z) by less than 0.0005.

    >>> value(GELU(), [-1.0, 0.0, 2.0]).round(4)
    array([-0.1588,  0.    ,  1.9546])
    """

    name: ClassVar[str] = "gelu"
    scale: ClassVar[float] = math.sqrt(2 / math.pi)
    cubic: ClassVar[float] = 0.044715
    formula: ClassVar[Formula] = Formula(
        "{z} * (1 + np.tanh(k * ({z} + c * {z} ** 3))) / 2",
        "((1 + np.tanh(k * ({z} + c * {z} ** 3))) / 2 + {z} * (1 - np.tanh(k * ({z} + c * {z} ** 3)) ** 2) / 2 * k * "
        "(1 + 3 * c * {z} ** 2))",
        constants={"k": scale, "c": cubic},
    )

    def _gate(self, z: Array, *, out: Array) -> None:
        # u = σ(2s) = (1 + tanh(s)) / 2
        np.multiply(z, z, out=out)
        out *= self.cubic
        out += 1
        out *= z
        out *= self.scale
        np.tanh(out, out=out)
        out += 1
        out *= 0.5

    def __call__(self, z: Array, *, out: Array, workspace: Array) -> None:
        # f = z u
        self._gate(z, out=out)
        out *= z

    def backward(self, z: Array, a: Array, *, delta: Array, workspace: Array) -> None:
        u, slope = workspace
        self._gate(z, out=u)
        # u' = 2 u (1 − u) s',  s' = √(2/π) (1 + 3 · 0.044715 z²)
        np.multiply(z, z, out=slope)
        slope *= 3 * self.cubic
        slope += 1
        slope *= 2 * self.scale
        slope *= a
        # f' = u + z u' = u + a (1 − u) 2 s', written with u − 1 so that two arrays are enough
        u -= 1
        slope *= u
        u -= slope
        u += 1
        delta *= u


@dataclass(frozen=True)
class Exponential:
    """f(z) = e^z: above 0 whatever the score; for the output layer.

    >>> value(Exponential(), [[0.0, 1.0]]).round(4)
    array([[1.    , 2.7183]])
    """

    name: ClassVar[str] = "exp"
    formula: ClassVar[Formula] = Formula("np.exp({z})", "{a}", (0.0, math.inf), log_link=True)

    def __call__(self, z: Array, *, out: Array, workspace: Array) -> None:
        # f = exp(z)
        np.exp(z, out=out)

    def backward(self, z: Array, a: Array, *, delta: Array, workspace: Array) -> None:
        # f' = f
        delta *= a


@dataclass(frozen=True)
class Softmax:
    """f(z)ᵢ = e^zᵢ / Σⱼ e^zⱼ: scores become probabilities that sum to 1, row by row; for the output layer.

    The largest score of a row is subtracted first. That changes nothing, since it cancels, and no power overflows.

    >>> value(Softmax(), [[1.0, 2.0, 3.0], [1000.0, 1000.0, 0.0]]).round(4)
    array([[0.09  , 0.2447, 0.6652],
           [0.5   , 0.5   , 0.    ]])
    """

    name: ClassVar[str] = "softmax"
    formula: ClassVar[Formula] = Formula(
        "np.exp({z} - np.max({z})) / np.sum(np.exp({z} - np.max({z})))", "", (0.0, 1.0), of_layer=True
    )

    def __call__(self, z: Array, *, out: Array, workspace: Array) -> None:
        row = workspace[0, :, :1]  # (n, 1): one number a sample
        # f = exp(z − max z) / Σ exp(z − max z)
        np.maximum.reduce(z, axis=1, keepdims=True, out=row)
        np.subtract(z, row, out=out)
        np.exp(out, out=out)
        np.add.reduce(out, axis=1, keepdims=True, out=row)
        out /= row

    def backward(self, z: Array, a: Array, *, delta: Array, workspace: Array) -> None:
        row = workspace[1, :, :1]
        # ∂aᵢ/∂zⱼ = aᵢ (1[i = j] − aⱼ), so δⱼ = aⱼ (dⱼ − Σᵢ dᵢ aᵢ) for d = dLoss/da
        np.multiply(delta, a, out=workspace[0])
        np.add.reduce(workspace[0], axis=1, keepdims=True, out=row)
        delta -= row
        delta *= a


ACTIVATIONS = Registry[Activation]("activation", Activation, (ReLU, LeakyReLU, Sigmoid, Tanh, GELU, Identity))


def value(activation: Activation, z: npt.ArrayLike) -> Array:
    """f(z) in float64, in an array of its own: for a look at a function, or to draw it.

    >>> value(Tanh(), [0.0, 1.0]).round(4)
    array([0.    , 0.7616])
    """
    scores = np.array(z, np.float64)
    out, rows = np.empty_like(scores), (-1, scores.shape[-1])
    activation(scores.reshape(rows), out=out.reshape(rows), workspace=np.empty((2, *scores.reshape(rows).shape)))
    return out


def slope(activation: Activation, z: npt.ArrayLike) -> Array:
    """f'(z) in float64, in an array of its own. For softmax: the slope of the sum of its outputs, which is 0.

    >>> slope(Sigmoid(), [0.0, 1.0]).round(4)
    array([0.25  , 0.1966])
    """
    scores = np.array(z, np.float64)
    rows = scores.reshape(-1, scores.shape[-1])
    delta, workspace = np.ones_like(rows), np.empty((2, *rows.shape))
    activation.backward(rows, value(activation, rows), delta=delta, workspace=workspace)
    return delta.reshape(scores.shape)
