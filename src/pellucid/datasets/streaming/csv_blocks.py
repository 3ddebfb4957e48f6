"""A CSV some rows at a time: pieces of the file that end where a row ends."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from pellucid.core.errors import InputError
from pellucid.datasets.formats.csv_rows import decode
from pellucid.datasets.formats.opening import BOM, File
from pellucid.datasets.frames.column import Column
from pellucid.datasets.frames.csv_text import QUOTE, Texts, check_beginning, read_rows_below
from pellucid.datasets.frames.frame import INDEX, UNNAMED, Frame, frame_of, is_index
from pellucid.datasets.frames.header import Header, Layout, read_header
from pellucid.datasets.streaming.blocks import LOOKED_AT, Block, Size

if TYPE_CHECKING:
    import polars as pl

PIECE = 1 << 23  # bytes that are read at a time
LONGEST = 1 << 27  # bytes in which a row must end
SAMPLE = 1 << 20  # bytes at each of them
UNPACKED = 4  # times as large as its gzip a CSV is guessed to be


class CsvBlocks:
    """A CSV that is read piece by piece; a gzipped one only from its beginning."""

    def __init__(self, file: File, layout: Layout) -> None:
        self.file, self.layout = file, layout

    @cached_property
    def header(self) -> Header:
        """What its first rows say."""
        start = self.file.inside.removeprefix(BOM)
        check_beginning(start, self.file.name)
        decode(start[: start.rfind(b"\n") + 1] or start, self.file.name)
        return read_header(start, self.file.name, self.layout)

    @property
    def names(self) -> list[str]:
        """The names of its columns; what has none comes last and is empty."""
        first = next(self.read(), None)
        return [] if first is None else list(first.frame.stored)

    def size(self) -> Size:
        """The rows by the length of the first ones."""
        start = self.file.inside
        rows = max(start.count(b"\n") - 1, 1)
        whole = self.file.on_disk * (UNPACKED if self.file.is_gzipped else 1)
        return Size(int(max(whole * rows / max(len(start), 1), 1)), whole)

    def read(
        self, places: Sequence[tuple[int, ...]] | None = None, columns: Collection[str] | None = None
    ) -> Iterator[Block]:
        """Yield the pieces of the file, or those at some places (first byte, last byte, first row).

        What is gzipped is one place.
        """
        if places is not None and not self.file.is_gzipped:
            with self.file.opened() as stream:
                for start, stop, row in places:
                    stream.seek(start)
                    yield Block((start, stop, row), row, self._frame(stream.read(stop - start), row, columns))
            return
        row = 0
        for start, content in self._pieces():
            if not content.strip():
                continue
            frame = self._frame(content, row, columns)
            place = () if self.file.is_gzipped else (start, start + len(content), row)
            yield Block(place, row, frame)
            row += frame.rows

    def some(self) -> Iterator[Frame]:
        """Yield the first rows, and some from all over the file as far as they can be found there."""
        whole = int(self.file.on_disk) if not self.file.is_gzipped else 0
        if whole < LOOKED_AT * SAMPLE:
            yield from (block.frame for _, block in zip(range(LOOKED_AT), self.read(), strict=False))
            return
        with self.file.opened() as stream:
            for k in range(LOOKED_AT):
                stream.seek(self._begins if k == 0 else whole * k // LOOKED_AT)
                content = stream.read(SAMPLE)
                content = content[content.find(b"\n") + 1 if k else 0 : content.rfind(b"\n") + 1]
                with suppress(InputError) if k else nullcontext():  # a place within a quoted cell tells nothing
                    yield self._frame(content, 0, None)

    def _frame(self, content: bytes, row: int, columns: Collection[str] | None) -> Frame:
        """Some rows as a table that knows where it stands in the file."""
        header = self.header._replace(first=self.header.first + row)
        texts = read_rows_below(content, self.file.name, self.file.on_disk, header)
        stored = {name: held for name, held in stored_of(texts).items() if columns is None or name in columns}
        return frame_of(
            self.file.name,
            stored,
            first=texts.first,
            on_disk=self.file.on_disk,
            separator=texts.separator,
            notes=texts.notes if row == 0 else (),
        )

    @cached_property
    def _begins(self) -> int:
        """The byte at which the first row of values begins."""
        start, header = self.file.inside, self.header
        at = len(BOM) if start.startswith(BOM) else 0
        for _ in range(header.line):
            at = start.index(b"\n", at) + 1
        if header.stands:
            rows = ends_of_rows(start[at:])
            at = at + int(rows[0]) if len(rows) else len(start)
        return at

    def _pieces(self) -> Iterator[tuple[int, bytes]]:
        """Yield whole rows of values with the byte at which they begin."""
        with self._opened() as stream:
            stream.seek(self._begins)
            at, rest = self._begins, b""
            while piece := stream.read(PIECE):
                content = rest + piece
                ends = ends_of_rows(content)
                if not len(ends):
                    if len(content) > LONGEST:
                        raise InputError(
                            f"{self.file.name}: has a row of more than {LONGEST >> 20} MB: a quote does not close, or "
                            "it is no CSV"
                        )
                    rest = content
                    continue
                stop = int(ends[-1])
                yield at, content[:stop]
                at, rest = at + stop, content[stop:]
                self.file.check_unchanged()
            if rest:
                yield at, rest

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        with self.file.opened() as stream:
            if not self.file.is_gzipped:
                yield stream
                return
            try:
                with gzip.open(stream) as unpacked:
                    yield cast(BinaryIO, unpacked)
            except (OSError, EOFError, zlib.error) as fault:
                raise InputError(f"{self.file.name}: its gzip is cut off or damaged ({fault}); get it again") from None


def ends_of_rows(content: bytes) -> np.ndarray:
    r"""Return the places behind the ends of lines that are not within quotes, given bytes that begin a row.

    >>> ends_of_rows(b'a,"b\nc"\nd').tolist()
    [8]
    """
    raw = np.frombuffer(content, np.uint8)
    ends = raw == ord("\n")
    if b'"' in content:
        ends &= ~np.bitwise_xor.accumulate(raw == QUOTE)
    return np.flatnonzero(ends) + 1


def stored_of(texts: Texts) -> dict[str, Column | pl.Series]:
    """Return the columns of a CSV as a table stores them; one that numbers the rows is left out."""
    stored: dict[str, Column | pl.Series] = {}
    for place, (column, series) in enumerate(texts.columns.items()):
        stored[column or UNNAMED] = Column("other", None, why=INDEX) if is_index(column, place) else series
    return stored
