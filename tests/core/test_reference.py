"""The fast path against the article's method in its own notation, and the article's faults as laws."""

from typing import Any

import numpy as np
import pytest

import pellucid as pl
from pellucid.core import reference
from pellucid.core.arrays import AnyArray, Array

SIZES = (30, 12, 8, 5)


def data(m: int = 60) -> tuple[Array, AnyArray]:
    rng = np.random.default_rng(5)
    return rng.random((m, SIZES[0])), rng.integers(SIZES[-1], size=m)


def network(loss: Any) -> tuple[pl.Network, reference.Parameters]:
    parameters = reference.init_params(np.random.default_rng(3), SIZES)
    net = pl.Network(SIZES, loss=loss, init=None, dtype=np.float64)
    net.theta = reference.as_theta(parameters)
    return net, parameters


def squared_error(A3: Array, y: AnyArray) -> float:
    """The mean over the samples of Σ (A3 − Y)²: the loss that the article's text names."""
    return float(((A3 - reference.one_hot(y, len(A3))) ** 2).sum(axis=0).mean())


def squared_error_delta(A3: Array, Y: Array) -> Array:
    """dLoss/dZ3 of each sample for softmax with squared error: the softmax's own slope comes in."""
    dA3 = 2 * (A3 - Y)
    dZ3: Array = A3 * (dA3 - (dA3 * A3).sum(axis=0, keepdims=True))
    return dZ3


PAIRS: list[tuple[Any, Any, Any]] = [
    (pl.CrossEntropy(), reference.cross_entropy_delta, reference.cross_entropy),
    (pl.SoftmaxSquaredError(), squared_error_delta, squared_error),
]


