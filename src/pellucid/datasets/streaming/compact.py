"""Rows of a table as a network needs them, in few bytes: a type for numbers, a byte for each category.

A category of fifty levels is fifty inputs of which one is 1: as a row it is one byte. What becomes of a table is
written so to the cache, and unfolds to inputs X a block at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from pellucid.core.arrays import AnyArray, Array
from pellucid.model.columns import Category
from pellucid.model.preprocessing import Preprocessing


class Compact:
    """Rows of the inputs that a plan makes, of type ``dtype``; with targets of some type and shape, and a weight.

    >>> plan = Preprocessing((Category("city", ("Bonn", "Köln"), gaps=True),))
    >>> compact = Compact(plan, np.float32, np.dtype(np.int64), (), weighted=False)
    >>> rows = compact.rows({"city": np.array(["Köln", None], object)}, np.array([1, 0]))
    >>> rows.dtype.itemsize, compact.inputs(rows).tolist()
    (9, [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    """

    def __init__(
        self,
        plan: Preprocessing,
        dtype: npt.DTypeLike,
        target_dtype: np.dtype[Any],
        target_shape: tuple[int, ...],
        *,
        weighted: bool,
    ) -> None:
        self.plan, self.dtype = plan, np.dtype(dtype)
        places = list(zip(plan.columns, plan.places(), strict=True))
        self._numbers = [(column, place) for column, place in places if not isinstance(column, Category)]
        self._categories = [(column, place) for column, place in places if isinstance(column, Category)]
        self._at = np.concatenate([np.arange(p.start, p.stop) for _, p in self._numbers] or [np.zeros(0, np.int64)])
        self.row = np.dtype(
            [
                ("numbers", self.dtype, (len(self._at),)),
                ("levels", np.uint8, (len(self._categories),)),
                ("y", target_dtype, target_shape),
                *([("weight", np.float64)] if weighted else []),
            ]
        )

    def rows(self, values: Mapping[str, AnyArray], y: AnyArray, weights: AnyArray | None = None) -> AnyArray:
        """Return rows (n,) of columns (n,), targets (n,) or (n, k), and weights (n,)."""
        rows, at = np.empty(len(y), self.row), 0
        for column, place in self._numbers:
            wide = place.stop - place.start
            out = np.empty((len(y), wide))
            column.write(values[column.name], out=out)
            rows["numbers"][:, at : at + wide] = out
            at += wide
        for k, (category, _) in enumerate(self._categories):
            rows["levels"][:, k] = category.chosen(values[category.name])
        rows["y"] = y
        if weights is not None:
            rows["weight"] = weights
        return rows

    def inputs(self, rows: AnyArray) -> Array:
        """Return X (n, inputs) of some rows."""
        X = np.zeros((len(rows), len(self.plan.inputs)), self.dtype)
        X[:, self._at] = rows["numbers"]
        flat, starts = X.reshape(-1), np.arange(0, X.size, X.shape[1])
        for k, (_, place) in enumerate(self._categories):
            level = rows["levels"][:, k]
            there = level < place.stop - place.start
            flat[(starts + place.start + level)[there]] = 1
        return X

    def infinite(self, rows: AnyArray) -> tuple[int, str] | None:
        """Return the first row with a number too large for its type, and its column; None where there is none."""
        far = np.argwhere(np.isinf(rows["numbers"]))
        if not len(far):
            return None
        names = [column.name for column, place in self._numbers for _ in range(place.stop - place.start)]
        return int(far[0][0]), names[int(far[0][1])]
