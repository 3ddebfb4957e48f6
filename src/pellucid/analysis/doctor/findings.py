"""From explanations to findings: one for each cause, with what follows from it left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.loss import KnownLoss
from pellucid.analysis.doctor.match_mistakes import UNKNOWN, LayerExplanation, _same
from pellucid.analysis.doctor.naming import Quantity


@dataclass
class Assessment:
    """What is known of the user's gradients for one form of the targets."""

    form: str
    known: KnownLoss | None
    has_loss: bool
    compared: int = 0
    differs: dict[Quantity, tuple[int, int, float]] = field(default_factory=dict)
    explanations: list[LayerExplanation] = field(default_factory=list)
    turned: bool = False  # whether backward returns the first layer's gradients last

    @property
    def faults(self) -> list[Quantity]:
        """The quantities that are wrong."""
        if not self.explanations:
            return list(self.differs)
        found = [Quantity("dW", self.explanations[0].layer)] if self.turned else []
        for explanation in self.explanations:
            if explanation.fault is not None:
                found.append(Quantity("dz", explanation.layer))
            for kind, part in (("dW", explanation.W), ("db", explanation.b)):
                if part is not None and (part.fault is not None or not _same(part.factor, 1.0)):
                    found.append(Quantity(kind, explanation.layer))
        return found

    @property
    def cost(self) -> float:
        """How wrong they are, to compare assessments."""
        return sum(explanation.cost for explanation in self.explanations) + sum(
            share[0] / share[1] for share in self.differs.values()
        )


def report_gradients(
    exam: Examination, assessment: Assessment, own: Mapping[Quantity, Any], rows: Mapping[Quantity, Any]
) -> None:
    """Add the findings about the gradients to the exam."""
    before = len(exam.findings)
    if assessment.explanations and (assessment.faults or not exam.forward_matches):
        _report_explanations(exam, assessment, rows)
    elif assessment.differs:
        for dq, (differing, total, error) in sorted(assessment.differs.items(), key=lambda item: -item[0].layer):
            _unknown(
                exam, dq, f"{differing} of {total} entries differ from the loss's slope, by up to {100 * error:.3g} %"
            )
    bad = {(q.layer, q.kind) for q in assessment.faults} | {(q.layer, q.kind) for q in assessment.differs}
    if not assessment.turned:
        _report_shapes(exam, {q: v for q, v in own.items() if not bad & {(q.layer, q.kind), (q.layer, "dz")}})
    if len(exam.findings) == before:
        against = (
            f"against {assessment.compared:,} central differences of your loss" if assessment.compared else "by formula"
        )
        exam.checked.append(f"the backward pass, every dW and db, {against} ({exam.m} samples, float64)")


def _report_explanations(exam: Examination, assessment: Assessment, rows: Mapping[Quantity, Any]) -> None:
    if assessment.turned:
        exam.add(
            None,
            "dW",
            "the gradients are returned in the wrong order: the last layer's stand first",
            f"dW{exam.layers} and db{exam.layers} stand where those of layer 1 should, and so on down",
            "grads.reverse() at the end, or grads.insert(0, …) in place of append",
        )
    factors = _report_factors(exam, assessment)
    same: dict[tuple[str, str], list[tuple[Quantity, str, str]]] = {}  # (kind, fault): where, with evidence and remedy
    for explanation in assessment.explanations:
        if explanation.fault is not None:
            lower = "; what comes below it follows from that" if explanation.layer > 1 else ""
            dz = Quantity("dz", explanation.layer)
            same.setdefault(("delta", explanation.fault), []).append(
                (dz, _explained(explanation) + lower, explanation.remedy)
            )
        for kind, part in (("dW", explanation.W), ("db", explanation.b)):
            dq = Quantity(kind, explanation.layer)
            if part is None:
                continue
            if part.fault == UNKNOWN:
                same.setdefault((kind, UNKNOWN), []).append((dq, _difference(assessment, dq), part.remedy))
            elif part.fault is not None:
                shape = "it is not among what backward returns"
                if dq in rows:
                    shape = f"it has shape {np.shape(rows[dq])}, and is exactly what that mistake gives"
                same.setdefault((kind, part.fault), []).append((dq, shape, part.remedy))
            elif dq in factors:
                fault, evidence = factors[dq]
                same.setdefault((kind, f"it is {fault}"), []).append((dq, evidence, _scaled(exam, part.remedy)))
    for (kind, fault), places in same.items():
        dq, evidence, remedy = places[0]
        names = ", ".join(str(other) for other, _, _ in places)
        exam.add(dq.layer, kind, f"{names}: {fault}", _where(exam, dq) + evidence, remedy)


def _report_factors(exam: Examination, assessment: Assessment) -> dict[Quantity, tuple[str, str]]:
    """Findings for wrong factors: one where all have the same; else what to say for each gradient."""
    wrong: dict[Quantity, float] = {}
    total = 0
    for explanation in assessment.explanations:
        for kind, part in (("dW", explanation.W), ("db", explanation.b)):
            if part is not None and part.factor is not None and part.fault is None:
                total += 1
                if not _same(part.factor, 1.0):
                    wrong[Quantity(kind, explanation.layer)] = part.factor
    said = {dq: factor_meaning(exam, c) for dq, c in wrong.items()}
    same = len({round(c, 6) for c in wrong.values()}) == 1
    if same and len(wrong) == total and total > 1:
        (fault, evidence), *_ = said.values()
        first = assessment.explanations[0].W.remedy
        exam.add(None, "dW", f"every gradient is {fault}", f"every dW and db: {evidence}", _scaled(exam, first))
        return {}
    return said


