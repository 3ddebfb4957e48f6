"""The learner's own step, on the learner's own data: does each parameter move against the slope of the loss?

No name has to be understood for this. A parameter is what the first turn of a loop moves, and what the loss depends on;
the loss is the number in that turn along whose slope the parameters move, or an ordinary loss of two of its arrays. The
step is taken from slightly other parameters than the learner's, so that zeros hide nothing.
"""

import ast
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from pellucid.analysis.doctor.arrays import Path
from pellucid.analysis.doctor.naming import meaning, quantity
from pellucid.analysis.doctor.own_doubt import Doubts, is_doubtful
from pellucid.analysis.doctor.own_losses import (
    Key,
    Loss,
    called,
    candidate_losses,
    is_called_loss,
    is_ordinary,
    name_of_key,
)
from pellucid.analysis.doctor.own_optimizer import RATE, accumulates, by_gradients, rates_in, rule_of
from pellucid.analysis.doctor.own_pairs import out_of_step
from pellucid.analysis.doctor.own_run import run_to_first_step
from pellucid.analysis.doctor.own_slopes import (
    DIRECTIONS,
    MOVED,
    Fit,
    Measured,
    alike,
    closer,
    factor,
    fit_of,
    fits_of,
    holds,
    measure,
    rank,
    size,
    tells,
)
from pellucid.analysis.doctor.own_state import Leaves, State, leaves
from pellucid.analysis.doctor.own_turn import Seen, Turn
from pellucid.analysis.doctor.role_names import is_called_as
from pellucid.analysis.doctor.user_file import UserFile
from pellucid.core.arrays import AnyArray, Array

MOST_PARAMETERS = 60
MOST_FITS = 30  # that are tried at other parameters
SECONDS = 8.0  # that the comparison may take
NUDGE = 1e-3  # of a parameter's size, by which it is seen what depends on it

MUCH_ALIKE = 0.95  # the cosine of two losses' slopes, from which on they may be one loss and a penalty
SAME = 1 - 1e-6  # and from which on they are one loss
SHOWN = ("absolute error",)  # losses that are often shown, whatever is minimised
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


def computes_loss(file: UserFile) -> bool:
    """Whether a function or method of the file is called a loss."""
    return any(isinstance(node, ast.FunctionDef) and is_called_as("loss", node.name) for node in ast.walk(file.tree))


