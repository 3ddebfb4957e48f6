"""The commands do what INTERFACE says: files, JSON, exit codes, and text that a person can use."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import pellucid as pl
from pellucid import datasets
from pellucid.cli.models import PACKAGED
from support import Command

QUICK = ("--epochs", 3, "--seed", 1)


def test_train_writes_a_folder_with_everything(pellucid: Command, small: Path) -> None:
    ended = pellucid("train", small, *QUICK, "--out", "run", "--json")
    result = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert sorted(path.name for path in Path("run").iterdir()) == [
        "checkpoint.safetensors",
        "history.csv",
        "model.safetensors",
        "path.safetensors",
        "report.html",
        "run.json",
    ]
    assert result["run"] == "run"
    assert result["model"] == str(Path("run/model.safetensors"))
    assert result["parameters"] == 25818
    assert (result["epochs"], result["steps"]) == (3, 27)
    assert set(result["train"]) == {"loss", "accuracy", "baseline"} == set(result["dev"])
    assert result["test"] is None
    assert [p.name for p in Path().iterdir() if p.name.startswith(".")] == []


def test_history_has_a_row_an_epoch_and_its_last_dev_score_is_the_result(pellucid: Command, small: Path) -> None:
    result = json.loads(pellucid("train", small, *QUICK, "--out", "run", "--json").out)
    rows = list(csv.DictReader(Path("run/history.csv").read_text().splitlines()))
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3]
    assert float(rows[-1]["dev_accuracy"]) == result["dev"]["accuracy"]
    assert float(rows[-1]["dev_loss"]) == pytest.approx(result["dev"]["loss"])


def test_path_starts_at_the_start_and_ends_at_the_model(pellucid: Command, small: Path) -> None:
    pellucid("train", small, "--epochs", 30, "--out", "run", "-q")
    path = load_file("run/path.safetensors")
    assert 2 <= len(path["steps"]) <= 100
    assert path["steps"][0] == 0
    assert path["steps"][-1] == 270
    assert np.all(np.diff(path["steps"]) > 0)
    np.testing.assert_array_equal(path["theta"][-1], pl.load("run/model.safetensors").theta)


def test_the_same_seed_gives_the_same_bits_and_another_one_does_not(pellucid: Command, small: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        assert pellucid("train", small, "--epochs", 2, "--seed", seed, "--dropout", 0.2, "--out", name).code == 0
    a, b, c = (Path(name, "model.safetensors").read_bytes() for name in "abc")
    assert a == b.replace(b'"b"', b'"a"')
    assert a != c
    assert Path("a/history.csv").read_bytes() == Path("b/history.csv").read_bytes()


def test_text_tells_layers_scores_and_what_to_try_next(pellucid: Command, small: Path) -> None:
    ended = pellucid("train", small, *QUICK, "--out", "run")
    for text in ("784 → 32", "25,818", "multiply-adds", "epoch   3", "dev   accuracy", "predict run picture.png"):
        assert text in ended.out
    assert ended.err == ""


def test_quiet_says_the_scores_only(pellucid: Command, small: Path) -> None:
    lines = pellucid("train", small, *QUICK, "--out", "run", "--quiet").out.splitlines()
    assert [line.split()[0] for line in lines] == ["train", "dev"]


def test_two_classes_one_output(pellucid: Command, digits: datasets.Samples) -> None:
    two = digits.y < 2
    np.savez("two.npz", X=digits.X[two], y=digits.y[two])
    result = json.loads(
        pellucid("train", "two.npz", "--loss", "binary-cross-entropy", "--out", "run", "--json", "--epochs", 20).out
    )
    assert pl.load("run/model.safetensors").sizes[-1] == 1
    assert result["train"]["accuracy"] > 0.97
    evaluated = json.loads(pellucid("evaluate", "run", "--json").out)
    assert len(evaluated["confusion"]) == 2
    assert evaluated["accuracy"] == result["dev"]["accuracy"]
    first = json.loads(pellucid("predict", "run", "two.npz", "--json").out)["predictions"][0]
    assert sum(first["probabilities"].values()) == pytest.approx(1)


def test_regression_from_floats(pellucid: Command) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 3))
    np.savez("line.npz", X=X, y=X @ [1.0, -2.0, 0.5] + 3)
    result = json.loads(
        pellucid(
            "train",
            "line.npz",
            "--hidden",
            "none",
            "--epochs",
            40,
            "--learning-rate",
            0.1,
            "--weight-decay",
            0,
            "--test",
            0.25,
            "--out",
            "run",
            "--json",
        ).out
    )
    assert set(result["test"]) == {"loss", "r2", "rmse", "baseline"}
    assert result["test"]["r2"] > 0.99
    evaluated = json.loads(pellucid("evaluate", "run", "--json").out)
    assert set(evaluated) == {"samples", "loss", "r2", "rmse", "baseline", "learned_from", "parts"}
    assert evaluated["samples"] == 100
    assert evaluated["r2"] == pytest.approx(result["test"]["r2"])
    first = json.loads(pellucid("predict", "run", "line.npz", "--json").out)["predictions"][0]
    assert first["prediction"] == pytest.approx(float(X[0] @ [1.0, -2.0, 0.5] + 3), abs=0.3)
    assert "probabilities" not in first


def test_evaluate_counts_what_predict_predicts(pellucid: Command, small: Path, digits: datasets.Samples) -> None:
    evaluated = json.loads(pellucid("evaluate", small, "--json").out)
    predictions = json.loads(pellucid("predict", small, "--json").out)["predictions"]
    right = [int(entry["prediction"]) == label for entry, label in zip(predictions, digits.y, strict=True)]
    assert evaluated["samples"] == 600
    assert evaluated["accuracy"] == pytest.approx(np.mean(right))
    assert np.trace(evaluated["confusion"]) == sum(right)
    assert np.sum(evaluated["confusion"], axis=1).tolist() == np.bincount(digits.y).tolist()
    assert evaluated["per_class"]["3"]["samples"] == np.count_nonzero(digits.y == 3)


def test_the_digit_model_that_comes_along_reads_digits() -> None:
    model = pl.load_model(PACKAGED)
    assert model.network.sizes == (784, 32, 16, 10)
    test = datasets.mnist().test
    assert test is not None
    assert pl.evaluate(model.network, test).accuracy >= 0.97  # type: ignore[operator]


def test_predict_reads_pictures_of_any_size_and_either_colour(pellucid: Command, digits: datasets.Samples) -> None:
    from PIL import Image

    seven = Image.fromarray(digits.X[0].reshape(28, 28))
    seven.save("plain.png")
    Image.fromarray(255 - digits.X[0].reshape(28, 28)).resize((280, 280)).save("dark on light.jpg")
    predictions = json.loads(pellucid("predict", "plain.png", "dark on light.jpg", "--json").out)["predictions"]
    assert [entry["prediction"] for entry in predictions] == ["7", "7"]
    assert predictions[0]["input"] == "plain.png"
    assert pellucid("predict", "plain.png", "-q").out == "7\n"


def test_predict_writes_what_kaggle_takes(pellucid: Command, digits: datasets.Samples) -> None:
    header = ",".join(f"pixel{k}" for k in range(784))
    np.savetxt("test.csv", digits.X[:30], fmt="%d", delimiter=",", header=header, comments="")
    assert pellucid("predict", "test.csv", "--out", "answer.csv").code == 0
    lines = Path("answer.csv").read_text().splitlines()
    assert lines[0] == "ImageId,Label"
    assert [line.split(",")[0] for line in lines[1:]] == [str(k) for k in range(1, 31)]
    right = [int(line.split(",")[1]) == label for line, label in zip(lines[1:], digits.y, strict=False)]
    assert np.mean(right) > 0.9


def test_check_passes_for_the_model_that_comes_along(pellucid: Command) -> None:
    ended = pellucid("check", "--parameters", 2000, "--json")
    result = json.loads(ended.out)
    assert ended.code == 0
    assert result["passed"] is True
    assert result["max_relative_error"] < 1e-7
    assert 1900 <= result["parameters_checked"] <= 2000


def test_check_fails_where_a_slope_is_wrong(pellucid: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(self: object, z: object, a: object, *, delta: np.ndarray, workspace: object) -> None:
        delta *= 0.9

    monkeypatch.setattr(pl.ReLU, "backward", wrong)
    ended = pellucid("check", "--parameters", 2000)
    assert ended.code == 1
    assert "WRONG" in ended.out


def test_data_goes_out_in_kaggles_form_and_trains_when_it_comes_back(pellucid: Command) -> None:
    said = json.loads(pellucid("data", "mnist", "--to", "csv", "--out", "train.csv", "--limit", 500, "--json").out)
    assert said["samples"] == 500
    header, first = Path("train.csv").read_text().splitlines()[:2]
    assert header.startswith("label,pixel0,pixel1,")
    assert len(first.split(",")) == 785
    result = json.loads(pellucid("train", "train.csv", "--epochs", 2, "--out", "run", "--json").out)
    assert result["dev"]["accuracy"] > 0.2


def test_start_from_goes_on_with_a_models_weights(pellucid: Command, small: Path) -> None:
    cold = json.loads(pellucid("train", small, "--epochs", 1, "--out", "cold", "--json").out)
    warm = json.loads(
        pellucid(
            "train", small, "--epochs", 1, "--start-from", PACKAGED, "--learning-rate", 0.01, "--out", "warm", "--json"
        ).out
    )
    assert warm["dev"]["accuracy"] > 0.9 > cold["dev"]["accuracy"]


def test_patience_keeps_the_best_epoch(pellucid: Command, small: Path) -> None:
    result = json.loads(
        pellucid(
            "train",
            small,
            "--epochs",
            200,
            "--patience",
            5,
            "--optimizer",
            "adam",
            "--schedule",
            "constant",
            "--out",
            "run",
            "--json",
        ).out
    )
    losses = [float(row["dev_loss"]) for row in csv.DictReader(Path("run/history.csv").read_text().splitlines())]
    assert result["epochs"] == len(losses) == np.argmin(losses) + 1 + 5
    assert result["dev"]["loss"] == pytest.approx(min(losses))


def test_article_recipe_prints_iteration_and_accuracy_every_ten(pellucid: Command, small: Path) -> None:
    ended = pellucid("train", small, "--recipe", "article", "--epochs", 31, "--out", "run")
    lines = [line for line in ended.out.splitlines() if line.startswith("Iteration")]
    assert [int(line.split()[1]) for line in lines] == [0, 10, 20, 30]
    assert all(0 <= float(line.split()[-1]) <= 1 for line in lines)
    assert pl.load("run/model.safetensors").dtype == np.float64


def test_predictions_never_replace_what_they_are_made_from(pellucid: Command, small: Path) -> None:
    before = small.read_bytes()
    assert pellucid("predict", small, "--out", small).code == 2
    assert small.read_bytes() == before


def test_scores_that_are_no_numbers_are_null_in_json(pellucid: Command) -> None:
    np.savez("flat.npz", X=np.random.default_rng(0).random((20, 2)), y=np.full(20, 1.5))
    ended = pellucid("train", "flat.npz", "--epochs", 1, "--out", "run", "--json")
    assert json.loads(ended.out)["train"]["r2"] is None
    assert json.loads(Path("run/run.json").read_text(), parse_constant=pytest.fail)["result"]["train"]["r2"] is None
    assert pellucid("train", "--resume", "run").code == 0


def test_patience_says_when_it_stopped_and_what_it_kept(pellucid: Command, small: Path) -> None:
    flags = ("--epochs", 200, "--patience", 2, "--optimizer", "adam", "--schedule", "constant")
    ended = pellucid("train", small, *flags, "--out", "run")
    result = json.loads(pellucid("train", "--resume", "run", "--json").out)
    assert f"stopped after epoch {result['epochs']}" in ended.out
    assert f"that of epoch {result['best_epoch']}" in ended.out


def test_names_with_brackets_and_spaces_come_out_as_they_are(pellucid: Command, digits: datasets.Samples) -> None:
    np.savez("odd.npz", X=digits.X, y=np.array([f"[bold]{label}\\" for label in digits.y % 3]))
    ended = pellucid("train", "odd.npz", "--epochs", 2, "--out", "run [a]")
    assert "everything is in run [a]" in ended.out
    assert "pellucid evaluate 'run [a]'" in ended.out
    assert "[bold]2\\" in pellucid("evaluate", "run [a]").out


def test_a_reader_that_has_gone_is_no_fault(small: Path) -> None:
    command = (
        f"{sys.executable} -m pellucid train small.npz --epochs 300 --out run | head -n 1; echo ${{PIPESTATUS[0]}}"
    )
    ended = subprocess.run(["bash", "-c", command], cwd=small.parent, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "0"
    assert "pellucid train --resume run" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_fault(small: Path, closed: str) -> None:
    command = f"{sys.executable} -m pellucid evaluate small.npz {closed}"
    assert subprocess.run(["bash", "-c", command], cwd=small.parent, capture_output=True, check=False).returncode == 0


def test_a_terminal_without_arrows_gets_no_traceback(small: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "pellucid", "train", "small.npz", "--epochs", "6", "--out", "run"],
        cwd=small.parent, env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_help_names_every_command(pellucid: Command) -> None:
    ended = pellucid("--help")
    assert ended.code == 0
    for name in ("train", "evaluate", "predict", "check", "data"):
        assert name in ended.out
        assert pellucid(name, "--help").code == 0


def test_version(pellucid: Command) -> None:
    assert pl.__version__ in pellucid("--version").out
