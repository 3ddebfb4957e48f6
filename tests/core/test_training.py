"""Training: the same bits every time, also when it was stopped on the way; and never on with numbers that are none."""

import copy
import inspect
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid as pl
from pellucid.core.activations import ACTIVATIONS
from pellucid.core.arrays import AnyArray
from pellucid.core.losses import LOSSES
from pellucid.core.optimizers import OPTIMIZERS
from pellucid.core.schedules import cosine

ROWS, BATCH, EPOCHS = 50, 16, 3  # the last batch of an epoch has 2 rows
STEPS = 12


class Stop(Exception):  # noqa: N818
    """Raised by a test in the middle of a training."""


def data(kind: str = "classes", rows: int = ROWS, seed: int = 0) -> tuple[AnyArray, AnyArray]:
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 256, (rows, 6), dtype=np.uint8)
    if kind == "values":
        return X, rng.exponential(size=(rows, 3))  # above 0, as counts are
    return X, rng.integers(3, size=rows) if kind == "classes" else rng.integers(2, size=(rows, 3))


def network(loss: Any = None, seed: int = 0, dtype: type = np.float32) -> pl.Network:
    loss = pl.CrossEntropy() if loss is None else loss
    return pl.Network([6, 8, 5, 3], activation=pl.Tanh(), loss=loss, rng=np.random.default_rng(seed), dtype=dtype)


def run(**settings_: Any) -> tuple[AnyArray, list[pl.Epoch]]:
    net = network()
    given_: dict[str, Any] = {"epochs": EPOCHS, "batch_size": BATCH, "rng": np.random.default_rng(1)}
    epochs = list(pl.train(net, data(), settings_.pop("optimizer", None) or pl.Adam(0.01), **{**given_, **settings_}))
    return net.theta, epochs


# The same bits


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_the_same_seed_gives_the_same_bits(dropout: float) -> None:
    (first, epochs), (second, again) = run(dropout=dropout, dev=data(seed=3)), run(dropout=dropout, dev=data(seed=3))
    assert first.tobytes() == second.tobytes()
    assert [(e.train, e.dev, e.gradient_norm) for e in epochs] == [(e.train, e.dev, e.gradient_norm) for e in again]
    assert run(dropout=dropout, rng=np.random.default_rng(2))[0].tobytes() != first.tobytes()


def stopped_and_resumed(
    stop: int, kind: str, batch_size: int | None, dropout: float
) -> tuple[AnyArray, list[pl.Epoch]]:
    """Stop after so many steps, keep only what a checkpoint would hold, and go on in new objects."""
    net, optimizer, rng, progress = network(), OPTIMIZERS[kind](0.01), np.random.default_rng(1), pl.Progress()
    kept: dict[str, Any] = {}

    def checkpoint(now: pl.Progress) -> None:
        if now.step == stop:
            now.settle()
            kept.update(
                theta=net.theta.copy(),
                state={name: array.copy() for name, array in optimizer.state.items()},
                rng=rng.bit_generator.state,
                progress=copy.copy(now),
            )
            raise Stop

    common: dict[str, Any] = {"epochs": EPOCHS, "batch_size": batch_size, "dropout": dropout, "schedule": cosine}
    epochs: list[pl.Epoch] = []
    with pytest.raises(Stop):
        epochs.extend(pl.train(net, data(), optimizer, rng=rng, progress=progress, after_step=checkpoint, **common))
    assert optimizer.learning_rate == 0.01

    net, optimizer, rng = network(seed=99), OPTIMIZERS[kind](0.01), np.random.default_rng()
    net.theta, optimizer.state, rng.bit_generator.state = kept["theta"], kept["state"], kept["rng"]
    epochs += pl.train(net, data(), optimizer, rng=rng, progress=kept["progress"], **common)
    return net.theta, epochs


@pytest.mark.parametrize("batch_size", [BATCH, None, 25])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("kind", list(OPTIMIZERS))
def test_stopped_at_any_step_and_resumed_it_comes_to_the_same_bits(
    kind: str, dropout: float, batch_size: int | None
) -> None:
    whole, epochs = run(optimizer=OPTIMIZERS[kind](0.01), dropout=dropout, batch_size=batch_size, schedule=cosine)
    for stop in range(1, epochs[-1].steps + 1):
        theta, resumed = stopped_and_resumed(stop, kind, batch_size, dropout)
        assert theta.tobytes() == whole.tobytes(), stop
        assert [(e.number, e.steps, e.train) for e in resumed] == [(e.number, e.steps, e.train) for e in epochs], stop


