"""The command ``pellucid``: reads arguments, calls the library, formats what comes back, one file a command."""

import io
import os
import sys
from collections.abc import Sequence

from pellucid.cli.interrupts import Ended, end, handled, leave


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    0: done. 2: the input is wrong. 128 and more: ended by the signal of that number, 130 by Ctrl-C. 1: a fault of
    pellucid itself, with a traceback.
    """
    try:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # a terminal that has no → gets a ?, not a traceback
        with handled(leave):
            from pellucid.cli.app import run

        with handled(end):
            return run(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt as error:
        print("interrupted", file=sys.stderr)
        return error.code if isinstance(error, Ended) else 130
    except BrokenPipeError:  # the reader of our output, such as head, has gone: nobody is left to tell
        if isinstance(sys.stdout, io.TextIOWrapper):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
