"""Columns of data frames, whatever library made them, become NumPy arrays; narwhals knows the libraries."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from pellucid._text import first_twice
from pellucid.core.errors import InputError, needs
from pellucid.datasets.frames.column import Column, called, is_gap, quoted
from pellucid.datasets.frames.frame import INDEX, Frame, frame_of, is_index
from pellucid.model.levels import number_text

if TYPE_CHECKING:
    import narwhals as nw
    import polars as pl

WANTED = "give a data frame of pandas, polars or PyArrow, or a dict of columns"
NUMBERS = (int, float, np.integer, np.floating, decimal.Decimal)
Stored: TypeAlias = "Column | pl.Series"


def as_frame(data: Any, name: str = "data", on_disk: float = math.inf) -> Frame:
    """Turn a data frame of pandas, polars, PyArrow or another that narwhals knows, or a dict of columns, into a table.

    Raises InputError that names the column and what is wrong with it.

    >>> frame = as_frame({"age": [41, None], "city": ["Bonn", "Ulm"]})
    >>> frame.columns["age"].whole, frame.rows
    (True, 2)
    """
    if isinstance(data, Frame):
        return data
    columns = from_values(data, name) if isinstance(data, Mapping) else from_native(data, name)
    return frame_of(name, columns, first=0, on_disk=on_disk)


def from_native(data: Any, name: str) -> dict[str, Stored]:
    """Return the columns of a data frame by name; raises InputError for what is none, or cannot be read.

    >>> from_native([1, 2], "data")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: data: is a list, no data frame; give a data frame of pandas, polars or PyArrow, ...
    """
    for library in ("narwhals", "polars"):
        needs(library, "tables", f"{name}: reading a data frame")
    import narwhals as nw

    try:
        frame = nw.from_native(data, eager_only=True)
    except TypeError:
        if type(data).__name__ == "Series":
            raise InputError(f"{name}: is one column; make a data frame of it with .to_frame()") from None
        if hasattr(data, "collect"):
            raise InputError(f"{name}: is not read yet ({type(data).__name__}); give {name}.collect()") from None
        raise InputError(f"{name}: is a {type(data).__name__}, no data frame; {WANTED}") from None
    except Exception as fault:  # double names, in each library's own way
        _names(list(getattr(data, "column_names", getattr(data, "columns", ()))), name)
        raise InputError(f"{name}: cannot be read ({' '.join(str(fault).split())[:200]}); {WANTED}") from None
    columns: dict[str, Stored] = {}
    for place, (column, series) in enumerate(zip(_names(frame.columns, name), frame.iter_columns(), strict=True)):
        index = is_index(column, place)
        columns[column] = Column("other", None, why=INDEX) if index else _column(series, name, column)
    return columns


def from_values(data: Mapping[Any, Any], name: str) -> dict[str, Stored]:
    """Return columns by name, given the values of each as a list or an array.

    >>> from_values({"age": [41, "unknown"]}, "data")["age"].to_list()
    ['41', 'unknown']
    """
    columns: dict[str, Stored] = {}
    for column, key in zip(_names(list(data), name), data, strict=True):
        values: Any = data[key]
        if hasattr(values, "to_numpy"):  # a column of a data frame
            values = values.to_numpy()
        if isinstance(values, str) or not isinstance(values, Sequence | np.ndarray):
            raise InputError(
                f"{name}, column {called(column)}: is {type(values).__name__}, no column; give a list or an array"
            )
        if isinstance(values, np.ndarray):
            if values.ndim != 1:
                raise InputError(
                    f"{name}, column {called(column)}: has the shape {values.shape}, a column is (n,); split it"
                )
            if values.dtype.kind in "biuf":
                kind: Any = "boolean" if values.dtype.kind == "b" else "number"
                floats = np.ma.filled(values.astype(np.float64), np.nan)  # what is masked is a gap
                columns[column] = Column(kind, floats, whole=values.dtype.kind in "iu")
                continue
            values = list(values) if values.dtype.kind in "mM" else values.tolist()
        columns[column] = of_objects(values)
    return columns


def _names(names: Sequence[Any], name: str) -> list[str]:
    """Return the names of the columns as text; raises InputError where two are the same, or one is empty."""
    texts = [str(column).strip() for column in names]
    if (twice := first_twice(texts)) is not None:
        raise InputError(f"{name}: two columns are called {quoted(twice)}; rename or remove one")
    if "" in texts[1:]:
        raise InputError(f"{name}: column {texts.index('', 1)} (from 0) has no name; give it one, or remove it")
    return texts


def _column(series: nw.Series[Any], name: str, column: str) -> Stored:
    """Return what one column of a data frame holds: its values, or its texts."""
    import narwhals as nw

    kind = series.dtype
    try:
        if kind.is_numeric() or kind == nw.Boolean:
            values = _floats(series)
            return Column("boolean" if kind == nw.Boolean else "number", values, whole=kind.is_integer())
        if kind in (nw.Datetime, nw.Date):
            stamps = series.cast(nw.Datetime("us")) if kind == nw.Date else series
            return Column("date", _floats(stamps.dt.timestamp("us")) / 1e6)
        if kind == nw.Duration:
            return Column("number", _floats(series.dt.total_microseconds()) / 1e6)
        if kind == nw.String:
            return _texts(series)
        if kind in (nw.Categorical, nw.Enum):  # whatever they look like
            texts = _texts(series).str.strip_chars()
            return Column("text", texts.set(texts == "", None).to_numpy())
        if kind in (nw.Object, nw.Unknown, nw.Time):
            return of_objects(series.to_list())
    except InputError:
        raise
    except Exception as fault:  # each library has its own faults
        why = " ".join(str(fault).split())[:200]
        raise InputError(
            f"{name}, column {called(column)}: cannot be read ({why}); convert it, or leave it out"
        ) from None
    return Column("other", None, why=f"holds {_called(kind)}")


def _called(kind: object) -> str:
    """Return what messages call a type of narwhals.

    >>> import narwhals as nw
    >>> _called(nw.List(nw.Int64())), _called(nw.Binary())
    ('lists', 'bytes')
    """
    names = {"List": "lists", "Array": "lists", "Struct": "records", "Binary": "bytes"}
    text = str(kind).partition("(")[0]
    return names.get(text, f"values of the type {text}")


def _floats(series: nw.Series[Any]) -> np.ndarray:
    """Return numbers as float64 (n,) with NaN for a gap."""
    import narwhals as nw

    if series.dtype == nw.Decimal:
        return _each(series.to_list(), float)
    gaps = np.asarray(series.is_null().to_numpy(), np.bool_)
    if gaps.any():
        series = series.fill_null(False if series.dtype == nw.Boolean else 0)
    values = np.array(series.to_numpy(), np.float64)  # narwhals' own cast refuses integers beyond 2⁵³
    values[gaps] = np.nan
    return values


def _texts(series: nw.Series[Any]) -> pl.Series:
    """Return a column of text or of categories as polars has it; texts of PyArrow and of polars are not copied."""
    import polars as pl

    native = series.to_native()
    if isinstance(native, pl.Series) or type(native).__module__.startswith("pyarrow"):
        return pl.Series("", native).cast(pl.String)
    # a cast would make texts of the gaps of pandas before 3
    return pl.Series("", [None if is_gap(value) else str(value) for value in series.to_list()], pl.String)


def of_objects(values: Sequence[Any]) -> Stored:
    """Return what a list of Python values holds: a column is of numbers, booleans or dates if all of it is, else text.

    >>> of_objects([True, None]).kind, of_objects([1, "x"]).to_list(), of_objects([{}]).why
    ('boolean', ['1', 'x'], 'holds Python objects (dict)')
    """
    there = [value for value in values if not is_gap(value)]
    if not there:
        return Column("number", np.full(len(values), np.nan))
    if all(isinstance(value, bool | np.bool_) for value in there):
        return Column("boolean", _each(values, float))
    for kinds, seconds, kind in TIMES:  # NumPy's time spans are integers too
        if all(isinstance(value, kinds) for value in there):
            return Column(kind, _each(values, seconds))
    if all(isinstance(value, NUMBERS) for value in there):
        return Column("number", _each(values, float), whole=all(isinstance(value, int | np.integer) for value in there))
    return _mixed(values, there)


def _mixed(values: Sequence[Any], there: Sequence[Any]) -> Stored:
    strange = next((value for value in there if not isinstance(value, (str, *NUMBERS, bool, np.bool_))), None)
    if strange is not None:
        return Column("other", None, why=f"holds Python objects ({type(strange).__name__})")
    needs("polars", "tables", "reading columns of text")
    import polars as pl

    return pl.Series([None if is_gap(value) else _as_text(value) for value in values], dtype=pl.String)


def _as_text(value: Any) -> str:
    """Return a value among texts as a text.

    >>> _as_text(3067.0), _as_text("3067.0"), _as_text(True)
    ('3067', '3067.0', 'true')
    """
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    return number_text(float(value)) if isinstance(value, NUMBERS) and math.isfinite(value) else str(value)


def _each(values: Sequence[Any], convert: Any) -> np.ndarray:
    return np.array([np.nan if is_gap(value) else convert(value) for value in values], np.float64)


def _since_1970(value: dt.date) -> float:
    """Return the seconds to a date or time, one without a zone taken as UTC.

    >>> _since_1970(dt.date(1970, 1, 2))
    86400.0
    """
    moment = value if isinstance(value, dt.datetime) else dt.datetime(value.year, value.month, value.day)
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()


def _of_day(value: dt.time) -> float:
    return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6


TIMES: tuple[tuple[Any, Any, Any], ...] = (
    (dt.date, _since_1970, "date"),
    (np.datetime64, lambda value: value.astype("datetime64[us]").astype(np.int64) / 1e6, "date"),
    (dt.timedelta, dt.timedelta.total_seconds, "number"),
    (np.timedelta64, lambda value: value.astype("timedelta64[us]").astype(np.int64) / 1e6, "number"),
    (dt.time, _of_day, "number"),
)
