"""Columns of text become what their values say: numbers, booleans, dates, or text; gaps are found in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pellucid.core.errors import InputError
from pellucid.datasets.frames.column import Column, Odd, quoted
from pellucid.datasets.frames.dates import (
    NEARLY_ALL,
    SOMEHOW,
    Dates,
    dates_in,
    looks_like_dates,
    odd_date,
    wrong_iso_date,
)
from pellucid.datasets.frames.marks import Marks
from pellucid.datasets.frames.written import COMMA, GROUPED, Form, Texts, Written, reader_of
from pellucid.model.levels import number_text

if TYPE_CHECKING:
    import polars as pl

MOST_OTHERS = 1 << 14  # columns: of each a millisecond goes into finding out what it is
FEW = 1000  # rows in which texts are not worth being shared
MOST_SPELLINGS = 64  # of true and false
LEAST = 4  # different texts, from which one that is no number in the first row is no value
NUMBER_SOMEHOW = r"^[^\w]{0,3}\d[\d.,\x{00a0} ]*( ?[^\w\s].{0,12})?$"
MANY = 8  # different numbers with a point, from which it is no chance that each has three digits behind it
SAMPLE = 200  # distinct texts that decide whether a column is worth a closer look


def understood_all(
    columns: Mapping[str, pl.Series],
    *,
    marks: Callable[[str], Marks] = lambda _: Marks(),
    separator: str = "",
    file: str = "data",
) -> dict[str, Column]:
    """Return what columns of text hold; what stands for a missing value is a gap, blanks around are left out.

    Digits behind a leading 0, as in 007, are text. Whether a comma is a decimal point is decided by all columns
    together, and by what separates the values. What can be done for all columns at once is: a table may have tens of
    thousands, and each call takes long. Raises InputError where too many are not numbers.

    >>> import polars as pl
    >>> found = understood_all({"a": pl.Series(["1", "NA", " 2.5"]), "b": pl.Series(["x", "y", ""])})
    >>> found["a"].values, found["b"].values
    (array([1. , nan, 2.5]), array(['x', 'y', None], dtype=object))
    """
    at_once = dict(zip(columns, plain_numbers(list(columns.values())), strict=True))
    others = [name for name, column in at_once.items() if column is None or marks(name).numbers]
    if len(others) > MOST_OTHERS:
        raise InputError(
            f"{file}: has {len(others):,} columns that are not numbers, at most {MOST_OTHERS:,} are read; "
            "leave some of them out"
        )
    texts = dict(zip(others, with_gaps([columns[name] for name in others], list(map(marks, others))), strict=True))
    at_once |= dict(zip(others, plain_numbers(list(texts.values())), strict=True))
    distinct = {name: texts[name].drop_nulls().unique(maintain_order=True) for name in others if at_once[name] is None}
    found = {name: column or _typed(texts[name], distinct[name]) for name, column in at_once.items()}
    written = {name: _written(distinct[name]) for name, column in found.items() if column is None}
    known = {name: each for name, each in written.items() if each is not None}
    stripped = {name: texts.get(name, series) for name, series in columns.items()}
    for name, column in _in_the_light_of_all(found, known, stripped, separator).items():
        found[name] = column.marked(marks(name))  # a mark such as -999 is a number in the column's own form
    return {name: column or _text(texts[name], distinct[name]) for name, column in found.items()}


def _typed(texts: pl.Series, distinct: pl.Series) -> Column | None:
    """Return booleans or dates, or None."""
    if len(distinct) <= MOST_SPELLINGS and {text.lower() for text in distinct} <= {"true", "false"}:
        said = {word.lower(): word for word in sorted(distinct)}
        named = (said.get("false", "false"), said.get("true", "true"))
        return Column("boolean", as_floats(texts.str.to_lowercase() == "true"), words=named)
    dates = dates_in(distinct)
    if isinstance(dates, Dates):
        return Column("date", _matched(texts, distinct, dates.microseconds), form=dates.form)
    return None if dates is None else Column("text", as_objects(texts, distinct), why=dates)


def _written(distinct: pl.Series) -> Texts | None:
    """Return what is known of texts that nearly all are numbers as people write them, else None."""
    if not Texts(distinct.head(SAMPLE)).are_numbers:
        return None
    texts = Texts(distinct)
    return texts if texts.are_numbers else None


def _in_the_light_of_all(
    found: Mapping[str, Column | None], written: Mapping[str, Texts], texts: Mapping[str, pl.Series], separator: str
) -> dict[str, Column]:
    """Return the columns of numbers as people write them, of which all columns together tell the decimal point."""
    decimals = {each.decimal for each in written.values() if each.decimal is not None}
    plain = _points(found, texts) if separator != "," or any(not each.is_whole for each in written.values()) else {}
    if not all(plain.values()):
        decimals.add("point")
    how = {name: each.written(decimals, commas=separator == ",") for name, each in written.items()}
    columns = {name: _numbers(texts[name], each) for name, each in how.items() if each is not None}
    for name in (name for name, grouped in plain.items() if grouped and decimals != {"point"}):
        column = _grouped(texts[name], certain=decimals == {"comma"}, semicolon=separator == ";")
        columns |= {} if column is None else {name: column}
    return columns


def _grouped(texts: pl.Series, *, certain: bool, semicolon: bool) -> Column | None:
    """Return numbers that may have points between thousands, as 76.083 may, or None where the points are decimal.

    Without a decimal comma in another column they are thousands where many have a point, and whole numbers below 1000
    none; else, between semicolons, they may be both.
    """
    texts = texts.str.strip_chars()
    form, distinct = Form("", COMMA[1][0], COMMA[0]), texts.drop_nulls().unique(maintain_order=True)
    pointed = distinct.filter(distinct.str.contains(".", literal=True))
    small = 0 < len(distinct) - len(pointed) == int(distinct.str.contains(r"^[+-]?\d{1,3}$").sum())
    if certain or (semicolon and small and len(pointed) >= MANY):
        return _numbers(texts, Written(form))
    if not semicolon:
        return None
    return _numbers(texts, Written(Form(), two=(pointed[0], float(pointed[0]), form.value(pointed[0]) or 0.0)))


def _points(found: Mapping[str, Column | None], texts: Mapping[str, pl.Series]) -> dict[str, bool]:
    """Return the columns of plain numbers with a point, and whether all of those may be thousands, as 76.083 may."""
    import polars as pl

    names = [name for name, column in found.items() if column is not None and column.kind == "number"]
    if not names:
        return {}
    numbers = _numbered([texts[name] for name in names])
    pointed = pl.all().str.contains(".", literal=True)
    some = numbers.select(pointed.any()).row(0)
    grouped = numbers.select((~pointed | pl.all().str.strip_chars().str.contains(GROUPED)).all()).row(0)
    return {name: bool(all_) for name, any_, all_ in zip(names, some, grouped, strict=True) if any_}


def _numbers(texts: pl.Series, how: Written) -> Column:
    """Return a column of numbers as people write them; of text, with what is odd, where not all can be read."""
    distinct = texts.drop_nulls().unique(maintain_order=True)
    form = str(how.form)
    if how.two is not None:
        text, (one, other) = how.two[0], map(number_text, how.two[1:])
        why = f"may be {one} or {other}: write it without that mark; or say what the column is, which takes {one}"
        odd = Odd(_first(texts, [text]), text, "number", f"{why}: columns={{NAME: 'number'}}")
        return Column("text", as_objects(texts, distinct), odd=odd, form=form)
    if how.why:
        return Column("text", as_objects(texts, distinct), why=how.why, form=form)
    if how.odd is not None:
        odd = Odd(_first(texts, [how.odd]), how.odd, "number")
        return Column("text", as_objects(texts, distinct), odd=odd, form=form)
    return Column("number", in_form(texts, distinct, form), form=form)


def in_form(texts: pl.Series, distinct: pl.Series, form: str) -> np.ndarray:
    """Return numbers (n,) of texts in a form, NaN for a gap and for what is no such number."""
    import polars as pl

    read = reader_of(Form.of(form))
    values = [read(text) for text in distinct]
    return as_floats(texts.replace_strict(distinct, pl.Series(values, dtype=pl.Float64), default=None))


def _text(texts: pl.Series, distinct: pl.Series) -> Column:
    """Return a column of text, with what is odd where nearly all of it is numbers or dates."""
    import polars as pl

    column = Column("text", as_objects(texts, distinct))
    strange = distinct.filter(distinct.cast(pl.Float64, strict=False).is_null())
    above = len(strange) == 1 and len(distinct) > LEAST and texts[0] == strange[0]  # units below the names
    if 0 < len(strange) <= (1 - NEARLY_ALL) * len(distinct) or above:
        i = _first(texts, strange.to_list())
        return replace(column, odd=Odd(i, str(texts[i]), "number"))
    if distinct.str.contains(SOMEHOW).sum() >= NEARLY_ALL * len(distinct):
        wrong = wrong_iso_date(distinct) or odd_date(distinct)
        if wrong is not None:
            return replace(column, odd=Odd(_first(texts, [wrong]), wrong, "date"))
    return replace(column, why=looks_like_dates(distinct) or _looks_like_numbers(distinct))


def _looks_like_numbers(distinct: pl.Series) -> str:
    """Return what to say of texts that nearly all hold a number and are written in no way that is read, else ""."""
    if len(distinct) == 0 or distinct.str.contains(NUMBER_SOMEHOW).sum() < NEARLY_ALL * len(distinct):
        return ""
    one = quoted(str(distinct[0]))
    return f"looks like numbers in no form that is read, such as {one}; read are 1,234.5, $5, 5 kg, 5 %"


def _first(texts: pl.Series, strange: Sequence[str]) -> int:
    """Return the row of the first of some texts."""
    return int(texts.is_in(list(strange)).arg_max() or 0)


def with_gaps(columns: Sequence[pl.Series], marks: Sequence[Marks]) -> list[pl.Series]:
    """Return columns of text without blanks around, and null for what stands for a missing value.

    >>> import polars as pl
    >>> with_gaps([pl.Series([" 007", "?"])], [Marks()])[0].to_list()
    ['007', None]
    """
    import polars as pl

    if not columns:
        return []
    stripped = _numbered(columns).with_columns(pl.all().str.strip_chars())
    groups: dict[Marks, list[str]] = {}
    for name, of_column in zip(stripped.columns, marks, strict=True):
        groups.setdefault(of_column, []).append(name)
    for each, names in groups.items():
        text = pl.col(names)
        gaps = text.str.to_lowercase().is_in(sorted(each.texts))
        if each.numbers:
            gaps |= text.cast(pl.Float64, strict=False).is_in(sorted(each.numbers)).fill_null(False)
        stripped = stripped.with_columns(pl.when(~gaps).then(text))
    return stripped.get_columns()


def _numbered(columns: Sequence[pl.Series]) -> pl.DataFrame:
    """Return columns as a frame, each called by its number."""
    import polars as pl

    return pl.DataFrame([series.alias(str(k)) for k, series in enumerate(columns)])


def as_objects(texts: pl.Series, distinct: pl.Series) -> np.ndarray:
    """Return texts as str objects (n,), None for a gap; where few are distinct, each is one object in all its rows."""
    import polars as pl

    if 2 * len(distinct) > len(texts) or len(texts) < FEW:
        return texts.to_numpy()
    places = texts.replace_strict(distinct, pl.int_range(len(distinct), eager=True), default=None)
    levels = np.array([*distinct, None], object)  # the last is for the gaps
    return np.asarray(levels[places.fill_null(len(distinct)).to_numpy()])


def as_floats(series: pl.Series) -> np.ndarray:
    """Return a series of numbers or booleans as float64 (n,), with NaN for a gap.

    >>> import polars as pl
    >>> as_floats(pl.Series([True, None]))
    array([ 1., nan])
    """
    import polars as pl

    return series.cast(pl.Float64).fill_null(np.nan).to_numpy(writable=True)


def plain_numbers(columns: Sequence[pl.Series], *, codes: bool = False) -> list[Column | None]:
    """Return columns of texts that are numbers as Python writes them, all of them; None for others, and for NaN.

    Digits behind a leading 0 are numbers with `codes` alone.
    """
    import polars as pl

    texts = _numbered(columns)
    if not columns:
        return []
    values = texts.with_columns(pl.all().cast(pl.Float64, strict=False))  # all at once: a call a column takes long
    gaps, others = texts.null_count().row(0), values.null_count().row(0)
    nans = values.select(pl.all().is_nan().any()).row(0)
    fit = [k for k in range(len(columns)) if gaps[k] == others[k] and not nans[k]]
    found: list[Column | None] = [None] * len(columns)
    if not fit:
        return found
    chosen = texts.select(map(str, fit))
    coded = chosen.select(pl.all().str.contains(r"^[+-]?0\d").any()).row(0)
    parts = chosen.select(pl.all().str.contains(r"[^0-9+-]").any()).row(0)
    floats = values.select(pl.all().fill_null(np.nan)).get_columns()
    for k, code, part in zip(fit, coded, parts, strict=True):
        if codes or not code:
            whole = not part and gaps[k] < len(texts)
            found[k] = Column("number", floats[k].to_numpy(writable=True), whole=whole)
    return found


def _matched(texts: pl.Series, distinct: pl.Series, microseconds: pl.Series) -> np.ndarray:
    """Return for each text, (n,) float64, the seconds of the distinct text that it is; NaN for a gap."""
    return as_floats(texts.replace_strict(distinct, microseconds, default=None)) / 1e6
