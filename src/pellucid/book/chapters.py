"""The chapters: where they are, and each of them as a notebook.

They are texts (MyST Markdown with cells of code), which Sphinx reads as they are. Jupyter takes notebooks.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from pellucid._files.writing import check_replaceable, sweep, write_whole
from pellucid.core.errors import InputError, needs

HERE = Path(__file__).parent


def docs() -> Path:
    """The folder of the book and the guides: in the package, or beside ``src`` where this is a checkout.

    >>> (docs() / "conf.py").is_file()
    True
    """
    for place in (HERE / "docs", HERE.parents[2] / "docs"):
        if (place / "conf.py").is_file():
            return place
    raise InputError(f"{HERE / 'docs'}: the book is not in this installation; install pellucid anew")


def chapters() -> list[Path]:
    """The chapters in order: ``01-a-neuron.md`` and so on."""
    return sorted((docs() / "book").glob("[0-9][0-9]-*.md"))


def notebook(chapter: Path) -> str:
    """A chapter as the text of a notebook, the same each time; it says of itself what its cells were.

    Raises:
        InputError: jupytext is not installed.
    """
    needs("jupytext", "book", "writing notebooks")
    import jupytext

    made: dict[str, Any] = jupytext.reads(chapter.read_text(encoding="utf-8"), fmt="md:myst")
    for number, cell in enumerate(made["cells"]):
        cell["id"] = f"cell-{number}"
    made["metadata"].pop("jupytext", None)
    made["metadata"]["pellucid"] = {"cells": _digest(made)}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def write_notebooks(folder: Path, *, force: bool = False) -> list[Path]:
    """Write a notebook for each chapter into a folder, which is made where it is not there.

    A notebook that is there is replaced where its cells are those that were written; their outputs may be others.

    Raises:
        InputError: a file that is there was changed, or is none of these, and ``force`` does not let it be replaced.
    """
    contents = {folder / f"{chapter.stem}.ipynb": notebook(chapter) for chapter in chapters()}
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    for path in contents:
        check_replaceable(path, is_as_written, force=force)
    for path, content in contents.items():
        write_whole(path, content.encode())
    return list(contents)


def is_as_written(path: Path) -> bool:
    """Whether a file is a notebook of the book whose cells nobody has changed."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return bool(found["metadata"]["pellucid"]["cells"] == _digest(found))
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _digest(made: dict[str, Any]) -> str:
    """A number for the texts of the cells; Jupyter may write a text as a list of its lines."""
    texts = ["".join(cell["source"]) for cell in made["cells"]]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()
