"""What the process of the training can be asked for: each command is a function of the courses that it has."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pellucid._files.latest import LATEST, keep_latest
from pellucid.core.errors import InputError
from pellucid.model.model_file import save_model
from pellucid.studio import branches, knobs
from pellucid.studio.course import Course, NotNow
from pellucid.studio.journal import stacks
from pellucid.studio.keeper import MEMORY
from pellucid.studio.places import number
from pellucid.studio.published import BRANCHES

MOST_BRANCHES = 4
MOST_SECONDS = 10.0


@dataclass
class Courses:
    """The branches, by their letters; ``names`` are what people call them, ``origin`` says where each comes from.

    ``left_out`` are sentences: of those that could not be opened again, why.
    """

    by_id: dict[str, Course]
    active: str = "a"
    names: dict[str, str] = field(default_factory=lambda: {"a": "first"})
    origin: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    home: Path = Path("runs")
    left_out: list[str] = field(default_factory=list)
    until: float | None = None  # to train to; None is a pause
    slow: float = 0.0  # seconds from one step to the next

    @property
    def course(self) -> Course:
        """The one that is active."""
        return self.by_id[self.active]

    def place(self) -> None:
        """Let the active course have a folder, if it has none."""
        if not self.course.placed:
            self.course.place(new_folder(self.home))
            if self.home == LATEST.parent:
                _keep_latest(self.course.run.folder)

    def note(self) -> None:
        """Let the folder of each branch say which ones there are."""
        branches.write([_branch(self, letter) for letter in self.by_id])

    def share_memory(self) -> None:
        """Give each branch its part of the memory for checkpoints."""
        for course in self.by_id.values():
            course.keeper.memory = MEMORY // len(self.by_id)


def _keep_latest(folder: Path) -> None:
    try:
        keep_latest(folder)
    except (InputError, OSError):
        return  # somebody's own folder is called so: the run is there all the same


def new_folder(home: Path) -> Path:
    """A folder for a run that is not there yet, named by date and time."""
    name, count = datetime.now().strftime("%Y%m%d-%H%M%S"), 1
    folder = home / name
    while folder.exists():
        count += 1
        folder = home / f"{name}-{count}"
    return folder


def start(courses: Courses, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Train on until something else is asked for."""
    slow = asked.get("slow", 0)
    if isinstance(slow, bool) or not isinstance(slow, int | float) or not 0 <= slow <= MOST_SECONDS:
        raise InputError(f"slow={slow!r}: give seconds from 0 to {MOST_SECONDS:g}")
    _ready(courses)
    courses.until, courses.slow = math.inf, float(slow)
    return {}


