"""How a file is opened, and what reading it may cost in memory: the one place that decides it.

Every reader asks here with the sizes that a file declares, before it unpacks anything, and again while it unpacks,
since a file may lie. A file may take three quarters of the free memory; one of less than 10 MB takes at most 1.5 GB,
so that nothing small can take a machine down. Whoever knows a file to be honest allows it more, with ``reading``.
"""

import math
import os
import re
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pellucid.core.errors import InputError

StrPath = str | os.PathLike[str]
SHARE = 0.75  # of the free memory
SMALL = 10_000_000  # bytes on the disk; what has less is small
MOST_OF_SMALL = 1_500_000_000
LITTLE = 10_000_000  # of memory; for that nobody asks how much is free, which takes a millisecond
UNKNOWN = 4_000_000_000  # taken for the free memory where the system does not say
# What things take while they are read, in bytes; measured, and rather too much than too little.
COPIES = 2  # of an array: as it was read, and shuffled into its parts
ROW = 80  # a sample: its target, and its place in a split
COLUMN = 17_000  # a column of a table, however short
CELL = 45  # a cell of a table: where it begins, the number or the text that it becomes
TEXT = 7  # a byte of text, beside its cell
COPIES_OF_MODEL = 4  # while one is read: the file, its tensors, the network's θ, and what is made of that
SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgt]?)(i?)b?", re.IGNORECASE)

_allowed: int | None = None
_free = (-math.inf, 0.0)  # when it was asked for, and the free memory then
_one_bound = threading.Lock()  # of all threads: the process has one limit


@contextmanager
def reading(*, max_memory: int | str | None) -> Iterator[None]:
    """Let each file that is read meanwhile take so much memory, in bytes or as "4GB"; None is the usual limit.

    Raises:
        InputError: that is no size.

    >>> with reading(max_memory="1kB"):
    ...     check_cost("weights.npz", 2_000_000)
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: weights.npz: takes at least 2 MB of memory to read, more than the 1 kB that ...
    """
    global _allowed
    before, _allowed = _allowed, None if max_memory is None else bytes_of(max_memory)
    try:
        yield
    finally:
        _allowed = before


def bytes_of(size: int | str) -> int:
    """The bytes of a size such as "500MB", "2GiB" or 1000; raises InputError for what is none.

    >>> bytes_of("2GB"), bytes_of("1.5 kiB"), bytes_of(10)
    (2000000000, 1536, 10)
    """
    found = SIZE.fullmatch(str(size).strip())
    value = 0.0
    if found is not None and not isinstance(size, bool):
        number, unit, binary = found.groups()
        value = float(number) * (1024 if binary else 1000) ** " kmgt".index(unit.lower() or " ")
    if not 1 <= value < 2**63:
        raise InputError(f"max_memory={size!r}: give a size, such as '2GB', '500MB' or '2GiB'")
    return int(value)


def as_size(size: float) -> str:
    """A number of bytes as people say it, rounded up.

    >>> as_size(1_234_567_890), as_size(812), as_size(4e9)
    ('1.3 GB', '1 kB', '4 GB')
    """
    unit, name = next(((u, n) for u, n in ((1e9, "GB"), (1e6, "MB")) if size >= u), (1e3, "kB"))
    number = math.ceil(size / unit * 10) / 10 if unit == 1e9 else math.ceil(size / unit)
    return f"{number:,g} {name}"


def check_cost(name: object, needed: float, on_disk: float = math.inf) -> None:
    """Raise InputError where what is called ``name`` would take more memory than it may.

    ``on_disk`` is how many bytes it has on the disk; nothing is small of which that is not known.
    """
    if (needed > LITTLE or _allowed is not None) and needed > most_memory(on_disk):
        raise too_large(name, needed, on_disk)


def too_large(name: object, needed: float, on_disk: float = math.inf) -> InputError:
    """The error for what takes at least the memory ``needed``, more than it may."""
    most = most_memory(on_disk)
    why = "that are three quarters of the free memory"
    if _allowed is not None or most == MOST_OF_SMALL:
        why = "that max_memory allows" if _allowed is not None else "that a file of less than 10 MB may"
    more = as_size(max(needed, most) * 1.1).replace(" ", "").replace(",", "")
    return InputError(
        f"{name}: takes at least {as_size(needed)} of memory to read, more than the {as_size(most)} {why}; "
        f"use a part of it, or, if you trust it, allow more: max_memory='{more}'"
    )


def most_memory(on_disk: float = math.inf) -> float:
    """How much memory the reading of a file may take that has so many bytes on the disk."""
    if _allowed is not None:
        return _allowed
    return min(SHARE * free_memory(), MOST_OF_SMALL if on_disk < SMALL else math.inf)


