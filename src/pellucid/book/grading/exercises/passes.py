"""Chapters 5 and 6: the forward pass, and how wrong its answer is."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from pellucid.book.grading.compare import same
from pellucid.book.grading.exercise import Exercise, Inputs, mistakes
from pellucid.book.grading.exercises.engine import network_of
from pellucid.book.grading.exercises.neurons import Draw, relu, sigmoid
from pellucid.core.activations import Softmax, value
from pellucid.core.arrays import Array


def softmax(z: Any) -> Any:
    """Each row's probabilities, by the engine."""
    return value(Softmax(), z)


def _exp_share(z: Any, axis: int | None = 1) -> Any:
    e = np.exp(z - z.max())
    return e / e.sum(axis=axis, keepdims=True)


def _stable(z: Any, axis: int | None = 1) -> Any:
    """The same with each row's greatest score subtracted, and divided by another sum."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _raw(z: Any, axis: int | None = 1) -> Any:
    """The same with nothing subtracted."""
    return np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)


def _rows_of_scores(rng: Draw) -> Sequence[Inputs]:
    large = rng.normal(size=(2, 3)) + np.array([[800.0], [-900.0]])
    return [(rng.normal(size=(4, 3)),), (rng.normal(size=(3, 3)),), (rng.normal(size=(1, 5)),), (large,)]


SOFTMAX = Exercise(
    "softmax", 5, "z",
    "the probabilities (n, k) of scores z (n, k): each row is e^z divided by the row's sum, also for scores of 800",
    "A softmax does not change where the same number is subtracted from all of a row: which one keeps e^z from "
    "overflowing? keepdims=True keeps a column of sums beside the rows.",
    _rows_of_scores,
    softmax,
    ("p",),
    mistakes(
        ("e^z overflows for large scores: subtract each row's greatest score first", _raw),
        ("it is divided by the sum over the samples, where each row has its own sum", lambda z: _exp_share(z, 0)),
        ("it is divided by the sum of everything, where each row has its own sum", lambda z: _exp_share(z, None)),
        *((f"it is divided by {sum_}, where each row has its own sum", partial(share, axis=axis))
          for sum_, axis in (("the sum over the samples", 0), ("the sum of everything", None))
          for share in (_stable, _raw)),
        ("the greatest score of each column is subtracted, where it is that of each row: axis=1",
         lambda z: np.exp(z - z.max(axis=0)) / np.exp(z - z.max(axis=0)).sum(axis=1, keepdims=True)),
        ("each row's sum is returned, which is 1: its probabilities are asked for", lambda z: np.ones(len(z))),
        ("the greatest of all scores is subtracted, where each row has its own: a row far below it becomes 0 / 0",
         lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum(axis=1, keepdims=True)),
        ("it is not divided by the sum", lambda z: np.exp(z - z.max(axis=1, keepdims=True))),
        ("e^z is left out: each score is divided by the sum", lambda z: z / z.sum(axis=1, keepdims=True)),
        ("the greatest score is subtracted after the exponential, where it is subtracted before",
         lambda z: (np.exp(z) - z.max(axis=1, keepdims=True)) / np.exp(z).sum(axis=1, keepdims=True)),
        ("it is the sigmoid: a row's probabilities add up to 1", sigmoid),
        ("the sign is wrong: it is e^z", lambda z: softmax(-z)),
        ("only the greatest score gets a 1: a softmax is not that sharp", lambda z: np.eye(z.shape[1])[z.argmax(1)]),
        ("the class is returned, where its probabilities are asked for", lambda z: z.argmax(axis=1)),
        ("it is the logarithm of the softmax", lambda z: np.log(softmax(z))),
        ("it is divided by the mean, where it is divided by the sum", lambda z: softmax(z) * z.shape[1]),
        ("the base is 2, where it is e", lambda z: softmax(z * np.log(2))),
        ("it is transposed: each sample is a row", lambda z: softmax(z).T),
        ("the scores are divided by the greatest one, where it is subtracted",
         lambda z: softmax(z / z.max(axis=1, keepdims=True))),
    ),
    warns="e^z is larger than any number there: subtract each row's greatest score first",
)  # fmt: skip

Weights = list[Array]
Function = Callable[[Any], Any]


def activations(X: Any, weights: Weights, biases: Weights) -> list[Any]:
    """[X, a1, …]: by the engine."""
    _, trace = network_of(X, None, weights, biases)
    return [np.array(a) for a in trace.a]


def _pass(
    X: Any, weights: Weights, biases: Weights, *, within: Function = relu, last: Function = softmax,
    scores: bool = False, way: Callable[[Any, Any], Any] = lambda a, W: a @ W.T,
) -> list[Any]:  # fmt: skip
    """A forward pass with something else in one place; ``scores`` hands z on, where a goes on."""
    a, z = [X], X
    for l, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        z = way(z if scores else a[-1], W) + b
        a.append((last if l == len(weights) else within)(z))
    return a


def _zero(biases: Weights) -> Weights:
    return [0 * b for b in biases]


def _scores_only(X: Any, weights: Weights, biases: Weights) -> list[Any]:
    z, a = [X], X
    for W, b in zip(weights, biases, strict=True):
        z.append(a @ W.T + b)
        a = relu(z[-1])
    return z


def extreme(X: Any, weights: Weights, biases: Weights) -> Inputs:
    """The same with scores so large that e^z overflows, and the first two rows' far from all others."""
    return np.concatenate([1e5 * X[:1], -1e5 * X[:1], X[2:]]), weights, [*biases[:-1], biases[-1] + 900]


