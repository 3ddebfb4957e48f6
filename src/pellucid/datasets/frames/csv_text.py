"""The bytes of a CSV, or of a file separated otherwise, become its header and columns of text; polars reads them.

What is odd goes through Python's csv module, row by row, to be named or, where it is only unusual, read.
"""

from __future__ import annotations

import csv
import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pellucid._files.reading import CELL, COLUMN, ROW, TEXT, check_cost
from pellucid.core.errors import InputError, needs
from pellucid.datasets.formats.csv_rows import (
    SEPARATORS,
    careful_rows,
    decode,
    is_number,
    reader,
    refuse_utf16,
    split_row,
)
from pellucid.datasets.formats.opening import BOM
from pellucid.datasets.frames.frame import MOST_COLUMNS, quoted

if TYPE_CHECKING:
    import polars as pl

LONGEST_ROW = 1 << 21  # characters of the header
QUOTE = ord('"')


class Texts(NamedTuple):
    """The columns of a CSV as they are written."""

    separator: str
    columns: dict[str, pl.Series]


def read_texts(content: bytes, name: str, on_disk: float = math.inf) -> Texts:
    r"""Return the columns of a CSV as text; raises InputError that names the row where it is none.

    >>> texts = read_texts(b"age;city\n41;Bonn\n", "data.csv")
    >>> texts.separator, texts.columns["city"].to_list()
    (';', ['Bonn'])
    """
    needs("polars", "tables", f"{name}: reading a table")
    content = content.removeprefix(BOM).rstrip(b"\r\n")
    if not content.strip():
        raise InputError(f"{name}: is empty; give a table: a row of names, and a row for each sample below it")
    refuse_utf16(content, name)
    if b"\0" in content or not content.isascii():
        decode(content, name)
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    separator, header = read_header(content, name)
    rows = content.count(b"\n") + 1
    needed = TEXT * len(content) + ROW * rows + CELL * (content.count(separator.encode()) + rows) + COLUMN * len(header)
    check_cost(name, needed, on_disk)
    columns = _read_fast(content, separator, len(header))
    if columns is None:
        check_cost(name, 2 * needed, on_disk)  # each cell is a str of its own
        columns = _read_carefully(content, name, separator, header)
    named = dict(zip(header, columns, strict=True))
    if header[-1] == "":
        if not (columns[-1].str.strip_chars() != "").any():
            del named[""]  # each row ends with a separator
        elif len(header) > 1:
            raise InputError(f"{name}, row 1: column {len(header)} has no name; give it one, or remove it")
    if len(columns[0]) == 0:
        raise InputError(f"{name}: has a header and no rows below it; give at least one")
    return Texts(separator, named)


def read_header(content: bytes, name: str) -> tuple[str, list[str]]:
    r"""Return the separator of a CSV, the likeliest by its first rows, and the names in row 1.

    >>> read_header(b"size, cm\tprice\n1\t2", "data.tsv")
    ('\t', ['size, cm', 'price'])
    """
    text = content[: LONGEST_ROW + 4].decode("utf-8", "ignore")
    rows = {separator: _first_rows(text, separator) for separator in SEPARATORS}
    even = [cut for cut, found in rows.items() if len(found) == 2 and len(found[1]) == len(found[0]) > 1]
    separator = max(even or SEPARATORS, key=lambda cut: len(rows[cut][0]))
    header = split_row(text, name, separator)
    if not any(header):
        raise InputError(f"{name}, row 1: is blank; the names of the columns belong there")
    if len(header) > MOST_COLUMNS or (len(text) > LONGEST_ROW and "\n" not in text):
        many = f"{len(header):,} columns or more" if "\n" not in text else f"{len(header):,} columns"
        raise InputError(f"{name}, row 1: has {many}, at most {MOST_COLUMNS:,} are read; leave columns out")
    if header[0].lower().startswith("sep="):
        raise InputError(f"{name}, row 1: only says what separates the columns; remove that row")
    if all(is_number(cell) for cell in header):
        raise InputError(f"{name}, row 1: holds numbers, not names; put a row with the names of the columns above it")
    _check_spaces(rows[separator], name)
    _check_double(header, name)
    return separator, header


def _first_rows(text: str, separator: str) -> list[list[str]]:
    """Return what rows 1 and 2 hold, if they are separated so; row 1 is empty where they cannot be."""
    try:
        return list(itertools.islice(reader(text, separator, strict=False), 2))
    except csv.Error:
        return [[]]


def _check_spaces(rows: list[list[str]], name: str) -> None:
    """Raise InputError where the one column is several, separated by spaces."""
    if len(rows) == 2 and len(rows[0]) == len(rows[1]) == 1 < len(rows[0][0].split()) == len(rows[1][0].split()):
        raise InputError(
            f"{name}, row 1: the columns seem to be separated by spaces; separate them by commas, semicolons or tabs"
        )


def _check_double(header: list[str], name: str) -> None:
    seen: dict[str, int] = {}
    for place, column in enumerate(header, 1):
        if column and column in seen:
            both = f"columns {seen[column]} and {place} are both called {quoted(column)}"
            raise InputError(f"{name}, row 1: {both}; rename or remove one")
        if column == "" and 1 < place < len(header):
            raise InputError(f"{name}, row 1: column {place} has no name; give it one, or remove it")
        seen[column] = place


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


def _read_carefully(content: bytes, name: str, separator: str, header: list[str]) -> list[pl.Series]:
    """Return the columns by the csv module; raises InputError for the first row that is wrong."""
    import polars as pl

    held = [cells for _, cells in careful_rows(content.decode(), name, len(header), separator)]
    columns = zip(*held[1:], strict=True) if len(held) > 1 else [()] * len(header)
    return [pl.Series(list(column), dtype=pl.String) for column in columns]
