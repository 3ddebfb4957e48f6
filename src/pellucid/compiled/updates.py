"""The optimisers, parameter by parameter: core/optimizers.py as loops, which go over θ once.

``numbers`` are those of one step: the learning rate η, the rate and the ε beside √s of Adam and its like, the factor
1 − η λ by which a decay beside the gradient shrinks θ, and the share of a penalty. ``s`` are those of a whole training.
"""

from typing import Any

import numpy as np

from pellucid.compiled.jit import kernel, summing
from pellucid.compiled.kinds import MOMENTUM, NESTEROV, RMSPROP, SGD
from pellucid.core.arrays import Array

TINY_SINGLE, EPS_SINGLE = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).eps)
TINY_DOUBLE, EPS_DOUBLE = float(np.finfo(np.float64).tiny), float(np.finfo(np.float64).eps)
RATE, STEP, EPSILON, SHRINK, SHARE = range(5)  # of numbers
DECAY, FIRST, REST, SECOND, ADDED = range(5)  # of s: λ; μ, α or β₁; 1 − that; β₂; ε


@kernel
def unit_of(m: Array) -> Any:
    """The number that is as good as 0: see core's ``round_what_fades``."""
    least, step = (TINY_SINGLE, EPS_SINGLE) if m.itemsize == 4 else (TINY_DOUBLE, EPS_DOUBLE)
    return m.dtype.type(least / (step * step))


@kernel
def rounded(value: float, unit: float) -> float:
    """The value, but for what is far below the unit: with denormal numbers processors are slow."""
    return (value + unit) - unit


@kernel
def move(kind: int, theta: Array, grad: Array, m: Array, v: Array, s: Array, numbers: Array) -> None:
    """One step of θ against its gradient; ``m`` and ``v`` are the optimiser's memory, each as long as θ."""
    rate, shrink, decay = numbers[RATE], numbers[SHRINK], s[DECAY]
    unit = unit_of(m)
    if kind == SGD:
        for i in range(len(theta)):
            theta[i] = theta[i] * shrink - rate * grad[i]
    elif kind == MOMENTUM:
        for i in range(len(theta)):
            m[i] = rounded(s[FIRST] * m[i] + (grad[i] + decay * theta[i]), unit)
            theta[i] -= rate * m[i]
    elif kind == NESTEROV:
        for i in range(len(theta)):
            g = grad[i] + decay * theta[i]
            m[i] = rounded(s[FIRST] * m[i] + g, unit)
            theta[i] -= rate * (g + s[FIRST] * m[i])
    elif kind == RMSPROP:
        for i in range(len(theta)):
            g = grad[i] + decay * theta[i]
            m[i] = s[FIRST] * m[i] + s[REST] * (g * g)
            theta[i] -= rate * (g / (np.sqrt(m[i]) + s[ADDED]))
    else:
        move_adaptively(theta, grad, m, v, s, numbers)


@kernel
def move_adaptively(theta: Array, grad: Array, m: Array, v: Array, s: Array, numbers: Array) -> None:
    """The step of Adam, AdamW and RAdam, which differ in their numbers; ε below 0 leaves √s out."""
    step, epsilon, shrink, decay = numbers[STEP], numbers[EPSILON], numbers[SHRINK], s[DECAY]
    beta1, beta2 = s[FIRST], s[SECOND]
    unit = unit_of(m)
    if epsilon < 0:
        for i in range(len(theta)):
            g = grad[i] + decay * theta[i]
            m[i] = rounded(beta1 * m[i] + g, unit)
            v[i] = beta2 * v[i] + g * g
            theta[i] = theta[i] * shrink - step * m[i]
    else:
        for i in range(len(theta)):
            g = grad[i] + decay * theta[i]
            m[i] = rounded(beta1 * m[i] + g, unit)
            v[i] = beta2 * v[i] + g * g
            theta[i] = theta[i] * shrink - step * (m[i] / (np.sqrt(v[i]) + epsilon))


@kernel
def clip(grad: Array, length: float, most: float) -> None:
    """Shorten a gradient of that length to ``most``, where it is longer."""
    share = most / (length + 1e-6)
    if share < 1:
        factor = grad.dtype.type(share)
        for i in range(len(grad)):
            grad[i] *= factor


@summing
def penalise(theta: Array, grad: Array, pull: Array, factor: float, share: float) -> float:
    """Add the gradient of Σ pull θ² / 2 · share to ``factor`` times a gradient; return that sum without the share."""
    total, many, much = 0.0, grad.dtype.type(factor), grad.dtype.type(share)
    for start in range(0, len(grad), 4096):
        part, parts = grad[start : start + 4096], grad.dtype.type(0)
        values, pulls = theta[start : start + 4096], pull[start : start + 4096]
        for i in range(len(part)):
            pulled = pulls[i] * values[i]
            parts += pulled * values[i]
            part[i] = many * part[i] + pulled * much
        total += parts
    return 0.5 * total
