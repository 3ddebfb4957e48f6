"""The ways to a table of columns: a file (`read_frame`), and a data frame or a dict in memory (`as_frame`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, BinaryIO

from pellucid._files import StrPath
from pellucid.datasets.formats.opening import held
from pellucid.datasets.formats.registry import FORMATS
from pellucid.datasets.frames.frame import Frame, frame_of
from pellucid.datasets.frames.from_dataframe import from_native, from_values


def read_frame(path: StrPath, *, stdin: BinaryIO | None = None, as_text: Collection[str] = ()) -> Frame:
    r"""Read a CSV (separated by comma, semicolon, tab or bar; also gzipped), a Parquet or an Arrow file into a table.

    "-" reads from the binary stream `stdin`. Columns named in `as_text` stay text, whatever they look like:
    007 is no 7 where a model knows the one and not the other. Raises InputError that says what is wrong, where, and
    what to do.

    >>> import io
    >>> frame = read_frame("-", stdin=io.BytesIO(b"age;city\n41;Bonn\n;Ulm\n"))
    >>> frame.columns["age"].values, frame.columns["city"].values
    (array([41., nan]), array(['Bonn', 'Ulm'], dtype=object))
    """
    with held(path, stdin) as file:
        return FORMATS.columns(file, as_text)


def as_frame(data: Any, name: str = "data") -> Frame:
    """Turn a data frame of pandas, polars, PyArrow or another that narwhals knows, or a dict of columns, into a table.

    Raises InputError that names the column and what is wrong with it.

    >>> frame = as_frame({"age": [41, None], "city": ["Bonn", "Ulm"]})
    >>> frame.columns["age"].whole, frame.rows
    (True, 2)
    """
    if isinstance(data, Frame):
        return data
    columns = from_values(data, name) if isinstance(data, Mapping) else from_native(data, name)
    return frame_of(name, columns, first=0)