def _networks(rng: Draw) -> Sequence[Inputs]:
    cases: list[Inputs] = []
    for n, sizes in ((5, (4, 3, 2)), (1, (3, 5, 4, 2)), (6, (2, 3)), (4, (3, 3, 3, 3))):
        weights = [rng.normal(size=(k, j)) for j, k in pairwise(sizes)]
        cases.append((rng.normal(size=(n, sizes[0])), weights, [rng.normal(size=len(W)) for W in weights]))
    return [*cases, extreme(*cases[0])]


def _wrong_list(inputs: Inputs, value: Any) -> str | None:
    """Which entry of the list is no activation."""
    if isinstance(value, list | tuple) and value and not same(value[0], inputs[0]):
        return "X is missing: the list begins with it"
    if isinstance(value, np.ndarray):
        return "one array is returned: the list of all activations is asked for"
    return None


FORWARD = Exercise(
    "forward", 5, "X, weights, biases",
    "the list of activations [X, a1, …, aL]: weights and biases hold each layer's W (outputs, inputs) and b; ReLU "
    "within, softmax last",
    "Begin the list with X. For each layer take the last entry, make the scores, and append their ReLU; for the last "
    "layer append the softmax. A stable softmax subtracts each row's greatest score.",
    _networks,
    activations,
    ("the list",),
    mistakes(
        ("W is used without transposing: it is (outputs, inputs)",
         lambda X, W, b: _pass(X, W, b, way=lambda a, W: a @ W)),
        ("the biases are left out", lambda X, W, b: _pass(X, W, _zero(b))),
        ("the biases are subtracted", lambda X, W, b: _pass(X, W, [-c for c in b])),
        ("the ReLU is left out", lambda X, W, b: _pass(X, W, b, within=lambda z: z)),
        ("the softmax at the end is left out", lambda X, W, b: _pass(X, W, b, last=lambda z: z)),
        ("the last layer has a ReLU, where it has a softmax", lambda X, W, b: _pass(X, W, b, last=relu)),
        ("the last layer has a ReLU below its softmax",
         lambda X, W, b: _pass(X, W, b, last=lambda z: softmax(relu(z)))),
        ("there are sigmoids within, where there are ReLUs", lambda X, W, b: _pass(X, W, b, within=sigmoid)),
        ("there is tanh within, where there are ReLUs", lambda X, W, b: _pass(X, W, b, within=np.tanh)),
        ("there is a softmax within, where there are ReLUs", lambda X, W, b: _pass(X, W, b, within=softmax)),
        ("X is missing: the list begins with it", lambda X, W, b: _pass(X, W, b)[1:]),
        ("only the last activation is returned: the whole list is asked for", lambda X, W, b: _pass(X, W, b)[-1]),
        ("the next layer is fed the scores z, where it is fed the activations a",
         lambda X, W, b: _pass(X, W, b, scores=True)),
        ("the scores z are listed, where the activations are asked for", _scores_only),
        ("the last layer is a sigmoid, where it is a softmax", lambda X, W, b: _pass(X, W, b, last=sigmoid)),
        ("the softmax overflows for large scores: subtract each row's greatest score first",
         lambda X, W, b: _pass(X, W, b, last=_raw)),
        ("the softmax is taken over the samples, where each row has its own",
         lambda X, W, b: _pass(X, W, b, last=lambda z: softmax(z.T).T)),
        ("the list is in the wrong order: X comes first", lambda X, W, b: _pass(X, W, b)[::-1]),
        ("every layer is fed X, where it is fed the layer before", lambda X, W, b:
         [X, *(relu(X @ V.T + c) for V, c in zip(W[:-1], b, strict=False)), softmax(X @ W[-1].T + b[-1])]),
        ("the last layer is left out", lambda X, W, b: _pass(X, W, b, last=softmax)[:-1]),
        ("the softmax is taken of everything, where each row has its own",
         lambda X, W, b: _pass(X, W, b, last=partial(_stable, axis=None))),
        ("the softmax is divided by the sums over the samples, where each row has its own",
         lambda X, W, b: _pass(X, W, b, last=partial(_stable, axis=0))),
        ("the last layer's ReLU stands before its softmax: it is an entry too many",
         lambda X, W, b: [*_pass(X, W, b, last=relu), softmax(_pass(X, W, b, last=relu)[-1])]),
        ("the last layer's ReLU stands before its softmax: it is an entry too many",
         lambda X, W, b: [*_pass(X, W, b, last=relu), _raw(_pass(X, W, b, last=relu)[-1])]),
    ),
    explain=_wrong_list,
    warns="e^z is larger than any number there: subtract each row's greatest score first",
)  # fmt: skip


