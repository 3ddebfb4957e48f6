"""The range test: what it tries, what it leaves alone, what it suggests, and how it takes losses that are none."""

import csv
import json
import math
import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

import pellucid as pl
from pellucid import datasets
from pellucid.analysis.lr_range import EXPLODED, SMOOTHING, _judge, _Running
from pellucid.analysis.lr_trial import try_rates
from pellucid.core.schedules import SCHEDULES
from pellucid.render.pictures.learning_rate import range_test
from pellucid.render.pictures.style import render
from support import Command


def network(seed: int = 0, **settings: Any) -> pl.Network:
    return pl.Network([784, 16, 10], rng=np.random.default_rng(seed), **settings)


def find(net: pl.Network, data: Any, optimizer: Any = None, **settings: Any) -> pl.RangeTest:
    optimizer = pl.SGD() if optimizer is None else optimizer
    return pl.lr_find(net, data, optimizer, rng=np.random.default_rng(1), **settings)


def test_each_loss_is_that_of_the_batch_after_a_step_at_its_rate(digits: datasets.Samples) -> None:
    net = network(dtype=np.float64)
    test = find(net, digits, batch_size=None, least=0.01, most=0.5, steps=20)
    np.testing.assert_allclose(test.rates, np.geomspace(0.01, 0.5, 20))
    # the same by hand: all samples at once, a step at each rate
    trace = pl.Trace(net, len(digits.X))
    trace.fill(*digits)
    losses = []
    for rate in test.rates:
        pl.forward(net, trace)
        losses.append(pl.backward(net, trace))
        net.theta -= rate * trace.grad
    pl.forward(net, trace)
    losses.append(pl.backward(net, trace))
    assert test.start == pytest.approx(losses[0])
    np.testing.assert_allclose(test.losses, losses[1:])


def test_a_short_last_batch_has_its_own_mean(digits: datasets.Samples) -> None:
    # rates too small to move anything: in any epoch the batches' losses, weighed by their sizes, are the whole loss
    net = network(dtype=np.float64)
    data = (digits.X[:250], digits.y[:250])
    test = find(net, data, batch_size=64, least=1e-12, most=1e-11, steps=39)
    weighed = np.array([test.start, *test.losses]).reshape(10, 4) @ [64, 64, 64, 58] / 250
    np.testing.assert_allclose(weighed, pl.evaluate(net, data).loss, rtol=1e-6)


def test_the_smoothed_loss_is_the_running_mean_without_the_bias_of_its_start() -> None:
    losses = [3.0, 2.0, 2.5, 1.0]
    means = []
    for k in range(1, 5):
        weights = np.array([SMOOTHING ** (k - 1 - j) for j in range(k)])
        means.append(float(weights @ losses[:k] / weights.sum()))
    test = _judge(np.geomspace(0.1, 1, 3), losses, None)
    np.testing.assert_allclose(test.smoothed, means[1:])


def test_network_and_optimiser_are_left_as_they_were(digits: datasets.Samples) -> None:
    net, optimizer = network(), pl.Adam(0.25)
    list(pl.train(net, digits, optimizer, epochs=1, rng=np.random.default_rng(0)))
    theta, state = net.theta.copy(), {name: vector.copy() for name, vector in optimizer.state.items()}
    find(net, digits, optimizer, steps=60)
    np.testing.assert_array_equal(net.theta, theta)
    assert optimizer.learning_rate == 0.25
    assert all(np.array_equal(optimizer.state[name], vector) for name, vector in state.items())


def test_the_same_seed_gives_the_same_bits(digits: datasets.Samples) -> None:
    a, b = (find(network(), digits, dropout=0.2) for _ in range(2))
    assert a.losses.tobytes() == b.losses.tobytes()
    assert a.suggestion == b.suggestion


def curve(rates: np.ndarray) -> list[float]:
    """A loss that is flat, falls around 0.01, is lowest at 0.1 and explodes."""
    x = np.log10(rates)
    losses = 2.3 - 2 / (1 + np.exp(-8 * (x + 2))) + np.where(x > -1, 4 * (x + 1) ** 2, 0)
    return [2.3, *losses.tolist()]


