"""The forms that data takes on its way: a file (`RawArrays`), a part (`Samples` or a `Stream`), a split (`Dataset`)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pellucid.core import batches
from pellucid.core.arrays import AnyArray
from pellucid.model.preprocessing import Preprocessing

Pixels: TypeAlias = NDArray[np.uint8]
Indices: TypeAlias = NDArray[np.int64]
Task: TypeAlias = Literal["classification", "regression"]
PictureForm: TypeAlias = Literal["mnist", "plain"]  # how a picture becomes pixels: see images.read_images


class Samples(NamedTuple):
    """One part of a data set: inputs `X` (n, d), targets `y` (n,) int64 class indices or (n, k) float values.

    >>> part = Samples(np.zeros((3, 2)), np.array([0, 1, 1]))
    >>> X, y = part
    >>> X.shape, y.shape
    ((3, 2), (3,))
    """

    X: AnyArray  # (n, d)
    y: AnyArray  # (n,) int64, or (n, k) float

    @property
    def shape(self) -> tuple[int, int]:
        """Return (n, d), as a stream does.

        >>> Samples(np.zeros((3, 2)), np.array([0, 1, 1])).shape
        (3, 2)
        """
        n, d = self.X.shape
        return n, d

    @property
    def target_shape(self) -> tuple[int, ...]:
        """Return the shape of one sample's target: () for a label, (k,) for values.

        >>> Samples(np.zeros((3, 2)), np.zeros((3, 1))).target_shape
        (1,)
        """
        return self.y.shape[1:]


class WeightedSamples(NamedTuple):
    """Samples of which some count more than others, each with its weight of at least 0.

    >>> part = WeightedSamples(np.zeros((3, 2)), np.array([0, 1, 1]), np.array([1.0, 2.0, 0.0]))
    >>> part.shape, part.target_shape
    ((3, 2), ())
    """

    X: AnyArray  # (n, d)
    y: AnyArray  # (n,) int64, or (n, k) float
    weights: AnyArray  # (n,)

    @property
    def shape(self) -> tuple[int, int]:
        """Return (n, d), as a stream does."""
        n, d = self.X.shape
        return n, d

    @property
    def target_shape(self) -> tuple[int, ...]:
        """Return the shape of one sample's target: () for a label, (k,) for values."""
        return self.y.shape[1:]


class Stream(batches.Stream, Protocol):
    """One part of a data set that is read from its files a block at a time, as training takes it."""

    def checksum(self) -> int:
        """Return a number that changes when the files do, or what is taken of them."""


@dataclass(frozen=True)
class RawArrays:
    """What one file holds, before any split; X (n, d) as stored, y (n,) or (n, k) raw targets, or None.

    `form` is the kind of file. `first` is the number that people give to the first sample: a CSV counts its
    rows from 1 and the header is one of them, all others count from 0.

    >>> table = RawArrays("digits.csv", np.zeros((2, 4), np.uint8), None, ("pixel0",), None, form="csv", first=2)
    >>> table.place(1)
    'digits.csv, row 3'
    """

    name: str
    X: AnyArray  # (n, d)
    y: AnyArray | None  # (n,) or (n, k)
    features: tuple[str, ...]
    image_shape: tuple[int, int] | None
    form: str = "npz"
    first: int = 0
    picture_form: PictureForm = "mnist"
    rows: Indices | None = None  # of the file, one a sample, where it holds others too

    def place(self, i: int) -> str:
        """Return where sample i stands, as a person would look for it: 'digits.csv, row 53'.

        >>> RawArrays("digits.npz", np.zeros((2, 1)), None, ("x0",), None).place(1)
        'digits.npz, sample 1'
        """
        row = int(i if self.rows is None else self.rows[i])
        return f"{self.name}, {'row' if self.form in ('csv', 'parquet') else 'sample'} {row + self.first}"


@dataclass(frozen=True)
class Understood:
    """One column of a table as it was understood: its name, its kind, what becomes of it, how many values are missing.

    `kind` is number, boolean, category, date, left out, target or weight; `inputs` counts those that it becomes.
    """

    name: str
    kind: str
    becomes: str
    missing: int
    inputs: int = 0


@dataclass(frozen=True)
class Dataset:
    """Data ready to train on: shuffled, split, and its labels turned into class indices.

    `classes` holds the name of each class index and is None for regression; `dev` or `test` is None where
    there is no such part. Data too large for memory have a `Stream` to train on; dev and test are in memory. A table
    also has its `preprocessing`, in words what was `understood` of each column, and the `rows` of its train, dev and
    test part in the file, which count from 0; people call the first of them `first_row`.

    >>> part = Samples(np.zeros((4, 2)), np.array([0, 1, 1, 0]))
    >>> Dataset("xor", part, None, None, ("no", "yes"), ("a", "b"), None).task
    'classification'
    """

    name: str
    train: Samples | WeightedSamples | Stream
    dev: Samples | WeightedSamples | None
    test: Samples | WeightedSamples | None
    classes: tuple[str, ...] | None
    features: tuple[str, ...]
    image_shape: tuple[int, int] | None
    picture_form: PictureForm = "mnist"
    preprocessing: Preprocessing | None = None
    understood: tuple[Understood, ...] = ()
    rows: tuple[Indices, ...] | None = None
    first_row: int = 0

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


def picture_shape(shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[int, int] | None:
    """Return the shape of each picture in an array (n, h, w), or in rows of 784 bytes, which are digits.

    >>> picture_shape((5, 4, 3), np.dtype(float)), picture_shape((5, 784), np.dtype(np.uint8))
    ((4, 3), (28, 28))
    >>> picture_shape((5, 12), np.dtype(float))
    """
    if dtype == np.uint8 and math.prod(shape[1:]) == 784:
        return 28, 28  # row by row, as `pellucid data mnist --to npz` writes them
    return (shape[1], shape[2]) if len(shape) == 3 else None


def feature_names(count: int, image_shape: tuple[int, int] | None) -> tuple[str, ...]:
    """Return names for the columns of an array, which has none.

    >>> feature_names(2, None), feature_names(2, (1, 2))
    (('x0', 'x1'), ('pixel0', 'pixel1'))
    """
    return pixel_names(count) if image_shape is not None else tuple(f"x{i}" for i in range(count))
