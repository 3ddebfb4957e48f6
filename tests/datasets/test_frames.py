"""A table is the same columns whatever it came in: CSV, TSV, Parquet, pandas, polars, PyArrow, a dict."""

import datetime as dt
import decimal
import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pellucid.core.errors import InputError
from pellucid.datasets import Column, Frame, as_frame, kind_of, read_frame
from pellucid.datasets.formats.csv import is_digit_header
from pellucid.datasets.frames.column import Odd

UTC = dt.UTC
WHOLE = {
    "n": [3, -1, 12, 7],
    "x": [0.5, None, -2.25, 1e10],
    "yes": [True, False, None, True],
    "city": ["Köln", "New York, NY", None, 'the "Big" Apple'],
    "day": [dt.date(2024, 2, 29), None, dt.date(1969, 7, 20), dt.date(2026, 12, 31)],
    "at": [dt.datetime(2026, 1, 2, 3, 4, 5), dt.datetime(1970, 1, 1, 12), None, dt.datetime(2000, 6, 1, 0, 30)],
}
KINDS = {"n": "number", "x": "number", "yes": "boolean", "city": "text", "day": "date", "at": "date"}


def same(one: Frame, other: Frame, *, whole: bool = True) -> None:
    """Two tables hold the same columns."""
    assert list(one.columns) == list(other.columns)
    assert one.rows == other.rows
    for name, column in one.columns.items():
        alike(column, other.columns[name], name, whole=whole)


def alike(one: Column, other: Column, name: str, *, whole: bool = True) -> None:
    assert one.kind == other.kind, name
    assert not whole or one.whole == other.whole, name
    assert one.values is not None
    assert other.values is not None
    assert one.values.dtype == other.values.dtype == (object if one.kind == "text" else np.float64)
    np.testing.assert_array_equal(one.values, other.values, name)


def read(content: bytes | str) -> Frame:
    return read_frame("-", stdin=io.BytesIO(content if isinstance(content, bytes) else content.encode()))


def column(values: list[str], kind: str = "") -> Column:
    """One column of a CSV, beside another."""
    found = read("v;row\n" + "".join(f"{value};{k}\n" for k, value in enumerate(values))).columns["v"]
    assert kind in ("", found.kind)
    return found


