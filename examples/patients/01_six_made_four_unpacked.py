"""Six parameters are made, four are unpacked."""

import numpy as np

rng = np.random.default_rng(0)


def init_params():
    """Weights of a size that keeps the scores near 1, and biases of zero."""
    W1, b1 = rng.standard_normal((8, 5)) * np.sqrt(2 / 5), np.zeros((8, 1))
    W2, b2 = rng.standard_normal((6, 8)) * np.sqrt(2 / 8), np.zeros((6, 1))
    W3, b3 = rng.standard_normal((3, 6)) * np.sqrt(2 / 6), np.zeros((3, 1))
    return W1, b1, W2, b2, W3, b3


def relu(Z):
    """max(Z, 0)."""
    return np.maximum(Z, 0)


def softmax(Z):
    """Probabilities; the largest score is taken off first, so that exp cannot overflow."""
    E = np.exp(Z - Z.max(axis=0, keepdims=True))
    return E / E.sum(axis=0, keepdims=True)


def one_hot(Y):
    """A column for each label, with a 1 in the row of its class."""
    return np.eye(3)[Y].T


def forward(W1, b1, W2, b2, W3, b3, X):
    """From the inputs to the probabilities."""
    Z1 = W1 @ X + b1
    A1 = relu(Z1)
    Z2 = W2 @ A1 + b2
    A2 = relu(Z2)
    Z3 = W3 @ A2 + b3
    A3 = softmax(Z3)
    return Z1, A1, Z2, A2, Z3, A3


def loss(A3, Y):
    """Cross-entropy, the mean over the samples."""
    return -np.log(A3[Y, np.arange(Y.size)]).mean()


def backward(Z1, A1, Z2, A2, A3, W2, W3, X, Y):
    """The slope of the loss by every parameter."""
    m = X.shape[1]
    dZ3 = (A3 - one_hot(Y)) / m
    dW3 = dZ3 @ A2.T
    db3 = dZ3.sum(axis=1, keepdims=True)
    dZ2 = (W3.T @ dZ3) * (Z2 > 0)
    dW2 = dZ2 @ A1.T
    db2 = dZ2.sum(axis=1, keepdims=True)
    dZ1 = (W2.T @ dZ2) * (Z1 > 0)
    dW1 = dZ1 @ X.T
    db1 = dZ1.sum(axis=1, keepdims=True)
    return dW1, db1, dW2, db2, dW3, db3


def update(W1, b1, W2, b2, W3, b3, dW1, db1, dW2, db2, dW3, db3, learning_rate):
    """One step downhill."""
    W1 = W1 - learning_rate * dW1
    b1 = b1 - learning_rate * db1
    W2 = W2 - learning_rate * dW2
    b2 = b2 - learning_rate * db2
    W3 = W3 - learning_rate * dW3
    b3 = b3 - learning_rate * db3
    return W1, b1, W2, b2, W3, b3


def train(X, Y, learning_rate, epochs):
    """Gradient descent on all samples at once."""
    W1, b1, W2, b2 = init_params()
    for _ in range(epochs):
        Z1, A1, Z2, A2, _, A3 = forward(W1, b1, W2, b2, W3, b3, X)
        dW1, db1, dW2, db2, dW3, db3 = backward(Z1, A1, Z2, A2, A3, W2, W3, X, Y)
        W1, b1, W2, b2, W3, b3 = update(W1, b1, W2, b2, W3, b3, dW1, db1, dW2, db2, dW3, db3, learning_rate)
    return W1, b1, W2, b2, W3, b3
