"""Chapters 8 and 9: down the slope, batch by batch, and the start."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pellucid.book.grading.compare import as_array, first, kind
from pellucid.book.grading.exercise import Call, Exercise, Inputs, mistakes
from pellucid.book.grading.exercises.data import uses_rng
from pellucid.book.grading.exercises.neurons import Draw
from pellucid.book.grading.inputs import Function, Seed


def _valleys(rng: Draw) -> Sequence[Inputs]:
    def number() -> Any:
        return np.array(rng.uniform(0.5, 2.0))

    parabola, waves = (Function(f"slope of {name}", (number(), number())) for name in ("a parabola", "waves"))
    starts = (float(rng.normal(3.0)), float(rng.normal(-2.0)), float(rng.normal()), float(rng.normal(1.0)))
    return [(parabola, starts[0], 0.1, 6), (waves, starts[1], 0.3, 9), (parabola, starts[2], 0.2, 1),
            (waves, starts[3], 0.5, 0)]  # fmt: skip


def way(slope: Any, start: float, rate: float, steps: int) -> Any:
    """The positions of gradient descent."""
    found = [start]
    for _ in range(steps):
        found.append(found[-1] - rate * slope(found[-1]))
    return np.array(found)


def _way_by(step: Any, start: float, steps: int) -> Any:
    found = [start]
    for k in range(steps):
        found.append(step(found[-1], k))
    return np.array(found)


def _wrong_count(inputs: Inputs, value: Any) -> str | None:
    """How many positions there are, where there are not steps + 1."""
    steps, given = inputs[3], as_array(value)
    if given is None or given.ndim != 1 or len(given) == steps + 1:
        return None
    if len(given) == 2:
        return "only the first step is made: does return stand inside the loop?"
    return f"after {steps} steps there are {steps + 1} positions, and {len(given)} are returned"


DESCEND = Exercise(
    "descend", 8, "slope, start, rate, steps",
    "all positions (steps + 1,) of gradient descent: the number start first, then after each step; slope(x) is the "
    "slope at x",
    "Keep a list that begins with start. Each step goes against the slope at the last position: how far?",
    _valleys,
    way,
    ("the positions",),
    mistakes(
        ("the slope is added: descent goes against it", lambda s, x, r, n: way(s, x, -r, n)),
        ("the start is missing: it is the first position", lambda s, x, r, n: way(s, x, r, n)[1:]),
        ("the last position is missing: after steps steps there are steps + 1",
         lambda s, x, r, n: way(s, x, r, n)[:-1]),
        ("the last position is missing: after steps steps there are steps + 1",
         lambda s, x, r, n: way(s, x, r, max(n - 1, 0))),
        ("a step is too many", lambda s, x, r, n: way(s, x, r, n + 1)),
        ("only the last position is returned: all of them are asked for", lambda s, x, r, n: way(s, x, r, n)[-1]),
        ("the rate is not used", lambda s, x, r, n: way(s, x, 1.0, n)),
        ("the slope is taken at the start each time, where it is taken at the last position",
         lambda s, x, r, n: _way_by(lambda p, _: p - r * s(x), x, n)),
        ("every step begins at the start, where it begins at the last position",
         lambda s, x, r, n: np.array([x] + [x - r * s(x)] * n)),
        ("it is divided by the rate", lambda s, x, r, n: way(s, x, 1 / r, n)),
        ("the slope is left out: each step is as long as the rate",
         lambda s, x, r, n: _way_by(lambda p, _: p - r, x, n)),
        ("only the slope's sign is used", lambda s, x, r, n: _way_by(lambda p, _: p - r * np.sign(s(p)), x, n)),
        ("the slopes are returned, where the positions are asked for",
         lambda s, x, r, n: np.array([s(p) for p in way(s, x, r, n)])),
        ("the positions are in the wrong order: the start comes first", lambda s, x, r, n: way(s, x, r, n)[::-1]),
        ("each new position is −rate · slope alone: it goes on from the last one",
         lambda s, x, r, n: _way_by(lambda p, _: -r * s(p), x, n)),
        ("a 2 is too many", lambda s, x, r, n: way(s, x, 2 * r, n)),
        ("the rate falls with each step, where it stays", lambda s, x, r, n:
         _way_by(lambda p, k: p - r / (k + 1) * s(p), x, n)),
        ("the last position stands there twice", lambda s, x, r, n: np.append(way(s, x, r, n), way(s, x, r, n)[-1])),
        ("the start stands there for all: nothing moves", lambda s, x, r, n: np.full(n + 1, x)),
        ("it begins at 0, where it begins at start", lambda s, x, r, n: way(s, 0.0, r, n)),
        ("each new position is the step alone, rate · slope: it is subtracted from the last position",
         lambda s, x, r, n: _way_by(lambda p, _: r * s(p), x, n)),
        ("the sign of the slope is lost: it says which way is up",
         lambda s, x, r, n: _way_by(lambda p, _: p - r * abs(s(p)), x, n)),
        ("2x is taken, the slope of x²: slope is given, and gives its own",
         lambda s, x, r, n: _way_by(lambda p, _: p - r * 2 * p, x, n)),
    ),
    explain=_wrong_count,
)  # fmt: skip


def _counts(rng: Draw) -> Sequence[Inputs]:
    seed, other = (Seed(int(s)) for s in rng.choice(2**31, 2, replace=False))
    return [(50, 8, seed), (50, 8, seed), (50, 8, other), (12, 4, seed), (3, 10, other), (1, 1, seed), (5, 1, other)]


def _batches_fault(call: Call) -> str | None:
    """What is wrong with one answer of ``batches``."""
    (n, size, _), value = call
    inputs = f"n = {n}, size = {size}"
    if isinstance(value, np.ndarray) and value.ndim == 2:
        value = list(value)
    if not isinstance(value, list | tuple):
        return f"a list of index arrays is right, and it is {kind(value)}"
    arrays = [as_array(part) for part in value]
    if arrays and all(array is not None and array.ndim == 0 for array in arrays):
        return "each batch is an array of rows, and here it is one number: a slice, p[i:i + size], takes several"
    if any(array is None or array.ndim != 1 or (array.size and array.dtype.kind not in "iu") for array in arrays):
        return "each batch is an array of whole numbers, the rows' places"
    lengths = [len(array) for array in arrays if array is not None]
    rows = np.concatenate([*(array for array in arrays if array is not None), np.array([], int)])
    return _order_fault(rows, n, inputs) or _lengths_fault(lengths, n, size, inputs)


def _order_fault(rows: Any, n: int, inputs: str) -> str | None:
    if rows.size and (rows.min() < 0 or rows.max() >= n):
        return f"rows are counted from 0 to n − 1, and {int(rows.max())} is among them ({inputs})"
    counts = np.bincount(rows.astype(int), minlength=n)
    if counts.max(initial=0) > 1:
        return f"row {int(counts.argmax())} comes {counts.max()} times: each row comes once ({inputs})"
    if not counts.all():
        rest = int((counts == 0).sum())
        return f"{rest} of {n} rows never come: the last batch may be short, and is not left out ({inputs})"
    if n > 30 and np.array_equal(rows, np.arange(n)):
        return "nothing is shuffled: the rows come in the order in which they stand"
    if n > 30 and np.array_equal(np.abs(np.diff(rows)), np.ones(n - 1)):
        return "nothing is shuffled: the rows come in reverse order"
    return None


def _lengths_fault(lengths: list[int], n: int, size: int, inputs: str) -> str | None:
    right = [min(size, n - start) for start in range(0, n, size)]
    if lengths == right:
        return None
    if 0 in lengths:
        return f"a batch is empty ({inputs})"
    if len(lengths) == size and size not in (len(right), 1):
        return f"there are size batches, where each batch has size rows ({inputs})"
    if sorted(lengths) == sorted(right):
        return f"the short batch comes last ({inputs})"
    return f"the batches have {lengths[:8]} rows where {right[:8]} are right ({inputs})"


def _inner_order_fault(call: Call) -> str | None:
    """Whether the rows of a batch stand side by side in the data: then only the batches are shuffled."""
    (n, _, _), value = call
    batches = [np.sort(np.asarray(part)) for part in value]
    if n > 30 and all(np.array_equal(part, np.arange(part[0], part[0] + len(part))) for part in batches):
        return "only the batches are shuffled: their rows stand side by side in the data"
    return None


def _batches_laws(calls: Sequence[Call]) -> str | None:
    values = [value for _, value in calls]
    found = first(map(_batches_fault, calls)) or first(map(_inner_order_fault, calls))
    return found or uses_rng(*values[:3])


BATCHES = Exercise(
    "batches", 8, "n, size, rng",
    "a list of index arrays: the rows 0 … n − 1, shuffled with rng, size of them in each batch, each row once; the "
    "last batch may be short",
    "One permutation of all rows, cut every size numbers: range(0, n, size) has the places.",
    _counts,
    returns=("the list",),
    laws=_batches_laws,
)  # fmt: skip


def _networks(rng: Draw) -> Sequence[Inputs]:
    seed, other = (Seed(int(s)) for s in rng.choice(2**31, 2, replace=False))
    large = [600, 250, 200]  # where no two of the deviations below are alike
    return [(large, seed), (large, seed), (large, other), ([5, 4, 3, 2], seed), ([3, 2], other)]


# What a layer with m inputs and k outputs spreads by, and what is wrong with such a start.
DEVIATIONS: dict[str, Callable[[int, int], float]] = {
    "it is Glorot's start, √(2 / (inputs + outputs)): He's is √(2 / inputs)": lambda m, k: (2 / (m + k)) ** 0.5,
    "it is LeCun's start, √(1 / inputs): the 2 of He's is missing": lambda m, k: (1 / m) ** 0.5,
    "the weights are not scaled: He's deviation is √(2 / inputs)": lambda m, k: 1.0,
    "the square root is missing: He's deviation is √(2 / inputs)": lambda m, k: 2 / m,
    "it is divided by the outputs: He's deviation is √(2 / inputs)": lambda m, k: (2 / k) ** 0.5,
    "the root of the inputs alone is taken: He's deviation is √(2 / inputs)": lambda m, k: 2 / m**0.5,
    "the fraction is upside down: He's deviation is √(2 / inputs)": lambda m, k: (m / 2) ** 0.5,
    "it is the article's start, 0.5: He's deviation is √(2 / inputs)": lambda m, k: 0.5,
    "numbers from 0 to 1 are drawn: take a normal distribution": lambda m, k: (2 / m / 12) ** 0.5,
    "the weights spread by 0.01: He's deviation is √(2 / inputs)": lambda m, k: 0.01,
    "numbers from −1 to 1 are drawn: take a normal distribution": lambda m, k: (2 / m / 3) ** 0.5,
    "numbers from −0.5 to 0.5 are drawn: take a normal distribution, and √(2 / inputs)": lambda m, k: 12**-0.5,
    "784 is written into the code: each layer has its own number of inputs": lambda m, k: (2 / 784) ** 0.5,
    "the root is taken of the 2 alone: √(2 / inputs) is the root of the fraction": lambda m, k: 2**0.5 / m,
    "it is √(6 / inputs), the reach of evenly spread numbers: He's deviation is √(2 / inputs)":
        lambda m, k: (6 / m) ** 0.5,
}  # fmt: skip


def _weights_fault(W: Any, m: int, k: int) -> str | None:
    """What is wrong with how a large layer's weights are spread."""
    if not W.any():
        return "the weights are 0: then all neurons of a layer learn the same"
    if np.ptp(W) == 0:
        return "all weights are the same number: then all neurons of a layer learn the same"
    right = (2 / m) ** 0.5
    if abs(W.mean() / right - 1) < 0.1:
        return "√(2 / inputs) is the mean: it is the deviation, the second argument of rng.normal"
    if abs(W.mean()) > 0.03 * W.std() + 0.03 * right:
        return f"the mean of the weights is {W.mean():.3g}, and not 0: take a normal distribution"
    if len(np.unique(W)) < 0.9 * W.size:
        return "weights are repeated: draw each by itself"
    if abs(W.std() / right - 1) < 0.02:
        return None
    found = (says for says, deviation in DEVIATIONS.items() if abs(W.std() / deviation(m, k) - 1) < 0.02)
    return next(found, f"the weights of a layer with {m} inputs spread by {W.std():.4g} where {right:.4g} is right")


