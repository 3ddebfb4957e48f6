"""Slopes of losses by the parameters of a turn, and how the parameters move along them.

Slopes are central differences (L(θ + hd) − L(θ − hd)) / 2h along random directions d, in all entries of a parameter at
once.
"""

from dataclasses import dataclass, replace

import numpy as np

from pellucid.analysis.doctor.arrays import Path
from pellucid.analysis.doctor.own_losses import Key, Loss, is_called_loss, is_ordinary
from pellucid.analysis.doctor.own_state import Leaves
from pellucid.analysis.doctor.own_turn import Turn
from pellucid.core.arrays import AnyArray, Array

DIRECTIONS = 4  # along which each parameter is moved
STEP = 1e-5  # of the size of a parameter
SMALLER = (1e-6, 1e-7)
MOVED = 0.1  # of its size, by which it is moved off zeros and kinks
FARTHER = 0.3  # and farther, where it is seen whether a factor holds
TOLERANCE = 1e-4  # of the move; a slope by differences is exact to some 1e-8


@dataclass
class Measured:
    """Slopes along the directions: of each candidate loss by each parameter, and what the parameters do there."""

    slopes: dict[Key, dict[Path, Array]]
    moves: dict[Path, Array]
    sizes: dict[Path, Array]  # of the parameter itself along the directions
    along: dict[Path, Array]  # the directions
    whole: Leaves  # the moves themselves
    start: Leaves  # the parameters


def size(value: AnyArray) -> float:
    """The root mean square; 1 where all is 0."""
    return float(np.sqrt(np.mean(value**2))) or 1.0


def measure(turn: Turn, start: Leaves, moves: Leaves, losses: dict[Key, Loss], rng: np.random.Generator) -> Measured:
    """The slopes of each loss by each parameter that has moved, from these parameters."""
    measured = Measured({key: {} for key in losses}, {}, {}, {}, moves, start)
    for path, move in moves.items():
        value = start[path]
        along = rng.normal(size=(DIRECTIONS if value.size > 1 else 1, *value.shape))
        for key, slopes in zip(losses, slopes_along(turn, start, path, along, losses), strict=True):
            measured.slopes[key][path] = slopes
        measured.moves[path] = np.array([np.sum(move * direction) for direction in along])
        measured.sizes[path] = np.array([np.sum(value * direction) for direction in along])
        measured.along[path] = along
    return measured


def slopes_along(
    turn: Turn, start: Leaves, path: Path, along: Array, losses: dict[Key, Loss], step: float = STEP
) -> Array:
    """Central differences (losses, directions) along directions of one parameter, from these parameters."""
    value = start[path]
    h = step * max(size(value), 0.01)
    slopes = []
    for direction in along:
        seen = [turn.run({**start, path: value + way * direction})[1] for way in (h, -h)]
        slopes.append([(loss(seen[0]) - loss(seen[1])) / (2 * h) for loss in losses.values()])
    return np.array(slopes).T


@dataclass
class Fit:
    """How the parameters move along the slopes of one loss: each by which factor, None where by no factor."""

    key: Key
    factors: dict[Path, float | None]
    chosen: float | None = None  # of the factors that several have

    @property
    def shared(self) -> list[float]:
        """The factors that several of them have, what most have first; where there is but one, its own."""
        known = sorted(c for c in self.factors.values() if c is not None and c != 0)
        counts = {c: sum(alike(c, other) for other in known) for c in known}
        found: list[float] = []
        for c in sorted(known, key=lambda c: -counts[c]):
            several = counts[c] > 1 or len(self.factors) == 1
            if several and not any(alike(c, other) for other in found):
                found.append(c)
        return found

    @property
    def common(self) -> float:
        """The factor that most of them have; 0 where no two have the same."""
        return self.chosen if self.chosen is not None else next(iter(self.shared), 0.0)

    @property
    def right(self) -> list[Path]:
        """The parameters that move by the common factor."""
        common = self.common
        return [path for path, c in self.factors.items() if c is not None and common != 0 and alike(c, common)]


def alike(one: float, other: float) -> bool:
    """Whether two factors are the same, as far as differences tell."""
    return abs(one - other) <= 10 * TOLERANCE * abs(other)


def factor(values: Array, slopes: Array) -> float | None:
    """The c with which values are c times slopes."""
    square = float(slopes @ slopes)
    c = float(values @ slopes) / square if square > 0 else 0.0
    return c if np.linalg.norm(values - c * slopes) <= TOLERANCE * np.linalg.norm(values) else None


def fit_of(measured: Measured, key: Key) -> Fit:
    """How the parameters that matter to a loss move along its slopes."""
    slopes = measured.slopes[key]
    largest = max((float(np.linalg.norm(s)) for s in slopes.values()), default=0.0)
    # what the loss does not depend on is no parameter, and a number that depends on itself is no loss
    matter = [p for p, s in slopes.items() if np.isfinite(s).all() and np.linalg.norm(s) > 1e-7 * largest and p != key]
    return Fit(key, {path: factor(measured.moves[path], slopes[path]) for path in matter})


def fits_of(measured: Measured, key: Key, rates: list[float]) -> list[Fit]:
    """The same for each of the factors that several have, or that one has and the file's learning rate explains."""
    fit = fit_of(measured, key)
    usual = [-share * rate for rate in rates for share in (0.5, 1.0, 2.0)]  # of a square halved, or not
    alone = [c for path, c in fit.factors.items() if c is not None and measured.start[path].size > 1]
    explained = [c for c in alone if any(alike(c, one) for one in usual)]
    return [replace(fit, chosen=c) for c in fit.shared or explained]


def closer(turn: Turn, measured: Measured, fit: Fit, loss: Loss) -> Fit:
    """The fit, with smaller differences for the parameters that are in no ratio: a large one may pass kinks of ReLU."""
    factors = dict(fit.factors)
    for path, c in fit.factors.items():
        for step in SMALLER if c is None else ():
            slopes = slopes_along(turn, measured.start, path, measured.along[path], {fit.key: loss}, step)[0]
            found = factor(measured.moves[path], slopes)
            if found is not None and alike(found, fit.common):
                factors[path], measured.slopes[fit.key][path] = found, slopes
    return Fit(fit.key, factors, fit.common)


def rank(fit: Fit) -> tuple[bool, int, bool, bool]:
    """The likelier loss comes first: more moves downhill along it; it is called one; the file computes it itself."""
    return fit.common < 0, len(fit.right), is_called_loss(fit.key), not is_ordinary(fit.key)


def tells(fit: Fit, measured: Measured) -> bool:
    """Whether several parameters move by one factor, or one that is no single number; upward along a loss alone."""
    several = len(fit.right) > 1 or (len(fit.right) == 1 and measured.start[fit.right[0]].size > 1)
    return several and (fit.common < 0 or is_called_loss(fit.key) or is_ordinary(fit.key))


def holds(turn: Turn, measured: Measured, fit: Fit, loss: Loss) -> bool:
    """Whether the factor is the same at other parameters: of one sample and one output it is shared by any function."""
    rng, path = np.random.default_rng(1), max(fit.right, key=lambda path: measured.start[path].size)
    start = {p: value + FARTHER * size(value) * rng.normal(size=value.shape) for p, value in measured.start.items()}
    after, _ = turn.run(start)
    along = rng.normal(size=(1, *start[path].shape))
    slope = slopes_along(turn, start, path, along, {fit.key: loss}).item()
    move = float(np.sum((after[path] - start[path]) * along))
    return slope != 0 and abs(move - fit.common * slope) <= TOLERANCE * abs(move)
