"""The targets of a table that comes in blocks: whether they are classes, and each row's index or values."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import RawArrays
from pellucid.datasets.frames.coerce import values_as
from pellucid.datasets.frames.column import Column, Kind
from pellucid.datasets.frames.frame import Frame
from pellucid.datasets.frames.targets import FEW_TEXTS, MOST_DIFFERENT, class_texts, targets_of
from pellucid.datasets.labels import MOST_CLASSES, MOST_LABELS, as_labels, class_names, task_of, values
from pellucid.datasets.streaming.fits import Moments
from pellucid.model.columns import Target
from pellucid.model.preprocessing import Preprocessing


class Answers:
    """The columns to predict, whose kinds are known from some rows: what all rows hold is added block by block."""

    def __init__(self, name: str, columns: Mapping[str, Column], task: str) -> None:
        self.name, self.columns, self.task = name, columns, task
        self._marks = _classes_that_look_missing(columns)
        self.labels: Counter[Any] = Counter()  # of all rows that have one, as far as they may be classes
        self.first: dict[Any, int] = {}
        self.train: Counter[Any] = Counter()  # of the training rows
        self.weights: defaultdict[Any, float] = defaultdict(float)  # of these, what they weigh together
        self.moments = [Moments() for _ in columns]
        self.least: AnyArray | None = None
        self.most: AnyArray | None = None
        self.kind = ""  # of the raw targets, as NumPy calls it
        self.classes: tuple[str, ...] | None = None
        self._places: dict[Any, int] = {}

    def read(self, frame: Frame) -> tuple[AnyArray, RawArrays | None]:
        """Return which rows of a block have targets, and those as they are; None where no row has."""
        found = {name: self._column(frame, name, column) for name, column in self.columns.items()}
        there = np.ones(frame.rows, bool)
        for column in found.values():
            there &= ~column.gaps
        rows = np.flatnonzero(there)
        return rows, targets_of(frame, found, rows) if len(rows) else None

    def _column(self, frame: Frame, name: str, known: Column) -> Column:
        if known.kind == "text":
            return Column("text", class_texts(frame, name, self._marks.get(name, ())))
        kind: Kind = "boolean" if known.kind == "boolean" else "number"
        return Column(kind, values_as(frame, name, kind, form=known.form if kind == "number" else ""), form=known.form)

    def add(self, raw: RawArrays, first: int, train: AnyArray, weights: AnyArray | None) -> None:
        """See the targets of a block that begins with row ``first`` of the table; those in ``train`` (n,) train."""
        assert raw.y is not None
        y = raw.y
        self.kind = y.dtype.kind if self.kind in ("", y.dtype.kind) else "f"  # whole numbers and others
        if y.dtype.kind != "O":
            found = values(raw)
            low, high = found.min(axis=0), found.max(axis=0)
            self.least = low if self.least is None else np.minimum(self.least, low)
            self.most = high if self.most is None else np.maximum(self.most, high)
            for k, moments in enumerate(self.moments):
                moments.add(found[train, k])
        if y.ndim == 1 and self.kind != "f" and len(self.labels) <= MOST_LABELS:
            self._count(as_labels(raw), first, train, weights)

    def _count(self, labels: AnyArray, first: int, train: AnyArray, weights: AnyArray | None) -> None:
        each = labels.tolist()
        for label in dict.fromkeys(each):
            self.first.setdefault(label, first)
        self.labels.update(each)
        self.train.update(labels[train].tolist())
        if weights is not None:
            for label in set(each):
                self.weights[label] += float(weights[train][labels[train] == label].sum())

    def settle(self, plan: Preprocessing | None) -> None:
        """Decide whether they are classes, now that all rows were seen; ``plan`` is one to go on with.

        Raises InputError for what cannot be learned.
        """
        if not self.kind:
            raise InputError(f"{self.name}: the target {', '.join(self.columns)!r} is empty in every row; name another")
        task = "regression" if self.task == "auto" and plan is not None and plan.targets else self.task
        dtype, several = np.dtype("O" if self.kind == "O" else self.kind), len(self.columns)
        if task_of(task, "parquet", dtype, 1 if several == 1 else 2, self._few) == "regression":
            if self.kind == "O":
                one = next(iter(self.labels))
                raise InputError(f"{self.name}: the target holds {one!r}, but regression needs numbers: correct it")
            if self.least is not None and self.most is not None and bool((self.least == self.most).all()):
                raise InputError(
                    f"{self.name}: the target is {self.least[0]:g} in every row, so there is nothing to learn; "
                    "name another one"
                )
            return
        table = RawArrays(self.name, np.empty((0, 0)), None, (), None, form="parquet")
        if self.kind == "f" or several > 1:
            what = f"{several} columns" if several > 1 else "fractions"
            raise InputError(
                f"{self.name}: the target holds {what}, a class is one label a row; take task='regression'"
            )
        self._refuse_many(task, plan)
        known = sorted(self.labels)
        found = np.array(known, object if self.kind == "O" else None)
        first = np.array([self.first[label] for label in known])
        self.classes = class_names(table, found, first, np.array([self.labels[label] for label in known]))
        (column,) = self.columns.values()
        if column.kind == "boolean":
            self.classes = column.words
        self._places = {label: k for k, label in enumerate(known)}

    def _few(self) -> int:
        return len(self.labels) if self.kind in "biu" else MOST_CLASSES + 1

    def _refuse_many(self, task: str, plan: Preprocessing | None) -> None:
        """Raise InputError for texts of which nearly each row has its own."""
        different, rows = len(self.labels), self.labels.total()
        if task == "auto" and plan is None and different > FEW_TEXTS and different > MOST_DIFFERENT * rows:
            raise InputError(
                f"{self.name}: the target is text with {different:,} different values in {rows:,} rows, too many for "
                "classes; name another target, or say that they are classes: task='classification'"
            )

    def scales(self, *, counts: bool) -> tuple[Target, ...]:
        """How the values are scaled; none of classes."""
        if self.classes is not None:
            return ()
        found = []
        for (name, column), moments in zip(self.columns.items(), self.moments, strict=True):
            form = column.form if column.kind == "number" else ""
            mean, scale = (0.0, moments.mean or 1.0) if counts else (moments.mean, moments.scale)
            found.append(Target(name, mean, scale, form))
        return tuple(found)

    def encoded(self, raw: RawArrays) -> AnyArray:
        """Return each target as the index of its class (n,), or values (n, k)."""
        if self.classes is None:
            return values(raw)
        return np.array([self._places[label] for label in as_labels(raw).tolist()], np.int64)


def _classes_that_look_missing(columns: Mapping[str, Column]) -> dict[str, Sequence[str]]:
    """Return the texts of each target that stand for a class, though they are marks of missing values elsewhere."""
    return {
        name: sorted({text for text in column.values if text is not None})
        for name, column in columns.items()
        if column.kind == "text" and column.values is not None
    }
