"""What is done for several batches, or by several cores, at once comes to what one batch and one core come to."""

import copy
import pickle
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import pellucid as pl
from pellucid.core import batch_group, batches, network, optimizers, threads
from pellucid.core.arrays import AnyArray
from pellucid.core.optimizers import OPTIMIZERS, Optimizer

ROWS = 300


def data(rows: int = ROWS) -> tuple[AnyArray, AnyArray]:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (rows, 12), dtype=np.uint8), rng.integers(0, 4, rows)


def trained(rows: int = ROWS, **settings: Any) -> tuple[AnyArray, list[pl.Epoch]]:
    net = pl.Network([12, 9, 4], rng=np.random.default_rng(1), dtype=settings.pop("dtype", np.float32))
    given = {"epochs": 3, "batch_size": 7, "rng": np.random.default_rng(2), **settings}
    epochs = list(pl.train(net, data(rows), pl.SGD(0.1), **given))
    return net.theta, epochs


def scores(epochs: list[pl.Epoch]) -> list[Any]:
    return [(epoch.steps, epoch.train, epoch.gradient_norm) for epoch in epochs]


@pytest.mark.parametrize("together", [1, 3, 5])
def test_how_many_batches_are_counted_together_changes_nothing(monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    theta, epochs = trained()
    monkeypatch.setattr(batch_group, "MOST_BATCHES", together)
    again, counted = trained()
    assert again.tobytes() == theta.tobytes()
    assert scores(counted) == scores(epochs)


def test_settling_at_every_step_changes_nothing() -> None:
    theta, epochs = trained()
    again, settled = trained(after_step=lambda progress: progress.settle())
    assert again.tobytes() == theta.tobytes()
    assert scores(settled) == scores(epochs)


# A large batch on several cores


@pytest.mark.parametrize("batch_size", [None, 200])
def test_a_batch_in_parts_has_the_gradient_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, batch_size: int | None
) -> None:
    theta, epochs = trained(batch_size=batch_size, dtype=np.float64)
    monkeypatch.setattr(threads, "WORTH_PARTS", 100)
    parted, seen = trained(batch_size=batch_size, dtype=np.float64, blas_threads=3)
    np.testing.assert_allclose(parted, theta, rtol=1e-12, atol=1e-15)
    assert [e.train.loss for e in seen] == pytest.approx([e.train.loss for e in epochs], rel=1e-12)
    assert [e.train.accuracy for e in seen] == [e.train.accuracy for e in epochs]


def test_parts_come_to_the_same_bits_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "WORTH_PARTS", 100)
    thetas = {trained(batch_size=None, blas_threads=2)[0].tobytes() for _ in range(5)}
    assert len(thetas) == 1


def test_with_dropout_a_batch_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    theta, _ = trained(batch_size=None, dropout=0.5)
    monkeypatch.setattr(threads, "WORTH_PARTS", 100)
    again, _ = trained(batch_size=None, dropout=0.5, blas_threads=2)
    np.testing.assert_array_equal(again, theta)


def test_a_failure_in_a_part_is_raised() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        threads.side_by_side([fail, lambda: None])


# Prediction


def test_many_rows_are_predicted_on_all_cores_as_few_are_on_one(monkeypatch: pytest.MonkeyPatch) -> None:
    net = pl.Network([12, 9, 4], rng=np.random.default_rng(0))
    X = np.random.default_rng(1).random((ROWS, 12), dtype=np.float32)
    alone = net.predict(X)
    monkeypatch.setattr(threads, "WORTH_PARTS", 100)
    monkeypatch.setattr(threads, "cores", lambda: 3)
    monkeypatch.setattr(network, "AT_ONCE", 32)
    np.testing.assert_allclose(net.predict(X), alone, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.int64])
