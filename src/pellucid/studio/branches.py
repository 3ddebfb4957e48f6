"""Which runs are branches beside one another: the folder of each names all, so that any of them finds the others."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pellucid._files.reading import read_file
from pellucid._files.values import to_json
from pellucid._files.writing import write_whole
from pellucid.core import checks
from pellucid.core.errors import InputError
from pellucid.runs.run import BRANCHES
from pellucid.studio.published import BRANCHES as LETTERS

SAID = ("id", "name", "from", "changed")  # of each, besides its folder, which lies beside the others'
Told = dict[str, Any]


def write(branches: Sequence[Told]) -> None:
    """Let the folder of each branch say which ones there are; one that has gone says nothing."""
    of_all = [{name: one[name] for name in SAID} | {"folder": Path(one["folder"]).name} for one in branches]
    for one in branches:
        if Path(one["folder"]).is_dir():
            about = {"id": one["id"], "branches": of_all}
            write_whole(Path(one["folder"]) / BRANCHES, (to_json(about, indent=1) + "\n").encode())


def forget(folder: Path) -> None:
    """Let a run stand for itself again."""
    (folder / BRANCHES).unlink(missing_ok=True)


def alone(folder: Path) -> Told:
    """A run without others beside it."""
    return {"id": "a", "name": "first", "folder": str(folder), "from": None, "changed": ""}


def read(folder: Path) -> tuple[str, list[Told]]:
    """The letter of the branch whose run is in a folder, and all branches that there were beside it, with it.

    Raises:
        InputError: what the folder says of them is damaged.
    """
    path = folder / BRANCHES
    if not path.is_file():
        return "a", [alone(folder)]
    try:
        about = json.loads(read_file(path))
        found = {one["id"]: _checked(one, folder) for one in about["branches"]}
        found[about["id"]]["folder"] = str(folder)  # which may have been given another name
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        raise InputError(f"{path}: damaged, so the run comes without the branches beside it") from None
    return about["id"], list(found.values())


def _checked(one: Told, beside: Path) -> Told:
    texts = [one["id"], one["name"], one["changed"], one["folder"]]
    if not all(isinstance(text, str) for text in texts) or one["id"] not in tuple(LETTERS):
        raise ValueError("no branch")
    if one["from"] is not None:
        checks.count(one["from"]["step"], "step", least=0)
        if one["from"]["branch"] not in tuple(LETTERS):
            raise ValueError("no branch")
    return {name: one[name] for name in SAID} | {"folder": str(beside.parent / Path(one["folder"]).name)}
