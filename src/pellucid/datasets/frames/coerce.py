"""Columns as they are stored become the kind that a network's preprocessing wants, or one message says why not."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.frames.column import Column
from pellucid.datasets.frames.dates import COMPACT, Dates, compact_dates, dates_in, each_date, example
from pellucid.datasets.frames.frame import Frame
from pellucid.datasets.frames.text_columns import as_floats, as_objects, in_form, plain_numbers, with_gaps
from pellucid.model.levels import date_text, meaning, number_text
from pellucid.model.preprocessing import Preprocessing

if TYPE_CHECKING:
    import polars as pl

YES, NO = {"yes", "y", "true", "t", "1"}, {"no", "n", "false", "f", "0"}
NAMES = {"number": "numbers", "boolean": "yes and no", "category": "categories", "date": "dates", "text": "text"}
WITH_THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"


def columns_of(frame: Frame, plan: Preprocessing) -> dict[str, AnyArray]:
    """Return the columns that a plan names, each (n,) of the kind that it learned from.

    Other columns are left. Raises InputError for one that is missing or holds another kind of values.
    """
    frame = as_planned(frame, plan)
    missing = [column.name for column in plan.columns if column.name not in frame.stored]
    if missing:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        remedy = ": add it (its cells may be empty), or rename the one that is meant"
        raise frame.lacks(missing[0], f"{more}, which the model learned from", remedy)
    plain = _plain_columns(frame, plan)
    return {
        column.name: plain[column.name]
        if column.name in plain
        else values_as(frame, column.name, kind_of(column), form=getattr(column, "form", ""))
        for column in plan.columns
    }


def as_planned(frame: Frame, plan: Preprocessing) -> Frame:
    """Return a table in which missing values are what they are to a plan."""
    return frame if frame.missing == plan.missing else replace(frame, missing=plan.missing)


def _plain_columns(frame: Frame, plan: Preprocessing) -> dict[str, AnyArray]:
    """Return the columns of texts that are plain numbers, all at once: a table may have tens of thousands."""
    names = [
        column.name
        for column in plan.columns
        if kind_of(column) == "number" and not getattr(column, "form", "") and not _is_typed(frame, column.name)
    ]
    if not names:
        return {}
    texts = with_gaps([frame.stored[name] for name in names], [frame.marks(name) for name in names])  # type: ignore[misc]
    found = dict(zip(names, plain_numbers(texts, codes=True), strict=True))
    for name, column in found.items():
        frame.refuse_infinite(name, None if column is None else column.values)
    return {name: column.values for name, column in found.items() if column is not None and column.values is not None}


def _is_typed(frame: Frame, name: str) -> bool:
    return isinstance(frame.stored[name], Column)


def kind_of(column: object) -> str:
    """Return the kind of a planned column: number, boolean, category or date."""
    return "boolean" if getattr(column, "boolean", False) else str(column.kind)  # type: ignore[attr-defined]


def values_as(frame: Frame, name: str, kind: str, *, form: str = "") -> AnyArray:
    """Return a column's values (n,) as a kind: number, boolean, category or date.

    An empty column fits every kind. Numbers, booleans and dates are categories by their text (``model/levels.py``);
    text that can be read as the kind is read so: numbers and dates in ``form``, where the column that a model learned
    from was written in one. Raises InputError that names the first value that cannot.
    """
    stored = frame.stored[name]
    if isinstance(stored, Column):
        return _typed_as(stored.marked(frame.marks(name)), kind, frame, name, form)
    if "columns" in vars(frame):  # its texts are understood already
        column = frame.columns[name]
        if (column.kind, column.form) == (kind, form) and column.values is not None:
            return column.values
    (texts,) = with_gaps([stored], [frame.marks(name)])
    distinct = texts.drop_nulls().unique()
    if kind == "category":
        return as_objects(texts, distinct)
    values = _read(texts, distinct, kind, form, frame, name)
    _refuse_others(texts.to_numpy(), texts.is_null().to_numpy() | ~np.isnan(values), kind, frame, name, form)
    if kind != "number":
        return values
    frame.refuse_infinite(name, values)
    marked = np.isin(values, list(frame.marks(name).numbers))  # as the form has them: -999,0
    return np.where(marked, np.nan, values)


def _read(texts: pl.Series, distinct: pl.Series, kind: str, form: str, frame: Frame, name: str) -> AnyArray:
    """Return what texts say as numbers, yes and no, or dates: (n,), NaN for a gap and for what cannot be read."""
    import polars as pl

    if kind == "date":
        return _as_dates(texts, distinct, form, frame, name)
    if kind == "number" and form:
        return in_form(texts, distinct, form)
    parse = _yes_or_no if kind == "boolean" else _number
    read = pl.Series([parse(text) for text in distinct], dtype=pl.Float64)
    return as_floats(texts.replace_strict(distinct, read, default=None))


def _yes_or_no(text: str) -> float | None:
    said = meaning(text) or text.lower()
    return 1.0 if said in YES else 0.0 if said in NO else None


def _number(text: str) -> float | None:
    """A number as Python writes it; true and false are 1 and 0."""
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    try:
        value = float(text)
    except ValueError:
        return None
    # Python reads these as numbers, a table does not
    return None if not text.isascii() or "_" in text or np.isnan(value) else value


def _as_dates(texts: pl.Series, distinct: pl.Series, form: str, frame: Frame, name: str) -> AnyArray:
    """Return dates in the form that training knew, or ISO's; without one, in the form of the whole column."""
    if form or not len(distinct):
        return each_date(texts.to_numpy(), form)
    found = dates_in(distinct)
    if isinstance(found, str):
        raise InputError(f"{frame.name}, column {name}: {found}")
    if not isinstance(found, Dates):
        return each_date(texts.to_numpy())
    return as_floats(texts.replace_strict(distinct, found.microseconds, default=None)) / 1e6


