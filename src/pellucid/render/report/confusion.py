"""Which classes are taken for which: the confusion matrix, and how well each class is recognised."""

import numpy as np

from pellucid._text import escape, percent, shortened
from pellucid.analysis.confusions import Confusions
from pellucid.render.report import colours
from pellucid.render.report.html import Cell, Html, Section, grid, paragraph, table, term
from pellucid.render.report.subject import Seen, Subject

MOST_CLASSES = 20  # whose confusion is shown as a whole
MOST_PAIRS = 25  # of classes that are confused, where there are more
SCALE = (1.0, 0.1, 0.01)  # shares that the key of the colours shows
MOST_ROWS = 30  # classes with their own scores
MEASURES = (
    term("precision", "of what was taken for the class, the share that is"),
    term("recall", "of the class, the share that was found"),
    term("F1", "one number for both: their harmonic mean"),
)


def classes(about: Subject, seen: Seen) -> Section:
    """The confusion of classes on the samples that were looked at."""
    names = about.model.class_names
    found = Confusions.of(seen.outputs, seen.y, len(names))
    whole = len(names) <= MOST_CLASSES
    made = _matrix(found, names, where(about, seen)) if whole else _pairs(found, names, where(about, seen))
    pieces = [f"<div>{piece}</div>" for piece in (made, _scores(found, names, about.one))]
    return Section("classes", "Classes", "Which classes are taken for which", grid(pieces, "tables"))


def where(about: Subject, seen: Seen) -> str:
    """Which samples were looked at, in words."""
    if len(seen.X) < seen.total:
        return f"the first {len(seen.X):,} of {seen.total:,} {seen.part} {about.one}s"
    return f"{seen.total:,} {seen.part} {about.one}s"


def _matrix(found: Confusions, names: tuple[str, ...], samples: str) -> str:
    matrix = found.matrix()
    shares = matrix / np.maximum(1, matrix.sum(axis=1, keepdims=True))
    rows: list[list[Cell]] = []
    for i, name in enumerate(names):
        row: list[Cell] = [_name(name)]
        for j, times in enumerate(matrix[i].tolist()):
            words = f"{shortened(name)}, taken for {shortened(names[j])}: {times} times, {percent(shares[i, j])} of it"
            if times:
                content = f"<b>{times:,}</b>" if i == j else f"{times:,}"
                row.append(Html(content, _painted(float(shares[i, j]), right=i == j), words))
            else:
                row.append(Html('<span class="none">·</span>', title=words))
        rows.append(row)
    caption = f"Rows: the true class; columns: what it was taken for. {samples[0].upper()}{samples[1:]}."
    heads: list[Cell] = ["true ↓ taken for →", *(_name(name, 12) for name in names)]
    return table(caption, heads, rows, kind="heat") + _key()


def _painted(share: float, *, right: bool) -> str:
    """The colour of a share of a class: blue where it is right, orange where it was taken for another."""
    depth = colours.stretched(share)
    return colours.style(depth if right else -depth)


def _key() -> str:
    """What the colours say: both on one scale, that of the class."""
    said = "".join(
        f'<span class="swatch" style="{_painted(share, right=right)}">{100 * share:g} %</span>'
        for right in (True, False)
        for share in (SCALE if right else SCALE[::-1])
    )
    words = (
        "Colours are shares of the true class (of its row); blue, on the diagonal: right, orange: taken for another."
    )
    return f'<p class="note">{words}</p>\n<p class="swatches" aria-hidden="true">{said}</p>\n'


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
    note += "Recall: of the class, the share that was found. F1: the harmonic mean of both."
    return table(caption, ["class", f"{one}s", *MEASURES], rows) + paragraph(note, kind="note")
