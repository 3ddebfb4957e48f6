"""Curves are the history's numbers, and each layer's health along the path of a run."""

import math

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import pellucid as pl
from pellucid.render.pictures import style

NAN = math.nan


def lines(ax: Axes) -> dict[str, list[float]]:
    return {str(line.get_label()).split(",")[0]: np.asarray(line.get_ydata(), float).tolist() for line in ax.lines}


def panels(figure: Figure) -> dict[str, Axes]:
    return {ax.get_ylabel(): ax for ax in figure.axes}


def classes() -> pl.History:
    rows = [[k, 10 * k, 0.5 / k, 2.0 * k, 1 / k, 0.6 + k / 20, 1.5 / k, 0.5 + k / 20, NAN, NAN] for k in range(1, 5)]
    return pl.History(rows)


def test_curves_are_the_columns_of_the_history() -> None:
    history = classes()
    found = panels(pl.pictures.history(history))
    assert lines(found["mean loss"]) == {
        "train": history["train_loss"].tolist(),
        "dev": history["dev_loss"].tolist(),
    }
    assert lines(found["accuracy (%)"])["train"] == (100 * history["train_accuracy"]).tolist()
    assert lines(found["accuracy (%)"])["dev"] == (100 * history["dev_accuracy"]).tolist()
    (rate,) = lines(found["learning rate"]).values()
    (norm,) = lines(found["norm of the gradient"]).values()
    assert (rate, norm) == (history["learning_rate"].tolist(), history["gradient_norm"].tolist())
    assert np.asarray(found["mean loss"].lines[0].get_xdata(), float).tolist() == [0.5, 1.5, 2.5, 3.5]
    assert np.asarray(found["mean loss"].lines[1].get_xdata(), float).tolist() == [1, 2, 3, 4]
    assert "train: the mean over an epoch" in found["mean loss"].get_title()
    legend = found["accuracy (%)"].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["train, last 80.00 %", "dev, last 70.00 %"]


def test_train_and_dev_differ_in_more_than_colour() -> None:
    train, dev = panels(pl.pictures.history(classes()))["mean loss"].lines
    assert train.get_color() == style.TRAIN
    assert dev.get_color() == style.DEV
    assert train.get_linestyle() != dev.get_linestyle()
    assert train.get_marker() != dev.get_marker()


def test_a_regression_has_r2_in_place_of_accuracy() -> None:
    history = pl.History([[k, k, 0.1, 1.0, 1.0, NAN, 1.0, NAN, k / 10, 0.1] for k in (1, 2)])
    found = panels(pl.pictures.history(history))
    assert lines(found["R²"]) == {"dev": [0.1, 0.2]}
    assert "accuracy (%)" not in found


def test_a_loss_that_falls_far_is_logarithmic_and_an_epoch_that_is_no_number_a_gap() -> None:
    rows = [[k, k, 0.1, 1.0, loss, 0.5, NAN, NAN, NAN, NAN] for k, loss in ((1, 100.0), (2, math.inf), (3, 0.01))]
    ax = panels(pl.pictures.history(pl.History(rows)))["mean loss"]
    assert ax.get_yscale() == "log"
    assert lines(ax)["train"] == [100.0, pytest.approx(NAN, nan_ok=True), 0.01]
    assert panels(pl.pictures.history(classes()))["mean loss"].get_yscale() == "linear"


def test_a_history_without_an_epoch_is_told() -> None:
    with pytest.raises(pl.InputError, match="not one epoch"):
        pl.pictures.history(pl.History())
    with pytest.raises(pl.InputError, match="keeps no θ"):
        pl.pictures.gradients(pl.pictures.LayerHistory([], []))


def history_of_three() -> tuple[pl.Network, pl.pictures.LayerHistory, list[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(0)
    net = pl.Network([3, 6, 4, 2], rng=rng)
    X, y = np.abs(rng.normal(size=(40, 3))), rng.integers(2, size=40)
    thetas = [net.theta.copy(), net.theta * 0.5, net.theta.copy()]
    dead = pl.Network([3, 6, 4, 2], init=None)
    dead.theta = thetas[2]
    dead.layers[0].b[:5] = -1000  # five of the six neurons of the first layer answer to nothing
    thetas[2] = dead.theta.copy()
    return net, pl.pictures.layer_history(net, [0, 5, 10], thetas, X, y), thetas, (X, y)


def test_gradients_are_each_layers_health_at_each_theta() -> None:
    net, history, thetas, (X, y) = history_of_three()
    figure = pl.pictures.gradients(history)
    size, dead = figure.axes
    assert size.get_yscale() == "log"
    for l in range(3):
        for k, theta in enumerate(thetas):
            at = net.copy()
            at.theta = theta
            trace = pl.Trace(at, len(X))
            trace.fill(X, y)
            pl.forward(at, trace)
            pl.backward(at, trace)
            expected = np.sqrt(np.mean(np.square(trace.dW[l], dtype=float)))
            assert lines(size)[f"layer {l + 1}"][k] == pytest.approx(expected, rel=1e-5)
    assert np.asarray(size.lines[0].get_xdata()).tolist() == [0, 5, 10]
    shares = lines(dead)
    assert set(shares) == {"layer 1", "layer 2"}  # the output layer cannot die
    assert shares["layer 1"][2] > 80 > shares["layer 1"][0]
    assert shares["layer 1"] == [100 * at[0].dead for at in history.layers]
    assert len({(line.get_linestyle(), line.get_marker()) for line in size.lines}) == 3


def test_the_network_itself_is_left_as_it_is() -> None:
    net = pl.Network([3, 2], rng=np.random.default_rng(0))
    before = net.theta.copy()
    pl.pictures.layer_history(net, [0], [before * 2], np.eye(3), [0, 1, 0])
    np.testing.assert_array_equal(net.theta, before)


def test_bounded_layers_have_a_panel_for_their_saturation() -> None:
    net = pl.Network([3, 5, 2], activation=pl.Tanh(), rng=np.random.default_rng(0))
    history = pl.pictures.layer_history(net, [0, 1], [net.theta, net.theta * 100], np.eye(3), [0, 1, 0])
    figure = pl.pictures.gradients(history)
    assert figure.axes[2].get_title().startswith("Saturated")
    (saturated,) = lines(figure.axes[2]).values()
    assert saturated[1] == pytest.approx(100 * history.layers[1][0].saturated)
    assert saturated[1] > 50 > saturated[0]


def test_a_network_without_gradient_or_hidden_layer_can_be_drawn() -> None:
    net = pl.Network([3, 2], init=None)
    figure = pl.pictures.gradients(pl.pictures.layer_history(net, [0], [net.theta], np.zeros((2, 3)), [0, 1]))
    assert figure.axes[0].get_yscale() == "linear"
    assert [text.get_text() for text in figure.axes[1].texts] == ["no hidden layer"]
    style.render(figure, ".png")
