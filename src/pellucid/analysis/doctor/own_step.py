"""The learner's own step, on the learner's own data: does each parameter move against the slope of the loss?

No name has to be understood for this. A parameter is what the first turn of a loop moves, and what the loss depends on;
the loss is the number in that turn along whose slope the parameters move, or an ordinary loss of two of its arrays. The
step is taken from slightly other parameters than the learner's, so that zeros hide nothing. Slopes are central
differences (L(θ + hd) − L(θ − hd)) / 2h along random directions d, in all entries of a parameter at once.
"""

import ast
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from pellucid.analysis.doctor.arrays import Path
from pellucid.analysis.doctor.naming import meaning, quantity
from pellucid.analysis.doctor.own_losses import (
    Key,
    Loss,
    called,
    candidate_losses,
    is_called_loss,
    is_ordinary,
    name_of_key,
)
from pellucid.analysis.doctor.own_pairs import out_of_step
from pellucid.analysis.doctor.own_run import run_to_first_step
from pellucid.analysis.doctor.own_state import Leaves, State, leaves
from pellucid.analysis.doctor.own_turn import Seen, Turn
from pellucid.analysis.doctor.role_names import is_called_as
from pellucid.analysis.doctor.user_file import UserFile
from pellucid.core.arrays import AnyArray, Array

DIRECTIONS = 4  # along which each parameter is moved
MOST_PARAMETERS = 60
MOST_FITS = 30  # that are tried at other parameters
SECONDS = 8.0  # that the comparison may take
STEP = 1e-5  # of the size of a parameter
NUDGE = 1e-3  # of it, by which it is seen what depends on a parameter
TOLERANCE = 1e-4  # of the move; a slope by differences is exact to some 1e-8
MOVED = 0.1  # of a parameter's size, by which it is moved off zeros and kinks

MUCH_ALIKE = 0.95  # the cosine of two losses' slopes, from which on they may be one loss and a penalty
ABOUT = 0.05  # of a step's size: what the small ε of an optimiser may change
SHOWN = ("absolute error",)  # losses that are often shown, whatever is minimised
RATE = "learning rate"
SAME = 1 - 1e-6  # the cosine of two losses' slopes, from which on they are one loss
ERROR = re.compile("err|fehler", re.IGNORECASE)  # what is called so may be a mean of distances, just to be shown


@dataclass
class OwnStep:
    """What the learner's own first step shows."""

    line: int  # of the loop
    loss: str  # against whose slope the parameters move
    own_loss: bool  # whether the file computes it itself
    right: list[str]  # the parameters that move against their slopes, all by one factor
    wrong: dict[str, str] = field(default_factory=dict)  # others: what they do in place of that
    kinds: dict[str, str] = field(default_factory=dict)  # dW or db of each
    by_gradients: bool = False  # the gradients were compared, not the moves: an optimiser makes these
    rule: bool | None = True  # whether the optimiser's step is as it should be; None where that cannot be told
    rate: float | None = None  # the factor
    rate_known: bool = False  # whether the file has this number as its learning rate
    out_of_step: tuple[int, int] | None = None  # samples with the labels of others, of how many
    has_other_loss: bool = False  # whether the file computes another loss itself
    states_other_loss: str = ""  # what it calls that, where it is another function


@dataclass
class _Measured:
    """Slopes along the directions: of each candidate loss by each parameter, and what the parameters do there."""

    slopes: dict[Key, dict[Path, Array]]
    moves: dict[Path, Array]
    sizes: dict[Path, Array]  # of the parameter itself along the directions
    along: dict[Path, Array]  # the directions
    whole: Leaves  # the moves themselves
    start: Leaves  # the parameters


def computes_loss(file: UserFile) -> bool:
    """Whether a function or method of the file is called a loss."""
    return any(isinstance(node, ast.FunctionDef) and is_called_as("loss", node.name) for node in ast.walk(file.tree))


