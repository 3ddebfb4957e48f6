"""A training that shows itself while it runs in a notebook: how far it is, the time left, its curves so far.

``train`` asks ``box`` once whether anybody looks on. Outside a notebook nobody does, and all else here is left alone.
A box reads what training has counted anyway, so that no bit of a result depends on who looks on.
"""

import math
import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from pellucid._text import counted, duration, number
from pellucid.core.progress import Epoch, History, Progress

OFF = "PELLUCID_LIVE"  # an environment variable: 0 shows nothing anywhere
SOON = 0.3  # seconds: a training that is over before them is not shown
EVERY = 0.25  # seconds between two pictures, at least
SHARE = 0.02  # of the time is spent on pictures, at most
MOST_ROWS = 400  # that are kept for the curves: twice what a picture can tell apart
MOST_BOXES = 4  # in a cell; what trains after them takes the place of the last

Screen = Callable[[str, str], None]  # shows HTML, or the text where there is none, in place of what it showed before
_cell: object = None  # the cell, or its number, in which the last box was opened
_screens: list[Screen] = []  # its boxes


def box(progress: Progress, epochs: int, batches: int) -> "Box | None":
    """The box in which a training of so many epochs of so many batches can be seen; None where nobody looks on."""
    if os.environ.get(OFF) == "0":
        return None
    screen = _marimo() or _jupyter()
    return None if screen is None else Box(progress, epochs, batches, screen)


@dataclass
class Box:
    """One training, as a notebook shows it."""

    progress: Progress
    epochs: int
    batches: int
    open: Callable[[], Screen]
    screen: Screen | None = None
    last: Epoch | None = None
    rows: list[Epoch] = field(default_factory=list)
    stride: int = 1  # of the epochs kept
    start: float = 0.0
    due: float = math.inf  # when to show the next picture
    done_before: int = 0

    def around(self, epochs: Iterator[Epoch]) -> Generator[Epoch, None, None]:
        """The same epochs, shown as they come, and as they were when it ended, in whatever way."""
        self.start = time.perf_counter()
        self.due, self.done_before = self.start + SOON, self._done
        how = "stopped after"
        try:
            for epoch in epochs:
                self._keep(epoch)
                self.refresh()
                yield epoch
        except KeyboardInterrupt:
            how = "interrupted in"
            raise
        except Exception as error:
            how = f"{type(error).__name__} in"
            raise
        finally:  # also where the caller's loop breaks, or raises
            if self.screen is not None:
                self._show(self._ended(how))

    def after(self, after_step: Callable[[Progress], None] | None) -> Callable[[Progress], None]:
        """What to call after each step: what was to be called anyway, and ``refresh``."""
        return _Both(after_step, self.refresh)

    def refresh(self) -> None:
        """Show the training as it stands, if it is time."""
        now = time.perf_counter()
        if now >= self.due:
            self._show(self._under_way(now - self.start))
            took = time.perf_counter() - now
            self.due = math.inf if self.screen is None else now + max(EVERY, took / SHARE)

    @property
    def _done(self) -> int:
        """Steps of all epochs so far."""
        return self.progress.epoch * self.batches + self.progress.batch

    def _keep(self, epoch: Epoch) -> None:
        """Note an epoch for the curves; where they are many, every second, every fourth, … of them."""
        self.last = epoch
        if epoch.number % self.stride == 0:
            self.rows.append(epoch)
        if len(self.rows) == MOST_ROWS:
            self.stride *= 2
            self.rows = [kept for kept in self.rows if kept.number % self.stride == 0]

    def _under_way(self, seconds: float) -> str:
        total = self.epochs * self.batches
        left = seconds * (total - self._done) / max(1, self._done - self.done_before)
        under_way = min(self.progress.epoch + 1, self.epochs)
        return f"epoch {under_way:,} of {self.epochs:,}, {duration(left)} left"

    def _ended(self, how: str) -> str:
        seconds = duration(time.perf_counter() - self.start)
        if self.progress.epoch >= self.epochs:
            return f"{counted(self.epochs, 'epoch')} in {seconds}"
        place = self.progress.epoch + (not how.endswith("after"))
        return f"{how} epoch {place:,} of {self.epochs:,}, {seconds}"

    def _show(self, words: str) -> None:
        from pellucid.render.notebook.summaries import training_summary

        history = History()
        for epoch in self.rows:
            history.add(epoch)
        if self.last is not None and self.last is not self.rows[-1]:
            history.add(self.last)
        share = self._done / (self.epochs * self.batches)
        plain = f"Training: {words}"
        if self.last is not None:
            plain += f"; train loss {number(self.last.train.loss)}"
        html = training_summary(history, self.last, words, share)
        try:
            self.screen = self.screen or self.open()
            self.screen(html, plain)
        except Exception:  # whatever is wrong with the page, the training is not: it goes on unseen
            self.screen = None


@dataclass(frozen=True)
class _Both:
    """What a training calls after a step: what its caller gave, and a look at the clock."""

    given: Callable[[Progress], None] | None
    refresh: Callable[[], None]

    def __call__(self, progress: Progress) -> None:
        if self.given is not None:
            self.given(progress)
        self.refresh()

    def steps_until(self, step: int) -> int:
        """In how many steps the caller wants to be called; the clock is content with any number."""
        if self.given is None:
            return sys.maxsize
        wanted: Callable[[int], int] = getattr(self.given, "steps_until", lambda _: 1)
        return wanted(step)


def _in_cell(cell: object, opened: Callable[[], Screen]) -> Screen:
    """A place for one box more in a cell; where there are many, the last one's."""
    global _cell
    if cell != _cell:
        _cell, _screens[:] = cell, []
    if len(_screens) == MOST_BOXES:
        return _screens[-1]
    screen = opened()
    _screens.append(screen)
    return screen


def _jupyter() -> Callable[[], Screen] | None:
    """How to open a box in a Jupyter notebook; None where this is no kernel's own thread."""
    ipython: Any = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if hasattr(ipython, "get_ipython") else None
    kernel = getattr(shell, "kernel", None)
    if kernel is None or threading.current_thread() is not threading.main_thread():
        return None
    if getattr(getattr(kernel, "session", None), "pid", os.getpid()) != os.getpid():  # a fork of the kernel
        return None

    def opened() -> Screen:
        from IPython.display import display

        handle: Any = None

        def screen(html: str, text: str) -> None:
            nonlocal handle
            content = {"text/html": html, "text/plain": text}
            if handle is None:
                handle = display(content, raw=True, display_id=True)
            else:
                handle.update(content, raw=True)

        return screen

    return lambda: _in_cell(shell.execution_count, opened)


def _marimo() -> Callable[[], Screen] | None:
    """How to open a box in a marimo notebook; None where this is none."""
    mo: Any = sys.modules.get("marimo")
    if not (hasattr(mo, "running_in_notebook") and mo.running_in_notebook()):
        return None

    def opened() -> Screen:
        from marimo._runtime.output._output import flush

        # as marimo's own progress bar does it: the box stands beside what the cell shows itself
        shown = mo.Html("")
        mo.output.append(shown)

        def screen(html: str, _: str) -> None:
            shown._text = html
            flush()

        return screen

    def open_in_cell() -> Screen:
        from marimo._runtime.context import get_context

        return _in_cell(get_context().execution_context, opened)

    return open_in_cell
