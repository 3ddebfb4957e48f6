"""What stands for a missing value is the same in every source, and may be said; a level is one text everywhere."""

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import polars
import pytest

import pellucid as pl
from pellucid.cli import main
from pellucid.datasets import LoadOptions, as_frame, load_with, read_frame
from pellucid.datasets.frames.notes import far_values
from pellucid.model.columns import Category, Number
from pellucid.model.levels import Levels, meaning

MARKS = ["?", "-", "none", "NA", "N/A", "null", "None", "NaN", "#N/A", "<NA>", ""]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("others", [["a", "b"], ["1.5", "2"], ["2026-01-02", "2026-03-04"], ["true", "false"]])
def test_a_mark_is_a_gap_in_every_source(mark: str, others: list[str], tmp_path: Path) -> None:
    cells = [*others, mark]
    frame = polars.DataFrame({"v": cells, "row": ["p", "q", "r"]})
    frame.write_parquet(tmp_path / "t.parquet")
    text = io.BytesIO(frame.write_csv().encode())
    sources = [read_frame("-", stdin=text), as_frame(frame), as_frame(frame.to_pandas()),
               read_frame(tmp_path / "t.parquet"), as_frame({"v": cells, "row": [1, 2, 3]}),
               as_frame(frame.to_pandas().astype({"v": "category"}))]  # fmt: skip
    for found in sources:
        assert found.columns["v"].gaps.tolist() == [False, False, True]


@pytest.mark.parametrize("mark", ["none", "NA", "-", "?", "None"])
def test_a_mark_that_is_frequent_in_a_target_of_classes_is_one(mark: str, tmp_path: Path) -> None:
    table = {"x": [0.0, 1.0, 2.0] * 40, "y": ["mild", mark, "severe"] * 40}
    polars.DataFrame(table).write_csv(tmp_path / "t.csv")
    for source in (str(tmp_path / "t.csv"), table, polars.DataFrame(table)):
        model = pl.tables.fit(source, "y", epochs=30)
        assert model.classes is not None
        assert set(model.classes) == {"mild", mark, "severe"}
        assert pl.tables.evaluate(model, source).accuracy == 1
    left_out = pl.tables.fit(table, "y", missing={"y": mark}, epochs=30)
    assert left_out.classes == ("mild", "severe")
    assert len(pl.tables.samples(left_out, table).X) == 80


def test_a_rare_mark_in_a_target_is_missing_unless_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    y = ["mild", "severe"] * 60 + ["none"] * 2
    table = {"x": [float(k % 2) for k in range(122)], "y": y}
    assert pl.tables.fit(table, "y", epochs=1).classes == ("mild", "severe")
    for asked in ({"missing": ["y="]}, {"columns": {"y": "category"}}):
        assert pl.tables.fit(table, "y", epochs=1, **asked).classes == ("mild", "none", "severe")
    polars.DataFrame({**table, "y": ["mild", "none"] * 61}).write_csv(tmp_path / "t.csv")
    main(["train", str(tmp_path / "t.csv"), "--target", "y", "--epochs", "1", "--out", str(tmp_path / "run")])
    said = " ".join(capsys.readouterr().err.split())
    assert "column y: 'none' (61 rows) taken as a class; where it means missing: --missing y=none" in said


def test_numbers_with_gaps_are_no_classes() -> None:
    table = {"x": [float(k) + 0.5 for k in range(90)], "y": [str(k * 1.25) if k % 3 else "-" for k in range(90)]}
    model = pl.tables.fit(table, "y", epochs=1)
    assert model.classes is None
    assert len(pl.tables.samples(model, table).X) == 60


