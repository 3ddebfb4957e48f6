"""From data to the rows of the next batches: shuffled, and gathered into arrays that are there already.

Data in memory are shuffled as a whole. Of data that are read from files a block at a time, 64 MB of blocks, in random
order and from all over the file, make a window, and the rows of a window are shuffled: batches are mixed nearly as
well as by a shuffle of the whole, even where the file is sorted (Xu et al., CorgiPile, SIGMOD 2022).
"""

from collections.abc import Iterator
from itertools import cycle
from typing import Any, NamedTuple, Protocol

import numpy as np

from pellucid.core.arrays import AnyArray, Array, to_float

Pair = tuple[AnyArray, AnyArray]  # X (n, features) and y, (n,) labels or (n, outputs) values
Weighted = tuple[AnyArray, AnyArray, AnyArray]  # and weights (n,): how much each sample counts
WINDOW = 2**26  # bytes of a stream's samples that are shuffled together


class Stream(Protocol):
    """Samples that are read from files a block at a time, since all of them may not fit into memory."""

    @property
    def shape(self) -> tuple[int, int]:
        """(n, features)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the inputs X."""

    @property
    def target_shape(self) -> tuple[int, ...]:
        """Of one sample's target: () for a label, (outputs,) for values."""

    @property
    def target_dtype(self) -> np.dtype[Any]:
        """Of the targets y."""

    def blocks(self, seed: int | None, skip: int = 0) -> Iterator[Pair]:
        """All samples once, in blocks (X, y) whose order the seed decides; None is the order of the file.

        The first ``skip`` samples are left out. A block stands until the next one is asked for.
        """


Data = Pair | Weighted | Stream


class Kinds(NamedTuple):
    """How many samples and features there are, and of what kind: of X, and of one sample's target."""

    samples: int
    features: int
    dtype: np.dtype[Any]
    target_shape: tuple[int, ...]
    target_dtype: np.dtype[Any]


def kinds(data: Data) -> Kinds:
    """What data are like, be they arrays or a stream.

    >>> kinds((np.zeros((5, 2)), np.zeros(5, np.int64)))[:2]
    (5, 2)
    """
    if isinstance(data, tuple):
        X, y = data[:2]
        return Kinds(len(X), X.shape[1], X.dtype, y.shape[1:], y.dtype)
    return Kinds(*data.shape, data.dtype, data.target_shape, data.target_dtype)


def order(samples: int, seed: int | tuple[int, int] | None) -> AnyArray:
    """The order of the rows in one epoch: a permutation of 0 … samples − 1 by the seed; without one, as they are.

    >>> sorted(order(4, seed=7).tolist())
    [0, 1, 2, 3]
    """
    return np.arange(samples) if seed is None else np.random.default_rng(seed).permutation(samples)


def gather(X: AnyArray, rows: AnyArray, *, out: Array, pixels: AnyArray | None = None) -> None:
    """Copy the rows of X named by ``rows`` (n,) into ``out`` (n, features), as floats.

    ``pixels`` is a buffer for n rows of X's own dtype, where that is another than out's: bytes are gathered as bytes, a
    quarter of the memory to move, and become floats there. The rows are known to be in range, so that ``mode="clip"``
    never clips; it writes straight into its buffer, which the default mode does not.
    """
    if pixels is None:
        X.take(rows, axis=0, out=out, mode="clip")
    else:
        X.take(rows, axis=0, out=pixels, mode="clip")
        to_float(pixels, out=out)


def windows(data: Data, seed: int | None, done: int, batch_size: int) -> Iterator[tuple[AnyArray, AnyArray, AnyArray]]:
    """One epoch after its first ``done`` samples, as X, y and the rows to take of them, window by window.

    Data in memory are one window. A window stands until the next is asked for, also where that is read ahead of time.

    >>> X, y = np.arange(8).reshape(4, 2), np.arange(4)
    >>> [(rows.tolist()) for _, _, rows in windows((X, y), seed=0, done=0, batch_size=2)]
    [[2, 0, 1, 3]]
    """
    if isinstance(data, tuple):
        X, y = data[:2]
        yield X, y, order(len(X), seed)[done:]
        return
    samples, features = data.shape
    fits = WINDOW // (features * data.dtype.itemsize)
    size = min(max(1, fits // batch_size) * batch_size, samples)  # whole batches, so that only the last is short
    number, done = divmod(done, size)
    buffers = [
        (np.empty((size, features), data.dtype), np.empty((size, *data.target_shape), data.target_dtype))
        for _ in range(2)
    ]
    for X, y in _packed(data.blocks(seed, skip=number * size), cycle(buffers)):
        yield X, y, order(len(X), None if seed is None else (seed, number))[done:]
        number, done = number + 1, 0


def _packed(blocks: Iterator[Pair], buffers: Iterator[Pair]) -> Iterator[Pair]:
    """The samples of blocks of any length, packed into buffers; only the last is not full."""
    (X, y), at = next(buffers), 0
    for block_X, block_y in blocks:
        taken = 0
        while taken < len(block_X):
            n = min(len(X) - at, len(block_X) - taken)
            X[at : at + n], y[at : at + n] = block_X[taken : taken + n], block_y[taken : taken + n]
            at, taken = at + n, taken + n
            if at == len(X):
                yield X, y
                (X, y), at = next(buffers), 0
    if at:
        yield X[:at], y[:at]
