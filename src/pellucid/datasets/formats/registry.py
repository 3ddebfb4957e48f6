"""All file formats, in the order in which a file is compared with them. A new one is a file here and a line below.

A program adds a format of its own with ``FORMATS.add(Format(...))``; then `load`, `read_frame` and every command read
it.
"""

from __future__ import annotations

from pellucid.core.errors import InputError
from pellucid.datasets.containers import RawArrays
from pellucid.datasets.formats import csv, feather, idx, image_folders, npy, npz, parquet, unsupported
from pellucid.datasets.formats.format import Format
from pellucid.datasets.formats.opening import File
from pellucid.datasets.frames.frame import Frame
from pellucid.datasets.frames.header import Layout
from pellucid.datasets.streaming.file_stream import Source

__all__ = ["FORMATS", "Format", "Formats"]


class Formats(list[Format]):
    """File formats; the first that fits a file is its format, and the last one fits every file."""

    def add(self, format_: Format) -> None:
        """Add a format, which is asked before all others; raises InputError where its name is taken."""
        if any(format_.name == known.name for known in self):
            raise InputError(f"there is a format {format_.name!r} already; give another name")
        self.insert(0, format_)

    def of(self, file: File) -> Format:
        """Return the format of a file; raises InputError for one that is not read at all, and says how to convert it.

        >>> import io
        >>> FORMATS.of(File("digits", io.BytesIO(b"PAR1"))).name
        'parquet'
        >>> FORMATS.of(File("shop.db", io.BytesIO(b"SQLite format 3" + bytes(9))))
        Traceback (most recent call last):
        ...
        pellucid.core.errors.InputError: shop.db: is an SQLite database; read are ...; to convert it: sqlite3 ...
        """
        found = next(known for known in self if known.fits(file))
        if found is self[-1]:
            called = next((end for known in self for end in known.endings if file.name.lower().endswith(end)), None)
            if called is not None and called not in found.endings:
                raise InputError(f"{file.name}: is called {called} and is none; get it again, or give {self.listed()}")
        if found.arrays is None and found.columns is None:
            raise InputError(f"{file.name}: is {found.what}; read are {self.listed()}{_how(found, file)}")
        return found

    def is_table(self, file: File, target: str | None = None) -> bool:
        """Whether `load` takes a file's columns, not arrays; raises as `of` does."""
        found = self.of(file)
        return found.is_table(file, target) if found.is_table is not None else found.arrays is None

    def arrays(self, file: File, target: str | None, *, target_needed: bool) -> RawArrays | Source:
        """Read a file as arrays; raises InputError where it has none."""
        found = self.of(file)
        if found.arrays is None:
            those = ", ".join(known.what for known in self if known.arrays)
            raise InputError(f"{file.name}: is {found.what}, a table of columns; arrays are read from {those}")
        return found.arrays(file, target, target_needed)

    def columns(self, file: File, layout: Layout = Layout()) -> Frame:  # noqa: B008  (immutable)
        """Read a file as a table of columns; raises InputError where it has none, or does not fit into memory."""
        found = self.of(file)
        if found.columns is None:
            those = ", ".join(known.what for known in self if known.columns)
            raise InputError(
                f"{file.name}: is {found.what}, and has no named columns; a table is read from {those}"
                f"{_how(found, file)}"
            )
        try:
            return found.columns(file, layout)
        except MemoryError:
            raise InputError(f"{file.name}: does not fit into this machine's memory; use a part of it") from None

    def listed(self) -> str:
        """What is read, for messages."""
        return ", ".join(known.what for known in self if known.arrays or known.columns)


def _how(found: Format, file: File) -> str:
    return f"; to convert it: {found.convert.format(name=file.name)}" if found.convert else ""


FORMATS = Formats(
    [
        image_folders.FORMAT,
        npz.FORMAT,
        npy.FORMAT,
        parquet.FORMAT,
        feather.FORMAT,
        idx.FORMAT,
        *unsupported.FORMATS,
        csv.FORMAT,  # the last: whatever else holds text
    ]
)
