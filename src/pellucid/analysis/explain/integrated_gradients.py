"""Integrated gradients: what each input gave to a network's answer, beside the answer to another row, the reference.

Input i gave (x_i − r_i) · ∫ ∂f/∂x_i (r + t (x − r)) dt, t from 0 to 1, along the straight way from r to x. The parts
add up to f(x) − f(r). Sundararajan, Taly and Yan, *Axiomatic Attribution for Deep Networks*, ICML 2017, section 3.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pellucid.core.arrays import AnyArray, Array
from pellucid.core.network import Network, forward, propagate
from pellucid.core.trace import Trace

METHOD = "integrated gradients (Sundararajan, Taly and Yan, ICML 2017)"
NODES, SHARES = np.polynomial.legendre.leggauss(5)
NODES, SHARES = (NODES + 1) / 2, SHARES / 2  # places between 0 and 1, and how much each counts
ENOUGH = 1e-11  # of the answer's change: what a piece of the way may be off by
MOST = 1 << 23  # numbers of all pieces of the way together, beyond which they are not halved any more
AT_ONCE = 1 << 20  # numbers of a layer that are computed together


class Parts(NamedTuple):
    """What each input gave, (inputs,), the answers to x and to the reference, and what is missing of their difference.

    ``error`` is Σ parts − (answer − reference).
    """

    parts: Array
    answer: float
    reference: float
    error: float


def integrated_gradients(net: Network, x: AnyArray, reference: AnyArray, output: int) -> Parts:
    """What each input of x (inputs,) gave to an output, beside what a ``reference`` (inputs,) has there.

    The output is the score z of a class, or a value. The way from the reference to x is cut where a neuron of a
    piecewise linear network bends, between which the gradient is constant; then each piece is halved until its two
    halves come to what the whole comes to (Gauss and Legendre's rule with 5 nodes).

    >>> from pellucid import SquaredError
    >>> net = Network([2, 1], loss=SquaredError(), init=None)
    >>> net.theta[...] = [3.0, -1.0, 10.0]
    >>> found = integrated_gradients(net, np.array([2.0, 1.0]), np.array([1.0, 0.0]), 0)
    >>> found.parts.round(9).tolist(), found.answer, found.reference
    ([3.0, -1.0], 15.0, 13.0)
    """
    net, (r, x) = net.astype(np.float64), np.asarray([reference, x], np.float64)
    before, answer = _values(net, np.stack([r, x]), output)
    parts = _along(net, r, x - r, output, abs(answer - before))
    return Parts(parts, float(answer), float(before), float(parts.sum() - (answer - before)))


def _along(net: Network, r: Array, way: Array, output: int, change: float) -> Array:
    """(x − r) ∘ ∫ ∂f/∂x dt, (inputs,), piece by piece."""
    cuts = _bends(net, r, way)
    starts, widths = cuts[:-1], np.diff(cuts)
    whole = _pieces(net, r, way, output, starts, widths)  # (pieces, inputs)
    total = np.zeros(len(r))
    while len(starts):
        widths = np.repeat(widths / 2, 2)
        starts = np.repeat(starts, 2)
        starts[1::2] += widths[1::2]
        halves = _pieces(net, r, way, output, starts, widths)
        both = halves[::2] + halves[1::2]
        enough = ENOUGH * max(change, float(np.abs(both).sum()) + float(np.abs(total).sum()))
        open_ = np.abs(both - whole).sum(axis=1) > enough
        if 2 * np.count_nonzero(open_) * len(r) > MOST or not widths.max() > np.finfo(float).eps:
            return np.asarray(total + both.sum(axis=0))
        total += both[~open_].sum(axis=0)
        left = np.repeat(open_, 2)
        starts, widths, whole = starts[left], widths[left], halves[left]
    return total


def _bends(net: Network, r: Array, way: Array) -> Array:
    """The places on the way, from 0 to 1, where the slope of a hidden neuron jumps.

    They are exact where the layers below are linear in between, and else only a good start.
    """
    cuts = np.array([0.0, 1.0])
    for l, layer in enumerate(net.layers[:-1]):
        for kink in layer.activation.formula.kinks:
            z = np.concatenate([trace.z[l] for trace in _traces(net, r, way, cuts)]) - kink
            a, b = z[:-1], z[1:]
            place, neuron = np.nonzero(a * b < 0)
            share = a[place, neuron] / (a[place, neuron] - b[place, neuron])
            cuts = np.unique(np.concatenate([cuts, cuts[place] + share * np.diff(cuts)[place]]))
    return cuts


def _pieces(net: Network, r: Array, way: Array, output: int, starts: Array, widths: Array) -> Array:
    """(x − r) ∘ ∫ ∂f/∂x dt over each piece of the way, (pieces, inputs)."""
    places, found = (starts[:, np.newaxis] + widths[:, np.newaxis] * NODES).ravel(), []
    for trace in _traces(net, r, way, places):
        trace.delta[-1][...] = 0
        trace.delta[-1][:, output] = trace.a[-1][:, output] if _log_link(net) else 1.0
        propagate(net, trace)
        assert trace.delta_input is not None
        found.append(SHARES @ trace.delta_input.reshape(-1, len(NODES), len(r)))  # the mean slope on each piece
    return widths[:, np.newaxis] * np.concatenate(found) * way


def _traces(net: Network, r: Array, way: Array, places: Array) -> Iterator[Trace]:
    """Passes forward of rows r + t (x − r) for some places t, as many together as there is room for."""
    some = len(NODES) * max(1, AT_ONCE // (len(NODES) * max(net.sizes)))
    for start in range(0, len(places), some):
        yield _trace(net, r + places[start : start + some, np.newaxis] * way)


def _trace(net: Network, X: Array) -> Trace:
    trace = Trace(net, len(X), input_gradient=True)
    trace.fill(X)
    forward(net, trace)
    return trace


def _values(net: Network, X: Array, output: int) -> Array:
    """The answer f to each row, (n,): the value that is predicted, else the score of the class."""
    trace = _trace(net, X)
    return np.array((trace.a if _log_link(net) else trace.z)[-1][:, output])


def _log_link(net: Network) -> bool:
    return net.loss.activation.formula.log_link
