"""Curves over training: loss and accuracy by epoch, and the gradients' size and the dead neurons by step."""

from collections.abc import Sequence
from itertools import cycle
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pellucid._text import counted
from pellucid.analysis.layer_health import LayerHealth, layer_health
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.network import Network
from pellucid.core.progress import History
from pellucid.render.notebook.summaries import MIDDLE
from pellucid.render.pictures import style

FEW = 30  # points that get a marker each
LINES: dict[str, dict[str, Any]] = {
    "train": {"color": style.TRAIN, "linestyle": "-", "marker": "o", "markersize": 3.5},
    "dev": {"color": style.DEV, "linestyle": "--", "marker": "s", "markersize": 3.5},
}


def history(history: History) -> "style.Figure":
    """Loss, accuracy (or R²), learning rate and the gradient's norm by epoch, for the train and the dev part.

    Raises:
        InputError: not one epoch is over.

    >>> figure = history(History([[1, 10, 0.1, 2.0, 0.9, 0.7, 0.8, 0.75, np.nan, np.nan]]))
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['mean loss', 'accuracy (%)', 'learning rate', 'norm of the gradient']
    """
    if not len(history):
        raise InputError("history: not one epoch is over, so there is nothing to draw: train for at least one")
    epochs = history["epoch"]
    figure = style.figure(9, 5.6)
    (loss, score), (rate, norm) = figure.subplots(2, 2, height_ratios=(2, 1), sharex=True)
    plain: dict[str, Any] = {"color": style.INK, "linestyle": "-", "marker": ".", "markersize": 5}
    accuracy = {part: 100 * history[f"{part}_accuracy"] for part in LINES}
    _lines(loss, epochs, {part: (history[f"{part}_loss"], line) for part, line in LINES.items()}, "{:.4g}")
    _log_where_it_falls_far(loss)
    style.label(loss, title="Loss (train: the mean over an epoch)", y="mean loss", grid=True)
    if all(np.isnan(values).all() for values in accuracy.values()):
        _lines(score, epochs, {"dev": (history["dev_r2"], LINES["dev"])}, "{:.4f}")
        style.label(score, title="R²: the share of the variance that is explained", y="R²", grid=True)
    else:
        _lines(score, epochs, {part: (accuracy[part], line) for part, line in LINES.items()}, "{:.2f} %")
        style.label(score, title="Accuracy", y="accuracy (%)", grid=True)
    small = (
        (rate, "learning_rate", "Step size", "learning rate"),
        (norm, "gradient_norm", "Gradient", "norm of the gradient"),
    )
    for ax, column, title, text in small:
        _lines(ax, epochs, {"": (history[column], plain)})
        style.label(ax, title=title, x="epoch", y=text, grid=True)
        ax.set_ylim(bottom=0)
    _whole_numbers(loss)
    style.heading(figure, f"Training over {counted(len(epochs), 'epoch')}")
    return figure


def _lines(ax: "style.Axes", x: AnyArray, parts: dict[str, tuple[AnyArray, dict[str, Any]]], last: str = "") -> None:
    """A line for each part that has any number, with its last value in the legend."""
    for name, (values, line) in parts.items():
        finite = values[np.isfinite(values)]
        if not finite.size:
            continue
        marker = line["marker"] if len(x) <= FEW else ""
        text = f"{name}, last {last.format(finite[-1])}" if name else "_"
        across = x - MIDDLE.get(name, 0.0)
        ax.plot(across, np.where(np.isfinite(values), values, np.nan), **{**line, "marker": marker}, label=text)
    if ax.lines and last:
        ax.legend(fontsize=style.SMALL, frameon=False)
    elif not ax.lines:
        why = "no dev part" if "dev" in parts else "larger than any number"
        ax.text(0.5, 0.5, why, transform=ax.transAxes, ha="center", fontsize=style.TEXT, color=style.QUIET)


def _log_where_it_falls_far(ax: "style.Axes") -> None:
    drawn = np.concatenate([np.asarray(line.get_ydata(), float) for line in ax.lines] or [np.zeros(0)])
    drawn = drawn[np.isfinite(drawn)]
    if drawn.size and drawn.min() > 0 and drawn.max() > 50 * drawn.min():
        ax.set_yscale("log")
    elif drawn.size and drawn.min() >= 0:
        ax.set_ylim(bottom=0)


