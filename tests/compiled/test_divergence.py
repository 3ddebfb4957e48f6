"""A training that diverges ends with NumPy's message at NumPy's step, and θ as the last step left it."""

import copy
from typing import Any

import numpy as np
import pytest

import pellucid as pl
from compiled.pairs import SEED, StopAt, inputs, network, targets
from pellucid.core.arrays import AnyArray

pytestmark = pytest.mark.slow  # the engine is compiled for them

ROWS = 50


def data(loss: Any, dtype: Any = np.float64) -> tuple[AnyArray, AnyArray]:
    X = inputs(ROWS, 6, np.float64 if dtype == np.float64 else np.uint8)
    return X, targets(loss, ROWS, 3)


def ended(engine: str, net: pl.Network, given: Any, rule: Any, **settings: Any) -> tuple[str, AnyArray, pl.Progress]:
    """The message, θ and the progress of a training that diverges; "" where it does not."""
    net, rule, progress, message = copy.deepcopy(net), copy.deepcopy(rule), pl.Progress(), ""
    common: dict[str, Any] = {"epochs": 40, "batch_size": 7, "rng": np.random.default_rng(SEED), **settings}
    try:
        for _ in pl.train(net, given, rule, engine=engine, progress=progress, **common):
            pass
    except pl.DivergenceError as error:
        message = str(error)
    return message, net.theta, progress


def assert_same_end(net: pl.Network, given: Any, rule: Any, *, diverges: bool = True, **settings: Any) -> str:
    (message, theta, progress), (other, there, other_progress) = (
        ended(engine, net, given, rule, **settings) for engine in ("compiled", "numpy")
    )
    # where ∞ − ∞ comes up it is NaN, and that depends on the order in which products are added
    assert message.replace("is nan", "is inf") == other.replace("is nan", "is inf")
    assert bool(message) == diverges
    np.testing.assert_array_equal(np.isfinite(theta), np.isfinite(there))
    assert (progress.epoch, progress.batch, progress.step) == (
        other_progress.epoch, other_progress.batch, other_progress.step,
    )  # fmt: skip
    return message


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rate", [10.0, 1e6, 1e30])
@pytest.mark.parametrize("activation", [pl.ReLU(), pl.Identity(), pl.LeakyReLU()], ids=str)
def test_a_learning_rate_that_is_far_too_great(activation: Any, rate: float, dtype: Any) -> None:
    net = network([6, 8, 5, 3], activation, pl.SquaredError(), dtype)
    assert "step " in assert_same_end(net, data(net.loss, dtype), pl.SGD(rate))


@pytest.mark.parametrize("stop", [None, 10**6])
def test_theta_is_as_the_last_step_left_it(stop: int | None) -> None:
    net = network([6, 8, 3], pl.Identity(), pl.SquaredError())
    message, theta, progress = ended("compiled", net, data(net.loss), pl.SGD(50.0))
    assert f"step {progress.step + 1}," in message
    # as many steps of the NumPy engine, and no more
    twin, rng = copy.deepcopy(net), np.random.default_rng(SEED)
    kept: list[AnyArray] = []

    def after_step(now: pl.Progress) -> None:
        if now.step == progress.step:
            kept.append(twin.theta.copy())

    with pytest.raises(pl.DivergenceError):
        list(pl.train(twin, data(net.loss), pl.SGD(50.0), epochs=40, batch_size=7, rng=rng, after_step=after_step,
                      engine="numpy"))  # fmt: skip
    np.testing.assert_allclose(theta, kept[-1], rtol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", list(pl.LOSSES))
@pytest.mark.parametrize("activation", pl.ACTIVATIONS.values(), ids=list(pl.ACTIVATIONS))
def test_theta_that_is_no_number_never_goes_on_silently(activation: Any, name: str, value: float) -> None:
    for place in (0, 49, 60):  # a weight and a bias of the first layer, a weight of the second
        net = network([6, 8, 5, 3], activation(), pl.LOSSES[name]())
        net.theta[place] = value
        message, _, _ = ended("compiled", net, data(net.loss), pl.SGD(0.1), epochs=1)
        assert message


@pytest.mark.parametrize("place", [0, 60, 100, -1])
@pytest.mark.parametrize("activation", [pl.ReLU(), pl.Tanh()], ids=str)
def test_it_names_the_layer_that_numpy_names(activation: Any, place: int) -> None:
    for value in (np.nan, np.inf):
        net = network([6, 8, 5, 3], activation, pl.SquaredError())
        net.theta[place] = value
        assert_same_end(net, data(net.loss), pl.SGD(0.1))


def test_a_relu_makes_0_of_minus_infinity_in_either_engine() -> None:
    net = network([6, 8, 3], pl.ReLU(), pl.SquaredError())
    net.layers[0].b[2] = -np.inf  # its neuron gives 0 for every sample: no loss tells of it
    message = assert_same_end(net, data(net.loss), pl.SGD(0.1))
    assert "θ is not finite in epoch 1, step 8" in message
    assert "weights of layer 1" in message


def test_a_slope_that_is_no_number_is_noticed_at_the_next_step() -> None:
    net = network([6, 8, 3], pl.ReLU(), pl.SquaredError())
    net.layers[0].W[3, 2] = 1e200  # its square is beyond float64, and δ · W too
    net.layers[1].W[:, 3] = 1e200
    assert_same_end(net, data(net.loss), pl.SGD(0.1))


def test_by_the_last_step_of_all() -> None:
    net = network([6, 8, 3], pl.Identity(), pl.SquaredError())
    X, y = data(net.loss)
    message = assert_same_end(net, (X, y * 100), pl.SGD(1e308), epochs=1, batch_size=None)
    assert "θ is not finite in epoch 1, step 1" in message


@pytest.mark.parametrize("callback", [None, StopAt(10**9)], ids=["none", "rare"])
def test_with_a_callback_or_none_it_is_the_same_step(callback: Any) -> None:
    net = network([6, 8, 3], pl.ReLU(), pl.SquaredError())
    rates = [1e-2] * 23 + [1e30] * 1000
    steps = iter(range(10**6))
    messages = []
    for engine in ("compiled", "numpy"):
        steps = iter(range(10**6))
        message, _, progress = ended(
            engine, net, data(net.loss), pl.SGD(1.0), schedule=lambda share: rates[next(steps)],  # noqa: B023
            after_step=callback,
        )  # fmt: skip
        messages.append((message, progress.step))
    assert messages[0] == messages[1]
    assert 24 <= messages[0][1] <= 26


def test_a_large_batch_and_weights() -> None:
    net = network([6, 8, 3], pl.Identity(), pl.SquaredError())
    X, y = data(net.loss)
    X, y = np.tile(X, (25, 1)), np.tile(y, (25, 1))
    weights = np.random.default_rng(0).integers(1, 4, len(X))
    assert_same_end(net, (X, y), pl.SGD(1e5), batch_size=None, epochs=200)
    assert_same_end(net, (X, y, weights), pl.SGD(1e5), batch_size=1100, epochs=100, dropout=0.2)


@pytest.mark.parametrize("engine", ["compiled", "numpy"])
def test_an_optimizer_has_counted_the_steps_that_were_made(engine: str) -> None:
    net, progress = network([6, 8, 3], pl.Identity(), pl.SquaredError()), pl.Progress()
    rule, rng = pl.Adam(1e155), np.random.default_rng(SEED)
    with pytest.raises(pl.DivergenceError):
        list(pl.train(net, data(net.loss), rule, epochs=9, batch_size=7, rng=rng, progress=progress, engine=engine))
    assert rule.state["steps"][0] == progress.step >= 1
