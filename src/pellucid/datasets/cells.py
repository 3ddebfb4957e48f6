"""The cells of a table as its file holds them, to be shown or written again: texts, whatever is made of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import BinaryIO

from pellucid._files.reading import StrPath
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.formats import csv
from pellucid.datasets.formats.opening import held
from pellucid.datasets.formats.registry import FORMATS
from pellucid.datasets.frames.coerce import text_of
from pellucid.datasets.frames.column import Column
from pellucid.datasets.frames.header import Layout


def read_cells(path: StrPath, *, stdin: BinaryIO | None = None, names: Collection[str] = ()) -> dict[str, list[str]]:
    r"""Read a table's cells, column by column, each (rows,): those of a CSV as they are written there.

    Those of another file are written as Python writes their values, a gap as nothing; columns that hold lists and the
    like are left out. "-" reads from the binary stream `stdin`, and `names` tell where a CSV names its columns. Raises
    InputError as `read_frame` does.

    >>> import io
    >>> read_cells("-", stdin=io.BytesIO(b"age;price\n041;1,50\n?;2\n"))
    {'age': ['041', '?'], 'price': ['1,50', '2']}
    """
    with held(path, stdin) as file:
        found = FORMATS.of(file)
        if found is csv.FORMAT:
            return csv.read_cells(file, Layout(names=tuple(names)))
        if found.columns is None:
            raise InputError(f"{file.name}: is {found.what}, and has no columns of its own")
        stored = FORMATS.columns(file).stored
        return {
            name: texts(column) if isinstance(column, Column) else column.fill_null("").to_list()
            for name, column in stored.items()
            if not (isinstance(column, Column) and column.values is None)
        }


def texts(column: Column) -> list[str]:
    """Return a column's values as texts (n,).

    >>> import numpy as np
    >>> texts(Column("number", np.array([3.0, np.nan]), whole=True)), texts(Column("date", np.array([86400.0])))
    (['3', ''], ['1970-01-02'])
    """
    assert column.values is not None
    return ["" if gap else _text(value, column) for value, gap in zip(column.values, column.gaps, strict=True)]


def _text(value: AnyArray, column: Column) -> str:
    if column.kind == "text":
        return str(value)
    if column.kind == "boolean":
        return column.words[int(value)]
    if column.kind == "date":
        return text_of(float(value), "date")
    return str(int(value)) if column.whole else repr(float(value))
