"""The samples that the network is most wrong about, each with its picture or its numbers."""

import math
import shlex

import numpy as np

from pellucid._text import escape, number, percent, shortened
from pellucid.analysis.class_report import Answers, worst
from pellucid.core.arrays import AnyArray, Array, some_rows
from pellucid.render import svg
from pellucid.render.names import distinct
from pellucid.render.report import png
from pellucid.render.report.confusion import where
from pellucid.render.report.held import Held
from pellucid.render.report.html import Section, figure, grid, paragraph, table
from pellucid.render.report.subject import Seen, Subject
from pellucid.render.svg import Axis, Series

SHOWN = 24
LONGEST = 56  # pixels of a side of a picture
MOST_OUTPUTS = 4  # of a regression that are drawn
MOST_POINTS = 500
BINS = 25


def mistakes(about: Subject, seen: Seen, held: Held) -> Section:
    """The mistakes with the least probability for the true class."""
    y = seen.y.reshape(-1).astype(np.int64)
    answers, title = Answers(seen.outputs), "What it gets wrong"
    guessed, likely = answers.labels, answers.probability(y)
    wrong = guessed != y
    if not wrong.any():
        return Section("mistakes", "Mistakes", title, paragraph(f"Nothing: all of {where(about, seen)} are right."))
    sure = answers.probability(guessed)
    rows = worst(-likely, SHOWN, among=wrong, ties=sure)
    words = (
        f"{wrong.sum():,} of {where(about, seen)} are wrong. Here are the {len(rows)} worst: those whose true class "
        f"the network thinks least likely. The arithmetic behind the first:"
    )
    run, number = shlex.quote(str(about.folder)), held.number(rows[0])
    line = (
        f"pellucid explain {run} --row {number}" if held.one == "row" else f"pellucid explain {run} --sample {number}"
    )
    names = about.model.class_names
    called = distinct(names, 24)
    truth = [(called[y[k]], called[guessed[k]], percent(float(sure[k]))) for k in rows]
    made = paragraph(words) + f"<pre><code>{escape(line)}</code></pre>\n"
    if about.model.image_shape:
        made += _pictures(about, seen, rows, truth)
    else:
        made += _rows(held, rows, truth, likely)
    return Section("mistakes", "Mistakes", title, made)


def _pictures(about: Subject, seen: Seen, worst_rows: AnyArray, truth: list[tuple[str, str, str]]) -> str:
    assert about.model.image_shape is not None
    pieces = []
    for k, (true, guessed, sure) in zip(worst_rows, truth, strict=True):
        image = png.shrunk(png.grey(seen.X[k].reshape(about.model.image_shape)), LONGEST)
        height, width = image.shape
        words = escape(f"Sample {k}: {true}, taken for {guessed}")
        source = f'<img src="{png.data_uri(image)}" width="{width}" height="{height}" alt="{words}">'
        said = f"<b>{escape(true)} → {escape(guessed)}</b> {sure}<br>sample {k}"
        pieces.append(f"<figure>{source}<figcaption>{said}</figcaption></figure>")
    note = "True class → what it was taken for, and how sure of that the network is."
    return grid(pieces, "mistakes") + paragraph(note, kind="note")


def _rows(held: Held, worst_rows: AnyArray, truth: list[tuple[str, str, str]], likely: Array) -> str:
    rows = [
        [held.number(k), true, guessed, sure, percent(float(likely[k])), *held.cells(k)]
        for k, (true, guessed, sure) in zip(worst_rows, truth, strict=True)
    ]
    named = [held.one, "true", "taken for", "how sure", "of the true one", *held.heads]
    return table("The worst mistakes" + held.caption, named, rows, left=3)


def residuals(about: Subject, seen: Seen, held: Held) -> Section:
    """Values: predicted against true, how the errors are spread, and the largest of them, of a table these first."""
    guessed = np.asarray(seen.outputs, np.float64)
    truth = np.asarray(seen.y, np.float64).reshape(guessed.shape)
    outputs = range(min(MOST_OUTPUTS, guessed.shape[1]))
    charts = [chart for k in outputs for chart in _charts(k, _output(about, k), guessed[:, k], truth[:, k])]
    drawn, largest = grid(charts), _largest(about, held, guessed, truth)
    if guessed.shape[1] > MOST_OUTPUTS:
        drawn += paragraph(f"The first {MOST_OUTPUTS} of {guessed.shape[1]:,} outputs are drawn.", kind="note")
    pieces = drawn + largest if about.model.preprocessing is None else largest + drawn
    target = f"{_output(about, 0)}, on" if guessed.shape[1] == 1 and about.model.preprocessing is not None else "On"
    words = paragraph(f"{target} {where(about, seen)}.")
    return Section("errors", "Errors", "Predicted against true", words + pieces)


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
    first = figure(drawn, f"{part}on the dashed line a prediction is right.", listed)
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
