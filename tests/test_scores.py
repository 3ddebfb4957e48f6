"""Scores that mean something: beside each the baseline, each part by itself, and which samples were learned from."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

import pellucid as pl
from pellucid import datasets
from pellucid.runs import run_json
from support import Command

ROWS = 200


def table(rows: int = ROWS, seed: int = 0) -> polars.DataFrame:
    """Three classes, 20 %, 50 % and 30 % of the rows, and a value that follows from ``x``."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows).round(3)
    kinds = np.array(["a", "b", "c"])[np.searchsorted(np.quantile(x, [0.2, 0.7]), x)]
    value = (5 + 3 * x + rng.normal(0, 0.1, rows)).round(3)
    return polars.DataFrame(
        {"x": x, "noise": rng.normal(size=rows).round(3), "w": rng.integers(1, 5, rows), "kind": kinds, "value": value}
    )


def learned(pellucid: Command, target: str, *flags: object, name: str = "run", frame: Any = None) -> dict[str, Any]:
    """What a run on the table t.csv comes to."""
    (table() if frame is None else frame).write_csv("t.csv")
    other = {"kind": "value", "value": "kind"}[target]
    ended = pellucid("train", "t.csv", "--target", target, "--column", f"{other}=out", "--test", 60, "--epochs", 5,
                     "--out", name, "--json", *flags)  # fmt: skip
    assert ended.code == 0, ended.err
    result: dict[str, Any] = json.loads(ended.out)
    return result


def evaluated(pellucid: Command, *arguments: object) -> dict[str, Any]:
    ended = pellucid("evaluate", *arguments, "--json")
    assert ended.code == 0, ended.err
    result: dict[str, Any] = json.loads(ended.out)
    return result


def own_parts(*, weights: str | None = None, target: str = "kind") -> dict[str, Any]:
    """The parts as they are split, by the library."""
    other = {"kind": "value", "value": "kind"}[target]
    options = datasets.LoadOptions(target=target, test=60, columns=(f"{other}=out",), weights=weights)
    own = datasets.load_with("t.csv", options)
    return {"train": own.train, "dev": own.dev, "test": own.test, "plan": own.preprocessing}


# The baseline


def test_beside_the_accuracy_of_each_part_stands_that_of_the_commonest_class_of_training(pellucid: Command) -> None:
    result = learned(pellucid, "kind")
    parts = own_parts()
    commonest = np.bincount(parts["train"].y).argmax()
    for name in ("train", "dev", "test"):
        share = float(np.mean(parts[name].y == commonest))
        assert result[name]["baseline"] == {"accuracy": pytest.approx(share)}
    again = evaluated(pellucid, "run")
    assert again["baseline"] == result["test"]["baseline"]
    assert pl.load_model("run").guess == pytest.approx(np.bincount(parts["train"].y) / len(parts["train"].y))


def test_the_commonest_class_is_that_of_training_and_not_of_the_samples_at_hand(pellucid: Command) -> None:
    learned(pellucid, "kind")
    table().filter(polars.col("kind") != "b").write_csv("others.csv")
    assert evaluated(pellucid, "run", "others.csv")["baseline"] == {"accuracy": 0.0}


def test_beside_r2_and_rmse_stand_those_of_the_mean_of_training(pellucid: Command) -> None:
    result = learned(pellucid, "value")
    parts = own_parts(target="value")
    y = {name: parts["plan"].in_units(parts[name].y)[:, 0] for name in ("train", "dev", "test")}
    mean = y["train"].mean()
    assert pl.load_model("run").guess == pytest.approx((mean,))
    for name, values in y.items():
        left = np.mean((values - mean) ** 2)
        expected = {"r2": pytest.approx(1 - left / values.var(), abs=1e-9), "rmse": pytest.approx(np.sqrt(left))}
        assert result[name]["baseline"] == expected
    assert result["train"]["baseline"]["r2"] == pytest.approx(0, abs=1e-9)


def test_rows_count_in_the_baseline_by_their_weights(pellucid: Command) -> None:
    result = learned(pellucid, "kind", "--weights", "w")
    parts = own_parts(weights="w")
    sums = np.bincount(parts["train"].y, parts["train"].weights)
    assert pl.load_model("run").guess == pytest.approx(sums / sums.sum())
    test = parts["test"]
    assert result["test"]["baseline"]["accuracy"] == pytest.approx(
        test.weights[test.y == sums.argmax()].sum() / test.weights.sum()
    )


