"""The backward pass: the learner's gradients against differences of the learner's own loss, and what is wrong with them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.arrays import Array
from pellucid.diagnosis import tell
from pellucid.diagnosis.case import Case
from pellucid.diagnosis.explain import explain
from pellucid.diagnosis.loss_of import KnownLoss, recognise
from pellucid.diagnosis.names import Quantity, at, places, quantity, replaced
from pellucid.diagnosis.running import Ran
from pellucid.diagnosis.start import scalar, targets

STEP = 1e-6
ENTRIES = 40  # of each array are compared with differences of the loss
TOLERANCE = 1e-4
ONE_HOT = re.compile(r"hot\w*\(|eye\(|arange\([^)]*\),|categorical|range\(\w+\), ?\w+\]")


@dataclass
class Gradients:
    """What backward returned for one form of the targets."""

    form: str
    ran: Ran
    own: dict[Quantity, Any] = field(default_factory=dict)  # as the learner lays them out
    rows: dict[Quantity, Any] = field(default_factory=dict)  # dW as (outputs, inputs)


@dataclass
class Loss:
    """The learner's loss with one form of the targets: its value, and what it is, where that can be told."""

    form: str
    failure: Ran | None = None
    known: KnownLoss | None = None


def examine_backward(case: Case, rng: np.random.Generator) -> dict[Quantity, Any] | None:
    """Compare every gradient; the findings say which is wrong and how. Returns the learner's own, or None."""
    y, labels = targets(case, rng)
    forms = _forms(case, y, labels)
    tried = [_run(case, name, form, y) for name, form in _ordered(case, "backward", forms)]
    ran = [g for g in tried if g.ran.failure is None and g.own]
    loss_form, known = _loss(case, forms, y, rng)
    if not ran:
        _report_failure(case, tried[0])
        return None
    verdicts = [(g, _judge(case, g, y, loss_form, known, forms)) for g in ran]
    # where both forms of targets go through, the right one is that with which less is wrong
    gradients, verdict = min(verdicts, key=lambda v: (len(v[1].faults), v[1].cost))
    tell.tell(case, verdict, gradients.own, gradients.rows)
    return gradients.own


def _forms(case: Case, y: Array, labels: Any) -> dict[str, Any]:
    forms: dict[str, Any] = {"like the output": case.layout.own(y)}
    if np.ndim(case.output_of(case.ran)) == 1:
        forms = {"flat": y[:, 0]}
    if labels is not None:
        forms["labels"] = labels
    elif case.sizes[-1] == 1:
        forms["labels"] = y[:, 0]
    return forms


def _ordered(case: Case, role: str, forms: dict[str, Any]) -> list[tuple[str, Any]]:
    """The forms of targets, the likelier first: labels where the function, or one that it calls, encodes them."""
    text = _source(case, role)
    likely = ONE_HOT.search(text) is not None
    names = sorted(forms, key=lambda name: (name == "labels") != likely)
    if case.training is not None and case.training[1].ndim == 1 and case.sizes[-1] > 1:
        names = sorted(names, key=lambda name: name != "labels")
    return [(name, forms[name]) for name in names]


def _source(case: Case, role: str) -> str:
    import ast

    node = case.learner.definition(role)
    if node is None:
        return ""
    text = ast.unparse(node)
    if case.learner.code is not None:
        for name, other in case.learner.code.functions.items():
            if name != node.name and re.search(rf"\b{name}\(", text):
                text += ast.unparse(other)
    return text


def _run(case: Case, name: str, form: Any, y: Array) -> Gradients:
    pool, ran = case.forward()
    pool = pool.having(y=form, one_hot=case.layout.own(y))
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
    from pellucid.diagnosis.names import meaning

    node = case.learner.definition("backward")
    return node is not None and any(meaning(argument.arg) == "learning rate" for argument in node.args.args)


def _report_failure(case: Case, tried: Gradients) -> None:
    if tried.ran.failure is not None:
        returned = [q.layer for q in map(quantity, _argument_names(case)) if q is not None and q.kind in "za"]
        case.fails("backward", tried.ran.failure, "dW", max(returned, default=None))
    else:
        case.add(
            None,
            "dW",
            "backward returns no gradients that can be told by their names",
            f"it returns {', '.join(map(str, case.learner.returns('backward', tried.ran)))}",
            "return dW1, db1, dW2, db2, … under these names, or a dict with them as keys",
        )


def _argument_names(case: Case) -> list[str]:
    node = case.learner.definition("backward")
    return [] if node is None else [argument.arg for argument in node.args.args]


