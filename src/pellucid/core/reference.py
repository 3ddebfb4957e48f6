"""The article's method, corrected, in the article's own notation: slow, obvious, and the oracle of the tests.

Here columns are samples: X is (784, m), as in the article, where the rest of pellucid has rows. Everything is float64
and nothing is reused: read it beside ``network.py``, which computes the same numbers faster. docs/errata.md says what
was wrong with the article's own code, and what each correction buys.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from pellucid.core.arrays import AnyArray, Array


class Parameters(NamedTuple):
    """Weights W (outputs, inputs) and biases b (outputs, 1) of three layers; also their gradients, likewise."""

    W1: Array
    b1: Array
    W2: Array
    b2: Array
    W3: Array
    b3: Array


class Pass(NamedTuple):
    """The scores Z and activations A of one forward pass, (neurons, m)."""

    Z1: Array
    A1: Array
    Z2: Array
    A2: Array
    Z3: Array
    A3: Array


def init_params(rng: np.random.Generator, sizes: tuple[int, int, int, int] = (784, 32, 16, 10)) -> Parameters:
    """W = 0.5 · N(0, 1), b = 0.5 · U(0, 1): the article's random start.

    >>> init_params(np.random.default_rng(0)).W1.shape
    (32, 784)
    """
    n0, n1, n2, n3 = sizes
    return Parameters(
        W1=rng.standard_normal((n1, n0)) * 0.5,
        b1=rng.random((n1, 1)) * 0.5,
        W2=rng.standard_normal((n2, n1)) * 0.5,
        b2=rng.random((n2, 1)) * 0.5,
        W3=rng.standard_normal((n3, n2)) * 0.5,
        b3=rng.random((n3, 1)) * 0.5,
    )


def relu(Z: Array) -> Array:
    """max(Z, 0), number by number."""
    return np.maximum(Z, 0)


def relu_derivative(Z: Array) -> AnyArray:
    """1 where Z > 0, else 0."""
    return Z > 0


def softmax(Z: Array) -> Array:
    """e^Z over its sum, column by column; the greatest score is subtracted first, so that nothing overflows."""
    E = np.exp(Z - Z.max(axis=0, keepdims=True))
    A: Array = E / E.sum(axis=0, keepdims=True)
    return A


def one_hot(y: AnyArray, classes: int) -> Array:
    """Labels (m,) as columns (classes, m): a 1 in the row of the class.

    >>> one_hot(np.array([2, 0]), 3)
    array([[0., 1.],
           [0., 0.],
           [1., 0.]])
    """
    Y = np.zeros((classes, len(y)))
    Y[y, np.arange(len(y))] = 1
    return Y


def forward_prop(p: Parameters, X: Array) -> Pass:
    """From the pixels X (inputs, m) to the probabilities A3 (classes, m)."""
    Z1 = p.W1 @ X + p.b1
    A1 = relu(Z1)
    Z2 = p.W2 @ A1 + p.b2
    A2 = relu(Z2)
    Z3 = p.W3 @ A2 + p.b3
    A3 = softmax(Z3)
    return Pass(Z1, A1, Z2, A2, Z3, A3)


def cross_entropy(A3: Array, y: AnyArray) -> float:
    """The mean of −log of the right class's probability: the loss whose gradient the article's code computes."""
    return float(-np.log(A3[y, np.arange(len(y))]).mean())


Delta = Callable[[Array, Array], Array]


def cross_entropy_delta(A3: Array, Y: Array) -> Array:
    """dLoss/dZ3 of each sample for softmax with cross-entropy; another loss has another one."""
    return A3 - Y


def backward_prop(p: Parameters, v: Pass, X: Array, y: AnyArray, delta: Delta = cross_entropy_delta) -> Parameters:
    """The gradient of the mean loss for every weight and bias, by the chain rule, last layer first."""
    m = X.shape[1]
    dZ3 = delta(v.A3, one_hot(y, len(v.A3)))
    dW3 = dZ3 @ v.A2.T / m
    db3 = dZ3.sum(axis=1, keepdims=True) / m
    dZ2 = p.W3.T @ dZ3 * relu_derivative(v.Z2)
    dW2 = dZ2 @ v.A1.T / m
    db2 = dZ2.sum(axis=1, keepdims=True) / m
    dZ1 = p.W2.T @ dZ2 * relu_derivative(v.Z1)
    dW1 = dZ1 @ X.T / m
    db1 = dZ1.sum(axis=1, keepdims=True) / m
    return Parameters(dW1, db1, dW2, db2, dW3, db3)


def update_params(p: Parameters, d: Parameters, learning_rate: float) -> Parameters:
    """One step of gradient descent, as new parameters."""
    return Parameters(*(value - learning_rate * slope for value, slope in zip(p, d, strict=True)))


def get_predictions(A3: Array) -> AnyArray:
    """The likeliest class of each column."""
    predictions: AnyArray = A3.argmax(axis=0)
    return predictions


def get_accuracy(predictions: AnyArray, y: AnyArray) -> float:
    """The share of right predictions."""
    return float((predictions == y).mean())


def gradient_descent(
    X: Array, y: AnyArray, p: Parameters, learning_rate: float = 0.1, iterations: int = 500
) -> Iterator[tuple[Parameters, float]]:
    """Full-batch gradient descent; yields after each iteration the parameters and the accuracy before the step.

    X is (inputs, m), already divided by 255; y is (m,).
    """
    for _ in range(iterations):
        v = forward_prop(p, X)
        accuracy = get_accuracy(get_predictions(v.A3), y)
        p = update_params(p, backward_prop(p, v, X, y), learning_rate)
        yield p, accuracy


def as_theta(p: Parameters) -> Array:
    """The parameters, or their gradients, in the order of ``Network.theta``: layer by layer Wᵀ, then b."""
    pairs = ((p.W1, p.b1), (p.W2, p.b2), (p.W3, p.b3))
    return np.concatenate([part.ravel() for W, b in pairs for part in (W.T, b)])
