"""A table to an answer: the commands on tables, from training to scores."""

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
from tables.houses import ROWS, houses, run


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


@pytest.mark.parametrize(
    ("run_", "target", "message"),
    [
        ("classes", "price", "the network to go on with tells classes apart, but price holds values"),
        ("values", "garden", "the network to go on with predicts price, not garden"),
        ("values", "size", "the network to go on with predicts price, not size"),
        ("classes", "zip", "its network has 16 inputs and 2 outputs, but"),
    ],
)
def test_a_network_does_not_go_on_with_another_target(
    run_: str, target: str, message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--start-from", str(folder / run_), "--target", target, "--out", str(folder / "none")]
    assert main(["train", str(folder / "houses.csv"), *flags]) == 2
    assert message in capsys.readouterr().err
    assert not (folder / "none").exists()


@pytest.mark.parametrize(
    "flags",
    [
        "--target price --weights rooms --dtype float64",
        "--target size,price --patience 2",
        "--target garden --class-weights balanced --dev 0.3",
        "--target garden --class-weights yes=3 --weights rooms --seed 5",
        "--target rooms --loss poisson",
        "--target rooms",
        "--target garage --dev 0",
        "--target price --column zip=number --column built=out --column garden=category",
    ],
)
def test_a_run_finds_its_own_data_again_and_goes_on(
    flags: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = houses().with_columns(rooms=pl.int_range(ROWS) * 7 % 5)
    table.with_columns(price=pl.when(pl.int_range(ROWS) % 11 > 0).then("price")).write_csv(tmp_path / "t.csv")
    train = ["train", str(tmp_path / "t.csv"), "--epochs", "2", "--test", "60"]
    trained = run(capsys, *train, *flags.split(), "--out", str(tmp_path / "run"))
    found = run(capsys, "evaluate", str(tmp_path / "run"))
    for name, value in trained["test"].items():
        assert found[name] == pytest.approx(value, rel=1e-9)
    target = flags.split()[1]
    again = ["--target", target, "--start-from", str(tmp_path / "run"), "--out", str(tmp_path / "again"), "-q"]
    assert main([*train, *again]) == 0


def test_targets_keep_the_order_in_which_they_were_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    houses().write_csv(tmp_path / "t.csv", null_value="NA")  # where the size stands before the price
    flags = ["--target", "price,size", "--test", "60", "--epochs", "20", "--out", str(tmp_path / "run")]
    trained = run(capsys, "train", str(tmp_path / "t.csv"), *flags)
    scores = run(capsys, "evaluate", str(tmp_path / "run"))
    assert scores["r2"] == pytest.approx(trained["test"]["r2"], rel=1e-9)
    assert list(scores["targets"]) == ["price", "size"]
    explained = run(capsys, "explain", str(tmp_path / "run"))
    assert [one["target"] for one in explained["in_units"]] == ["price", "size"]
    again = ["train", str(tmp_path / "t.csv"), "--start-from", str(tmp_path / "run"), "--epochs", "1", "--test", "60"]
    for names in ("price,size", "size,price", ""):  # whichever way they are named, the network's outputs stay theirs
        named = ["--target", names] if names else []
        goes_on = run(capsys, *again, *named, "--out", str(tmp_path / f"on {names}"))
        assert goes_on["test"]["r2"] == pytest.approx(scores["r2"], abs=0.1)
    assert main([*again, "--target", "price,zip", "--out", str(tmp_path / "zip")]) == 2
    assert "t.csv: the network to go on with predicts price, size, not price, zip" in capsys.readouterr().err


@pytest.mark.parametrize(("no", "yes"), [("false", "true"), ("FALSE", "TRUE"), ("False", "True")])
def test_true_and_false_are_called_as_the_file_calls_them(
    no: str, yes: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"{7 * k % 50},{yes if k % 3 else no}\n" for k in range(90))
    (tmp_path / "t.csv").write_text("x,y\n" + rows)
    assert (
        main(["train", str(tmp_path / "t.csv"), "--target", "y", "--epochs", "2", "--out", str(tmp_path / "run"), "-q"])
        == 0
    )
    entry = run(capsys, "predict", str(tmp_path / "run"), str(tmp_path / "t.csv"))["predictions"][0]
    assert list(entry["probabilities"]) == [no, yes]
    own = run(capsys, "evaluate", str(tmp_path / "run"), str(tmp_path / "t.csv"))
    (tmp_path / "u.csv").write_text("x,y\n" + rows.lower())
    other = run(capsys, "evaluate", str(tmp_path / "run"), str(tmp_path / "u.csv"))
    assert {**other, "learned_from": 0, "parts": {}} == {**own, "learned_from": 0, "parts": {}}
    model = load_model(tmp_path / "run" / "model.safetensors")
    frame = pl.read_csv(tmp_path / "t.csv", schema_overrides={"y": pl.String}).with_columns(y=pl.col("y") == yes)
    assert tables.evaluate(model, frame).accuracy == own["accuracy"]


def test_the_digit_model_sends_a_table_to_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.csv").write_text("size,city\n1,Bonn\n")
    assert main(["predict", str(tmp_path / "t.csv")]) == 2
    assert (
        "no model is named; the one that comes with pellucid reads digits: pellucid predict RUN"
        in capsys.readouterr().err
    )


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


def test_several_values_have_their_names_wherever_they_are_predicted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    houses().write_csv(tmp_path / "t.csv", null_value="NA")
    train = ["train", str(tmp_path / "t.csv"), "--target", "price,size", "--epochs", "2", "--quiet"]
    assert main([*train, "--out", str(tmp_path / "run")]) == 0
    assert (
        main(["predict", str(tmp_path / "run"), str(tmp_path / "t.csv"), "--out", str(tmp_path / "p.csv"), "-q"]) == 0
    )
    written = pl.read_csv(tmp_path / "p.csv")
    assert written.columns == ["input", "row", "prediction_price", "prediction_size"]
    assert written["prediction_price"].mean() == pytest.approx(houses()["price"].mean(), rel=0.5)
    entry = run(capsys, "predict", str(tmp_path / "run"), str(tmp_path / "t.csv"))["predictions"][3]
    assert entry["values"] == dict(zip(("price", "size"), entry["prediction"], strict=True))
    assert main(["predict", str(tmp_path / "run"), str(tmp_path / "t.csv")]) == 0
    assert capsys.readouterr().out.split()[:3] == ["input", "price", "size"]


def test_each_of_several_values_has_its_own_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = houses().drop_nulls()
    table.write_csv(tmp_path / "t.csv")
    model = tables.fit(table, ["price", "size"], epochs=5)
    save_model(model, tmp_path / "m.safetensors")
    found = run(capsys, "evaluate", str(tmp_path / "m.safetensors"), str(tmp_path / "t.csv"))
    guessed = tables.predict(model, table)
    for k, name in enumerate(("price", "size")):
        truth = table[name].to_numpy()
        assert found["targets"][name]["rmse"] == pytest.approx(pellucid.core.metrics.rmse(guessed[:, k], truth))
        assert found["targets"][name]["r2"] == pytest.approx(pellucid.core.metrics.r2(guessed[:, k], truth))
    assert main(["evaluate", str(tmp_path / "m.safetensors"), str(tmp_path / "t.csv")]) == 0
    out = capsys.readouterr().out
    assert "RMSE" not in out.splitlines()[0]  # of euros and square metres
    flags = ["--target", "price,size", "--epochs", "2", "--out", str(tmp_path / "run")]
    assert main(["train", str(tmp_path / "t.csv"), *flags]) == 0
    assert "RMSE" not in capsys.readouterr().out
    assert "RMSE" not in (tmp_path / "run" / "report.html").read_text()
    assert [line.split()[0] for line in out.splitlines()[-2:]] == ["price", "size"]


def test_a_row_is_explained_in_the_unit_of_its_target(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = houses().drop_nulls().head(3)
    rows.write_csv(folder / "with.csv")
    rows.drop("price").write_csv(folder / "without.csv")
    explain = ["explain", str(folder / "values"), "--sample", "1", "--data"]
    own = run(capsys, *explain, str(folder / "with.csv"))
    given = run(capsys, *explain, str(folder / "without.csv"), "--label", str(rows["price"][1]))
    assert given["loss"] == pytest.approx(own["loss"], rel=1e-6)
    assert given["in_units"][0]["true"] == pytest.approx(rows["price"][1])
    unknown = run(capsys, *explain, str(folder / "without.csv"))
    assert unknown["target"] is None
    assert unknown["prediction"] == own["prediction"]
    assert main([*explain, str(folder / "with.csv"), "--against", "4"]) == 2
    assert "predicts one value, and knows no classes; leave --against out" in capsys.readouterr().err


def test_missing_weights_are_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weighted = houses().with_columns(w=pl.int_range(ROWS) % 3)
    save_model(tables.fit(weighted, "price", epochs=2, weights="w"), tmp_path / "m.safetensors")
    weighted.write_csv(tmp_path / "w.csv", null_value="NA")
    houses().write_csv(tmp_path / "t.csv", null_value="NA")
    assert main(["evaluate", str(tmp_path / "m.safetensors"), str(tmp_path / "t.csv")]) == 0
    assert "has no column 'w', the weights in training: each row counts the same" in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path / "m.safetensors"), str(tmp_path / "w.csv")]) == 0
    assert "weights" not in capsys.readouterr().err


