"""Chapter 10: walks through the landscape of a loss."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.book.grading.exercise import Exercise, Inputs, mistakes
from pellucid.book.grading.exercises.neurons import Draw
from pellucid.book.grading.inputs import Function


def _walks(rng: Draw) -> Sequence[Inputs]:
    cases = []
    for size, steps in ((4, 5), (1, 3), (6, 1), (3, 4)):
        loss = Function("cubic", (rng.uniform(0.5, 2.0, size), rng.normal(size=size)))
        cases.append((loss, rng.normal(size=size), rng.normal(size=size), np.sort(rng.uniform(-2.0, 2.0, steps))))
    return cases


def walk(loss: Any, theta: Any, direction: Any, steps: Any) -> Any:
    """The loss at each step."""
    return np.array([loss(theta + s * direction) for s in steps])


def _unit(d: Any) -> Any:
    return d / np.linalg.norm(d)


def _drifting(loss: Any, theta: Any, direction: Any, steps: Any) -> Any:
    found = []
    for s in steps:
        theta = theta + s * direction
        found.append(loss(theta))
    return np.array(found)


ALONG = Exercise(
    "along", 10, "loss, theta, direction, steps",
    "the loss at theta + s · direction for each s of steps, as an array; loss takes a vector like theta, and gives a "
    "number",
    "Each s begins at theta again: theta itself must not move.",
    _walks,
    walk,
    ("the losses",),
    mistakes(
        ("theta moves on from one s to the next: each begins at theta", _drifting),
        ("the direction is subtracted, where it is added", lambda f, t, d, s: walk(f, t, -d, s)),
        ("theta is left out", lambda f, t, d, s: walk(f, 0 * t, d, s)),
        ("s is not used", lambda f, t, d, s: walk(f, t, d, np.ones_like(s))),
        ("the direction is not used: s is added to every number", lambda f, t, d, s: walk(f, t, np.ones_like(d), s)),
        ("the direction is shortened to length 1: it is taken as it is", lambda f, t, d, s: walk(f, t, _unit(d), s)),
        ("the loss at theta is subtracted: the loss itself is asked for", lambda f, t, d, s: walk(f, t, d, s) - f(t)),
        ("the loss at the first step alone is computed", lambda f, t, d, s: walk(f, t, d, s)[0]),
        ("the losses are added up: each s has its own", lambda f, t, d, s: walk(f, t, d, s).sum()),
        ("their mean is taken: each s has its own", lambda f, t, d, s: walk(f, t, d, s).mean()),
        ("only the least loss is returned: each s has its own", lambda f, t, d, s: walk(f, t, d, s).min()),
        ("theta is multiplied by s, where the direction is", lambda f, t, d, s: np.array([f(k * t + d) for k in s])),
        ("it is a way from theta to direction: (1 − s) · theta + s · direction",
         lambda f, t, d, s: np.array([f((1 - k) * t + k * d) for k in s])),
        ("the losses stand in the wrong order", lambda f, t, d, s: walk(f, t, d, s)[::-1]),
        ("evenly spread steps are taken, where those of steps are",
         lambda f, t, d, s: walk(f, t, d, np.linspace(s[0], s[-1], len(s)))),
        ("s is counted from 0, where the numbers of steps are taken",
         lambda f, t, d, s: walk(f, t, d, np.arange(len(s)))),
        ("the points are returned, where the loss at them is asked for",
         lambda f, t, d, s: np.array([t + k * d for k in s])),
        ("the loss at theta is repeated: nothing moves", lambda f, t, d, s: np.full(len(s), f(t))),
        ("theta and direction are multiplied", lambda f, t, d, s: np.array([f(t * k * d) for k in s])),
        ("the direction is added to the loss, where it is added to theta",
         lambda f, t, d, s: np.array([f(t) + k * d for k in s])),
        ("the loss is multiplied by s, where the direction is", lambda f, t, d, s: np.array([f(t + d) * k for k in s])),
        ("all of steps are taken at once: a loop takes one s after the other", lambda f, t, d, s: f(t + s * d)),
        ("the loss at the last step alone is computed", lambda f, t, d, s: walk(f, t, d, s)[-1]),
        ("only the first loss is in it: does return stand inside the loop?", lambda f, t, d, s: walk(f, t, d, s)[:1]),
    ),
)  # fmt: skip


def _directions(rng: Draw) -> Sequence[Inputs]:
    shapes = ((4, 3), (1, 5), (3, 3), (6, 2))
    return [(rng.normal(size=shape), rng.uniform(0.3, 3.0, (shape[0], 1)) * rng.normal(size=shape)) for shape in shapes]


def _norms(A: Any, axis: int | None = 1, order: Any = None) -> Any:
    return np.linalg.norm(A, order, axis=axis, keepdims=axis is not None)


FILTER_NORMALIZED = Exercise(
    "filter_normalized", 10, "direction, W",
    "direction with each row scaled to the length (norm) of the same row of W; both are (outputs, inputs)",
    "Each neuron has a row. Divide a row by its own length: what is it then times the other's length? keepdims=True "
    "keeps a column of lengths beside the rows.",
    _directions,
    lambda d, W: d / _norms(d) * _norms(W),
    ("the direction",),
    mistakes(
        ("it is not divided by the direction's own row lengths", lambda d, W: d * _norms(W)),
        ("it is not multiplied by the row lengths of W", lambda d, W: d / _norms(d)),
        ("the columns are scaled, where the rows are: axis=1", lambda d, W: d / _norms(d, 0) * _norms(W, 0)),
        ("the whole is scaled, where each row is: axis=1", lambda d, W: d / _norms(d, None) * _norms(W, None)),
        ("the fraction is upside down", lambda d, W: d * _norms(d) / _norms(W)),
        ("direction and W are exchanged", lambda d, W: W / _norms(W) * _norms(d)),
        ("the squared lengths are taken: the root is missing", lambda d, W: d / _norms(d) ** 2 * _norms(W) ** 2),
        ("the sums of the rows are taken, where their lengths are",
         lambda d, W: d / d.sum(axis=1, keepdims=True) * W.sum(axis=1, keepdims=True)),
        ("the sums of absolute values are taken, where the lengths are",
         lambda d, W: d / _norms(d, 1, 1) * _norms(W, 1, 1)),
        ("the greatest numbers of the rows are taken, where their lengths are",
         lambda d, W: d / _norms(d, 1, np.inf) * _norms(W, 1, np.inf)),
        ("it is multiplied by W, where it is by the length of its rows", lambda d, W: d / _norms(d) * W),
        ("the lengths alone are returned", lambda d, W: _norms(W)),
        ("the lengths alone are returned", lambda d, W: _norms(W)[:, 0]),
        ("it is multiplied by the length of all of W", lambda d, W: d / _norms(d) * _norms(W, None)),
        ("it is divided by the length of all of the direction", lambda d, W: d / _norms(d, None) * _norms(W)),
        ("it is multiplied by the mean row length of W", lambda d, W: d / _norms(d) * _norms(W).mean()),
        ("it is divided by both lengths", lambda d, W: d / _norms(d) / _norms(W)),
        ("it is the direction as it was", lambda d, W: d),
        ("W is added to it", lambda d, W: W + d / _norms(d) * _norms(W)),
        ("the sign is wrong", lambda d, W: -d / _norms(d) * _norms(W)),
        ("it is divided by the length of all of W, where it is by the direction's own row lengths",
         lambda d, W: d * _norms(W) / _norms(W, None)),
        ("each number is scaled to the size of its fellow in W, where each row is: the length is that of a row",
         lambda d, W: np.sign(d) * np.abs(W)),
        ("the factors alone are returned: the direction is multiplied by them", lambda d, W: _norms(W) / _norms(d)),
        ("the factors alone are returned: the direction is multiplied by them",
         lambda d, W: (_norms(W) / _norms(d))[:, 0]),
        ("the deviations of the rows are taken, where their lengths are",
         lambda d, W: d / d.std(axis=1, keepdims=True) * W.std(axis=1, keepdims=True)),
    ),
)  # fmt: skip
