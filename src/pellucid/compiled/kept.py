"""Where compiled code is kept, and whether that of the engine is there: Numba is not loaded to find out."""

import contextlib
import functools
import hashlib
import os
import sys
from importlib import metadata
from pathlib import Path

PLACES = {"win32": ("LOCALAPPDATA", "AppData/Local"), "darwin": ("", "Library/Caches")}


def folder() -> Path:
    """The folder: the user's own, never below the current one, where others may have put some code."""
    variable, usual = PLACES.get(sys.platform, ("XDG_CACHE_HOME", ".cache"))
    place = Path(os.environ.get(variable, ""))
    if not place.is_absolute():  # the variable is not set, or relative, and then it is to be ignored
        place = Path.home() / usual
    return place / "pellucid" / "compiled"


@functools.cache
def room() -> str:
    """The text of all functions here, as one number."""
    texts = [file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def is_ready(dtype: str) -> bool:
    """Whether the engine was compiled here for "float32" or "float64", with these versions of everything."""
    return _mark(dtype).exists()


def note_ready(dtype: str) -> None:
    """Note that it was, where there is a place for it."""
    with contextlib.suppress(OSError):
        _mark(dtype).touch()


def _mark(dtype: str) -> Path:
    about = (dtype, metadata.version("numba"), metadata.version("numpy"), sys.version, room())
    return folder() / f"ready-{hashlib.sha256(repr(about).encode()).hexdigest()[:24]}"