WAYS: dict[str, Callable[[pl.DataFrame], Any]] = {
    "polars": lambda frame: frame,
    "pandas": lambda frame: frame.to_pandas(),
    "pandas, nullable": lambda frame: frame.to_pandas().convert_dtypes(),
    "pandas on arrow": lambda frame: frame.to_pandas(use_pyarrow_extension_array=True),
    "PyArrow": lambda frame: frame.to_arrow(),
    "dict": lambda frame: frame.to_dict(as_series=False),
    "dict of arrays": lambda frame: {name: frame[name].to_numpy() for name in frame.columns},
    "dict of series": lambda frame: frame.to_dict(),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_frame_is_the_same_columns(way: str) -> None:
    expected = as_frame(pl.DataFrame(WHOLE))
    assert {name: held.kind for name, held in expected.columns.items()} == KINDS
    assert expected.columns["day"].values is not None
    assert expected.columns["day"].values[0] == dt.datetime(2024, 2, 29, tzinfo=UTC).timestamp()
    assert expected.columns["at"].gaps.tolist() == [False, False, True, False]
    same(as_frame(WAYS[way](pl.DataFrame(WHOLE))), expected)


WRITERS: dict[str, Callable[[pl.DataFrame, Path], object]] = {
    "a.csv": lambda frame, path: frame.write_csv(path),
    "b.csv": lambda frame, path: frame.write_csv(path, quote_style="always", line_terminator="\r\n"),
    "c.csv": lambda frame, path: frame.to_pandas().to_csv(path, index=False),
    "d.csv": lambda frame, path: frame.write_csv(path, include_bom=True, null_value="NA"),
    "e.csv": lambda frame, path: path.write_bytes(frame.write_csv().encode().rstrip(b"\n")),
    "a.tsv": lambda frame, path: frame.write_csv(path, separator="\t"),
    "f.csv": lambda frame, path: frame.write_csv(path, separator=";"),
    "g.csv": lambda frame, path: frame.write_csv(path, separator=";", decimal_comma=True),
    "h.csv": lambda frame, path: frame.write_csv(path, separator="|"),
    "a.csv.gz": lambda frame, path: path.write_bytes(gzip.compress(frame.write_csv().encode())),
    "a.parquet": lambda frame, path: frame.write_parquet(path),
    "b.parquet": lambda frame, path: frame.to_pandas().to_parquet(path),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_written_is_read(name: str, tmp_path: Path) -> None:
    frame = pl.DataFrame(WHOLE)
    WRITERS[name](frame, tmp_path / name)
    found = read_frame(tmp_path / name)
    same(found, as_frame(frame))
    assert found.place(1) == f"{tmp_path / name}, row {1 if 'parquet' in name else 3}"
    assert kind_of(tmp_path / name) == "table"


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).map(str.strip)
times = st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9999, 1, 1))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), rows=st.integers(1, 12))
def test_whatever_is_written_is_read(data: st.DataObject, rows: int, tmp_path: Path) -> None:
    def several(values: st.SearchStrategy[Any]) -> list[Any]:
        return data.draw(st.lists(st.none() | values, min_size=rows, max_size=rows))

    columns = {
        "n": pl.Series(several(st.integers(-(2**62), 2**62)), dtype=pl.Int64),
        "x": pl.Series(several(st.floats(allow_infinity=False, allow_nan=False)), dtype=pl.Float64),
        "yes": pl.Series(several(st.booleans()), dtype=pl.Boolean),
        "text": pl.Series(["a word", *several(cells)[1:]], dtype=pl.String),
        "at": pl.Series(several(times), dtype=pl.Datetime("us")),
    }
    frame = pl.DataFrame(columns)
    expected = as_frame(frame)
    for name in ("a.csv", "a.tsv", "a.parquet"):
        WRITERS[name](frame, tmp_path / name)
        same(read_frame(tmp_path / name), expected if name == "a.parquet" else without_gap_words(expected), whole=False)


def without_gap_words(frame: Frame) -> Frame:
    """The table with a gap wherever a CSV would have one; of a column of gaps nobody knows the kind."""
    gaps = {"", "nan", "na", "n/a", "null", "none", "?", "-"}
    columns = {}
    for name, held in frame.columns.items():
        values = held.values
        assert values is not None
        if held.kind == "text":
            texts = [None if value is None or value.lower() in gaps else value for value in values]
            values = np.array(texts, object)
        empty = held.gaps.all()
        columns[name] = Column("number" if empty else held.kind, np.full(frame.rows, np.nan) if empty else values)
    return Frame(frame.name, columns, frame.rows)


