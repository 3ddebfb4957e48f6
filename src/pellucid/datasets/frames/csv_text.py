"""The bytes of a CSV, or of a file separated otherwise, become its header and columns of text; polars reads them.

What is odd goes through Python's csv module, row by row, to be named or, where it is only unusual, read.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pellucid._files.reading import CELL, COLUMN, ROW, TEXT, check_cost
from pellucid.core.errors import InputError, needs
from pellucid.datasets.formats.csv_rows import careful_rows, decode, refuse_utf16
from pellucid.datasets.formats.opening import BOM
from pellucid.datasets.frames.header import Header, Layout, read_header

if TYPE_CHECKING:
    import polars as pl

QUOTE = ord('"')


class Texts(NamedTuple):
    """The columns of a CSV as they are written, the number of the first row of values, and what is to be said."""

    separator: str
    columns: dict[str, pl.Series]
    first: int = 2
    notes: tuple[str, ...] = ()


def read_texts(content: bytes, name: str, on_disk: float = math.inf, layout: Layout = Layout()) -> Texts:  # noqa: B008
    r"""Return the columns of a CSV as text; raises InputError that names the row where it is none.

    >>> texts = read_texts(b"age;city\n41;Bonn\n", "data.csv")
    >>> texts.separator, texts.columns["city"].to_list()
    (';', ['Bonn'])
    """
    content = content.removeprefix(BOM).rstrip(b"\r\n")
    check_beginning(content, name)
    if b"\0" in content or not content.isascii():
        decode(content, name)
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    header = read_header(content, name, layout)
    if header.line:
        content = content.split(b"\n", header.line)[-1]
    return _read(content if header.stands else _names_above(content, header), name, on_disk, header)


def check_beginning(content: bytes, name: str) -> None:
    """Raise InputError where a file is empty or in UTF-16, or polars is missing."""
    needs("polars", "tables", f"{name}: reading a table")
    if not content.strip():
        raise InputError(f"{name}: is empty; give a table: a row of names, and a row for each sample below it")
    refuse_utf16(content, name)


def read_rows_below(content: bytes, name: str, on_disk: float, header: Header) -> Texts:
    """Return the columns of some rows of a CSV whose header is known, the first of them row `header.first`."""
    content = content.rstrip(b"\r\n")
    if b"\0" in content or not content.isascii():
        decode(content, name)
    return _read(_names_above(content, header), name, on_disk, header)


def _names_above(content: bytes, header: Header) -> bytes:
    """Return rows of values below a row of names, whatever they are: as many as there are values."""
    return header.separator.join("c" * len(header.names)).encode() + b"\n" + content


def _read(content: bytes, name: str, on_disk: float, header: Header) -> Texts:
    """Return the columns of a row of names and the rows of values below it."""
    separator, width = header.separator, len(header.names)
    rows = content.count(b"\n") + 1
    needed = TEXT * len(content) + ROW * rows + CELL * (content.count(separator.encode()) + rows) + COLUMN * width
    check_cost(name, needed, on_disk)
    try:
        columns = _read_fast(content, separator, width)
        if columns is None:
            check_cost(name, 2 * needed, on_disk)  # each cell is a str of its own
            columns = _read_carefully(content, name, header)
        if len(columns[0]) == 0:
            raise InputError(f"{name}: has a header and no rows below it; give at least one")
        named, notes = _named(header, columns, name)
    except InputError as error:
        hint = f"; if row {header.better} has the names: header={header.better}" if header.better else ""
        raise InputError(f"{error}{hint}") from None
    return Texts(separator, named, header.first, (*header.notes, *notes))


def _named(header: Header, columns: list[pl.Series], name: str) -> tuple[dict[str, pl.Series], list[str]]:
    """Return the columns by name; those without a name that are empty, as at the end of rows, are left out."""
    named, empty = {}, 0
    for place, (column, texts) in enumerate(zip(header.names, columns, strict=True), 1):
        if column or (place == 1 and len(columns) > 1):
            named[column] = texts
        elif (texts.str.strip_chars() != "").any():
            raise InputError(f"{name}, row {header.row}: column {place} has no name; give it one, or remove it")
        else:
            empty += 1
    several = f"{empty} empty columns without a name are" if empty > 1 else ""  # one is a separator at the end of rows
    return named, [f"{name}: {several} left out"] if several else []


def _read_fast(content: bytes, separator: str, width: int) -> list[pl.Series] | None:
    """Return the columns by polars, or None where anything at all is odd: each row must have `width` values."""
    import polars as pl

    rows = _even_rows(content, separator, width)
    if rows is None:
        return None
    try:
        names = [f"c{k}" for k in range(width)]
        frame = pl.read_csv(content, separator=separator, infer_schema=False, has_header=True, new_columns=names)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    return frame.get_columns() if frame.shape == (rows, width) else None


def _even_rows(content: bytes, separator: str, width: int) -> int | None:
    """Return how many rows stand below the header, or None where they do not have `width` values each."""
    raw = np.frombuffer(content, np.uint8)
    ends, cuts = raw == ord("\n"), raw == ord(separator)
    if b'"' in content:
        inside = np.bitwise_xor.accumulate(raw == QUOTE)
        if inside[-1]:
            return None
        ends &= ~inside
        cuts &= ~inside
    places = np.flatnonzero(ends)
    counts = np.diff(np.searchsorted(np.flatnonzero(cuts), np.concatenate([[0], places, [len(raw)]])))
    if (counts != width - 1).any() or (width == 1 and _is_blank_somewhere(raw, places)):
        return None
    return len(places)


def _is_blank_somewhere(raw: np.ndarray, ends: np.ndarray) -> bool:
    """Whether a line is empty: polars may take it for no row."""
    before = raw[np.maximum(ends - 1, 0)]
    return bool(((before == ord("\n")) | (before == ord("\r"))).any())


def _read_carefully(content: bytes, name: str, header: Header) -> list[pl.Series]:
    """Return the columns by the csv module; raises InputError for the first row that is wrong."""
    import polars as pl

    width = len(header.names)
    held = [cells for _, cells in careful_rows(content.decode(), name, width, header.separator, first=header.first - 1)]
    columns = zip(*held[1:], strict=True) if len(held) > 1 else [()] * width
    return [pl.Series(list(column), dtype=pl.String) for column in columns]
