"""A table of columns in memory: what each column holds, where its gaps are, what is odd about it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from pellucid._text import did_you_mean, listed
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError

Kind: TypeAlias = Literal["number", "boolean", "text", "date", "other"]
MOST_COLUMNS = 1 << 16
UNNAMED = "Unnamed: 0"  # what pandas calls the column of an index that has no name
INDEX = "numbers or names the rows and says nothing of them"


class Odd(NamedTuple):
    """The first value of a column that is not of the kind that nearly all others are of."""

    row: int  # from 0
    value: str
    wanted: Literal["number", "date"]


@dataclass(frozen=True)
class Column:
    """What a column holds, as it was stored.

    Values are (n,): numbers and booleans (1, 0) float64 with NaN for a gap; text str objects with None for a gap;
    dates float64, the seconds since 1970-01-01 in UTC, with NaN for a gap. The kind "other" has no values, and `why`
    says what it is. A column of gaps alone is of the kind "number".

    >>> Column("number", np.array([3.0, np.nan]), whole=True).gaps
    array([False,  True])
    """

    kind: Kind
    values: AnyArray | None
    whole: bool = False  # the numbers are integers as they were written
    odd: Odd | None = None
    why: str = ""
    form: str = ""  # in which dates were written, where they were text
    words: tuple[str, str] = ("False", "True")  # what no and yes are called, of booleans

    @property
    def gaps(self) -> AnyArray:
        """Where values are missing, (n,) bool; raises ValueError for a column without values.

        >>> Column("text", np.array(["Bonn", None], object)).gaps
        array([False,  True])
        """
        if self.values is None:
            raise ValueError(f"a column that {self.why} has no values")
        if self.kind == "text":
            return np.array([value is None for value in self.values], np.bool_)
        return np.isnan(self.values)


@dataclass(frozen=True)
class Frame:
    """A table: its columns by name, in their order, each of `rows` values.

    `first` is the number that people give to the first row: a CSV counts its rows from 1 and the header is one of
    them, all else counts from 0.

    >>> frame = Frame("data.csv", {"age": Column("number", np.array([41.0, 52.0]))}, 2, first=2)
    >>> frame.place(1)
    'data.csv, row 3'
    """

    name: str
    columns: dict[str, Column]
    rows: int
    first: int = 0
    on_disk: float = math.inf  # bytes of its file, where it comes from one

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
        known = did_you_mean(column, self.columns, f"its columns are {listed(self.columns)}")
        return InputError(f"{self.name}: has no column {column!r}{why}; {known}{remedy}")

    def oddity(self, column: str) -> str | None:
        """What is odd about a column, where it stands and what to do, or None.

        >>> texts = Column("text", np.array(["1", "2", "$5"], object), odd=Odd(2, "$5", "number"))
        >>> Frame("data.csv", {"price": texts}, 3, first=2).oddity("price")
        "data.csv, row 4, column price: '$5' is no number, nearly all others are; correct it, or leave it empty"
        """
        odd = self.columns[column].odd
        if odd is None:
            return None
        where = f"{self.place(odd.row)}, column {called(column)}"
        return f"{where}: {quoted(odd.value)} is no {odd.wanted}, nearly all others are; correct it, or leave it empty"


def check_columns(name: str, columns: int) -> None:
    """Raise InputError for more columns than a table has.

    >>> check_columns("data.csv", 100_000)
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: data.csv: has 100,000 columns, at most 65,536 are read; leave columns out
    """
    if columns > MOST_COLUMNS:
        raise InputError(f"{name}: has {columns:,} columns, at most {MOST_COLUMNS:,} are read; leave columns out")


def frame_of(name: str, columns: dict[str, Column], *, first: int, on_disk: float = math.inf) -> Frame:
    """Put columns into a table; raises InputError where there are none, no rows, or an infinity.

    >>> frame_of("data", {"age": Column("number", np.array([41.0, np.inf]))}, first=0)
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: data, row 1, column age: is inf; put a number there, or leave it empty
    """
    if not columns:
        raise InputError(f"{name}: has no columns; give at least one to learn from and one to predict")
    sizes = {column: len(held.values) for column, held in columns.items() if held.values is not None}
    rows = next(iter(sizes.values()), 0)
    for column, size in sizes.items():
        if size != rows:
            first_ = next(iter(sizes))
            raise InputError(
                f"{name}: column {called(column)} has {size} values, {first_} has {rows}; give each column as many"
            )
    if rows == 0:
        why = "" if sizes else f", only columns that are not read: {next(iter(columns))!r} {first_why(columns)}"
        raise InputError(f"{name}: has no rows{why}; give at least one")
    frame = Frame(name, columns, rows, first, on_disk)
    for column, held in columns.items():
        if held.kind in ("number", "date") and held.values is not None and np.isinf(held.values).any():
            i = int(np.argmax(np.isinf(held.values)))
            raise InputError(
                f"{frame.place(i)}, column {called(column)}: is {held.values[i]}; put a number there, or leave it empty"
            )
    return frame


def first_why(columns: Mapping[str, Column]) -> str:
    """Why the first column is not read.

    >>> first_why({"tags": Column("other", None, why="holds lists")})
    'holds lists'
    """
    return next(iter(columns.values())).why


def called(column: str) -> str:
    r"""The name of a column as messages show it: quoted where it is long, or would break the line.

    >>> called("age"), called("age\n(years)")
    ('age', "'age\\n(years)'")
    """
    return column if column.isprintable() and len(column) <= 40 else quoted(column)


def quoted(text: str) -> str:
    """A value as messages show it: quoted, and cut where it is long.

    >>> quoted("n.a."), len(quoted("x" * 1000))
    ("'n.a.'", 43)
    """
    return repr(text if len(text) <= 40 else text[:40] + "…")


def is_index(column: str, place: int) -> bool:
    """Whether a name is one under which an index of rows is stored.

    >>> is_index("__index_level_0__", 5), is_index("Unnamed: 0", 0), is_index("age", 0)
    (True, True, False)
    """
    return is_stored_index(column) or (place == 0 and column in (UNNAMED, ""))


def is_stored_index(column: str) -> bool:
    """Whether pandas stored its index under this name: it numbers the rows and says nothing of a sample."""
    return column.startswith("__index_level_") and column.endswith("__")


def is_gap(value: object) -> bool:
    """Whether a Python value stands for a missing one: None, NaN, NaT, pandas' NA.

    >>> is_gap(None), is_gap(math.nan), is_gap(0)
    (True, True, False)
    """
    if value is None:
        return True
    if isinstance(value, (float, np.floating)):
        return math.isnan(value)
    return type(value).__name__ in ("NAType", "NaTType") or (
        isinstance(value, (np.datetime64, np.timedelta64)) and bool(np.isnat(value))
    )