@pytest.mark.parametrize("gap", ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", "-", " ", '""'])
def test_a_gap_is_a_gap_in_every_column(gap: str) -> None:
    for values, kind in ((["1", "2.5"], "number"), (["a", "b"], "text"), (["true", "false"], "boolean"),
                         (["2026-01-02", "2026-01-03"], "date")):  # fmt: skip
        assert column([values[0], gap, values[1]], kind).gaps.tolist() == [False, True, False]


@pytest.mark.parametrize("gap", ["", "NA", "NaN", "nan"])
def test_integers_stay_integers_beside_a_gap(gap: str) -> None:
    assert column(["1", gap, "3"], "number").whole


def test_only_whole_cells_are_gaps() -> None:
    assert not column(["NAME", "none of them", "--"], "text").gaps.any()


def test_a_column_of_gaps_alone_may_be_of_any_kind_and_is_called_a_number() -> None:
    for found in (column(["", "NA"]), as_frame({"a": [None, None]}).columns["a"],
                  as_frame(pd.DataFrame({"a": pd.Series([None, None], dtype="str")})).columns["a"]):  # fmt: skip
        assert found.kind == "number"
        assert found.gaps.all()
        assert not found.whole


@pytest.mark.parametrize(
    ("texts", "values", "whole"),
    [
        (["1", "-2", "+3"], [1, -2, 3], True),
        (["1", "2.0"], [1, 2], False),
        ([" 7 ", "8"], [7, 8], True),
        ([".5", "5.", "1e3", "-2E-1"], [0.5, 5, 1000, -0.2], False),
        (["9007199254740993", "1"], [2.0**53, 1], True),
        (["0", "10"], [0, 10], True),
        (["0,5", "-1,25", "3"], [0.5, -1.25, 3], False),
        (["1 000", "2"], [1000, 2], False),
    ],
)
def test_numbers_are_read_as_they_are_written(texts: list[str], values: list[float], whole: bool) -> None:
    found = column(texts, "number")
    assert found.values is not None
    assert found.values.tolist() == values
    assert found.whole == whole


@pytest.mark.parametrize("texts", [["007", "12"], ["0x10", "1"], ["1_000", "1"], ["1.2.3", "1"], ["½", "1"], ["5 %", "1"]])  # fmt: skip
def test_what_is_no_number_is_text(texts: list[str]) -> None:
    assert column(texts, "text").odd is None


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["2026-03-01", "2026-12-24"], dt.datetime(2026, 3, 1)),
        (["2026-03-01 14:30", "2026-03-01T14:30:15.25"], dt.datetime(2026, 3, 1, 14, 30)),
        (["2026-03-01T14:30:00Z", "2026-03-01"], dt.datetime(2026, 3, 1, 14, 30)),
        (["2026-03-01T14:30:00+02:00", "2026-03-01T00:00:00-0530"], dt.datetime(2026, 3, 1, 12, 30)),
        (["2026/3/1", "2026/12/24"], dt.datetime(2026, 3, 1)),
        (["2026-03", "2026-12"], dt.datetime(2026, 3, 1)),
        (["1.3.2026", "24.12.2026"], dt.datetime(2026, 3, 1)),
        (["01.03.2026 14:30", "24.12.2026 00:00"], dt.datetime(2026, 3, 1, 14, 30)),
        (["3/1/2026", "12/24/2026"], dt.datetime(2026, 3, 1)),
        (["1/3/2026", "24/12/2026"], dt.datetime(2026, 3, 1)),
        (["Mar 1 2026", "Dec 24 2026"], dt.datetime(2026, 3, 1)),
        (["March 1, 2026", "December 24, 2026"], dt.datetime(2026, 3, 1)),
        (["1 Mar 2026", "24 Dec 2026"], dt.datetime(2026, 3, 1)),
        (["20260301T000000", "20261224T120000"], dt.datetime(2026, 3, 1)),
        (["20260301T143000", "20261224T120000"], dt.datetime(2026, 3, 1, 14, 30)),
        (["03/01/26", "12/24/26"], dt.datetime(2026, 3, 1)),
        (["01.03.26", "24.12.26"], dt.datetime(2026, 3, 1)),
        (["1-Mar-26", "24-Dec-26"], dt.datetime(2026, 3, 1)),
        (["Mar-2026", "Dec-2026"], dt.datetime(2026, 3, 1)),
        (["March 2026", "December 2026"], dt.datetime(2026, 3, 1)),
        (["03/2026", "12/2026"], dt.datetime(2026, 3, 1)),
        (["3/1/26 2:30 PM", "12/24/26 12:05 AM"], dt.datetime(2026, 3, 1, 14, 30)),
        (["03/01/2026 02:30:00 PM", "12/24/2026 12:05:00 AM"], dt.datetime(2026, 3, 1, 14, 30)),
        (["3/1/06 0:00", "12/24/06 13:05"], dt.datetime(2006, 3, 1)),
        (["20260301", "20261224", "20251224"], dt.datetime(2026, 3, 1)),
    ],
)
def test_dates_are_read_in_their_usual_forms(texts: list[str], first: dt.datetime) -> None:
    found = column([*texts, ""], "date")
    assert found.values is not None
    assert found.values[0] == first.replace(tzinfo=UTC).timestamp()
    assert found.gaps.tolist() == [*[False] * len(texts), True]
    frame = as_frame({"v": [*texts, None]}).columns["v"]  # and in data frames
    alike(frame, found, "v")


