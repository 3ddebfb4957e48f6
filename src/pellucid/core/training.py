"""Training: batches through forward, backward and the optimiser, epoch after epoch, as a generator.

``train`` yields an ``Epoch`` at the end of each one, so that stopping early is the caller's ``break``. Where it stands
is in a ``Progress``: with θ, the optimiser's state and the random generator it is all that one needs to go on later.
"""

import functools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from pellucid.core import checks, display, threads
from pellucid.core.batch_group import Group
from pellucid.core.batches import Data, kinds, windows
from pellucid.core.errors import DivergenceError, InputError
from pellucid.core.evaluation import check_data, evaluate
from pellucid.core.metrics import Scores
from pellucid.core.network import Network
from pellucid.core.optimizers import Optimizer, clip
from pellucid.core.progress import Epoch, Progress, settled
from pellucid.core.schedules import Schedule, constant
from pellucid.core.trace import Trace


def train(
    net: Network,
    data: Data,
    optimizer: Optimizer,
    *,
    epochs: int,
    batch_size: int | None = 64,
    rng: np.random.Generator,
    dev: Data | None = None,
    schedule: Schedule = constant,
    dropout: float = 0.0,
    clip_norm: float | None = None,
    progress: Progress | None = None,
    after_step: Callable[[Progress], None] | None = None,
    blas_threads: int | None = None,
    shuffle: bool = True,
    live: bool = True,
) -> Iterator[Epoch]:
    """Train ``net`` in place on ``data``, and yield an ``Epoch`` at the end of each.

    Args:
        net: the network; its θ is changed.
        data: X (n, features), uint8 or float, and y: (n,) labels, or (n, outputs) values; and, if some samples count
            more than others, their weights (n,): a batch's loss is then Σ w L / Σ w.
        optimizer: an optimiser with its learning rate.
        epochs: how many passes over the data, in all; after a ``progress`` of 3, ``epochs=5`` makes two more.
        batch_size: samples a step; None takes all of them at once, in their own order.
        rng: shuffles the rows and draws dropout's masks.
        dev: data to evaluate on after each epoch.
        schedule: the share of the learning rate to use at each step.
        dropout: the share of hidden neurons to leave out at each step.
        clip_norm: the greatest length of a gradient; a longer one is shortened to it.
        progress: where to go on from; it is updated in place.
        after_step: called with the progress after each step, for checkpoints.
        blas_threads: threads for the matrix products; None chooses by their size.
        shuffle: whether each epoch takes the rows in an order of its own; else in theirs.
        live: whether a notebook shows how far it is, and the curves; elsewhere nothing is shown.

    Raises:
        InputError: data that does not fit the network, or an impossible setting; at once, before any step.
        DivergenceError: the loss is no number any more; θ is as the last step left it.

    >>> net = Network([2, 8, 2], rng=np.random.default_rng(0))
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    >>> from pellucid.core.optimizers import Adam
    >>> for epoch in train(net, (X, np.array([0, 1, 1, 0])), Adam(0.02), epochs=200, rng=np.random.default_rng(0)):
    ...     if epoch.train.accuracy == 1.0:
    ...         break
    >>> net.predict(X).argmax(axis=1)
    array([0, 1, 1, 0])
    """
    data = check_data(net, data)
    samples = kinds(data).samples
    plan = _Plan(
        data=data,
        samples=samples,
        weight=float(data[2].sum()) if isinstance(data, tuple) and len(data) > 2 else float(samples),
        dev=None if dev is None else check_data(net, dev, "dev "),
        epochs=checks.count(epochs, "epochs", least=0),
        batch_size=_batch_size(batch_size, data),
        schedule=schedule,
        clip_norm=None if clip_norm is None else checks.number(clip_norm, "clip_norm", positive=True),
        after_step=after_step,
        shuffle=shuffle,
    )
    if blas_threads is None:
        blas_threads = threads.best(net.sizes, plan.batch_size)
    checks.count(blas_threads, "blas_threads")
    group = Group(net, data, plan.batch_size, dropout=dropout, rng=checks.generator(rng), cores=blas_threads)
    progress = Progress() if progress is None else progress
    shown = display.watch(progress, plan.epochs, plan.batches) if live else None
    if shown is None:
        return _epochs(net, group, optimizer, plan, progress)
    plan = replace(plan, after_step=shown.after(after_step))
    around: Iterator[Epoch] = shown.around(_epochs(net, group, optimizer, plan, progress))
    return around


