"""One table says the same wherever it comes from: CSV, Parquet, pandas, polars, the script, ONNX, the page."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import polars
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import pellucid as pl
from pellucid.datasets import inputs_of, read_frame
from pellucid.datasets.frames.coerce import columns_of
from pellucid.model.columns import Category
from pellucid.render.model_page.data import of_model
from support import in_node, module_at

ROWS = 40
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # a table of forty rows is not made smaller in any time
MARKS = ("", "NA", "?", "-", "none", "n/a", "null", "-999")
Made = dict[str, list[str]]


def money(x: float) -> str:
    return f"-${-x:,.2f}" if x < 0 else f"${x:,.2f}"


def comma(x: float) -> str:
    return f"{x:,.2f}".translate(str.maketrans(",.", ".,"))


NUMBERS: dict[str, Callable[[float], str]] = {
    "plain": repr,
    "whole": lambda x: str(round(x)),
    "with a plus and a power": lambda x: f"{x:+.3e}",
    "money": money,
    "per cent": lambda x: f"{x:.1f}%",
    "a unit": lambda x: f"{x:.2f} kg",
    "a unit without a blank": lambda x: f"{round(x)}GB",
    "thousands": lambda x: f"{round(x * 100):,}",
    "blanks between thousands": lambda x: f"{round(x * 100):,}".replace(",", " "),
    "in parentheses": lambda x: f"({-x:.2f})" if x < 0 else f"{x:.2f}",
}  # fmt: skip
DATES = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y%m%d", "%Y%m%dT%H%M%S", "%d.%m.%Y", "%m/%d/%Y %I:%M %p", "%d/%m/%y", "%b-%Y",
         "%d %B %Y", "%Y-%m-%dT%H:%M:%S")  # fmt: skip
LEVELS: dict[str, tuple[str, ...]] = {
    "words": ("red", "Blue", "grün", "it's"),
    "codes": ("007", "012", "100"),
    "numbers": ("3001.0", "3002.0", "+3", "4e3"),
    "halves": ("0.50", "1.5", "2.25"),
    "true and false": ("TRUE", "FALSE"),
    "days": ("2024-01-15", "2024-02-15", "2024-03-15"),
    "versions": ("1.10", "1.2.3", "1.1"),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[Made, dict[str, str]]:
    """A table of texts as a CSV holds them, and what its columns are said to be."""
    columns: Made = {}
    asked: dict[str, str] = {}
    for k in range(draw(st.integers(2, 5))):
        kind = draw(st.sampled_from(["number", "date", "category"]))
        if kind == "number":
            write = NUMBERS[draw(st.sampled_from(sorted(NUMBERS)))]
            cells = [write(x) for x in draw(st.lists(st.floats(-900, 900), min_size=ROWS, max_size=ROWS))]
        elif kind == "date":
            form = draw(st.sampled_from(DATES))
            when = st.datetimes(pd.Timestamp(1990, 1, 1), pd.Timestamp(2030, 1, 1))
            days = draw(st.lists(when, min_size=ROWS, max_size=ROWS))
            cells = [day.strftime(form) for day in days]
        else:
            levels = LEVELS[draw(st.sampled_from(sorted(LEVELS)))]
            cells = draw(st.lists(st.sampled_from(levels), min_size=ROWS, max_size=ROWS))
            asked[f"c{k}"] = "category"
        for row in draw(st.lists(st.integers(0, ROWS - 1), max_size=6)):
            cells[row] = draw(st.sampled_from(MARKS))
        columns[f"c{k}"] = cells
    return columns, asked


def fitted(columns: Made, asked: dict[str, str], path: Path) -> pl.Model | None:
    """A model of a table that is written to a path; None where nothing is to be learned from it."""
    rng = np.random.default_rng(0)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*columns, "y"])
        writer.writerows(
            [*row, repr(float(y))]
            for row, y in zip(zip(*columns.values(), strict=True), rng.normal(size=ROWS), strict=True)
        )
    try:
        return pl.tables.fit(str(path), "y", columns=asked, missing=["-999"], hidden=(8,), epochs=1)
    except pl.InputError as fault:
        assert "no column is left" in str(fault) or "day/month or month/day" in str(fault) or "may be" in str(fault)  # noqa: PT017
        return None


def script_of(model: pl.Model, path: Path) -> Any:
    pl.export(model, path, to="numpy", force=True)
    return module_at(path)


def ports(model: pl.Model, columns: Made, path: Path) -> dict[str, Any]:
    """What an ONNX graph takes: numbers and dates as numbers, categories as the texts that the file has."""
    assert model.preprocessing is not None
    values = columns_of(read_frame(path), model.preprocessing)
    feed: dict[str, Any] = {}
    for column in model.preprocessing.columns:
        texts = np.array(columns[column.name], object)
        feed[column.name] = (texts if isinstance(column, Category) else values[column.name])[:, np.newaxis]
    return feed


@settings(max_examples=5, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=tables())
def test_every_source_gives_the_same_answers(made: tuple[Made, dict[str, str]], tmp_path: Path) -> None:
    columns, asked = made
    path = tmp_path / "t.csv"
    model = fitted(columns, asked, path)
    if model is None:
        return
    expected = pl.tables.predict(model, str(path))
    typed = pd.read_csv(path)
    text = polars.read_csv(path, infer_schema=False)
    typed.to_parquet(tmp_path / "t.parquet")
    text.write_parquet(tmp_path / "u.parquet")
    (tmp_path / "t.tsv").write_text(text.write_csv(separator="\t"), encoding="utf-8")
    sources = {
        "pandas": typed, "pandas, texts": pd.read_csv(path, dtype=str, keep_default_na=False),
        "polars": polars.from_pandas(typed), "polars, texts": text, "a dict": {**columns},
        "Parquet": str(tmp_path / "t.parquet"), "Parquet, texts": str(tmp_path / "u.parquet"),
        "TSV": str(tmp_path / "t.tsv"),
    }  # fmt: skip
    for name, source in sources.items():
        np.testing.assert_allclose(pl.tables.predict(model, source), expected, atol=1e-5, err_msg=name)
    script = script_of(model, tmp_path / "exported.py")
    np.testing.assert_allclose(np.ravel(script.predict(script.read(path))), expected, atol=1e-5, err_msg="script")
    pl.export(model, tmp_path / "m.onnx", to="onnx", force=True)
    answers = onnxruntime.InferenceSession(tmp_path / "m.onnx").run(None, ports(model, columns, path))[0]
    np.testing.assert_allclose(np.ravel(answers), expected, atol=1e-5, err_msg="ONNX")


@settings(max_examples=5, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(st.floats(-9e5, 9e5), min_size=ROWS, max_size=ROWS, unique_by=round), data=st.data())
def test_a_decimal_comma_is_read_alike(numbers: list[float], data: st.DataObject, tmp_path: Path) -> None:
    size = [comma(x) for x in numbers]
    for row in data.draw(st.lists(st.integers(0, ROWS - 1), max_size=6)):
        size[row] = data.draw(st.sampled_from(MARKS))
    frame = pd.DataFrame({"size": size, "y": [f"{k},{k % 7}5" for k in range(ROWS)]})
    frame.to_csv(tmp_path / "t.csv", sep=";", index=False)
    model = pl.tables.fit(str(tmp_path / "t.csv"), "y", missing=["-999"], hidden=(4,), epochs=1)
    expected = pl.tables.predict(model, str(tmp_path / "t.csv"))
    known = [x for x, text in zip(numbers, size, strict=True) if text not in MARKS]
    assert model.preprocessing is not None
    assert model.preprocessing.columns[0].mean == pytest.approx(np.mean(np.round(known, 2)), abs=0.01)  # type: ignore[union-attr]
    np.testing.assert_allclose(pl.tables.predict(model, frame), expected, atol=1e-5)
    script = script_of(model, tmp_path / "exported.py")
    np.testing.assert_allclose(np.ravel(script.predict(script.read(tmp_path / "t.csv"))), expected, atol=1e-5)


# the page


INPUTS = """
import { inputsOf } from "./render/web/columns.js";
import { levelIn, read } from "./render/web/texts.js";
const { columns, calendar, rows } = given;
answer(rows.map(row => inputsOf(columns, columns.map((column, k) => {
  const value = read(column, row[k]);
  if (value === undefined) throw new Error(`${column.name}: ${row[k]}`);
  return column.kind === "category" ? levelIn(column.levels)(value) : value;
}), calendar)));
"""


@pytest.mark.slow
@settings(max_examples=40, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=tables())
def test_the_page_reads_each_cell_as_training_did(made: tuple[Made, dict[str, str]], tmp_path: Path) -> None:
    columns, asked = made
    model = fitted(columns, asked, tmp_path / "t.csv")
    if model is None:
        return
    assert model.preprocessing is not None
    names = [column.name for column in model.preprocessing.columns]
    rows = [list(row) for row in zip(*(columns[name] for name in names), strict=True)]
    found = in_node(tmp_path, INPUTS, {**of_model(model, None), "rows": rows})
    expected = inputs_of(read_frame(tmp_path / "t.csv"), model.preprocessing, np.float64)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_a_row_of_the_table_may_be_read_alone(tmp_path: Path) -> None:
    """What is ambiguous in one row is not where the model knows the column."""
    header = "inhabitants;rent;when;tax\n"
    rows = [f"{k}.{476 + k};{k},5;{k % 28 + 1:02}/{k % 12 + 1:02}/2024;{k},25" for k in range(1, 60)]
    (tmp_path / "t.csv").write_text(header + "\n".join(rows) + "\n")
    model = pl.tables.fit(str(tmp_path / "t.csv"), "tax", epochs=1)
    together = pl.tables.predict(model, str(tmp_path / "t.csv"))
    for k, row in enumerate(rows[:10]):
        (tmp_path / "one.csv").write_text(header + row + "\n")
        assert pl.tables.predict(model, str(tmp_path / "one.csv")) == pytest.approx(together[k : k + 1])
    frame = polars.read_csv(io.StringIO(header + "\n".join(rows)), separator=";", infer_schema=False)
    assert pl.tables.predict(model, frame) == pytest.approx(together)