@pytest.mark.parametrize(("loss", "delta", "value"), PAIRS, ids=["cross-entropy", "squared-error"])
def test_one_pass_is_the_references(loss: Any, delta: Any, value: Any) -> None:
    net, p = network(loss)
    X, y = data()
    trace = pl.Trace(net, len(X))
    trace.fill(X, y)
    pl.forward(net, trace)
    v = reference.forward_prop(p, X.T)
    for l, (Z, A) in enumerate(zip(v[::2], v[1::2], strict=True), start=1):
        np.testing.assert_allclose(trace.z[l - 1], Z.T, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(trace.a[l], A.T, rtol=1e-12, atol=1e-13)
    assert pl.backward(net, trace) == pytest.approx(value(v.A3, y), rel=1e-12)
    d = reference.backward_prop(p, v, X.T, y, delta)
    np.testing.assert_allclose(trace.grad, reference.as_theta(d), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(("loss", "delta", "value"), PAIRS, ids=["cross-entropy", "squared-error"])
def test_twenty_iterations_come_to_the_references_theta(loss: Any, delta: Any, value: Any) -> None:
    net, p = network(loss)
    X, y = data()
    accuracies = []
    for epoch in pl.train(net, (X, y), pl.SGD(0.1), epochs=20, batch_size=None, rng=np.random.default_rng(0)):
        accuracies.append(epoch.train.accuracy)
        v = reference.forward_prop(p, X.T)
        assert accuracies[-1] == reference.get_accuracy(reference.get_predictions(v.A3), y)
        p = reference.update_params(p, reference.backward_prop(p, v, X.T, y, delta), 0.1)
    assert np.abs(net.theta - reference.as_theta(p)).max() <= 1e-8


def test_its_gradient_descent_is_its_steps_in_a_row() -> None:
    net, p = network(pl.CrossEntropy())
    X, y = data()
    steps = list(reference.gradient_descent(X.T, y, p, learning_rate=0.1, iterations=20))
    epochs = list(pl.train(net, (X, y), pl.SGD(0.1), epochs=20, batch_size=None, rng=np.random.default_rng(0)))
    assert np.abs(net.theta - reference.as_theta(steps[-1][0])).max() <= 1e-8
    assert [accuracy for _, accuracy in steps] == [epoch.train.accuracy for epoch in epochs]


def test_the_articles_start_is_the_same_distribution() -> None:
    p = reference.init_params(np.random.default_rng(0))
    net = pl.Network([784, 32, 16, 10], init=pl.Article(), dtype=np.float64, rng=np.random.default_rng(0))
    for (W, b), layer in zip(((p.W1, p.b1), (p.W2, p.b2), (p.W3, p.b3)), net.layers, strict=True):
        np.testing.assert_array_equal(W, layer.W)
        np.testing.assert_array_equal(b[:, 0], layer.b)
    np.testing.assert_array_equal(reference.as_theta(p), net.theta)


def test_the_articles_settings_are_the_defaults() -> None:
    p = reference.init_params(np.random.default_rng(3), SIZES)
    X, y = data(10)
    steps = list(reference.gradient_descent(X.T, y, p))
    assert len(steps) == 500
    d = reference.backward_prop(p, reference.forward_prop(p, X.T), X.T, y)
    np.testing.assert_array_equal(steps[0][0].W1, p.W1 - 0.1 * d.W1)


# The article's faults, as laws of what stands in their place


def test_six_parameters_have_six_gradients_of_their_own_shapes() -> None:
    p = reference.init_params(np.random.default_rng(3), SIZES)
    X, y = data()
    d = reference.backward_prop(p, reference.forward_prop(p, X.T), X.T, y)
    assert len(p) == len(d) == 6
    assert [slope.shape for slope in d] == [value.shape for value in p]
    assert len(set(d.b3.ravel().tolist())) == SIZES[-1]  # a bias gradient for each class, not one for all
    new = reference.update_params(p, d, 0.1)
    # each parameter by its own slope, none by another's
    for place in range(6):
        np.testing.assert_allclose(new[place], p[place] - 0.1 * d[place], rtol=1e-15)


def test_layer_three_reads_what_relu_made_of_layer_two() -> None:
    p = reference.init_params(np.random.default_rng(3), SIZES)
    v = reference.forward_prop(p, data()[0].T)
    assert (v.Z2 < 0).any()
    np.testing.assert_array_equal(v.A2, np.where(v.Z2 > 0, v.Z2, 0))
    np.testing.assert_allclose(v.Z3, p.W3 @ np.where(v.Z2 > 0, v.Z2, 0) + p.b3, rtol=1e-14)


def test_the_mean_is_over_the_rows_that_were_used() -> None:
    p = reference.init_params(np.random.default_rng(3), SIZES)
    X, y = data()
    once = reference.backward_prop(p, reference.forward_prop(p, X.T), X.T, y)
    XX, yy = np.vstack([X, X]), np.concatenate([y, y])
    twice = reference.backward_prop(p, reference.forward_prop(p, XX.T), XX.T, yy)
    for one, other in zip(once, twice, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-15)


def test_one_hot_keeps_a_class_that_the_batch_lacks() -> None:
    np.testing.assert_array_equal(reference.one_hot(np.array([0, 2]), 5), np.eye(5)[[0, 2]].T)


def test_softmax_is_stable_for_large_scores() -> None:
    Z = np.array([[1e4, -1e4, 0.0], [1e4, 0.0, 1e4], [0.0, 1e4, -1e4]])
    np.testing.assert_allclose(reference.softmax(Z), [[0.5, 0.0, 0.0], [0.5, 0.0, 1.0], [0.0, 1.0, 0.0]])
    np.testing.assert_allclose(reference.softmax(Z).sum(axis=0), 1)


def test_softmax_does_not_mind_a_shift_of_all_scores() -> None:
    Z = np.random.default_rng(0).standard_normal((5, 7))
    np.testing.assert_allclose(reference.softmax(Z), reference.softmax(Z + 100), rtol=1e-12)
    np.testing.assert_allclose(reference.softmax(Z), np.exp(Z) / np.exp(Z).sum(axis=0), rtol=1e-12)


def test_relu_and_its_slope() -> None:
    Z = np.array([-1.0, 0.0, 2.0])
    np.testing.assert_array_equal(reference.relu(Z), [0, 0, 2])
    np.testing.assert_array_equal(reference.relu_derivative(Z), [0, 0, 1])


@pytest.mark.parametrize(
    ("value", "delta"),
    [
        (reference.cross_entropy, reference.cross_entropy_delta),
        (squared_error, squared_error_delta),
    ],
    ids=["cross-entropy", "squared-error"],
)
def test_each_delta_is_the_slope_of_its_loss(value: Any, delta: Any) -> None:
    rng = np.random.default_rng(0)
    Z, y = rng.standard_normal((5, 1)), np.array([3])
    slope = delta(reference.softmax(Z), reference.one_hot(y, 5))
    for k in range(5):
        h = np.zeros((5, 1))
        h[k] = 1e-5
        difference = (value(reference.softmax(Z + h), y) - value(reference.softmax(Z - h), y)) / 2e-5
        assert slope[k, 0] == pytest.approx(difference, rel=1e-7, abs=1e-10)
