"""An ill training is told its illness, with one remedy that helps; a healthy one is told nothing."""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid as pl
from pellucid import datasets
from pellucid.analysis.diagnosis.rules import OVERFIT
from pellucid.analysis.finding import Finding
from support import Command

RNG = np.random.default_rng(0)
TABLE = RNG.standard_normal((600, 5))
VALUES = np.sin(TABLE[:, 0]) + TABLE[:, 1] * TABLE[:, 2]
TWO = (TABLE[:, 0] * TABLE[:, 1] > 0).astype(int)
SIGMOID_DEEP = "--hidden 16,16,16,16,16,16,16,16 --activation sigmoid --init glorot --optimizer adam"


@dataclass(frozen=True)
class Ill:
    """A training that goes wrong in one way: its data and flags, the fault, its numbers, the remedy."""

    name: str
    data: str  # digits, or an entry of ``table``
    flags: str
    fault: str
    evidence: tuple[str, ...]
    remedy: str
    layer: int | None = None


ILL = (
    Ill("pixels as floats", "raw", "--epochs 20", "inputs are not scaled", ("0 to 255",), "X = X / 255", 1),
    Ill("one wide column", "wide", "--epochs 20", "inputs are not scaled", ("x1 (col",), "X = (X - X.mean(0))", 1),
    Ill("an offset", "offset", "--epochs 20", "inputs are not scaled", ("1997 to 2003",), "X = (X - X.mean(0))", 1),
    Ill("tiny inputs", "tiny", "--epochs 20", "inputs are not scaled", ("mean square",), "X = (X - X.mean(0))", 1),
    Ill("large targets", "prices", "--epochs 20", "targets are not scaled", ("guess",), "y = (y - y.mean(0))", 3),
    Ill("exploding", "values", "--epochs 20 --learning-rate 2 --clip-norm 0 --schedule constant",
        "exploded", ("at the start", "no limit on the gradient"), "--clip-norm 1"),
    Ill("exploding under a limit", "digits", "--epochs 20 --activation tanh --learning-rate 30",
        "exploded", ("at the start", "a limit of 1", "0.7 is usual"), "--learning-rate 0.7"),
    Ill("saturated at the start", "digits", "--epochs 20 --activation tanh --init article",
        "saturated before the first step", ("% of the tanh activations", "Glorot"), "--init glorot", 1),
    Ill("wide start", "digits", "--epochs 100 --hidden 16 --init article --batch-size all --learning-rate 0.1",
        "first weights were too large", ("times that of a guess", "0.5, He"), "--init he", 1),
    Ill("rate far too large", "digits", "--epochs 20 --learning-rate 10 --activation leaky-relu",
        "learning rate is too large", ("rose from", "10 (0.7 is usual"), "--learning-rate 0.7"),
    Ill("jumping", "digits", "--epochs 20 --learning-rate 2.5 --schedule constant",
        "learning rate is too large", ("rose in", "of 19 epochs"), "--learning-rate 0.7"),
    Ill("dead by a large rate", "digits", "--epochs 20 --learning-rate 3",
        "neurons of layer 1 are dead", ("for any of 540 samples", "before training: 0", "3 (0.7 is usual"),
        "--learning-rate 0.7", 1),
    Ill("vanishing", "digits", f"--epochs 20 {SIGMOID_DEEP}", "gradient vanishes", ("layer 1", "times as much"),
        "--activation relu --init he", 1),
    Ill("rate too small", "digits", "--epochs 20 --learning-rate 1e-6",
        "learning rate is too small", ("180 steps", "of its length", "1e-06"), "--learning-rate 0.7"),
    Ill("rate rather small", "digits", "--epochs 20 --optimizer adam --learning-rate 1e-5",
        "learning rate is too small", ("180 steps",), "--learning-rate 0.004"),
    Ill("not to be learned without a hidden layer", "checkers", "--epochs 40 --hidden none",
        "loss is not falling", ("guess", "hidden layer"), "--hidden 32,16"),
    Ill("overfitting", "digits", "--epochs 60 --hidden 64 --optimizer adam --schedule constant --learning-rate 0.01",
        "overfits", ("dev loss was least in epoch", "train loss fell"), "--patience 5"),
)  # fmt: skip


