"""The rows of a table that a model cannot take, all of them, and those that it can: for predict --keep-going."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy.typing as npt

from pellucid import datasets
from pellucid._text import counted
from pellucid.cli.printing import note
from pellucid.core.errors import InputError
from pellucid.datasets import Frame
from pellucid.model.preprocessing import Preprocessing

SHOWN = 20  # on the screen
MOST_UNPLACED = 100  # rows whose message names no row: then it is the column that is wrong, not they


class Bad(NamedTuple):
    """What was left out: a file, or the row of one, from 0, for a value in a column; in words where, and why."""

    input: str
    row: int | None
    column: str | None
    place: str
    reason: str


def bad_cells(frame: Frame, plan: Preprocessing, dtype: npt.DTypeLike) -> list[Bad]:
    """The values of a table that cannot be what the model learned from, row by row.

    Raises:
        InputError: a column is missing, or wrong as a whole.
    """
    missing = next((column.name for column in plan.columns if column.name not in frame.stored), None)
    if missing is not None:
        datasets.inputs_of(frame, plan, dtype)  # raises
    found = [bad for column in plan.columns for bad in _in_column(frame, Preprocessing((column,)), dtype)]
    return sorted(found, key=lambda bad: bad.row or 0)


def _in_column(frame: Frame, plan: Preprocessing, dtype: npt.DTypeLike) -> Iterator[Bad]:
    """Halve the rows until each one that cannot be read stands alone: what can be read tells no more of itself."""
    name, unplaced = plan.columns[0].name, 0
    spans = [(0, frame.rows)]
    while spans:
        start, stop = spans.pop()
        some = frame.take(range(start, stop), name)
        try:
            datasets.inputs_of(some, plan, dtype)
        except InputError as error:
            if stop - start > 1:
                middle = (start + stop) // 2
                spans += [(middle, stop), (start, middle)]
                continue
            unplaced += not str(error).startswith(some.place(0))
            if unplaced > min(MOST_UNPLACED, frame.rows - 1):
                raise
            yield Bad(frame.name, start, name, some.place(0), str(error))


def left_out(bad: Sequence[Bad], predicted: int) -> InputError:
    """The error to end with where something was left out, and so many rows were predicted."""
    files = sum(one.row is None for one in bad)
    rows = len({(one.input, one.row) for one in bad if one.row is not None})
    counts = " and ".join(counted(count, what) for count, what in ((files, "file"), (rows, "row")) if count)
    return InputError(f"{counts} left out, {counted(predicted, 'row')} predicted: correct what is said of each")


def tell(bad: Sequence[Bad]) -> None:
    """Say on standard error what was left out."""
    for one in bad[:SHOWN]:
        note(one.reason)
    if len(bad) > SHOWN:
        note(f"… and {len(bad) - SHOWN:,} more; --json has all of them")
