"""Data larger than memory: make it, train on it from disk, and compare with data in memory, sample by sample.

python -m benchmarks.larger_than_memory make DIR [--rows 8100000] [--sorted]
python -m benchmarks.larger_than_memory run DIR [--engine numpy] [--in-memory 400000] [--repeats 3] [--out FILE]
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

import pellucid as pl
from benchmarks import machine, processes
from benchmarks.figures import spread

BLOCK = 65_536  # rows made at once: 51 MB
SHIFTED = 256  # rows that are moved alike
Bytes = NDArray[np.uint8]


@click.group()
def main() -> None:
    """Data larger than memory."""


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--rows", type=click.IntRange(1), default=8_100_000, show_default=True)
@click.option("--sorted", "by_class", is_flag=True, help="All zeros first, all nines last: the worst order to read in.")
def make(folder: Path, rows: int, by_class: bool) -> None:
    """Write DIR/X.npy and DIR/y.npy: real training digits, each moved by up to two pixels and with noise on top."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    X, y = pl.datasets.mnist_files("train")
    drawn = rng.integers(len(X), size=rows, dtype=np.int32)
    if by_class:
        drawn = drawn[np.argsort(y[drawn], kind="stable")]
    np.save(folder / "y.npy", y[drawn].astype(np.uint8))
    with (folder / "X.npy").open("wb") as stream:
        header = {"descr": "|u1", "fortran_order": False, "shape": (rows, 784)}
        np.lib.format.write_array_header_1_0(stream, header)
        with click.progressbar(length=rows, label="writing", file=sys.stderr) as bar:
            for block in blocks(X, drawn, rng):
                block.tofile(stream)
                bar.update(len(block))


def blocks(X: Bytes, drawn: NDArray[np.int32], rng: np.random.Generator) -> Iterator[Bytes]:
    """The rows of X that were drawn, moved and noisy, a block at a time."""
    for start in range(0, len(drawn), BLOCK):
        pictures = X[drawn[start : start + BLOCK]].reshape(-1, 28, 28)
        for first in range(0, len(pictures), SHIFTED):
            part = slice(first, first + SHIFTED)
            # the two outermost rows and columns of nearly all digits are empty: what leaves on one side is no ink
            pictures[part] = np.roll(pictures[part], rng.integers(-2, 3, size=2), axis=(1, 2))
        noise = rng.integers(0, 32, size=pictures.shape, dtype=np.uint8)
        yield np.maximum(pictures, noise).reshape(-1, 784)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.option("--engine", type=click.Choice(["numpy", "compiled"]), default="numpy", show_default=True)
@click.option("--in-memory", "held", type=click.IntRange(1), default=400_000, show_default=True)
@click.option("--repeats", type=click.IntRange(1), default=3, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("benchmarks/larger.json"), show_default=True)
def run(folder: Path, engine: str, held: int, repeats: int, out: Path) -> None:
    """Train one epoch from DIR/X.npy and one on a part that is held in memory, in turns, and compare."""
    stored = np.lib.format.open_memmap(folder / "X.npy", mode="r")
    rows, size = len(stored), stored.nbytes
    held = min(held, rows)
    from_disk, in_memory = [], []
    with tempfile.TemporaryDirectory(prefix="pellucid-larger-") as name:
        work = Path(name)
        pick(stored, np.load(folder / "y.npy"), held, work / "part.npz")
        del stored
        read_once(folder / "X.npy")
        for repeat in range(repeats):
            in_memory.append(train(work / "part.npz", work / f"memory-{repeat}", work, engine))
            from_disk.append(train(folder.resolve() / "X.npy", work / f"disk-{repeat}", work, engine))
            click.echo(f"round {repeat + 1}: {from_disk[-1]['us_a_sample']:.2f} µs a sample from disk", err=True)
    ratios = [a["us_a_sample"] / b["us_a_sample"] for a, b in zip(from_disk, in_memory, strict=True)]
    results = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": machine.describe(),
        "engine": engine,
        "rows": rows,
        "bytes": size,
        "rows_in_memory": held,
        "from_disk": from_disk,
        "in_memory": in_memory,
        "ratio": spread(ratios)._asdict(),
        "peak_mb": max(one["peak_mb"] for one in from_disk),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(results, indent=1) + "\n")
    show(results)


def pick(X: Any, y: Any, count: int, path: Path) -> None:
    """Rows spread evenly over the file, in random order, as an .npz, which is always read into memory."""
    rows = np.linspace(0, len(X) - 1, count).astype(np.int64)
    rows = rows[np.random.default_rng(0).permutation(count)]
    np.savez(path, X=X[rows], y=y[rows])


def read_once(path: Path) -> None:
    """Bring a file into the page cache, as far as there is room."""
    with path.open("rb", buffering=0) as stream:
        room = bytearray(2**24)
        while stream.readinto(room):
            pass


def train(data: Path, run_folder: Path, work: Path, engine: str) -> dict[str, Any]:
    """One epoch of ``pellucid train`` in a process of its own: µs a sample, peak memory, test accuracy."""
    command = [
        sys.executable,
        "-m",
        "pellucid",
        "train",
        str(data),
        "--epochs",
        "1",
        "--dev",
        "2000",
        "--engine",
        engine,
    ]
    answer = processes.measure([*command, "--json", "--quiet", "--out", str(run_folder)], work)
    if answer["exit"] != 0:
        raise click.ClickException(f"pellucid train {data} failed: {(work / 'stderr.txt').read_text()[-500:]}")
    said = json.loads(answer["output"])
    test = pl.evaluate(pl.load(said["model"]), pl.datasets.mnist_files("test"))
    samples = said["steps"] * 64  # batches of 64 are the default
    return {
        "us_a_sample": said["seconds"] / samples * 1e6,
        "whole_process_seconds": answer["seconds"],
        "peak_mb": answer["peak_mb"],
        "steps": said["steps"],
        "dev_accuracy": said["dev"]["accuracy"],
        "test_accuracy": test.accuracy,
    }


def show(results: dict[str, Any]) -> None:
    """The three figures that matter."""
    ratio, accuracy = results["ratio"], results["from_disk"][0]["test_accuracy"]
    click.echo(f"{results['rows']:,} rows, {results['bytes'] / 1e9:.2f} GB on disk")
    click.echo(f"from disk / in memory, time a sample: {ratio['median']:.3f} ({ratio['low']:.3f}–{ratio['high']:.3f})")
    click.echo(f"peak memory: {results['peak_mb']:.0f} MB")
    click.echo(f"accuracy on the real test digits after one epoch: {accuracy:.2%}")


if __name__ == "__main__":
    main()
