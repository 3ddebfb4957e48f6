"""A table to an answer: the commands on tables, from training to predictions."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import pellucid
from pellucid import InputError, datasets, load_model, save_model, tables
from pellucid.cli import main

ROWS = 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table, houses.csv, and two runs on it: `values` for the price, `classes` for the garden."""
    folder = tmp_path_factory.mktemp("houses")
    houses().write_csv(folder / "houses.csv", null_value="NA")
    for name, flags in (
        ("values", ["--target", "price"]),
        ("classes", ["--target", "garden", "--column", "price=out"]),
    ):
        flags += ["--epochs", "60", "--test", "60", "--out", str(folder / name), "--quiet"]
        assert main(["train", str(folder / "houses.csv"), *flags]) == 0
    return folder


def houses() -> pl.DataFrame:
    """Houses whose price follows from size, city and age, and whose garden goes with the size."""
    rng = np.random.default_rng(0)
    size, city = rng.uniform(40, 200, ROWS).round(1), rng.choice(["Bonn", "Köln", "Ulm"], ROWS)
    built = np.datetime64("1950-01-01") + rng.integers(0, 25_000, ROWS)
    year = built.astype("datetime64[Y]").astype(int)
    price = 3000 * size + 50_000 * (city == "Köln") + 500 * year + rng.normal(0, 5000, ROWS)
    return pl.DataFrame(
        {
            "size": [None if k % 17 == 0 else value for k, value in enumerate(size.tolist())],
            "city": [None if k % 29 == 0 else value for k, value in enumerate(city.tolist())],
            "zip": [f"0{10 + k % 4}" for k in range(ROWS)],
            "built": built,
            "garage": rng.random(ROWS) < 0.5,
            "garden": np.where(size > 110, "yes", "no"),
            "price": price.round(),
        }
    )


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """What a command prints as JSON."""
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_training_says_what_it_understood_and_scores_in_units(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "train", "--resume", str(folder / "values"))
    kinds = {column["name"]: column["kind"] for column in done["columns"]}
    assert kinds == {
        "size": "number", "city": "category", "zip": "category", "built": "date", "garage": "boolean",
        "garden": "category", "price": "target",
    }  # fmt: skip
    assert done["test"]["r2"] > 0.9
    assert 4_000 < done["test"]["rmse"] < 60_000
    assert done["test"]["loss"] == pytest.approx(done["test"]["rmse"] ** 2, rel=1e-6)


def test_evaluate_agrees_with_the_run_and_with_the_predictions(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, "train", "--resume", str(folder / "values"))
    again = run(capsys, "evaluate", str(folder / "values"))
    assert again["rmse"] == pytest.approx(done["test"]["rmse"], rel=1e-9)
    table = str(folder / "houses.csv")
    on_all = run(capsys, "evaluate", str(folder / "values"), table)
    guessed = run(capsys, "predict", str(folder / "values"), table)["predictions"]
    errors = np.array([row["prediction"] for row in guessed]) - houses()["price"].to_numpy()
    assert on_all["samples"] == ROWS
    assert on_all["rmse"] == pytest.approx(np.sqrt(np.mean(errors**2)), rel=1e-5)


def test_classes_are_predicted_by_name_with_probabilities(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = run(capsys, "predict", str(folder / "classes"), str(folder / "houses.csv"))["predictions"]
    right = np.mean([row["prediction"] == garden for row, garden in zip(rows, houses()["garden"], strict=True)])
    assert right > 0.9
    assert set(rows[0]["probabilities"]) == {"no", "yes"}
    assert sum(rows[0]["probabilities"].values()) == pytest.approx(1, abs=1e-6)


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
            "column built: holds dates that may be day/month or month/day; write them as 2026-12-31",
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
        assert f"{'row 3' if command == 'predict' else 'sample 1'}: the network's answer is no number" in err
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
    (tmp_path / "rows.csv").write_text("when\n1/2/2021\n2021-01-03\n1/32/2021\n")
    assert main(["predict", str(tmp_path / "run"), str(tmp_path / "rows.csv")]) == 2
    assert "row 4, column when: '1/32/2021', but this column holds dates" in capsys.readouterr().err


def test_the_row_of_a_bad_target_is_that_of_the_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = "size,city,zip,built,garage,garden,price\n"
    for run_, cells, message in (
        ("values", ("no,1", "no,", "no,2", "no,dear"), "row 5: the target is 'dear', but regression needs numbers"),
        ("values", ("no,1", "no,", "no,1e200"), "row 4: the target is 1e+200, too large for its square to be a num"),
        ("classes", ("no,1", ",1", "yes,1", "maybe,1"), "row 5: label maybe"),
    ):
        (folder / "rows.csv").write_text(head + "".join(f"9,Bonn,10,,true,{cell}\n" for cell in cells))
        assert main(["evaluate", str(folder / run_), str(folder / "rows.csv")]) == 2
        assert message in capsys.readouterr().err


def test_numbers_with_commas_between_thousands_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f'"{k},00{k}.5",{k},{k % 2}\n' for k in range(1, 10))
    (tmp_path / "t.csv").write_text("size,x,y\n" + rows)
    train = ["train", str(tmp_path / "t.csv"), "--epochs", "1", "--dev", "2", "--out"]
    assert main([*train, str(tmp_path / "run"), "--target", "size"]) == 2
    assert "the target 'size' holds numbers with commas between the thousands" in capsys.readouterr().err


