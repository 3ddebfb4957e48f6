"""The compiled engine makes the steps that the NumPy engine makes, to a few units in the last place.

Both round each sum and product once, in another order, so that a step adds a few units in the last place of the
largest number that takes part in it. Optimisers with a rate for each parameter divide a gradient by its own size: the
rounding of a tiny one becomes a large share of a step. Hence an ε of 0.1, which bounds what is divided by; with the
usual ε the tests ask for less.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import pellucid as pl
from compiled.pairs import assert_alike, compare, inputs, network, targets, trained
from pellucid.core import batches
from pellucid.core.arrays import AnyArray
from pellucid.core.schedules import cosine

pytestmark = pytest.mark.slow  # the engine is compiled for them

FLOATS = [np.float64, np.float32]
OF_X = {np.float64: np.float64, np.float32: np.uint8}  # the kinds that most tests take
ROWS = 50  # in batches of 16: the last has 2
LONG_SUM = 32  # units in the last place, where thousands of numbers are added up, or many that are equal


def data(loss: Any, dtype: Any, rows: int = ROWS, features: int = 6, outputs: int = 3) -> tuple[AnyArray, AnyArray]:
    return inputs(rows, features, OF_X[dtype]), targets(loss, rows, outputs)


def optimizer(name: str, **settings: Any) -> Any:
    kind = pl.OPTIMIZERS[name]
    return kind(0.05, **({"epsilon": 0.1} if hasattr(kind, "epsilon") else {}), **settings)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", list(pl.ACTIVATIONS))
def test_with_every_activation(name: str, dtype: Any) -> None:
    net = network([6, 8, 5, 3], pl.ACTIVATIONS[name](), pl.CrossEntropy(), dtype)
    compare(net, data(net.loss, dtype), pl.SGD(0.3))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", list(pl.LOSSES))
def test_with_every_loss(name: str, dtype: Any) -> None:
    for outputs in (2, 3) if pl.LOSSES[name]().kind == "classes" else (1, 3):
        net = network([6, 8, outputs], pl.Tanh(), pl.LOSSES[name](), dtype)
        compare(net, data(net.loss, dtype, outputs=outputs), pl.SGD(0.1))


@pytest.mark.parametrize("name", ["cross-entropy", "smoothed-cross-entropy", "binary-cross-entropy"])
def test_with_scores_so_far_out_that_probabilities_are_0(name: str) -> None:
    net = network([6, 8, 3], pl.Tanh(), pl.LOSSES[name]())
    net.layers[-1].W[...] *= 2000
    compare(net, data(net.loss, np.float64), pl.SGD(0.1), epochs=1, ulps=4000)  # of a, where those of z are so large


@pytest.mark.parametrize("loss", [pl.Huber(0.2), pl.SmoothedCrossEntropy(0.3)], ids=str)
def test_with_a_setting_of_the_loss(loss: Any) -> None:
    net = network([6, 8, 3], pl.LeakyReLU(0.3), loss)
    compare(net, data(loss, np.float64), pl.SGD(0.1))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("name", list(pl.OPTIMIZERS))
def test_with_every_optimizer(name: str, decay: float, dtype: Any) -> None:
    net = network([6, 8, 5, 3], pl.Tanh(), pl.CrossEntropy(), dtype)
    compare(net, data(net.loss, dtype), optimizer(name, weight_decay=decay), epochs=3, schedule=cosine)


@pytest.mark.parametrize("name", ["rmsprop", "adam", "adamw", "radam"])
def test_with_the_usual_epsilon(name: str) -> None:
    net = network([6, 8, 5, 3], pl.Tanh())
    compare(net, data(net.loss, np.float64), pl.OPTIMIZERS[name](0.01), ulps=2e4)


@pytest.mark.parametrize(
    "settings",
    [
        {"beta1": 0.5, "beta2": 0.9},
        {"beta1": 0.0},
    ],
    ids=str,
)
def test_with_settings_of_adam(settings: dict[str, float]) -> None:
    net = network([6, 8, 3], pl.Tanh())
    compare(net, data(net.loss, np.float64), optimizer("adam", **settings))


@pytest.mark.parametrize("rule", [pl.Momentum(0.1, 0.5), pl.Nesterov(0.1, 0.5), pl.RMSProp(0.1, 0.5, 0.1)], ids=str)
def test_with_settings_of_an_optimizer(rule: Any) -> None:
    net = network([6, 8, 3], pl.Tanh())
    compare(net, data(net.loss, np.float64), rule)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("batch_size", [16, 50, 1])
def test_with_dropout_the_same_neurons_are_left_out(batch_size: int, dtype: Any) -> None:
    net = network([6, 8, 5, 3], [pl.Tanh(), pl.GELU()], pl.CrossEntropy(), dtype)
    compare(net, data(net.loss, dtype), pl.SGD(0.3), dropout=0.3, batch_size=batch_size)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("loss", [pl.CrossEntropy(), pl.SquaredError()], ids=str)
def test_with_weights_of_samples(loss: Any, dtype: Any) -> None:
    net = network([6, 8, 3], pl.Tanh(), loss, dtype)
    weights = np.random.default_rng(0).integers(0, 4, ROWS) / 2
    compare(net, (*data(loss, dtype), weights), pl.SGD(0.3))
    weights[:] = 0
    weights[7] = 3  # of most batches nothing counts
    compare(net, (*data(loss, dtype), weights), pl.SGD(0.3, weight_decay=0.1), dropout=0.2)


@pytest.mark.parametrize("clip_norm", [0.05, 0.5, 1e9])
def test_with_clipping(clip_norm: float) -> None:
    net = network([6, 8, 3], pl.Tanh())
    compare(net, data(net.loss, np.float64), pl.Momentum(0.1), clip_norm=clip_norm)


@pytest.mark.parametrize("settings", [{"batch_size": None}, {"shuffle": False}, {"batch_size": 1}, {"batch_size": 49}])
def test_in_batches_of_any_kind(settings: dict[str, Any]) -> None:
    net = network([6, 8, 3], pl.Tanh())
    compare(net, data(net.loss, np.float64), pl.SGD(0.3), epochs=3, **settings)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize(("rows", "batch_size"), [(1500, None), (2600, 1100), (1024, 1024)])
def test_a_large_batch_goes_through_in_blocks(rows: int, batch_size: int | None, dropout: float) -> None:
    net = network([6, 40, 3], pl.Tanh())
    weights = np.random.default_rng(0).integers(0, 5, rows) / 4  # whose sums are exact, in any order
    samples = data(net.loss, np.float64, rows=rows)
    for given in (samples, (*samples, weights)):
        compare(net, given, pl.SGD(0.3), batch_size=batch_size, dropout=dropout, ulps=LONG_SUM)


def test_a_network_without_and_with_many_hidden_layers() -> None:
    for hidden in ([], [7, 9, 4, 8, 6]):
        net = network([6, *hidden, 3], pl.Tanh())
        compare(net, data(net.loss, np.float64), pl.SGD(0.3), dropout=0.2)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("share", [0.0, 0.2, 0.9])
@pytest.mark.parametrize("neurons", [31, 32, 40, 100, 128])
def test_with_inputs_that_are_mostly_0(neurons: int, share: float, dtype: Any) -> None:
    net = network([60, neurons, 3], pl.ReLU(), pl.CrossEntropy(), dtype)
    X, y = inputs(ROWS, 60, OF_X[dtype], share=share), targets(net.loss, ROWS, 3)
    compare(net, (X, y), pl.SGD(0.1), dropout=0.2, ulps=LONG_SUM)
    compare(net, (np.tile(X, (22, 1)), np.tile(y, 22)), pl.SGD(0.1), batch_size=1100, epochs=1, ulps=LONG_SUM)


def test_with_inputs_that_are_mostly_0_and_no_hidden_layer() -> None:
    net = network([60, 35])
    compare(net, (inputs(ROWS, 60, np.float64, share=0.2), targets(net.loss, ROWS, 35)), pl.SGD(0.3))


def kinds_of_inputs() -> Iterator[tuple[str, AnyArray]]:
    """The same numbers, kept in every way that training takes, of a float64 network: all become float64."""
    X = inputs(ROWS, 6, np.float64).round()
    read_only = X.copy()
    read_only.flags.writeable = False
    yield "as they are", X
    yield "read-only", read_only
    yield "column by column", np.asfortranarray(X)
    yield "every other", np.repeat(X, 2, axis=0)[::2]
    yield "backwards", X[:, ::-1].copy()[:, ::-1]
    yield "the other byte order", X.astype(">f8")
    yield "whole numbers", X.astype(np.int64)
    yield "small whole numbers", X.astype(np.int8)


@pytest.mark.parametrize(("what", "X"), list(kinds_of_inputs()), ids=[name for name, _ in kinds_of_inputs()])
def test_however_the_inputs_are_kept(what: str, X: AnyArray) -> None:
    net = network([6, 8, 3], pl.Tanh())
    y = targets(net.loss, ROWS, 3)
    compare(net, (X, y), pl.SGD(0.3))
    compare(net, (X != 0, y.astype(np.int16)), pl.SGD(0.3))


@pytest.mark.slow
@pytest.mark.parametrize("of_X", [np.uint8, np.float16, np.float32, np.float64, np.int32, np.bool_])
@pytest.mark.parametrize("dtype", FLOATS)
def test_whatever_the_type_of_the_inputs(dtype: Any, of_X: Any) -> None:
    net = network([6, 33, 3], pl.Tanh(), dtype=dtype)
    for share in (0.2, 1.0):
        X = (inputs(ROWS, 6, np.float64, share=share) * 3).astype(of_X)
        compare(net, (X, targets(net.loss, ROWS, 3)), pl.SGD(0.1), dropout=0.2)


def test_targets_as_numbers_and_as_rows_are_the_same() -> None:
    for loss in (pl.BinaryCrossEntropy(), pl.SquaredError()):
        net = network([6, 8, 1], pl.Tanh(), loss)
        y = targets(loss, ROWS, 1)
        for given in (y, y.ravel(), y.astype(np.float32)):
            compare(net, (inputs(ROWS, 6, np.float64), given), pl.SGD(0.1))


def test_probabilities_between_0_and_1_are_targets_too() -> None:
    net = network([6, 8, 3], pl.Tanh(), pl.BinaryCrossEntropy())
    y = np.random.default_rng(0).random((ROWS, 3)).round(1)  # among them 0.5 itself
    compare(net, (inputs(ROWS, 6, np.float64), y), pl.SGD(0.1))


@pytest.mark.slow
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("share", [0.2, 1.0])
def test_a_very_large_batch_in_parts_on_two_cores(share: float, dtype: Any, weighted: bool) -> None:
    net = network([20, 33, 3], pl.Tanh(), pl.CrossEntropy(), dtype)
    rows = 9_500  # batches of 5,000 and 4,500; then of 4,096, 4,096 and 1,308
    weights = [np.random.default_rng(0).integers(0, 3, rows)] if weighted else []
    given: Any = (inputs(rows, 20, OF_X[dtype], share=share), targets(net.loss, rows, 3), *weights)
    for batch_size in (5_000, 4_096, None):
        compare(net, given, optimizer("adam"), batch_size=batch_size, blas_threads=2, clip_norm=0.5, ulps=LONG_SUM)
    # with one thread, or dropout, it is not cut into parts
    compare(net, given, pl.SGD(0.1), batch_size=5_000, blas_threads=1, ulps=LONG_SUM)
    compare(net, given, pl.SGD(0.1), batch_size=5_000, blas_threads=2, dropout=0.2, ulps=LONG_SUM)


class Blocks:
    """A stream of arrays, in blocks of 13 rows."""

    def __init__(self, X: AnyArray, y: AnyArray) -> None:
        self.X, self.y = X, y
        self.shape, self.dtype, self.target_shape, self.target_dtype = X.shape, X.dtype, y.shape[1:], y.dtype

    def blocks(self, seed: int | None, skip: int = 0) -> Iterator[tuple[AnyArray, AnyArray]]:
        order = np.arange(len(self.X)) if seed is None else np.random.default_rng(seed).permutation(len(self.X))
        for start in range(skip, len(order), 13):
            rows = order[start : start + 13]
            yield self.X[rows], self.y[rows]


@pytest.mark.parametrize("loss", [pl.CrossEntropy(), pl.Poisson()], ids=str)
def test_samples_that_are_read_block_by_block(loss: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "WINDOW", 8 * 6 * 64)  # of 64 rows
    net = network([6, 40, 3], pl.Tanh(), loss)
    stream: Any = Blocks(inputs(300, 6, np.float64, share=0.2), targets(loss, 300, 3))
    compare(net, stream, pl.SGD(0.05), batch_size=7, dropout=0.2)
    one, other = (trained(engine, net, stream, pl.SGD(0.05), batch_size=7, stop=9) for engine in ("compiled", "numpy"))
    assert_alike(one, other, 8 * 9, np.float64)


def test_a_memory_that_fades_holds_no_denormal_numbers() -> None:
    X, y = np.zeros((4_000, 1), np.float32), np.zeros((4_000, 1), np.float32)
    X[7], y[7] = 1, 1  # one sample alone gives W a gradient
    rule, net = pl.Adam(0.01), pl.Network([1, 1], loss=pl.SquaredError(), rng=np.random.default_rng(0))
    for _ in pl.train(net, (X, y), rule, epochs=2, batch_size=1, rng=np.random.default_rng(1), engine="compiled"):
        memory = rule.state["m"]
        assert np.all((memory == 0) | (np.abs(memory) >= np.finfo(np.float32).tiny))
