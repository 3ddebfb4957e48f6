"""The learner's own step, on the learner's own data: does each parameter move against the slope of the loss?

No name has to be understood for this. A parameter is what the first turn of a loop moves, and what the loss depends on;
the loss is the number in that turn along whose slope the parameters move, or an ordinary loss of two of its arrays. The
step is taken from slightly other parameters than the learner's, so that zeros hide nothing.
"""

import ast
import contextlib
import re
import time
from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np

from pellucid.analysis.doctor.arrays import Path
from pellucid.analysis.doctor.naming import quantity
from pellucid.analysis.doctor.objects import get
from pellucid.analysis.doctor.own_doubt import Doubts, is_doubtful
from pellucid.analysis.doctor.own_losses import (
    Key,
    Loss,
    candidate_losses,
    name_of_key,
)
from pellucid.analysis.doctor.own_optimizer import rates_in
from pellucid.analysis.doctor.own_pairs import out_of_step
from pellucid.analysis.doctor.own_run import run_to_first_step
from pellucid.analysis.doctor.own_slopes import (
    DIRECTIONS,
    MOVED,
    Fit,
    Measured,
    fits_of,
    holds,
    measure,
    rank,
    size,
    tells,
)
from pellucid.analysis.doctor.own_state import Leaves, State, leaves
from pellucid.analysis.doctor.own_turn import Seen, Turn
from pellucid.analysis.doctor.own_verdict import OwnStep, judged, kind_of, label_of, of_optimizer
from pellucid.analysis.doctor.role_names import is_called_as
from pellucid.analysis.doctor.symmetry import count_alike
from pellucid.analysis.doctor.user_file import UserFile
from pellucid.core.arrays import AnyArray

MOST_PARAMETERS = 60
MOST_FITS = 30  # that are tried at other parameters
SECONDS = 8.0  # that the comparison may take
KEPT = re.compile(r"veloc|moment|^[mv]_?\d*$|adam|rmsprop|cache|state", re.IGNORECASE)  # words for what is kept
NUDGE = 1e-3  # of a parameter's size, by which it is seen what depends on it


def computes_loss(file: UserFile) -> bool:
    """Whether a function or method of the file is called a loss."""
    return any(isinstance(node, ast.FunctionDef) and is_called_as("loss", node.name) for node in ast.walk(file.tree))


def own_step(file: UserFile) -> OwnStep | None:
    """The first step of the file's own training, examined; None where none was found whose loss could be told."""
    found: list[OwnStep] = []
    doubts = Doubts()

    def examine(turn: Turn, outer: list[State]) -> bool | None:
        step = examine_turn(turn, outer, doubts)
        found.extend([] if step is None else [step])
        return None if step is None and turn.line in doubts.fits else step is not None

    run_to_first_step(file, examine)
    return found[0] if found else None


def examine_turn(turn: Turn, outer: list[State], doubts: Doubts) -> OwnStep | None:
    """What a turn of a loop shows; None where nothing, or nothing yet: then its line is among the doubts."""
    rng = np.random.default_rng(0)
    variables = leaves(turn.state)
    began = time.monotonic()
    after, seen = turn.run({})
    before = _numbers({**variables, **_of_other_names(turn.state, after.keys() - variables.keys())})
    most = int(np.clip(SECONDS / (3 * DIRECTIONS * (time.monotonic() - began)), 4, MOST_PARAMETERS))
    moved = [path for path, value in before.items() if path in after and _moved(value, after[path])]
    moved = [path for path in moved if path[-1] != "grad" and not _is_kept(path, moved, before)]
    if not moved:
        return None
    tried = {path: before[path] for path in [*_chosen(moved, most), *_still(before, moved)]}
    nudged = _nudged(tried, rng)  # all of them, since zeros beside each other hide what each would do
    other = turn.run(nudged)[1]
    losses = candidate_losses(seen, other, _changed(variables, after), tried)
    whole = {key: loss(other) for key, loss in losses.items()}
    matter = {path: v for path, v in tried.items() if _matters(turn, path, _nudged(nudged, rng, path), losses, whole)}
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
        step = judged(turn, measured, best, losses, seen)
    elif best is None:
        step = of_optimizer(turn, measured, losses, seen, alone=not outer)
    if step is not None:
        step.has_other_loss = step.has_other_loss or (not step.own_loss and computes_loss(turn.file))
        step.out_of_step = out_of_step([*outer, turn.state], seen)
        step.neurons_alike = count_alike([tried[path] for path in kept])
        step.kinds = {label_of(path): kind_of(path, value) for path, value in start.items()}
    return step


