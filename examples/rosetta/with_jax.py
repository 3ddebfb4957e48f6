"""Three steps of gradient descent in JAX: the loss is a function, and its gradient another."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
SIZES, RATE, STEPS = (784, 32, 16, 10), 0.1, 3

# the data: eight digits, pixels from 0 to 1
digits = json.loads(Path(__file__).with_name("digits.json").read_text())
X = jnp.array(digits["pixels"]) / 255
y = jnp.array(digits["labels"])

# the start: a list of (W, b), W (outputs, inputs)
places = [np.ogrid[: SIZES[l + 1], : SIZES[l]] for l in range(3)]
parameters = [
    (jnp.array(0.1 * np.sin(1 + 7 * j + 3 * i + l)), jnp.array(0.1 * np.cos(j[:, 0] + l)))
    for l, (j, i) in enumerate(places)
]


def loss_of(parameters, X, y):
    *hidden, (W, b) = parameters
    a = X
    for w, c in hidden:
        a = jax.nn.relu(a @ w.T + c)
    log_p = jax.nn.log_softmax(a @ W.T + b)
    return -log_p[jnp.arange(len(y)), y].mean()


def steps():
    now = parameters
    for _ in range(STEPS):
        loss, gradient = jax.value_and_grad(loss_of)(now, X, y)  # z, a and δ are never seen
        now = jax.tree.map(lambda p, g: p - RATE * g, now, gradient)
        dW, db = (list(map(np.asarray, one)) for one in zip(*gradient))
        W, b = (list(map(np.asarray, one)) for one in zip(*now))
        yield float(loss), dW, db, W, b


if __name__ == "__main__":
    for number, (loss, dW, db, W, b) in enumerate(steps(), start=1):
        print(f"step {number}   loss {loss:.12f}   dW3[0, 0] {dW[2][0, 0]:+.12f}   W1[0, 400] {W[0][0, 400]:+.12f}")