def _whole_numbers(ax: "style.Axes") -> None:
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))


class LayerHistory(NamedTuple):
    """The health of every layer (``layers``) after each of some training ``steps`` (k,)."""

    steps: Sequence[int]
    layers: Sequence[Sequence[LayerHealth]]


def layer_history(
    net: Network, steps: Sequence[int], thetas: Sequence[npt.ArrayLike], X: npt.ArrayLike, y: npt.ArrayLike
) -> LayerHistory:
    """Every layer's health on samples X, y, for the θ of ``net`` after each of some training steps.

    >>> net = Network([4, 3, 2], rng=np.random.default_rng(0))
    >>> found = layer_history(net, [0, 9], [net.theta, net.theta / 2], np.eye(4), [0, 1, 0, 1])
    >>> len(found.layers), len(found.layers[0])
    (2, 2)
    """
    at, layers = net.copy(), []
    for theta in thetas:
        at.theta = theta
        layers.append(layer_health(at, X, y))
    return LayerHistory(list(steps), layers)


def gradients(history: LayerHistory) -> "style.Figure":
    """Each layer's gradient and its dead neurons over training: the root mean square of dW, and shares in percent.

    Where layers are bounded (sigmoid, tanh), a third panel has the share of saturated activations.

    Raises:
        InputError: the history holds no step.

    >>> health = [LayerHealth(0.1, 0.1, 1.0, 0.0, 0.0), LayerHealth(0.2, 0.1, 1.0, 0.0, 0.0)]
    >>> [ax.get_title() for ax in gradients(LayerHistory([0, 10], [health, health])).axes]
    ['Size of the gradient', 'Dead neurons: no gradient for any sample']
    """
    if not history.layers:
        raise InputError("gradients: the run keeps no θ of its way yet: train for at least one step")
    table = np.array(history.layers, np.float64)  # (steps, layers, quantities)
    kinds = LayerHealth._fields
    saturated = bool(table[:, :, kinds.index("saturated")].any())
    figure = style.figure(10.5 if not saturated else 13.5, 4.2)
    panels = figure.subplots(1, 2 + saturated)
    size = table[:, :, kinds.index("weight_gradient")]
    _by_layer(panels[0], history.steps, size)
    if (size[np.isfinite(size)] > 0).any():
        panels[0].set_yscale("log")
    style.label(
        panels[0], title="Size of the gradient", x="training step", y="root mean square of dW (log scale)", grid=True
    )
    shares = [("dead", "Dead neurons: no gradient for any sample", "dead neurons (% of the layer)")]
    if saturated:
        shares.append(("saturated", "Saturated: the activation is nearly flat", "saturated activations (%)"))
    for ax, (kind, title, text) in zip(panels[1:], shares, strict=True):
        hidden = table[:, :-1, kinds.index(kind)]  # the output layer has neither
        _by_layer(ax, history.steps, 100 * hidden)
        top = float(np.nanmax(100 * hidden, initial=0.0))
        ax.set_ylim(-0.04 * max(top, 10), 1.1 * max(top, 10))
        style.label(ax, title=title, x="training step", y=text, grid=True)
        if not hidden.shape[1]:
            ax.text(0.5, 0.5, "no hidden layer", transform=ax.transAxes, ha="center", fontsize=style.TEXT)
    style.heading(figure, "The layers over training")
    return figure


def _by_layer(ax: "style.Axes", steps: Sequence[int], values: AnyArray) -> None:
    """A line for each layer, values (steps, layers), layers told apart by colour, line and marker."""
    for number, (column, (colour, line, marker)) in enumerate(zip(values.T, cycle(style.LINES)), start=1):
        ax.plot(
            steps, np.where(np.isfinite(column), column, np.nan), color=colour, linestyle=line, marker=marker,
            markersize=4, markevery=max(1, len(steps) // 12), linewidth=1.3, label=f"layer {number}",
        )  # fmt: skip
    if ax.lines:
        ax.legend(fontsize=style.SMALL, frameon=False, ncols=1 + len(ax.lines) // 8)
