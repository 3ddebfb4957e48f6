"""The list of file formats: one row recognises and reads a file, opened once; a row may be added at run time."""

import builtins
import io
import json
import os
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pellucid.core.errors import InputError
from pellucid.datasets import as_frame, kind_of, load, read, read_frame, read_rows
from pellucid.datasets.containers import RawArrays
from pellucid.datasets.export import export
from pellucid.datasets.formats import unsupported
from pellucid.datasets.formats.opening import File
from pellucid.datasets.formats.registry import FORMATS, Format
from pellucid.datasets.frames.frame import Frame
from pellucid.datasets.streaming import file_stream
from support import Command, loaded

X = np.arange(120, dtype=np.uint8).reshape(30, 4)
Y = np.arange(30, dtype=np.uint8) % 2
TABLE = pl.DataFrame({"size": np.linspace(1.5, 9, 30), "label": ["yes", "no"] * 15})


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Counter[str]:
    """How often each file was opened, by its name: by Python, by polars, by pyarrow."""
    counts: Counter[str] = Counter()

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(first: Any, *rest: Any, **named: Any) -> Any:
            if isinstance(first, str | os.PathLike) and tmp_path in Path(first).parents:
                counts[Path(first).name] += 1
            return real(first, *rest, **named)

        return wrapper

    real_open = io.open
    monkeypatch.setattr(builtins, "open", counted(real_open))
    monkeypatch.setattr(io, "open", counted(real_open))
    monkeypatch.setattr(os, "open", counted(os.open))
    monkeypatch.setattr(pa, "OSFile", counted(pa.OSFile))
    monkeypatch.setattr(pa, "memory_map", counted(pa.memory_map))
    monkeypatch.setattr(pq, "ParquetFile", counted(pq.ParquetFile))
    for name in ("read_csv", "read_parquet", "read_ipc", "scan_csv", "scan_parquet", "scan_ipc"):
        monkeypatch.setattr(pl, name, counted(getattr(pl, name)))
    return counts


def write_idx(folder: Path) -> Path:
    path = folder / "my-images"
    path.write_bytes(struct.pack(">IIII", 0x803, 30, 2, 2) + X.tobytes())
    (folder / "my-labels").write_bytes(struct.pack(">II", 0x801, 30) + Y.tobytes())
    return path


def write_npy(folder: Path) -> Path:
    np.save(folder / "X.npy", X)
    np.save(folder / "y.npy", Y)
    return folder / "X.npy"


def write_npz(folder: Path) -> Path:
    np.savez(folder / "data.npz", X=X, y=Y)
    return folder / "data.npz"


def write_digits(folder: Path) -> Path:
    export("test", "csv", folder / "digits.csv", 30)
    return folder / "digits.csv"


def write_table(ending: str, write: str) -> Callable[[Path], Path]:
    def to(folder: Path) -> Path:
        getattr(TABLE, write)(folder / f"data.{ending}")
        return folder / f"data.{ending}"

    return to


def write_pixels(folder: Path) -> Path:
    pl.DataFrame(X, schema=list("abcd")).with_columns(label=pl.Series(Y)).write_parquet(folder / "pixels.parquet")
    return folder / "pixels.parquet"


