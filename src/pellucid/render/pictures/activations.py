"""One sample on its way through a network: each layer's activations, from the input to the output."""

import numpy as np
import numpy.typing as npt

from pellucid._text import counted
from pellucid.core import checks
from pellucid.core.activations import Activation
from pellucid.core.arrays import AnyArray
from pellucid.core.network import Network, forward
from pellucid.core.trace import Trace
from pellucid.model.model import Model
from pellucid.render.pictures import style
from pellucid.render.pictures.subject import as_model, as_row, in_words, output_names

PANELS = 5  # side by side
BARS = 40  # neurons up to which each has a bar; more become a field of colours


def activations(
    model: Model | Network, x: npt.ArrayLike, y: npt.ArrayLike | None = None, *, name: str = "One sample"
) -> "style.Figure":
    """What each layer makes of one sample x (features,): bars are activations a, circles the scores z before them.

    ``y`` is its class or its value, if it is known. Layers of more than 40 neurons are fields of colours.

    Raises:
        InputError: x or y does not fit the model.

    >>> net = Network([784, 32, 10], rng=np.random.default_rng(0))
    >>> [ax.get_title() for ax in activations(net, np.ones(784)).axes]
    ['input: 28 × 28 pixels', 'layer 1: 32 × relu', 'layer 2: 10 × softmax']
    """
    model = as_model(model)
    net = model.network
    row = as_row(x, net.sizes[0])
    truth = None if y is None else checks.targets(net.loss, np.atleast_1d(y), 1, net.sizes[-1]).reshape(-1)
    trace = Trace(net, 1)
    trace.fill(row)
    forward(net, trace)
    tall = max([12, *(size for size in (net.sizes[1:] if model.image_shape else net.sizes) if size <= BARS)])
    columns = min(len(net.sizes), PANELS)
    lines = -(-len(net.sizes) // columns)
    figure = style.figure(2.9 * columns + 0.4, lines * float(np.clip(0.17 * tall + 1.6, 3.4, 8)))
    panels = [figure.add_subplot(tile) for tile in style.tiles(figure, len(net.sizes), columns)]
    _input(panels[0], model, trace.a[0])
    for l, layer in enumerate(net.layers, start=1):
        names = output_names(model) if l == len(net.layers) else None
        _layer(panels[l], trace.z[l - 1][0], trace.a[l][0], names, layer.activation)
        panels[l].set_title(f"layer {l}: {net.sizes[l]} × {layer.activation.name}", fontsize=style.TITLE)
    verdict = _verdict(panels[-1], model, trace.a[-1][0], truth)
    style.heading(figure, f"{name}, layer by layer{verdict}")
    return figure


def _input(ax: "style.Axes", model: Model, inputs: AnyArray) -> None:
    values = inputs[0]
    scaled = "" if model.preprocessing is None else ", scaled"
    if model.image_shape is not None:
        style.grey_image(ax, inputs.reshape(model.image_shape))
        height, width = model.image_shape
        unit = "dark is 1, white is 0" if values.min() >= 0 and values.max() <= 1 else "dark is large"
        style.label(ax, title=f"input: {height} × {width} pixels", x=unit)
    elif len(values) <= BARS:
        _bars(ax, values, model.feature_names)
        style.label(ax, title=f"input: {counted(len(values), 'value')}", x="value" + scaled, y="feature", grid=True)
    else:
        _field(ax, values, "value" + scaled)
        style.label(ax, title=f"input: {counted(len(values), 'value')}")


def _layer(ax: "style.Axes", z: AnyArray, a: AnyArray, names: tuple[str, ...] | None, f: Activation) -> None:
    if len(a) > BARS:
        _field(ax, a, "activation a")
        return
    _bars(ax, a, names)
    if names is not None and f.formula.range == (0.0, 1.0):
        style.label(ax, x="probability a", y="class", grid=True)
        ax.set_xlim(0, 1.25)  # behind the bar of the answer stands its percentage
        ax.set_xticks([0, 0.5, 1])
        style.write_share(ax, int(a.argmax()), float(a.max()))
        return
    ax.plot(z, range(len(z)), "o", markersize=3.5, markerfacecolor="white", color=style.NEG, label="score z")
    style.label(ax, x="activation a (bar)", y="neuron" if names is None else "output", grid=True)
    ax.legend(fontsize=style.SMALL, frameon=False, loc="best")


def _bars(ax: "style.Axes", values: AnyArray, names: tuple[str, ...] | None) -> None:
    count = len(values)
    style.bars(ax, values, style.POS)
    if names is None:
        ax.set_yticks(style.ticks(count, 16))
    else:
        ax.set_yticks(range(count), style.labels(names, 20))


def _field(ax: "style.Axes", values: AnyArray, text: str) -> None:
    """Many neurons as a field of colours, row after row, blank where the last row ends."""
    width = int(np.ceil(np.sqrt(len(values))))
    cells = np.full(-(-len(values) // width) * width, np.nan)
    cells[: len(values)] = values
    most, negative = style.reach(values), bool((values < 0).any())
    colours, least = (style.signed(), -most) if negative else (style.unsigned(), 0.0)
    image = ax.imshow(cells.reshape(-1, width), cmap=colours, vmin=least, vmax=most)
    style.bare(ax)
    ax.set_xlabel(f"neurons row by row, {width} in each", fontsize=style.TEXT)
    style.scale(image, ax, text, orientation="horizontal", pad=0.04)


def _verdict(ax: "style.Axes", model: Model, outputs: AnyArray, truth: AnyArray | None) -> str:
    """What was predicted and what is true, in words; the true class is hatched at the output."""
    classes = model.network.loss.kind == "classes"
    guess = in_words(model, outputs.argmax(0, keepdims=True) if classes else outputs)
    right = None if truth is None else in_words(model, truth)
    if guess is None:
        return ""
    if classes and truth is not None and len(outputs) <= BARS:
        bar = ax.patches[int(truth[0])]
        bar.set(hatch="////", facecolor="white", edgecolor=style.POS)
        ax.set_xlabel("probability a\n(hatched: the true class)", fontsize=style.TEXT)
    return f": predicted {guess}" + ("" if right is None else f", true {right}")
