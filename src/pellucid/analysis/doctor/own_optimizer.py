"""Steps beyond plain descent: an optimiser's first step, and gradients that are kept from the step before."""

import ast

import numpy as np

from pellucid.analysis.doctor.arrays import Path
from pellucid.analysis.doctor.naming import meaning
from pellucid.analysis.doctor.own_losses import Key, Loss, is_ordinary, name_of_key
from pellucid.analysis.doctor.own_slopes import DIRECTIONS, Fit, Measured, factor, fit_of, slopes_along
from pellucid.analysis.doctor.own_state import leaves
from pellucid.analysis.doctor.own_turn import Seen, Turn
from pellucid.core.arrays import Array

ABOUT = 0.05  # of a step's size: what the small ε of an optimiser may change
RATE = "learning rate"


def rates_in(seen: Seen) -> list[float]:
    """The numbers that the file calls a learning rate."""
    found = {key: values[-1] for key, values in seen.items() if values[-1].size == 1}
    return [float(value.item()) for key, value in found.items() if meaning(name_of_key(key)) == RATE]


def rule_of(turn: Turn, measured: Measured, seen: Seen, right: list[Path]) -> bool | None:
    """Whether the first step has the size that an optimiser's first step has, the same in every entry.

    Adam's is the learning rate η, and η(1 − β₁) / √(1 − β₂) without its bias correction; Adagrad's is η, RMSprop's
    η / √(1 − ρ). None where the file names no learning rate.
    """
    parts = ast.walk(turn.file.tree)
    shares = {1 - part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, float)}
    shares = {share for share in shares if 0 < share < 0.5}
    sizes = [1.0, *(one / np.sqrt(other) for one in (1.0, *shares) for other in shares)]
    rates = rates_in(seen)
    for path in right:
        moves = np.abs(measured.whole[path][measured.whole[path] != 0])
        size = float(np.median(moves)) if moves.size else 0.0
        if not moves.size or np.mean(np.abs(moves - size) < ABOUT * size) < 1 - 2 * ABOUT:
            return False
        if not rates:
            return None
        if not any(abs(size - rate * known) < ABOUT * size for rate in rates for known in sizes):
            return False
    return True


def accumulates(turn: Turn, measured: Measured, fit: Fit, loss: Loss) -> bool:
    """Whether the second step holds the whole gradient of the first: a momentum keeps a part of it alone."""
    path = max(fit.right, key=lambda path: measured.start[path].size)
    second, along = turn.next(measured.start), measured.along[path]
    if len(along) < DIRECTIONS:
        return False  # of a single number nothing can be told apart
    start = leaves(second.state)[path]
    after, _ = second.run({})
    moves = np.array([np.sum((after[path] - start) * direction) for direction in along])
    slopes = slopes_along(second, {path: start}, path, along, {fit.key: loss})[0]
    both = np.stack([slopes, measured.slopes[fit.key][path]], axis=1)
    if not np.isfinite(both).all():
        return False  # a loss that is computed every hundredth turn alone
    shares = np.linalg.lstsq(both, moves / fit.common, rcond=None)[0]
    return bool(np.allclose(shares, 1.0, atol=1e-3))


def by_gradients(measured: Measured, losses: dict[Key, Loss], seen: Seen) -> tuple[Key, list[Path]] | None:
    """The loss of which every gradient is among the arrays of the turn: one of the file's own before others."""
    found = None
    for key in losses:
        slopes, matter = measured.slopes[key], fit_of(measured, key).factors
        fit = Fit(key, {path: _gradient_factor(seen, measured.along[path], slopes[path]) for path in matter})
        right = [path for path in fit.right if measured.start[path].size > 1]
        if len(right) > 1 and len(right) == len(fit.factors):
            if not is_ordinary(key):
                return key, right
            found = found or (key, right)
    return found


def _gradient_factor(seen: Seen, along: Array, slopes: Array) -> float | None:
    """The factor between an array of the turn and the slopes, of the first that is a multiple of them."""
    shape = along.shape[1:]
    for arrays in seen.values():
        if arrays.shape[1:] != shape or arrays.dtype.kind != "f" or not np.isfinite(arrays).all():
            continue
        for array in (arrays.sum(axis=0), arrays[-1]):
            c = factor(np.array([np.sum(array * direction) for direction in along]), slopes)
            if c:
                return c
    return None
