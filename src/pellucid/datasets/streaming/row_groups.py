"""Parquet's rows in blocks: row groups in any order, each read a few thousand rows at a time by pyarrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid._files.reading import CELL, COLUMN, ROW, TEXT, bounded, check_cost, most_memory, too_large
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError, needs
from pellucid.datasets.containers import Indices
from pellucid.datasets.formats.opening import File
from pellucid.datasets.streaming.fixed_rows import MOST_ROWS, rows_in_block

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BLOCKS_AT_ONCE = 4  # that pyarrow decodes: each call costs some microseconds a column
READ_AHEAD = 1 << 16  # bytes of each column; without a limit a whole row group's column is held


@contextmanager
def opened_arrow(file: File, what: str) -> Iterator[pa.NativeFile]:
    """Open a file for pyarrow; raises InputError where it is no `what`, now or later, or pyarrow is missing."""
    with file.opened() as stream:
        needs("pyarrow", "parquet", f"{file.name}: reading an Arrow or Parquet file")
        import pyarrow as pa

        try:
            # what is streamed while a network learns is read without the interpreter
            yield pa.PythonFile(stream, mode="r") if file.is_held else pa.OSFile(file.name)
        except InputError:
            raise
        except MemoryError:
            raise too_large(file.name, most_memory(file.on_disk), file.on_disk) from None
        except Exception as fault:  # pyarrow has many faults for bad bytes, some of them plain OSError
            why = " ".join(str(fault).split())[:200]
            raise InputError(
                f"{file.name}: is no readable {what}, it is cut off or damaged ({why}); get it again"
            ) from None


@contextmanager
def opened_parquet(file: File, *, texts_once: bool = False) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file; raises InputError where it cannot be read, now or later, or pyarrow is missing.

    With `texts_once` columns of text come as dictionaries, as they are stored: a text that stands in many rows is in
    memory once.
    """
    with opened_arrow(file, "Parquet file") as source:
        import pyarrow as pa
        import pyarrow.parquet as pq

        options: dict[str, Any] = {"buffer_size": READ_AHEAD, "pre_buffer": False}
        with pq.ParquetFile(source, **options) as parquet:
            texts = [field.name for field in parquet.schema_arrow if pa.types.is_string(field.type)]
            if not (texts_once and texts):
                yield parquet
                return
        with pq.ParquetFile(source, read_dictionary=texts, **options) as parquet:
            yield parquet


def check_table(table: pa.Table, name: str, on_disk: float) -> None:
    """Raise InputError where a table that pyarrow has read is damaged, or takes too much memory as columns."""
    table.validate(full=True)
    texts = sum(
        float(text_lengths(chunk).sum())
        for column in table.columns
        if column_kind(column.type) == "text"
        for chunk in column.chunks
    )
    rows, columns = table.shape
    check_cost(name, rows * (ROW + columns * CELL) + columns * COLUMN + TEXT * texts, on_disk)