@pytest.mark.parametrize("gap", [-200, -200.0, "-200", "-200.0"])
def test_what_means_missing_may_be_said_and_is_kept(gap: Any, tmp_path: Path) -> None:
    x = [-200.0 if k % 5 == 0 else k % 17 + 0.5 for k in range(120)]
    city = ["unknown" if k % 4 == 0 else "abc"[k % 3] for k in range(120)]
    table = {
        "x": x,
        "n": [int(v) for v in x],
        "t": [f"{v:g}" for v in x],
        "city": city,
        "y": [k % 13 + 0.25 for k in range(120)],
    }
    model = pl.tables.fit(table, "y", missing=[str(gap), "city=Unknown"], epochs=1)
    assert model.preprocessing is not None
    for column in model.preprocessing.columns:
        assert column.gaps, column.name
        assert not isinstance(column, Number) or column.mean > 5
        assert not isinstance(column, Category) or column.levels == ("a", "b", "c")
    pl.save_model(model, tmp_path / "m.safetensors")
    again = pl.load_model(tmp_path / "m.safetensors")
    expected = pl.tables.predict(model, table)
    row = {"x": [None], "n": [None], "t": [""], "city": [None]}
    assert pl.tables.predict(
        again, {"x": [-200.0], "n": [-200], "t": ["-200.00"], "city": ["UNKNOWN"]}
    ) == pl.tables.predict(again, row)
    np.testing.assert_array_equal(pl.tables.predict(again, pd.DataFrame(table)), expected)
    other = pl.tables.fit(table, "y", missing={"x": gap}, epochs=1)
    assert other.preprocessing is not None
    assert [column.gaps for column in other.preprocessing.columns] == [True, False, False, False]


def test_marks_of_a_column_that_is_not_there_are_refused() -> None:
    with pytest.raises(pl.InputError, match=r"has no column 'cty', which missing= names; did you mean city"):
        pl.tables.fit({"city": ["a", "b"] * 30, "y": [0.5, 1.5] * 30}, "y", missing={"cty": "x"})


def test_the_command_takes_several_marks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "\n".join(f"{[-200, 3.5, 999, 7][k % 4]},{k % 7}.5,{k % 9}.25" for k in range(80))
    (tmp_path / "t.csv").write_text("a,b,y\n" + rows)
    args = ["train", str(tmp_path / "t.csv"), "--target", "y", "--epochs", "1"]
    assert main([*args, "--missing", "-200,a=999", "--out", str(tmp_path / "one")]) == 0
    assert main([*args, "--missing", "-200", "--missing", "a=999", "--out", str(tmp_path / "two")]) == 0
    one, two = (pl.load_model(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    assert one.preprocessing == two.preprocessing
    assert one.preprocessing is not None
    assert one.preprocessing.columns[0].mean == pytest.approx(5.25, abs=0.2)  # type: ignore[union-attr]
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path / "one"), "--json"]) == 0  # its own data, read as they were


def test_a_common_number_far_from_all_others_is_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "\n".join(f"{-200 if k % 6 == 0 else k % 31 + k / 90},{k % 7}.5" for k in range(180))
    (tmp_path / "t.csv").write_text("sensor,y\n" + rows)
    args = ["train", str(tmp_path / "t.csv"), "--target", "y", "--epochs", "1"]
    main([*args, "--out", str(tmp_path / "one")])
    said = " ".join(capsys.readouterr().err.split())
    assert re.search(r"column sensor: -200 stands in \d\d of 162 rows and is far from all other values", said)
    assert "--missing sensor=-200" in said
    main([*args, "--missing", "sensor=-200", "--out", str(tmp_path / "two")])
    assert "far from all other" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("values", "far"),
    [
        ([-999.0] * 20 + list(range(100)), [(-999.0, 20)]),
        ([9999.0] * 20 + list(np.linspace(0, 1, 100)), [(9999.0, 20)]),
        ([-999.0] * 20 + [9999.0] * 9 + list(range(100)), [(-999.0, 20), (9999.0, 9)]),
        ([-200.0] * 20 + list(np.linspace(7, 320, 100)), [(-200.0, 20)]),
        ([-999.0] * 2 + list(range(100)), []),  # rare
        ([0.0] * 50 + list(range(500, 600)), []),  # none of it is a value
        ([80.0] * 50 + list(range(60)), []),
        ([0.0] * 50 + list(range(1, 100)), []),  # near the others
        ([0.0, 1.0, 500.0] * 40, []),  # few values
        (list(np.random.default_rng(0).lognormal(0, 2, 500)), []),
        ([18.0, 19.0, 20.0, 21.0, 65.0] * 30, []),
    ],
)
def test_what_is_far_and_common(values: list[float], far: list[tuple[float, int]]) -> None:
    assert far_values(np.array(values)) == far


