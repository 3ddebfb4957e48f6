"""From explanations to findings: one finding for each cause; what only follows from a cause is left out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from pellucid.analysis.doctor.arrays import Arrays
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.known_mistakes import REMEDIES
from pellucid.analysis.doctor.loss import KnownLoss
from pellucid.analysis.doctor.match_mistakes import UNKNOWN, Explanation, LayerExplanation, same_factor
from pellucid.analysis.doctor.naming import Quantity
from pellucid.analysis.doctor.numeric_gradients import Difference
from pellucid.analysis.doctor.remedies import Remedies


@dataclass
class Assessment:
    """What is known of the user's gradients: how they differ from the loss's slopes, and what explains them."""

    loss: KnownLoss
    compared: int = 0  # entries compared with differences of the loss
    differs: dict[Quantity, Difference] = field(default_factory=dict)
    explanation: Explanation | None = None
    instead: KnownLoss | None = None  # the loss of which they are, where it is not the user's own

    @property
    def faults(self) -> list[Quantity]:
        """The quantities that are wrong."""
        if self.instead is not None:
            return [Quantity("loss", 0)]
        if self.explanation is None:
            return list(self.differs)
        return self.explanation.faults

    @property
    def of_strange_shape(self) -> list[Quantity]:
        """Every dW, if each is of another shape than its parameter, and no mistake explains it."""
        every = [q for q in self.differs if q.kind == "dW" and np.isinf(self.differs[q].largest)]
        parts = self.explanation.parts if self.explanation is not None else {}
        unknown = [q for q in every if q not in parts or parts[q].fault == UNKNOWN]
        return every if unknown == every and len(every) == max((q.layer for q in every), default=0) else []

    @property
    def cost(self) -> float:
        """How wrong they are, to compare assessments."""
        differing = sum(difference.entries / difference.of for difference in self.differs.values())
        return differing + (self.explanation.cost if self.explanation is not None else 0.0)


@dataclass(frozen=True)
class Part:
    """What is wrong with one quantity."""

    q: Quantity
    fault: str
    evidence: str
    remedy: str
    alike: bool = False  # whether dW and db with the same fault have one cause


def report_gradients(exam: Examination, assessment: Assessment, own: Arrays, remedies: Remedies | None) -> None:
    """Add the findings about the gradients, which are given as the user lays them out."""
    before, explanation = len(exam.findings), assessment.explanation
    if explanation is not None and remedies is not None and explanation.faults:
        _report_explanation(exam, assessment, explanation, remedies)
    elif assessment.instead is not None:
        name, loss = exam.functions.name_of("loss"), assessment.instead
        fault = f"backward gives the gradient of {loss}, but {name} computes something else"
        evidence = f"{exam.functions.at_line('loss')}every dW and db is that of {loss}, and not the slope of {name}"
        exam.add("loss", fault, evidence, f"let {name} compute the {loss}, or derive backward from {name}")
    elif assessment.differs and (exam.forward_matches or exam.net is None):  # else forward is what is wrong
        _report_differences(exam, assessment)
    if explanation is None or not (explanation.reversed_order or explanation.swapped):
        wrong = {*assessment.faults, *assessment.differs}
        _report_shapes(exam, {q: v for q, v in own.items() if not wrong & {q, Quantity("dz", q.layer)}})
    if len(exam.findings) == before:
        _say_what_was_compared(exam, assessment, own)


def _say_what_was_compared(exam: Examination, assessment: Assessment, own: Arrays) -> None:
    missing = [q.gradient for q in sorted(exam.paths) if q.gradient not in own]
    if missing:
        why = "backward returns nothing under these names"
        exam.not_examined(", ".join(map(str, missing)), why, "return them too, under names that say what they are")
    if own and assessment.compared:
        what = ", ".join(map(str, sorted(own))) if missing else "every dW and db"
        against = "your loss" if assessment.loss.own else f"the {assessment.loss}"
        count = f"{assessment.compared:,} central differences of {against}"
        exam.compared.append(f"the backward pass, {what}, against {count} ({exam.m} samples, float64)")
        exam.gradients_compared = not missing and not exam.flat
    if exam.flat:
        names = ", ".join(str(q.gradient) for q in sorted(exam.flat))
        why = "the loss does not change with these parameters, whatever the doctor's numbers"
        exam.not_examined(names, why, "see whether forward uses them")


def _report_explanation(
    exam: Examination, assessment: Assessment, explanation: Explanation, remedies: Remedies
) -> None:
    if explanation.reversed_order:
        exam.add(
            "dW",
            "the gradients are returned in the wrong order: the last layer's stand first",
            f"dW{exam.layers} and db{exam.layers} stand where those of layer 1 should, and so on down",
            "grads.reverse() at the end, or grads.insert(0, …) in place of append",
        )
    if explanation.swapped is not None:
        one, other = explanation.swapped
        evidence = f"{one} holds the numbers of {other}, and {other} those of {one}"
        exam.add(one, f"{one} and {other} are swapped", _line(exam, one) + evidence, f"exchange {one} and {other}")
    common = explanation.common_factor
    if common is not None:
        fault, evidence, remedy = factor_meaning(exam, common)
        m = remedies.counts_something_else(common)
        line = exam.functions.at_line("backward", m) if m is not None else ""
        remedy = f"{m} = {exam.layout.count_code}" if m is not None else f"{remedy}, in every one"
        exam.add("dW", f"every gradient is {fault}", f"{line}every dW and db: {evidence}", remedy)
    parts = [*(_scaled_parts(exam, explanation, remedies) if common is None else [])]
    for layer in explanation.layers:
        parts += _faults(assessment, layer, remedies)
    parts.sort(key=lambda part: (-part.q.layer, part.q.kind != "dz"))
    same_fault: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        kind = "" if part.alike else part.q.kind
        fault = re.sub(r"\d+", "", part.fault) if kind == "dz" else part.fault  # in a loop, one line is wrong for all
        same_fault.setdefault((kind, fault), []).append(part)
    for places in same_fault.values():
        first = places[0]
        names = ", ".join(str(part.q) for part in places)
        about = Quantity("delta", first.q.layer) if first.q.kind == "dz" else first.q
        exam.add(about, f"{names}: {first.fault}", _line(exam, first.q) + first.evidence, first.remedy)


def _scaled_parts(exam: Examination, explanation: Explanation, remedies: Remedies) -> Iterator[Part]:
    """The gradients that are right but for a factor, which may be that of δ."""
    for layer in explanation.layers:
        if layer.factor is not None:
            fault, evidence, _ = factor_meaning(exam, layer.factor)
            follows = "; so is what comes below it" if layer.layer > 1 else ""
            yield Part(Quantity("dz", layer.layer), f"it is {fault}", evidence + follows, remedies.delta(layer.layer))
    scaled = {q: part.factor for q, part in explanation.parts.items() if part.scaled and part.factor is not None}
    for q, c in scaled.items():
        fault, evidence, _ = factor_meaning(exam, c)
        remedy = remedies.weight_gradient(q.layer) if q.kind == "dW" else remedies.bias_gradient(q.layer)
        yield Part(q, f"it is {fault}", evidence, remedy, alike=True)


def _faults(assessment: Assessment, layer: LayerExplanation, remedies: Remedies) -> Iterator[Part]:
    """What is wrong in one layer, but for factors."""
    l = layer.layer
    if layer.fault is not None:
        special = next((text for phrase, text in REMEDIES.items() if phrase in layer.fault), None)
        evidence = _consequence(layer, assessment) + ("; what comes below it follows from that" if l > 1 else "")
        yield Part(Quantity("dz", l), layer.fault, evidence, special or remedies.delta(l))
    elif layer.lost and len(layer.gradients) > 1:
        follows = "; what comes below may follow from that" if l > 1 else ""
        q = Quantity("dW", l)
        remedy = f"derive dZ{l} anew, from which both follow, and compare it line by line"
        for part in layer.gradients:
            yield Part(part, UNKNOWN, _difference(assessment, q) + follows, remedy, alike=True)
        return
    for q, explained in layer.gradients.items():
        if explained.fault is None:
            continue
        evidence = _difference(assessment, q)
        if explained.fault != UNKNOWN and q in remedies.gradients.rows:
            evidence = f"it has shape {np.shape(remedies.gradients.rows[q])}, and is exactly what that mistake gives"
        elif explained.fault != UNKNOWN:
            evidence = "it is not among what backward returns"
        remedy = remedies.weight_gradient(l) if q.kind == "dW" else remedies.bias_gradient(l)
        yield Part(q, explained.fault, evidence, remedy)


def _report_differences(exam: Examination, assessment: Assessment) -> None:
    """Gradients that differ unexplained: those with a factor, and the topmost, from which others may follow."""
    unnamed = []
    for q, difference in sorted(assessment.differs.items(), key=lambda item: -item[0].layer):
        if difference.factor is None:
            unnamed.append(q)
        else:
            fault, evidence, remedy = factor_meaning(exam, difference.factor)
            exam.add(q, f"{q}: it is {fault}", _line(exam, q) + evidence, remedy)
    places = [q for q in unnamed if q.layer == unnamed[0].layer]
    if places:
        others = ", ".join(str(q) for q in unnamed if q not in places)
        follows = f"; {others} differ, too, which may follow from that" if others else ""
        names = ", ".join(map(str, places))
        evidence = _line(exam, places[0]) + _difference(assessment, places[0]) + follows
        exam.add(places[0], f"{names}: {UNKNOWN}", evidence, f"derive {names} anew, and compare line by line")


def factor_meaning(exam: Examination, c: float) -> tuple[str, str, str]:
    """What a wrong factor says, its evidence, and what to do about it."""
    m, k, n = exam.m, exam.sizes[-1], exam.sizes[0]
    count = exam.layout.count_code
    evidence = f"it is {c:.6g} times the right one, with m = {m} samples"
    wrong_m = f"in place of the number of samples, {m}: the wrong m"
    by_m = f"divide by the number of samples, {count}, and by nothing else"
    known: list[tuple[float, str, str]] = [
        (m, "m times too large: 1/m is missing, so it is the sum over the batch, where the loss is a mean",
         f"divide it by m = {count}"),
        (1 / m, "m times too small: it is divided by m once too often", "leave out one division by m"),
        (2.0, "twice too large: a factor of 2 too many", "leave out a factor of 2"),
        (0.5, "half as large as it should be: the 2 that the square brings down is missing", "multiply it by 2"),
        (m / n, f"divided by the number of inputs, {n}, {wrong_m}", by_m),
        (m / max(m - 1, 1), f"divided by m − 1 {wrong_m}", by_m),
        (k, f"{k} times too large: the loss is a mean over the {k} outputs, and 1/{k} is missing", f"divide it by {k}"),
        (1 / k, f"{k} times too small: it is divided by the number of outputs, too, which the loss is not",
         f"multiply it by {k}"),
        (2 * m, "2m times too large: 1/m is missing, and the factor of 2 is one too many",
         f"divide it by m = {count}, and leave out the factor of 2"),
        (m / 2, "m/2 times too large: 1/m is missing, and so is the 2 that the square brings down",
         f"multiply it by 2, and divide it by m = {count}"),
        (m * m, "m² times too large: 1/m is missing twice", f"divide it by m² = {count} ** 2"),
        (1 / m**2, "m² times too small: it is divided by m twice too often", "leave out two divisions by m"),
        (m * k, f"{m * k} times too large: 1/m and 1/{k} are missing", f"divide it by m = {count} and by {k}"),
        *[(r * m, f"{r}m times too large: 1/m is missing, and a factor of {r} is too many",
           f"divide it by m = {count}, and leave out the factor of {r}") for r in range(3, 11)],
        *[(m / size, f"divided by {size}, a number of neurons, {wrong_m}", by_m) for size in exam.sizes[1:]],
    ]  # fmt: skip
    for name, value in exam.functions.namespace.items():
        if isinstance(value, int | float) and not isinstance(value, bool) and not name.startswith("__") and value > 0:
            known.append((m / value, f"divided by your {name} = {value:g} {wrong_m}", by_m))
            known.append((value, f"{value:g} times too large: your {name} too often", f"leave out one {name}"))
            known.append((1 / value, f"{value:g} times too small: {name} is missing", f"multiply it by {name}"))
    if same_factor(abs(c), 1.0):
        return "of the wrong sign", evidence, "turn the sign round"
    sign, turn = ("of the wrong sign and ", "; turn the sign round") if c < 0 else ("", "")
    for value, text, remedy in known:
        if same_factor(abs(c), value):
            return sign + text, evidence, remedy + turn
    text = f"{abs(c):.6g} times as large as it should be: a wrong factor, or the wrong m"
    return sign + text, evidence, f"divide it by {abs(c):.6g}{turn}"


def _consequence(layer: LayerExplanation, assessment: Assessment) -> str:
    """What follows from a wrong δ: the gradients that are right but for it."""
    if layer.fault == UNKNOWN:
        return f"what follows from it is right for it, but {_difference(assessment, Quantity('dW', layer.layer))}"
    names = [str(q) for q, part in layer.gradients.items() if part.fault is None]
    are = "are" if len(names) > 1 else "is"
    return f"{' and '.join(names) or 'the gradient'} {are} exactly what that mistake gives"


def _difference(assessment: Assessment, q: Quantity) -> str:
    if q not in assessment.differs:
        return f"{q} differs from the right one"
    differing, total, error, _ = assessment.differs[q]
    if np.isinf(error):
        return "its shape is not that of its parameter"
    of = "your loss" if assessment.loss.own else f"the {assessment.loss}, the nearest loss"
    return f"{differing} of {total} entries of {q} differ from the slope of {of}, by up to {100 * error:.3g} %"


def _report_shapes(exam: Examination, own: Arrays) -> None:
    """A db of another shape than b may change b's shape when it is subtracted."""
    for q, value in own.items():
        parameter = exam.array(q.kind[1:], q.layer)
        if parameter is None:
            continue
        try:
            shape = np.broadcast_shapes(np.shape(parameter), np.shape(value))
        except ValueError:
            shape = None
        if shape != np.shape(parameter):
            becomes = "they do not fit together" if shape is None else f"their difference has shape {shape}"
            remedy = f"{q} = {exam.layout.sum_code(f'dZ{q.layer}', parameter)}" if q.kind == "db" else f"{q} = {q}.T"
            fault = f"{q} has shape {np.shape(value)}, but {q.parameter} has {np.shape(parameter)}"
            exam.add(q, fault, _line(exam, q) + becomes, remedy)


def _line(exam: Examination, q: Quantity) -> str:
    """The line of backward that sets a gradient, under whichever spelling; that of a loop where there is one."""
    kind = f"d{q.kind[1:].upper()}"
    spellings = (str(q), str(q).lower(), f"{kind}{q.layer}", f"delta{q.layer}", f"d{q.layer}", kind, q.kind)
    own = [exam.user_names[q]] if q in exam.user_names else []
    for name in (*own, *spellings):
        if line := exam.functions.at_line("backward", name):
            return line
    line = exam.functions.at_line("backward")
    return f"{exam.functions.name_of('backward')}, from {line}" if line else ""
