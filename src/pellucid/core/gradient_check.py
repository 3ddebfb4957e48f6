"""The gradient check: back propagation against differences of the loss itself, parameter by parameter.

The derivative that ``backward`` computes must be the limit of (L(θ + h) − L(θ − h)) / 2h. In float64, with a small h,
the two agree to eight digits or so; a mistake in any formula shows at once.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pellucid.core import checks
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.errors import InputError
from pellucid.core.network import Network, backward, forward
from pellucid.core.trace import Trace

EPSILON = float(np.finfo(np.float64).eps)
STEP = EPSILON ** (1 / 3)  # balances the two errors of a central difference, of order h² and ε/h


@dataclass(frozen=True)
class LayerCheck:
    """One layer's gradients: ``error`` is ‖g − n‖ / (‖g‖ + ‖n‖), analytic g against numeric n."""

    layer: int
    error: float
    checked: int
    skipped: int  # parameters whose step crosses a kink, where there is no derivative to compare with
    passed: bool


@dataclass(frozen=True)
class GradientCheck:
    """What a gradient check found, as a whole and layer by layer.

    >>> from pellucid import Network, gradient_check
    >>> net = Network([4, 3, 2], dtype=np.float64, rng=np.random.default_rng(0))
    >>> check = gradient_check(net, np.ones((2, 4)), [0, 1])
    >>> check.passed
    True
    """

    layers: list[LayerCheck]
    tolerance: float

    @property
    def max_relative_error(self) -> float:
        """The worst layer's error."""
        return max(layer.error for layer in self.layers)

    @property
    def parameters_checked(self) -> int:
        """How many parameters were compared."""
        return sum(layer.checked for layer in self.layers)

    @property
    def passed(self) -> bool:
        """Whether every layer's gradients agree."""
        return all(layer.passed for layer in self.layers)


def gradient_check(
    net: Network,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    tolerance: float = 1e-6,
    parameters: int | None = None,
    rng: np.random.Generator | None = None,
    after_each: Callable[[], None] | None = None,
) -> GradientCheck:
    """Compare the gradients of ``net`` on X (n, features) and y with central differences, in float64.

    Args:
        net: the network; a float64 copy of it is checked, it is not changed.
        X: inputs; a few rows are enough.
        y: targets, as the loss wants them.
        tolerance: the greatest error that passes.
        parameters: check only so many, drawn with ``rng``; None checks all.
        rng: where the choice comes from.
        after_each: called after each parameter, for a progress bar.

    Raises:
        InputError: X or y does not fit the network.

    A parameter whose step crosses a kink of an activation or of the loss is skipped, and counted as such. A layer also
    passes where its difference is no more than the rounding of the loss explains.

    >>> net = Network([3, 4, 2], rng=np.random.default_rng(0))
    >>> X = np.random.default_rng(1).random((5, 3))
    >>> gradient_check(net, X, [0, 1, 0, 1, 1]).passed
    True
    """
    net = net.astype(np.float64)
    inputs = checks.inputs(X, net.sizes[0])
    if not len(inputs):
        raise InputError("X has no rows: give at least one sample to check with")
    checks.finite(inputs)
    checks.finite(net.theta[np.newaxis], "theta")
    trace = Trace(net, batch_size=len(inputs))
    trace.fill(inputs, y)
    forward(net, trace)
    loss = backward(net, trace)
    analytic = trace.grad.copy()
    chosen = _chosen(net.theta.size, parameters, rng)
    numeric = np.full(net.theta.size, np.nan)
    for place in chosen:
        numeric[place] = _central_difference(net, trace, place)
        if after_each is not None:
            after_each()
    return _compare(net, analytic, numeric, chosen, tolerance, abs(loss))


def _chosen(size: int, parameters: int | None, rng: np.random.Generator | None) -> AnyArray:
    if parameters is None or parameters >= size:
        return np.arange(size)
    rng = np.random.default_rng(0) if rng is None else checks.generator(rng)
    return np.sort(rng.choice(size, checks.count(parameters, "parameters"), replace=False))


def _central_difference(net: Network, trace: Trace, place: int) -> float:
    """(L(θ + h) − L(θ − h)) / 2h for one parameter, or NaN where a kink lies between."""
    before = float(net.theta[place])
    h = STEP * max(1.0, abs(before))
    net.theta[place] = before + h
    above, sides_above = _loss(net, trace), _sides(net, trace)
    net.theta[place] = before - h
    below, sides_below = _loss(net, trace), _sides(net, trace)
    net.theta[place] = before
    if any(not np.array_equal(one, other) for one, other in zip(sides_above, sides_below, strict=True)):
        return math.nan
    return (above - below) / (2 * float(h))


def _loss(net: Network, trace: Trace) -> float:
    forward(net, trace)
    net.loss.value(trace.z[-1], trace.a[-1], trace.y, out=trace.loss, workspace=trace.workspace[-1])
    return float(np.dot(trace.weights, trace.loss))


def _sides(net: Network, trace: Trace) -> list[AnyArray]:
    """On which side of every kink each score and each residual lies."""
    sides = [z > kink for z, layer in zip(trace.z, net.layers, strict=True) for kink in layer.activation.formula.kinks]
    return sides + [trace.a[-1] - trace.y > kink for kink in getattr(net.loss, "kinks", ())]


def _compare(
    net: Network, analytic: Array, numeric: Array, chosen: AnyArray, tolerance: float, loss: float
) -> GradientCheck:
    results, start = [], 0
    for number, layer in enumerate(net.layers, start=1):
        end = start + layer.W.size + layer.b.size
        places = chosen[(chosen >= start) & (chosen < end)]
        compared = places[~np.isnan(numeric[places])]
        g, n = analytic[compared], numeric[compared]
        difference, sizes = float(np.linalg.norm(g - n)), float(np.linalg.norm(g) + np.linalg.norm(n))
        error = difference / sizes if sizes else 0.0
        rounding = 8 * EPSILON * max(loss, 1.0) / STEP * math.sqrt(len(compared))
        passed = error <= tolerance or difference <= rounding
        results.append(LayerCheck(number, error, len(compared), len(places) - len(compared), passed))
        start = end
    return GradientCheck(results, tolerance)
