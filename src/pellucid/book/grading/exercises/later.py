"""Chapter 11: what came after plain descent."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.book.grading.compare import as_array, first, kind
from pellucid.book.grading.exercise import Call, Exercise, Inputs, mistakes
from pellucid.book.grading.exercises.data import uses_rng
from pellucid.book.grading.exercises.neurons import Draw
from pellucid.book.grading.inputs import Seed
from pellucid.core.optimizers import Adam, Momentum


def _momenta(rng: Draw) -> Sequence[Inputs]:
    def case(velocity: Any, *shape: int) -> Inputs:
        return rng.normal(size=shape), velocity, rng.normal(size=shape), float(rng.uniform(0.05, 0.4)), 0.9

    still = case(np.zeros(3), 3)
    return [
        case(rng.normal(size=4), 4),
        still,
        (*case(rng.normal(size=(2, 3)), 2, 3)[:4], float(rng.uniform(0.3, 0.7))),
    ]


def _momentum(theta: Any, velocity: Any, grad: Any, rate: float, beta: float) -> Any:
    """One step of the engine's own optimiser."""
    optimizer, moved = Momentum(rate, momentum=beta), theta.ravel().copy()
    optimizer.state = {"v": velocity.ravel().copy()}
    optimizer.step(moved, grad.ravel().copy())
    return moved.reshape(theta.shape), optimizer.state["v"].reshape(theta.shape)


MOMENTUM_STEP = Exercise(
    "momentum_step", 11, "theta, velocity, grad, rate, beta",
    "(theta, velocity) after one step with momentum, as PyTorch makes it: the new velocity is beta · velocity + grad, "
    "and theta moves against it by rate",
    "First the velocity, then theta with the new velocity. Make new arrays: those that you are given stay as they are.",
    _momenta,
    _momentum,
    ("theta", "velocity"),
    mistakes(
        ("theta moves with the old velocity: it is the new one", lambda t, v, g, r, b: (t - r * v, b * v + g)),
        ("theta moves along the velocity, where it moves against it",
         lambda t, v, g, r, b: (t + r * (b * v + g), b * v + g)),
        ("the gradient is multiplied by 1 − beta: PyTorch's form has no such factor",
         lambda t, v, g, r, b: (t - r * (b * v + (1 - b) * g), b * v + (1 - b) * g)),
        ("the rate is in the velocity: PyTorch's form has it in the step alone",
         lambda t, v, g, r, b: (t - (b * v + r * g), b * v + r * g)),
        ("the velocity is −rate · grad + beta · velocity: PyTorch's form has no rate and no sign there",
         lambda t, v, g, r, b: (t + b * v - r * g, b * v - r * g)),
        ("beta is left out", lambda t, v, g, r, b: (t - r * (v + g), v + g)),
        ("the old velocity is left out: it is plain descent", lambda t, v, g, r, b: (t - r * g, g)),
        ("theta moves by the gradient, where it moves by the velocity", lambda t, v, g, r, b: (t - r * g, b * v + g)),
        ("the rate is left out", lambda t, v, g, r, b: (t - (b * v + g), b * v + g)),
        ("the old velocity is returned, where the new one is asked for",
         lambda t, v, g, r, b: (t - r * (b * v + g), v)),
        ("only theta is returned: the velocity is needed for the next step", lambda t, v, g, r, b: t - r * (b * v + g)),
        ("the two are exchanged: theta comes first", lambda t, v, g, r, b: (b * v + g, t - r * (b * v + g))),
        ("beta is multiplied with the gradient, where it is with the velocity",
         lambda t, v, g, r, b: (t - r * (v + b * g), v + b * g)),
        ("beta is multiplied with both, where it is with the velocity alone",
         lambda t, v, g, r, b: (t - r * b * (v + g), b * (v + g))),
        ("the gradient is subtracted from the velocity, where it is added",
         lambda t, v, g, r, b: (t - r * (b * v - g), b * v - g)),
        ("it is Nesterov's form, which looks ahead", lambda t, v, g, r, b: (t - r * (g + b * (b * v + g)), b * v + g)),
        ("theta is returned as it was", lambda t, v, g, r, b: (t, b * v + g)),
        ("the 1 − beta of the average stands at the velocity", lambda t, v, g, r, b:
         (t - r * ((1 - b) * v + b * g), (1 - b) * v + b * g)),
        ("1 − beta is multiplied with the velocity, where beta is",
         lambda t, v, g, r, b: (t - r * ((1 - b) * v + g), (1 - b) * v + g)),
        ("beta is written into the code as 0.9: it is given",
         lambda t, v, g, r, b: (t - r * (0.9 * v + g), 0.9 * v + g)),
        ("rate and beta are written into the code: they are given",
         lambda t, v, g, r, b: (t - 0.1 * (0.9 * v + g), 0.9 * v + g)),
        ("the rate is in the velocity and in the step: PyTorch's form has it in the step alone",
         lambda t, v, g, r, b: (t - r * (b * v + r * g), b * v + r * g)),
        ("the old velocity is added to theta once more: it is in the new one already",
         lambda t, v, g, r, b: (t - r * (b * v + g) + b * v, b * v + g)),
        ("theta is in the velocity, where grad is", lambda t, v, g, r, b: (t - r * (b * v + t), b * v + t)),
        ("beta is squared", lambda t, v, g, r, b: (t - r * (b * b * v + g), b * b * v + g)),
    ),
)  # fmt: skip


