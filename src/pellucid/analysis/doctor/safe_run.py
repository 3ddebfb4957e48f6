"""A user's file, examined in a process of its own, in a copy of its folder: nothing of the user's can change."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pellucid._files.reading import as_size
from pellucid.analysis.doctor.confined import run_confined
from pellucid.analysis.doctor.diagnosis import Diagnosis
from pellucid.analysis.doctor.folder_copy import copy_folder
from pellucid.analysis.doctor.source import read_source, with_texts
from pellucid.analysis.finding import Finding
from pellucid.core.errors import InputError

SECONDS = 60.0  # for the whole examination
MEMORY = 2_000_000_000  # bytes, beside what the doctor takes itself


def examine_safely(
    path: str, *, seconds: float = SECONDS, memory: int = MEMORY, show: Callable[[str], object] | None = None
) -> Diagnosis:
    """Examine a file; ``show`` gets what its code prints.

    Raises:
        InputError: the file cannot be used, or its code took too long, took too much memory, or killed its process.
    """
    read_source(path)  # what cannot be read needs no process
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
    given = f"{str(copied)!r}, {str(root)!r}, {seconds}, {memory}"
    program = f"from pellucid.analysis.doctor.child import main; main({given})"
    ended = run_confined(program, root, copied.parent, seconds, show)
    if ended.code is None:
        remedy = f"give it smaller data, or more time: timeout={2 * seconds:g}"
        raise InputError(f"{path}: its code ran for more than {seconds:g} s and was stopped; {remedy}")
    try:
        result: dict[str, Any] = json.loads((root / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"{path}: its code {_death(ended.code, memory)}") from None
    if "memory" in result:
        raise InputError(f"{path}: its code {_out_of_memory(memory)}")
    return result


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
