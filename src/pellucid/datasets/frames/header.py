"""Where the names of a CSV's columns stand: what separates the values, which lines stand above the names, or no names.

A model that knows its columns finds their names again; a person may say which row has them.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from pellucid.core.errors import InputError
from pellucid.datasets.formats.csv_rows import SEPARATORS, is_number, reader, split_row
from pellucid.datasets.frames.column import quoted
from pellucid.datasets.frames.dates import LIKE_ISO, YEARS
from pellucid.datasets.frames.frame import MOST_COLUMNS

LONGEST_ROW = 1 << 21  # characters of the first rows that are looked at
LOOKED_AT = 200  # rows


class Layout(NamedTuple):
    """What is known of a file before it is read: the row that names the columns (0: none does), and known names."""

    header: int | None = None
    names: tuple[str, ...] = ()


class Header(NamedTuple):
    """What separates the values, the names, the row in which they stand (0: in none), and what is to be said of it."""

    separator: str
    names: list[str]
    row: int
    line: int  # lines above the one in which that row begins, or the first row of values where no row has names
    first: int  # the number of the first row of values
    notes: tuple[str, ...] = ()
    stands: bool = True  # the names stand in their row as they are
    better: int = 0  # the row that has as many cells as most, all of them filled, if that is another one


def read_header(content: bytes, name: str, layout: Layout = Layout()) -> Header:  # noqa: B008  (immutable)
    r"""Return what the first rows of a CSV say; raises InputError where they name no columns that can be read.

    >>> read_header(b"size, cm\tprice\n1\t2", "data.tsv")[:3]
    ('\t', ['size, cm', 'price'], 1)
    >>> read_header(b"Prices of 2026\n\nsize;price\n1;2", "data.csv")[:3]
    (';', ['size', 'price'], 3)
    >>> read_header(b"5.1,3.5,setosa\n4.9,3.0,setosa", "iris.csv")[:3]
    (',', ['column 1', 'column 2', 'column 3'], 0)
    """
    text = content[: LONGEST_ROW + 4].decode("utf-8", "ignore")
    rows = {separator: _first_rows(text, separator) for separator in SEPARATORS}
    separator = _separator(rows)
    first, width = rows[separator], _width(rows[separator])
    row = _known(first, layout.names) if layout.header is None else layout.header
    notes: list[str] = []
    if row is None:
        row, notes = _found(first, width, name)
    if row > len(first):
        raise InputError(f"{name}: header={row}: the names are looked for in its first {len(first)} rows")
    names = [cell.strip() for cell in first[row - 1].cells] if row else [f"column {k + 1}" for k in range(width)]
    below, stands = [each.cells for each in first[row:] if each.cells], row > 0
    if row and below and all(len(cells) == len(names) + 1 for cells in below) and all(cells[-1] for cells in below):
        notes.append(
            f"{name}: each row has one value more than there are names: the first names the row, as R writes it"
        )
        names = ["", *names]
        stands = False
    _check(names, name, row, text, first, separator)
    top = row or _row_of_names(first, width)
    full = (k for k, each in enumerate(first, 1) if len(each.cells) == each.filled == width > 1)
    better = next(full, 0) if layout.header is None else 0
    start = row + 1 if row else top
    line = first[top if row and not stands else top - 1].line
    return Header(separator, names, row, line, start, tuple(notes), stands, better if better != row else 0)


class Row(NamedTuple):
    """A row: its cells, and how many lines stand above it."""

    cells: list[str]
    line: int

    @property
    def filled(self) -> int:
        """How many cells are not blank."""
        return sum(bool(cell.strip()) for cell in self.cells)


def _first_rows(text: str, separator: str) -> list[Row]:
    """The first rows, as far as they can be separated so."""
    rows, lines = [], reader(text, separator, strict=False)
    line = 0
    try:
        for cells in itertools.islice(lines, LOOKED_AT):
            rows.append(Row(cells, line))
            line = lines.line_num  # type: ignore[attr-defined]
    except csv.Error:
        pass
    return rows or [Row([], 0)]


def _separator(rows: dict[str, list[Row]]) -> str:
    """The separator that cuts most rows into as many values, more than one; else the one that row 1 has most of."""
    widths = {separator: _width(found) for separator, found in rows.items()}
    several = [separator for separator, width in widths.items() if width > 1]

    def even(separator: str) -> tuple[float, int]:
        found = [row for row in rows[separator] if row.cells]
        return sum(len(row.cells) == widths[separator] for row in found) / len(found), widths[separator]

    if several:
        best = max(several, key=even)
        for other in SEPARATORS:  # names are separated otherwise than the rows: an error, which careful_rows tells
            if len(rows[best][0].cells) < widths[best] == len(rows[other][0].cells):
                return other
        return best
    return max(SEPARATORS, key=lambda cut: len(rows[cut][0].cells))


def _width(rows: list[Row]) -> int:
    """How many values most rows have; of two numbers that as many have, the one of row 1, else the greater."""
    counts = Counter(len(row.cells) for row in rows if row.cells)
    most = max(counts.values(), default=0)
    usual = [width for width, count in counts.items() if count == most]
    first = len(rows[0].cells)
    return first if first in usual else max(usual, default=0)


def _known(rows: list[Row], names: Collection[str]) -> int | None:
    """The row that holds the names of a model's columns, 0 where they are numbers of columns, None where neither."""
    known = set(names)
    found = [len(known & {cell.strip() for cell in row.cells}) for row in rows]
    best = max(found, default=0)
    if best and 2 * best >= len(known):
        return found.index(best) + 1
    return 0 if known and all(re.fullmatch(r"column \d+", name) for name in known) else None


