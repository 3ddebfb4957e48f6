"""A class: every submission in a folder graded, and a table with a row for each."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pellucid._text import csv_line
from pellucid.book.grading.exercises import EXERCISES
from pellucid.book.grading.judge import Mark
from pellucid.book.grading.submission import NoExerciseError, grade_file
from pellucid.core.errors import InputError

KINDS = (".py", ".ipynb")
DEEPEST = 5  # folders within a submission
COLUMNS = ("submission", *EXERCISES, "total", "note")


@dataclass(frozen=True)
class Graded:
    """A submission: its name, its marks, and what there is to say of it, such as that it could not be read."""

    name: str
    marks: list[Mark]
    note: str = ""

    @property
    def passed(self) -> int:
        """How many exercises are right."""
        return sum(mark.passed for mark in self.marks)


def submissions(folder: str) -> list[tuple[Path, list[Path]]]:
    """The submissions in a folder: each file by itself, and each sub-folder with the files in it.

    Raises:
        InputError: there is none.
    """
    found = []
    for entry in sorted(Path(folder).iterdir()):
        files = [entry] if _is_file(entry) else sorted(_files_in(entry)) if _is_folder(entry) else []
        if files:
            found.append((entry, files))
    if not found:
        raise InputError(
            f"{folder}: holds no submission; each is a file (.py or .ipynb), or a sub-folder with such files"
        )
    return found


def _is_file(path: Path) -> bool:
    hidden = path.name.startswith(".")
    return path.suffix in KINDS and not hidden and stat.S_ISREG(path.lstat().st_mode)


def _is_folder(path: Path) -> bool:
    hidden = path.name.startswith((".", "__"))
    return not hidden and stat.S_ISDIR(path.lstat().st_mode)


def _files_in(folder: Path, depth: int = 0) -> Iterator[Path]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in map(Path, entries):
        if _is_file(entry):
            yield entry
        elif _is_folder(entry) and depth < DEEPEST:
            yield from _files_in(entry, depth + 1)


def grade_submission(entry: Path, files: list[Path], *, seed: int) -> Graded:
    """A submission's marks; of an exercise that stands in several of its files, the best."""
    best: dict[str, Mark] = {}
    notes: list[str] = []
    empty: list[str] = []
    for file in files:
        try:
            marks = grade_file(str(file), seed=seed, within=entry)
        except InputError as error:
            (empty if isinstance(error, NoExerciseError) else notes).append(str(error).replace(str(file), file.name))
            continue
        for mark in marks:
            if mark.name not in best or (mark.passed and not best[mark.name].passed):
                best[mark.name] = mark
    marks = [best[name] for name in EXERCISES if name in best]
    return Graded(entry.name, marks, next(iter(notes if marks else notes + empty), ""))


def table(class_: list[Graded]) -> Iterator[str]:
    """The lines of a .csv: 1 for an exercise that is right, 0 for one that is not, nothing where it is not there."""
    yield csv_line(COLUMNS)
    for graded in class_:
        marks = {mark.name: int(mark.passed) for mark in graded.marks}
        yield csv_line([graded.name, *(marks.get(name, "") for name in EXERCISES), graded.passed, graded.note])


def is_table(path: Path) -> bool:
    """Whether a file is such a table."""
    try:
        with path.open("rb") as stream:
            return stream.readline(10_000) == csv_line(COLUMNS).encode()
    except OSError:
        return False
