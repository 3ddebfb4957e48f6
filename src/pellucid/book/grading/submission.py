"""A file, or all that lie in a folder, graded: learners' code runs in a process apart, the verdicts are made here."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.analysis.doctor.confined import Ended, run_confined
from pellucid.analysis.doctor.folder_copy import copy_folder
from pellucid.analysis.doctor.source import Source, read_source
from pellucid.book.grading.calls import Outcome
from pellucid.book.grading.child import RESULTS, TASKS
from pellucid.book.grading.exercise import Inputs
from pellucid.book.grading.exercises import EXERCISES
from pellucid.book.grading.judge import UNSOLVED, Mark, calls_of, judged
from pellucid.book.grading.learner import definitions, is_unsolved
from pellucid.book.grading.transport import packed, unpacked
from pellucid.core.errors import InputError

SECONDS = 60.0  # for all exercises of a file
STUCK = 15.0  # for one exercise whose function cannot be stopped, as in a call that sleeps
MEMORY = 2_000_000_000  # bytes
MOST = 100_000_000  # bytes of outputs
PREFIX = "pellucid-grade-"


class NoExerciseError(InputError):
    """A file that can be read, and has no exercise in it."""


def grade_file(path: str, *, seed: int, within: Path | None = None, seconds: float = SECONDS) -> list[Mark]:
    """The verdict on every exercise in a file, in the order of the chapters.

    The code sees the files beside it; or, of a class, what is ``within`` this file or folder alone.

    Raises:
        NoExerciseError: none of the exercises is in it.
        InputError: the file cannot be read.
    """
    source = read_source(path)
    found = {name: node for name, node in definitions(source).items() if name in EXERCISES}
    if not found:
        where = "no cell that begins with %%grade defines" if path.endswith(".ipynb") else "defines no function of"
        raise NoExerciseError(
            f"{path}: {where} an exercise; an exercise is known by its function's name, as neuron(x, w, b)"
        )
    names = [name for name in EXERCISES if name in found]
    calls = {name: calls_of(EXERCISES[name], seed) for name in names if not is_unsolved(found[name])}
    ended = _Runs(path, source, within, time.monotonic() + seconds).outcomes(calls) if calls else {}
    return [
        judged(EXERCISES[name], calls[name], ended[name]) if name in calls else Mark(name, False, UNSOLVED)
        for name in names
    ]


@dataclass(frozen=True)
class _Runs:
    """A file's functions, called in one process; after one that kills it, the others are called in a new one."""

    path: str
    source: Source
    within: Path | None
    deadline: float

    def outcomes(self, calls: Mapping[str, Sequence[Inputs]]) -> dict[str, list[Outcome]]:
        """How all calls ended."""
        ended: dict[str, list[Outcome]] = {}
        waiting = dict(calls)
        while waiting:
            done, running, death = self._run(waiting)
            ended.update(done)
            waiting = {name: inputs for name, inputs in waiting.items() if name not in done}
            if death is None and not waiting:
                break
            failure = Outcome(failure=death or "its process ended before it was called")
            stopped = [running] if running in waiting else list(waiting)
            ended.update({name: [failure] for name in stopped if name is not None})
            waiting = {name: inputs for name, inputs in waiting.items() if name not in ended}
        return ended

    def _run(self, calls: Mapping[str, Sequence[Inputs]]) -> tuple[dict[str, list[Outcome]], str | None, str | None]:
        """The outcomes of a process, the exercise that it had begun when it died, and how it died."""
        left = self.deadline - time.monotonic()
        if left <= 0.5:
            return {}, None, "the time for all exercises of the file was over before it was called"
        root = Path(os.path.realpath(tempfile.mkdtemp(prefix=PREFIX)))
        try:
            copied = self._copy(root)
            tasks = {name: [packed(list(inputs)) for inputs in each] for name, each in calls.items()}
            (root / TASKS).write_text(json.dumps(tasks), encoding="utf-8")
            program = (
                f"from pellucid.book.grading.child import main; main({str(copied)!r}, {str(root)!r}, {left}, {MEMORY})"
            )
            ended = run_confined(program, root, copied.parent, left, stuck=_Watch(root / RESULTS).is_stuck)
            done, running = _read(root / RESULTS, calls, lambda text: self._located(text, copied))
            return done, running, None if running is None and ended.code == 0 else _death(ended)
        finally:
            shutil.rmtree(root, ignore_errors=True)

    def _copy(self, root: Path) -> Path:
        place = Path(os.path.realpath(self.path))
        if self.within is None:
            return copy_folder(place.parent, root) / place.name
        whole = Path(os.path.realpath(self.within))
        if whole.is_dir():
            return copy_folder(whole, root, neighbours=False) / place.relative_to(whole)
        (root / "alone").mkdir()
        return shutil.copyfile(place, root / "alone" / place.name)

    def _located(self, text: str, copied: Path) -> str:
        """A message with the places that the learner knows."""
        text = text.replace(str(copied), Path(self.path).name).replace(f"{copied.parent}{os.sep}", "")
        return self.source.located(text)


@dataclass
class _Watch:
    """Sees whether anything new is told, once something was."""

    path: Path
    size: int = 0
    since: float = 0.0

    def is_stuck(self) -> bool:
        """Whether an exercise was begun, and nothing has been told for too long."""
        try:
            size = self.path.lstat().st_size
        except OSError:
            return False
        if size != self.size:
            self.size, self.since = size, time.monotonic()
        return size > 0 and time.monotonic() - self.since > STUCK


def _death(ended: Ended) -> str:
    if ended.code is None:
        return "it ran for too long, and could not be stopped"
    if ended.code == -9:
        return "it took too much memory, and was stopped"
    how = f"exit code {ended.code}" if ended.code >= 0 else f"signal {-ended.code}"
    return f"its process ended while it ran ({how})"


def _read(
    path: Path, calls: Mapping[str, Sequence[Inputs]], located: Callable[[str], str]
) -> tuple[dict[str, list[Outcome]], str | None]:
    """The outcomes that a process has left, which may hold anything, and the exercise that was begun last."""
    done: dict[str, list[Outcome]] = {}
    running: str | None = None
    for line in _lines(path):
        try:
            said = json.loads(line)
            if "began" in said:
                running = said["began"] if said["began"] in calls else None
            elif said["name"] in calls:
                done[said["name"]] = _outcomes(said["outcomes"], len(calls[said["name"]]), located)
                running = None
        except (ValueError, KeyError, TypeError, RecursionError):
            break
    return done, running


def _outcomes(said: Any, count: int, located: Callable[[str], str]) -> list[Outcome]:
    ended = [
        Outcome(
            unpacked(each["value"]),
            [k for k in each["changed"] if isinstance(k, int)],
            [str(text)[:200] for text in each["warned"]],
            None if each["failure"] is None else located(str(each["failure"])),
        )
        for each in said[:count]
    ]
    if len(ended) < count and (not ended or ended[-1].failure is None):
        raise ValueError("outcomes are missing")
    return ended


def _lines(path: Path) -> list[str]:
    """The lines of a file, and no more than it may have; of a link there are none, and a pipe holds nobody up."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as stream:
            return stream.read(MOST).decode("utf-8", "replace").splitlines()
    except OSError:
        return []
