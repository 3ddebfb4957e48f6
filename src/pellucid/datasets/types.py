"""The three forms that data takes on its way: a file (`Table`), a part (`Samples`), a split (`Dataset`)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Pixels: TypeAlias = NDArray[np.uint8]
Indices: TypeAlias = NDArray[np.int64]
Path: TypeAlias = str | os.PathLike[str]
Task: TypeAlias = Literal["classification", "regression"]


class Samples(NamedTuple):
    """One part of a data set: inputs `X` (n, d), targets `y` (n,) int64 class indices or (n, k) float values.

    >>> part = Samples(np.zeros((3, 2)), np.array([0, 1, 1]))
    >>> X, y = part
    >>> X.shape, y.shape
    ((3, 2), (3,))
    """

    X: Array  # (n, d)
    y: Array  # (n,) int64, or (n, k) float


@dataclass(frozen=True)
class Table:
    """What one file holds, before any split; X (n, d) as stored, y (n,) or (n, k) raw targets, or None.

    `form` is the kind of file. `first` is the number that people give to the first sample: a CSV counts its
    rows from 1 and the header is one of them, `.npz` and IDX count samples from 0.

    >>> table = Table("digits.csv", np.zeros((2, 4), np.uint8), None, ("pixel0",), None, form="csv", first=2)
    >>> table.place(1)
    'digits.csv, row 3'
    """

    name: str
    X: Array  # (n, d)
    y: Array | None  # (n,) or (n, k)
    features: tuple[str, ...]
    image_shape: tuple[int, int] | None
    form: Literal["csv", "npz", "idx"] = "npz"
    first: int = 0

    def place(self, i: int) -> str:
        """Return where sample i stands, as a person would look for it: 'digits.csv, row 53'.

        >>> Table("digits.npz", np.zeros((2, 1)), None, ("x0",), None).place(1)
        'digits.npz, sample 1'
        """
        return f"{self.name}, {'row' if self.form == 'csv' else 'sample'} {int(i) + self.first}"


@dataclass(frozen=True)
class Dataset:
    """Data ready to train on: shuffled, split, and its labels turned into class indices.

    `classes` holds the name of each class index and is None for regression; `dev` or `test` is None where
    there is no such part.

    >>> part = Samples(np.zeros((4, 2)), np.array([0, 1, 1, 0]))
    >>> Dataset("xor", part, None, None, ("no", "yes"), ("a", "b"), None).task
    'classification'
    """

    name: str
    train: Samples
    dev: Samples | None
    test: Samples | None
    classes: tuple[str, ...] | None
    features: tuple[str, ...]
    image_shape: tuple[int, int] | None

    @property
    def task(self) -> Task:
        """Return "classification" where there are classes, else "regression".

        >>> Dataset("line", Samples(np.ones((1, 1)), np.ones((1, 1))), None, None, None, ("x",), None).task
        'regression'
        """
        return "regression" if self.classes is None else "classification"


def pixel_names(count: int) -> tuple[str, ...]:
    """Return the column names of a picture of `count` pixels.

    >>> pixel_names(3)
    ('pixel0', 'pixel1', 'pixel2')
    """
    return tuple(f"pixel{i}" for i in range(count))


def square(count: int) -> tuple[int, int] | None:
    """Return the shape of a square picture of `count` pixels, None where `count` is no square.

    >>> square(784), square(10)
    ((28, 28), None)
    """
    side = round(count**0.5)
    return (side, side) if side * side == count else None