@pytest.mark.parametrize("stop", range(1, STEPS + 1))
def test_a_resumed_epoch_reports_the_learning_rate_and_gradient_of_its_last_step(stop: int) -> None:
    _, epochs = run(schedule=cosine)
    _, resumed = stopped_and_resumed(stop, "adam", BATCH, 0.0)
    assert [(e.learning_rate, e.gradient_norm) for e in resumed] == [(e.learning_rate, e.gradient_norm) for e in epochs]


def test_a_finished_training_that_is_made_longer_goes_on() -> None:
    net, optimizer, rng, progress = network(), pl.Adam(0.01), np.random.default_rng(1), pl.Progress()
    for epochs in (1, EPOCHS):
        list(pl.train(net, data(), optimizer, epochs=epochs, batch_size=BATCH, rng=rng, progress=progress))
    assert net.theta.tobytes() == run()[0].tobytes()
    assert (progress.epoch, progress.batch, progress.step) == (EPOCHS, 0, STEPS)
    assert list(pl.train(net, data(), optimizer, epochs=EPOCHS, batch_size=BATCH, rng=rng, progress=progress)) == []


def test_a_full_batch_does_not_depend_on_chance_or_on_the_order_of_the_rows() -> None:
    X, y = data()
    thetas = []
    for seed, order in [(1, np.arange(ROWS)), (2, np.arange(ROWS)), (3, np.random.default_rng(0).permutation(ROWS))]:
        net = network(dtype=np.float64)
        rng = np.random.default_rng(seed)
        list(pl.train(net, (X[order], y[order]), pl.SGD(0.5), epochs=20, batch_size=None, rng=rng))
        thetas.append(net.theta)
    assert thetas[0].tobytes() == thetas[1].tobytes()
    np.testing.assert_allclose(thetas[0], thetas[2], rtol=1e-10, atol=1e-13)


def test_a_batch_as_large_as_the_data_is_the_full_batch() -> None:
    assert run(batch_size=None)[0].tobytes() == run(batch_size=ROWS)[0].tobytes() == run(batch_size=10**9)[0].tobytes()


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 40), st.integers(1, 45), st.integers(0, 2**20))
def test_an_epoch_sees_every_row_once(rows: int, batch_size: int, seed: int) -> None:
    # each row has a weight of its own, and with a learning rate of next to nothing θ stays: db counts the rows seen
    net = pl.Network([rows, 1], loss=pl.SquaredError(), init=None, dtype=np.float64)
    net.theta[...] = 0
    seen = np.zeros(rows)

    class Counting(pl.SGD):
        def step(self, theta: AnyArray, grad: AnyArray) -> None:
            seen.__iadd__(grad[:rows] != 0)

    y = np.ones((rows, 1))
    rng = np.random.default_rng(seed)
    (epoch,) = pl.train(net, (np.eye(rows), y), Counting(0.1), epochs=1, batch_size=batch_size, rng=rng)
    assert seen.tolist() == [1] * rows
    assert epoch.steps == math.ceil(rows / min(batch_size, rows))
    assert epoch.train.loss == pytest.approx(1, rel=1e-12)


def test_the_order_of_the_rows_differs_from_epoch_to_epoch() -> None:
    net = network()
    X, y = data()
    kept: list[AnyArray] = []

    class Watching(pl.SGD):
        def step(self, theta: AnyArray, grad: AnyArray) -> None:
            kept.append(grad.copy())

    list(pl.train(net, (X, y), Watching(0.1), epochs=4, batch_size=BATCH, rng=np.random.default_rng(0)))
    assert len({grad.tobytes() for grad in kept[::4]}) == 4  # θ stands still: only the rows make a difference


# Learning rate


def test_the_learning_rate_is_back_after_each_epoch_whatever_the_schedule() -> None:
    optimizer, seen, net = pl.SGD(0.5), [], network()

    def after_step(progress: pl.Progress) -> None:
        seen.append(optimizer.learning_rate)

    for epoch in pl.train(
        net, data(), optimizer, epochs=EPOCHS, batch_size=BATCH, rng=np.random.default_rng(0),
        schedule=cosine, after_step=after_step,
    ):  # fmt: skip
        assert optimizer.learning_rate == 0.5
        assert epoch.learning_rate == seen[-1]
    np.testing.assert_allclose(seen, [0.5 * cosine(step / STEPS) for step in range(STEPS)], rtol=1e-14)


