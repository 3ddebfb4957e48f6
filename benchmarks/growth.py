"""How cost grows: time per sample with the number of samples, time per step with the number of parameters.

python -m benchmarks.growth [--engine numpy] [--repeats 7] [--quick], and where the results go: --help
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np
from threadpoolctl import threadpool_limits

import pellucid as pl
from benchmarks import machine
from benchmarks.contestants.bound import products
from benchmarks.figures import spread
from benchmarks.turns import REMOVED, ROOT, SETTLE_SECONDS, environment

SAMPLES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
WIDTHS = (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
BATCHES = (64, 128)
Work = Callable[[], None]


@click.command()
@click.option("--engine", type=click.Choice(["numpy", "compiled"]), default="numpy", show_default=True)
@click.option("--repeats", type=click.IntRange(1), default=7, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("benchmarks/growth.json"), show_default=True)
@click.option("--chart", "picture", type=click.Path(path_type=Path), default=Path("docs/images/growth.svg"))
@click.option("--quick", is_flag=True, help="Small sizes only, to see that it runs.")
def main(engine: str, repeats: int, out: Path, picture: Path, quick: bool) -> None:
    """Measure both curves, write them as JSON, and draw them."""
    if any(name in os.environ for name in REMOVED):  # OpenBLAS reads them when it is loaded: begin again without them
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks.growth", *sys.argv[1:]], environment())
    samples, widths = (SAMPLES[:3], WIDTHS[:3]) if quick else (SAMPLES, WIDTHS)
    results = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": machine.describe(),
        "engine": engine,
        "repeats": repeats,
        "samples": by_samples(samples, repeats, engine),
        "parameters": by_parameters(widths, repeats, engine),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(results, indent=1) + "\n")
    draw(results, picture)
    click.echo(f"written: {out}, {picture}")


def by_samples(counts: tuple[int, ...], repeats: int, engine: str) -> list[dict[str, Any]]:
    """Seconds a sample, for 784-32-16-10 in batches of 64 on so many digits, the real ones over and over."""
    X, y = pl.datasets.mnist_files("train")
    works: list[tuple[int, Work]] = []
    for n in counts:
        epochs = _epochs([784, 32, 16, 10], np.resize(X, (n, 784)), np.resize(y, n), 64, engine)
        times = max(1, 60_000 // n)
        works.append((n * times, _repeated(epochs, times)))
    seconds = in_turns([work for _, work in works], repeats)
    return [
        {"samples": n, "seconds_a_sample": [value / done for value in values]}
        for n, (done, _), values in zip(counts, works, seconds, strict=True)
    ]


def by_parameters(widths: tuple[int, ...], repeats: int, engine: str) -> list[dict[str, Any]]:
    """Seconds a step, for 784-w-10, beside its products with one thread and with two."""
    X, y = pl.datasets.mnist_files("train")
    rows = []
    for batch in BATCHES:
        for width in widths:
            sizes, steps = [784, width, 10], max(20, 20_000 // (width + 40))
            n = min(steps, len(X) // batch) * batch
            step = products(sizes, batch)
            works = [
                _repeated(_epochs(sizes, X[:n], y[:n], batch, engine), 1),
                *(_limited(step, n // batch, threads) for threads in (1, 2)),
            ]
            names = ("seconds_a_step", "bound_1", "bound_2")
            values = [[value / (n // batch) for value in series] for series in in_turns(works, repeats)]
            parameters = sum((i + 1) * o for i, o in pairwise(sizes))
            rows.append(
                {"batch": batch, "width": width, "parameters": parameters, **dict(zip(names, values, strict=True))}
            )
            click.echo(f"  784-{width}-10, batch {batch}", err=True)
    return rows


def _epochs(sizes: list[int], X: Any, y: Any, batch: int, engine: str) -> Iterator[pl.Epoch]:
    net = pl.Network(sizes, rng=np.random.default_rng(0))
    rng = np.random.default_rng(1)
    return pl.train(net, (X, y), pl.SGD(0.05), epochs=1_000_000, batch_size=batch, rng=rng, engine=engine)


def _repeated(epochs: Iterator[pl.Epoch], times: int) -> Work:
    def work() -> None:
        for _ in range(times):
            next(epochs)

    return work


def _limited(step: Work, steps: int, threads: int) -> Work:
    def work() -> None:
        with threadpool_limits(threads, user_api="blas"):
            for _ in range(steps):
                step()

    return work


def in_turns(works: list[Work], repeats: int) -> list[list[float]]:
    """Seconds of each work, round after round, after a round that warms up."""
    seconds: list[list[float]] = [[] for _ in works]
    for repeat in range(-1, repeats):
        for work, values in zip(works, seconds, strict=True):
            start = time.perf_counter()
            work()
            if repeat >= 0:
                values.append(time.perf_counter() - start)
            time.sleep(SETTLE_SECONDS)
    return seconds


def draw(results: dict[str, Any], path: Path) -> None:
    """Two panels: flat on the left, a straight line beyond the overhead on the right."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "pellucid"
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    _line(left, results["samples"], "samples", "seconds_a_sample", "pellucid", "#0072B2", "o")
    left.set(xscale="log", ylim=(0, None), xlabel="samples in the training data", ylabel="µs a sample")
    left.set_title("784-32-16-10, batches of 64: flat in the samples", fontsize=10)
    for batch, dash in zip(BATCHES, ("-", "--"), strict=True):
        rows = [row for row in results["parameters"] if row["batch"] == batch]
        _line(right, rows, "parameters", "seconds_a_step", f"pellucid, batch {batch}", "#0072B2", "o", dash)
        _line(right, rows, "parameters", "bound_1", f"products, one thread, batch {batch}", "#E69F00", "s", dash)
        _line(right, rows, "parameters", "bound_2", f"products, two threads, batch {batch}", "#009E73", "^", dash)
    right.set(xscale="log", yscale="log", xlabel="parameters", ylabel="µs a step")
    right.set_title("784-w-10, w = 8 … 2048: linear in the parameters", fontsize=10)
    right.legend(frameon=False, fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
    figure.savefig(path.with_suffix(".png"), dpi=150)


def _line(
    axes: Any, rows: list[dict[str, Any]], x: str, y: str, label: str, colour: str, marker: str, dash: str = "-"
) -> None:
    """Medians in microseconds, with the quartiles as bars."""
    spreads = [spread([value * 1e6 for value in row[y]]) for row in rows]
    bars = [[s.median - s.low for s in spreads], [s.high - s.median for s in spreads]]
    values = [s.median for s in spreads]
    axes.errorbar([row[x] for row in rows], values, yerr=bars, label=label, color=colour, marker=marker, linestyle=dash)


if __name__ == "__main__":
    assert (Path.cwd() / "benchmarks").samefile(ROOT / "benchmarks"), "run it from the checkout"
    main()
