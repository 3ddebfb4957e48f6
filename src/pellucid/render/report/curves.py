"""How training went: loss and score by epoch, the learning rate, and the size of the gradient."""

from collections.abc import Sequence

import numpy as np

from pellucid._text import number, percent
from pellucid.core.arrays import some_rows
from pellucid.core.progress import History
from pellucid.render.notebook.summaries import CURVES, curve
from pellucid.render.report.html import Section, disclosure, figure, grid, paragraph, table

STEPS = (  # what was done at them, beside what came of it
    ("rate", "Learning rate", ("learning_rate",)),
    ("gradient", "Length of the gradient", ("gradient_norm",)),
)
ROWS = 50  # of a table beside a chart


def training_curves(history: History) -> Section:
    """Each quantity of the history as a chart, with the same numbers as a table."""
    made = paragraph("No epoch was trained.") if not len(history) else _charts(history)
    return Section("course", "Curves", "How training went", made)


def _charts(history: History) -> str:
    course, steps = (
        grid([_chart(history, *chart) for chart in charts if not np.isnan(history[chart[2][0]]).all()])
        for charts in (CURVES, STEPS)
    )
    note = (
        "Train figures are the mean over an epoch's batches as they were trained, so they stand at its middle; dev "
        "figures are those at its end. Better on train than on dev, and ever more so, is learning by heart. "
        "The learning rate and the gradient are those of an epoch's last step."
    )
    return course + disclosure("Learning rate, and length of the gradient", steps) + paragraph(note, kind="note")


def _chart(history: History, name: str, title: str, columns: Sequence[str]) -> str:
    columns = [column for column in columns if not np.isnan(history[column]).all()]
    epochs = history["epoch"]
    drawn = curve(history, f"course-{name}", title, columns)
    kept = some_rows(len(history), ROWS)
    rows = [[f"{int(epochs[k])}", *(_cell(history[column][k], name) for column in columns)] for k in kept]
    heads = ["epoch", *(column.replace("_", " ") for column in columns)]
    return figure(drawn, as_table=table(f"{title} by epoch", heads, rows))


def _cell(value: float, name: str) -> str:
    return percent(value) if name == "accuracy" else number(value)
