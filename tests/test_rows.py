"""Rows of tables in what commands write: each with its place in the file, its own cells, its truth; bad ones told."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pellucid import load_model, save_model
from support import Command, Ended

ROWS = 120
HEADER = "size,city,when,fine,price"


def lines() -> list[str]:
    """A table as people write one: zeros at the end, a formula, gaps of several kinds, a row without its target."""
    rng = np.random.default_rng(0)
    found = [HEADER]
    for k in range(ROWS):
        size, city = rng.uniform(40, 200), rng.choice(["Bonn", "Köln"])
        shown = "NA" if k % 17 == 1 else f"{size:.2f}0"
        price = "" if k == 7 else f"{3000 * size + 50_000 * (city == 'Köln'):.0f}"
        found.append(f"{shown},{city},20{10 + k % 15}-0{1 + k % 9}-15,{'yes' if size > 110 else 'no'},{price}")
    return found


def written(path: str) -> list[dict[str, str]]:
    with Path(path).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def run(pellucid: Command) -> Command:
    """Two runs in the folder, on the price and on fine."""
    Path("t.csv").write_text("\n".join(lines()) + "\n", encoding="utf-8")
    flags = ("--epochs", 2, "--test", 30, "-q")
    assert pellucid("train", "t.csv", "--target", "price", "--out", "values", *flags).code == 0
    assert pellucid("train", "t.csv", "--target", "fine", "--column", "price=out", "--out", "classes", *flags).code == 0
    return pellucid


def test_evaluate_writes_the_row_the_truth_and_the_prediction_of_each(run: Command) -> None:
    file = lines()
    for name, column in (("values", "price"), ("classes", "fine")):
        for data in ((), ("t.csv",)):
            ended = run("evaluate", name, *data, "--out", "e.csv", "--force")
            assert ended.code == 0
            rows = written("e.csv")
            numbers = [int(row["row"]) for row in rows]
            assert numbers == sorted(set(numbers))
            cells = [dict(zip(HEADER.split(","), file[number].split(","), strict=True)) for number in numbers]
            assert [row["truth"] for row in rows] == [cell[column] for cell in cells]
            said = json.loads(run("evaluate", name, *data, "--json").out)
            assert len(rows) == said["samples"]
            assert f"{len(rows)} rows with truth and prediction in e.csv" in ended.out
            if name == "values":
                error = [float(row["prediction"]) - float(row["truth"]) for row in rows]
                assert np.sqrt(np.mean(np.square(error))) == pytest.approx(said["rmse"], rel=1e-5)
            else:
                assert np.mean([row["prediction"] == row["truth"] for row in rows]) == pytest.approx(said["accuracy"])
                shares = np.array([[float(row["probability_no"]), float(row["probability_yes"])] for row in rows])
                np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)
    assert 8 not in numbers or name == "classes"  # the row without a price


def test_what_evaluate_writes_replaces_its_own_alone(run: Command) -> None:
    assert run("evaluate", "values", "--out", "e.csv").code == 0
    assert run("evaluate", "values", "--out", "e.csv").code == 0
    Path("mine.csv").write_text("a,b\n1,2\n")
    for out in ("mine.csv", "t.csv"):
        before = Path(out).read_bytes()
        assert run("evaluate", "values", "--out", out).code == 2
        assert Path(out).read_bytes() == before
    assert run("evaluate", "values", "--out", "mine.csv", "--force").code == 0


def test_several_values_and_digits_have_their_truths_too(run: Command, small: Path) -> None:
    assert run("evaluate", small, "--out", "digits.csv").code == 0
    digits = written("digits.csv")
    labels = np.load(small)["y"]
    assert [(int(row["row"]), row["truth"]) for row in digits] == [(k, str(label)) for k, label in enumerate(labels)]
    table = pl.DataFrame({"x": np.arange(60.0), "a": np.arange(60) * 2, "b": np.arange(60) / 4})
    table.write_csv("two.csv")
    assert run("train", "two.csv", "--target", "a,b", "--task", "regression", "--epochs", 1, "--out", "two").code == 0
    assert run("evaluate", "two", "two.csv", "--out", "both.csv").code == 0
    both = written("both.csv")
    assert list(both[0]) == ["row", "truth_a", "truth_b", "prediction_a", "prediction_b"]
    assert [row["truth_a"] for row in both] == [str(2 * k) for k in range(60)]
    assert [float(row["truth_b"]) for row in both] == table["b"].to_list()


def test_predictions_carry_the_cells_of_their_rows_as_they_are_written(run: Command) -> None:
    assert run("predict", "values", "t.csv", "--with-columns", "--out", "p.csv").code == 0
    rows, file = written("p.csv"), lines()
    assert list(rows[0]) == [*HEADER.split(","), "input", "row", "prediction"]
    assert [",".join(row[name] for name in HEADER.split(",")) for row in rows] == file[1:]
    assert [int(row["row"]) for row in rows] == list(range(ROWS))
    assert run("predict", "values", "t.csv", "--with-columns", "--out", "p.csv").code == 0  # its own is replaced
    said = json.loads(run("predict", "values", "t.csv", "--with-columns", "--json").out)["predictions"]
    assert [",".join(entry["columns"].values()) for entry in said] == file[1:]
    assert [entry["place"] for entry in said] == [f"t.csv, row {k + 2}" for k in range(ROWS)]
    assert [float(row["prediction"]) for row in rows] == [entry["prediction"] for entry in said]


def test_columns_of_several_files_stand_side_by_side_and_a_name_that_is_taken_is_not_written_twice(
    run: Command,
) -> None:
    file = lines()
    Path("more.csv").write_text("\n".join(["prediction,size,city,when,fine,row", "old,50,Bonn,2011-01-01,no,=1+1"]))
    Path("two.csv").write_text("\n".join(file[:3]) + "\n", encoding="utf-8")
    ended = run("predict", "values", "two.csv", "more.csv", "--with-columns", "--out", "p.csv")
    assert ended.code == 0
    assert "row as row_2, prediction as prediction_2" in ended.err
    header, *rows = csv.reader(io.StringIO(Path("p.csv").read_text(encoding="utf-8")))
    assert header == [*HEADER.split(","), "prediction", "row", "input", "row_2", "prediction_2"]
    assert [row[:-1] for row in rows] == [
        [*file[1].split(","), "", "", "two.csv", "0"],
        [*file[2].split(","), "", "", "two.csv", "1"],
        ["50", "Bonn", "2011-01-01", "no", "", "old", "'=1+1", "more.csv", "0"],
    ]


def test_cells_of_parquet_and_of_standard_input_are_carried_too(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pl.read_csv("t.csv", try_parse_dates=True, null_values="NA")
    table.write_parquet("t.parquet")
    assert run("predict", "values", "t.parquet", "--with-columns", "--out", "p.csv").code == 0
    rows = written("p.csv")
    assert [row["when"] for row in rows] == [str(day) for day in table["when"]]
    assert [float(row["size"] or "nan") for row in rows] == pytest.approx(
        table["size"].fill_null(float("nan")).to_list(), nan_ok=True
    )
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path("t.csv").read_bytes())))
    said = json.loads(run("predict", "values", "-", "--with-columns", "--json").out)["predictions"]
    assert [",".join(entry["columns"].values()) for entry in said] == lines()[1:]


def spoiled(**cells: str) -> str:
    """The table with some cells, named column_row as in messages, written otherwise."""
    file = [line.split(",") for line in lines()]
    for place, text in cells.items():
        column, _, row = place.partition("_")
        file[int(row) - 1][HEADER.split(",").index(column)] = text
    return "\n".join(map(",".join, file)) + "\n"


BAD = {"size_3": "big", "when_3": "soon", "size_50": "inf", "size_121": "1e300"}


def test_what_is_bad_is_left_out_and_told_and_the_rest_is_whole(run: Command) -> None:
    Path("bad.csv").write_text(spoiled(**BAD), encoding="utf-8")
    Path("ragged.csv").write_text("size,city\n1\n")
    arguments = ("predict", "values", "bad.csv", "gone.csv", "t.csv", "ragged.csv", "--keep-going")
    ended = run(*arguments, "--out", "p.csv")
    assert ended.code == 2
    rows = written("p.csv")
    kept = [k for k in range(ROWS) if k + 2 not in (3, 50, 121)]
    assert [(row["input"], int(row["row"])) for row in rows] == [("bad.csv", k) for k in kept] + [
        ("t.csv", k) for k in range(ROWS)
    ]
    assert [row["prediction"] for row in rows[: len(kept)]] == [rows[len(kept) + k]["prediction"] for k in kept]
    assert "error: 2 files and 3 rows left out, 237 rows predicted" in ended.err
    told = ("row 3, column size: 'big'", "row 3, column when: 'soon'", "row 50, column size: is inf", "row 121, column")
    for words in (*(f"bad.csv, {place}" for place in told), "gone.csv: there is no", "ragged.csv, row 2"):
        assert words in ended.err
    said = json.loads(run(*arguments, "--json").out)
    assert len(said["predictions"]) == 237
    assert [(one["input"], one["row"], one["column"], one["place"]) for one in said["bad"]] == [
        ("bad.csv", 1, "size", "bad.csv, row 3"),
        ("bad.csv", 1, "when", "bad.csv, row 3"),
        ("bad.csv", 48, "size", "bad.csv, row 50"),
        ("bad.csv", 119, "size", "bad.csv, row 121"),
        ("gone.csv", None, None, "gone.csv"),
        ("ragged.csv", None, None, "ragged.csv"),
    ]
    assert all(one["place"] in one["reason"] for one in said["bad"])


def test_without_keep_going_the_first_that_is_bad_ends_all(run: Command) -> None:
    Path("bad.csv").write_text(spoiled(when_9="soon"), encoding="utf-8")
    ended = run("predict", "values", "t.csv", "bad.csv", "--out", "p.csv")
    assert (ended.code, Path("p.csv").exists()) == (2, False)
    assert len(ended.err.splitlines()) == 1
    assert "bad.csv, row 9, column when: 'soon'" in ended.err


def test_where_nothing_is_bad_keep_going_changes_nothing(run: Command) -> None:
    plain = run("predict", "values", "t.csv", "--json")
    going = run("predict", "values", "t.csv", "--json", "--keep-going")
    assert (plain.code, going.code) == (0, 0)
    assert json.loads(going.out) == {**json.loads(plain.out), "bad": []}


def test_no_more_than_twenty_are_told_on_the_screen_and_all_in_json(run: Command) -> None:
    Path("bad.csv").write_text(spoiled(**{f"size_{k}": f"about {k}" for k in range(10, 60)}), encoding="utf-8")
    ended = run("predict", "values", "bad.csv", "--keep-going")
    assert ended.code == 2
    assert sum(line.startswith("bad.csv, row") for line in ended.err.splitlines()) == 20
    assert "… and 30 more" in ended.err
    said = json.loads(run("predict", "values", "bad.csv", "--keep-going", "--json").out)
    assert [one["row"] for one in said["bad"]] == list(range(8, 58))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("size,when,fine\n1,2011-01-01,no\n", "has no column 'city'"),
        ("size,city,when,fine\nx,Bonn,2011-01-01,no\ny,Bonn,2011-01-01,no\n", "row 3, column size: 'y'"),
        ("", "is empty"),
    ],
)
def test_where_nothing_is_left_no_table_is_written(run: Command, content: str, words: str) -> None:
    Path("bad.csv").write_text(content)
    ended = run("predict", "values", "bad.csv", "--keep-going", "--out", "p.csv")
    assert (ended.code, ended.out, Path("p.csv").exists()) == (2, "", False)
    assert words in ended.err
    assert "0 rows predicted" in ended.err
    assert json.loads(run("predict", "values", "bad.csv", "--keep-going", "--json").out)["predictions"] == []


def test_a_column_that_is_wrong_as_a_whole_is_told_once(run: Command) -> None:
    days = pl.DataFrame({"size": [1.0] * 300, "city": ["Bonn"] * 300, "fine": ["no"] * 300, "when": [[1]] * 300})
    days.write_parquet("lists.parquet")
    said = json.loads(run("predict", "values", "lists.parquet", "--keep-going", "--json").out)
    assert [(one["row"], one["place"]) for one in said["bad"]] == [(None, "lists.parquet")]
    assert "column 'when'" in said["bad"][0]["reason"]


def test_an_answer_that_is_no_number_is_left_out_as_well(run: Command) -> None:
    model = load_model("classes/model.safetensors")
    model.network.theta *= 1e6
    save_model(model, "large.safetensors")
    Path("bad.csv").write_text(spoiled(size_5="1e38"), encoding="utf-8")
    ended = run("predict", "large.safetensors", "bad.csv", "--keep-going", "--json")
    said: dict[str, Any] = json.loads(ended.out)
    assert [(one["row"], one["place"]) for one in said["bad"]] == [(3, "bad.csv, row 5")]
    assert "bad.csv, row 5: the network's answer is no number" in said["bad"][0]["reason"]
    assert [one["row"] for one in said["predictions"]] == [k for k in range(ROWS) if k != 3]


def test_the_worst_rows_of_a_picture_have_their_places(run: Command) -> None:
    said = json.loads(run("plot", "classes", "mistakes", "--out", "m.png", "--json").out)
    assert said["mistakes"]
    assert all(entry["place"] == f"t.csv, row {entry['row'] + 1}" for entry in said["mistakes"])


def test_a_sample_of_a_table_is_called_a_row(run: Command) -> None:
    assert run("evaluate", "values").out.startswith("t.csv (test): 30 rows, R²")
    assert run("importance", "values").out.startswith("t.csv (test): 30 rows; what the R² loses")
    shown = run("predict", "values", "t.csv").out.splitlines()
    assert shown[1].startswith("t.csv, row 2 ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            "predict values t.csv --with-columns",
            "--with-columns: is for what is written: add --out FILE.csv, or --json",
        ),
        ("predict three.png --with-columns --json", "three.png: is a picture, and has no columns"),
        ("predict small.npz --with-columns --json", "small.npz: is"),
    ],
)
def test_columns_that_are_not_there_are_told(run: Command, small: Path, arguments: str, words: str) -> None:
    ended: Ended = run(*arguments.split())
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_date_in_another_form_costs_its_row_alone(run: Command) -> None:
    Path("d.csv").write_text(spoiled(size_3="big", when_5="31/12/2023"), encoding="utf-8")
    ended = run("predict", "values", "d.csv", "--keep-going", "--out", "p.csv", "--force")
    assert ended.code == 2
    assert "d.csv, row 5, column when: '31/12/2023', but this column holds dates such as 2026-12-31" in ended.err
    assert "2 rows left out" in ended.err
