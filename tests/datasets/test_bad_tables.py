"""Bad tables: one message that says what is wrong, where, and what to do, in seconds and in little memory."""

import gzip
import io
import os
import sqlite3
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pellucid._files.reading import reading
from pellucid.core.errors import InputError
from pellucid.datasets import kind_of, load, read_frame
from support import Command

Make = Callable[[Path], object]


@dataclass(frozen=True)
class Case:
    """One wrong table: the file's name, what makes it, what the message must name. Its target is the column y."""

    name: str
    file: str
    make: Make
    needles: tuple[str, ...]
    odd: bool = False  # the table is read, and says of a column that a value is odd


def text(content: str | bytes) -> Make:
    return lambda path: path.write_bytes(content if isinstance(content, bytes) else content.encode())


def rows(*, bad: str, row: int = 3, header: str = "a,b,y", good: str = "{k},{k}.5,{y}", n: int = 40) -> Make:
    """A table of n rows in which one row, which people number `row`, is another."""
    lines = [header, *(bad if k + 2 == row else good.format(k=k, y=k % 2) for k in range(n))]
    return text("\n".join(lines) + "\n")


def parquet(**columns: object) -> Make:
    return lambda path: pq.write_table(pa.table(columns), path)


def cut(make: Make, end: int) -> Make:
    def write(path: Path) -> None:
        make(path)
        path.write_bytes(path.read_bytes()[:end])

    return write


def zipped(*names: str, content: bytes = b"") -> Make:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, content)

    return write


def sqlite(path: Path) -> None:
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE t (a, y)")
    base.close()


def lying_parquet(rows: int) -> Make:
    """A Parquet file whose footer says that it has more rows than it has."""

    def write(path: Path) -> None:
        pq.write_table(pa.table({"a": pa.array([1.5] * 3), "y": [0, 1, 0]}), path, compression="none")
        content = path.read_bytes()
        size = int.from_bytes(content[-8:-4], "little")
        footer = content[-8 - size : -8]
        changed = footer.replace(b"\x16\x06", b"\x16" + varint(2 * rows))  # 3, zigzag, wherever an i64 is 3
        assert changed != footer
        path.write_bytes(content[: -8 - size] + changed + len(changed).to_bytes(4, "little") + b"PAR1")

    return write