def test_importance_wants_rows_to_shuffle(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "one.csv").write_text("size,city,zip,built,garage,garden,price\n9,Bonn,10,,true,no,1\n")
    assert main(["importance", str(folder / "values"), str(folder / "one.csv")]) == 2
    assert "one sample cannot be shuffled: give at least 2" in capsys.readouterr().err
    assert main(["evaluate", str(folder / "values"), str(folder / "one.csv")]) == 0
    assert "1 sample, R² –" in capsys.readouterr().out


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


def test_importance_finds_what_the_answer_hangs_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = folder / "importance.svg"
    told = run(capsys, "importance", str(folder / "values"), "--out", str(picture))
    assert told["columns"][0]["name"] == "size"
    assert {column["name"] for column in told["columns"]} == {"size", "city", "zip", "built", "garage", "garden"}
    assert abs(next(column["drop"] for column in told["columns"] if column["name"] == "zip")) < 0.02
    assert picture.read_text().startswith("<?xml")


@pytest.mark.parametrize("command", ["check", "explain", "report"])
def test_what_looks_at_networks_looks_at_those_of_tables(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert main([command, str(folder / "values"), *(["--json"] if command != "report" else [])]) == 0
    if command == "explain":
        units = json.loads(capsys.readouterr().out)["in_units"][0]
        assert units["target"] == "price"
        assert units["prediction"] == pytest.approx(units["true"], rel=0.2)
    if command == "report":
        assert "What the columns become" in (folder / "values" / "report.html").read_text()


@pytest.mark.parametrize(
    "kind",
    ["mistakes", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("weights", "activations", "landscape"))],
)
def test_pictures_of_tables_are_drawn(folder: Path, kind: str) -> None:
    assert main(["plot", str(folder / "values"), kind, "--out", str(folder / f"{kind}.png"), "--quiet"]) == 0


def test_a_run_on_a_table_is_resumed_to_the_same_bits(folder: Path) -> None:
    table, flags = str(folder / "houses.csv"), ["--target", "price", "--quiet", "--epochs", "4"]
    assert main(["train", table, *flags, "--out", str(folder / "whole")]) == 0
    half = folder / "half"
    assert main(["train", table, *flags[:-1], "2", "--schedule", "constant", "--out", str(half)]) == 0
    assert main(["train", "--resume", str(half), "--epochs", "4", "--quiet"]) == 0
    again = folder / "again"
    assert main(["train", table, *flags, "--schedule", "constant", "--out", str(again)]) == 0
    assert (pellucid.load(half / "model.safetensors").theta == pellucid.load(again / "model.safetensors").theta).all()


def test_a_model_goes_on_learning_with_its_own_preprocessing(folder: Path, tmp_path: Path) -> None:
    houses().head(100).write_csv(tmp_path / "more.csv", null_value="NA")
    flags = ["--start-from", str(folder / "values"), "--target", "price", "--epochs", "1", "--quiet"]
    assert main(["train", str(tmp_path / "more.csv"), *flags, "--out", str(tmp_path / "run")]) == 0
    first, second = (load_model(place / "model.safetensors") for place in (folder / "values", tmp_path / "run"))
    assert first.preprocessing == second.preprocessing


