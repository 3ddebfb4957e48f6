"""The gradients that a learner's backward returns: which form of targets it takes, and where each dW and db stands."""

import ast
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.analysis.doctor import findings
from pellucid.analysis.doctor.examined_code import Case
from pellucid.analysis.doctor.loss import KnownLoss
from pellucid.analysis.doctor.match_mistakes import explain
from pellucid.analysis.doctor.naming import Quantity, at, meaning, places, quantity
from pellucid.analysis.doctor.sandbox import Ran
from pellucid.analysis.doctor.signatures import Pool
from pellucid.core.arrays import Array

ONE_HOT = re.compile(r"hot\w*\(|eye\(|arange\([^)]*\),|categorical|range\(\w+\), ?\w+\]")


@dataclass
class Gradients:
    """What backward returned for one form of the targets."""

    form: str
    ran: Ran
    own: dict[Quantity, Any] = field(default_factory=dict)  # as the learner lays them out
    rows: dict[Quantity, Any] = field(default_factory=dict)  # dW as (outputs, inputs)


def forms_of(case: Case, y: Array, labels: Any) -> dict[str, Any]:
    """The forms in which a learner may want the targets."""
    forms: dict[str, Any] = {"like the output": case.layout.own(y)}
    if np.ndim(case.output_of(case.ran)) == 1:
        forms = {"flat": y[:, 0]}
    if labels is not None:
        forms["labels"] = labels
    elif case.sizes[-1] == 1:
        forms["labels"] = y[:, 0]
    return forms


def ordered(case: Case, role: str, forms: dict[str, Any]) -> list[tuple[str, Any]]:
    """The forms of targets, the likelier first: labels where the function, or one that it calls, encodes them."""
    text = _source(case, role)
    likely = ONE_HOT.search(text) is not None
    names = sorted(forms, key=lambda name: (name == "labels") != likely)
    if case.training is not None and case.training[1].ndim == 1 and case.sizes[-1] > 1:
        names = sorted(names, key=lambda name: name != "labels")
    return [(name, forms[name]) for name in names]


def _source(case: Case, role: str) -> str:
    node = case.learner.definition(role)
    if node is None:
        return ""
    text = ast.unparse(node)
    if case.learner.code is not None:
        for name, other in case.learner.code.functions.items():
            if name != node.name and re.search(rf"\b{name}\(", text):
                text += ast.unparse(other)
    return text


def gradients_for(case: Case, name: str, form: Any, y: Array) -> Gradients:
    """Run forward and backward with one form of the targets."""
    pool, _ = case.forward()
    return returned(case, name, pool.having(y=form, one_hot=case.layout.own(y)))


def returned(case: Case, name: str, pool: Pool) -> Gradients:
    """Run backward, and find each gradient in what it returns."""
    ran = case.learner.call("backward", pool)
    result = Gradients(name, ran)
    if ran.failure is not None:
        return result
    names = case.learner.returns("backward", ran)
    found = places(ran.value, names)
    whole = {case.resolved(q): at(ran.value, path) for q, path in found.items()}
    if whole and all(q.kind in "Wb" for q in whole) and _takes_rate(case):
        rate = pool["learning_rate"]  # backward makes the step, too
        whole = {q: (np.asarray(case.array(*q)) - value) / rate for q, value in whole.items() if q in case.where}
    result.own = {Quantity("d" + q.kind, q.layer) if q.kind in "Wb" else q: value for q, value in whole.items()}
    result.own = {q: value for q, value in result.own.items() if q.kind in ("dW", "db")}
    result.rows = {q: case.layout.weights(v) if q.kind == "dW" else v for q, v in result.own.items()}
    return result


def _takes_rate(case: Case) -> bool:
    node = case.learner.definition("backward")
    return node is not None and any(meaning(argument.arg) == "learning rate" for argument in node.args.args)


def own_deltas(case: Case, g: Gradients) -> dict[int, Array]:
    """The learner's own δ, layer by layer, where backward has them in variables."""
    local = g.ran.frames[-1] if g.ran.frames else {}
    seen = {}
    for name, value in local.items():
        q = quantity(name)
        if q is not None and q.kind == "dz" and isinstance(value, np.ndarray) and value.ndim == 2:
            seen[case.resolved(q).layer] = case.layout.rows(value)
    return seen


def explain_into(
    case: Case,
    rows: dict[Quantity, Any],
    y: Array,
    known: KnownLoss | None,
    seen: dict[int, Array],
    verdict: findings.Verdict,
) -> None:
    """Explain the gradients as they are, and with the layers the other way round; keep what leaves less wrong."""
    name = known.name if known is not None else None
    m, k = case.m, case.sizes[-1]
    # without a loss, sums and means, halves and doubles are all in order, if all gradients agree
    scales = [known.scale] if known is not None else [c / n / o for o in (1, k) for n in (m, 1) for c in (1, 0.5, 2)]
    turned = {Quantity(q.kind, case.layers + 1 - q.layer): value for q, value in rows.items()}
    best = np.inf
    for order in (rows, turned) if case.layers > 1 else (rows,):
        for scale in dict.fromkeys(scales):
            stories = explain(case, order, y, name, scale, seen)
            cost = sum(story.cost for story in stories) + 1.5 * (order is turned)
            if cost < best:
                best, verdict.stories, verdict.turned = cost, stories, order is turned
            if best == 0:
                return
