"""Texts that are dates: in which form they are written, and what they say."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import polars as pl

    from pellucid.core.arrays import AnyArray

ISO = "ISO 8601"
COMPACT = "%Y%m%d"
LIKE_ISO = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?( ?(Z|[+-]\d\d:?(\d\d)?))?)?$"
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
    ("%d.%m.%y",),
    ("%d/%m/%y", "%m/%d/%y"),
    ("%d-%m-%y", "%m-%d-%y"),
    ("%d-%b-%y",),
    ("%d %b %y",),
    ("%b-%Y",),
    ("%b %Y",),
    ("%B %Y",),
    ("%m/%Y",),
    (COMPACT,),
)
MONTHS = {"%Y-%m": "-%d", "%b-%Y": "-%d", "%b %Y": " %d", "%B %Y": " %d", "%m/%Y": "/%d"}  # and what a day adds
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p", " %I:%M:%S%p", "T%H%M%S", "T%H:%M:%S")
KNOWN = (ISO, *(form + time for forms in FORMS for form in forms for time in TIMES))
NEARLY_ALL = 0.95  # of the distinct values
YEARS = range(1800, 2101)  # a whole number of them may be a year
LEAST = 3  # different days, from which numbers such as 20261231 are dates
MOST_TRIED = 1000  # distinct values that decide whether a form is worth a try on all
MONTH = (
    "(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|"
    "dec(ember)?)"
)
SOMEHOW = rf"(?i)^\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}\b|\b\d{{1,4}}[ .-]*{MONTH}\b|\b{MONTH}[ .,-]*\d"
AMBIGUOUS = "holds dates that may be day/month or month/day; write them as 2026-12-31"


class Dates(NamedTuple):
    """What texts say that all are dates: microseconds since 1970, and the form, "" where it is not certain."""

    microseconds: pl.Series
    form: str


def dates_in(distinct: pl.Series) -> Dates | str | None:
    """Return what distinct texts say where each is a date, all of one form; why that is not known; or None.

    >>> import polars as pl
    >>> dates_in(pl.Series(["31.12.2026"])).form, dates_in(pl.Series(["01/02/2026"])), dates_in(pl.Series(["soon"]))
    ('%d.%m.%Y', 'holds dates that may be day/month or month/day; write them as 2026-12-31', None)
    """
    first = str(distinct[0])
    if len(first) > 40 or not re.search(r"\d", first) or not re.search(r"[-/. T]", first):
        return None
    if re.match(LIKE_ISO, first):
        iso = _read(distinct, ISO)
        return None if iso.null_count() else Dates(iso, ISO)
    for forms in FORMS:
        for time in TIMES:
            read = {form + time: _all(distinct, form + time) for form in forms if _fits(first, form + time)}
            found = [Dates(values, form) for form, values in read.items() if values is not None]
            if len(found) == 1 and not _like_versions(distinct, form=found[0].form):
                return found[0]
            if len(found) == 2:
                same = bool((found[0].microseconds == found[1].microseconds).all())
                return Dates(found[0].microseconds, "") if same else AMBIGUOUS
    return None


def _like_versions(distinct: pl.Series, form: str) -> bool:
    """Whether texts such as 3.9.12 are rather versions: with no day above 12, and none with a leading 0."""
    if not form.startswith("%d.%m.%y"):
        return False
    days = distinct.str.extract(r"^(\d+)", 1)
    return bool((days.str.len_chars() == 1).any()) and bool((days.cast(int) <= 12).all())


def looks_like_dates(distinct: pl.Series) -> str:
    """Return what to say of texts that nearly all look like dates and are in no form that is read, else "".

    >>> import polars as pl
    >>> looks_like_dates(pl.Series(["2.13.2026", "soon"])), looks_like_dates(pl.Series(["2.13.2026"]))[:23]
    ('', 'looks like dates in no ')
    """
    if len(distinct) == 0 or distinct.str.contains(SOMEHOW).mean() < NEARLY_ALL:  # type: ignore[operator]
        return ""
    return (
        "looks like dates in no form that is read, or in several; read are 2026-12-31, 20261231, 2026-12, 31.12.2026, "
        "12/31/2026, 31-Dec-2026, Dec 31, 2026, Dec-2026, also with a time"
    )


def wrong_iso_date(distinct: pl.Series) -> str | None:
    """Return the first text that no calendar holds, where nearly all have ISO's form of a date; else None."""
    import polars as pl

    if distinct.str.contains(LIKE_ISO).sum() < NEARLY_ALL * len(distinct):
        return None
    wrong = distinct.filter(distinct.str.slice(0, 10).str.strptime(pl.Date, "%Y-%m-%d", strict=False).is_null())
    return str(wrong[0]) if len(wrong) else None