def free_memory() -> float:
    """The bytes that this process could still get: of the machine's, and of its control groups' (as in a container).

    It is asked for at most ten times a second, since the answer takes a millisecond.

    >>> free_memory() > 0
    True
    """
    global _free
    if time.monotonic() - _free[0] > 0.1:
        _free = time.monotonic(), _ask_for_free_memory()
    return _free[1]


def _ask_for_free_memory() -> float:
    try:
        available = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    except OSError:
        available = None
    if available is not None:
        return max(0, min(int(available[1]) * 1024, *_left_in_groups()))
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return UNKNOWN


VERSIONS = {"": ("memory.max", "memory.current"), "memory": ("memory.limit_in_bytes", "memory.usage_in_bytes")}


def _left_in_groups(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> list[float]:
    """What each control group that this process is in has left; what the system keeps of files counts as free."""
    left = [math.inf]
    with suppress(OSError):
        for line in own.read_text().splitlines():
            _, kind, path = line.split(":", 2)
            if kind in VERSIONS:
                group = root / kind / path.lstrip("/")
                left += [_left_in(folder, *VERSIONS[kind]) for folder in (group, *group.parents)]
    return left


def _left_in(group: Path, limit: str, taken: str) -> float:
    try:
        most, used = float((group / limit).read_text()), float((group / taken).read_text())
        files = re.search(r"^inactive_file (\d+)", (group / "memory.stat").read_text(), re.MULTILINE)
    except (OSError, ValueError):  # no such group, or its limit is "max"
        return math.inf
    return most - used + (float(files[1]) if files else 0)


@contextmanager
def bounded(on_disk: float = math.inf) -> Iterator[None]:
    """Let a library allocate no more than the reading of a file may take; where it asks for more, it gets MemoryError.

    For libraries that unpack what they cannot measure before. Only Linux holds a process to that.
    """
    if sys.platform != "linux":
        yield
        return
    import resource

    with _one_bound:
        soft, hard = before = resource.getrlimit(resource.RLIMIT_DATA)
        taken = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
        wanted = [int(taken + most_memory(on_disk)), *(each for each in (soft, hard) if each != resource.RLIM_INFINITY)]
        resource.setrlimit(resource.RLIMIT_DATA, (min(wanted), hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, before)


@contextmanager
def opened(path: StrPath, wanted: str = "a file") -> Iterator[BinaryIO]:
    """Open a file to read its bytes; raises InputError for one that is missing, unreadable, no plain file, or changed.

    A device or a pipe is no plain file: it might never end. ``wanted`` says in messages what to give instead.

    >>> with opened("missing.csv") as stream:
    ...     pass
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: missing.csv: there is no such file; check the spelling and the folder
    """
    name = os.fspath(path)
    try:
        with _open(name, wanted) as stream:
            before = state_of(stream)
            yield stream
            if state_of(stream) != before:
                raise changed(name)
    except FileNotFoundError:
        raise InputError(f"{name}: there is no such file; check the spelling and the folder") from None
    except PermissionError:
        raise InputError(f"{name}: you may not read this file; change its permissions (chmod +r)") from None
    except OSError as fault:
        why = fault.strerror or fault
        raise InputError(f"{name}: cannot be read ({why}); check the path and the disk") from None


def _open(name: str, wanted: str) -> BinaryIO:
    try:
        kind = Path(name).stat().st_mode
    except ValueError as fault:  # a NUL character in the path
        raise InputError(f"{name!r}: is no path ({fault}); check the spelling") from None
    if stat.S_ISDIR(kind):
        raise InputError(f"{name}: is a folder, no file; give {wanted}")
    if not stat.S_ISREG(kind):
        raise InputError(f"{name}: is a device or a pipe; give {wanted}")
    return Path(name).open("rb")


def state_of(file: BinaryIO | str) -> tuple[int, ...]:
    """What tells a file, open or by its path, from another and from itself after a change.

    Raises:
        OSError: there is no such file.
    """
    found = Path(file).stat() if isinstance(file, str) else os.fstat(file.fileno())
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def changed(name: str) -> InputError:
    """The error for a file that is not what it was when it was opened.

    >>> print(changed("data.npy"))
    data.npy: has changed while it was read; leave it as it is meanwhile, and begin again
    """
    return InputError(f"{name}: has changed while it was read; leave it as it is meanwhile, and begin again")


def size_on_disk(stream: BinaryIO) -> float:
    """How many bytes an open file has on the disk: fewer than its length where it has holes."""
    found = os.fstat(stream.fileno())
    blocks: float = getattr(found, "st_blocks", math.inf)  # Windows does not say
    return min(found.st_size, blocks * 512)


def read_file(path: StrPath) -> bytes:
    """A file's bytes; raises InputError where they cannot be had, or take more memory than a file may."""
    with opened(path, "a file, such as the model.safetensors of a run") as stream:
        size = os.fstat(stream.fileno()).st_size
        check_cost(path, COPIES_OF_MODEL * size, size_on_disk(stream))
        return stream.read(size)
