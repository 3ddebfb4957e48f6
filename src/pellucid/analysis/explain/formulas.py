"""The formula of each activation and each loss as a NumPy expression: what the engine computes, in letters.

``{z}``, ``{a}`` and ``{y}`` stand for the names of a layer's scores, its activations and the targets. The formulas hold
for whole layers and for one neuron alike, but for the softmax, which needs its layer. Nothing is computed here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from pellucid.core.activations import GELU, Activation, LeakyReLU
from pellucid.core.arrays import Array
from pellucid.core.errors import InputError
from pellucid.core.losses import Huber, Loss

LEAST = -709.0  # scores below it are taken as it by the sigmoid, so that exp(−z) stays finite

_GATE = "np.tanh(k * ({z} + c * {z} ** 3))"
_NEAR = "np.minimum(np.abs({a} - {y}), width)"

_VALUES = {
    "identity": "{z}",
    "relu": "np.maximum({z}, 0)",
    "leaky-relu": "np.where({z} > 0, {z}, slope * {z})",
    "sigmoid": "1 / (1 + np.exp(-{z}))",
    "tanh": "np.tanh({z})",
    "gelu": f"{{z}} * (1 + {_GATE}) / 2",
    "exp": "np.exp({z})",
    "softmax": "np.exp({z} - np.max({z})) / np.sum(np.exp({z} - np.max({z})))",
}
_SLOPES = {
    "identity": "",
    "relu": "({z} > 0)",
    "leaky-relu": "np.where({z} > 0, 1, slope)",
    "sigmoid": "{a} * (1 - {a})",
    "tanh": "(1 - {a} ** 2)",
    "exp": "{a}",
    "gelu": f"((1 + {_GATE}) / 2 + {{z}} * (1 - {_GATE} ** 2) / 2 * k * (1 + 3 * c * {{z}} ** 2))",
}
# each output's part in the loss, and dLoss/dz of it, before the mean is taken where there is one
_PARTS = {
    "cross-entropy": "-{y} * np.log({a})",
    "softmax-squared-error": "({a} - {y}) ** 2",
    "binary-cross-entropy": "np.log1p(np.exp(-np.abs({z}))) + np.maximum({z}, 0) - {z} * {y}",
    "squared-error": "({a} - {y}) ** 2",
    "absolute-error": "np.abs({a} - {y})",
    "huber": f"{_NEAR} * (np.abs({{a}} - {{y}}) - {_NEAR} / 2)",
    "poisson": "{a} - {y} + {y} * (np.log(np.maximum({y}, 1e-300)) - {z})",
    "squared-error-of-sigmoid": "({a} - {y}) ** 2",
}
_DELTAS = {
    "cross-entropy": "{a} - {y}",
    "softmax-squared-error": "{a} * (2 * ({a} - {y}) - np.sum(2 * ({a} - {y}) * {a}))",
    "binary-cross-entropy": "({a} - {y})",
    "squared-error": "2 * ({a} - {y})",
    "absolute-error": "np.sign({a} - {y})",
    "huber": "np.clip({a} - {y}, -width, width)",
    "poisson": "({a} - {y})",
    "squared-error-of-sigmoid": "2 * ({a} - {y}) * {a} * (1 - {a})",
}
SUMMED = ("cross-entropy", "softmax-squared-error", "squared-error-of-sigmoid")  # all others are means over the outputs


@dataclass(frozen=True)
class Notation:
    """How products and sums are written: between arrays, or between plain numbers where a layer is one neuron."""

    forward: str  # W x
    back: str  # Wᵀ δ
    outer: str  # δ xᵀ
    sum: str
    mean: str


ARRAYS = Notation("{W} @ {x}", "{W}.T @ {d}", "np.outer({d}, {x})", "np.sum({e})", "np.mean({e})")
NUMBERS = Notation("{W} * {x}", "{W} * {d}", "{d} * {x}", "{e}", "{e}")


def constants(part: Activation | Loss) -> Mapping[str, float]:
    """The numbers that a formula of this activation or loss names.

    >>> constants(LeakyReLU(0.1))
    {'slope': 0.1}
    """
    if isinstance(part, LeakyReLU):
        return {"slope": float(part.slope)}
    if isinstance(part, Huber):
        return {"width": float(part.width)}
    if isinstance(part, GELU):
        return {"k": part.scale, "c": part.cubic}
    return {}


def value(activation: Activation, z: str, scores: Array) -> str:
    """f(z) for scores called ``z``; the sigmoid of very small ones is written as it is computed.

    >>> from pellucid import Sigmoid
    >>> value(Sigmoid(), "z1", np.array([0.5])), value(Sigmoid(), "z1", np.array([-800.0]))
    ('1 / (1 + np.exp(-z1))', '1 / (1 + np.exp(-np.maximum(z1, -709)))')
    """
    if activation.name == "sigmoid" and np.min(scores) < LEAST:
        return f"1 / (1 + np.exp(-np.maximum({z}, {LEAST:g})))"
    return _known(_VALUES, activation).format(z=z)


def slope(activation: Activation, z: str, a: str) -> str:
    """f'(z) as a factor, from scores called ``z`` and activations called ``a``; nothing where it is 1.

    >>> from pellucid import Tanh
    >>> slope(Tanh(), "z1", "a1")
    '(1 - a1 ** 2)'
    """
    return _known(_SLOPES, activation).format(z=z, a=a)


def loss(loss: Loss, z: str, a: str, y: str, *, write: Notation, from_scores: bool = False) -> str:
    """The loss of one sample; with ``from_scores`` the cross-entropy as it is computed where a is too small for a log.

    >>> from pellucid import SquaredError
    >>> loss(SquaredError(), "z2", "a2", "y", write=ARRAYS)
    'np.mean((a2 - y) ** 2)'
    """
    if loss.name == "cross-entropy":
        if from_scores:
            return f"np.log(np.sum(np.exp({z} - np.max({z})))) - np.sum(({z} - np.max({z})) * {y})"
        return f"-np.log(np.sum({a} * {y}))"
    template = write.sum if loss.name in SUMMED else write.mean
    return template.format(e=part(loss, z, a, y))


def part(loss: Loss, z: str, a: str, y: str) -> str:
    """One output's part in the loss, before the mean or the sum.

    >>> from pellucid import AbsoluteError
    >>> part(AbsoluteError(), "z", "a", "y")
    'np.abs(a - y)'
    """
    return _known(_PARTS, loss).format(z=z, a=a, y=y)


def delta(loss: Loss, a: str, y: str, outputs: int) -> str:
    """dLoss/dz of the output layer.

    >>> from pellucid import SquaredError
    >>> delta(SquaredError(), "a2", "y", outputs=3)
    '2 * (a2 - y) / 3'
    """
    formula = _known(_DELTAS, loss).format(a=a, y=y)
    if loss.name in SUMMED:
        return formula
    if outputs > 1:
        return f"{formula} / {outputs}"
    return formula.removeprefix("(").removesuffix(")") if formula.startswith("(") else formula


def _known(formulas: Mapping[str, str], part: Activation | Loss) -> str:
    if part.name not in formulas:
        raise InputError(f"{part.name}: has no formula that explain could write; it knows {', '.join(formulas)}")
    return formulas[part.name]


def names_in(formula: str, names: Iterable[str]) -> list[str]:
    """Those of some names that a formula uses.

    >>> names_in("np.exp(z - m) / s", ("a", "z", "m"))
    ['z', 'm']
    """
    used = set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", formula))
    return [name for name in names if name in used]