def test_what_looks_like_dates_and_is_not_read_is_told() -> None:
    for texts in (
        ["31/12/2026", "12/31/2026"],
        ["2026-12-31 at noon", "2026-12-30 at noon"],
        ["Sunday Mar 1", "Monday Mar 2"],
    ):
        assert "looks like dates in no form that is read" in column(texts, "text").why
    for texts in (["red", "blue"], ["Marta 1", "Decker 2"], ["v1.2", "v1.3"]):
        assert column(texts, "text").why == ""


def test_numbers_are_no_dates_where_one_of_them_is_no_day() -> None:
    assert column(["20260301", "20261224", "20261301"], "number").whole
    assert column(["1", "2", "3"], "number").whole
    held = as_frame({"v": [20260301, 20261224, 20251224]}).columns["v"]
    assert (held.kind, held.form) == ("date", "%Y%m%d")


def test_a_date_that_may_be_two_is_left_as_text_with_a_reason() -> None:
    found = column(["3/1/2026", "4/2/2026"], "text")
    assert "day/month or month/day" in found.why
    assert column(["1/2/20", "3/4/21"], "text").odd is None


def test_a_word_among_numbers_is_odd_where_it_is_alone() -> None:
    numbers = [str(k) for k in range(40)]
    found = read("v,w\n" + "".join(f"{value},x\n" for value in [*numbers[:7], "n.a.x", *numbers[7:]]))
    assert found.columns["v"].odd == Odd(7, "n.a.x", "number")
    assert found.oddity("v") == "stdin, row 9, column v: 'n.a.x' is no number, nearly all others are; correct it, leave it empty, or, where it means missing, say so: missing={'v': 'n.a.x'}"  # fmt: skip
    assert found.oddity("w") is None
    assert column([*numbers, "a", "b", "c"], "text").odd is None  # levels, not dirt
    assert as_frame({"v": [*range(40), "!"]}).columns["v"].odd == Odd(40, "!", "number")


@pytest.mark.parametrize("first", ["", "Unnamed: 0", "__index_level_0__"])
def test_an_index_is_no_column(first: str) -> None:
    found = read(f"{first},a\n0,5\n1,6\n")
    held = next(iter(found.columns.values()))
    assert (held.kind, held.values) == ("other", None)
    assert held.why == "numbers or names the rows and says nothing of them"
    frame = pd.DataFrame({"a": [1, 2]}, index=["p", "q"])
    assert list(as_frame(frame).columns) == ["a"]


def test_the_index_that_pandas_writes_to_parquet_is_no_column(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1.5, None]}, index=[7, 8]).to_parquet(tmp_path / "a.parquet")
    found = read_frame(tmp_path / "a.parquet")
    assert found.columns["__index_level_0__"].kind == "other"
    assert found.rows == 2


