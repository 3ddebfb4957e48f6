"""Solutions of chapter 5: the forward pass."""

import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def forward(X, weights, biases):
    a = [X]
    for W, b in zip(weights[:-1], biases[:-1]):
        a.append(np.maximum(a[-1] @ W.T + b, 0))
    a.append(softmax(a[-1] @ weights[-1].T + biases[-1]))
    return a