@pytest.mark.parametrize(
    ("trained", "later"),
    [
        (["3001.0", "3002.0"], [3001, "3001.0", "3001", "+3001", "3.001e3", 3001.0]),
        ([3001, 3002], ["3001.0", " 3001 ", 3001.0]),
        (["0.50", "0.75"], ["0.5", 0.5, ".5", "5e-1"]),
        (["TRUE", "FALSE"], ["true", True, "True"]),
        ([True, False], ["TRUE", "true"]),
        (["2024-01-15", "2024-02-15"], ["2024-01-15T00:00:00", "2024-01-15 00:00", pd.Timestamp(2024, 1, 15)]),
        ([pd.Timestamp(2024, 1, 15), pd.Timestamp(2024, 2, 15)], ["2024-01-15"]),
        (["007", "012"], ["007", 7, "7"]),  # as pandas reads it
        (["4e3", "5e3"], ["4000", 4000]),
    ],
)
def test_a_level_is_known_however_it_is_written(trained: list[Any], later: list[Any]) -> None:
    table = {"v": trained * 40, "y": [0.0, 9.5] * 40}
    model = pl.tables.fit(table, "y", columns={"v": "category"}, epochs=3)
    first, second = pl.tables.predict(model, {"v": trained})
    assert first != second
    for value in later:
        assert pl.tables.predict(model, {"v": [value]}) == first, value


def test_a_level_that_is_written_so_comes_before_one_that_means_the_same() -> None:
    levels = Levels(["1.10", "1.1", "1.10.2", "7"])
    assert [levels.place(text) for text in ("1.10", "1.1", "7.0", "1.100", "Ulm")] == [0, 1, 3, None, None]
    assert meaning("1e999") is None
    assert meaning("2024-02-30") is None


@pytest.mark.parametrize("y", [[1.0, 0.0, None], [1, 0, None], ["1.0", "0.0", ""], ["1", "0", "?"]])
def test_whole_numbers_are_classes_however_they_are_stored(y: list[Any]) -> None:
    table = {"x": [float(k % 7) for k in range(90)], "y": y * 30}
    for source in (table, pd.DataFrame(table), polars.DataFrame(table, strict=False)):
        model = pl.tables.fit(source, "y", epochs=1)
        assert model.classes == ("0", "1")
        assert len(pl.tables.samples(model, source).X) == 60


def test_numbers_as_text_in_a_frame_are_numbers_and_categories_stay() -> None:
    frame = pd.DataFrame({"x": [str(k % 7) for k in range(90)], "y": [f"{k * 1.37:.2f}" for k in range(90)]})
    model = pl.tables.fit(frame, "y", epochs=1)
    assert model.classes is None
    assert model.preprocessing is not None
    assert isinstance(model.preprocessing.columns[0], Number)
    kept = pl.tables.fit(frame.astype({"x": "category"}), "y", epochs=1).preprocessing
    assert kept is not None
    assert isinstance(kept.columns[0], Category)


