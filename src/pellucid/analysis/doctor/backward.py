"""The backward pass: the user's gradients against differences of a loss of the user's output, and what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import Arrays
from pellucid.analysis.doctor.available_values import AvailableValues
from pellucid.analysis.doctor.candidates import LOSSES
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.findings import Assessment, report_gradients
from pellucid.analysis.doctor.loss import (
    OWN,
    KnownLoss,
    as_number,
    candidate_losses,
    candidates,
    decays,
    own_loss,
    recognise,
    scales,
)
from pellucid.analysis.doctor.match_mistakes import Evidence, explain
from pellucid.analysis.doctor.naming import Quantity, quantity
from pellucid.analysis.doctor.numeric_gradients import (
    COARSE,
    Slopes,
    compare,
    numeric_gradients,
    precision,
    whole,
    with_factor,
)
from pellucid.analysis.doctor.probe import targets
from pellucid.analysis.doctor.reference_network import reference_pass
from pellucid.analysis.doctor.remedies import Remedies
from pellucid.analysis.doctor.roles import fitting
from pellucid.analysis.doctor.sandbox import CallResult
from pellucid.analysis.doctor.update import update_adds
from pellucid.analysis.doctor.user_gradients import (
    UserGradients,
    run_backward,
    takes_targets,
    target_forms,
    user_deltas,
)
from pellucid.core.arrays import Array
from pellucid.core.errors import InputError


@dataclass
class Judgement:
    """By what gradients are judged: the targets, and the slopes of the user's own loss, and of candidate losses."""

    y: Array
    known: KnownLoss | None  # which loss the user's function computes, None where there is none
    own: Slopes | None
    of_candidates: dict[str, Slopes]

    def losses(self, exam: Examination, gradients: Arrays) -> Iterator[tuple[KnownLoss, Slopes]]:
        """The losses by which the gradients may be judged, and their slopes: the user's, where there is one."""
        if self.own is None or self.known is None:
            yield from self.candidates(exam, gradients)
            return
        if not self.known.decay:  # it may leave out the L2 term that all gradients have
            for decay in decays(exam, gradients, whole(exam, self.own)):
                slopes = with_factor(exam, self.own, 1.0, decay)
                if not compare(exam, gradients, slopes)[0]:
                    yield replace(self.known, decay=decay), slopes
        yield self.known, self.own

    def candidates(self, exam: Examination, gradients: Arrays) -> Iterator[tuple[KnownLoss, Slopes]]:
        """The losses that the gradients may be of without a word from the user."""
        for loss in candidates(exam, gradients, {n: whole(exam, slopes) for n, slopes in self.of_candidates.items()}):
            yield loss, with_factor(exam, self.of_candidates[loss.name], loss.scale, loss.decay)

    @property
    def measured(self) -> list[Slopes]:
        """The slopes of all losses that can be measured."""
        every = [self.own, *self.of_candidates.values()] if self.own is not None else [*self.of_candidates.values()]
        return [slopes for slopes in every if _finite(slopes)]


def examine_backward(exam: Examination, rng: np.random.Generator) -> None:
    """Compare every gradient; the findings say which is wrong and how."""
    y, labels = targets(exam, rng)
    if exam.sizes[0] == exam.sizes[-1] and not takes_targets(exam, "backward"):
        exam.regression, y, labels = True, exam.X, None  # an autoencoder: its targets are its inputs
    tried, refused = [], ""
    for form in target_forms(exam, "backward", y, labels):
        try:
            tried.append(run_backward(exam, exam.with_targets(exam.forward()[0], form, y)))
        except InputError as error:
            refused = str(error)
    if not tried:
        exam.not_examined("the backward pass", refused, "then run the doctor again")
        return
    returned = [gradients for gradients in tried if gradients.as_returned]
    _choose_loss(exam, y, labels, returned)
    form, known = _examine_loss(exam, y, labels)
    if not returned:
        _report_failure(exam, tried[0])
        _examine_shallow(exam, y, labels, known)
        return
    judgement = _judgement(exam, y, form, known)
    exam.flat = [
        q for q in exam.paths if not any(np.any(s[q.gradient][1]) for s in judgement.measured if q.gradient in s)
    ]
    if len(exam.flat) == len(exam.paths):
        why = "no loss of the output changes as it should when the parameters that init makes are changed a little"
        exam.not_examined("the gradients", why, "let forward take its parameters as arguments, and give loss=…")
        return
    assessed = [(gradients, _assess(exam, gradients, judgement)) for gradients in returned]
    if all(assessment.faults for _, assessment in assessed) and update_adds(exam):
        negated = [gradients.negated() for gradients in returned]
        assessed += [(gradients, _assess(exam, gradients, judgement)) for gradients in negated]
    # where both forms of targets go through, the right one is that with which less is wrong
    gradients, assessment = min(assessed, key=lambda pair: (bool(pair[1].faults), pair[1].cost))
    exam.gradients_negated = not any(gradients is other for other in returned)
    if known is not None and assessment.loss.decay > known.decay:
        strength = f"{assessment.loss.decay:.4g}"
        exam.notes.append(f"every dW has the term of L2 regularisation, {strength} × W, and your loss leaves it out")
    if strange := assessment.of_strange_shape:
        shapes = ", ".join(f"{q} {np.shape(gradients.as_returned[q])}" for q in strange)
        why = (
            f"given a batch, it returns {shapes}, of another shape than its parameter; is it for one sample at a time?"
        )
        exam.not_examined(exam.functions.name_of("backward"), why, "let it take a batch, and sum over the samples")
        return
    report_gradients(exam, assessment, gradients.as_returned, _remedies(exam, gradients, assessment, y))


