"""A table in one file or in many: the files of a folder or of a pattern, read block by block, in the order of names."""

from __future__ import annotations

import glob
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pellucid._files.reading import COPIES, check_cost
from pellucid._text import listed
from pellucid.core.errors import InputError, needs
from pellucid.datasets.frames.column import Column
from pellucid.datasets.frames.frame import Frame, frame_of
from pellucid.datasets.streaming.blocks import LOOKED_AT, Blocks, Size

if TYPE_CHECKING:
    import polars as pl

ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet", ".arrow", ".feather")
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff")
RUN = "run.json"  # the folder of a run holds tables, too, and is none


def find_parts(path: str) -> list[str] | None:
    """Return the files of a table in parts: those that a pattern names, or that lie in a folder or below it.

    None for a file, and for a folder of something else, such as pictures. What begins with a dot or a line (_SUCCESS)
    is left out. Raises InputError for a pattern that fits no file.

    >>> find_parts("data.csv")
    """
    folder = Path(path)
    try:
        if folder.is_dir():
            inside = sorted(str(file) for file in folder.rglob("*") if _is_seen(file.relative_to(folder)))
            found = [name for name in inside if name.lower().endswith(ENDINGS)]
            pictures = any(name.lower().endswith(PICTURES) for name in inside)
            return None if not found or pictures or (folder / RUN).is_file() else found
        if folder.exists() or not glob.has_magic(path):
            return None
    except (OSError, ValueError):
        return None
    found = sorted(name for name in glob.glob(path, recursive=True) if Path(name).is_file())  # noqa: PTH207  (absolute)
    if not found:
        raise InputError(f"{path}: no file is called so; check the pattern and the folder")
    return found


def _is_seen(file: Path) -> bool:
    return not any(part.startswith((".", "_")) for part in file.parts)


class Place(NamedTuple):
    """Where some rows of a table lie: in which part, where in it, the number of the first in the table and in the part,
    from 0, and how many they are.
    """

    part: int
    place: tuple[int, ...]
    first: int
    row: int
    rows: int


@dataclass(frozen=True)
class Parts:
    """A table: its files, each with the values that its path gives to columns (``year=2026/part-0.parquet``)."""

    name: str
    files: Sequence[Blocks]
    paths: Sequence[str]
    keys: Sequence[Mapping[str, str]]

    def size(self) -> Size:
        """Of all parts; rows of a CSV are guessed."""
        sizes = [file.size() for file in self.files]
        return Size(sum(size.rows for size in sizes), sum(size.bytes for size in sizes))

    def read(
        self, places: Sequence[Place] | None = None, columns: Collection[str] | None = None
    ) -> Iterator[tuple[Place, Frame]]:
        """Yield blocks of rows, all of them or those at some places, with all columns or some of them.

        Raises InputError for what is wrong in them, and for a part that lacks a column.
        """
        first = 0
        if places is not None:
            for at in places:
                for block in self.files[at.part].read([at.place], columns):
                    frame = self._complete(at.part, block.frame, columns)
                    yield Place(at.part, block.place, at.first + block.row - at.row, block.row, frame.rows), frame
            return
        for part, file in enumerate(self.files):
            for block in file.read(None, columns):
                frame = self._complete(part, block.frame, columns)
                yield Place(part, block.place, first, block.row, frame.rows), frame
                first += frame.rows

    def some(self) -> Frame:
        """A table of some rows from all over: what its columns hold is found out from them."""
        chosen = list(range(0, len(self.files), max(len(self.files) // LOOKED_AT, 1)))[:LOOKED_AT]
        each = -(-LOOKED_AT // len(chosen))  # of many files one place each
        frames = [
            self._complete(part, frame, None) for part in chosen for frame in islice(self.files[part].some(), each)
        ]
        if not frames:
            raise InputError(f"{self.name}: has no rows; give at least one")
        return stacked(frames, self.name)

    def whole(self) -> Frame:
        """All rows as one table in memory; raises InputError where they take too much of it."""
        check_cost(self.name, COPIES * self.size().bytes)
        frames = [frame for _, frame in self.read()]
        if not frames:
            raise InputError(f"{self.name}: has no rows; give at least one")
        return stacked(frames, self.name)

    def _complete(self, part: int, frame: Frame, columns: Collection[str] | None) -> Frame:
        """A block with the columns that its path tells."""
        keys = {name: text for name, text in self.keys[part].items() if columns is None or name in columns}
        if keys:
            needs("polars", "tables", f"{self.name}: reading a table")
            import polars as pl

            stored = {name: pl.Series([text] * frame.rows, dtype=pl.String) for name, text in keys.items()}
            frame = replace(frame, stored={**frame.stored, **stored})
        if lacking := sorted(set(columns or ()) - set(frame.stored)):
            raise frame.lacks(lacking[0], ", which other parts have", ": give all parts the same columns")
        return frame


def keys_of(path: str) -> dict[str, str]:
    """Return what the folders of a path say of all rows below them, as Hive writes it.

    >>> keys_of("sales/year=2026/month=11/part-0.parquet")
    {'year': '2026', 'month': '11'}
    """
    return {name: text for part in Path(path).parts[:-1] for name, equals, text in [part.partition("=")] if equals}


def stacked(frames: Sequence[Frame], name: str) -> Frame:
    """Return the rows of several tables with the same columns as one; raises InputError where one lacks a column.

    >>> one = Frame("a.csv", {"x": Column("number", np.array([1.0]))}, 1)
    >>> stacked([one, one], "ab").columns["x"].values
    array([1., 1.])
    """
    head, *others = frames
    for frame in others:
        if lacking := set(head.stored) ^ set(frame.stored):
            one = frame if lacking & set(head.stored) else head
            other = head if one is frame else frame
            raise InputError(
                f"{one.name}: has no column {listed(sorted(lacking))}, which {other.name} has; give all parts the same "
                "columns"
            )
    stored = {column: _joined([frame.stored[column] for frame in frames]) for column in head.stored}
    whole = frame_of(name, stored, first=head.first, on_disk=sum(f.on_disk for f in frames), separator=head.separator)
    return replace(whole, notes=tuple(dict.fromkeys(note for frame in frames for note in frame.notes)))


def _joined(columns: Sequence[Column | pl.Series]) -> Column | pl.Series:
    """One column of several pieces: of text, where a piece is text."""
    kinds = {column.kind for column in columns if isinstance(column, Column) and not _is_empty(column)}
    if all(isinstance(column, Column) for column in columns) and len(kinds) <= 1:
        first = next((column for column in columns if not _is_empty(column)), columns[0])
        assert isinstance(first, Column)
        if first.values is None:
            return first
        held = [column.values for column in columns if isinstance(column, Column) and column.values is not None]
        whole = all(column.whole or _is_empty(column) for column in columns if isinstance(column, Column))
        return replace(first, values=np.concatenate(held), whole=whole and first.whole)
    import polars as pl

    return pl.concat([_as_text(column) for column in columns])


def _is_empty(column: Column | pl.Series) -> bool:
    """Whether it is a column of gaps alone, which is of any kind."""
    return isinstance(column, Column) and column.values is not None and bool(np.all(column.gaps))


def _as_text(column: Column | pl.Series) -> pl.Series:
    import polars as pl

    from pellucid.datasets.frames.coerce import as_texts

    if not isinstance(column, Column):
        return column.cast(pl.String)
    if column.values is None:
        raise InputError(f"a column {column.why} in one part and holds values in another; leave it out of all")
    texts = column.values if column.kind == "text" else as_texts(column.values, column.kind)
    return pl.Series(texts.tolist(), dtype=pl.String)
