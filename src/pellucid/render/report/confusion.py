"""Which classes are taken for which: the confusion matrix, and how well each class is recognised."""

import numpy as np

from pellucid._text import escape, percent, shortened
from pellucid.analysis.confusions import Confusions
from pellucid.render.report import colours
from pellucid.render.report.html import Cell, Html, Section, paragraph, table
from pellucid.render.report.subject import Seen, Subject

MOST_CLASSES = 20  # whose confusion is shown as a whole
MOST_PAIRS = 25  # of classes that are confused, where there are more
FEW = 5  # mistakes of a kind, which are never painted as deep as many
MOST_ROWS = 30  # classes with their own scores


def classes(about: Subject, seen: Seen) -> Section:
    """The confusion of classes on the samples that were looked at."""
    names = about.model.class_names
    found = Confusions.of(seen.outputs, seen.y, len(names))
    whole = len(names) <= MOST_CLASSES
    made = _matrix(found, names, where(about, seen)) if whole else _pairs(found, names, where(about, seen))
    return Section("classes", "Classes", "Which classes are taken for which", made + _scores(found, names, about.one))


def where(about: Subject, seen: Seen) -> str:
    """Which samples were looked at, in words."""
    if len(seen.X) < seen.total:
        return f"the first {len(seen.X):,} of {seen.total:,} {seen.part} {about.one}s"
    return f"{seen.total:,} {seen.part} {about.one}s"


def _matrix(found: Confusions, names: tuple[str, ...], samples: str) -> str:
    matrix = found.matrix()
    off = matrix - np.diag(matrix.diagonal())
    totals = np.maximum(1, matrix.sum(axis=1))
    worst = max(FEW, int(off.max()))
    rows: list[list[Cell]] = []
    for i, name in enumerate(names):
        row: list[Cell] = [_name(name)]
        for j, times in enumerate(matrix[i].tolist()):
            words = f"{shortened(name)}, taken for {shortened(names[j])}: {times} times"
            if not times:
                row.append(Html('<span class="none">·</span>', title=words))
                continue
            content, colour = f"{times:,}", colours.mix(colours.VERMILLION, 0.15 + 0.7 * (times / worst))
            if i == j:
                content, colour = f"<b>{times:,}</b>", colours.mix(colours.BLUE, times / totals[i])
            row.append(Html(content, colours.style(colour), words))
        rows.append(row)
    caption = f"Rows: the true class; columns: what it was taken for. {samples[0].upper()}{samples[1:]}."
    note = "Blue, on the diagonal: right answers, the deeper the larger their share of the class. "
    note += "Orange: mistakes, the deeper the more often."
    heads: list[Cell] = ["true ↓ taken for →", *(_name(name, 12) for name in names)]
    return table(caption, heads, rows, kind="heat") + paragraph(note, kind="note")


def _name(name: str, longest: int = 24) -> Html:
    cut = shortened(name, longest)
    return Html(escape(cut), title=shortened(name, 200) if cut != name else "")


def _pairs(found: Confusions, names: tuple[str, ...], samples: str) -> str:
    """The classes that are confused most often, in place of a matrix that nobody could read."""
    each = found.scores()
    rows = [
        [shortened(names[i]), shortened(names[j]), f"{times:,}", percent(times / each.samples[i])]
        for i, j, times in found.mistakes(MOST_PAIRS)
    ]
    if not rows:
        return paragraph(f"No class was taken for another in {samples}.")
    caption = f"The pairs that are confused most often, of {len(names):,} classes, in {samples}"
    return table(caption, ["true", "taken for", "times", "of the class"], rows, left=2)


def _scores(found: Confusions, names: tuple[str, ...], one: str) -> str:
    each = found.scores()
    order = list(range(len(names)))
    caption = "How well each class is recognised"
    if len(names) > MOST_ROWS:
        order = found.worst(MOST_ROWS)
        caption = f"The {MOST_ROWS} classes that are recognised worst, by F1"
    rows = [
        [shortened(names[k]), f"{each.samples[k]:,}", *(percent(s[k]) for s in (each.precision, each.recall, each.f1))]
        for k in order
    ]
    note = "Precision: of what was taken for the class, the share that is. "
    note += "Recall: of the class, the share that was found."
    return table(caption, ["class", f"{one}s", "precision", "recall", "F1"], rows) + paragraph(note, kind="note")
