"""Three steps of gradient descent in pellucid: the same arrays, by name, there to be looked at."""

import json
from pathlib import Path

import numpy as np

import pellucid as pl

SIZES, RATE, STEPS = (784, 32, 16, 10), 0.1, 3

# the data: eight digits; bytes become numbers from 0 to 1 on their way in
digits = json.loads(Path(__file__).with_name("digits.json").read_text())
X, y = np.array(digits["pixels"], np.uint8), np.array(digits["labels"])

# the start: written into the views W and b of θ
net = pl.Network(SIZES, activation=pl.ReLU(), loss=pl.CrossEntropy(), dtype=np.float64)
for l, layer in enumerate(net.layers):
    j, i = np.ogrid[: SIZES[l + 1], : SIZES[l]]
    layer.W[...] = 0.1 * np.sin(1 + 7 * j + 3 * i + l)
    layer.b[...] = 0.1 * np.cos(np.arange(SIZES[l + 1]) + l)


def steps():
    trace = pl.Trace(net, batch_size=len(X))
    trace.fill(X, y)
    optimizer = pl.SGD(RATE)
    for _ in range(STEPS):
        pl.forward(net, trace)  # fills trace.z and trace.a
        loss = pl.backward(net, trace)  # fills trace.delta, trace.dW and trace.db, parts of trace.grad
        optimizer.step(net.theta, trace.grad)  # θ ← θ − η dLoss/dθ
        yield loss, trace.dW, trace.db, [layer.W for layer in net.layers], [layer.b for layer in net.layers]


if __name__ == "__main__":
    for number, (loss, dW, db, W, b) in enumerate(steps(), start=1):
        print(f"step {number}   loss {loss:.12f}   dW3[0, 0] {dW[2][0, 0]:+.12f}   W1[0, 400] {W[0][0, 400]:+.12f}")
