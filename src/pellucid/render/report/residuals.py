"""Where values are predicted: predicted against true, how the errors are spread, and the largest of them."""

import math

import numpy as np

from pellucid._text import number, shortened
from pellucid.analysis.class_report import worst
from pellucid.core.arrays import AnyArray, Array, some_rows
from pellucid.render import svg
from pellucid.render.report.confusion import where
from pellucid.render.report.held import Held
from pellucid.render.report.html import Section, figure, grid, paragraph, table
from pellucid.render.report.subject import Seen, Subject
from pellucid.render.svg import Axis, Series

SHOWN = 24
MOST_OUTPUTS = 4  # of a regression that are drawn
MOST_POINTS = 500
BINS = 25


def residuals(about: Subject, seen: Seen, held: Held) -> Section:
    """Predicted against true, how the errors are spread, and the largest of them."""
    guessed = np.asarray(seen.outputs, np.float64)
    truth = np.asarray(seen.y, np.float64).reshape(guessed.shape)
    outputs = range(min(MOST_OUTPUTS, guessed.shape[1]))
    charts = [chart for k in outputs for chart in _charts(k, _output(about, k), guessed[:, k], truth[:, k])]
    drawn, largest = grid(charts), _largest(about, held, guessed, truth)
    if guessed.shape[1] > MOST_OUTPUTS:
        drawn += paragraph(f"The first {MOST_OUTPUTS} of {guessed.shape[1]:,} outputs are drawn.", kind="note")
    target = f"{_output(about, 0)}, on" if guessed.shape[1] == 1 and about.model.preprocessing is not None else "On"
    words = paragraph(f"{target} {where(about, seen)}.")
    return Section("errors", "Errors", "Predicted against true", words + drawn + largest)


def _output(about: Subject, k: int) -> str:
    plan = about.model.preprocessing
    if plan is not None and plan.targets:
        return shortened(plan.targets[k].name)
    target = shortened(about.settings.target or "value", 24)
    return target if about.network.sizes[-1] == 1 else f"output {k}"


def _charts(k: int, name: str, guessed: Array, truth: Array) -> list[str]:
    error = guessed - truth
    kept = some_rows(len(truth), MOST_POINTS)
    title = f"{name.capitalize()}: predicted against true"
    points = Series("", truth[kept], guessed[kept])
    drawn = svg.scatter(f"values-{k}", title, points, Axis(f"true {name}"), Axis("predicted"), diagonal=True)
    some = some_rows(len(truth), 25)
    rows = [[number(truth[i]), number(guessed[i]), number(error[i])] for i in some]
    part = f"{len(kept):,} of {len(truth):,} samples; " if len(kept) < len(truth) else ""
    caption = title + (f", {len(some)} samples" if len(some) < len(truth) else "")
    listed = table(caption, ["true", "predicted", "error"], rows)
    first = figure(drawn, f"{part}{'on' if part else 'On'} the dashed line a prediction is right.", listed)
    counts, edges = _counted(error)
    title = f"{name.capitalize()}: errors"
    drawn = svg.bars(f"errors-{k}", title, counts, edges, Axis("predicted − true"), Axis("samples"))
    rows = [[f"{number(a)} to {number(b)}", f"{c:,}"] for a, b, c in zip(edges, edges[1:], counts, strict=False)]
    words = f"Mean {number(float(error.mean()))}, standard deviation {number(float(error.std()))}."
    return [first, figure(drawn, words, table(title, ["error", "samples"], rows))]


def _counted(error: Array) -> tuple[AnyArray, Array]:
    """How many errors (n,) lie between which edges: of those that can be counted, which the largest floats cannot."""
    near = error[np.abs(error) < svg.HUGE].astype(np.float64)
    try:
        return np.histogram(near, min(BINS, max(5, math.isqrt(len(error)) + 1)))
    except ValueError:  # they lie too near each other to be told apart
        return np.array([len(near)]), np.array([near.min(), near.max()])


def _largest(about: Subject, held: Held, guessed: Array, truth: Array) -> str:
    """The samples with the largest errors, output by output taken together."""
    size = np.abs(guessed - truth).max(axis=1)
    of = [] if about.model.preprocessing is not None and guessed.shape[1] == 1 else ["of"]
    rows = []
    for k in worst(size, SHOWN):
        j = int(np.abs(guessed[k] - truth[k]).argmax())
        numbers = (truth[k, j], guessed[k, j], guessed[k, j] - truth[k, j])
        output = [_output(about, j)] * len(of)
        rows.append([held.number(k), *output, *(number(float(v)) for v in numbers), *held.cells(k)])
    named = [held.one, *of, "true", "predicted", "error", *held.heads]
    return table("The largest errors" + held.caption, named, rows, left=1 + len(of))
