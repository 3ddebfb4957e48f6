"""Weights as pictures: what each neuron of the first layer looks for, and any layer's W as a table of colours."""

import numpy as np

from pellucid.analysis.layer_health import strongest
from pellucid.core import checks
from pellucid.core.arrays import AnyArray
from pellucid.core.network import Network
from pellucid.model.model import Model
from pellucid.render.pictures import style
from pellucid.render.pictures.subject import as_model, output_names

NEURONS = 64  # of a larger layer, those with the largest weights
WRITTEN = 100  # weights up to which the table holds its numbers
NAMED = 32
SHARE = 0.99  # of all pixels lie within the colours' range


def weights(model: Model | Network, *, layer: int = 1, columns: int = 8) -> "style.Figure":
    """A layer's W: as one picture a neuron where its inputs are a picture's pixels, else as a table (outputs, inputs).

    All have one scale: blue above 0, white at 0, orange below. Of a layer of more than 64 neurons, pictures are
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


def _pictures(W: AnyArray, shape: tuple[int, int], columns: int, names: tuple[str, ...] | None) -> "style.Figure":
    drawn = strongest(W, NEURONS)
    columns = min(columns, len(drawn))
    most = style.reach(W[drawn], SHARE)
    figure = style.figure(1.1 * columns + 1.6, 1.25 * -(-len(drawn) // columns) + 0.6)
    image, titles = None, style.labels(names or range(len(W)), 14)
    for neuron, tile in zip(drawn, style.tiles(figure, len(drawn), columns), strict=True):
        ax = figure.add_subplot(tile)
        image = style.signed_image(ax, W[neuron].reshape(shape), most)
        style.bare(ax)
        ax.set_title(titles[neuron], fontsize=style.SMALL, pad=2)
    clipped = bool(np.abs(W[drawn]).max() > most)  # colours end before the values do
    style.scale(image, figure.axes, "weight of the pixel", extend="both" if clipped else "neither")
    figure.supxlabel("blue: ink there raises the neuron's score; orange: lowers it", fontsize=style.TEXT)
    some = f"the {len(drawn)} strongest of {len(W)} neurons" if len(drawn) < len(W) else f"all {len(W)} neurons"
    style.heading(figure, f"What layer 1 looks for: the weights of {some}")
    return figure


def _table(model: Model, W: AnyArray, layer: int) -> "style.Figure":
    outputs, inputs = W.shape
    last = layer == len(model.network.layers)
    columns = model.feature_names if layer == 1 else range(inputs)
    rows = output_names(model) if last else range(outputs)
    width, height = float(np.clip(0.42 * inputs + 2.4, 4.5, 12)), float(np.clip(0.36 * outputs + 1.8, 2.6, 9))
    figure = style.figure(width, height)
    ax = figure.subplots()
    most = style.reach(W)
    image = style.signed_image(ax, W, most, aspect="auto", interpolation="nearest")
    style.name_cells(ax, style.labels(columns, 24), style.labels(rows, 24), NAMED, longest=3)
    if W.size <= WRITTEN:
        texts = np.array([[f"{value:.2g}" for value in row] for row in W])
        style.fill_cells(ax, texts, dark=np.abs(W) > 0.6 * most, bold=np.zeros(W.shape, bool))
    source = "input" if layer == 1 else f"neuron of layer {layer - 1}"
    style.label(ax, x=source, y="output" if last else f"neuron of layer {layer}")
    style.scale(image, ax, "weight")
    figure.supxlabel("blue: a larger input raises the score; orange: lowers it", fontsize=style.TEXT)
    style.heading(figure, f"The weights of layer {layer}: {outputs} × {inputs}")
    return figure
