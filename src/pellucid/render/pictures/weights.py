"""Weights as pictures: what each neuron of the first layer looks for, and any layer's W as a table of colours."""

from typing import TYPE_CHECKING

import numpy as np

from pellucid.core import checks
from pellucid.core.arrays import AnyArray
from pellucid.core.network import Network
from pellucid.model.model import Model
from pellucid.render.pictures import style
from pellucid.render.pictures.subject import as_model, output_names

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEURONS = 64  # of a larger layer, those with the largest weights
WRITTEN = 100  # weights up to which the table holds its numbers
NAMED = 32
SHARE = 0.99  # of all pixels lie within the colours' range


def weights(model: Model | Network, *, layer: int = 1, columns: int = 8) -> "Figure":
    """A layer's W: as one picture a neuron where its inputs are a picture's pixels, else as a table (outputs, inputs).

    All have one scale: blue above 0, white at 0, vermillion below. Of a layer of more than 64 neurons, pictures are
    drawn of the 64 whose weights have the largest norm.

    Raises:
        InputError: there is no such layer.

    >>> figure = weights(Network([784, 32, 10], rng=np.random.default_rng(0)))
    >>> len([ax for ax in figure.axes if ax.get_title().isdigit()])
    32
    """
    model = as_model(model)
    layers = len(model.network.layers)
    checks.layer(checks.count(layer, "layer"), layers)
    W = np.asarray(model.network.layers[layer - 1].W, np.float64)
    if layer == 1 and model.image_shape is not None:
        return _pictures(W, model.image_shape, columns, output_names(model) if layers == 1 else None)
    return _table(model, W, layer)


def strongest(W: AnyArray, most: int = NEURONS) -> AnyArray:
    """The rows of W with the largest norm, at most so many, in the order in which they stand.

    >>> strongest(np.array([[1.0], [-3.0], [2.0]]), 2).tolist()
    [1, 2]
    """
    order = np.argsort(-np.linalg.norm(W, axis=1), kind="stable")
    return np.sort(order[:most])


def _pictures(W: AnyArray, shape: tuple[int, int], columns: int, names: tuple[str, ...] | None) -> "Figure":
    drawn = strongest(W)
    columns = min(columns, len(drawn))
    rows = -(-len(drawn) // columns)
    most = style.reach(W[drawn], SHARE)
    figure = style.figure(1.1 * columns + 1.6, 1.25 * rows + 0.6)
    tiles = figure.add_gridspec(rows, columns)
    image = None
    for place, neuron in enumerate(drawn):
        ax = figure.add_subplot(tiles[place // columns, place % columns])
        image = ax.imshow(W[neuron].reshape(shape), cmap=style.signed(), vmin=-most, vmax=most)
        style.bare(ax)
        ax.set_title(style.literal(names[neuron] if names else neuron), fontsize=style.SMALL, pad=2)
    clipped = bool(np.abs(W[drawn]).max() > most)
    style.scale(figure, image, figure.axes, "weight of the pixel", clipped=clipped)
    some = f"the {len(drawn)} strongest of {len(W)} neurons" if len(drawn) < len(W) else f"all {len(W)} neurons"
    style.heading(figure, f"What layer 1 looks for: the weights of {some}")
    return figure


def _table(model: Model, W: AnyArray, layer: int) -> "Figure":
    outputs, inputs = W.shape
    net = model.network
    last = layer == len(net.layers)
    columns = model.feature_names if layer == 1 else tuple(map(str, range(inputs)))
    rows = output_names(model) if last else tuple(map(str, range(outputs)))
    width, height = float(np.clip(0.42 * inputs + 2.4, 4.5, 12)), float(np.clip(0.36 * outputs + 1.8, 2.6, 9))
    figure = style.figure(width, height)
    ax = figure.subplots()
    most = style.reach(W)
    image = ax.imshow(W, cmap=style.signed(), vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
    across, down = style.ticks(inputs, NAMED), style.ticks(outputs, NAMED)
    names = [style.literal(columns[k]) for k in across]
    slanted = max(map(len, names)) > 3
    ax.set_xticks(across, names, rotation=45 if slanted else 0, ha="right" if slanted else "center")
    ax.set_yticks(down, [style.literal(rows[k]) for k in down])
    if W.size <= WRITTEN:
        for row, column in np.ndindex(W.shape):
            value = W[row, column]
            dark = abs(value) > 0.6 * most
            ax.text(
                column, row, f"{value:.2g}", ha="center", va="center", fontsize=style.SMALL,
                color="white" if dark else style.BLACK,
            )  # fmt: skip
    source = "input" if layer == 1 else f"neuron of layer {layer - 1}"
    style.label(ax, x=source, y="output" if last else f"neuron of layer {layer}")
    style.scale(figure, image, ax, "weight")
    style.heading(figure, f"The weights of layer {layer}: {outputs} × {inputs}")
    return figure