@pytest.mark.parametrize("out", ["houses.csv", "houses.csv/run"])
def test_a_run_needs_a_folder(out: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "houses.csv").read_bytes()
    assert main(["train", str(folder / "houses.csv"), "--target", "price", "--out", str(folder / out)]) == 2
    assert "houses.csv is a file, but a run is a folder; name one" in capsys.readouterr().err
    assert (folder / "houses.csv").read_bytes() == before


def test_patience_keeps_the_network_of_the_least_dev_loss() -> None:
    losses: list[float] = []

    def note(epoch: pellucid.Epoch) -> None:
        assert epoch.dev is not None
        losses.append(epoch.dev.loss)

    table = houses().with_columns(price=pl.Series(np.random.default_rng(1).normal(size=ROWS)))  # nothing to learn
    model = tables.fit(table, "price", epochs=40, patience=3, on_epoch=note)
    assert len(losses) == losses.index(min(losses)) + 4 < 40
    options = datasets.LoadOptions(target="price", plan=model.preprocessing)
    dev = datasets.load_table(datasets.as_frame(table), options).dev
    assert dev is not None
    assert pellucid.evaluate(model.network, dev).loss == pytest.approx(min(losses), rel=1e-9)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"start_from": "x"}, "start_from='x': is for a run in a folder"),
        ({"neurons": 3}, "neurons=3: there is no such setting; there are data, target"),
        ({"hiden": (3,)}, r"hiden=\(3,\): there is no such setting; did you mean hidden\?"),
        ({"hidden": (0,)}, r"hidden=\(0,\): give for each hidden layer a whole number"),
        ({"loss": "hinge"}, "loss='hinge': not known; take "),
        ({"epochs": -1}, "^epochs=-1: give a whole number"),
        ({"patience": 2, "dev": 0}, "patience=2 waits .* leave out dev=0"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        tables.fit(houses(), "price", **settings)