def test_a_separator_at_the_end_of_each_row_makes_no_column() -> None:
    assert list(read("a,b,\n1,2,\n3,4,\n").columns) == ["a", "b"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_end_of_line_is_one(end: str) -> None:
    found = read(end.join(["a,b", "1,x", "2,y", "", ""]))
    assert found.rows == 2
    assert found.columns["b"].values is not None
    assert found.columns["b"].values.tolist() == ["x", "y"]


def test_cells_may_hold_lines_quotes_and_separators() -> None:
    found = read('a;b\n"x; ""y""\nz";1\nu;2\n').columns["a"]
    assert found.values is not None
    assert found.values.tolist() == ['x; "y"\nz', "u"]
    odd = read('size,y\npipe 5",1\npipe 6",2\n').columns["size"]  # a quote within a cell, as spreadsheets leave it
    assert odd.values is not None
    assert odd.values.tolist() == ['pipe 5"', 'pipe 6"']


def test_a_blank_line_in_a_single_column_is_a_gap() -> None:
    assert read("a\n1\n\n3\n").columns["a"].gaps.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("values", "kind", "first"),
    [
        (pl.Series([decimal.Decimal("1.25"), None]), "number", 1.25),
        (pl.Series([dt.timedelta(hours=1), None]), "number", 3600),
        (pl.Series([dt.time(1, 1), None]), "number", 3660),
        (pl.Series(["a", None], dtype=pl.Categorical), "text", "a"),
        (pl.Series(["a", None], dtype=pl.Enum(["a", "b"])), "text", "a"),
        (pl.Series([dt.datetime(2026, 1, 1, 1)]).dt.replace_time_zone("Europe/Berlin"), "date", 1767225600),
        (pd.Series(pd.Categorical([3, 4])), "text", "3"),
        (pd.Series(np.array([1, 2], "m8[s]")), "number", 1),
        (pd.Series([1, "x"], dtype=object), "text", "1"),
        (pd.Series([True, None], dtype=object), "boolean", 1),
        (pd.Series([dt.date(1970, 1, 2), None], dtype=object), "date", 86400),
        (np.array(["1970-01-02", "NaT"], "M8[D]"), "date", 86400),
        (np.array([1, 2], np.uint8), "number", 1),
        (pa.chunked_array([[1], [None]]).to_pylist(), "number", 1),
    ],
    ids=lambda value: "",
)
def test_other_types_become_one_of_the_kinds(values: Any, kind: str, first: object) -> None:
    data = pl.DataFrame({"v": values}) if isinstance(values, pl.Series) else {"v": values}
    data = pd.DataFrame({"v": values}) if isinstance(values, pd.Series) else data
    found = as_frame(data).columns["v"]
    assert found.kind == kind
    assert found.values is not None
    assert found.values[0] == first


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (pl.DataFrame({"v": [[1], [2]], "a": [1, 2]}), "holds lists"),
        (pl.DataFrame({"v": [{"x": 1}, {"x": 2}], "a": [1, 2]}), "holds records"),
        (pl.DataFrame({"v": [b"1", b"2"], "a": [1, 2]}), "holds bytes"),
        (pd.DataFrame({"v": [1j, 2j], "a": [1, 2]}), "holds"),
        (pd.DataFrame({"v": [{}, {}], "a": [1, 2]}), "holds Python objects (dict)"),
        (pd.DataFrame({"v": pd.period_range("2026", periods=2), "a": [1, 2]}), "holds Python objects (Period)"),
    ],
    ids=lambda value: "",
)
def test_what_is_no_plain_value_is_left_out_with_a_reason(data: Any, why: str) -> None:
    found = as_frame(data).columns["v"]
    assert (found.kind, found.values) == ("other", None)
    assert why in found.why


@pytest.mark.parametrize(
    ("data", "needle"),
    [
        (pl.DataFrame({"a": [1]}).lazy(), "houses.collect()"),
        (pd.Series([1]), "to_frame()"),
        (np.zeros((2, 2)), "is a ndarray, no data frame"),
        (None, "is a NoneType, no data frame"),
        ({}, "no columns"),
        (pd.DataFrame(), "no columns"),
        ({"a": []}, "no rows"),
        ({"a": [1], "b": [1, 2]}, "column b has 2 values, a has 1"),
        ({"a": 3}, "column a: is int, no column"),
        ({"a": "text"}, "column a: is str, no column"),
        ({"a": np.zeros((2, 2))}, "column a: has the shape (2, 2)"),
        ({1: [1], "1": [2]}, "two columns are called '1'; rename"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "two columns are called 'a'; rename"),
        (pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), "two columns are called 'a'; rename"),
        (pd.DataFrame({"a": [1.0, np.inf]}), "row 1, column a: is inf"),
        (pl.DataFrame({"a": [1.0, -np.inf]}), "row 1, column a: is -inf"),
        ({"a": np.array([np.inf, 1])}, "row 0, column a: is inf"),
        ({"a": [1], "": [2]}, "column 1 (from 0) has no name"),
    ],
    ids=lambda value: "" if not isinstance(value, str) else value,
)
def test_a_bad_frame_is_told(data: Any, needle: str) -> None:
    with pytest.raises(InputError) as caught:
        as_frame(data, "houses")
    assert str(caught.value).startswith("houses")
    assert needle in str(caught.value)


