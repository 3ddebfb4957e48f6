"""The command on many ranks: rank 0 speaks for all, and what ends one of them alone ends all.

A rank that is killed cannot say so, and those who wait for it are killed with it. So beside rank 0 stands a small
process that waits for nothing but rank 0's end: if that comes without a farewell, it says what is left, and what to do.
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

WAIT = """import sys
said = sys.stdin.buffer.read()
if not said.endswith(b"."):
    sys.stderr.buffer.write(said.splitlines()[-1] + b"\\n")"""
FAREWELL = b"."
DEATH = "error: a rank was ended from outside, and so all are; "


class Witness:
    """Who says, after rank 0 has ended without a farewell, what it was told last."""

    def __init__(self) -> None:
        command = [sys.executable, "-S", "-E", "-c", WAIT]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0, start_new_session=True)
        self.note("nothing was trained or changed")

    def note(self, what: str) -> None:
        """Tell it what is left, and what to do."""
        self._tell(f"{DEATH}{what}\n".encode())

    def end(self) -> None:
        """Let it end and say nothing."""
        self._tell(FAREWELL)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _tell(self, what: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(what)


@contextmanager
def on_ranks() -> Iterator[tuple[MPIRanks | None, Witness | None]]:
    """The ranks that this command was started on, and a witness of rank 0; None where it is alone, or has none.

    All ranks end, however one of them does.
    """
    own = ranks()
    witness = Witness() if own is not None and own.rank == 0 else None
    try:
        yield own, witness
    except EndedTogether as ended:
        raise Exit(ended.code) from None
    except BaseException as error:
        if own is None or (own.agreed and own.rank == 0):
            raise
        if own.agreed:
            raise Exit(answer(error, "train")) from None
        if witness is not None:
            witness.end()
        _end_all(own, error)
    finally:
        if witness is not None:
            witness.end()


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
