"""Memory that the training and the server both see: θ, where it stands, and a flag that says a command waits.

The writer makes the sequence number odd, writes, and makes it even again; a reader takes a copy only where the number
was even and is the same afterwards. The memory has no name, so nothing of it stays behind, however either side ends.
"""

import ctypes
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.context import SpawnContext
from typing import Any

import numpy as np

from pellucid.core.arrays import Array

WHERE = ("sequence", "version", "step", "epoch", "batch", "last", "branch", "state")
NUMBERS = ("loss", "accuracy", "rate")
BRANCHES = "abcdefghij"  # their names
STATES = ("paused", "training", "seeking", "finished", "diverged", "ended")


@dataclass(frozen=True)
class Seen:
    """θ (parameters,) and where the training stood with it; ``accuracy`` and ``loss`` may be NaN."""

    theta: Array
    version: int
    step: int
    epoch: int
    batch: int
    last: int
    branch: str
    state: str
    loss: float
    accuracy: float
    rate: float


class Published:
    """The memory; it goes to the process as an argument when that is started."""

    def __init__(self, context: SpawnContext, parameters: int, dtype: str) -> None:
        self.dtype, self.parameters = dtype, parameters
        size = np.dtype(dtype).itemsize * parameters
        self.theta: Any = context.RawArray(ctypes.c_byte, size)
        self.where: Any = context.RawArray(ctypes.c_int64, len(WHERE))
        self.numbers: Any = context.RawArray(ctypes.c_double, len(NUMBERS))
        self.flag: Any = context.RawValue(ctypes.c_byte, 0)

    def write(self, theta: Array, state: str, branch: str, where: Sequence[int], numbers: Sequence[float]) -> None:
        """Publish θ and where it stands: step, epoch, batch, last; loss, accuracy, rate."""
        shared = self.where
        shared[0] += 1
        np.frombuffer(self.theta, self.dtype)[...] = theta
        shared[1] += 1
        shared[2:6] = where
        shared[6:8] = BRANCHES.index(branch), STATES.index(state)
        self.numbers[:] = numbers
        shared[0] += 1

    def say(self, state: str) -> None:
        """Publish another state alone."""
        self.where[7] = STATES.index(state)

    def leave(self) -> None:
        """After the writer's end: say so, and let nobody wait for what it was writing."""
        self.where[0] += self.where[0] % 2
        self.say("ended")

    @property
    def version(self) -> int:
        """The version of what was published last."""
        return int(self.where[1])

    @property
    def state(self) -> str:
        """The state that was published last."""
        return STATES[self.where[7]]

    def glance(self) -> Seen:
        """What was published last, without θ."""
        return self._read(0)

    def read(self) -> Seen:
        """A whole copy of what was published last."""
        return self._read(self.parameters)

    def _read(self, count: int) -> Seen:
        while True:
            before = self.where[:]
            if before[0] % 2:
                time.sleep(0)  # the writer is at it; let it
                continue
            theta = np.frombuffer(self.theta, self.dtype)[:count].copy()
            numbers = self.numbers[:]
            if self.where[0] == before[0]:
                _, version, step, epoch, batch, last, branch, state = before
                place = (version, step, epoch, batch, last)
                return Seen(theta, *place, BRANCHES[branch], STATES[state], *numbers)
