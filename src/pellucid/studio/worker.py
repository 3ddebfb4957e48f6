"""The process that trains: it steps, publishes θ now and then, and looks at commands when the flag says that one waits.

Publishing takes at most a hundredth of its time. It ends when it is told to, and when the server is gone; before that
it saves what it has.
"""

import contextlib
import math
import os
import signal
import time
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.core import threads
from pellucid.core.errors import DivergenceError, InputError
from pellucid.model.model_file import describe_network
from pellucid.runs import Settings, prepare
from pellucid.runs.prepare import Prepared
from pellucid.studio import commands
from pellucid.studio.commands import COMMANDS, MOST_BRANCHES, Courses
from pellucid.studio.course import Course, NotNow
from pellucid.studio.published import Published
from pellucid.studio.starting import begin, reopen

OFTEN = 1 / 20  # seconds from one publishing to the next, at least
SHARE = 0.01  # of the time, which publishing may take
END = "end"
DAMAGED = (OSError, LookupError, TypeError, ValueError, AttributeError)  # what a folder that holds other things raises
ENDS = ("cancel", "pause", "back", END)  # what stops a way back, or some steps, before their end


@dataclass(frozen=True)
class Plan:
    """What to train: the settings of a new run, or branches that are there, as ``told``; new runs go to ``home``."""

    settings: dict[str, Any]
    home: str
    branches: tuple[dict[str, Any], ...] = ()
    active: str = "a"
    left_out: tuple[str, ...] = ()


def main(connection: Connection, published: Published, plan: Plan, parent: int) -> None:
    """The process: read the data, say so, and do what is asked for until the end."""
    for name in ("SIGINT", "SIGHUP"):  # Ctrl-C goes to every process of a terminal; the server tells this one to end
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    with np.errstate(all="ignore"), contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            courses = _open(plan)
        except (InputError, OSError) as error:
            connection.send({"failed": str(error)})
            return
        Worker(connection, published, courses, parent).run()


def _open(plan: Plan) -> Courses:
    if plan.branches:
        return _opened_again(plan)
    return Courses({"a": begin(watched(prepare(Settings(**plan.settings))))}, home=Path(plan.home))


def _opened_again(plan: Plan) -> Courses:
    """The branches that are there; the active one must be, of another that is damaged or gone it is said why."""
    courses = Courses({}, plan.active, {}, home=Path(plan.home), left_out=list(plan.left_out))
    for one in sorted(plan.branches, key=lambda one: bool(one["id"] != plan.active))[:MOST_BRANCHES]:
        try:
            course = reopen(Path(one["folder"]))
            if any(_kind(course) != _kind(other) for other in courses.by_id.values()):
                raise InputError(f"{one['folder']}: holds another network")
        except DAMAGED as error:
            if one["id"] == plan.active:
                raise
            courses.left_out.append(f"branch {one['name']}: is left out, since {error}")
            continue
        courses.by_id[one["id"]], courses.names[one["id"]] = course, one["name"]
        if one["from"] is not None:
            courses.origin[one["id"]] = one["from"]["branch"], one["from"]["step"], one["changed"]
    courses.by_id = dict(sorted(courses.by_id.items()))
    courses.share_memory()
    return courses


def _kind(course: Course) -> tuple[dict[str, Any], str]:
    net = course.run.state.network
    return describe_network(net), str(net.dtype)


def watched(prepared: Prepared) -> Prepared:
    """What is prepared, for a training that is watched: NumPy's steps, and one core is left for those who watch.

    Both are kept with the run, since bits depend on them.
    """
    most = max(1, threads.cores() - 1)
    chosen = min(prepared.settings.threads or 1, most)
    return replace(prepared, settings=replace(prepared.settings, engine="numpy", threads=chosen))


