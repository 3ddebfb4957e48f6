"""The way that θ takes through a training: snapshots, evenly spaced, in ``path.safetensors``.

The file is large beside a checkpoint, so it is written when a quarter of it is new; the checkpoint holds meanwhile
what the file has not got yet. Both together are all snapshots, at any moment.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pellucid.core.arrays import AnyArray, Array
from pellucid.core.errors import InputError
from pellucid.model.model_file import read_tensors, write_tensors

NAME = "path.safetensors"
MOST = 50
MOST_BYTES = 64 * 2**20  # of all snapshots together; large networks keep fewer


@dataclass
class Snapshots:
    """Copies of θ and the steps after which they were taken: every ``spacing`` steps, the first and the last."""

    spacing: int
    steps: list[int] = field(default_factory=list)
    thetas: list[Array] = field(default_factory=list)
    written: int = 0  # how many of them are in the file

    @classmethod
    def for_run(cls, total_steps: int, theta: Array) -> "Snapshots":
        """An empty collection, spaced so that the whole run fits.

        >>> Snapshots.for_run(5532, np.zeros(25818, np.float32)).spacing
        113
        """
        most = max(2, min(MOST, MOST_BYTES // theta.nbytes))
        return cls(spacing=total_steps // (most - 1) + 1)

    def take(self, step: int, theta: Array, *, last: bool = False) -> None:
        """Keep θ if this step is one of those that are kept, or the last one."""
        if (step % self.spacing and not last) or (self.steps and self.steps[-1] == step):
            return
        self.steps.append(step)
        self.thetas.append(theta.copy())

    def steps_until(self, step: int) -> int:
        """How many steps after this one the next snapshot is taken.

        >>> Snapshots(spacing=100).steps_until(230)
        70
        """
        return self.spacing - step % self.spacing

    def save(self, folder: Path, *, all_of_them: bool = False) -> None:
        """Write the file if a quarter of it is new, or if it must hold all."""
        new = len(self.steps) - self.written
        if new and (all_of_them or new > MOST // 4):
            tensors = {"steps": np.array(self.steps, np.int64), "theta": np.stack(self.thetas)}
            write_tensors(folder / NAME, tensors, {}, durable=False)
            self.written = len(self.steps)

    def not_in_file(self, like: Array) -> dict[str, AnyArray]:
        """What a checkpoint must hold: steps (k,) and θ (k, parameters)."""
        steps, thetas = self.steps[self.written :], self.thetas[self.written :]
        return {
            "path.steps": np.array(steps, np.int64),
            "path.theta": np.stack(thetas) if thetas else np.empty((0, like.size), like.dtype),
        }

    def restore(self, folder: Path, tensors: dict[str, AnyArray], upto: int, like: Array) -> None:
        """Take back what the file and a checkpoint hold, up to the checkpoint's step; others too close are left out."""
        found = _by_step(tensors["path.steps"], tensors["path.theta"], like)
        try:
            file, _ = read_tensors(folder / NAME, as_written=True)
            found |= _by_step(file["steps"], file["theta"], like)
        except (InputError, KeyError, ValueError):
            pass  # the file of a run that is young, or a damaged one: what is left is a shorter path
        for step in sorted(found):
            if step <= upto and (not self.steps or step == upto or step - self.steps[-1] >= self.spacing):
                self.steps.append(step)
                self.thetas.append(np.array(found[step]))


def _by_step(steps: AnyArray, thetas: AnyArray, like: Array) -> dict[int, Array]:
    if steps.ndim != 1 or thetas.shape != (len(steps), like.size) or thetas.dtype != like.dtype:
        raise ValueError(f"snapshots of shape {thetas.shape} do not fit a network of {like.size} parameters")
    if not np.isfinite(thetas).all() or (steps < 0).any():
        raise ValueError("the snapshots hold what is no number")
    return dict(zip(steps.tolist(), thetas, strict=True))
