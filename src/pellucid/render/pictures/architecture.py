"""The architecture, drawn from a real network: its layers, its neurons, and its weights as lines between them."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from pellucid._text import counted
from pellucid.analysis.layer_health import strongest
from pellucid.core.arrays import AnyArray
from pellucid.core.network import Network
from pellucid.model.model import Model
from pellucid.render.pictures import style
from pellucid.render.pictures.subject import as_model, output_names

ALL = 16  # neurons up to which a layer is drawn whole; of a larger one, the strongest
EDGES = 120  # lines between two layers: the strongest
WRITTEN = 12  # weights between two layers up to which their numbers stand on the lines
GAP = 3.0  # from layer to layer; neurons are 1 apart
UNIT = 0.66  # inches, across
LETTER = 0.1  # units that a letter of a name takes


class Column(NamedTuple):
    """The drawn part of a layer: which neurons, and at what height; none where the layer is a picture."""

    neurons: list[int]
    heights: list[float]
    size: int

    @property
    def gathered(self) -> bool:
        """Whether some of its neurons are not drawn one by one."""
        return len(self.neurons) < self.size


def columns(net: Network, *, picture: bool) -> list[Column]:
    """Which neurons of each layer are drawn, those with the largest weights, and where; a ``picture`` is one box.

    >>> [len(column.neurons) for column in columns(Network([784, 32, 16, 10]), picture=True)]
    [0, 16, 16, 10]
    """
    found = [Column([], [], net.sizes[0])] if picture else [_column(net.layers[0].W.T)]
    return found + [_column(layer.W) for layer in net.layers]


def _column(W: AnyArray) -> Column:
    """The neurons whose weights are the rows of W."""
    neurons = strongest(W, ALL).tolist()
    middle = (len(neurons) - 1) / 2
    return Column(neurons, [middle - place for place in range(len(neurons))], len(W))


def architecture(model: Model | Network) -> "style.Figure":
    """The network as neurons and weights: lines are wide where |W| is large, whole and blue above 0, dashed below.

    Of a layer of more than 16 neurons those are drawn whose weights have the largest norm, in their order; a neuron's
    number stands in it, as ``pellucid explain --layer --neuron`` names it. A picture's pixels are gathered to one box,
    coloured by the size of the weights that leave each pixel, with a grey line to each neuron as wide as its weights'
    norm. Between two layers at most the 120 strongest weights are drawn.

    >>> import pellucid as pl
    >>> figure = architecture(Network([2, 3, 1], loss=pl.SquaredError(), rng=np.random.default_rng(0)))
    >>> [c.get_gid() for c in figure.axes[0].collections if "edges" in (c.get_gid() or "")]
    ['edges 1 positive', 'edges 1 negative', 'edges 2 positive', 'edges 2 negative']
    """
    model = as_model(model)
    net = model.network
    drawn = columns(net, picture=model.image_shape is not None)
    least = 2.0 if model.image_shape is None else 3.5
    tallest = max([least, *(column.heights[0] - column.heights[-1] for column in drawn if column.heights)])
    row = 0.36 if tallest > 8 else 0.6  # inches from neuron to neuron
    box = (0.0, 0.0) if model.image_shape is None else _box(model.image_shape, row)
    first, last = _names(model, drawn)
    left, right = (max(1.2, 0.6 + LETTER * max(map(len, names), default=0)) for names in (first, last))
    wide, more = GAP * (len(drawn) - 1), 0.6 * any(column.gathered for column in drawn)
    room = max(0.0, (7.2 if model.image_shape else 5.6) / UNIT - left - wide - right) / 2  # the legend needs so much
    left, right = left + room, right + room
    figure = style.figure(UNIT * (left + wide + right), row * (tallest + more) + 2.1)
    ax = figure.subplots()
    for l in range(1, len(drawn)):
        if l == 1 and model.image_shape is not None:
            _gathered_edges(ax, net.layers[0].W, drawn[1], start=box[0])
        else:
            _edges(ax, net.layers[l - 1].W, drawn[l - 1], drawn[l], l)
    if model.image_shape is not None:
        _picture(ax, net.layers[0].W, model.image_shape, box)
    for l, column in enumerate(drawn):
        _neurons(ax, column, l, None if l == 0 else net.layers[l - 1].b)
    _write_names(ax, drawn[0], first, -0.35, "right")
    _write_names(ax, drawn[-1], last, wide + 0.35, "left")
    _headers(ax, model, tallest / 2 + 0.9)
    _legend(ax, drawn, picture=model.image_shape is not None)
    ax.set_xlim(-left, wide + right)
    ax.set_ylim(-tallest / 2 - 0.8 - more, tallest / 2 + 2.6)
    ax.set_axis_off()
    sizes = "-".join(map(str, net.sizes))
    style.heading(figure, f"{sizes}: {net.theta.size:,} parameters")
    return figure


def strongest_edges(
    W: AnyArray, before: Sequence[int], after: Sequence[int], most: int = EDGES
) -> list[tuple[int, int]]:
    """The (output, input) pairs with the largest |W| among some neurons, at most so many, weakest first.

    >>> strongest_edges(np.array([[1.0, -3.0], [0.5, 2.0]]), [0, 1], [0, 1], most=2)
    [(1, 1), (0, 1)]
    """
    sizes = np.abs(W[np.ix_(after, before)])
    order = np.argsort(-sizes.ravel(), kind="stable")[:most][::-1]
    return [(int(after[k // len(before)]), int(before[k % len(before)])) for k in order]


def _edges(ax: "style.Axes", W: AnyArray, before: Column, after: Column, l: int) -> None:
    from matplotlib.collections import LineCollection

    pairs = strongest_edges(W, before.neurons, after.neurons)
    most = style.reach(np.array([W[pair] for pair in pairs]))
    left = dict(zip(before.neurons, before.heights, strict=True))
    right = dict(zip(after.neurons, after.heights, strict=True))
    for sign, colour, dashes in (("positive", style.POS, "solid"), ("negative", style.NEG, (0, (3, 1.2)))):
        chosen = [(j, k) for j, k in pairs if (W[j, k] >= 0) == (sign == "positive")]
        ends = [((GAP * (l - 1), left[k]), (GAP * l, right[j])) for j, k in chosen]
        shares = np.array([abs(W[pair]) / most for pair in chosen])
        lines = LineCollection(
            ends, colors=colour, linewidths=0.15 + 2.6 * shares, linestyles=[dashes], alpha=0.75, zorder=1,
            gid=f"edges {l} {sign}",
        )  # fmt: skip
        ax.add_collection(lines)
    if W.size <= WRITTEN:
        _write(ax, W, left, right, l)


def _write(ax: "style.Axes", W: AnyArray, left: dict[int, float], right: dict[int, float], l: int) -> None:
    """The weights' numbers on their lines, nearer to the side with more neurons, so that they do not meet."""
    outputs, inputs = W.shape
    for j, k in np.ndindex(W.shape):
        if inputs <= outputs:
            at = 0.35 + 0.4 * k / (inputs - 1) if inputs > 1 else 0.65
        else:
            at = 0.25 + 0.4 * j / (outputs - 1) if outputs > 1 else 0.35
        height = left[k] + at * (right[j] - left[k])
        ax.text(
            GAP * (l - 1 + at), height, f"{W[j, k]:.2f}", fontsize=6.5, ha="center", va="center", zorder=4,
            bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
        )  # fmt: skip


