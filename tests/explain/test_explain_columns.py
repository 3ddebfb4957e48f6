"""What each column of a row gave: parts that add up, in the target's units, beside other people's derivatives."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid
from pellucid.analysis.explain import integrated_gradients
from pellucid.core.activations import ACTIVATIONS
from pellucid.core.losses import LOSSES
from support import Command

ROWS = 200


def network(sizes: list[int], activation: str, loss: str, seed: int) -> pellucid.Network:
    rng = np.random.default_rng(seed)
    net = pellucid.Network(sizes, activation=ACTIVATIONS[activation](), loss=LOSSES[loss](), rng=rng)
    net.theta += 0.3 * rng.standard_normal(net.theta.size)
    return net


@settings(deadline=None, max_examples=60)
@given(
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    loss=st.sampled_from(sorted(LOSSES)),
    hidden=st.lists(st.integers(1, 20), max_size=3),
    inputs=st.integers(1, 6),
    seed=st.integers(0, 10**6),
)
def test_the_parts_add_up_to_what_the_answer_changed(
    activation: str, loss: str, hidden: list[int], inputs: int, seed: int
) -> None:
    net = network([inputs, *hidden, 2], activation, loss, seed)
    x, reference = 2 * np.random.default_rng(seed).standard_normal((2, inputs))
    found = integrated_gradients(net, x, reference, 1)
    assert abs(found.parts.sum() - (found.answer - found.reference)) <= 1e-9 * np.abs(found.parts).sum() + 1e-12
    assert found.error == pytest.approx(found.parts.sum() - (found.answer - found.reference), abs=1e-12)
    same = x == reference
    assert (found.parts[same] == 0).all()


def test_of_a_linear_network_the_parts_are_the_weights_times_the_distance() -> None:
    net = network([5, 3], "relu", "cross-entropy", 0)
    x, reference = np.random.default_rng(1).standard_normal((2, 5))
    found = integrated_gradients(net, x, reference, 2)
    np.testing.assert_allclose(found.parts, net.layers[0].W[2].astype(float) * (x - reference), rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_the_parts_are_the_integral_of_pytorchs_gradients(activation: str) -> None:
    import torch

    gelu = partial(torch.nn.functional.gelu, approximate="tanh")
    known: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {"relu": torch.relu, "tanh": torch.tanh, "gelu": gelu}
    f = known[activation]
    net = network([6, 30, 20, 3], activation, "cross-entropy", 3).astype(np.float64)
    x, reference = 2 * np.random.default_rng(4).standard_normal((2, 6))
    n = 200_000
    middles = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    a = torch.tensor(reference) + middles[:, None] * torch.tensor(x - reference)
    a.requires_grad_()
    layer = a
    for k, (W, b, _) in enumerate(net.layers):
        z = layer @ torch.tensor(np.array(W)).T + torch.tensor(np.array(b))
        layer = f(z) if k < 2 else z
    layer[:, 1].sum().backward()  # type: ignore[no-untyped-call]
    assert a.grad is not None
    expected = (x - reference) * a.grad.mean(dim=0).numpy()
    found = integrated_gradients(net, x, reference, 1)
    np.testing.assert_allclose(found.parts, expected, atol=3e-5 * np.abs(expected).max())


def table() -> pl.DataFrame:
    """A price that follows from size, city and date, with gaps, and some rows without a price."""
    rng = np.random.default_rng(0)
    size, city = rng.uniform(40, 200, ROWS).round(1), rng.choice(["Bonn", "Köln", "Ulm"], ROWS)
    built = np.datetime64("1950-01-01") + rng.integers(0, 25_000, ROWS)
    price = 3000 * size + 50_000 * (city == "Köln") + built.astype("datetime64[Y]").astype(int)
    return pl.DataFrame(
        {
            "id": [f"house {k}" for k in range(ROWS)],
            "size": ["?" if k % 17 == 0 else f"{value:.2f}" for k, value in enumerate(size)],
            "city": city,
            "built": built,
            "price": [None if k % 10 == 3 else value for k, value in enumerate(price.round().tolist())],
        }
    )


@pytest.fixture
def run(pellucid: Command) -> str:
    table().write_csv("t.csv")
    flags = ("--epochs", 3, "--test", 40, "--out", "run", "-q", "--column", "size=number")
    assert pellucid("train", "t.csv", "--target", "price", *flags).code == 0
    return "run"


def test_a_row_is_named_as_in_its_file_with_its_cells(pellucid: Command, run: str) -> None:
    written = Path("t.csv").read_text().splitlines()
    for sample in range(3):
        said = json.loads(pellucid("explain", run, "--sample", sample, "--json").out)
        cells = written[said["row"]].split(",")  # the header is line 0
        assert said["place"] == f"t.csv, row {said['row'] + 1}"
        assert said["values"] == dict(zip(written[0].split(","), cells, strict=True))
        assert said["in_units"][0]["true"] == pytest.approx(float(cells[-1]))
        again = json.loads(pellucid("explain", run, "--row", said["row"] + 1, "--json").out)
        assert again == said
        there = json.loads(pellucid("explain", run, "--data", "t.csv", "--row", said["row"] + 1, "--json").out)
        assert (there["row"], there["values"], there["columns"]) == (said["row"], said["values"], said["columns"])


def test_what_columns_gave_is_in_the_units_of_the_target(pellucid: Command, run: str) -> None:
    said = json.loads(pellucid("explain", run, "--sample", 1, "--json").out)
    (one,) = said["columns"]["outputs"]
    assert one["output"] == "price"
    assert one["answer"] == pytest.approx(said["in_units"][0]["prediction"])
    parts = [part["part"] for part in one["parts"]]
    assert one["reference_answer"] + sum(parts) == pytest.approx(one["answer"], rel=1e-9)
    assert parts == sorted(parts, key=lambda part: -abs(part))
    assert {part["column"] for part in one["parts"]} == {"size", "city", "built"}
    out = pellucid("explain", run, "--sample", 1).out
    assert out.startswith(f"row {said['row'] + 1} of t.csv (test): ")
    assert "What each column gave to price" in out
    assert f"Beside these the row holds id = {said['values']['id']}, price = {said['values']['price']}." in out
    assert "the 144 rows that the model learned from" not in pellucid("explain", run, "-q").out
    markdown = pellucid("explain", run, "--sample", 1, "--only", "gave", "--markdown").out
    assert "| column | in this row | gives |\n| --- | --- | ---: |" in markdown


def test_a_score_of_the_first_layer_is_a_sum_over_the_columns(pellucid: Command, run: str) -> None:
    said = json.loads(pellucid("explain", run, "--layer", 1, "--neuron", 4, "--json").out)
    first = said["columns"]["first_layer"]
    (step,) = [step for step in said["steps"] if step["name"] == "z1"]
    assert first["score"] == step["value"][4]
    assert first["bias"] + sum(part["part"] for part in first["parts"]) == pytest.approx(first["score"], rel=1e-12)
    assert "Neuron 4 of layer 1, column by column" in pellucid("explain", run, "--layer", 1, "--neuron", 4).out


def test_a_linear_model_gives_each_column_its_weights_times_its_distance_from_the_mean(pellucid: Command) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.normal(5, 3, ROWS), rng.normal(-2, 1, ROWS)
    pl.DataFrame({"x": x, "w": w, "y": 7 * x - 30 * w + 100}).write_csv("line.csv")
    flags = ("--target", "y", "--hidden", "none", "--epochs", 100, "--weight-decay", 0, "--out", "line", "-q")
    assert pellucid("train", "line.csv", *flags).code == 0
    model, own = pellucid_model("line"), own_rows("line")
    said = json.loads(pellucid("explain", "line", "--json").out)
    W = model.in_units().layers[0].W[0]
    plan = model.preprocessing
    assert plan is not None
    for part in said["columns"]["outputs"][0]["parts"]:
        k = plan.inputs.index(part["column"])
        column = plan.columns[k]
        inside = (float(part["value"]) - column.mean) / column.scale - own[:, k].mean(dtype=float)
        assert part["part"] == pytest.approx(W[k] * inside, rel=1e-5)


def pellucid_model(run: str) -> pellucid.model.model.Model:
    from pellucid.cli.models import open_model

    return open_model(run)


def own_rows(run: str) -> np.ndarray:
    from pellucid.runs import own_data

    train = own_data(pellucid_model(run)).train
    assert isinstance(train, tuple)
    return train.X


def test_without_the_training_rows_a_row_is_compared_with_their_means(pellucid: Command, run: str) -> None:
    table().head(1).write_csv("one.csv")
    Path("t.csv").unlink()
    said = json.loads(pellucid("explain", run, "--data", "one.csv", "--json").out)
    assert (said["row"], said["place"]) == (1, "one.csv, row 2")
    assert said["columns"]["reference"] == "the training's numbers, and no category"
    one = said["columns"]["outputs"][0]
    assert one["reference_answer"] + sum(part["part"] for part in one["parts"]) == pytest.approx(one["answer"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("run --row 1", "--row 1: t.csv has no such row; take one from 2 to 201"),
        ("run --row 5", "--row 5: t.csv has no target in that row; take one from 2 to 201"),
        ("run --row 2 --sample 3", "--row 2 and --sample 3: choose one of them"),
        ("--row 2", "mnist"),
    ],
)
def test_rows_that_are_not_there_are_told(pellucid: Command, run: str, arguments: str, message: str) -> None:
    ended = pellucid("explain", *arguments.split())
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert len(ended.err.splitlines()) == 1