def test_names_that_would_break_a_message_are_quoted() -> None:
    name = "price\n(in $)"
    with pytest.raises(InputError, match=r"row 1, column 'price\\n\(in \$\)': is inf"):
        as_frame({name: [1.0, np.inf]})
    with pytest.raises(InputError, match=r"row 2, column 'price\\n\(in \$\)': is inf"):
        _ = read(f'"{name}",b\ninf,2\n').columns


def test_a_table_that_is_one_stays_as_it_is() -> None:
    frame = as_frame({"a": [1]})
    assert as_frame(frame) is frame


@pytest.mark.parametrize(
    ("start", "is_digits"),
    [
        (b"label,pixel0,pixel1\n", True),
        (b"pixel0,pixel1,label", True),
        (b"label,pixel0,pixel0", True),  # and wrong
        (b"label,1x1,1x2\n", True),
        (b"0,1,2,3\n", True),  # to predict
        (b"1,2\n", False),
        (b"label,price\n", False),
        (b"", False),
        (b"\xff\xfe\0", False),
        (b'"', False),
    ],
)
def test_digit_files_are_told_from_tables_by_their_header(start: bytes, is_digits: bool) -> None:
    assert is_digit_header(start) is is_digits


def test_parquet_of_bytes_is_an_array_and_all_else_that_is_small_a_table(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pixels = pl.Series([0, 255], dtype=pl.UInt8)
    for columns, kind in (
        ({"a": pixels, "label": [3, 4]}, "parquet"),
        ({"a": pixels, "b": [0.5, 1.5], "label": [3, 4]}, "table"),
        ({"a": ["u", "v"], "label": [3, 4]}, "table"),
    ):
        pl.DataFrame(columns).write_parquet(path)
        assert kind_of(path) == kind


LINES = pl.DataFrame({**WHOLE, "more": [1, 2, 3, 4]}).write_csv().encode()


def tried(content: bytes) -> None:
    try:
        frame = read(content)
        _ = frame.columns
    except InputError as fault:
        assert str(fault).startswith("stdin")  # noqa: PT017
        assert "\n" not in str(fault)  # noqa: PT017
        return
    assert all(held.values is None or len(held.values) == frame.rows for held in frame.columns.values())
    assert all(frame.oddity(name) is None or frame.columns[name].odd for name in frame.columns)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_table_with_bytes_changed_put_in_or_left_out(data: st.DataObject) -> None:
    content = bytearray(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        new = data.draw(
            st.binary(min_size=1, max_size=3) | st.sampled_from([b"\n", b",", b'"', b"\0", b";", b"\r", b"\t", b"inf"])
        )
        kind = data.draw(st.sampled_from(["change", "put in", "leave out"]))
        content[place : place + (0 if kind == "put in" else len(new))] = b"" if kind == "leave out" else new
    tried(bytes(content))


@settings(max_examples=100, deadline=None)
@given(
    start=st.sampled_from([b"", b"a,b\n", b"a;b\n1;2\n", b"\x1f\x8b", b"PK\x03\x04", b'"', b"PAR1"]),
    rest=st.binary() | st.text('ab1;,"\n\r\t -./:').map(str.encode),
)
def test_rubbish(start: bytes, rest: bytes) -> None:
    tried(start + rest)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_parquet_with_bytes_changed(data: st.DataObject, tmp_path: Path) -> None:
    stream = io.BytesIO()
    pl.DataFrame(WHOLE).write_parquet(stream)
    content = bytearray(stream.getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    for way in (kind_of, read_frame):
        try:
            way(path)
        except InputError as fault:
            assert str(fault).startswith(str(path))  # noqa: PT017