def _batch_size(batch_size: int | None, data: Data) -> int:
    """Samples a step, of which there are not more than there are."""
    samples = kinds(data).samples
    if batch_size is not None:
        return min(checks.count(batch_size, "batch_size"), samples)
    if not isinstance(data, tuple):
        raise InputError(
            "these data are read block by block, and a batch of all of them is asked for: give a batch size"
        )
    return samples


@dataclass(frozen=True)
class _Plan:
    """What stays the same all through a training."""

    data: Data
    samples: int
    weight: float  # of all samples: their number, unless they have weights
    dev: Data | None
    epochs: int
    batch_size: int
    schedule: Schedule
    clip_norm: float | None
    after_step: Callable[[Progress], None] | None
    shuffle: bool

    @property
    def batches(self) -> int:
        """Steps in an epoch."""
        return -(-self.samples // self.batch_size)


def _epochs(net: Network, group: Group, optimizer: Optimizer, plan: _Plan, progress: Progress) -> Iterator[Epoch]:
    if plan.batches == 1 and isinstance(plan.data, tuple):
        group.load_whole(*plan.data[:2])
    while progress.epoch < plan.epochs:
        start, rate = time.perf_counter(), optimizer.learning_rate
        with threads.limited(group.blas_threads), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            try:
                _one_epoch(net, group, optimizer, plan, progress)
            finally:
                optimizer.learning_rate = rate
            if not np.isfinite(net.theta).all():  # by the epoch's last step, or unseen: a ReLU makes 0 of −∞
                raise _divergence(net, group.batches[-1], progress, progress.step, progress.loss / plan.weight)
            seconds = time.perf_counter() - start
            dev = None if plan.dev is None else evaluate(net, plan.dev)
        accuracy = None if net.loss.kind == "values" else progress.right / plan.weight
        scores = Scores(progress.loss / plan.weight, accuracy)
        progress.epoch += 1
        progress.batch, progress.loss, progress.right = 0, 0.0, 0
        rate, norm = progress.learning_rate, progress.gradient_norm
        yield Epoch(progress.epoch, progress.step, rate, norm, seconds, scores, dev)


def _one_epoch(net: Network, group: Group, optimizer: Optimizer, plan: _Plan, progress: Progress) -> None:
    """The batches of one epoch that are not done yet."""
    if progress.batch == 0:
        assert group.trace.rng is not None
        progress.seed = int(group.trace.rng.integers(2**63))
    base, total = optimizer.learning_rate, plan.epochs * plan.batches
    for batches in _groups(group, plan, progress):
        first = progress.batch
        progress.settle = functools.partial(_settle, net, group, progress, first)
        for batch in batches:
            group.propagate(batch)
            if not math.isfinite(np.dot(batch.db[-1], batch.db[-1])):  # a NaN in any δ is in this short array
                _settle(net, group, progress, first, under_way=1)
            if progress.batch + 1 == plan.batches:
                progress.gradient_norm = float(np.linalg.norm(batch.grad))
            if plan.clip_norm is not None:
                clip(batch.grad, plan.clip_norm)
            progress.learning_rate = optimizer.learning_rate = base * plan.schedule(progress.step / total)
            optimizer.step(net.theta, batch.grad)
            progress.batch += 1
            progress.step += 1
            if plan.after_step is not None:
                plan.after_step(progress)
        progress.settle()
    progress.settle = settled


def _groups(group: Group, plan: _Plan, progress: Progress) -> Iterator[Iterator[Trace]]:
    """The batches of this epoch that are not done yet, group by group."""
    if plan.batches == 1 and isinstance(plan.data, tuple):
        if progress.batch == 0:
            yield group.repeat()
        return
    done = progress.batch * plan.batch_size
    parts = windows(plan.data, progress.seed if plan.shuffle else None, done, plan.batch_size)
    for X, y, rows in parts if isinstance(plan.data, tuple) else threads.ahead(parts):
        for start in range(0, len(rows), group.samples):
            yield group.gathered(X, y, rows[start : start + group.samples])


def _settle(net: Network, group: Group, progress: Progress, first: int, *, under_way: int = 0) -> None:
    """Add the losses and hits of the group's batches since ``first``, and of the one under way, to the epoch's sums.

    Raises:
        DivergenceError: a loss is no number.
    """
    done = progress.batch - first + under_way
    losses, right = group.count(done)
    counted = done - len(losses)
    for number, loss in enumerate(losses, start=counted):
        batch = group.batches[number]
        if not math.isfinite(loss):
            raise _divergence(net, batch, progress, progress.step + under_way - done + number + 1, loss)
        progress.loss += loss * group.sums[number]
    for hits in right:
        progress.right += hits


def _divergence(net: Network, batch: Trace, progress: Progress, step: int, loss: float) -> DivergenceError:
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