def test_exports_know_a_level_and_a_mark_however_they_are_written(tmp_path: Path) -> None:
    rng = range(120)
    trained: dict[str, list[Any]] = {
        "zip": [["3003.0", "3004", "+5", ""][k % 4] for k in rng], "flag": [["TRUE", "FALSE"][k % 2] for k in rng],
        "day": [["2024-01-15", "2024-02-15T12:30:00"][k // 2 % 2] for k in rng],
        "word": ["?" if k % 5 == 0 else "abc"[k % 3] for k in rng],
        "code": [["1.10", "1.1", "1.1.2"][k % 3] for k in rng], "x": [-200.0 if k % 7 == 0 else k * 0.1 for k in rng],
    }  # fmt: skip
    y = [k % 4 + 3 * (k % 2) + k % 3 + 0.5 for k in rng]
    asked = {"zip": "category", "flag": "category", "day": "category"}
    model = pl.tables.fit({**trained, "y": y}, "y", columns=asked, missing=["-200"], epochs=5)
    expected = pl.tables.predict(model, trained)
    pl.export(model, tmp_path / "m.onnx", to="onnx")
    pl.export(model, tmp_path / "exported.py", to="numpy")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    space: dict[str, Any] = {"__name__": "exported"}
    exec((tmp_path / "exported.py").read_text(), space)
    spellings = {
        "zip": [["3003", "3004.00", "5e0", " "], [".3003e4", "+3004", "5.", "N/A"]], "flag": [["true", "False"]] * 2,
        "day": [["2024-01-15T00:00:00", "2024-02-15 12:30"], ["2024-01-15 00:00", "2024-02-15T12:30"]],
        "word": [["NA", "?"], ["none", "-"]],
    }  # fmt: skip
    for k in range(2):
        later: dict[str, list[Any]] = dict(trained)
        for name in ("zip", "flag"):
            later[name] = [spellings[name][k][j % len(spellings[name][k])] for j in rng]
        later["day"] = [spellings["day"][k][j // 2 % 2] for j in rng]
        later["word"] = [spellings["word"][k][j % 2] if j % 5 == 0 else "abc"[j % 3] for j in rng]
        np.testing.assert_array_equal(pl.tables.predict(model, later), expected)
        feed = {n: np.array(v, object if n != "x" else float)[:, None] for n, v in later.items()}
        np.testing.assert_allclose(np.ravel(session.run(None, feed)[0]), expected, atol=1e-5)
        rows = [dict(zip(later, row, strict=True)) for row in zip(*later.values(), strict=True)]
        np.testing.assert_allclose(np.ravel(space["predict"](rows)), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("gap", "write", "mark"),
    [
        ("-999,0", lambda k: f"{k / 7:.1f}".replace(".", ","), "-999"),
        ("$9,999.00", lambda k: f"${k / 7:.2f}", "9999"),
        ("-999 °C", lambda k: f"{k / 7:.1f} °C", "-999"),
        ("9999999", lambda k: f"{k / 7:.1f}", "9999999"),
        ("9999-12-31", lambda k: f"2020-{k % 12 + 1:02}-{k % 28 + 1:02}", "9999-12-31"),
        ("31.12.9999", lambda k: f"{k % 28 + 1:02}.{k % 12 + 1:02}.2020", "31.12.9999"),
    ],
)
def test_what_a_note_proposes_makes_the_gaps(gap: str, write: Any, mark: str, tmp_path: Path) -> None:
    cells = [gap if k % 6 == 0 else write(k) for k in range(180)]
    rows = "\n".join(f'"{cell}";{k % 7}' for k, cell in enumerate(cells))
    (tmp_path / "t.csv").write_text("v;y\n" + rows)
    noted = load_with(tmp_path / "t.csv", LoadOptions(target="y")).notes
    assert len(noted) == 1
    assert f"missing={{'v': {mark!r}}}" in noted[0]
    told = load_with(tmp_path / "t.csv", LoadOptions(target="y", missing=(f"v={mark}",)))
    assert told.notes == ()
    assert told.preprocessing is not None
    assert told.preprocessing.columns[0].gaps
    model = pl.tables.fit(str(tmp_path / "t.csv"), "y", missing={"v": mark}, epochs=1)
    pl.export(model, tmp_path / "exported.py", to="numpy")
    space: dict[str, Any] = {"__name__": "exported"}
    exec((tmp_path / "exported.py").read_text(), space)
    expected = pl.tables.probabilities(model, str(tmp_path / "t.csv"))
    np.testing.assert_allclose(space["probabilities"](space["read"](tmp_path / "t.csv")), expected, atol=1e-5)


def test_true_and_false_may_be_written_in_any_case() -> None:
    texts = ["TRUE", "True", "true", "FALSE", "False", "false"] * 20
    assert as_frame({"v": texts}).columns["v"].kind == "boolean"


def test_a_row_of_sums_is_told(tmp_path: Path) -> None:
    rows = "\n".join(f"{'abc'[k % 3]},{k % 17}.5" for k in range(90))
    (tmp_path / "t.csv").write_text(f"shop,y\n{rows}\nTOTAL,750.5\n")
    assert any(
        "row 92 begins with 'TOTAL'" in said for said in load_with(tmp_path / "t.csv", LoadOptions(target="y")).notes
    )


def test_units_below_the_names_are_told() -> None:
    table = "t,y\n°C,\n" + "".join(f"{k}.6,{k % 7}.2\n" for k in range(12))
    frame = read_frame("-", stdin=io.BytesIO(table.encode()))
    assert "row 2, column t: '°C' is no number" in (frame.oddity("t") or "")


def test_a_mark_among_numbers_is_an_error_whose_remedy_works() -> None:
    table = {"v": [*(f"{k}.5" for k in range(60)), "n.a."], "y": [k % 7 for k in range(61)]}
    with pytest.raises(pl.InputError, match=r"'n.a.' is no number.*missing=\{'v': 'n.a.'\}"):
        pl.tables.fit(table, "y")
    pl.tables.fit(table, "y", missing={"v": "n.a."}, epochs=1)


def test_numbers_that_count_up_number_the_rows_unless_they_are_years() -> None:
    columns = {"order": list(range(100_000, 100_090)), "year": list(range(1931, 2021)), "y": [k % 5 for k in range(90)]}
    plan = pl.tables.fit(columns, "y", epochs=1).preprocessing
    assert plan is not None
    assert [column.name for column in plan.columns] == ["year"]