def odd_date(distinct: pl.Series) -> str | None:
    """Return the first text that is no date in the form of nearly all others, or None.

    >>> import polars as pl
    >>> odd_date(pl.Series([f"{day}.12.2026" for day in range(1, 32)] + ["31.02.2026"]))
    '31.02.2026'
    """
    some = distinct.head(MOST_TRIED)
    for form in (form for form in KNOWN if form != ISO and any(_fits(text, form) for text in some[:3])):
        wrong = some.filter(_read(some, form).is_null())
        if 0 < len(wrong) <= (1 - NEARLY_ALL) * len(some):
            return str(wrong[0])
    return None


def compact_dates(values: AnyArray) -> AnyArray | None:
    """Return the seconds since 1970 of numbers (n,) such as 20261231, NaN for a gap; None where some are no such day.

    >>> compact_dates(np.array([20260101.0, 20260102.0, 20260103.0])) / 86400
    array([20454., 20455., 20456.])
    """
    there = values[~np.isnan(values)]
    if not len(there) or there.min() < 19000101 or there.max() > 21001231 or bool((there % 1).any()):
        return None
    different, place = np.unique(there.astype(np.int64), return_inverse=True)
    year, month, day = different // 10000, different // 100 % 100, different % 100
    if len(different) < LEAST or not ((month >= 1) & (month <= 12) & (day >= 1)).all():
        return None
    months = ((year - 1970) * 12 + month - 1).astype("M8[M]")
    days = months.astype("M8[D]") + (day - 1)
    if not (days.astype("M8[M]") == months).all():
        return None
    seconds = np.full(len(values), np.nan)
    seconds[~np.isnan(values)] = days.astype("M8[s]").astype(np.float64)[place]
    return seconds


def example(form: str) -> str:
    """Return a date in a form.

    >>> example("%d.%m.%Y"), example(ISO), example("%m/%d/%y %I:%M %p")
    ('31.12.2026', '2026-12-31', '12/31/26 05:30 PM')
    """
    return "2026-12-31" if form == ISO else dt.datetime(2026, 12, 31, 17, 30).strftime(form)


def each_date(texts: AnyArray, form: str = "") -> AnyArray:
    """Return the seconds since 1970 of texts (n,), NaN for None and for what is no date.

    ``form`` is the one that the texts have beside ISO's; without it, the one in which most of them are written.

    >>> each_date(np.array(["01/02/2026", None, "soon", "2026-01-02"], object), "%m/%d/%Y") / 86400
    array([20455.,    nan,    nan, 20455.])
    """
    import polars as pl

    distinct = pl.Series(sorted({text for text in texts if text is not None}), dtype=pl.String)
    if form not in KNOWN:
        some = distinct.head(MOST_TRIED)
        form = min(KNOWN, key=lambda one: _read(some, one).null_count())
    best, iso = _read(distinct, form), _read(distinct, ISO)
    seconds = {
        text: (first if first is not None else second)
        for text, first, second in zip(distinct, best, iso, strict=True)
        if first is not None or second is not None
    }
    return np.array([seconds.get(text, np.nan) for text in texts], np.float64) / 1e6


def _fits(text: str, form: str) -> bool:
    """Whether a text has a form: of the many forms few are worth a look at a whole column."""
    try:
        dt.datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def _all(distinct: pl.Series, form: str) -> pl.Series | None:
    """Return what distinct texts say, or None where one of them has another form."""
    for some in (distinct.head(MOST_TRIED), distinct):
        values = _read(some, form)
        if values.null_count():
            return None
    return values


def _read(texts: pl.Series, form: str) -> pl.Series:
    """Return the microseconds since 1970 of texts in a form, null for those in another one."""
    import polars as pl

    if form == ISO:
        return _read_iso(texts)
    if form in MONTHS:
        texts, form = texts + MONTHS[form].replace("%d", "01"), form + MONTHS[form]
    times = texts.str.strptime(pl.Datetime("us"), form, strict=False)
    modern = times.dt.year() >= 1000  # 1/2/20 is no year of the Romans
    modern &= texts.str.count_matches(" ") == form.count(" ")  # a blank in a form stands for none, too
    return pl.select(pl.when(modern).then(times.dt.epoch("us"))).to_series()


def _read_iso(texts: pl.Series) -> pl.Series:
    import polars as pl

    texts = pl.select(pl.when(texts.str.contains(LIKE_ISO)).then(texts)).to_series()
    whole = texts.str.replace(" ", "T", literal=True).str.replace(" ", "", literal=True)
    whole = whole.str.replace(",", ".", literal=True).str.replace("Z$", "+00:00")
    whole = whole.str.replace(r"^(.{10})$", "${1}T00:00").str.replace(r"(T\d\d:\d\d)([+-]|$)", "${1}:00${2}")
    whole = whole.str.replace(r"(T[^+-]*)$", "${1}+00:00")
    return whole.str.strptime(pl.Datetime("us", "UTC"), "%Y-%m-%dT%H:%M:%S%.f%#z", strict=False).dt.epoch("us")
