"""``pellucid benchmark``: how fast this machine trains and predicts, beside its own bound, the bare matrix products."""

import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

import click
import numpy as np
from threadpoolctl import threadpool_info

from pellucid.analysis.matmul_bound import products
from pellucid.cli.options import output
from pellucid.cli.printing import Out, note, print_json, progress
from pellucid.core import threads
from pellucid.core.errors import InputError
from pellucid.core.network import Network
from pellucid.core.optimizers import SGD, Adam, Optimizer
from pellucid.core.progress import Epoch
from pellucid.core.training import train
from pellucid.datasets import Samples, mnist_files

ROWS = 41_000  # the article's: Kaggle's 42,000 training digits without its 1,000 dev digits
REPEATS = 5  # that count, after one that warms up
BOUND_SECONDS = 0.03  # how long a bound's turn lasts, at least one step
ARTICLE = (784, 32, 16, 10)
ENGINES = ("numpy", "compiled")
OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {"sgd": lambda: SGD(0.1), "adam": lambda: Adam(0.001)}

Rounds = Callable[[], Iterator[int]]

# After a product OpenBLAS's other threads spin for about 110 ms before they sleep: what comes next waits for that.
SETTLE_SECONDS = 0.13

# Some machines set these for old libraries' sake; NumPy's OpenBLAS reads them when it is loaded.
SLOWING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


@dataclass(frozen=True)
class Case:
    """What is trained: one epoch of ``rows`` digits at a time."""

    sizes: tuple[int, ...]
    batch_size: int
    optimizer: str = "sgd"
    rows: int = ROWS

    @property
    def network(self) -> str:
        """784-32-16-10."""
        return "-".join(map(str, self.sizes))

    @property
    def steps(self) -> float:
        """In an epoch, a short last one by its share."""
        return self.rows / self.batch_size


CASES = (
    Case(ARTICLE, 32),
    Case(ARTICLE, 64),
    Case(ARTICLE, 64, "adam"),
    Case(ARTICLE, 128),
    Case(ARTICLE, ROWS),
    Case((784, 800, 10), 128, rows=16 * 128),
)
PREDICTIONS = (1, 10_000)  # samples


@click.command(short_help="This machine's speed beside its own bound.")
@output
def benchmark(as_json: bool, quiet: bool) -> None:
    """Measure this machine's speed beside its own bound: the matrix products alone, with this machine's BLAS.

    Training on the digits that come with pellucid, in NumPy and by the compiled engine where Numba is installed, and
    the bound with one BLAS thread and with all of them, take turns; figures are medians. It takes about half a minute;
    a machine that is otherwise idle gives the best figures.
    """
    for name in SLOWING:
        if name in os.environ:
            note(f"{name} is set and may slow NumPy down: for figures without it, unset it and start again")
    blas = _blas()
    if blas is None:
        note("this BLAS takes no number of threads from outside: both bounds have as many threads as it chooses")
    digits = mnist_files("train")
    lack = _lack(digits)
    engines = ENGINES[:1] if lack else ENGINES
    with progress("measuring", REPEATS * (len(CASES) + len(PREDICTIONS)), quiet=quiet) as advance:
        done = itertools.count(1)

        def rounds() -> Iterator[int]:
            """The repeats of a case; 0 warms up."""
            for number in range(REPEATS + 1):
                yield number
                if number:
                    advance(next(done))

        rows = [_train(case, digits, engines, rounds) for case in CASES]
        prediction = [_predict(samples, digits, rounds) for samples in PREDICTIONS]
    machine = {"numpy": np.__version__, "blas": blas, "cores": threads.cores(), "cpus": os.cpu_count()}
    result = {**machine, "repeats": REPEATS, "engines": engines, "rows": rows, "prediction": prediction}
    if as_json:
        print_json(result)
    else:
        _show(result, quiet=quiet)
        if lack:
            note(f"the compiled engine takes no part: {lack}")


def _lack(digits: Samples) -> str:
    """Why the compiled engine cannot take part; "" where it can, and then it is compiled."""
    try:
        next(_epochs(Case((digits.X.shape[1], 10), 2, rows=2), digits, "compiled"))
    except InputError as error:
        return str(error).removeprefix("engine='compiled': ")
    return ""


def _epochs(case: Case, digits: Samples, engine: str) -> Iterator[Epoch]:
    """A training of as many epochs as there are turns."""
    return train(
        Network(case.sizes, rng=np.random.default_rng(0)),
        (digits.X[: case.rows], digits.y[: case.rows]),
        OPTIMIZERS[case.optimizer](),
        epochs=REPEATS + 1,
        batch_size=case.batch_size,
        rng=np.random.default_rng(0),
        engine=engine,
    )


def _train(case: Case, digits: Samples, engines: Sequence[str], rounds: Rounds) -> dict[str, Any]:
    """Time training and its bounds, and set them side by side; the compiled engine's figures are a part of their own.

    ``compiled`` is None where that engine takes no part.
    """
    own, (one, every) = _times(case, digits, engines, rounds)
    figures = [
        {
            "seconds_per_step": median(times),
            "samples_per_second": case.batch_size / median(times),
            **_ratio("ratio", times, one),
            **_ratio("ratio_all_threads", times, every),
        }
        for times in own
    ]
    return {
        "network": case.network,
        "batch_size": case.batch_size,
        "optimizer": case.optimizer,
        "samples": case.rows,
        "threads": threads.best(case.sizes, case.batch_size),
        "bound_one_thread": median(one),
        "bound_all_threads": median(every),
        **figures[0],
        "compiled": figures[1] if len(figures) > 1 else None,
    }


