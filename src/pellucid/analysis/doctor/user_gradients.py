"""The gradients that a user's backward returns: which form of targets it takes, and where each dW and db stands."""

import ast
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.analysis.doctor import findings
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.loss import KnownLoss
from pellucid.analysis.doctor.match_mistakes import explain
from pellucid.analysis.doctor.naming import Quantity, at, meaning, places, quantity
from pellucid.analysis.doctor.sandbox import CallResult
from pellucid.analysis.doctor.signatures import AvailableValues
from pellucid.core.arrays import Array

ONE_HOT = re.compile(r"hot\w*\(|eye\(|arange\([^)]*\),|categorical|range\(\w+\), ?\w+\]")


@dataclass
class Gradients:
    """What backward returned for one form of the targets."""

    form: str
    result: CallResult
    own: dict[Quantity, Any] = field(default_factory=dict)  # as the user lays them out
    rows: dict[Quantity, Any] = field(default_factory=dict)  # dW as (outputs, inputs)


def forms_of(exam: Examination, y: Array, labels: Any) -> dict[str, Any]:
    """The forms in which a user may want the targets."""
    forms: dict[str, Any] = {"like the output": exam.layout.own(y)}
    if np.ndim(exam.output_of(exam.forward_result)) == 1:
        forms = {"flat": y[:, 0]}
    if labels is not None:
        forms["labels"] = labels
    elif exam.sizes[-1] == 1:
        forms["labels"] = y[:, 0]
    return forms


def ordered(exam: Examination, role: str, forms: dict[str, Any]) -> list[tuple[str, Any]]:
    """The forms of targets, the likelier first: labels where the function, or one that it calls, encodes them."""
    text = _source(exam, role)
    likely = ONE_HOT.search(text) is not None
    names = sorted(forms, key=lambda name: (name == "labels") != likely)
    if exam.user_data is not None and exam.user_data[1].ndim == 1 and exam.sizes[-1] > 1:
        names = sorted(names, key=lambda name: name != "labels")
    return [(name, forms[name]) for name in names]


def _source(exam: Examination, role: str) -> str:
    node = exam.functions.definition(role)
    if node is None:
        return ""
    text = ast.unparse(node)
    if exam.functions.file is not None:
        for name, other in exam.functions.file.definitions.items():
            if name != node.name and re.search(rf"\b{name}\(", text):
                text += ast.unparse(other)
    return text


def gradients_for(exam: Examination, name: str, form: Any, y: Array) -> Gradients:
    """Run forward and backward with one form of the targets."""
    available, _ = exam.forward()
    return returned(exam, name, available.extended(y=form, one_hot=exam.layout.own(y)))


def returned(exam: Examination, name: str, available: AvailableValues) -> Gradients:
    """Run backward, and find each gradient in what it returns."""
    result = exam.functions.call("backward", available)
    gradients = Gradients(name, result)
    if result.failure is not None:
        return gradients
    names = exam.functions.returns("backward", result)
    found = places(result.value, names)
    whole = {exam.resolved(q): at(result.value, path) for q, path in found.items()}
    if whole and all(q.kind in "Wb" for q in whole) and _takes_rate(exam):
        rate = available["learning_rate"]  # backward makes the step, too
        whole = {q: (np.asarray(exam.array(*q)) - value) / rate for q, value in whole.items() if q in exam.paths}
    gradients.own = {Quantity("d" + q.kind, q.layer) if q.kind in "Wb" else q: value for q, value in whole.items()}
    gradients.own = {q: value for q, value in gradients.own.items() if q.kind in ("dW", "db")}
    gradients.rows = {q: exam.layout.weights(v) if q.kind == "dW" else v for q, v in gradients.own.items()}
    return gradients


def _takes_rate(exam: Examination) -> bool:
    node = exam.functions.definition("backward")
    return node is not None and any(meaning(argument.arg) == "learning rate" for argument in node.args.args)


def own_deltas(exam: Examination, g: Gradients) -> dict[int, Array]:
    """The user's own δ, layer by layer, where backward has them in variables."""
    local = g.result.local_variables[-1] if g.result.local_variables else {}
    seen = {}
    for name, value in local.items():
        q = quantity(name)
        if q is not None and q.kind == "dz" and isinstance(value, np.ndarray) and value.ndim == 2:
            seen[exam.resolved(q).layer] = exam.layout.rows(value)
    return seen


def explain_into(
    exam: Examination,
    rows: dict[Quantity, Any],
    y: Array,
    known: KnownLoss | None,
    seen: dict[int, Array],
    assessment: findings.Assessment,
) -> None:
    """Explain the gradients as they are, and with the layers the other way round; keep what leaves less wrong."""
    name = known.name if known is not None else None
    m, k = exam.m, exam.sizes[-1]
    # without a loss, sums and means, halves and doubles are all in order, if all gradients agree
    scales = [known.scale] if known is not None else [c / n / o for o in (1, k) for n in (m, 1) for c in (1, 0.5, 2)]
    turned = {Quantity(q.kind, exam.layers + 1 - q.layer): value for q, value in rows.items()}
    best = np.inf
    for order in (rows, turned) if exam.layers > 1 else (rows,):
        for scale in dict.fromkeys(scales):
            explanations = explain(exam, order, y, name, scale, seen)
            cost = sum(explanation.cost for explanation in explanations) + 1.5 * (order is turned)
            if cost < best:
                best, assessment.explanations, assessment.turned = cost, explanations, order is turned
            if best == 0:
                return
