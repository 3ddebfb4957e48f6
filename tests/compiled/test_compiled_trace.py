"""What a compiled pass leaves in its memory is what forward and backward of the core make of the same batch."""

from typing import Any

import numpy as np
import pytest

import pellucid as pl
from compiled.pairs import assert_near, inputs, network, targets
from pellucid.compiled.engine import CompiledEngine
from pellucid.core.arrays import AnyArray

pytestmark = pytest.mark.slow  # the engine is compiled for them

ROWS = 20


def passed(
    net: pl.Network, X: AnyArray, y: AnyArray, monkeypatch: pytest.MonkeyPatch, *weights: AnyArray, **settings: Any
) -> pl.Trace:
    """The trace of one step over all rows, in their order, which leaves θ where it is."""
    engines: list[CompiledEngine] = []
    start = CompiledEngine.__init__

    def kept(engine: CompiledEngine, work: Any) -> None:
        start(engine, work)
        engines.append(engine)

    monkeypatch.setattr(CompiledEngine, "__init__", kept)
    rng = np.random.default_rng(5)
    data: Any = (X, y, *weights)
    list(pl.train(net, data, pl.SGD(1e-300), epochs=1, batch_size=None, rng=rng, engine="compiled", **settings))
    return engines[0].memories[0].trace(net, len(X))


def of_the_core(net: pl.Network, X: AnyArray, y: AnyArray, *weights: AnyArray, dropout: float = 0.0) -> pl.Trace:
    rng = np.random.default_rng(5)
    rng.integers(2**63)  # the seed of the order of the rows
    trace = pl.Trace(net, len(X), dropout=dropout, rng=rng)
    trace.fill(X, y)
    for w in weights:
        trace.weigh(w)
    pl.forward(net, trace)
    pl.backward(net, trace)
    return trace


@pytest.mark.parametrize("share", [0.2, 1.0])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize(
    ("loss", "hidden"),
    [
        (pl.CrossEntropy(), [pl.Tanh(), pl.GELU(), pl.ReLU()]),
        (pl.SoftmaxSquaredError(), [pl.SiLU(), pl.Sigmoid(), pl.Identity()]),
        (pl.BinaryCrossEntropy(), [pl.LeakyReLU(0.2), pl.Mish(), pl.Tanh()]),
        (pl.Poisson(), [pl.Tanh(), pl.Tanh(), pl.Tanh()]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
@pytest.mark.parametrize("weighted", [False, True])
def test_every_array_of_a_trace_is_the_cores(
    loss: Any, hidden: Any, dropout: float, share: float, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = network([9, 40, 7, 5, 3], hidden, loss)
    X, y = inputs(ROWS, 9, np.float64, share=share), targets(loss, ROWS, 3)
    weights = [np.random.default_rng(0).integers(0, 4, ROWS) / 1.0] if weighted else []
    mine = passed(net, X, y, monkeypatch, *weights, dropout=dropout)
    true = of_the_core(net, X, y, *weights, dropout=dropout)
    if share == 1.0:  # else the inputs are read where they are
        np.testing.assert_array_equal(mine.a[0], true.a[0])
    np.testing.assert_array_equal(mine.y, true.y)
    assert len(mine.mask) == len(true.mask) == (3 if dropout else 0)
    for name in ("z", "delta", "dW", "db", "mask"):
        pairs = zip(getattr(mine, name), getattr(true, name), strict=True)
        for l, (one, other) in enumerate(pairs, start=1):
            assert one.shape == other.shape
            assert_near(one, other, 16, np.float64, f"{name} of layer {l}")
    for l in range(1, 5):
        assert_near(mine.a[l], true.a[l], 16, np.float64, f"a of layer {l}")
    for l in range(2, 5):
        assert_near(mine.layer_input[l - 1], true.layer_input[l - 1], 16, np.float64, f"input of layer {l}")
    assert_near(mine.weights, true.weights, 4, np.float64, "weights")
    assert_near(mine.grad, true.grad, 16, np.float64, "grad")


def test_the_arrays_of_a_trace_are_the_memory_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network([9, 8, 3], pl.Tanh())
    trace = passed(net, inputs(ROWS, 9, np.float64), targets(net.loss, ROWS, 3), monkeypatch, dropout=0.2)
    for array in (*trace.a, *trace.z, *trace.delta, *trace.mask, trace.y, trace.weights):
        assert array.base is not None
        assert np.shares_memory(array, trace.a[0].base)
    assert all(np.shares_memory(array, trace.grad) for array in (*trace.dW, *trace.db))