@pytest.mark.parametrize("factor", [0.1, np.float64(0.1)])
def test_a_learning_rate_changed_between_epochs_is_the_one_that_is_used(factor: float) -> None:
    optimizer, net, rates = pl.SGD(0.5), network(), []
    rng = np.random.default_rng(0)
    for epoch in pl.train(net, data(), optimizer, epochs=3, batch_size=BATCH, rng=rng):
        rates.append(epoch.learning_rate)
        optimizer.learning_rate *= factor
    assert rates == pytest.approx([0.5, 0.05, 0.005])
    assert optimizer.learning_rate == pytest.approx(0.0005)
    assert net.theta.dtype == np.float32


def test_the_learning_rate_is_back_after_a_stop_in_the_middle() -> None:
    optimizer = pl.SGD(0.5)

    def after_step(progress: pl.Progress) -> None:
        raise Stop

    with pytest.raises(Stop):
        run(optimizer=optimizer, schedule=lambda progress: 0.25, after_step=after_step)
    assert optimizer.learning_rate == 0.5


# What it yields


@pytest.mark.parametrize("name", list(LOSSES))
def test_the_loss_of_an_epoch_is_the_mean_over_its_samples(name: str) -> None:
    net = network(LOSSES[name]())
    X, y = data(net.loss.kind)
    totals: list[tuple[int, float]] = []
    sums = [0.0]

    def after_step(progress: pl.Progress) -> None:
        progress.settle()
        rows = BATCH if progress.batch < 4 else ROWS - 3 * BATCH
        totals.append((rows, (progress.loss - sums[-1]) / rows))
        sums.append(progress.loss)

    rng = np.random.default_rng(0)
    (epoch,) = pl.train(net, (X, y), pl.SGD(0.05), epochs=1, batch_size=BATCH, rng=rng, after_step=after_step)
    # each batch's loss, with the θ of its time, once more
    twin = network(LOSSES[name]())
    order = np.random.default_rng(np.random.default_rng(0).integers(2**63)).permutation(ROWS)
    losses = []
    for start in range(0, ROWS, BATCH):
        rows = order[start : start + BATCH]
        trace = pl.Trace(twin, len(rows))
        trace.fill(X[rows], y[rows])
        pl.forward(twin, trace)
        losses.append((len(rows), pl.backward(twin, trace)))
        twin.theta -= np.float32(0.05) * trace.grad
    np.testing.assert_allclose(totals, losses, rtol=1e-4)
    assert epoch.train.loss == pytest.approx(sum(n * loss for n, loss in losses) / ROWS, rel=1e-5)


@pytest.mark.parametrize("name", list(LOSSES))
def test_dev_scores_are_what_evaluate_gives(name: str) -> None:
    net = network(LOSSES[name]())
    X, dev = data(net.loss.kind), data(net.loss.kind, rows=1500, seed=5)
    for epoch in pl.train(net, X, pl.SGD(0.05), epochs=2, batch_size=BATCH, rng=np.random.default_rng(0), dev=dev):
        assert epoch.dev == pl.evaluate(net, dev)
    loss = epoch.dev.loss if epoch.dev else math.nan
    trace = pl.Trace(net, 1500)
    trace.fill(*dev)
    pl.forward(net, trace)
    assert loss == pytest.approx(pl.backward(net, trace), rel=1e-5)


@pytest.mark.parametrize("name", list(LOSSES))
def test_train_and_evaluate_count_the_same_answers_as_right(name: str) -> None:
    net = network(LOSSES[name]())
    X = data(net.loss.kind)
    epochs = pl.train(net, X, pl.SGD(1e-30), epochs=3, batch_size=BATCH, rng=np.random.default_rng(0))
    scores = pl.evaluate(net, X)
    for epoch in epochs:  # each counts for itself
        assert epoch.train.loss == pytest.approx(scores.loss, rel=1e-5)
        assert epoch.train.accuracy == scores.accuracy
    if net.loss.kind == "values":
        assert scores.accuracy is None
        assert scores.rmse == pytest.approx(np.sqrt(np.mean((net.predict(X[0]) - X[1]) ** 2)), rel=1e-5)
    else:
        assert scores.accuracy is not None
        assert 0 < scores.accuracy < 1


def test_a_tie_counts_as_the_first_class_in_training_as_in_evaluation() -> None:
    net = pl.Network([2, 3], init=None)
    y = np.array([0, 1, 2, 0])
    (epoch,) = pl.train(net, (np.zeros((4, 2)), y), pl.SGD(1e-30), epochs=1, rng=np.random.default_rng(0))
    assert epoch.train.accuracy == pl.evaluate(net, (np.zeros((4, 2)), y)).accuracy == 0.5


def test_the_norm_of_an_epoch_is_that_of_its_last_gradient() -> None:
    last: list[float] = []

    class Watching(pl.SGD):
        def step(self, theta: AnyArray, grad: AnyArray) -> None:
            last.append(float(np.linalg.norm(grad)))

    _, epochs = run(optimizer=Watching(0.1))
    assert [e.gradient_norm for e in epochs] == pytest.approx([last[3], last[7], last[11]], rel=1e-6)


