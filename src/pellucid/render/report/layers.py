"""Inside the network: each layer in numbers, and what the neurons of the first layer look for."""

import math
from collections.abc import Sequence

import numpy as np

from pellucid._text import number
from pellucid.analysis.layer_health import can_saturate, layer_health, root_mean_square, strongest
from pellucid.core.arrays import AnyArray, Array
from pellucid.render import svg
from pellucid.render.names import distinct
from pellucid.render.notebook.summaries import architecture, histogram
from pellucid.render.report import colours, png
from pellucid.render.report.html import Cell, Html, Section, figure, paragraph, table, term
from pellucid.render.report.subject import Seen, Subject

LOOKED_AT = 1_000  # samples for the layers' health
MOST_LAYERS = 40  # whose weights' spread is drawn
MOST_NEURONS = 64
MOST_INPUTS = 16  # of a table of weights
LONGEST = 48  # pixels of a side of a tile
SIZE_OF_W = term("RMS of W", "the usual size of a weight: the root of the mean of their squares")
HEALTH = (
    term("RMS of dW", "the usual size of the gradient: how much the loss changes with a weight"),
    term("dead", "neurons through which no gradient passes, so that they cannot learn"),
    term("saturated", "activations where the function is nearly flat, so that little gradient passes"),
)


def layers(about: Subject, seen: Seen | None) -> Section:
    """Each layer: its shape, its size, its work, its weights and how it does."""
    net = about.network
    health = None if seen is None else layer_health(net, seen.X[:LOOKED_AT], seen.y[:LOOKED_AT])
    rows: list[list[Cell]] = []
    for l, (W, b, activation) in enumerate(net.layers, start=1):
        row: list[Cell] = [str(l), activation.name, f"{W.shape[1]:,} → {W.shape[0]:,}", f"{W.size + b.size:,}"]
        row += [f"{W.size:,}", number(root_mean_square(W))]
        if health is not None:
            one, hidden = health[l - 1], l < len(net.layers)
            row += [number(one.weight_gradient), _share(one.dead, hidden)]
            row.append(_share(one.saturated, hidden and can_saturate(activation)))
        row.append(Html(histogram(W, l)) if l <= MOST_LAYERS else "")
        rows.append(row)
    total: list[Cell] = ["all", "", "", f"{net.theta.size:,}", f"{sum(layer.W.size for layer in net.layers):,}"]
    rows.append([*total, *[""] * (len(rows[0]) - len(total))])
    heads: list[Cell] = ["layer", "activation", "inputs → outputs", "parameters", "multiply-adds", SIZE_OF_W]
    heads += HEALTH if health is not None else []
    drawn = figure(architecture(net.sizes, ["input", *(layer.activation.name for layer in net.layers)]))
    made = drawn + table("The layers", [*heads, "spread of W"], rows, left=2)
    if seen is not None:
        words = (
            "RMS is the root of the mean square: the usual size of a weight, or of its gradient dW. On "
            f"{min(LOOKED_AT, len(seen.X)):,} {seen.part} {about.one}s: "
            "a neuron is dead where no gradient passes through it for any of them; an activation is saturated where "
            "its function is nearly flat."
        )
        made += paragraph(words, kind="note")
    return Section("layers", "Layers", "Inside the network", made)


def _share(value: float, said: bool) -> str:
    return f"{100 * value:.1f} %" if said else "–"


def weights(about: Subject) -> Section:
    """What each neuron of the first layer looks for: as pictures where inputs are pictures, else as a table."""
    W, b, _ = about.network.layers[0]
    neurons = strongest(W, MOST_NEURONS)
    words = f"All {len(W):,} neurons of layer 1." if len(W) > 1 else "The one neuron of layer 1."
    if len(W) > MOST_NEURONS:
        words = f"The {MOST_NEURONS} of {len(W):,} neurons of layer 1 with the longest weight vectors."
    drawn = _tiles if about.model.image_shape is not None else _heat
    limit = float(np.quantile(np.abs(W[neurons]), 0.995)) or 1.0
    made = drawn(about, W, b, neurons, limit)
    note = (
        f"{words} Blue: what is there excites the neuron; orange: it silences it; blank: it does not matter. "
        f"The colours are full at ±{number(limit)}."
    )
    return Section("weights", "Weights", "What the first layer looks for", paragraph(note) + made)


