"""Parquet files: columns of numbers are features, one column is the target; read by pyarrow, a row group at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid._files.reading import CELL, COLUMN, ROW, bounded, check_cost
from pellucid._text import first_twice, listed
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import picture_shape
from pellucid.datasets.formats.array_checks import as_targets
from pellucid.datasets.formats.format import Format, begins_with
from pellucid.datasets.formats.opening import File
from pellucid.datasets.frames.frame import Frame, check_columns, is_index, is_stored_index
from pellucid.datasets.frames.from_dataframe import as_frame
from pellucid.datasets.frames.header import Layout
from pellucid.datasets.streaming.arrow_blocks import ParquetBlocks
from pellucid.datasets.streaming.file_stream import Source
from pellucid.datasets.streaming.row_groups import (
    ParquetRows,
    as_numpy,
    check_table,
    column_kind,
    opened_parquet,
    pieces,
    row_counts,
    text_lengths,
)

if TYPE_CHECKING:
    import pyarrow as pa

NUMBERS = ("numbers", "booleans")
LABEL = "label"
MOST_TEXT = 200  # characters of a label: what is longer is no name of a class


def open_parquet(file: File, target: str | None = None, target_needed: bool = True) -> Source:
    """Read what the file says of its columns and row groups: the columns of numbers, and `target`, by default label.

    Columns of one integer or float type keep it; others become float32 where that holds them exactly, else
    float64. A pandas index is no feature. Raises InputError for what cannot be learned from.
    """
    name = file.name
    with opened_parquet(file) as parquet:
        schema, counts = parquet.schema_arrow, row_counts(parquet)
    columns = [column for column in schema.names if not is_stored_index(column)]
    target = _find_target(name, columns, target, needed=target_needed)
    features = tuple(column for column in columns if column != target)
    _check_columns(name, schema, columns, features, target)
    if min(counts, default=0) < 0 or sum(counts) >= 2**40:
        raise InputError(f"{name}: says that it has {sum(counts):,} rows; it is damaged, get it again")
    if sum(counts) == 0:
        raise InputError(f"{name}: has 0 rows; give at least one sample")
    dtype = _common([schema.field(column).type.to_pandas_dtype() for column in features])
    rows = ParquetRows(file, tuple(counts), features, dtype)
    shape = picture_shape(rows.shape, dtype)
    if target is None:
        return Source(name, "parquet", rows, features, shape)
    kind, column = schema.field(target).type, target

    def targets() -> Iterator[AnyArray]:
        for first, (values,) in pieces(file, range(len(counts)), (column,), 1 << 16):
            yield as_targets(_target_values(values, name, first), name, column, len(values))

    found = np.dtype(str if column_kind(kind) == "text" else kind.to_pandas_dtype())
    if found.kind == "O":  # decimals
        found = np.dtype(np.float64)
    return Source(name, "parquet", rows, features, shape, targets, column, found)


def _find_target(name: str, columns: Sequence[str], target: str | None, *, needed: bool) -> str | None:
    wanted = LABEL if target is None else target
    if wanted in columns:
        return wanted
    if not needed:
        return None
    lacks = f"{LABEL}; name another one: target='NAME'" if target is None else f"{target!r} for the target"
    raise InputError(f"{name}: has no column {lacks}; its columns are {listed(columns)}")


def _check_columns(
    name: str, schema: pa.Schema, columns: Sequence[str], features: Sequence[str], target: str | None
) -> None:
    if (double := first_twice(columns)) is not None:
        raise InputError(f"{name}: two columns are called {double!r}; rename or remove one")
    kinds = {column: column_kind(schema.field(column).type) for column in columns}
    odd = [column for column in features if kinds[column] not in NUMBERS]
    if odd:
        which = f"column {odd[0]!r} holds" if len(odd) == 1 else f"columns {listed(odd)} hold"
        raise InputError(
            f"{name}: {which} {kinds[odd[0]]}, inputs are numbers or booleans; leave such columns out, or turn them "
            "into numbers"
        )
    if not features:
        beside = "" if target is None else f" beside the target {target!r}"
        raise InputError(f"{name}: has no columns of numbers{beside}; inputs are needed to learn from")
    if target is not None and kinds[target] not in (*NUMBERS, "text"):
        raise InputError(
            f"{name}: the target {target!r} holds {kinds[target]}, it must be numbers, booleans or text; convert it, "
            "or name another one: target='NAME'"
        )


def _common(kinds: Sequence[Any]) -> np.dtype[Any]:
    """Return the one type of all features, or the floats that hold them.

    >>> _common([np.uint8, np.uint8]), _common([np.uint8, np.float32]), _common([np.int32, np.bool_])
    (dtype('uint8'), dtype('float32'), dtype('float64'))
    """
    types = {np.dtype(kind) for kind in kinds}
    first: np.dtype[Any] = np.dtype(kinds[0])
    if len(types) == 1 and first.kind in "iuf" and first != np.float16:
        return first
    narrow = all(kind.itemsize <= (4 if kind.kind == "f" else 2) for kind in types)  # decimals are objects of 8 bytes
    return np.dtype(np.float32 if narrow else np.float64)


def _target_values(values: pa.Array, name: str, first: int) -> AnyArray:
    """Return a block of targets as NumPy holds them, text as str objects; raises InputError for a text of a page."""
    if column_kind(values.type) != "text":
        return as_numpy(values)
    lengths = text_lengths(values)  # before any text is made of a dictionary's index
    if len(lengths) and lengths.max() > MOST_TEXT:
        i = first + int(lengths.argmax())
        raise InputError(
            f"{name}, row {i}: the label has {lengths.max()} characters, at most {MOST_TEXT} name a class; "
            "name another column: target='NAME'"
        )
    return np.array(values.to_pylist(), object)


def _read_columns(file: File, _layout: Layout) -> Frame:
    with opened_parquet(file, texts_once=True) as parquet:
        rows, names = parquet.metadata.num_rows, parquet.schema_arrow.names
        check_columns(file.name, len(names))
        check_cost(file.name, rows * (ROW + len(names) * CELL) + len(names) * COLUMN, file.on_disk)
        with bounded(file.on_disk):  # a page may unpack to more than the file says of it
            table = parquet.read(use_threads=False)
        check_table(table, file.name, file.on_disk)
        if table.num_rows != rows:
            raise InputError(
                f"{file.name}: has {table.num_rows} rows, not {rows} as it says; it is damaged, get it again"
            )
    return as_frame(table, file.name, file.on_disk)


def _is_table(file: File, target: str | None) -> bool:
    """Whether a file is a table of columns, not arrays to be taken as they are: bytes alone are pixels."""
    with opened_parquet(file) as parquet:
        schema = parquet.schema_arrow
        beside = {target or LABEL, *(column for place, column in enumerate(schema.names) if is_index(column, place))}
        types = [schema.field(place).type for place, column in enumerate(schema.names) if column not in beside]
        if any(column_kind(kind) not in NUMBERS for kind in types):
            return True
        return not types or any(str(kind) != "uint8" for kind in types)


FORMAT = Format(
    "parquet",
    "a Parquet file",
    fits=begins_with(b"PAR1"),
    arrays=open_parquet,
    columns=_read_columns,
    blocks=ParquetBlocks,
    is_table=_is_table,
    numbers_are_arrays=True,
    endings=(".parquet",),
)
