"""Columns as they are stored become the kind that a network's preprocessing wants, or one message says why not."""

from __future__ import annotations

import re

import numpy as np

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.frames.dates import AMBIGUOUS, contradict, each_date
from pellucid.datasets.frames.frame import Column, Frame
from pellucid.datasets.frames.text_columns import WITH_THOUSANDS
from pellucid.model.preprocessing import Preprocessing

YES, NO = {"yes", "y", "true", "t", "1"}, {"no", "n", "false", "f", "0"}
NAMES = {"number": "numbers", "boolean": "yes and no", "category": "categories", "date": "dates", "text": "text"}


def columns_of(frame: Frame, plan: Preprocessing) -> dict[str, AnyArray]:
    """Return the columns that a plan names, each (n,) of the kind that it learned from.

    Other columns are left. Raises InputError for one that is missing or holds another kind of values.
    """
    missing = [column.name for column in plan.columns if column.name not in frame.columns]
    if missing:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        remedy = ": add it (its cells may be empty), or rename the one that is meant"
        raise frame.lacks(missing[0], f"{more}, which the model learned from", remedy)
    return {
        column.name: as_kind(
            frame.columns[column.name], kind_of(column), frame, column.name, form=getattr(column, "form", "")
        )
        for column in plan.columns
    }


def texts_of(plan: Preprocessing) -> set[str]:
    """Return the columns whose values are to be read as text, though they may look like numbers: the categories."""
    return {column.name for column in plan.columns if column.kind == "category"}


def kind_of(column: object) -> str:
    """Return the kind of a planned column: number, boolean, category or date."""
    return "boolean" if getattr(column, "boolean", False) else str(column.kind)  # type: ignore[attr-defined]


def as_kind(column: Column, kind: str, frame: Frame, name: str, *, form: str = "") -> AnyArray:
    """Return a column's values (n,) as a kind: number, boolean, category or date.

    An empty column fits every kind. Numbers and booleans are categories by their text; text that can be read as the
    kind is read so, dates in ``form`` where the text may be read in two ways. Raises InputError that names the first
    value that cannot.
    """
    values = column.values
    if values is None:
        raise InputError(f"{frame.name}: column {name!r} is {column.why}, not {NAMES[kind]}: convert it")
    if kind == "category":
        return values if column.kind == "text" else _as_texts(values, column)
    empty = column.gaps
    if bool(np.all(empty)):
        return np.full(len(values), np.nan)
    if kind == "date" and contradict(column.form, form):
        raise InputError(
            f"{frame.name}, column {name}: its dates have day and month in another order than those of the training "
            f"({column.form} and {form}); write them as 2026-12-31"
        )
    if column.kind == kind or (kind == "number" and column.kind == "boolean"):
        return values
    if kind == "boolean" and column.kind == "number":
        _refuse_others(values, np.isin(values, (0.0, 1.0)) | np.isnan(values), kind, frame, name)
        return values
    if column.kind == "text" and kind != "date":
        parsed = {text: _parse(text, kind) for text in set(values) if text is not None}
        _refuse_others(
            values, np.array([text is None or parsed[text] is not None for text in values]), kind, frame, name
        )
        return np.array([np.nan if text is None else parsed[text] for text in values], np.float64)
    if column.kind == "text":
        seconds = each_date(values, form)
        fits = empty | ~np.isnan(seconds)
        if column.why == AMBIGUOUS and not (form and fits.all()):
            raise InputError(f"{frame.name}, column {name}: {AMBIGUOUS}")
        _refuse_others(values, fits, kind, frame, name)
        return seconds
    _refuse_others(values, empty, kind, frame, name)
    return values


def _parse(text: str, kind: str) -> float | None:
    text = text.strip().lower()
    if kind == "boolean":
        return 1.0 if text in YES else 0.0 if text in NO else None
    try:
        value = float(text)
    except ValueError:
        return None
    if not text.isascii() or "_" in text:  # Python reads these as numbers, a table does not
        return None
    return value if np.isfinite(value) else None


def _refuse_others(values: AnyArray, fits: AnyArray, kind: str, frame: Frame, name: str) -> None:
    """Raise InputError at the first value that does not fit."""
    if not fits.all():
        i = int(np.argmin(fits))
        value = values[i] if isinstance(values[i], str) else f"{values[i]:g}"
        how = "write it without commas" if kind == "number" and re.match(WITH_THOUSANDS, str(value)) else "correct it"
        raise InputError(
            f"{frame.place(i)}, column {name}: {value!r}, but this column holds {NAMES[kind]}: "
            f"{how}, or leave the cell empty"
        )


def _as_texts(values: AnyArray, column: Column) -> AnyArray:
    """Return numbers and booleans by their text, None for gaps.

    >>> _as_texts(np.array([3.0, 2.5, np.nan]), Column("number", np.zeros(0))).tolist()
    ['3', '2.5', None]
    """
    different, place = np.unique(values, return_inverse=True)
    texts = np.array([_text(float(value), column.kind) for value in different], object)
    return np.asarray(texts[place])


def _text(value: float, kind: str) -> str | None:
    if np.isnan(value):
        return None
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "date":
        return str(np.datetime64(int(value), "s"))
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(value)
