"""Raw targets become what a network learns: indices of classes, or columns of values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pellucid._text import listed
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Indices, RawArrays, Task
from pellucid.datasets.formats.csv_rows import is_number
from pellucid.model.levels import Levels

TASKS = ("auto", "classification", "regression")
HUGE = 1e150  # the square of a larger value is no number
MOST_CLASSES = 20  # more distinct integers than this are values
TEXTS = "UTO"  # kinds of NumPy: of fixed width, of any width, str objects
MOST_LABELS = 1 << 16
DIGIT_FORMS = ("csv", "idx")  # what they hold are pictures and their labels


def decide_task(table: RawArrays, task: str = "auto") -> Task:
    """Return the task: as asked for, or under "auto" as the targets look.

    Text, booleans, at most 20 distinct integers, the labels of digit files and the folders of pictures are
    classes; all else is values.

    >>> decide_task(RawArrays("a.npz", np.zeros((2, 1)), np.array([0.5, 1.5]), ("x0",), None))
    'regression'
    """
    y = _targets(table)
    return task_of(task, table.form, y.dtype, y.ndim, lambda: len(np.unique(y)))


def task_of(task: str, form: str, dtype: np.dtype[Any], ndim: int, distinct: Callable[[], int]) -> Task:
    """Return the task for targets of a type and rank; `distinct` counts them where it comes to that.

    >>> task_of("auto", "npy", np.dtype(int), 1, lambda: 21)
    'regression'
    """
    check_task(task)
    if task != "auto":
        return "classification" if task == "classification" else "regression"
    if form in (*DIGIT_FORMS, "folder") or dtype.kind in TEXTS or (dtype.kind == "b" and ndim == 1):
        return "classification"
    few = dtype.kind in "iu" and ndim == 1 and distinct() <= MOST_CLASSES
    return "classification" if few else "regression"


def check_task(task: str) -> None:
    """Raise InputError for a task that does not exist.

    >>> check_task("clustering")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: task 'clustering' does not exist; take auto, classification, regression
    """
    if task not in TASKS:
        raise InputError(f"task {task!r} does not exist; take {', '.join(TASKS)}")


def class_labels(table: RawArrays) -> tuple[tuple[str, ...], Indices]:
    """Return the classes, sorted (numbers by size), and each sample's index among them, (n,) int64.

    Raises InputError for labels that are no labels, for a single class, and, in the digit files, for a label
    outside 0 to 9 that stands only once: that is a damaged file.

    >>> class_labels(RawArrays("a.npz", np.zeros((3, 1)), np.array([10, 9, 10]), ("x0",), None))
    (('9', '10'), array([1, 0, 1]))
    """
    labels, first, y, counts = distinct(as_labels(table))
    return class_names(table, labels, first, counts), y


def distinct(labels: AnyArray) -> tuple[AnyArray, Indices, Indices, Indices]:
    """Return the distinct labels, sorted, where each stands first, each sample's index among them, and their counts.

    Texts may be str objects: then it takes no memory for the longest of them in every row.

    >>> [part.tolist() for part in distinct(np.array(["b", "a", "b"], object))]
    [['a', 'b'], [1, 0], [1, 0, 1], [1, 2]]
    """
    if labels.dtype.kind != "O":
        values, first, y, counts = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
        return values, first, y.astype(np.int64), counts
    seen: dict[str, int] = {}
    found = np.fromiter((seen.setdefault(label, len(seen)) for label in labels), np.int64, len(labels))
    texts = list(seen)
    order = sorted(range(len(texts)), key=texts.__getitem__)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    y = rank[found]
    first = np.full(len(order), len(y))
    np.minimum.at(first, y, np.arange(len(y)))
    return np.array([texts[k] for k in order], object), first, y, np.bincount(y, minlength=len(order))


def class_names(table: RawArrays, values: AnyArray, first: Indices, counts: Indices) -> tuple[str, ...]:
    """Return the names of classes, given each distinct label, where it stands first and how often it is there.

    Raises InputError for a single class, for more than 65,536, and for a lonely label in a digit file that is no digit.

    >>> table = RawArrays("a.npz", np.zeros((3, 1)), None, ("x0",), None)
    >>> class_names(table, np.array([9, 10]), np.array([1, 0]), np.array([1, 2]))
    ('9', '10')
    """
    if table.form in DIGIT_FORMS:
        lonely = (counts == 1) & ((values < 0) | (values > 9))
        if lonely.any():
            k = int(np.argmax(lonely))
            raise InputError(
                f"{table.place(first[k])}: label {values[k]} stands only here and is no digit from 0 to 9; "
                "correct the label, or remove the sample"
            )
    if len(values) > MOST_LABELS:
        raise InputError(
            f"{table.name}: has more than {MOST_LABELS:,} different labels, too many for classes; "
            "take task='regression', or another target"
        )
    if len(values) < 2:
        raise InputError(f"{table.name}: every label is {values[0]}; to learn classes takes at least two of them")
    return tuple(str(value) for value in values)


def encode_labels(table: RawArrays, classes: tuple[str, ...]) -> Indices:
    """Return each label's index among a model's classes, (n,) int64; raises InputError for an unknown one.

    >>> encode_labels(RawArrays("a.npz", np.zeros((2, 1)), np.array([7, 3]), ("x0",), None), ("3", "7"))
    array([1, 0])
    """
    values, first, inverse, _ = distinct(as_labels(table))
    place = Levels(classes).place
    found = np.array([-1 if (k := place(str(value))) is None else k for value in values], np.int64)
    if (found < 0).any():
        i = int(first[found < 0].min())
        raise InputError(
            f"{table.place(i)}: label {values[inverse[i]]}, but the model knows the classes "
            f"{_listed(classes)}; correct the label, remove the sample, or use a model that knows it"
        )
    return found[inverse]


def _listed(classes: tuple[str, ...]) -> str:
    """Return "0 to 9" for integers in a row, else the names, the first ten of them where there are more.

    >>> _listed(("0", "1", "2")), _listed(("cat", "cow", "dog"))
    ('0 to 2', 'cat, cow, dog')
    """
    numbers = [int(name) for name in classes if name.removeprefix("-").isdecimal()]
    if len(classes) > 2 and numbers and numbers == list(range(numbers[0], numbers[0] + len(classes))):
        return f"{classes[0]} to {classes[-1]}"
    return listed(classes)


def values(table: RawArrays) -> AnyArray:
    """Return the targets of a regression, (n, k) float64; raises InputError for text.

    >>> values(RawArrays("a.npz", np.zeros((2, 1)), np.array([1, 2]), ("x0",), None))
    array([[1.],
           [2.]])
    """
    y = _targets(table)
    if y.dtype.kind not in "biuf":
        i = next((i for i, text in enumerate(y.flat) if not is_number(str(text))), 0)
        raise InputError(
            f"{table.place(i // (y.size // len(y)))}: the target is {str(y.flat[i])!r}, but regression needs numbers: "
            "correct it (to learn classes: task='classification')"
        )
    y = y.astype(np.float64).reshape(len(y), -1)
    huge = np.abs(y) > HUGE
    if huge.any():
        i, k = np.argwhere(huge)[0]
        raise InputError(
            f"{table.place(i)}: the target is {y[i, k]:g}, too large for its square to be a number: correct it, or "
            "give the target in another unit"
        )
    return y


def _targets(table: RawArrays) -> AnyArray:
    if table.y is None:
        raise InputError(f"{table.name}: has no labels; give a file with a label (or target) for each sample")
    return table.y


def as_labels(table: RawArrays) -> AnyArray:
    """Return the targets (n,) as integers, booleans or text, each of which is a class.

    Raises InputError for fractions, empty text, and several columns.

    >>> as_labels(RawArrays("a.npz", np.zeros((2, 1)), np.array([7.0, 3.0]), ("x0",), None))
    array([7, 3])
    """
    y = _targets(table)
    if y.ndim != 1:
        raise InputError(
            f"{table.name}: the target has {y.shape[1]} columns, a class is one label a sample; "
            "for one-hot rows save y.argmax(axis=1)"
        )
    if y.dtype.kind == "f":
        odd = ~(np.isfinite(y) & (y == np.floor(y)) & (np.abs(y) < 2.0**53))
        if odd.any():
            i = int(np.argmax(odd))
            what = "is too large to be told from its neighbours" if abs(y[i]) >= 2.0**53 else "is no whole number"
            raise InputError(f"{table.place(i)}: target {y[i]} {what} and so no class; take task='regression'")
        return y.astype(np.int64)
    if y.dtype.kind in TEXTS and (y == "").any():
        i = int(np.argmax(y == ""))
        raise InputError(f"{table.place(i)}: the label is empty; fill it in, or remove the sample")
    return y
