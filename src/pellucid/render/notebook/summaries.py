"""What a notebook shows of a network, a history or an epoch: HTML with SVG in it, and no style that leaks out."""

import math
from collections.abc import Sequence

import numpy as np

from pellucid._text import counted, escape, number, percent, short_percent
from pellucid.analysis.layer_health import root_mean_square
from pellucid.core.arrays import Array
from pellucid.core.network import Network
from pellucid.core.progress import COLUMNS, WHOLE, Epoch, History
from pellucid.render import palette, svg

CURVES: tuple[tuple[str, str, Sequence[str]], ...] = (
    ("loss", "Loss", ("train_loss", "dev_loss")),
    ("accuracy", "Accuracy", ("train_accuracy", "dev_accuracy")),
    ("r2", "R²", ("dev_r2",)),
)
NAMES = {"r2": "R²", "rmse": "RMSE"}  # of scores
MIDDLE = {"train": 0.5}  # epochs before its end where the mean over an epoch stands: its middle
MOST_LAYERS = 12  # that are drawn; all are in the table
BINS = 31
SMALLEST = 1e-300  # a range below it cannot be cut into bins
_BOX = f"font:{palette.pixels('t-14'):g}px system-ui,sans-serif;max-width:60em"
_LINE = palette.paint("edge")
_CELL = f"padding:.15em .7em;text-align:right;border:0;border-bottom:1px solid {_LINE};background:none"


def network_summary(net: Network) -> str:
    """A network as HTML: its layers as boxes, as a table, and the spread of each layer's weights.

    >>> from pellucid import Network
    >>> "25,818 parameters" in network_summary(Network([784, 32, 16, 10]))
    True
    """
    names = ["input", *(layer.activation.name for layer in net.layers)]
    rows: list[Sequence[str]] = []
    for l, (W, b, activation) in enumerate(net.layers, start=1):
        shape = f"{W.shape[1]:,} → {W.shape[0]:,}"
        size, spread = number(root_mean_square(W)), histogram(W, l)
        rows.append((str(l), shape, activation.name, f"{W.size + b.size:,}", size, spread))
    columns = ("layer", "inputs → outputs", "activation", "parameters", "RMS of W", "spread of W")
    return _box(
        f"<b>Network</b> {'-'.join(map(str, net.sizes))}, {escape(net.loss.name)}, {net.theta.size:,} parameters, "
        f"{net.dtype}" + architecture(net.sizes, names) + _table(columns, rows)
    )


def history_summary(history: History) -> str:
    """A history as HTML: the curves of loss and score, and the last epoch's row."""
    if not len(history):
        return _box("<b>History</b> of no epoch yet")
    last = history.rows[-1]
    shown = [k for k in range(len(COLUMNS)) if not math.isnan(last[k])]
    row = [f"{int(last[k]):,}" if COLUMNS[k] in WHOLE else number(last[k]) for k in shown]
    table = _table([COLUMNS[k].replace("_", " ") for k in shown], [row])
    return _box(f"<b>History</b> of {counted(len(history), 'epoch')}" + _charts(history) + table)


def epoch_summary(epoch: Epoch) -> str:
    """An epoch as HTML: one row of numbers."""
    return _box(_row(epoch))


def training_summary(history: History, last: Epoch | None, words: str, share: float) -> str:
    """A training under way as HTML: how far it is, the curves so far, the last epoch."""
    curves = "" if last is None else _charts(history) + _row(last)
    look = f"width:100%;accent-color:{svg.MARK}"
    bar = f'<progress value="{share:.4f}" style="{look}" aria-label="training">{short_percent(round(share, 2))}'
    return _box(f"<b>Training</b>: {escape(words)}<br>{bar}</progress>{curves}")


def _charts(history: History) -> str:
    """The curves of a history that hold numbers, side by side where there is room."""
    drawn = [curve(history, f"curve-{name}", title, parts) for name, title, parts in CURVES]
    charts = "".join(f'<div style="flex:1 1 20em;max-width:30em">{chart}</div>' for chart in drawn if chart)
    return f'<div style="display:flex;flex-wrap:wrap;gap:1em">{charts}</div>'


def _row(epoch: Epoch) -> str:
    cells = {
        "epoch": str(epoch.number), "steps": f"{epoch.steps:,}", "learning rate": number(epoch.learning_rate),
        "gradient norm": number(epoch.gradient_norm), "seconds": f"{epoch.seconds:.3f}",
    }  # fmt: skip
    scores = (("loss", number), ("accuracy", percent), ("r2", number), ("rmse", number))
    for part in ("train", "dev"):
        for name, write in scores:
            value = getattr(getattr(epoch, part), name, None)
            if value is not None:
                cells[f"{part} {NAMES.get(name, name)}"] = write(value)
    return _table([*cells], [[*cells.values()]])


