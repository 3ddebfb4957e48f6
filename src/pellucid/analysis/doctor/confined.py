"""A process for code that nobody should have to trust: started and watched here, and, on its own side, confined."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pellucid.analysis.doctor.guard import guard
from pellucid.core.errors import InputError

SOURCE = str(Path(__file__).parents[3])
ALONE = {
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1",
    "MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8",
}  # fmt: skip


POLL = 0.5  # seconds between two questions


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code, below 0 a signal, None where it ran for too long and was stopped."""

    code: int | None


def run_confined(
    program: str,
    root: Path,
    folder: Path,
    seconds: float,
    show: Callable[[str], object] | None = None,
    stuck: Callable[[], bool] | None = None,
) -> Ended:
    """Run a program, which confines itself to ``root``, in a ``folder`` there; ``show`` gets what it prints.

    ``stuck`` is asked now and then whether there is no more use in waiting.

    Raises:
        InputError: there is no Python to run it with.
    """
    if not sys.executable:
        raise InputError("no Python was found to run the code with; run pellucid from an ordinary Python")
    temporary = Path(tempfile.mkdtemp(dir=root))  # of a name that no folder of the user's has
    words = [sys.executable, "-P", "-c", f"import sys; sys.path.append(sys.argv[1]); {program}", SOURCE]
    child = subprocess.Popen(
        words, cwd=folder, env=_environment(temporary), stdin=subprocess.PIPE, stderr=subprocess.STDOUT,
        stdout=subprocess.DEVNULL if show is None else subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    reader = None
    if show is not None and child.stdout is not None:
        reader = threading.Thread(target=_hand_on, args=(child.stdout, show), daemon=True)
        reader.start()
    try:
        return _end_of(child, seconds, stuck)
    finally:
        child.kill()
        child.wait()
        if reader is not None:
            reader.join(1.0)
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def _end_of(child: subprocess.Popen[bytes], seconds: float, stuck: Callable[[], bool] | None) -> Ended:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and not (stuck is not None and stuck()):
        with contextlib.suppress(subprocess.TimeoutExpired):
            return Ended(child.wait(left if stuck is None else min(left, POLL)))
    return Ended(None)


def _environment(temporary: Path) -> dict[str, str]:
    """The environment of the process: what it writes for a while goes into a folder of its own."""
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR"), str(temporary))
    paths = [str(Path(path).absolute()) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    return {**os.environ, **ALONE, **places, "PYTHONPATH": os.pathsep.join(paths)}


def _hand_on(stream: IO[bytes], show: Callable[[str], object]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while part := stream.read1(65536):  # type: ignore[attr-defined]
            show(part.decode("utf-8", "replace"))


def confine(folder: str, seconds: float, memory: int) -> None:
    """On the side of the process: from here on, only what the guard lets it do, and no longer than its parent lives."""
    lifeline = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    guard(folder, seconds, memory)
    threading.Thread(target=_end_with_the_parent, args=(lifeline, folder), daemon=True).start()


def _end_with_the_parent(lifeline: int, folder: str) -> None:
    """The parent holds the other end of the pipe: where it dies, nobody waits, and nothing is left behind."""
    while os.read(lifeline, 1):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def leave() -> None:
    """End the process, whatever threads the user's code has left."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