def _of_other_names(state: State, paths: Iterable[Path]) -> Leaves:
    """What stood at these paths and has another name, too: first, and weights[0] of ``weights = [first, second]``."""
    found: Leaves = {}
    for path in paths:
        with contextlib.suppress(KeyError, IndexError, TypeError, AttributeError):
            found[path] = np.asarray(get(state, path))
    return found


def _is_kept(path: Path, moved: list[Path], before: Leaves) -> bool:
    """Whether it is what an optimiser keeps of a parameter: 0 at the start, and called vW beside W, or velocity."""
    name, shape = name_of_key(path), before[path].shape
    if np.any(before[path]) or len(moved) < 2:
        return False
    others = {name_of_key(other) for other in moved if before[other].shape == shape and other != path} - {name}
    words = [str(part) for part in path if isinstance(part, str)]
    has_words = bool(others) and any(map(KEPT.search, words[1:]))  # self.v may be a bias; a velocity has W's shape
    return has_words or any(name.startswith(o) or name.endswith(o) for o in others if o)


def _chosen(paths: list[Path], most: int) -> list[Path]:
    """Some of the parameters; of weights that are single numbers in lists, some of each list."""
    places: dict[Path, list[Path]] = {}
    for path in paths:
        places.setdefault(tuple(part for part in path if not isinstance(part, int)), []).append(path)
    share = max(1, most // len(places))
    return [
        some[k] for some in places.values() for k in np.linspace(0, len(some) - 1, min(share, len(some))).astype(int)
    ]


def _nudged(values: Leaves, rng: np.random.Generator, only: Path | None = None) -> Leaves:
    """A little larger, all or one of them: what an optimiser keeps of squares stays above 0."""
    chosen = values if only is None else {only: values[only]}
    return {**values, **{path: v + NUDGE * size(v) * np.abs(rng.normal(size=v.shape)) for path, v in chosen.items()}}


def _matters(turn: Turn, path: Path, nudged: Leaves, losses: dict[Key, Loss], whole: dict[Key, float]) -> bool:
    """Whether a loss depends on what is nudged: on parameters, not on what an optimiser keeps."""
    if not losses:
        return False
    _, other = turn.run(nudged)
    return any(key != path and loss(other) != whole[key] for key, loss in losses.items())


def _numbers(found: Leaves) -> Leaves:
    return {path: value.astype(np.float64) for path, value in found.items() if value.dtype.kind == "f"}


def _changed(before: Leaves, after: Leaves) -> Leaves:
    """What a turn has made of the numbers that it changes, counters and sums too; the shape alone is no change."""
    return {p: after[p] for p, v in before.items() if p in after and not np.array_equal(v.ravel(), after[p].ravel())}


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
    fits = [fit for key in losses for fit in fits_of(measured, key, rates_in(seen)) if tells(fit, measured)]
    fits.sort(key=rank, reverse=True)
    holding = (fit for fit in fits[:MOST_FITS] if holds(turn, measured, fit, losses[fit.key]))
    best = next(holding, None)
    if best is None or not is_doubtful(best, seen):
        return best
    return doubts.settled(turn.line, [best, *holding], seen) or "in doubt"