def table(name: str, digits: datasets.Samples) -> dict[str, Any]:
    return {
        "digits": {"X": digits.X, "y": digits.y},
        "raw": {"X": digits.X.astype(np.float32), "y": digits.y},
        "tiny": {"X": digits.X / 255e4, "y": digits.y},
        "wide": {"X": TABLE * [1, 1000, 1, 1, 1], "y": VALUES},
        "offset": {"X": TABLE + np.array([0, 0, 2000, 0, 0]), "y": VALUES},
        "values": {"X": TABLE, "y": VALUES},
        "prices": {"X": TABLE, "y": 20_000 + 5000 * VALUES},
        "checkers": {"X": TABLE[:, :2], "y": TWO},
    }[name]


def trained(pellucid: Command, arrays: dict[str, Any], flags: str, out: str) -> dict[str, Any]:
    """What training says as JSON; of one that diverged, what the message says."""
    np.savez(f"{out}.npz", **arrays)
    ended = pellucid("train", f"{out}.npz", "--dev", 60, *shlex.split(flags), "--out", out, "--json")
    if ended.code == 2 and "diverged" in ended.err:
        return {"error": ended.err, "findings": [], "train": {"loss": np.inf}, "dev": {"loss": np.inf}}
    assert (ended.code, ended.err) == (0, "")
    result: dict[str, Any] = json.loads(ended.out)
    return result


FAST = ("pixels as floats", "exploding", "saturated at the start", "vanishing", "large targets")
CASES = [pytest.param(ill, id=ill.name, marks=[pytest.mark.slow] if ill.name not in FAST else []) for ill in ILL]


@pytest.mark.slow
@pytest.mark.parametrize("ill", CASES)
def test_an_ill_training_is_told_its_illness_and_the_remedy_helps(
    pellucid: Command, digits: datasets.Samples, ill: Ill
) -> None:
    arrays = table(ill.data, digits)
    before = trained(pellucid, arrays, ill.flags, "before")
    if "error" in before:
        said = before["error"]
        for needle in (ill.fault, *ill.evidence, f"try {ill.remedy}", "checkpoint.safetensors"):
            assert needle in said
        assert said.count("try ") == 1
    else:
        first = before["findings"][0]
        assert ill.fault in first["fault"]
        assert all(needle in first["evidence"] for needle in ill.evidence), first["evidence"]
        assert first["remedy"].startswith(ill.remedy)
        assert first["layer"] == ill.layer
        assert set(first) == {"layer", "quantity", "fault", "evidence", "remedy"}
    flags = ill.flags
    if ill.remedy.startswith("--"):
        flags = f"{ill.flags} {ill.remedy}"  # of a flag that is given twice, the last counts
    else:
        remedy = before["findings"][0]["remedy"]
        arrays = {name: np.asarray(array, np.float64) if name == remedy[0] else array for name, array in arrays.items()}
        exec(remedy, {}, arrays)
    after = trained(pellucid, arrays, flags, "after")
    assert not [finding for finding in after["findings"] if ill.fault in finding["fault"]]
    part = "dev" if ill.fault == "overfits" else "train"
    unit = float(np.var(arrays["y"])) / float(np.var(table(ill.data, digits)["y"]))  # scaled targets, scaled losses
    assert after[part]["loss"] < 0.9 * before[part]["loss"] * (unit if ill.fault.startswith("targets") else 1)