def _answers(rng: Draw) -> Sequence[Inputs]:
    cases = []
    for n, k in ((5, 3), (1, 4), (6, 6), (4, 2)):
        y = rng.integers(0, k, n)
        y[0] = k - 1  # so that no class may be left out
        cases.append((softmax(rng.uniform(-1.0, 1.0, (n, k))), y))
    lacking = softmax(rng.uniform(-1.0, 1.0, (5, 4))), rng.permutation([0, 1, 2, 2, 1])  # the last class
    return [*cases, lacking]


def _of_right(p: Any, y: Any) -> Any:
    return p[np.arange(len(y)), y]


def _hot(p: Any, y: Any) -> Any:
    return np.eye(p.shape[1])[y]


CROSS_ENTROPY = Exercise(
    "cross_entropy", 6, "p, y",
    "the mean over the rows of −log(probability of the right class): p is (n, k), y holds the right classes (n,) as "
    "integers",
    "p[np.arange(n), y] takes from each row the probability of its right class.",
    _answers,
    lambda p, y: -np.log(_of_right(p, y)).mean(),
    ("the loss",),
    mistakes(
        ("the sign is wrong: it is −log", lambda p, y: np.log(_of_right(p, y)).mean()),
        ("the mean over samples is missing: it is a sum", lambda p, y: -np.log(_of_right(p, y)).sum()),
        ("the mean is missing: there is one loss for each row", lambda p, y: -np.log(_of_right(p, y))),
        ("it is the mean over the classes, too: it is divided by k once too often",
         lambda p, y: -(np.log(p) * _hot(p, y)).mean()),
        ("the logarithms of all classes count, where the right one's counts alone",
         lambda p, y: -np.log(p).sum(axis=1).mean()),
        ("the mean of all logarithms is taken, where the right class's count alone", lambda p, y: -np.log(p).mean()),
        ("the logarithm is left out", lambda p, y: -_of_right(p, y).mean()),
        ("it is 1 − p, where it is −log p", lambda p, y: (1 - _of_right(p, y)).mean()),
        ("it is the logarithm of the mean, where it is the mean of the logarithms",
         lambda p, y: -np.log(_of_right(p, y).mean())),
        ("the logarithm has base 2, where it has base e", lambda p, y: -np.log2(_of_right(p, y)).mean()),
        ("the logarithm has base 10, where it has base e", lambda p, y: -np.log10(_of_right(p, y)).mean()),
        ("it is the squared error", lambda p, y: ((p - _hot(p, y)) ** 2).mean()),
        ("it is the squared error", lambda p, y: ((p - _hot(p, y)) ** 2).sum(axis=1).mean()),
        ("the columns of all right classes are taken from every row: p[:, y]", lambda p, y: -np.log(p[:, y]).mean()),
        ("the columns of all right classes are taken from every row: p[:, y]",
         lambda p, y: -np.log(p[:, y]).sum() / len(y)),
        ("the greatest probability is taken, where the right class's is", lambda p, y: -np.log(p.max(axis=1)).mean()),
        ("it is the binary cross-entropy: the other classes' log(1 − p) do not count",
         lambda p, y: -(_hot(p, y) * np.log(p) + (1 - _hot(p, y)) * np.log(1 - p)).sum(axis=1).mean()),
        ("it is the entropy of p: y is not used", lambda p, y: -(p * np.log(p)).sum(axis=1).mean()),
        ("only the first row is taken", lambda p, y: -np.log(p[0, y[0]])),
        ("a softmax is taken of p, which holds probabilities already",
         lambda p, y: -np.log(_of_right(softmax(p), y)).mean()),
        ("whole rows are taken, p[y]: the right class of row i is p[i, y[i]]", lambda p, y: -np.log(p[y]).mean()),
        ("row and column are exchanged: it is p[i, y[i]]", lambda p, y: -np.log(p[y, np.arange(len(y))]).mean()),
        ("classes are counted from 1, where they are counted from 0",
         lambda p, y: -np.log(p[np.arange(len(y)), y - 1]).mean()),
        ("it is log(1 − p), where it is log p", lambda p, y: -np.log(1 - _of_right(p, y)).mean()),
        ("the first row alone counts: does return stand inside the loop?",
         lambda p, y: -np.log(p[0, y[0]]) / len(y)),
        ("e to a power undoes the logarithm at the end", lambda p, y: np.exp(-np.log(_of_right(p, y)).mean())),
        ("it is p · log p, where it is the logarithm alone",
         lambda p, y: -(_of_right(p, y) * np.log(_of_right(p, y))).mean()),
        ("it is p · log p, where it is the logarithm alone, and their mean is missing",
         lambda p, y: -_of_right(p, y) * np.log(_of_right(p, y))),
    ),
    tolerance=1e-5,
)  # fmt: skip


