"""Training ends, and hands back b2 twice."""

import numpy as np

rng = np.random.default_rng(0)


def init_params():
    """Five inputs, eight hidden neurons, three classes."""
    W1, b1 = rng.standard_normal((8, 5)) * 0.6, np.zeros((8, 1))
    W2, b2 = rng.standard_normal((3, 8)) * 0.5, np.zeros((3, 1))
    return W1, b1, W2, b2


def softmax(Z):
    """Scores to probabilities."""
    E = np.exp(Z - Z.max(axis=0, keepdims=True))
    return E / E.sum(axis=0, keepdims=True)


def one_hot(Y):
    """Labels to columns with a single 1."""
    return np.eye(3)[Y].T


def forward(W1, b1, W2, b2, X):
    """From inputs to probabilities."""
    Z1 = W1 @ X + b1
    A1 = np.maximum(Z1, 0)
    Z2 = W2 @ A1 + b2
    A2 = softmax(Z2)
    return Z1, A1, Z2, A2


def loss(A2, Y):
    """Cross-entropy."""
    return -np.mean(np.log(A2[Y, np.arange(Y.size)]))


def backward(Z1, A1, A2, W2, X, Y):
    """The gradients."""
    m = Y.size
    dZ2 = A2 - one_hot(Y)
    dW2 = dZ2 @ A1.T / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = (W2.T @ dZ2) * (Z1 > 0)
    dW1 = dZ1 @ X.T / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    return dW1, db1, dW2, db2


def update(W1, b1, W2, b2, dW1, db1, dW2, db2, learning_rate):
    """A step of gradient descent."""
    W1 = W1 - learning_rate * dW1
    b1 = b1 - learning_rate * db1
    W2 = W2 - learning_rate * dW2
    b2 = b2 - learning_rate * db2
    return W1, b1, W2, b2


def train(X, Y, learning_rate, epochs):
    """Gradient descent on the whole training set."""
    W1, b1, W2, b2 = init_params()
    for _ in range(epochs):
        Z1, A1, _, A2 = forward(W1, b1, W2, b2, X)
        dW1, db1, dW2, db2 = backward(Z1, A1, A2, W2, X, Y)
        W1, b1, W2, b2 = update(W1, b1, W2, b2, dW1, db1, dW2, db2, learning_rate)
    return W1, b2, W2, b2
