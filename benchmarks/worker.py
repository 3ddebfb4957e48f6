"""The process of one contestant: it reads orders as JSON lines on stdin, and answers each with one on stdout.

python -m benchmarks.worker GROUP CONTESTANT FOLDER

Between orders it blocks in a read and does nothing. Each answer to "repeat" says how much processor time the process
used since the one before: threads that spin on after their work would show there, and would disturb the others.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from threadpoolctl import threadpool_info

from benchmarks.contestants import Contestant, Unsupported, driver
from benchmarks.workloads import Workload

WARM_UP = 2  # repeats before the first that counts; they train as well, for all alike


def main() -> None:
    """Answer orders until stdin ends."""
    group, name, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    answers = _own_stdout()
    for answer in _answers(group, name, folder):
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _own_stdout() -> TextIO:
    """The real stdout for answers; whatever a library prints goes to stderr."""
    mine = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return mine


def _answers(group: str, name: str, folder: Path) -> Iterator[dict[str, Any]]:
    contestant: Contestant | None = None
    idle_since = 0.0
    for line in sys.stdin:
        order = json.loads(line)
        try:
            if order["do"] == "prepare":
                contestant = None  # lets go of the last workload's arrays
                contestant = driver(group, name)
                yield _prepare(contestant, Workload.from_json(order["workload"]), folder)
            else:
                assert contestant is not None
                yield _repeat(contestant, idle_since, order.get("result"))
        except Unsupported as reason:
            yield {"unsupported": str(reason)}
        except Exception as error:
            yield {"failed": f"{type(error).__name__}: {str(error)[:300]}"}
        idle_since = time.process_time()


def _prepare(contestant: Contestant, workload: Workload, folder: Path) -> dict[str, Any]:
    began = time.perf_counter()
    contestant.prepare(workload, folder)
    loss: float | None = None
    for repeat in range(WARM_UP):
        contestant.repeat()
        if repeat == 0:
            loss = _loss(contestant)
    return {
        "prepare_seconds": time.perf_counter() - began,
        "compile_seconds": contestant.compile_seconds,
        "notes": contestant.notes,
        "first_loss": loss,
        "blas": [{key: pool.get(key) for key in _POOL} for pool in threadpool_info()],
    }


_POOL = ("user_api", "internal_api", "version", "num_threads", "architecture", "threading_layer")


def _repeat(contestant: Contestant, idle_since: float, result: str | None) -> dict[str, Any]:
    idle = time.process_time() - idle_since
    cpu, began = time.process_time(), time.perf_counter()
    contestant.repeat()
    seconds = time.perf_counter() - began
    cpu = time.process_time() - cpu
    if result is not None:
        np.savez(result, **contestant.result())  # type: ignore[attr-defined]
    return {"seconds": seconds, "cpu_seconds": cpu, "idle_cpu_seconds": idle, "loss": _loss(contestant)}


def _loss(contestant: Contestant) -> float | None:
    """The mean loss of the last repeat, of those who train."""
    return contestant.loss() if hasattr(contestant, "loss") else None


if __name__ == "__main__":
    main()
