"""Training: batches through forward, backward and the optimiser, epoch after epoch, as a generator.

``train`` yields an ``Epoch`` at the end of each one, so that stopping early is the caller's ``break``. Where it stands
is in a ``Progress``: with θ, the optimiser's state and the random generator it is all that one needs to go on later.
"""

import math
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from pellucid.core import checks, display, engines, ranks, threads
from pellucid.core.batches import Data, kinds, weight
from pellucid.core.errors import InputError
from pellucid.core.evaluation import check_data, evaluate
from pellucid.core.metrics import Scores
from pellucid.core.network import Network
from pellucid.core.numpy_engine import NumpyEngine
from pellucid.core.optimizers import Optimizer
from pellucid.core.progress import Epoch, Progress
from pellucid.core.ranks import Reduce
from pellucid.core.schedules import Schedule, constant
from pellucid.core.work import Work, divergence


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
    engine: str = "auto",
    shuffle: bool = True,
    live: bool = True,
    accumulate: int = 1,
    reduce: Reduce | None = None,
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
        engine: who makes the steps: "numpy", "compiled" (with Numba, which must be installed), or "auto", the one that
            is sooner done. ``progress.engine`` says which it is. Their results differ in the last digits.
        shuffle: whether each epoch takes the rows in an order of its own; else in theirs.
        live: whether a notebook shows how far it is, and the curves; elsewhere nothing is shown.
        accumulate: batches in a step: their gradients are averaged, so that it sees as many samples as a batch that is
            so many times as large, with the memory of one.
        reduce: the ranks that train the same network on the same data, each in a process of its own: an object with
            ``rank``, ``size`` and ``all_reduce(vector)`` (``core.ranks.Reduce``). Each takes its part of every batch,
            and θ comes from rank 0. All call ``train`` alike.

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
    batch = _batch_size(batch_size, data)
    work = Work(
        net=net,
        data=data,
        optimizer=optimizer,
        samples=samples,
        weight=float(samples) if (total := weight(data)) is None else total,
        dev=None if dev is None else check_data(net, dev, "dev "),
        epochs=checks.count(epochs, "epochs", least=0),
        batch_size=batch,
        rng=checks.generator(rng),
        schedule=schedule,
        dropout=checks.dropout(dropout, rng),
        clip_norm=None if clip_norm is None else checks.number(clip_norm, "clip_norm", positive=True),
        after_step=after_step,
        shuffle=shuffle,
        blas_threads=threads.best(net.sizes, batch)
        if blas_threads is None
        else checks.count(blas_threads, "blas_threads"),
        accumulate=checks.count(accumulate, "accumulate"),
        reduce=reduce if reduce is not None and reduce.size > 1 else None,
    )
    progress = Progress() if progress is None else progress
    shown = display.watch(progress, work.epochs, work.steps) if live else None
    if shown is not None:
        work = replace(work, after_step=shown.after(after_step))
    if engine == "auto" and progress.engine:
        engine = progress.engine  # a training goes on with the engine it began with
    progress.engine, one_epoch = engines.choose(engine, work)
    if work.reduce is not None:
        _begin_together(work, work.reduce, progress)
    epochs_to_come = _epochs(work, one_epoch or NumpyEngine(work), progress)
    return epochs_to_come if shown is None else shown.around(epochs_to_come)


def _begin_together(work: Work, reduce: Reduce, progress: Progress) -> None:
    """Bring θ and the optimiser's memory from rank 0; raise InputError, on all ranks, where they would not go alike."""
    if work.batch_size < reduce.size:
        raise InputError(f"batch_size={work.batch_size} on {reduce.size} ranks: give each rank at least one sample")
    kept = work.optimizer.state
    memory = [kept[name] for name in sorted(kept) if kept[name].dtype == work.net.dtype]  # whoever filled it, and how
    ranks.check_alike(
        reduce, parameters=work.net.theta.size, samples=work.samples, batch_size=work.batch_size,
        accumulate=work.accumulate, epochs=work.epochs, dropout=work.dropout, clip_norm=work.clip_norm or 0,
        learning_rate=work.optimizer.learning_rate, shuffle=work.shuffle, epoch=progress.epoch, batch=progress.batch,
        step=progress.step, memory=len(memory), rng=zlib.crc32(repr(work.rng.bit_generator.state).encode()),
    )  # fmt: skip
    for vector in (work.net.theta, *memory):
        ranks.take_from_first(reduce, vector)


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


def _epochs(work: Work, one_epoch: Any, progress: Progress) -> Iterator[Epoch]:
    net, optimizer = work.net, work.optimizer
    while progress.epoch < work.epochs:
        start, rate = time.perf_counter(), optimizer.learning_rate
        with threads.limited(one_epoch.blas_threads), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            try:
                last = one_epoch(progress)
            finally:
                optimizer.learning_rate = rate
            loss, right = ranks.added(work.reduce, progress.loss, progress.right)
            # by the epoch's last step, or unseen: a ReLU makes 0 of −∞
            if not np.isfinite(net.theta).all() or not math.isfinite(loss):
                raise divergence(net, last, progress, progress.step, loss / work.weight)
            seconds = time.perf_counter() - start
            dev = None if work.dev is None else _evaluated(work, work.dev)
        accuracy = None if net.loss.kind == "values" else right / work.weight
        scores = Scores(loss / work.weight, accuracy)
        progress.epoch += 1
        progress.batch, progress.loss, progress.right = 0, 0.0, 0
        rate, norm = progress.learning_rate, progress.gradient_norm
        yield Epoch(progress.epoch, progress.step, rate, norm, seconds, scores, dev)


def _evaluated(work: Work, dev: Data) -> Scores:
    """The scores on dev data; of many ranks those that rank 0 has found, so that all decide alike what follows."""
    scores = evaluate(work.net, dev)
    if work.reduce is None:
        return scores
    names = [name for name in ("loss", "accuracy", "r2", "rmse") if getattr(scores, name) is not None]
    found = np.array([getattr(scores, name) for name in names], np.float64)
    ranks.take_from_first(work.reduce, found)
    return replace(scores, **dict(zip(names, found.tolist(), strict=True)))