def test_weights_of_classes_do_not_change_which_class_is_the_commonest(pellucid: Command) -> None:
    plain = learned(pellucid, "kind")
    weighted = learned(pellucid, "kind", "--class-weights", "a=100", name="weighted")
    assert pl.load_model("weighted").guess == pl.load_model("run").guess
    assert weighted["test"]["baseline"] == plain["test"]["baseline"]


def test_the_baseline_of_counts_is_their_mean(pellucid: Command) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    np.savez("counts.npz", X=x[:, None], y=rng.poisson(np.exp(x)).astype(float))
    result = json.loads(
        pellucid("train", "counts.npz", "--loss", "poisson", "--out", "run", "--epochs", 3, "--json").out
    )
    assert result["train"]["baseline"]["r2"] == pytest.approx(0, abs=1e-9)


def test_the_closing_lines_and_evaluate_say_the_baseline_in_words(pellucid: Command) -> None:
    table().write_csv("t.csv")
    train = ["train", "t.csv", "--test", 60, "--epochs", 5, "-q"]
    out = pellucid(*train, "--target", "kind", "--column", "value=out", "--out", "run").out
    assert out.count("; always 'b': ") == 3
    assert "; always 'b': " in pellucid("evaluate", "run").out.splitlines()[0]
    out = pellucid(*train, "--target", "value", "--column", "kind=out", "--out", "values").out
    assert out.splitlines()[0].endswith(f"; always the mean: R² 0.0000, RMSE {_spread():.5g}")
    assert "; always the mean: R² " in pellucid("evaluate", "values").out.splitlines()[0]


def _spread() -> float:
    parts = own_parts(target="value")
    return float(parts["plan"].in_units(parts["train"].y).std())


def test_python_has_the_baseline_beside_the_scores() -> None:
    frame = table()
    scores = pl.tables.evaluate(pl.tables.fit(frame.drop("value"), "kind", epochs=3), frame)
    assert scores.baseline is not None
    assert scores.baseline.accuracy == pytest.approx(float((frame["kind"] == "b").mean()))  # type: ignore[arg-type]


def test_a_model_and_a_run_of_older_versions_have_no_baseline_and_do_all_else(pellucid: Command) -> None:
    learned(pellucid, "kind")
    with_it = evaluated(pellucid, "run")
    pl.save_model(replace(pl.load_model("run"), guess=None), "run/model.safetensors")
    about = json.loads(Path("run/run.json").read_text())
    for part in ("train", "dev", "test"):
        del about["result"][part]["baseline"]
    Path("run/run.json").write_text(json.dumps(about))
    without = evaluated(pellucid, "run")
    assert "baseline" not in without
    assert without["accuracy"] == with_it["accuracy"]
    assert run_json.read(Path("run"))["result"]["test"]["accuracy"] == with_it["accuracy"]
    assert pellucid("report", "run").code == 0
    assert "always" not in pellucid("evaluate", "run").out


@pytest.mark.parametrize("bad", [(0.5,), (0.2, 0.3, 0.1, 0.4), (0.5, float("nan"), 0.5), (0.5, float("inf"), 0.5)])
def test_a_damaged_guess_is_refused(pellucid: Command, bad: tuple[float, ...]) -> None:
    learned(pellucid, "kind")
    pl.save_model(replace(pl.load_model("run"), guess=bad), "bad.safetensors")
    ended = pellucid("evaluate", "bad.safetensors")
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert "guesses" in ended.err


# Which samples were learned from


def test_of_the_very_file_each_part_is_scored_as_the_run_scored_it(pellucid: Command) -> None:
    result = learned(pellucid, "kind")
    found = evaluated(pellucid, "run", "t.csv")
    assert found["learned_from"] == len(own_parts()["train"].y)
    assert {name: {**scores, "samples": 0} for name, scores in found["parts"].items()} == {
        name: {**result[name], "samples": 0} for name in ("train", "dev", "test")
    }
    assert sum(scores["samples"] for scores in found["parts"].values()) == found["samples"] == ROWS


def test_a_copy_is_known_where_the_first_one_is_gone(pellucid: Command) -> None:
    learned(pellucid, "kind")
    first = evaluated(pellucid, "run", "t.csv")
    shutil.move("t.csv", "moved.csv")
    assert evaluated(pellucid, "run", "moved.csv") == first


