"""From (X, y) to the trace's fixed input buffers: rows in a shuffled order, batch after batch."""

import numpy as np

from pellucid.arrays import AnyArray, Array, into


def order(samples: int, seed: int) -> AnyArray:
    """The order of the rows in one epoch: a permutation of 0 … samples − 1, the same for the same seed.

    >>> sorted(order(4, seed=7).tolist())
    [0, 1, 2, 3]
    """
    return np.random.default_rng(seed).permutation(samples)


def gather(X: AnyArray, rows: AnyArray, *, out: Array, pixels: AnyArray) -> None:
    """Copy the rows of X named by ``rows`` (n,) into ``out`` (n, features), as floats.

    ``pixels`` is room for n rows of X's own dtype: bytes are gathered as bytes, a quarter of the memory to move, and
    become floats there. The rows are known to be in range, so that ``mode="clip"`` never clips; it writes straight
    into its buffer, which the default mode does not.
    """
    if X.dtype == out.dtype:
        X.take(rows, axis=0, out=out, mode="clip")
    else:
        X.take(rows, axis=0, out=pixels, mode="clip")
        into(pixels, out=out)
