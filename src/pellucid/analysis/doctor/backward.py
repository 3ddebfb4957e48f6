"""The backward pass: the learner's gradients against differences of the learner's own loss, and what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid.analysis.doctor import findings
from pellucid.analysis.doctor.examined_code import Case
from pellucid.analysis.doctor.loss import KnownLoss, recognise
from pellucid.analysis.doctor.naming import Quantity, at, quantity, replaced
from pellucid.analysis.doctor.probe import scalar, targets
from pellucid.analysis.doctor.reference_network import applied, scores, transplant
from pellucid.analysis.doctor.sandbox import Failure, Ran
from pellucid.analysis.doctor.signatures import returned_names
from pellucid.analysis.doctor.update import update_adds
from pellucid.analysis.doctor.user_gradients import (
    Gradients,
    explain_into,
    forms_of,
    gradients_for,
    ordered,
    own_deltas,
    returned,
)
from pellucid.core.arrays import Array
from pellucid.core.errors import InputError

ENTRIES = 40  # of each array are compared with differences of the loss


@dataclass
class Loss:
    """The learner's loss with one form of the targets: its value, and what it is, where that can be told."""

    form: str
    failure: Ran | None = None
    known: KnownLoss | None = None


def examine_backward(case: Case, rng: np.random.Generator) -> dict[Quantity, Any] | None:
    """Compare every gradient; the findings say which is wrong and how. Returns the learner's own, or None."""
    y, labels = targets(case, rng)
    forms = forms_of(case, y, labels)
    tried = [gradients_for(case, name, form, y) for name, form in ordered(case, "backward", forms)]
    ran = [g for g in tried if g.ran.failure is None and g.own]
    loss_form, known = _loss(case, forms, y)
    if not ran:
        _report_failure(case, tried[0])
        depth = _depth(case)
        if depth is not None and case.net is not None and case.output is not None:
            _examine_shallow(case, depth, forms, y, known)
        return None
    verdicts = [(g, _judge(case, g, y, loss_form, known, forms)) for g in ran]
    if all(verdict.faults for _, verdict in verdicts) and update_adds(case):
        turned = [Gradients(g.form, g.ran, _negative(g.own), _negative(g.rows)) for g in ran]
        verdicts += [(g, _judge(case, g, y, loss_form, known, forms)) for g in turned]
    # where both forms of targets go through, the right one is that with which less is wrong
    gradients, verdict = min(verdicts, key=lambda v: (bool(v[1].faults), v[1].cost))
    case.ascent = not any(gradients is g for g in ran)
    findings.tell(case, verdict, gradients.own, gradients.rows)
    return gradients.own


def _negative(gradients: dict[Quantity, Any]) -> dict[Quantity, Any]:
    return {q: -np.asarray(value) for q, value in gradients.items()}


def _report_failure(case: Case, tried: Gradients) -> None:
    if tried.ran.failure is not None and _too_few_layers(case, tried.ran.failure):
        return
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


def _too_few_layers(case: Case, failure: Failure) -> bool:
    """Note that backward knows fewer layers than forward, where its return statement says so."""
    depth = _depth(case)
    if depth is None:
        return False
    missing = ", ".join(f"dW{l}, db{l}" for l in range(depth + 1, case.layers + 1))
    names = _returned_by_backward(case)
    case.add(
        case.layers,
        "dW",
        f"the forward pass has {case.layers} layers, the backward pass {depth}",
        f"{failure.text}; it returns {', '.join(map(str, names))}",
        f"start from dZ{case.layers}, and return {missing} too",
    )
    return True


def _returned_by_backward(case: Case) -> list[str | None]:
    node = case.learner.definition("backward")
    return returned_names(node) if node is not None else []


def _depth(case: Case) -> int | None:
    """For how many layers backward returns gradients, where they are fewer than the network's."""
    layers = [q.layer for q in map(quantity, _returned_by_backward(case)) if q is not None and q.kind in ("dW", "db")]
    return max(layers) if layers and 0 < max(layers) < case.layers else None


def _examine_shallow(case: Case, depth: int, forms: dict[str, Any], y: Array, known: KnownLoss | None) -> None:
    """Examine a backward pass for fewer layers with a network of that depth: its other faults show there."""
    assert case.net is not None
    assert case.output is not None
    k, rng = case.sizes[-1], np.random.default_rng(0)
    sizes = [*case.sizes[:depth], k]
    arrays = {q: array for q, array in case.arrays().items() if q.layer < depth}
    W = rng.normal(0.0, 0.5, (k, sizes[-2]))
    arrays[Quantity("W", depth)] = W if case.layout.outputs_first else W.T
    if case.array("b", case.layers) is not None:
        arrays[Quantity("b", depth)] = rng.normal(0.0, 0.3, np.shape(case.array("b", case.layers)))
    parameters, where = {str(q): array for q, array in arrays.items()}, {q: (str(q),) for q in arrays}
    small = replace(case, findings=[], labels={}, parameters=parameters, where=where, layers=depth, sizes=sizes)
    hidden = [layer.activation for layer in case.net.layers[: depth - 1]]
    small.net = transplant(arrays, case.layout, sizes, hidden)
    small.trace = trace = scores(small.net, case.X)
    trace.a[-1][...] = applied(case.output, trace.z[-1])
    made = {Quantity("z", l): case.layout.own(trace.z[l - 1]) for l in range(1, depth + 1)}
    made |= {Quantity("a", l): case.layout.own(trace.a[l]) for l in range(1, depth + 1)}
    pool = small.pool.having(arrays={**arrays, **made}, X=case.layout.own(case.X), samples=case.m)
    for name, form in ordered(case, "backward", forms):
        gradients = returned(small, name, pool.having(y=form, one_hot=case.layout.own(y)))
        if gradients.ran.failure is None and gradients.own:
            verdict = findings.Verdict(form=name, known=known, has_loss=known is not None)
            explain_into(small, gradients.rows, y, known, own_deltas(small, gradients), verdict)
            findings.tell(small, verdict, gradients.own, gradients.rows)
            case.findings.extend(finding for finding in small.findings if finding not in case.findings)
            return


