"""What stands for a missing value: the usual marks, and those that a person names."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from pellucid.datasets.formats.digit_csv_rows import GAPS
from pellucid.model.levels import DECIMAL

EMPTY = frozenset({"", "nan", "null", "<na>", "#n/a", "-nan"})  # what programs write where nothing is: never a class
USUAL = EMPTY | GAPS


class Marks(NamedTuple):
    """The marks of one column: texts in lower case, and those that are numbers.

    >>> marks = marks_of(["-200", "city=unknown"], "city")
    >>> [marks.has(text) for text in ("-200.0", "Unknown", "?", " ", "Bonn")]
    [True, True, True, True, False]
    """

    texts: frozenset[str] = USUAL
    numbers: frozenset[float] = frozenset()

    def has(self, text: str) -> bool:
        """Whether a text is a mark."""
        text = text.strip().lower()
        number = bool(self.numbers) and DECIMAL.fullmatch(text) is not None
        return text in self.texts or (number and float(text) in self.numbers)


def marks_of(missing: Collection[str], name: str) -> Marks:
    """Return the marks of a column, given what a person says: ``TEXT`` for all columns, ``NAME=TEXT`` for one.

    They come on top of the usual ones; ``NAME=``, without a text, says that only the empty cell is missing in a column.

    >>> marks_of(["damage="], "damage").has("none"), marks_of(["damage="], "damage").has("")
    (False, True)
    """
    given = given_marks(missing, name)
    usual = EMPTY if f"{name}=" in missing else USUAL
    return Marks(usual | given, frozenset(float(text) for text in given if DECIMAL.fullmatch(text)))


def given_marks(missing: Collection[str], name: str) -> frozenset[str]:
    """Return what a person named as a mark of a column, in lower case.

    >>> sorted(given_marks(["-200", "city=Unknown"], "city"))
    ['-200', 'unknown']
    """
    parts = [text.rpartition("=") for text in missing]
    return frozenset(mark.strip().lower() for column, equals, mark in parts if not equals or column == name)


def named_columns(missing: Collection[str]) -> list[str]:
    """Return the columns that have marks of their own.

    >>> named_columns(["-200", "city=unknown"])
    ['city']
    """
    return [text.rpartition("=")[0] for text in missing if "=" in text]
