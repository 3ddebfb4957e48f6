"""The user's gradients explained, from the last layer down: the fewest mistakes that give exactly these numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.known_mistakes import (
    Formula,
    bias_gradient_formulas,
    hidden_delta_formulas,
    output_delta_formulas,
    weight_gradient_formulas,
)
from pellucid.analysis.doctor.naming import Quantity
from pellucid.analysis.doctor.reference_network import factor
from pellucid.core.arrays import Array

UNKNOWN = "it is wrong, in a way that matches no mistake that the doctor knows"


@dataclass(frozen=True)
class Part:
    """How one gradient came about: what is wrong with it, its factor against the right one, and the mistakes' cost."""

    fault: str | None
    remedy: str
    factor: float | None
    cost: float


@dataclass(frozen=True)
class LayerExplanation:
    """How one layer's gradients came about; ``fault`` is that of δ."""

    layer: int
    fault: str | None
    remedy: str
    delta: Array
    W: Part
    b: Part | None

    @property
    def cost(self) -> float:
        """How much is wrong."""
        cost = (self.fault is not None) + self.W.cost + (self.b.cost if self.b is not None else 0.0)
        if self.b is not None and None not in (self.W.factor, self.b.factor):
            cost += 0.0 if _same(self.W.factor, self.b.factor) else 0.4
        return cost


def explain(
    exam: Examination,
    gradients: Mapping[Quantity, Any],
    y: Array,
    loss: str | None,
    scale: float,
    deltas: Mapping[int, Array],
) -> list[LayerExplanation]:
    """Each layer's explanation, the last layer first.

    ``gradients`` are the user's, as rows: dW (outputs, inputs), db as it is. ``scale`` is the loss's own, and
    ``deltas`` are the user's own δ where they could be seen.
    """
    explanations: list[LayerExplanation] = []
    for l in range(exam.layers, 0, -1):
        formulas = (
            output_delta_formulas(exam, y, loss)
            if l == exam.layers
            else hidden_delta_formulas(exam, l, explanations[-1].delta)
        )
        explanations.append(_layer(exam, l, formulas, gradients, scale, deltas.get(l)))
    return explanations


def _layer(
    exam: Examination,
    l: int,
    formulas: Iterable[Formula],
    gradients: Mapping[Quantity, Any],
    scale: float,
    seen: Array | None,
) -> LayerExplanation:
    best: LayerExplanation | None = None
    dW, db = gradients.get(Quantity("dW", l)), gradients.get(Quantity("db", l))
    first = None
    for formula in formulas:
        delta = formula.value * (scale if l == exam.layers else 1.0)
        first = delta if first is None else first
        W = _part(dW, weight_gradient_formulas(exam, l, delta), formula)
        b = _part(db, bias_gradient_formulas(exam, l, delta), formula) if exam.array("b", l) is not None else None
        explanation = LayerExplanation(l, formula.fault, formula.remedy, delta, W, b)
        if best is None or explanation.cost < best.cost - 1e-9:
            best = explanation
        if best.cost == 0:
            break
    assert best is not None
    if best.cost >= 2 and seen is not None and first is not None and seen.shape == first.shape:
        # no formula gives these numbers: go on with what the user's own variable holds
        W, bias = _part(dW, weight_gradient_formulas(exam, l, seen), None), None
        if exam.array("b", l) is not None:
            bias = _part(db, bias_gradient_formulas(exam, l, seen), None)
        explanation = LayerExplanation(l, UNKNOWN, best.remedy, seen, W, bias)
        if explanation.cost < best.cost:
            return explanation
    return best


def _part(given: Any, formulas: Iterable[Formula], of: Formula | None) -> Part:
    del of
    best: Part | None = None
    remedy = ""
    for formula in formulas:
        remedy = remedy or formula.remedy
        if given is None:
            return Part("it is not returned", remedy, None, 0.9)
        for shaped in _shapes(given):
            c = factor(shaped, formula.value)
            if c is None:
                continue
            plain = 0.0 if _same(c, 1.0) else 0.3 if shaped.size > 2 else 0.9
            part = Part(formula.fault, formula.remedy, c, plain + (formula.fault is not None))
            if best is None or part.cost < best.cost - 1e-9:
                best = part
        if best is not None and best.cost == 0:
            return best
    return best or Part(UNKNOWN, remedy, None, 1.6)


def _shapes(given: Any) -> list[Array]:
    array = np.asarray(given, np.float64)
    shapes: list[Array] = [array]
    if array.ndim == 2 and 1 in array.shape:
        shapes.append(np.ravel(array))
    if array.size == 1 and array.ndim:
        shapes.append(array.reshape(()))
    if array.ndim == 0:  # the bias of a single neuron may be a plain number
        shapes.append(array.reshape(1))
    return shapes


def _same(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= 1e-4 * max(abs(one), abs(other))
