"""The process in which a learner's functions run: it is given inputs, writes down outputs, and knows no answer."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pellucid.analysis.doctor.confined import confine, leave
from pellucid.analysis.doctor.source import read_source
from pellucid.book.grading.calls import Outcome, outcomes
from pellucid.book.grading.learner import functions
from pellucid.book.grading.transport import packed, unpacked

HIDDEN = "pellucid.book.grading.exercises"
TASKS, RESULTS = "tasks.json", "results.jsonl"


def main(file: str, folder: str, seconds: float, memory: int) -> None:
    """Call the functions of the copy ``file`` with the inputs in ``folder``, where the outcomes go, a line for each."""
    confine(folder, seconds, memory)
    sys.modules[HIDDEN] = None  # type: ignore[assignment]  # so that it cannot be imported
    tasks = json.loads(Path(folder, TASKS).read_text(encoding="utf-8"))
    with Path(folder, RESULTS).open("w", encoding="utf-8") as results:

        def tell(**line: Any) -> None:
            results.write(json.dumps(line) + "\n")
            results.flush()

        made, notes = functions(read_source(file), file, tasks)
        sys.path.insert(0, str(Path(file).parent))  # what a function imports when it is called
        for name, calls in tasks.items():
            tell(began=name)
            if name in made:
                ended = _outcomes(made[name], [unpacked(inputs) for inputs in calls])
            else:
                why = "; ".join(note for note in notes if note.startswith("not run")) or "its line was not run"
                ended = [Outcome(failure=f"it is not there: {why}"[:1000])]
            tell(name=name, outcomes=[{**asdict(each), "value": packed(each.value)} for each in ended])
    leave()


def _outcomes(function: Any, calls: Sequence[Any]) -> list[Outcome]:
    try:
        return outcomes(function, calls)
    except BaseException as error:
        return [Outcome(failure=type(error).__name__)]