def _gathered_edges(ax: "style.Axes", W: AnyArray, after: Column, start: float) -> None:
    """One grey line from a picture to each neuron, as wide as the norm of its weights."""
    from matplotlib.collections import LineCollection

    norms = np.linalg.norm(np.asarray(W, np.float64), axis=1)[after.neurons]
    ends = [((start, 0.0), (GAP, height)) for height in after.heights]
    widths = 0.3 + 3 * norms / style.reach(norms)
    lines = LineCollection(ends, colors=style.QUIET, linewidths=widths, alpha=0.6, zorder=1, gid="edges 1 gathered")
    ax.add_collection(lines)


def _box(shape: tuple[int, int], row: float) -> tuple[float, float]:
    """Half the width and half the height of the input's box, in the drawing's units, so that pixels are square."""
    height, width = shape
    inches = 0.7 / max(shape)
    return inches * width / 0.7, inches * height / row


def _picture(ax: "style.Axes", W: AnyArray, shape: tuple[int, int], box: tuple[float, float]) -> None:
    """The input as a box: each pixel in the colour of the size of its weights."""
    x, y = box
    sizes = np.sqrt(np.mean(np.square(np.asarray(W, np.float64)), axis=0)).reshape(shape)
    most = style.reach(sizes)
    ax.imshow(sizes, style.unsigned(), vmin=0, vmax=most, extent=(-x, x, -y, y), aspect="auto", zorder=2)
    ax.text(0, -y - 0.2, "blue: size of the\npixel's weights", fontsize=style.SMALL, ha="center", va="top")
    ax.plot([-x, x, x, -x, -x], [-y, -y, y, y, -y], color=style.INK, linewidth=1, zorder=3)