def test_clipping_bounds_every_gradient_that_the_optimizer_sees() -> None:
    norms: list[float] = []

    class Watching(pl.SGD):
        def step(self, theta: AnyArray, grad: AnyArray) -> None:
            norms.append(float(np.linalg.norm(grad)))

    run(optimizer=Watching(0.1), clip_norm=0.01)
    np.testing.assert_allclose(norms, 0.01, rtol=1e-3)


def test_training_can_be_left_and_taken_up_again() -> None:
    net, optimizer, rng, progress = network(), pl.Adam(0.01), np.random.default_rng(1), pl.Progress()
    for epoch in pl.train(net, data(), optimizer, epochs=EPOCHS, batch_size=BATCH, rng=rng, progress=progress):
        if epoch.number == 2:
            break
    assert (progress.epoch, progress.step) == (2, 8)
    rest = list(pl.train(net, data(), optimizer, epochs=EPOCHS, batch_size=BATCH, rng=rng, progress=progress))
    assert [epoch.number for epoch in rest] == [3]
    assert net.theta.tobytes() == run()[0].tobytes()


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_training_learns_what_can_be_learnt(name: str) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    net = pl.Network([2, 16, 2], activation=pl.Tanh(), rng=rng)
    optimizer = OPTIMIZERS[name](0.3 if name == "sgd" else 0.1 if name in ("momentum", "nesterov") else 0.02)
    *_, last = pl.train(net, (X, y), optimizer, epochs=100, batch_size=20, rng=rng)
    assert last.train.accuracy is not None
    assert last.train.accuracy > 0.95


# At the edge


def test_nothing_is_computed_before_the_first_epoch_is_asked_for() -> None:
    net = network()
    before = net.theta.copy()
    epochs = pl.train(net, data(), pl.SGD(0.1), epochs=1, rng=np.random.default_rng(0))
    assert inspect.isgenerator(epochs)
    np.testing.assert_array_equal(net.theta, before)
    next(epochs)
    assert (net.theta != before).any()


def spoilt(place: str) -> Callable[[], tuple[AnyArray, AnyArray]]:
    def make() -> tuple[AnyArray, AnyArray]:
        X, y = np.ones((5, 6)), np.array([0, 1, 2, 1, 0])
        if place == "y":
            y[3] = 3
        else:
            X[3, 4] = {"nan": np.nan, "inf": np.inf}[place]
        return X, y

    return make


BAD: list[tuple[str, dict[str, Any], list[str]]] = [
    ("label", {"data": spoilt("y")()}, ["label 3 in row 3", "3 outputs", "0 to 2"]),
    ("nan", {"data": spoilt("nan")()}, ["X holds nan in row 3, column 4"]),
    ("inf", {"data": spoilt("inf")()}, ["X holds inf in row 3, column 4"]),
    ("empty", {"data": (np.empty((0, 6)), np.empty(0, int))}, ["no rows"]),
    ("columns", {"data": (np.ones((5, 7)), np.zeros(5, int))}, ["(5, 7)", "6 inputs"]),
    ("rows", {"data": (np.ones((5, 6)), np.zeros(4, int))}, ["(4,)", "5 rows"]),
    ("dev", {"dev": spoilt("nan")()}, ["dev data: X holds nan in row 3, column 4"]),
    ("dev label", {"dev": spoilt("y")()}, ["dev data: label 3 in row 3"]),
    ("dev empty", {"dev": (np.empty((0, 6)), np.empty(0, int))}, ["dev data: there are no rows"]),
    ("epochs", {"epochs": -1}, ["epochs=-1"]),
    ("epochs", {"epochs": 1.5}, ["epochs=1.5"]),
    ("batch", {"batch_size": 0}, ["batch_size=0", "at least 1"]),
    ("batch", {"batch_size": "64"}, ["batch_size='64'"]),
    ("dropout", {"dropout": 1.0}, ["dropout=1.0", "below 1"]),
    ("dropout", {"dropout": -0.1}, ["dropout=-0.1"]),
    ("dropout", {"dropout": math.nan}, ["dropout=nan"]),
    ("dropout", {"dropout": "half"}, ["dropout='half'"]),
    ("clip", {"clip_norm": 0.0}, ["clip_norm=0.0"]),
    ("clip", {"clip_norm": math.nan}, ["clip_norm=nan"]),
    ("rng", {"rng": 0}, ["rng=0", "default_rng"]),
    ("rng", {"rng": 0, "dropout": 0.5}, ["rng=0", "default_rng"]),
    ("threads", {"blas_threads": 0}, ["blas_threads=0"]),
]


