"""The backward pass: the user's gradients against numeric gradients of the user's own loss, and what is wrong."""

from dataclasses import replace
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.findings import Assessment, report_gradients
from pellucid.analysis.doctor.loss import KnownLoss, as_number, recognise
from pellucid.analysis.doctor.match_mistakes import explain
from pellucid.analysis.doctor.naming import Quantity, quantity
from pellucid.analysis.doctor.numeric_gradients import COARSE, Slopes, compare, numeric_gradients, precision
from pellucid.analysis.doctor.probe import targets
from pellucid.analysis.doctor.reference_network import forward_pass, reference_network
from pellucid.analysis.doctor.update import update_adds
from pellucid.analysis.doctor.user_gradients import UserGradients, run_backward, target_forms, user_deltas
from pellucid.core.activations import value
from pellucid.core.arrays import Array
from pellucid.core.errors import InputError


def examine_backward(exam: Examination, rng: np.random.Generator) -> None:
    """Compare every gradient; the findings say which is wrong and how."""
    y, labels = targets(exam, rng)
    tried = []
    for form in target_forms(exam, "backward", y, labels):
        available, _ = exam.forward()
        tried.append(run_backward(exam, exam.with_targets(available, form, y)))
    returned = [gradients for gradients in tried if gradients.as_returned]
    loss_form, known = _examine_loss(exam, y, labels)
    if not returned:
        _report_failure(exam, tried[0])
        _examine_shallow(exam, y, labels, known)
        return
    slopes = None if loss_form is None else numeric_gradients(exam, loss_form, y)
    assessed = [(gradients, _assess(exam, gradients, y, known, slopes)) for gradients in returned]
    if all(assessment.faults for _, assessment in assessed) and update_adds(exam):
        negated = [gradients.negated() for gradients in returned]
        assessed += [(gradients, _assess(exam, gradients, y, known, slopes)) for gradients in negated]
    # where both forms of targets go through, the right one is that with which less is wrong
    gradients, assessment = min(assessed, key=lambda pair: (bool(pair[1].faults), pair[1].cost))
    exam.gradients_negated = not any(gradients is other for other in returned)
    report_gradients(exam, assessment, gradients.as_returned, gradients.rows)


def _examine_loss(exam: Examination, y: Array, labels: Any) -> tuple[Any, KnownLoss | None]:
    """The form of the targets that the loss takes, None where there is no loss to go by; and which loss it is."""
    if "loss" not in exam.functions:
        exam.notes.append("no loss function was found: the gradients are judged by the losses that fit the output")
        return None, None
    available, _ = exam.forward()
    try:
        exam.functions.bind("loss", exam.with_targets(available, y, y))
    except InputError as error:
        exam.notes.append(f"the loss was not examined: {error}")
        return None, None
    failure = works = None
    for form in target_forms(exam, "loss", y, labels):
        result = exam.functions.call("loss", exam.with_targets(available, form, y))
        number = as_number(result.value) if result.failure is None else None
        failure = failure or result.failure
        if number is not None and np.isfinite(number):
            works = form if works is None else works
            known = recognise(exam, y, form)
            if known is not None:
                return form, known
    if works is None and failure is not None:
        exam.add_failure("loss", failure, Quantity("loss", 0))
    elif works is None:
        evidence, remedy = "it returned no finite number", "return one number, the mean loss"
        exam.add(Quantity("loss", 0), "the loss is no number", evidence, remedy)
    return works, None


def _assess(
    exam: Examination, gradients: UserGradients, y: Array, known: KnownLoss | None, slopes: Slopes | None
) -> Assessment:
    """How gradients compare with the numeric ones, and an explanation layer by layer where there is one."""
    assessment = Assessment()
    if slopes is not None:
        assessment.differs, assessment.compared = compare(exam, gradients.as_returned, slopes)
    explainable = exam.net is not None and exam.output is not None and (known is not None or slopes is None)
    if explainable and (assessment.differs or not assessment.compared or not exam.forward_matches):
        deltas = user_deltas(exam, gradients)
        assessment.explanations, assessment.reversed_order = explain(exam, gradients.rows, y, known, deltas)
        if exam.forward_matches and precision(exam) is COARSE and not assessment.faults:
            assessment.differs = {}  # right to the last digit by formula: the differences are too coarse
    return assessment