def own_step(file: UserFile) -> OwnStep | None:
    """The first step of the file's own training, examined; None where none was found whose loss could be told."""
    found: list[OwnStep] = []
    doubts = Doubts()

    def examine(turn: Turn, outer: list[State]) -> bool | None:
        step = _examine(turn, outer, doubts)
        found.extend([] if step is None else [step])
        return None if step is None and turn.line in doubts.fits else step is not None

    state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002  (the user's code draws from them)
    try:
        run_to_first_step(file, examine)
    finally:
        np.random.set_state(state)  # noqa: NPY002
        random.setstate(python_state)
    return found[0] if found else None


def _examine(turn: Turn, outer: list[State], doubts: Doubts) -> OwnStep | None:
    rng = np.random.default_rng(0)
    variables = leaves(turn.state)
    before = _numbers(variables)
    began = time.monotonic()
    after, seen = turn.run({})
    most = int(np.clip(SECONDS / (3 * DIRECTIONS * (time.monotonic() - began)), 4, MOST_PARAMETERS))
    moved = [path for path, value in before.items() if path in after and _moved(value, after[path])]
    if not moved:
        return None
    tried = {path: before[path] for path in [*_chosen(moved, most), *_still(before, moved)]}
    losses = candidate_losses(seen, turn.run(_nudged(tried, rng))[1], _changed(variables, after))
    matter = {path: v for path, v in tried.items() if _matters(turn, path, _nudged({path: v}, rng), losses, seen)}
    start = {path: v + MOVED * size(v) * rng.normal(size=v.shape) for path, v in matter.items()}
    if not start:
        return None
    after, seen = turn.run(start)
    kept = {path: value for path, value in start.items() if path in after and after[path].shape == value.shape}
    moves = {path: after[path] - value for path, value in kept.items()}
    measured = measure(turn, kept, moves, losses, rng)
    best = _best(turn, measured, losses, seen, doubts)
    step: OwnStep | None = None
    if isinstance(best, Fit):
        step = _judged(turn, measured, best, losses, seen)
    elif best is None:
        step = _of_optimizer(turn, measured, losses, seen, alone=not outer)
    if step is not None:
        step.has_other_loss = step.has_other_loss or (not step.own_loss and computes_loss(turn.file))
        step.out_of_step = out_of_step([*outer, turn.state], seen)
        step.kinds = {_label(path): _kind(path, value) for path, value in start.items()}
    return step


def _chosen(paths: list[Path], most: int) -> list[Path]:
    """Some of the parameters; of weights that are single numbers in lists, some of each list."""
    places: dict[Path, list[Path]] = {}
    for path in paths:
        places.setdefault(tuple(part for part in path if not isinstance(part, int)), []).append(path)
    share = max(1, most // len(places))
    return [
        some[k] for some in places.values() for k in np.linspace(0, len(some) - 1, min(share, len(some))).astype(int)
    ]


def _nudged(values: Leaves, rng: np.random.Generator) -> Leaves:
    """A little larger: what an optimiser keeps of squares stays above 0."""
    return {path: v + NUDGE * size(v) * np.abs(rng.normal(size=v.shape)) for path, v in values.items()}


def _matters(turn: Turn, path: Path, nudged: Leaves, losses: dict[Key, Loss], seen: Seen) -> bool:
    """Whether a loss depends on what is nudged: on parameters, not on what an optimiser keeps."""
    if not losses:
        return False
    _, other = turn.run(nudged)
    return any(key != path and loss(other) != loss(seen) for key, loss in losses.items())


def _numbers(found: Leaves) -> Leaves:
    return {path: value.astype(np.float64) for path, value in found.items() if value.dtype.kind == "f"}


def _changed(before: Leaves, after: Leaves) -> Leaves:
    """What a turn has made of the numbers that it changes, counters and sums too."""
    return {p: after[p] for p, value in before.items() if p in after and not np.array_equal(value, after[p])}


def _moved(before: AnyArray, after: AnyArray) -> bool:
    return before.shape == after.shape and bool(np.any(before != after)) and bool(np.isfinite(after).all())


def _still(before: Leaves, moved: list[Path]) -> Iterator[Path]:
    """What is called a weight or a bias, and stands beside those that are moved, but is not."""
    beside = {path[:-1] for path in moved}
    for path in before:
        q = quantity(name_of_key(path))
        if path not in moved and path[:-1] in beside and q is not None and q.kind in "Wb" and before[path].size > 1:
            yield path


def _best(
    turn: Turn, measured: Measured, losses: dict[Key, Loss], seen: Seen, doubts: Doubts
) -> Fit | Literal["in doubt"] | None:
    """The loss along which the parameters move; None where they move along none."""
    fits = [fit for key in losses for fit in fits_of(measured, key) if tells(fit, measured)]
    fits.sort(key=rank, reverse=True)
    holding = (fit for fit in fits[:MOST_FITS] if holds(turn, measured, fit, losses[fit.key]))
    best = next(holding, None)
    if best is None or not is_doubtful(best, seen):
        return best
    return doubts.settled(turn.line, [best, *holding], seen) or "in doubt"


def _judged(turn: Turn, measured: Measured, best: Fit, losses: dict[Key, Loss], seen: Seen) -> OwnStep:
    best = closer(turn, measured, best, losses[best.key])
    step = OwnStep(turn.line, called(best.key), not is_ordinary(best.key), [_label(path) for path in best.right])
    if best.common > 0:
        step.right, step.wrong = [], {_label(path): UPHILL for path in best.right}
    _add_wrong(step, measured, best, losses)
    if accumulates(turn, measured, best, losses[best.key]):
        step.wrong = {_label(path): KEPT for path in best.right} | step.wrong
        step.right = []
    step.rate = abs(best.common)
    step.rate_known = step.own_loss and any(alike(rate, step.rate) for rate in rates_in(seen))
    if not step.wrong and _is_mean_twice(measured, best, losses, seen):
        step.right, step.wrong = [], {_label(path): TWICE for path in best.right}
    step.has_other_loss, step.states_other_loss = _other_loss(turn, measured, best, losses)
    return step


def _label(path: Path) -> str:
    """A parameter nearly as the user writes it: W1 for ``self.W1``, params.W1 for ``params["W1"]``, layers[0].W."""
    text = str(path[1]) if path[0] in ("globals", "locals") else str(path[0])
    for part in path[2:]:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix("self.")


def _add_wrong(step: OwnStep, measured: Measured, fit: Fit, losses: dict[Key, Loss]) -> None:
    """The parameters that do not move as the others do, and what they do in place of that."""
    for path, c in fit.factors.items():
        if path in fit.right:
            continue
        moves, slopes, label = measured.moves[path], measured.slopes[fit.key][path], _label(path)
        several = measured.start[path].size > 1
        decay = factor(moves - fit.common * slopes, fit.common * measured.sizes[path]) if several else None
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


def _penalty(measured: Measured, fit: Fit, path: Path, losses: dict[Key, Loss]) -> float:
    """The strength of the L2 penalty that the loss holds itself; 0 where it holds none, or nobody knows."""
    whole = measured.slopes[fit.key]
    free = [other for other in fit.right if measured.start[other].size > 1]  # some of them without a penalty
    for key in losses if not is_ordinary(fit.key) else ():
        plain = measured.slopes[key]
        shares = [c for other in free if (c := factor(whole[other], plain[other])) is not None and is_ordinary(key)]
        if shares and all(alike(c, shares[0]) for c in shares):
            return factor(whole[path] - shares[0] * plain[path], measured.sizes[path]) or 0.0
    return 0.0


def _is_mean_twice(measured: Measured, best: Fit, losses: dict[Key, Loss], seen: Seen) -> bool:
    """Whether the moves are the learning rate times the slope of a mean loss, divided by the number of samples again.

    A gradient may be that of a sum or of a mean, over the samples and over the outputs, halved or doubled.
    """
    for key in losses:
        fit = fit_of(measured, key)
        if not is_ordinary(key) or key[0] in SHOWN or set(fit.right) != set(best.right) or fit.common >= 0:
            continue
        outputs = seen[key[1]].shape[-1] if seen[key[1]].ndim > 2 else 1
        m = seen[key[1]].size / outputs
        usual = [a / b / c for a in (1, 0.5, 2) for b in (1, outputs) for c in (1, m)]
        scales = [-fit.common / rate for rate in rates_in(seen) if rate > 0]
        if m < FEW or not scales or any(alike(scale, one) for scale in scales for one in usual):
            return False
        if any(alike(scale, one / m) for scale in scales for one in usual):
            return True
    return False


FEW = 8  # samples: with fewer, a factor m may be many things
TWICE = "its gradient is divided by the number of samples once too often: it moves 1/m as far as the learning rate says"
KEPT = "its second step holds the gradient of the first as a whole: gradients are added up, and never set back to 0"
UPHILL = "it moves along its slope, uphill, so the loss grows"


def _kind(path: Path, value: AnyArray) -> str:
    q = quantity(name_of_key(path))
    return f"d{q.kind}" if q is not None and q.kind in "Wb" else "dW" if value.ndim > 1 else "db"


def _of_optimizer(
    turn: Turn, measured: Measured, losses: dict[Key, Loss], seen: Seen, *, alone: bool
) -> OwnStep | None:
    """The step where no parameter moves along a slope, but the gradients are there: an optimiser makes the moves."""
    found = by_gradients(turn, measured, losses, seen)
    if found is None:
        return None
    key, gradients = found
    right = list(gradients)
    step = OwnStep(turn.line, called(key), not is_ordinary(key), [_label(path) for path in right], by_gradients=True)
    step.rule, fault = rule_of(turn, measured, seen, gradients, alone=alone)
    if fault:
        step.right, step.wrong = [], dict.fromkeys(step.right, fault)
    elif all(float(measured.moves[path] @ measured.slopes[key][path]) > 0 for path in right):
        step.wrong = dict.fromkeys(step.right, UPHILL)
    return step


def _other_loss(turn: Turn, measured: Measured, best: Fit, losses: dict[Key, Loss]) -> tuple[bool, str]:
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
    slopes = measure(turn, {**measured.start, **resting}, measured.whole, few, np.random.default_rng(2)).slopes

    def whole(key: Key) -> Array:
        found = np.concatenate([slopes[key][path] for path in best.right])
        return np.asarray(found / (np.linalg.norm(found) or 1.0))

    cosines = {key: abs(float(whole(named[0]) @ whole(key))) for key in few if key != named[0]}
    like = max(cosines[key] for key in (best.key, *shown))
    known = any(cosines[key] > SAME for key in others)  # it is another of the losses that the doctor knows
    is_other = (like < SAME and known) or (bool(rates) and like < MUCH_ALIKE)
    return True, name_of_key(named[0]) if is_other else ""
