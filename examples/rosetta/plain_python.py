"""Three steps of gradient descent in plain Python: every number by itself."""

import json
import math
from pathlib import Path

SIZES, RATE, STEPS = (784, 32, 16, 10), 0.1, 3

# the data: eight digits, pixels from 0 to 1
digits = json.loads(Path(__file__).with_name("digits.json").read_text())
X = [[pixel / 255 for pixel in row] for row in digits["pixels"]]
Y = [[1.0 if k == label else 0.0 for k in range(10)] for label in digits["labels"]]
n = len(X)

# the start: W[l][j][i] from neuron i below to neuron j, b[l][j]
W = [[[0.1 * math.sin(1 + 7 * j + 3 * i + l) for i in range(SIZES[l])] for j in range(SIZES[l + 1])] for l in range(3)]
b = [[0.1 * math.cos(j + l) for j in range(SIZES[l + 1])] for l in range(3)]


def forward(x):
    a, z = [x], []
    for l in range(3):
        # z = W a + b
        z.append([sum(w * v for w, v in zip(W[l][j], a[l])) + b[l][j] for j in range(SIZES[l + 1])])
        if l < 2:
            # a = max(z, 0)
            a.append([max(value, 0.0) for value in z[l]])
        else:
            # a = exp(z − max z) / Σ exp(z − max z)
            e = [math.exp(value - max(z[l])) for value in z[l]]
            a.append([value / sum(e) for value in e])
    return z, a


def backward(z, a, y):
    # δ = (a − y) / n for the last layer: softmax and cross-entropy together, and the mean over the samples
    delta = [[(p - t) / n for p, t in zip(a[3], y)]]
    for l in (2, 1):
        # δ below = (Wᵀ δ) · (z > 0)
        below = [sum(W[l][j][i] * delta[0][j] for j in range(SIZES[l + 1])) for i in range(SIZES[l])]
        delta.insert(0, [d if value > 0 else 0.0 for d, value in zip(below, z[l - 1])])
    return delta


def steps():
    for _ in range(STEPS):
        loss = 0.0
        dW = [[[0.0] * SIZES[l] for _ in range(SIZES[l + 1])] for l in range(3)]
        db = [[0.0] * SIZES[l + 1] for l in range(3)]
        for x, y in zip(X, Y):
            z, a = forward(x)
            # loss = mean of −log a of the right class
            loss -= math.log(sum(p * t for p, t in zip(a[3], y))) / n
            for l, delta in enumerate(backward(z, a, y)):
                for j, d in enumerate(delta):
                    # dW = δ a, db = δ, added up over the samples
                    db[l][j] += d
                    for i, value in enumerate(a[l]):
                        dW[l][j][i] += d * value
        for l in range(3):
            for j in range(SIZES[l + 1]):
                # W ← W − η dW, b ← b − η db
                b[l][j] -= RATE * db[l][j]
                for i in range(SIZES[l]):
                    W[l][j][i] -= RATE * dW[l][j][i]
        yield loss, dW, db, W, b


if __name__ == "__main__":
    for number, (loss, dW, db, W, b) in enumerate(steps(), start=1):
        print(f"step {number}   loss {loss:.12f}   dW3[0, 0] {dW[2][0][0]:+.12f}   W1[0, 400] {W[0][0][400]:+.12f}")
