"""The user's gradients explained, from the last layer down: the fewest mistakes that give exactly these numbers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, combinations
from typing import Any

import numpy as np

from pellucid.analysis.doctor import known_mistakes
from pellucid.analysis.doctor.arrays import Arrays
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.known_mistakes import Deltas, Formula
from pellucid.analysis.doctor.loss import KnownLoss
from pellucid.analysis.doctor.naming import Quantity
from pellucid.analysis.doctor.reference_network import factor
from pellucid.analysis.doctor.user_gradients import OwnDelta
from pellucid.core.arrays import Array

UNKNOWN = "it is wrong, in a way that matches no mistake that the doctor knows"
COSTS = {"unknown δ": 2.4, "unknown": 1.6, "not returned": 0.9, "reversed": 1.5, "swapped": 0.5, "factor": 0.3,
         "factor of a small array": 0.9, "unequal factors": 0.4, "common factor": 0.45, "factor of δ": 0.5}  # fmt: skip


@dataclass(frozen=True)
class GradientExplanation:
    """How one dW or db came about: what is wrong with it, the right one, its factor against that, and how bad it is."""

    fault: str | None
    right: Array | None
    factor: float | None
    cost: float

    @property
    def scaled(self) -> bool:
        """Whether it is right but for its factor."""
        return self.fault is None and not same_factor(self.factor, 1.0)


@dataclass(frozen=True)
class LayerExplanation:
    """How one layer's gradients came about; ``fault`` is that of δ, which is ``delta`` in place of ``right``."""

    layer: int
    fault: str | None
    right: Array | None
    delta: Array | None
    gradients: dict[Quantity, GradientExplanation]
    delta_cost: float = 0.0
    factor: float | None = None  # of δ, where it is right but for that

    @property
    def lost(self) -> bool:
        """Whether nothing of it is understood."""
        return bool(self.gradients) and all(part.fault == UNKNOWN for part in self.gradients.values())

    @property
    def cost(self) -> float:
        """How much is wrong."""
        cost = self.delta_cost + sum(gradient.cost for gradient in self.gradients.values())
        factors = [gradient.factor for gradient in self.gradients.values()]
        unequal = len(factors) == 2 and None not in factors and not same_factor(*factors)
        return cost + (COSTS["unequal factors"] if unequal else 0.0)


@dataclass(frozen=True)
class Explanation:
    """All layers' explanations, the last layer first, and what is wrong with the order of the gradients."""

    layers: list[LayerExplanation]
    reversed_order: bool = False
    swapped: tuple[Quantity, Quantity] | None = None

    @property
    def cost(self) -> float:
        """How much is wrong."""
        cost = COSTS["reversed"] * self.reversed_order + COSTS["swapped"] * (self.swapped is not None)
        if self.common_factor is not None:  # one cause, whatever it costs in each
            wrong = sum(part.cost for part in self.parts.values() if part.fault is not None)
            return cost + COSTS["common factor"] + wrong + sum(layer.delta_cost for layer in self.layers)
        return cost + sum(layer.cost for layer in self.layers)

    @property
    def parts(self) -> dict[Quantity, GradientExplanation]:
        """Every dW and db."""
        return {q: part for layer in self.layers for q, part in layer.gradients.items()}

    @property
    def faults(self) -> list[Quantity]:
        """The quantities that are wrong."""
        wrong = (layer for layer in self.layers if layer.fault is not None or layer.factor is not None)
        found = [Quantity("dz", layer.layer) for layer in wrong]
        found += [Quantity("dW", 1)] if self.reversed_order or self.swapped else []
        return found + [q for q, part in self.parts.items() if part.fault is not None or part.scaled]

    @property
    def common_factor(self) -> float | None:
        """The factor of all gradients that are right but for it, where it is the same wrong one."""
        factors = [part.factor for part in self.parts.values() if part.fault is None]
        same = len(factors) > 1 and all(same_factor(factors[0], c) for c in factors)
        return factors[0] if same and not same_factor(factors[0], 1.0) else None


@dataclass(frozen=True)
class Evidence:
    """What gradients are explained by: the targets, the loss, the user's own δ, and the loss's whole slopes as rows."""

    y: Array
    loss: KnownLoss
    user_deltas: dict[int, OwnDelta]
    slopes: Arrays


