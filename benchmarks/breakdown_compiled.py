"""The parts of a compiled training step, each in a compiled loop of its own: what breakdown.py times.

The parts are the functions that ``steps.run`` calls, on the same memory; only the products and the sums of the biases,
which stand in ``layers.backward`` itself, are written here once more. A loop makes many repetitions in one call, as
``steps.run`` makes many steps, so a part's time has no call from Python in it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import pellucid as pl
from pellucid.compiled import layers, sparse, steps
from pellucid.compiled.calls import Call
from pellucid.compiled.engine import CompiledEngine
from pellucid.compiled.jit import entry, kernel
from pellucid.compiled.layout import ACTIVATION, DELTA, INPUTS, NEURONS, A, B, Data, Goal, Net, W, X, Z
from pellucid.compiled.products import product
from pellucid.core.engines import choose
from pellucid.core.training import Work

Piece = Callable[[], int]
STEPS = 64  # of one call


class Step(NamedTuple):
    """What ``steps.run`` has at hand in a step."""

    net: Net
    goal: Goal
    data: Data
    rows: Any  # of the batch
    numbers: Any  # of the optimiser


@kernel
def gather(s: Step) -> None:
    """Of dense rows; those of sparse ones are not gathered."""
    first = s.net.layers[0]
    steps.gather(s.data, s.rows, s.net.memory[first[X] : first[X] + len(s.rows) * first[INPUTS]])


@kernel
def sparse_forward(s: Step) -> None:
    """The first layer's z."""
    first = s.net.layers[0]
    z = s.net.memory[first[Z] : first[Z] + len(s.rows) * first[NEURONS]]
    b = s.net.theta[first[B] : first[B] + first[NEURONS]]
    sparse.forward(s.rows, s.data.sparse, s.net.theta[first[W] :], b, z)


@kernel
def sparse_backward(s: Step) -> None:
    """The first layer's dW, from 0 on."""
    first = s.net.layers[0]
    dW = s.net.grad[first[W] : first[W] + first[INPUTS] * first[NEURONS]]
    dW[:] = 0
    sparse.backward(s.rows, s.data.sparse, s.net.memory[first[DELTA] :], dW, first[NEURONS])


@kernel
def products_forward(s: Step) -> None:
    """Z = x Wᵀ + b of the layers above the first, or of all where the rows are dense."""
    for l in range(1 if len(s.data.sparse.starts) else 0, len(s.net.layers)):
        at, n = s.net.layers[l], len(s.rows)
        inputs, neurons = at[INPUTS], at[NEURONS]
        z = s.net.memory[at[Z] : at[Z] + n * neurons]
        product(False, False, n, neurons, inputs, s.net.memory[at[X] :], s.net.theta[at[W] :], 0, z)
        layers.add_bias(z, s.net.theta[at[B] : at[B] + neurons])


@kernel
def activations(s: Step) -> None:
    """A = f(z) of all layers."""
    for l in range(len(s.net.layers)):
        at, size = s.net.layers[l], len(s.rows) * s.net.layers[l][NEURONS]
        z, a = s.net.memory[at[Z] : at[Z] + size], s.net.memory[at[A] : at[A] + size]
        layers.activate(at[ACTIVATION], s.net.settings[l], z, a, at[NEURONS])


@kernel
def judge(s: Step) -> None:
    """Targets as rows, losses, hits, δ of the output layer."""
    steps.write_targets(s.data, s.rows, s.net.memory[s.net.y :], s.net.layers[-1][NEURONS])
    steps.judge(s.net, s.goal, s.data, s.rows, len(s.rows), float(len(s.rows)))


@kernel
def products_backward(s: Step) -> None:
    """DW = Δᵀ X and Δ W: all but the first layer's dW where the rows are sparse."""
    n = len(s.rows)
    for l in range(len(s.net.layers)):
        at, inputs, neurons = s.net.layers[l], s.net.layers[l][INPUTS], s.net.layers[l][NEURONS]
        delta = s.net.memory[at[DELTA] : at[DELTA] + n * neurons]
        if l or not len(s.data.sparse.starts):
            product(True, False, inputs, neurons, n, s.net.memory[at[X] :], delta, 0, s.net.grad[at[W] :])
        if l:
            below = s.net.memory[s.net.layers[l - 1][DELTA] :]
            product(False, True, n, inputs, neurons, delta, s.net.theta[at[W] :], 0, below)


