"""Small random data in place of what a file would have read or downloaded."""

import ast
import io
import math
import re
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from pellucid.core.arrays import AnyArray

# of a data set: the shape of an input, the number of classes (0: a value to regress), the greatest number
SETS: dict[str, tuple[tuple[int, ...], int, int]] = {
    "mnist": ((28, 28), 10, 255), "digit": ((8, 8), 10, 16), "cifar100": ((32, 32, 3), 100, 255),
    "cifar": ((32, 32, 3), 10, 255), "iris": ((4,), 3, 1), "wine": ((13,), 3, 1), "cancer": ((30,), 2, 1),
    "diabetes": ((10,), 0, 1), "california": ((8,), 0, 1), "boston": ((13,), 0, 1), "hous": ((13,), 0, 1),
    "olivetti": ((64, 64), 40, 1), "covtype": ((54,), 7, 1), "titanic": ((7,), 2, 1), "moons": ((2,), 2, 1),
    "circles": ((2,), 2, 1), "blobs": ((2,), 3, 1), "make_classification": ((20,), 2, 1),
    "make_regression": ((100,), 0, 1), "seeds": ((7,), 3, 1),
}  # fmt: skip
ROWS = 211  # of data that are made up: a number that nothing else has
KAGGLE = re.compile(r"digit-recognizer|(^|/)(train|test)\.csv$")  # the digits as most learners have them: a label first
OTHER = ((4,), 2, 1)
MOST_COLUMNS = 50  # that a table is given because a file speaks of them
WEIGHTS = re.compile(r"(^|/)[wb]\d*\.|weight|param|bias|theta|model|trained|checkpoint", re.IGNORECASE)
LABELS = re.compile(r"(^|[/_])(y|t|labels?|targets?)([_.\d]|$)", re.IGNORECASE)

TEXT = "the quick brown fox jumps over the lazy dog, and the dog sleeps on.\n" * 20
WORDS = {"iris": ("Iris-setosa", "Iris-versicolor", "Iris-virginica")}  # classes that are named in the files
IDX = re.compile(r"idx\d|ubyte")  # how the files of MNIST are called


class Table(np.ndarray[Any, Any]):
    """Made-up numbers that also answer to what a data frame or a tensor is asked."""

    @property
    def values(self) -> AnyArray:
        return np.asarray(self)

    iloc = loc = property(lambda self: self)

    @property
    def columns(self) -> list[str]:
        """The columns by name: the label stands first where the others are 28 × 28 pixels, as Kaggle has them."""
        names = [f"x{k}" for k in range(self.shape[1] - 1)]
        return ["label", *names] if len(names) == 784 else [*names, "label"]

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, list) and key and isinstance(key[0], str):  # columns of any names
            return self[:, : len(key)]
        if isinstance(key, slice) and isinstance(key.start, int) and key.start >= len(self):
            key = slice(None)  # the file's own data have more rows: what is behind the first thousand is not nothing
        return super().__getitem__((slice(None), self.columns.index("label")) if isinstance(key, str) else key)

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(key, str):
            super().__setitem__(key, value)

    def reshape(self, *shape: Any, **more: Any) -> Any:
        """In as many rows as there are, where the file asks for those of the data that it would have read."""
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape
        fits = len(wanted) < 2 or any(n == -1 for n in wanted) or math.prod(wanted) == self.size
        return super().reshape(wanted if fits else (-1, *wanted[1:]), **more)

    def drop(self, *_: Any, **__: Any) -> Any:
        """All columns but the label's."""
        return self[:, 1:] if self.columns[0] == "label" else self[:, :-1]

    def __eq__(self, other: object) -> Any:
        """Whether a number is another one; any of them may be a word: ``table["Sex"] == "male"``."""
        return np.asarray(self) > np.mean(self) if isinstance(other, str) else super().__eq__(other)

    __hash__ = None

    def __getattr__(self, name: str) -> Any:
        """What else a data frame or a tensor can do (``head``, ``fillna``, ``numpy``) leaves it as it is."""
        if name.startswith("_") or name in ("mask", "fit"):  # for which NumPy and scikit-learn ask
            raise AttributeError(name)
        return lambda *_, **__: self


class _Set(dict[str, Any]):
    """A data set: its parts by name, as keys and as attributes, and its samples by number."""

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, key: Any) -> Any:
        return (self.data[key], int(self.targets[key])) if isinstance(key, int) else super().__getitem__(key)

    def __len__(self) -> int:
        return len(self.data)


class _Files(dict[str, Any]):
    """The arrays of a .npz or .mat file under whatever name they are asked for."""

    def __missing__(self, name: str) -> Any:
        X, y = _samples("", 0)
        return y if LABELS.search(name) else X


