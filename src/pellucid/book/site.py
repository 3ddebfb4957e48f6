"""The site: the chapters with every cell run, the guides and the reference, made by Sphinx into a folder."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pellucid
from pellucid._files.writing import folder_beside, sweep
from pellucid.book.chapters import docs
from pellucid.compiled import kept
from pellucid.core.errors import InputError, needs

TOOLS = ("sphinx", "myst_nb", "furo", "matplotlib")
HOUSE = Path(pellucid.__file__).parent
KEPT = 2  # sites: that of the newest sources, and one more


def ready() -> Path | None:
    """The site that was built from these very sources, as a folder; None where there is none."""
    place = _place()
    return place if (place / "index.html").is_file() else None


def built() -> Path:
    """The folder of the site, which is built first where there is none yet, or where its sources have changed.

    It lies in the user's own cache folder. It takes a minute or more, since every cell of the book is run.

    Raises:
        InputError: the extra ``book`` is not installed, or a page cannot be made.
    """
    if (there := ready()) is not None:
        return there
    _check_tools()
    place = _place()
    place.parent.mkdir(parents=True, exist_ok=True)
    sweep(place.parent)
    with folder_beside(place) as work:
        build(work / "site", work / "trees")
        with contextlib.suppress(FileExistsError):  # another process was as quick
            (work / "site").rename(place)
    for old in sorted(place.parent.glob("site-*"), key=lambda folder: folder.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return place


def build(to: Path, trees: Path, *options: str) -> None:
    """Let Sphinx make the site. A process of its own does it: a build leaves much behind.

    Raises:
        InputError: Sphinx has failed; with its last line.
    """
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-d", str(trees), *options, str(docs()), str(to)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=_own())
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        raise InputError(f"{docs()}: the site could not be built: {last}")


def _own() -> dict[str, str]:
    """The surroundings of that process and of the kernels that it starts: this same pellucid."""
    paths = [str(HOUSE.parent), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def _check_tools() -> None:
    for library in TOOLS:
        needs(library, "book", "building the book")


def _place() -> Path:
    return kept.folder().parent / "book" / f"site-{_fingerprint()}"


def _fingerprint() -> str:
    """A number for all that the site is made of: its texts and pictures, and the code of pellucid."""
    said = hashlib.sha256(sys.version.encode())
    for file in _sources():
        said.update(f"\0{file.name}\0".encode() + file.read_bytes())
    return said.hexdigest()[:16]


def _sources() -> Iterator[Path]:
    for folder in (docs(), HOUSE):
        for file in sorted(folder.rglob("*")):
            if file.suffix in (".py", ".md", ".css", ".js", ".html") and "__pycache__" not in file.parts:
                yield file
