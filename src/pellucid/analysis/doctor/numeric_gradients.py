"""Numeric gradients: central differences of the user's own loss, and which of the user's gradients differ from them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.loss import as_number
from pellucid.analysis.doctor.naming import Arrays, Quantity, at, replaced
from pellucid.core.arrays import AnyArray, Array

ENTRIES = 40  # of each array are compared with differences of the loss

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


def numeric_gradients(exam: Examination, form: Any, y: Array) -> Slopes:
    """(L(θ + h) − L(θ − h)) / 2h of the user's loss L, for some entries of each parameter."""
    rng, h = np.random.default_rng(0), precision(exam).step
    slopes: Slopes = {}
    for q, path in sorted(exam.paths.items()):
        array = np.asarray(at(exam.parameters, path), np.float64)
        places = rng.choice(array.size, min(array.size, ENTRIES), replace=False)
        losses = np.full((len(places), 2), np.nan)
        for k, place in enumerate(places):
            for side, step in enumerate((h, -h)):
                changed = array.copy()
                changed.flat[place] += step
                available, result = exam.forward(replaced(exam.parameters, path, changed))
                if result.failure is not None:
                    return slopes
                loss = as_number(exam.functions.call("loss", exam.with_targets(available, form, y)).value)
                losses[k, side] = np.nan if loss is None else loss
        slopes[q.gradient] = places, (losses[:, 0] - losses[:, 1]) / (2 * h)
    return slopes


def compare(exam: Examination, gradients: Arrays, slopes: Slopes) -> tuple[dict[Quantity, tuple[int, int, float]], int]:
    """Which gradients differ from the slopes: (entries that differ, entries compared, largest error); and how many
    entries were compared.
    """
    differs: dict[Quantity, tuple[int, int, float]] = {}
    pairs: dict[Quantity, tuple[Array, Array]] = {}
    for q, (places, slope) in slopes.items():
        if q not in gradients:
            continue
        given, shape = np.asarray(gradients[q], np.float64), np.shape(exam.array(*q.parameter))
        if given.shape == shape or (q.kind == "db" and given.size == np.prod(shape)):
            pairs[q] = given.ravel()[places], slope
        else:
            differs[q] = (1, 1, np.inf)
    largest = max((float(np.fmax.reduce(np.abs(slope))) for _, slope in pairs.values()), default=0.0)
    limits = precision(exam)
    for q, (own, slope) in pairs.items():
        sizes = np.maximum(np.abs(own) + np.abs(slope), max(limits.small * largest, 1e-9))
        errors = np.abs(own - slope) / sizes
        differing = int(np.sum(~(errors <= limits.tolerance)))
        # a score that lies at a kink of ReLU makes single entries differ: that is no fault
        if differing > 0.1 * len(errors):
            differs[q] = (differing, len(errors), float(errors.max()))
    return differs, sum(len(slope) for _, slope in pairs.values())