WRITERS: dict[str, Callable[[Path], Path]] = {
    "digit CSV": write_digits,
    "CSV": write_table("csv", "write_csv"),
    "npz": write_npz,
    "npy": write_npy,
    "IDX": write_idx,
    "Parquet of columns": write_table("parquet", "write_parquet"),
    "Parquet of pixels": write_pixels,
    "Feather": write_table("feather", "write_ipc"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_is_opened_once(name: str, opened: Counter[str], tmp_path: Path) -> None:
    path = WRITERS[name](tmp_path)
    opened.clear()
    assert loaded(load(path).train).X.shape[0] == 27
    beside = {"npy": {"y.npy": 1}, "IDX": {"my-labels": 1}}.get(name, {})
    assert opened == {path.name: 1, **beside}


@pytest.mark.parametrize("name", ["npy", "IDX", "Parquet of pixels"])
def test_a_body_that_is_streamed_is_opened_once_more_an_epoch(
    name: str, opened: Counter[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_stream, "STREAM_ABOVE", 0)
    path = WRITERS[name](tmp_path)
    opened.clear()
    train = load(path).train
    assert not isinstance(train, tuple)
    assert opened[path.name] == 1
    assert sum(len(X) for X, _ in train.blocks(0)) == 27
    assert opened[path.name] == (3 if path.suffix == ".parquet" else 2)  # pyarrow opens by itself, too


def test_the_test_counts_what_is_opened(opened: Counter[str], tmp_path: Path) -> None:
    path = write_npz(tmp_path)
    opened.clear()
    path.read_bytes()
    with path.open("rb"), open(path, "rb"):  # noqa: PTH123
        pass
    assert opened == {"data.npz": 3}


# a toy format: the first line says MATRIX, each further one has a sample's inputs and, behind a bar, its label


def _read_matrix(file: File, target: str | None, target_needed: bool) -> RawArrays:
    with file.opened() as stream:
        lines = stream.read().decode().splitlines()[1:]
    inputs, _, _ = zip(*(line.partition("|") for line in lines), strict=True)
    labels = [line.partition("|")[2].strip() for line in lines]
    if target_needed and not all(labels):
        raise InputError(f"{file.name}: has no labels; write them behind a bar")
    values = np.array([row.split() for row in inputs], float)
    y = np.array(labels) if all(labels) else None
    return RawArrays(file.name, values, y, tuple(f"x{k}" for k in range(values.shape[1])), None)


def _read_pairs(file: File, layout: Any) -> Frame:
    with file.opened() as stream:
        return as_frame(json.loads(stream.read()[5:]), file.name)


MATRIX = Format("matrix", "a matrix", fits=lambda file: file.start.startswith(b"MATRIX"), arrays=_read_matrix)
PAIRS = Format("pairs", "pairs", fits=lambda file: file.inside.startswith(b"PAIRS"), columns=_read_pairs)


@pytest.fixture
def added() -> Iterator[None]:
    for each in (MATRIX, PAIRS):
        FORMATS.add(each)
    yield
    for each in (MATRIX, PAIRS):
        FORMATS.remove(each)


def write_matrix(path: Path, *, labels: bool = True) -> Path:
    rng = np.random.default_rng(0)
    rows = [f"{x:.3f} {z:.3f}" + (f" | {'up' if x + z > 0 else 'down'}" if labels else "") for x, z in rng.normal(size=(80, 2))]  # fmt: skip  # noqa: E501
    path.write_text("\n".join(["MATRIX", *rows]) + "\n")
    return path


@pytest.mark.usefixtures("added")
def test_a_format_that_is_added_goes_through_every_command(pellucid: Command, tmp_path: Path) -> None:
    path, unlabelled = write_matrix(tmp_path / "points.txt"), write_matrix(tmp_path / "new.txt", labels=False)
    assert kind_of(path) == "matrix"
    assert load(path, dev=0).classes == ("down", "up")
    assert pellucid("train", path, "--hidden", 8, "--epochs", 40, "--seed", 1, "--out", "run").code == 0
    ended = pellucid("evaluate", "run", path, "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["accuracy"] > 0.9
    ended = pellucid("predict", "run", unlabelled, "--json")
    assert ended.code == 0, ended.err
    assert {row["prediction"] for row in json.loads(ended.out)["predictions"]} == {"down", "up"}
    ended = pellucid("evaluate", "run", unlabelled)
    assert (ended.code, ended.err) == (2, f"error: {unlabelled}: has no labels; write them behind a bar\n")


@pytest.mark.usefixtures("added")
def test_an_added_table_of_columns_goes_through_every_command(pellucid: Command, tmp_path: Path) -> None:
    path = tmp_path / "points.pairs"
    rng = np.random.default_rng(0)
    x = rng.normal(size=80)
    path.write_text("PAIRS" + json.dumps({"x": x.tolist(), "y": ["up" if value > 0 else "down" for value in x]}))
    assert kind_of(path) == "table"
    assert pellucid("train", path, "--target", "y", "--epochs", 30, "--out", "run").code == 0
    ended = pellucid("evaluate", "run", path, "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["accuracy"] > 0.9
    assert pellucid("predict", "run", path).code == 0


@pytest.mark.usefixtures("added")
def test_what_a_format_has_not_is_said(tmp_path: Path) -> None:
    matrix, pairs = write_matrix(tmp_path / "points.txt"), tmp_path / "points.pairs"
    pairs.write_text('PAIRS{"x": [1]}')
    with pytest.raises(InputError, match="is a matrix, and has no named columns; a table is read from pairs, a P"):
        read_frame(matrix)
    with pytest.raises(InputError, match="is pairs, a table of columns; arrays are read from a matrix, a folder"):
        read_rows(pairs)
    with pytest.raises(InputError, match="there is a format 'matrix' already"):
        FORMATS.add(MATRIX)


REFUSED = {
    "a.parquet": b"PARE" + bytes(40),
    "a.png": b"\x89PNG\r\n\x1a\n" + bytes(40),
    "a.jpg": b"\xff\xd8\xff\xe0" + bytes(40),
    "a.gif": b"GIF89a" + bytes(40),
    "a.h5": b"\x89HDF\r\n\x1a\n" + bytes(40),
    "a.zip": b"PK\x05\x06" + bytes(18),
    "a.pkl": b"\x80\x04\x95" + bytes(40),
    "a.xlsx": b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml" + bytes(40),
    "a.json": b'[{"a": 1}]',
    "a.db": b"SQLite format 3\0" + bytes(40),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_recognised_to_be_refused_is_one_line_and_exit_2(name: str, pellucid: Command, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(REFUSED[name])
    for way in (load, read, read_rows, read_frame, kind_of):
        with pytest.raises(InputError, match=rf"{name}: is .+; read are .+; to convert it: "):
            way(tmp_path / name)
    ended = pellucid("train", name)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(f"error: {name}: is ")


def test_every_row_has_a_name_and_the_refused_are_rows_too() -> None:
    names = [each.name for each in FORMATS]
    assert all(names)
    assert set(unsupported.FORMATS) < set(FORMATS)
    assert FORMATS[-1].name == "csv"


def test_an_arrow_file_is_the_table_that_was_written(pellucid: Command, tmp_path: Path) -> None:
    plain, packed = tmp_path / "t.feather", tmp_path / "t.arrow"
    TABLE.write_ipc(plain)
    TABLE.write_ipc(packed, compression="zstd")
    for path in (plain, packed):
        found, expected = read_frame(path), as_frame(TABLE)
        assert list(found.columns) == list(expected.columns)
        for name, column in expected.columns.items():
            assert found.columns[name].kind == column.kind
            np.testing.assert_array_equal(found.columns[name].values, column.values)
        assert found.place(3) == f"{path}, row 3"
    assert pellucid("train", "t.feather", "--epochs", 2, "--out", "run").code == 0
    assert pellucid("predict", "run", "t.arrow").code == 0


def test_a_damaged_arrow_file_is_told_in_one_line(tmp_path: Path) -> None:
    TABLE.write_ipc(tmp_path / "t.feather")
    content = (tmp_path / "t.feather").read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        bad = bytearray(content)
        for place in rng.integers(8, len(bad), 3):
            bad[place] = rng.integers(256)
        (tmp_path / "t.feather").write_bytes(bad[: rng.integers(9, len(bad) + 1)])
        try:
            read_frame(tmp_path / "t.feather")
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017