def _table_or_files(name: str, least: int) -> Any:
    """What stands for a file of data, of so many columns at least."""
    if name.endswith((".npz", ".mat")):
        return _Files()
    X, y = _samples("mnist" if KAGGLE.search(name) else name.lower(), 0)
    if name.endswith(".npy"):
        return y if LABELS.search(name) else X.reshape(ROWS, -1)
    return _with_labels(X, y, least).view(Table)


def _with_labels(X: Any, y: Any, least: int) -> AnyArray:
    """Inputs and labels as columns; the label stands first beside pixels."""
    X, column = np.reshape(X, (ROWS, -1)), np.reshape(y, (ROWS, 1))
    wide = np.concatenate([X, np.random.default_rng(1).random((ROWS, max(0, least - X.shape[1] - 1)))], axis=1)
    return np.concatenate([column, X] if X.shape[1] == 784 else [wide, column], axis=1)


def columns_asked(tree: ast.Module) -> int:
    """How many columns of a table a file speaks of: 10 where it has ``table[:, 8:10]``."""
    ends = [_end(node.slice.elts[-1]) for node in ast.walk(tree)
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple)]  # fmt: skip
    return max((end for end in ends if end < MOST_COLUMNS), default=0)


def _end(index: ast.expr) -> int:
    """The column after the last one that an index takes, as far as it says so."""
    number = index.upper if isinstance(index, ast.Slice) else index
    known = isinstance(number, ast.Constant) and isinstance(number.value, int)
    return int(number.value) + (number is index) if known else 0  # type: ignore[union-attr]


def file_like(name: str, *, is_binary: bool) -> Any:
    """What stands for a file that is opened to be read: a text, a table in lines, or MNIST's own format."""
    if is_binary:
        return io.BytesIO(_idx(name)) if IDX.search(name) else None
    if name.endswith(".txt"):
        return io.StringIO(TEXT)
    return io.StringIO("".join(_lines(name.lower()))) if name.endswith((".csv", ".data")) else None


def _lines(name: str) -> Iterator[str]:
    """Rows of numbers between commas, the label as a number or a word."""
    X, y = _samples(name, 0)
    words = next((known for part, known in WORDS.items() if part in name), ())
    pixels = X[0].size == 784
    for row, label in zip(_with_labels(X, y, 0), np.asarray(y), strict=True):
        numbers = [f"{value:.0f}" if pixels else f"{value:.4f}" for value in (row if pixels else row[:-1])]
        last = [] if pixels else [words[int(label) % len(words)] if words else f"{label:g}"]
        yield ",".join([*numbers, *last]) + "\n"


def _idx(name: str) -> bytes:
    """Images or labels in the format of MNIST's files."""
    X, y = _samples("mnist", 0)
    values = np.asarray(y if "label" in name else X, np.uint8)
    return struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.tobytes()


def _samples(about: str, features: int) -> tuple[Any, Any]:
    """Samples of the data set that these words speak of: each class around a point of its own."""
    shape, classes, most = next((known for name, known in SETS.items() if name in about), OTHER)
    shape, rng = (features,) if features else shape, np.random.default_rng(0)
    y = rng.permutation(np.arange(ROWS) % (classes or 4))
    X = 0.7 * rng.random((classes or 4, *shape))[y] + 0.3 * rng.random((ROWS, *shape))
    X = np.floor(most * X).astype(np.uint8) if most > 1 else X
    return X.view(Table), (y if classes else X.reshape(ROWS, -1).mean(axis=1)).view(Table)


def _split_in_two(*arrays: Any, **_: Any) -> list[Any]:
    cut = [len(array) * 3 // 4 for array in arrays]
    return [part for array, k in zip(arrays, cut, strict=True) for part in (array[:k], array[k:])]


def _shuffled(*arrays: Any, **_: Any) -> Any:
    """All arrays in one other order, as scikit-learn does it."""
    order = np.random.permutation(len(arrays[0]))  # noqa: NPY002  (the learner's own seed is to hold)
    found = [np.asarray(array)[order] for array in arrays]
    return found if len(found) > 1 else found[0]


def _one_hot(y: Any, num_classes: int | None = None, **_: Any) -> Any:
    labels = np.asarray(y, int).ravel()
    return np.eye(num_classes or int(labels.max()) + 1)[labels]


class _Scaler:
    """What scales columns to a mean of 0 and a deviation of 1."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.mean: Any = 0.0
        self.deviation: Any = 1.0

    def fit(self, X: Any, *_: Any) -> "_Scaler":
        self.mean, self.deviation = np.mean(X, axis=0), np.std(X, axis=0) + 1e-9
        return self

    def transform(self, X: Any) -> Any:
        return (np.asarray(X) - self.mean) / self.deviation

    def fit_transform(self, X: Any, *_: Any) -> Any:
        return self.fit(X).transform(X)