def test_the_suggestion_lies_between_the_steepest_and_the_lowest_place() -> None:
    rates = np.geomspace(1e-6, 100, 400)
    test = _judge(rates, curve(rates), None)
    assert test.steepest is not None
    assert test.lowest is not None
    assert test.suggestion is not None
    lag = 20 ** (8 / 400) * 1.6  # the mean looks back over some steps
    assert 0.01 / lag < test.steepest < 0.01 * lag
    assert 0.1 / lag < test.lowest < 0.1 * lag
    assert test.suggestion == pytest.approx(math.sqrt(test.steepest * test.lowest), rel=0.06)
    assert f"{test.suggestion:g}" in test.evidence


def test_a_loss_that_never_falls_gets_no_suggestion() -> None:
    rates = np.geomspace(1e-6, 1, 100)
    noise = np.random.default_rng(0).normal(2.3, 0.1, 101)
    test = _judge(rates, [*noise], None)
    assert (test.suggestion, test.steepest, test.lowest) == (None, None, None)
    assert "never fell" in test.evidence


def test_it_stops_where_the_loss_explodes(digits: datasets.Samples) -> None:
    test = find(network(), digits, most=1e6)
    assert len(test.rates) == len(test.losses) == len(test.smoothed) < 200
    assert test.stopped is not None
    assert f"{test.rates[-1]:.3g}" in test.stopped
    # it stops at the first place that is far above the least one, and above the start
    far = (test.smoothed > EXPLODED * np.minimum.accumulate(test.smoothed)) & (test.smoothed > test.start)
    assert far.tolist() == [False] * (len(far) - 1) + [True]


def test_a_loss_near_zero_may_grow_fourfold_and_is_still_below_the_start(digits: datasets.Samples) -> None:
    one = digits.X[:40], np.zeros(40, int)  # one class alone: the loss goes to 0
    test = find(network(), one, least=1e-3, most=10, batch_size=8)
    assert test.smoothed.min() < 1e-3
    assert test.stopped is None or test.smoothed[-1] > test.start
    running = _Running()
    assert not [loss for loss in (2.0, *[0.0] * 60, 0.5, 0.5) if running.exploded(loss)]


@pytest.mark.parametrize("most", [1e30, 1e300])
def test_a_loss_that_becomes_no_number_ends_it_without_a_warning(digits: datasets.Samples, most: float) -> None:
    test = find(network(), digits, least=1e-3, most=most, steps=20)
    assert test.stopped is not None
    assert np.isfinite(test.losses[:-1]).all()
    assert f"{test.rates[-1]:.3g}" in test.stopped
    assert test.suggestion is None or test.suggestion < 100


def test_the_rate_that_made_the_loss_no_number_is_the_last_one(digits: datasets.Samples) -> None:
    test = find(network(), digits, least=1e30, most=1e38, steps=20)
    assert test.losses.tolist() == [math.inf]
    assert test.rates.tolist() == pytest.approx([1e30])
    assert test.stopped == "the loss became no number at a rate of 1e+30"
    assert test.suggestion is None
    assert "try smaller rates" in test.evidence
    assert len(render(range_test(test), ".png")) > 1000


def test_a_loss_that_is_no_number_from_the_start_is_refused(digits: datasets.Samples) -> None:
    X = digits.X / 255 * 1e308
    net = pl.Network([784, 16, 10], dtype=np.float64, rng=np.random.default_rng(0))
    with pytest.raises(pl.DivergenceError, match=r"before the first step.*1e\+308.*scale the inputs") as caught:
        find(net, (X, digits.y))
    assert isinstance(caught.value, pl.InputError)


