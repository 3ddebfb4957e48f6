"""Which columns of a table the score hangs on: permutation importance, on as many rows as keep the report quick."""

import shlex
from typing import NamedTuple

import numpy as np

from pellucid._text import counted, escape, number, percent
from pellucid.core.errors import InputError
from pellucid.datasets import Samples, WeightedSamples
from pellucid.render.names import distinct
from pellucid.render.report.html import Cell, Section, bar, paragraph, table
from pellucid.render.report.subject import Subject, looked_at
from pellucid.tables import Importance, importance

REPEATS, SEED = 5, 0  # as ``pellucid importance`` has them
MOST_ROWS, LEAST_ROWS = 2_000, 50
PREDICTIONS = 500_000  # of all shuffles together
WORK = 2_000_000_000  # multiply-adds of all shuffles together
SHOWN = 20


class Found(NamedTuple):
    """How much each column matters, the greatest first, on the first ``rows`` rows of ``total`` in a part."""

    columns: list[Importance]
    part: str
    rows: int
    total: int


def find(about: Subject) -> Found | None:
    """The importance of a table's columns; None without its data, or where it would take too long."""
    plan, seen = about.model.preprocessing, looked_at(about.dataset)
    if plan is None or seen is None:
        return None
    part, samples = seen
    each = sum(layer.W.size for layer in about.network.layers)
    shuffles = len(plan.columns) * REPEATS
    most = min(MOST_ROWS, PREDICTIONS // shuffles, WORK // (shuffles * each))
    rows = min(most, len(samples.X))
    if most < LEAST_ROWS or rows < 2:
        return None
    try:
        columns = importance(about.model, _first(samples, rows), repeats=REPEATS, rng=np.random.default_rng(SEED))
    except InputError:  # the network's answers are no numbers
        return None
    return Found(columns, part, rows, len(samples.X))


def _first(samples: Samples | WeightedSamples, rows: int) -> Samples | WeightedSamples:
    first = samples._replace(X=samples.X[:rows], y=samples.y[:rows])
    return first._replace(weights=first.weights[:rows]) if isinstance(first, WeightedSamples) else first


def columns(about: Subject, found: Found | None) -> Section | None:
    """The columns that matter most, with bars; or how to find them, where it takes longer than a page may."""
    if found is None:
        return None if about.dataset is None else _later(about)
    score = "R²" if about.model.classes is None else "accuracy"
    form = number if score == "R²" else percent
    shown = found.columns[:SHOWN]
    most = max((column.drop for column in shown), default=0.0)
    rows: list[list[Cell]] = [
        [
            name,
            bar(column.drop / most if most > 0 else 0.0),
            form(column.drop),
            f"± {form(column.spread)}",
            number(column.loss),
        ]
        for name, column in zip(distinct([column.name for column in shown], 40), shown, strict=True)
    ]
    some = f"the first {found.rows:,} of " if found.rows < found.total else ""
    caption = f"What the {score} loses when a column is shuffled, mean of {REPEATS}, on {some}"
    caption += f"{found.total:,} {found.part} rows"
    made = table(caption, ["column", "", f"{score} lost", "spread", "loss gained"], rows, left=2)
    if len(found.columns) > SHOWN:
        made += paragraph(f"and {counted(len(found.columns) - SHOWN, 'column')} more, which matter less.", kind="note")
    words = "All inputs of a column are shuffled together. Columns that say the same share their importance."
    return Section("importance", "Importance", "Which columns matter", made + paragraph(words, kind="note"))


def _later(about: Subject) -> Section:
    line = f"pellucid importance {shlex.quote(str(about.folder))}"
    words = paragraph("To shuffle each column, and ask the network again, takes too long for a page. To see it:")
    return Section(
        "importance", "Importance", "Which columns matter", f"{words}<pre><code>{escape(line, 4000)}</code></pre>\n"
    )
