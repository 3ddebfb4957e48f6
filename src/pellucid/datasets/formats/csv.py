"""CSV files: digits in Kaggle's form, which become arrays, and tables of named columns, also gzipped."""

from __future__ import annotations

import csv
import gzip
import io
import zlib

from pellucid.core.errors import InputError
from pellucid.datasets.containers import RawArrays, square
from pellucid.datasets.formats.array_checks import check_target
from pellucid.datasets.formats.digit_csv import NUMBER, PIXEL, parse_digit_csv
from pellucid.datasets.formats.format import Format
from pellucid.datasets.formats.opening import BOM, File, read_bounded
from pellucid.datasets.frames.csv_text import read_texts
from pellucid.datasets.frames.frame import UNNAMED, Frame, frame_of
from pellucid.datasets.frames.header import Layout
from pellucid.datasets.streaming.csv_blocks import CsvBlocks, stored_of


def is_digit_header(start: bytes) -> bool:
    r"""Whether the first bytes of a CSV are a digit file's: most names in row 1 are label, pixel0, pixel1, …

    Numbers in row 1, as many as a square picture has pixels, are digits to predict.

    >>> is_digit_header(b"label,pixel0,pixel1\n"), is_digit_header(b"price,rooms\n"), is_digit_header(b"0,9,255,0\n")
    (True, False, True)
    """
    text = start.removeprefix(BOM).decode("utf-8", "replace")
    try:
        cells = [cell.strip() for cell in next(csv.reader(io.StringIO(text)), [])]
    except csv.Error:
        return False
    pixels = sum(PIXEL.fullmatch(cell) is not None for cell in cells)
    if pixels:
        return pixels * 2 >= len([cell for cell in cells if cell != "label"])
    return len(cells) > 1 and square(len(cells)) is not None and all(NUMBER.fullmatch(cell) for cell in cells)


def _read_digits(file: File, target: str | None, label_needed: bool) -> RawArrays:
    if file.is_gzipped:
        raise InputError(f"{file.name}: is gzipped and no whole IDX file; unpack it first (gunzip), or get it again")
    check_target(target, "label", f"{file.name}: the target of a digit CSV is its column label")
    with file.opened() as stream:
        content = read_bounded(stream, file.name, file.on_disk)
    return parse_digit_csv(content, file.name, label_needed=label_needed)


def _read_columns(file: File, layout: Layout) -> Frame:
    texts = read_texts(_content(file), file.name, file.on_disk, layout)
    return frame_of(
        file.name,
        stored_of(texts),
        first=texts.first,
        on_disk=file.on_disk,
        separator=texts.separator,
        notes=texts.notes,
    )


def read_cells(file: File, layout: Layout) -> dict[str, list[str]]:
    """Return the cells of a CSV as they are written, column by column; raises InputError for what is no table."""
    texts = read_texts(_content(file), file.name, file.on_disk, layout)
    return {column or UNNAMED: series.fill_null("").to_list() for column, series in texts.columns.items()}


def _content(file: File) -> bytes:
    """Return the bytes of a file, unpacked where they are gzipped; raises InputError for one that is too large."""
    with file.opened() as stream:
        if not file.is_gzipped:
            return read_bounded(stream, file.name, file.on_disk)
        try:
            with gzip.open(stream) as unpacked:
                return read_bounded(unpacked, file.name, file.on_disk)
        except (OSError, EOFError, zlib.error) as fault:
            raise InputError(f"{file.name}: its gzip is cut off or damaged ({fault}); get it again") from None


FORMAT = Format(
    "csv",
    "a CSV (a table of columns, also separated by semicolons or tabs; or digits: label,pixel0,…)",
    fits=lambda _: True,
    arrays=_read_digits,
    columns=_read_columns,
    blocks=CsvBlocks,
    is_table=lambda file, _: not is_digit_header(file.inside),
)
