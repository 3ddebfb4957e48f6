"""The user's gradients explained, from the last layer down: the fewest mistakes that give exactly these numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.analysis.doctor import known_mistakes
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.known_mistakes import Formulas
from pellucid.analysis.doctor.loss import KnownLoss
from pellucid.analysis.doctor.naming import Arrays, Quantity
from pellucid.analysis.doctor.reference_network import factor
from pellucid.core.arrays import Array

UNKNOWN = "it is wrong, in a way that matches no mistake that the doctor knows"


@dataclass(frozen=True)
class GradientExplanation:
    """How one dW or db came about: what is wrong with it, its factor against the right one, and how bad that is."""

    fault: str | None
    remedy: str
    factor: float | None
    cost: float

    @property
    def scaled(self) -> bool:
        """Whether it is right but for its factor."""
        return self.fault is None and not same_factor(self.factor, 1.0)


@dataclass(frozen=True)
class LayerExplanation:
    """How one layer's gradients came about; ``fault`` is that of δ."""

    layer: int
    fault: str | None
    remedy: str
    delta: Array
    gradients: dict[Quantity, GradientExplanation]

    @property
    def cost(self) -> float:
        """How much is wrong."""
        cost = (self.fault is not None) + sum(gradient.cost for gradient in self.gradients.values())
        factors = [gradient.factor for gradient in self.gradients.values()]
        unequal = len(factors) == 2 and None not in factors and not same_factor(*factors)
        return cost + (0.4 if unequal else 0.0)


def explain(
    exam: Examination, gradients: Arrays, y: Array, loss: KnownLoss | None, user_deltas: dict[int, Array]
) -> tuple[list[LayerExplanation], bool]:
    """Each layer's explanation, the last layer first; and whether the gradients are returned in reversed order.

    ``gradients`` are the user's, as rows: dW (outputs, inputs), db as it is. ``user_deltas`` are the user's own δ
    where they could be seen. They are explained in either order; kept is what leaves less wrong.
    """
    m, k = exam.m, exam.sizes[-1]
    # without a loss, sums and means, halves and doubles are all in order, if all gradients agree
    scales = [loss.scale] if loss is not None else [c / n / o for o in (1, k) for n in (m, 1) for c in (1, 0.5, 2)]
    reversed_gradients = {Quantity(q.kind, exam.layers + 1 - q.layer): value for q, value in gradients.items()}
    name = None if loss is None else loss.name
    best, lowest = (list[LayerExplanation](), False), np.inf
    for is_reversed in (False, True) if exam.layers > 1 else (False,):
        for scale in dict.fromkeys(scales):
            ordered = reversed_gradients if is_reversed else gradients
            explanations = _explain_scaled(exam, ordered, y, name, scale, user_deltas)
            cost = sum(explanation.cost for explanation in explanations) + 1.5 * is_reversed
            if cost < lowest:
                best, lowest = (explanations, is_reversed), cost
            if lowest == 0:
                return best
    return best


def _explain_scaled(
    exam: Examination, gradients: Arrays, y: Array, loss: str | None, scale: float, user_deltas: dict[int, Array]
) -> list[LayerExplanation]:
    """The explanations where the loss is ``scale`` times the sum over samples and outputs."""
    explanations: list[LayerExplanation] = []
    for l in range(exam.layers, 0, -1):
        if l == exam.layers:
            formulas = known_mistakes.output_delta(exam, y, loss)
            formulas = Formulas(formulas.remedy, ((fault, scale * delta) for fault, delta in formulas.tried))
        else:
            formulas = known_mistakes.hidden_delta(exam, l, explanations[-1].delta)
        explanations.append(_explain_layer(exam, l, formulas, gradients, user_deltas.get(l)))
    return explanations


def _explain_layer(
    exam: Examination, l: int, formulas: Formulas, gradients: Arrays, user_delta: Array | None
) -> LayerExplanation:
    def given(fault: str | None, delta: Array) -> LayerExplanation:
        tried = {Quantity("dW", l): known_mistakes.weight_gradient(exam, l, delta)}
        if exam.array("b", l) is not None:
            tried[Quantity("db", l)] = known_mistakes.bias_gradient(exam, l, delta)
        explained = {q: _explain_gradient(gradients.get(q), ways) for q, ways in tried.items()}
        return LayerExplanation(l, fault, formulas.remedy, delta, explained)

    best: LayerExplanation | None = None
    for fault, delta in formulas.tried:
        explanation = given(fault, delta)
        if best is None or explanation.cost < best.cost - 1e-9:
            best = explanation
        if best.cost == 0:
            break
    assert best is not None
    if best.cost >= 2 and user_delta is not None and user_delta.shape == best.delta.shape:
        # no formula gives these numbers: go on with what the user's own variable holds
        return min(best, given(UNKNOWN, user_delta), key=lambda explanation: explanation.cost)
    return best


def _explain_gradient(given: Any, formulas: Formulas) -> GradientExplanation:
    if given is None:
        return GradientExplanation("it is not returned", formulas.remedy, None, 0.9)
    best: GradientExplanation | None = None
    for fault, value in formulas.tried:
        for array in _shapes(given):
            c = factor(array, value)
            if c is None:
                continue
            scaled = 0.0 if same_factor(c, 1.0) else 0.3 if array.size > 2 else 0.9
            explanation = GradientExplanation(fault, formulas.remedy, c, scaled + (fault is not None))
            if best is None or explanation.cost < best.cost - 1e-9:
                best = explanation
        if best is not None and best.cost == 0:
            break
    return best or GradientExplanation(UNKNOWN, formulas.remedy, None, 1.6)


def _shapes(given: Any) -> list[Array]:
    """A gradient as it is, and in the shapes in which it may be meant."""
    array = np.asarray(given, np.float64)
    shapes: list[Array] = [array]
    if array.ndim == 2 and 1 in array.shape:
        shapes.append(np.ravel(array))
    if array.size == 1 and array.ndim:
        shapes.append(array.reshape(()))
    if array.ndim == 0:  # the bias of a single neuron may be a plain number
        shapes.append(array.reshape(1))
    return shapes


def same_factor(one: float | None, other: float | None) -> bool:
    """Whether two factors are equal, but for the rounding of numeric differences."""
    return one is not None and other is not None and abs(one - other) <= 1e-4 * max(abs(one), abs(other))
