"""A table of any size as a model that was trained takes it: inputs and targets, block by block, or some rows of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Samples, WeightedSamples
from pellucid.datasets.frames.coerce import as_planned
from pellucid.datasets.frames.frame import Frame
from pellucid.datasets.frames.load_table import samples_like, targets_like
from pellucid.datasets.streaming.hash_split import places
from pellucid.datasets.streaming.table_parts import Parts, stacked
from pellucid.model.preprocessing import Preprocessing


class PlannedRows(NamedTuple):
    """Some rows of a table as a model takes them, and which they are."""

    frame: Frame  # the block that they are in
    rows: AnyArray  # (n,) of the block, from 0
    first: int  # the number of the block's first row in the table, from 0
    samples: Samples | WeightedSamples

    def place(self, i: int) -> str:
        """Where the row of sample i stands."""
        return self.frame.place(int(self.rows[i]))


def rows_like(
    parts: Parts,
    plan: Preprocessing,
    *,
    target: str,
    classes: tuple[str, ...] | None,
    weights: str | None,
    dtype: npt.DTypeLike,
    share: float | None = None,
) -> Iterator[PlannedRows]:
    """Yield the rows that have a target, block by block, as ``samples_like`` does, or a share of them from all over.

    Raises InputError as that does.
    """
    for place, block in parts.read():
        frame = as_planned(block, plan)
        there = np.ones(frame.rows, bool)
        for column in targets_like(frame, plan, target=target, classes=classes).values():
            there &= ~column.gaps
        if share is not None:
            there &= places(place.first, frame.rows, 0) < share
        rows = np.flatnonzero(there)
        if len(rows):
            some = frame if len(rows) == frame.rows else frame.take(rows)
            samples = samples_like(some, plan, target=target, classes=classes, weights=weights, dtype=dtype)
            yield PlannedRows(frame, rows, place.first, samples)


def no_rows(parts: Parts, target: str) -> InputError:
    """The error where no row of a table has a target."""
    return InputError(f"{parts.name}: the target {target!r} is empty in every row; name another table")


def some_rows(parts: Parts, most: int, seed: int = 0) -> Frame:
    """Return about ``most`` rows from all over a table, chosen by a hash of their place, as one in memory."""
    share = most / max(parts.size().rows, 1)
    found = []
    for place, frame in parts.read():
        chosen = np.flatnonzero(places(place.first, frame.rows, seed) < share)
        if len(chosen):
            found.append(frame.take(chosen))
    return stacked(found, parts.name) if found else parts.some()
