"""The backward pass: the user's gradients against differences of the user's own loss, and what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid.analysis.doctor import findings
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.loss import KnownLoss, recognise
from pellucid.analysis.doctor.naming import Quantity, at, quantity, replaced
from pellucid.analysis.doctor.probe import scalar, targets
from pellucid.analysis.doctor.reference_network import applied, copy_of_network, scores
from pellucid.analysis.doctor.sandbox import CallResult, Failure
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
    """The user's loss with one form of the targets: its value, and what it is, where that can be told."""

    form: str
    failure: CallResult | None = None
    known: KnownLoss | None = None


def examine_backward(exam: Examination, rng: np.random.Generator) -> dict[Quantity, Any] | None:
    """Compare every gradient; the findings say which is wrong and how. Returns the user's own, or None."""
    y, labels = targets(exam, rng)
    forms = forms_of(exam, y, labels)
    tried = [gradients_for(exam, name, form, y) for name, form in ordered(exam, "backward", forms)]
    result = [g for g in tried if g.result.failure is None and g.own]
    loss_form, known = _loss(exam, forms, y)
    if not result:
        _report_failure(exam, tried[0])
        depth = _depth(exam)
        if depth is not None and exam.net is not None and exam.output is not None:
            _examine_shallow(exam, depth, forms, y, known)
        return None
    assessments = [(g, _judge(exam, g, y, loss_form, known, forms)) for g in result]
    if all(assessment.faults for _, assessment in assessments) and update_adds(exam):
        turned = [Gradients(g.form, g.result, _negative(g.own), _negative(g.rows)) for g in result]
        assessments += [(g, _judge(exam, g, y, loss_form, known, forms)) for g in turned]
    # where both forms of targets go through, the right one is that with which less is wrong
    gradients, assessment = min(assessments, key=lambda v: (bool(v[1].faults), v[1].cost))
    exam.gradients_negated = not any(gradients is g for g in result)
    findings.report_gradients(exam, assessment, gradients.own, gradients.rows)
    return gradients.own


def _negative(gradients: dict[Quantity, Any]) -> dict[Quantity, Any]:
    return {q: -np.asarray(value) for q, value in gradients.items()}


def _report_failure(exam: Examination, tried: Gradients) -> None:
    if tried.result.failure is not None and _too_few_layers(exam, tried.result.failure):
        return
    if tried.result.failure is not None:
        returned = [q.layer for q in map(quantity, _argument_names(exam)) if q is not None and q.kind in "za"]
        exam.add_failure("backward", tried.result.failure, "dW", max(returned, default=None))
    else:
        exam.add(
            None,
            "dW",
            "backward returns no gradients that can be told by their names",
            f"it returns {', '.join(map(str, exam.functions.returns('backward', tried.result)))}",
            "return dW1, db1, dW2, db2, … under these names, or a dict with them as keys",
        )


def _too_few_layers(exam: Examination, failure: Failure) -> bool:
    """Note that backward knows fewer layers than forward, where its return statement says so."""
    depth = _depth(exam)
    if depth is None:
        return False
    missing = ", ".join(f"dW{l}, db{l}" for l in range(depth + 1, exam.layers + 1))
    names = _returned_by_backward(exam)
    exam.add(
        exam.layers,
        "dW",
        f"the forward pass has {exam.layers} layers, the backward pass {depth}",
        f"{failure.text}; it returns {', '.join(map(str, names))}",
        f"start from dZ{exam.layers}, and return {missing} too",
    )
    return True


def _returned_by_backward(exam: Examination) -> list[str | None]:
    node = exam.functions.definition("backward")
    return returned_names(node) if node is not None else []


def _depth(exam: Examination) -> int | None:
    """For how many layers backward returns gradients, where they are fewer than the network's."""
    layers = [q.layer for q in map(quantity, _returned_by_backward(exam)) if q is not None and q.kind in ("dW", "db")]
    return max(layers) if layers and 0 < max(layers) < exam.layers else None


def _examine_shallow(exam: Examination, depth: int, forms: dict[str, Any], y: Array, known: KnownLoss | None) -> None:
    """Examine a backward pass for fewer layers with a network of that depth: its other faults show there."""
    assert exam.net is not None
    assert exam.output is not None
    k, rng = exam.sizes[-1], np.random.default_rng(0)
    sizes = [*exam.sizes[:depth], k]
    arrays = {q: array for q, array in exam.arrays().items() if q.layer < depth}
    W = rng.normal(0.0, 0.5, (k, sizes[-2]))
    arrays[Quantity("W", depth)] = W if exam.layout.outputs_first else W.T
    if exam.array("b", exam.layers) is not None:
        arrays[Quantity("b", depth)] = rng.normal(0.0, 0.3, np.shape(exam.array("b", exam.layers)))
    parameters, paths = {str(q): array for q, array in arrays.items()}, {q: (str(q),) for q in arrays}
    small = replace(exam, findings=[], user_names={}, parameters=parameters, paths=paths, layers=depth, sizes=sizes)
    hidden = [layer.activation for layer in exam.net.layers[: depth - 1]]
    small.net = copy_of_network(arrays, exam.layout, sizes, hidden)
    small.trace = trace = scores(small.net, exam.X)
    trace.a[-1][...] = applied(exam.output, trace.z[-1])
    made = {Quantity("z", l): exam.layout.own(trace.z[l - 1]) for l in range(1, depth + 1)}
    made |= {Quantity("a", l): exam.layout.own(trace.a[l]) for l in range(1, depth + 1)}
    available = small.available.extended(arrays={**arrays, **made}, X=exam.layout.own(exam.X), samples=exam.m)
    for name, form in ordered(exam, "backward", forms):
        gradients = returned(small, name, available.extended(y=form, one_hot=exam.layout.own(y)))
        if gradients.result.failure is None and gradients.own:
            assessment = findings.Assessment(form=name, known=known, has_loss=known is not None)
            explain_into(small, gradients.rows, y, known, own_deltas(small, gradients), assessment)
            findings.report_gradients(small, assessment, gradients.own, gradients.rows)
            exam.findings.extend(finding for finding in small.findings if finding not in exam.findings)
            return


