"""A learning rate is tried before it is suggested: short trainings with it, with the optimiser's own, and between them.

One step at each rate tells where the loss falls, not where it gets to; and on inputs that are scaled badly, or with an
optimiser that remembers, the two are far apart.
"""

import copy
import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from pellucid.core.batches import Data, kinds
from pellucid.core.errors import DivergenceError
from pellucid.core.network import Network
from pellucid.core.optimizers import Optimizer
from pellucid.core.progress import Epoch
from pellucid.core.training import train

MOST_SEEN = 250_000  # samples of all epochs together: a training of more is cut short
FEWEST_STEPS = 100  # but not below so many steps
MOST_TRIALS = 6


class Trial(NamedTuple):
    """What a training came to: the loss on dev data, else of its last epoch; infinite where it diverged."""

    learning_rate: float
    loss: float


def epochs_to_try(epochs: int, samples: int, batch_size: int | None) -> int:
    """How many of the epochs of a training are enough to try a rate.

    >>> epochs_to_try(6, 59_000, 64), epochs_to_try(40, 300, 32), epochs_to_try(500, 41_000, None)
    (4, 40, 100)
    """
    steps = -(-samples // min(batch_size or samples, samples))
    return min(epochs, max(MOST_SEEN // samples, -(-FEWEST_STEPS // steps)))


def try_rates(
    net: Network, data: Data, optimizer: Optimizer, found: float, *, rng: np.random.Generator, epochs: int,
    batch_size: int | None, dev: Data | None, **settings: Any
) -> list[Trial]:  # fmt: skip
    """Short trainings with the rate that was found, the optimiser's own, and the one midway; the lowest rate first.

    Where all diverge, ever smaller rates are tried, by ten times each. The network and the optimiser are copied;
    ``settings`` are those of ``train``.
    """
    own = optimizer.learning_rate
    epochs = epochs_to_try(epochs, kinds(data).samples, batch_size)
    waiting = list(dict.fromkeys((found, own, float(f"{math.sqrt(found * own):.2g}"))))
    tried: list[Trial] = []
    while waiting:
        rule, rate = copy.deepcopy(optimizer), waiting.pop()
        rule.learning_rate = rate
        course = train(
            net.copy(), data, rule, rng=copy.deepcopy(rng), epochs=epochs, batch_size=batch_size, dev=dev, live=False,
            **settings,
        )  # fmt: skip
        tried.append(Trial(rate, _loss(course)))
        if not waiting and len(tried) < MOST_TRIALS and all(math.isinf(trial.loss) for trial in tried):
            waiting.append(min(trial.learning_rate for trial in tried) / 10)
    return sorted(tried)


def _loss(course: Iterable[Epoch]) -> float:
    """The loss at the end of a training."""
    loss = math.inf
    try:
        for epoch in course:
            loss = epoch.train.loss if epoch.dev is None else epoch.dev.loss
    except DivergenceError:
        return math.inf
    return loss if math.isfinite(loss) else math.inf
