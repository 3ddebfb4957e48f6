"""Files that appear whole or not at all: written beside their place under another name, then renamed."""

import contextlib
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from pellucid._reading import check_cost, opened, size_on_disk
from pellucid.core.errors import InputError

COPIES_OF_MODEL = 4  # while a model is read: the file, its tensors, the network's θ, and what is made of that
StrPath = str | os.PathLike[str]


def write_whole(path: StrPath, content: bytes, *, durable: bool = True) -> None:
    """Write a file so that a reader sees the old content or the new, never a part.

    That holds when the process is killed at any moment, and with ``durable`` also when the machine loses its power.

    Raises:
        OSError: no such folder, no permission, a full disk; what was there before is untouched.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_whole(folder / "note.txt", b"light")
    >>> sorted(p.name for p in folder.iterdir())
    ['note.txt']
    """
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as stream:
            stream.write(content)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        if isinstance(error, OSError):
            error.filename, error.filename2 = str(path), None  # the name that the user knows
        raise


def read_file(path: StrPath) -> bytes:
    """A file's bytes; raises InputError where they cannot be had, or take more memory than a file may."""
    with opened(path, f"a file, such as {Path(path) / 'model.safetensors'}") as stream:
        size = os.fstat(stream.fileno()).st_size
        check_cost(path, COPIES_OF_MODEL * size, size_on_disk(stream))
        return stream.read(size)


def would_be_lost(place: object, what: str) -> InputError:
    """The error with which a file that is there is not written over; ``what`` it is.

    >>> str(would_be_lost("net.safetensors", "is a model of pellucid"))
    'net.safetensors: is a model of pellucid, and would be lost; choose another name'
    """
    return InputError(f"{place}: {what}, and would be lost; choose another name")


def sweep(folder: StrPath) -> None:
    """Remove what a killed process left half-written in a folder."""
    for left in Path(folder).glob(".*.tmp"):
        left.unlink(missing_ok=True)


def plain(value: Any) -> Any:
    """A value in the types of JSON.

    >>> plain({"loss": np.float32(0.5), "r2": math.nan, "path": Path("a")})
    {'loss': 0.5, 'r2': None, 'path': 'a'}
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, Path) else value


def to_json(value: Any, indent: int | None = None) -> str:
    """A value as JSON that every reader takes: null for what is no number, nothing beyond ASCII."""
    return json.dumps(plain(value), indent=indent, allow_nan=False)
