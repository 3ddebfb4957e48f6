"""What a table's rows have as targets: which columns they are, which rows have them, and whether they are classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pellucid._text import listed
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Indices, RawArrays
from pellucid.datasets.frames.coerce import values_as
from pellucid.datasets.frames.column import Column, are_whole, called
from pellucid.datasets.frames.frame import Frame
from pellucid.datasets.frames.marks import EMPTY, USUAL, given_marks
from pellucid.datasets.labels import class_labels, decide_task, values
from pellucid.model.levels import EXACT
from pellucid.model.preprocessing import Preprocessing

FEW_TEXTS = 20  # different ones, which are a category, or classes, however few the rows are
MOST_DIFFERENT = 0.5  # different texts in all, above which they tell rows apart, not groups of them
CLASS_SHARE = 0.05  # of the rows, from which a mark of missing values is rather the name of a class
USUAL_NAMES = ("target", "label", "class", "y")  # taken where nobody says which


def target_names(frame: Frame, target: str | None, plan: Preprocessing | None = None) -> tuple[str, ...]:
    """Return the columns to predict: the one called so, or several with commas between, in the order of a ``plan``.

    Raises InputError where there are none, or others than the plan of a network to go on with predicts.
    """
    known = () if plan is None else tuple(scale.name for scale in plan.targets)
    if target is None and not known:
        usual = [name for name in USUAL_NAMES if name in frame.stored]
        if not usual:
            raise InputError(
                f"{frame.name}: say which column to predict: target='NAME'; its columns are {listed(frame.names)}"
            )
        return (usual[0],)
    if target is None:
        names = known
    else:
        names = (target,) if target in frame.stored else tuple(name.strip() for name in target.split(","))
    for name in names:
        if name not in frame.stored:
            raise frame.lacks(name, " for the target")
    if len(set(names)) < len(names):
        raise InputError(f"target={target!r}: names a column twice; name each once")
    if known and set(known) != set(names):
        raise InputError(
            f"{frame.name}: the network to go on with predicts {', '.join(known)}, not {', '.join(names)}: "
            f"take target={','.join(known)!r}, or train a new network"
        )
    return known or names


def target_columns(
    frame: Frame, names: Sequence[str], task: str, asked: Mapping[str, str]
) -> tuple[dict[str, Column], list[str]]:
    """Return what the columns to predict hold, and what is to be said of it.

    A mark of missing values that stands in many rows of a column of classes, as "none" may, is a class there, unless
    it is named as one that means missing. Raises InputError for columns that cannot be targets.
    """
    found, notes = {}, []
    for name in names:
        column = frame.columns[name]
        kind = asked.get(name) or ("number" if task == "regression" and column.kind == "text" else None)
        if column.values is None or (column.kind == "date" and kind is None):
            what = column.why if column.values is None else "dates"
            raise InputError(f"{frame.name}: the target {name!r} is {what}; predict numbers, text or yes and no")
        if kind is not None:
            found[name] = _as_asked(frame, name, kind)
            continue
        oddity = frame.oddity(name)
        if oddity is not None:
            raise InputError(oddity)
        marks = _frequent_marks(frame, name) if column.kind in ("text", "boolean") else {}
        if marks:
            column = Column("text", _texts_with(frame, name, set(marks)))
            said = ", ".join(f"{mark!r} ({count:,} rows)" for mark, count in marks.items())
            one = next(iter(marks))
            notes.append(
                f"column {called(name)}: {said} taken as a class; where it means missing: missing={{{name!r}: {one!r}}}"
            )
        found[name] = column
    return found, notes


def _as_asked(frame: Frame, name: str, kind: str) -> Column:
    """A target as numbers, or as the texts that it holds."""
    if kind == "category":
        return Column("text", _texts_with(frame, name, USUAL - EMPTY))
    form = frame.columns[name].form
    values = values_as(frame, name, "number", form=form)
    return Column("number", values, form=form)


def _frequent_marks(frame: Frame, name: str) -> dict[str, int]:
    """The usual marks that stand in so many rows of a column that they rather are a class, and in how many."""
    texts = _texts_with(frame, name, USUAL - EMPTY)
    possible = USUAL - given_marks(frame.missing, name)
    counts = Counter(text for text in texts if text is not None and text.lower() in possible)
    return {text: count for text, count in sorted(counts.items()) if count >= CLASS_SHARE * frame.rows}


def _texts_with(frame: Frame, name: str, kept: Collection[str]) -> AnyArray:
    """The texts of a column (n,), None for a gap; some marks of missing values are no gaps."""
    empty = replace(frame, missing=(*frame.missing, f"{name}="))
    known = {mark.lower() for mark in kept}
    texts = values_as(empty, name, "category")
    return np.array([None if t is not None and t.lower() in USUAL - known else t for t in texts], object)


def class_texts(frame: Frame, name: str, classes: Sequence[str]) -> AnyArray:
    """The texts of a target (n,) that a model tells apart, None for a gap; a mark that is a class is no gap."""
    return _texts_with(frame, name, [each for each in classes if each.lower() in USUAL])


def rows_with_target(frame: Frame, columns: Mapping[str, Column]) -> Indices:
    """Return the rows whose targets are all there."""
    there = np.ones(frame.rows, bool)
    for column in columns.values():
        there &= ~column.gaps
    rows = np.flatnonzero(there)
    if not len(rows):
        raise InputError(f"{frame.name}: the target {', '.join(columns)!r} is empty in every row; name another one")
    return rows


def targets_of(frame: Frame, columns: Mapping[str, Column], rows: Indices) -> RawArrays:
    """Return the targets of some rows as a table without inputs, y (n,) or (n, k), as the other files have them."""
    if len(columns) > 1:
        y: AnyArray = np.stack([_as_number(frame, name, column)[rows] for name, column in columns.items()], axis=1)
    else:
        (column,) = columns.values()
        assert column.values is not None
        y = column.values[rows]
        if column.kind == "boolean":
            y = y.astype(bool)
        elif column.kind == "number" and are_whole(y) and bool((np.abs(y) < EXACT).all()):
            y = y.astype(np.int64)
    return RawArrays(frame.name, np.empty((len(rows), 0)), y, (), None, form="parquet", first=frame.first, rows=rows)


def _as_number(frame: Frame, name: str, column: Column) -> AnyArray:
    number = column.kind in ("number", "boolean") and column.values is not None
    values = column.values if number else values_as(frame, name, "number", form=column.form)
    return np.asarray(values)


def encoded(
    frame: Frame, columns: Mapping[str, Column], rows: Indices, task: str, plan: Preprocessing | None
) -> tuple[tuple[str, ...] | None, AnyArray]:
    """Return the classes and the index of each of some rows among them (n,), or None and values (n, k).

    Classes of yes and no are called as the file calls them, and numbers with a unit as they are written. Raises
    InputError for what cannot be learned, and for values where a network to go on with, whose ``plan`` it is, tells
    classes apart.
    """
    answers = targets_of(frame, columns, rows)
    if plan is not None and plan.targets and task == "auto":
        task = "regression"
    name, column = next(iter(columns.items()))
    if decide_task(answers, task) == "classification":
        if task == "auto" and plan is None and column.kind == "text":
            _refuse_many(frame, name, column, rows)
        if column.kind == "number" and column.form:
            answers = replace(answers, y=values_as(frame, name, "category")[rows])
        classes, y = class_labels(answers)
        return (column.words if column.kind == "boolean" else classes), y
    if plan is not None and not plan.targets:
        raise InputError(
            f"{frame.name}: the network to go on with tells classes apart, but {', '.join(columns)} holds values: "
            "train a new network"
        )
    y = values(answers)
    if len(y) > 1 and bool((y == y[0]).all()):
        raise InputError(
            f"{answers.name}: the target is {y[0, 0]:g} in every row, so there is nothing to learn; name another one"
        )
    return None, y


def _refuse_many(frame: Frame, name: str, column: Column, rows: Indices) -> None:
    """Raise InputError for texts of which nearly each row has its own: names, say, but no classes."""
    assert column.values is not None
    different = len(set(column.values[rows]))
    if different > FEW_TEXTS and different > MOST_DIFFERENT * len(rows):
        why = f"it {column.why}; " if column.why else ""
        raise InputError(
            f"{frame.name}: the target {name!r} is text with {different:,} different values in {len(rows):,} rows, too "
            f"many for classes; {why}name another target, or say that they are classes: task='classification'"
        )
