"""Numeric gradients: central differences of a loss, and which of the user's gradients differ from them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pellucid.analysis.doctor.arrays import Arrays, at, replaced
from pellucid.analysis.doctor.available_values import AvailableValues
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import Quantity
from pellucid.analysis.doctor.reference_network import factor
from pellucid.analysis.doctor.sandbox import CallResult
from pellucid.core.arrays import AnyArray, Array

WHOLE = 150  # entries up to which an array is compared with differences of the loss entry by entry
ENTRIES = 40  # that are compared of a larger one

Measure = Callable[[AvailableValues, CallResult], list[float]]  # losses, of what forward has made


class Difference(NamedTuple):
    """How a gradient differs from the slopes: in how many entries of how many, by how much, or by which factor."""

    entries: int
    of: int
    largest: float  # of both sizes together; infinite for another shape
    factor: float | None


Slopes = dict[Quantity, tuple[AnyArray, Array]]  # of each gradient: places in the flat array, and the slopes there


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


def numeric_gradients(exam: Examination, measure: Measure) -> list[Slopes]:
    """(L(θ + h) − L(θ − h)) / 2h of each loss L that is measured, for some entries of each parameter.

    Nothing where forward does not get through for all of them.
    """
    rng, h = np.random.default_rng(0), precision(exam).step
    found: list[Slopes] = []
    for q, path in sorted(exam.paths.items()):
        array = np.asarray(at(exam.parameters, path), np.float64)
        count = array.size if array.size <= WHOLE else ENTRIES
        places = np.sort(rng.choice(array.size, count, replace=False))
        slopes = []
        for place in places:
            sides = []
            for step in (h, -h):
                changed = array.copy()
                changed.flat[place] += step
                available, result = exam.forward(replaced(exam.parameters, path, changed))
                if result.failure is not None:
                    return []
                sides.append(np.array(measure(available, result)))
            slopes.append((sides[0] - sides[1]) / (2 * h))
        for k, column in enumerate(np.array(slopes).T):
            found += [{}] if len(found) <= k else []
            found[k][q.gradient] = places, column
    return found


def with_factor(exam: Examination, slopes: Slopes, scale: float, decay: float) -> Slopes:
    """The slopes of ``scale`` times the same loss, with L2 regularisation."""
    return {
        q: (places, scale * slope + (decay * np.ravel(exam.array(*q.parameter))[places] if q.kind == "dW" else 0.0))
        for q, (places, slope) in slopes.items()
    }


def whole(exam: Examination, slopes: Slopes) -> Arrays:
    """The gradients of which every entry is known."""
    shapes = {q: np.shape(exam.array(*q.parameter)) for q in slopes}
    return {q: s.reshape(shapes[q]) for q, (places, s) in slopes.items() if len(places) == np.prod(shapes[q])}


def compare(exam: Examination, gradients: Arrays, slopes: Slopes) -> tuple[dict[Quantity, Difference], int]:
    """Which gradients differ from the slopes, and how many entries were compared."""
    differs: dict[Quantity, Difference] = {}
    pairs: dict[Quantity, tuple[Array, Array]] = {}
    for q, (places, slope) in slopes.items():
        if q not in gradients:
            continue
        given, shape = np.asarray(gradients[q], np.float64), np.shape(exam.array(*q.parameter))
        if given.shape == shape or (q.kind == "db" and given.size == np.prod(shape)):
            pairs[q] = given.ravel()[places], slope
        else:
            differs[q] = Difference(1, 1, np.inf, None)
    largest = max((float(np.fmax.reduce(np.abs(slope))) for _, slope in pairs.values()), default=0.0)
    limits = precision(exam)
    for q, (own, slope) in pairs.items():
        sizes = np.maximum(np.abs(own) + np.abs(slope), max(limits.small * largest, 1e-9))
        errors = np.abs(own - slope) / sizes
        differing = int(np.sum(~(errors <= limits.tolerance)))
        # a score that lies at a kink of ReLU makes single entries differ: that is no fault
        if differing > 0.1 * len(errors):
            differs[q] = Difference(differing, len(errors), float(errors.max()), factor(own, slope))
    return differs, sum(len(slope) for _, slope in pairs.values())
