"""Tables larger than memory: whatever their form, their plan, rows and scores are those of the same table in memory."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
import pytest

from pellucid import datasets
from pellucid.core.errors import InputError
from pellucid.core.losses import SquaredError
from pellucid.core.network import Network
from pellucid.core.optimizers import Adam
from pellucid.core.training import train
from pellucid.datasets import Dataset, LoadOptions, TableStream
from pellucid.datasets.streaming import csv_blocks, file_stream, fits, fixed_rows, table_stream
from pellucid.datasets.streaming.hash_split import parts_of, places
from pellucid.model.columns import Category

ROWS = 3000


def table(rows: int = ROWS, seed: int = 0) -> pl.DataFrame:
    """Numbers with gaps, categories, dates, booleans, an index, a constant; a value and a class to predict."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(5, 3, rows), rng.exponential(size=rows)
    city = rng.choice(["Bonn", "Köln", "Ulm, Donau", "", "rare"], rows, p=[0.4, 0.3, 0.2, 0.0995, 0.0005])
    when = np.datetime64("2019-06-01") + rng.integers(0, 900, rows)
    y = 2 * a - b + (city == "Köln") * 3.0
    frame = pl.DataFrame(
        {
            "a": a,
            "b": b,
            "count": rng.integers(0, 7, rows),
            "city": city,
            "when": when,
            "flag": rng.random(rows) < 0.3,
            "id": np.arange(rows),
            "always": np.ones(rows),
            "w": rng.integers(1, 4, rows),
            "y": y,
            "kind": np.where(y > 10, "large", np.where(y > 6, "middle", "small")),
        }
    )
    gap = rng.random(rows)
    return frame.with_columns(
        a=pl.when(pl.Series(gap) > 0.1).then("a"),
        city=pl.when(pl.col("city") != "").then("city"),
        y=pl.when(pl.Series(gap[::-1].copy()) > 0.02).then("y"),
    )


def in_parquet(frame: pl.DataFrame, folder: Path) -> str:
    for k, part in enumerate((frame[:1000], frame[1000:1300], frame[1300:])):
        part.write_parquet(folder / f"part-{k}.parquet", row_group_size=300)
    return str(folder / "part-*.parquet")


def in_csv(frame: pl.DataFrame, folder: Path) -> str:
    frame.write_csv(folder / "data.csv")
    return str(folder / "data.csv")


def in_semicolons(frame: pl.DataFrame, folder: Path) -> str:
    for k, part in enumerate((frame[:1700], frame[1700:])):
        part.write_csv(folder / f"part{k}.tsv", separator="\t", include_bom=k == 1)
    return str(folder)


def in_arrow(frame: pl.DataFrame, folder: Path) -> str:
    frame.write_ipc(folder / "data.arrow", compression="uncompressed")
    return str(folder / "data.arrow")


def in_gzip(frame: pl.DataFrame, folder: Path) -> str:
    for k, part in enumerate((frame[:1700], frame[1700:])):
        (folder / f"part{k}.csv.gz").write_bytes(gzip.compress(part.write_csv().encode()))
    return str(folder / "*.csv.gz")


