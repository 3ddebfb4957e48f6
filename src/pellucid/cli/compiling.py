"""What the command does while the compiled engine is compiled: a line that says so, and Ctrl-C ends it at once."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from pellucid.cli.interrupts import handled
from pellucid.cli.printing import end_bars, note
from pellucid.compiled import waiting


@contextmanager
def compiling_told(*, silent: bool, farewell: str = "interrupted") -> Iterator[None]:
    """Say before the first compilation, on a terminal and unless ``silent``, that it takes a while.

    ``farewell`` is said where Ctrl-C, or another signal to end, comes meanwhile.
    """
    told = silent or sys.stderr is None or not sys.stderr.isatty()

    def leave(number: int, _: FrameType | None) -> NoReturn:
        """End the process then and there: LLVM calls Python back, and there a KeyboardInterrupt would be lost."""
        end_bars()
        note(farewell)
        os._exit(128 + number)

    @contextmanager
    def around() -> Iterator[None]:
        nonlocal told
        if not told:
            note("compiling the engine, once for this version: about half a minute …")
        told = True
        if sys.stdout is not None:
            sys.stdout.flush()
        with handled(leave):
            yield

    before, waiting.around = waiting.around, around
    try:
        yield
    finally:
        waiting.around = before
