"""What a table's rows have as targets: which columns they are, which rows have them, and whether they are classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pellucid._text import listed
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Indices, RawArrays
from pellucid.datasets.frames.coerce import as_kind
from pellucid.datasets.frames.frame import Frame
from pellucid.datasets.frames.text_columns import THOUSANDS
from pellucid.datasets.labels import class_labels, decide_task, values
from pellucid.model.preprocessing import Preprocessing

EXACT = 2.0**53  # below which each whole number is a float of its own
USUAL = ("target", "label", "class", "y")  # taken where nobody says which


def target_names(frame: Frame, target: str | None, plan: Preprocessing | None = None) -> tuple[str, ...]:
    """Return the columns to predict: the one called so, or several with commas between, in the order of a ``plan``.

    Raises InputError where there are none, or others than the plan of a network to go on with predicts.
    """
    known = () if plan is None else tuple(scale.name for scale in plan.targets)
    if target is None and not known:
        usual = [name for name in USUAL if name in frame.columns]
        if not usual:
            raise InputError(
                f"{frame.name}: say which column to predict: target='NAME'; its columns are {listed(frame.columns)}"
            )
        return (usual[0],)
    if target is None:
        names = known
    else:
        names = (target,) if target in frame.columns else tuple(name.strip() for name in target.split(","))
    for name in names:
        if name not in frame.columns:
            raise frame.lacks(name, " for the target")
    if len(set(names)) < len(names):
        raise InputError(f"target={target!r}: names a column twice; name each once")
    if known and set(known) != set(names):
        raise InputError(
            f"{frame.name}: the network to go on with predicts {', '.join(known)}, not {', '.join(names)}: "
            f"take target={','.join(known)!r}, or train a new network"
        )
    return known or names


def rows_with_target(frame: Frame, names: Sequence[str]) -> Indices:
    """Return the rows whose targets are all there."""
    there = np.ones(frame.rows, bool)
    for name in names:
        column = frame.columns[name]
        if column.values is None or column.kind == "date":
            what = column.why if column.values is None else "dates"
            raise InputError(f"{frame.name}: the target {name!r} is {what}; predict numbers, text or yes and no")
        oddity = frame.oddity(name)
        if column.why == THOUSANDS:
            oddity = f"{frame.name}: the target {name!r} {THOUSANDS}"
        if oddity is not None:
            raise InputError(oddity)
        there &= ~column.gaps
    rows = np.flatnonzero(there)
    if not len(rows):
        raise InputError(f"{frame.name}: the target {', '.join(names)!r} is empty in every row; name another one")
    return rows


def targets_of(frame: Frame, names: Sequence[str], rows: Indices) -> RawArrays:
    """Return the targets of some rows as a table without inputs, y (n,) or (n, k), as the other files have them."""
    columns = [frame.columns[name] for name in names]
    if len(columns) > 1:
        y: AnyArray = np.stack(
            [as_kind(c, "number", frame, n)[rows] for n, c in zip(names, columns, strict=True)], axis=1
        )
    else:
        values = columns[0].values
        assert values is not None
        values = values[rows]
        if columns[0].kind == "boolean":
            y = values.astype(bool)
        elif columns[0].whole and bool((np.abs(values) < EXACT).all()):
            y = values.astype(np.int64)
        else:
            y = values  # texts stay str objects
    return RawArrays(frame.name, np.empty((len(rows), 0)), y, (), None, form="parquet", first=frame.first, rows=rows)


def encoded(
    frame: Frame, names: Sequence[str], rows: Indices, task: str, plan: Preprocessing | None
) -> tuple[tuple[str, ...] | None, AnyArray]:
    """Return the classes and the index of each of some rows among them (n,), or None and values (n, k).

    Classes of yes and no are called as the file calls them. Raises InputError for what cannot be learned, and for
    values where a network to go on with, whose ``plan`` it is, tells classes apart.
    """
    answers = targets_of(frame, names, rows)
    if plan is not None and plan.targets and task == "auto":
        task = "regression"
    if decide_task(answers, task) == "classification":
        classes, y = class_labels(answers)
        column = frame.columns[names[0]]
        return (column.words if column.kind == "boolean" else classes), y
    if plan is not None and not plan.targets:
        raise InputError(
            f"{frame.name}: the network to go on with tells classes apart, but {', '.join(names)} holds values: "
            "train a new network"
        )
    y = values(answers)
    if len(y) > 1 and bool((y == y[0]).all()):
        raise InputError(
            f"{answers.name}: the target is {y[0, 0]:g} in every row, so there is nothing to learn; name another one"
        )
    return None, y
