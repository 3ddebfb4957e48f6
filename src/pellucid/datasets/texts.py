"""A column of text becomes what its values say: numbers, booleans, dates, or text; gaps are found in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from pellucid.datasets.careful_csv import GAPS
from pellucid.datasets.frame_types import Column, Odd

if TYPE_CHECKING:
    import polars as pl

NEARLY_ALL = 0.95  # of the distinct values: what is not of their kind is most likely dirt
ISO = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?( ?(Z|[+-]\d\d:?(\d\d)?))?)?$"
FORMS = (  # each with all its separators; two that both fit say different things
    ("%Y-%m-%d",),
    ("%Y/%m/%d",),
    ("%Y-%m",),
    ("%d.%m.%Y",),
    ("%d/%m/%Y", "%m/%d/%Y"),
    ("%d-%m-%Y", "%m-%d-%Y"),
    ("%b %d %Y",),
    ("%b %d, %Y",),
    ("%B %d %Y",),
    ("%B %d, %Y",),
    ("%d %b %Y",),
    ("%d-%b-%Y",),
    ("%d %B %Y",),
)
TIMES = ("", " %H:%M", " %H:%M:%S")
MOST_TRIED = 1000  # distinct values that decide whether a form is worth a try on all
AMBIGUOUS = "holds dates that may be day/month or month/day; write them as 2026-12-31"


def understood_all(columns: Mapping[str, pl.Series], *, comma: bool = False) -> dict[str, Column]:
    """Return what each column of text holds, as `understood` does, the numbers among them all at once.

    >>> import polars as pl
    >>> understood_all({"a": pl.Series(["1", "2"]), "b": pl.Series(["x", "y"])})["b"].kind
    'text'
    """
    numbers = _numbers(list(columns.values())) if columns else []
    return {
        name: column or understood(texts, comma=comma)
        for (name, texts), column in zip(columns.items(), numbers, strict=True)
    }


def understood(texts: pl.Series, *, comma: bool = False) -> Column:
    """Return what a column of text holds; what stands for a missing value is a gap, blanks around are left out.

    Digits behind a leading 0, as in 007, are text. With `comma` the decimal point may be a comma.

    >>> import polars as pl
    >>> understood(pl.Series(["1", "NA", " 2.5"]))
    Column(kind='number', values=array([1. , nan, 2.5]), whole=False, odd=None, why='')
    """
    import polars as pl

    texts = _with_gaps(texts)
    if (column := _numbers([texts])[0]) is not None:
        return column
    distinct = texts.drop_nulls().unique()
    if distinct.str.to_lowercase().is_in(["true", "false"]).all():
        return Column("boolean", as_floats(texts.str.to_lowercase() == "true"))
    if comma and distinct.str.contains(r"^[+-]?(0|[1-9]\d*)?(,\d+)?$").all():
        return Column("number", as_floats(texts.str.replace(",", ".", literal=True)))
    dates = _dates(distinct)
    if isinstance(dates, pl.Series):
        return Column("date", _matched(texts, distinct, dates))
    odd = _odd_number(texts, distinct) or _odd_date(texts, distinct)
    return Column("text", texts.to_numpy(), why=dates or "", odd=odd)


def kept(texts: pl.Series) -> Column:
    """Return a column of text as text, whatever its values look like; what stands for a missing value is a gap.

    >>> import polars as pl
    >>> kept(pl.Series(["007", "?"])).values
    array(['007', None], dtype=object)
    """
    return Column("text", _with_gaps(texts).to_numpy())


def _with_gaps(texts: pl.Series) -> pl.Series:
    """Return texts without blanks around them, and null for what stands for a missing value."""
    import polars as pl

    texts = texts.str.strip_chars()
    gaps = texts.str.to_lowercase().is_in(sorted(GAPS))
    return pl.select(pl.when(~gaps).then(texts)).to_series()


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
    dates = _dates(distinct)
    if isinstance(dates, pl.Series):
        return Column("date", _matched(texts, distinct, dates))
    return Column("text", texts.to_numpy(), why=dates or "", odd=_odd_date(texts, distinct))


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

    texts = pl.DataFrame([series.alias(str(k)) for k, series in enumerate(columns)])
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


def _dates(distinct: pl.Series) -> pl.Series | str | None:
    """Return the microseconds since 1970 of distinct texts where each is a date, why it is not known, or None."""
    first = str(distinct[0])
    if len(first) > 40 or not re.search(r"\d", first) or not re.search(r"[-/. ]", first):
        return None
    if re.match(ISO, first):
        return _iso(distinct)
    for forms in FORMS:
        for time in TIMES:
            found = [values for form in forms if (values := _parsed(distinct, form + time)) is not None]
            if len(found) == 2 and (found[0] != found[1]).any():
                return AMBIGUOUS
            if found:
                return found[0].dt.epoch("us")
    return None


def _iso(distinct: pl.Series) -> pl.Series | None:
    import polars as pl

    if not distinct.str.contains(ISO).all():
        return None
    whole = distinct.str.replace(" ", "T", literal=True).str.replace(" ", "", literal=True)
    whole = whole.str.replace(",", ".", literal=True).str.replace("Z$", "+00:00")
    whole = whole.str.replace(r"^(.{10})$", "${1}T00:00").str.replace(r"(T\d\d:\d\d)([+-]|$)", "${1}:00${2}")
    whole = whole.str.replace(r"(T[^+-]*)$", "${1}+00:00")
    values = whole.str.strptime(pl.Datetime("us", "UTC"), "%Y-%m-%dT%H:%M:%S%.f%#z", strict=False)
    return None if values.null_count() else values.dt.epoch("us")


def _parsed(distinct: pl.Series, form: str) -> pl.Series | None:
    """Return the times of distinct texts, or None where one of them has another form."""
    import polars as pl

    if form.startswith("%Y-%m") and "%d" not in form:
        distinct, form = distinct + "-01", form.replace("%m", "%m-%d", 1)
    for some in (distinct.head(MOST_TRIED), distinct):
        values = some.str.strptime(pl.Datetime("us"), form, strict=False)
        years = values.dt.year()
        if values.null_count() or (years < 1000).any():  # 1/2/20 is no year of the Romans
            return None
    return values


def _matched(texts: pl.Series, distinct: pl.Series, microseconds: pl.Series) -> np.ndarray:
    """Return for each text, (n,) float64, the seconds of the distinct text that it is; NaN for a gap."""
    return as_floats(texts.replace_strict(distinct, microseconds, default=None)) / 1e6


def _odd_number(texts: pl.Series, distinct: pl.Series) -> Odd | None:
    """Return the first text that is no number where nearly all others are."""
    import polars as pl

    strange = distinct.filter(distinct.cast(pl.Float64, strict=False).is_null())
    return _first(texts, strange, "number") if len(strange) <= (1 - NEARLY_ALL) * len(distinct) else None


def _odd_date(texts: pl.Series, distinct: pl.Series) -> Odd | None:
    """Return the first text that is no date where nearly all have the ISO form of one."""
    import polars as pl

    if distinct.str.contains(ISO).sum() < NEARLY_ALL * len(distinct):
        return None
    dates = distinct.str.slice(0, 10).str.strptime(pl.Date, "%Y-%m-%d", strict=False)
    return _first(texts, distinct.filter(dates.is_null()), "date")


def _first(texts: pl.Series, strange: pl.Series, wanted: Literal["number", "date"]) -> Odd | None:
    """Return where the first of the strange texts stands, or None where there are none."""
    if not len(strange):
        return None
    i = int(texts.is_in(strange.to_list()).arg_max() or 0)
    return Odd(i, str(texts[i]), wanted)
