"""A network is a function of one vector θ: its layers are views of it, and its edges explain what cannot be."""

import copy
import pickle
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid as pl
from pellucid.core.arrays import AnyArray

HIDDEN = [pl.ReLU(), pl.LeakyReLU(0.3), pl.Sigmoid(), pl.Tanh(), pl.GELU(), pl.Identity()]


def network(**settings_: Any) -> pl.Network:
    given_: dict[str, Any] = {"activation": [pl.LeakyReLU(0.2), pl.Tanh()], "rng": np.random.default_rng(0)}
    return pl.Network([5, 7, 6, 3], **{**given_, **settings_})


def assert_layers_are_views(net: pl.Network) -> None:
    net.theta = np.arange(net.theta.size)
    start = 0
    for l, layer in enumerate(net.layers, start=1):
        inputs, outputs = net.sizes[l - 1], net.sizes[l]
        assert layer.W.shape == (outputs, inputs)
        assert layer.b.shape == (outputs,)
        assert np.shares_memory(layer.W, net.theta)
        assert np.shares_memory(layer.b, net.theta)
        block = np.arange(start, start + inputs * outputs)
        np.testing.assert_array_equal(layer.W.T.ravel(), block)  # Wᵀ row after row
        start += inputs * outputs
        np.testing.assert_array_equal(layer.b, np.arange(start, start + outputs))
        start += outputs
    assert start == net.theta.size


# Views


@settings(deadline=None)
@given(st.lists(st.integers(1, 6), min_size=2, max_size=6))
def test_weights_and_biases_are_the_parts_of_theta(sizes: list[int]) -> None:
    net = pl.Network(sizes, loss=pl.SquaredError())
    assert net.theta.shape == (sum((a + 1) * b for a, b in pairwise(sizes)),)
    assert_layers_are_views(net)


def test_writing_to_theta_or_to_a_layer_shows_in_the_other() -> None:
    net = network()
    net.layers[1].W[2, 4] = 42
    net.layers[2].b[1] = 43
    assert net.theta[5 * 7 + 7 + 4 * 6 + 2] == 42
    assert net.theta[-2] == 43
    net.theta[0] = 44
    assert net.layers[0].W[0, 0] == 44


def test_theta_can_be_set_and_computed_with_in_place() -> None:
    net = network()
    vector, before = net.theta, net.theta.copy()
    net.theta -= 0.5
    np.testing.assert_array_equal(net.theta, before - np.float32(0.5))
    net.theta = before
    np.testing.assert_array_equal(net.theta, before)
    net.theta = 0
    assert not net.layers[0].W.any()
    assert net.theta is vector
    assert_layers_are_views(net)
    with pytest.raises(ValueError, match="broadcast"):
        net.theta = before[:-1]


COPIES: list[Callable[[pl.Network], pl.Network]] = [
    copy.deepcopy,
    copy.copy,
    lambda net: pickle.loads(pickle.dumps(net)),
    lambda net: net.copy(),
    lambda net: net.astype(np.float32),
    lambda net: net.astype(np.float64).astype(np.float32),
]


@pytest.mark.parametrize("make", COPIES, ids=["deepcopy", "copy", "pickle", ".copy()", "astype", "astype twice"])
def test_a_copy_is_the_same_function_with_a_theta_of_its_own(make: Callable[[pl.Network], pl.Network]) -> None:
    net = network(loss=pl.Huber(0.3))
    other = make(net)
    X = np.random.default_rng(1).standard_normal((4, 5))
    assert repr(other) == repr(net)
    assert (other.sizes, other.loss) == (net.sizes, net.loss)
    assert [layer.activation for layer in other.layers] == [layer.activation for layer in net.layers]
    np.testing.assert_array_equal(other.theta, net.theta)
    np.testing.assert_array_equal(other.predict(X), net.predict(X))
    before = net.theta.copy()
    assert_layers_are_views(other)
    np.testing.assert_array_equal(net.theta, before)


def test_astype_changes_the_type_and_nothing_else() -> None:
    net = network()
    wide = net.astype(np.float64)
    assert [str(kind) for kind in (net.dtype, wide.dtype, wide.layers[0].W.dtype)] == ["float32", "float64", "float64"]
    np.testing.assert_array_equal(wide.theta, net.theta)
    X = np.random.default_rng(1).standard_normal((4, 5))
    np.testing.assert_allclose(wide.predict(X), net.predict(X), rtol=1e-5)
    assert pl.Trace(wide, 2).grad.dtype == np.float64


