"""The way that θ takes through a training: at most 100 snapshots, evenly spaced, in ``path.safetensors``."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pellucid.arrays import Array
from pellucid.errors import InputError
from pellucid.storage import read_tensors, write_tensors

MOST = 100
MOST_BYTES = 64 * 2**20  # of all snapshots together; large networks keep fewer


@dataclass
class Snapshots:
    """Copies of θ and the steps after which they were taken; full, it drops every second and doubles its spacing."""

    spacing: int
    steps: list[int] = field(default_factory=list)
    thetas: list[Array] = field(default_factory=list)
    written: int = 0  # how many are in the file

    @classmethod
    def for_run(cls, total_steps: int) -> "Snapshots":
        """An empty collection, spaced so that the whole run fits.

        >>> Snapshots.for_run(9220).spacing
        94
        """
        return cls(spacing=max(1, -(-total_steps // (MOST - 1))))

    def take(self, step: int, theta: Array, *, last: bool = False) -> None:
        """Keep θ if this step is one of those that are kept, or the last one."""
        if (step % self.spacing and not last) or (self.steps and self.steps[-1] == step):
            return
        self.steps.append(step)
        self.thetas.append(theta.copy())
        while len(self.steps) > max(2, min(MOST, MOST_BYTES // theta.nbytes)):
            self._thin()

    def _thin(self) -> None:
        self.spacing *= 2
        kept = [k for k, step in enumerate(self.steps) if step % self.spacing == 0 or k == len(self.steps) - 1]
        if len(kept) == len(self.steps):
            kept = [0, len(self.steps) - 1]
        self.steps, self.thetas = [self.steps[k] for k in kept], [self.thetas[k] for k in kept]
        self.written = -1

    def write(self, path: Path) -> None:
        """Write the file if there is anything new."""
        if self.written == len(self.steps):
            return
        tensors = {"steps": np.array(self.steps, np.int64), "theta": np.stack(self.thetas)}
        write_tensors(path, tensors, {"spacing": self.spacing}, durable=False)
        self.written = len(self.steps)

    @classmethod
    def read(cls, path: Path, upto: int, total_steps: int) -> "Snapshots":
        """The snapshots of a file that were taken up to a step; none where the file cannot be used."""
        try:
            tensors, about = read_tensors(path)
            spacing, steps, thetas = int(about["spacing"]), tensors["steps"], tensors["theta"]
        except (InputError, KeyError, TypeError, ValueError):
            return cls.for_run(total_steps)
        kept = [k for k, step in enumerate(steps) if step <= upto]
        return cls(spacing, [int(steps[k]) for k in kept], [thetas[k] for k in kept], written=-1)
