"""A score that is no better than a guess is told, and a class that is never recognised; a better one is not."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

import pellucid as pl
from pellucid import datasets
from pellucid.analysis.diagnosis.guessing import beside_a_guess, by_chance
from pellucid.model.model import Model
from support import Command

GUESSING = "it is no better than guessing"


def trained(pellucid: Command, columns: dict[str, Any], *flags: object, out: str = "run") -> dict[str, Any]:
    """What training on a table with the target y comes to."""
    polars.DataFrame(columns).write_csv(f"{out}.csv")
    ended = pellucid("train", f"{out}.csv", "--target", "y", "--test", 0.3, "--out", out, "--json", *flags)
    assert (ended.code, ended.err) == (0, "")
    result: dict[str, Any] = json.loads(ended.out)
    return result


def faults(result: dict[str, Any]) -> list[str]:
    return [finding["fault"] for finding in result["findings"] if finding["quantity"] in ("accuracy", "r2", "recall")]


def columns(y: Any, rows: int = 400, seed: int = 0) -> dict[str, Any]:
    """Three columns of noise, and a target that is made of them."""
    X = np.random.default_rng(seed).normal(size=(3, rows))
    return {"a": X[0], "b": X[1], "c": X[2], "y": y(X)}


def coin(seed: int = 1, share: float = 0.5) -> Any:
    return lambda X: np.where(np.random.default_rng(seed).random(X.shape[1]) < share, "yes", "no")


def signed(X: Any) -> Any:
    return np.where(X[0] + X[1] > 0, "yes", "no")


CASES = {
    "classes": (coin(), signed, ()),
    "imbalanced classes": (coin(share=0.1), lambda X: np.where(X[0] > 1.1, "yes", "no"), ()),
    "values": (lambda X: np.random.default_rng(1).normal(size=X.shape[1]), lambda X: X[0] - X[1], ()),
    "weights of classes": (
        coin(share=0.2), lambda X: np.where(X[0] > 0.8, "yes", "no"), ("--class-weights", "balanced")
    ),
    "one output": (coin(), signed, ("--loss", "binary-cross-entropy")),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_it_speaks_where_the_target_has_nothing_to_do_with_the_inputs_and_not_where_it_has(
    pellucid: Command, name: str
) -> None:
    noise, signal, flags = CASES[name]
    assert GUESSING in faults(trained(pellucid, columns(noise), *flags, out="noise"))
    assert faults(trained(pellucid, columns(signal), *flags, out="signal")) == []


def test_the_evidence_is_the_score_and_the_baseline_that_are_printed(pellucid: Command) -> None:
    result = trained(pellucid, columns(coin()))
    (finding,) = (finding for finding in result["findings"] if finding["fault"] == GUESSING)
    test = result["test"]
    assert f"on 120 test samples the accuracy is {100 * test['accuracy']:.2f} %" in finding["evidence"]
    assert f"has {100 * test['baseline']['accuracy']:.2f} %" in finding["evidence"]
    assert finding["remedy"] == "other inputs or more samples"
    values = trained(pellucid, columns(CASES["values"][0]), out="values")
    (finding,) = (finding for finding in values["findings"] if finding["fault"] == GUESSING)
    assert f"on 120 test samples R² is {values['test']['r2']:.4f}" in finding["evidence"]


def test_it_speaks_where_the_loss_is_lower_but_the_answer_is_always_the_commonest_class(pellucid: Command) -> None:
    # 2 % or 35 % of the rows are "yes", by a: the network learns the shares, and says "no" of every row
    def rare(X: Any) -> Any:
        share = np.where(X[0] > 0, 0.35, 0.02)
        return np.where(np.random.default_rng(2).random(X.shape[1]) < share, "yes", "no")

    result = trained(pellucid, columns(rare, rows=2000), "--hidden", "none", "--epochs", 15)
    test = result["test"]
    share = test["baseline"]["accuracy"]
    assert test["accuracy"] == share
    assert test["loss"] < -share * np.log(share) - (1 - share) * np.log(1 - share) - 0.01
    assert faults(result) == [GUESSING, "class 'yes' is never recognised"]
    assert {finding["remedy"] for finding in result["findings"]} == {"--class-weights balanced"}
    again = trained(pellucid, columns(rare, rows=2000), "--hidden", "none", "--epochs", 15, "--class-weights",
                    "balanced", out="balanced")  # fmt: skip
    assert faults(again) == []


def told(x: Any, y: Any, weights: Any, class_weights: str | None = None, train: Any = None) -> list[str]:
    """What is told of a network that says 1 where x is above 0, on these samples."""
    net = pl.Network([1, 2], init=None)
    net.layers[0].W[...] = [[-1], [1]]
    part = datasets.WeightedSamples(np.asarray(x, np.float32)[:, None], np.asarray(y), np.asarray(weights, float))
    of_training = part if train is None else part._replace(weights=np.asarray(train, float))
    shares = np.bincount(part.y, part.weights, 2) / part.weights.sum()
    data = datasets.Dataset("d", of_training, part, None, ("no", "yes"), ("x",), None)
    model = Model(net, data.classes, guess=tuple(shares.tolist()))
    return [finding.fault for finding in beside_a_guess(model, data, class_weights)]


def test_weights_of_rows_decide_what_is_better() -> None:
    x = np.tile([-1.0, 1.0], 100)
    right = np.arange(200) < 120  # of these rows it says what is so, of the others it knows nothing
    y = np.where(right, x > 0, np.arange(200) % 4 < 2).astype(int)
    assert told(x, y, np.ones(200)) == []
    assert told(x, y, np.where(right, 0.001, 1.0)) == [GUESSING]
    assert told(x, y, np.where(right, 1.0, 0.001)) == []


def test_where_classes_have_weights_they_have_them_in_both_scores() -> None:
    y = (np.arange(400) % 10 == 0).astype(int)
    x = np.where((np.arange(400) // 10) % 4 == 0, 1 - 2 * y, 2 * y - 1)  # three of four are recognised, in each class
    assert told(x, y, np.ones(400)) == [GUESSING]  # 75 % are right, and 90 % are of one class
    weights = np.where(y == 1, 8.0, 1.0)
    assert told(x, y, np.ones(400), "yes=8", weights) == []  # 75 %, beside 9 of 9 + 8
    assert told(np.roll(x, 7), y, np.ones(400), "yes=8", weights) == [GUESSING]


def test_data_without_a_table_and_without_a_part_held_back_are_judged_too(
    pellucid: Command, digits: datasets.Samples
) -> None:
    y = np.random.default_rng(0).permutation(digits.y)
    np.savez("noise.npz", X=digits.X, y=y)
    result = json.loads(pellucid("train", "noise.npz", "--epochs", 3, "--out", "run", "--json").out)
    assert GUESSING in faults(result)
    np.savez("noise.npz", X=np.zeros((200, 3)), y=y[:200])
    result = json.loads(pellucid("train", "noise.npz", "--dev", 0, "--epochs", 3, "--out", "all", "--json").out)
    assert GUESSING in faults(result)
    assert "200 train samples" in next(f["evidence"] for f in result["findings"] if f["fault"] == GUESSING)


def test_what_is_told_after_training_stands_in_the_report(pellucid: Command) -> None:
    trained(pellucid, columns(coin()))
    assert GUESSING.capitalize() in Path("run/report.html").read_text()
    assert pellucid("report", "run").code == 0
    assert GUESSING.capitalize() in Path("run/report.html").read_text()


def test_chance_is_what_shuffled_answers_come_to() -> None:
    rng = np.random.default_rng(0)
    y, said = rng.choice(3, 80, p=[0.6, 0.3, 0.1]), rng.choice(3, 80, p=[0.5, 0.2, 0.3])
    shuffled = [np.mean(rng.permutation(said) == y) for _ in range(20_000)]
    mean, deviation = by_chance(said, y, np.full(80, 1 / 80), 3)
    assert mean == pytest.approx(np.mean(shuffled), abs=0.002)
    assert deviation == pytest.approx(np.std(shuffled), rel=0.03)


# Classes that are never recognised


def test_classes_that_are_never_recognised_are_named_the_first_of_them_where_they_are_many(pellucid: Command) -> None:
    y = np.array(["usual"] * 360 + [f"rare {k}" for k in range(8) for _ in range(5)])
    table = {**columns(lambda X: np.zeros(400)), "y": y}
    result = trained(pellucid, table, "--hidden", "none", "--epochs", 15)
    (finding,) = (finding for finding in result["findings"] if finding["quantity"] == "recall")
    assert finding["fault"] == (
        "8 classes are never recognised: 'rare 0', 'rare 1', 'rare 2', 'rare 3', 'rare 4' and 3 more"
    )
    assert finding["evidence"].startswith("none of their 12 test samples; in training they have 10.")


def test_a_class_of_which_there_is_no_sample_is_not_named(pellucid: Command) -> None:
    table = columns(signed)
    table["y"] = np.array([*table["y"][:-1], "once"])  # its only row stays in the training part
    result = trained(pellucid, table)
    assert "once" in pl.load_model("run").class_names
    assert faults(result) == []
