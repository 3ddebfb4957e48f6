"""The slow, careful pass over the text of a CSV: row by row, to name the first that is wrong, and how to mend it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from pellucid.core.errors import InputError

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}  # delimiters


def decode(content: bytes, name: str) -> str:
    r"""Return the text of a CSV; raises InputError that names the row where it is no UTF-8, or damaged.

    >>> decode(b"name\nK\xf6ln", "d.csv")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: d.csv, row 2: byte 0xf6 is no UTF-8 text; save the file as CSV UTF-8
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as fault:
        row = content.count(b"\n", 0, fault.start) + 1
        byte = content[fault.start]
        raise InputError(f"{name}, row {row}: byte 0x{byte:02x} is no UTF-8 text; save the file as CSV UTF-8") from None
    if (at := text.find("\0")) >= 0:
        row = text.count("\n", 0, at) + 1
        raise InputError(f"{name}, row {row}: holds a NUL byte, so the file is damaged; get or save it again")
    return text


def refuse_utf16(content: bytes, name: str) -> None:
    """Raise InputError for text in UTF-16 or UTF-32."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"{name}: is UTF-16, only UTF-8 is read; save it as CSV UTF-8")


def split_row(text: str, name: str, separator: str = ",") -> list[str]:
    """Return the names in row 1, without blanks around them; raises InputError where a quote is wrong."""
    try:
        return [cell.strip() for cell in next(reader(text, separator))]
    except csv.Error as fault:
        raise InputError(f"{name}, row 1: a quote does not close or stands wrong ({fault}); correct it") from None


def careful_rows(
    text: str, name: str, width: int, separator: str = ",", *, first: int = 1
) -> Iterator[tuple[int, list[str]]]:
    r"""Yield each row, of `width` values, with its number from `first` on; raises InputError for the first wrong one.

    Blank rows may only stand at the end.

    >>> list(careful_rows("a,b\n1,2\n\n", "d.csv", 2))
    [(1, ['a', 'b']), (2, ['1', '2'])]
    """
    row, blank = first - 1, 0
    try:
        for row, cells in enumerate(reader(text, separator), first):
            if width == 1 and not cells:
                cells = [""]  # a gap
            if len(cells) != width and not "".join(cells).strip():
                blank = blank or row
                continue
            if len(cells) != width:
                raise InputError(_ragged(name, row, cells, width, separator))
            if blank:
                raise InputError(f"{name}, row {blank}: is blank, and more rows follow; remove it")
            yield row, cells
    except csv.Error as fault:
        raise InputError(
            f"{name}, row {row + 1}: a quote does not close or stands wrong ({fault}); correct it"
        ) from None


def reader(text: str, separator: str, *, strict: bool = True) -> Iterator[list[str]]:
    """Return the rows of a text as Python's csv module reads them."""
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict)


def is_number(cell: str) -> bool:
    """Whether Python reads a text as a number.

    >>> is_number("1e3"), is_number("12 cm")
    (True, False)
    """
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _ragged(name: str, row: int, cells: list[str], width: int, separator: str) -> str:
    other = next((what for cut, what in SEPARATORS.items() if cut != separator and cut in "".join(cells)), None)
    if len(cells) == 1 and other:
        remedy = f"the header is separated by {SEPARATORS[separator]}s, this row seems to be by {other}s"
    elif len(cells) < width:
        remedy = "a missing one is an empty one; the file may be cut off there"
    else:
        remedy = f"remove what is too much; a value that holds a {SEPARATORS[separator]} belongs in quotes"
    return (
        f"{name}, row {row}: has {len(cells)} value{'s' * (len(cells) != 1)}, the header names {width}; "
        f"give each row one value a column ({remedy})"
    )
