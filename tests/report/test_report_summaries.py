"""What notebooks show of a network, a history and an epoch."""

import math

import numpy as np
import pytest

import pellucid as pl
from pellucid import _text
from pellucid.render import svg
from report.html_reader import Element, read


def shown(thing: object) -> Element:
    return read(thing._repr_html_())  # type: ignore[attr-defined]


def test_a_network_shows_each_layer_with_its_shape_its_size_and_its_weights() -> None:
    net = pl.Network([784, 32, 16, 10], activation=[pl.ReLU(), pl.Tanh()], rng=np.random.default_rng(0))
    root = shown(net)
    rows = root.all("table")[0].rows()
    assert [row[:4] for row in rows[1:]] == [
        ["1", "784 → 32", "relu", "25,120"],
        ["2", "32 → 16", "tanh", "528"],
        ["3", "16 → 10", "softmax", "170"],
    ]
    assert float(rows[1][4]) == pytest.approx(np.sqrt(np.mean(net.layers[0].W ** 2)), rel=1e-3)
    assert "25,818 parameters, float32" in root.text


def test_boxes_are_higher_the_more_neurons_a_layer_has() -> None:
    boxes = shown(pl.Network([7, 63, 1], loss=pl.SquaredError())).all("svg")[0].all("rect")
    heights = [float(box["height"]) for box in boxes]
    np.testing.assert_allclose(np.array(heights) / heights[1], [3 / 6, 1, 1 / 6], atol=2e-3)  # log2(1 + n)
    assert [box["fill"] for box in boxes] == ["currentColor", svg.MARK, svg.MARK]  # the input computes nothing


def test_bars_of_the_weights_are_their_histogram() -> None:
    net = pl.Network([40, 30, 2], rng=np.random.default_rng(3))
    W = net.layers[0].W
    drawn = shown(net).all("svg")[1]
    heights = np.array([float(bar["height"]) for bar in drawn.all("rect")])
    counts = np.histogram(W, bins=31, range=(-np.abs(W).max(), np.abs(W).max()))[0]
    np.testing.assert_allclose(heights, 30 * counts / counts.max(), atol=0.051)
    grounds = [group["fill"] for group in drawn.all("g")]
    assert grounds == [svg.NEG, "currentColor", svg.POS]
    assert [len(group.children) for group in drawn.all("g")] == [15, 1, 15]
    assert drawn.all("desc")[0].text.split(": ")[1] == " ".join(map(str, counts))


def test_a_network_of_zeros_and_one_of_many_layers_are_shown() -> None:
    assert "0" in shown(pl.Network([3, 2], init=None)).text
    deep = shown(pl.Network([5] * 30 + [2]))
    assert len(deep.all("svg")[0].all("rect")) == 12
    assert len(deep.all("table")[0].rows()) == 31


def test_broken_weights_are_shown_without_a_word_that_is_no_number() -> None:
    net = pl.Network([3, 2], rng=np.random.default_rng(0))
    net.theta[0] = math.nan
    assert "–" in shown(net).text


def trained(epochs: int = 3) -> tuple[pl.History, pl.Epoch]:
    net, X, y = pl.Network([2, 2], rng=np.random.default_rng(0)), np.eye(2), np.array([0, 1])
    history = pl.History()
    for epoch in pl.train(net, (X, y), pl.SGD(0.5), epochs=epochs, rng=np.random.default_rng(0), dev=(X, y)):
        history.add(epoch)
    return history, epoch


def test_a_history_shows_its_curves_and_its_last_row() -> None:
    history, epoch = trained()
    root = shown(history)
    assert [one.text for one in root.all("title")] == ["Loss by epoch", "Accuracy by epoch"]
    heads, last = root.all("table")[0].rows()
    assert dict(zip(heads, last, strict=True))["train loss"] == _text.number(epoch.train.loss)
    top = max(history["train_loss"].max(), history["dev_loss"].max())
    ends = svg.ticks(0.0, top)
    up = svg.Frame((1.0, 3.0), (ends[0], ends[-1])).up(history["train_loss"])
    corners = [pair.split(",")[1] for pair in root.all("polyline")[0]["points"].split()]
    np.testing.assert_allclose(np.array(corners, float), up, atol=0.051)


def test_a_mean_over_an_epoch_stands_at_its_middle_and_the_chart_says_so() -> None:
    history, _ = trained(4)
    chart = shown(history).all("svg")[0]
    train, dev = ([float(p.split(",")[0]) for p in line["points"].split()] for line in chart.all("polyline")[:2])
    across = svg.Frame((0.5, 4.0), (0.0, 1.0)).across
    np.testing.assert_allclose(train, across(history["epoch"] - 0.5), atol=0.051)
    np.testing.assert_allclose(dev, across(history["epoch"]), atol=0.051)
    assert "epoch (train: the mean over it, at its middle)" in [one.text for one in chart.all("text")]


def test_an_empty_history_and_one_of_a_regression_are_shown() -> None:
    assert "no epoch" in shown(pl.History()).text
    row = [1, 10, 0.1, 2.0, 0.5, math.nan, 0.4, math.nan, 0.9, 0.3]
    root = shown(pl.History([row]))
    assert [one.text for one in root.all("title")] == ["Loss by epoch", "R² by epoch"]
    assert root.text.startswith("History of 1 epoch")


def test_an_epoch_is_one_row_of_figures() -> None:
    _, epoch = trained()
    heads, row = shown(epoch).all("table")[0].rows()
    cells = dict(zip(heads, row, strict=True))
    assert cells["epoch"] == "3"
    assert cells["dev accuracy"] == f"{100 * epoch.dev.accuracy:.2f} %"  # type: ignore[union-attr, operator]
    assert cells["gradient norm"] == _text.number(epoch.gradient_norm)
    assert "dev loss" in cells


def test_no_style_leaks_out_of_a_summary() -> None:
    history, epoch = trained()
    for thing in (history, epoch, pl.Network([3, 2])):
        root = shown(thing)
        assert not root.all("style")
        assert not [one for one in root.all("div") if "class" in one.attributes]
