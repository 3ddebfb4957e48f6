"""Rows for a model that has learned from a table: what fits, and what is refused with its place."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pellucid import InputError, load_model, tables
from pellucid.cli import main
from tables.houses import houses, run


def test_columns_may_come_in_any_order_and_with_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = houses().drop("price")
    turned = frame.select(reversed(frame.columns)).with_columns(more=pl.lit("?"))
    turned.write_csv(folder / "turned.csv", null_value="NA")
    first, second = (
        [row["prediction"] for row in run(capsys, "predict", str(folder / "values"), str(folder / name))["predictions"]]
        for name in ("houses.csv", "turned.csv")
    )
    assert first == second


def test_unknown_levels_are_noted_and_gaps_are_no_trouble(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "new.csv").write_text("size,city,zip,built,garage,garden\n,Paris,NA,,,\n")
    assert main(["predict", str(folder / "values"), str(folder / "new.csv"), "--json"]) == 0
    out, err = capsys.readouterr()
    assert np.isfinite(json.loads(out)["predictions"][0]["prediction"])
    assert "note: " in err
    assert "column city: training did not know Paris; taken as no known one" in err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "size,city,zip,built,garden\n1,Bonn,10,2000-01-01,no\n",
            "has no column 'garage', which the model learned from",
        ),
        ("size,city,zip,built,garage,garden\nbig,Bonn,10,2000-01-01,true,no\n", "row 2, column size: 'big', but this"),
        (
            "size,city,zip,built,garage,garden\n1,Bonn,10,2000-01-01,true,no\n1,Bonn,10,soon,true,no\n",
            "row 3, column built: 'soon', but this column h",
        ),
        ("size,city,zip,built,garage,garden\n1_0,Bonn,10,2000-01-01,true,no\n", "row 2, column size: '1_0', but this"),
        (
            'size,city,zip,built,garage,garden\n"1,007.5",Bonn,10,2000-01-01,true,no\n',
            "row 2, column size: '1,007.5', but this column holds numbers: write it without commas",
        ),
        (
            "size,city,zip,built,garage,garden\n1,Bonn,10,01/02/2000,true,no\n",
            "row 2, column built: '01/02/2000', but this column holds dates such as 2026-12-31",
        ),
        (
            "size,city,zip,built,garage,garden\n1,Bonn,10,,true,no\n1e300,Bonn,10,,true,no\n",
            "row 3, column size: is too far from the values of the training data",
        ),
        (
            "size,city,zip,built,garage,garden\n1,Bonn,10,2000-01-01,2,no\n",
            "row 2, column garage: '2', but this column",
        ),
    ],
)
def test_rows_of_another_kind_are_refused_with_their_place(
    folder: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    (folder / "bad.csv").write_text(content)
    assert main(["predict", str(folder / "values"), str(folder / "bad.csv")]) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert not out


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("command", ["predict", "evaluate", "importance"])
def test_an_answer_that_is_no_number_is_told_with_its_row(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    rows = "size,city,zip,built,garage,garden,price\n90,Bonn,10,,true,no,1\n1e40,Bonn,10,,true,yes,1\n"
    (folder / "huge.csv").write_text(rows)
    for flags in ([], ["--json"], *([["--out", str(folder / "o.csv")]] if command == "predict" else ())):
        assert main([command, str(folder / "classes"), str(folder / "huge.csv"), *flags]) == 2
        out, err = capsys.readouterr()
        assert not out
        assert "huge.csv, row 3: the network's answer is no number" in err
        assert not (folder / "o.csv").exists()
    with pytest.raises(InputError, match="row 3: the network's answer is no number"):
        tables.predict(load_model(folder / "classes" / "model.safetensors"), folder / "huge.csv")


def test_dates_are_read_in_the_order_that_training_knew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    days = np.datetime64("2020-01-01") + np.random.default_rng(0).integers(0, 700, 80)
    written = [f"{day.month}/{day.day}/{day.year}" for day in days.astype(object)]
    y = (days - days.min()).astype(float)
    pl.DataFrame({"when": written, "y": y}).write_csv(tmp_path / "t.csv")
    flags = ["--task", "regression", "--epochs", "5", "--out", str(tmp_path / "run"), "-q"]
    assert main(["train", str(tmp_path / "t.csv"), "--target", "y", *flags]) == 0
    said = []
    for text in ('1/2/2021,"Jan 2"', "2021-01-02,x", "01/02/2021,x"):
        (tmp_path / "rows.csv").write_text(f"when,more\n{text}\n")
        said.append(run(capsys, "predict", str(tmp_path / "run"), str(tmp_path / "rows.csv"))["predictions"])
    assert said[0] == said[1] == said[2]
    (tmp_path / "rows.csv").write_text("when\n13/1/2021\n")
    assert main(["predict", str(tmp_path / "run"), str(tmp_path / "rows.csv")]) == 2
    assert "row 2, column when: '13/1/2021', but this column holds dates such as 12/31/2026" in capsys.readouterr().err
    (tmp_path / "rows.csv").write_text("when\n1/2/2021\n2021-01-03\n1/32/2021\n")
    assert main(["predict", str(tmp_path / "run"), str(tmp_path / "rows.csv")]) == 2
    assert "row 4, column when: '1/32/2021', but this column holds dates" in capsys.readouterr().err


def test_the_row_of_a_bad_target_is_that_of_the_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = "size,city,zip,built,garage,garden,price\n"
    for run_, cells, message in (
        ("values", ("no,1", "no,", "no,2", "no,dear"), "row 5, column price: 'dear', but this column holds numbers"),
        ("values", ("no,1", "no,", "no,1e200"), "row 4: the target is 1e+200, too large for its square to be a num"),
        ("classes", ("no,1", ",1", "yes,1", "maybe,1"), "row 5: label maybe"),
    ):
        (folder / "rows.csv").write_text(head + "".join(f"9,Bonn,10,,true,{cell}\n" for cell in cells))
        assert main(["evaluate", str(folder / run_), str(folder / "rows.csv")]) == 2
        assert message in capsys.readouterr().err


def test_importance_wants_rows_to_shuffle(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "one.csv").write_text("size,city,zip,built,garage,garden,price\n9,Bonn,10,,true,no,1\n")
    assert main(["importance", str(folder / "values"), str(folder / "one.csv")]) == 2
    assert "one sample cannot be shuffled: give at least 2" in capsys.readouterr().err
    assert main(["evaluate", str(folder / "values"), str(folder / "one.csv")]) == 0
    assert "1 row, R² –" in capsys.readouterr().out


def test_yes_and_no_may_be_written_otherwise_at_prediction_time(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for yes in ("true", "True", "1", "yes", "Y"):
        (folder / "one.csv").write_text(f"size,city,zip,built,garage,garden\n90,Bonn,10,2000-01-01,{yes},no\n")
        said.append(
            run(capsys, "predict", str(folder / "values"), str(folder / "one.csv"))["predictions"][0]["prediction"]
        )
    assert len(set(said)) == 1


def test_texts_that_look_like_numbers_stay_the_texts_that_training_knew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = ["007", "7", "A1"] * 40
    pl.DataFrame({"code": codes, "y": [{"007": 1.0, "7": 2.0, "A1": 3.0}[code] for code in codes]}).write_csv(
        tmp_path / "t.csv"
    )
    train = ["train", str(tmp_path / "t.csv"), "--task", "regression", "--out", str(tmp_path / "run"), "--quiet"]
    assert main([*train, "--epochs", "60"]) == 0
    (tmp_path / "new.csv").write_text("code\n007\n7\n")
    rows = run(capsys, "predict", str(tmp_path / "run"), str(tmp_path / "new.csv"))["predictions"]
    assert [row["prediction"] for row in rows] == pytest.approx([1, 2], abs=0.2)
