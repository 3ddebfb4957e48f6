"""The server's side of the training: starts the process, sends commands, keeps what it tells, and ends it."""

import itertools
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from pellucid.core.errors import InputError
from pellucid.core.network import Network
from pellucid.studio import worker
from pellucid.studio.course import NotNow
from pellucid.studio.published import Published, Seen

Found = dict[str, Any]


class Gone(Exception):  # noqa: N818  (it may have been asked to go)
    """The process of the training has ended."""


@dataclass
class Curve:
    """What is known of a branch's losses: points (step, loss, accuracy), and the rows of its history."""

    points: list[tuple[int, float, float | None]] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)


class Trainer:
    """The process that trains. ``told`` is what it said last of itself, ``None`` until the data are read."""

    def __init__(self, plan: worker.Plan, net: Network, *, changed: Callable[[], None] = lambda: None) -> None:
        context = multiprocessing.get_context("spawn")
        self.plan, self._changed = plan, changed
        self.published = Published(context, net.theta.size, str(net.dtype))
        self.told: dict[str, Any] | None = None
        self.failed: str | None = None
        self.curves: dict[str, Curve] = {}
        self.left: dict[str, Seen] = {}  # θ of the branches that are not active
        self.ready: Future[None] = Future()
        self._numbers = itertools.count(1)
        self._asked: dict[int, Future[Found]] = {}
        self._lock = threading.Lock()
        self._pipe, other = context.Pipe()
        self.process = context.Process(
            target=worker.main, args=(other, self.published, plan, os.getpid()), name="pellucid-training", daemon=True
        )
        with _without_interrupts():
            self.process.start()
        other.close()
        self._reader = threading.Thread(target=self._read, name="pellucid-reader", daemon=True)
        self._reader.start()

    @property
    def is_alive(self) -> bool:
        """Whether the process is there."""
        return self.process.is_alive() and self.failed is None

    @property
    def version(self) -> int:
        """The version of what was published last; 0 before anything was."""
        return self.published.version

    def seen(self) -> Seen:
        """θ as it was published last, and where it stood."""
        return self.published.read()

    def ask(self, do: str, **more: Any) -> "Future[Found]":
        """Send a command; the future has its answer: InputError where it was refused, Gone where nobody answers."""
        number, answer = next(self._numbers), Future[Found]()
        with self._lock:
            self._asked[number] = answer
            try:
                self._pipe.send((number, {"do": do, **more}))
            except (OSError, ValueError):
                del self._asked[number]
                raise Gone from None
        self.published.flag.value = 1
        return answer

    def _read(self) -> None:
        """Take in what the process tells, until it is gone."""
        try:
            while True:
                self._take(self._pipe.recv())
        except (EOFError, OSError):
            pass
        self.published.leave()
        with self._lock:
            waiting, self._asked = self._asked, {}
        for answer in waiting.values():
            answer.set_exception(Gone())
        if not self.ready.done():
            self.ready.set_exception(InputError(self.failed) if self.failed else Gone())
        self._changed()

    def _take(self, message: dict[str, Any]) -> None:
        if "number" in message:
            with self._lock:
                answer = self._asked.pop(message["number"])
            if "refused" in message:
                refused = NotNow if message.get("not_now") else InputError
                answer.set_exception(refused(message["refused"]))
            else:
                answer.set_result(message.get("found", {}))
        elif "points" in message:
            curve = self.curves.setdefault(message["branch"], Curve())
            curve.points[message["from"] :] = message["points"]
            curve.rows += message["rows"]
        elif "left" in message:
            self.left[message["left"].branch] = message["left"]
        elif "told" in message:
            self.told = message["told"]
            if not self.ready.done():
                self.ready.set_result(None)
            self._changed()
        else:
            self.failed = message["failed"]

    def end(self, seconds: float = 0.8) -> None:
        """Let the process save and end; after so many seconds it is ended."""
        until = time.monotonic() + seconds
        with suppress(Gone):
            self.ask(worker.END)
        self.process.join(seconds)
        if self.process.is_alive():
            self.process.terminate()
            self.process.join(max(0.05, until + 0.1 - time.monotonic()))
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self._reader.join(1)
        self._pipe.close()


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Let a process that is started meanwhile begin deaf to Ctrl-C, which goes to every process of a terminal."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