@dataclass
class Worker:
    """The loop of the process."""

    connection: Connection
    published: Published
    courses: Courses
    parent: int
    _due: float = 0.0
    _next_step: float = 0.0
    _told_points: dict[str, tuple[int, int]] = field(default_factory=dict)
    _seeking: bool = False
    _answering: bool = False
    _over: bool = False
    _waiting: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def run(self) -> None:
        """Do what is asked for, and train meanwhile; save at the end, also where the server has gone."""
        for letter, course in self.courses.by_id.items():
            course.watch = self.watch
            if letter != self.courses.active:
                self._publish("paused", letter)
                self.connection.send({"left": self.published.read()})
        self._tell_all("paused")
        try:
            while not self._over:
                if self.courses.until is None:
                    self._answer_next()
                elif self.published.flag.value or self._waiting:
                    self._answer_all()
                else:
                    self._train()
        finally:
            self._save()

    def watch(self) -> bool:
        """After each step: whether to stop, since a command waits or the server has gone; now and then publish."""
        if self.published.flag.value and self._stops():
            return True
        now = time.perf_counter()
        if now < self._due:
            return False
        self._publish("seeking" if self._seeking else "training")
        took = time.perf_counter() - now
        self._due = now + max(OFTEN, took / SHARE)
        if os.getppid() != self.parent:
            self._over = True
        return self._over

    def _stops(self) -> bool:
        """Take the commands that wait; whether one of them stops what is under way.

        Every one stops a training that would go on for ever; what has an end of its own, only those that say so.
        """
        self.published.flag.value = 0
        while self.connection.poll():
            self._waiting.append(self._receive())
        return any(asked["do"] in ENDS or not self._answering for _, asked in self._waiting)

    def _receive(self) -> tuple[int, dict[str, Any]]:
        message: tuple[int, dict[str, Any]] = self.connection.recv()
        return message

    # training

    def _train(self) -> None:
        course = self.courses.course
        until = self.courses.until or 0
        if self.courses.slow:
            self._wait(self._next_step - time.monotonic())
            if self.published.flag.value:
                return
            self._next_step = time.monotonic() + self.courses.slow
            until = course.step + 1
        try:
            course.go(until)
        except DivergenceError:
            self.courses.until = None
            self._tell_all("diverged")
            return
        except OSError as error:
            self.courses.until = None
            said = f"stopped, since it could not be saved: {error.strerror or error}; make room, and go on"
            course.fault = {"step": course.step, "layer": None, "message": said, "good": course.step}
            self._tell_all("paused")
            return
        if course.is_finished and course.is_now:
            self.courses.until = None
            self._tell_all("finished")
        elif self.courses.slow:
            self._publish("training")

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            self.connection.poll(seconds)

    # commands

    def _answer_next(self) -> None:
        if not self._waiting:
            self._waiting.append(self._receive())
        self._answer_all()

    def _answer_all(self) -> None:
        self._stops()
        while self._waiting:
            number, asked = self._waiting.pop(0)
            self._answer(number, asked)

    def _answer(self, number: int, asked: dict[str, Any]) -> None:
        if asked["do"] == END:
            self._over = True
            self.connection.send({"number": number})
            return
        self._seeking, self._answering = asked["do"] in ("back", "branch"), True
        try:
            found = COMMANDS[asked["do"]](self.courses, asked)
        except DivergenceError as error:
            self.courses.until = None
            self._tell_all("diverged")
            self.connection.send({"number": number, "refused": str(error)})
            return
        except (InputError, OSError) as error:
            self.connection.send({"number": number, "refused": str(error), "not_now": isinstance(error, NotNow)})
            return
        finally:
            self._seeking = self._answering = False
        self._tell_all(self._state())
        self.connection.send({"number": number, "found": {**found, **self._place()}})

    def _state(self) -> str:
        course = self.courses.course
        if self.courses.until is not None:
            return "training"
        if course.fault is not None:
            return "diverged"
        return "finished" if course.is_finished and course.is_now else "paused"

    def _place(self) -> dict[str, Any]:
        return {
            "step": self.courses.course.step,
            "branch": self.courses.active,
            "version": self.published.version,
            "state": self.published.state,
        }

    # telling

    def _publish(self, state: str, letter: str = "") -> None:
        """Publish θ and where it stands, of the active branch where none is named; tell the new points of its curve."""
        letter = letter or self.courses.active
        course = self.courses.by_id[letter]
        progress, (loss, accuracy) = course.run.state.progress, course.loss_now
        where = (progress.step, progress.epoch, progress.batch, course.last)
        known = [math.nan if value is None else value for value in (loss, accuracy)]
        numbers = (*known, progress.learning_rate)
        self.published.write(course.theta, state, letter, where, numbers)
        self._tell_points(letter, course)

    def _tell_points(self, letter: str, course: Course) -> None:
        points, rows = self._told_points.get(letter, (0, 0))
        if points > len(course.points):
            points = 0  # a loss that was no number took some of them back
        if points == len(course.points) and rows == len(course.rows):
            return
        self._told_points[letter] = len(course.points), len(course.rows)
        message = {"branch": letter, "from": points, "points": course.points[points:], "rows": course.rows[rows:]}
        self.connection.send(message)

    def _tell_all(self, state: str) -> None:
        self._publish(state)
        self.connection.send({"told": commands.told(self.courses)})

    def _save(self) -> None:
        """Save every course that stands where it has come furthest, in case nobody is there any more to say so."""
        for course in self.courses.by_id.values():
            if course.placed and course.is_now:
                with contextlib.suppress(OSError):  # the folder has gone, or the disk is full
                    course.save()