def _remedies(exam: Examination, gradients: UserGradients, assessment: Assessment, y: Array) -> Remedies | None:
    if assessment.explanation is None:
        return None
    deltas = user_deltas(exam, gradients)
    for l, own in deltas.items():
        exam.user_names[Quantity("dz", l)] = own.name
    return Remedies(exam, gradients, assessment.explanation, assessment.loss, deltas, y)


def _choose_loss(exam: Examination, y: Array, labels: Any, returned: list[UserGradients]) -> None:
    """Of several loss functions, take the one with whose slopes most gradients agree; or that has L2 as they have."""
    functions = fitting(exam.functions, "loss")
    counts = []
    decays = exam.functions.takes("backward", "L2 strength")
    for function in functions if len(functions) > 1 else []:
        exam.functions.by_role["loss"] = function
        trial = exam.without_findings()
        form, known = _examine_loss(trial, y, labels)
        own = _judgement(trial, y, form, known).own
        differ = [len(compare(trial, g.as_returned, own)[0]) for g in returned] if own else [len(exam.paths) + 1]
        counts.append((min(differ, default=0), exam.functions.takes("loss", "L2 strength") != decays))
    if counts:
        exam.functions.by_role["loss"] = functions[counts.index(min(counts))]


def _judgement(exam: Examination, y: Array, form: Any, known: KnownLoss | None) -> Judgement:
    """The slopes to judge by: one forward pass serves all losses."""

    def measure(available: AvailableValues, result: CallResult) -> list[float]:
        own = [] if form is None else [own_loss(exam, form, y, available)]
        return own + candidate_losses(exam, y, result)

    found = numeric_gradients(exam, measure)
    own = found.pop(0) if form is not None and found else None
    if own is not None and not _finite(own):
        exam.not_examined("the loss", "it is no finite number everywhere", "see where it takes the logarithm of 0")
        own = known = None
    return Judgement(y, known, own, {name: s for name, s in zip(LOSSES, found, strict=False) if _finite(s)})


def _finite(slopes: Slopes) -> bool:
    return bool(slopes) and all(np.isfinite(slope).all() for _, slope in slopes.values())


def _examine_loss(exam: Examination, y: Array, labels: Any) -> tuple[Any, KnownLoss | None]:
    """The form of the targets that the loss takes, None where there is no loss to go by; and which loss it is."""
    remedy = "the gradients are compared with the slopes of losses that they may be of; give loss=… to be sure"
    if "loss" not in exam.functions:
        exam.not_examined("the loss", "no function looks like it", remedy)
        return None, None
    available, _ = exam.forward()
    try:
        exam.functions.bind("loss", exam.with_targets(available, y, y))
    except InputError as error:
        exam.not_examined("the loss", str(error), remedy)
        return None, None
    failure = works = None
    for form in target_forms(exam, "loss", y, labels):
        result = exam.functions.call("loss", exam.with_targets(available, form, y))
        number = as_number(result.value) if result.failure is None else None
        failure = failure or result.failure
        if number is not None and np.isfinite(number):
            works = form if works is None else works
            known = recognise(exam, y, form)
            if known.known:
                return form, known
    if works is None and failure is not None:
        exam.add_failure("loss", failure)
    elif works is None:
        exam.not_examined("the loss", "it returned no finite number", remedy)
    return works, None if works is None else OWN


