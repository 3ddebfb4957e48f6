"""A surface as one HTML page that needs nothing else: a map to point at, the way of training to play, hills to turn."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from pellucid._pages import policy
from pellucid._text import escape
from pellucid.analysis.landscape.levels import by_factor, by_step, levels
from pellucid.analysis.landscape.surface import Surface
from pellucid.analysis.landscape.trajectory import Trajectory
from pellucid.core.arrays import Array
from pellucid.core.losses import LOSSES
from pellucid.render import web
from pellucid.render.web.modules import together

HERE = Path(__file__).parent / "browser"
LINES = 10
SIGNS = {  # as drawing.js draws them, within 20 × 20
    "start": '<circle class="{}" cx="10" cy="10" r="6"/>',
    "trained": '<path class="{}" d="M10 1.5l2.2 5.5 5.9.4-4.6 3.7 1.5 5.8-5-3.2-5 3.2 1.5-5.8-4.6-3.7 5.9-.4z"/>',
    "now": '<circle class="{}" cx="10" cy="10" r="6"/>',
    "looked": '<rect class="{}" x="4" y="4" width="12" height="12"/>',
    "way": '<path class="{}" d="M0 14L7 6l6 7 7-8"/>',
}
INNER = {"start": "hollow", "trained": "full", "now": "full", "looked": "thin", "way": "way"}
ICONS = {
    "left": "M11 2v12L4 8z", "right": "M5 2v12l7-6z", "up": "M2 11h12L8 4z", "down": "M2 5h12l-6 7z",
    "play": "M4 1v14l11-7z", "pause": "M3 2h4v12H3zM9 2h4v12H9z",
}  # fmt: skip


def page(surface: Surface, data: str = "") -> str:
    """The page, as HTML; ``data`` says what the samples are called.

    All that it shows is in it, and it forbids itself to load anything. Without JavaScript the tables are still there.

    >>> net_is_flat = np.array([[0.5, 0.5], [0.5, 0.5]])
    >>> flat = Surface("random", np.array([0.0, 1]), np.array([0.0, 1]), net_is_flat, 0.5, 10, "cross-entropy")
    >>> page(flat, "digits.csv").splitlines()[0]
    '<!doctype html>'
    """
    style, script = f"{web.look()}\n{_read('page.css')}", f'"use strict";\n{{\n{together(HERE / "start.js")}\n}}'
    return Template(_read("page.html")).substitute(
        {name: _icon(name) for name in ICONS},
        title=escape(f"Loss landscape: {data}" if data else "Loss landscape"),
        style=style,
        policy=policy([style], script),
        purpose=escape(_purpose(surface, data), 2000),
        legend=_legend(surface),
        player="" if surface.trajectory is None else _player(surface.trajectory),
        tables=_tables(surface),
        plane=escape(_plane(surface), 2000),
        plane_name="Random directions" if surface.shares is None else "Principal components (PCA)",
        data=json.dumps(_data(surface), allow_nan=False),
        script=script,
    )


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8").strip()


def _purpose(surface: Surface, data: str) -> str:
    over = f"{surface.samples:,} samples" + (f" of {data}" if data else "")
    text = (
        "One point of this map is one network, with all its weights. The colour is its loss, which says how wrong it "
        f"is on {over}: low means {_mistakes(surface)[0]}. "
    )
    if surface.trajectory is None:
        return text + (
            "The farther a point is from the trained network ★, the more its weights have been changed. Where the low "
            "ground around it is wide, small changes do little harm."
        )
    return text + "The line is the way that training took to the trained network ★; play it."


def _mistakes(surface: Surface) -> tuple[str, str]:
    """What a low and a high loss mean."""
    values = surface.loss in LOSSES and LOSSES[surface.loss].kind == "values"
    return ("small errors", "large errors") if values else ("few mistakes", "many mistakes")


def _legend(surface: Surface) -> str:
    words = {
        "start": "start of training", "trained": "trained network", "way": "way of training",
        "now": "the player", "looked": "what you look at",
    }  # fmt: skip
    if surface.trajectory is None:
        words = {name: words[name] for name in ("trained", "looked")}

    def drawn(name: str) -> str:
        return "".join(SIGNS[name].format(kind) for kind in ("seam", "light", INNER[name]))

    ramp = '<rect fill="{}" stroke="#74828e" width="20" height="20" rx="2"/>'
    low, high = _mistakes(surface)
    items = [(ramp.format("#00224e"), f"low: {low}"), (ramp.format("#fee838"), f"high: {high}")]
    items += [(drawn(name), said) for name, said in words.items()]
    return "\n".join(
        f'    <li><svg viewBox="0 0 20 20" aria-hidden="true">{picture}</svg>{said}</li>' for picture, said in items
    )


def _icon(name: str) -> str:
    return f'<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="{ICONS[name]}"/></svg>'


def _player(trajectory: Trajectory) -> str:
    losses = trajectory.losses[np.isfinite(trajectory.losses)]
    ends = f"from {_text(losses[0])} to {_text(losses[-1])}" if len(losses) else "no number"
    return Template(_read("player.html")).substitute(
        curve=_curve(trajectory.losses),
        curve_name=f"The loss along the way, {ends}",
        last=len(trajectory.steps) - 1,
        chosen=trajectory.chosen,
        play=_icon("play"),
        pause=_icon("pause"),
    )


def _curve(losses: Array) -> str:
    """The losses along the way as an SVG path in 1000 × 100, in their logarithm where they can have one."""
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = np.log(losses) if (losses[np.isfinite(losses)] > 0).all() else losses
    finite = np.isfinite(heights)
    if not finite.any():
        return ""
    low, high = heights[finite].min(), heights[finite].max()
    y = 100 - 100 * (heights - low) / ((high - low) or 1.0)
    x = np.linspace(0, 1000, len(losses))
    pen, parts = "M", []
    for k in range(len(losses)):
        if finite[k]:
            parts.append(f"{pen}{x[k]:.0f} {y[k]:.1f}")
        pen = "L" if finite[k] else "M"
    return "".join(parts)


def _plane(surface: Surface) -> str:
    about = (
        f"The map shows the mean {surface.loss} loss on a plane through the trained θ, which is all weights together: "
        "at θ + α·d + β·e, where "
    )
    if surface.shares is None:
        return about + (
            "d and e are random directions in which each neuron's part is as long as its weights: at α = 1 every "
            "neuron has been changed by as much as it weighs."
        )
    first, second = (f"{100 * share:.1f} %" for share in surface.shares)
    return about + (
        f"d and e are the main directions of the path that θ took in training, its first two principal components, "
        f"with {first} and {second} of its variance; α and β are distances in the space of θ. The path is drawn where "
        "it falls on the plane; in truth it runs a little beside it, by the distances in the table above."
    )


def _tables(surface: Surface) -> str:
    places = {
        "trained network": (surface.centre, 0.0, 0.0), "lowest on the map": surface.lowest,
        "highest on the map": surface.highest,
    }  # fmt: skip
    rows = [(name, [loss, alpha, beta]) for name, (loss, alpha, beta) in places.items()]
    text = _table("extremes", "Extremes", ("point", "loss", "α", "β"), rows)
    if none := int((~np.isfinite(surface.losses)).sum()):
        text += f"\n<p>At {none:,} points of the grid the loss is no number.</p>"
    if (path := surface.trajectory) is not None:
        numbers = np.column_stack([path.losses, path.points, path.plane_losses, path.distances]).tolist()
        rows = [(f"{step:,}", row) for step, row in zip(path.steps, numbers, strict=True)]
        heads = ("step", "loss", "α", "β", "loss on the map", "distance from it")
        name = "The way of training, step by step"
        text += f'\n<details id="steps"><summary>{name}</summary>\n{_table("path", name, heads, rows)}\n</details>'
    return text


def _table(name: str, title: str, columns: Sequence[str], rows: Sequence[tuple[str, list[float]]]) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    body = "\n".join(
        f'<tr><th scope="row">{first}</th>'
        + "".join(f'<td data-value="{number!r}">{_text(number)}</td>' for number in numbers)
        + "</tr>"
        for first, numbers in rows
    )
    return f'''<div class="wide" tabindex="0" role="region" aria-label="{title}"><table id="{name}">
<thead><tr>{head}</tr></thead>
<tbody>
{body}
</tbody></table></div>'''


def _text(number: float) -> str:
    return f"{number:.4g}".replace("-", "−") if np.isfinite(number) else "no number"


def _data(surface: Surface) -> dict[str, Any]:
    """What the script draws: the losses as the base64 of float32, row after row."""
    scale, trajectory = levels(surface), surface.trajectory
    ends = (scale.low, scale.high)
    with np.errstate(over="ignore"):
        grid = surface.losses.astype("<f4")
    grid[~np.isfinite(grid)] = np.nan
    return {
        "alphas": _axis(surface.alphas),
        "betas": _axis(surface.betas),
        "losses": base64.b64encode(grid.tobytes()).decode(),
        "range": ends,
        "labels": surface.labels,
        "logarithmic": scale.logarithmic,
        "lines": {"log": by_factor(*ends, LINES) if scale.low > 0 else None, "linear": by_step(*ends, LINES)},
        "path": None if trajectory is None else {
            "steps": trajectory.steps, "points": trajectory.points.tolist(), "losses": _finite(trajectory.losses),
            "plane": _finite(trajectory.plane_losses), "distances": trajectory.distances.tolist(),
            "chosen": trajectory.chosen,
        },
    }  # fmt: skip


def _axis(values: Array) -> list[float]:
    """First, last, how many, and which of them is 0."""
    return [float(values[0]), float(values[-1]), len(values), int(np.argmin(np.abs(values)))]


def _finite(values: Array) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]
