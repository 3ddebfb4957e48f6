"""A file read a block at a time: what it holds (`Source`), and its training samples as a `FileStream`."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid._files.reading import COPIES, ROW, check_cost, opened
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Indices, Pixels, RawArrays
from pellucid.datasets.formats.array_checks import check_finite
from pellucid.datasets.streaming.fixed_rows import Rows

STREAM_ABOVE = 2**28  # bytes of X; what is larger is not loaded but read anew in each epoch
TRAIN, DEV, TEST = 0, 1, 2
PIECE = 1 << 22  # bytes of a file that its checksum reads at a time
LABELS = np.dtype(np.int64)
NO_INPUTS = np.empty((0, 0))


@dataclass(frozen=True)
class Source:
    """What a file holds, before any of it is read: its rows, and its targets in blocks, in the file's order.

    `targets` yields raw targets (m,) or (m, k), of `target_dtype` and with `target_ndim` dimensions; it is None
    where there are none. `target` is what messages call them, `target_path` a file of their own.
    """

    name: str
    form: str
    rows: Rows
    features: tuple[str, ...]
    image_shape: tuple[int, int] | None
    targets: Callable[[], Iterator[AnyArray]] | None = None
    target: str = "y"
    target_dtype: np.dtype[Any] = LABELS
    target_ndim: int = 1
    target_path: str | None = None

    @property
    def is_large(self) -> bool:
        """Whether X is too large to be loaded."""
        n, d = self.rows.shape
        return n * d * self.rows.dtype.itemsize > STREAM_ABOVE

    def table(self, X: AnyArray = NO_INPUTS, y: AnyArray | None = None, first: int = 0) -> RawArrays:
        """Return a block as a table that knows where it stands in the file."""
        return RawArrays(self.name, X, y, self.features, self.image_shape, self.form, first)

    def read(self, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, AnyArray]]:
        """Yield the first row's number and X (m, d); raises InputError for a value that is no number."""
        for first, X in self.rows.read(spans):
            check_finite(self.table(X, first=first), self.target)
            yield first, X

    def target_blocks(self) -> Iterator[RawArrays]:
        """Yield the targets in tables without inputs; raises InputError where there are none, or a gap."""
        if self.targets is None:
            raise InputError(f"{self.name}: has no labels; give a file with a label (or target) for each sample")
        first, n = 0, self.rows.shape[0]
        for y in self.targets():
            table = self.table(y=y, first=first)
            check_finite(table, self.target)
            yield table
            first += len(y)
        if first != n:
            raise InputError(f"{self.name}: {self.target} ends after {first} of {n} samples; it is cut off or damaged")


def whole(source: Source) -> RawArrays:
    """Return all of a file in memory; raises InputError where that is more than reading a file may take."""
    (n, d), dtype, on_disk = source.rows.shape, source.rows.dtype, source.rows.file.on_disk
    needed = COPIES * n * d * dtype.itemsize + ROW * n
    check_cost(source.name, needed, on_disk)
    parts = []
    for table in () if source.targets is None else source.target_blocks():
        parts.append(_raw(table))
        needed += parts[-1].nbytes
        check_cost(source.name, needed, on_disk)
    y = np.concatenate(parts) if parts else None
    X = np.empty((n, d), dtype)  # (n, d)
    for first, block in source.read(source.rows.spans(None)):
        X[first : first + len(block)] = block
    return source.table(X, y)


def _raw(table: RawArrays) -> AnyArray:
    assert table.y is not None
    return table.y


@dataclass(frozen=True)
class FileStream:
    """The training samples of a file too large for memory: a `Stream`.

    `y` has the targets of all rows of the file, class indices in as few bytes as they need, or values (n, k);
    `part` says in a byte where each row belongs, and only those of `TRAIN` are in the stream.
    """

    source: Source
    y: AnyArray  # (n,) unsigned integers, or (n, k) float64
    part: Pixels  # (n,)

    @property
    def shape(self) -> tuple[int, int]:
        """(n, d), the samples to train on."""
        return len(self.part) - int(np.count_nonzero(self.part)), self.source.rows.shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of X."""
        return self.source.rows.dtype

    @property
    def target_shape(self) -> tuple[int, ...]:
        """() for labels, (k,) for values."""
        return self.y.shape[1:]

    @property
    def target_dtype(self) -> np.dtype[Any]:
        """int64 for labels, float64 for values."""
        return np.dtype(np.float64 if self.y.dtype.kind == "f" else np.int64)

    def blocks(self, seed: int | None, skip: int = 0) -> Iterator[tuple[AnyArray, AnyArray]]:
        """Yield all training samples once, X (m, d) and y (m,) or (m, k), in blocks that are used again.

        The seed decides the order of the blocks and, but for Parquet, where they begin; None is the file's own
        order. The first `skip` samples are left out; blocks that hold no others are not read. Raises InputError
        for a value that is not a number, with its place in the file.
        """
        rows = self.source.rows
        spans, skip = self._after(rows.spans(None if seed is None else np.random.default_rng(seed)), skip)
        room = np.empty((0, rows.shape[1]), rows.dtype)
        for first, X in self.source.read(spans):
            kept = np.flatnonzero(self.part[first : first + len(X)] == TRAIN)
            skip, kept = max(skip - len(kept), 0), kept[skip:]
            if not len(kept):
                continue
            if len(kept) < len(X):
                if len(room) < len(kept):
                    room = np.empty((len(X), *room.shape[1:]), rows.dtype)
                X = X.take(kept, axis=0, out=room[: len(kept)], mode="clip")
            yield X, self.y[first + kept].astype(self.target_dtype, copy=False)

    def _after(self, spans: Indices, skip: int) -> tuple[list[tuple[int, int]], int]:
        """Return the spans that are not skipped as a whole, and how many samples of the first of them are."""
        left = [(int(start), int(stop)) for start, stop in spans]
        for number, (start, stop) in enumerate(left):
            samples = stop - start - int(np.count_nonzero(self.part[start:stop]))
            if skip < samples or not skip:
                return left[number:], skip
            skip -= samples
        return [], 0

    def checksum(self) -> int:
        """Return a number that changes with the split, and with any byte of the files; it reads them once."""
        rows = self.source.rows
        about = f"{self.source.form} {rows.shape} {rows.dtype} {self.y.dtype} {self.y.shape}"
        sum_ = zlib.crc32(about.encode())
        for path in (rows.file.name, self.source.target_path):
            sum_ = sum_ if path is None else fingerprint(path, sum_)
        return zlib.crc32(self.part.data, zlib.crc32(np.ascontiguousarray(self.y).data, sum_))


def fingerprint(path: str, start: int = 0) -> int:
    """Return the checksum of a file's bytes."""
    with opened(path) as stream:
        while piece := stream.read(PIECE):
            start = zlib.crc32(piece, start)
    return start