def test_predictions_read_inputs_where_they_stand_and_leave_them(dtype: Any) -> None:
    net = pl.Network([12, 9, 4], rng=np.random.default_rng(0))
    X = np.random.default_rng(1).integers(0, 3, (50, 12)).astype(dtype)
    before = X.copy()
    whole = net.predict(X)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_allclose(net.predict(X[::2]), whole[::2], rtol=1e-6)
    np.testing.assert_allclose(net.predict(np.asfortranarray(X)), whole, rtol=1e-6)
    np.testing.assert_allclose(np.concatenate([net.predict(row[np.newaxis]) for row in X]), whole, rtol=1e-5)
    np.testing.assert_array_equal(net.predict(X[:0]), np.empty((0, 4)))


def test_threads_that_predict_at_once_do_not_get_in_each_others_way() -> None:
    net = pl.Network([12, 9, 4], rng=np.random.default_rng(0))
    inputs = [np.full((5, 12), value, np.float32) for value in range(8)]
    right = [net.predict(X) for X in inputs]
    wrong: list[int] = []

    def work(number: int) -> None:
        wrong.extend(number for _ in range(300) if not np.array_equal(net.predict(inputs[number]), right[number]))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        sys.setswitchinterval(interval)
    assert not wrong


# A large θ


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=list(OPTIMIZERS))
def test_theta_is_moved_in_blocks_as_it_is_as_a_whole(
    monkeypatch: pytest.MonkeyPatch, kind: type[pl.SGD | pl.Adam], decay: float
) -> None:
    def moved() -> AnyArray:
        rng = np.random.default_rng(0)
        theta, rule = rng.random(1000, dtype=np.float32), kind(0.1, weight_decay=decay)
        for _ in range(4):
            rule.step(theta, rng.random(1000, dtype=np.float32))
        return theta

    whole = moved()
    monkeypatch.setattr(optimizers, "BLOCK", 64)
    np.testing.assert_array_equal(moved(), whole)


def test_one_optimizer_moves_vectors_of_several_sizes() -> None:
    rule: Optimizer = pl.SGD(1.0)
    for size in (4, 9, 2):
        theta = np.ones(size)
        rule.step(theta, np.ones(size))
        np.testing.assert_array_equal(theta, np.zeros(size))


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=list(OPTIMIZERS))
def test_a_copy_of_an_optimizer_moves_its_own_vectors_and_carries_no_room(kind: type[pl.SGD]) -> None:
    theta, grad = np.ones(1000), np.ones(1000)
    rule = kind(0.1)
    rule.step(theta, grad)
    twin = copy.deepcopy(rule)
    assert len(pickle.dumps(rule)) < len(rule.state) * theta.nbytes + 1000
    again = theta.copy()
    rule.step(theta, grad)
    twin.step(again, grad)
    np.testing.assert_array_equal(again, theta)


# Streams


class Blocks:
    """A stream of arrays, in blocks of uneven lengths."""

    dtype, target_shape, target_dtype = np.dtype(np.uint8), (), np.dtype(np.int64)

    def __init__(self, X: AnyArray, y: AnyArray) -> None:
        self.X, self.y, self.shape = X, y, X.shape

    def blocks(self, seed: int | None, skip: int = 0) -> Iterator[tuple[AnyArray, AnyArray]]:
        order = np.arange(len(self.X)) if seed is None else np.random.default_rng(seed).permutation(len(self.X))
        order = order[skip:]
        at, room = 0, self.X.copy()
        for length in np.random.default_rng(5).integers(1, 40, len(self.X)):
            rows = order[at : at + length]
            if not len(rows):
                return
            room[: len(rows)] = self.X[rows]  # the same room for every block, as a file's reader has
            yield room[: len(rows)], self.y[rows]
            at += length


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "WINDOW", 12 * 64)  # 64 rows, of which 63 make whole batches of 7


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("batch_size", [1, 7, 63, 100])
@pytest.mark.parametrize("done", [0, 14, 126, 299])
def test_an_epoch_of_windows_has_every_sample_once(batch_size: int, done: int) -> None:
    X, y = np.arange(ROWS * 12).reshape(ROWS, 12) % 251, np.arange(ROWS)
    stream: Any = Blocks(X.astype(np.uint8), y)
    seen = [y[rows].copy() for (_, y), rows in batches.windows(stream, 3, 0, batch_size)]
    assert sorted(np.concatenate(seen)) == list(range(ROWS))
    assert all(len(rows) % batch_size == 0 for rows in seen[:-1])
    left = [y[rows].copy() for (_, y), rows in batches.windows(stream, 3, done, batch_size)]
    np.testing.assert_array_equal(np.concatenate(left), np.concatenate(seen)[done:])
    other = [y[rows].copy() for (_, y), rows in batches.windows(stream, 4, 0, batch_size)]
    assert (np.concatenate(other) != np.concatenate(seen)).any()