def _times(
    case: Case, digits: Samples, engines: Sequence[str], rounds: Rounds
) -> tuple[list[list[float]], list[list[float]]]:
    """Seconds a step, repeat by repeat, of training by each engine and of the bound with one thread and with all."""
    step = products(case.sizes, case.batch_size)

    def training(engine: str) -> Callable[[], float]:
        epochs = _epochs(case, digits, engine)

        def epoch() -> float:
            next(epochs)
            return case.steps

        return epoch

    def bound() -> float:
        done, end = 0, time.perf_counter() + BOUND_SECONDS
        while not done or time.perf_counter() < end:
            step()
            done += 1
        return done

    own = [_Turn(threads.best(case.sizes, case.batch_size), training(engine)) for engine in engines]
    bounds = [_Turn(count, bound) for count in (1, threads.cores())]
    order = sorted([*own, *bounds], key=lambda turn: turn.threads)
    for number in rounds():
        for turn in order:
            turn.take(counts=number > 0)
        if order[-1].threads > 1:
            time.sleep(SETTLE_SECONDS)
    return [turn.times for turn in own], [turn.times for turn in bounds]


@dataclass
class _Turn:
    """Something to time again and again, with so many BLAS threads; ``action`` returns how many steps it did."""

    threads: int
    action: Callable[[], float]
    times: list[float] = field(default_factory=list)

    def take(self, *, counts: bool) -> None:
        """Do it once; where it counts, keep the seconds a step."""
        with threads.limited(self.threads):
            start = time.perf_counter()
            steps = self.action()
            seconds = time.perf_counter() - start
        if counts:
            self.times.append(seconds / steps)


def _ratio(name: str, times: list[float], bound: list[float]) -> dict[str, Any]:
    """The ratio of the medians, and the quartiles of the ratios repeat by repeat."""
    low, _, high = quantiles([a / b for a, b in zip(times, bound, strict=True)], n=4, method="inclusive")
    return {name: median(times) / median(bound), f"{name}_quartiles": (low, high)}


def _predict(samples: int, digits: Samples, rounds: Rounds) -> dict[str, Any]:
    """Time predictions of so many samples at once, with the floats of their pixels."""
    net = Network(ARTICLE, rng=np.random.default_rng(0))
    X = digits.X[:samples].astype(np.float32) / np.float32(255)
    calls = max(1, 1000 // samples)
    times = []
    for number in rounds():
        start = time.perf_counter()
        for _ in range(calls):
            net.predict(X)
        if number:
            times.append((time.perf_counter() - start) / calls)
    seconds = median(times)
    return {"samples": samples, "seconds": seconds, "seconds_per_sample": seconds / samples}


def _blas() -> str | None:
    """The BLAS behind NumPy with its version and the kind of processor that it takes this one for."""
    for library in threadpool_info():
        if library["user_api"] == "blas":
            parts = (library.get(key) for key in ("internal_api", "version", "architecture"))
            return " ".join(part for part in parts if part)
    return None


def _show(result: dict[str, Any], *, quiet: bool) -> None:
    results, cores = Out(), result["cores"]
    one, every = "× one-thread bound", f"× bound with all {cores} threads"
    if quiet:
        for row in result["rows"]:
            said = f"{row['ratio']:.2f} {one}, {row['ratio_all_threads']:.2f} {every}"
            if row["compiled"]:
                said += f"; compiled {row['compiled']['ratio']:.2f} and {row['compiled']['ratio_all_threads']:.2f}"
            results.line(f"{row['network']}, {row['optimizer']}, batches of {row['batch_size']:,}: {said}")
        return
    _show_training(results, result["rows"], one, every)
    results.line()
    _show_prediction(results, result["prediction"])
    results.line()
    results.line("2.0 × means that a step takes twice the time of its matrix products alone; but for noise, no program")
    results.line(
        "that computes them with this BLAS and as many threads can be below 1. Medians, quartiles in brackets."
    )
    if "compiled" in result["engines"]:
        results.line("The compiled engine can be: in the first layer it leaves out the inputs that are 0.")
    results.line(
        f"NumPy {result['numpy']}, {result['blas'] or 'a BLAS without a name'}, up to {cores} threads, "
        f"{result['cpus']} CPUs"
    )


def _show_training(results: Out, rows: list[dict[str, Any]], one: str, every: str) -> None:
    columns = ("network", "batch", "optimiser", "threads", "engine", "µs a step", "samples a second", one, every)
    cells = []
    for row in rows:
        case = (row["network"], f"{row['batch_size']:,}", row["optimizer"], str(row["threads"]))
        for engine, figures in zip(ENGINES, (row, row["compiled"]), strict=True):
            if figures:
                ratios = [
                    _range(figures[name], figures[f"{name}_quartiles"]) for name in ("ratio", "ratio_all_threads")
                ]
                speed = (f"{figures['seconds_per_step'] * 1e6:,.0f}", f"{figures['samples_per_second']:,.0f}")
                cells.append((*case, engine, *speed, *ratios))
                case = ("", "", "", "")
    results.table(columns, cells, right=(columns[1], columns[3], *columns[5:]))


def _show_prediction(results: Out, entries: list[dict[str, Any]]) -> None:
    columns = ("samples", "µs to predict", "µs a sample")
    cells = []
    for entry in entries:
        times = (f"{entry['seconds'] * 1e6:,.0f}", f"{entry['seconds_per_sample'] * 1e6:,.2f}")
        cells.append((f"{entry['samples']:,}", *times))
    results.table(columns, cells, right=columns)


def _range(ratio: float, quartiles: tuple[float, float]) -> str:
    """2.01 (1.95 … 2.10)."""
    low, high = quartiles
    return f"{ratio:.2f} ({low:.2f} … {high:.2f})"
