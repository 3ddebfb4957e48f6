"""``pellucid benchmark`` and its bound: the products are those of a step, and both engines' steps stay near them."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import cycle, pairwise
from typing import Any

import numpy as np
import pytest

import pellucid as pl
from pellucid import datasets
from pellucid.analysis import matmul_bound
from pellucid.cli import benchmark
from pellucid.core import threads
from pellucid.core.arrays import Array
from support import Command

SIZES = (784, 32, 16, 10)
ROW = {"network", "batch_size", "optimizer", "seconds_per_step", "samples_per_second", "bound_one_thread",
       "bound_all_threads", "ratio", "ratio_all_threads"}  # fmt: skip
COMPILED = {"seconds_per_step", "samples_per_second", "ratio", "ratio_quartiles", "ratio_all_threads",
            "ratio_all_threads_quartiles"}  # fmt: skip


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, digits: datasets.Samples) -> None:
    """The command with next to nothing to measure."""
    cases = (benchmark.Case((784, 4, 10), 64, rows=200), benchmark.Case((784, 10), 150, "adam", rows=150))
    monkeypatch.setattr(benchmark, "CASES", cases)
    monkeypatch.setattr(benchmark, "PREDICTIONS", (1, 30))
    monkeypatch.setattr(benchmark, "REPEATS", 2)
    monkeypatch.setattr(benchmark, "BOUND_SECONDS", 0.001)
    monkeypatch.setattr(benchmark, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(benchmark, "mnist_files", lambda part: digits)
    for name in benchmark.SLOWING:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("tiny")
def test_json_is_one_object_with_every_figure(pellucid: Command) -> None:
    ended = pellucid("benchmark", "--json")
    assert (ended.code, ended.err) == (0, "")
    result = json.loads(ended.out)
    assert {"numpy", "blas", "cores", "engines", "rows", "prediction"} <= set(result)
    assert result["engines"] == ["numpy", "compiled"]
    assert (result["numpy"], result["cores"]) == (np.__version__, threads.cores())
    first, second = result["rows"]
    assert set(first) >= ROW <= set(second)
    assert (first["network"], first["batch_size"], first["optimizer"]) == ("784-4-10", 64, "sgd")
    assert (second["network"], second["batch_size"], second["optimizer"]) == ("784-10", 150, "adam")
    for row in result["rows"]:
        assert all(row[name] > 0 for name in ROW - {"network", "optimizer"})
        assert set(row["compiled"]) == COMPILED
        for figures in (row, row["compiled"]):
            step = figures["seconds_per_step"]
            assert figures["ratio"] == pytest.approx(step / row["bound_one_thread"])
            assert figures["ratio_all_threads"] == pytest.approx(step / row["bound_all_threads"])
            assert figures["samples_per_second"] == pytest.approx(row["batch_size"] / step)
        assert row["compiled"]["seconds_per_step"] != row["seconds_per_step"]
    assert [entry["samples"] for entry in result["prediction"]] == [1, 30]
    assert all(entry["seconds"] > 0 for entry in result["prediction"])


@pytest.mark.usefixtures("tiny")
def test_text_tells_what_the_figures_mean(pellucid: Command) -> None:
    ended = pellucid("benchmark")
    assert (ended.code, ended.err) == (0, "")
    for text in ("784-4-10", "adam", "one-thread bound", "can be below 1", f"NumPy {np.__version__}", "µs a sample"):
        assert text in ended.out
    engines = [word for line in ended.out.splitlines() for word in line.split() if word in ("numpy", "compiled")]
    assert engines[:4] == ["numpy", "compiled"] * 2


@pytest.mark.usefixtures("tiny")
def test_each_engine_is_timed_by_its_own_steps(pellucid: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = []
    plain = pl.train

    def watched(*arguments: Any, engine: str, **more: Any) -> Iterator[pl.Epoch]:
        chosen.append(engine)
        return plain(*arguments, engine=engine, **more)

    monkeypatch.setattr("pellucid.cli.benchmark.train", watched)
    pellucid("benchmark", "--json")
    assert chosen == ["compiled"] + ["numpy", "compiled"] * 2  # the first has it compiled


@pytest.mark.usefixtures("tiny")
def test_without_numba_one_line_says_how_to_get_it(pellucid: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.compiled.choice.find_spec", lambda _: None)
    result = json.loads(pellucid("benchmark", "--json").out)
    assert (result["engines"], [row["compiled"] for row in result["rows"]]) == (["numpy"], [None, None])
    ended = pellucid("benchmark")
    assert ended.code == 0
    assert len(ended.err.splitlines()) == 1
    assert "pip install 'pellucid[fast]'" in ended.err
    assert "compiled" not in ended.out


@pytest.mark.usefixtures("tiny")
def test_quiet_says_one_line_a_network(pellucid: Command) -> None:
    lines = pellucid("benchmark", "--quiet").out.splitlines()
    assert all("; compiled " in line for line in lines)
    assert [line.split(",")[0] for line in lines] == ["784-4-10", "784-10"]


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("name", benchmark.SLOWING)
def test_what_slows_numpy_is_noted_beside_the_result(
    pellucid: Command, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "1")
    ended = pellucid("benchmark", "--json")
    assert ended.err.startswith(f"{name} is set")
    assert len(ended.err.splitlines()) == 1
    assert json.loads(ended.out)["rows"]


@pytest.mark.parametrize("arguments", ["--repeat 3", "mnist"])
def test_what_it_does_not_take_is_told(pellucid: Command, arguments: str) -> None:
    ended = pellucid("benchmark", *arguments.split())
    assert (ended.code, ended.out) == (2, "")
    assert arguments.split()[0] in ended.err


@pytest.mark.usefixtures("tiny")
def test_ctrl_c_ends_it(pellucid: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> Callable[[], None]:
        raise KeyboardInterrupt

    monkeypatch.setattr(benchmark, "products", interrupted)
    ended = pellucid("benchmark", "--json")
    assert (ended.code, ended.out, ended.err.strip()) == (130, "", "interrupted")


def test_help_names_it(pellucid: Command) -> None:
    assert "benchmark" in pellucid("--help").out
    assert pellucid("benchmark", "--help").code == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", [SIZES, (5, 3), (7, 4, 3)])
def test_the_bound_is_the_products_of_a_step_and_no_more(
    monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, ...], dtype: type
) -> None:
    n, made = 6, []
    dot = np.dot

    def watched(a: Array, b: Array, out: Array) -> None:
        dot(a, b, out=out)
        np.testing.assert_allclose(out, np.matmul(a, b), rtol=1e-5)
        assert {a.dtype, b.dtype, out.dtype} == {np.dtype(dtype)}
        assert np.abs(out).max() > 0
        made.append((a.shape, b.shape))
        for array in (a, b, out):
            assert array.flags.c_contiguous or array.flags.f_contiguous

    monkeypatch.setattr(np, "dot", watched)
    step = matmul_bound.products(sizes, n, dtype)
    assert made == []
    step()
    pairs = list(pairwise(sizes))
    forward = [((n, inputs), (inputs, outputs)) for inputs, outputs in pairs]
    gradients = [((inputs, n), (n, outputs)) for inputs, outputs in pairs]
    below = [((n, outputs), (outputs, inputs)) for inputs, outputs in pairs[1:]]
    assert sorted(made) == sorted([*forward, *gradients, *below])


STEPS, BLOCKS = 32, 150


def wasteful(net: pl.Network, trace: pl.Trace) -> None:
    """The pass forward as it should not be: with a copy of θ there and back, and new arrays for all of a step."""
    before, fresh = net.theta.copy(), pl.Trace(net, trace.batch_size)
    fresh.a[0][...] = trace.a[0]
    pl.forward(net, trace)
    net.theta[...] = before


def near_products() -> tuple[float, float, float]:
    """How many times its products' time a step takes: in NumPy, there with waste, and compiled.

    Of low quantiles of blocks.
    """
    digits, products = datasets.mnist_files("test"), matmul_bound.products(SIZES, 64)

    def training(engine: str) -> Iterator[pl.Epoch]:
        net, rows, rng = pl.Network(SIZES, rng=np.random.default_rng(0)), 64 * STEPS, np.random.default_rng(0)
        data = digits.X[:rows], digits.y[:rows]
        return pl.train(net, data, pl.SGD(0.01), epochs=BLOCKS + 1, batch_size=64, rng=rng, engine=engine)

    def bare() -> None:
        for _ in range(STEPS):
            products()

    good, bad, compiled = training("numpy"), training("numpy"), training("compiled")
    next(compiled)  # with the time of compilation
    turns: list[tuple[Callable[..., None], Callable[[], object]]] = [
        (pl.forward, lambda: next(good)),
        (wasteful, lambda: next(bad)),
        (pl.forward, lambda: next(compiled)),
        (pl.forward, bare),
    ]
    times = np.empty((BLOCKS, len(turns)))
    with threads.limited(1), pytest.MonkeyPatch.context() as patch:
        for block, first in zip(times, cycle(range(len(turns))), strict=False):
            for k in range(first - len(turns) + 1, first + 1):  # another one begins each time
                forward, action = turns[k]
                patch.setattr("pellucid.core.batch_group.forward", forward)
                start = time.perf_counter()
                action()
                block[k] = time.perf_counter() - start
    step, waste, fast, least = np.quantile(times, 0.2, axis=0)
    return float(step / least), float(waste / least), float(fast / least)


@pytest.mark.alone
@pytest.mark.slow
def test_a_step_stays_near_its_products() -> None:
    """The limit is wide, since machines are shared. It holds off what costs most of the products' time again.

    Measured on two busy, shared cores (2026-11-22, NumPy 2.4.6, six runs): 2.4 to 2.6 as it is, 3.3 to 3.6 with
    ``wasteful``. It does not see small things: copies of θ and of its gradient in the optimiser and new float64 arrays
    in ReLU made 2.5 to 2.6 into 2.7 to 2.8 (three runs). Those are for ``test_no_allocation.py`` to find. The compiled
    step has another limit: its first layer leaves out the pixels that are 0.
    """
    ours, with_waste, compiled = near_products()
    assert ours < 3.0
    assert with_waste > 1.1 * ours
    assert compiled < 1.7