def _adams(rng: Draw) -> Sequence[Inputs]:
    def case(t: int, size: int, scale: float = 1.0) -> Inputs:
        m, v = (np.zeros(size), np.zeros(size)) if t == 1 else (rng.normal(size=size), rng.uniform(0.1, 2.0, size))
        grad = scale * rng.choice([-1.0, 1.0], size) * rng.uniform(0.5, 2.0, size)
        return rng.normal(size=size), scale * m, scale**2 * v, grad, t, float(rng.uniform(0.05, 0.2))

    return [case(1, 4), case(3, 3), case(40, 1), case(5, 3, scale=1e-8)]


def _adam(theta: Any, m: Any, v: Any, grad: Any, t: int, rate: float) -> Any:
    """One step of the engine's own optimiser, which keeps both means without their factors."""
    moved, optimizer = theta.copy(), Adam(rate)
    optimizer.state = {"m": m / (1 - 0.9), "s": v / (1 - 0.999), "steps": np.array([t - 1])}
    optimizer.step(moved, grad.copy())
    return moved, (1 - 0.9) * optimizer.state["m"], (1 - 0.999) * optimizer.state["s"]


def _adam_by(
    theta: Any, m: Any, v: Any, g: Any, t: int, rate: float, *, c: float = 0.9, d: float = 0.999, eps: float = 1e-8,
    first_by: float | None = None, second_by: float | None = None, inside: bool = False, root: bool = True,
    sign: float = -1.0,
) -> Any:  # fmt: skip
    """One step of Adam by its formulas, with something else in one place."""
    m, v = c * m + (1 - c) * g, d * v + (1 - d) * g * g
    a = m / (1 - c**t if first_by is None else first_by)
    s = v / (1 - d**t if second_by is None else second_by)
    below = np.sqrt(s + eps) if inside else (np.sqrt(s) if root else s) + eps
    return theta + sign * rate * a / below, m, v


def _exchanged(theta: Any, m: Any, v: Any, g: Any, t: int, rate: float, *, c: float = 0.9, d: float = 0.999) -> Any:
    return _adam_by(theta, m, v, g, t, rate, c=c, d=d, first_by=1 - 0.9**t, second_by=1 - 0.999**t)


def _with_old(theta: Any, m: Any, v: Any, g: Any, t: int, rate: float) -> Any:
    a, s = m / (1 - 0.9**t), v / (1 - 0.999**t)
    return (theta - rate * a / (np.sqrt(s) + 1e-8), *_adam_by(theta, m, v, g, t, rate)[1:])


def _corrected(theta: Any, m: Any, v: Any, g: Any, t: int, rate: float) -> Any:
    moved, m, v = _adam_by(theta, m, v, g, t, rate)
    return moved, m / (1 - 0.9**t), v / (1 - 0.999**t)


def _not_squared(theta: Any, m: Any, v: Any, g: Any, t: int, rate: float) -> Any:
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g
    return theta - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v


def _squared(theta: Any, m: Any, v: Any, g: Any, t: int, rate: float) -> Any:
    m, v = 0.9 * m + 0.1 * g * g, 0.999 * v + 0.001 * g * g
    return theta - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v


def _one_square(theta: Any, m: Any, v: Any, g: Any, t: int, rate: float) -> Any:
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * (g @ g)
    return theta - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v


def _square_of_root(theta: Any, m: Any, v: Any, g: Any, t: int, rate: float) -> Any:
    _, m, v = _adam_by(theta, m, v, g, t, rate)
    return theta - rate * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)) ** 2 + 1e-8), m, v


def _without_momentum(theta: Any, m: Any, v: Any, g: Any, t: int, rate: float) -> Any:
    _, m, v = _adam_by(theta, m, v, g, t, rate)
    return theta - rate * g / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v


