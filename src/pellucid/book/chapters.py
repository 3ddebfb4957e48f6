"""The chapters: where they are, and each of them as a notebook.

They are texts (MyST Markdown with cells of code), which Sphinx reads as they are. Jupyter takes notebooks; a page that
a chapter links to comes along as one, so that every link leads somewhere.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pellucid._files.writing import check_replaceable, sweep, write_whole
from pellucid.core.errors import InputError, needs

HERE = Path(__file__).parent
CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
LINK = re.compile(r"!?\[([^\]]*)\]\(([^()\s]+)\)")
CONTENTS = re.compile(r"```\{toctree\}.*?```", re.DOTALL)


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


def pages() -> list[Path]:
    """What is written as notebooks: the chapters, and then the pages that they link to.

    >>> [page.name for page in pages()][-3:]
    ['index.md', 'rosetta.md', 'tables.md']
    """
    linked = {_target(chapter, to) for chapter in chapters() for to in _links(chapter) if to.endswith(".md")}
    return [*chapters(), *sorted(linked - {*chapters()}, key=lambda page: page.name)]


def _links(page: Path) -> Iterator[str]:
    for text in CODE.split(page.read_text(encoding="utf-8"))[::2]:
        yield from (to for _, to in LINK.findall(text))


def _target(page: Path, to: str) -> Path:
    return Path(os.path.normpath(page.parent / to))


def notebook(page: Path) -> str:
    """A page as the text of a notebook, the same each time; it says of itself what its cells were.

    Raises:
        InputError: jupytext is not installed.
    """
    needs("jupytext", "book", "writing notebooks")
    import jupytext

    text = CONTENTS.sub(lambda _: _contents(), page.read_text(encoding="utf-8"))
    made: dict[str, Any] = jupytext.reads(text, fmt="md:myst")
    beside = {*pages()}
    for number, cell in enumerate(made["cells"]):
        cell["id"] = f"cell-{number}"
        if cell["cell_type"] == "markdown":
            cell["source"] = _linked(cell["source"], page, beside)
    made["metadata"].pop("jupytext", None)
    made["metadata"].setdefault("kernelspec", {"display_name": "Python 3", "language": "python", "name": "python3"})
    made["metadata"]["pellucid"] = {"cells": _digest(made)}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _contents() -> str:
    """The chapters as a list of links."""
    return "\n".join(f"- [{_title(chapter)}]({chapter.name})" for chapter in chapters())


def _title(page: Path) -> str:
    lines = page.read_text(encoding="utf-8").splitlines()
    return next(line.removeprefix("# ") for line in lines if line.startswith("# "))


def _linked(text: str, page: Path, beside: set[Path]) -> str:
    """A cell's text whose links lead to notebooks; of one that leads to none of them, nor outside, the words remain."""

    def link(found: re.Match[str]) -> str:
        words, to = found.groups()
        if to.startswith("https:"):
            return found[0]
        target = _target(page, to.partition("#")[0])
        return f"[{words}]({target.stem}.ipynb)" if target in beside else words

    parts = CODE.split(text)
    parts[::2] = [LINK.sub(link, part) for part in parts[::2]]
    return "".join(parts)


def write_notebooks(folder: Path, *, force: bool = False) -> list[Path]:
    """Write a notebook for each chapter, and for what they link to, into a folder, which is made where it is not there.

    A notebook that is there is replaced where its cells are those that were written; their outputs may be others.

    Raises:
        InputError: a file that is there was changed, or is none of these, and ``force`` does not let it be replaced.
    """
    contents = {folder / f"{page.stem}.ipynb": notebook(page) for page in pages()}
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
