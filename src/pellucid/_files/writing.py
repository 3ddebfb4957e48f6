"""Files that appear whole or not at all: written beside their place under a name of chance, then renamed.

Who writes such a file, or fills such a folder, holds a lock on it. One that nobody has a lock on was left by a process
that is dead, and `sweep` removes it. Devices and pipes are written to, never replaced.
"""

import contextlib
import errno
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from pellucid._files.reading import StrPath
from pellucid.core.errors import InputError

LOCKS = os.name == "posix"  # elsewhere nothing is locked; on Windows a file that is open cannot be removed anyhow
if LOCKS:
    import fcntl

TEMPORARY = re.compile(r"\.pellucid-[0-9a-f]{16}")
SEEN = 1 << 16  # bytes at the beginning and at the end of a file, in which its mark is looked for
PATIENCE = 10.0  # seconds in which a pipe must find a reader


def write_whole(path: StrPath, content: bytes, *, durable: bool = True) -> None:
    """Write a file whole or not at all, as `writing` does, from bytes that are there already.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_whole(folder / "note.txt", b"light")
    >>> sorted(p.name for p in folder.iterdir())
    ['note.txt']
    """
    with writing(path, durable=durable) as stream:
        stream.write(content)


@contextlib.contextmanager
def writing(path: StrPath, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A stream; what was written to it is the file's content when the block ends, and not before.

    A reader sees the old content or the new, never a part. That holds when the process is killed at any moment, and
    with ``durable`` also when the machine loses its power. A link is followed; the file's mode and owner are kept.

    Raises:
        InputError: the path is a pipe that nobody reads, a disk or a socket.
        OSError: no such folder, no permission, a full disk; what was there before is untouched.
    """
    try:
        before = _what_is_there(path)
        with _whole_file(path, before, durable) if _is_file(before) else _stream_into(path, before) as stream:
            yield stream
    except BrokenPipeError:
        raise InputError(f"{path}: the reader of this pipe has gone; start it again, or name a file") from None
    except OSError as error:
        error.filename, error.filename2 = str(path), None  # the name that the user knows
        raise


def _what_is_there(path: StrPath) -> os.stat_result | None:
    """What a path leads to, through links; None where nothing is there."""
    try:
        return Path(path).stat()
    except FileNotFoundError:
        return None


def _is_file(before: os.stat_result | None) -> bool:
    return before is None or stat.S_ISREG(before.st_mode) or stat.S_ISDIR(before.st_mode)


@contextlib.contextmanager
def _whole_file(path: StrPath, before: os.stat_result | None, durable: bool) -> Iterator[BinaryIO]:
    place = Path(os.path.realpath(path))
    if before is not None and not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    beside = place.parent / _name_of_chance()
    try:
        with os.fdopen(_new_file(beside, before), "wb") as stream:
            yield stream
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
            if LOCKS:
                beside.replace(place)  # while it is locked
        if not LOCKS:
            beside.replace(place)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def _new_file(path: Path, like: os.stat_result | None) -> int:
    """Make a file, open and locked, with the mode and the owner of another where there is one."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        descriptor = os.open(path, flags, 0o666 if like is None else 0o600)
        if lock(descriptor) and is_at(path, descriptor):
            break
        os.close(descriptor)  # swept away in the moment before it was locked
    if like is not None and LOCKS:
        with contextlib.suppress(OSError):
            os.fchown(descriptor, like.st_uid, like.st_gid)
        with contextlib.suppress(OSError):
            os.fchmod(descriptor, stat.S_IMODE(like.st_mode))
    return descriptor


def _name_of_chance() -> str:
    return f".pellucid-{secrets.token_hex(8)}"


def lock(descriptor: int) -> bool:
    """Lock an open file or folder until it is closed; False where another process has it locked.

    On Windows, and on a file system that has no locks, it does nothing.
    """
    try:
        if LOCKS:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return not isinstance(error, BlockingIOError)
    return True


def is_at(path: Path, descriptor: int) -> bool:
    """Whether an open file is still the one that a path names: another process may have removed it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _stream_into(path: StrPath, before: os.stat_result | None) -> Iterator[BinaryIO]:
    """What a pipe or a device takes, as it comes."""
    assert before is not None
    if not (stat.S_ISFIFO(before.st_mode) or stat.S_ISCHR(before.st_mode)):
        raise InputError(f"{path}: is a disk or a socket, which are not written to; name a file")
    until = time.monotonic() + PATIENCE
    while True:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            break
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > until:
                raise InputError(f"{path}: nobody reads this pipe; start its reader first, or name a file") from None
            time.sleep(0.02)
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "wb") as stream:
        yield stream


@contextlib.contextmanager
def folder_beside(place: Path) -> Iterator[Path]:
    """A folder to make something in that is then moved to a place beside it; what is left in it goes at the end."""
    made, descriptor = place.parent / _name_of_chance(), None
    try:
        descriptor = _new_folder(made)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        if descriptor is not None:
            os.close(descriptor)


def _new_folder(path: Path) -> int | None:
    """Make a folder, open and locked; None where nothing is locked.

    Between the two another process may sweep it away: then it is made again, as soon as it is gone.
    """
    while True:
        with contextlib.suppress(FileExistsError):  # of the turn before; it may go at this moment
            path.mkdir(mode=0o700)
        if not LOCKS:
            return None
        with contextlib.suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY)
            if lock(descriptor) and is_at(path, descriptor):
                return descriptor
            os.close(descriptor)


def sweep(folder: StrPath) -> None:
    """Remove what dead processes left half-written in a folder."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if TEMPORARY.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    _remove_if_left(entry)


def _remove_if_left(entry: os.DirEntry[str]) -> None:
    """Remove a file or a folder that no process has a lock on; raises OSError where that is not known."""
    if not LOCKS:
        Path(entry.path).unlink()
        return
    descriptor = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            Path(entry.path).unlink()
    finally:
        os.close(descriptor)


def would_be_lost(place: object, what: str) -> InputError:
    """The error with which a file that is there is not written over; ``what`` it is.

    >>> str(would_be_lost("net.safetensors", "is a model of pellucid"))
    'net.safetensors: is a model of pellucid, and would be lost; choose another name'
    """
    return InputError(f"{place}: {what}, and would be lost; choose another name")


def check_replaceable(path: StrPath, is_own: Callable[[Path], bool], *, force: bool = False) -> None:
    """Raise InputError where a file is there that holds something, and is not what pellucid writes in this place.

    ``is_own`` says whether it is. A pipe or a device is not replaced, so it may be there; with ``force`` anything may.
    """
    before = _what_is_there(path)
    if before is None or not stat.S_ISREG(before.st_mode) or force or not before.st_size or is_own(Path(path)):
        return
    raise InputError(
        f"{path}: is there already, is nothing that pellucid has written here, and would be lost; choose another name, "
        "or replace it with force=True"
    )


def marked(*marks: bytes) -> Callable[[Path], bool]:
    """Return what tells files by a mark near their beginning or end, as pellucid puts one into what it writes.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "page.html"
    >>> write_whole(path, b"<meta name=generator content=pellucid>")
    >>> marked(b"content=pellucid")(path), marked(b"content=other")(path)
    (True, False)
    """

    def is_own(path: Path) -> bool:
        try:
            with path.open("rb") as stream:
                ends = stream.read(SEEN)
                stream.seek(max(len(ends), os.fstat(stream.fileno()).st_size - SEEN))
                ends += stream.read(SEEN)
        except OSError:
            return False
        return any(mark in ends for mark in marks)

    return is_own