@pytest.mark.usefixtures("small_windows")
def test_training_from_a_stream_is_training_on_its_samples() -> None:
    X, y = data()
    thetas = []
    for given in ((X, y), Blocks(X, y)):
        net, rng = pl.Network([12, 9, 4], rng=np.random.default_rng(1)), np.random.default_rng(2)
        epochs = list(pl.train(net, given, pl.SGD(0.1), epochs=12, batch_size=7, rng=rng))
        assert epochs[-1].steps == 12 * 43
        assert pl.evaluate(net, given).loss == pytest.approx(pl.evaluate(net, (X, y)).loss, rel=1e-6)
        thetas.append((net.theta.tobytes(), epochs[-1].train.loss))
    assert thetas[0][1] == pytest.approx(thetas[1][1], rel=0.05)  # another order, the same samples


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("stop", [1, 8, 9, 10, 18, 43, 44, 60])
def test_training_from_a_stream_resumes_to_the_same_bits(stop: int) -> None:
    X, y = data()
    stream: Any = Blocks(X, y)

    def end(stop: int | None) -> bytes:
        net, rng, progress = (
            pl.Network([12, 9, 4], rng=np.random.default_rng(1)),
            np.random.default_rng(2),
            pl.Progress(),
        )

        def after_step(now: pl.Progress) -> None:
            if now.step == stop:
                now.settle()
                raise KeyboardInterrupt

        common: dict[str, Any] = {"epochs": 2, "batch_size": 7, "rng": rng, "progress": progress}
        if stop is not None:
            with pytest.raises(KeyboardInterrupt):
                list(pl.train(net, stream, pl.SGD(0.1), after_step=after_step, **common))
        list(pl.train(net, stream, pl.SGD(0.1), **common))
        return net.theta.tobytes() + repr((progress.loss, progress.right)).encode()

    assert end(stop) == end(None)


def test_a_stream_that_does_not_fit_is_refused() -> None:
    stream: Any = Blocks(*data())
    rng = np.random.default_rng(0)
    for net, batch_size, needle in (
        (pl.Network([11, 4]), 7, "12 features, but the network takes 11"),
        (pl.Network([12, 4], loss=pl.SquaredError()), 7, "squared-error with 4 outputs"),
        (pl.Network([12, 4]), None, "give a batch size"),
    ):
        with pytest.raises(pl.InputError, match=needle):
            pl.train(net, stream, pl.SGD(0.1), epochs=1, batch_size=batch_size, rng=rng)


def test_an_error_while_reading_ahead_reaches_the_caller() -> None:
    class Broken(Blocks):
        def blocks(self, seed: int | None, skip: int = 0) -> Iterator[tuple[AnyArray, AnyArray]]:
            yield from super().blocks(seed, ROWS - 20)
            raise pl.InputError("X.npy: ends too soon")

    stream: Any = Broken(*data())
    with pytest.raises(pl.InputError, match="ends too soon"):
        list(pl.train(pl.Network([12, 4]), stream, pl.SGD(0.1), epochs=1, batch_size=7, rng=np.random.default_rng(0)))