HEALTHY = (
    ("digits", "--epochs 20"),
    ("digits", "--epochs 20 --optimizer adam --activation gelu"),
    ("digits", "--epochs 20 --optimizer adamw --activation tanh --init glorot"),
    ("digits", "--epochs 30 --optimizer adam --activation sigmoid --hidden 32 --init glorot"),
    ("digits", "--epochs 15 --hidden none"),
    ("digits", "--epochs 20 --dropout 0.2 --hidden 64,32"),
    ("values", "--epochs 60 --learning-rate 0.1"),
    ("checkers", "--epochs 60 --loss binary-cross-entropy --optimizer adam --learning-rate 0.01"),
)
MORE_HEALTHY = (
    ("digits", "--epochs 20 --optimizer momentum"),
    ("digits", "--epochs 20 --optimizer rmsprop --activation leaky-relu"),
    ("digits", "--epochs 20 --hidden 32,32,32,32 --optimizer adam --learning-rate 0.002"),
    ("digits", "--epochs 20 --loss softmax-squared-error"),
    ("digits", "--epochs 110 --hidden 16 --batch-size all --learning-rate 0.3 --schedule linear"),
    ("digits", "--epochs 20 --learning-rate 0.1"),
    ("values", "--epochs 60 --optimizer adam --loss huber"),
    ("values", "--epochs 60 --optimizer adam --loss absolute-error"),
    ("checkers", "--epochs 40"),
)


@pytest.mark.parametrize(
    ("data", "flags"), [*HEALTHY, *(pytest.param(*case, marks=pytest.mark.slow) for case in MORE_HEALTHY)]
)
def test_a_healthy_training_is_told_nothing(pellucid: Command, digits: datasets.Samples, data: str, flags: str) -> None:
    result = trained(pellucid, table(data, digits), flags, "run")
    assert result["findings"] == []
    assert result["train"]["loss"] < 3


@pytest.mark.parametrize("flags", ["--epochs 1", "--epochs 4 --learning-rate 0.01"])
def test_of_a_training_that_has_just_begun_no_cause_is_named(
    pellucid: Command, digits: datasets.Samples, flags: str
) -> None:
    found = trained(pellucid, table("digits", digits), flags, "run")["findings"]
    assert {finding["quantity"] for finding in found} <= {"accuracy", "recall"}  # how good it is so far


def test_noise_that_nobody_could_learn_better_is_no_small_learning_rate(
    pellucid: Command,
) -> None:
    arrays = {"X": TABLE, "y": TABLE[:, 0] + 1.2 * np.random.default_rng(1).standard_normal(len(TABLE))}
    result = trained(pellucid, arrays, "--hidden none --epochs 60 --learning-rate 0.05 --weight-decay 0", "run")
    assert result["findings"] == []


def test_the_note_is_one_line_on_standard_error_and_the_record_stays_readable(pellucid: Command, small: Path) -> None:
    ended = pellucid("train", small, "--epochs", 20, "--learning-rate", 1e-6, "--out", "run", "--quiet")
    line, *others = ended.err.splitlines()
    assert line.startswith("note: the learning rate is too small: in 180 steps")
    assert line.endswith("; try --learning-rate 0.7")
    assert others
    assert all(other.endswith("; try --learning-rate 0.7") for other in others)  # the cause is mended, no consequence
    again = json.loads(pellucid("train", "--resume", "run", "--json").out)
    assert again["findings"][0]["remedy"] == "--learning-rate 0.7"
    assert "findings" not in json.loads(Path("run/run.json").read_text())["result"]


def test_inputs_whose_squares_are_beyond_all_numbers_are_told_without_a_warning(pellucid: Command) -> None:
    np.savez("huge.npz", X=TABLE * 1e200, y=TWO)
    ended = pellucid("train", "huge.npz", "--epochs", 2, "--dtype", "float64", "--out", "run")
    assert ended.code == 0
    assert ended.err.startswith("note: the inputs are not scaled")
    assert "Warning" not in ended.err


def test_the_evidence_of_overfitting_is_what_the_history_says(pellucid: Command, digits: datasets.Samples) -> None:
    (finding,) = trained(pellucid, table("digits", digits), ILL[-1].flags, "run")["findings"]
    rows = np.genfromtxt("run/history.csv", delimiter=",", names=True)
    best, now = rows["dev_loss"].argmin(), np.median(rows["dev_loss"][-3:])
    assert f"least in epoch {best + 1}, {rows['dev_loss'][best]:.3g}, and is {now:.3g}" in finding["evidence"]
    assert f"(+{now / rows['dev_loss'][best] - 1:.0%})" in finding["evidence"]


