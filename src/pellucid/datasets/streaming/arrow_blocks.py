"""Parquet and Arrow files some rows at a time: row groups and record batches, read by pyarrow."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid._files.reading import bounded
from pellucid.core.errors import InputError
from pellucid.datasets.formats.opening import File
from pellucid.datasets.frames.frame import Frame, check_columns
from pellucid.datasets.frames.from_dataframe import as_frame
from pellucid.datasets.frames.header import Layout
from pellucid.datasets.streaming.blocks import LOOKED_AT, MOST_ROWS, Block, Size
from pellucid.datasets.streaming.row_groups import check_table, opened_arrow, opened_parquet, row_counts

if TYPE_CHECKING:
    import pyarrow as pa


class _ArrowFile(ABC):
    """What Parquet and Arrow files have in common: parts of known length, one behind the other, each a place."""

    def __init__(self, file: File, _layout: Layout) -> None:
        self.file = file

    @cached_property
    def names(self) -> list[str]:
        """The names of its columns."""
        with self._opened() as opened:
            names = list(self._schema(opened).names)
        check_columns(self.file.name, len(names))
        return names

    @cached_property
    def counts(self) -> list[int]:
        """How many rows each part has."""
        with self._opened() as opened:
            return self._counts(opened)

    def size(self) -> Size:
        """Its rows, and eight bytes for each of their values."""
        rows = sum(self.counts)
        return Size(rows, 8.0 * rows * len(self.names))

    def read(
        self, places: Sequence[tuple[int, ...]] | None = None, columns: Collection[str] | None = None
    ) -> Iterator[Block]:
        """Yield the blocks of all parts, or of those at some places (part,)."""
        kept = self.names if columns is None else [name for name in self.names if name in columns]
        starts = np.concatenate([[0], np.cumsum(self.counts)]).tolist()
        with self._opened() as opened:
            for (part,) in [(k,) for k in range(len(self.counts))] if places is None else places:
                row, batches = starts[part], self._batches(opened, part, kept)
                while (batch := self._next(batches)) is not None:
                    if batch.num_rows:
                        yield Block((part,), row, self._frame(batch, row))
                    row += batch.num_rows
                if row != starts[part + 1]:
                    raise InputError(
                        f"{self.file.name}: part {part} ends at row {row}, not {starts[part + 1]}; it is damaged"
                    )

    def some(self) -> Iterator[Frame]:
        """Yield the beginnings of some parts."""
        there = [k for k, count in enumerate(self.counts) if count]
        for k in there[:: max(len(there) // LOOKED_AT, 1)][:LOOKED_AT]:
            yield next(self.read([(k,)])).frame

    def _frame(self, batch: pa.RecordBatch, row: int) -> Frame:
        """Some rows as a table that knows where it stands in the file."""
        import pyarrow as pa

        table = pa.Table.from_batches([batch])
        check_table(table, self.file.name, self.file.on_disk)
        return as_frame(table, self.file.name, self.file.on_disk).starting_at(row)

    def _next(self, batches: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
        self.file.check_unchanged()
        with bounded(self.file.on_disk):
            return next(batches, None)

    @abstractmethod
    def _opened(self) -> AbstractContextManager[Any]:
        """The open file."""

    @abstractmethod
    def _schema(self, opened: Any) -> pa.Schema:
        """The names and types of its columns."""

    @abstractmethod
    def _counts(self, opened: Any) -> list[int]:
        """How many rows each part has."""

    @abstractmethod
    def _batches(self, opened: Any, part: int, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """The rows of a part, some at a time."""


class ParquetBlocks(_ArrowFile):
    """A Parquet file: its parts are row groups."""

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        with opened_parquet(self.file, texts_once=True) as parquet:
            yield parquet

    def _schema(self, opened: Any) -> pa.Schema:
        return opened.schema_arrow

    def _counts(self, opened: Any) -> list[int]:
        return row_counts(opened)

    def _batches(self, opened: Any, part: int, columns: list[str]) -> Iterator[pa.RecordBatch]:
        batches: Iterator[pa.RecordBatch] = opened.iter_batches(
            MOST_ROWS, row_groups=[part], columns=columns, use_threads=not self.file.is_held
        )
        return batches


class ArrowBlocks(_ArrowFile):
    """An Arrow file: its parts are record batches."""

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        with opened_arrow(self.file, "Arrow file") as source:
            from pyarrow import ipc

            yield ipc.open_file(source)

    def _schema(self, opened: Any) -> pa.Schema:
        return opened.schema

    def _counts(self, opened: Any) -> list[int]:
        return [opened.get_batch(part).num_rows for part in range(opened.num_record_batches)]

    def _batches(self, opened: Any, part: int, columns: list[str]) -> Iterator[pa.RecordBatch]:
        batch = opened.get_batch(part).select(columns)
        for start in range(0, batch.num_rows, MOST_ROWS):
            yield batch.slice(start, MOST_ROWS)
