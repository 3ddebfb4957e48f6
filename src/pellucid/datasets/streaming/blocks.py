"""A table some rows at a time: what each format gives that can be read so, and how large it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple, Protocol

from pellucid.datasets.frames.frame import Frame

MOST_ROWS = 1 << 16  # of a block
LOOKED_AT = 8  # places of a table that say what its columns hold


class Size(NamedTuple):
    """How many rows a table has, or about how many, and the bytes that its numbers take in memory as float64."""

    rows: int
    bytes: float


class Block(NamedTuple):
    """Some rows of a file: the place to read them again from, the number of the first (from 0), what they hold."""

    place: tuple[int, ...]
    row: int
    frame: Frame


class Blocks(Protocol):
    """A file whose rows are read in blocks, in the file's order or place by place."""

    @property
    def names(self) -> list[str]:
        """The names of its columns."""

    def size(self) -> Size:
        """How large it is."""

    def read(
        self, places: Sequence[tuple[int, ...]] | None = None, columns: Collection[str] | None = None
    ) -> Iterator[Block]:
        """Yield its blocks, all of them or those of some places, with all columns or some; a place may be several.

        Raises InputError for what is wrong in them.
        """

    def some(self) -> Iterator[Frame]:
        """Yield a few blocks from all over the file, to find out what its columns hold."""
