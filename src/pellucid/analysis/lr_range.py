"""The learning-rate range test: one step at each rate from far too small to far too large, and where the loss falls.

It trains a copy of the network for one short run in which the rate grows exponentially, and reads the loss after each
step (Smith, Cyclical Learning Rates for Training Neural Networks, WACV 2017, 3.3; on arXiv in 2015). The rate that it
speaks for is then tried beside others (lr_trial.py), and the best of them is suggested.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pellucid.analysis.lr_trial import Trial, epochs_to_try, try_rates
from pellucid.core import checks
from pellucid.core.arrays import Array
from pellucid.core.batches import Data, kinds
from pellucid.core.errors import DivergenceError, InputError
from pellucid.core.evaluation import check_data
from pellucid.core.network import Network
from pellucid.core.optimizers import Optimizer
from pellucid.core.progress import Progress
from pellucid.core.schedules import Schedule, warmup_cosine
from pellucid.core.training import train

SMOOTHING = 0.9  # of the running mean: it looks back over about ten steps
EXPLODED = 4.0  # times the least smoothed loss: what follows would only be larger
FALLS = 0.05  # of the loss at the small rates: a smaller fall is taken for the noise of the batches
LEAST_STEPS = 20
DECADES = 0.4  # to either side: over so wide a window the slope is taken


@dataclass(frozen=True)
class RangeTest:
    """What the losses were, and which learning rate they speak for.

    Attributes:
        rates: (k,), the learning rates that were tried.
        losses: (k,), the mean loss of the batch that follows the step at each rate; the last may be infinite.
        smoothed: (k,), their running mean.
        start: the loss before the first step.
        suggestion: the learning rate to train with, the one of ``tried`` with the least loss; None where the loss did
            not fall, or every training diverged.
        steepest: the rate at which the smoothed loss falls fastest.
        lowest: the rate at which it is least.
        stopped: why it ended before the greatest rate, or None.
        evidence: the numbers behind the suggestion, in a sentence.
        tried: the rates that were tried in short trainings, and the loss of each: the one midway on the logarithmic
            scale between ``steepest`` and ``lowest``, the optimiser's own, and the one midway between these.

    >>> from pellucid import SGD, Network, lr_find
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((200, 2))
    >>> found = lr_find(Network([2, 8, 2], rng=rng), (X, (X[:, 0] > 0).astype(int)), SGD(0.1), steps=30, rng=rng)
    >>> len(found.rates) == len(found.losses)
    True
    """

    rates: Array = field(repr=False)
    losses: Array = field(repr=False)
    smoothed: Array = field(repr=False)
    start: float
    suggestion: float | None
    steepest: float | None
    lowest: float | None
    stopped: str | None
    evidence: str
    tried: tuple[Trial, ...] = ()


class _Enough(Exception):  # noqa: N818  (an end, not an error)
    """Ends the training within a step."""


def lr_find(
    net: Network,
    data: Data,
    optimizer: Optimizer,
    *,
    batch_size: int | None = 64,
    least: float = 1e-6,
    most: float = 100.0,
    steps: int = 200,
    rng: np.random.Generator,
    dropout: float = 0.0,
    clip_norm: float | None = None,
    blas_threads: int | None = None,
    after_step: Callable[[int], None] | None = None,
    dev: Data | None = None,
    epochs: int = 10,
    schedule: Schedule = warmup_cosine,
    engine: str = "auto",
) -> RangeTest:
    """Try learning rates from ``least`` to ``most``, one step each, on a copy of ``net`` and of ``optimizer``.

    What that speaks for is compared with the optimiser's own rate in short trainings, and the best one is suggested.

    Args:
        net: the network, from whose θ the test starts; it is not changed.
        data: X (n, features) and y, or a stream, as ``train`` takes them.
        optimizer: the optimiser; it is not changed, and its own learning rate is tried beside what is found.
        batch_size: samples a step; None takes all of them at once.
        least: the first rate.
        most: the last rate, unless the loss explodes before.
        steps: how many rates, evenly spaced on a logarithmic scale.
        rng: shuffles the rows and draws dropout's masks.
        dropout: the share of hidden neurons to leave out at each step.
        clip_norm: the greatest length of a gradient; give what you will train with.
        blas_threads: threads for the matrix products; None chooses by their size.
        after_step: called with the number of steps done, for a progress bar.
        dev: data to compare the trainings on; without them, by the loss of the last epoch.
        epochs: how long you will train; the trainings end sooner where that would be more than 250,000 samples.
        schedule: what you will train with.
        engine: who makes the steps of the short trainings; those of the test itself, each of which is looked at, are
            NumPy's.

    Raises:
        InputError: data that does not fit the network, or rates that do not rise.
        DivergenceError: the loss is no number before the first step.

    >>> X = np.random.default_rng(0).standard_normal((500, 4))
    >>> net = Network([4, 8, 2], rng=np.random.default_rng(0))
    >>> from pellucid import SGD
    >>> test = lr_find(net, (X, (X[:, 0] > 0).astype(int)), SGD(), rng=np.random.default_rng(0))
    >>> test.suggestion is not None and 0.01 < test.suggestion < 10
    True
    """
    steps = checks.count(steps, "steps", least=LEAST_STEPS)
    least = checks.number(least, "least", positive=True)
    most = checks.number(most, "most", positive=True)
    if most <= least:
        raise InputError(f"most={most:g}: the last rate must be greater than the first, least={least:g}")
    data = check_data(net, data)
    unused, own = copy.deepcopy(rng), optimizer
    optimizer = copy.deepcopy(optimizer)
    optimizer.learning_rate = least
    rates = np.geomspace(least, most, steps)
    losses, stopped = _losses(
        net.copy(), data, optimizer, rates, after_step, batch_size=batch_size, rng=rng, dropout=dropout,
        clip_norm=clip_norm, blas_threads=blas_threads,
    )  # fmt: skip
    test = _judge(rates, losses, stopped)
    if test.suggestion is None:
        return test
    tried = try_rates(
        net, data, own, test.suggestion, rng=unused, dev=dev, epochs=checks.count(epochs, "epochs"),
        batch_size=batch_size, schedule=schedule, dropout=dropout, clip_norm=clip_norm, blas_threads=blas_threads,
        engine=engine,
    )  # fmt: skip
    return _decided(test, tried, own.learning_rate, epochs_to_try(epochs, kinds(data).samples, batch_size))


def _decided(test: RangeTest, tried: list[Trial], own: float, epochs: int) -> RangeTest:
    """The test with the best of the rates that were tried as its suggestion, and why."""
    best = min(tried, key=lambda trial: trial.loss)
    names = {own: " (the optimiser's own)"} | ({} if test.suggestion in (None, own) else {test.suggestion: " (found)"})
    losses = ", ".join(
        f"{trial.learning_rate:g}{names.get(trial.learning_rate, '')} "
        + (f"comes to {trial.loss:.4g}" if math.isfinite(trial.loss) else "diverges")
        for trial in tried
    )
    evidence = f"{test.evidence}; tried in trainings of {epochs} epoch{'s' * (epochs != 1)}, the loss with {losses}"
    suggestion = best.learning_rate if math.isfinite(best.loss) else None
    return replace(test, suggestion=suggestion, tried=tuple(tried), evidence=evidence)


def _losses(
    net: Network,
    data: Data,
    optimizer: Optimizer,
    rates: Array,
    after_step: Callable[[int], None] | None,
    *,
    batch_size: int | None,
    **settings: Any,
) -> tuple[list[float], str | None]:
    """The loss before the first step and after each one, and why they end before the last rate."""
    samples, steps = kinds(data).samples, len(rates)
    size = min(samples, batch_size or samples)
    batches = -(-samples // size)
    epochs = -(-(steps + 1) // batches)
    total = epochs * batches
    losses: list[float] = []
    seen = _Running()
    sum_before = 0.0

    def schedule(share: float) -> float:
        return float(rates[min(round(share * total), steps - 1)] / rates[0])

    def note(progress: Progress) -> None:
        nonlocal sum_before
        progress.settle()
        of_batch = samples - (batches - 1) * size if progress.batch == batches else size
        before = 0.0 if progress.batch == 1 else sum_before
        losses.append((progress.loss - before) / of_batch)
        sum_before = progress.loss
        if after_step is not None:
            after_step(min(len(losses), steps))
        if seen.exploded(losses[-1]) or len(losses) > steps:
            raise _Enough

    try:
        for _ in train(
            net, data, optimizer, epochs=epochs, batch_size=batch_size, schedule=schedule, after_step=note, live=False,
            engine="numpy", **settings,
        ):  # fmt: skip
            pass
    except _Enough:
        if len(losses) > steps:
            return losses, None
        return losses, f"the loss exploded at a rate of {rates[len(losses) - 2]:.3g}"
    except DivergenceError:
        if not losses:
            raise _no_start(data) from None
        losses.append(math.inf)
        return losses, f"the loss became no number at a rate of {rates[min(len(losses) - 2, steps - 1)]:.3g}"
    raise AssertionError("the last batch ends the training")


def _no_start(data: Data) -> DivergenceError:
    """Why not even the first loss is a number, with the size of the inputs where they are in memory."""
    reach = f", which reach {float(np.abs(data[0]).max()):.3g} in size," if isinstance(data, tuple) else ""
    return DivergenceError(
        f"the loss is no number before the first step: the inputs{reach} or the weights are too large",
        "scale the inputs to about −1 … 1: X = (X - X.mean(0)) / (X.std(0) + 1e-8)",
    )


def _judge(rates: Array, losses: list[float], stopped: str | None) -> RangeTest:
    """What the losses, of which the first is from before any step, speak for."""
    running = _Running()
    means = np.array([running.add(loss) for loss in losses])
    rates, smoothed = rates[: len(losses) - 1], means[1:]
    steepest = lowest = suggestion = None
    first = means[: max(3, len(means) // 10)]
    level = float(np.median(first[np.isfinite(first)]))
    k = int(np.argmin(smoothed)) if np.isfinite(smoothed).any() else None
    if k is not None and level - smoothed[k] >= FALLS * abs(level):
        lowest = float(rates[k])
        steepest = float(rates[_steepest(np.log10(rates[: k + 1]), smoothed[: k + 1])])
        suggestion = float(f"{math.sqrt(steepest * lowest):.2g}")
        evidence = (
            f"the smoothed loss, {level:.4g} at the lowest rates, falls fastest at a rate of {steepest:.3g} "
            f"and is lowest, {smoothed[k]:.4g}, at {lowest:.3g}; midway between them, on the logarithmic scale, "
            f"is {suggestion:g}"
        )
        if lowest == rates[-1] and stopped is None:
            evidence += "; it was still falling at the greatest rate: try greater ones"
    else:
        evidence = f"the smoothed loss, {level:.4g} at the lowest rates, never fell by {FALLS:.0%}: no rate is better"
        found = "it was no number after the first step: try smaller rates"
        if k is not None:
            found = f"it was lowest, {smoothed[k]:.4g}, at {rates[k]:.3g}"
        evidence = f"{evidence}; {found}"
    return RangeTest(
        rates, np.array(losses[1:]), smoothed, losses[0], suggestion, steepest, lowest, stopped, evidence
    )  # fmt: skip


def _steepest(x: Array, y: Array) -> int:
    """Where y falls fastest over x: the place of the least slope of a straight line through its neighbours."""
    spacing = float(x[1] - x[0]) if len(x) > 1 else 1.0
    half = max(1, min(round(DECADES / spacing), (len(x) - 1) // 2))
    if len(x) < 3:
        return len(x) - 1
    # slope = Σ d y / Σ d²  for neighbours at the distances d
    d = spacing * np.arange(-half, half + 1)
    slopes = np.correlate(y, d, mode="valid") / float(d @ d)
    return int(np.argmin(slopes)) + half


class _Running:
    """The running mean of the losses so far, with the bias of its start corrected (Kingma and Ba, ICLR 2015, 3)."""

    def __init__(self) -> None:
        self.sum, self.count, self.least, self.first = 0.0, 0, math.inf, math.inf

    def add(self, loss: float) -> float:
        """The mean with one loss more."""
        # s ← β s + (1 − β) L,  mean = s / (1 − βᵗ)
        self.count += 1
        self.sum = SMOOTHING * self.sum + (1 - SMOOTHING) * loss
        return self.sum / (1 - SMOOTHING**self.count)

    def exploded(self, loss: float) -> bool:
        """Whether the mean, with this loss, is far above its least and above the start."""
        mean = self.add(loss)
        self.least, self.first = min(self.least, mean), min(self.first, math.inf if self.count > 1 else mean)
        return mean > EXPLODED * self.least and mean > self.first
