"""Chapters 4 and 12: data, split, scaled and encoded, and what a model is compared with."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.book.grading.compare import as_array, first, kind
from pellucid.book.grading.exercise import Call, Exercise, Inputs, mistakes
from pellucid.book.grading.exercises.neurons import Draw
from pellucid.book.grading.inputs import Seed


def _tables(rng: Draw) -> Sequence[Inputs]:
    seed, other = (Seed(int(s)) for s in rng.choice(2**31, 2, replace=False))
    X, y = rng.normal(size=(50, 3)), rng.permutation(50)
    small = rng.normal(size=(7, 2)), rng.permutation(7)
    return [(X, y, 10, seed), (X, y, 10, seed), (X, y, 10, other), (*small, 1, seed), (*small, 6, other)]


def _split_fault(call: Call) -> str | None:
    """What is wrong with one answer of ``split``."""
    (X, y, dev, _), value = call
    if not isinstance(value, list | tuple) or len(value) != 4:
        return "four arrays are right: X_train, y_train, X_dev, y_dev"
    parts = [as_array(part) for part in value]
    wanted = [(len(X) - dev, X.shape[1]), (len(X) - dev,), (dev, X.shape[1]), (dev,)]
    names = ("X_train", "y_train", "X_dev", "y_dev")
    shapes = [None if part is None else part.shape for part in parts]
    if shapes == [wanted[0], wanted[2], wanted[1], wanted[3]]:
        return "the order is wrong: X_train, y_train, X_dev, y_dev"
    if shapes == wanted[2:] + wanted[:2]:
        return "the parts are exchanged: the dev part has dev rows, the training part the rest"
    if shapes[2] == (0, X.shape[1]):
        return f"X_dev is empty: dev is a number of rows, here {dev}, and no share"
    if shapes[0] == X.shape:
        return "the rows that are held back are in X_train too: they are taken out of it"
    if parts[2] is not None and parts[2].shape == wanted[2] and len(np.unique(parts[2], axis=0)) < dev:
        return "rows are drawn twice: rng.permutation, or rng.choice with replace=False, draws each once"
    for name, part, shape, given in zip(names, parts, wanted, value, strict=True):
        if part is None or part.shape != shape:
            return f"{name} is {kind(given)} where shape {shape} is right, of {len(X)} rows with dev = {dev}"
    X_train, y_train, X_dev, y_dev = (part for part in parts if part is not None)
    return _rows_fault(X, y, np.concatenate([X_train, X_dev]), np.concatenate([y_train, y_dev]), dev)


def _rows_fault(X: Any, y: Any, X_given: Any, y_given: Any, dev: int) -> str | None:
    known = {row.tobytes(): k for k, row in enumerate(X)}
    found = [known.get(np.ascontiguousarray(row, X.dtype).tobytes()) for row in X_given]
    if None in found:
        return "a row of X is changed: rows only move"
    rows = np.array(found, int)
    if len(set(found)) < len(X):
        inside = len(set(found[:-dev])) < len(X) - dev or len(set(found[-dev:])) < dev
        return (
            "a row stands there twice, and another one is lost: draw without replacement"
            if inside
            else "a row is in both parts: nothing may be learned from what is held back"
        )
    if not np.array_equal(y_given, y[rows]):
        if sorted(y_given.tolist()) != sorted(y.tolist()):
            return "an answer of y is lost: y is split at the same rows as X"
        return "X and y are out of step: one order of the rows moves both"
    if len(X) > 30 and all((np.diff(part) > 0).all() for part in (rows[:-dev], rows[-dev:])):
        return "nothing is shuffled: the rows are cut as they come"
    if len(X) > 30 and (np.array_equal(np.sort(rows[-dev:]), np.arange(len(X) - dev, len(X))) or
                        np.array_equal(np.sort(rows[-dev:]), np.arange(dev))):  # fmt: skip
        return "the dev part is cut off before the shuffle: files are often sorted"
    return None


def uses_rng(one: Any, again: Any, other: Any) -> str | None:
    """What is wrong with the use of ``rng``: the same seed gives the same, another seed gives something else."""
    if not _equal(one, again):
        return "rng is not used, or not alone: the same rng gives something else the next time"
    return "rng is not used: another rng gives the same" if _equal(one, other) else None


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    return np.array_equal(one, other)


def _split_laws(calls: Sequence[Call]) -> str | None:
    values = [value for _, value in calls]
    return first(map(_split_fault, calls)) or uses_rng(*values[:3])


SPLIT = Exercise(
    "split", 4, "X, y, dev, rng",
    "(X_train, y_train, X_dev, y_dev): the rows of X (n, …) and y (n,) shuffled together with rng; dev rows of them "
    "are held back, none is lost",
    "One order for both: rng.permutation(n) holds each row's number once. Some of it for one part, the rest for the "
    "other, as indices.",
    _tables,
    returns=("X_train", "y_train", "X_dev", "y_dev"),
    laws=_split_laws,
)  # fmt: skip


def _scales(rng: Draw) -> Sequence[Inputs]:
    def table(n: int, k: int) -> Any:
        return rng.normal(rng.normal(0, 3, k), rng.uniform(0.5, 4, k), (n, k))

    constant = table(6, 3)
    constant[:, 1] = 4.0
    return [(table(8, 3), table(5, 3)), (table(4, 4), table(1, 4)), (table(5, 2), table(9, 2)), (constant, table(4, 3))]


def _scaled(mean: Any, deviation: Any, *tables: Any) -> Any:
    deviation = np.where(deviation == 0, 1.0, deviation)
    return tuple((X - mean) / deviation for X in tables)


def _by(X: Any) -> tuple[Any, Any]:
    return X.mean(axis=0), X.std(axis=0)


def _each_by_itself(A: Any, B: Any) -> Any:
    return _scaled(*_by(A), A)[0], _scaled(*_by(B), B)[0]


def _scaled_by_itself(inputs: Inputs, value: Any) -> str | None:
    """Whether X_other has lost its own mean, whatever it was divided by."""
    _, other = inputs
    given = as_array(value[1]) if isinstance(value, list | tuple) and len(value) == 2 else None
    if given is None or given.shape != other.shape or len(other) < 2 or not np.isfinite(given).all():
        return None
    if np.allclose(given, other):
        return LEFT
    own = given.any() and np.allclose(given.mean(axis=0), 0)
    return f"{OWN}: nobody knows these of what is still to come" if own else None


OWN = "X_other is scaled by its own mean and deviation"
LEFT = "X_other is left as it is, or scaled by what X_train has after it was scaled itself"

STANDARDIZE = Exercise(
    "standardize", 4, "X_train, X_other",
    "both with each column's mean subtracted and divided by its standard deviation, those of X_train; a column that is "
    "constant there is not divided",
    "mean(axis=0) and std(axis=0) of X_train, once, for both. Where the deviation is 0, put a 1 in its place.",
    _scales,
    lambda A, B: _scaled(*_by(A), A, B),
    ("X_train", "X_other"),
    mistakes(
        (f"{OWN}: nobody knows these of what is still to come", _each_by_itself),
        ("a column that is constant is divided by 0",
         lambda A, B: ((A - A.mean(0)) / A.std(0), (B - A.mean(0)) / A.std(0))),
        ("mean and deviation are those of both together: nothing may be learned from what is held back",
         lambda A, B: _scaled(*_by(np.concatenate([A, B])), A, B)),
        ("mean and deviation are those of X_other, where they are those of X_train",
         lambda A, B: _scaled(*_by(B), A, B)),
        ("one mean and one deviation are taken for all columns: axis=0", lambda A, B: _scaled(A.mean(), A.std(), A, B)),
        ("one mean and one deviation are taken for all columns, and of each part its own: axis=0, and those of X_train",
         lambda A, B: tuple((X - X.mean()) / X.std() for X in (A, B))),
        ("brackets are missing: the mean is subtracted first, (X − mean) / deviation", lambda A, B: tuple(
            X - A.mean(axis=0) / np.where(A.std(axis=0) == 0, 1.0, A.std(axis=0)) for X in (A, B))),
        ("no column is divided where one is constant: only that one is left undivided", lambda A, B:
         _scaled(A.mean(axis=0), A.std(axis=0) if A.std(axis=0).all() else 1.0, A, B)),
        ("a column that is constant is divided by 0, and nan_to_num hides it", lambda A, B:
         tuple(np.nan_to_num((X - A.mean(axis=0)) / A.std(axis=0)) for X in (A, B))),
        ("it is divided by 255, as pixels are: each column has its own mean and deviation",
         lambda A, B: (A / 255, B / 255)),
        ("the mean is not subtracted", lambda A, B: _scaled(0, A.std(axis=0), A, B)),
        ("it is not divided by the deviation", lambda A, B: _scaled(A.mean(axis=0), 1.0, A, B)),
        ("it is divided by the variance, where it is divided by the deviation",
         lambda A, B: _scaled(A.mean(axis=0), A.var(axis=0), A, B)),
        ("the deviation is divided by n − 1: np.std divides by n",
         lambda A, B: _scaled(A.mean(axis=0), A.std(axis=0, ddof=1), A, B)),
        ("it is scaled to 0 … 1 by the least and the greatest, where mean and deviation are asked for",
         lambda A, B: _scaled(A.min(axis=0), np.ptp(A, axis=0), A, B)),
        ("it is divided by the greatest value", lambda A, B: _scaled(0.0, A.max(axis=0), A, B)),
        ("the median is subtracted, where the mean is",
         lambda A, B: _scaled(np.median(A, axis=0), A.std(axis=0), A, B)),
        (LEFT, lambda A, B: (_scaled(*_by(A), A)[0], B)),
        ("X_train is left as it is", lambda A, B: (A, _scaled(*_by(A), B)[0])),
        ("the two are exchanged: X_train comes first", lambda A, B: _scaled(*_by(A), B, A)),
        ("the mean is added, where it is subtracted", lambda A, B: _scaled(-A.mean(axis=0), A.std(axis=0), A, B)),
        ("it is multiplied by the deviation, where it is divided", lambda A, B:
         tuple((X - A.mean(axis=0)) * A.std(axis=0) for X in (A, B))),
        ("a small number is added to the deviation, where only a deviation of 0 is replaced",
         lambda A, B: tuple((X - A.mean(axis=0)) / (A.std(axis=0) + 1e-8) for X in (A, B))),
    ),
    explain=_scaled_by_itself,
)  # fmt: skip

ISLANDS, COLOURS = ["Biscoe", "Dream", "Torgersen"], ["red", "green", "blue", "white"]


def _columns(rng: Draw) -> Sequence[Inputs]:
    def values(levels: list[Any], n: int) -> list[Any]:
        return [levels[int(k)] for k in rng.integers(0, len(levels), n)]

    numbers = [int(k) for k in rng.permutation(9)[:3]]
    order = [ISLANDS[int(k)] for k in rng.permutation(3)]
    return [
        (values(order, 6), order),
        ([*values(COLOURS, 3), "purple", COLOURS[0]], COLOURS),
        (["Dream"], ISLANDS),
        ([*values(numbers, 4), 17, numbers[2]], numbers),
        (["Biscoe", "Biscoe"], order),
    ]


def _hot(values: Any, levels: Any) -> Any:
    return np.array([[float(value == level) for level in levels] for value in values])


def _places(values: Any, levels: Any) -> Any:
    return np.array([levels.index(value) if value in levels else -1 for value in values])


ONE_HOT = Exercise(
    "one_hot", 12, "values, levels",
    "an array (n, len(levels)): a 1 where the row's value is the column's level, else 0; a value that is no level has "
    "zeros only",
    "Which column belongs to a value? levels.index(value), if it is there at all.",
    _columns,
    _hot,
    ("the array",),
    mistakes(
        ("a value that is no level gets a 1 in the last column: index −1 is the last one",
         lambda v, c: np.eye(len(c))[_places(v, c)]),
        ("a value that is no level gets a 1 in the first column: its row has zeros only",
         lambda v, c: np.eye(len(c))[np.maximum(_places(v, c), 0)]),
        ("it has a column for each value that occurs, where each level has one",
         lambda v, c: _hot(v, sorted(set(v), key=str))),
        ("it has a column for each value that occurs, where each level has one",
         lambda v, c: _hot(v, [level for level in c if level in v])),
        ("the columns are in the order of the alphabet, where they are in that of levels",
         lambda v, c: _hot(v, sorted(c, key=str))),
        ("it is transposed: each value has a row", lambda v, c: _hot(v, c).T),
        ("the numbers of the levels are returned: each level has a column of its own", _places),
        ("rows of values that are no level are left out: they stay, with zeros only",
         lambda v, c: _hot([value for value in v if value in c], c)),
        ("the first level has no column: as many columns as levels", lambda v, c: _hot(v, c)[:, 1:]),
        ("the last level has no column: as many columns as levels", lambda v, c: _hot(v, c)[:, :-1]),
        ("0 and 1 are exchanged", lambda v, c: 1 - _hot(v, c)),
        ("there is a column too many, for values that are no level", lambda v, c:
         np.eye(len(c) + 1)[[k if k >= 0 else len(c) for k in _places(v, c)]]),
        ("it has −1 where 0 is right", lambda v, c: 2 * _hot(v, c) - 1),
        ("a value that is no level has the same share in each column", lambda v, c:
         np.where(_hot(v, c).sum(axis=1, keepdims=True) > 0, _hot(v, c), 1 / len(c))),
        ("a value that is no level has a row of ones", lambda v, c:
         np.where(_hot(v, c).sum(axis=1, keepdims=True) > 0, _hot(v, c), 1.0)),
        ("a value that is no level has a row of NaN", lambda v, c:
         np.where(_hot(v, c).sum(axis=1, keepdims=True) > 0, _hot(v, c), np.nan)),
        ("the columns stand in the wrong order", lambda v, c: _hot(v, c)[:, ::-1]),
        ("the lists are compared with each other: each value is compared with each level",
         lambda v, c: np.array(v) == np.array(c)),
        ("values are compared with values, where they are compared with levels", lambda v, c: _hot(v, v)),
        ("there are ten columns, whatever the levels: len(levels) of them", lambda v, c:
         np.pad(_hot(v, c), ((0, 0), (0, 10 - len(c))))),
        ("nothing is marked: a list compared with a list gives a single False", lambda v, c: 0 * _hot(v, c)),
    ),
)  # fmt: skip


def _labels(rng: Draw) -> Sequence[Inputs]:
    """Labels of five classes: the commonest one in training is not that of the test, where each class has its count."""
    cases = []
    for common, begins in ((1, 0), (3, 4), (3, 2)):
        others = rng.permutation([k for k in range(5) if k != common])
        y_train = rng.permutation([*[common] * 6, *[0, 2, 4] * 4, *[4 - common] * 2])
        place = int(np.argmax(y_train == begins))
        y_train[[0, place]] = y_train[[place, 0]]
        cases.append((y_train, rng.permutation([*np.repeat(others, [9, 3, 2, 1]), *[common] * 4])))
    y_train, _ = cases[-1]
    return [*cases[:-1], (y_train, np.array([3]))]


def _commonest(y: Any) -> Any:
    return Counter(np.asarray(y).tolist()).most_common(1)[0][0]


BASELINE_ACCURACY = Exercise(
    "baseline_accuracy", 12, "y_train, y_test",
    "the accuracy on y_test of one who always answers the commonest class of y_train",
    "Which class is the commonest in training? np.bincount counts them. How many of the test part are of that class?",
    _labels,
    lambda a, b: (b == _commonest(a)).mean(),
    ("the accuracy",),
    mistakes(
        ("the commonest class is that of y_test, which nobody knows before: it is that of y_train",
         lambda a, b: (b == _commonest(b)).mean()),
        ("it is the share in y_train, where that in y_test is asked for", lambda a, b: (a == _commonest(a)).mean()),
        ("the class is returned, where its share is asked for", lambda a, b: _commonest(a)),
        ("they are counted: divide by the number of rows", lambda a, b: (b == _commonest(a)).sum()),
        ("it is the share of the wrong ones", lambda a, b: (b != _commonest(a)).mean()),
        ("it is in percent: a share lies between 0 and 1", lambda a, b: 100 * (b == _commonest(a)).mean()),
        ("it is one divided by the number of classes, the accuracy of one who guesses",
         lambda a, b: 1 / len(np.unique(a))),
        ("the greatest label is taken, where the commonest is", lambda a, b: (b == a.max()).mean()),
        ("class 0 is taken, where the commonest is", lambda a, b: (b == 0).mean()),
        ("the rarest class is taken", lambda a, b: (b == np.bincount(a).argmin()).mean()),
        ("it is divided by the number of training rows", lambda a, b: (b == _commonest(a)).sum() / len(a)),
        ("it is always 0: what is compared with y_test is no label, but a count, a mean or a list",
         lambda a, b: 0.0),
        ("the place of the greatest label is compared with y_test: np.bincount counts the labels first",
         lambda a, b: (b == a.argmax()).mean()),
        ("the count of the commonest class in y_train is divided by the rows of y_test: count it in y_test",
         lambda a, b: np.bincount(a).max() / len(b)),
        ("it is 1 in 10, whatever the classes: count them", lambda a, b: 0.1),
        ("y_test is compared with y_train, row by row: it is compared with one class", lambda a, b: (b == a).mean()),
        ("the mean label is taken, where the commonest is", lambda a, b: (b == round(a.mean())).mean()),
        ("the first training label is taken, where the commonest is", lambda a, b: (b == a[0]).mean()),
        ("it is the share of the commonest class in both parts together",
         lambda a, b: (np.concatenate([a, b]) == _commonest(a)).mean()),
        ("the mean is missing: there is one answer for each row", lambda a, b: b == _commonest(a)),
    ),
)  # fmt: skip
