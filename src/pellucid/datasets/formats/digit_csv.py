"""Digit CSVs in Kaggle's form, `label,pixel0,…`, read by polars; what is odd goes to `careful_csv`."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from pellucid.core.errors import InputError
from pellucid.datasets.containers import Array, Path, Table, pixel_names, square
from pellucid.datasets.formats.digit_csv_rows import read_carefully
from pellucid.datasets.formats.opening import CONVERT, FORMS, name_of, opened

BOM = b"\xef\xbb\xbf"
PIXEL = re.compile(r"pixel(\d{1,9})|(\d{1,9})x(\d{1,9})")  # Kaggle's names, and the 1x1 … 28x28 of another digit file
NUMBER = re.compile(r"\s*[+-]?\d[\d.eE+-]*\s*")


@dataclass(frozen=True)
class Header:
    """The columns of a digit CSV: their names, the label's index or None, whether row 1 names them."""

    columns: tuple[str, ...]
    label: int | None
    named: bool = True


def read_digit_csv(path: Path, *, label_needed: bool = True) -> Table:
    """Read a digit CSV: X (n, pixels) uint8, y (n,) int64; raises InputError that names the first bad cell.

    >>> read_digit_csv("missing.csv")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: missing.csv: there is no such file; check the spelling and the folder
    """
    with opened(path) as stream:
        return parse_digit_csv(stream.read(), name_of(path), label_needed=label_needed)


def parse_digit_csv(content: bytes, name: str, *, label_needed: bool = True) -> Table:
    r"""Read the bytes of a digit CSV; `name` is what messages call it.

    >>> table = parse_digit_csv(b"label,pixel0,pixel1\n7,0,255\n", "digits.csv")
    >>> table.X, table.y
    (array([[  0, 255]], dtype=uint8), array([7]))
    """
    header = read_header(content, name, label_needed=label_needed)
    content = content.removeprefix(BOM)
    parsed = _read_fast(content, header)
    X, y = parsed if parsed is not None else read_carefully(content, name, header.columns, header.label, header.named)
    if len(X) == 0:
        raise InputError(f"{name}: has a header and no rows below it; give at least one sample")
    features = tuple(column for i, column in enumerate(header.columns) if i != header.label)
    return Table(name, X, y, features, square(len(features)), form="csv", first=2 if header.named else 1)


def read_header(content: bytes, name: str, *, label_needed: bool) -> Header:
    r"""Return the columns that row 1 names; raises InputError where it is not the header of a digit CSV.

    >>> read_header(b"label,pixel0\n1,2\n", "digits.csv", label_needed=True)
    Header(columns=('label', 'pixel0'), label=0, named=True)
    """
    cells = _first_row(content, name)
    if all(NUMBER.fullmatch(cell) for cell in cells):
        if label_needed:
            raise InputError(f"{name}, row 1: holds numbers, not names; put the header label,pixel0,… above it")
        return Header(pixel_names(len(cells)), None, named=False)
    labels = [i for i, cell in enumerate(cells) if cell == "label"]
    pixels = [cell for cell in cells if cell != "label"]
    odd = next((cell for cell in pixels if not PIXEL.fullmatch(cell)), None)
    if odd is not None or not pixels:
        found = f"column {odd!r}" if odd is not None else "no pixel column"
        raise InputError(
            f"{name}, row 1: {found} is not of a digit file, whose header is label,pixel0,pixel1,…; "
            f"read now are {FORMS}; for other data {CONVERT}"
        )
    seen: set[str] = set()
    for cell in cells:
        if cell in seen:
            raise InputError(f"{name}, row 1: two columns are called {cell}; rename or remove one")
        seen.add(cell)
    _check_order(pixels, name)
    if label_needed and not labels:
        raise InputError(f"{name}, row 1: there is no column label to learn from; add it (predict does without)")
    return Header(tuple(cells), labels[0] if labels else None)


def _first_row(content: bytes, name: str) -> list[str]:
    if not content.strip(BOM + b"\r\n\t "):
        raise InputError(f"{name}: is empty; give {FORMS}")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"{name}: is UTF-16, only UTF-8 is read; save it as CSV UTF-8")
    line = re.split(rb"\r\n|\r|\n", content.removeprefix(BOM)[: 1 << 24], maxsplit=1)[0]
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise InputError(
            f"{name}, row 1: byte {fault.start + 1} is no UTF-8 text; save the file as CSV UTF-8"
        ) from None
    if "\0" in text:
        raise InputError(f"{name}, row 1: holds NUL bytes, so this is no CSV, or a damaged one; get it again")
    if not text.strip():
        raise InputError(f"{name}, row 1: is blank; the header label,pixel0,… belongs there")
    try:
        return [cell.strip() for cell in next(csv.reader(io.StringIO(text), strict=True))]
    except csv.Error as fault:
        raise InputError(f"{name}, row 1: a quote does not close or stands wrong ({fault}); correct it") from None


def _check_order(pixels: list[str], name: str) -> None:
    """Raise InputError where the pixels' numbers do not rise: the picture would be scrambled."""
    before: tuple[int, ...] = ()
    for column in pixels:
        match = PIXEL.fullmatch(column)
        numbers = tuple(int(group) for group in match.groups() if group is not None) if match else ()
        if before and (len(numbers) != len(before) or numbers <= before):
            raise InputError(f"{name}, row 1: column {column} stands out of order; sort the pixel columns by number")
        before = numbers


def _read_fast(content: bytes, header: Header) -> tuple[Array, Array | None] | None:
    """Return X and y by polars, or None where anything at all is odd."""
    try:
        import polars as pl
    except ImportError:
        raise InputError("reading a CSV needs polars; install it with: pip install polars") from None
    schema = {column: pl.Int64 if i == header.label else pl.UInt8 for i, column in enumerate(header.columns)}
    try:
        frame = pl.read_csv(content, has_header=header.named, schema=schema)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    if any(column.null_count() for column in frame.iter_columns()):
        return None
    if header.label is None:
        return frame.to_numpy(order="c", writable=True), None
    X = frame.drop("label").to_numpy(order="c", writable=True)  # (n, pixels)
    return X, frame.get_column("label").to_numpy(writable=True)
