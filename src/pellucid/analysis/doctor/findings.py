"""From explanations to findings: one finding for each cause; what only follows from a cause is left out."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.match_mistakes import UNKNOWN, LayerExplanation, same_factor
from pellucid.analysis.doctor.naming import Arrays, Quantity


@dataclass
class Assessment:
    """What is known of the user's gradients: how they differ from the loss's slopes, and what explains them."""

    compared: int = 0  # entries compared with differences of the loss
    differs: dict[Quantity, tuple[int, int, float]] = field(default_factory=dict)  # entries, of how many, by how much
    explanations: list[LayerExplanation] = field(default_factory=list)
    reversed_order: bool = False  # whether backward returns the first layer's gradients last

    @property
    def faults(self) -> list[Quantity]:
        """The quantities that are wrong."""
        if not self.explanations:
            return list(self.differs)
        found = [Quantity("dW", self.explanations[0].layer)] if self.reversed_order else []
        for explanation in self.explanations:
            found += [Quantity("dz", explanation.layer)] if explanation.fault is not None else []
            found += [q for q, part in explanation.gradients.items() if part.fault is not None or part.scaled]
        return found

    @property
    def cost(self) -> float:
        """How wrong they are, to compare assessments."""
        differing = sum(count / total for count, total, _ in self.differs.values())
        return differing + sum(explanation.cost for explanation in self.explanations)


def report_gradients(exam: Examination, assessment: Assessment, own: Arrays, rows: Arrays) -> None:
    """Add the findings about the gradients, which are given as the user lays them out and as rows."""
    before = len(exam.findings)
    if assessment.explanations and (assessment.faults or not exam.forward_matches):
        _report_explanations(exam, assessment, rows)
    elif assessment.differs:
        for q in sorted(assessment.differs, key=lambda q: -q.layer):
            evidence = _line(exam, q) + _difference(assessment, q)
            exam.add(q, f"{q}: {UNKNOWN}", evidence, f"derive {q} anew, and compare it line by line")
    if not assessment.reversed_order:
        wrong = {*assessment.faults, *assessment.differs}
        _report_shapes(exam, {q: v for q, v in own.items() if not wrong & {q, Quantity("dz", q.layer)}})
    if len(exam.findings) == before:
        compared = assessment.compared
        against = f"against {compared:,} central differences of your loss" if compared else "by formula"
        exam.checked.append(f"the backward pass, every dW and db, {against} ({exam.m} samples, float64)")


def _report_explanations(exam: Examination, assessment: Assessment, rows: Arrays) -> None:
    if assessment.reversed_order:
        exam.add(
            "dW",
            "the gradients are returned in the wrong order: the last layer's stand first",
            f"dW{exam.layers} and db{exam.layers} stand where those of layer 1 should, and so on down",
            "grads.reverse() at the end, or grads.insert(0, …) in place of append",
        )
    common = _report_common_factor(exam, assessment)
    same_fault: dict[tuple[str, str], list[tuple[Quantity, str, str]]] = {}
    for explanation in assessment.explanations:
        for q, fault, evidence, remedy in _faults(exam, assessment, explanation, rows, factors=not common):
            same_fault.setdefault((q.kind, fault), []).append((q, evidence, remedy))
    for (kind, fault), places in same_fault.items():
        q, evidence, remedy = places[0]
        names = ", ".join(str(other) for other, _, _ in places)
        about = Quantity("delta", q.layer) if kind == "dz" else q
        exam.add(about, f"{names}: {fault}", _line(exam, q) + evidence, remedy)


def _report_common_factor(exam: Examination, assessment: Assessment) -> bool:
    """Whether all gradients have the same wrong factor: then that is one finding."""
    parts = [part for explanation in assessment.explanations for part in explanation.gradients.values()]
    scaled = [part for part in parts if part.scaled and part.factor is not None]
    right = [part for part in parts if part.fault is None]
    if not len(scaled) == len(right) > 1 or len({round(part.factor or 0.0, 6) for part in scaled}) > 1:
        return False
    fault, evidence = factor_meaning(exam, scaled[0].factor or 0.0)
    remedy = _divided_by_m(exam, parts[0].remedy)
    exam.add("dW", f"every gradient is {fault}", f"every dW and db: {evidence}", remedy)
    return True


def _faults(
    exam: Examination, assessment: Assessment, explanation: LayerExplanation, rows: Arrays, *, factors: bool
) -> Iterator[tuple[Quantity, str, str, str]]:
    """What is wrong in one layer: quantity, fault, evidence, remedy."""
    if explanation.fault is not None:
        below = "; what comes below it follows from that" if explanation.layer > 1 else ""
        evidence = _consequence(explanation) + below
        yield Quantity("dz", explanation.layer), explanation.fault, evidence, explanation.remedy
    for q, part in explanation.gradients.items():
        if part.fault == UNKNOWN:
            yield q, UNKNOWN, _difference(assessment, q), part.remedy
        elif part.fault is not None:
            evidence = "it is not among what backward returns"
            if q in rows:
                evidence = f"it has shape {np.shape(rows[q])}, and is exactly what that mistake gives"
            yield q, part.fault, evidence, part.remedy
        elif part.scaled and part.factor is not None and factors:
            fault, evidence = factor_meaning(exam, part.factor)
            yield q, f"it is {fault}", evidence, _divided_by_m(exam, part.remedy)


def factor_meaning(exam: Examination, c: float) -> tuple[str, str]:
    """What a wrong factor says, and its evidence."""
    m, k, n = exam.m, exam.sizes[-1], exam.sizes[0]
    evidence = f"it is {c:.6g} times the right one, with m = {m} samples"
    sign = "of the wrong sign and " if c < 0 else ""
    in_place_of_m = f"in place of the number of samples, {m}: the wrong m"
    known: list[tuple[float, str]] = [
        (m, "m times too large: 1/m is missing, so it is the sum over the batch, where the loss is a mean"),
        (1 / m, "m times too small: it is divided by m once too often"),
        (2.0, "twice too large: a factor of 2 too many"),
        (0.5, "half as large as it should be: the 2 that the square brings down is missing"),
        (m / n, f"divided by the number of inputs, {n}, {in_place_of_m}"),
        (k, f"{k} times too large: the loss is a mean over the {k} outputs, and 1/{k} is missing"),
        (1 / k, f"{k} times too small: it is divided by the number of outputs, too, which the loss is not"),
        (2 * m, "2m times too large: 1/m is missing, and the factor of 2 is one too many"),
        (m / 2, "m/2 times too large: 1/m is missing, and so is the 2 that the square brings down"),
        *[(m / size, f"divided by {size}, a number of neurons, {in_place_of_m}") for size in exam.sizes[1:]],
    ]
    for name, value in exam.functions.namespace.items():
        if isinstance(value, int) and not isinstance(value, bool) and value > 1 and not name.startswith("__"):
            known.append((m / value, f"divided by your {name} = {value} {in_place_of_m}"))
    if same_factor(abs(c), 1.0):
        return "of the wrong sign", evidence
    for value, text in known:
        if same_factor(abs(c), value):
            return sign + text, evidence
    return f"{sign}{abs(c):.6g} times as large as it should be: a wrong factor, or the wrong m", evidence


def _divided_by_m(exam: Examination, line: str) -> str:
    return f"{line} / m, with m = {exam.layout.count_code}, if the loss is a mean"


def _consequence(explanation: LayerExplanation) -> str:
    """What follows from a wrong δ: the gradients that are right but for it."""
    if explanation.fault == UNKNOWN:
        return "its numbers follow no formula that the doctor tried"
    names = [str(q) for q, part in explanation.gradients.items() if part.fault is None]
    are = "are" if len(names) > 1 else "is"
    return f"{' and '.join(names) or 'the gradient'} {are} exactly what that mistake gives"


def _difference(assessment: Assessment, q: Quantity) -> str:
    if q not in assessment.differs:
        return "it differs from the right one"
    differing, total, error = assessment.differs[q]
    if np.isinf(error):
        return "its shape is not that of its parameter"
    return f"{differing} of {total} entries differ from the slope of your loss, by up to {100 * error:.3g} %"


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
    for name in (str(q), str(q).lower(), f"{kind}{q.layer}", f"delta{q.layer}", kind, q.kind):
        if line := exam.functions.at_line("backward", name):
            return line
    line = exam.functions.at_line("backward")
    return f"{exam.functions.name_of('backward')}, from {line}" if line else ""