FORMS = [in_parquet, in_csv, in_semicolons, in_arrow, in_gzip]
TRIED = [pytest.param(form, marks=[] if form in FORMS[:2] else [pytest.mark.slow]) for form in FORMS]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever takes more than some kilobytes counts as larger than memory, and blocks are small."""
    monkeypatch.setattr(file_stream, "STREAM_ABOVE", 4096)
    monkeypatch.setattr(csv_blocks, "PIECE", 1 << 13)
    monkeypatch.setattr(table_stream, "CHUNK", 128)
    monkeypatch.setattr(fixed_rows, "BLOCK_BYTES", 1 << 13)


def in_memory(frame: pl.DataFrame, options: LoadOptions, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Dataset:
    """The same table loaded into memory with the same split."""
    dev = options.dev or 0.0

    def split(n: int, **_: Any) -> Any:
        there = np.flatnonzero(frame[options.target or ""].is_not_null().to_numpy())
        part = parts_of(0, frame.height, options.seed, dev, 0.0)[there]
        return np.flatnonzero(part == 0), np.flatnonzero(part == 1), np.flatnonzero(part == 2)

    path = folder / "memory.csv"
    frame.write_csv(path)
    with monkeypatch.context() as patched:
        patched.setattr("pellucid.datasets.options.split", split)
        return datasets.load_table(datasets.read_frame(path), replace(options, cache=None))


def gathered(stream: Any, seed: int | None = None, skip: int = 0) -> list[np.ndarray]:
    blocks = [[np.array(array) for array in block] for block in stream.blocks(seed, skip)]
    return [np.concatenate(arrays) for arrays in zip(*blocks, strict=True)]


def close(one: Any, other: Any) -> None:
    """The columns of two plans are equal to the last digits."""
    assert type(one) is type(other)
    for name, value in vars(one).items():
        if isinstance(value, float):
            assert getattr(other, name) == pytest.approx(value, rel=1e-12, abs=1e-12)
        elif name != "form":  # dates in Parquet and Arrow are no texts
            assert getattr(other, name) == value, name


@pytest.mark.parametrize("write", TRIED)
@pytest.mark.parametrize("target", ["y", "kind"])
def test_the_plan_and_the_rows_are_those_of_the_table_in_memory(
    write: Callable[[pl.DataFrame, Path], str], target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    options = LoadOptions(target=target, dev=0.2, columns=("kind=out",) if target == "y" else ("y=out",))
    large = datasets.load_with(write(table(), folder), options)
    memory = in_memory(table(), options, monkeypatch, tmp_path)
    assert type(large.train) is TableStream
    assert large.classes == memory.classes
    assert large.preprocessing is not None
    assert memory.preprocessing is not None
    assert large.preprocessing.left_out == memory.preprocessing.left_out
    for one, other in zip(memory.preprocessing.columns, large.preprocessing.columns, strict=True):
        close(one, other)
    for mine, other_ in zip(memory.preprocessing.targets, large.preprocessing.targets, strict=True):
        close(mine, other_)
    gaps = [{c.name: c.missing for c in data.understood if c.kind != "left out"} for data in (large, memory)]
    assert gaps[0] == gaps[1]
    (X, y), of_memory = gathered(large.train), cast(Any, memory.train)
    np.testing.assert_allclose(X, of_memory[0], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(y, of_memory[1], rtol=1e-6)
    assert large.dev is not None
    assert memory.dev is not None
    np.testing.assert_allclose(large.dev.X, memory.dev.X, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("write", TRIED)
def test_a_cache_holds_the_very_rows_and_serves_again(write: Any, tmp_path: Path) -> None:
    source, options = write(table(), tmp_path), LoadOptions(target="y", dev=0.1, test=0.1, weights="w")
    without = datasets.load_with(source, options)
    cached = replace(options, cache=tmp_path / "cache")
    first, again = datasets.load_with(source, cached), datasets.load_with(source, cached)
    for other in (first, again):
        assert other.preprocessing == without.preprocessing
        assert other.understood == without.understood
        for one, two in zip(gathered(without.train), gathered(other.train), strict=True):
            np.testing.assert_array_equal(one, two)
        for name in ("dev", "test"):
            for one, two in zip(getattr(without, name), getattr(other, name), strict=True):
                np.testing.assert_array_equal(one, two)
    assert first.train.weight == pytest.approx(gathered(first.train)[2].sum())  # type: ignore[union-attr]
    cast(Any, first.train).forget_cache()
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("write", TRIED)
def test_a_seed_orders_all_rows_once_and_skips_any_number(write: Any, cache: bool, tmp_path: Path) -> None:
    options = LoadOptions(target="y", dev=0, cache=tmp_path / "cache" if cache else None)
    stream = datasets.load_with(write(table(), tmp_path), options).train
    assert len(gathered(stream)[0]) == stream.shape[0]
    plain, mixed, other = gathered(stream)[0], gathered(stream, 1)[0], gathered(stream, 2)[0]
    assert sorted(map(tuple, plain)) == sorted(map(tuple, mixed)) == sorted(map(tuple, other))
    if cache or write in (in_parquet, in_csv):  # the others are one place, or two
        assert (mixed != plain).any()
        assert (mixed != other).any()
    for skip in (1, 300, 1234, len(plain) - 1):
        np.testing.assert_array_equal(gathered(stream, 1, skip)[0], mixed[skip:])


def test_an_epoch_ends_in_the_theta_of_the_table_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = LoadOptions(target="y", dev=0.2, dtype=np.float64, weights="w")
    large = datasets.load_with(in_csv(table(), tmp_path), options)
    memory = in_memory(table(), options, monkeypatch, tmp_path)
    thetas = []
    for data in (large.train, memory.train):
        net = Network([data.shape[1], 16, 1], loss=SquaredError(), dtype=np.float64, rng=np.random.default_rng(0))
        rng = np.random.default_rng(0)
        list(train(net, data, Adam(0.01), epochs=1, batch_size=32, rng=rng, shuffle=False, engine="numpy"))
        thetas.append(net.theta)
    np.testing.assert_allclose(thetas[0], thetas[1], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("text", ["balanced", "large=3,small=0.5"])
@pytest.mark.parametrize("weights", [None, "w"])
def test_weights_of_classes_are_those_of_the_table_in_memory(
    text: str, weights: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = LoadOptions(target="kind", dev=0.1, class_weights=text, weights=weights, columns=("y=out",))
    large = datasets.load_with(in_parquet(table(), tmp_path), options)
    memory = in_memory(table(), options, monkeypatch, tmp_path)
    _, _, w = gathered(large.train)
    np.testing.assert_allclose(w, memory.train[2])  # type: ignore[index,misc]
    assert large.train.weight == pytest.approx(w.sum())  # type: ignore[union-attr]


def test_the_split_is_a_hash_of_the_place_and_the_seed() -> None:
    whole = parts_of(0, 100_000, 7, dev=0.1, test=0.2)
    pieces = np.concatenate([parts_of(start, 12_500, 7, dev=0.1, test=0.2) for start in range(0, 100_000, 12_500)])
    np.testing.assert_array_equal(whole, pieces)
    shares = np.bincount(whole) / len(whole)
    np.testing.assert_allclose(shares, [0.7, 0.1, 0.2], atol=0.005)
    other = parts_of(0, 100_000, 8, dev=0.1, test=0.2)
    assert 0.3 < (whole != other).mean() < 0.6
    drawn = places(0, 1_000_000, 3)
    assert np.abs(np.histogram(drawn, 100, (0, 1))[0] - 10_000).max() < 600
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.005


def test_folders_of_hive_give_a_column_each(tmp_path: Path) -> None:
    frame = table()
    for year in (2025, 2026):
        (tmp_path / "sales" / f"year={year}").mkdir(parents=True)
        frame[(year - 2025) * 1500 :][:1500].write_parquet(tmp_path / "sales" / f"year={year}" / "a.parquet")
    (tmp_path / "sales" / "_SUCCESS").write_text("")
    data = datasets.load_with(tmp_path / "sales", LoadOptions(target="y", columns=("year=category",)))
    assert data.preprocessing is not None
    levels = [column.levels for column in data.preprocessing.columns if isinstance(column, Category)]
    assert ("2025", "2026") in levels


def test_a_small_table_in_parts_is_loaded_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_stream, "STREAM_ABOVE", 1 << 28)
    frame = table()
    data = datasets.load_with(in_parquet(frame, tmp_path), LoadOptions(target="y"))
    frame.write_parquet(tmp_path / "whole.parquet")
    whole = datasets.load_with(tmp_path / "whole.parquet", LoadOptions(target="y"))
    np.testing.assert_array_equal(data.train[0], whole.train[0])  # type: ignore[index]


@pytest.mark.parametrize("seed", range(6))
def test_a_median_is_exact_wherever_it_lies(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fits, "SAMPLE", 500)
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(size=9001 + seed), seed)
    values = np.sort(values) if seed % 2 else values
    blocks = np.array_split(values, 30)
    middle = fits.Middle()
    for block in blocks:
        middle.add(block)
    if not middle.found:
        middle.again()
        for block in blocks:
            middle.add(block)
    assert middle.found
    assert middle.value == np.median(values)


def test_moments_of_huge_values_do_not_overflow() -> None:
    moments, values = fits.Moments(), np.array([1e200, 3e200, 5e200, -2e200])
    for block in np.array_split(values, 2):
        moments.add(block)
    assert moments.mean == pytest.approx(np.mean(values / 1e200) * 1e200)
    assert moments.deviation == pytest.approx(np.std(values / 1e200) * 1e200)


def test_a_value_that_does_not_fit_is_named_with_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_blocks, "SAMPLE", 1 << 10)
    monkeypatch.setattr(csv_blocks, "LOOKED_AT", 2)
    text = pl.when(pl.col("id") == 2500).then(pl.lit("oops")).otherwise(pl.col("b").cast(pl.String))
    with pytest.raises(InputError, match=r"data\.csv, row 2502, column b: 'oops', but this column holds numbers"):
        datasets.load_with(in_csv(table().with_columns(b=text), tmp_path), LoadOptions(target="y"))


def test_a_part_without_a_column_is_named(tmp_path: Path) -> None:
    frame = table()
    frame[:1500].write_csv(tmp_path / "a.csv")
    frame[1500:].drop("city").write_csv(tmp_path / "b.csv")
    with pytest.raises(InputError, match=r"b\.csv: has no column city, which .*a\.csv has"):
        datasets.load_with(tmp_path, LoadOptions(target="y"))


def test_a_part_that_was_not_looked_into_and_lacks_the_target_is_named(tmp_path: Path) -> None:
    frame = table(1700)
    for k in range(17):
        part = frame[100 * k : 100 * k + 100]
        (part.drop("y") if k == 9 else part).write_csv(tmp_path / f"{k:02}.csv")
    with pytest.raises(InputError, match=r"09\.csv: has no column 'y', which other parts have"):
        datasets.load_with(tmp_path, LoadOptions(target="y"))


def test_a_pattern_that_fits_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file is called so"):
        datasets.load_with(tmp_path / "*.parquet", LoadOptions(target="y"))


def test_a_cache_of_other_files_is_not_used(tmp_path: Path) -> None:
    options = LoadOptions(target="y", dev=0, cache=tmp_path / "cache")
    source = in_csv(table(), tmp_path)
    before = datasets.load_with(source, options)
    in_csv(table(seed=1), tmp_path)
    after = datasets.load_with(source, options)
    assert before.preprocessing != after.preprocessing
    assert len(list((tmp_path / "cache").glob("*.rows"))) == 2
    about = next(iter((tmp_path / "cache").glob("*.json")))
    about.write_text(json.dumps({"plan": 3}))
    datasets.load_with(source, options)  # a damaged one is made again
