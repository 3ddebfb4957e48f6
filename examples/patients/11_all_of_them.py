"""All ten faults of an article at once: what a reader gets who types it in."""

import numpy as np

rng = np.random.default_rng(0)
table = rng.integers(0, 256, (700, 21))  # a label and twenty pixels a row
table[:, 0] = table[:, 1:11].argmax(axis=1)
m, n = table.shape
X_dev, Y_dev = table[:200, 1:].T / 255, table[:200, 0]
X_train, Y_train = table[200:, 1:].T / 255, table[200:, 0]


def start():
    """Three layers: six arrays."""
    W1, b1 = rng.standard_normal((12, 20)) * 0.3, np.zeros((12, 1))
    W2, b2 = rng.standard_normal((8, 12)) * 0.3, np.zeros((8, 1))
    W3, b3 = rng.standard_normal((10, 8)) * 0.3, np.zeros((10, 1))
    return W1, b1, W2, b2, W3, b3


def relu(Z):
    """max(Z, 0)."""
    return np.maximum(0, Z)


def softmax(Z):
    """Scores to probabilities."""
    return np.exp(Z) / np.exp(Z).sum(axis=0)


def one_hot(Y):
    """Labels to columns."""
    return np.eye(Y.max() + 1)[Y].T


def forward(W1, b1, W2, b2, W3, b3, X):
    """Three layers; the names Z2 and A2 are exchanged, and so layer 3 reads the wrong one."""
    Z1 = W1 @ X + b1
    A1 = relu(Z1)
    A2 = W2 @ A1 + b2
    Z2 = relu(A2)
    Z3 = W3 @ A2 + b3
    A3 = softmax(Z3)
    return Z1, A1, Z2, A2, Z3, A3


def loss(A3, Y):
    """Squared error, as the text says."""
    return np.sum((A3 - one_hot(Y)) ** 2) / Y.size


def backward(Z1, A1, A2, W2, X, Y):
    """Two layers."""
    dZ2 = A2 - one_hot(Y)
    dW2 = dZ2 @ A1.T / m
    db2 = np.sum(dZ2) / m
    dZ1 = (W2.T @ dZ2) * (Z1 > 0)
    dW1 = dZ1 @ X.T / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    return dW1, db1, dW2, db2


def update(W1, b1, W2, b2, dW1, db1, dW2, db2, learning_rate):
    """A step of gradient descent."""
    return W1 - learning_rate * dW1, b1 - learning_rate * db1, W2 - learning_rate * dW2, b2 - learning_rate * db2


def gradient_descent(X, Y, learning_rate, epochs):
    """Train, and say how it goes."""
    W1, b1, W2, b2 = start()
    for epoch in range(epochs):
        Z1, A1, Z2, A2 = forward(W1, b1, W2, b2, X)
        dW1, db1, dW2, db2 = backward(Z1, A1, A2, W2, X, Y)
        W1, b1, W2, b2 = update(W1, b1, W2, b2, dW1, db1, dW2, db2, learning_rate)
        if epoch % 10 == 0:
            print(get_accuracy(get_preds(A2), Y))
    return W1, b2, W2, b2


PELLUCID = {"init": start, "X": X_train, "y": Y_train, "samples": "columns"}
