"""Chapters 7 and 9: gradients, by differences, by code, and in a function with a fault."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from pellucid.book.grading.compare import as_array
from pellucid.book.grading.exercise import Exercise, Inputs, mistakes
from pellucid.book.grading.exercises import engine
from pellucid.book.grading.exercises.neurons import Draw, relu
from pellucid.book.grading.exercises.passes import extreme, softmax
from pellucid.book.grading.gradients import explained
from pellucid.book.grading.inputs import Function


def _curves(rng: Draw) -> Sequence[Inputs]:
    cases = []
    for size, h in ((3, 0.1), (1, 0.05), (6, 0.2)):
        f = Function("cubic", (rng.uniform(0.5, 2.0, size), rng.normal(size=size)))
        cases.append((f, rng.normal(size=size), h))
    return cases


def _moved(theta: Any, i: int, by: float) -> Any:
    theta = theta.copy()
    theta[i] += by
    return theta


def _each(f: Any, theta: Any, slope: Any) -> Any:
    return np.array([slope(lambda by, i=i: f(_moved(theta, i, by))) for i in range(len(theta))])


def central(f: Any, theta: Any, h: float) -> Any:
    """(f(θ + h) − f(θ − h)) / 2h, number by number."""
    return _each(f, theta, lambda g: (g(h) - g(-h)) / (2 * h))


def _never_put_back(f: Any, theta: Any, h: float) -> Any:
    theta, slopes = theta.copy(), np.zeros(len(theta))
    for i in range(len(theta)):
        theta[i] += h
        above = f(theta)
        theta[i] -= 2 * h
        slopes[i] = (above - f(theta)) / (2 * h)
    return slopes


def _moved_for_good(f: Any, theta: Any, h: float) -> Any:
    theta, slopes = theta.copy(), np.zeros(len(theta))
    for i in range(len(theta)):
        down = _moved(theta, i, -h)
        theta[i] += h
        slopes[i] = (f(theta) - f(down)) / (2 * h)
    return slopes


NUMERIC_GRADIENT = Exercise(
    "numeric_gradient", 7, "f, theta, h",
    "the slope of f by each number of theta, by central differences: f takes a vector like theta, and gives a number",
    "Move one number by h, then by −h, all others staying where they are; divide the difference by 2h. Work on a copy.",
    _curves,
    central,
    ("the slope",),
    mistakes(
        ("it is a forward difference: f(θ + h) − f(θ − h), divided by 2h",
         lambda f, t, h: _each(f, t, lambda g: (g(h) - g(0)) / h)),
        ("it is a backward difference: f(θ + h) − f(θ − h), divided by 2h",
         lambda f, t, h: _each(f, t, lambda g: (g(0) - g(-h)) / h)),
        ("it is divided by h, where it is divided by 2h", lambda f, t, h: 2 * central(f, t, h)),
        ("it is not divided by 2h", lambda f, t, h: 2 * h * central(f, t, h)),
        ("it is divided by 2, and not by h", lambda f, t, h: h * central(f, t, h)),
        ("it is multiplied by h, where it is divided: / (2 * h) needs brackets",
         lambda f, t, h: h * h * central(f, t, h)),
        ("the sign is wrong: f(θ + h) − f(θ − h)", lambda f, t, h: -central(f, t, h)),
        ("f(θ − h) is added, where it is subtracted", lambda f, t, h: _each(f, t, lambda g: (g(h) + g(-h)) / (2 * h))),
        ("all numbers are moved at once, where one is moved at a time",
         lambda f, t, h: np.full(len(t), (f(t + h) - f(t - h)) / (2 * h))),
        ("all numbers are moved at once, where one is moved at a time",
         lambda f, t, h: (f(t + h) - f(t - h)) / (2 * h)),
        ("each number stays moved while the next is tried: put it back", _never_put_back),
        ("the step is fixed, and not h", lambda f, t, h: central(f, t, 1e-6)),
        ("the step is fixed, and not h", lambda f, t, h: central(f, t, 1e-4)),
        ("the step is h / 2, where it is h", lambda f, t, h: central(f, t, h / 2)),
        ("the step is twice too large", lambda f, t, h: central(f, t, 2 * h)),
        ("the slope is taken at 0, where it is taken at theta", lambda f, t, h: central(f, 0 * t, h)),
        ("only the first slope is computed: the others are 0",
         lambda f, t, h: np.where(np.arange(len(t)) == 0, central(f, t, h), 0.0)),
        ("the slopes are added up: each number has its own", lambda f, t, h: central(f, t, h).sum()),
        ("theta is multiplied by 1 + h, where h is added", lambda f, t, h: np.array(
            [(f(_moved(t, i, h * t[i])) - f(_moved(t, i, -h * t[i]))) / (2 * h) for i in range(len(t))])),
        ("a forward difference is divided by 2h", lambda f, t, h: _each(f, t, lambda g: (g(h) - g(0)) / (2 * h))),
        ("f is given one number, where it takes all of theta",
         lambda f, t, h: np.array([(f(x + h) - f(x - h)) / (2 * h) for x in t])),
        ("nothing moves: above and below are the same array, and h is added and subtracted; give each a copy",
         lambda f, t, h: 0 * t),
        ("theta itself is moved, and stays moved: give each a copy", _moved_for_good),
        ("only the last slope is returned: each number has its own", lambda f, t, h: central(f, t, h)[-1]),
        ("brackets are missing: (f(θ + h) − f(θ − h)) / 2h",
         lambda f, t, h: _each(f, t, lambda g: g(h) - g(-h) / (2 * h))),
        ("a number becomes h and −h, where h is added to it",
         lambda f, t, h: np.array(
             [(f(_moved(t, i, h - t[i])) - f(_moved(t, i, -h - t[i]))) / (2 * h) for i in range(len(t))])),
    ),
)  # fmt: skip


def _batch(rng: Draw, n: int, sizes: Sequence[int]) -> tuple[Any, Any, list[Any], list[Any]]:
    """Samples and labels, and a network in which every layer has open and shut ReLUs."""
    weights = [rng.normal(size=(k, j)) / np.sqrt(j) for j, k in pairwise(sizes)]
    biases = [rng.normal(0.3, 0.3, size=len(W)) for W in weights]
    y = rng.integers(0, sizes[-1], n)
    return rng.normal(size=(n, sizes[0])), y, weights, biases


def _networks(rng: Draw) -> Sequence[Inputs]:
    cases = [_batch(rng, n, sizes) for n, sizes in ((7, (5, 6, 4, 3)), (1, (4, 5, 6, 3)), (9, (4, 4, 4, 4)))]
    X, y, weights, biases = _batch(rng, 6, (4, 5, 3, 3))
    X, weights, biases = extreme(X, weights, biases)
    return [*cases, (X, y % 2, weights, biases)]  # without the last class


def _reversed(answer: Any) -> Any:
    return tuple(part[::-1] for part in answer)


def _slope(z: Any, _: Any) -> Any:
    """That of a ReLU."""
    return z > 0


def _backward_by(
    X: Any, y: Any, weights: Any, biases: Any, *,
    within: Any = relu, slope: Any = _slope, first: Any = lambda delta, z: delta, at: int | None = None,
) -> Any:  # fmt: skip
    """A backward pass with something else in layer ``at``, or in all; ``first`` is what becomes of the last δ."""
    a, z = [X], []
    for l, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        z.append(a[-1] @ W.T + b)
        a.append((within if at in (None, l) else relu)(z[-1]))
    delta = first((softmax(z[-1]) - np.eye(len(biases[-1]))[y]) / len(y), z[-1])
    dW, db = [delta.T @ a[-2]], [delta.sum(axis=0)]
    for l in range(len(weights) - 1, 0, -1):
        delta = delta @ weights[l]
        delta = delta * (slope if at in (None, l) else _slope)(z[l - 1], delta)
        dW.insert(0, delta.T @ a[l - 1])
        db.insert(0, delta.sum(axis=0))
    return dW, db


AS_IT_WAS = "the slope of a ReLU is 1 where z > 0, and not where δ is"  # the fault of the function to be mended
SLIPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("δ is multiplied by ReLU(z), where it is multiplied by its slope, 1 or 0: z > 0",
     {"slope": lambda z, _: relu(z)}),
    (AS_IT_WAS, {"slope": lambda _, delta: delta > 0}),
    ("the last layer has a softmax, and no ReLU whose slope δ is multiplied by",
     {"first": lambda delta, z: delta * (z > 0)}),
    ("a ReLU is taken of δ: δ may be negative", {"first": lambda delta, z: relu(delta)}),
    ("the next layer is fed the scores z, where it is fed the activations a", {"within": lambda z: z}),
    ("signs of δ are lost", {"first": lambda delta, z: abs(delta)}),
)  # fmt: skip


def _not_finite(value: Any) -> str | None:
    """The softmax that overflows leaves nothing but NaN."""
    arrays = [as_array(part) for parts in value for part in (parts if isinstance(parts, list | tuple) else [parts])]
    if any(array is not None and np.isnan(array).any() for array in arrays):
        return "the softmax overflows for large scores: subtract each row's greatest score first"
    return None


def _explained(inputs: Inputs, value: Any) -> str | None:
    X, y, weights, biases = inputs
    if isinstance(value, list | tuple) and (fault := _not_finite(value)) is not None:
        return fault
    return explained(X, y, weights, biases, value)


BACKWARD = Exercise(
    "backward", 7, "X, y, weights, biases",
    "([dW1, dW2, dW3], [db1, db2, db3]), the gradients of the mean cross-entropy of three layers: ReLU, ReLU, softmax; "
    "X (n, inputs), y (n,) as integers, each W (outputs, inputs)",
    "First forward, keeping every z and a. Then δ3 = (a3 − y) / n, and for each layer from the last one down: dW is "
    "(outputs, inputs), made of δ and of what the layer read; db adds up δ over the samples; δ of the layer below "
    "comes through W, times the slope of its ReLU.",
    _networks,
    engine.gradients,
    ("dW", "db"),
    mistakes(
        ("the lists begin with the last layer's gradients: the first layer's come first",
         lambda *inputs: _reversed(engine.gradients(*inputs))),
        ("dW and db are exchanged: the weights' come first", lambda *inputs: engine.gradients(*inputs)[::-1]),
        ("dW and db of each layer stand together: a list of all dW, and a list of all db",
         lambda *inputs: list(zip(*engine.gradients(*inputs), strict=True))),
        ("all dW and db are in one list: two lists are asked for",
         lambda *inputs: [*engine.gradients(*inputs)[0], *engine.gradients(*inputs)[1]]),
        *((says, partial(_backward_by, **slip)) for says, slip in SLIPS),
        *((f"in layer {l} {says}", partial(_backward_by, at=l, **slip)) for l in (1, 2) for says, slip in SLIPS
          if "first" not in slip),
    ),
    explain=_explained,
)  # fmt: skip


def _two_layers(rng: Draw) -> Sequence[Inputs]:
    cases = []
    for n, sizes in ((7, (5, 6, 4)), (1, (4, 6, 3)), (9, (5, 5, 5)), (6, (4, 5, 3))):
        X, y, (W1, W2), (b1, b2) = _batch(rng, n, sizes)
        if n == 6:
            X, (W1, W2), (b1, b2) = extreme(X, [W1, W2], [b1, b2])
            y = y % 2  # without the last class
        cases.append((X, y, W1, b1, W2, b2))
    return cases


def _flat(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    (dW1, dW2), (db1, db2) = engine.gradients(x, y, [W1, W2], [b1, b2])
    return dW1, db1, dW2, db2


def _flat_by(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, **slip: Any) -> Any:
    (dW1, dW2), (db1, db2) = _backward_by(x, y, [W1, W2], [b1, b2], **slip)
    return dW1, db1, dW2, db2


def faulty_backward(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    """The function whose fault is to be found: docs/grading.md has it, too."""
    z1 = x @ W1.T + b1
    a1 = relu(z1)
    z2 = a1 @ W2.T + b2
    dz2 = softmax(z2)
    dz2[np.arange(len(y)), y] -= 1
    dz2 /= len(y)
    da1 = dz2 @ W2
    dz1 = da1 * (da1 > 0)
    return dz1.T @ x, dz1.sum(axis=0), dz2.T @ a1, dz2.sum(axis=0)


def _explained_flat(inputs: Inputs, value: Any) -> str | None:
    x, y, W1, b1, W2, b2 = inputs
    if not isinstance(value, list | tuple) or len(value) != 4:
        return None
    if (fault := _not_finite(value)) is not None:
        return fault
    dW1, db1, dW2, db2 = value
    return explained(x, y, [W1, W2], [b1, b2], ([dW1, dW2], [db1, db2]))


MENDED_BACKWARD = Exercise(
    "mended_backward", 9, "x, y, W1, b1, W2, b2",
    "(dW1, db1, dW2, db2), the gradients of the mean cross-entropy of two layers (ReLU, softmax): the function that "
    "the chapter gives has one fault, find and mend it; x (n, inputs), y (n,) as integers, each W (outputs, inputs)",
    "Compare each of its four gradients with central differences of the loss: which are right? The fault stands in a "
    "line that the wrong ones need and the right ones do not.",
    _two_layers,
    _flat,
    ("dW1", "db1", "dW2", "db2"),
    mistakes(
        ("the fault is still in it: this gives the numbers of the function as it was", faulty_backward),
        ("the gradients are in the wrong order: dW1, db1, dW2, db2",
         lambda *inputs: tuple(_flat(*inputs)[k] for k in (2, 3, 0, 1))),
        ("the gradients are in the wrong order: dW1, db1, dW2, db2",
         lambda *inputs: tuple(_flat(*inputs)[k] for k in (0, 2, 1, 3))),
        ("the four stand in two lists: they are asked for one after the other, dW1, db1, dW2, db2",
         lambda *inputs: [[*_flat(*inputs)[::2]], [*_flat(*inputs)[1::2]]]),
        *((says, partial(_flat_by, **slip)) for says, slip in SLIPS
          if says != AS_IT_WAS),
    ),
    explain=_explained_flat,
)  # fmt: skip
