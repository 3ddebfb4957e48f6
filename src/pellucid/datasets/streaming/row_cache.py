"""A table decoded once: compact rows, one behind the other in a file, read in blocks in any order."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pellucid._files.reading import opened
from pellucid._files.writing import writing
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.streaming.fixed_rows import cut, rows_in_block

ABOUT = ".json"  # the ending of what is said of the rows beside them


class RowCache:
    """A file of rows of one type: blocks of about 800 kB, which begin anywhere.

    >>> import tempfile
    >>> row = np.dtype([("numbers", np.float32, (2,))])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = RowCache(Path(folder) / "rows", row)
    ...     cache.write([np.zeros(3, row), np.ones(2, row)])
    ...     [len(rows) for rows in cache.read(span for span, _ in cache.spans(None))]
    [5]
    """

    def __init__(self, path: Path, row: np.dtype[Any], count: int = 0) -> None:
        self.path, self.row, self.count = path, row, count

    def write(self, blocks: Iterable[AnyArray]) -> None:
        """Write rows, block after block; raises OSError where the disk is full, and leaves nothing then."""
        self.count = 0
        with writing(self.path, durable=False) as stream:
            for rows in blocks:
                stream.write(np.ascontiguousarray(rows).view(np.uint8).data)
                self.count += len(rows)

    def remove(self) -> None:
        """Remove the file, what is said of it beside it, and its folder where nothing else is in it."""
        for place in (self.path, self.path.with_suffix(ABOUT)):
            place.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.path.parent.rmdir()

    def spans(self, rng: np.random.Generator | None) -> Sequence[tuple[Any, int]]:
        """Blocks (start, stop) with their rows: in the file's order, or as ``rng`` cuts and shuffles it."""
        n, size = self.count, rows_in_block(self.row.itemsize)
        found = cut(n, size, 0 if rng is None else int(rng.integers(min(size, n))))
        if rng is not None:
            found = found[rng.permutation(len(found))]
        return [((start, stop), stop - start) for start, stop in found.tolist() if stop > start]

    def between(self, start: int, stop: int) -> list[tuple[int, int]]:
        """Rows start … stop − 1 as blocks, also where they lie behind the ``count`` rows."""
        edges = [*range(start, stop, rows_in_block(self.row.itemsize)), stop]
        return list(itertools.pairwise(edges))

    def read(self, spans: Iterable[Any]) -> Iterator[AnyArray]:
        """Yield the rows of each block, in a buffer that is used again."""
        buffer = np.empty(rows_in_block(self.row.itemsize) * self.row.itemsize, np.uint8)
        with opened(str(self.path)) as stream:
            for start, stop in spans:
                into = buffer[: (stop - start) * self.row.itemsize]
                stream.seek(start * self.row.itemsize)
                if stream.readinto(into.data) != len(into):  # type: ignore[attr-defined]
                    raise InputError(
                        f"{self.path}: ends before row {stop - 1}; it was changed: remove it, and start again"
                    )
                yield into.view(self.row)
