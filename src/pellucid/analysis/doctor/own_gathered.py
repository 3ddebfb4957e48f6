"""Turns that only gather gradients: the step that comes after some of them, and whether the next ones begin anew."""

from dataclasses import dataclass

import numpy as np

from pellucid.analysis.doctor.arrays import Path
from pellucid.analysis.doctor.own_gradients import Gradients
from pellucid.analysis.doctor.own_losses import Key, Loss
from pellucid.analysis.doctor.own_slopes import Measured, alike, factor, slopes_along
from pellucid.analysis.doctor.own_state import Leaves, leaves
from pellucid.analysis.doctor.own_turn import Seen, Turn, TurnError
from pellucid.core.arrays import Array

MOST_TURNS = 300  # in which the step must come


def is_gathering(measured: Measured) -> bool:
    """Whether no parameter moves in this turn."""
    return not any(np.any(move) for move in measured.moves.values())


@dataclass
class Step:
    """A step: the turn after it, and by parameter its move and the gradients before it, along the directions."""

    later: Turn
    moves: dict[Path, Array]
    last: dict[Path, Array]  # what the gradient's array held, where it adds up
    total: dict[Path, Array]  # the sum of what it held, where it begins anew in each turn

    def factors_of(self, path: Path) -> list[float]:
        """The move as a multiple of what its array last held, and of the sum."""
        found = [factor(self.moves[path], held[path]) for held in (self.last, self.total)]
        return [c for c in found if c is not None]

    @property
    def common(self) -> float | None:
        """The factor that all moves have; None where they are no plain descent."""
        paths = list(self.moves)
        tried = self.factors_of(paths[0])
        return next((c for c in tried if all(any(alike(d, c) for d in self.factors_of(p)) for p in paths)), None)

    def adds_up(self, path: Path) -> bool:
        """Whether the array of a gradient adds up from turn to turn."""
        c, common = factor(self.moves[path], self.last[path]), self.common
        return c is not None and common is not None and alike(c, common)


@dataclass
class Gathered:
    """Turns that lead to a step, their loss, and where each gradient is among their arrays."""

    measured: Measured
    key: Key
    loss: Loss
    gradients: Gradients
    seen: Seen  # of the first turn

    def step(self, turn: Turn, start: Leaves) -> Step | None:
        """The next step from these parameters; None where none comes.

        What the turn of the step gathers it may set back to 0: its slopes stand for that.

        Raises:
            TurnError: a later turn does not have the parameters, or the gradients, of the first.
        """
        changes: Leaves = dict(start)
        last: dict[Path, Array] = {path: np.zeros(len(self.measured.along[path])) for path in self.gradients}
        total = dict(last)
        for _ in range(MOST_TURNS):
            after, seen = turn.run(changes)
            if any(path not in after or after[path].shape != start[path].shape for path in self.gradients):
                raise TurnError
            moves = {path: after[path] - start[path] for path in self.gradients}
            if any(np.any(move) for move in moves.values()):
                fresh = {path: self._share(path) * self._slopes(turn, start, path) for path in moves}
                return Step(
                    turn.following(),
                    {path: self._along(move, path) for path, move in moves.items()},
                    {path: last[path] + fresh[path] for path in moves},
                    {path: total[path] + fresh[path] for path in moves},
                )
            last = {path: self._along(self._gradient(seen, path), path) for path in self.gradients}
            total = {path: total[path] + last[path] for path in last}
            turn, changes = turn.following(), {}
        return None

    def is_kept(self, step: Step) -> bool:
        """Whether the turns after a step still hold the gradients from before it."""
        path = max(self.gradients, key=lambda path: self.measured.start[path].size)
        state = leaves(step.later.state)
        start = {other: np.asarray(state[other], np.float64) for other in self.gradients}
        if step.adds_up(path):
            _, seen = step.later.run({})
            return factor(self._along(self._gradient(seen, path), path), self._slopes(step.later, start, path)) is None
        second, common = self.step(step.later, start), step.common
        if second is None or common is None:
            return False
        both = factor(second.moves[path], step.total[path] + second.total[path])
        return both is not None and alike(both, common)

    def _share(self, path: Path) -> float:
        """The gradient as a multiple of the slope: 0.5 for a loss that is not halved, say."""
        return factor(self._along(self._gradient(self.seen, path), path), self.measured.slopes[self.key][path]) or 0.0

    def _gradient(self, seen: Seen, path: Path) -> Array:
        place, summed = self.gradients[path]
        if place not in seen:
            raise TurnError
        return np.asarray(seen[place].sum(axis=0) if summed else seen[place][-1], np.float64)

    def _slopes(self, turn: Turn, start: Leaves, path: Path) -> Array:
        return np.asarray(slopes_along(turn, start, path, self.measured.along[path], {self.key: self.loss})[0])

    def _along(self, value: Array, path: Path) -> Array:
        return np.array([np.sum(value * direction) for direction in self.measured.along[path]], np.float64)
