"""Three steps of gradient descent in scikit-learn: one call a step; the gradient shows in how far the weights moved."""

import json
from pathlib import Path

import numpy as np
from sklearn.neural_network import MLPClassifier

SIZES, RATE, STEPS = (784, 32, 16, 10), 0.1, 3

# the data: eight digits, pixels from 0 to 1
digits = json.loads(Path(__file__).with_name("digits.json").read_text())
X, y = np.array(digits["pixels"]) / 255, np.array(digits["labels"])

# the network: sgd is plain gradient descent where momentum is 0, alpha is the penalty on weights
model = MLPClassifier((32, 16), solver="sgd", momentum=0, alpha=0, learning_rate_init=RATE, batch_size=len(X))
model.partial_fit(X, y, classes=range(10))  # only so that there are weights to write into

# the start: coefs_ are (inputs, outputs), W the other way round
for l, (W, b) in enumerate(zip(model.coefs_, model.intercepts_)):
    j, i = np.ogrid[: SIZES[l + 1], : SIZES[l]]
    W[...] = (0.1 * np.sin(1 + 7 * j + 3 * i + l)).T
    b[...] = 0.1 * np.cos(np.arange(SIZES[l + 1]) + l)


def steps():
    for _ in range(STEPS):
        before = [W.copy() for W in model.coefs_], [b.copy() for b in model.intercepts_]
        model.partial_fit(X, y)  # forward, backward and step; z, a, δ and the gradient are not kept
        # dW = (W before − W after) / η
        dW = [(old - new).T / RATE for old, new in zip(before[0], model.coefs_)]
        db = [(old - new) / RATE for old, new in zip(before[1], model.intercepts_)]
        yield model.loss_, dW, db, [W.T for W in model.coefs_], model.intercepts_


if __name__ == "__main__":
    for number, (loss, dW, db, W, b) in enumerate(steps(), start=1):
        print(f"step {number}   loss {loss:.12f}   dW3[0, 0] {dW[2][0, 0]:+.12f}   W1[0, 400] {W[0][0, 400]:+.12f}")
