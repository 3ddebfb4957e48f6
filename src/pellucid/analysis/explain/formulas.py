"""The formulas of activations and losses, written with the names of one network's layers: each class has its own.

The formulas hold for whole layers and for one neuron alike, but for the softmax, which needs its layer. Nothing is
computed here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.core.activations import Activation
from pellucid.core.arrays import Array
from pellucid.core.losses import Loss
from pellucid.core.registry import describe

LOG = "np.log({a})"  # of a probability; from the scores it is the next line
LOG_SOFTMAX = "({z} - np.max({z}) - np.log(np.sum(np.exp({z} - np.max({z})))))"
LEAST = -709.0  # scores below it are taken as it where exp(−z) would be infinite


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
    """The numbers that a formula of this activation or loss names: its settings and its constants.

    >>> from pellucid import LeakyReLU
    >>> constants(LeakyReLU(0.1))
    {'slope': 0.1}
    """
    own = getattr(part.formula, "constants", {})
    return {**own, **{name: float(value) for name, value in describe(part).items() if name != "name"}}


def value(activation: Activation, z: str, scores: Array) -> str:
    """f(z) for scores called ``z``; where exp(−z) of very small ones would be infinite, they are limited.

    >>> from pellucid import Sigmoid
    >>> value(Sigmoid(), "z1", np.array([0.5])), value(Sigmoid(), "z1", np.array([-800.0]))
    ('1 / (1 + np.exp(-z1))', '1 / (1 + np.exp(-np.maximum(z1, -709)))')
    """
    return _limited(activation.formula.value, scores).format(z=z)


def slope(activation: Activation, z: str, a: str, scores: Array) -> str:
    """f'(z) as a factor, from scores called ``z`` and activations called ``a``; nothing where it is 1.

    >>> from pellucid import Tanh
    >>> slope(Tanh(), "z1", "a1", np.array([0.5]))
    '(1 - a1 ** 2)'
    """
    return _limited(activation.formula.slope, scores).format(z=z, a=a)


def _limited(formula: str, scores: Array) -> str:
    limited = f"np.exp(-np.maximum({{z}}, {LEAST:g}))"
    return formula.replace("np.exp(-{z})", limited) if np.min(scores) < LEAST else formula


def loss(loss: Loss, z: str, a: str, y: str, *, write: Notation, outputs: int = 1, from_scores: bool = False) -> str:
    """The loss of one sample; with ``from_scores``, logarithms of a softmax too small for them are those of its scores.

    >>> from pellucid import SquaredError
    >>> loss(SquaredError(), "z2", "a2", "y", write=ARRAYS)
    'np.mean((a2 - y) ** 2)'
    """
    if loss.formula.true_class:
        logarithm = f"np.sum({LOG_SOFTMAX} * {{y}})" if from_scores else LOG
        return loss.formula.true_class.replace(LOG, logarithm).format(z=z, a=f"np.sum({a} * {y})", y=y)
    each = loss.formula.part.replace(LOG, LOG_SOFTMAX) if from_scores else loss.formula.part
    template = write.sum if loss.formula.sum else write.mean
    return template.format(e=each.format(z=z, a=a, y=y, outputs=outputs))


def delta(loss: Loss, a: str, y: str, outputs: int) -> str:
    """dLoss/dz of the output layer.

    >>> from pellucid import SquaredError
    >>> delta(SquaredError(), "a2", "y", outputs=3)
    '2 * (a2 - y) / 3'
    """
    formula = loss.formula.delta.format(a=a, y=y, outputs=outputs)
    if loss.formula.sum:
        return formula
    if outputs > 1:
        return f"{formula} / {outputs}"
    return formula.removeprefix("(").removesuffix(")") if formula.startswith("(") else formula


def sum_in(formula: str) -> str:
    """The first sum over all outputs in a formula, or "" where there is none.

    >>> sum_in("a * (2 * (a - y) - np.sum(2 * (a - y) * a))")
    'np.sum(2 * (a - y) * a)'
    """
    start = formula.find("np.sum(")
    if start < 0:
        return ""
    depth = 0
    for place in range(start + len("np.sum"), len(formula)):
        depth += {"(": 1, ")": -1}.get(formula[place], 0)
        if not depth:
            break
    return formula[start : place + 1]


def evaluate(formula: str, operands: Mapping[str, Any]) -> Any:
    """What a formula of a class of this process comes to.

    >>> evaluate("2 * z", {"z": 1.5})
    3.0
    """
    return eval(formula, {"__builtins__": {}, "np": np, **operands})


def names_in(formula: str, names: Iterable[str]) -> list[str]:
    """Those of some names that a formula uses.

    >>> names_in("np.exp(z - m) / s", ("a", "z", "m"))
    ['z', 'm']
    """
    used = set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", formula))
    return [name for name in names if name in used]
