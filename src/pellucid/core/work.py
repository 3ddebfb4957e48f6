"""What engines are given: all that stays the same through a training; and what they raise when it diverges."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pellucid.core.batches import Data, weight
from pellucid.core.errors import DivergenceError
from pellucid.core.network import Network
from pellucid.core.optimizers import Optimizer
from pellucid.core.progress import Progress
from pellucid.core.ranks import Reduce
from pellucid.core.schedules import Schedule
from pellucid.core.trace import Trace


@dataclass(frozen=True)
class Work:
    """What stays the same all through a training."""

    net: Network
    data: Data
    optimizer: Optimizer
    samples: int
    weight: float  # of all samples: their number, unless they have weights
    dev: Data | None
    epochs: int
    batch_size: int
    rng: np.random.Generator
    schedule: Schedule
    dropout: float
    clip_norm: float | None
    after_step: Callable[[Progress], None] | None
    shuffle: bool
    blas_threads: int
    accumulate: int = 1  # batches in a step
    reduce: Reduce | None = None  # the other ranks, where there are some

    @property
    def step_size(self) -> int:
        """Samples in a step, of which not more than there are."""
        return min(self.batch_size * self.accumulate, self.samples)

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return -(-self.samples // self.step_size)

    @property
    def weighted(self) -> bool:
        """Whether samples count more or less."""
        return weight(self.data) is not None

    @property
    def is_whole(self) -> bool:
        """Whether all samples are one batch, which is taken in their own order."""
        return self.batch_size == self.samples and isinstance(self.data, tuple)


def divergence(net: Network, batch: Trace, progress: Progress, step: int, loss: float) -> DivergenceError:
    """What went wrong, when, and in which layer first."""
    place = f"in the loss, after layer {len(net.layers)}"
    for l, layer in enumerate(net.layers, start=1):
        if not np.isfinite(layer.W).all() or not np.isfinite(layer.b).all():
            place = f"in the weights of layer {l}"
        elif not np.isfinite(batch.z[l - 1]).all():
            place = f"in the scores z of layer {l}"
        else:
            continue
        break
    what = "θ is not finite" if math.isfinite(loss) else f"the loss is {loss}"
    return DivergenceError(
        f"training diverged: {what} in epoch {progress.epoch + 1}, step {step}, first seen {place}",
        "try a learning rate ten times smaller, a limit on the gradient (clip_norm=1), "
        "or inputs scaled to about −1 … 1",
    )
