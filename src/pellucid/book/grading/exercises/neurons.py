"""Chapters 1 to 3: neurons, one, three in a chain, and a layer of them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pellucid.book.grading.exercise import Exercise, Inputs, mistakes
from pellucid.core import network
from pellucid.core.activations import Sigmoid, value

Draw = np.random.Generator


def sigmoid(z: Any) -> Any:
    """1 / (1 + e^−z), by the engine."""
    return value(Sigmoid(), np.atleast_1d(z)).reshape(np.shape(z))


def relu(z: Any) -> Any:
    """max(z, 0)."""
    return np.maximum(z, 0.0)


def _neurons(rng: Draw) -> Sequence[Inputs]:
    cases = []
    for n, sign in ((3, -1), (1, 1), (8, -1)):  # z of both signs
        x, w = rng.normal(size=n), rng.normal(size=n)
        cases.append((x, w, float(sign * rng.uniform(0.3, 2.0) - x @ w)))
    return cases


NEURON = Exercise(
    "neuron", 1, "x, w, b",
    "z = w·x + b of one neuron: x and w are arrays of the same length, b is a number",
    "Multiply each input by its weight, add up the products, and add b once.",
    _neurons,
    lambda x, w, b: x @ w + b,
    ("z",),
    mistakes(
        ("the bias b is left out", lambda x, w, b: x @ w),
        ("b is subtracted, where it is added", lambda x, w, b: x @ w - b),
        ("the products are not added up: z is one number", lambda x, w, b: x * w + b),
        ("b is added to every product, where it is added once", lambda x, w, b: (x * w + b).sum()),
        ("the mean of the products is taken, where they are added up", lambda x, w, b: (x * w).mean() + b),
        ("w is not used", lambda x, w, b: x.sum() + b),
        ("x is not used", lambda x, w, b: w.sum() + b),
        ("x and w are added, where they are multiplied", lambda x, w, b: (x + w).sum() + b),
        ("the sum is multiplied by b, where b is added", lambda x, w, b: (x @ w) * b),
        ("it is the sigmoid of z: z is what comes before the activation", lambda x, w, b: sigmoid(x @ w + b)),
        ("it is the ReLU of z: z is what comes before the activation", lambda x, w, b: relu(x @ w + b)),
        ("only the first input is used", lambda x, w, b: x[0] * w[0] + b),
        ("the last input is left out", lambda x, w, b: x[:-1] @ w[:-1] + b),
        ("the sums of x and of w are multiplied, where each input meets its own weight",
         lambda x, w, b: x.sum() * w.sum() + b),
        ("x and w meet in the wrong order: the first input belongs to the first weight",
         lambda x, w, b: x @ w[::-1] + b),
        ("the last product alone is left: each is added to those before it", lambda x, w, b: x[-1] * w[-1] + b),
        ("the products are not added up, and b is left out", lambda x, w, b: x * w),
        ("b is added to each weight, where it is added once", lambda x, w, b: (x * (w + b)).sum()),
        ("it is a step, 0 or 1: z itself is asked for", lambda x, w, b: float(x @ w + b > 0)),
    ),
)  # fmt: skip


def _scores(rng: Draw) -> Sequence[Inputs]:
    large = rng.uniform(700.0, 900.0, 3)
    return [(2 * rng.normal(size=5),), (rng.normal(size=(2, 3)),), (np.concatenate([large, -large]),), (rng.normal(),)]


SIGMOID = Exercise(
    "sigmoid", 1, "z",
    "1 / (1 + e^−z) of a number or of each number in an array, without a warning for large z",
    "e^−z overflows where z is very negative: there, e^z / (1 + e^z) is the same number. np.where chooses, but it "
    "computes both sides first; so take e to a power that is never positive.",
    _scores,
    sigmoid,
    ("a",),
    mistakes(
        ("the sign of z is wrong: it is e^−z", lambda z: 1 / (1 + np.exp(z))),
        ("e^z overflows for large z: infinity divided by infinity is no number", lambda z: np.exp(z) / (1 + np.exp(z))),
        ("brackets are missing: 1 / 1 + e^−z is 1 + e^−z", lambda z: 1 + np.exp(-z)),
        ("1 is subtracted from e^−z, where it is added", lambda z: 1 / (1 - np.exp(-z))),
        ("it is tanh", np.tanh),
        ("it is the ReLU", relu),
        ("it is the sigmoid's slope, a(1 − a)", lambda z: sigmoid(z) * (1 - sigmoid(z))),
        ("the 1 in the denominator is missing", lambda z: 1 / np.exp(-z)),
        ("it is e^−z alone", lambda z: np.exp(-z)),
        ("it is rounded to 0 or 1: a sigmoid has no step", lambda z: (np.asarray(z) > 0).astype(float)),
        ("z is squared", lambda z: sigmoid(np.square(z))),
        ("the base is 2, where it is e", lambda z: 1 / (1 + np.exp2(-z))),
        ("it is z itself", lambda z: z),
        ("the power is twice too large", lambda z: sigmoid(2 * np.asarray(z))),
        ("the power is half as large as it should be", lambda z: sigmoid(np.asarray(z) / 2)),
        ("above the line stands e^−z, where 1 stands there", lambda z: np.exp(-z) / (1 + np.exp(-z))),
        ("the base is 10, where it is e", lambda z: 1 / (1 + 10.0**-z)),
        ("e is rounded: np.exp has all its places", lambda z: 1 / (1 + 2.718**-z)),
        ("e is rounded: np.exp has all its places", lambda z: 1 / (1 + 2.72**-z)),
        ("it is the sign of z, where the sigmoid is asked for", np.sign),
    ),
    warns="for very negative z, e^−z is larger than any number: take e to a power that is never positive",
)  # fmt: skip


def chain(x: float, w: Any, b: Any, start: int = 0) -> Any:
    """The activations of a chain of sigmoid neurons."""
    a = [x]
    for weight, bias in zip(w[start:], b[start:], strict=True):
        a.append(sigmoid(weight * a[-1] + bias))
    return np.array(a[1:])


def _scores_of_chain(x: float, w: Any, b: Any) -> Any:
    return w * np.array([x, *chain(x, w, b)[:-1]]) + b


def _chain_by(f: Any, x: float, w: Any, b: Any) -> Any:
    a = [x]
    for weight, bias in zip(w, b, strict=True):
        a.append(f(a[-1], weight, bias))
    return np.array(a[1:])


def _chains(rng: Draw) -> Sequence[Inputs]:
    return [(float(rng.normal()), 2 * rng.normal(size=3), rng.normal(size=3)) for _ in range(3)]


THREE_NEURONS = Exercise(
    "three_neurons", 2, "x, w, b",
    "the three activations (3,) of a chain of sigmoid neurons: the number x goes into the first, what comes out of one "
    "goes into the next; w and b hold a weight and a bias for each",
    "One neuron after the other: a1 from x, a2 from a1, a3 from a2. Each is the sigmoid of weight · input + bias.",
    _chains,
    chain,
    ("a",),
    mistakes(
        ("every neuron gets x: the second one's input is the first one's output", lambda x, w, b: sigmoid(w * x + b)),
        ("only the last activation is returned: all three are asked for", lambda x, w, b: chain(x, w, b)[-1]),
        ("the biases are left out", lambda x, w, b: chain(x, w, 0 * b)),
        ("the biases are subtracted: in e^−(w·a + b) the minus is for both", lambda x, w, b: chain(x, w, -b)),
        ("the sigmoid is left out", lambda x, w, b: _chain_by(lambda a, v, c: v * a + c, x, w, b)),
        ("the scores z are returned, where the activations a are asked for", _scores_of_chain),
        ("the next neuron gets the score z, where it gets the activation a",
         lambda x, w, b: sigmoid(_chain_by(lambda a, v, c: v * a + c, x, w, b))),
        ("it is a chain of ReLU neurons", lambda x, w, b: _chain_by(lambda a, v, c: relu(v * a + c), x, w, b)),
        ("it is a chain of tanh neurons", lambda x, w, b: _chain_by(lambda a, v, c: np.tanh(v * a + c), x, w, b)),
        ("the first weight and bias are used for all three", lambda x, w, b: chain(x, [w[0]] * 3, [b[0]] * 3)),
        ("the activations stand in the wrong order: the first neuron's comes first",
         lambda x, w, b: chain(x, w, b)[::-1]),
        ("the weights are used in the wrong order", lambda x, w, b: chain(x, w[::-1], b[::-1])),
        ("x stands among them: the input is no activation", lambda x, w, b: np.array([x, *chain(x, w, b)])),
        ("x stands in the place of the first activation", lambda x, w, b: np.array([x, *chain(x, w, b)[:-1]])),
        ("the sigmoid has the wrong sign: it is 1 / (1 + e^−z)",
         lambda x, w, b: _chain_by(lambda a, v, c: sigmoid(-(v * a + c)), x, w, b)),
        ("w is added, where it is multiplied", lambda x, w, b: _chain_by(lambda a, v, c: sigmoid(v + a + c), x, w, b)),
        ("every neuron gets x, and the sigmoid is left out", lambda x, w, b: w * x + b),
        ("every neuron gets x, and only the last one's activation is returned",
         lambda x, w, b: sigmoid(w[-1] * x + b[-1])),
        ("the first neuron reads place −1, the last one, which is still 0: it reads x",
         lambda x, w, b: chain(0.0, w, b)),
        ("x stands in the place of the first activation", lambda x, w, b: np.array([x, *chain(x, w, b, 1)])),
        ("nothing is in the list: append lengthens it, += does not", lambda x, w, b: np.zeros(0)),
        ("the last activation is missing: there are three neurons", lambda x, w, b: chain(x, w[:-1], b[:-1])),
        ("the bias is inside the bracket: it is w·a + b", lambda x, w, b:
         _chain_by(lambda a, v, c: sigmoid(v * (a + c)), x, w, b)),
    ),
)  # fmt: skip


def _wishes(rng: Draw) -> Sequence[Inputs]:
    sizes = (3, 1, 6)
    return [(rng.normal(size=n), rng.normal(size=n), float(rng.uniform(0.55, 0.95))) for n in sizes] + [
        (rng.normal(size=2), rng.normal(size=2), float(rng.uniform(0.02, 0.4)))
    ]


def _log_odds(p: float) -> float:
    return float(np.log(p / (1 - p)))


BIAS_FOR = Exercise(
    "bias_for", 2, "x, w, p",
    "the bias b for which sigmoid(w·x + b) is p; x and w are arrays, p lies between 0 and 1",
    "Which score z has the sigmoid p? Solve p = 1 / (1 + e^−z) for z first; then w·x + b is z.",
    _wishes,
    lambda x, w, p: _log_odds(p) - x @ w,
    ("b",),
    mistakes(
        ("w·x is not subtracted: it is the score z, and z is w·x + b", lambda x, w, p: _log_odds(p)),
        ("w·x is added: z is w·x + b, so b is z − w·x", lambda x, w, p: _log_odds(p) + x @ w),
        ("the sign is wrong: it is −b", lambda x, w, p: x @ w - _log_odds(p)),
        ("the fraction is upside down: it is p / (1 − p)", lambda x, w, p: -_log_odds(p) - x @ w),
        ("the logarithm is left out", lambda x, w, p: p / (1 - p) - x @ w),
        ("it is p − w·x: the sigmoid is not undone", lambda x, w, p: p - x @ w),
        ("it is log(p): the 1 − p is missing", lambda x, w, p: np.log(p) - x @ w),
        ("the sigmoid is taken once more, where it is undone", lambda x, w, p: sigmoid(p) - x @ w),
        ("the logarithm has base 10, where it has base e", lambda x, w, p: _log_odds(p) / np.log(10) - x @ w),
        ("the logarithm has base 2, where it has base e", lambda x, w, p: _log_odds(p) / np.log(2) - x @ w),
        ("it is p(1 − p), the slope of the sigmoid", lambda x, w, p: p * (1 - p) - x @ w),
        ("w·x is divided by, where it is subtracted", lambda x, w, p: _log_odds(p) / (x @ w)),
        ("it is 1 + p, where it is 1 − p", lambda x, w, p: np.log(p / (1 + p)) - x @ w),
        ("it is tanh that is undone", lambda x, w, p: np.arctanh(p) - x @ w),
        ("the products w·x are not added up: b is one number", lambda x, w, p: _log_odds(p) - x * w),
        ("brackets are missing: p / 1 − p is 0, and the fraction is p / (1 − p)", lambda x, w, p: -np.inf),
        ("the logarithm is taken of p alone: it is that of the whole fraction",
         lambda x, w, p: np.log(p) / (1 - p) - x @ w),
        ("the sums of x and of w are multiplied, where each input meets its own weight",
         lambda x, w, p: _log_odds(p) - x.sum() * w.sum()),
        ("e to a power is taken, where the logarithm undoes it", lambda x, w, p: np.exp(p) / (1 - np.exp(p)) - x @ w),
        ("p is divided by w·x: solve p = 1 / (1 + e^−z) for z first", lambda x, w, p: p / (x @ w)),
    ),
)  # fmt: skip


def _layers(rng: Draw) -> Sequence[Inputs]:
    sizes = ((5, 4, 3), (4, 3, 3), (1, 2, 6), (6, 4, 1), (3, 3, 3))
    return [(rng.normal(size=(n, k)), rng.normal(size=(j, k)), rng.normal(size=j)) for n, k, j in sizes]


def _columns(b: Any) -> Any:
    return np.asarray(b)[:, np.newaxis]


LAYER = Exercise(
    "layer", 3, "X, W, b",
    "the scores z (n, outputs) of a layer: X is (n, inputs), W is (outputs, inputs), b is (outputs,)",
    "Look at the shapes: (n, inputs) times what gives (n, outputs)? Then each row gets b.",
    _layers,
    lambda X, W, b: X @ W.T + b,
    ("z",),
    mistakes(
        ("W is used without transposing: it is (outputs, inputs)", lambda X, W, b: X @ W + b),
        ("the bias b is left out", lambda X, W, b: X @ W.T),
        ("b is subtracted, where it is added", lambda X, W, b: X @ W.T - b),
        ("z is transposed: each sample is a row", lambda X, W, b: W @ X.T + _columns(b)),
        ("z is transposed: each sample is a row", lambda X, W, b: (X @ W.T).T),
        ("b is added to each column, where it belongs to each row", lambda X, W, b: X @ W.T + _columns(b)),
        ("it is the ReLU of z: z is what comes before the activation", lambda X, W, b: relu(X @ W.T + b)),
        ("it is the sigmoid of z: z is what comes before the activation", lambda X, W, b: sigmoid(X @ W.T + b)),
        ("only the first sample's scores are computed", lambda X, W, b: X[0] @ W.T + b),
        ("only the first bias is used", lambda X, W, b: X @ W.T + b[0]),
        ("the sum of all biases is added to each score", lambda X, W, b: X @ W.T + b.sum()),
        ("the product is divided by the number of inputs", lambda X, W, b: X @ W.T / X.shape[1] + b),
        ("b is multiplied, where it is added", lambda X, W, b: X @ W.T * b),
        ("the scores of all samples are added up", lambda X, W, b: (X @ W.T + b).sum(axis=0)),
        ("the mean over the samples is taken", lambda X, W, b: (X @ W.T + b).mean(axis=0)),
        ("the weights are summed for each output, where each meets its own input",
         lambda X, W, b: X.sum(axis=1, keepdims=True) * W.sum(axis=1) + b),
        ("the biases stand in the wrong order", lambda X, W, b: X @ W.T + b[::-1]),
        ("W is reshaped, where it is transposed: .T", lambda X, W, b: X @ W.reshape(W.shape[::-1]) + b),
        ("b is added to the weights, where it is added to the scores", lambda X, W, b: X @ (W.T + b)),
    ),
)  # fmt: skip


def _sizes(rng: Draw) -> Sequence[Inputs]:
    drawn = [[int(k) for k in rng.integers(2, 40, size)] for size in (4, 2, 6)]
    return [([784, 32, 16, 10],), *((sizes,) for sizes in drawn)]


COUNT_PARAMETERS = Exercise(
    "count_parameters", 3, "sizes",
    "how many weights and biases a network has: sizes are its neurons layer by layer, the inputs first",
    "Each neuron has one weight for each neuron of the layer before, and one bias. The inputs have neither.",
    _sizes,
    lambda sizes: network.count_parameters(sizes),
    ("the count",),
    mistakes(
        ("the biases are left out", lambda s: sum(m * n for m, n in pairwise(s))),
        ("the inputs have no biases", lambda s: sum(m * n for m, n in pairwise(s)) + sum(s)),
        ("each layer has one bias for each input, where it has one for each output",
         lambda s: sum((n + 1) * m for m, n in pairwise(s))),
        ("each layer has a single bias, where each neuron has one", lambda s: sum(m * n + 1 for m, n in pairwise(s))),
        ("these are the biases alone", lambda s: sum(s[1:])),
        ("these are the neurons, where weights and biases are asked for", sum),
        ("all sizes are multiplied", lambda s: int(np.prod(s))),
        ("the first layer's weights alone are counted", lambda s: s[0] * s[1]),
        ("the first layer alone is counted", lambda s: s[0] * s[1] + s[1]),
        ("the last layer is left out", lambda s: network.count_parameters(s[:-1]) if len(s) > 2 else 0),
        ("the first layer is left out", lambda s: network.count_parameters(s[1:]) if len(s) > 2 else 0),
        ("the last layer alone is counted", lambda s: s[-2] * s[-1] + s[-1]),
        ("the sizes of two layers are added, where they are multiplied",
         lambda s: sum(m + n for m, n in pairwise(s))),
        ("the biases are counted twice", lambda s: network.count_parameters(s) + sum(s[1:])),
        ("the biases of the last layer are left out", lambda s: network.count_parameters(s) - s[-1]),
        ("each layer is counted apart: their sum is asked for", lambda s: [(m + 1) * n for m, n in pairwise(s)]),
        ("every layer is joined with itself", lambda s: sum(n * n + n for n in s[1:])),
        ("it is the count of the digit network, whatever the sizes: compute it from them", lambda s: 25818),
        ("all sizes are multiplied, where each layer's are, and the products added up",
         lambda s: int(np.prod(s)) + sum(s[1:])),
    ),
)  # fmt: skip
