"""The loss: which known one the user's function computes, or, where there is none, which one the gradients are of."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import Arrays, is_array, with_arrays
from pellucid.analysis.doctor.available_values import AvailableValues
from pellucid.analysis.doctor.candidates import LOSSES
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import Quantity, meaning
from pellucid.analysis.doctor.reference_network import factor
from pellucid.analysis.doctor.sandbox import CallResult
from pellucid.core.arrays import Array


@dataclass(frozen=True)
class KnownLoss:
    """A loss: ``scale`` times the sum over samples and outputs of the candidate ``name``; 1/m makes it a mean.

    ``decay`` / 2 times the sum of all squared weights is added: L2 regularisation. ``own`` says that the user's loss
    function computes it: else it is a candidate, of which the gradients may be.
    """

    name: str
    scale: float
    decay: float = 0.0
    own: bool = False

    def __str__(self) -> str:
        return f"{self.name} with L2" if self.decay else self.name

    @property
    def known(self) -> bool:
        """Whether it is one of the candidates: else all that is known are its slopes."""
        return self.name in LOSSES


OWN = KnownLoss("your loss", 1.0, own=True)  # one that is none of the candidates


def as_number(value: Any) -> float | None:
    """A loss as one number: the mean, where a user's function returns one for each sample; the first of several."""
    if isinstance(value, tuple):
        value = next((part for part in value if is_array(part) and np.size(part) == 1), None)
    if not is_array(value) or np.size(value) == 0:
        return None
    return float(np.mean(value))


def own_loss(exam: Examination, form: Any, y: Array, available: AvailableValues) -> float:
    """What the user's loss function returns, not a number where it returns none."""
    number = as_number(exam.functions.call("loss", exam.with_targets(available, form, y)).value)
    return np.nan if number is None else number


def candidate_losses(exam: Examination, y: Array, result: CallResult) -> list[float]:
    """Every candidate loss of the output that the user's forward pass made."""
    out = exam.output_of(result)
    if out is None:
        return [np.nan] * len(LOSSES)
    a = exam.layout.to_rows(out)
    return [candidate.value(a, y) for candidate in LOSSES.values()]


def recognise(exam: Examination, y: Array, form: Any) -> KnownLoss:
    """The loss that the user's function computes, from its values at several parameters."""
    values, sizes, squares = [], [], []
    for scale in (0.7, 0.9, 1.0, 1.15, 1.3):
        parameters = with_arrays(exam.parameters, exam.paths, partial(_times, scale))
        available, result = exam.forward(parameters)
        if result.failure is not None:
            return OWN
        values.append(own_loss(exam, form, y, available))
        sizes.append(candidate_losses(exam, y, result))
        squares.append(sum(np.sum(np.square(array)) for q, array in exam.arrays(parameters).items() if q.kind == "W"))
    losses, halves = np.array(values), np.array(squares) / 2
    if not np.isfinite(losses).all():
        return OWN
    for decays, tolerance in ((False, 1e-4), (True, 1e-7)):
        for name, size in zip(LOSSES, np.array(sizes).T, strict=True):
            A = np.stack([size, halves], axis=1) if decays else size[:, np.newaxis]
            if not np.isfinite(A).all() or not size.any():
                continue
            found = np.linalg.lstsq(A, losses, rcond=None)[0]
            if found[0] > 0 and np.abs(A @ found - losses).max() <= tolerance * np.abs(losses).max():
                return KnownLoss(name, float(found[0]), float(found[1]) if decays else 0.0, own=True)
    return OWN


def _times(scale: float, _: Quantity, array: Any) -> Array:
    return np.asarray(scale * np.asarray(array))


def scales(exam: Examination) -> list[float]:
    """The factors with which a loss may be written: a sum or a mean, over the outputs too, halved or doubled."""
    m, k = exam.m, exam.sizes[-1]
    return list(dict.fromkeys(c / n / o for o in (1, k) for n in (m, 1) for c in (1.0, 0.5, 2.0)))


def candidates(exam: Examination, gradients: Arrays, slopes: dict[str, Arrays]) -> Iterator[KnownLoss]:
    """The losses of which the gradients may be, from whole slopes of each candidate: without and with L2."""
    named = {c for value in _named_decays(exam) for c in (value, value / exam.m, 2 * value)}
    for (name, of), scale in product(slopes.items(), scales(exam)):
        found = decays(exam, gradients, {q: scale * slope for q, slope in of.items()})
        yield from (KnownLoss(name, scale, decay) for decay in sorted({0.0, *found, *named}))


def decays(exam: Examination, gradients: Arrays, slopes: Arrays) -> set[float]:
    """The strengths of an L2 term, each of which explains how one dW differs from the slope."""
    found = set()
    for q, slope in slopes.items():
        if q.kind == "dW" and q in gradients and np.shape(gradients[q]) == np.shape(slope):
            c = factor(np.asarray(gradients[q]) - slope, np.asarray(exam.array(*q.parameter)))
            found |= {c} if c is not None and c > 1e-9 else set()
    return found


def _named_decays(exam: Examination) -> list[float]:
    """The values of names such as lambd and reg, and the one that backward is handed if it takes such an argument."""
    names = exam.functions.namespace.items()
    named = [float(v) for n, v in names if meaning(n) == "L2 strength" and isinstance(v, int | float) and 0 < v < 1e3]
    handed = exam.functions.takes("backward", "L2 strength")
    return [*named, exam.available.by_meaning["L2 strength"]] if handed else named
