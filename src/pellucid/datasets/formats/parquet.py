"""Parquet files: columns of numbers are features, one column is the target; read by pyarrow, a row group at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.core.errors import InputError
from pellucid.datasets.containers import Array, Path, Table, picture_shape
from pellucid.datasets.formats.array_checks import as_targets
from pellucid.datasets.formats.opening import name_of
from pellucid.datasets.streaming.file_stream import Source, whole
from pellucid.datasets.streaming.row_groups import ParquetRows, column_kind, opened_parquet, pieces

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC = b"PAR1"
NUMBERS = ("numbers", "booleans")
LABEL = "label"
MOST_TEXT = 200  # characters of a label: what is longer is no name of a class
LISTED = 10  # columns that a message names


def read_parquet(path: Path, *, target: str | None = None, target_needed: bool = True) -> Table:
    """Read X (n, d), the columns of numbers in their order, and y (n,), the column `target`, by default label.

    Raises InputError for what is missing, holds something else or has gaps, or does not fit into memory.

    >>> read_parquet("missing.parquet")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: missing.parquet: there is no such file; check the spelling and the folder
    """
    return whole(open_parquet(path, target=target, target_needed=target_needed))


def open_parquet(path: Path, *, target: str | None = None, target_needed: bool = True) -> Source:
    """Read what the file says of its columns and row groups.

    Columns of one integer or float type keep it; others become float32 where that holds them exactly, else
    float64. A pandas index is no feature. Raises InputError for what cannot be learned from.

    >>> open_parquet("missing.parquet")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: missing.parquet: there is no such file; check the spelling and the folder
    """
    name = name_of(path)
    with opened_parquet(name) as file:
        schema, metadata = file.schema_arrow, file.metadata
        counts = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    columns = [column for column in schema.names if not _is_index(column)]
    target = _find_target(name, columns, target, needed=target_needed)
    features = tuple(column for column in columns if column != target)
    _check_columns(name, schema, columns, features, target)
    if min(counts, default=0) < 0 or sum(counts) >= 2**40:
        raise InputError(f"{name}: says that it has {sum(counts):,} rows; it is damaged, get it again")
    if sum(counts) == 0:
        raise InputError(f"{name}: has 0 rows; give at least one sample")
    dtype = _common([schema.field(column).type.to_pandas_dtype() for column in features])
    rows = ParquetRows(name, tuple(counts), features, dtype)
    shape = picture_shape(rows.shape, dtype)
    if target is None:
        return Source(name, "parquet", rows, features, shape)
    kind, column = schema.field(target).type, target

    def targets() -> Iterator[Array]:
        for first, (values,) in pieces(name, range(len(counts)), (column,), 1 << 16):
            yield as_targets(_target_values(values, name, first), name, column, len(values))

    found = np.dtype(str if column_kind(kind) == "text" else kind.to_pandas_dtype())
    if found.kind == "O":  # decimals
        found = np.dtype(np.float64)
    return Source(name, "parquet", rows, features, shape, targets, column, found)


def _is_index(column: str) -> bool:
    """Whether pandas stored its index here: it numbers the rows and says nothing of a sample."""
    return column.startswith("__index_level_") and column.endswith("__")


def _find_target(name: str, columns: Sequence[str], target: str | None, *, needed: bool) -> str | None:
    if target is not None and target not in columns:
        if not needed:
            return None
        raise InputError(f"{name}: has no column {target!r} for the target; its columns are {_listed(columns)}")
    if target is None and LABEL not in columns and needed:
        raise InputError(
            f"{name}: has no column {LABEL}; name another one with target (--target NAME): its columns are "
            f"{_listed(columns)}"
        )
    return target if target is not None or LABEL not in columns else LABEL


def _check_columns(
    name: str, schema: pa.Schema, columns: Sequence[str], features: Sequence[str], target: str | None
) -> None:
    double = next((column for i, column in enumerate(columns) if column in columns[:i]), None)
    if double is not None:
        raise InputError(f"{name}: two columns are called {double!r}; rename or remove one")
    kinds = {column: column_kind(schema.field(column).type) for column in columns}
    odd = [column for column in features if kinds[column] not in NUMBERS]
    if odd:
        which = f"column {odd[0]!r} holds" if len(odd) == 1 else f"columns {_listed(odd)} hold"
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
            "or name another one with target"
        )


def _listed(columns: Sequence[str]) -> str:
    """Return the first names and how many more there are.

    >>> _listed(["a", "b"]), _listed([f"x{i}" for i in range(12)])[-17:]
    ('a, b', 'x8, x9 and 2 more')
    """
    more = f" and {len(columns) - LISTED} more" if len(columns) > LISTED else ""
    return ", ".join(columns[:LISTED]) + more


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


def _target_values(values: pa.Array, name: str, first: int) -> Array:
    """Return a block of targets as NumPy holds them; text as fixed-width text."""
    import pyarrow as pa

    if column_kind(values.type) != "text":
        if pa.types.is_decimal(values.type):
            values = values.cast(pa.float64())
        return np.asarray(values.to_numpy(zero_copy_only=False))
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    encoded = values.cast(pa.large_string()).dictionary_encode()
    texts, codes = encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
    longest = max(range(len(texts)), key=lambda i: len(texts[i]))
    if len(texts[longest]) > MOST_TEXT:
        i = first + int(np.argmax(codes == longest))
        raise InputError(
            f"{name}, row {i}: the label has {len(texts[longest])} characters, at most {MOST_TEXT} name a class; "
            "name another column with target"
        )
    block: Array = np.array(texts, np.dtype(str))[codes]
    return block
