"""A picture of all trials: an upright axis for each setting and one for the dev loss, and a line through them a trial.

A file of its own, in the light look of the pages, with a title and a description for those who do not see it.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pellucid._text import counted, escape, number
from pellucid.render import svg
from pellucid.render.palette import tokens
from pellucid.sweeps.space import Axis, Space
from pellucid.sweeps.store import Trial, best_of, counts
from pellucid.sweeps.trial import COMPLETE

SIDE, BETWEEN, TOP, HEIGHT, BOTTOM = 70, 132, 84, 300, 46  # pixels
MOST_TICKS = 7


def picture(space: Space, trials: Sequence[Trial], importance: Mapping[str, float]) -> str:
    """The picture of some trials as the text of an SVG file."""
    ended = [trial for trial in trials if trial.outcome is not None]
    best, losses = best_of(ended), _losses(ended)
    low, high = _ends(losses)
    width = 2 * SIDE + BETWEEN * len(space)
    title = f"Settings and dev loss of {counted(len(ended), 'trial')}"
    body = f'<rect width="{width}" height="{TOP + HEIGHT + BOTTOM}" fill="{tokens()["surface"]}"/>'
    body += svg.text(SIDE - 50, 26, title, more=' font-weight="600" font-size="16"')
    for trial in sorted(ended, key=lambda trial: (trial is best, _is_whole(trial))):
        body += _line(space, trial, (low, high), is_best=trial is best)
    for k, axis in enumerate(space.values()):
        share = f"explains {100 * importance[axis.name]:.0f} %" if axis.name in importance else ""
        body += _axis(k, axis.name.replace("_", "-"), share, _ticks(axis))
    marks = [(_height(value, low, high, log=low > 0), number(value)) for value in _marks(low, high)]
    body += _axis(len(space), "dev loss", "", marks)
    body += _legend()
    drawn = svg.picture("sweep", title, _described(space, ended, best, importance), body, width=width,
                        height=TOP + HEIGHT + BOTTOM)  # fmt: skip
    return drawn.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" color="{tokens()["ink"]}" ', 1)


def _losses(trials: Sequence[Trial]) -> list[float]:
    return [value for value in map(_loss, trials) if value is not None]


def _is_whole(trial: Trial) -> bool:
    return trial.outcome is not None and trial.outcome.state == COMPLETE


def _loss(trial: Trial) -> float | None:
    """The dev loss that a trial came to; of one that was stopped the last."""
    assert trial.outcome is not None
    return trial.outcome.value if trial.outcome.value is not None else next(reversed(trial.outcome.losses), None)


def _ends(losses: Sequence[float]) -> tuple[float, float]:
    low, high = (min(losses), max(losses)) if losses else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5 * (abs(low) or 1), high + 0.5 * (abs(high) or 1))


def _height(value: float, low: float, high: float, *, log: bool) -> float:
    """How far up an axis a number stands, from 0 to 1."""
    if log:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return (value - low) / (high - low)


def _marks(low: float, high: float) -> list[float]:
    """Numbers to write beside an axis: its ends, and round ones well between them."""
    between = [value for value in svg.ticks(low, high) if low < value < high]
    if low > 0 and high / low > 30:
        between = [10.0**k for k in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)]
    log = low > 0
    near = 0.06
    kept = [value for value in between if near < _height(value, low, high, log=log) < 1 - near]
    return [low, *kept[:MOST_TICKS], high]


def _ticks(axis: Axis) -> list[tuple[float, str]]:
    """Where texts stand beside the axis of a setting."""
    if axis.choices:
        shown = axis.choices if len(axis.choices) <= 12 else axis.choices[:: len(axis.choices) // 12 + 1]
        return [(_up(axis, choice), choice) for choice in shown]
    between = [value for value in svg.ticks(axis.low, axis.high, whole=axis.whole) if axis.low < value < axis.high]
    if axis.log:
        between = [10.0**k for k in range(-12, 12) if axis.low < 10.0**k < axis.high]
    places = [(_up(axis, value), number(value)) for value in between]
    return [(0.0, number(axis.low)), *(place for place in places if 0.06 < place[0] < 0.94), (1.0, number(axis.high))]


def _up(axis: Axis, point: Any) -> float:
    if axis.choices:
        return axis.choices.index(point) / max(1, len(axis.choices) - 1)
    return _height(float(point), axis.low, axis.high, log=axis.log)


def _y(up: float) -> float:
    return TOP + HEIGHT * (1 - up)


def _x(place: int) -> float:
    return SIDE + BETWEEN * place


def _axis(place: int, name: str, below: str, ticks: Sequence[tuple[float, str]]) -> str:
    x, colour = _x(place), tokens()["edge"]
    drawn = f'<line x1="{x}" y1="{TOP}" x2="{x}" y2="{TOP + HEIGHT}" stroke="{colour}"/>'
    drawn += svg.text(x, TOP - 30, name, anchor="middle", more=' font-weight="600"')
    drawn += svg.text(x, TOP - 14, below, anchor="middle") if below else ""
    for up, words in ticks:
        drawn += f'<line x1="{x - 4}" y1="{_y(up):.1f}" x2="{x + 4}" y2="{_y(up):.1f}" stroke="{colour}"/>'
        halo = f' paint-order="stroke" stroke="{tokens()["surface"]}" stroke-width="3"'
        drawn += svg.text(x + 8, _y(up) + 4, words, more=halo)
    return drawn


def _line(space: Space, trial: Trial, ends: tuple[float, float], *, is_best: bool) -> str:
    assert trial.outcome is not None
    places = [(_x(k), _y(_up(axis, trial.point[axis.name]))) for k, axis in enumerate(space.values())]
    loss = _loss(trial)
    if loss is not None:
        places.append((_x(len(space)), _y(_height(loss, *ends, log=ends[0] > 0))))
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    look = _look(_is_whole(trial), is_best)
    said = f"trial {trial.number}: {trial.outcome.state}" + (f", dev loss {number(loss)}" if loss is not None else "")
    return f'<polyline points="{points}" {look}><title>{escape(said)}</title></polyline>'


def _look(is_whole: bool, is_best: bool) -> str:
    colours = tokens()
    if is_best:
        return f'fill="none" stroke="{colours["neg"]}" stroke-width="3"'
    if is_whole:
        return f'fill="none" stroke="{colours["pos"]}" stroke-width="1.2" stroke-opacity=".55"'
    return f'fill="none" stroke="{colours["edge"]}" stroke-opacity=".55" stroke-dasharray="4 3"'


def _legend() -> str:
    drawn, x, y = "", SIDE - 50.0, TOP + HEIGHT + 30
    kinds = (("the best", True, True), ("came to its end", True, False), ("was stopped", False, False))
    for words, whole, is_best in kinds:
        drawn += f'<polyline points="{x},{y - 4} {x + 26},{y - 4}" {_look(whole, is_best)}/>'
        drawn += svg.text(x + 32, y, words)
        x += 32 + 8.0 * len(words) + 16
    return drawn


def _described(space: Space, trials: Sequence[Trial], best: Trial | None, importance: Mapping[str, float]) -> str:
    """What the picture shows, in words."""
    ways = ", ".join(f"{count} {state}" for state, count in counts(list(trials)).items() if count)
    said = f"A line for each of {counted(len(trials), 'trial')} ({ways}), through its settings to its dev loss."
    if best is not None and best.outcome is not None and best.outcome.value is not None:
        where = ", ".join(f"{name.replace('_', ' ')} {space[name].text(point)}" for name, point in best.point.items())
        said += f" The least dev loss, {number(best.outcome.value)}, is that of trial {best.number}: {where}."
    if importance:
        shares = ", ".join(f"{name.replace('_', ' ')} {100 * share:.0f} %" for name, share in importance.items())
        said += f" How much of the differences each setting explains: {shares}."
    return said
