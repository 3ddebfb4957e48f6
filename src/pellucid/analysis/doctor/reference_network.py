"""Reference network: the user's weights in a network that is right, whose pass says what should come out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import Arrays
from pellucid.analysis.doctor.candidates import IDENTITY, Candidate
from pellucid.analysis.doctor.naming import Quantity
from pellucid.core.arrays import AnyArray, Array


@dataclass(frozen=True)
class Layout:
    """How a user lays out arrays: samples in columns, or in rows; W as (outputs, inputs), or the other way.

    Inputs and targets may be given in another way than they are inside, and a single sample as a vector.
    """

    columns: bool
    outputs_first: bool
    given_columns: bool | None = None  # None: as they are inside
    flat: bool = False

    @property
    def count_code(self) -> str:
        """The code that counts samples."""
        return f"X.shape[{1 if self.columns else 0}]"

    @property
    def softmax_code(self) -> str:
        """The body of a function that takes the softmax of scores Z."""
        axis = 0 if self.columns else 1
        return f"E = np.exp(Z - Z.max(axis={axis}, keepdims=True)); return E / E.sum(axis={axis}, keepdims=True)"

    def to_rows(self, values: Any) -> Array:
        """A user's (samples × neurons) array as rows; a flat one is one neuron's."""
        array = np.atleast_1d(np.asarray(values, np.float64))
        if array.ndim == 1:
            return array[np.newaxis] if self.flat else array[:, np.newaxis]
        return array.T if self.columns else array

    def from_rows(self, rows: AnyArray) -> AnyArray:
        """Rows of samples as the user lays them out."""
        if self.flat:
            return rows[0].copy() if len(rows) == 1 else rows.copy()
        return rows.T.copy() if self.columns else rows.copy()

    def given(self, rows: AnyArray) -> AnyArray:
        """Inputs or targets, rows of samples, as the user's functions are given them."""
        if self.given_columns is None:
            return self.from_rows(rows)
        return rows.T.copy() if self.given_columns else rows.copy()

    def to_outputs_first(self, W: Any) -> Array:
        """A user's W, or dW, as (outputs, inputs)."""
        array = np.asarray(W, np.float64)
        if array.ndim == 1:  # the weights of a single output
            return array[np.newaxis]
        return array if self.outputs_first else array.T

    def sum_code(self, delta: str, like: Any = None) -> str:
        """The code that sums δ over the samples, in the shape of a bias."""
        keep = "" if like is not None and np.ndim(like) == 1 else ", keepdims=True"
        return f"{delta}.sum(axis={1 if self.columns else 0}{keep})"

    def product_code(self, delta: str, a: str) -> str:
        """The code that makes dW from δ and the layer's input."""
        first, second = (delta, a) if self.outputs_first else (a, delta)
        return f"{first} @ {second}.T" if self.columns else f"{first}.T @ {second}"

    def back_code(self, W: str, delta: str) -> str:
        """The code that takes δ one layer down."""
        if self.columns:
            return f"{W}.T @ {delta}" if self.outputs_first else f"{W} @ {delta}"
        return f"{delta} @ {W}" if self.outputs_first else f"{delta} @ {W}.T"

    def score_code(self, l: int, a: str) -> str:
        """The line of code that makes layer l's scores from its input."""
        W = f"W{l}" if self.outputs_first == self.columns else f"W{l}.T"
        return f"Z{l} = {W} @ {a} + b{l}" if self.columns else f"Z{l} = {a} @ {W} + b{l}"


def possible_sizes(arrays: Arrays, layers: int) -> list[tuple[bool, list[int]]]:
    """The ways to read the weights' shapes as layers that follow each other: (whether outputs come first, sizes)."""
    shapes = [np.shape(arrays[Quantity("W", l)]) for l in range(1, layers + 1)]
    biases = [arrays.get(Quantity("b", l)) for l in range(1, layers + 1)]
    if len(shapes[-1]) == 1:  # the weights of a single output
        shapes[-1] = (1, *shapes[-1])
    if any(len(shape) != 2 for shape in shapes):
        return []
    found = []
    for outputs_first in (True, False):
        pairs = [shape if outputs_first else shape[::-1] for shape in shapes]
        pairs[-1] = shapes[-1] if np.ndim(arrays[Quantity("W", layers)]) == 1 else pairs[-1]
        fits = all(lower[0] == upper[1] for lower, upper in pairwise(pairs))
        if fits and all(b is None or np.size(b) in (1, pair[0]) for b, pair in zip(biases, pairs, strict=True)):
            found.append((outputs_first, [pairs[0][1], *(pair[0] for pair in pairs)]))
    return found


@dataclass(frozen=True)
class ReferenceLayer:
    """A layer as the user's weights mean it: W (outputs, inputs), b (outputs,), what follows, and dropout's mask."""

    W: Array
    b: Array
    activation: Candidate
    mask: Array | float = 1.0  # (m, outputs): 0 where a neuron is dropped, else the factor that makes up for it


@dataclass(frozen=True)
class Reference:
    """The user's weights in a network that is right, and its pass: z[l − 1] and a[l] of layer l, a[0] the inputs."""

    layers: list[ReferenceLayer]
    z: list[Array]
    a: list[Array]


def reference_pass(
    arrays: Arrays, layout: Layout, hidden: Sequence[Candidate], X: Array, masks: Mapping[int, Array] | None = None
) -> Reference:
    """The pass of a network with these weights and hidden activations; the output's activation comes separately."""
    net = Reference([], [], [X])
    for l, f in enumerate([*hidden, IDENTITY], start=1):
        W, b = layout.to_outputs_first(arrays[Quantity("W", l)]), arrays.get(Quantity("b", l))
        bias = np.zeros(len(W)) if b is None else np.broadcast_to(np.ravel(b), len(W))
        net.layers.append(ReferenceLayer(W, np.asarray(bias, np.float64), f, (masks or {}).get(l, 1.0)))
        net.z.append(net.a[-1] @ W.T + bias)
        net.a.append(f.value(net.z[-1]) * net.layers[-1].mask)
    return net


def close(one: Any, other: Any, tolerance: float = 1e-6) -> bool:
    """Whether two arrays have one shape and, but for rounding, the same numbers."""
    if np.shape(one) != np.shape(other):
        return False
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return False
    return bool(np.linalg.norm(one - other) <= tolerance * (np.linalg.norm(one) + np.linalg.norm(other)) + 1e-12)


def factor(one: Any, other: Any, tolerance: float = 1e-5) -> float | None:
    """The number c with one = c · other, or None where there is none."""
    if np.shape(one) != np.shape(other) or not np.isfinite(one).all():
        return None
    if max(np.abs(one).max(initial=0), np.abs(other).max(initial=0)) < 1e-12:
        return 1.0  # both vanish, as the sum of a − y over the classes of a softmax does
    size = float(np.sum(other * other))
    c = float(np.sum(one * other)) / size if size else 0.0
    return c if c and close(one, c * other, tolerance) else None