def curve(history: History, name: str, title: str, columns: Sequence[str]) -> str:
    """Columns of a history over the epochs, but for those that hold no number; nothing where none is left."""
    epochs, held = history["epoch"], {column: history[column] for column in columns}
    drawn = {column.partition("_")[0]: values for column, values in held.items() if not np.isnan(values).all()}
    series = [svg.Series(part, epochs, values, before=MIDDLE.get(part, 0.0)) for part, values in drawn.items()]
    if not series:
        return ""
    scores = {"Accuracy": svg.Axis("accuracy", short_percent), "R²": svg.Axis("R²")}
    axis = scores.get(title, svg.Axis(title.lower(), at_least=(0.0,)))
    note = " (train: the mean over it, at its middle)" if "train" in drawn else ""
    return svg.lines(name, f"{title} by epoch", series, svg.Axis("epoch", whole=True, note=note), axis)


def architecture(sizes: Sequence[int], names: Sequence[str]) -> str:
    """Layers as boxes from left to right: the more neurons (on a scale of logarithms), the higher.

    >>> architecture([4, 2], ["input", "softmax"]).count("<rect")
    2
    """
    shown = list(range(len(sizes)))
    if len(shown) > MOST_LAYERS:
        shown = [*shown[: MOST_LAYERS // 2], *shown[-MOST_LAYERS // 2 :]]
    pitch, tall = 92, 74
    most = math.log2(1 + max(sizes))
    body = ""
    for place, k in enumerate(shown):
        high = tall * math.log2(1 + sizes[k]) / most
        x, y = 20 + place * pitch, 12 + (tall - high) / 2
        colour = "currentColor" if k == 0 else svg.MARK  # the input computes nothing
        filled = f'stroke="{colour}" fill="{colour}" fill-opacity="{0.1 if k == 0 else 1}"'
        body += f'<rect x="{x}" y="{y:.1f}" width="34" height="{high:.1f}" rx="3" {filled}/>'
        body += svg.text(x + 17, 104, f"{sizes[k]:,}", anchor="middle", more=' font-weight="600"')
        body += svg.text(x + 17, 120, names[k], anchor="middle")
        if place + 1 < len(shown):
            gap = ' stroke-dasharray="2 4"' if shown[place + 1] != k + 1 else ""
            end, middle = x + pitch - 4, 12 + tall / 2
            body += f'<path d="M{x + 38} {middle}H{end}" stroke="currentColor" fill="none"{gap}/>'
            body += f'<path d="M{end} {middle}l-7 -4v8z" fill="currentColor"/>'
    described = ", then ".join(f"{name}: {size:,}" for size, name in zip(sizes, names, strict=True))
    width = 20 + len(shown) * pitch
    return svg.picture("layers", "The layers of the network", f"Neurons {described}.", body, width=width, height=126)


def histogram(W: Array, layer: int) -> str:
    """The spread of a layer's weights as a small picture: bars over the range −max |W| … max |W|."""
    end = float(np.abs(W).max())
    end = end if end > SMALLEST else 1.0
    shares = W.astype(np.float64) / end  # a range of twice the largest float could not be cut into bins
    counts = np.histogram(shares, bins=BINS, range=(-1, 1))[0] if math.isfinite(end) else np.zeros(BINS, int)
    heights = 30 * counts / max(1, counts.max())
    body, middle = "", BINS // 2
    parts = ((svg.NEG, 0, middle), ("currentColor", middle, middle + 1), (svg.POS, middle + 1, BINS))
    for colour, first, after in parts:
        some = "".join(
            f'<rect x="{4 * k}" y="{32 - heights[k]:.1f}" width="3.4" height="{heights[k]:.1f}"/>'
            for k in range(first, after)
        )
        body += f'<g fill="{colour}">{some}</g>'
    body += f'<path d="M{2 * BINS} 0V32" stroke="currentColor" stroke-opacity=".4"/>'
    ends = (svg.text(0, 44, number(-end)), svg.text(4 * BINS, 44, number(end), anchor="end"))
    words = f"{W.size:,} weights from {number(float(W.min()))} to {number(float(W.max()))}; in {BINS} bars: "
    words += " ".join(map(str, counts.tolist()))
    body += "".join(ends)
    drawn = svg.picture(f"spread-{layer}", f"Weights of layer {layer}", words, body, width=124, height=46)
    return f'<div style="width:124px">{drawn}</div>'


def _box(content: str) -> str:
    return f'<div style="{_BOX}">{content}</div>'


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with its style in each cell: a notebook's own style would reach it, and none of ours reaches out."""
    head = "".join(f'<th scope="col" style="{_CELL}">{escape(name)}</th>' for name in columns)
    body = "".join("<tr>" + "".join(_cell(cell) for cell in row) + "</tr>" for row in rows)
    return (
        '<div style="overflow-x:auto"><table style="border-collapse:collapse;margin:.5em 0">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(cell: str) -> str:
    content = cell if cell.startswith("<div") else escape(cell)
    return f'<td style="{_CELL};font-variant-numeric:tabular-nums">{content}</td>'