def pause(courses: Courses, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Stop where it stands."""
    courses.until = None
    return {}


def step(courses: Courses, asked: Mapping[str, Any]) -> dict[str, Any]:
    """So many steps, one if nothing is said."""
    count = number({"count": asked.get("count", 1)}, "count", 10**9, least=1)
    _ready(courses)
    courses.until = None
    courses.course.go(courses.course.step + count)
    return {}


def epoch(courses: Courses, asked: Mapping[str, Any]) -> dict[str, Any]:
    """To the end of the epoch."""
    _ready(courses)
    courses.until = None
    course = courses.course
    course.go(course.step + course.batches - course.run.state.progress.batch)
    return {}


def _ready(courses: Courses) -> None:
    course = courses.course
    if course.is_finished and course.is_now:
        done = course.run.state.progress.epoch
        raise NotNow(f"all {done} epochs are done: turn the knob epochs up to train for longer, or go back")
    courses.place()


def back(courses: Courses, asked: Mapping[str, Any]) -> dict[str, Any]:
    """To a step that was there before."""
    courses.until = None
    courses.course.back(number(asked, "step", courses.course.last))
    return {}


def change(kind: str) -> "Command":
    """The command that makes an entry of a kind in the journal."""

    def command(courses: Courses, asked: Mapping[str, Any]) -> dict[str, Any]:
        entry = courses.course.change(kind, dict(asked))
        return {"entry": entry.id}

    return command


def mark(courses: Courses, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Keep this step for good."""
    course = courses.course
    found = change("mark")(courses, asked) if course.is_now else {}
    course.marks[course.step] = str(asked.get("name", ""))[:100]
    course.keeper.marked.add(course.step)
    course.keeper.keep(course.state())
    course.keeper.write(course.keeper.kept[course.step])
    return found


def branch(courses: Courses, asked: Mapping[str, Any]) -> dict[str, Any]:
    """A second course from a step, with a knob turned or as it is; it becomes the active one."""
    if len(courses.by_id) >= MOST_BRANCHES:
        raise NotNow(f"there are {MOST_BRANCHES} branches, as many as there may be: drop one first")
    source, old = courses.active, courses.course
    at = number({"step": asked.get("step", old.step)}, "step", old.last)
    name = asked.get("name") or ""
    if not isinstance(name, str) or len(name) > 100:
        raise InputError("name: give a text of at most 100 letters")
    if asked.get("knob") is not None:
        knobs.turned(old.run.settings, asked["knob"], asked.get("value"))  # refused before anything is made
    courses.place()
    courses.until = None
    made = old.branch(at)
    made.watch = old.watch
    made.place(new_folder(old.run.folder.parent))
    changed = ""
    if asked.get("knob") is not None:
        turned = {"name": asked["knob"], "value": asked.get("value"), "called": asked.get("called")}
        changed = made.change("knob", turned).text
    letter = next(letter for letter in BRANCHES if letter not in courses.by_id)
    courses.by_id[letter], courses.active = made, letter
    courses.names[letter] = name or changed or "unchanged"
    courses.origin[letter] = source, at, changed
    courses.share_memory()
    courses.note()
    return {"made": letter}


def choose(courses: Courses, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Make a branch the active one."""
    courses.until, courses.active = None, _known(courses, asked)
    return {}


def drop(courses: Courses, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Forget a branch; its run stays where it is."""
    letter = _known(courses, asked)
    if letter == courses.active:
        raise NotNow(f"branch {letter}: is the active one; choose another one first")
    branches.forget(courses.by_id.pop(letter).run.folder)
    courses.share_memory()
    courses.note()
    return {}


def _known(courses: Courses, asked: Mapping[str, Any]) -> str:
    letter = asked.get("branch")
    if not isinstance(letter, str) or letter not in courses.by_id:
        raise InputError(f"branch={letter!r}: there is none of that name; there are {', '.join(courses.by_id)}")
    return letter


def save(courses: Courses, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Write the model of now into the run's folder."""
    courses.place()
    course = courses.course
    path = course.run.folder / f"step-{course.step}.safetensors"
    save_model(course.run.model, path, force=True)
    return {"file": str(path)}


Command = Callable[[Courses, Mapping[str, Any]], dict[str, Any]]
COMMANDS: dict[str, Command] = {
    "start": start, "pause": pause, "step": step, "epoch": epoch, "back": back, "mark": mark, "branch": branch,
    "choose": choose, "drop": drop, "save": save, "cancel": pause,
    **{kind: change(kind) for kind in ("knob", "edit", "freeze", "off", "free", "teach", "undo", "redo")},
}  # fmt: skip


def told(courses: Courses) -> dict[str, Any]:
    """All that the server tells of the courses, but for θ and the curve."""
    course = courses.course
    settings, progress = course.run.settings, course.run.state.progress
    done, undone = stacks(course.journal[: course.applied])
    return {
        "branch": courses.active,
        "step": course.step,
        "epoch": progress.epoch,
        "batch": progress.batch,
        "batches": course.batches,
        "epochs": settings.passes,
        "steps": course.total,
        "first": course.keeper.first,
        "last": course.last,
        "folder": str(course.run.folder) if course.placed else None,
        "settings": settings.as_json(),
        "threads": settings.threads,
        "engine": settings.engine,
        "slow": courses.slow if courses.until is not None else 0,
        "fault": course.fault,
        "pending": course.pending,
        "undo": done[-1].id if done and course.is_now else None,
        "redo": undone[-1].id if undone and course.is_now else None,
        "held": [{**part.as_json(), "how": how} for part, how in course.holds.parts.items()],
        "marks": [{"step": at, "name": name} for at, name in sorted(course.marks.items())],
        "journal": _journal(course),
        "branches": [_branch(courses, letter) for letter in courses.by_id],
        "left_out": courses.left_out,
    }


def _journal(course: Course) -> list[dict[str, Any]]:
    undone = {entry.id for entry in stacks(course.journal)[1]}
    return [
        {"id": entry.id, "step": entry.step, "kind": entry.kind, "text": entry.text, "undone": entry.id in undone}
        for entry in course.journal
    ]


def _branch(courses: Courses, letter: str) -> dict[str, Any]:
    course = courses.by_id[letter]
    source, at, changed = courses.origin.get(letter, (None, None, ""))
    return {
        "id": letter,
        "name": courses.names[letter],
        "from": None if source is None else {"branch": source, "step": at},
        "changed": changed,
        "step": course.step,
        "last": course.last,
        "epochs": course.run.settings.passes,
        "folder": str(course.run.folder) if course.placed else None,
        "active": letter == courses.active,
        "state": "finished" if course.is_finished else "diverged" if course.fault else "paused",
        "changes": sum(entry.kind != "mark" for entry in course.journal),
        "settings": course.run.settings.as_json(),
    }
