"""Files become tables: CSV, plain or gzipped, and Parquet."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Collection
from typing import BinaryIO

from pellucid.core.errors import InputError
from pellucid.datasets.containers import Path
from pellucid.datasets.formats.idx import GZIP
from pellucid.datasets.formats.opening import name_of, opened
from pellucid.datasets.formats.parquet import MAGIC as PARQUET
from pellucid.datasets.formats.unsupported import BEGINNING, WANTED, refuse
from pellucid.datasets.frames.csv_text import read_texts
from pellucid.datasets.frames.frame import INDEX, UNNAMED, Column, Frame, checked, is_index
from pellucid.datasets.frames.from_dataframe import from_native
from pellucid.datasets.frames.text_columns import kept, understood_all
from pellucid.datasets.streaming.row_groups import opened_parquet

MOST_BYTES = 1 << 30  # of a CSV, unpacked; while it is read it takes about five times as much
MOST_CELLS = 1 << 28  # of a Parquet file: 2 GB of numbers
PIECE = 1 << 20


def read(path: Path, stdin: BinaryIO | None, as_text: Collection[str] = ()) -> Frame:
    """Read a CSV or a Parquet file, as `read_frame` says.

    >>> read("missing.csv", None)
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: missing.csv: there is no such file; check the spelling and the folder
    """
    name = name_of(path)
    try:
        if name == "-":
            if stdin is None:
                raise InputError("-: there is no standard input to read from; give a file")
            return _csv(_content(stdin, "stdin"), "stdin", as_text)
        with opened(path, WANTED) as stream:
            start = stream.read(4)
            stream.seek(0)
            if start != PARQUET:
                return _csv(_content(stream, name), name, as_text)
        return _parquet(name)
    except MemoryError:
        raise InputError(f"{name}: does not fit into this machine's memory; use a part of it") from None


def _content(stream: BinaryIO, name: str) -> bytes:
    """Return the bytes of a file, unpacked where they are gzipped; raises InputError for one that is too large."""
    content = _bounded(stream, name)
    if not content.startswith(GZIP):
        refuse(content[:BEGINNING], name)
        if name.lower().endswith(".parquet"):
            raise InputError(f"{name}: is called .parquet and is none; get it again, or give {WANTED}")
        return content
    try:
        with gzip.open(io.BytesIO(content)) as unpacked:
            content = _bounded(unpacked, name)
    except (OSError, EOFError, zlib.error) as fault:
        raise InputError(f"{name}: its gzip is cut off or damaged ({fault}); get it again") from None
    refuse(content[:BEGINNING], name)
    return content


def _bounded(stream: BinaryIO | gzip.GzipFile, name: str) -> bytes:
    held = bytearray()
    while piece := stream.read(PIECE):
        held += piece
        if len(held) > MOST_BYTES:
            raise InputError(
                f"{name}: holds more than {MOST_BYTES >> 20:,} MB of text, which is too much to read at once; "
                "take a part of its rows, or save it as Parquet"
            )
    return bytes(held)


def _csv(content: bytes, name: str, as_text: Collection[str]) -> Frame:
    texts = read_texts(content, name)
    open_ = {
        column: series
        for place, (column, series) in enumerate(texts.columns.items())
        if not is_index(column, place) and column not in as_text
    }
    columns = understood_all(open_, comma=texts.separator == ";")
    for place, (column, series) in enumerate(texts.columns.items()):
        if is_index(column, place):
            columns[column] = Column("other", None, why=INDEX)
        elif column in as_text:
            columns[column] = kept(series)
    in_order = {column or UNNAMED: columns[column] for column in texts.columns}
    return checked(name, in_order, first=2)


def _parquet(name: str) -> Frame:
    with opened_parquet(name) as file:
        rows, width = file.metadata.num_rows, len(file.schema_arrow.names)
        if not 0 <= rows * width <= MOST_CELLS:
            raise InputError(
                f"{name}: says that it has {rows:,} rows of {width:,} columns, too much for memory; take fewer, "
                "or get it again if that is not so"
            )
        table = file.read(use_threads=False)
        table.validate(full=True)
        if table.num_rows != rows:
            raise InputError(f"{name}: has {table.num_rows} rows, not {rows} as it says; it is damaged, get it again")
    return checked(name, from_native(table, name), first=0)
