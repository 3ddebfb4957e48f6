"""A table of columns in memory: what is stored of each column, what that holds, and where its rows stand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid._text import did_you_mean, listed
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.frames.column import Column, called, quoted
from pellucid.datasets.frames.dates import COMPACT, compact_dates
from pellucid.datasets.frames.marks import Marks, marks_of
from pellucid.datasets.frames.text_columns import understood_all

if TYPE_CHECKING:
    import polars as pl

MOST_COLUMNS = 1 << 16
UNNAMED = "Unnamed: 0"  # what pandas calls the column of an index that has no name
INDEX = "numbers or names the rows and says nothing of them"


@dataclass(frozen=True)
class Frame:
    """A table: what is `stored` of its columns by name, in their order, each of `rows` values.

    A column is stored as a ``Column`` where its values have a type, and as a polars Series of texts where it is text:
    what those say is found out when it is asked for (``columns``), or decided by a model that knows it (``coerce.py``).

    `first` is the number that people give to the first row: a CSV counts its rows from 1 and the header is one of
    them, all else counts from 0. `missing` says what stands for a missing value besides the usual.

    >>> frame = Frame("data.csv", {"age": Column("number", np.array([41.0, 52.0]))}, 2, first=2)
    >>> frame.place(1)
    'data.csv, row 3'
    """

    name: str
    stored: Mapping[str, Column | pl.Series]
    rows: int
    first: int = 0
    on_disk: float = math.inf  # bytes of its file, where it comes from one
    missing: tuple[str, ...] = ()
    separator: str = ""  # between the values of a CSV
    notes: tuple[str, ...] = ()  # what was noticed of its file

    @property
    def names(self) -> list[str]:
        """The names of its columns."""
        return list(self.stored)

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """What each column holds; texts are understood by all of them together.

        >>> import polars as pl
        >>> Frame("d", {"price": pl.Series(["$1", "$2", "?"])}, 3).columns["price"].values
        array([ 1.,  2., nan])
        """
        texts: dict[str, pl.Series] = {n: c for n, c in self.stored.items() if not isinstance(c, Column)}
        read = understood_all(texts, marks=self.marks, separator=self.separator, file=self.name) if texts else {}
        columns = {}
        for name, column in self.stored.items():
            held = column.marked(self.marks(name)) if isinstance(column, Column) else read[name]
            columns[name] = _dated(held)
            if name in read:
                self.refuse_infinite(name, held.values if held.kind == "number" else None)
        return columns

    def marks(self, name: str) -> Marks:
        """What stands for a missing value in a column."""
        return marks_of(self.missing, name) if self.missing else Marks()

    def take(self, rows: AnyArray | Sequence[int], *names: str) -> Frame:
        """Some rows as a table of their own, of all columns or of those that are named.

        It counts its rows from the number of the first one on.

        >>> Frame("d", {"age": Column("number", np.array([41.0, 52.0]))}, 2).take([1]).place(0)
        'd, row 1'
        """
        index = np.asarray(rows, np.int64)

        def some(column: Any) -> Any:
            if not isinstance(column, Column):
                return column[index]
            return column if column.values is None else replace(column, values=column.values[index], odd=None)

        stored = {name: some(column) for name, column in self.stored.items() if not names or name in names}
        return replace(self, stored=stored, rows=len(index), first=self.first + int(index[0]))

    def starting_at(self, row: int) -> Frame:
        """The table with its first row as row ``row`` of its file, which counts from 0.

        >>> Frame("data.parquet", {}, 9).starting_at(100).place(1)
        'data.parquet, row 101'
        """
        return replace(self, first=self.first + row)

    def place(self, i: int) -> str:
        """Where row i stands, as a person would look for it.

        >>> Frame("data", {}, 9).place(8)
        'data, row 8'
        """
        return f"{self.name}, row {int(i) + self.first}"

    def lacks(self, column: str, why: str, remedy: str = "") -> InputError:
        """What to raise for a column that is not there.

        >>> print(Frame("data", {"age": Column("number", None)}, 9).lacks("size", " for the target"))
        data: has no column 'size' for the target; its columns are age
        """
        known = did_you_mean(column, self.names, f"its columns are {listed(self.names)}")
        return InputError(f"{self.name}: has no column {column!r}{why}; {known}{remedy}")

    def oddity(self, column: str) -> str | None:
        """What is odd about a column, where it stands and what to do, or None.

        >>> from pellucid.datasets.frames.column import Odd
        >>> texts = Column("text", np.array(["1", "2", "$5"], object), odd=Odd(2, "$5", "number"))
        >>> Frame("data.csv", {"price": texts}, 3, first=2).oddity("price")  # doctest: +ELLIPSIS
        "data.csv, row 4, column price: '$5' is no number, nearly all others are; correct it, leave it empty, or, ...
        """
        odd = self.columns[column].odd
        if odd is None:
            return None
        where = f"{self.place(odd.row)}, column {called(column)}"
        means = f"where it means missing, say so: missing={{{column!r}: {odd.value!r}}}"
        remedy = f"correct it, leave it empty, or, {means}"
        why = odd.why.replace("NAME", repr(column)) or f"is no {odd.wanted}, nearly all others are; {remedy}"
        return f"{where}: {quoted(odd.value)} {why}"

    def refuse_infinite(self, column: str, values: AnyArray | None) -> None:
        """Raise InputError at an infinity among numbers (n,)."""
        if values is not None and np.isinf(values).any():
            i = int(np.argmax(np.isinf(values)))
            raise InputError(
                f"{self.place(i)}, column {called(column)}: is {values[i]}; put a number there, or leave it empty"
            )


def _dated(column: Column) -> Column:
    """A column of dates where its numbers are days without a sign between year, month and day: 20150406."""
    if column.kind != "number" or column.form or column.values is None:
        return column
    seconds = compact_dates(column.values)
    return column if seconds is None else Column("date", seconds, form=COMPACT)


def check_columns(name: str, columns: int) -> None:
    """Raise InputError for more columns than a table has.

    >>> check_columns("data.csv", 100_000)
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: data.csv: has 100,000 columns, at most 65,536 are read; leave columns out
    """
    if columns > MOST_COLUMNS:
        raise InputError(f"{name}: has {columns:,} columns, at most {MOST_COLUMNS:,} are read; leave columns out")


def frame_of(
    name: str,
    stored: dict[str, Column | pl.Series],
    *,
    first: int,
    on_disk: float = math.inf,
    separator: str = "",
    notes: Sequence[str] = (),
) -> Frame:
    """Put columns into a table; raises InputError where there are none, no rows, or an infinity.

    >>> frame_of("data", {"age": Column("number", np.array([41.0, np.inf]))}, first=0)
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: data, row 1, column age: is inf; put a number there, or leave it empty
    """
    if not stored:
        raise InputError(f"{name}: has no columns; give at least one to learn from and one to predict")
    sizes = {}
    for column, held in stored.items():
        values = held.values if isinstance(held, Column) else held
        if values is not None:
            sizes[column] = len(values)
    rows = next(iter(sizes.values()), 0)
    for column, size in sizes.items():
        if size != rows:
            one = next(iter(sizes))
            raise InputError(
                f"{name}: column {called(column)} has {size} values, {one} has {rows}; give each column as many"
            )
    if rows == 0:
        unread = next((f"{c!r} {h.why}" for c, h in stored.items() if isinstance(h, Column)), "")
        why = "" if sizes else f", only columns that are not read: {unread}"
        raise InputError(f"{name}: has no rows{why}; give at least one")
    frame = Frame(name, stored, rows, first, on_disk, separator=separator, notes=tuple(notes))
    for column, held in stored.items():
        if isinstance(held, Column) and held.kind in ("number", "date"):
            frame.refuse_infinite(column, held.values)
    return frame


def is_index(column: str, place: int) -> bool:
    """Whether a name is one under which an index of rows is stored.

    >>> is_index("__index_level_0__", 5), is_index("Unnamed: 0", 0), is_index("age", 0)
    (True, True, False)
    """
    return is_stored_index(column) or (place == 0 and column in (UNNAMED, ""))


def is_stored_index(column: str) -> bool:
    """Whether pandas stored its index under this name: it numbers the rows and says nothing of a sample."""
    return column.startswith("__index_level_") and column.endswith("__")
