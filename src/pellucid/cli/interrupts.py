"""Signals that ask the command to end: Ctrl-C, and those of a system that shuts down or a terminal that is closed."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

TO_END = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
Handler = Callable[[int, FrameType | None], None]


class Ended(KeyboardInterrupt):
    """A signal has asked the command to end; what is under way is cleaned up as after Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number


@contextmanager
def handled(handler: Handler) -> Iterator[None]:
    """Let a function handle the signals to end, but for those that are ignored, as under ``nohup``."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in TO_END}
    chosen = [number for number in TO_END if before[number] is not signal.SIG_IGN]
    for number in chosen:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number in chosen:
            signal.signal(number, before[number] or signal.SIG_DFL)


def end(number: int, _: FrameType | None) -> NoReturn:
    """End the command as an error does, so that what it has begun is taken away."""
    raise Ended(number)


def leave(number: int, _: FrameType | None) -> NoReturn:
    """End the process then and there.

    While modules are loaded nothing is under way that could be lost, and compiled modules turn a KeyboardInterrupt into
    other errors.
    """
    os.write(2, b"interrupted\n")
    os._exit(128 + number)
