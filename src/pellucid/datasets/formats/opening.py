"""The first step of the way: a path becomes open bytes, or a message that says why not."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as FilePath
from typing import BinaryIO

from pellucid.core.errors import InputError
from pellucid.datasets.containers import Path

FORMS = (
    "a table (CSV, TSV or Parquet), a digit CSV (label,pixel0,…), a .npz with arrays X and y, an X.npy with its y.npy, "
    "IDX files, or a folder of pictures"
)
CONVERT = "save the arrays with numpy.savez('data.npz', X=X, y=y) and read that"


def name_of(path: Path) -> str:
    """Return the path as the user wrote it, for messages.

    >>> name_of("a/b.csv")
    'a/b.csv'
    """
    return os.fspath(path)


@contextmanager
def opened(path: Path, wanted: str = f"{FORMS}; or {CONVERT}") -> Iterator[BinaryIO]:
    """Open a file to read its bytes; raises InputError for one that is missing, unreadable, or no plain file.

    `wanted` says in messages what to give instead.

    >>> with opened("missing.csv") as stream:
    ...     pass
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: missing.csv: there is no such file; check the spelling and the folder
    """
    name = name_of(path)
    try:
        with _open(path, name, wanted) as stream:
            yield stream
    except FileNotFoundError:
        raise InputError(f"{name}: there is no such file; check the spelling and the folder") from None
    except PermissionError:
        raise InputError(f"{name}: you may not read this file; change its permissions (chmod +r)") from None
    except OSError as fault:
        why = fault.strerror or fault
        raise InputError(f"{name}: cannot be read ({why}); check the path and the disk") from None


def _open(path: Path, name: str, wanted: str) -> BinaryIO:
    try:
        kind = FilePath(path).stat().st_mode
    except ValueError as fault:  # a NUL character in the path
        raise InputError(f"{name!r}: is no path ({fault}); check the spelling") from None
    if stat.S_ISDIR(kind):
        raise InputError(f"{name}: is a folder, no file; give {wanted}")
    if not stat.S_ISREG(kind):
        raise InputError(f"{name}: is a device or a pipe; give {wanted}")
    return FilePath(path).open("rb")
