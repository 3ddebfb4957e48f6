"""Three steps of gradient descent in NumPy: the same as matrix products, all samples at once."""

import json
from pathlib import Path

import numpy as np

SIZES, RATE, STEPS = (784, 32, 16, 10), 0.1, 3

# the data: eight digits, pixels from 0 to 1
digits = json.loads(Path(__file__).with_name("digits.json").read_text())
X = np.array(digits["pixels"]) / 255  # (8, 784)
Y = np.eye(10)[digits["labels"]]  # (8, 10)
n = len(X)

# the start: W[l] is (outputs, inputs), b[l] is (outputs,)
places = [np.ogrid[: SIZES[l + 1], : SIZES[l]] for l in range(3)]
W = [0.1 * np.sin(1 + 7 * j + 3 * i + l) for l, (j, i) in enumerate(places)]
b = [0.1 * np.cos(np.arange(SIZES[l + 1]) + l) for l in range(3)]


def forward(x):
    a, z = [x], []
    for l in range(3):
        # Z = A Wᵀ + b
        z.append(a[l] @ W[l].T + b[l])
        # A = max(Z, 0), and the softmax at the end
        e = np.exp(z[l] - z[l].max(axis=1, keepdims=True))
        a.append(np.maximum(z[l], 0) if l < 2 else e / e.sum(axis=1, keepdims=True))
    return z, a


def backward(z, a):
    # Δ = (A − Y) / n for the last layer
    delta = [(a[3] - Y) / n]
    for l in (2, 1):
        # Δ below = (Δ W) ∘ (Z > 0)
        delta.insert(0, (delta[0] @ W[l]) * (z[l - 1] > 0))
    return delta


def steps():
    for _ in range(STEPS):
        z, a = forward(X)
        loss = -np.log((a[3] * Y).sum(axis=1)).mean()
        delta = backward(z, a)
        # dW = Δᵀ A, db = Σ Δ
        dW = [d.T @ below for d, below in zip(delta, a)]
        db = [d.sum(axis=0) for d in delta]
        for l in range(3):
            # W ← W − η dW, b ← b − η db
            W[l] -= RATE * dW[l]
            b[l] -= RATE * db[l]
        yield loss, dW, db, W, b


if __name__ == "__main__":
    for number, (loss, dW, db, W, b) in enumerate(steps(), start=1):
        print(f"step {number}   loss {loss:.12f}   dW3[0, 0] {dW[2][0, 0]:+.12f}   W1[0, 400] {W[0][0, 400]:+.12f}")