def factor_meaning(exam: Examination, c: float) -> tuple[str, str]:
    """What a factor says, and its evidence."""
    m, k, n = exam.m, exam.sizes[-1], exam.sizes[0]
    evidence = f"it is {c:.6g} times the right one, with m = {m} samples"
    sign = "of the wrong sign and " if c < 0 else ""
    size = abs(c)
    known: list[tuple[float, str]] = [
        (1.0, "of the wrong sign"),
        (m, "m times too large: 1/m is missing, so it is the sum over the batch, where the loss is a mean"),
        (1 / m, "m times too small: it is divided by m once too often"),
        (2.0, "twice too large: a factor of 2 too many"),
        (0.5, "half as large as it should be: the 2 that the square brings down is missing"),
        (m / n, f"divided by the number of inputs, {n}, in place of the number of samples, {m}: the wrong m"),
        (k, f"{k} times too large: the loss is a mean over the {k} outputs, and 1/{k} is missing"),
        (1 / k, f"{k} times too small: it is divided by the number of outputs, too, which the loss is not"),
        (2 * m, "2m times too large: 1/m is missing, and the factor of 2 is one too many"),
        (m / 2, "m/2 times too large: 1/m is missing, and so is the 2 that the square brings down"),
        *[
            (m / s, f"divided by {s}, a number of neurons, in place of the number of samples, {m}: the wrong m")
            for s in exam.sizes[1:]
        ],
    ]
    for name, value in exam.functions.namespace.items():
        if isinstance(value, int) and not isinstance(value, bool) and value > 1 and not name.startswith("__"):
            known.append(
                (m / value, f"divided by your {name} = {value} in place of the number of samples, {m}: the wrong m")
            )
    for value, text in known:
        if _same(size, value):
            return (text if value == 1.0 else sign + text), evidence
    return f"{sign}{size:.6g} times as large as it should be: a wrong factor, or the wrong m", evidence


def _scaled(exam: Examination, line: str) -> str:
    return f"{line} / m, with m = X.shape[{0 if exam.layout.samples == 'rows' else 1}], if the loss is a mean"


def _explained(explanation: LayerExplanation) -> str:
    parts = [
        f"{kind}{explanation.layer}"
        for kind, part in (("dW", explanation.W), ("db", explanation.b))
        if part is not None and part.fault is None
    ]
    if explanation.fault == UNKNOWN:
        return "its numbers follow no formula that the doctor tried"
    return (
        f"{' and '.join(parts) or 'the gradient'} {'are' if len(parts) > 1 else 'is'} exactly what that mistake gives"
    )


def _difference(assessment: Assessment, dq: Quantity) -> str:
    if dq not in assessment.differs:
        return "it differs from the right one"
    differing, total, error = assessment.differs[dq]
    if np.isinf(error):
        return "its shape is not that of its parameter"
    return f"{differing} of {total} entries differ from the slope of your loss, by up to {100 * error:.3g} %"


def _unknown(exam: Examination, dq: Quantity, evidence: str) -> None:
    evidence = _where(exam, dq) + evidence
    exam.add(dq.layer, dq.kind, f"{dq}: {UNKNOWN}", evidence, f"derive {dq} anew, and compare it line by line")


def _report_shapes(exam: Examination, own: Mapping[Quantity, Any]) -> None:
    """A db of another shape than b may change b's shape when it is subtracted."""
    for dq, value in own.items():
        parameter = exam.array(dq.kind[1:], dq.layer)
        if parameter is None:
            continue
        try:
            shape = np.broadcast_shapes(np.shape(parameter), np.shape(value))
        except ValueError:
            shape = None
        if shape != np.shape(parameter):
            becomes = "they do not fit together" if shape is None else f"their difference has shape {shape}"
            remedy = f"{dq} = {exam.layout.sum(f'dZ{dq.layer}', parameter)}" if dq.kind == "db" else f"{dq} = {dq}.T"
            exam.add(
                dq.layer,
                dq.kind,
                f"{dq} has shape {np.shape(value)}, but {dq.kind[1:]}{dq.layer} has {np.shape(parameter)}",
                _where(exam, dq) + becomes,
                remedy,
            )


def _where(exam: Examination, q: Quantity) -> str:
    """The line of backward that sets a gradient, under whichever spelling; that of a loop where there is one."""
    for name in (
        str(q),
        str(q).lower(),
        f"d{q.kind[1:].upper()}{q.layer}",
        f"delta{q.layer}",
        f"d{q.kind[1:].upper()}",
        q.kind,
    ):
        line = exam.functions.line("backward", name)
        if line is not None:
            return f"line {line}: "
    line = exam.functions.line("backward")
    return "" if line is None else f"{exam.functions.name_of('backward')}, from line {line}: "
