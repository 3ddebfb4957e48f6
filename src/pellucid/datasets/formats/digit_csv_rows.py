"""The slow, careful pass over a digit CSV: row by row, to name the first bad cell, and how to mend it."""

from __future__ import annotations

import re

import numpy as np

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.formats.csv_rows import careful_rows, decode

WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
GAPS = {"", "nan", "na", "n/a", "null", "none", "?", "-"}


def read_carefully(
    content: bytes, name: str, columns: tuple[str, ...], label: int | None, named: bool
) -> tuple[AnyArray, AnyArray | None]:
    r"""Return X (n, pixels) uint8 and y (n,) int64 or None; raises InputError at the first wrong cell.

    >>> read_carefully(b"label,pixel0\n3,256\n", "digits.csv", ("label", "pixel0"), 0, True)
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: digits.csv, row 2, column pixel0: 256 is outside 0 to 255; ...
    """
    pixels, labels = bytearray(), []
    text = decode(content.rstrip(b"\r\n"), name)
    for row, cells in careful_rows(text, name, len(columns)):
        if named and row == 1:
            continue
        values = _values(cells, f"{name}, row {row}", columns, label)
        if label is not None:
            labels.append(values.pop(label))
        pixels += bytes(values)
    width = len(columns) - (label is not None)
    X = np.frombuffer(pixels, np.uint8).reshape(-1, width)
    return X, None if label is None else np.array(labels, np.int64)


def _values(cells: list[str], where: str, columns: tuple[str, ...], label: int | None) -> list[int]:
    """Return the numbers of one row; the common row is checked whole, an odd one cell by cell."""
    joined = "".join(cells)
    if joined.isascii() and joined.isdigit() and all(cells) and max(map(len, cells)) < 4:
        values = list(map(int, cells))
        if max(values) < 256:
            return values
    pairs = enumerate(zip(cells, columns, strict=True))
    return [_value(cell, f"{where}, column {column}", is_label=i == label) for i, (cell, column) in pairs]


def _value(cell: str, where: str, *, is_label: bool) -> int:
    text = cell.strip()
    if WHOLE.fullmatch(text):
        value = int(text)
        if is_label or 0 <= value <= 255:
            return value
        raise InputError(f"{where}: {value} is outside 0 to 255; scale the pixels to bytes, or save them as .npz")
    shown = repr(text if len(text) < 40 else text[:40] + "…")
    wanted = "a label is a whole number" if is_label else "a pixel is a whole number from 0 to 255"
    if text.lower() in GAPS:
        what = "is empty" if not text else f"{shown} stands for a missing value"
        raise InputError(f"{where}: {what}, {wanted}; fill it in, or remove the row")
    if DECIMAL.fullmatch(text):
        raise InputError(f"{where}: {shown} is no whole number, {wanted}; round it, or save the data as .npz")
    raise InputError(f"{where}: {shown} is not a number, {wanted}; correct it, or remove the row")
