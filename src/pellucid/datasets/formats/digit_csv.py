"""Digit CSVs in Kaggle's form, `label,pixel0,…`, read a block at a time; what is odd goes to `digit_csv_rows`."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from pellucid._text import first_twice
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Pixels, RawArrays, pixel_names, square
from pellucid.datasets.formats.csv_rows import decode, refuse_utf16, split_row
from pellucid.datasets.formats.digit_csv_rows import read_carefully
from pellucid.datasets.formats.opening import BOM, CONVERT

PIXEL = re.compile(r"pixel(\d{1,9})|(\d{1,9})x(\d{1,9})")  # Kaggle's names, and the 1x1 … 28x28 of another digit file
NUMBER = re.compile(r"\s*[+-]?\d[\d.eE+-]*\s*")
BLOCK = 1 << 17  # bytes of text whose arrays stay in a core's own cache


@dataclass(frozen=True)
class Header:
    """The columns of a digit CSV: their names, the label's index or None, whether row 1 names them."""

    columns: tuple[str, ...]
    label: int | None
    named: bool = True


def parse_digit_csv(content: bytes, name: str, *, label_needed: bool = True) -> RawArrays:
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
    return RawArrays(name, X, y, features, square(len(features)), form="csv", first=2 if header.named else 1)


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
            f"{name}, row 1: {found} is not of a digit CSV, whose header is label,pixel0,pixel1,…; "
            f"for other data {CONVERT}"
        )
    if (twice := first_twice(cells)) is not None:
        raise InputError(f"{name}, row 1: two columns are called {twice}; rename or remove one")
    _check_order(pixels, name)
    if label_needed and not labels:
        raise InputError(f"{name}, row 1: there is no column label to learn from; add it (predict does without)")
    return Header(tuple(cells), labels[0] if labels else None)


def _first_row(content: bytes, name: str) -> list[str]:
    if not content.strip(BOM + b"\r\n\t "):
        raise InputError(f"{name}: is empty; give rows of digits below the header label,pixel0,pixel1,…")
    refuse_utf16(content, name)
    text = decode(re.split(rb"\r\n|\r|\n", content.removeprefix(BOM)[: 1 << 24], maxsplit=1)[0], name)
    if not text.strip():
        raise InputError(f"{name}, row 1: is blank; the header label,pixel0,… belongs there")
    return split_row(text, name)


def _check_order(pixels: list[str], name: str) -> None:
    """Raise InputError where the pixels' numbers do not rise: the picture would be scrambled."""
    before: tuple[int, ...] = ()
    for column in pixels:
        match = PIXEL.fullmatch(column)
        numbers = tuple(int(group) for group in match.groups() if group is not None) if match else ()
        if before and (len(numbers) != len(before) or numbers <= before):
            raise InputError(f"{name}, row 1: column {column} stands out of order; sort the pixel columns by number")
        before = numbers


def _read_fast(content: bytes, header: Header) -> tuple[AnyArray, AnyArray | None] | None:
    """Return X and y where all is plain digits, commas and line ends, else None.

    A block of whole rows is read at once: where a value ends, its last three digits make it.
    """
    content = content.replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"
    if b"\r" in content:
        return None
    start = content.index(b"\n") + 1 if header.named else 0
    n, width = content.count(b"\n", start), len(header.columns)
    pixels = [place for place in range(width) if place != header.label]
    taken = slice(1, None) if header.label == 0 else pixels  # a slice is faster than a list
    X, y = np.empty((n, len(pixels)), np.uint8), np.empty(n, np.int64)
    raw, row = np.frombuffer(content, np.uint8), 0
    while start < len(raw):
        end = content.rfind(b"\n", start, start + BLOCK) + 1 or content.index(b"\n", start) + 1
        cells = _values(raw[start:end], width)
        if cells is None or cells[:, taken].max(initial=0) > 255:
            return None
        X[row : row + len(cells)] = cells[:, taken]
        if header.label is not None:
            y[row : row + len(cells)] = cells[:, header.label]
        start, row = end, row + len(cells)
    return X, None if header.label is None else y


def _values(raw: Pixels, width: int) -> AnyArray | None:
    """Return the values (rows, width) uint16 of lines of text, or None where a line is not 1 to 3 digits a value."""
    digits = np.zeros(len(raw) + 4, np.uint8)  # four zeros first: what stands before byte i is at i + 3, i + 2, …
    np.subtract(raw, ord("0"), out=digits[4:])
    is_digit = digits < 10
    is_digit[:4] = False
    digits *= is_digit
    ends = ~is_digit[4:]
    one, two, three, four = (is_digit[k : k + len(raw)] for k in (3, 2, 1, 0))
    separators = raw[ends]
    if len(separators) % width or (ends & ~one).any() or (one & two & three & four).any():
        return None
    separators = separators.reshape(-1, width)
    if (separators[:, :-1] != ord(",")).any() or (separators[:, -1] != ord("\n")).any():
        return None
    # value = 100 · third digit from the end + 10 · second + first
    values = (digits[1:-3] * two).astype(np.uint16)
    values *= 100
    values += digits[2:-2] * np.uint8(10)
    values += digits[3:-1]
    return values[ends].reshape(-1, width)