def _argument_names(case: Case) -> list[str]:
    node = case.learner.definition("backward")
    return [] if node is None else [argument.arg for argument in node.args.args]


def _loss(case: Case, forms: dict[str, Any], y: Array) -> tuple[str | None, KnownLoss | None]:
    """The form of the targets that the loss takes, and which loss it is."""
    if "loss" not in case.learner.functions:
        case.notes.append("no loss function was found: the gradients are judged by the losses that fit the output")
        return None, None
    pool, _ = case.forward()
    failure, works = None, None
    try:
        case.learner.bind("loss", pool.having(y=forms, one_hot=forms))
    except InputError as error:
        case.notes.append(f"the loss was not examined: {error}")
        return None, None
    for name, form in ordered(case, "loss", forms):
        ran = case.learner.call("loss", pool.having(y=form, one_hot=case.layout.own(y)))
        value = scalar(ran.value) if ran.failure is None else None
        if ran.failure is not None:
            failure = failure or ran.failure
        elif value is not None and np.isfinite(value):
            works = works or name
            known = recognise(case, y, form)
            if known is not None:
                return name, known
    if works is None:
        if failure is not None:
            case.fails("loss", failure, "loss", 0)
        else:
            case.add(
                0, "loss", "the loss is no number", "it returned no finite number", "return one number, the mean loss"
            )
    return works, None


@dataclass(frozen=True)
class Precision:
    """How finely differences of the loss can be taken: the step, the tolerance, and what counts as small."""

    step: float
    tolerance: float
    small: float  # of the largest slope


FINE, COARSE = Precision(1e-6, 1e-4, 1e-3), Precision(1e-3, 2e-2, 0.1)


def precision(case: Case) -> Precision:
    """Coarse where forward computes in float32: there the loss has seven digits."""
    return FINE if np.asarray(case.output_of(case.ran)).dtype.itemsize >= 8 else COARSE


def numeric(case: Case, pool_words: dict[str, Any], rng: np.random.Generator) -> Iterator[tuple[Quantity, Any, float]]:
    """Differences of the learner's loss: (parameter, place, (L(θ+h) − L(θ−h)) / 2h) for some entries of each."""
    h = precision(case).step
    for q, path in sorted(case.where.items()):
        array = np.asarray(at(case.parameters, path), np.float64)
        chosen = rng.choice(array.size, min(array.size, ENTRIES), replace=False)
        for flat in chosen:
            sides = []
            for step in (h, -h):
                changed = array.copy()
                changed.flat[flat] += step
                pool, ran = case.forward(replaced(case.parameters, path, changed))
                if ran.failure is not None:
                    return
                value = scalar(case.learner.call("loss", pool.having(**pool_words)).value)
                sides.append(np.nan if value is None else value)
            yield q, np.unravel_index(flat, array.shape), (sides[0] - sides[1]) / (2 * h)


def _judge(
    case: Case,
    g: Gradients,
    y: Array,
    loss_form: str | None,
    known: KnownLoss | None,
    forms: dict[str, Any],
) -> findings.Verdict:
    """How this form's gradients compare with the truth: an explanation layer by layer, or bare differences."""
    verdict = findings.Verdict(form=g.form, known=known, has_loss=loss_form is not None)
    wrong: dict[Quantity, tuple[int, int, float]] = {}
    if loss_form is not None:
        wrong, verdict.compared = _compare(case, g, loss_form, forms, y)
        verdict.differs = wrong
    explainable = case.net is not None and case.output is not None and (known is not None or loss_form is None)
    if explainable and (wrong or not verdict.compared or not case.sound):
        explain_into(case, g.rows, y, known, own_deltas(case, g), verdict)
        if case.sound and precision(case) is COARSE and not verdict.faults:
            verdict.differs = {}  # right to the last digit by formula: the differences are too coarse
    return verdict


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
    wrong: dict[Quantity, tuple[int, int, float]] = dict.fromkeys(bad_shape, (1, 1, np.inf))
    fine = precision(case)
    for dq, both in pairs.items():
        errors = [abs(a - n) / max(abs(a) + abs(n), fine.small * largest, 1e-9) for a, n in both]
        differing = sum(not error <= fine.tolerance for error in errors)
        # a score that lies at a kink of ReLU makes single entries differ: that is no fault
        if differing > 0.1 * len(errors):
            wrong[dq] = (differing, len(errors), max(errors))
    return wrong, sum(map(len, pairs.values()))
