"""Steps beyond plain descent: which optimiser makes them, and gradients that are kept from the step before.

An optimiser is told by its first steps: its rule is applied to the file's own gradients, with the numbers that the file
has for η and the β, and must give the moves that the file makes.
"""

import ast
from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from pellucid.analysis.doctor.arrays import Path
from pellucid.analysis.doctor.naming import meaning
from pellucid.analysis.doctor.own_losses import Key, Loss, is_ordinary, name_of_key
from pellucid.analysis.doctor.own_slopes import DIRECTIONS, Fit, Measured, alike, factor, fit_of, slopes_along
from pellucid.analysis.doctor.own_state import leaves
from pellucid.analysis.doctor.own_turn import Seen, Turn
from pellucid.core.arrays import Array

ABOUT = 0.02  # of a move's size: what the small ε of an optimiser may change
FEW = 0.1  # of the numbers, whose gradients may be so small that ε decides
STEPS = 4  # that are compared: the first one alone does not show how t is counted, and what is kept
RATE = "learning rate"
Rule = Callable[[list[Array], float], list[Array]]  # from the gradients and η to the moves, both without their signs
Gradients = dict[Path, tuple[Key, bool]]  # where each gradient is among the arrays of a turn, and whether as a sum


def rates_in(seen: Seen) -> list[float]:
    """The numbers that the file calls a learning rate."""
    found = {key: values[-1] for key, values in seen.items() if values[-1].size == 1}
    return [float(value.item()) for key, value in found.items() if meaning(name_of_key(key)) == RATE]


def _adam(b1: float, b2: float, by: tuple[float, float], *, counted: bool = True) -> Rule:
    """Adam (Kingma and Ba 2015), its averages corrected ``by`` 1 − β₁ᵗ and 1 − β₂ᵗ: by 0 not at all."""

    def moves(gradients: list[Array], rate: float) -> list[Array]:
        m = v = np.zeros_like(gradients[0])
        made: list[Array] = []
        for k, g in enumerate(gradients, 1):
            t = k if counted else 1
            m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
            made.append(np.asarray(rate * m / (1 - by[0] ** t) / np.sqrt(v / (1 - by[1] ** t))))
        return made

    return moves


def _adagrad(gradients: list[Array], rate: float) -> list[Array]:
    return [rate * g / np.sqrt(total) for g, total in zip(gradients, np.cumsum(np.square(gradients), 0), strict=True)]


def _adamax(b1: float, b2: float) -> Rule:
    def moves(gradients: list[Array], rate: float) -> list[Array]:
        m = u = np.zeros_like(gradients[0])
        made: list[Array] = []
        for t, g in enumerate(gradients, 1):
            m, u = b1 * m + (1 - b1) * g, np.maximum(b2 * u, np.abs(g))
            made.append(np.asarray(rate / (1 - b1**t) * m / u))
        return made

    return moves


def _rules(shares: list[float], *, alone: bool) -> Iterator[tuple[str, Rule]]:
    """The rules with the file's own numbers, each with what is wrong with it; the right ones first.

    ``alone``: no loop stands around this one, so that t must grow from turn to turn.
    """
    yield "", _adagrad
    pairs = [(b1, b2) for b1, b2 in product([0.0, *shares], shares) if b1 != b2]
    for b1, b2 in pairs:
        yield "", _adam(b1, b2, (b1, b2))
        yield "", _adam(b1, b2, (0.0, 0.0))
        yield "", _adamax(b1, b2)
    for b1, b2 in pairs:
        if b1:
            yield "Adam's v is corrected by 1 − β₁ᵗ, m's: v needs 1 − β₂ᵗ", _adam(b1, b2, (b1, b1))
            yield "Adam's m is corrected by 1 − β₂ᵗ, v's: m needs 1 − β₁ᵗ", _adam(b1, b2, (b2, b2))
            yield "Adam's corrections are swapped: m needs 1 − β₁ᵗ, v needs 1 − β₂ᵗ", _adam(b1, b2, (b2, b1))
        still = "Adam's count of steps t stays the same: every step is corrected as the first one is"
        yield still if alone and b1 else "", _adam(b1, b2, (b1, b2), counted=False)


def rule_of(
    turn: Turn, measured: Measured, seen: Seen, gradients: Gradients, *, alone: bool
) -> tuple[bool | None, str]:
    """Whether the first steps are those of a known optimiser, and what is wrong where a known mistake makes them.

    None where the file names no learning rate.
    """
    rates = list(dict.fromkeys(rates_in(seen)))
    if not rates:
        return None, ""
    taken, moves = _first_steps(turn, measured, gradients)
    parts = ast.walk(turn.file.tree)
    floats = {part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, float)}
    shares = sorted(value for value in floats if 0.5 < value < 1)[-5:]
    for fault, rule in _rules(shares, alone=alone):
        for rate in rates:
            if all(_same(rule(taken[path], rate), moves[path]) for path in taken):
                return not fault, fault
    return any(_is_clipped(taken, moves, rate) for rate in rates), ""


