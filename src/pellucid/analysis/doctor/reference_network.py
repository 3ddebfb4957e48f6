"""A user's network, copied: the same weights in a ``Network``, whose passes say what should come out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from pellucid.analysis.doctor.naming import Quantity
from pellucid.core.activations import GELU, Activation, Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.losses import SquaredError
from pellucid.core.network import Network, backward, forward
from pellucid.core.trace import Trace

HIDDEN: tuple[Activation, ...] = (
    ReLU(),
    Sigmoid(),
    Tanh(),
    LeakyReLU(0.01),
    LeakyReLU(0.1),
    LeakyReLU(0.2),
    GELU(),
    Identity(),
)
OUTPUT: tuple[Activation, ...] = (Softmax(), Sigmoid(), Identity(), Tanh(), ReLU())


@dataclass(frozen=True)
class Layout:
    """How a user lays out arrays: samples in ``rows`` or ``columns``; W as (outputs, inputs) or the other way."""

    samples: str
    outputs_first: bool

    def rows(self, values: Any) -> Array:
        """A user's (samples × neurons) array as rows; a flat one is one neuron's."""
        array = np.asarray(values, np.float64)
        if array.ndim == 1:
            return array[:, np.newaxis]
        return array.T if self.samples == "columns" else array

    def own(self, rows: AnyArray) -> AnyArray:
        """Rows of samples as the user lays them out."""
        return rows.T.copy() if self.samples == "columns" else rows.copy()

    def weights(self, W: Any) -> Array:
        """A user's W, or dW, as (outputs, inputs)."""
        array = np.asarray(W, np.float64)
        return array if self.outputs_first or array.ndim != 2 else array.T

    def sum(self, delta: str, like: Any = None) -> str:
        """The line of code that sums δ over the samples, in the shape of a bias."""
        flat = like is not None and np.ndim(like) == 1
        axis = 1 if self.samples == "columns" else 0
        return f"{delta}.sum(axis={axis})" if flat else f"{delta}.sum(axis={axis}, keepdims=True)"

    def product(self, delta: str, a: str) -> str:
        """The line of code that makes dW from δ and the layer's input."""
        first, second = (delta, a) if self.outputs_first else (a, delta)
        if self.samples == "columns":
            return f"{first} @ {second}.T"
        return f"{first}.T @ {second}"

    def back(self, W: str, delta: str) -> str:
        """The line of code that takes δ one layer down."""
        if self.samples == "columns":
            return f"{W}.T @ {delta}" if self.outputs_first else f"{W} @ {delta}"
        return f"{delta} @ {W}" if self.outputs_first else f"{delta} @ {W}.T"

    def score(self, l: int, a: str) -> str:
        """The line of code that makes layer l's scores from its input."""
        W = f"W{l}" if self.outputs_first == (self.samples == "columns") else f"W{l}.T"
        return f"Z{l} = {W} @ {a} + b{l}" if self.samples == "columns" else f"Z{l} = {a} @ {W} + b{l}"


def chains(arrays: Mapping[Quantity, Any], layers: int) -> list[tuple[bool, list[int]]]:
    """The ways to read the weights' shapes as a chain of layers: (whether outputs come first, sizes)."""
    found = []
    for outputs_first in (True, False):
        shapes = [np.shape(arrays[Quantity("W", l)]) for l in range(1, layers + 1)]
        if any(len(shape) != 2 for shape in shapes):
            continue
        pairs = [shape if outputs_first else shape[::-1] for shape in shapes]
        fits = all(lower[0] == upper[1] for lower, upper in pairwise(pairs))
        biases = [arrays.get(Quantity("b", l)) for l in range(1, layers + 1)]
        fits = fits and all(b is None or np.size(b) in (1, pair[0]) for b, pair in zip(biases, pairs, strict=True))
        if fits:
            found.append((outputs_first, [pairs[0][1], *(pair[0] for pair in pairs)]))
    return found


def copy_of_network(
    arrays: Mapping[Quantity, Any], layout: Layout, sizes: Sequence[int], hidden: Sequence[Activation]
) -> Network:
    """The user's weights in a network of scores: its output layer has no activation, which comes separately."""
    net = Network(sizes, activation=list(hidden), loss=SquaredError(), init=None, dtype=np.float64)
    for l, layer in enumerate(net.layers, start=1):
        layer.W[...] = layout.weights(arrays[Quantity("W", l)])
        b = arrays.get(Quantity("b", l))
        if b is not None:
            layer.b[...] = np.ravel(b)
    return net


def scores(net: Network, X: Array) -> Trace:
    """One pass forward: the trace that holds every z and a."""
    trace = Trace(net, len(X))
    trace.fill(X)
    forward(net, trace)
    return trace


def pass_back(net: Network, trace: Trace, delta: Array) -> None:
    """The one backward pass, from any δ of the output layer (n, outputs): fill every delta, dW and db.

    Squared error on scores has δ = 2 (z − y) / (n · outputs): with y = z − δ · n · outputs / 2 it is the δ wanted.
    """
    trace.y[...] = trace.z[-1] - delta * (delta.size / 2)
    backward(net, trace)


def applied(activation: Activation, z: Array) -> Array:
    """f(z), for any array of scores (n, neurons)."""
    out = np.empty_like(z)
    with np.errstate(all="ignore"):
        activation(z, out=out, workspace=np.empty((2, *z.shape)))
    return out


def slope(activation: Activation, z: Array) -> Array:
    """f'(z), for an activation that works on each score alone."""
    delta = np.ones_like(z)
    activation.backward(z, applied(activation, z), delta=delta, workspace=np.empty((2, *z.shape)))
    return delta


def through(activation: Activation, z: Array, da: Array) -> Array:
    """dLoss/dz from dLoss/da: times the slope, or for softmax through its whole Jacobian."""
    delta = da.copy()
    activation.backward(z, applied(activation, z), delta=delta, workspace=np.empty((2, *z.shape)))
    return delta


def close(one: Any, other: Any, tolerance: float = 1e-6) -> bool:
    """Whether two arrays have one shape and, but for rounding, the same numbers."""
    if np.shape(one) != np.shape(other):
        return False
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return False
    return bool(np.linalg.norm(one - other) <= tolerance * (np.linalg.norm(one) + np.linalg.norm(other)) + 1e-12)


def factor(one: Array, other: Array, tolerance: float = 1e-5) -> float | None:
    """The number c with one = c · other, or None where there is none."""
    if one.shape != other.shape or not np.isfinite(one).all():
        return None
    if max(np.abs(one).max(initial=0), np.abs(other).max(initial=0)) < 1e-12:
        return 1.0  # both vanish, as the sum of a − y over the classes of a softmax does
    size = float((other * other).sum())
    c = float((one * other).sum()) / size if size else 0.0
    return c if c and close(one, c * other, tolerance) else None