def _loss(
    case: Case, forms: dict[str, Any], y: Array, rng: np.random.Generator
) -> tuple[str | None, KnownLoss | None]:
    """The form of the targets that the loss takes, and which loss it is."""
    if "loss" not in case.learner.functions:
        case.notes.append("no loss function was found: the gradients are judged by the losses that fit the output")
        return None, None
    pool, _ = case.forward()
    failure, works = None, None
    for name, form in _ordered(case, "loss", forms):
        ran = case.learner.call("loss", pool.having(y=form, one_hot=case.layout.own(y)))
        value = scalar(ran.value) if ran.failure is None else None
        if ran.failure is not None:
            failure = failure or ran.failure
        elif value is not None and np.isfinite(value):
            works = works or name
            known = recognise(case, y, form, rng)
            if known is not None:
                return name, known
    if works is None:
        if failure is not None:
            case.fails("loss", failure, "loss", 0)
        else:
            case.add(0, "loss", "the loss is no number", "it returned no finite number", "return one number, the mean loss")
    return works, None


def numeric(case: Case, pool_words: dict[str, Any], rng: np.random.Generator) -> Iterator[tuple[Quantity, Any, float]]:
    """Differences of the learner's loss: (parameter, place, (L(θ+h) − L(θ−h)) / 2h) for some entries of each."""
    for q, path in sorted(case.where.items()):
        array = np.asarray(at(case.parameters, path), np.float64)
        chosen = rng.choice(array.size, min(array.size, ENTRIES), replace=False)
        for flat in chosen:
            sides = []
            for step in (STEP, -STEP):
                changed = array.copy()
                changed.flat[flat] += step
                pool, ran = case.forward(replaced(case.parameters, path, changed))
                if ran.failure is not None:
                    return
                value = scalar(case.learner.call("loss", pool.having(**pool_words)).value)
                sides.append(np.nan if value is None else value)
            yield q, np.unravel_index(flat, array.shape), (sides[0] - sides[1]) / (2 * STEP)


def _judge(
    case: Case,
    g: Gradients,
    y: Array,
    loss_form: str | None,
    known: KnownLoss | None,
    forms: dict[str, Any],
) -> tell.Verdict:
    """How this form's gradients compare with the truth: an explanation layer by layer, or bare differences."""
    verdict = tell.Verdict(form=g.form, known=known, has_loss=loss_form is not None)
    wrong: dict[Quantity, tuple[int, int, float]] = {}
    if loss_form is not None:
        wrong, verdict.compared = _compare(case, g, loss_form, forms, y)
        verdict.differs = wrong
    explainable = case.net is not None and case.output is not None and (known is not None or loss_form is None)
    if explainable and (wrong or not verdict.compared or not case.sound):
        scale = known.scale if known is not None else 1 / case.m
        deltas = _seen(case, g)
        verdict.stories = explain(case, g.rows, y, known.name if known else None, scale, deltas)
        verdict.guess_scale(case)
    return verdict


def _seen(case: Case, g: Gradients) -> dict[int, Array]:
    local = g.ran.frames[-1] if g.ran.frames else {}
    seen = {}
    for name, value in local.items():
        q = quantity(name)
        if q is not None and q.kind == "dz" and isinstance(value, np.ndarray) and value.ndim == 2:
            seen[case.resolved(q).layer] = case.layout.rows(value)
    return seen


def _compare(
    case: Case, g: Gradients, loss_form: str, forms: dict[str, Any], y: Array
) -> tuple[dict[Quantity, tuple[int, int, float]], int]:
    """Which gradients differ from the loss's differences: (entries that differ, entries compared, largest error)."""
    words = {"y": forms[loss_form], "one_hot": case.layout.own(y)}
    pairs: dict[Quantity, list[tuple[float, float]]] = {}
    bad_shape = set()
    for q, place, slope in numeric(case, words, np.random.default_rng(0)):
        dq = Quantity("d" + q.kind, q.layer)
        own = g.own.get(dq)
        if own is None:
            continue
        shape = np.shape(case.array(*q))
        own = np.asarray(own, np.float64)
        if own.shape != shape and own.size == np.prod(shape) and q.kind == "b":
            own = own.reshape(shape)
        if own.shape != shape:
            bad_shape.add(dq)
            continue
        pairs.setdefault(dq, []).append((float(own[place]), slope))
    largest = max((abs(n) for both in pairs.values() for _, n in both), default=0.0)
    wrong: dict[Quantity, tuple[int, int, float]] = {dq: (1, 1, np.inf) for dq in bad_shape}
    for dq, both in pairs.items():
        errors = [abs(a - n) / max(abs(a) + abs(n), 1e-3 * largest, 1e-9) for a, n in both]
        differing = sum(not error <= TOLERANCE for error in errors)
        # a score that lies at a kink of ReLU makes single entries differ: that is no fault
        if differing > 0.1 * len(errors):
            wrong[dq] = (differing, len(errors), max(errors))
    return wrong, sum(map(len, pairs.values()))


