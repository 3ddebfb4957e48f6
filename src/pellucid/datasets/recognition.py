"""What a path holds, told by its first bytes: arrays, digits, pictures, or a table of columns."""

from __future__ import annotations

import csv
import io
from pathlib import Path as FilePath
from typing import Literal, TypeAlias

import numpy as np

from pellucid.datasets import stream
from pellucid.datasets.digit_csv import BOM, NUMBER, PIXEL
from pellucid.datasets.folders import is_folder
from pellucid.datasets.frame_types import is_index
from pellucid.datasets.idx import first_bytes, is_idx
from pellucid.datasets.npy import MAGIC as NPY
from pellucid.datasets.npz import ZIP
from pellucid.datasets.parquet import MAGIC as PARQUET
from pellucid.datasets.parquet import NUMBERS
from pellucid.datasets.row_groups import column_kind, opened_parquet
from pellucid.datasets.source import name_of, opened
from pellucid.datasets.types import Path, square

Found: TypeAlias = Literal["folder", "npz", "npy", "parquet", "idx", "digits", "table"]
LONGEST_HEADER = 1 << 20


def kind_of(path: Path) -> Found:
    """Return what a file holds, without a judgement on whether it can be read.

    "digits" is a CSV with the header label,pixel0,…; "parquet" a Parquet file of numbers without gaps, whose columns
    are taken as they are; "table" every other CSV and Parquet file, and whatever is not known. Raises InputError for a
    path that cannot be opened.

    >>> kind_of("missing.csv")
    Traceback (most recent call last):
    ...
    pellucid.errors.InputError: missing.csv: there is no such file; check the spelling and the folder
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
        return "parquet" if _is_numbers_alone(name_of(path)) else "table"
    if is_idx(start):
        return "idx"
    return "digits" if is_digit_header(raw) else "table"


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


def _is_numbers_alone(name: str) -> bool:
    """Whether all columns of a Parquet file are numbers or booleans without gaps.

    Of a file too large for memory only what it says itself of its gaps is known.
    """
    with opened_parquet(name) as file:
        schema = file.schema_arrow
        columns = [column for place, column in enumerate(schema.names) if not is_index(column, place)]
        kinds = [column_kind(schema.field(place).type) for place in range(len(schema.names))]
        if any(kind not in NUMBERS for kind, column in zip(kinds, schema.names, strict=True) if column in columns):
            return False
        if FilePath(name).stat().st_size > stream.STREAM_ABOVE:
            return not any(_null_count(file, group) for group in range(file.metadata.num_row_groups))
        for batch in file.iter_batches(1 << 16, columns=columns):
            for array in batch.columns:
                if array.null_count or (str(array.type) in ("float", "double") and np.isnan(array).any()):
                    return False
    return True


def _null_count(file: object, group: int) -> int:
    """Return how many values a row group says are missing."""
    about = file.metadata.row_group(group)  # type: ignore[attr-defined]
    found = [about.column(place).statistics for place in range(about.num_columns)]
    return sum(each.null_count for each in found if each is not None and each.has_null_count)
