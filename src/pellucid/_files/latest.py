"""The run that was started last in this folder: `runs/latest` leads to it, and the word ``latest`` stands for it."""

import os
from pathlib import Path

from pellucid._files.reading import StrPath
from pellucid._files.writing import folder_beside, sweep
from pellucid.core.errors import InputError

WORD = "latest"
LATEST = Path("runs") / WORD
LONGEST = 10_000  # bytes of a path
LINKS = os.name == "posix"  # elsewhere a link takes rights, and another cannot be renamed over it


def keep_latest(folder: StrPath) -> None:
    """Let `runs/latest` lead to a run's folder, wherever that is: a link, or a file with the path where none can be.

    At every moment it leads to the run before or to this one, also where several processes start runs.

    Raises:
        InputError: somebody's own folder or file is called so.
        OSError: it cannot be written.
    """
    if os.path.lexists(LATEST) and _target() is None:
        raise InputError(f"{LATEST}: is somebody's own, and leads to no run; give it another name")
    LATEST.parent.mkdir(exist_ok=True)
    home = Path(os.path.realpath(LATEST.parent))
    sweep(home)
    with folder_beside(home / WORD) as beside:
        made = beside / WORD
        _link(made, _seen_from(home, folder))
        made.replace(home / WORD)


def resolved(path: StrPath) -> StrPath:
    """A path; for the word ``latest`` that of the last run here, unless a file or a folder here is called so.

    Raises:
        InputError: no run was started here, or it is not there any more.

    >>> resolved("runs/digits")
    'runs/digits'
    """
    if os.fspath(path) != WORD or os.path.lexists(WORD):
        return path
    if not os.path.lexists(LATEST):
        raise InputError(f"{WORD}: no run was started in this folder (it has no {LATEST}); train one, or name a run")
    target = _target()
    if target is None:
        raise InputError(f"{WORD}: {LATEST} is somebody's own, and leads to no run; give it another name")
    folder = _seen_from(os.path.realpath("."), LATEST.parent / target)
    if not Path(folder).is_dir():
        raise InputError(f"{WORD}: the last run started here, {folder}, is not there any more; name another run")
    return folder


def _target() -> str | None:
    """The path that `runs/latest` holds; None where it is no link, and no file that ``keep_latest`` has written."""
    if LATEST.is_symlink():
        return str(LATEST.readlink())
    if not LATEST.is_file() or LATEST.stat().st_size > LONGEST:
        return None
    path, newline, more = LATEST.read_text("utf-8", errors="replace").partition("\n")
    return path if path and newline and not more else None


def _link(place: Path, to: str) -> None:
    try:
        if not LINKS:
            raise OSError
        place.symlink_to(to, target_is_directory=True)
    except OSError:
        place.write_text(f"{to}\n", "utf-8")


def _seen_from(start: StrPath, folder: StrPath) -> str:
    """The path from a folder to another: one that stays right when this folder is moved, where it leads into it."""
    place = Path(os.path.realpath(folder))
    return os.path.relpath(place, start) if place.is_relative_to(os.path.realpath(".")) else str(place)
