"""Predicted against true values: what mistakes are where values are predicted."""

import numpy as np
import numpy.typing as npt

from pellucid._text import number
from pellucid.analysis.class_report import worst_by_loss
from pellucid.core import checks, metrics
from pellucid.core.arrays import AnyArray, some_rows
from pellucid.core.errors import InputError
from pellucid.model.model import Model
from pellucid.render.pictures import style
from pellucid.render.pictures.subject import output_names, target_name

PANELS = 6  # outputs that get a panel
POINTS = 5000  # samples that get a point
MARGIN = 0.06  # of the axes' range, on each side


def against_truth(
    model: Model, X: npt.ArrayLike, y: npt.ArrayLike, *, top: int = 12, rows: npt.ArrayLike | None = None
) -> "style.Figure":
    """Predicted values over true ones, a panel for each output; the ``top`` samples of greatest loss are numbered.

    X (n, features), y (n,) or (n, outputs). Both axes of a panel have the same range, that of its values. Of a table
    ``rows`` (n,) are the numbers of the rows in its file; without them samples count from 0.

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
    guessed, (worst, _) = model.in_units().predict(inputs), worst_by_loss(net, inputs, y, top)
    one, numbers = ("sample", np.arange(len(inputs))) if rows is None else ("row", np.asarray(rows))
    truth = truth if model.preprocessing is None else model.preprocessing.in_units(truth)
    names = _called(model)
    columns = min(3, len(names))
    figure = style.figure(max(5.6, 4.2 * columns), 4.6 * -(-len(names) // columns) + 0.6)
    for k, (name, tile) in enumerate(zip(names, style.tiles(figure, len(names), columns), strict=True)):
        ax = figure.add_subplot(tile)
        _panel(ax, truth[:, k], guessed[:, k], worst, numbers, one)
        title = f"{name}: {_scores(guessed[:, k], truth[:, k])}" if len(names) > 1 else ""
        style.label(ax, title=title, x=f"true {name}", y=f"predicted {name}", grid=True)
    scores = [_scores(guessed, truth)] if len(names) == 1 else []
    style.heading(figure, f"Predicted and true values of {len(inputs):,} {one}s" + ":" * len(scores), *scores)
    return figure


def _called(model: Model) -> list[str]:
    """What the outputs that are drawn are called."""
    names = output_names(model)
    if len(names) > 1:
        return style.labels(names[:PANELS], 24)
    return [style.literal(target_name(model) or "value", 40)]


def _scores(guessed: AnyArray, truth: AnyArray) -> str:
    return f"R² {metrics.r2(guessed, truth):.4f}, RMSE {number(metrics.rmse(guessed, truth))}"


def _panel(ax: "style.Axes", truth: AnyArray, guessed: AnyArray, worst: AnyArray, numbers: AnyArray, one: str) -> None:
    some = some_rows(len(truth), POINTS)
    ax.scatter(truth[some], guessed[some], s=12, color=style.POS, alpha=0.5, linewidths=0, label=f"{one}s")
    ax.scatter(
        truth[worst], guessed[worst], s=34, facecolors="none", edgecolors=style.NEG, marker="s",
        label=f"the {len(worst)} of greatest loss",
    )  # fmt: skip
    low, high = _range(np.concatenate([truth, guessed]))
    _number(ax, worst, numbers, truth, guessed, high - low)
    ax.plot([low, high], [low, high], color=style.INK, linestyle="--", linewidth=1, label="predicted = true")
    ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(_few_ticks())
        axis.set_major_formatter(lambda value, _: number(round(value, 12)))
    ax.legend(fontsize=style.SMALL, frameon=False)


def _number(
    ax: "style.Axes", worst: AnyArray, numbers: AnyArray, truth: AnyArray, guessed: AnyArray, wide: float
) -> None:
    """Samples' numbers beside their points, away from the line of right answers, or where no other number stands."""
    taken: list[tuple[float, float]] = []
    for row in worst[np.isfinite(guessed[worst])]:
        x, y = float(truth[row]), float(guessed[row])
        away = (-1, 1) if y > x else (1, -1)
        free = away
        for side in (away, (-1, -1), (1, 1), (-away[0], -away[1])):
            place = (x / wide + 0.035 * side[0], y / wide + 0.03 * side[1])
            if all(abs(place[0] - a) > 0.06 or abs(place[1] - b) > 0.035 for a, b in taken):
                free = side
                taken.append(place)
                break
        ax.annotate(
            str(numbers[row]), (x, y), (4 * free[0], 4 * free[1]), textcoords="offset points", fontsize=style.SMALL,
            color=style.NEG_INK, ha="right" if free[0] < 0 else "left", va="top" if free[1] < 0 else "bottom",
        )  # fmt: skip


def _range(values: AnyArray) -> tuple[float, float]:
    """The range of both axes: that of the values which are numbers, and a little on each side."""
    there = values[np.isfinite(values)].astype(np.float64)
    low, high = (float(there.min()), float(there.max())) if there.size else (0.0, 1.0)
    margin = MARGIN * (high - low) or abs(high) or 1.0
    return low - margin, high + margin


def _few_ticks() -> "style.Locator":
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=6)
