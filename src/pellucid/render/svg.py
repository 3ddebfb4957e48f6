"""Small pictures as SVG text: lines, points and bars in a frame, for the report and for notebooks.

A picture stands for itself: it is labelled, has a title and a description for those who do not see it, takes the
colour of the text around it for its axes and the colours of the page for what it shows, and carries those of the light
theme for where no page has any. It tells its lines apart by dashes and markers as well as by colour.
"""

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pellucid._text import escape, number
from pellucid.core.arrays import AnyArray, Array, some_rows
from pellucid.render.palette import paint

POS, NEG = paint("pos"), paint("neg")
MARK = POS  # of what is neither above nor below anything
OF_A_POINT = 0.8  # how opaque it is: where many lie upon each other, one sees that
# colour, dashes and marker of a series
STYLES = {"train": (paint("train"), "", "circle"), "dev": (paint("dev"), "6 3", "square")}
OTHERS = ((MARK, "", "circle"), (NEG, "6 3", "square"))

MOST_POINTS = 200  # of a line: more than can be told apart at this size
WIDTH, HEIGHT, WIDEST = 420, 260, 560
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 32, 42  # margins around the frame, in pixels
LETTER = 9  # pixels that a letter of a label takes at most
HUGE, SMALL = 1e300, 1e-300  # beyond them a range could not be written down


@dataclass(frozen=True)
class Series:
    """Points (n,) with a name; where y is no number, the line has a gap. Each is drawn so far ``before`` its x."""

    name: str
    x: Array
    y: Array
    before: float = 0.0


@dataclass(frozen=True)
class Axis:
    """What an axis is called, how its numbers are written (None: as short as they can be), and what it must show.

    ``note`` stands behind what it is called.
    """

    label: str
    write: Callable[[float], str] | None = None
    whole: bool = False
    at_least: tuple[float, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Frame:
    """Where numbers stand in a picture: ``x`` and ``y`` are the ranges shown.

    >>> frame = Frame((0.0, 10.0), (0.0, 1.0))
    >>> float(frame.across(10.0)), float(frame.up(0.0))
    (408.0, 218.0)
    """

    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, x: npt.ArrayLike) -> AnyArray:
        """Pixels from the left."""
        return _scaled(x, self.x, LEFT, WIDTH - RIGHT)

    def up(self, y: npt.ArrayLike) -> AnyArray:
        """Pixels from the top, as SVG counts them."""
        return _scaled(y, self.y, HEIGHT - BOTTOM, TOP)


def _scaled(values: npt.ArrayLike, ends: tuple[float, float], first: int, last: int) -> AnyArray:
    """Numbers as pixels: ``ends`` come to ``first`` and ``last``."""
    low, high = ends
    pixels: AnyArray = first + (np.asarray(values) - low) / (high - low) * (last - first)
    return pixels


def ticks(low: float, high: float, *, most: int = 6, whole: bool = False) -> list[float]:
    """Round numbers that cover a range: steps of 1, 2 or 5 times a power of ten.

    >>> ticks(0.0, 0.93)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    span = high - low
    if span <= 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / (most - 1)))

    def around(step: float) -> tuple[int, int]:
        """Multiples of a step; the quotients are rounded, since 0.86 / 0.02 is a little less than 43."""
        return math.floor(round(low / step, 9)), math.ceil(round(high / step, 9))

    def steps(step: float) -> int:
        first, last = around(step)
        return last - first

    step = next(power * k for k in (1, 2, 5, 10, 20) if steps(power * k) < most)
    step = max(1.0, step) if whole else step
    first, last = around(step)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def picture(
    name: str, title: str, description: str, body: str, *, width: float = WIDTH, height: float = HEIGHT,
    widest: float | None = None,
) -> str:  # fmt: skip
    """A whole SVG with its title and description, as wide as its place but not wider than ``widest`` pixels.

    ``name`` begins the ids, which differ where the content does.
    """
    mark = f"{name}-{zlib.crc32(f'{title}{description}{body}'.encode('utf-8', 'replace')):08x}"
    size = f"display:block;width:100%;max-width:{widest or width}px;height:auto"
    return (
        f'<svg role="img" aria-labelledby="{mark}-t {mark}-d" viewBox="0 0 {width:g} {height:g}" '
        f'style="{size};overflow:visible;font:13px system-ui,sans-serif">'
        f'<title id="{mark}-t">{escape(title)}</title><desc id="{mark}-d">{escape(description, 2000)}</desc>'
        f"{body}</svg>"
    )


def text(x: float, y: float, words: str, *, anchor: str = "start", more: str = "") -> str:
    """A text at a place, in the colour of the text around the picture."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor"{more}>{escape(words)}</text>'


