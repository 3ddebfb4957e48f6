"""What the columns of a table are: numbers, yes or no, categories, dates, or better left out; and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pellucid._text import did_you_mean, listed, shortened
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Indices, Understood
from pellucid.datasets.frames.coerce import levels_of, values_as
from pellucid.datasets.frames.column import Column
from pellucid.datasets.frames.dates import YEARS
from pellucid.datasets.frames.frame import Frame
from pellucid.datasets.frames.targets import FEW_TEXTS, MOST_DIFFERENT
from pellucid.datasets.frames.written import Form
from pellucid.model.columns import RARE, Category, Date, Number

KINDS = ("number", "boolean", "category", "date", "out")  # that a person may ask for
MANY_ROWS = 30  # numbers that count up over so many rows number them, unless they are years
OF_TARGETS = ("number", "category")  # that a person may ask of what is predicted


def understand(
    frame: Frame, train: Indices, *, without: set[str], asked: Mapping[str, str]
) -> tuple[tuple[Number | Category | Date, ...], tuple[tuple[str, str], ...]]:
    """Return the columns that become inputs, fitted on the rows ``train`` alone, and those left out with the reason.

    ``without`` names columns that are no inputs (the target); ``asked`` says of some what they are, one of
    ``KINDS``. Raises InputError for a column that is not there or cannot be what was asked for, and where no input
    is left.
    """
    used: list[Number | Category | Date] = []
    left_out: list[tuple[str, str]] = []
    for name, column in frame.columns.items():
        if name in without:
            continue
        kind = asked.get(name)
        oddity = frame.oddity(name) if kind is None else None
        if oddity is not None:
            raise InputError(f"{oddity}; or leave the column out: {_kind(name, 'out')}")
        why = "as asked" if kind == "out" else reason_to_leave_out(name, column, train) if kind is None else None
        if why is not None:
            left_out.append((name, why))
            continue
        kind = kind or {"text": "category"}.get(column.kind, column.kind)
        fitted = _fitted(frame, name, kind, train)
        if isinstance(fitted, Category) and not fitted.levels and name in asked:
            raise InputError(
                f"{_kind(name, kind)}: {frame.name} has no text there that stands in {RARE} rows, so that it says "
                "nothing as a category; leave it out"
            )
        used.append(fitted)
    if not used:
        reasons = "; ".join(f"{name}: {why}" for name, why in left_out[:3])
        raise InputError(
            f"{frame.name}: no column is left to learn from beside {', '.join(sorted(without))} ({reasons or 'none'}); "
            "bring more columns, or say what one is: columns={'NAME': 'category'}"
        )
    return tuple(used), tuple(left_out)


def _fitted(frame: Frame, name: str, kind: str, train: Indices) -> Number | Category | Date:
    if kind == "category":
        return Category.fitted(name, levels_of(frame, name)[train])
    column = frame.columns[name]
    form = column.form if column.kind in (kind, "text") else ""
    values = values_as(frame, name, kind, form=form)[train]
    if kind == "date":
        return Date.fitted(name, values, form=form)
    return Number.fitted(name, values, boolean=kind == "boolean", form=form if kind == "number" else "")


def reason_to_leave_out(name: str, column: Column, train: Indices) -> str | None:
    """Return why a column is no good as an input, or None.

    >>> reason_to_leave_out("", Column("number", np.arange(9.0), whole=True), np.arange(9))
    'it numbers the rows'
    """
    if column.values is None:
        return column.why or "it holds no plain values"
    values = column.values[train]
    there = values[~column.gaps[train]]
    if not len(there):
        return "it is empty"
    counts_up = column.kind == "number" and column.whole and bool((np.diff(column.values) == 1).all())
    if counts_up and numbers_the_rows(name, float(column.values[0]), len(column.values)):
        return "it numbers the rows"
    first = there[0]
    if len(there) == len(values) and bool((there == first).all()):
        return f"it is always {_short(first)}"
    if column.kind == "text":
        different = len(set(there))
        if different > FEW_TEXTS and different > MOST_DIFFERENT * len(there):
            text = f"text with {different:,} different values in {len(there):,} rows"
            return f"{text}; {column.why}" if column.why else text
    return None


def numbers_the_rows(name: str, first: float, rows: int) -> bool:
    """Whether whole numbers that count up by one from row to row number the rows: by the first, or the column's name.

    >>> numbers_the_rows("age", 18.0, rows=5), numbers_the_rows("id", 18.0, rows=5)
    (False, True)
    """
    named = name.strip().lower() in ("", "id", "index", "row", "unnamed: 0")
    return rows >= 3 and (first in (0, 1) or named or (rows >= MANY_ROWS and first not in YEARS))


def _short(value: object) -> str:
    return shortened(f"{value:g}" if isinstance(value, float) else str(value), 30)


def check_asked(frame: Frame, targets: Sequence[str], weights: str | None, asked: Mapping[str, str]) -> None:
    """Raise InputError for a column that is not there, or cannot be what was asked for."""
    for name, kind in asked.items():
        if kind not in KINDS:
            raise InputError(f"{_kind(name, kind)}: {did_you_mean(kind, KINDS, f'a column is one of {listed(KINDS)}')}")
        if name == weights or (name in targets and kind not in OF_TARGETS):
            raise InputError(f"{_kind(name, kind)}: is the target, or the weight of a row; leave this out")
        if name not in frame.stored:
            known = did_you_mean(name, frame.names, f"it has {listed(frame.names)}")
            raise InputError(f"{_kind(name, kind)}: {frame.name} has no such column; {known}")
        if frame.columns[name].values is None and kind != "out":
            raise InputError(f"{_kind(name, kind)}: {frame.name} has it as {frame.columns[name].why}; leave it out")


def _kind(name: str, kind: str) -> str:
    """Return the setting that says what a column is, as Python has it."""
    return f"columns={{{name!r}: {kind!r}}}"


def describe(column: Number | Category | Date, missing: int) -> Understood:
    """Return in words what becomes of a column.

    >>> describe(Category("city", ("Bonn", "Köln")), 0).becomes
    'one of 2: Bonn, Köln'
    """
    gone = f"; {missing:,} missing" if missing else ""
    if isinstance(column, Category):
        some = ", ".join(map(_short, column.levels[:3])) + (", …" if len(column.levels) > 3 else "")
        text = f"one of {len(column.levels)}: {some}" + ("; rare ones together" if column.others else "")
        gone += " have an input of their own" if missing and column.gaps else ""
        kind = "category"
    elif isinstance(column, Date):
        cycles = f", and its place in the {', '.join(column.cycles)}" if column.cycles else ""
        text, kind = f"days, scaled{cycles}", "date"
    elif column.boolean:
        text, kind = "1 for yes, 0 for no, scaled", "boolean"
    else:
        text, kind = f"{scaled('x', column.mean, column.scale)}{in_form(column.form)}", "number"
    if missing and not isinstance(column, Category):
        filled = "the middle one" if isinstance(column, Date) else f"{column.fill:.4g}"
        gone += f" become {filled}" + (", marked" if column.gaps else "")
    return Understood(column.name, kind, text + gone, missing, len(column.inputs))


def scaled(name: str, mean: float, scale: float) -> str:
    """Return how a value is scaled.

    >>> scaled("x", 40.0, 10.0), scaled("y", -0.048, 1.056)
    ('(x − 40) / 10', '(y + 0.048) / 1.056')
    """
    return f"({name} {'+' if mean < 0 else '−'} {abs(mean):.4g}) / {scale:.4g}"


def in_form(form: str) -> str:
    """Return what is to be said of the way in which a column writes numbers.

    >>> in_form("$1,234.5"), in_form("")
    ("; read without '$' and ','", '')
    """
    words = Form.of(form).in_words if form else ""
    return f"; read {words}" if words else ""
