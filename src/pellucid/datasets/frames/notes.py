"""What a person should know of a table: values that most likely stand for a missing one, a row that holds sums."""

from __future__ import annotations

import numpy as np

from pellucid.core.arrays import AnyArray
from pellucid.datasets.containers import Indices
from pellucid.datasets.frames.coerce import text_of
from pellucid.datasets.frames.column import Column, called
from pellucid.datasets.frames.frame import Frame
from pellucid.model.preprocessing import Preprocessing

SUMS = ("total", "totals", "grand total", "sum", "summe", "gesamt", "insgesamt", "totale", "somme", "suma")
SHARE = 0.01  # of the rows, from which a number is common
LEAST = 5  # rows
DIFFERENT = 10  # values that the others need: in a column of few values no one is far from the rest


def notes_on(frame: Frame, plan: Preprocessing, rows: Indices) -> list[str]:
    """Return what is to be said of a table whose plan was fitted on some rows."""
    return [*_sums(frame), *_far(frame, plan, rows)]


def _sums(frame: Frame) -> list[str]:
    """What is to be said of a last row that holds the sums of the others."""
    for column in frame.stored.values():
        if not isinstance(column, Column) and str(column[-1]).strip().lower().rstrip(":") in SUMS:
            text = str(column[-1])
            return [f"{frame.place(frame.rows - 1)} begins with {text!r}: a row of sums is no sample; remove it"]
    return []


def _far(frame: Frame, plan: Preprocessing, rows: Indices) -> list[str]:
    """What is to be said of numbers and dates that are common and far from all others, as -999 may be."""
    names = [column.name for column in plan.columns if column.kind != "category"]
    said = []
    for name in [*names, *(target.name for target in plan.targets)]:
        column = frame.columns[name]
        if column.kind in ("number", "date") and column.values is not None:
            for value, count in far_values(column.values[rows]):
                text = _mark(frame, name, column, value)
                said.append(
                    f"column {called(name)}: {text} stands in {count:,} of {len(rows):,} rows and is far from all "
                    f"other values; where it means missing: missing={{{name!r}: {text!r}}}"
                )
    return said


def _mark(frame: Frame, name: str, column: Column, value: float) -> str:
    """A number, or a date as its cell has it, as it is named as a mark of missing values."""
    stored = frame.stored[name]
    if column.kind == "date" and not isinstance(stored, Column):
        return str(stored[int(np.argmax(column.values == value))]).strip()
    return text_of(value, column.kind)


def far_values(values: AnyArray) -> list[tuple[float, int]]:
    """The least and the greatest of values (n,), NaN for a gap, where they are common and far from all others.

    Far is by more than half of what the others span, and than three times the widest gap between two of them. 0 is
    never meant. Each comes with its count.

    >>> far_values(np.array([-200.0] * 9 + list(range(80))))
    [(-200.0, 9)]
    >>> far_values(np.array([0.0] * 9 + list(range(80))))
    []
    """
    different, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    common = counts >= max(LEAST, SHARE * counts.sum())
    bulk = different[~common]
    found = []
    for k in (0, len(different) - 1) if len(different) > DIFFERENT else ():
        others = bulk if len(bulk) >= DIFFERENT else np.delete(different, k)
        distance = max(float(others[0] - different[k]), float(different[k] - others[-1]))
        far = max((others[-1] - others[0]) / 2, 3 * np.diff(others).max())
        if common[k] and different[k] != 0 and distance > far:
            found.append((float(different[k]), int(counts[k])))
    return found
