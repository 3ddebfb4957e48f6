"""The journal of a course: what was changed in it, after which step, and the bits that were there before.

A file of lines, one a change, each written before it acts: a course that was killed is made again from it. Undoing is a
change, too: nothing is ever taken out.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pellucid._files.reading import read_file
from pellucid.core.errors import InputError

TURNS, MARKS = "knob", "mark"
ON_THETA = ("edit", "freeze", "off", "free", "teach")
KINDS = (TURNS, MARKS, "undo", "redo", *ON_THETA)


@dataclass
class Entry:
    """A change after ``step``; ``about`` says what, ``text`` says it in words, ``old`` are the bits before it."""

    id: int
    step: int
    kind: str
    about: dict[str, Any]
    text: str
    old: bytes | None = None

    def as_line(self) -> str:
        """The entry as a line of the file."""
        old = None if self.old is None else base64.b64encode(self.old).decode()
        return json.dumps({**asdict(self), "old": old}) + "\n"


def read(path: Path) -> list[Entry]:
    """The entries of a file; a last line that was cut off, as by a power failure, is no entry.

    Raises:
        InputError: it is damaged.
    """
    lines = read_file(path).decode("utf-8", "replace").split("\n")
    found = [_entry(line, path, number) for number, line in enumerate(lines[:-1], start=1)]
    steps = [entry.step for entry in found]
    if steps != sorted(steps) or [entry.id for entry in found] != list(range(1, len(found) + 1)):
        raise InputError(f"{path}: damaged (its lines are not in order); take a copy of it")
    return found


def _entry(line: str, path: Path, number: int) -> Entry:
    try:
        entry = Entry(**json.loads(line))
        good = isinstance(entry.id, int) and isinstance(entry.step, int) and isinstance(entry.about, dict)
        if not good or entry.kind not in KINDS or not isinstance(entry.text, str):
            raise ValueError("no entry")
        if entry.old is not None:
            entry.old = base64.b64decode(entry.old, validate=True)
        return entry
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(f"{path}, line {number}: damaged ({error}); take a copy of it") from None


def stacks(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """The changes of θ that are in force, in their order, and those that were undone and may be put back.

    >>> def change(id, kind, **about):
    ...     return Entry(id, 0, kind, about, "")
    >>> done, undone = stacks([change(1, "edit"), change(2, "edit"), change(3, "undo", of=2)])
    >>> [entry.id for entry in done], [entry.id for entry in undone]
    ([1], [2])
    """
    done: list[Entry] = []
    undone: list[Entry] = []
    for entry in entries:
        if entry.kind in ON_THETA:
            done.append(entry)
            undone.clear()
        elif entry.kind == "undo":
            undone.append(done.pop())
        elif entry.kind == "redo":
            done.append(undone.pop())
    return done, undone
