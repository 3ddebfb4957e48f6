"""Training: batches through forward, backward and the optimiser, epoch after epoch, as a generator.

``train`` yields an ``Epoch`` at the end of each one, so that stopping early is the caller's ``break``. Where it stands
is in a ``Progress``: with θ, the optimiser's state and the random generator it is all that one needs to go on later.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pellucid import batches, checks, metrics, threads
from pellucid.arrays import AnyArray, into
from pellucid.errors import DivergenceError, InputError
from pellucid.losses import write_targets
from pellucid.network import Network, Trace, backward, forward
from pellucid.optimizers import Optimizer, clip
from pellucid.schedules import Schedule, constant

EVALUATED_AT_ONCE = 256  # samples; few enough for a core's own cache
Data = tuple[AnyArray, AnyArray]  # X (n, features) and y, (n,) labels or (n, outputs) values


@dataclass(frozen=True)
class Scores:
    """How good a network is on some data: its mean loss, and accuracy for classes, R² and RMSE for values."""

    loss: float
    accuracy: float | None = None
    r2: float | None = None
    rmse: float | None = None


@dataclass(frozen=True)
class Epoch:
    """One pass over the training data.

    ``train`` is the mean over the epoch's batches as they were trained, each with the θ of its time; ``dev`` is what
    the θ at the end of the epoch reaches on the dev data. ``learning_rate`` is that of the epoch's last step,
    ``gradient_norm`` the length of its gradient before any clipping; ``seconds`` is the time of the epoch without the
    evaluation.
    """

    number: int
    steps: int
    learning_rate: float
    gradient_norm: float
    seconds: float
    train: Scores
    dev: Scores | None


@dataclass
class Progress:
    """Where training stands after a step; ``train`` keeps it up to date.

    ``epoch`` counts finished epochs, ``batch`` the finished batches of the one under way, ``step`` all steps.
    ``loss`` and ``right`` are this epoch's sums so far over its samples; ``seed`` gives the order of its rows.
    ``learning_rate`` is that of the last step, ``gradient_norm`` the length of the gradient of an epoch's last one.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss: float = 0.0
    right: int = 0
    seed: int = 0
    learning_rate: float = 0.0
    gradient_norm: float = 0.0


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
) -> Iterator[Epoch]:
    """Train ``net`` in place on ``data``, and yield an ``Epoch`` at the end of each.

    Args:
        net: the network; its θ is changed.
        data: X (n, features), uint8 or float, and y: (n,) labels, or (n, outputs) values.
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

    Raises:
        InputError: data that does not fit the network, or an impossible setting; at once, before any step.
        DivergenceError: the loss is no number any more; θ is as the last step left it.

    >>> net = Network([2, 8, 2], rng=np.random.default_rng(0))
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    >>> from pellucid.optimizers import Adam
    >>> for epoch in train(net, (X, np.array([0, 1, 1, 0])), Adam(0.02), epochs=200, rng=np.random.default_rng(0)):
    ...     if epoch.train.accuracy == 1.0:
    ...         break
    >>> net.predict(X).argmax(axis=1)
    array([0, 1, 1, 0])
    """
    X, y = _checked(net, data)
    course = _Course(
        X=X,
        y=y,
        dev=None if dev is None else _checked(net, dev, "dev "),
        epochs=checks.count(epochs, "epochs", least=0),
        batch_size=len(X) if batch_size is None else min(checks.count(batch_size, "batch_size"), len(X)),
        schedule=schedule,
        clip_norm=None if clip_norm is None else checks.number(clip_norm, "clip_norm", positive=True),
        after_step=after_step,
    )
    if blas_threads is None:
        blas_threads = threads.best(net.sizes, course.batch_size)
    checks.count(blas_threads, "blas_threads")
    trace = Trace(net, course.batch_size, dropout=dropout, rng=checks.generator(rng))
    progress = Progress() if progress is None else progress
    return _epochs(net, trace, optimizer, course, progress, blas_threads)