def _neurons(ax: "style.Axes", column: Column, l: int, b: AnyArray | None) -> None:
    if not column.neurons:
        return
    x = [GAP * l] * len(column.neurons)
    most = 1.0 if b is None else style.reach(b)
    fill = [0.0] * len(x) if b is None else (b[column.neurons] / most).tolist()
    ax.scatter(
        x, column.heights, s=190, c=fill, cmap=style.signed(), vmin=-1.4, vmax=1.4, edgecolors=style.INK,
        linewidths=1, zorder=3, gid=f"neurons {l}",
    )  # fmt: skip
    for neuron, height in zip(column.neurons if l else [], column.heights, strict=False):
        small = 6.5 - max(0, len(str(neuron)) - 2)
        ax.text(GAP * l, height, str(neuron), fontsize=small, ha="center", va="center_baseline", zorder=5)
    if column.gathered:
        what = "inputs" if l == 0 else "neurons"
        text = f"{column.size - len(column.neurons):,} more {what}\nwith smaller weights"
        ax.text(GAP * l, column.heights[-1] - 0.6, text, fontsize=style.SMALL, ha="center", va="top", zorder=4)


def _names(model: Model, drawn: list[Column]) -> tuple[list[str], list[str]]:
    """What the drawn inputs and the drawn outputs are called."""
    features, outputs = model.feature_names, output_names(model)
    first, last = [features[k] for k in drawn[0].neurons], [outputs[k] for k in drawn[-1].neurons]
    return style.labels(first, 26), style.labels(last, 26)


def _write_names(ax: "style.Axes", column: Column, names: Iterable[str], x: float, side: str) -> None:
    for name, height in zip(names, column.heights, strict=True):
        ax.text(x, height, name, fontsize=style.SMALL, ha=side, va="center")


def _headers(ax: "style.Axes", model: Model, height: float) -> None:
    net, shape = model.network, model.image_shape
    texts = [f"input\n{counted(net.sizes[0], 'value')}" if shape is None else f"input\n{shape[0]} × {shape[1]} pixels"]
    for l, (W, b, activation) in enumerate(net.layers, start=1):
        neurons = f"{counted(net.sizes[l], 'neuron')}, {activation.name}"
        texts.append(f"layer {l}\n{neurons}\n{counted(W.size, 'weight')} + {b.size:,}")
    for l, text in enumerate(texts):
        ax.text(GAP * l, height, text, fontsize=style.SMALL + 0.5, ha="center", va="bottom", linespacing=1.35)


def _legend(ax: "style.Axes", drawn: list[Column], *, picture: bool) -> None:
    from matplotlib.lines import Line2D

    lines = [
        Line2D([], [], color=style.POS, linewidth=2, label="weight above 0"),
        Line2D([], [], color=style.NEG, linewidth=2, linestyle=(0, (3, 1.2)), label="weight below 0"),
        Line2D(
            [], [], color=style.POS, marker="o", linestyle="none", markeredgecolor=style.INK, alpha=0.8,
            markersize=8, label="fill: bias (as weights)",
        ),
    ]  # fmt: skip
    if picture:
        lines.append(Line2D([], [], color=style.QUIET, linewidth=2, label="norm of a neuron's weights"))
    layers = drawn[1:] if picture else drawn
    ax.legend(
        handles=lines, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=len(lines), fontsize=style.SMALL,
        frameon=False, title_fontsize=style.SMALL,
        title=f"Number in a circle: the neuron. Width: |weight|, relative to the layer's largest{_left_out(layers)}",
    )  # fmt: skip


def _left_out(layers: list[Column]) -> str:
    many = any(len(a.neurons) * len(b.neurons) > EDGES for a, b in pairwise(layers))
    return f";\nof each layer at most the {EDGES} strongest" if many else ""
