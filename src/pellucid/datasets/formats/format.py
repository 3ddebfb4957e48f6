"""What a file format is: how a file of it is recognised, and how it becomes arrays or columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pellucid.datasets.containers import RawArrays
from pellucid.datasets.formats.opening import File
from pellucid.datasets.frames.frame import Frame
from pellucid.datasets.frames.header import Layout
from pellucid.datasets.streaming.blocks import Blocks
from pellucid.datasets.streaming.file_stream import Source

Recogniser: TypeAlias = Callable[[File], bool]


@dataclass(frozen=True)
class Format:
    """A file format; one that has neither `arrays` nor `columns` is recognised only to be refused.

    `fits` says whether a file is of this format, by its first bytes (`file.start` as stored, `file.inside` unpacked).
    `arrays(file, target, target_needed)` reads it into `RawArrays`; where it may be larger than memory, it returns a
    `Source` that reads it block by block, and other files (labels beside it) are opened by `file.beside`.
    `columns(file, layout)` reads a table of named columns; the layout says what is known of it before. Both raise
    InputError for what is wrong. `blocks(file, layout)` reads it some rows at a time, where it may be larger than
    memory. Where a format has both, `is_table(file, target)` says which one `load` takes, and
    `numbers_are_arrays` that every table of numbers may be read as arrays.

    `what` follows "is" in messages; `convert` says how such a file becomes a CSV, with {name} for its name; a file
    whose name ends as `endings` say must be of the format.

    >>> from pellucid.datasets.formats.npy import FORMAT
    >>> FORMAT.name, FORMAT.endings, FORMAT.columns is None
    ('npy', ('.npy',), True)
    """

    name: str
    what: str
    fits: Recogniser
    arrays: Callable[[File, str | None, bool], RawArrays | Source] | None = None
    columns: Callable[[File, Layout], Frame] | None = None
    blocks: Callable[[File, Layout], Blocks] | None = None
    is_table: Callable[[File, str | None], bool] | None = None
    numbers_are_arrays: bool = False
    endings: tuple[str, ...] = ()
    convert: str = ""


def begins_with(*magics: bytes) -> Recogniser:
    """Return what recognises files by their first bytes (their magic number), as they are stored.

    >>> import io
    >>> begins_with(b"PAR1")(File("data", io.BytesIO(b"PAR1...")))
    True
    """
    return lambda file: file.start.startswith(magics)