def _first_steps(turn: Turn, measured: Measured, gradients: Gradients) -> tuple[dict[Path, list[Array]], ...]:
    """Of each parameter the gradients of the first steps, and minus its moves."""
    taken: dict[Path, list[Array]] = {path: [] for path in gradients}
    moves: dict[Path, list[Array]] = {path: [] for path in gradients}
    before = {path: measured.start[path] for path in gradients}
    changes, step = dict(before), turn  # what the optimiser keeps is as the file has it
    for _ in range(STEPS):
        after, seen = step.run(changes)
        for path, (key, summed) in gradients.items():
            taken[path].append(np.asarray(seen[key].sum(axis=0) if summed else seen[key][-1], np.float64))
            moves[path].append(before[path] - after[path])
            before[path] = np.asarray(after[path], np.float64)
        step, changes = step.following(), {}
    return taken, moves


def _same(made: list[Array], moves: list[Array]) -> bool:
    """Whether a rule makes these moves, wherever the gradient is not so small that ε decides."""
    for one, other in zip(made, moves, strict=True):
        known = np.isfinite(one)
        if not known.any() or np.mean(np.abs(one - other)[known] > ABOUT * np.abs(one)[known]) > FEW:
            return False
    return True


def _is_clipped(taken: dict[Path, list[Array]], moves: dict[Path, list[Array]], rate: float) -> bool:
    """Whether gradients are plainly followed, but clipped: all together to one norm, or each number to one size."""
    norms = []
    for k in range(STEPS):
        g = np.concatenate([np.ravel(taken[path][k]) for path in taken])
        move = np.concatenate([np.ravel(moves[path][k]) for path in taken]) / rate
        most = np.abs(move).max()
        share = factor(move, g)
        if share is not None and 0 < share <= 1 + 1e-6:
            norms += [np.linalg.norm(move)] if share < 1 - 1e-6 else []
        elif not np.allclose(move, np.clip(g, -most, most), rtol=1e-4):
            return False
    return not norms or bool(np.ptp(norms) <= 1e-3 * max(norms))


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


def by_gradients(turn: Turn, measured: Measured, losses: dict[Key, Loss], seen: Seen) -> tuple[Key, Gradients] | None:
    """The loss of which every gradient is among the arrays of the turn: one of the file's own before others."""
    found: tuple[Key, dict[Path, list[Place]]] | None = None
    if sum(value.size > 1 for value in measured.start.values()) < 2:
        return None  # of a single number every number is a multiple
    for key in losses:
        slopes, matter = measured.slopes[key], fit_of(measured, key).factors
        places = {path: list(_places_of(seen, measured.along[path], slopes[path])) for path in matter}
        sized = [some for path, some in places.items() if measured.start[path].size > 1]
        shared = [
            c
            for *_, c in (sized[0] if sized else [])
            if all(any(alike(d, c) for *_, d in some) for some in places.values())
        ]
        if len(sized) > 1 and shared:  # one factor in all of them; an average of gradients may have another one
            places = {path: [p for p in some if any(alike(p[2], c) for c in shared)] for path, some in places.items()}
            found = (key, places) if found is None or not is_ordinary(key) else found
            if not is_ordinary(key):
                break
    if found is None:
        return None
    return found[0], _of_second_step(turn, measured, found[0], losses[found[0]], found[1])


Place = tuple[Key, bool, float]  # an array of the turn, whether as a sum over its calls, and the factor to the slopes


def _places_of(seen: Seen, along: Array, slopes: Array) -> Iterator[Place]:
    """The arrays of a turn that are a multiple of the slopes."""
    shape = along.shape[1:]
    for key, arrays in seen.items():
        if arrays.shape[1:] != shape or arrays.dtype.kind != "f" or not np.isfinite(arrays).all():
            continue
        for summed, array in ((True, arrays.sum(axis=0)), (False, arrays[-1])):
            c = factor(np.array([np.sum(array * direction) for direction in along]), slopes)
            if c:
                yield key, summed, c
                break


def _of_second_step(turn: Turn, measured: Measured, key: Key, loss: Loss, places: dict[Path, list[Place]]) -> Gradients:
    """The arrays that are gradients in the second step, too: averages of them are multiples in the first alone."""
    second, found = turn.next(measured.start), Gradients()
    start, (_, seen) = leaves(second.state), second.run({})
    for path, known in places.items():
        slopes = slopes_along(second, {path: start[path]}, path, measured.along[path], {key: loss})[0]
        again = {place[:2]: place[2] for place in _places_of(seen, measured.along[path], slopes)}
        same = (place[:2] for place in known if place[:2] in again and alike(again[place[:2]], place[2]))
        found[path] = next(same, known[0][:2])
    return found
