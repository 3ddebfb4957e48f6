"""The same pass twice, as loops over single neurons and weights, and as matrix products, and the time of both.

This is the one place of the project where the mathematics is written a second time, since that is the thing shown.
"""

import inspect
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from pellucid.analysis.explain.one_step import one_pass
from pellucid.analysis.explain.step import Block, Code, Explanation, Section, Step, of
from pellucid.analysis.explain.steps import steps_after, steps_of
from pellucid.core import threads
from pellucid.core.network import Network, backward, forward
from pellucid.core.trace import Trace

SIZES = ((2, 3, 2), (16, 16, 4), (64, 32, 10), (256, 64, 10), (784, 128, 10))
SAMPLES = 8
T = TypeVar("T")
Vector = list[float]
Matrix = list[list[float]]
PATIENCE = 0.05  # seconds that one measurement may take, after the first repeat


@dataclass(frozen=True)
class Row:
    """One network, by both ways: seconds for ``samples`` samples forward and back, and how far the numbers differ."""

    sizes: tuple[int, ...]
    parameters: int
    samples: int
    loops_seconds: float
    matrix_seconds: float
    largest_difference: float

    @property
    def times_faster(self) -> float:
        """How many times faster the matrix products are."""
        return self.loops_seconds / self.matrix_seconds


def forward_and_backward(
    layers: list[tuple[Matrix, Vector]], x: Vector, label: int
) -> tuple[list[Vector], list[Matrix], list[Vector]]:
    """One sample through ReLU layers and a softmax, and back, neuron by neuron; gives all a, all dW and all db."""
    a = [x]
    for l, (W, b) in enumerate(layers):
        scores = []
        for j in range(len(b)):  # one neuron after the other
            z = b[j]
            for i in range(len(a[l])):  # one weight after the other
                z += W[j][i] * a[l][i]
            scores.append(z)
        if l < len(layers) - 1:
            a.append([z if z > 0 else 0.0 for z in scores])
        else:
            largest = max(scores)
            powers = [math.exp(z - largest) for z in scores]
            total = sum(powers)
            a.append([power / total for power in powers])
    dW: list[Matrix] = []
    db: list[Vector] = []
    delta = [p - (j == label) for j, p in enumerate(a[-1])]
    for l in range(len(layers) - 1, -1, -1):
        W = layers[l][0]
        dW.insert(0, [[delta[j] * a[l][i] for i in range(len(a[l]))] for j in range(len(delta))])
        db.insert(0, delta)
        below = []
        for i in range(len(a[l])):
            error = 0.0
            for j in range(len(delta)):
                error += W[j][i] * delta[j]
            below.append(error if a[l][i] > 0 else 0.0)
        delta = below
    return a, dW, db


def vectorization(*, sizes: Sequence[tuple[int, ...]] = SIZES, seed: int = 0) -> Explanation:
    """Explain why layers are matrices: one pass as loops and as products, the same numbers, and the time of both.

    >>> example = vectorization(sizes=[(4, 3, 2)])
    >>> example.facts["networks"][0]["largest_difference"] < 1e-12
    True
    """
    rng = np.random.default_rng(seed)
    rows = [compare(each, rng) for each in sizes]
    net = Network([2, 3, 2], dtype=np.float64, rng=rng)
    p = one_pass(net, np.round(rng.standard_normal(2), 1), 0)
    networks = [{**vars(row), "times_faster": row.times_faster} for row in rows]
    last = rows[-1]
    faster = f"for {_named(last.sizes)} the products are {last.times_faster:,.0f} times faster"
    summary = f"Loops and matrix products give the same numbers; {faster}."
    facts = {"sample": "vectorization", "seed": seed, "networks": networks, "loss": p.loss}
    found = steps_of(p)
    sections = (
        _one_by_one(p.net, p.trace),
        Section("All neurons of a layer at once", (_AT_ONCE, *of(found, "z", "delta", "dW"))),
        Section("The same as loops", (_LOOPS, Code(inspect.getsource(forward_and_backward)))),
        _speed(rows),
    )
    return Explanation("Why layers are matrices", summary, facts, tuple(found), tuple(steps_after(p)), sections)


