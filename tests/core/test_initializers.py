import math

import numpy as np
import pytest

import pellucid as pl
from pellucid.core.arrays import AnyArray
from pellucid.core.initializers import INITIALIZERS, Initializer

INPUTS, OUTPUTS = 600, 400


def fill(init: Initializer, seed: int = 0, dtype: type = np.float64) -> tuple[AnyArray, AnyArray]:
    W: AnyArray
    b: AnyArray
    W, b = np.full((OUTPUTS, INPUTS), np.nan, dtype), np.full(OUTPUTS, np.nan, dtype)
    init(W, b, np.random.default_rng(seed))
    return W, b


SPREADS: list[tuple[Initializer, float]] = [
    (pl.He(), math.sqrt(2 / INPUTS)),
    (pl.LeCun(), math.sqrt(1 / INPUTS)),
    (pl.Glorot(), math.sqrt(2 / (INPUTS + OUTPUTS))),
    (pl.Article(), 0.5),
]


@pytest.mark.parametrize(("init", "spread"), SPREADS, ids=[init.name for init, _ in SPREADS])
def test_weights_have_their_spread_and_no_drift(init: Initializer, spread: float) -> None:
    W, _ = fill(init)
    assert W.std() == pytest.approx(spread, rel=0.01)
    assert abs(W.mean()) < 4 * spread / math.sqrt(W.size)
    assert np.abs(np.corrcoef(W[:20])[np.triu_indices(20, 1)]).max() < 0.2  # no neuron is another's copy


@pytest.mark.parametrize("init", [pl.He(), pl.LeCun(), pl.Article()], ids=lambda init: str(init.name))
def test_normal_weights_have_the_tails_of_a_normal(init: Initializer) -> None:
    W, _ = fill(init)
    share = np.mean(np.abs(W) > 2 * W.std())
    assert share == pytest.approx(0.0455, abs=0.003)


def test_glorots_weights_fill_their_interval_and_no_more() -> None:
    W, _ = fill(pl.Glorot())
    r = math.sqrt(6 / (INPUTS + OUTPUTS))
    assert 0.999 * r < W.max() <= r
    assert -r <= W.min() < -0.999 * r


@pytest.mark.parametrize("init", [pl.He(), pl.Glorot(), pl.LeCun()], ids=lambda init: str(init.name))
def test_biases_start_at_nought(init: Initializer) -> None:
    np.testing.assert_array_equal(fill(init)[1], 0)


def test_the_articles_biases_are_between_nought_and_a_half() -> None:
    b = fill(pl.Article())[1]
    assert 0 <= b.min() < 0.02
    assert 0.48 < b.max() < 0.5
    assert b.mean() == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("init", INITIALIZERS.values(), ids=list(INITIALIZERS))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_seed_draws_the_same_numbers(init: type[Initializer], dtype: type) -> None:
    one, same, other = (fill(init(), seed, dtype) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one[0], same[0])
    np.testing.assert_array_equal(one[1], same[1])
    assert (one[0] != other[0]).mean() > 0.99


def test_he_keeps_the_size_of_the_scores_through_many_layers_of_relu() -> None:
    net = pl.Network([256] * 12, loss=pl.SquaredError(), rng=np.random.default_rng(0), dtype=np.float64)
    trace = pl.Trace(net, 200)
    trace.fill(np.random.default_rng(1).standard_normal((200, 256)))
    pl.forward(net, trace)
    sizes = [float(np.sqrt(np.mean(z**2))) for z in trace.z]
    assert 0.5 < sizes[-1] / sizes[0] < 2


def test_every_initializer_is_found_by_its_name() -> None:
    assert set(INITIALIZERS) == {"he", "glorot", "lecun", "article"}
    for name, kind in INITIALIZERS.items():
        assert kind.name == name
