"""What a path holds, told by its first bytes: arrays, digits, pictures, or a table of columns."""

from __future__ import annotations

import csv
import io
import zlib
from typing import Literal, TypeAlias

import numpy as np

from pellucid.datasets.containers import Path, square
from pellucid.datasets.formats.digit_csv import BOM, NUMBER, PIXEL
from pellucid.datasets.formats.idx import GZIP, first_bytes, is_idx
from pellucid.datasets.formats.image_folders import is_folder
from pellucid.datasets.formats.npy import MAGIC as NPY
from pellucid.datasets.formats.npz import ZIP
from pellucid.datasets.formats.opening import name_of, opened
from pellucid.datasets.formats.parquet import LABEL, NUMBERS
from pellucid.datasets.formats.parquet import MAGIC as PARQUET
from pellucid.datasets.frames.frame import is_index
from pellucid.datasets.streaming import file_stream
from pellucid.datasets.streaming.row_groups import column_kind, opened_parquet

Found: TypeAlias = Literal["folder", "npz", "npy", "parquet", "idx", "digits", "table"]
LONGEST_HEADER = 1 << 20


def kind_of(path: Path, target: str | None = None) -> Found:
    """Return what a file holds, without a judgement on whether it can be read.

    "digits" is a CSV with the header label,pixel0,…; "parquet" a Parquet file whose columns beside the target are
    bytes, as pixels are, or numbers too many for memory, which are taken as they are; "table" every other CSV and
    Parquet file, and whatever is not known. Raises InputError for a path that cannot be opened.

    >>> kind_of("missing.csv")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: missing.csv: there is no such file; check the spelling and the folder
    """
    if is_folder(path):
        return "folder"
    with opened(path) as content:
        raw = content.read(LONGEST_HEADER)
        content.seek(0)
        start = first_bytes(content)
    if raw.startswith(NPY):
        return "npy"
    if raw.startswith(ZIP):
        return "npz" if b".npy" in raw[:200] or name_of(path).endswith(".npz") else "table"
    if raw.startswith(PARQUET):
        return "parquet" if _is_an_array(name_of(path), target) else "table"
    if is_idx(start):
        return "idx"
    if raw.startswith(GZIP):
        raw = _unpacked(raw)
    return "digits" if is_digit_header(raw) else "table"


def _unpacked(raw: bytes) -> bytes:
    """Return the beginning of what is gzipped, as far as it can be read."""
    try:
        return zlib.decompressobj(31).decompress(raw, LONGEST_HEADER)
    except zlib.error:
        return b""


def is_digit_header(start: bytes) -> bool:
    r"""Whether the first bytes of a CSV are a digit file's: most names in row 1 are label, pixel0, pixel1, …

    Numbers in row 1, as many as a square picture has pixels, are digits to predict.

    >>> is_digit_header(b"label,pixel0,pixel1\n"), is_digit_header(b"price,rooms\n"), is_digit_header(b"0,9,255,0\n")
    (True, False, True)
    """
    text = start[:LONGEST_HEADER].removeprefix(BOM).decode("utf-8", "replace")
    try:
        cells = [cell.strip() for cell in next(csv.reader(io.StringIO(text)), [])]
    except csv.Error:
        return False
    pixels = sum(PIXEL.fullmatch(cell) is not None for cell in cells)
    if pixels:
        return pixels * 2 >= len([cell for cell in cells if cell != "label"])
    return len(cells) > 1 and square(len(cells)) is not None and all(NUMBER.fullmatch(cell) for cell in cells)


def _is_an_array(name: str, target: str | None) -> bool:
    """Whether a Parquet file is taken as it is: all inputs are bytes, or numbers without gaps too many for memory.

    Of gaps only what the file says itself is known.
    """
    with opened_parquet(name) as file:
        schema, rows = file.schema_arrow, file.metadata.num_rows
        beside = {target or LABEL, *(column for place, column in enumerate(schema.names) if is_index(column, place))}
        types = [schema.field(place).type for place, column in enumerate(schema.names) if column not in beside]
        if any(column_kind(kind) not in NUMBERS for kind in types):
            return False
        if types and all(str(kind) == "uint8" for kind in types):
            return True
        large = rows * sum(np.dtype(kind.to_pandas_dtype()).itemsize for kind in types) > file_stream.STREAM_ABOVE
        return large and not any(_null_count(file, group) for group in range(file.metadata.num_row_groups))


def _null_count(file: object, group: int) -> int:
    """Return how many values a row group says are missing."""
    about = file.metadata.row_group(group)  # type: ignore[attr-defined]
    found = [about.column(place).statistics for place in range(about.num_columns)]
    return sum(each.null_count for each in found if each is not None and each.has_null_count)