def text_lengths(texts: pa.Array) -> AnyArray:
    """Return the length in characters of each text of a column (n,), 0 for a gap; a dictionary is not unpacked."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string_view(texts.type):  # which pyarrow has no lengths of
        import polars as pl

        return pl.Series(texts).str.len_chars().fill_null(0).to_numpy()
    if pa.types.is_dictionary(texts.type):
        lengths = pc.take(pc.utf8_length(texts.dictionary.cast(pa.large_string())), texts.indices)
    else:
        lengths = pc.utf8_length(texts.cast(pa.large_string()))
    return np.asarray(pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False))


def column_kind(type_: pa.DataType) -> str:
    """Return "numbers", "booleans", "text", or what else a column holds, for messages."""
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(type_):
        return column_kind(type_.value_type)
    if types.is_boolean(type_):
        return "booleans"
    if types.is_integer(type_) or types.is_floating(type_) or types.is_decimal(type_):
        return "numbers"
    if types.is_string(type_) or types.is_large_string(type_) or types.is_string_view(type_):
        return "text"
    if types.is_temporal(type_):
        return "dates or times"
    if types.is_nested(type_):
        return "lists or records"
    return f"something else ({type_})"


def row_counts(parquet: pq.ParquetFile) -> list[int]:
    """Return how many rows each row group has."""
    return [parquet.metadata.row_group(i).num_rows for i in range(parquet.metadata.num_row_groups)]


def pieces(
    file: File, groups: Iterable[int], columns: Sequence[str], rows: int
) -> Iterator[tuple[int, list[pa.Array]]]:
    """Yield the columns of at most `rows` rows of these row groups, with the first one's number in the file.

    Raises InputError for a missing value, and names its place.
    """
    import pyarrow as pa

    with opened_parquet(file) as parquet:
        counts = row_counts(parquet)
        for group in groups:
            first, stop = sum(counts[:group]), sum(counts[: group + 1])
            batches = parquet.iter_batches(
                rows, row_groups=[group], columns=list(columns), use_threads=not file.is_held
            )
            while (batch := _next(batches, file)) is not None:
                arrays = [batch.column(column) for column in columns]
                for column, array in zip(columns, arrays, strict=True):
                    _check_gaps(array, file.name, column, first)
                yield first, arrays
                first += batch.num_rows
            pa.default_memory_pool().release_unused()
            if first != stop:
                raise InputError(f"{file.name}: row group {group} ends at row {first}, not {stop}; it is damaged")


def _next(batches: Iterator[pa.RecordBatch], file: File) -> pa.RecordBatch | None:
    """Return the next batch, None after the last; raises InputError where the file is another by now."""
    file.check_unchanged()
    with bounded(file.on_disk):
        return next(batches, None)


def _check_gaps(array: pa.Array, name: str, column: str, first: int) -> None:
    if array.null_count:
        i = first + int(np.argmax(array.is_null().to_numpy(zero_copy_only=False)))
        raise InputError(f"{name}, row {i}: column {column} has no value (null); fill it in, or leave the row out")


@dataclass(frozen=True)
class ParquetRows:
    """The feature columns of a Parquet file, all in one type, in row groups of `counts` rows."""

    file: File
    counts: tuple[int, ...]
    columns: tuple[str, ...]
    dtype: np.dtype[Any]

    @property
    def shape(self) -> tuple[int, int]:
        """(n, d).

        >>> ParquetRows(File("d.parquet"), (1000, 500), ("a", "b"), np.dtype(float)).shape
        (1500, 2)
        """
        return sum(self.counts), len(self.columns)

    def spans(self, rng: np.random.Generator | None) -> Indices:
        """Return the row groups' spans, which are always read from their beginning; `rng` draws their order.

        >>> ParquetRows(File("d.parquet"), (1000, 0, 500), ("a",), np.dtype(float)).spans(None).tolist()
        [[0, 1000], [1000, 1500]]
        """
        ends = np.cumsum(self.counts)
        spans = np.stack([ends - self.counts, ends], axis=1)[np.array(self.counts) > 0]
        return spans if rng is None else spans[rng.permutation(len(spans))]

    def read(self, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, AnyArray]]:
        """Yield the first row's number and X (m, d) for the pieces of each row group."""
        d = len(self.columns)
        size = rows_in_block(d * self.dtype.itemsize)
        most = min(size * BLOCKS_AT_ONCE, MOST_ROWS)
        columns, room = np.empty((d, most), self.dtype), np.empty((size, d), self.dtype)
        starts = np.cumsum(self.counts) - self.counts
        groups = (int(np.searchsorted(starts, start, side="right")) - 1 for start, _ in spans)
        for first, arrays in pieces(self.file, groups, self.columns, most):
            m = len(arrays[0])
            for array, column in zip(arrays, columns, strict=True):
                column[:m] = as_numpy(array)
            for start in range(0, m, size):
                X = room[: min(size, m - start)]
                X[...] = columns[:, start : start + len(X)].T
                yield first + start, X


def as_numpy(array: pa.Array) -> AnyArray:
    """Return numbers or booleans as NumPy holds them."""
    import pyarrow as pa

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_decimal(array.type):
        array = array.cast(pa.float64())
    return np.asarray(array.to_numpy(zero_copy_only=False))