def _rows_there(p: Any, y: Any) -> Any:
    """y, if all of it are places of rows."""
    return np.arange(len(p))[y]


def _exchanged(p: Any, y: Any) -> Any:
    delta = p.copy()
    for i, right in enumerate(y):
        delta[right, i] -= 1
    return delta / len(y)


OUTPUT_DELTA = Exercise(
    "output_delta", 6, "p, y",
    "dLoss/dz (n, k) of softmax with the mean cross-entropy: p is (n, k), y holds the right classes (n,) as integers",
    "Of one sample it is a − y, where y has a 1 at the right class. The loss is a mean over n samples: what of each?",
    _answers,
    lambda p, y: (p - _hot(p, y)) / len(y),
    ("δ",),
    mistakes(
        ("the mean over samples is missing: divide by n", lambda p, y: p - _hot(p, y)),
        ("δ is y − a: the sign is wrong", lambda p, y: (_hot(p, y) - p) / len(y)),
        ("the sign is wrong, and the mean over samples is missing", lambda p, y: _hot(p, y) - p),
        ("y is not subtracted", lambda p, y: p / len(y)),
        ("it is divided by the number of classes, too", lambda p, y: (p - _hot(p, y)) / p.size),
        ("it is divided by the number of classes, where it is divided by the number of samples",
         lambda p, y: (p - _hot(p, y)) / p.shape[1]),
        ("it is multiplied by p(1 − p): cross-entropy cancels the slope of the softmax",
         lambda p, y: (p - _hot(p, y)) * p * (1 - p) / len(y)),
        ("it is the slope by p, −y / p: the softmax's own slope is missing", lambda p, y: -_hot(p, y) / p / len(y)),
        ("a 2 is too many: it is not the squared error", lambda p, y: 2 * (p - _hot(p, y)) / len(y)),
        ("the number y is subtracted, where a 1 is subtracted at the right class",
         lambda p, y: (p - np.asarray(y)[:, np.newaxis]) / len(y)),
        ("the rows are added up: each sample has a row of its own", lambda p, y: (p - _hot(p, y)).sum(axis=0) / len(y)),
        ("1 is subtracted in the columns of all right classes in every row: p[:, y]", lambda p, y:
         (p - np.isin(np.arange(p.shape[1]), y)) / len(y)),
        ("1 is subtracted everywhere, where it is subtracted at the right class", lambda p, y: (p - 1) / len(y)),
        ("1 is subtracted from the likeliest class, where it is subtracted from the right one",
         lambda p, y: (p - np.eye(p.shape[1])[p.argmax(axis=1)]) / len(y)),
        ("the right class's entry alone is returned: each class has one",
         lambda p, y: (_of_right(p, y) - 1) / len(y)),
        ("it is transposed: each sample is a row", lambda p, y: ((p - _hot(p, y)) / len(y)).T),
        ("a softmax is taken of p, which holds probabilities already",
         lambda p, y: (softmax(p) - _hot(p, y)) / len(y)),
        ("whole rows are taken, p[y]: the right class of row i is p[i, y[i]]",
         lambda p, y: (p - np.isin(np.arange(len(p)), _rows_there(p, y))[:, np.newaxis]) / len(y)),
        ("row and column are exchanged: it is p[i, y[i]]", _exchanged),
        ("the right class becomes 1, where 1 is subtracted from it", lambda p, y:
         np.where(_hot(p, y) == 1, 1.0, p) / len(y)),
        ("1 is added at the right class, where it is subtracted", lambda p, y: (p + _hot(p, y)) / len(y)),
        ("signs are lost: what is too small has a negative δ", lambda p, y: np.abs(p - _hot(p, y)) / len(y)),
        ("it is the squared error, where its slope is asked for", lambda p, y: (p - _hot(p, y)) ** 2 / len(y)),
        ("it is the loss of each entry, where its slope is asked for",
         lambda p, y: -_hot(p, y) * np.log(p) / len(y)),
    ),
)  # fmt: skip


