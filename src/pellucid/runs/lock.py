"""The lock on a run's folder: one process at a time trains there, and another is told which one does.

It is a lock of the system on a small file, which goes with the process that holds it, however that ends.
"""

import contextlib
import os
import platform
import time
from pathlib import Path
from weakref import WeakValueDictionary

from pellucid._files.writing import is_at, lock
from pellucid.core.errors import InputError

NAME = "lock"


class Lock:
    """A lock that is held for as long as anything refers to it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path, self._descriptor = path, descriptor

    def __del__(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink()
        os.close(self._descriptor)


_held: WeakValueDictionary[str, Lock] = WeakValueDictionary()  # of this process


def take(folder: Path) -> Lock:
    """Lock a run's folder; within one process it may be taken again.

    Raises:
        InputError: another process holds it; the message says which.
        OSError: the folder cannot be written to.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> held = take(folder)
    >>> take(folder) is held
    True
    >>> del held
    >>> list(folder.iterdir())
    []
    """
    path = Path(os.path.realpath(folder)) / NAME
    if (held := _held.get(str(path))) is None:
        held = _held[str(path)] = Lock(path, _locked(path, folder))
    return held


def _locked(path: Path, folder: Path) -> int:
    """The file of a lock, open and locked, with this process named in it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        if not lock(descriptor):
            holder = _holder(descriptor)
            os.close(descriptor)
            raise InputError(f"{folder}: is being trained by {holder}; wait until that ends, or stop it")
        if is_at(path, descriptor):
            break
        os.close(descriptor)  # its holder has just ended, and removed it
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"process {os.getpid()} on {platform.node()}, since {time.strftime('%H:%M:%S')}".encode())
    return descriptor


def _holder(descriptor: int) -> str:
    """The process that a lock's file names; it may have been locked just now, and be empty for a moment."""
    for _ in range(100):
        os.lseek(descriptor, 0, os.SEEK_SET)
        if text := os.read(descriptor, 200):
            return text.decode("utf-8", "replace")
        time.sleep(0.01)
    return "another process"
