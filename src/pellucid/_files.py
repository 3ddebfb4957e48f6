"""Files that appear whole or not at all: written beside their place under another name, then renamed."""

import contextlib
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.core.errors import InputError

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
    """A file's bytes, or an InputError that says why they cannot be had."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; check the spelling and the folder") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; give a file, such as {Path(path) / 'model.safetensors'}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); give a file that you may read") from None


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