_AT_ONCE = (
    "The weights of a layer's neurons, one row each, are a matrix: one product does all those sums. On the way back "
    "there is one product as well, with the matrix turned over."
)
_LOOPS = "What this library computes with matrix products, written down neuron by neuron and weight by weight:"


def compare(sizes: Sequence[int], rng: np.random.Generator) -> Row:
    """One random network with ReLU and softmax on ``SAMPLES`` random samples, by loops and by products, in float64."""
    net = Network(sizes, dtype=np.float64, rng=rng)
    X, y = rng.standard_normal((SAMPLES, sizes[0])), rng.integers(sizes[-1], size=SAMPLES)
    trace = Trace(net, SAMPLES)
    trace.fill(X, y)
    layers = [(layer.W.tolist(), layer.b.tolist()) for layer in net.layers]
    samples = list(zip(X.tolist(), y.tolist(), strict=True))

    def products() -> None:
        forward(net, trace)
        backward(net, trace)

    with threads.for_products(net.sizes, SAMPLES):
        matrix_seconds, _ = _timed(products)
    loops_seconds, by_loops = _timed(lambda: [forward_and_backward(layers, x, label) for x, label in samples])
    outputs, dW, db = zip(*by_loops, strict=True)
    differences = [np.array([a[-1] for a in outputs]) - trace.a[-1]]
    for l in range(len(layers)):
        differences.append(np.mean([each[l] for each in dW], axis=0) - trace.dW[l])
        differences.append(np.mean([each[l] for each in db], axis=0) - trace.db[l])
    largest = max(float(np.abs(difference).max()) for difference in differences)
    return Row(tuple(sizes), net.theta.size, SAMPLES, loops_seconds, matrix_seconds, largest)


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    """The least time of some repeats, at least one, and what came out."""
    best, until = math.inf, time.perf_counter() + PATIENCE
    for _ in range(1000):
        start = time.perf_counter()
        result = work()
        end = time.perf_counter()
        best = min(best, end - start)
        if end > until:
            break
    return best, result


def _one_by_one(net: Network, trace: Trace) -> Section:
    """The scores of the first layer, each neuron's sum written out."""
    x, layer, blocks = trace.a[0][0], net.layers[0], list[Block]()
    blocks.append("A small network, 2-3-2. Each neuron of its first layer has a weight for each input, and a bias:")
    for j in range(net.sizes[1]):
        operands: dict[str, float] = {}
        labels: dict[str, str] = {}
        for i in range(len(x)):
            operands |= {f"w{i}": float(layer.W[j, i]), f"x{i}": float(x[i])}
            labels |= {f"w{i}": f"W1[{j}, {i}]", f"x{i}": f"x[{i}]"}
        formula = " + ".join([*(f"w{i} * x{i}" for i in range(len(x))), "b"])
        operands, labels = operands | {"b": float(layer.b[j])}, labels | {"b": f"b1[{j}]"}
        blocks.append(Step(1, "z", formula, operands, float(trace.z[0][0, j]), f"z1[{j}]", j, labels=labels))
    return Section("One neuron after the other", tuple(blocks))


def _speed(rows: Sequence[Row]) -> Section:
    worst = max(row.largest_difference for row in rows)
    sentence = (
        f"{SAMPLES} samples forward and back, in milliseconds: the loops' time, divided by that of the products. The "
        "more there is to multiply, the more it pays: from one number to the next the way is long in Python and short "
        f"in a matrix product. Probabilities and gradients of both differ by {worst:.0e} at most."
    )
    lines = []
    for row in rows:
        milliseconds = {"loops": 1000 * row.loops_seconds, "products": 1000 * row.matrix_seconds}
        why = f"{_named(row.sizes)}, {row.parameters:,} parameters"
        lines.append(Step(0, "times", "loops / products", milliseconds, row.times_faster, "times faster", why=why))
    return Section("How much faster", (sentence, tuple(lines)))


def _named(sizes: Sequence[int]) -> str:
    return "-".join(map(str, sizes))
