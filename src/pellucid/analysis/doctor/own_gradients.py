"""Where an optimiser makes the moves: the gradients among the arrays of a turn, told by the slopes of a loss."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import Path
from pellucid.analysis.doctor.own_losses import Key, Loss, is_called_loss, is_ordinary
from pellucid.analysis.doctor.own_slopes import Fit, Measured, alike, factor, fit_of, slopes_along
from pellucid.analysis.doctor.own_state import leaves
from pellucid.analysis.doctor.own_turn import Seen, Turn
from pellucid.core.arrays import Array

MOST_TRIED = 5  # losses of which gradients are looked for in the second step, too

Gradients = dict[Path, tuple[Key, bool]]  # where each gradient is among the arrays of a turn, and whether as a sum
Place = tuple[Key, bool, float]  # an array of the turn, whether as a sum over its calls, and the factor to the slopes


@dataclass
class Found:
    """The loss of which gradients are among the arrays of a turn, and where; not all of them need be its slopes."""

    fit: Fit  # of minus the gradients, as if each of them were a move
    gradients: Gradients
    along: dict[Path, Array]  # minus the gradients along the directions

    @property
    def is_whole(self) -> bool:
        """Whether each gradient is a multiple of the slopes, all by one factor."""
        return len(self.fit.right) == len(self.gradients)


@dataclass
class _Reading:
    """A loss, and the arrays that are multiples of its slopes, by the parameters that have one."""

    key: Key
    exact: dict[Path, list[Place]]
    missing: list[Path]
    sized: int  # how many of the exact ones are no single numbers

    @property
    def rank(self) -> tuple[bool, int, bool]:
        """The likelier one comes first."""
        return not self.missing, self.sized, not is_ordinary(self.key)


def by_gradients(turn: Turn, measured: Measured, losses: dict[Key, Loss], seen: Seen) -> Found | None:
    """The loss of which most gradients are among the arrays of the turn: one of the file's own before others.

    A parameter whose gradient is not there has another array where that should be: beside the others' gradients.
    """
    if sum(value.size > 1 for value in measured.start.values()) < 2:
        return None  # of a single number every number is a multiple
    readings = [reading for key in losses for reading in _readings(measured, key, seen)]
    for reading in sorted(readings, key=lambda reading: reading.rank, reverse=True)[:MOST_TRIED]:
        chosen = _of_second_step(turn, measured, losses[reading.key], reading)
        if not chosen:
            continue
        gradients = {path: place[:2] for path, place in chosen.items()}
        beside = {path: place for path in reading.missing if (place := _beside(path, gradients, measured, seen))}
        if len(beside) == len(reading.missing):
            gradients |= beside
            along = {path: -_shadow(seen, place, measured.along[path]) for path, place in gradients.items()}
            slopes = measured.slopes[reading.key]
            factors = {path: factor(minus, slopes[path]) for path, minus in along.items()}
            return Found(Fit(reading.key, factors, -next(iter(chosen.values()))[2]), gradients, along)
    return None


def _readings(measured: Measured, key: Key, seen: Seen) -> Iterator[_Reading]:
    """The factors that arrays of the turn have to the slopes of a loss, each with the parameters that have one."""
    slopes, matter = measured.slopes[key], fit_of(measured, key).factors
    sized = [path for path in matter if measured.start[path].size > 1]
    if len(sized) < 2:
        return
    places = {path: list(_places_of(seen, measured.along[path], slopes[path])) for path in matter}
    shares = {c for path in sized for *_, c in places[path]}
    whole = [c for c in shares if all(any(alike(d, c) for *_, d in some) for some in places.values())]
    partly = [[c] for c in shares] if is_called_loss(key) or is_ordinary(key) else []
    for common in [whole] if whole else partly:  # an average of gradients may have another factor than these have
        exact = {path: [p for p in some if any(alike(p[2], c) for c in common)] for path, some in places.items()}
        there = {path: some for path, some in exact.items() if some}
        yield _Reading(key, there, [path for path in matter if path not in there], len(there.keys() & set(sized)))


def _places_of(seen: Seen, along: Array, slopes: Array) -> Iterator[Place]:
    """The arrays of a turn that are a multiple of the slopes."""
    for key, arrays in seen.items():
        if arrays.shape[1:] != along.shape[1:] or arrays.dtype.kind != "f" or not np.isfinite(arrays).all():
            continue
        for summed in (True, False)[: len(arrays)]:
            c = factor(_shadow(seen, (key, summed), along), slopes)
            if c:
                yield key, summed, c
                break


def _shadow(seen: Seen, place: tuple[Key, bool], along: Array) -> Array:
    """An array of the turn along a parameter's directions."""
    arrays, summed = seen[place[0]], place[1]
    array = arrays.sum(axis=0) if summed else arrays[-1]
    return np.array([np.sum(array * direction) for direction in along])


def _of_second_step(turn: Turn, measured: Measured, loss: Loss, reading: _Reading) -> dict[Path, Place]:
    """The arrays that are gradients in the second step, too: averages of them are multiples in the first alone."""
    second, found = turn.next(measured.start), dict[Path, Place]()
    start, (_, seen) = leaves(second.state), second.run({})
    for path, known in reading.exact.items():
        slopes = slopes_along(second, {path: start[path]}, path, measured.along[path], {reading.key: loss})[0]
        again = {place[:2]: place[2] for place in _places_of(seen, measured.along[path], slopes)}
        same = [place for place in known if place[:2] in again and alike(again[place[:2]], place[2])]
        if same or not reading.missing:
            found[path] = (same or known)[0]
    return found


def _beside(path: Path, gradients: Gradients, measured: Measured, seen: Seen) -> tuple[Key, bool] | None:
    """Where a parameter's gradient should be, as the way from another parameter to its gradient tells: dW1 for W1."""
    for other, (key, summed) in gradients.items():
        changed = [(old, new) for old, new in zip(other, path, strict=False) if old != new]
        place = tuple(_renamed(part, changed) for part in key)
        alike_else = len(other) == len(path) and place != key and place in seen
        if alike_else and seen[place].shape[1:] == measured.start[path].shape:
            return place, summed
    return None


def _renamed(part: Any, changed: list[tuple[Any, Any]]) -> Any:
    """A part of a way with the names and numbers of another parameter: dW1 for dW2, where W1 stands for W2."""
    for old, new in changed:
        if part == old:
            return new
        if isinstance(part, str) and isinstance(old, str) and old in part:
            return part.replace(old, str(new))
    return part
