"""Steps beyond plain descent: which optimiser makes them, and gradients that are kept from the step before.

An optimiser is told by its first steps: its rule is applied to the file's own gradients, with the numbers that the file
has for η and the β, and must give the moves that the file makes.
"""

import ast
import re
from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from pellucid.analysis.doctor.arrays import Path
from pellucid.analysis.doctor.naming import meaning
from pellucid.analysis.doctor.own_gradients import Gradients
from pellucid.analysis.doctor.own_losses import Loss, name_of_key
from pellucid.analysis.doctor.own_slopes import DIRECTIONS, Fit, Measured, factor, slopes_along
from pellucid.analysis.doctor.own_state import leaves
from pellucid.analysis.doctor.own_turn import Seen, Turn
from pellucid.core.arrays import Array

ABOUT = 0.02  # of a move's size: what the small ε of an optimiser may change
SMALL = 1e-3  # the largest ε
FEW = 0.1  # of the numbers, whose gradients may be so small that ε decides
STEPS = 4  # that are compared: the first one alone does not show how t is counted, and what is kept
RATE = "learning rate"
Rule = Callable[[list[Array], float, float], list[Array]]  # of gradients, η and ε: the moves, both without their signs


def rates_in(seen: Seen) -> list[float]:
    """The numbers that the file calls a learning rate."""
    found = {key: values[-1] for key, values in seen.items() if values[-1].size == 1}
    return [float(value.item()) for key, value in found.items() if meaning(name_of_key(key)) == RATE]


def _adam(b1: float, b2: float, by: tuple[float, float], *, counted: bool = True) -> Rule:
    """Adam (Kingma and Ba 2015), its averages corrected ``by`` 1 − β₁ᵗ and 1 − β₂ᵗ: by 0 not at all."""

    def moves(gradients: list[Array], rate: float, eps: float) -> list[Array]:
        m = v = np.zeros_like(gradients[0])
        made: list[Array] = []
        for k, g in enumerate(gradients, 1):
            t = k if counted else 1
            m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
            made.append(np.asarray(rate * m / (1 - by[0] ** t) / _root(v / (1 - by[1] ** t), eps)))
        return made

    return moves


def _root(square: Array, eps: float) -> Array:
    """√v + ε; with −ε the other way to write it, √(v + ε)."""
    return np.asarray(np.sqrt(square) + eps if eps >= 0 else np.sqrt(square - eps))


def _adagrad(gradients: list[Array], rate: float, eps: float) -> list[Array]:
    totals = np.cumsum(np.square(gradients), 0)
    return [np.asarray(rate * g / _root(total, eps)) for g, total in zip(gradients, totals, strict=True)]


def _adamax(b1: float, b2: float) -> Rule:
    def moves(gradients: list[Array], rate: float, _: float) -> list[Array]:
        m = u = np.zeros_like(gradients[0])
        made: list[Array] = []
        for t, g in enumerate(gradients, 1):
            m, u = b1 * m + (1 - b1) * g, np.maximum(b2 * u, np.abs(g))
            made.append(np.asarray(rate / (1 - b1**t) * m / u))
        return made

    return moves


def _rules(shares: list[float], *, counts: bool) -> Iterator[tuple[str, Rule]]:
    """The rules with the file's own numbers, each with what is wrong with it; the right ones first.

    ``counts``: t may stay the same from turn to turn, since a loop around this one counts it.
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
        yield "" if counts or not b1 else still, _adam(b1, b2, (b1, b2), counted=False)


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
    small = [value for value in floats if 0 < value <= SMALL][:2]
    for fault, rule in _rules(shares, counts=not alone and _has_power(turn.file.tree)):
        for rate, eps in product(rates, [0.0, *small, *(-value for value in small)]):
            if all(_same(rule(taken[path], rate, eps), moves[path]) for path in taken):
                return not fault, fault
    return any(_is_clipped(taken, moves, rate) for rate in rates), ""


def _has_power(tree: ast.Module) -> bool:
    """Whether a file raises numbers to powers that it computes: β ** t, or 1 - power, and power *= β elsewhere."""
    text = ast.unparse(tree)
    products: list[ast.expr] = [node.target for node in ast.walk(tree) if isinstance(node, ast.AugAssign)]
    products += [node.targets[0] for node in ast.walk(tree) if isinstance(node, ast.Assign)
                 and isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.Mult)]  # fmt: skip
    powers = [node.right for node in ast.walk(tree) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)]
    return (
        bool(re.search(r"\bpow(er)?\(", text))
        or any(f"1 - {ast.unparse(target)}" in text for target in products)
        or any(not isinstance(power, ast.Constant) for power in powers)
    )


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
    second = turn.next(measured.start)
    start = leaves(second.state)
    after, _ = second.run({})
    moves, slopes, before = list[float](), list[float](), list[float]()
    for path in sorted(fit.right, key=lambda path: -measured.start[path].size):
        along = measured.along[path]
        moves += [float(np.sum((after[path] - start[path]) * direction)) for direction in along]
        slopes += list(slopes_along(second, {path: start[path]}, path, along, {fit.key: loss})[0])
        before += list(measured.slopes[fit.key][path])
        if len(moves) >= DIRECTIONS:
            break  # of a single number nothing can be told apart
    both = np.stack([slopes, before], axis=1)
    if len(moves) < DIRECTIONS or not np.isfinite(both).all():
        return False  # a loss that is computed every hundredth turn alone
    shares = np.linalg.lstsq(both, np.asarray(moves) / fit.common, rcond=None)[0]
    return bool(np.allclose(shares, 1.0, atol=1e-3))
