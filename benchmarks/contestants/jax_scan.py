"""JAX: a whole epoch is one compiled function, a scan over its batches, with permutation and gathering inside.

Weights and optimiser state are donated. XLA's own pool of threads is left as it is: it cannot be changed in a process.
"""

import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.workloads import Workload, load, load_prediction, start

State = Any  # parameters [(Wᵀ, b), …], and for Adam m and v likewise and the count of steps


def scores(parameters: Any, x: jax.Array) -> jax.Array:
    """The last layer's z."""
    for l, (Wt, b) in enumerate(parameters):
        x = (jax.nn.relu(x) if l else x) @ Wt + b
    return x


def loss_of(parameters: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    """Mean cross-entropy."""
    log = jax.nn.log_softmax(scores(parameters, x))
    return -jnp.take_along_axis(log, y[:, None], axis=1).mean()


def update(state: State, g: Any, optimizer: str, rate: float) -> State:
    """One step of SGD or Adam."""
    if optimizer == "sgd":
        return {"theta": jax.tree.map(lambda p, d: p - rate * d, state["theta"], g)}
    t = state["t"] + 1
    m = jax.tree.map(lambda m, d: 0.9 * m + 0.1 * d, state["m"], g)
    v = jax.tree.map(lambda v, d: 0.999 * v + 0.001 * d * d, state["v"], g)
    scale, root = rate / (1 - 0.9**t), 1 / (1 - 0.999**t)
    theta = jax.tree.map(lambda p, m, v: p - scale * m / (jnp.sqrt(v * root) + 1e-8), state["theta"], m, v)
    return {"theta": theta, "m": m, "v": v, "t": t}


class Training:
    """``jit`` around ``lax.scan``; a short last batch is one more step after the scan."""

    notes = "uint8 rows, permutation and gathering inside the jitted epoch, XLA's default threads"

    def prepare(self, workload: Workload, folder: Path) -> None:
        X, y = load(folder, workload)
        self.X, self.y, self.workload = jnp.asarray(X), jnp.asarray(y, jnp.int32), workload
        if workload.batch_size is None:
            self.X = self.X.astype(jnp.float32) / 255
        self.state, self.key = self.fresh(), jax.random.key(0)
        self.epoch = jax.jit(self.one_epoch, donate_argnums=0)
        began = time.perf_counter()
        self.epoch = self.epoch.lower(self.state, self.key, self.X, self.y).compile()
        self.compile_seconds = time.perf_counter() - began

    def fresh(self) -> State:
        """The shared start."""
        theta = [(jnp.asarray(W.T), jnp.asarray(b)) for W, b in start(self.workload.sizes)]
        if self.workload.optimizer == "sgd":
            return {"theta": theta}
        zeros = [jax.tree.map(jnp.zeros_like, theta) for _ in range(2)]
        return {"theta": theta, "m": zeros[0], "v": zeros[1], "t": jnp.zeros(())}

    def one_epoch(self, state: State, key: jax.Array, X: jax.Array, y: jax.Array) -> tuple[State, jax.Array]:
        """All batches once; returns the state and the mean loss."""
        work, n = self.workload, self.workload.rows

        def step(state: State, batch: Any) -> tuple[State, jax.Array]:
            loss, g = jax.value_and_grad(loss_of)(state["theta"], *batch)
            return update(state, g, work.optimizer, work.learning_rate), loss

        if work.batch_size is None:
            return step(state, (X, y))
        size, (full, rest) = work.batch_size, divmod(n, work.batch_size)

        def gathered(state: State, rows: jax.Array) -> tuple[State, jax.Array]:
            return step(state, (X[rows].astype(jnp.float32) / 255, y[rows]))

        order = jax.random.permutation(key, n)
        state, losses = jax.lax.scan(gathered, state, order[: full * size].reshape(full, size))
        total = losses.sum() * size
        if rest:
            state, last = gathered(state, order[full * size :])
            total += last * rest
        return state, total / n

    def repeat(self) -> None:
        for _ in range(self.workload.times):
            self.key, now = jax.random.split(self.key)
            self.state, last = self.epoch(self.state, now, self.X, self.y)
        self.last = float(last)

    def loss(self) -> float:
        return self.last


class Prediction:
    """The jitted network on an array that lies ready on the device."""

    notes = "jit"

    def prepare(self, workload: Workload, folder: Path) -> None:
        X, pairs = load_prediction(folder, workload)
        self.X, self.times = jnp.asarray(X), workload.times
        theta = [(jnp.asarray(W.T), jnp.asarray(b)) for W, b in pairs]
        began = time.perf_counter()
        self.predict = jax.jit(lambda x: jax.nn.softmax(scores(theta, x))).lower(self.X).compile()
        self.compile_seconds = time.perf_counter() - began

    def repeat(self) -> None:
        for _ in range(self.times):
            self.outputs = self.predict(self.X).block_until_ready()

    def result(self) -> dict[str, Any]:
        return {"outputs": jax.device_get(self.outputs)}
