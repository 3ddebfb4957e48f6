"""Ctrl-C while the command is still being loaded."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ctrl_c_ends_at_once() -> Iterator[None]:
    """While modules are loaded, Ctrl-C ends the process then and there.

    Nothing is under way yet that could be lost, and compiled modules turn a KeyboardInterrupt into other errors.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(_: int, __: FrameType | None) -> None:
        os.write(2, b"interrupted\n")
        os._exit(130)

    before = signal.signal(signal.SIGINT, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