@dataclass(frozen=True)
class _Course:
    """What stays the same all through a training."""

    X: AnyArray
    y: AnyArray
    dev: Data | None
    epochs: int
    batch_size: int
    schedule: Schedule
    clip_norm: float | None
    after_step: Callable[[Progress], None] | None

    @property
    def batches(self) -> int:
        """Steps in an epoch."""
        return -(-len(self.X) // self.batch_size)


def _epochs(
    net: Network, trace: Trace, optimizer: Optimizer, course: _Course, progress: Progress, blas_threads: int
) -> Iterator[Epoch]:
    room = _Room.of(course)
    if course.batches == 1:
        into(course.X, out=trace.a[0])
        write_targets(net.loss, course.y, out=trace.y)
    while progress.epoch < course.epochs:
        start, rate = time.perf_counter(), optimizer.learning_rate
        with threads.limited(blas_threads), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            try:
                _one_epoch(net, trace, optimizer, course, progress, room)
            finally:
                optimizer.learning_rate = rate
            if not np.isfinite(net.theta).all():  # the epoch's last step may have spoilt it, or it hides behind a ReLU
                raise _divergence(net, trace, progress, progress.step, progress.loss / len(course.X))
            seconds = time.perf_counter() - start
            dev = None if course.dev is None else evaluate(net, course.dev)
        samples = len(course.X)
        accuracy = None if net.loss.kind == "values" else progress.right / samples
        scores = Scores(progress.loss / samples, accuracy)
        progress.epoch += 1
        progress.batch, progress.loss, progress.right = 0, 0.0, 0
        rate, norm = progress.learning_rate, progress.gradient_norm
        yield Epoch(progress.epoch, progress.step, rate, norm, seconds, scores, dev)


def _one_epoch(
    net: Network,
    trace: Trace,
    optimizer: Optimizer,
    course: _Course,
    progress: Progress,
    room: "_Room",
) -> None:
    """The batches of one epoch that are not done yet."""
    if progress.batch == 0:
        assert trace.rng is not None
        progress.seed = int(trace.rng.integers(2**63))
    order = batches.order(len(course.X), progress.seed) if course.batches > 1 else None
    base, total = optimizer.learning_rate, course.epochs * course.batches
    batch, y = trace, course.y
    for number in range(progress.batch, course.batches):
        if order is not None:
            rows = order[number * course.batch_size : (number + 1) * course.batch_size]
            batch, y = trace.head(len(rows)), room.targets[: len(rows)]
            batches.gather(course.X, rows, out=batch.a[0], pixels=room.pixels[: len(rows)])
            course.y.take(rows, axis=0, out=y, mode="clip")
            write_targets(net.loss, y, out=batch.y)
        forward(net, batch)
        loss = backward(net, batch)
        if not math.isfinite(loss):
            raise _divergence(net, batch, progress, progress.step + 1, loss)
        if number + 1 == course.batches:
            progress.gradient_norm = float(np.linalg.norm(batch.grad))
        if course.clip_norm is not None:
            clip(batch.grad, course.clip_norm)
        progress.learning_rate = optimizer.learning_rate = base * course.schedule(progress.step / total)
        optimizer.step(net.theta, batch.grad)
        progress.loss += loss * batch.batch_size
        progress.right += _right(net, batch, y, room)
        progress.batch, progress.step = number + 1, progress.step + 1
        if course.after_step is not None:
            course.after_step(progress)


class _Room(NamedTuple):
    """What a batch needs beside its trace, made once: rows of X and y in their own types, guesses and hits."""

    pixels: AnyArray
    targets: AnyArray
    guesses: AnyArray
    right: AnyArray

    @classmethod
    def of(cls, course: _Course) -> "_Room":
        n, X, y = course.batch_size, course.X, course.y
        rows, targets = np.empty((n, *X.shape[1:]), X.dtype), np.empty((n, *y.shape[1:]), y.dtype)
        return cls(rows, targets, np.empty(n, np.intp), np.empty(n, np.bool_))


def _right(net: Network, batch: Trace, y: AnyArray, room: _Room) -> int:
    """How many of the batch's samples were classified rightly."""
    if net.loss.kind == "values":
        return 0
    right, guesses = room.right[: len(y)], room.guesses[: len(y)]
    if net.loss.kind == "probabilities":
        said, true = batch.work[-1]
        np.greater(batch.a[-1], 0.5, out=said)
        np.greater(batch.y, 0.5, out=true)
        np.equal(said, true, out=said)
        np.logical_and.reduce(said, axis=1, out=right)
    else:
        batch.a[-1].argmax(axis=1, out=guesses)
        np.equal(guesses, y, out=right)
    return int(np.count_nonzero(right))


def evaluate(net: Network, data: Data) -> Scores:
    """The scores of a network on data: X (n, features), y (n,) labels or (n, outputs) values.

    >>> net = Network([4, 2], init=None)
    >>> round(evaluate(net, (np.ones((3, 4)), np.array([0, 1, 1]))).loss, 4)
    0.6931
    """
    X, y = _checked(net, data)
    trace = Trace(net, min(len(X), EVALUATED_AT_ONCE))
    predictions = np.empty((len(X), net.sizes[-1]), net.dtype)
    losses = np.empty(len(X), net.dtype)
    blas = threads.limited(threads.best(net.sizes, trace.batch_size))
    with blas, np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for start in range(0, len(X), trace.batch_size):
            part = slice(start, start + trace.batch_size)
            batch = trace.head(len(X[part]))
            into(X[part], out=batch.a[0])
            write_targets(net.loss, y[part], out=batch.y)
            forward(net, batch)
            net.loss.value(batch.z[-1], batch.a[-1], batch.y, out=batch.loss, work=batch.work[-1])
            predictions[part], losses[part] = batch.a[-1], batch.loss
        loss = float(losses.mean(dtype=np.float64))
        return scores(net, predictions, y, loss)


def scores(net: Network, predictions: AnyArray, y: AnyArray, loss: float) -> Scores:
    """The scores that fit the network's kind of target, from its predictions (n, outputs)."""
    if net.loss.kind == "values":
        return Scores(loss, r2=metrics.r2(predictions, y), rmse=metrics.rmse(predictions, y))
    if net.loss.kind == "probabilities" and predictions.shape[1] > 1:
        return Scores(loss, accuracy=float(np.mean(((predictions > 0.5) == (y > 0.5)).all(axis=1))))
    truth = y.reshape(-1) > 0.5 if net.loss.kind == "probabilities" else y
    return Scores(loss, accuracy=metrics.accuracy(predictions, truth))


def _checked(net: Network, data: Data, part: str = "") -> Data:
    """X and y as arrays that fit the network."""
    X, y = data
    X = checks.inputs(X, net.sizes[0])
    if not len(X):
        raise InputError(f"the {part}data has no rows: give at least one sample")
    checks.finite(X, f"{part}X")
    return X, checks.targets(net.loss, y, len(X), net.sizes[-1])


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
    return DivergenceError(
        f"training diverged: the loss is {loss} in epoch {progress.epoch + 1}, step {step}, "
        f"first seen {place}; try a learning rate ten times smaller (--learning-rate), "
        "a limit on the gradient (--clip-norm 1), or inputs scaled to about −1 … 1"
    )
