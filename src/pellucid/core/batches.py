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

    def blocks(self, seed: int | None, skip: int = 0) -> Iterator[tuple[AnyArray, ...]]:
        """All samples once, in blocks (X, y) whose order the seed decides; None is the order of the file.

        The first ``skip`` samples are left out. A block stands until the next one is asked for. Where samples count
        more or less, a stream has also a ``weight``, what their weights come to, and the blocks are (X, y, weights).
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


def weight(data: Data) -> float | None:
    """What the weights of all samples come to; None where each counts 1.

    >>> weight((np.zeros((2, 1)), np.zeros(2), np.array([1.0, 3.0])))
    4.0
    """
    if isinstance(data, tuple):
        return float(data[2].sum()) if len(data) > 2 else None
    return getattr(data, "weight", None)  # a stream of samples that all count 1 need not say so


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


def windows(
    data: Data, seed: int | None, done: int, batch_size: int
) -> Iterator[tuple[tuple[AnyArray, ...], AnyArray]]:
    """One epoch after its first ``done`` samples, as arrays and the rows to take of them, window by window.

    Data in memory are one window. A window stands until the next is asked for, also where that is read ahead of time.

    >>> X, y = np.arange(8).reshape(4, 2), np.arange(4)
    >>> [(rows.tolist()) for _, rows in windows((X, y), seed=0, done=0, batch_size=2)]
    [[2, 0, 1, 3]]
    """
    if isinstance(data, tuple):
        yield data, order(len(data[0]), seed)[done:]
        return
    samples, features = data.shape
    fits = WINDOW // (features * data.dtype.itemsize)
    size = min(max(1, fits // batch_size) * batch_size, samples)  # whole batches, so that only the last is short
    number, done = divmod(done, size)
    weighted = weight(data) is not None
    buffers = [
        (
            np.empty((size, features), data.dtype),
            np.empty((size, *data.target_shape), data.target_dtype),
            *([np.empty(size)] if weighted else []),
        )
        for _ in range(2)
    ]
    for window in _packed(data.blocks(seed, skip=number * size), cycle(buffers)):
        yield window, order(len(window[0]), None if seed is None else (seed, number))[done:]
        number, done = number + 1, 0


def _packed(blocks: Iterator[tuple[AnyArray, ...]], buffers: Iterator[Any]) -> Iterator[tuple[AnyArray, ...]]:
    """The samples of blocks of any length, packed into buffers; only the last is not full."""
    window, at = next(buffers), 0
    for block in blocks:
        taken, samples, size = 0, len(block[0]), len(window[0])
        while taken < samples:
            n = min(size - at, samples - taken)
            for room, array in zip(window, block, strict=True):
                room[at : at + n] = array[taken : taken + n]
            at, taken = at + n, taken + n
            if at == size:
                yield window
                window, at = next(buffers), 0
    if at:
        yield tuple(room[:at] for room in window)