def _without_average(theta: Any, m: Any, v: Any, g: Any, t: int, rate: float) -> Any:
    m, v = 0.9 * m + g, 0.999 * v + g * g
    return theta - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v


ADAM_STEP = Exercise(
    "adam_step", 11, "theta, m, v, grad, t, rate",
    "(theta, m, v) after Adam's step number t, counted from 1, as PyTorch makes it: beta1 = 0.9, beta2 = 0.999, "
    "eps = 1e-8",
    "m is a running mean of the gradient, v of its square. Both began at 0: divide by 1 − beta**t, for the step alone. "
    "eps is added to the root.",
    _adams,
    _adam,
    ("theta", "m", "v"),
    mistakes(
        ("neither mean is corrected: divide m by 1 − 0.9**t and v by 1 − 0.999**t for the step",
         lambda *a: _adam_by(*a, first_by=1, second_by=1)),
        ("m is not corrected: divide by 1 − 0.9**t for the step", lambda *a: _adam_by(*a, first_by=1)),
        ("v is not corrected: divide by 1 − 0.999**t for the step", lambda *a: _adam_by(*a, second_by=1)),
        ("eps is inside the root: it is added to the root", lambda *a: _adam_by(*a, inside=True)),
        ("eps is left out", lambda *a: _adam_by(*a, eps=0.0)),
        ("the root of v is left out", lambda *a: _adam_by(*a, root=False)),
        ("theta moves along m, where it moves against it", lambda *a: _adam_by(*a, sign=1.0)),
        ("the rate is left out", lambda t, m, v, g, k, r: _adam_by(t, m, v, g, k, 1.0)),
        ("0.9 and 0.999 are exchanged", lambda *a: _adam_by(*a, c=0.999, d=0.9)),
        ("t is counted from 0, where it is counted from 1",
         lambda t, m, v, g, k, r: (_adam_by(t, m, v, g, k + 1, r)[0], *_adam_by(t, m, v, g, k, r)[1:])),
        ("m and v are returned corrected: the correction is for the step alone", _corrected),
        ("the step is made with the old m and v", _with_old),
        ("the gradient is not squared in v", _not_squared),
        ("the 1 − beta is left out of both means", _without_average),
        ("the gradient is taken in the step, where m is: there is no momentum",
         _without_momentum),
        ("1 − 0.9 · t is taken, where it is 1 − 0.9**t", lambda t, m, v, g, k, r:
         _adam_by(t, m, v, g, k, r, first_by=1 - 0.9 * k, second_by=1 - 0.999 * k)),
        ("1 − 0.9 is divided by, where it is 1 − 0.9**t", lambda *a: _adam_by(*a, first_by=0.1, second_by=0.001)),
        ("only theta is returned: m and v are needed for the next step", lambda *a: _adam_by(*a)[0]),
        ("the old m and v are returned, where the new ones are asked for",
         lambda t, m, v, g, k, r: (_adam_by(t, m, v, g, k, r)[0], m, v)),
        ("beta2 is 0.99, where it is 0.999", lambda *a: _adam_by(*a, d=0.99)),
        ("the same beta is used for both", lambda *a: _adam_by(*a, d=0.9)),
        ("the same beta is used for both", lambda *a: _adam_by(*a, c=0.999)),
        ("eps is too large: it is 1e-8", lambda *a: _adam_by(*a, eps=1e-6)),
        ("eps is too large: it is 1e-8", lambda *a: _adam_by(*a, eps=1e-7)),
        ("the order is wrong: theta, m, v", lambda *a: (_adam_by(*a)[0], _adam_by(*a)[2], _adam_by(*a)[1])),
        ("beta and 1 − beta are exchanged: the old mean counts most", lambda *a: _exchanged(*a, c=0.1, d=0.001)),
        ("beta and 1 − beta are exchanged in m: the old mean counts most", lambda *a: _exchanged(*a, c=0.1)),
        ("beta and 1 − beta are exchanged in v: the old mean counts most", lambda *a: _exchanged(*a, d=0.001)),
        ("the gradient is squared in m, where v alone has its square", _squared),
        ("the power is taken of the whole bracket: 1 − 0.9**t, not (1 − 0.9)**t", lambda t, m, v, g, k, r:
         _adam_by(t, m, v, g, k, r, first_by=0.1**k, second_by=0.001**k)),
        ("the power is taken of the whole bracket: 1 − 0.9**t, not (1 − 0.9)**t",
         lambda t, m, v, g, k, r: _adam_by(t, m, v, g, k, r, first_by=0.1**k)),
        ("t − 1 is the power, where t is: t is counted from 1", lambda t, m, v, g, k, r:
         (_adam_by(t, m, v, g, k - 1, r)[0], *_adam_by(t, m, v, g, k, r)[1:])),
        ("nothing is new in m and v: they come first, from the gradient",
         lambda t, m, v, g, k, r: (t - r * m / (np.sqrt(v) + 1e-8), m, v)),
        ("the rate is written into the code: it is given", lambda t, m, v, g, k, r: _adam_by(t, m, v, g, k, 0.001)),
        ("the squares are added up: each number of v has its own", _one_square),
        ("v is squared, where its root is taken", _square_of_root),
    ),
    warns="a division by 0, or a root of what is negative: t is counted from 1, and v is a mean of squares",
)  # fmt: skip


