"""The bound: the matrix products of a training step, alone. It is what a step's time is measured by.

A step of a multi-layer perceptron needs, for each layer, X Wᵀ on the way forward, Δᵀ X on the way back, and for every
layer above the first Δ W. ``products`` does these and nothing else, in arrays that are contiguous and warm, each
written in place: no bias, no activation, no loss, no step, no data.

The layout is the one that was fastest, or within the noise of the fastest, for every shape measured here, among all
eight combinations of row and column order of the two factors and the result: samples as rows, and Wᵀ (inputs,
outputs) row after row. ``python -m benchmarks.layouts`` in the checkout times them all.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pellucid.core.arrays import Array


def products(sizes: Sequence[int], batch_size: int, dtype: npt.DTypeLike = np.float32) -> Callable[[], None]:
    """A function that does the products of one step for a network of these sizes.

    Args:
        sizes: neurons layer by layer, the input first.
        batch_size: samples a step.
        dtype: ``np.float32`` (default) or ``np.float64``.

    >>> step = products([784, 32, 16, 10], batch_size=64)
    >>> step()
    """
    rng, kind = np.random.default_rng(0), np.dtype(dtype)

    def array(rows: int, columns: int) -> Array:
        values: Array = rng.random((rows, columns), dtype=kind.type)  # type: ignore[arg-type]
        values /= columns
        return values

    x = [array(batch_size, size) for size in sizes[:-1]]
    delta = [array(batch_size, size) for size in sizes[1:]]
    Wt = [array(inputs, outputs) for inputs, outputs in pairwise(sizes)]
    z, below, dWt = ([np.zeros_like(a) for a in arrays] for arrays in (delta, delta[:-1], Wt))

    # everything is looked up beforehand, so that only the products are left
    forward = list(zip(x, Wt, z, strict=True))
    gradients = [(a.T, d, dW) for a, d, dW in zip(x, delta, dWt, strict=True)]
    backward = [(d, W.T, out) for d, W, out in zip(delta[1:], Wt[1:], below, strict=True)]
    calls = [*forward, *gradients, *backward]
    dot = np.dot

    def step() -> None:
        for a, b, out in calls:
            dot(a, b, out=out)

    return step
