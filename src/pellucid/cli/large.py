"""Tables larger than memory, for the commands that read data: which they are, their scores, some of their rows."""

from typing import BinaryIO

from pellucid import datasets, tables
from pellucid._text import csv_line
from pellucid.cli.answers import cells, columns, entries, named
from pellucid.core.arrays import AnyArray
from pellucid.datasets import Parts, PlannedRows
from pellucid.model.model import Model, check_answers
from pellucid.runs.scores import Tally


def large_table(data: str, model: Model) -> Parts | None:
    """The table that a path or a pattern names, where it is too large for memory and the model takes tables."""
    return None if model.preprocessing is None or data == "-" else datasets.large_table(data, model.preprocessing.names)


def tallied(model: Model, parts: Parts, stream: BinaryIO | None, limit: int | None) -> Tally:
    """The scores of a model on a table, in one pass; its truth and prediction row by row go to ``stream``."""
    tally, plan = Tally(model), tables.plan_of(model)
    share = None if limit is None else limit / max(parts.size().rows, 1)
    if stream is not None:
        head = ["row", *named(model, "truth", "values", "probabilities"), *columns(model)]
        stream.write(csv_line(head).encode(errors="backslashreplace"))
    target = str(model.data.get("target"))
    of_rows = datasets.rows_like(
        parts,
        plan,
        target=target,
        classes=model.classes,
        weights=model.data.get("weights"),
        dtype=model.network.dtype,
        share=share,
    )
    for found in of_rows:
        outputs = check_answers(tally.add(found.samples), found.place)
        if stream is not None:
            stream.write(_lines(model, found, outputs).encode(errors="backslashreplace"))
    if not tally.samples:
        raise datasets.no_rows(parts, target)
    return tally


def _lines(model: Model, found: PlannedRows, outputs: AnyArray) -> str:
    """The rows of a block, which count from 1 over all parts, with truth and prediction."""
    plan, y = tables.plan_of(model), found.samples.y
    truths: list[list[object]] = (
        [[model.class_names[k]] for k in y.ravel().tolist()] if model.classes is not None else plan.in_units(y).tolist()
    )
    rows = (found.first + found.rows + 1).tolist()
    answers = zip(rows, truths, entries(model, outputs), strict=True)
    return "".join(csv_line([row, *truth, *cells(entry)]) for row, truth, entry in answers)