def _hits(p: Any, y: Any) -> Any:
    return p.argmax(axis=1) == y


def _guesses(rng: Draw) -> Sequence[Inputs]:
    cases = []
    for n, k, wrong in ((12, 3, 4), (1, 4, 0), (9, 9, 3), (20, 2, 7), (6, 3, 0)):
        p = softmax(2 * rng.normal(size=(n, k)))
        y = p.argmax(axis=1)
        y[:wrong] = (y[:wrong] + rng.integers(1, k, wrong)) % k
        order = rng.permutation(n)
        cases.append((p[order], y[order]))
    return cases


ACCURACY = Exercise(
    "accuracy", 6, "p, y",
    "the share of rows whose likeliest class is the right one: p is (n, k), y holds the right classes (n,) as integers",
    "argmax(axis=1) names each row's likeliest class.",
    _guesses,
    lambda p, y: _hits(p, y).mean(),
    ("the accuracy",),
    mistakes(
        ("the right ones are counted: divide by the number of rows", lambda p, y: _hits(p, y).sum()),
        ("it is the share of the wrong ones", lambda p, y: 1 - _hits(p, y).mean()),
        ("the likeliest class is looked for in each column, where each row has one: axis=1",
         lambda p, y: (p.argmax(axis=0) == y).mean()),
        ("it is in percent: a share lies between 0 and 1", lambda p, y: 100 * _hits(p, y).mean()),
        ("it is divided by the number of classes", lambda p, y: _hits(p, y).sum() / p.shape[1]),
        ("it is divided by the number of probabilities", lambda p, y: _hits(p, y).sum() / p.size),
        ("the mean probability of the right class is taken: a class counts or it does not",
         lambda p, y: _of_right(p, y).mean()),
        ("the right class's probability is compared with one half", lambda p, y: (_of_right(p, y) > 0.5).mean()),
        ("the least likely class is taken", lambda p, y: (p.argmin(axis=1) == y).mean()),
        ("it is always 0: with y the place of the greatest probability is compared, argmax(axis=1), and by ==",
         lambda p, y: (p.max(axis=1) == y).mean()),
        ("the mean is missing: there is one answer for each row", lambda p, y: _hits(p, y)),
        ("argmax is taken of everything, where each row has one: axis=1", lambda p, y: (p.argmax() == y).mean()),
        ("it is all or nothing, where a share is asked for", lambda p, y: float(_hits(p, y).all())),
        ("it is rounded", lambda p, y: np.round(_hits(p, y).mean())),
        ("classes are counted from 1, where they are counted from 0", lambda p, y: (p.argmax(axis=1) + 1 == y).mean()),
        ("it is divided by 10, where it is divided by the number of rows", lambda p, y: _hits(p, y).sum() / 10),
        ("the classes are returned, where the share of right ones is asked for", lambda p, y: p.argmax(axis=1)),
        ("the distance between class numbers is taken: a class counts or it does not",
         lambda p, y: np.abs(p.argmax(axis=1) - y).mean()),
        ("every probability is compared, where each row's likeliest class is: argmax(axis=1)",
         lambda p, y: (np.round(p) == _hot(p, y)).mean()),
    ),
)  # fmt: skip
