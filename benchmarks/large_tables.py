"""Tables larger than memory: make one, train on it as a stream, and compare with its first rows in memory.

python -m benchmarks.large_tables make DIR [--rows 30000000] [--form parquet|csv]
python -m benchmarks.large_tables run DIR [--repeats 3] [--out FILE]
python -m benchmarks.large_tables growth DIR [--rows 10000,100000,1000000,3000000,10000000,30000000] [--out FILE]
"""

import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import numpy as np
import polars as pl

from benchmarks import machine, processes
from benchmarks.figures import spread

PART = 1_000_000  # rows of a file
TEST = 200_000  # rows that nothing learns from
LEVELS = (4, 7, 10, 13, 16, 19)
YEARS = 4
IN_MEMORY = """
from pellucid.cli import main
from pellucid.datasets.streaming import file_stream
file_stream.STREAM_ABOVE = 2**40
main()
"""


@click.group()
def main() -> None:
    """Tables larger than memory."""


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--rows", type=click.IntRange(1000), default=30_000_000, show_default=True)
@click.option("--form", type=click.Choice(["parquet", "csv"]), default="parquet", show_default=True)
def make(folder: Path, rows: int, form: str) -> None:
    """Write DIR/parts: 20 columns of numbers (seven with gaps), six of categories, three of dates, one to predict.

    Beside them lie DIR/test, other rows of the same kind, DIR/first, the first hundredth, and DIR/tenth, a tenth.
    """
    for name in ("parts", "test", "first", "tenth"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    first = max(rows // 100, 1000)
    with click.progressbar(range(0, rows, PART), label="writing", file=sys.stderr) as starts:
        for number, start in enumerate(starts):
            table = some(number, min(PART, rows - start))
            write(table, folder / "parts" / f"part-{number:03}.{form}")
            write(table[::10], folder / "tenth" / f"part-{number:03}.{form}")
            if number == 0:
                write(table[:first], folder / "first" / f"part.{form}")
    write(some(10**6, TEST), folder / "test" / f"part.{form}")


def some(seed: int, rows: int) -> pl.DataFrame:
    """So many rows of the table."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 20)) * np.arange(1, 21) + np.arange(20)
    levels = [rng.integers(0, count, rows) for count in LEVELS]
    when = np.datetime64("2018-01-01T00:00:00", "us") + rng.integers(0, YEARS * 365 * 86_400, (3, rows)) * 1_000_000
    season = np.sin(2 * np.pi * (when[0].astype(np.float64) / 8.64e10 / 365.2425))
    value = X[:, 0] + 0.3 * X[:, 1] * np.sin(X[:, 2]) + np.where(levels[1] == 2, 4.0, 0.0) + season
    value += 0.5 * rng.normal(size=rows)
    columns: dict[str, Any] = {}
    for k in range(20):
        gaps = rng.random(rows) < (0.05 if k % 3 == 0 else 0.0)
        columns[f"x{k}"] = pl.Series(np.where(gaps, np.nan, X[:, k])).fill_nan(None)
    for k, places in enumerate(levels):
        columns[f"c{k}"] = pl.Series([f"level {level}" for level in range(LEVELS[k])])[places]
    return pl.DataFrame({**columns, **{f"t{k}": dates for k, dates in enumerate(when)}, "y": value})


def write(table: pl.DataFrame, path: Path) -> None:
    """Write a part."""
    if path.suffix == ".csv":
        table.write_csv(path, float_precision=6)
    else:
        table.write_parquet(path, row_group_size=250_000)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.option("--repeats", type=click.IntRange(1), default=1, show_default=True)
@click.option("--batch-size", type=click.IntRange(1), default=256, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("benchmarks/large_tables.json"), show_default=True)
def run(folder: Path, repeats: int, batch_size: int, out: Path) -> None:
    """Train an epoch on all parts, some on the first rows in memory, and ten on each tenth row, in turns."""
    folder = folder.resolve()
    size = sum(path.stat().st_size for path in (folder / "parts").iterdir())
    found: dict[str, list[dict[str, Any]]] = {"parts": [], "first": [], "tenth": []}
    with tempfile.TemporaryDirectory(prefix="pellucid-large-", dir=folder) as name:
        for repeat in range(repeats):
            for which, epochs in (("first", 3), ("parts", 1), ("tenth", 10)):
                place, in_memory = Path(name) / f"{which}-{repeat}", which != "parts"
                one = train(folder / which, folder / "test", epochs, batch_size, place, in_memory=in_memory)
                found[which].append(one)
                click.echo(f"{which}: {one}", err=True)
    ratios = [a["us_a_row"] / b["us_a_row"] for a, b in zip(found["parts"], found["first"], strict=True)]
    results = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": machine.describe(),
        "bytes": size,
        "batch_size": batch_size,
        **found,
        "ratio": spread(ratios)._asdict(),
    }
    out.write_text(json.dumps(results, indent=1) + "\n")
    click.echo(f"an epoch, time a row, as a stream / in memory: {results['ratio']['median']:.2f}")
    click.echo(f"peak memory {max(one['peak_mb'] for one in found['parts']):.0f} MB; {size / 1e9:.2f} GB on disk")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.option("--rows", default="10000,100000,1000000,3000000,10000000,30000000", show_default=True)
@click.option("--batch-size", type=click.IntRange(1), default=256, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("benchmarks/large_growth.json"), show_default=True)
def growth(folder: Path, rows: str, batch_size: int, out: Path) -> None:
    """Train an epoch on so many of the first rows of DIR/parts, as everybody does, and print a table."""
    folder = folder.resolve()
    parts = sorted((folder / "parts").iterdir())
    found = []
    click.echo("| rows | whole time | an epoch, a row | peak memory |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="pellucid-large-", dir=folder) as name:
        for count in map(int, rows.split(",")):
            place = Path(name) / str(count)
            place.mkdir()
            for part in parts[: count // PART]:
                (place / part.name).symlink_to(part)
            if count < PART:
                read = pl.read_csv if parts[0].suffix == ".csv" else pl.read_parquet
                write(read(parts[0], n_rows=count), place / parts[0].name)
            one = train(place, folder / "test", 1, batch_size, Path(name) / f"run-{count}", in_memory=False)
            found.append({"rows": count, **one})
            click.echo(
                f"| {count:,} | {one['whole_seconds']:.1f} s | {one['us_a_row']:.2f} µs | {one['peak_mb']:,.0f} MB |"
            )
    about = {"date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), "machine": machine.describe()}
    out.write_text(json.dumps({**about, "batch_size": batch_size, "growth": found}, indent=1) + "\n")


def train(data: Path, test: Path, epochs: int, batch_size: int, place: Path, *, in_memory: bool) -> dict[str, Any]:
    """Train in a process of its own: µs a row and epoch, peak memory, the whole time, the score on the test rows."""
    place.mkdir()
    flags = ["--target", "y", "--epochs", str(epochs), "--batch-size", str(batch_size), "--json", "--quiet"]
    start = ["-c", IN_MEMORY] if in_memory else ["-m", "pellucid"]
    command = [sys.executable, *start, "train", str(data), *flags, "--out", str(place / "run")]
    answer = processes.measure(command, place)
    if answer["exit"] != 0:
        raise click.ClickException(f"pellucid train {data} failed: {(place / 'stderr.txt').read_text()[-500:]}")
    said = json.loads(answer["output"])
    evaluate = [sys.executable, "-m", "pellucid", "evaluate", str(place / "run"), str(test), "--json"]
    scores = json.loads(processes.measure(evaluate, place)["output"])
    return {
        "us_a_row": said["seconds"] / (said["steps"] * batch_size) * 1e6,
        "whole_seconds": answer["seconds"],
        "peak_mb": answer["peak_mb"],
        "steps": said["steps"],
        "test_r2": scores["r2"],
    }


if __name__ == "__main__":
    main()