def npy_of(rows: int) -> bytes:
    """A .npy whose header says that it has so many rows of three numbers."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": (rows, 3)})
    return stream.getvalue() + bytes(240)


def lying_npy(rows: int) -> Make:
    return text(npy_of(rows))


def lying_npz(rows: int) -> Make:
    return zipped("X.npy", "y.npy", content=npy_of(rows))


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def bomb(size: int) -> Make:
    def write(path: Path) -> None:
        piece = gzip.compress(b"a,b,y\n" + b"1,2,3\n" * (1 << 20))
        path.write_bytes(piece * (size // (6 << 20) + 1))

    return write


def wide(columns: int) -> Make:
    line = ",".join(f"c{k}" for k in range(columns))
    return text(line + "\n" + ",".join("1" * columns) + "\n")


NOISE = np.random.default_rng(0).bytes(5000)
LATIN = "a,stadt,y\n1,Köln,0\n2,Bonn,1\n".encode("latin-1")
CASES = [
    # names
    Case("no such file", "gone.csv", lambda path: None, ("no such file", "spelling")),
    Case("a folder", "d.csv", Path.mkdir, ("folder",)),
    Case("a pipe", "d.csv", os.mkfifo, ("pipe",)),
    Case("empty", "d.csv", text(""), ("is empty", "row of names")),
    Case("blank", "d.csv", text(" \n\n \n"), ("is empty",)),
    Case("a mark and nothing else", "d.csv", text(b"\xef\xbb\xbf"), ("is empty",)),
    Case("only a header", "d.csv", text("a,b,y\n"), ("no rows below it",)),
    Case("two names alike", "d.csv", rows(header="a,a,y", bad="1,2,0"), ("row 1", "columns 1 and 2", "'a'", "rename")),
    Case("alike but for blanks", "d.csv", rows(header="a, a,y", bad="1,2,0"), ("row 1", "'a'")),
    Case("a name missing", "d.csv", rows(header="a,,y", bad="1,2,0"), ("row 1", "column 2", "no name")),
    Case("the last name missing", "d.csv", rows(header="a,y,", bad="1,2,0"), ("row 1", "column 3", "no name")),
    Case("names of nothing", "d.csv", rows(header=",", bad="1,x", good="x,{k}"), ("row 1", "blank")),
    # rows
    Case("a row too short", "d.csv", rows(bad="1,2"), ("row 3", "2 values", "header names 3")),
    Case("a row too long", "d.csv", rows(bad="1,2,0,7"), ("row 3", "4 values", "header names 3", "quotes")),
    Case("one short, one long", "d.csv", text("a,b,y\n1,2\n1,2,3,4\n"), ("row 2", "2 values")),
    Case("the last row cut", "d.csv", rows(bad="1", row=41), ("row 41", "1 value,", "header names 3")),
    Case("all rows too long", "d.csv", text("a,y\n" + "r,1,0,4\n" * 9), ("row 2", "4 values", "header names 2")),
    Case("a blank row between", "d.csv", rows(bad=""), ("row 3", "blank", "remove")),
    Case("a row of another separator", "d.csv", rows(bad="1;2;0"), ("row 3", "1 value,", "semicolon")),
    Case("rows of another separator", "d.csv", text("a,b,y\n1;2;3\n4;5;6\n"), ("row 2", "comma", "semicolon")),
    Case("separated by spaces", "d.csv", text("a b y\n1 2 3\n"), ("row 1", "spaces", "commas")),
    Case("thousands with commas", "d.csv", rows(bad="1,234,5.5,0"), ("row 3", "4 values", "quotes")),
    Case("a quote that never closes", "d.csv", rows(bad='1,"2,0'), ("row 3", "quote")),
    Case("a quote that never closes, late", "d.csv", rows(bad='1,2,"0', row=41), ("row 41", "quote")),
    Case("text behind a quote", "d.csv", rows(bad='1,"2"x,0'), ("row 3", "quote")),
    Case("a quote in the header", "d.csv", rows(header='a,"b,y', bad="1,2,0"), ("row 1", "quote")),
    Case("a cell of a megabyte", "d.csv", rows(bad='1,"' + "x" * 1_000_000), ("row 3", "quote")),
    # encodings
    Case("Latin-1", "d.csv", text(LATIN), ("row 2", "0xf6", "UTF-8")),
    Case("Latin-1 in the header", "d.csv", text("a,größe,y\n1,2,0\n".encode("latin-1")), ("row 1", "0xf6", "UTF-8")),
    Case("UTF-16", "d.csv", text("a,y\n1,0\n".encode("utf-16")), ("UTF-16", "save it as CSV UTF-8")),
    Case("UTF-16, the other way", "d.csv", text(b"\xfe\xff" + "a,y\n1,0\n".encode("utf-16-be")), ("UTF-16",)),
    Case("UTF-16 without a mark", "d.csv", text("a,y\n1,0\n".encode("utf-16-le")), ("row 1", "NUL")),
    Case("UTF-32", "d.csv", text("a,y\n1,0\n".encode("utf-32")), ("UTF-16",)),
    Case("a NUL byte", "d.csv", rows(bad="1,\0,0"), ("row 3", "NUL")),
    Case("a character cut in two", "d.csv", text("a,y\n1,0\n2,ö".encode()[:-1]), ("row 3", "UTF-8")),
    Case("noise", "d.csv", text(NOISE), ("d.csv",)),
    Case("a program", "d.csv", text(b"\x7fELF" + bytes(200)), ("is a program",)),
    # values
    Case("inf", "d.csv", rows(bad="1,inf,0"), ("row 3", "column b", "inf", "number")),
    Case("-Infinity", "d.csv", rows(bad="1,-Infinity,0"), ("row 3", "column b", "inf")),
    Case("a number too large", "d.csv", rows(bad="1,1e999,0"), ("row 3", "column b", "inf")),
    Case("a word among numbers", "d.csv", rows(bad="1,black,0"), ("row 3", "column b", "'black'", "no number"), odd=True),
    Case("a price in dollars", "d.csv", rows(bad="1,$5,0"), ("row 3", "column b", "'$5'", "no number"), odd=True),
    Case("a comma in a number", "d.csv", rows(bad='1,"12,5",0'), ("row 3", "column b", "'12,5'", "no number"), odd=True),
    Case("two points in a number", "d.csv", rows(bad="1,1.234.5,0", row=40), ("row 40", "column b", "'1.234.5'"), odd=True),
    Case("a letter O", "d.csv", rows(bad="1O,2,0"), ("row 3", "column a", "'1O'", "no number"), odd=True),
    Case("30 February", "d.csv", rows(good="2026-01-15,{k},{y}", bad="2026-02-30,1,0"), ("row 3", "column a", "no date"), odd=True),
    Case("month 13", "d.csv", rows(good="2026-01-15,{k},{y}", bad="2026-13-01,1,0"), ("row 3", "'2026-13-01'", "no date"), odd=True),
    Case("29 February 2025", "d.csv", text("a,y\n2024-02-29,1\n2025-02-29,0\n"), ("row 3", "'2025-02-29'", "no date"), odd=True),
    # what is no CSV
    Case("Excel", "d.xlsx", zipped("[Content_Types].xml", "xl/workbook.xml"), (".xlsx", "read_excel")),
    Case("Excel called CSV", "d.csv", zipped("xl/workbook.xml"), (".xlsx", "read_excel")),
    Case("old Excel", "d.csv", text(b"\xd0\xcf\x11\xe0\xa1\xb1" + bytes(600)), (".xls", "read_excel")),
    Case("OpenDocument", "d.csv", zipped("mimetype", content=b"application/vnd.oasis.opendocument.spreadsheet"), (".ods",)),
    Case("a zip", "d.csv", zipped("d.txt"), ("zip archive", "unzip")),
    Case("SQLite", "d.csv", sqlite, ("SQLite", "SELECT")),
    Case("JSON", "d.csv", text('[{"a": 1, "y": 0}]'), ("JSON", "read_json")),
    Case("JSON lines", "d.csv", text('{"a": 1}\n{"a": 2}\n'), ("JSON", "lines=True")),
    Case("a web page", "d.csv", text("<!DOCTYPE html>\n<html></html>"), ("web page",)),
    Case("XML", "d.csv", text("<?xml version='1.0'?><d/>"), ("XML", "read_xml")),
    Case("a PDF", "d.csv", text(b"%PDF-1.7\n"), ("PDF",)),
    Case("a pickle", "d.csv", text(b"\x80\x04\x95" + bytes(30)), ("pickle", "not opened")),
    Case("an old Feather file", "d.csv", text(b"FEA1" + bytes(30)), ("Feather", "read_feather")),
    Case("an Arrow file cut off", "d.csv", cut(lambda path: pl.DataFrame({"a": [1]}).write_ipc(path), 300), ("Arrow", "cut off")),
    Case("an Arrow file that is none", "d.feather", text("a,y\n1,0\n"), (".feather and is none",)),
    Case("a picture", "d.csv", text(b"\x89PNG\r\n\x1a\n" + bytes(30)), ("PNG picture",)),
    Case("ARFF", "d.csv", text("@relation iris\n@attribute a numeric\n"), ("ARFF",)),
    Case("HDF5", "d.csv", text(b"\x89HDF\r\n\x1a\n" + bytes(30)), ("HDF5",)),
    # sizes
    Case("a million columns", "d.csv", wide(1_000_000), ("row 1", "columns", "65,536")),
    Case("a hundred thousand columns", "d.csv", wide(100_000), ("row 1", "100,000 columns", "65,536")),
    Case("a bomb of gzip", "d.csv.gz", bomb(1 << 27), ("of memory to read",)),
    Case("gzip cut off", "d.csv.gz", cut(text(gzip.compress(b"a,y\n" + NOISE.hex(",").encode())), 4000), ("gzip", "cut off")),
    Case("gzip that is damaged", "d.csv.gz", text(gzip.compress(b"a,y\n1,0\n")[:-6] + b"xxxxxx"), ("gzip", "damaged")),
    Case("gzip of a zip", "d.csv.gz", text(gzip.compress(b"PK\x03\x04" + bytes(99))), ("zip archive",)),
    # Parquet
    Case("Parquet cut off", "d.parquet", cut(parquet(a=[1, 2], y=[0, 1]), 300), ("d.parquet", "cut off")),
    Case("Parquet that is none", "d.parquet", text("a,y\n1,0\n"), (".parquet and is none",)),
    Case("Parquet without rows", "d.parquet", parquet(a=pa.array([], pa.int64())), ("no rows",)),
    Case("Parquet without columns", "d.parquet", parquet(), ("no columns",)),
    Case("Parquet of lists alone", "d.parquet", parquet(a=[[1], [2]]), ("no rows", "'a' holds lists")),
    Case("Parquet with an infinity", "d.parquet", parquet(a=[1.0, np.inf], y=["u", "v"]), ("row 1", "column a", "inf")),
    Case("Parquet with two names alike", "d.parquet",
         lambda path: pq.write_table(pa.table([pa.array([1]), pa.array(["u"])], names=["a", "a"]), path), ("two columns", "'a'", "rename")),
    Case("Parquet that says a billion rows", "d.parquet", lying_parquet(10**9), ("d.parquet",)),
    Case("Parquet that says 100 million rows", "d.parquet", lying_parquet(10**8), ("d.parquet",)),
    Case("Parquet that says ten rows", "d.parquet", lying_parquet(10), ("d.parquet",)),
    Case("Parquet that says 2⁶² rows", "d.parquet", lying_parquet(2**62), ("d.parquet",)),
    # arrays
    Case("npy that says a billion rows", "X.npy", lying_npy(10**9), ("X.npy", "promises 24000000000 bytes", "cut off")),
    Case("npy that says 2⁶² rows", "X.npy", lying_npy(2**62), ("X.npy", "promises", "cut off")),
    Case("npz that says a billion rows", "d.npz", lying_npz(10**9), ("d.npz, array", "promises 24000000000 bytes")),
    Case("gzipped digits", "d.csv.gz", text(gzip.compress(b"label,pixel0\n1,2\n")), ("gzipped", "gunzip")),
    Case("encrypted Parquet", "d.parquet", text(b"PARE" + bytes(40) + b"PARE"), ("encrypted",)),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _less_memory() -> Iterator[None]:
    with reading(max_memory="320MB"):  # as with what a small file may take, but in less time
        yield


def is_table(path: Path) -> bool:
    """Whether a file is a table with a target to name, as far as one can tell."""
    try:
        return kind_of(path) in ("table", "parquet")
    except InputError:
        return True


def read_wholly(path: Path, *, odd: bool) -> None:
    """Read a table as a strict reader does, who takes nothing odd."""
    if kind_of(path) in ("npy", "npz", "csv"):
        load(path)
    frame = read_frame(path)
    oddities = [oddity for column in frame.columns if (oddity := frame.oddity(column)) is not None]
    assert len(oddities) == odd
    if odd:
        raise InputError(oddities[0])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_table_is_told_in_one_message(case: Case, pellucid: Command, tmp_path: Path) -> None:
    path = tmp_path / case.file
    case.make(path)
    tracemalloc.start()
    try:
        before = time.perf_counter()
        with pytest.raises(InputError) as caught:
            read_wholly(path, odd=case.odd)
        assert time.perf_counter() - before < 20
        assert tracemalloc.get_traced_memory()[1] < 1 << 30
    finally:
        tracemalloc.stop()
    message = str(caught.value)
    assert message.startswith(str(path))
    assert ";" in message  # what, and what to do
    assert "\n" not in message
    for needle in case.needles:
        assert needle in message
    if case.odd:
        return
    there = sorted(tmp_path.iterdir())
    ended = pellucid("train", case.file, *(["--target", "y"] if is_table(path) else []), "--out", "run")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {case.file}")
    assert ended.err.count("\n") == 1
    for needle in case.needles:
        assert needle in ended.err
    assert sorted(tmp_path.iterdir()) == there


def test_there_are_at_least_sixty_cases_and_no_two_alike() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


def test_a_file_that_one_may_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(self: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))  # as root, who may read everything, gets from nobody

    (tmp_path / "d.csv").write_text("a,y\n1,2\n")
    monkeypatch.setattr(Path, "open", refuse)
    for way in (lambda path: read_frame(path).columns, kind_of):
        with pytest.raises(InputError, match=r"d.csv: you may not read this file; change its permissions"):
            way(tmp_path / "d.csv")


def test_standard_input_is_told_apart_by_its_name() -> None:
    with pytest.raises(InputError, match=r"stdin, row 3: has 1 value"):
        read_frame("-", stdin=io.BytesIO(b"a,y\n1,2\n3\n"))
    with pytest.raises(InputError, match=r"-: there is no standard input"):
        read_frame("-")