def _argument_names(exam: Examination) -> list[str]:
    node = exam.functions.definition("backward")
    return [] if node is None else [argument.arg for argument in node.args.args]


def _loss(exam: Examination, forms: dict[str, Any], y: Array) -> tuple[str | None, KnownLoss | None]:
    """The form of the targets that the loss takes, and which loss it is."""
    if "loss" not in exam.functions:
        exam.notes.append("no loss function was found: the gradients are judged by the losses that fit the output")
        return None, None
    available, _ = exam.forward()
    failure, works = None, None
    try:
        exam.functions.bind("loss", available.extended(y=forms, one_hot=forms))
    except InputError as error:
        exam.notes.append(f"the loss was not examined: {error}")
        return None, None
    for name, form in ordered(exam, "loss", forms):
        result = exam.functions.call("loss", available.extended(y=form, one_hot=exam.layout.own(y)))
        value = scalar(result.value) if result.failure is None else None
        if result.failure is not None:
            failure = failure or result.failure
        elif value is not None and np.isfinite(value):
            works = works or name
            known = recognise(exam, y, form)
            if known is not None:
                return name, known
    if works is None:
        if failure is not None:
            exam.add_failure("loss", failure, "loss", 0)
        else:
            exam.add(
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


def precision(exam: Examination) -> Precision:
    """Coarse where forward computes in float32: there the loss has seven digits."""
    return FINE if np.asarray(exam.output_of(exam.forward_result)).dtype.itemsize >= 8 else COARSE


def numeric(
    exam: Examination, pool_words: dict[str, Any], rng: np.random.Generator
) -> Iterator[tuple[Quantity, Any, float]]:
    """Differences of the user's loss: (parameter, place, (L(θ+h) − L(θ−h)) / 2h) for some entries of each."""
    h = precision(exam).step
    for q, path in sorted(exam.paths.items()):
        array = np.asarray(at(exam.parameters, path), np.float64)
        chosen = rng.choice(array.size, min(array.size, ENTRIES), replace=False)
        for flat in chosen:
            sides = []
            for step in (h, -h):
                changed = array.copy()
                changed.flat[flat] += step
                available, result = exam.forward(replaced(exam.parameters, path, changed))
                if result.failure is not None:
                    return
                value = scalar(exam.functions.call("loss", available.extended(**pool_words)).value)
                sides.append(np.nan if value is None else value)
            yield q, np.unravel_index(flat, array.shape), (sides[0] - sides[1]) / (2 * h)


def _judge(
    exam: Examination,
    g: Gradients,
    y: Array,
    loss_form: str | None,
    known: KnownLoss | None,
    forms: dict[str, Any],
) -> findings.Assessment:
    """How this form's gradients compare with the truth: an explanation layer by layer, or bare differences."""
    assessment = findings.Assessment(form=g.form, known=known, has_loss=loss_form is not None)
    wrong: dict[Quantity, tuple[int, int, float]] = {}
    if loss_form is not None:
        wrong, assessment.compared = _compare(exam, g, loss_form, forms, y)
        assessment.differs = wrong
    explainable = exam.net is not None and exam.output is not None and (known is not None or loss_form is None)
    if explainable and (wrong or not assessment.compared or not exam.forward_matches):
        explain_into(exam, g.rows, y, known, own_deltas(exam, g), assessment)
        if exam.forward_matches and precision(exam) is COARSE and not assessment.faults:
            assessment.differs = {}  # right to the last digit by formula: the differences are too coarse
    return assessment


def _compare(
    exam: Examination, g: Gradients, loss_form: str, forms: dict[str, Any], y: Array
) -> tuple[dict[Quantity, tuple[int, int, float]], int]:
    """Which gradients differ from the loss's differences: (entries that differ, entries compared, largest error)."""
    words = {"y": forms[loss_form], "one_hot": exam.layout.own(y)}
    pairs: dict[Quantity, list[tuple[float, float]]] = {}
    bad_shape = set()
    for q, place, slope in numeric(exam, words, np.random.default_rng(0)):
        dq = Quantity("d" + q.kind, q.layer)
        own = g.own.get(dq)
        if own is None:
            continue
        shape = np.shape(exam.array(*q))
        own = np.asarray(own, np.float64)
        if own.shape != shape and own.size == np.prod(shape) and q.kind == "b":
            own = own.reshape(shape)
        if own.shape != shape:
            bad_shape.add(dq)
            continue
        pairs.setdefault(dq, []).append((float(own[place]), slope))
    largest = max((abs(n) for both in pairs.values() for _, n in both), default=0.0)
    wrong: dict[Quantity, tuple[int, int, float]] = dict.fromkeys(bad_shape, (1, 1, np.inf))
    fine = precision(exam)
    for dq, both in pairs.items():
        errors = [abs(a - n) / max(abs(a) + abs(n), fine.small * largest, 1e-9) for a, n in both]
        differing = sum(not error <= fine.tolerance for error in errors)
        # a score that lies at a kink of ReLU makes single entries differ: that is no fault
        if differing > 0.1 * len(errors):
            wrong[dq] = (differing, len(errors), max(errors))
    return wrong, sum(map(len, pairs.values()))