def _typed_as(column: Column, kind: str, frame: Frame, name: str, form: str) -> AnyArray:
    """Return the values (n,) of a column that has a type."""
    values = column.values
    if values is None:
        raise InputError(f"{frame.name}: column {name!r} is {column.why}, not {NAMES[kind]}: convert it")
    if kind == "category":
        return values if column.kind == "text" else as_texts(values, column.kind)
    empty = column.gaps
    if bool(np.all(empty)):
        return np.full(len(values), np.nan)
    if column.kind == kind or (kind == "number" and column.kind == "boolean"):
        return values
    if kind == "boolean" and column.kind == "number":
        _refuse_others(values, np.isin(values, (0.0, 1.0)) | empty, kind, frame, name)
        return values
    if kind == "date" and column.kind == "number":
        seconds = compact_dates(values) if form in ("", COMPACT) else None
        if seconds is not None:
            return seconds
    if column.kind == "text":  # a column of categories of a data frame
        import polars as pl

        texts = {**frame.stored, name: pl.Series(values.tolist(), dtype=pl.String)}
        return values_as(replace(frame, stored=texts), name, kind, form=form)
    _refuse_others(values, empty, kind, frame, name)
    return values


def _refuse_others(values: AnyArray, fits: AnyArray, kind: str, frame: Frame, name: str, form: str = "") -> None:
    """Raise InputError at the first value that does not fit."""
    if not fits.all():
        i = int(np.argmin(fits))
        value = values[i] if isinstance(values[i], str) else number_text(float(values[i]))
        what = NAMES[kind]
        if form and kind in ("number", "date"):
            what += f" such as {example(form) if kind == 'date' else form}"
        commas = kind == "number" and re.match(WITH_THOUSANDS, str(value)) and not form
        raise InputError(
            f"{frame.place(i)}, column {name}: {value!r}, but this column holds {what}: "
            f"{'write it without commas' if commas else 'correct it'}, or leave the cell empty"
        )


def levels_of(frame: Frame, name: str) -> AnyArray:
    """Return a column's values (n,) as the levels of a category to fit: of numbers, booleans and dates what they mean.

    3067.0 and 3067 are one level there; in a column of other texts each text is its own.

    >>> import polars as pl
    >>> levels_of(Frame("d", {"zip": pl.Series(["3067.0", "3067"])}, 2), "zip").tolist()
    ['3067', '3067']
    """
    values = values_as(frame, name, "category")
    if frame.columns[name].kind not in ("number", "boolean", "date"):
        return values
    said = {text: text if text is None else meaning(text) for text in set(values.tolist())}
    if any(text is not None and level is None for text, level in said.items()):
        return values
    return np.array([said[text] for text in values], object)


def as_texts(values: AnyArray, kind: str) -> AnyArray:
    """Return numbers, booleans or dates (n,) by their text, None for gaps.

    >>> as_texts(np.array([3.0, 2.5, np.nan]), "number").tolist()
    ['3', '2.5', None]
    """
    different, place = np.unique(values, return_inverse=True)
    texts = np.array([None if np.isnan(value) else text_of(float(value), kind) for value in different], object)
    return np.asarray(texts[place])


def text_of(value: float, kind: str) -> str:
    """Return a number, 1 or 0 of a boolean, or a date in seconds since 1970 by its text.

    >>> text_of(3.0, "number"), text_of(1.0, "boolean"), text_of(86400.0, "date")
    ('3', 'true', '1970-01-02')
    """
    if kind == "boolean":
        return "true" if value else "false"
    return date_text(np.datetime64(round(value * 1e6), "us")) if kind == "date" else number_text(value)
