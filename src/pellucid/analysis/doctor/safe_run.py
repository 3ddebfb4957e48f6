"""A user's file, examined in a process of its own, in a copy of its folder: nothing of the user's can change."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from pellucid._files.reading import as_size
from pellucid.analysis.doctor.diagnosis import Diagnosis
from pellucid.analysis.doctor.folder_copy import copy_folder
from pellucid.analysis.doctor.source import read_source, with_texts
from pellucid.analysis.finding import Finding
from pellucid.core.errors import InputError

SECONDS = 60.0  # for the whole examination
MEMORY = 2_000_000_000  # bytes, beside what the doctor takes itself
SOURCE = str(Path(__file__).parents[3])
START = "import sys; sys.path.append(sys.argv[1]); from pellucid.analysis.doctor.child import main; main({})"
ALONE = {
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1",
    "MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8",
}  # fmt: skip


def examine_safely(
    path: str, *, seconds: float = SECONDS, memory: int = MEMORY, show: Callable[[str], object] | None = None
) -> Diagnosis:
    """Examine a file; ``show`` gets what its code prints.

    Raises:
        InputError: the file cannot be used, or its code took too long, took too much memory, or killed its process.
    """
    read_source(path)  # what cannot be read needs no process
    if not sys.executable:
        raise InputError(f"{path}: no Python was found to run it with; run pellucid from an ordinary Python")
    root = Path(os.path.realpath(tempfile.mkdtemp(prefix="pellucid-doctor-")))
    try:
        place = Path(os.path.realpath(path))
        copied = copy_folder(place.parent, root) / place.name
        result = _run(path, copied, root, seconds, memory, show)
        return _as_known_to_the_user(result, copied, path)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _run(
    path: str, copied: Path, root: Path, seconds: float, memory: int, show: Callable[[str], object] | None
) -> dict[str, Any]:
    """What the process leaves as its result."""
    (root / "tmp").mkdir()
    words = [sys.executable, "-P", "-c", START.format(f"{str(copied)!r}, {str(root)!r}, {seconds}, {memory}"), SOURCE]
    child = subprocess.Popen(
        words, cwd=copied.parent, env=_environment(root / "tmp"), stdin=subprocess.PIPE, stderr=subprocess.STDOUT,
        stdout=subprocess.DEVNULL if show is None else subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    reader = None
    if show is not None and child.stdout is not None:
        reader = threading.Thread(target=_hand_on, args=(child.stdout, show), daemon=True)
        reader.start()
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        remedy = f"give it smaller data, or more time: timeout={2 * seconds:g}"
        raise InputError(f"{path}: its code ran for more than {seconds:g} s and was stopped; {remedy}") from None
    finally:
        child.kill()
        child.wait()
        if reader is not None:
            reader.join(1.0)
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
    try:
        result: dict[str, Any] = json.loads((root / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"{path}: its code {_death(child.returncode, memory)}") from None
    if "memory" in result:
        raise InputError(f"{path}: its code {_out_of_memory(memory)}")
    return result


def _environment(temporary: Path) -> dict[str, str]:
    """The environment of the process: what it writes for a while goes into a folder of its own."""
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR"), str(temporary))
    paths = [str(Path(path).absolute()) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    return {**os.environ, **ALONE, **places, "PYTHONPATH": os.pathsep.join(paths)}


def _hand_on(stream: IO[bytes], show: Callable[[str], object]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while part := stream.read1(65536):  # type: ignore[attr-defined]
            show(part.decode("utf-8", "replace"))


def _death(code: int, memory: int) -> str:
    if code == -9:  # the system kills what takes too much memory
        return _out_of_memory(memory)
    how = f"ended its process (exit code {code})" if code >= 0 else f"killed its process (signal {-code})"
    return f"{how} before the doctor had finished; run it with python first, and see where it ends"


def _out_of_memory(memory: int) -> str:
    more = as_size(2 * memory).replace(" ", "")
    return f"took more than {as_size(memory)} of memory; give it smaller data, or more memory: memory='{more}'"


def _as_known_to_the_user(result: dict[str, Any], copied: Path, path: str) -> Diagnosis:
    """The result with the user's own paths in place of the copy's."""
    folder = str(Path(path).parent / "x")[:-1]

    def own(text: str) -> str:
        return text.replace(str(copied), path).replace(f"{copied.parent}{os.sep}", folder)

    if "error" in result:
        raise InputError(own(result["error"]))
    if "fault" in result:
        raise RuntimeError(f"the examination failed, which is a fault of pellucid:\n{own(result['fault'])}")
    known = result["diagnosis"]
    diagnosis = Diagnosis(**{**known, "findings": [Finding(**finding) for finding in known["findings"]]})
    changed: Diagnosis = with_texts(diagnosis, own)
    return changed