def own_step(file: UserFile) -> OwnStep | None:
    """The first step of the file's own training, examined; None where none was found whose loss could be told."""
    found: list[OwnStep] = []

    def examine(turn: Turn, outer: list[State]) -> bool:
        step = _examine(turn, outer)
        found.extend([] if step is None else [step])
        return step is not None

    state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002  (the user's code draws from them)
    try:
        run_to_first_step(file, examine)
    finally:
        np.random.set_state(state)  # noqa: NPY002
        random.setstate(python_state)
    return found[0] if found else None


def _examine(turn: Turn, outer: list[State]) -> OwnStep | None:
    rng = np.random.default_rng(0)
    before = _numbers(leaves(turn.state))
    began = time.monotonic()
    after, seen = turn.run({})
    most = int(np.clip(SECONDS / (3 * DIRECTIONS * (time.monotonic() - began)), 4, MOST_PARAMETERS))
    moved = [path for path, value in before.items() if path in after and _moved(value, after[path])]
    if not moved:
        return None
    chosen = [moved[k] for k in np.linspace(0, len(moved) - 1, min(len(moved), most)).astype(int)]
    tried = {path: before[path] for path in [*chosen, *_still(before, moved)]}
    losses = candidate_losses(seen, turn.run(_nudged(tried, rng))[1], {path: after[path] for path in moved})
    matter = {
        path: v for path, v in tried.items() if losses and _matters(turn, path, _nudged({path: v}, rng), losses, seen)
    }
    start = {path: v + MOVED * _size(v) * rng.normal(size=v.shape) for path, v in matter.items()}
    if not start:
        return None
    after, seen = turn.run(start)
    kept = {path: value for path, value in start.items() if path in after and after[path].shape == value.shape}
    moves = {path: after[path] - value for path, value in kept.items()}
    measured = _measure(turn, kept, moves, losses, rng)
    step = _judged(turn, measured, losses, seen)
    if step is not None:
        step.has_other_loss = step.has_other_loss or (not step.own_loss and computes_loss(turn.file))
        step.out_of_step = out_of_step([*outer, turn.state], seen)
        step.kinds = {_label(path): _kind(path, value) for path, value in start.items()}
    return step


def _nudged(values: Leaves, rng: np.random.Generator) -> Leaves:
    """A little larger: what an optimiser keeps of squares stays above 0."""
    return {path: v + NUDGE * _size(v) * np.abs(rng.normal(size=v.shape)) for path, v in values.items()}


def _matters(turn: Turn, path: Path, nudged: Leaves, losses: dict[Key, Loss], seen: Seen) -> bool:
    """Whether a loss depends on what is nudged: on parameters, not on what an optimiser keeps."""
    if not losses:
        return False
    _, other = turn.run(nudged)
    return any(key != path and loss(other) != loss(seen) for key, loss in losses.items())


def _numbers(found: Leaves) -> Leaves:
    return {path: value.astype(np.float64) for path, value in found.items() if value.dtype.kind == "f"}


def _moved(before: AnyArray, after: AnyArray) -> bool:
    return before.shape == after.shape and bool(np.any(before != after)) and bool(np.isfinite(after).all())


def _size(value: AnyArray) -> float:
    return float(np.sqrt(np.mean(value**2))) or 1.0


def _still(before: Leaves, moved: list[Path]) -> Iterator[Path]:
    """What is called a weight or a bias, and stands beside those that are moved, but is not."""
    beside = {path[:-1] for path in moved}
    for path in before:
        q = quantity(str(path[-1]))
        if path not in moved and path[:-1] in beside and q is not None and q.kind in "Wb" and before[path].size > 1:
            yield path


def _measure(turn: Turn, start: Leaves, moves: Leaves, losses: dict[Key, Loss], rng: np.random.Generator) -> _Measured:
    measured = _Measured({key: {} for key in losses}, {}, {}, {}, moves, start)
    for path in moves:
        value = start[path]
        columns: list[list[float]] = []
        along = rng.normal(size=(DIRECTIONS if value.size > 1 else 1, *value.shape))
        for direction in along:
            h = STEP * max(_size(value), 0.01)
            sides = []
            for sign in (1, -1):
                _, seen = turn.run({**start, path: value + sign * h * direction})
                sides.append(np.array([loss(seen) for loss in losses.values()]))
            columns.append(list((sides[0] - sides[1]) / (2 * h)))
        for key, slopes in zip(losses, np.array(columns).T, strict=True):
            measured.slopes[key][path] = slopes
        measured.moves[path] = np.array([np.sum(moves[path] * direction) for direction in along])
        measured.sizes[path] = np.array([np.sum(value * direction) for direction in along])
        measured.along[path] = along
    return measured


@dataclass
class _Fit:
    """How the parameters move along the slopes of one loss: each by which factor, None where by no factor."""

    key: Key
    factors: dict[Path, float | None]

    @property
    def common(self) -> float:
        """The factor that most of them have; 0 where no two have the same."""
        known = sorted(c for c in self.factors.values() if c is not None and c != 0)
        counts = {c: sum(_alike(c, other) for other in known) for c in known}
        best = max(counts, key=lambda c: (counts[c], -c), default=0.0)
        return best if counts and (counts[best] > 1 or len(self.factors) == 1) else 0.0

    @property
    def right(self) -> list[Path]:
        """The parameters that move by the common factor."""
        common = self.common
        return [path for path, c in self.factors.items() if c is not None and common != 0 and _alike(c, common)]


def _alike(one: float, other: float) -> bool:
    return abs(one - other) <= 10 * TOLERANCE * abs(other)


def _factor(values: Array, slopes: Array) -> float | None:
    """The c with which values are c times slopes."""
    square = float(slopes @ slopes)
    c = float(values @ slopes) / square if square > 0 else 0.0
    return c if np.linalg.norm(values - c * slopes) <= TOLERANCE * np.linalg.norm(values) else None


def _fit(measured: _Measured, key: Key) -> _Fit:
    slopes = measured.slopes[key]
    largest = max((float(np.linalg.norm(s)) for s in slopes.values()), default=0.0)
    # what the loss does not depend on is no parameter, and a number that depends on itself is no loss
    matter = [p for p, s in slopes.items() if np.isfinite(s).all() and np.linalg.norm(s) > 1e-7 * largest and p != key]
    return _Fit(key, {path: _factor(measured.moves[path], slopes[path]) for path in matter})


def _judged(turn: Turn, measured: _Measured, losses: dict[Key, Loss], seen: Seen) -> OwnStep | None:
    fits = [fit for fit in (_fit(measured, key) for key in losses) if _tells(fit, measured)]
    fits.sort(
        key=lambda fit: (fit.common < 0, len(fit.right), is_called_loss(fit.key), is_ordinary(fit.key)), reverse=True
    )
    best = next((fit for fit in fits[:MOST_FITS] if _holds(turn, measured, fit, losses[fit.key])), None)
    if best is None:
        return _by_gradients(turn, measured, losses, seen)
    step = OwnStep(turn.line, called(best.key), not is_ordinary(best.key), [_label(path) for path in best.right])
    if best.common > 0:
        step.right, step.wrong = [], {_label(path): UPHILL for path in best.right}
    _add_wrong(step, measured, best, losses)
    if _accumulates(turn, measured, best, losses[best.key]):
        step.wrong = {_label(path): KEPT for path in best.right} | step.wrong
        step.right = []
    step.rate = abs(best.common)
    step.rate_known = step.own_loss and any(_alike(rate, step.rate) for rate in _rates(seen))
    step.has_other_loss, step.states_other_loss = _other_loss(turn, measured, best, losses)
    return step


def _rank(fit: _Fit) -> tuple[bool, int, bool, bool]:
    """The likelier loss comes first: more moves downhill along it; it is called one; it is an ordinary one."""
    return fit.common < 0, len(fit.right), is_called_loss(fit.key), is_ordinary(fit.key)


def _tells(fit: _Fit, measured: _Measured) -> bool:
    """Whether several parameters move by one factor, or one that is no single number; upward along a loss alone."""
    several = len(fit.right) > 1 or (len(fit.right) == 1 and measured.start[fit.right[0]].size > 1)
    return several and (fit.common < 0 or is_called_loss(fit.key) or is_ordinary(fit.key))


def _holds(turn: Turn, measured: _Measured, fit: _Fit, loss: Loss) -> bool:
    """Whether the factor is the same at other parameters: of one sample and one output it is shared by any function."""
    rng, path = np.random.default_rng(1), max(fit.right, key=lambda path: measured.start[path].size)
    start = {p: value + MOVED * _size(value) * rng.normal(size=value.shape) for p, value in measured.start.items()}
    after, _ = turn.run(start)
    direction, h = rng.normal(size=start[path].shape), STEP * max(_size(start[path]), 0.01)
    sides = [loss(turn.run({**start, path: start[path] + sign * h * direction})[1]) for sign in (1, -1)]
    slope, move = (sides[0] - sides[1]) / (2 * h), float(np.sum((after[path] - start[path]) * direction))
    return slope != 0 and _alike(move / slope, fit.common)


def _label(path: Path) -> str:
    """A parameter as the user writes it: self.W1, params["W1"], layers[0].weights."""
    text = str(path[1]) if path[0] in ("globals", "locals") else str(path[0])
    for part in path[2:]:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix("self.")


def _add_wrong(step: OwnStep, measured: _Measured, fit: _Fit, losses: dict[Key, Loss]) -> None:
    """The parameters that do not move as the others do, and what they do in place of that."""
    for path, c in fit.factors.items():
        if path in fit.right:
            continue
        moves, slopes, label = measured.moves[path], measured.slopes[fit.key][path], _label(path)
        several = measured.start[path].size > 1
        decay = _factor(moves - fit.common * slopes, fit.common * measured.sizes[path]) if several else None
        own = _penalty(measured, fit, path, losses) if decay is not None else 0.0
        if not np.any(moves):
            step.wrong[label] = "it never moves, though the loss depends on it"
        elif decay is not None and own:
            step.wrong[label] = f"its L2 term is {(own + decay) / own:.4g} times that of the loss"
        elif decay is not None and decay > 0:
            step.right.append(label)  # and decays, as L2 regularisation makes it
        elif decay is not None:
            step.wrong[label] = "its L2 term has the wrong sign: it lets the weights grow"
        elif c is not None and c * fit.common < 0 and several:
            step.wrong[label] = UPHILL
        elif c is not None and several:
            step.wrong[label] = f"it moves {c / fit.common:.4g} times as far for its slope as the others do"
        else:
            step.wrong[label] = "it does not move along its slope: its gradient is wrong"


def _penalty(measured: _Measured, fit: _Fit, path: Path, losses: dict[Key, Loss]) -> float:
    """The strength of the L2 penalty that the loss holds itself; 0 where it holds none, or nobody knows."""
    whole = measured.slopes[fit.key]
    for key in losses if not is_ordinary(fit.key) else ():
        plain = measured.slopes[key]
        shares = [_factor(whole[other], plain[other]) for other in fit.right] if is_ordinary(key) else []
        if shares and shares[0] is not None and all(c is not None and _alike(c, shares[0]) for c in shares):
            return _factor(whole[path] - shares[0] * plain[path], measured.sizes[path]) or 0.0
    return 0.0


KEPT = "its second step holds the gradient of the first as a whole: gradients are added up, and never set back to 0"
UPHILL = "it moves along its slope, uphill, so the loss grows"


def _kind(path: Path, value: AnyArray) -> str:
    q = quantity(name_of_key(path))
    return f"d{q.kind}" if q is not None and q.kind in "Wb" else "dW" if value.ndim > 1 else "db"


def _rates(seen: Seen) -> list[float]:
    """The numbers that the file calls a learning rate."""
    found = {key: values[-1] for key, values in seen.items() if values[-1].size == 1}
    return [float(value.item()) for key, value in found.items() if meaning(name_of_key(key)) == RATE]


def _rule(turn: Turn, measured: _Measured, seen: Seen, right: list[Path]) -> bool | None:
    """Whether the first step has the size that an optimiser's first step has, the same in every entry.

    Adam's is the learning rate η, and η(1 − β₁) / √(1 − β₂) without its bias correction; Adagrad's is η, RMSprop's
    η / √(1 − ρ). None where the file names no learning rate.
    """
    parts = ast.walk(turn.file.tree)
    shares = {1 - part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, float)}
    shares = {share for share in shares if 0 < share < 0.5}
    sizes = [1.0, *(one / np.sqrt(other) for one in (1.0, *shares) for other in shares)]
    for path in right:
        moves = np.abs(measured.whole[path][measured.whole[path] != 0])
        size = float(np.median(moves)) if moves.size else 0.0
        rates = _rates(seen)
        if not moves.size or np.mean(np.abs(moves - size) < ABOUT * size) < 1 - 2 * ABOUT:
            return False
        if not rates:
            return None
        if not any(abs(size - rate * known) < ABOUT * size for rate in rates for known in sizes):
            return False
    return True


