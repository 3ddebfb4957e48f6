"""What one column of a table holds, and how messages name columns and values."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from pellucid.core.arrays import AnyArray
from pellucid.datasets.frames.marks import Marks

Kind: TypeAlias = Literal["number", "boolean", "text", "date", "other"]


class Odd(NamedTuple):
    """The first value of a column that is not of the kind that nearly all others are of, or can be read in two ways."""

    row: int  # from 0
    value: str
    wanted: str  # number, date
    why: str = ""  # in place of "is no number, nearly all others are"


@dataclass(frozen=True)
class Column:
    """What a column holds, as it was stored, or as its texts were understood.

    Values are (n,): numbers and booleans (1, 0) float64 with NaN for a gap; text str objects with None for a gap;
    dates float64, the seconds since 1970-01-01 in UTC, with NaN for a gap. The kind "other" has no values, and `why`
    says what it is; of text, `why` says what it looks like. A column of gaps alone is of the kind "number".

    >>> Column("number", np.array([3.0, np.nan]), whole=True).gaps
    array([False,  True])
    """

    kind: Kind
    values: AnyArray | None
    whole: bool = False  # the numbers are integers as they were written
    odd: Odd | None = None
    why: str = ""
    form: str = ""  # of dates and numbers that were text: how they are written; of text: how its numbers would be
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

    def marked(self, marks: Marks) -> Column:
        """The column with gaps where its values are marks of missing ones.

        >>> from pellucid.datasets.frames.marks import marks_of
        >>> Column("number", np.array([3.0, -200.0])).marked(marks_of(["-200"], "x")).values
        array([ 3., nan])
        """
        if self.values is None or self.kind not in ("text", "number"):
            return self
        if self.kind == "text":
            gone = [value for value in set(self.values) if value is not None and marks.has(value)]
            if not gone:
                return self
            return replace(self, values=np.array([None if v in gone else v for v in self.values], object))
        lost = np.isin(self.values, list(marks.numbers)) if marks.numbers else np.zeros(0, bool)
        return replace(self, values=np.where(lost, np.nan, self.values)) if lost.any() else self


def are_whole(values: AnyArray) -> bool:
    """Whether numbers (n,), NaN for a gap, are integers, also where they are stored as floats since some are missing.

    >>> are_whole(np.array([1.0, np.nan])), are_whole(np.array([0.5])), are_whole(np.array([np.nan]))
    (True, False, False)
    """
    there = values[~np.isnan(values)]
    return len(there) > 0 and bool((there == np.floor(there)).all())


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
