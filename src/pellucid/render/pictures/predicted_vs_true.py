"""Predicted against true values: what mistakes are where values are predicted."""

import numpy as np
import numpy.typing as npt

from pellucid.analysis.class_report import worst_by_loss
from pellucid.core import checks, metrics
from pellucid.core.arrays import AnyArray, some_rows
from pellucid.core.errors import InputError
from pellucid.model.model import Model
from pellucid.render.pictures import style
from pellucid.render.pictures.subject import output_names

PANELS = 6  # outputs that get a panel
POINTS = 5000  # samples that get a point


def against_truth(model: Model, X: npt.ArrayLike, y: npt.ArrayLike, *, top: int = 12) -> "style.Figure":
    """Predicted values over true ones, a panel for each output; the ``top`` samples of greatest loss are numbered.

    X (n, features), y (n,) or (n, outputs).

    Raises:
        InputError: X or y do not fit the model, or there are no samples.

    >>> from pellucid import Network, SquaredError
    >>> net = Network([2, 1], loss=SquaredError(), rng=np.random.default_rng(0))
    >>> figure = against_truth(Model(net), np.eye(2), [0.0, 1.0])
    >>> figure.axes[0].get_xlabel()
    'true value'
    """
    net = model.network
    inputs = checks.inputs(X, net.sizes[0])
    if not len(inputs):
        raise InputError("mistakes: there are no samples: give at least one")
    truth = checks.targets(net.loss, y, len(inputs), net.sizes[-1]).reshape(len(inputs), -1)
    guessed, (rows, _) = model.in_units().predict(inputs), worst_by_loss(net, inputs, y, top)
    truth = truth if model.preprocessing is None else model.preprocessing.in_units(truth)
    names = output_names(model)[:PANELS]
    columns = min(3, len(names))
    figure = style.figure(max(5.2, 3.8 * columns), 4.2 * -(-len(names) // columns) + 0.5)
    for k, (name, tile) in enumerate(zip(names, style.tiles(figure, len(names), columns), strict=True)):
        ax = figure.add_subplot(tile)
        _panel(ax, truth[:, k], guessed[:, k], rows)
        title = f"{style.literal(name)}: {_scores(guessed[:, k], truth[:, k])}" if len(names) > 1 else ""
        style.label(ax, title=title, x="true value", y="predicted value", grid=True)
    scores = f": {_scores(guessed, truth)}" if len(names) == 1 else ""
    style.heading(figure, f"Predicted and true values of {len(inputs):,} samples{scores}")
    return figure


def _scores(guessed: AnyArray, truth: AnyArray) -> str:
    return f"R² {metrics.r2(guessed, truth):.4f}, RMSE {metrics.rmse(guessed, truth):.4g}"


def _panel(ax: "style.Axes", truth: AnyArray, guessed: AnyArray, rows: AnyArray) -> None:
    some = some_rows(len(truth), POINTS)
    ax.scatter(truth[some], guessed[some], s=12, color=style.BLUE, alpha=0.5, linewidths=0, label="samples")
    ax.scatter(
        truth[rows], guessed[rows], s=34, facecolors="none", edgecolors=style.VERMILLION, marker="s",
        label=f"the {len(rows)} of greatest loss",
    )  # fmt: skip
    for row in rows:
        if np.isfinite(guessed[row]):
            ax.annotate(
                str(row), (truth[row], guessed[row]), (4, 4), textcoords="offset points", fontsize=style.SMALL,
                color=style.VERMILLION,
            )  # fmt: skip
    ends = [float(truth.min()), float(truth.max())]
    ax.plot(ends, ends, color=style.BLACK, linestyle="--", linewidth=1, label="predicted = true")
    ax.legend(fontsize=style.SMALL, frameon=False)