@pytest.mark.parametrize(("what", "settings_", "needles"), BAD, ids=[f"{i}-{case[0]}" for i, case in enumerate(BAD)])
def test_bad_arguments_are_named_at_the_call(what: str, settings_: dict[str, Any], needles: list[str]) -> None:
    given_: dict[str, Any] = {
        "data": data(), "epochs": 1, "rng": np.random.default_rng(0), **settings_
    }  # fmt: skip
    with pytest.raises(pl.InputError) as caught:
        pl.train(network(), given_.pop("data"), pl.SGD(0.1), **given_)  # not even asked for its first epoch
    for needle in needles:
        assert needle in str(caught.value)


# Divergence


def diverging(**settings_: Any) -> Iterator[pl.Epoch]:
    net = pl.Network([6, 8, 5, 3], activation=pl.ReLU(), loss=pl.SquaredError(), rng=np.random.default_rng(0))
    given_: dict[str, Any] = {"epochs": 50, "batch_size": 10, "rng": np.random.default_rng(0), **settings_}
    return pl.train(net, data("values"), pl.SGD(1e6), **given_)


def test_divergence_stops_at_once_and_names_epoch_step_and_layer() -> None:
    steps: list[int] = []
    with pytest.raises(pl.DivergenceError) as caught:
        for _ in diverging(after_step=lambda progress: steps.append(progress.step)):
            pass
    message = str(caught.value)
    step = steps[-1] + 1
    for needle in (f"epoch {(step - 1) // 5 + 1}, step {step},", "layer ", "learning rate"):
        assert needle in message
    assert isinstance(caught.value, pl.InputError)


@pytest.mark.parametrize(
    ("place", "needle"),
    [(0, "in the weights of layer 1"), (60, "in the weights of layer 2"), (-1, "in the weights of layer 3")],
)
def test_divergence_names_the_first_layer_that_is_hit(place: int, needle: str) -> None:
    net = network(pl.SquaredError())
    net.theta[place] = np.nan
    with pytest.raises(pl.DivergenceError, match=needle):
        next(pl.train(net, data("values"), pl.SGD(0.1), epochs=1, rng=np.random.default_rng(0)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", list(LOSSES))
@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=list(ACTIVATIONS))
def test_theta_that_is_no_number_never_goes_on_silently(activation: Any, name: str, value: float) -> None:
    places = range(0, network().theta.size, 7)
    for place in places:
        net = pl.Network([6, 8, 5, 3], activation=activation(), loss=LOSSES[name](), rng=np.random.default_rng(0))
        net.theta[place] = value
        epochs = pl.train(
            net, data(net.loss.kind), pl.SGD(0.1), epochs=1, batch_size=BATCH, rng=np.random.default_rng(0)
        )
        with pytest.raises(pl.DivergenceError):
            next(epochs)


def test_theta_spoilt_by_the_very_last_step_is_not_passed_off_as_trained() -> None:
    net = network(pl.SquaredError())
    X, y = data("values")

    class Last(pl.SGD):
        def step(self, theta: AnyArray, grad: AnyArray) -> None:
            theta[3] = np.nan

    with pytest.raises(pl.DivergenceError):
        list(pl.train(net, (X, y), Last(0.1), epochs=1, batch_size=None, rng=np.random.default_rng(0)))


@pytest.mark.parametrize("name", list(LOSSES))
def test_float32_stays_float32_through_training_with_numpy_numbers(name: str) -> None:
    net = pl.Network(
        [6, 8, 5, 3],
        activation=[pl.LeakyReLU(np.float64(0.1)), pl.GELU()],
        loss=pl.Huber(np.float64(0.5)) if name == "huber" else LOSSES[name](),
        rng=np.random.default_rng(0),
    )
    for kind in OPTIMIZERS.values():
        optimizer = kind(np.float64(0.01), weight_decay=np.float64(0.1))
        list(
            pl.train(
                net, data(net.loss.kind), optimizer, epochs=1, batch_size=BATCH, clip_norm=np.float64(1),
                dropout=np.float64(0.2), schedule=lambda p: np.float64(0.5), rng=np.random.default_rng(0),
            )
        )  # fmt: skip
        assert {a.dtype for n, a in optimizer.state.items() if n != "steps"} <= {np.dtype(np.float32)}
    assert net.theta.dtype == np.float32
    assert all(layer.W.dtype == layer.b.dtype == np.float32 for layer in net.layers)
    assert net.predict(data()[0]).dtype == np.float32
