"""A surface as one HTML page that needs nothing else: to turn, to point at, to play the path of training on."""

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

HERE = Path(__file__).parent / "browser"
SCRIPTS = ("numbers.js", "map.js", "hills.js", "controls.js")
LINES = 10


def page(surface: Surface, data: str = "") -> str:
    """The page, as HTML; ``data`` says what the samples are called.

    All that it shows is in it, and it forbids itself to load anything. Without JavaScript the tables are still there.

    >>> net_is_flat = np.array([[0.5, 0.5], [0.5, 0.5]])
    >>> flat = Surface("random", np.array([0.0, 1]), np.array([0.0, 1]), net_is_flat, 0.5, 10, "cross-entropy")
    >>> page(flat, "digits.csv").splitlines()[0]
    '<!doctype html>'
    """
    style, script = _read("page.css"), "\n\n".join(map(_read, SCRIPTS))
    return Template(_read("page.html")).substitute(
        title=escape(f"Loss landscape: {data}" if data else "Loss landscape"),
        style=style,
        policy=policy(style, script),
        about=escape(_about(surface, data), 2000),
        player="" if surface.trajectory is None else _player(surface.trajectory),
        tables=_tables(surface),
        data=json.dumps(_data(surface), allow_nan=False),
        script=script,
    )


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8").strip()


def _about(surface: Surface, data: str) -> str:
    over = f"{surface.samples:,} samples" + (f" of {data}" if data else "")
    about = (
        f"The mean {surface.loss} loss over {over}, on a plane through the trained θ, which is all weights together: "
        "at θ + α·d + β·e, where "
    )
    if surface.shares is None:
        return about + (
            "d and e are random directions in which each neuron's part is as long as its weights: at α = 1 every "
            "neuron has been changed by as much as it weighs."
        )
    first, second = (f"{100 * share:.1f} %" for share in surface.shares)
    return about + (
        f"d and e are the main directions of the path that θ took in training, with {first} and {second} of its "
        "variance; α and β are distances in the space of θ. The path is drawn where it falls on the plane; in truth "
        "it runs a little beside it, by the distances in the table below."
    )


def _player(trajectory: Trajectory) -> str:
    last = len(trajectory.steps) - 1
    return f"""<div class="player">
  <label for="step">The path of training</label>
  <div><button type="button" id="play" aria-label="Play the path">▶</button>
  <input type="range" id="step" min="0" max="{last}" value="{trajectory.chosen}"></div>
  <output id="there" for="step"></output>
</div>"""


def _tables(surface: Surface) -> str:
    places = {
        "trained θ": (surface.centre, 0.0, 0.0), "lowest on the grid": surface.lowest,
        "highest on the grid": surface.highest,
    }  # fmt: skip
    rows = [(name, [alpha, beta, loss]) for name, (loss, alpha, beta) in places.items()]
    text = "<h2>The numbers</h2>\n" + _table("extremes", ("point", "α", "β", "loss"), rows)
    if none := int((~np.isfinite(surface.losses)).sum()):
        text += f"\n<p>At {none:,} points of the grid the loss is no number.</p>"
    if (path := surface.trajectory) is not None:
        numbers = np.column_stack([path.points, path.losses, path.plane_losses, path.distances]).tolist()
        rows = [(f"{step:,}", row) for step, row in zip(path.steps, numbers, strict=True)]
        heads = ("step", "α", "β", "loss of θ", "loss on the plane", "distance from it")
        summary = "<summary>The path of training, step by step</summary>"
        text += f"\n<details>{summary}\n{_table('path', heads, rows)}\n</details>"
    return text


def _table(name: str, columns: Sequence[str], rows: Sequence[tuple[str, list[float]]]) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    body = "\n".join(
        f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{_text(number)}</td>" for number in numbers) + "</tr>"
        for first, numbers in rows
    )
    return f'''<div class="wide"><table id="{name}">
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
        "centre": surface.centre,
        "range": ends,
        "labels": surface.labels,
        "logarithmic": scale.logarithmic,
        "lines": {"log": by_factor(*ends, LINES) if scale.low > 0 else None, "linear": by_step(*ends, LINES)},
        "path": None if trajectory is None else {
            "steps": trajectory.steps, "points": _finite(trajectory.points), "losses": _finite(trajectory.losses),
            "plane": _finite(trajectory.plane_losses), "distances": _finite(trajectory.distances),
            "chosen": trajectory.chosen,
        },
    }  # fmt: skip


def _axis(values: Array) -> list[float]:
    """First, last, how many, and which of them is 0."""
    return [float(values[0]), float(values[-1]), len(values), int(np.argmin(np.abs(values)))]


def _finite(values: Any) -> Any:
    rounded = np.vectorize(lambda value: float(f"{value:.6g}") if np.isfinite(value) else None, otypes=[object])(values)
    return rounded.tolist()