def test_the_gradients_are_the_parts_of_grad() -> None:
    trace = pl.Trace(network(), 4)
    trace.grad[...] = np.arange(trace.grad.size)
    flat = np.concatenate([part.ravel() for W, b in zip(trace.dW, trace.db, strict=True) for part in (W.T, b)])
    np.testing.assert_array_equal(flat, trace.grad)
    assert [W.shape for W in trace.dW] == [(7, 5), (6, 7), (3, 6)]


def test_the_same_rng_starts_the_same_and_no_rng_starts_anew() -> None:
    assert network().theta.tobytes() == network().theta.tobytes()
    assert network(rng=None).theta.tobytes() != network(rng=None).theta.tobytes()
    assert not network(init=None).theta.any()


# Features and predictions


def by_hand(net: pl.Network, X: AnyArray) -> list[AnyArray]:
    """What every layer makes of X, with plain formulas: leaky ReLU, tanh, softmax."""
    a = [X]
    for layer in net.layers:
        z = a[-1] @ layer.W.T + layer.b
        exp = np.exp(z)
        a.append({"leaky-relu": np.where(z > 0, z, 0.2 * z), "tanh": np.tanh(z),
                  "softmax": exp / exp.sum(axis=1, keepdims=True)}[layer.activation.name])  # fmt: skip
    return a


@pytest.mark.parametrize("rows", [0, 1, 5, 1024, 1025, 2500])
def test_features_are_each_layers_activations(rows: int) -> None:
    net = network(dtype=np.float64)
    X = np.random.default_rng(1).standard_normal((rows, 5))
    expected = by_hand(net, X)
    for layer in range(4):
        np.testing.assert_allclose(net.features(X, layer=layer), expected[layer], rtol=1e-11, atol=1e-14)
    np.testing.assert_array_equal(net.features(X), net.features(X, layer=2))
    np.testing.assert_array_equal(net.predict(X), net.features(X, layer=3))
    assert net.predict(X).shape == (rows, 3)


def test_what_is_returned_is_the_callers_to_keep() -> None:
    net = network()
    X = np.random.default_rng(1).standard_normal((4, 5))
    first = net.predict(X)
    kept = first.copy()
    net.predict(-X)
    np.testing.assert_array_equal(first, kept)


def test_inputs_may_come_in_any_order_of_memory_and_any_type_of_number() -> None:
    net = network(dtype=np.float64)
    X = np.random.default_rng(1).integers(0, 2, (6, 5))
    expected = net.predict(X.astype(float))
    kinds = [X.astype(kind) for kind in (bool, ">f4", np.int8, np.float16)]
    for form in (np.asfortranarray(X), np.repeat(X, 2, axis=0)[::2], X.tolist(), *kinds):
        np.testing.assert_array_equal(net.predict(form), expected)


def test_pixels_are_divided_by_255_wherever_they_come_in() -> None:
    rng = np.random.default_rng(1)
    X, y = rng.integers(0, 256, (40, 5), dtype=np.uint8), rng.integers(3, size=40)
    plain = X / 255.0
    for dtype in (np.float32, np.float64):
        net = network(dtype=dtype)
        as_floats = plain.astype(dtype)
        np.testing.assert_allclose(net.predict(X), net.predict(as_floats), rtol=1e-6)
        np.testing.assert_allclose(net.features(X), net.features(as_floats), rtol=1e-5, atol=1e-6)
        trace = pl.Trace(net, 40)
        trace.fill(X, y)
        np.testing.assert_allclose(trace.a[0], plain, rtol=1e-6)
        assert pl.evaluate(net, (X, y)).loss == pytest.approx(pl.evaluate(net, (as_floats, y)).loss, rel=1e-6)
        assert pl.gradient_check(net, X, y).passed
        for batch_size in (None, 16):
            one, other = net.copy(), net.copy()
            for twin, inputs in ((one, X), (other, as_floats)):
                rng = np.random.default_rng(0)
                list(pl.train(twin, (inputs, y), pl.SGD(0.1), epochs=2, batch_size=batch_size, rng=rng))
            np.testing.assert_allclose(one.theta, other.theta, rtol=1e-4, atol=1e-6)