def _accumulates(turn: Turn, measured: _Measured, fit: _Fit, loss: Loss) -> bool:
    """Whether the second step holds the whole gradient of the first: a momentum keeps a part of it alone."""
    path = max(fit.right, key=lambda path: measured.start[path].size)
    second = turn.next(measured.start)
    start = leaves(second.state)[path]
    after, _ = second.run({})
    along = measured.along[path]
    moves = np.array([np.sum((after[path] - start) * direction) for direction in along])
    h = STEP * max(_size(start), 0.01)
    sides = [[loss(second.run({path: start + sign * h * d})[1]) for d in along] for sign in (1, -1)]
    slopes = (np.array(sides[0]) - np.array(sides[1])) / (2 * h)
    before = measured.slopes[fit.key][path]
    shares = np.linalg.lstsq(np.stack([slopes, before], axis=1), moves / fit.common, rcond=None)[0]
    return len(along) > 2 and bool(np.allclose(shares, 1.0, atol=1e-3))


def _by_gradients(turn: Turn, measured: _Measured, losses: dict[Key, Loss], seen: Seen) -> OwnStep | None:
    """Where an optimiser makes the moves: whether the gradients are among the arrays of the turn."""
    best: OwnStep | None = None
    for key in losses:
        slopes = measured.slopes[key]
        fit, matter = _Fit(key, {}), _fit(measured, key).factors
        for path in matter:
            fit.factors[path] = _gradient_factor(seen, measured.along[path], slopes[path]) if len(matter) else None
        right = [path for path in fit.right if measured.along[path][0].size > 1]
        if len(right) > 1 and len(right) == len(fit.factors) and (best is None or not is_ordinary(key)):
            best = OwnStep(turn.line, called(key), not is_ordinary(key), [_label(path) for path in right])
            best.by_gradients, best.rule = True, _rule(turn, measured, seen, right)
            uphill = [p for p in right if float(measured.moves[p] @ slopes[p]) > 0]
            best.wrong = {_label(path): UPHILL for path in uphill} if len(uphill) == len(right) else {}
            if not is_ordinary(key):
                return best
    return best