def _found(rows: list[Row], width: int, name: str) -> tuple[int, list[str]]:
    """The row that most likely holds the names, 0 where none does, and what is to be said of it."""
    row = _row_of_names(rows, width)
    values = _holds_values(rows[row - 1 :], width)
    if values and any(each.filled > 1 for each in rows[: row - 1]):
        return 1, []  # what stands above values are names, though too few
    if values:
        called = "the column is called column 1" if width == 1 else f"the columns are called column 1 to column {width}"
        return 0, [f"{name}: row {row} holds values, no names: {called} (header={row} takes it for the names)"]
    if row == 1:
        return 1, []
    above = "row 1 stands above the names of the columns and is"
    if row > 2:
        above = f"rows 1 to {row - 1} stand above the names of the columns and are"
    return row, [f"{name}: {above} left out (header=1 takes row 1 for the names)"]


def _row_of_names(rows: list[Row], width: int) -> int:
    """The row below lines that have too few values to be names: a title, a blank line, a comment."""
    for k, row in enumerate(rows[:-1], 1):
        short = len(row.cells) < width and row.filled <= width // 2
        padded = len(row.cells) == width >= 3 and row.filled <= 1
        comment = row.cells and row.cells[0].startswith("#") and len(row.cells) != width
        if row.cells and row.cells[0].startswith("# ") and not _holds_values(rows[k:], width):
            comment = True
        excel = k == 1 and row.filled <= 1 and "".join(row.cells).lower().startswith("sep=")
        if not (short or padded or comment or excel):
            return k if len(row.cells) == width and len(rows[k].cells) == width else 1
    return 1


def _holds_values(rows: list[Row], width: int) -> bool:
    """Whether the first row holds values as the rows below do: numbers over numbers, or dates over dates."""
    first, *below = [[cell.strip() for cell in row.cells] for row in rows if len(row.cells) == width]
    if not below or not width or len(rows[0].cells) != width or first[0] == "":
        return False
    for fits in (is_number, lambda cell: re.match(LIKE_ISO, cell) is not None):
        over = [k for k in range(width) if fits(first[k]) and all(fits(row[k]) for row in below if row[k])]
        if over and not (
            fits is is_number and _are_names([first[k] for k in over], [[r[k] for r in below] for k in over])
        ):
            return True
    return False


def _are_names(numbers: list[str], below: list[list[str]]) -> bool:
    """Whether numbers in a first row are names: they count up by equal steps, or a year stands over other numbers."""
    if not all(re.fullmatch(r"\d+", number) for number in numbers):
        return False
    values = [int(number) for number in numbers]
    if len(values) == 1:
        others = [float(cell) for cell in below[0] if cell]
        return values[0] in YEARS and not any(other in YEARS for other in others)
    return len({b - a for a, b in itertools.pairwise(values)}) == 1 and values[1] > values[0]


def _check(names: list[str], name: str, row: int, text: str, rows: list[Row], separator: str) -> None:
    """Raise InputError for names that cannot be."""
    where = f"{name}, row {row}"
    if row == 1:
        split_row(text, name, separator)  # whether its quotes are right
    if not any(names):
        raise InputError(f"{where}: is blank; the names of the columns belong there")
    if len(names) > MOST_COLUMNS or (len(text) > LONGEST_ROW and "\n" not in text):
        many = f"{len(names):,} columns or more" if "\n" not in text else f"{len(names):,} columns"
        raise InputError(f"{where}: has {many}, at most {MOST_COLUMNS:,} are read; leave columns out")
    first = [each.cells for each in rows[max(row - 1, 0) :][:2]]
    if len(first) == 2 and len(first[0]) == len(first[1]) == 1 < len(first[0][0].split()) == len(first[1][0].split()):
        raise InputError(
            f"{where}: the columns seem to be separated by spaces; separate them by commas, semicolons or tabs"
        )
    seen: dict[str, int] = {}
    for place, column in enumerate(names, 1):
        if column and column in seen:
            both = f"columns {seen[column]} and {place} are both called {quoted(column)}"
            raise InputError(f"{where}: {both}; rename or remove one")
        seen[column] = place