def explain(exam: Examination, gradients: Arrays, evidence: Evidence) -> Explanation:
    """The explanation that leaves least wrong.

    ``gradients`` are the user's, as rows: dW (outputs, inputs), db as it is. They are explained in the order in which
    they are returned, in the other one, and with two exchanged that stand in each other's place.
    """
    tries = [(gradients, False, None), *_exchanged(exam, gradients, evidence.slopes)]
    best: Explanation | None = None
    for given, is_reversed, swapped in tries:
        if exam.net is None or not evidence.loss.known:
            ways = [_by_slopes(exam, given, evidence)]
        else:
            ways = [_explain_layers(exam, given, evidence, carry=carry) for carry in (False, True)]
        for layers in ways:
            explanation = Explanation(layers, is_reversed, swapped)
            if best is None or explanation.cost < best.cost - 1e-9:
                best = explanation
        if best is not None and best.cost == 0:
            break
    assert best is not None
    return best


def _exchanged(
    exam: Examination, gradients: Arrays, slopes: Arrays
) -> Iterator[tuple[Arrays, bool, tuple[Quantity, Quantity] | None]]:
    for one, other in combinations(sorted(gradients.keys() & slopes.keys()), 2):
        pairs = ((gradients[one], slopes[other]), (gradients[other], slopes[one]))
        if one.kind == other.kind and all(_multiple(given, right) is not None for given, right in pairs):
            yield {**gradients, one: gradients[other], other: gradients[one]}, False, (one, other)
    if exam.layers > 1:
        yield {Quantity(q.kind, exam.layers + 1 - q.layer): value for q, value in gradients.items()}, True, None


def _explain_layers(exam: Examination, gradients: Arrays, evidence: Evidence, *, carry: bool) -> list[LayerExplanation]:
    """Layer by layer through the reference network.

    ``carry`` says that a factor which dW and db share is taken for that of δ, so that what is below has it too.
    """
    explained: list[LayerExplanation] = []
    deltas: Deltas = {}
    for l in range(exam.layers, 0, -1):
        if l == exam.layers:
            loss = evidence.loss
            scaled = ((faults, loss.scale * d) for faults, d in known_mistakes.output_delta(exam, evidence.y, loss))
            best = _explain_layer(exam, l, scaled, deltas, gradients, evidence)
        else:
            formulas = known_mistakes.hidden_delta(exam, l, deltas, gradients, evidence.y, evidence.loss)
            best = _explain_layer(exam, l, formulas, deltas, gradients, evidence)
        has_it = l > 1 or any(layer.factor is not None for layer in explained)
        if carry and has_it and best.fault is None and not best.lost:
            best = _carried(exam, best, deltas, gradients, evidence)
        explained.append(best)
        if best.lost:
            return explained + _below(l)
        assert best.delta is not None
        deltas[l] = best.delta
    return explained


def _carried(
    exam: Examination, best: LayerExplanation, deltas: Deltas, gradients: Arrays, evidence: Evidence
) -> LayerExplanation:
    """The layer with δ scaled as dW or db tell, if that leaves less wrong."""
    assert best.right is not None
    for c in {part.factor for part in best.gradients.values() if part.factor is not None}:
        if not same_factor(c, 1.0):
            scaled = _given(exam, best.layer, None, best.right, c * best.right, deltas, gradients, evidence)
            scaled = replace(scaled, factor=c, delta_cost=COSTS["factor of δ"])
            best = scaled if scaled.cost <= best.cost else best
    return best


def _below(l: int) -> list[LayerExplanation]:
    """What is below a layer of which nothing is understood follows from it, and is looked at once that is mended."""
    return [LayerExplanation(lower, None, None, None, {}, 2 * COSTS["unknown"]) for lower in range(l - 1, 0, -1)]


def _explain_layer(
    exam: Examination, l: int, formulas: Iterable[Formula], deltas: Deltas, gradients: Arrays, evidence: Evidence
) -> LayerExplanation:
    decay, formulas = evidence.loss.decay, iter(formulas)
    _, right = next(formulas)

    def given(fault: str | None, delta: Array, cost: float) -> LayerExplanation:
        return replace(_given(exam, l, fault, right, delta, deltas, gradients, evidence), delta_cost=cost)

    best = given(None, right, 0.0)
    for faults, delta in formulas:
        if best.cost <= 1.0 and faults:
            break
        if len(faults) < best.cost and (len(faults) == 1 or _fits(exam, l, delta, decay, gradients)):
            explanation = given(", and ".join(faults), delta, float(len(faults)))
            best = explanation if explanation.cost < best.cost - 1e-9 else best
    own = evidence.user_deltas.get(l)
    if best.cost > COSTS["unknown δ"] and own is not None:
        # no formula gives these numbers: go on with what the user's own variable holds
        above, ours = deltas.get(l + 1), evidence.user_deltas.get(l + 1)
        c = _multiple(above, ours.rows) if above is not None and ours is not None else None
        x = exam.reference.a[l - 1]
        c = c or _multiple(gradients.get(Quantity("dW", l)), own.rows.T @ x) or evidence.loss.scale
        best = min(best, given(UNKNOWN, c * own.rows, COSTS["unknown δ"]), key=lambda explanation: explanation.cost)
    return best


