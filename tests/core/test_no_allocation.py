"""A training step computes in arrays that are there already: its fresh memory is small, whatever the batch."""

import itertools
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import pellucid as pl
from pellucid.core import batches
from pellucid.core.activations import ACTIVATIONS, Activation
from pellucid.core.arrays import AnyArray
from pellucid.core.losses import LOSSES, Loss, write_targets
from pellucid.core.optimizers import OPTIMIZERS, Optimizer, clip

SIZES = [256, 32, 16, 10]  # 32 rows of 256 fill the buffer of 8192 numbers that NumPy converts types in
MOST = {4: 64_000, 8: 80_000} if np.lib.NumpyVersion(np.__version__) >= "2.3.0" else {4: 97_000, 8: 146_000}
# bytes, for floats of 4 or 8; of which NumPy's own buffer takes 33,000 or 66,000, and twice that before NumPy 2.3
SPREAD = 4_000
ROWS = 4_200


def targets(loss: Loss, rows: int) -> AnyArray:
    rng = np.random.default_rng(0)
    return rng.integers(SIZES[-1], size=rows) if loss.kind == "classes" else rng.random((rows, SIZES[-1]))


def peak(action: Callable[[], object]) -> int:
    """Bytes above where it began that ``action`` holds at most, after two rounds to warm up."""
    action()
    action()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        action()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def peak_of_a_step(
    n: int,
    activation: Activation,
    loss: Loss,
    optimizer: Optimizer,
    *,
    dropout: float = 0.0,
    dtype: Any = np.float32,
    scale: float = 1.0,
) -> int:
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (ROWS, SIZES[0]), dtype=np.uint8)
    y = targets(loss, n)
    net = pl.Network(SIZES, activation=activation, loss=loss, rng=rng, dtype=dtype)
    net.theta *= scale
    trace = pl.Trace(net, n, dropout=dropout, rng=rng, input_gradient=True)
    pixels, order = np.empty((n, SIZES[0]), np.uint8), rng.permutation(ROWS)[:n]

    def step() -> None:
        batches.gather(X, order, out=trace.a[0], pixels=pixels)
        write_targets(loss, y, out=trace.y)
        pl.forward(net, trace)
        pl.backward(net, trace)
        clip(trace.grad, 1e-3)
        optimizer.step(net.theta, trace.grad)

    return peak(step)


def assert_small_and_alike(small: int, large: int, dtype: Any = np.float32) -> None:
    most = MOST[np.dtype(dtype).itemsize]
    assert small < most, small
    assert large < most, large
    assert abs(small - large) <= SPREAD, (small, large)


def pairs() -> Iterator[Any]:
    """Every activation with every loss; with ReLU or cross-entropy also while one works."""
    for (name, activation), (other, loss) in itertools.product(ACTIVATIONS.items(), LOSSES.items()):
        marks = [] if name == "relu" or other == "cross-entropy" else [pytest.mark.slow]
        yield pytest.param(activation, loss, id=f"{name}-{other}", marks=marks)


@pytest.mark.parametrize(("activation", "loss"), list(pairs()))
def test_a_step_takes_the_same_little_memory_at_any_batch(activation: type[Activation], loss: type[Loss]) -> None:
    small, large = (peak_of_a_step(n, activation(), loss(), pl.SGD(0.01)) for n in (32, 4096))
    assert_small_and_alike(small, large)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("optimizer", "decay", "dtype"),
    list(itertools.product(OPTIMIZERS.values(), [0.0, 0.1], [np.float32, np.float64])),
)
def test_every_optimizer_steps_in_place(optimizer: type[pl.SGD | pl.Adam], decay: float, dtype: Any) -> None:
    small, large = (
        peak_of_a_step(n, pl.ReLU(), pl.CrossEntropy(), optimizer(0.01, weight_decay=decay), dropout=0.5, dtype=dtype)
        for n in (32, 4096)
    )
    assert_small_and_alike(small, large, dtype)


def test_a_step_over_large_theta_makes_no_copy_of_it() -> None:
    net = pl.Network([400, 300, 2], rng=np.random.default_rng(0))  # θ is 480 kB
    for kind in OPTIMIZERS.values():
        optimizer = kind(0.01, weight_decay=0.1)
        grad = np.ones_like(net.theta)
        assert peak(lambda: optimizer.step(net.theta, grad)) < 4_000  # noqa: B023  (called at once)


def test_scores_far_out_cost_no_more_memory() -> None:
    # wide of every bound: probabilities of the right class that are too small to be written down
    small, large = (peak_of_a_step(n, pl.ReLU(), pl.CrossEntropy(), pl.SGD(1e-9), scale=30.0) for n in (32, 4096))
    assert_small_and_alike(small, large)


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
def test_train_itself_takes_the_same_little_memory_at_any_batch(loss: type[Loss]) -> None:
    def at(n: int) -> int:
        X = np.random.default_rng(1).integers(0, 256, (4 * n, SIZES[0]), dtype=np.uint8)
        net = pl.Network(SIZES, loss=loss(), rng=np.random.default_rng(0))
        peaks: list[int] = []

        def after_step(progress: pl.Progress) -> None:
            current, highest = tracemalloc.get_traced_memory()
            if progress.epoch and progress.batch > 1:  # warmed up, and no epoch's beginning within
                peaks.append(highest - before[-1])
            tracemalloc.reset_peak()
            before.append(current)

        before = [0]
        tracemalloc.start()
        try:
            list(
                pl.train(
                    net, (X, targets(net.loss, 4 * n)), pl.SGD(0.01), epochs=3, batch_size=n,
                    rng=np.random.default_rng(0), after_step=after_step,
                )
            )  # fmt: skip
        finally:
            tracemalloc.stop()
        assert len(peaks) == 6
        return sorted(peaks)[len(peaks) // 2]

    assert_small_and_alike(at(32), at(4000))
    # from 4,096 samples on each core takes a part of a batch: threads are started, and each has buffers of NumPy's
    small, large = at(8_192), at(16_384)
    assert max(small, large) < 5 * MOST[4], (small, large)
    # whether the threads' buffers are there at one moment is chance; one array of 8,192 more samples is 330,000 bytes
    assert abs(small - large) <= 1.5 * MOST[4], (small, large)