def test_patience_is_the_end_of_overfitting(pellucid: Command, digits: datasets.Samples) -> None:
    ill = ILL[-1]
    result = trained(pellucid, table("digits", digits), ill.flags + " --epochs 80 --patience 50", "run")
    assert result["findings"] == []
    dev = np.genfromtxt("run/history.csv", delimiter=",", names=True)["dev_loss"]
    assert result["epochs"] == result["best_epoch"] + 50 < 80
    assert np.median(dev[-3:]) > OVERFIT * dev.min()


# In Python


def epochs_of(net: pl.Network, data: Any, optimizer: Any, **settings: Any) -> list[pl.Epoch]:
    return list(pl.train(net, data, optimizer, rng=np.random.default_rng(0), **settings))


def test_diagnose_takes_epochs_or_a_history(digits: datasets.Samples) -> None:
    net, history = pl.Network([784, 16, 10], rng=np.random.default_rng(0)), pl.History()
    optimizer = pl.SGD(1e-6)
    epochs = epochs_of(net, digits, optimizer, epochs=12)
    for epoch in epochs:
        history.add(epoch)
    by_epochs = pl.diagnose(net, epochs, *digits, optimizer=optimizer)
    assert by_epochs == pl.diagnose(net, history, *digits, optimizer=optimizer)
    assert [type(finding) for finding in by_epochs] == [Finding]
    assert by_epochs[0].remedy == "learning_rate=0.7"
    # without the optimiser, the rate that the history shows times ten
    assert pl.diagnose(net, epochs, *digits)[0].remedy == "learning_rate=1e-05"


def test_diagnose_knows_a_divergence_before_the_first_epoch(digits: datasets.Samples) -> None:
    net = pl.Network([784, 16, 10], rng=np.random.default_rng(0))
    start, optimizer = net.theta.copy(), pl.SGD(1e30)
    with pytest.raises(pl.DivergenceError):
        epochs_of(net, digits, optimizer, epochs=3)
    (finding,) = pl.diagnose(net, [], *digits, optimizer=optimizer, thetas=[start], diverged=True)
    assert (finding.fault, finding.remedy) == ("the loss exploded", "learning_rate=0.7")
    assert "no number" in finding.evidence


def test_dead_neurons_that_no_rate_explains_want_a_leaky_slope(digits: datasets.Samples) -> None:
    net = pl.Network([784, 10, 10], rng=np.random.default_rng(0))
    net.layers[0].b[:6] = -100  # six of ten never fire
    epochs = epochs_of(net, digits, pl.SGD(0.1), epochs=12)
    (finding,) = pl.diagnose(net, epochs, *digits, optimizer=pl.SGD(0.1))
    assert finding.fault == "6 of 10 neurons of layer 1 are dead"
    assert finding.remedy == "activation='leaky-relu'"
    net.layers[0].b[:3] = 0.1  # three of ten: no reason to speak
    assert pl.diagnose(net, epochs, *digits, optimizer=pl.SGD(0.1)) == []


def told(
    train: list[float],
    digits: datasets.Samples,
    *,
    dev: list[float] | None = None,
    rate: float = 0.1,
    move: float = 0.0,
) -> list[Finding]:
    """What is said of a made-up course of a network whose θ moved by a share of its length."""
    net = pl.Network([784, 16, 10], rng=np.random.default_rng(0))
    start = net.theta.copy()
    net.theta *= 1 + move
    empty = [np.nan] * 3
    rows = [
        [k, 100 * k, rate, 1.0, loss, 0.5, np.nan if dev is None else dev[k - 1], *empty]
        for k, loss in enumerate(train, start=1)
    ]
    return pl.diagnose(net, pl.History(rows), *digits, optimizer=pl.SGD(rate), thetas=[start])


def test_a_rate_near_the_usual_one_is_made_ten_times_smaller(digits: datasets.Samples) -> None:
    (finding,) = told([2.2, 1.6, 2.1, 1.5, 2.2, 1.6], digits, rate=0.8)
    assert (finding.fault, finding.remedy) == ("the learning rate is too large", "learning_rate=0.08")
    assert "rose in 2 of 5 epochs, by up to 0.7" in finding.evidence
    assert told([2.2, 1.6, 1.65, 1.5, 1.55, 1.4], digits, rate=0.8) == []