def _gradient_factor(seen: Seen, along: Array, slopes: Array) -> float | None:
    """The factor between an array of the turn and the slopes, of the first that is a multiple of them."""
    shape = along.shape[1:]
    for arrays in seen.values():
        if arrays.shape[1:] != shape or arrays.dtype.kind != "f" or not np.isfinite(arrays).all():
            continue
        for array in (arrays.sum(axis=0), arrays[-1]):
            c = _factor(np.array([np.sum(array * direction) for direction in along]), slopes)
            if c:
                return c
    return None


def _other_loss(turn: Turn, measured: _Measured, best: _Fit, losses: dict[Key, Loss]) -> tuple[bool, str]:
    """Whether the file computes a loss along whose slope they do not move; and its name, where it is quite another.

    It may be computed after the step: with a learning rate of 0 that makes no difference.
    """
    own = [key for key in losses if not is_ordinary(key) and is_called_loss(key)]
    named = [key for key in own if not ERROR.search(name_of_key(key))]
    if not is_ordinary(best.key) or not named:
        return False, ""
    rates = [path for path, v in leaves(turn.state).items() if v.size == 1 and meaning(name_of_key(path)) == RATE]
    shown = [key for key in losses if key[0] in SHOWN and key[1:] == best.key[1:]]
    others = [key for key in losses if is_ordinary(key) and key[0] not in SHOWN and key != best.key]
    few = {key: losses[key] for key in (best.key, *named[:1], *shown, *others)}
    resting = {path: np.zeros(()) for path in rates}
    slopes = _measure(turn, {**measured.start, **resting}, measured.whole, few, np.random.default_rng(2)).slopes

    def whole(key: Key) -> Array:
        found = np.concatenate([slopes[key][path] for path in best.right])
        return np.asarray(found / (np.linalg.norm(found) or 1.0))

    cosines = {key: abs(float(whole(named[0]) @ whole(key))) for key in few if key != named[0]}
    like = max(cosines[key] for key in (best.key, *shown))
    known = any(cosines[key] > SAME for key in others)  # it is another of the losses that the doctor knows
    is_other = (like < SAME and known) or (bool(rates) and like < MUCH_ALIKE)
    return True, name_of_key(named[0]) if is_other else ""
