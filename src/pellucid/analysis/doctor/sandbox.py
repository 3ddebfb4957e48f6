"""A user's function, run: what it returned, its local variables as they stood at its end, or where it failed."""

import contextlib
import ctypes
import io
import math
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

import numpy as np

# looked up at once: later, a guard may stand before it
_raise_in_thread = ctypes.pythonapi.PyThreadState_SetAsyncExc

OnReturn = Callable[[FrameType, Any], None] | None

TIMEOUT = 20.0  # seconds after which a function is stopped
LEAST = 0.2  # seconds that it gets in any case


deadline = math.inf  # the moment of ``time.monotonic()`` from which on a function gets ``LEAST`` alone


class TooLongError(Exception):
    """A user's function ran for longer than ``TIMEOUT`` seconds."""


@dataclass(frozen=True)
class Failure:
    """The error that a user's code raised, and the line of its file."""

    error: str
    line: int | None
    raised: BaseException

    @property
    def kind(self) -> type[BaseException]:
        """Which error it is."""
        return type(self.raised)

    @property
    def text(self) -> str:
        """The error with its line."""
        return self.error if self.line is None else f"line {self.line}: {self.error}"


@dataclass
class CallResult:
    """How a call ended; ``local_variables`` are those of each call of the watched functions, oldest first."""

    value: Any = None
    failure: Failure | None = None
    local_variables: list[dict[str, Any]] = field(default_factory=list)

    @property
    def last_locals(self) -> dict[str, Any]:
        """The local variables of the last call that was watched."""
        return self.local_variables[-1] if self.local_variables else {}


def run(
    call: Callable[[], Any],
    path: str | None = None,
    watched: tuple[CodeType | None, ...] = (),
    on_return: OnReturn = None,
    seconds: float | None = None,
) -> CallResult:
    """Run a user's code: what it prints goes to standard error, its warnings go nowhere, its errors come back.

    It is stopped after ``TIMEOUT`` seconds, or so many ``seconds``. ``on_return`` is called with the frame and the
    value of each call that returns.

    >>> run(lambda: 1 / 0).failure.error
    'ZeroDivisionError: division by zero'
    """
    left = max(LEAST, deadline - time.monotonic())
    result, timeout = CallResult(), _Timeout(min(left, TIMEOUT, math.inf if seconds is None else seconds))

    def profile(frame: FrameType, event: str, value: Any) -> None:
        if event == "return" and frame.f_code in watched:
            result.local_variables.append(dict(frame.f_locals))
        if event == "return" and on_return is not None:
            on_return(frame, value)

    before, stdin = sys.getprofile(), sys.stdin
    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        sys.stdin = io.StringIO()  # nobody answers: input() ends at once
        if watched or on_return is not None:  # it slows imports down by five times
            sys.setprofile(profile)
        timeout.start()
        try:
            try:
                result.value = call()
            finally:
                timeout.stop()
        except (Exception, SystemExit) as error:
            sys.setprofile(before)
            result.failure = _failure(error, path, timeout.seconds)
        finally:
            timeout.stop()
            sys.setprofile(before)
            sys.stdin = stdin
    return result


@dataclass
class _Timeout:
    """Raises TooLongError in the thread that made it once its time is over, also in a loop that calls nothing."""

    seconds: float
    thread: int = field(default_factory=threading.get_ident)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> None:
        """From here on nothing is raised any more; what was on its way arrives here."""
        try:
            with self.lock:
                self.over.set()
            for _ in range(10):  # Python looks for such errors at the end of each turn of a loop
                pass
        except TooLongError:
            self.over.set()

    def _watch(self) -> None:
        wait = self.seconds
        while not self.over.wait(wait):
            with self.lock:
                if not self.over.is_set():
                    thread, error = ctypes.c_ulong(self.thread), ctypes.py_object(TooLongError)
                    _raise_in_thread(thread, error)
            wait = 1.0  # again, if the code catches every error


def _failure(error: BaseException, path: str | None, seconds: float) -> Failure:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame.lineno for frame in frames if frame.filename == path]
    kind, text = type(error).__name__, " ".join(str(error).split())
    if isinstance(error, TooLongError):
        text = f"it ran for more than {seconds:.2g} s"
    elif isinstance(error, MemoryError):
        text = f"it takes more memory than it may ({text})" if text else "it takes more memory than it may"
    return Failure(f"{kind}: {text}" if text else kind, own[-1] if own else None, error)


def code_object(function: Any) -> CodeType | None:
    """The code object of a function, None for what has none."""
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None
