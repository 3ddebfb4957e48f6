"""Rows of one length, one behind the other in a plain file (`.npy`, IDX), read a block at a time.

The file is read, not mapped into memory: pages of a mapped file count as memory of the process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Indices
from pellucid.datasets.formats.opening import File

BLOCK_BYTES = 1024 * 784  # large enough for the disk, small enough for a core's own cache
MOST_ROWS = 1 << 16


class Rows(Protocol):
    """The inputs of a file in blocks."""

    @property
    def shape(self) -> tuple[int, int]:
        """(n, d), all the rows of the file."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the blocks."""

    @property
    def file(self) -> File:
        """The file."""

    def spans(self, rng: np.random.Generator | None) -> Indices:
        """Return where blocks begin and end, (k, 2): in the file's order, or as `rng` cuts and shuffles it."""

    def read(self, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, AnyArray]]:
        """Yield the first row's number and X (m, d) for each span, in one or more pieces; X is used again."""


def rows_in_block(row_bytes: int) -> int:
    """Return how many rows make a block of about 800 kB.

    >>> rows_in_block(784), rows_in_block(10**9), rows_in_block(1)
    (1024, 1, 65536)
    """
    return min(max(BLOCK_BYTES // row_bytes, 1), MOST_ROWS)


def cut(n: int, size: int, start: int = 0) -> Indices:
    """Return spans (k, 2) of `size` rows that cover 0 … n−1; the first whole one begins at `start`.

    >>> cut(10, 4, 3).tolist()
    [[0, 3], [3, 7], [7, 10]]
    """
    inner = np.arange(start if start else size, n, size)
    edges = np.concatenate([[0], inner, [n]])
    return np.stack([edges[:-1], edges[1:]], axis=1)


def read_raw(
    file: File, offset: int, width: int, stored: np.dtype[Any], spans: Iterable[tuple[int, int]], most: int
) -> Iterator[tuple[int, AnyArray]]:
    """Yield the first row's number and the rows (m, width) of each span of at most `most` rows, as stored.

    The rows lie in a buffer that is used again. Raises InputError where the file ends before, or is another by now.
    """
    length = width * stored.itemsize
    buffer = np.empty((most, length), np.uint8)
    with file.opened() as stream:
        for start, stop in spans:
            into = buffer[: stop - start]
            stream.seek(offset + start * length)
            if cast(Any, stream).readinto(into.reshape(-1).data) != into.nbytes:
                raise InputError(f"{file.name}: ends before sample {stop - 1}; it has changed, or the disk is damaged")
            file.check_unchanged()
            yield start, into != 0 if stored.kind == "b" else into.view(stored)


@dataclass(frozen=True)
class FlatRows:
    """Rows of numbers of type `stored`, the first of them `offset` bytes into the file.

    >>> FlatRows(File("X.npy"), 128, (5000, 784), np.dtype(np.uint8)).spans(None).tolist()
    [[0, 1024], [1024, 2048], [2048, 3072], [3072, 4096], [4096, 5000]]
    """

    file: File
    offset: int
    shape: tuple[int, int]
    stored: np.dtype[Any]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Numbers keep their type in the machine's byte order; booleans and halves become float32."""
        if self.stored.kind == "b" or self.stored == np.float16:
            return np.dtype(np.float32)
        return np.dtype(np.float64) if self.stored.itemsize > 8 else self.stored.newbyteorder("=")

    def spans(self, rng: np.random.Generator | None) -> Indices:
        """Return spans of about 800 kB; `rng` draws where they begin, and their order."""
        n, size = self.shape[0], self._most
        if rng is None:
            return cut(n, size)
        spans = cut(n, size, int(rng.integers(min(size, n))))
        return spans[rng.permutation(len(spans))]

    def read(self, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, AnyArray]]:
        """Yield the first row's number and X (m, d) of each span."""
        d = self.shape[1]
        same = self.stored == self.dtype
        room = np.empty((0 if same else self._most, d), self.dtype)
        for first, raw in read_raw(self.file, self.offset, d, self.stored, spans, self._most):
            X = raw if same else room[: len(raw)]
            if not same:
                with np.errstate(over="ignore", invalid="ignore"):  # what becomes infinite is found and named later
                    X[...] = raw
            yield first, X

    @property
    def _most(self) -> int:
        return rows_in_block(self.shape[1] * self.stored.itemsize)
