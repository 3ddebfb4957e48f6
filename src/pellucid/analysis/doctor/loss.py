"""Which loss a user's function computes, told from its values; and the slope dLoss/da that belongs to it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import at, replaced
from pellucid.analysis.doctor.probe import scalar
from pellucid.core.arrays import Array

NAMES = {"ce": "cross-entropy", "bce": "binary cross-entropy", "se": "squared error"}


@dataclass(frozen=True)
class KnownLoss:
    """A loss: ``scale`` times the sum over samples and outputs of what ``name`` says; 1/m makes it a mean."""

    name: str  # ce, bce or se
    scale: float


def value(name: str, a: Array, y: Array) -> float:
    """The loss summed over samples and outputs: a, y (m, outputs).

    >>> value("se", np.array([[1.0, 2.0]]), np.array([[0.0, 0.0]]))
    5.0
    """
    with np.errstate(all="ignore"):
        if name == "se":
            return float(((a - y) ** 2).sum())
        log = np.log(np.clip(a, 1e-300, None))
        if name == "ce":
            return float(-(y * log).sum())
        return float(-(y * log + (1 - y) * np.log(np.clip(1 - a, 1e-300, None))).sum())


def slope_of(name: str, a: Array, y: Array) -> Array:
    """Its derivative by a, (m, outputs)."""
    with np.errstate(all="ignore"):
        if name == "se":
            return 2 * (a - y)
        return -y / a if name == "ce" else (a - y) / (a * (1 - a))


def recognise(exam: Examination, y: Array, form: Any) -> KnownLoss | None:
    """The loss that the user's function computes, from its values at several parameters; None for another one."""
    ratios: dict[str, list[float]] = {name: [] for name in NAMES}
    for spread in (0.7, 1.0, 1.3):
        available, result = exam.forward(_scaled(exam, spread))
        out = None if result.failure is not None else exam.output_of(result)
        if out is None:
            return None
        result = exam.functions.call("loss", available.extended(y=form, one_hot=exam.layout.own(y)))
        loss = None if result.failure is not None else scalar(result.value)
        if loss is None or not np.isfinite(loss):
            return None
        a = exam.layout.rows(out)
        for name in NAMES:
            size = value(name, a, y)
            ratios[name].append(loss / size if size and np.isfinite(size) else np.nan)
    for name, found in ratios.items():
        middle = found[1]
        if np.isfinite(found).all() and middle > 0 and np.ptp(found) <= 1e-4 * middle:
            return KnownLoss(name, middle)
    return None


def _scaled(exam: Examination, by: float) -> Any:
    value = exam.parameters
    for path in exam.paths.values():
        value = replaced(value, path, np.asarray(at(exam.parameters, path)) * by)
    return value
