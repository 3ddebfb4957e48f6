"""What a training step's time is made of: each of its parts alone, in turns with the whole step and the bound.

python -m benchmarks.breakdown [--engine numpy|compiled] [--batch 64] [--turns 400]

In NumPy the parts do what ``forward``, ``gradient`` and ``Group`` do, call by call, on the same arrays; those of the
compiled engine are in breakdown_compiled.py. Alone a part finds its numbers in the cache; the line "rest" is what the
whole step takes beyond their sum.
"""

import time
from collections.abc import Callable
from statistics import median, quantiles

import click
import numpy as np
from rich.console import Console
from rich.table import Table

import pellucid as pl
from pellucid.analysis import matmul_bound
from pellucid.core import threads
from pellucid.core.batch_group import Group
from pellucid.core.batches import gather
from pellucid.core.network import forward, gradient

SIZES = (784, 32, 16, 10)
BOUND = "the products alone, by NumPy (the bound)"


@click.command()
@click.option("--engine", type=click.Choice(["numpy", "compiled"]), default="numpy", show_default=True)
@click.option("--batch", type=click.IntRange(1), default=64, show_default=True)
@click.option("--turns", type=click.IntRange(10), default=400, show_default=True)
def main(engine: str, batch: int, turns: int) -> None:
    """Time the parts of a step of 784-32-16-10 with SGD."""
    X, y = pl.datasets.mnist().train
    net, rule = pl.Network(SIZES, rng=np.random.default_rng(0)), pl.SGD(1e-6)
    rows = np.random.default_rng(0).permutation(len(X))
    if engine == "compiled":
        pieces = compiled_parts(net, rule, batch, X, y, rows)
    else:
        pieces = numpy_parts(net, rule, batch, X, y, rows)
    times: dict[str, list[float]] = {name: [] for name in pieces}
    with threads.limited(1):
        for piece in pieces.values():
            piece()
        for _ in range(turns):
            for name, piece in pieces.items():
                start = time.perf_counter()
                steps = piece()
                times[name].append((time.perf_counter() - start) / steps * 1e6)
    show(times)


def repeated(action: Callable[[], object], times: int) -> Callable[[], int]:
    """A function that does it so many times, and says so."""

    def several() -> int:
        for _ in range(times):
            action()
        return times

    return several


def compiled_parts(
    net: pl.Network, rule: pl.SGD, batch: int, X: np.ndarray, y: np.ndarray, rows: np.ndarray
) -> dict[str, Callable[[], int]]:
    """The same of the compiled engine; the bound is no part of its step, whose first layer leaves out what is 0."""
    from benchmarks import breakdown_compiled as compiled

    pieces = compiled.parts(compiled.work_of(net, (X, y), rule, batch), rows)
    return {**pieces, BOUND: repeated(matmul_bound.products(SIZES, batch), compiled.STEPS)}


def numpy_parts(
    net: pl.Network, rule: pl.SGD, batch: int, X: np.ndarray, y: np.ndarray, rows: np.ndarray
) -> dict[str, Callable[[], int]]:
    """Each part of a step as a function that does it for some steps and says for how many."""
    group = Group(net, (X, y), batch, dropout=0.0, rng=np.random.default_rng(0), cores=1)
    for b in group.gathered(X, y, rows[: group.samples]):
        forward(net, b)
        gradient(net, b)
    trace, batches = group.batches[0], len(group.batches)
    layers, size = list(enumerate(net.layers)), group.batch_size
    pixels = np.empty((size, SIZES[0]), np.uint8)
    products, place = matmul_bound.products(SIZES, size), [0]

    def next_rows() -> np.ndarray:
        place[0] = (place[0] + group.samples) % (len(rows) - group.samples)
        return rows[place[0] : place[0] + group.samples]

    def whole() -> int:
        for batch in group.gathered(X, y, next_rows()):
            group.propagate(batch)
            rule.step(net.theta, batch.grad)
        group.count(batches)
        return batches

    def gathering() -> int:
        chosen = next_rows()
        for start in range(0, group.samples, size):
            gather(X, chosen[start : start + size], out=trace.a[0], pixels=pixels)
        return batches

    def biases() -> None:
        for l, layer in layers:
            np.add(trace.z[l], layer.b, out=trace.z[l])

    def activations() -> None:
        for l, layer in layers:
            layer.activation(trace.z[l], out=trace.a[l + 1], workspace=trace.workspace[l])

    def slopes() -> None:
        for l, layer in layers[:-1]:
            layer.activation.backward(trace.z[l], trace.a[l + 1], delta=trace.delta[l], workspace=trace.workspace[l])

    def first_delta() -> None:
        net.loss.delta(trace.z[-1], trace.a[-1], trace.y, out=trace.delta[-1], workspace=trace.workspace[-1])
        trace.delta[-1] *= trace.output_weights

    def bias_gradients() -> None:
        for l, _ in layers:
            np.dot(trace.ones, trace.delta[l], out=trace.db[l])

    def counting() -> int:
        group._counted = 0
        group.count(batches)
        return batches

    return {
        "whole step": whole,
        "the products alone (the bound)": repeated(products, batches),
        "rows gathered and made floats": gathering,
        "biases added": repeated(biases, batches),
        "ReLU and softmax": repeated(activations, batches),
        "δ of the output layer": repeated(first_delta, batches),
        "slopes": repeated(slopes, batches),
        "bias gradients": repeated(bias_gradients, batches),
        "the step of SGD": repeated(lambda: rule.step(net.theta, trace.grad), batches),
        "loss and hits": counting,
    }


def show(times: dict[str, list[float]]) -> None:
    """Print the parts: least, lower quartile, median, and what is left of the whole."""
    table = Table("part", "least µs", "lower quartile", "median", "of the whole")
    summary = {name: (min(each), quantiles(each, n=4)[0], median(each)) for name, each in times.items()}
    whole, *others = [name for name in summary if name != BOUND]
    rest = tuple(summary[whole][k] - sum(summary[name][k] for name in others) for k in range(3))
    bound = [(BOUND, summary.pop(BOUND))] if BOUND in summary else []
    for name, figures in [*summary.items(), ("rest: calls, and what left the cache", rest), *bound]:
        share = f"{figures[1] / summary[whole][1]:.0%}"
        table.add_row(name, *(f"{figure:.1f}" for figure in figures), share)
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
