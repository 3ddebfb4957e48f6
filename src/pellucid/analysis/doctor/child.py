"""The process in which the code of a user's file runs: it examines the file, writes down what it found, and ends."""

import json
import os
import shutil
import sys
import threading
import time
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pellucid.analysis.doctor import sandbox
from pellucid.analysis.doctor.doctor import doctor_file
from pellucid.analysis.doctor.guard import guard
from pellucid.core.errors import InputError


def main(file: str, folder: str, seconds: float, memory: int) -> None:
    """Examine the copy ``file``, and leave ``result.json`` in ``folder``, the only place where anything is written."""
    lifeline = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    guard(folder, seconds, memory)
    threading.Thread(target=_end_with_the_parent, args=(lifeline, folder), daemon=True).start()
    sandbox.TIMEOUT = min(sandbox.TIMEOUT, seconds / 3)
    sandbox.deadline = time.monotonic() + 0.8 * seconds - 1.0  # what then is not compared is told, with what was found
    result: dict[str, Any]
    try:
        result = {"diagnosis": asdict(doctor_file(file))}
    except InputError as error:
        result = {"error": str(error)}
    except MemoryError:
        result = {"memory": True}
    except BaseException:
        result = {"fault": traceback.format_exc()}
    Path(folder, "result.json").write_text(json.dumps(result, default=lambda number: number.item()), encoding="utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # whatever threads the user's code has left


def _end_with_the_parent(lifeline: int, folder: str) -> None:
    """The parent holds the other end of the pipe: where it dies, nobody waits, and nothing is left behind."""
    while os.read(lifeline, 1):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