def _report_failure(exam: Examination, gradients: UserGradients) -> None:
    failure, depth = gradients.result.failure, _layers_of_backward(exam)
    if failure is None:
        exam.add(
            "dW",
            "backward returns no gradients whose names say what they are",
            f"it returns {', '.join(map(str, exam.functions.returns('backward', gradients.result)))}",
            "return dW1, db1, dW2, db2, … under these names, or a dict with them as keys",
        )
    elif depth < exam.layers:
        missing = ", ".join(f"dW{l}, db{l}" for l in range(depth + 1, exam.layers + 1))
        exam.add(
            Quantity("dW", exam.layers),
            f"the forward pass has {exam.layers} layers, the backward pass {depth}",
            f"{failure.text}; it returns {', '.join(map(str, exam.functions.returned_names('backward')))}",
            f"start from dZ{exam.layers}, and return {missing} too",
        )
    else:
        taken = [quantity(name) for _, name in exam.functions.arguments("backward")]
        layer = max((q.layer for q in taken if q is not None and q.kind in "za"), default=None)
        exam.add_failure("backward", failure, "dW" if layer is None else Quantity("dW", layer))


def _layers_of_backward(exam: Examination) -> int:
    """For how many layers backward returns gradients, by the names in its return statement; else the network's."""
    names = map(quantity, exam.functions.returned_names("backward"))
    depth = max((q.layer for q in names if q is not None and q.kind in ("dW", "db")), default=exam.layers)
    return depth if depth > 0 else exam.layers


def _examine_shallow(exam: Examination, y: Array, labels: Any, known: KnownLoss | None) -> None:
    """Examine a backward pass for fewer layers with a network of that depth: its other faults show there."""
    depth = _layers_of_backward(exam)
    if depth >= exam.layers or exam.net is None or exam.output is None:
        return
    rng, k = np.random.default_rng(0), exam.sizes[-1]
    sizes = [*exam.sizes[:depth], k]
    arrays = {q: array for q, array in exam.arrays().items() if q.layer < depth}
    W = rng.normal(0.0, 0.5, (k, sizes[-2]))
    arrays[Quantity("W", depth)] = W if exam.layout.outputs_first else W.T
    if exam.array("b", exam.layers) is not None:
        arrays[Quantity("b", depth)] = rng.normal(0.0, 0.3, np.shape(exam.array("b", exam.layers)))
    hidden = [layer.activation for layer in exam.net.layers[: depth - 1]]
    net = reference_network(arrays, exam.layout, sizes, hidden)
    trace = forward_pass(net, exam.X)
    trace.a[-1][...] = value(exam.output, trace.z[-1])
    parameters, paths = {str(q): array for q, array in arrays.items()}, {q: (str(q),) for q in arrays}
    small = replace(exam, findings=[], user_names={}, parameters=parameters, paths=paths, layers=depth, sizes=sizes)
    small.net, small.trace = net, trace
    for l in range(1, depth + 1):
        arrays[Quantity("z", l)] = exam.layout.from_rows(trace.z[l - 1])
        arrays[Quantity("a", l)] = exam.layout.from_rows(trace.a[l])
    available = small.available.extended(arrays=arrays, X=exam.layout.from_rows(exam.X), samples=exam.m)
    for form in target_forms(exam, "backward", y, labels):
        gradients = run_backward(small, exam.with_targets(available, form, y))
        if gradients.as_returned:
            assessment = Assessment()
            deltas = user_deltas(small, gradients)
            assessment.explanations, assessment.reversed_order = explain(small, gradients.rows, y, known, deltas)
            report_gradients(small, assessment, gradients.as_returned, gradients.rows)
            exam.findings.extend(finding for finding in small.findings if finding not in exam.findings)
            return