@pytest.mark.parametrize(
    ("settings", "needle"),
    [({"steps": 3}, "steps=3"), ({"least": 1.0, "most": 0.1}, "^most=0.1: the last rate must be greater"),
     ({"least": 0}, "least=0"),
     ({"most": math.inf}, "most=inf"), ({"clip_norm": -1}, "clip_norm")],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(digits: datasets.Samples, settings: dict[str, Any], needle: str) -> None:
    with pytest.raises(pl.InputError, match=needle):
        find(network(), digits, **settings)


@pytest.mark.parametrize("optimizer", [pl.SGD(), pl.Momentum(), pl.Adam(), pl.RMSProp()])
def test_training_with_the_suggestion_learns(digits: datasets.Samples, optimizer: Any) -> None:
    # ten times less and ten times more are both worse, or no better
    losses = {}
    rate = find(network(), digits, optimizer, clip_norm=1.0).suggestion
    assert rate is not None
    for factor in (0.1, 1.0, 30.0):
        net, rule = network(), type(optimizer)(rate * factor)
        epochs = pl.train(net, digits, rule, epochs=6, clip_norm=1.0, rng=np.random.default_rng(0))
        losses[factor] = list(epochs)[-1].train.loss
    assert losses[1.0] < 0.5
    assert losses[1.0] < losses[0.1]
    assert losses[1.0] < losses[30.0]


# What was found is tried


def test_the_best_of_the_rates_that_were_tried_is_suggested(digits: datasets.Samples) -> None:
    train, dev = (digits.X[:500], digits.y[:500]), (digits.X[500:], digits.y[500:])
    test = find(network(), train, pl.SGD(0.003), dev=dev, epochs=4, clip_norm=1.0)
    found = _judge(test.rates, [test.start, *test.losses], test.stopped).suggestion
    assert found is not None
    assert [trial.learning_rate for trial in test.tried] == [
        0.003, pytest.approx(math.sqrt(0.003 * found), rel=0.05), found,
    ]  # fmt: skip
    assert test.suggestion == min(test.tried, key=lambda trial: trial.loss).learning_rate
    for rate, loss in test.tried:  # each is what training comes to
        net = network()
        settings: dict[str, Any] = {"epochs": 4, "dev": dev, "clip_norm": 1.0, "schedule": SCHEDULES["warmup-cosine"]}
        *_, last = pl.train(net, train, pl.SGD(rate), rng=np.random.default_rng(1), **settings)
        assert last.dev is not None
        assert loss == pytest.approx(last.dev.loss)
        assert f"{rate:g}" in test.evidence
        assert f"comes to {loss:.4g}" in test.evidence


def test_where_every_training_diverges_smaller_rates_are_tried_and_else_none_is_suggested() -> None:
    net, data = pl.Network([1, 1], loss=pl.SquaredError(), init=None), (np.ones((50, 1)), np.ones((50, 1)))
    settings: dict[str, Any] = {"rng": np.random.default_rng(0), "epochs": 200, "batch_size": None, "dev": None}
    tried = try_rates(net, data, pl.SGD(2e5), 1e5, **settings)
    assert all(math.isinf(trial.loss) for trial in tried)
    assert [trial.learning_rate for trial in tried[:3]] == pytest.approx([100, 1000, 10_000])
    assert len(tried) == 6
    tried = try_rates(net, data, pl.SGD(20.0), 10.0, **settings)
    assert [trial.learning_rate for trial in tried if math.isfinite(trial.loss)] == [0.1]


def tables() -> dict[str, tuple[dict[str, Any], tuple[str, ...]]]:
    """Columns of tables, and flags: one to regress, one with columns of all sizes, one for which SGD is asked for."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 600))
    even = {f"x{k}": column for k, column in enumerate(x)}
    ill = {f"x{k}": np.exp(2 * column) for k, column in enumerate(x)}
    y = 2 * x[0] + np.sin(2 * x[1]) + x[2] * x[3]
    return {
        "values": ({**even, "y": y + 0.3 * rng.normal(size=600)}, ()),
        "badly scaled": ({**ill, "y": np.exp(x[0] + x[1])}, ()),
        "sgd": ({**even, "y": y}, ("--optimizer", "sgd")),
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits", "classes", "pixels as floats", *tables()])
def test_training_with_what_is_suggested_neither_diverges_nor_ends_worse_than_the_usual_rate(
    pellucid: Command, small: Path, digits: datasets.Samples, name: str
) -> None:
    """The law: the dev loss with it is at most that with the usual rate, and a hundredth of a guess's."""
    data, flags = str(small), tuple[str, ...]()
    if name == "classes":
        shutil.copy(Path(__file__).parents[2] / "examples" / "penguins.csv", data := "penguins.csv")
        flags = ("--target", "species")
    elif name == "pixels as floats":
        np.savez(data := "raw.npz", X=digits.X.astype(np.float32), y=digits.y)
    elif name != "digits":
        columns, flags = tables()[name]
        flags = ("--target", "y", *flags)
        polars.DataFrame(columns).write_csv(data := "t.csv")
    found = json.loads(pellucid("lr-find", data, *flags, "--json").out)
    assert found["suggestion"] in [trial["learning_rate"] for trial in found["tried"]]
    losses = {}
    for out, rate in (("usual", ()), ("suggested", ("--learning-rate", found["suggestion"]))):
        ended = pellucid("train", data, *flags, *rate, "--out", out, "--json")
        assert ended.code == 0, ended.err
        losses[out] = json.loads(ended.out)["dev"]["loss"]
        guess = json.loads(ended.out)["dev"]["baseline"]
    unit = guess["rmse"] ** 2 if "rmse" in guess else 1.0
    assert losses["suggested"] <= losses["usual"] + 0.01 * unit


# The picture


def test_the_picture_holds_the_curve_and_the_marks(digits: datasets.Samples) -> None:
    test = find(network(), digits)
    (ax,) = range_test(test).axes
    lines = {line.get_label(): line for line in ax.lines}
    np.testing.assert_array_equal(lines["smoothed"].get_ydata(), test.smoothed)
    np.testing.assert_array_equal(lines["one batch"].get_xdata(), test.rates)
    assert np.asarray(lines[f"suggested: {test.suggestion:g}"].get_xdata())[0] == test.suggestion
    assert np.asarray(lines[f"lowest: {test.lowest:.3g}"].get_ydata())[0] == test.smoothed.min()
    assert ax.get_xlabel() == "learning rate"
    assert "explodes" in ax.get_title()
    assert ax.get_ylim()[1] >= test.start
    legend = ax.get_legend()
    assert legend is not None
    assert len(legend.get_texts()) == 5


def test_the_picture_of_a_test_without_a_suggestion_has_no_marks() -> None:
    rates = np.geomspace(1e-6, 1, 30)
    figure = range_test(_judge(rates, [2.3] * 30 + [math.inf], "the loss became no number at a rate of 1"))
    assert [line.get_label() for line in figure.axes[0].lines] == ["one batch", "smoothed"]


# The command


def test_the_command_prints_rates_losses_the_evidence_and_what_to_paste(pellucid: Command, small: Path) -> None:
    ended = pellucid("lr-find", small, "--optimizer", "adam", "--hidden", "16,16", "--dev", 60)
    assert (ended.code, ended.err) == (0, "")
    result = json.loads(
        pellucid("lr-find", small, "--optimizer", "adam", "--hidden", "16,16", "--dev", 60, "--json").out
    )
    assert set(result) >= {"rates", "losses", "smoothed", "suggestion", "stopped", "evidence"}
    assert len(result["rates"]) == len(result["losses"]) == len(result["smoothed"])
    paste = f"pellucid train {small} --dev 60 --hidden 16,16 --optimizer adam --learning-rate {result['suggestion']:g}"
    assert result["command"] == paste
    assert ended.out.splitlines()[-1].strip() == paste
    for text in ("rate", "█", "suggested", "falls fastest", "lowest", result["evidence"]):
        assert text in ended.out
    assert sorted(path.name for path in small.parent.iterdir()) == ["small.npz"]
    assert pellucid(*shlex.split(paste)[1:], "--epochs", 20, "--out", "run", "--json").code == 0
    assert json.loads(Path("run/run.json").read_text())["result"]["train"]["accuracy"] > 0.9


def test_rates_that_are_all_too_large_end_without_a_suggestion(pellucid: Command, small: Path) -> None:
    ended = pellucid("lr-find", small, "--from", 1e30, "--to", 1e38, "--out", "p.png")
    assert (ended.code, ended.err) == (0, "")
    assert "no learning rate is suggested" in ended.out
    assert "pellucid train" not in ended.out


def test_no_hidden_layer_is_pasted_as_such(pellucid: Command, small: Path) -> None:
    result = json.loads(pellucid("lr-find", small, "--hidden", "none", "--json").out)
    assert f" {small} --hidden none --learning-rate" in result["command"]


def test_the_command_knows_every_setting_that_changes_the_answer(pellucid: Command, small: Path) -> None:
    words = pellucid("lr-find", "--help").out
    for flag in ("--target", "--recipe", "--activation", "--init", "--batch-size", "--weight-decay", "--dropout",
                 "--clip-norm", "--dtype", "--seed", "--start-from", "--from", "--to", "--steps"):  # fmt: skip
        assert flag in words
    for flag in ("--learning-rate", "--schedule", "--epochs", "--patience"):
        assert f"{flag} " not in words
    pellucid("train", small, "--epochs", 2, "--out", "run", "-q")
    ended = pellucid("lr-find", small, "--start-from", "run", "--batch-size", "all", "--dtype", "float64", "-q")
    assert ended.out.startswith(("suggested learning rate: ", "no learning rate"))
    assert len(ended.out.splitlines()) == 1


def test_the_table_and_the_pictures_are_written(pellucid: Command, small: Path) -> None:
    result = json.loads(pellucid("lr-find", small, "--out", "t.csv", "--json").out)
    rows = list(csv.DictReader(Path("t.csv").read_text().splitlines()))
    assert [float(row["learning_rate"]) for row in rows] == result["rates"]
    assert [float(row["smoothed"]) for row in rows] == result["smoothed"]
    assert result["out"] == "t.csv"
    for name, start in (("p.png", b"\x89PNG"), ("p.PDF", b"%PDF")):
        assert "written to" in pellucid("lr-find", small, "--steps", 20, "--out", name).out
        assert Path(name).read_bytes().startswith(start)


def test_a_rate_range_that_is_too_low_says_so(pellucid: Command, small: Path) -> None:
    result = json.loads(pellucid("lr-find", small, "--to", 0.05, "--json").out)
    assert result["stopped"] is None
    assert "try greater ones" in result["evidence"]
    assert "no learning rate is suggested" in pellucid("lr-find", small, "--to", 1e-5, "--steps", 30).out


@pytest.mark.parametrize(
    ("arguments", "needles"),
    [
        ("--out x.txt", ("--out x.txt", ".csv")),
        ("--out there/x.csv", ("x.csv",)),
        ("--steps 3", ("--steps", "20")),
        ("--from 0", ("--from", "above 0")),
        ("--from nan", ("--from",)),
        ("--from 1 --to 0.1", ("--to", "0.1")),
        ("--to inf", ("--to",)),
        ("--learning-rate 1", ("--learning-rate",)),
        ("--optimizer lion", ("lion", "adam")),
        ("--batch-size some", ("some",)),
        ("--activation relu,relu,relu", ("3 activations",)),
        ("--loss huber", ("huber",)),
    ],
)
def test_bad_input_ends_with_one_message(
    pellucid: Command, small: Path, arguments: str, needles: tuple[str, ...]
) -> None:
    ended = pellucid("lr-find", small, *shlex.split(arguments))
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
    assert all(needle in ended.err for needle in needles), ended.err
    assert sorted(path.name for path in small.parent.iterdir()) == ["small.npz"]


def test_the_data_are_never_overwritten(pellucid: Command, digits: datasets.Samples) -> None:
    header = ",".join(["label", *(f"pixel{k}" for k in range(784))])
    rows = [",".join(map(str, [label, *pixels])) for label, pixels in zip(digits.y[:60], digits.X[:60], strict=True)]
    Path("digits.csv").write_text("\n".join([header, *rows, ""]))
    before = Path("digits.csv").read_bytes()
    ended = pellucid("lr-find", "digits.csv", "--steps", 20, "--out", "./digits.csv")
    assert (ended.code, ended.out) == (2, "")
    assert "choose another name" in ended.err
    assert Path("digits.csv").read_bytes() == before


def test_inputs_beyond_all_numbers_are_named(pellucid: Command) -> None:
    rng = np.random.default_rng(0)
    np.savez("huge.npz", X=rng.standard_normal((100, 3)) * 1e38, y=rng.integers(2, size=100))
    ended = pellucid("lr-find", "huge.npz")
    assert ended.code == 2
    assert "huge.npz: the loss is no number before the first step: the inputs, which reach" in ended.err
    assert "X.std(0)" in ended.err


@pytest.mark.slow
@pytest.mark.parametrize(("optimizer", "least"), [("sgd", 0.955), ("momentum", 0.955), ("adam", 0.955)])
def test_on_all_digits_the_suggestion_trains_nearly_as_well_as_the_chosen_rate(
    pellucid: Command, optimizer: str, least: float
) -> None:
    rate = json.loads(pellucid("lr-find", "--optimizer", optimizer, "--json").out)["suggestion"]
    ended = pellucid("train", "--optimizer", optimizer, "--learning-rate", rate, "--out", "run", "--json")
    assert json.loads(ended.out)["dev"]["accuracy"] > least
