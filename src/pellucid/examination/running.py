"""A learner's function, run: what it returned, its local variables as they stood at its end, or where it failed."""

import contextlib
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

import numpy as np

LONG = 20.0  # seconds after which a function is stopped


class TooLongError(Exception):
    """A learner's function ran for longer than ``LONG`` seconds."""


@dataclass(frozen=True)
class Failure:
    """The error that a learner's code raised, and the line of its file."""

    error: str
    line: int | None
    kind: type[BaseException]

    @property
    def text(self) -> str:
        """The error with its line."""
        return self.error if self.line is None else f"line {self.line}: {self.error}"


@dataclass
class Ran:
    """How a call ended; ``frames`` are the local variables of each call of the watched functions, oldest first."""

    value: Any = None
    failure: Failure | None = None
    frames: list[dict[str, Any]] = field(default_factory=list)


def run(call: Callable[[], Any], path: str | None = None, watched: tuple[CodeType | None, ...] = ()) -> Ran:
    """Run a learner's code: what it prints goes to standard error, its warnings go nowhere, its errors come back.

    >>> run(lambda: 1 / 0).failure.error
    'ZeroDivisionError: division by zero'
    """
    ran, deadline = Ran(), time.monotonic() + LONG

    def profile(frame: FrameType, event: str, _: Any) -> None:
        if time.monotonic() > deadline:
            raise TooLongError(f"it ran for more than {LONG:.0f} s")
        if event == "return" and frame.f_code in watched:
            ran.frames.append(dict(frame.f_locals))

    before = sys.getprofile()
    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        sys.setprofile(profile)
        try:
            ran.value = call()
        except (Exception, SystemExit) as error:
            sys.setprofile(before)
            ran.failure = _failure(error, path)
        finally:
            sys.setprofile(before)
    return ran


def _failure(error: BaseException, path: str | None) -> Failure:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame.lineno for frame in frames if frame.filename == path]
    text = " ".join(str(error).split())
    return Failure(
        f"{type(error).__name__}: {text}" if text else type(error).__name__, own[-1] if own else None, type(error)
    )


def code_of(function: Any) -> CodeType | None:
    """The code object of a function, None for what has none."""
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None