def _rows(rng: Draw) -> Sequence[Inputs]:
    seed, other = (Seed(int(s)) for s in rng.choice(2**31, 2, replace=False))
    a, p = rng.uniform(0.5, 2.0, (150, 200)), float(rng.uniform(0.2, 0.35))
    small = rng.normal(size=(4, 3))
    return [(a, p, seed), (a, p, seed), (a, p, other), (small, 0.0, seed), (rng.normal(size=(1, 6)), 0.5, other)]


def _dropout_fault(call: Call) -> str | None:
    """What is wrong with one answer of ``dropout``."""
    (a, p, _), value = call
    given = as_array(value)
    if isinstance(value, list | tuple) and len(value) == 2 and kind(value[0]) == kind(a):
        return "the mask is returned too: the activations alone are asked for"
    if given is not None and given.ndim == 1 and a.ndim == 2:
        return "what is dropped is taken out: it stays in its place, as 0"
    if given is None or given.shape != a.shape:
        return f"it is {kind(value)} where {kind(a)} is right"
    dropped = given == 0
    share, kept = dropped.mean(), given[~dropped] / a[~dropped]
    if p == 0:
        return None if np.allclose(given, a) else "with p = 0 nothing is dropped, and nothing is scaled"
    if a.size > 1000 and (fault := _share_fault(dropped, kept, p, share)) is not None:
        return fault
    if not kept.size or np.allclose(kept, 1 / (1 - p)):
        return None
    if np.allclose(kept, 1 / (1 - share)):
        return "what is kept is divided by the share that was kept by chance, where it is divided by 1 − p"
    for factor, says in (
        (1.0, "what is kept is not scaled: inverted dropout divides it by 1 − p"),
        (1 - p, "what is kept is multiplied by 1 − p, where it is divided"),
        (1 / p, "what is kept is divided by p, where it is divided by 1 − p"),
        (p, "what is kept is multiplied by p, where it is divided by 1 − p"),
        (1 / (1 + p), "what is kept is divided by 1 + p, where it is divided by 1 − p"),
        (2.0, "0.5 is written into the code: p is given"),
    ):
        if np.allclose(kept, factor):
            return says
    return "what is kept is a / (1 − p), and everything else is 0"


def _share_fault(dropped: Any, kept: Any, p: float, share: float) -> str | None:
    if share == 0:
        scaled = np.allclose(kept, kept[0]) and not np.isclose(kept[0], 1.0)
        return "nothing is dropped: it is only scaled" if scaled else "nothing is dropped"
    if share == 1:
        return "everything is dropped"
    if dropped.all(axis=0).any() and np.isin(dropped.mean(axis=0), (0, 1)).all():
        return "the same neurons are dropped in each row: each number is drawn by itself"
    if np.isin(dropped.mean(axis=1), (0, 1)).all():
        return "whole rows are dropped: each number is drawn by itself"
    if abs(share - p) < 0.02:
        return None
    if abs(share - (1 - p)) < 0.02:
        return f"p is the share that is dropped: {100 * share:.0f} % are, with p = {p:.2f}"
    half = "0.5 is written into the code, and p is given: " if abs(share - 0.5) < 0.02 else ""
    return f"{half}{100 * share:.1f} % are dropped, with p = {p:.3f}"


def _dropout_laws(calls: Sequence[Call]) -> str | None:
    values = [value for _, value in calls]
    return first(map(_dropout_fault, calls)) or uses_rng(*values[:3])


DROPOUT = Exercise(
    "dropout", 11, "a, p, rng",
    "inverted dropout of the activations a: each number is 0 with probability p, drawn with rng, else a / (1 − p)",
    "rng.random(a.shape) is below p with probability p. What is left is scaled, so that its mean stays.",
    _rows,
    returns=("the activations",),
    laws=_dropout_laws,
)  # fmt: skip