def test_a_small_rate_is_to_blame_only_where_theta_has_not_yet_gone_far(digits: datasets.Samples) -> None:
    falling = [2.3, 2.1, 1.9, 1.7, 1.5, 1.3]
    assert told(falling, digits, rate=0.01, move=0.2)[0].fault == "the learning rate is too small"
    assert told(falling, digits, rate=0.01, move=0.5) == []
    assert told(falling, digits, rate=0.1, move=0.2) == []
    assert told([2.3, 1.3, 1.3, 1.3, 1.3, 1.3], digits, rate=0.01, move=0.2) == []
    assert told([2.3, 1.3, 1.3, 1.3, 1.3, 1.3], digits, rate=0.01, move=0.01)[0].quantity == "learning_rate"


def test_overfitting_is_a_dev_loss_that_rises_while_the_train_loss_falls(digits: datasets.Samples) -> None:
    dev = [1.0, 0.5, 0.5, 0.6, 0.65, 0.7, 0.7]
    (finding,) = told([1.0, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1], digits, dev=dev)
    assert (finding.fault, finding.remedy) == ("the network overfits", "patience=5")
    assert told([1.0, 0.5, 0.4, 0.5, 0.55, 0.56, 0.57], digits, dev=dev) == []  # both rise: something else
    assert told([1.0, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1], digits, dev=[1.0, 0.5, 0.5, 0.52, 0.9, 0.55, 0.55]) == []


def test_diagnose_refuses_what_it_cannot_judge(digits: datasets.Samples) -> None:
    net = pl.Network([784, 10], rng=np.random.default_rng(0))
    with pytest.raises(pl.InputError, match="history is empty"):
        pl.diagnose(net, [], *digits)
    epochs = epochs_of(net, digits, pl.SGD(0.1), epochs=1)
    with pytest.raises(pl.InputError, match="784 inputs"):
        pl.diagnose(net, epochs, digits.X[:, :5], digits.y)
    with pytest.raises(pl.InputError, match="no rows"):
        pl.diagnose(net, epochs, digits.X[:0], digits.y[:0])


def test_a_guess_has_the_loss_of_the_frequencies() -> None:
    from pellucid.analysis.diagnosis.facts import loss_of_a_guess

    y = np.array([0, 0, 0, 1])
    assert loss_of_a_guess(pl.CrossEntropy(), y, 3) == pytest.approx(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))
    assert loss_of_a_guess(pl.BinaryCrossEntropy(), y, 1) == pytest.approx(0.5623, abs=1e-4)
    assert loss_of_a_guess(pl.SoftmaxSquaredError(), y, 3) == pytest.approx(1 - 0.75**2 - 0.25**2)
    assert loss_of_a_guess(pl.SquaredError(), VALUES, 1) == pytest.approx(VALUES.var())
    assert loss_of_a_guess(pl.AbsoluteError(), VALUES, 1) == pytest.approx(np.abs(VALUES - np.median(VALUES)).mean())


def test_data_read_block_by_block_are_diagnosed_too(digits: datasets.Samples) -> None:
    from pellucid.analysis.diagnosis.diagnose import _in_memory
    from pellucid.datasets import Dataset

    class Stream:
        shape, dtype, target_shape, target_dtype = (600, 784), np.dtype(np.uint8), (), np.dtype(np.int64)

        def blocks(self, seed: int | None, skip: int = 0) -> Any:
            yield digits.X[:100], digits.y[:100]

        def checksum(self) -> int:
            return 0

    streamed = Dataset("d", Stream(), None, None, None, (), None)
    assert len(_in_memory(streamed)[0]) == 100
    assert len(_in_memory(Dataset("d", Stream(), digits, None, None, (), None))[0]) == 600


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_the_default_run_on_all_digits_is_told_nothing(pellucid: Command, seed: int) -> None:
    ended = pellucid("train", "--seed", seed, "--out", "run", "--json")
    assert json.loads(ended.out)["findings"] == []
    assert ended.err == ""