@pytest.mark.parametrize("change", ["rows in another order", "a row less", "another value", "another target"])
def test_a_part_that_was_held_back_is_not_taken_from_a_table_that_changed(
    change: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, path = houses(), tmp_path / "t.csv"
    table.write_csv(path, null_value="NA")
    flags = ["--target", "price", "--test", "60", "--epochs", "2", "--out", str(tmp_path / "run"), "-q"]
    assert main(["train", str(path), *flags]) == 0
    assert main(["evaluate", str(tmp_path / "run")]) == 0
    {
        "rows in another order": table.sample(fraction=1.0, shuffle=True, seed=0),
        "a row less": table[:-1],
        "another value": table.with_columns(size=pl.col("size") + 1),
        "another target": table.with_columns(price=pl.col("price") + 1),
    }[change].write_csv(path, null_value="NA")
    for command in ("evaluate", "importance", "explain"):
        capsys.readouterr()
        assert main([command, str(tmp_path / "run")]) == 2
        assert "t.csv: is not what it was when the model learned from it" in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path / "run"), str(path)]) == 0  # all of it may be asked for
    table.write_csv(path, null_value="NA")
    assert main(["evaluate", str(tmp_path / "run")]) == 0


def test_a_table_that_changed_is_not_resumed(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(folder / "houses.csv", tmp_path / "t.csv")
    train = ["train", str(tmp_path / "t.csv"), "--target", "price", "--epochs", "1", "--quiet"]
    assert main([*train, "--out", str(tmp_path / "run")]) == 0
    houses().with_columns(size=pl.col("size") + 1).write_csv(tmp_path / "t.csv", null_value="NA")
    assert main(["train", "--resume", str(tmp_path / "run"), "--epochs", "2"]) == 2
    assert "is not the data" in capsys.readouterr().err


def test_the_same_from_python_for_each_kind_of_frame() -> None:
    frame = houses()
    models = [
        tables.fit(data, "price", epochs=5, test=0)
        for data in (frame, frame.to_pandas(), frame.to_arrow(), frame.to_dict(as_series=False))
    ]
    for model in models[1:]:
        assert model.preprocessing == models[0].preprocessing
        assert (model.network.theta == models[0].network.theta).all()
        assert tables.predict(model, frame.to_pandas()) == pytest.approx(tables.predict(models[0], frame), rel=1e-12)


def test_a_fitted_model_is_saved_and_used_again(tmp_path: Path) -> None:
    model = tables.fit(houses(), "garden", epochs=10, columns={"price": "out"})
    save_model(model, tmp_path / "garden.safetensors")
    again = load_model(tmp_path / "garden.safetensors")
    assert (tables.probabilities(again, houses()) == tables.probabilities(model, houses())).all()
    assert tables.evaluate(again, houses()).accuracy == np.mean(
        tables.predict(again, houses()) == houses()["garden"].to_numpy()
    )


def test_several_values_have_their_names_in_the_table_of_predictions(tmp_path: Path) -> None:
    houses().write_csv(tmp_path / "t.csv", null_value="NA")
    train = ["train", str(tmp_path / "t.csv"), "--target", "price,size", "--epochs", "2", "--quiet"]
    assert main([*train, "--out", str(tmp_path / "run")]) == 0
    assert (
        main(["predict", str(tmp_path / "run"), str(tmp_path / "t.csv"), "--out", str(tmp_path / "p.csv"), "-q"]) == 0
    )
    written = pl.read_csv(tmp_path / "p.csv")
    assert written.columns == ["input", "row", "prediction_price", "prediction_size"]
    assert written["prediction_price"].mean() == pytest.approx(houses()["price"].mean(), rel=0.5)


def test_patience_keeps_the_network_of_the_least_dev_loss() -> None:
    losses: list[float] = []

    def note(epoch: pellucid.Epoch) -> None:
        assert epoch.dev is not None
        losses.append(epoch.dev.loss)

    table = houses().with_columns(price=pl.Series(np.random.default_rng(1).normal(size=ROWS)))  # nothing to learn
    model = tables.fit(table, "price", epochs=40, patience=3, on_epoch=note)
    assert len(losses) == losses.index(min(losses)) + 4 < 40
    dev = datasets.load_table(datasets.as_frame(table), target="price", plan=model.preprocessing).dev
    assert dev is not None
    assert pellucid.evaluate(model.network, dev).loss == pytest.approx(min(losses), rel=1e-9)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"start_from": "x"}, "start_from=…"),
        ({"neurons": 3}, "unexpected keyword argument 'neurons'; settings are named as the flags are"),
        ({"epochs": -1}, "--epochs=-1"),
        ({"patience": 2, "dev": 0}, "there are no dev data"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        tables.fit(houses(), "price", **settings)