def lines(name: str, title: str, series: Sequence[Series], x: Axis, y: Axis) -> str:
    """Lines over one another, thinned out to ``MOST_POINTS`` each; each has a sample in the legend.

    >>> picture = lines("c", "Loss", [Series("train", np.arange(3.0), np.ones(3))], Axis("epoch"), Axis("loss"))
    >>> picture.count("<polyline"), picture.count("<circle")
    (2, 4)
    """
    series = [_thinned(one) for one in series]
    frame = Frame(_range([one.x - one.before for one in series], x), _range([one.y for one in series], y))
    body = _axes(frame, x, y)
    styles = [STYLES.get(one.name, OTHERS[k % len(OTHERS)]) for k, one in enumerate(series)]
    for one, (colour, dash, marker) in zip(series, styles, strict=True):
        across, up = frame.across(one.x - one.before), frame.up(one.y)
        for part in np.split(np.arange(len(up)), np.flatnonzero(~np.isfinite(up))):
            kept = part[np.isfinite(up[part])]
            points = " ".join(f"{across[k]:.1f},{up[k]:.1f}" for k in kept)
            if len(kept) > 1:
                body += _line(points, colour, dash)
        there = np.flatnonzero(np.isfinite(up))
        shown = there if len(there) <= 30 else there[-1:]
        body += "".join(_marker(marker, across[k], up[k], colour) for k in shown)
    if len(series) > 1 or series[0].name in STYLES:
        body += _legend(series, styles)
    return picture(name, title, _describe(series, x, y), body, widest=WIDEST)


def scatter(name: str, title: str, points: Series, x: Axis, y: Axis, *, diagonal: bool = False) -> str:
    """Points, with ``diagonal`` the line on which x and y are alike."""
    kept = _finite(points.x) & _finite(points.y)
    across, up = points.x[kept], points.y[kept]
    shown = ([across, up], [across, up]) if diagonal else ([across], [up])
    frame = Frame(_range(shown[0], x), _range(shown[1], y))
    body = _axes(frame, x, y)
    if diagonal:
        low, high = max(frame.x[0], frame.y[0]), min(frame.x[1], frame.y[1])
        (x1, x2), (y1, y2) = frame.across([low, high]), frame.up([low, high])
        body += _line(f"{x1:.1f},{y1:.1f} {x2:.1f},{y2:.1f}", "currentColor", "6 3")
    dots = zip(frame.across(across), frame.up(up), strict=True)
    drawn = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.5"/>' for a, b in dots)
    body += f'<g fill="{MARK}" fill-opacity="{OF_A_POINT}">{drawn}</g>'
    described = f"{len(across)} points; {x.label} across, {y.label} upwards."
    return picture(name, title, described, body, widest=WIDEST)


def bars(name: str, title: str, counts: AnyArray, edges: Array, x: Axis, y: Axis) -> str:
    """A histogram: ``counts`` (n,) between ``edges`` (n + 1,).

    >>> picture = bars("h", "Weights", np.array([1, 2]), np.array([0.0, 1.0, 2.0]), Axis("w"), Axis("weights"))
    >>> picture.count("<rect")
    2
    """
    frame = Frame(_range([edges], x), _range([np.append(counts, 0)], y))
    left, top, floor = frame.across(edges), frame.up(counts), float(frame.up(0))
    drawn = "".join(
        f'<rect x="{a:.1f}" y="{b:.1f}" width="{max(0.5, c - a - 0.8):.1f}" height="{floor - b:.1f}"/>'
        for a, c, b in zip(left, left[1:], top, strict=False)
    )
    body = _axes(frame, x, y) + f'<g fill="{MARK}">{drawn}</g>'
    peak = int(np.argmax(counts))
    described = (
        f"{int(counts.sum()):,} in {len(counts)} bars from {number(edges[0])} to {number(edges[-1])}; the highest, "
        f"{int(counts[peak]):,}, stands at {number(edges[peak])} to {number(edges[peak + 1])}."
    )
    return picture(name, title, described, body, widest=WIDEST)


