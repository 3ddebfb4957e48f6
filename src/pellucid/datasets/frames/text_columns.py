"""A column of text becomes what its values say: numbers, booleans, dates, or text; gaps are found in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from pellucid.core.errors import InputError
from pellucid.datasets.formats.digit_csv_rows import GAPS
from pellucid.datasets.frames.dates import LIKE_ISO, Dates, dates_in
from pellucid.datasets.frames.frame import Column, Odd

if TYPE_CHECKING:
    import polars as pl

WITH_THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"
THOUSANDS = "holds numbers with commas between the thousands; write 1007.5 for 1,007.50"
MOST_OTHERS = 1 << 14  # columns: of each a millisecond goes into finding out what it is
FEW = 1000  # rows in which texts are not worth being shared
NEARLY_ALL = 0.95  # of the distinct values: what is not of their kind is most likely dirt


def understood_all(columns: Mapping[str, pl.Series], *, comma: bool = False, file: str = "data") -> dict[str, Column]:
    """Return what columns of text hold; what stands for a missing value is a gap, blanks around are left out.

    Digits behind a leading 0, as in 007, are text. With `comma` the decimal point may be a comma. What can be done
    for all columns at once is: a table may have tens of thousands, and each call takes long. Raises InputError where
    too many are not numbers.

    >>> import polars as pl
    >>> understood_all({"a": pl.Series(["1", "NA", " 2.5"]), "b": pl.Series(["x", "y", ""])})
    {'a': Column(kind='number', values=array([1. , nan, 2.5]), whole=False, odd=None, why='', form='',
                 words=('False', 'True')),
     'b': Column(kind='text', values=array(['x', 'y', None], dtype=object), whole=False, odd=None, why='', form='',
                 words=('False', 'True'))}
    """
    at_once = dict(zip(columns, _numbers(list(columns.values())), strict=True))
    others = [name for name, column in at_once.items() if column is None]
    if len(others) > MOST_OTHERS:
        raise InputError(
            f"{file}: has {len(others):,} columns that are not numbers, at most {MOST_OTHERS:,} are read; "
            "leave some of them out"
        )
    texts = dict(zip(others, _with_gaps([columns[name] for name in others]), strict=True))
    at_once |= dict(zip(others, _numbers(list(texts.values())), strict=True))
    return {name: column or _other(texts[name], comma=comma) for name, column in at_once.items()}


def _other(texts: pl.Series, *, comma: bool) -> Column:
    """Return what a column of text holds that does not hold numbers as they are usually written."""
    import polars as pl

    distinct, text = texts.drop_nulls().unique(), pl.col(texts.name)
    booleans, commas, thousands, words, dates = (
        distinct.to_frame()
        .select(
            text.str.to_lowercase().is_in(["true", "false"]).all().alias("booleans"),
            text.str.contains(r"^[+-]?(0|[1-9]\d*)?(,\d+)?$").all().alias("commas"),
            text.str.contains(WITH_THOUSANDS).all().alias("thousands"),
            text.cast(pl.Float64, strict=False).null_count().alias("words"),
            text.str.contains(LIKE_ISO).sum().alias("dates"),
        )
        .row(0)
    )
    if booleans:
        said = {word.lower(): word for word in sorted(distinct)}
        named = (said.get("false", "false"), said.get("true", "true"))
        return Column("boolean", as_floats(texts.str.to_lowercase() == "true"), words=named)
    if comma and commas:
        return Column("number", as_floats(texts.str.replace(",", ".", literal=True)))
    column = _dates_or_text(texts, distinct, like_dates=dates)
    if column.kind == "date":
        return column
    why = column.why or (THOUSANDS if thousands else "")
    odd = _odd_number(texts, distinct) if words <= (1 - NEARLY_ALL) * len(distinct) else None
    return replace(column, why=why, odd=odd or column.odd)


def kept(texts: pl.Series) -> Column:
    """Return a column of text as text, whatever its values look like; what stands for a missing value is a gap.

    >>> import polars as pl
    >>> kept(pl.Series(["007", "?"])).values
    array(['007', None], dtype=object)
    """
    (texts,) = _with_gaps([texts])
    return Column("text", _as_objects(texts, texts.drop_nulls().unique()))


def _with_gaps(columns: Sequence[pl.Series]) -> list[pl.Series]:
    """Return columns of text without blanks around, and null for what stands for a missing value."""
    import polars as pl

    stripped = _numbered(columns).with_columns(pl.all().str.strip_chars())
    gaps = pl.all().str.to_lowercase().is_in(sorted(GAPS))
    return stripped.with_columns(pl.when(~gaps).then(pl.all())).get_columns()


def _numbered(columns: Sequence[pl.Series]) -> pl.DataFrame:
    """Return columns as a frame, each called by its number."""
    import polars as pl

    return pl.DataFrame([series.alias(str(k)) for k, series in enumerate(columns)])


def dates_of(texts: pl.Series) -> Column:
    """Return a column of text from a data frame, where numbers stay text, but dates are dates.

    >>> import polars as pl
    >>> dates_of(pl.Series(["1970-01-02", None])).values
    array([86400.,    nan])
    """
    import polars as pl

    stripped = texts.str.strip_chars()
    texts = pl.select(pl.when(stripped != "").then(stripped)).to_series()
    distinct = texts.drop_nulls().unique()
    if len(distinct) == 0:
        return Column("number", np.full(len(texts), np.nan))
    return _dates_or_text(texts, distinct, like_dates=int(distinct.str.contains(LIKE_ISO).sum()))


def _dates_or_text(texts: pl.Series, distinct: pl.Series, *, like_dates: int) -> Column:
    dates = dates_in(distinct)
    if isinstance(dates, Dates):
        return Column("date", _matched(texts, distinct, dates.microseconds), form=dates.form)
    odd = _odd_date(texts, distinct) if like_dates >= NEARLY_ALL * len(distinct) else None
    return Column("text", _as_objects(texts, distinct), why=dates or "", odd=odd)


def _as_objects(texts: pl.Series, distinct: pl.Series) -> np.ndarray:
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


def _numbers(columns: Sequence[pl.Series]) -> list[Column | None]:
    """Return columns of texts that are numbers, all of them; None for others, and where a text says NaN."""
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
    codes = chosen.select(pl.all().str.contains(r"^[+-]?0\d").any()).row(0)
    parts = chosen.select(pl.all().str.contains(r"[^0-9+-]").any()).row(0)
    floats = values.select(pl.all().fill_null(np.nan)).get_columns()
    for k, code, part in zip(fit, codes, parts, strict=True):
        if not code:
            whole = not part and gaps[k] < len(texts)
            found[k] = Column("number", floats[k].to_numpy(writable=True), whole=whole)
    return found


def _matched(texts: pl.Series, distinct: pl.Series, microseconds: pl.Series) -> np.ndarray:
    """Return for each text, (n,) float64, the seconds of the distinct text that it is; NaN for a gap."""
    return as_floats(texts.replace_strict(distinct, microseconds, default=None)) / 1e6


def _odd_number(texts: pl.Series, distinct: pl.Series) -> Odd | None:
    """Return the first text that is no number where nearly all others are."""
    import polars as pl

    return _first(texts, distinct.filter(distinct.cast(pl.Float64, strict=False).is_null()), "number")


def _odd_date(texts: pl.Series, distinct: pl.Series) -> Odd | None:
    """Return the first text that is no date where nearly all have the ISO form of one."""
    import polars as pl

    dates = distinct.str.slice(0, 10).str.strptime(pl.Date, "%Y-%m-%d", strict=False)
    return _first(texts, distinct.filter(dates.is_null()), "date")


def _first(texts: pl.Series, strange: pl.Series, wanted: Literal["number", "date"]) -> Odd | None:
    """Return where the first of the strange texts stands, or None where there are none."""
    if not len(strange):
        return None
    i = int(texts.is_in(strange.to_list()).arg_max() or 0)
    return Odd(i, str(texts[i]), wanted)
