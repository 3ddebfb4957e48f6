"""The first step of the way: a path becomes an open file whose beginning is known, or a message that says why not."""

from __future__ import annotations

import gzip
import io
import math
import os
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from pellucid._files.reading import TEXT, StrPath, changed, check_cost, opened, size_on_disk, state_of
from pellucid.core.errors import InputError

CONVERT = "save the arrays with numpy.savez('data.npz', X=X, y=y) and read that"
GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"  # the byte order mark, which some programs write before UTF-8
PIECE = 1 << 20
BEGINNING = 1 << 16  # bytes that tell what a file is
LONGEST_HEADER = 1 << 20  # of a CSV
MAGIC = 8  # bytes that tell it of a gzipped file that is damaged
GZIP_WINDOW = 31  # for zlib: the largest window, and a gzip header


class File:
    """A file to be recognised and read, opened once.

    While it is held (see `held`), all who read it share one open file; afterwards each reader opens it anew.

    >>> File("digits.csv").name
    'digits.csv'
    """

    def __init__(self, name: str, stream: BinaryIO | None = None, until: ExitStack | None = None) -> None:
        self.name = name
        self.is_folder = stream is None and is_folder(name)
        self._stream, self._until = stream, until
        self._state: tuple[int, ...] | None = None

    @property
    def is_held(self) -> bool:
        """Whether it is open, for all who read it."""
        return self._stream is not None and not self._stream.closed

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The open file, from its first byte; raises InputError where it cannot be opened."""
        if self._stream is not None and self.is_held:
            self._stream.seek(0)
            yield self._stream
        else:
            with opened(self.name) as stream:
                self._state = self._state or state_of(stream)
                if state_of(stream) != self._state:
                    raise changed(self.name)
                yield stream

    def check_unchanged(self) -> None:
        """Raise InputError where a file under this name is not what it was when it was first opened, or is gone."""
        if self._state is not None:
            try:
                now = state_of(self.name)
            except OSError:
                now = ()
            if now != self._state:
                raise changed(self.name)

    @cached_property
    def on_disk(self) -> float:
        """How many bytes it has on the disk, infinity of what is on none."""
        with self.opened() as stream:
            return math.inf if isinstance(stream, io.BytesIO) else size_on_disk(stream)

    def beside(self, name: str) -> File:
        """Another file, held open for as long as this one."""
        return _hold(name, self._until) if self.is_held and self._until is not None else File(name)

    def find_beside(self, names: list[str], what: str, lacks: str, remedy: str, *, needed: bool) -> File | None:
        """The first file of some names that is there, or None; raises InputError where one is needed."""
        found = next((name for name in names if Path(name).is_file()), None)
        if found is None and needed:
            looked = f"looked for {' and '.join(names)}" if names else f"its name has no {lacks}"
            raise InputError(f"{self.name}: its {what} were not found ({looked}); put them beside it{remedy}")
        return None if found is None else self.beside(found)

    @cached_property
    def start(self) -> bytes:
        """The first bytes as they are stored; none of a folder."""
        if self.is_folder:
            return b""
        with self.opened() as stream:
            start = stream.read(BEGINNING)
            is_long = b"\n" not in start and not start.startswith(GZIP)
            return start + stream.read(LONGEST_HEADER) if is_long else start

    @cached_property
    def inside(self) -> bytes:
        """The first bytes of the content: unpacked where the file is gzipped, as far as they can be."""
        if not self.is_gzipped:
            return self.start
        for most in (BEGINNING, MAGIC):  # what ends in a wrong checksum still begins rightly
            with suppress(zlib.error):
                return zlib.decompressobj(GZIP_WINDOW).decompress(self.start, most)
        return b""

    @property
    def is_gzipped(self) -> bool:
        """Whether the file begins as gzip does."""
        return self.start.startswith(GZIP)


@contextmanager
def held(path: StrPath, stdin: BinaryIO | None = None) -> Iterator[File]:
    """Open a file for all who read it meanwhile; "-" is the standard input. Raises InputError as `opened` does.

    >>> import io
    >>> with held("-", io.BytesIO(b"0,128")) as file:
    ...     file.name, file.start
    ('stdin', b'0,128')
    """
    name = os.fspath(path)
    if name == "-":
        if stdin is None:
            raise InputError("-: there is no standard input to read from; give a file")
        yield File("stdin", io.BytesIO(read_bounded(stdin, "stdin")))
        return
    with ExitStack() as until:
        file = File(name) if is_folder(path) else _hold(name, until)
        yield file
        file.check_unchanged()


def _hold(name: str, until: ExitStack) -> File:
    stream = until.enter_context(opened(name))
    file = File(name, stream, until)
    file._state = state_of(stream)
    return file


def read_bounded(stream: BinaryIO | gzip.GzipFile, name: str, on_disk: float = math.inf) -> bytes:
    """Return all bytes of a stream of text; raises InputError where they would take too much memory to read."""
    read = bytearray()
    while piece := stream.read(PIECE):
        read += piece
        check_cost(name, TEXT * len(read), on_disk)
    return bytes(read)


def is_folder(path: StrPath) -> bool:
    """Whether a path is a folder.

    >>> is_folder(Path("."))
    True
    """
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False
