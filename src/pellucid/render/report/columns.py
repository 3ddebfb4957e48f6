"""What was understood of each column of a table, and what became of it."""

from pellucid._text import shortened
from pellucid.datasets.frames.infer import describe
from pellucid.render.report.html import Cell, Section, paragraph, table
from pellucid.render.report.subject import Subject

MOST = 200  # columns that have a row


def columns(about: Subject) -> Section | None:
    """The columns of the table that the run learned from; None where it learned from something else."""
    plan = about.model.preprocessing
    if plan is None:
        return None
    if about.dataset is not None:
        told = about.dataset.understood
    else:
        told = tuple(describe(column, 0) for column in plan.columns)
    rows: list[list[Cell]] = [
        [shortened(column.name), column.kind, column.becomes, f"{column.missing:,}" if column.missing else "",
         str(column.inputs or "")]
        for column in told[:MOST]
    ]  # fmt: skip
    made = table("Each column of the table", ["column", "is", "becomes", "missing", "inputs"], rows, left=3)
    if len(told) > MOST:
        made += paragraph(f"The first {MOST} of {len(told):,} columns.", kind="note")
    words = "Means, scales and levels are those of the training part; they are kept in the model file."
    return Section("columns", "Columns", "What the columns become", made + paragraph(words, kind="note"))