def _assess(exam: Examination, gradients: UserGradients, judgement: Judgement) -> Assessment:
    """How gradients compare with the slopes of the loss that is nearest, and what explains them."""
    tried = []
    for loss, slopes in judgement.losses(exam, gradients.as_returned):
        differs, compared = compare(exam, gradients.as_returned, slopes)
        tried.append((Assessment(loss, compared, differs), slopes))
        if not differs:
            break
    tried.sort(key=lambda pair: len(pair[0].differs))
    assessment, slopes = tried[0]
    if not assessment.differs and exam.forward_matches:
        return assessment
    if not assessment.loss.known:
        for loss, of_loss in judgement.candidates(exam, gradients.as_returned):
            if not compare(exam, gradients.as_returned, of_loss)[0]:
                return replace(assessment, differs={}, instead=loss)
    explained = [_explained(exam, gradients, judgement, *pair) for pair in _nearest(exam, tried)]
    return min(explained, key=lambda other: other.cost, default=assessment)


def _nearest(exam: Examination, tried: list[tuple[Assessment, Slopes]]) -> Iterator[tuple[Assessment, Slopes]]:
    """Of each loss with which the gradients may be explained the nearest form: a mean, where no gradient tells."""
    fits = exam.output.losses if exam.output is not None else tuple(LOSSES)
    total = len(exam.paths)
    seen = set()
    for assessment, slopes in tried:
        loss = assessment.loss
        if loss.own or (loss.name not in seen and (loss.name in fits or len(assessment.differs) < total)):
            seen.add(loss.name)
            yield assessment, slopes


def _explained(
    exam: Examination, gradients: UserGradients, judgement: Judgement, assessment: Assessment, slopes: Slopes
) -> Assessment:
    """The assessment with an explanation layer by layer."""
    loss = assessment.loss
    rows = {q: exam.layout.to_outputs_first(s) if q.kind == "dW" else np.ravel(s)
            for q, s in whole(exam, slopes).items()}  # fmt: skip
    evidence = Evidence(judgement.y, loss, user_deltas(exam, gradients), rows)
    assessment.explanation = explain(exam, gradients.rows, evidence)
    common = assessment.explanation.common_factor
    if common is not None and not loss.own and judgement.of_candidates:
        other = replace(loss, scale=loss.scale * common)
        if any(abs(other.scale - c) < 1e-4 * c for c in scales(exam)):
            again = with_factor(exam, judgement.of_candidates[loss.name], other.scale, other.decay)
            differs, compared = compare(exam, gradients.as_returned, again)
            return _explained(exam, gradients, judgement, Assessment(other, compared, differs), again)
    if exam.forward_matches and precision(exam) is COARSE and not assessment.faults:
        assessment.differs = {}  # right to the last digit by formula: the differences are too coarse
    return assessment


def _report_failure(exam: Examination, gradients: UserGradients) -> None:
    failure, depth = gradients.result.failure, _layers_of_backward(exam)
    if failure is None:
        names = ", ".join(map(str, exam.functions.returns("backward", gradients.result)))
        remedy = "return dW1, db1, dW2, db2, … under these names, or a dict with them as keys"
        exam.not_examined("the gradients", f"backward returns {names}, which does not say what they are", remedy)
    elif depth < exam.layers:
        missing = ", ".join(f"dW{l}, db{l}" for l in range(depth + 1, exam.layers + 1))
        exam.add(
            Quantity("dW", exam.layers),
            f"the forward pass has {exam.layers} layers, the backward pass {depth}",
            f"{failure.text}; it returns {', '.join(map(str, exam.functions.returned_names('backward')))}",
            f"start from dZ{exam.layers}, and return {missing} too",
        )
    else:
        exam.add_failure("backward", failure)


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
    net = reference_pass(arrays, exam.layout, hidden, exam.X)
    net.a[-1] = exam.output.value(net.z[-1])
    parameters, paths = {str(q): array for q, array in arrays.items()}, {q: (str(q),) for q in arrays}
    small = replace(exam, findings=[], user_names={}, parameters=parameters, paths=paths, layers=depth, sizes=sizes)
    small.net = net
    for l in range(1, depth + 1):
        arrays[Quantity("z", l)] = exam.layout.from_rows(net.z[l - 1])
        arrays[Quantity("a", l)] = exam.layout.from_rows(net.a[l])
    available = small.available.extended(arrays=arrays, X=exam.layout.from_rows(exam.X), samples=exam.m)
    for form in target_forms(exam, "backward", y, labels):
        gradients = run_backward(small, exam.with_targets(available, form, y))
        if gradients.as_returned and known is not None:
            explanation = explain(small, gradients.rows, Evidence(y, known, user_deltas(small, gradients), {}))
            assessment = Assessment(known, explanation=explanation)
            report_gradients(small, assessment, gradients.as_returned, _remedies(small, gradients, assessment, y))
            exam.findings.extend(finding for finding in small.findings if finding not in exam.findings)
            return