@kernel
def bias_gradients(s: Step) -> None:
    """Db = Σ δ of all layers."""
    for l in range(len(s.net.layers)):
        at, neurons = s.net.layers[l], s.net.layers[l][NEURONS]
        db = s.net.grad[at[B] : at[B] + neurons]
        db[:] = 0
        for i in range(len(s.rows)):
            row = s.net.memory[at[DELTA] + i * neurons : at[DELTA] + (i + 1) * neurons]
            for j in range(neurons):
                db[j] += row[j]


@kernel
def slopes(s: Step) -> None:
    """δ · f'(z) of the hidden layers."""
    for l in range(len(s.net.layers) - 1):
        at, size = s.net.layers[l], len(s.rows) * s.net.layers[l][NEURONS]
        z, a = s.net.memory[at[Z] : at[Z] + size], s.net.memory[at[A] : at[A] + size]
        layers.multiply_by_slope(at[ACTIVATION], s.net.settings[l], z, a, s.net.memory[at[DELTA] : at[DELTA] + size])


@kernel
def update(s: Step) -> None:
    """The optimiser's step."""
    steps.finish(s.net, s.goal, s.numbers, 0.0, 0, len(s.net.theta))


def parts(work: Work, rows: np.ndarray) -> dict[str, Piece]:
    """Each part of a step as a function that does it for ``STEPS`` steps, the whole step first."""
    _, engine = choose("compiled", work)
    assert isinstance(engine, CompiledEngine)
    data, memory, size = engine._read(*work.data[:2]), engine.memories[0].net, work.batch_size
    rate = work.optimizer.learning_rate
    numbers = np.full((STEPS, 5), [rate, rate, -1, 1, 0], work.net.dtype)
    draws, results, place = np.empty((STEPS, 0), work.net.dtype), np.zeros((STEPS, 6)), [0]

    def next_rows() -> np.ndarray:
        place[0] = (place[0] + STEPS * size) % (len(rows) - STEPS * size)
        return rows[place[0] : place[0] + STEPS * size]

    rest = (size, engine.rows, 0.0, draws, numbers, -1, results)
    run = Call("run", memory, engine.goal, data)

    def whole() -> int:
        run(next_rows(), *rest)
        return STEPS

    def repeated(part: Any) -> Piece:
        moves = 0 if part is sparse_backward else size  # its rows are in the cache: the way forward has read them

        def loop(net: Net, goal: Goal, data: Data, rows: Any, numbers: Any) -> None:
            for k in range(STEPS):
                part(Step(net, goal, data, rows[k * moves : k * moves + size], numbers[k]))

        loop.__name__ = f"{part.py_func.__name__}_{moves}"
        entry(loop)
        repeat = Call(loop.__name__, memory, engine.goal, data)

        def several() -> int:
            repeat(next_rows(), numbers)
            return STEPS

        return several

    is_sparse = len(data.sparse.starts) > 0
    first = {"first layer forward, of what is not 0": sparse_forward} if is_sparse else {"rows gathered": gather}
    last = {"first layer's dW, of what is not 0": sparse_backward} if is_sparse else {}
    other = {
        "products forward, biases": products_forward,
        "ReLU and softmax": activations,
        "targets, loss, hits, δ of the output layer": judge,
        "products backward": products_backward,
        "slopes": slopes,
        "bias gradients": bias_gradients,
    }
    update_name = f"the step of {type(work.optimizer).__name__}"
    named = {**first, **other, **last, update_name: update}
    return {"whole step": whole, **{name: repeated(part) for name, part in named.items()}}


def work_of(net: pl.Network, data: Any, rule: Any, batch: int) -> Work:
    """A training as engines get it."""
    return Work(
        net=net, data=data, optimizer=rule, samples=len(data[0]), weight=float(len(data[0])), dev=None, epochs=1,
        batch_size=batch, rng=np.random.default_rng(0), schedule=lambda _: 1.0, dropout=0.0, clip_norm=None,
        after_step=None, shuffle=True, blas_threads=1,
    )  # fmt: skip