def _tiles(about: Subject, W: Array, b: Array, neurons: AnyArray, limit: float) -> str:
    assert about.model.image_shape is not None
    tiles = [png.shrunk(W[k].reshape(about.model.image_shape).astype(np.float64), LONGEST) for k in neurons]
    high, wide = tiles[0].shape
    across = min(8, len(tiles))
    down = -(-len(tiles) // across)
    room, gap = max(4, round(0.24 * wide)), max(1, wide // 14)
    sheet = np.zeros((down * (high + room), across * (wide + gap) - gap))
    labels, frames = "", ""
    for place, (k, tile) in enumerate(zip(neurons, tiles, strict=True)):
        top, left = place // across * (high + room), place % across * (wide + gap)
        sheet[top : top + high, left : left + wide] = tile
        labels += f'<text x="{left + wide / 2:g}" y="{top + high + 0.78 * room:g}">{k}</text>'
        frames += f'<rect x="{left}" y="{top}" width="{wide}" height="{high}"/>'
    height, width = sheet.shape
    picture = (
        f"{_painted(sheet, limit)}"
        f'<g fill="currentColor" text-anchor="middle" style="font-size:{0.8 * room:.1f}px">{labels}</g>'
        f'<g fill="none" stroke="currentColor" stroke-opacity=".35" stroke-width="{wide / 120:.2f}">{frames}</g>'
    )
    words = f"{len(neurons)} tiles of {wide} × {high} weights, one for each neuron; they count from 0."
    drawn = svg.picture("weights", "Weights of the first layer", words, picture, width=width, height=height, widest=720)
    return figure(drawn, as_table=_listed(W, b, neurons))


def _painted(sheet: Array, limit: float) -> str:
    """Numbers (h, w) in the theme's two colours: a mask for each lets through as much of it as the number is large."""
    height, width = sheet.shape
    size = f'width="{width}" height="{height}"'
    made = ""
    for name, colour, depth in zip(("above", "below"), (svg.POS, svg.NEG), colours.depths(sheet, limit), strict=True):
        source = f'<image {size} style="image-rendering:pixelated" href="{png.data_uri(depth)}"/>'
        made += f'<mask id="tiles-{name}" maskUnits="userSpaceOnUse" x="0" y="0" {size}>{source}</mask>'
        made += f'<rect {size} fill="{colour}" mask="url(#tiles-{name})"/>'
    return f"<g>{made}</g>"


def _listed(W: Array, b: Array, neurons: Sequence[int] | AnyArray) -> str:
    rows = []
    for k in neurons:
        row = W[k].astype(np.float64)
        numbers = (np.linalg.norm(row), b[k], row.min(), row.max())
        rows.append([str(k), *(number(float(value)) for value in numbers)])
    return table("The neurons of layer 1", ["neuron", "length of W", "b", "least weight", "greatest"], rows)


def _heat(about: Subject, W: Array, b: Array, neurons: AnyArray, limit: float) -> str:
    inputs = strongest(W.T, MOST_INPUTS)
    caption = "Weights of layer 1: a row is a neuron, a column an input"
    if len(inputs) < W.shape[1]:
        caption += f"; of {W.shape[1]:,} inputs the {MOST_INPUTS} that weigh most"
    names = about.model.feature_names
    digits = min(9, max(0, 2 - math.floor(math.log10(limit))))

    def written(value: float) -> str:
        return f"{value:.{digits}f}".replace("-", "−")

    rows: list[list[Cell]] = []
    for k in neurons:
        row = [Html(written(v), colours.style(v, limit)) for v in W[k, inputs].tolist()]
        rows.append([str(k), *row, written(b[k])])
    return table(caption, ["neuron", *distinct([names[k] for k in inputs], 14), "b"], rows, kind="heat")
