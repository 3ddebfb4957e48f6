"""The training rows of a table larger than memory: a ``Stream`` of compact rows, from a cache or the files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Pixels
from pellucid.datasets.frames.coerce import as_planned
from pellucid.datasets.frames.load_table import refuse_negative
from pellucid.datasets.streaming.compact import Compact
from pellucid.datasets.streaming.file_stream import TRAIN
from pellucid.datasets.streaming.row_cache import RowCache
from pellucid.datasets.streaming.table_parts import Place
from pellucid.datasets.streaming.table_plan import Split, TablePlan

CHUNK = 1 << 14  # rows that are unfolded together


class CompactRows(Protocol):
    """Compact training rows in blocks."""

    def spans(self, rng: np.random.Generator | None) -> Sequence[tuple[Any, int]]:
        """What blocks there are, each with how many rows it has: in the file's order, or as ``rng`` shuffles them."""

    def read(self, spans: Iterable[Any]) -> Iterator[AnyArray]:
        """Yield the rows of blocks, each in one or more pieces."""


class Decoder:
    """A table's rows, read from its files and brought into the form of its plan."""

    def __init__(self, table: TablePlan, split: Split, compact: Compact) -> None:
        self.table, self.split, self.compact = table, split, compact

    def parts(self, places: Sequence[Place] | None = None) -> Iterator[tuple[Pixels, AnyArray]]:
        """Yield the rows that have a target, block by block, and the part that each is in."""
        table = self.table
        for place, block in table.parts.read(places, table.columns):
            frame = as_planned(block, table.plan)
            rows, raw = table.answers.read(frame)
            if raw is None:
                continue
            y = table.answers.encoded(raw)
            if table.answers.classes is None:
                refuse_negative(y, table.names, frame, table.options)
                y = table.plan.scaled(y)
            values = {name: column[rows] for name, column in table.values(frame).items()}
            with np.errstate(over="ignore"):
                found = self.compact.rows(values, y, table.weights(frame, rows))
            if (far := self.compact.infinite(found)) is not None:
                raise InputError(
                    f"{frame.place(int(rows[far[0]]))}, column {far[1]}: is too far from the values of the training "
                    f"data to be reckoned with in {self.compact.dtype}: correct it, or leave the cell empty"
                )
            yield self.split(place.first, place.rows)[rows], found

    def spans(self, rng: np.random.Generator | None) -> Sequence[tuple[Any, int]]:
        """The blocks of the files, as the plan counted them: row groups, pieces of a CSV."""
        counted: dict[tuple[int, tuple[int, ...]], list[Any]] = {}
        for place, train in zip(self.table.counted.places, self.table.counted.train, strict=True):
            known = counted.setdefault((place.part, place.place), [place, 0])
            known[1] += train
        found = [(place, rows) for place, rows in counted.values() if rows]
        return found if rng is None else [found[k] for k in rng.permutation(len(found))]

    def read(self, spans: Iterable[Any]) -> Iterator[AnyArray]:
        """Yield the training rows of blocks."""
        for place in spans:
            for part, rows in self.parts([place]):
                yield rows[part == TRAIN]


@dataclass(frozen=True)
class TableStream:
    """The training rows of a table: a ``Stream``. ``of_class`` (k,) are weights of its classes, if they have some."""

    rows: CompactRows
    compact: Compact
    shape: tuple[int, int]
    about: int  # a number that changes when the files do, or the split
    weight: float | None = None
    of_class: AnyArray | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the inputs X."""
        return self.compact.dtype

    @property
    def target_shape(self) -> tuple[int, ...]:
        """() for labels, (k,) for values."""
        return self.compact.row["y"].shape

    @property
    def target_dtype(self) -> np.dtype[Any]:
        """int64 for labels, that of the inputs for values."""
        return self.compact.row["y"].base

    def blocks(self, seed: int | None, skip: int = 0) -> Iterator[tuple[AnyArray, ...]]:
        """Yield all training rows once, X (m, inputs), y, and weights (m,) if they have any, as ``FileStream`` does."""
        spans = list(self.rows.spans(None if seed is None else np.random.default_rng(seed)))
        while spans and skip >= spans[0][1]:
            skip -= spans.pop(0)[1]
        for rows in self.rows.read(span for span, _ in spans):
            left, skip = rows[skip:], max(skip - len(rows), 0)
            for start in range(0, len(left), CHUNK):
                yield self.unfolded(left[start : start + CHUNK])

    def unfolded(self, rows: AnyArray) -> tuple[AnyArray, ...]:
        """Return inputs, targets, and weights if they have any, of compact rows."""
        X, y = self.compact.inputs(rows), np.ascontiguousarray(rows["y"])
        if self.weight is None:
            return X, y
        weights = np.array(rows["weight"]) if "weight" in (self.compact.row.names or ()) else np.ones(len(rows))
        return X, y, weights if self.of_class is None else weights * self.of_class[y]

    def forget_cache(self) -> None:
        """Remove the file of its rows, where there is one: then it can be read no more."""
        if isinstance(self.rows, RowCache):
            self.rows.remove()

    def checksum(self) -> int:
        """Return a number that changes when the files do, or the split."""
        return self.about