def test_other_integers_are_taken_as_they_are() -> None:
    net = network(dtype=np.float64)
    X = np.random.default_rng(1).integers(0, 3, (4, 5))
    np.testing.assert_array_equal(net.predict(X), net.predict(X.astype(float)))
    assert (net.predict(X) != net.predict(X.astype(np.uint8))).any()


def test_inputs_that_are_no_numbers_show_in_their_rows_alone() -> None:
    X = np.random.default_rng(1).standard_normal((4, 5))
    X[2, 1] = np.nan
    predictions = network().predict(X)
    assert np.isnan(predictions[2]).all()
    assert np.isfinite(predictions[[0, 1, 3]]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_inputs_give_no_warning(dtype: type) -> None:
    for activation in HIDDEN:
        net = network(activation=activation, dtype=dtype)
        assert net.predict(np.full((2, 5), 1e38)).shape == (2, 3)


def test_fill_without_targets_leaves_them_as_they_were() -> None:
    trace = pl.Trace(network(), 2)
    trace.fill(np.ones((2, 5)), [0, 2])
    trace.fill(np.zeros((2, 5)))
    np.testing.assert_array_equal(trace.y, np.eye(3)[[0, 2]])
    assert not trace.a[0].any()


def test_the_input_gradient_is_there_when_asked_for() -> None:
    assert pl.Trace(network(), 2).delta_input is None
    asked = pl.Trace(network(), 2, input_gradient=True).delta_input
    assert asked is not None
    assert asked.shape == (2, 5)


def test_targets_of_each_kind_may_come_in_their_usual_shapes() -> None:
    classes = network()
    one, values = (pl.Network([5, 1], loss=loss) for loss in (pl.BinaryCrossEntropy(), pl.SquaredError()))
    X = np.ones((2, 5))
    cases: list[tuple[pl.Network, Any, list[list[float]]]] = [
        (classes, [2, 0], [[0, 0, 1], [1, 0, 0]]),
        (classes, np.array([2, 0], np.uint8), [[0, 0, 1], [1, 0, 0]]),
        (one, [1, 0], [[1], [0]]),
        (one, [True, False], [[1], [0]]),
        (one, [[1.0], [0.0]], [[1], [0]]),
        (values, [1.5, 2], [[1.5], [2]]),
        (values, [[1.5], [2]], [[1.5], [2]]),
    ]
    for net, y, rows in cases:
        trace = pl.Trace(net, 2)
        trace.fill(X, y)
        np.testing.assert_array_equal(trace.y, rows)


def test_its_repr_says_what_it_is() -> None:
    text = repr(network())
    assert text == "<Network 5-7-6-3 (leaky-relu, tanh, softmax), cross-entropy, 111 parameters, float32>"


# The edges


def fill(X: Any, y: Any = None, *, loss: Any = None, outputs: int = 3) -> Callable[[], object]:
    def run() -> None:
        net = pl.Network([5, outputs], loss=pl.CrossEntropy() if loss is None else loss)
        pl.Trace(net, 2).fill(X, y)

    return run


ONES = np.ones((2, 5))
BAD: list[tuple[str, Callable[[], object], list[str]]] = [
    ("one size", lambda: pl.Network([3]), ["sizes=[3]", "inputs and the outputs"]),
    ("no sizes", lambda: pl.Network([]), ["sizes=[]"]),
    ("text sizes", lambda: pl.Network("784"), ["sizes='784'"]),  # type: ignore[arg-type]
    ("a number", lambda: pl.Network(3), ["sizes=3"]),  # type: ignore[arg-type]
    ("size 0", lambda: pl.Network([3, 0, 2]), ["sizes[1]=0", "at least 1"]),
    ("negative", lambda: pl.Network([-3, 2]), ["sizes[0]=-3"]),
    ("half a neuron", lambda: pl.Network([3, 2.5, 2]), ["sizes[1]=2.5"]),  # type: ignore[list-item]
    ("a bool", lambda: pl.Network([3, True]), ["sizes[1]=True"]),
    ("text size", lambda: pl.Network([3, "4", 2]), ["sizes[1]='4'"]),  # type: ignore[list-item]
    ("one class", lambda: pl.Network([3, 1]), ["cross-entropy", "at least 2 outputs", "BinaryCrossEntropy"]),
    ("one class", lambda: pl.Network([3, 1], loss=pl.SoftmaxSquaredError()), ["softmax-squared-error"]),
    ("activations", lambda: pl.Network([3, 4, 4, 2], activation=[pl.ReLU()]), ["1 activations for 2 hidden layers"]),
    ("activations", lambda: pl.Network([3, 4, 2], activation=[pl.ReLU(), pl.ReLU()]), ["2 activations for 1 hidden"]),
    ("a class", lambda: pl.Network([3, 4, 2], activation=pl.ReLU), ["activation=<class", "ReLU()"]),  # type: ignore[arg-type]
    ("a name", lambda: pl.Network([3, 4, 2], activation="relu"), ["activation='r", "ReLU()"]),  # type: ignore[arg-type]
    ("None", lambda: pl.Network([3, 4, 2], activation=None), ["activation=None"]),  # type: ignore[arg-type]
    ("loss class", lambda: pl.Network([3, 4, 2], loss=pl.CrossEntropy), ["loss=<class", "CrossEntropy()"]),  # type: ignore[arg-type]
    ("loss name", lambda: pl.Network([3, 4, 2], loss="cross-entropy"), ["loss='cross-entropy'", "CrossEntropy()"]),  # type: ignore[arg-type]
    ("init class", lambda: pl.Network([3, 4, 2], init=pl.He), ["init=<class", "He()"]),  # type: ignore[arg-type]
    ("init name", lambda: pl.Network([3, 4, 2], init="he"), ["init='he'", "He()"]),  # type: ignore[arg-type]
    ("dtype int", lambda: pl.Network([3, 2], dtype=np.int64), ["dtype=", "float32 or float64"]),
    ("dtype half", lambda: pl.Network([3, 2], dtype=np.float16), ["float32 or float64"]),
    ("dtype name", lambda: pl.Network([3, 2], dtype="real"), ["dtype='real'", "float32 or float64"]),
    ("astype int", lambda: network().astype(np.int64), ["float32 or float64"]),
    ("astype name", lambda: network().astype("real"), ["dtype='real'", "float32 or float64"]),
    ("too large", lambda: pl.Network([10**9, 10**9]), ["1000000001000000000 parameters"]),
    ("a seed", lambda: pl.Network([3, 2], rng=0), ["rng=0", "np.random.default_rng(0)"]),  # type: ignore[arg-type]
    ("batch size", lambda: pl.Trace(network(), 0), ["batch_size=0", "at least 1"]),
    ("batch size", lambda: pl.Trace(network(), 2.0), ["batch_size=2.0"]),  # type: ignore[arg-type]
    ("dropout", lambda: pl.Trace(network(), 2, dropout=1, rng=np.random.default_rng(0)), ["dropout=1", "below 1"]),
    ("dropout", lambda: pl.Trace(network(), 2, dropout=-0.5), ["dropout=-0.5"]),
    ("dropout", lambda: pl.Trace(network(), 2, dropout="half", rng=np.random.default_rng(0)), ["dropout='half'"]),  # type: ignore[arg-type]
    ("dropout rng", lambda: pl.Trace(network(), 2, dropout=0.5), ["random generator", "default_rng"]),
    ("dropout rng", lambda: pl.Trace(network(), 2, dropout=0.5, rng=0), ["rng=0", "default_rng"]),  # type: ignore[arg-type]
    ("head", lambda: pl.Trace(network(), 4).head(5), ["rows 0 to 5", "4 rows"]),
    ("head", lambda: pl.Trace(network(), 4).head(0), ["rows 0 to 0", "1 to 4"]),
    ("layer", lambda: network().features(ONES, layer=4), ["layer 4", "layers 1 to 3"]),
    ("layer", lambda: network().features(ONES, layer=-1), ["layer -1"]),
    ("columns", lambda: network().predict(np.ones((2, 4))), ["(2, 4)", "5 inputs", "(n, 5)"]),
    ("one row", lambda: network().predict(np.ones(5)), ["(5,)", "X.reshape(-1, 5)"]),
    ("images", lambda: pl.Network([784, 2]).predict(np.ones((3, 28, 28))), ["(3, 28, 28)", "X.reshape(-1, 784)"]),
    ("text", lambda: network().predict([["a"] * 5]), ["not numbers"]),
    ("objects", lambda: network().predict(np.full((2, 5), None)), ["object", "not numbers"]),
    ("complex", lambda: network().predict(ONES * 1j), ["complex128", "not numbers"]),
    ("ragged", lambda: network().predict([[1, 2, 3, 4, 5], [1, 2]]), ["X", "rows"]),
    ("rows", fill(np.ones((3, 5)), [0, 0, 0]), ["3 rows", "room for 2", "trace.head(n)"]),
    ("label", fill(ONES, [0, 3]), ["label 3 in row 1", "3 outputs", "0 to 2"]),
    ("label", fill(ONES, [-1, 0]), ["label -1 in row 0"]),
    ("huge label", fill(ONES, np.array([0, 2**64 - 1], np.uint64)), ["label 18446744073709551615 in row 1"]),
    ("floats", fill(ONES, [0.0, 1.0]), ["float64", "whole numbers", "y.astype(int)"]),
    ("one-hot", fill(ONES, np.eye(3, dtype=int)[:2]), ["(2, 3)", "argmax(axis=1)"]),
    ("names", fill(ONES, ["a", "b"]), ["not numbers", "class names"]),
    ("y rows", fill(ONES, [0, 1, 2]), ["(3,)", "2 rows"]),
    ("no y", fill(ONES, []), ["(0,)", "2 rows"]),
    ("ragged y", fill(ONES, [[1, 2], [3]], loss=pl.SquaredError()), ["y", "rows"]),
    ("values", fill(ONES, [[1.0, 2.0]] * 2, loss=pl.SquaredError()), ["(2, 2)", "3 outputs", "(2, 3)"]),
    ("gap", fill(ONES, [[0, 0, 0], [0, np.nan, 0]], loss=pl.SquaredError()), ["nan in row 1"]),
    ("inf", fill(ONES, [[0, 0, np.inf], [0, 0, 0]], loss=pl.Huber()), ["inf in row 0"]),
    ("probability", fill(ONES, [0, 2], loss=pl.BinaryCrossEntropy(), outputs=1), ["target 2 in row 1", "0 or 1"]),
    ("probability", fill(ONES, [-1, 1], loss=pl.BinaryCrossEntropy(), outputs=1), ["target -1 in row 0"]),
    ("check NaN", lambda: pl.gradient_check(network(), ONES * np.nan, [0, 1]), ["nan in row 0, column 0"]),
    ("check rows", lambda: pl.gradient_check(network(), np.empty((0, 5)), []), ["no rows"]),
    ("check rng", lambda: pl.gradient_check(network(), ONES, [0, 1], parameters=3, rng=0), ["rng=0"]),  # type: ignore[arg-type]
    ("check count", lambda: pl.gradient_check(network(), ONES, [0, 1], parameters=0), ["parameters=0"]),
    ("evaluate", lambda: pl.evaluate(network(), (ONES, [0, 7])), ["label 7 in row 1"]),  # type: ignore[arg-type]
    ("evaluate", lambda: pl.evaluate(network(), (ONES * np.nan, [0, 1])), ["nan in row 0, column 0"]),  # type: ignore[arg-type]
]  # fmt: skip


@pytest.mark.parametrize(("what", "action", "needles"), BAD, ids=[f"{i}-{case[0]}" for i, case in enumerate(BAD)])
def test_a_bad_argument_is_named_with_reason_and_remedy(
    what: str, action: Callable[[], object], needles: list[str]
) -> None:
    with pytest.raises(pl.InputError) as caught:
        action()
    for needle in needles:
        assert needle in str(caught.value)


def test_a_refused_batch_leaves_the_targets_as_they_were() -> None:
    trace = pl.Trace(network(), 2)
    trace.fill(ONES, [0, 1])
    with pytest.raises(pl.InputError):
        trace.fill(ONES, [0, 3])
    np.testing.assert_array_equal(trace.y, np.eye(3)[[0, 1]])


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_a_copied_trace_keeps_its_gradient_and_inputs_as_views(dropout: float) -> None:
    net = pl.Network([4, 3, 2], rng=np.random.default_rng(0))
    trace = pl.Trace(net, 2, dropout=dropout, rng=np.random.default_rng(1))
    for other in (copy.deepcopy(trace), pickle.loads(pickle.dumps(trace))):
        other.fill(np.ones((2, 4)), [0, 1])
        pl.forward(net, other)
        pl.backward(net, other)
        assert np.linalg.norm(other.grad) > 0
        assert all(np.shares_memory(dW, other.grad) for dW in other.dW)
        assert other.layer_input[0] is other.a[0]