def _finite(values: Array) -> AnyArray:
    near: AnyArray = np.abs(values) < HUGE  # false for NaN
    return near


def _thinned(one: Series) -> Series:
    kept = some_rows(len(one.x), MOST_POINTS)
    y = np.asarray(one.y, np.float64)[kept]
    return replace(one, x=np.asarray(one.x, np.float64)[kept], y=np.where(_finite(y), y, np.nan))


def _range(values: Sequence[Array], axis: Axis) -> tuple[float, float]:
    everything = np.concatenate([*(np.ravel(v) for v in values), np.array(axis.at_least, np.float64)])
    everything = everything[_finite(everything)]
    low, high = (float(everything.min()), float(everything.max())) if len(everything) else (0.0, 1.0)
    if high - low <= max(1e-9 * max(abs(low), abs(high)), SMALL):
        spread = 1.0 if axis.whole or abs(low) < SMALL else abs(low) / 2
        low, high = low - spread, high + spread
    if axis.whole:
        return low, high
    around = ticks(low, high)
    return around[0], around[-1]


def _axes(frame: Frame, x: Axis, y: Axis) -> str:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    body = ""
    for value in ticks(*frame.y):
        if frame.y[0] <= value <= frame.y[1]:
            up = float(frame.up(value))
            body += _grid(LEFT, up, right, up)
            body += text(LEFT - 6, up + 4, _label(y, value, frame.y), anchor="end")
    for value in ticks(*frame.x, whole=x.whole):
        if frame.x[0] <= value <= frame.x[1]:
            across = float(frame.across(value))
            body += _grid(across, TOP, across, bottom)
            label = _label(x, value, frame.x)
            inside = min(across, WIDTH - LETTER * len(label) / 2)  # that of the last tick is not cut off
            body += text(inside, bottom + 16, label, anchor="middle")
    body += text((LEFT + right) / 2, HEIGHT - 8, x.label + x.note, anchor="middle")
    return body + text(4, 16, y.label, more=' font-weight="600"')


def _label(axis: Axis, value: float, shown: tuple[float, float]) -> str:
    if axis.write is not None:
        return axis.write(value)
    digits = 10 if 1e-3 <= max(map(abs, shown)) < 1e6 else 3
    return f"{value:.{digits}g}".replace("-", "−")


def _grid(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="currentColor" stroke-opacity=".16"/>'


def _line(points: str, colour: str, dash: str) -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    look = f'fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"{dashes}'
    return f'<polyline points="{points}" {look}/>'


def _marker(kind: str, x: float, y: float, colour: str) -> str:
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
    return f'<rect x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6" fill="{colour}"/>'


def _legend(series: Sequence[Series], styles: Sequence[tuple[str, str, str]]) -> str:
    body, x = "", float(WIDTH - RIGHT)
    for one, (colour, dash, marker) in reversed(list(zip(series, styles, strict=True))):
        x -= 7 * len(one.name)
        body += text(x, 16, one.name)
        body += _line(f"{x - 26:.1f},12 {x - 4:.1f},12", colour, dash) + _marker(marker, x - 15, 12, colour)
        x -= 38
    return body


def _describe(series: Sequence[Series], x: Axis, y: Axis) -> str:
    """What the lines say, in words: where each begins and ends, and its extremes."""
    said = []
    for one in series:
        there = np.flatnonzero(np.isfinite(one.y))
        if not len(there):
            continue
        first, last, low, high = there[0], there[-1], *(there[f(one.y[there])] for f in (np.argmin, np.argmax))
        said.append(
            f"{one.name}: {number(one.y[first])} at {x.label} {number(one.x[first])}, "
            f"{number(one.y[last])} at {number(one.x[last])}; least {number(one.y[low])} at {number(one.x[low])}, "
            f"greatest {number(one.y[high])} at {number(one.x[high])}."
        )
    return f"{y.label} over {x.label}. " + " ".join(said)
