"""How training went: loss and score by epoch, the learning rate, and the size of the gradient."""

from collections.abc import Sequence

import numpy as np

from pellucid import svg
from pellucid.arrays import some_rows
from pellucid.history import History
from pellucid.report.markup import Section, figure, grid, paragraph, table
from pellucid.svg import Axis, Series
from pellucid.wording import number, percent, short_percent

CHARTS: tuple[tuple[str, str, Sequence[str]], ...] = (
    ("loss", "Loss", ("train_loss", "dev_loss")),
    ("accuracy", "Accuracy", ("train_accuracy", "dev_accuracy")),
    ("r2", "R²", ("dev_r2",)),
    ("rate", "Learning rate", ("learning_rate",)),
    ("gradient", "Length of the gradient", ("gradient_norm",)),
)
ROWS = 50  # of a table beside a chart


def course(history: History) -> Section:
    """Each quantity of the history as a chart, with the same numbers as a table."""
    if not len(history):
        return Section("course", "Curves", "How training went", paragraph("No epoch was trained."))
    made = grid([_chart(history, *chart) for chart in CHARTS if not np.isnan(history[chart[2][0]]).all()])
    note = (
        "Train figures are the mean over an epoch's batches as they were trained, dev figures those at its end; "
        "the learning rate and the gradient are those of an epoch's last step."
    )
    return Section("course", "Curves", "How training went", made + paragraph(note, kind="note"))


def _chart(history: History, name: str, title: str, columns: Sequence[str]) -> str:
    columns = [column for column in columns if not np.isnan(history[column]).all()]
    epochs = history["epoch"]
    series = [Series(column.partition("_")[0], epochs, history[column]) for column in columns]
    at_least, write = ((0.0,), None) if name != "accuracy" else ((), short_percent)
    at_least = () if name == "r2" else at_least
    axis = Axis(title.lower() if name != "r2" else title, write, at_least=at_least)
    drawn = svg.lines(f"course-{name}", f"{title} by epoch", series, Axis("epoch", whole=True), axis)
    kept = some_rows(len(history), ROWS)
    rows = [[f"{int(epochs[k])}", *(_cell(history[column][k], name) for column in columns)] for k in kept]
    heads = ["epoch", *(column.replace("_", " ") for column in columns)]
    return figure(drawn, as_table=table(f"{title} by epoch", heads, rows))


def _cell(value: float, name: str) -> str:
    return percent(value) if name == "accuracy" else number(value)