def _he_fault(call: Call) -> str | None:
    """What is wrong with one answer of ``he_init``."""
    (sizes, _), value = call
    layers = len(sizes) - 1
    if not isinstance(value, list | tuple) or len(value) != 2:
        return "(weights, biases) are right: two lists"
    weights, biases = value
    if all(isinstance(part, list | tuple) and [np.ndim(each) for each in part] == [2, 1] for part in value):
        return "W and b of each layer stand together: a list of all weights, and a list of all biases"
    if all(np.ndim(part) == 2 for part in value if not isinstance(part, list | tuple)) and not any(
        isinstance(part, list | tuple) for part in value
    ):
        return "the weights alone are returned: a list of all weights, and a list of all biases"
    if not all(isinstance(part, list | tuple) and len(part) == layers for part in value):
        return f"each of the two lists has {layers} arrays, one for each layer (sizes = {sizes})"
    for l, (m, k) in enumerate(pairwise(sizes)):
        W, b = as_array(weights[l]), as_array(biases[l])
        if W is not None and b is not None and W.ndim == 1 and b.ndim == 2:
            return "the two lists are exchanged: weights come first"
        if W is not None and W.ndim == 0:
            return f"weights[{l}] is a number: rng.normal takes the shape as size=(outputs, inputs)"
        if W is not None and W.shape == (m, k) != (k, m):
            return f"weights[{l}] is transposed: W is (outputs, inputs), ({k}, {m})"
        if W is None or W.shape != (k, m):
            return f"weights[{l}] is {kind(weights[l])} where ({k}, {m}) is right (sizes = {sizes})"
        if b is None or b.shape != (k,):
            return f"biases[{l}] is {kind(biases[l])} where ({k},) is right (sizes = {sizes})"
        if b.any():
            return "the biases begin at 0"
        if sizes[0] > 100 and (fault := _weights_fault(W, m, k)) is not None:
            return fault
    return None


def _he_laws(calls: Sequence[Call]) -> str | None:
    values = [value for _, value in calls]
    return first(map(_he_fault, calls)) or uses_rng(*values[:3])


HE_INIT = Exercise(
    "he_init", 9, "sizes, rng",
    "(weights, biases) of He's start, drawn with rng: for each layer a W (outputs, inputs), normal with deviation "
    "√(2 / inputs), and a b (outputs,) of zeros",
    "Two neighbours of sizes are a layer's inputs and outputs. rng.normal takes a deviation and a shape.",
    _networks,
    returns=("weights", "biases"),
    laws=_he_laws,
)  # fmt: skip
