"""A copy of a user's folder: small files are copied, large ones are linked, and can be read alone."""

import contextlib
import os
import shutil
from pathlib import Path

LARGE = 10_000_000  # bytes of a file from which on it is linked
MOST_FILES, MOST_BYTES = 2_000, 200_000_000  # that are copied in all; the rest is linked
NOT_COPIED = {"venv", "env", "node_modules", "site-packages", "__pycache__"}


def copy_folder(folder: Path, root: Path, *, neighbours: bool = True) -> Path:
    """Copy a folder into ``root``; beside it stand links to its ``neighbours``, so that "../data/x.csv" is found."""
    above = root / (folder.parent.name or "above")
    target = above / (folder.name or "folder")
    target.mkdir(parents=True)
    for path in _entries(folder.parent)[:MOST_FILES] if neighbours else []:
        if path not in (folder, root) and path != folder.parent:
            _link(path, above / path.name)
    _Copier(root).copy(folder, target)
    return target


class _Copier:
    """Copies until there is enough, and links from then on."""

    def __init__(self, root: Path) -> None:
        self.root, self.files, self.bytes = root, 0, 0

    def copy(self, folder: Path, target: Path) -> None:
        """Copy a folder's files, then its sub-folders."""
        for path in sorted(_entries(folder), key=lambda path: path.is_dir()):
            place = target / path.name
            if path == self.root:
                continue
            self.files += 1
            with contextlib.suppress(OSError):
                if self.files > MOST_FILES or path.is_symlink() or path.name.startswith(".") or path.name in NOT_COPIED:
                    _link(path, place)
                elif path.is_dir():
                    place.mkdir()
                    self.copy(path, place)
                elif path.is_file():
                    self._copy_file(path, place)

    def _copy_file(self, path: Path, place: Path) -> None:
        size = path.stat().st_size
        if size > LARGE or self.bytes + size > MOST_BYTES:
            _link(path, place)
        else:
            self.bytes += size
            shutil.copyfile(path, place)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _link(source: Path, place: Path) -> None:
    with contextlib.suppress(OSError):  # Windows may not let us; then it is not there
        place.symlink_to(os.path.realpath(source))