def _given(
    exam: Examination, l: int, fault: str | None, right: Array, delta: Array, deltas: Deltas, gradients: Arrays,
    evidence: Evidence,
) -> LayerExplanation:  # fmt: skip
    """What is wrong with a layer's dW and db if its δ is this one."""
    known = {**deltas, l: delta}
    tried = {Quantity("dW", l): known_mistakes.weight_gradient(exam, l, known, evidence.loss.decay)}
    if exam.array("b", l) is not None:
        tried[Quantity("db", l)] = known_mistakes.bias_gradient(exam, l, known)
    explained = {q: _explain_gradient(gradients.get(q), ways) for q, ways in tried.items()}
    return LayerExplanation(l, fault, right, delta, explained)


def _fits(exam: Examination, l: int, delta: Array, decay: float, gradients: Arrays) -> bool:
    """Whether a δ gives the user's dW or db by the right formula: two mistakes are believed only then."""
    dW, db = gradients.get(Quantity("dW", l)), gradients.get(Quantity("db", l))
    net = exam.reference
    right = delta.T @ net.a[l - 1] + decay * net.layers[l - 1].W
    large = db is not None and np.size(db) > 2
    return _multiple(dW, right) is not None or (large and _multiple(db, delta.sum(axis=0)) is not None)


def _multiple(given: Any, right: Array) -> float | None:
    """The factor of a gradient against a right one, in any of its shapes; None where it is no multiple, or 0."""
    if given is None or not np.any(right):
        return None
    return next((c for array in _shapes(given) if (c := factor(array, right)) is not None), None)


def _by_slopes(exam: Examination, gradients: Arrays, evidence: Evidence) -> list[LayerExplanation]:
    """Layer by layer from the loss's slopes alone, of a network with something that the doctor does not know."""
    explained: list[LayerExplanation] = []
    for l in range(exam.layers, 0, -1):
        own = evidence.user_deltas.get(l)
        known = [q for q in (Quantity("dW", l), Quantity("db", l)) if q in evidence.slopes]
        parts = {q: _explain_gradient(gradients.get(q), _formulas(exam, q, own, evidence)) for q in known}
        layer = LayerExplanation(l, None, None, None, parts)
        if layer.lost and own is not None and own.gives_dw:  # dW follows from the user's own δ: that is what is wrong
            parts = {q: replace(part, fault=None, factor=1.0, cost=0.0) for q, part in parts.items()}
            layer = LayerExplanation(l, UNKNOWN, None, None, parts, COSTS["unknown δ"])
        explained.append(layer)
        if layer.lost or layer.fault is not None:
            return explained + _below(l)
    return explained


def _formulas(exam: Examination, q: Quantity, own: OwnDelta | None, evidence: Evidence) -> Iterator[Formula]:
    """The ways in which a gradient may come from the loss's slopes, or db from the user's own δ, if that is right."""
    right = evidence.slopes[q]
    c = factor(right, own.rows.sum(axis=0)) if own is not None and q.kind == "db" else None
    if own is not None and c is not None:
        return known_mistakes.bias_gradient(exam, q.layer, {q.layer: c * own.rows})
    others = {str(other): array for other, array in evidence.slopes.items() if other != q}
    W = exam.layout.to_outputs_first(exam.array("W", q.layer))
    decay = evidence.loss.decay * W if q.kind == "dW" else np.zeros(1)
    return known_mistakes.of_slopes(exam, right, decay, others)


def _explain_gradient(given: Any, formulas: Iterator[Formula]) -> GradientExplanation:
    first = next(formulas)
    right = first[1]
    if given is None:
        return GradientExplanation("it is not returned", right, None, COSTS["not returned"])
    best: GradientExplanation | None = None
    for faults, value in chain([first], formulas):
        for array in _shapes(given):
            c = factor(array, value)
            if c is None:
                continue
            small = "factor" if array.size > 2 else "factor of a small array"
            cost = len(faults) + (0.0 if same_factor(c, 1.0) else COSTS[small])
            if best is None or cost < best.cost - 1e-9:
                best = GradientExplanation(", and ".join(faults) or None, right, c, cost)
        if best is not None and best.cost == 0:
            break
    return best or GradientExplanation(UNKNOWN, right, None, COSTS["unknown"])


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
