"""The process in which the code of a user's file runs: it examines the file, writes down what it found, and ends."""

import json
import time
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pellucid.analysis.doctor import sandbox
from pellucid.analysis.doctor.confined import confine, leave
from pellucid.analysis.doctor.doctor import doctor_file
from pellucid.core.errors import InputError


def main(file: str, folder: str, seconds: float, memory: int) -> None:
    """Examine the copy ``file``, and leave ``result.json`` in ``folder``, the only place where anything is written."""
    confine(folder, seconds, memory)
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
    leave()
