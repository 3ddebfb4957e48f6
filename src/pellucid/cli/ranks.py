"""The command on many ranks: rank 0 speaks for all, and what ends one of them alone ends all.

A rank that is killed cannot say so, and those who wait for it are killed with it. So beside rank 0 stands a small
process that waits for nothing but rank 0's end: if that comes without a farewell, it says what is left and how to go on.
"""

import contextlib
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from click.exceptions import Exit

from pellucid.cli.app import answer
from pellucid.cli.printing import mute
from pellucid.runs.mpi import MPIRanks, ranks
from pellucid.runs.ranks import EndedTogether

WAIT = "import sys; sys.stdin.buffer.read(1) or print(sys.argv[1], file=sys.stderr)"


@contextmanager
def on_ranks() -> Iterator[MPIRanks | None]:
    """The ranks that this command was started on, None where it is alone; all of them end, however it ends."""
    own = ranks()
    try:
        yield own
    except EndedTogether as ended:
        raise Exit(ended.code) from None
    except BaseException as error:
        if own is None or (own.agreed and own.rank == 0):
            raise
        if own.agreed:
            raise Exit(answer(error, "train")) from None
        _end_all(own, error)


def _end_all(own: MPIRanks, error: BaseException) -> None:
    """End all ranks for what has happened to this one alone, and say what."""
    mute(False)
    try:
        code = answer(error, "train", f"rank {own.rank} on {own.host}: ")
    except BaseException:
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    own.abort(code)


@contextmanager
def told_of_a_death(own: MPIRanks | None, message: str) -> Iterator[None]:
    """Have ``message`` said on standard error if this process, rank 0, ends meanwhile without an end of this block."""
    if own is None or own.rank:
        yield
        return
    command = [sys.executable, "-S", "-E", "-c", WAIT, message]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True) as beside:
        assert beside.stdin is not None
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                beside.stdin.write(b".")
                beside.stdin.flush()