def test_in_another_order_and_among_new_rows_those_that_were_learned_from_are_found(pellucid: Command) -> None:
    result = learned(pellucid, "kind")
    new = table(50, seed=1)
    polars.concat([table(), new]).sample(fraction=1.0, shuffle=True, seed=2).write_csv("more.csv")
    found = evaluated(pellucid, "run", "more.csv")
    parts = found["parts"]
    assert [*parts] == ["train", "dev", "test", "new"]
    assert found["learned_from"] == parts["train"]["samples"] == ROWS - 60 - 20
    assert parts["new"]["samples"] == 50
    for name in ("train", "dev", "test"):
        assert parts[name]["accuracy"] == pytest.approx(result[name]["accuracy"])
        assert parts[name]["loss"] == pytest.approx(result[name]["loss"])
    new.write_csv("new.csv")
    assert parts["new"]["accuracy"] == evaluated(pellucid, "run", "new.csv")["accuracy"]


def test_a_row_with_another_target_was_not_learned_from(pellucid: Command) -> None:
    learned(pellucid, "kind")
    table().with_columns(kind=polars.lit("a")).write_csv("other.csv")
    found = evaluated(pellucid, "run", "other.csv")
    assert found["learned_from"] == int(np.sum(own_parts()["train"].y == 0))


def test_the_part_held_back_was_not_learned_from(pellucid: Command) -> None:
    learned(pellucid, "kind")
    assert evaluated(pellucid, "run")["learned_from"] == 0
    table().write_csv("t.csv")
    train = ["train", "t.csv", "--target", "kind", "--dev", 0, "--epochs", 2, "-q", "--out", "all"]
    assert pellucid(*train).code == 0
    assert evaluated(pellucid, "all")["learned_from"] == ROWS


def test_nothing_is_said_of_what_was_not_compared(pellucid: Command) -> None:
    learned(pellucid, "kind")
    polars.concat([table(), table(50, seed=1)]).write_csv("t.csv")  # rows were added: the run's own data are gone
    ended = pellucid("evaluate", "run", "t.csv")
    assert ended.code == 0
    assert "not known whether the model learned from these samples" in ended.err
    assert "t.csv: is not what it was" in ended.err
    assert "learned from" not in ended.out
    found = evaluated(pellucid, "run", "t.csv")
    assert (found["learned_from"], found["parts"]) == (None, None)
    pl.save(pl.load("run"), "bare.safetensors")
    np.savez("three.npz", X=np.zeros((3, pl.load("run").sizes[0])), y=np.zeros(3, int))
    assert "the model does not say which they are" in pellucid("evaluate", "bare.safetensors", "three.npz").err


def test_the_text_says_how_many_were_learned_from_and_scores_each_part(pellucid: Command) -> None:
    learned(pellucid, "kind")
    lines = pellucid("evaluate", "run", "t.csv", "-q").out.splitlines()
    assert lines[1] == "the model learned from 120 of these; what counts is the score of the others:"
    assert [line.split()[0] for line in lines[2:]] == ["train", "dev", "test"]
    assert "  test  60 samples, accuracy " in lines[4]


def test_pictures_and_arrays_are_compared_too(pellucid: Command, small: Path, digits: datasets.Samples) -> None:
    pellucid("train", small, "--epochs", 1, "--out", "run", "-q")
    np.savez("floats.npz", X=digits.X[:100] / np.float32(255), y=digits.y[:100])  # another type, the same inputs
    found = evaluated(pellucid, "run", "floats.npz")
    assert found["learned_from"] + found["parts"]["dev"]["samples"] == 100
    assert 60 < found["learned_from"] < 100


# Classes that are never recognised


def test_classes_that_are_there_and_never_recognised_are_named(pellucid: Command) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2))
    y = np.where(np.arange(400) % 20 == 0, 1 + np.arange(400) // 20 % 9, 0)  # nine rare classes that are noise
    np.savez("rare.npz", X=X, y=y)
    assert pellucid("train", "rare.npz", "--epochs", 2, "--out", "run", "-q").code == 0
    found = evaluated(pellucid, "run", "rare.npz")
    assert found["never_recognised"] == [str(k) for k in range(1, 10)]
    out = pellucid("evaluate", "run", "rare.npz").out
    assert "never recognised: '1' (3 samples), '2' (3 samples), '3' (2 samples)" in out
    assert "'5' (2 samples) and 4 more" in out
    np.savez("two.npz", X=X[y < 2], y=y[y < 2])  # of the others there is no sample
    assert evaluated(pellucid, "run", "two.npz")["never_recognised"] == ["1"]
