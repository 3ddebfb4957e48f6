"""The samples that a classifier is most wrong about, each with its picture or its row, and what it says of them."""

import math
import shlex
from dataclasses import dataclass

import numpy as np

from pellucid._text import escape, number, percent
from pellucid.analysis.class_report import Answers, worst
from pellucid.core.arrays import AnyArray
from pellucid.render.names import distinct
from pellucid.render.report import png
from pellucid.render.report.confusion import where
from pellucid.render.report.held import Held
from pellucid.render.report.html import Cell, Html, Section, bar, chance, disclosure, grid, paragraph, table
from pellucid.render.report.subject import Seen, Subject

TITLE = "What it gets wrong"
SHOWN = 24
LONGEST = 56  # pixels of a side of a picture
SURE = 0.9  # the probability from which on an answer counts as sure
MOST_CLASSES = 12  # whose probabilities are all told; of more only the likeliest
WRONG_AND_SURE = '<span class="sure">⚠ sure</span>'


@dataclass(frozen=True)
class Mistakes:
    """The worst of them: ``rows`` (k,), worst first, of all answers (n,) to samples whose true classes are ``y``."""

    rows: AnyArray
    y: AnyArray
    guessed: AnyArray
    p: AnyArray  # (n, classes)
    names: list[str]

    def said(self, k: int) -> tuple[str, str]:
        """The true class of sample k, and what it was taken for."""
        return self.names[self.y[k]], self.names[self.guessed[k]]

    def sure(self, k: int) -> float:
        """How sure the network is of its answer to sample k."""
        return float(self.p[k, self.guessed[k]])

    def classes(self, k: int) -> list[int]:
        """The classes whose probabilities are told of sample k: all, in their order, or the likeliest and the true."""
        if self.p.shape[1] <= MOST_CLASSES:
            return list(range(self.p.shape[1]))
        likeliest = np.argsort(-self.p[k], kind="stable")[: MOST_CLASSES - 1].tolist()
        return likeliest if self.y[k] in likeliest else [*likeliest, int(self.y[k])]


def mistakes(about: Subject, seen: Seen, held: Held) -> Section:
    """The mistakes with the least probability for the true class."""
    y, answers = seen.y.reshape(-1).astype(np.int64), Answers(seen.outputs)
    guessed, likely = answers.labels, answers.probability(y)
    wrong = guessed != y
    if not wrong.any():
        return Section("mistakes", "Mistakes", TITLE, paragraph(f"Nothing: all of {where(about, seen)} are right."))
    sure = answers.probability(guessed)
    rows = worst(-likely, SHOWN, among=wrong, ties=sure)
    found = Mistakes(rows, y, guessed, answers.probabilities, distinct(about.model.class_names, 24))
    made = paragraph(
        f"{wrong.sum():,} of {where(about, seen)} are wrong. Here are the {len(rows)} worst: those whose true class "
        "the network thinks least likely."
    )
    made += _wrong_and_sure(wrong, sure)
    shown = _pictures(about, seen, found) if about.model.image_shape else _rows(about, held, found)
    return Section("mistakes", "Mistakes", TITLE, made + shown)


def _wrong_and_sure(wrong: AnyArray, sure: AnyArray) -> str:
    """That a network can be both, with the numbers."""
    confident = sure >= SURE
    both, many = int((wrong & confident).sum()), int(confident.sum())
    if not both:
        return ""
    words = (
        f"Wrong and sure: in {both:,} of these {wrong.sum():,} mistakes the network gave the wrong class "
        f"{100 * SURE:.0f} % or more. To be sure is not to be right: of the {many:,} answers that it was this sure of, "
        f"{percent(1 - both / many)} are right."
    )
    return paragraph(words, kind="aside")


def _pictures(about: Subject, seen: Seen, found: Mistakes) -> str:
    assert about.model.image_shape is not None
    pieces = []
    for k in found.rows.tolist():
        image = png.shrunk(png.grey(seen.X[k].reshape(about.model.image_shape)), LONGEST)
        height, width = image.shape
        true, guessed = map(escape, found.said(k))
        words = f"Sample {k}: {true}, taken for {guessed}"
        source = f'<img src="{png.data_uri(image)}" width="{width}" height="{height}" alt="{words}">'
        mark = f" {WRONG_AND_SURE}" if found.sure(k) >= SURE else ""
        said = f"<b>{true} → {guessed}</b> {chance(found.sure(k)).markup}{mark}"
        opened = disclosure(f"sample {k}", _numbers(about, found, k))
        pieces.append(f"<figure>{source}<figcaption>{said}</figcaption>{opened}</figure>")
    note = "True class → what it was taken for, and how sure of that the network is. Open one for its numbers."
    return paragraph(note, kind="note") + grid(pieces, "mistakes")


def _numbers(about: Subject, found: Mistakes, k: int) -> str:
    """What the network says of sample k: each class's probability, its loss, and how to see where they come from."""
    marks = {int(found.guessed[k]): ", its answer", int(found.y[k]): ", true"}
    rows: list[list[Cell]] = []
    for one in found.classes(k):
        p = float(found.p[k, one])
        rows.append([Html(f"{escape(found.names[one])}<small>{marks.get(one, '')}</small>"), bar(p), chance(p)])
    made = table(f"What the network says of sample {k}", ["class", "", "probability"], rows, left=2)
    p = float(found.p[k, found.y[k]])
    if about.network.loss.name == "cross-entropy" and p > 0:
        made += paragraph(f"Its loss: −ln {number(p)} = {number(-math.log(p))}", kind="note")
    return made + _explained(about, "sample", str(k))


def _explained(about: Subject, one: str, called: str) -> str:
    line = f"pellucid explain {shlex.quote(str(about.folder))} --{one} {called}"
    return paragraph("All of the arithmetic:", kind="note") + f"<pre><code>{escape(line, 4000)}</code></pre>"


def _rows(about: Subject, held: Held, found: Mistakes) -> str:
    rows: list[list[Cell]] = []
    for k in found.rows.tolist():
        sure = chance(found.sure(k))
        marked = Html(f"{WRONG_AND_SURE} {sure.markup}") if found.sure(k) >= SURE else sure
        rows.append([held.number(k), *found.said(k), marked, chance(float(found.p[k, found.y[k]])), *held.cells(k)])
    named = [held.one, "true", "taken for", "how sure", "of the true one", *held.heads]
    made = table("The worst mistakes" + held.caption, named, rows, left=3)
    numbers = [_probabilities(held.number(k), found, k) for k in found.rows.tolist()]
    listed = table("What the network says of them", [held.one, "the probability of each class"], numbers, left=2)
    first = _explained(about, held.one, held.number(int(found.rows[0])))
    return made + disclosure("The probability of each class, and where it comes from", listed + first)


def _probabilities(called: str, found: Mistakes, k: int) -> list[Cell]:
    """A row's probabilities, class by class."""
    each = (f"{escape(found.names[one])} {chance(float(found.p[k, one])).markup}" for one in found.classes(k))
    return [called, Html(", ".join(each))]
