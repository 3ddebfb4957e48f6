"""The parent's side: workers, and turns that go round among them, so that a shared machine's noise hits all alike."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.contestants import WITH_RESULTS
from benchmarks.workloads import Workload

ROOT = Path(__file__).parent.parent

# Two variables that some machines set for old libraries' sake: they slow a current OpenBLAS, in every peer alike.
# Without byte code on disk every import would compile; an installed package has it.
REMOVED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")

# After a product OpenBLAS's second thread spins for 2^28 ticks, about 110 ms, before it sleeps; those of OpenMP
# (PyTorch) and XLA for some milliseconds. To make them sleep at once (OPENBLAS_THREAD_TIMEOUT, OMP_WAIT_POLICY=passive)
# would slow the peers, so the parent waits a little longer than the longest spin before the next one's turn. Each
# worker reports the processor time that it used between two turns.
SETTLE_SECONDS = 0.13


def environment() -> dict[str, str]:
    """What every worker and every command gets."""
    kept = {name: value for name, value in os.environ.items() if name not in REMOVED}
    return {**kept, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore"}


class Worker:
    """One contestant's process."""

    def __init__(self, group: str, name: str, folder: Path) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", group, name, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "stderr.txt").open("a"),
            env={**environment(), "TORCHINDUCTOR_CACHE_DIR": str(folder / "inductor")},  # nothing compiled before
            cwd=ROOT,
            text=True,
        )

    def ask(self, **order: Any) -> dict[str, Any]:
        """Give an order and wait for its answer; a process that has died answers with what failed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            return {"failed": f"the process ended with {self.process.wait()}; see its stderr"}
        answer: dict[str, Any] = json.loads(line)
        return answer

    @property
    def alive(self) -> bool:
        """Whether it can take orders."""
        return self.process.poll() is None

    def close(self) -> None:
        """End it."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()


class Workers:
    """The workers of a group, alive over all its workloads; one that has died is started again."""

    def __init__(self, group: str, names: list[str], folder: Path) -> None:
        self.group, self.names, self.folder = group, names, folder
        self.running: dict[str, Worker] = {}

    def __getitem__(self, name: str) -> Worker:
        if name not in self.running or not self.running[name].alive:
            self.running[name] = Worker(self.group, name, self.folder)
        return self.running[name]

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.running.values():
            worker.close()


def run(workers: Workers, workload: Workload, repeats: int, say: Any) -> dict[str, Any]:
    """Measure one workload: each contestant is prepared, then all take turns; returns what the JSON holds."""
    contestants: dict[str, dict[str, Any]] = {}
    absent: dict[str, str] = {}
    for name in workers.names:
        answer = workers[name].ask(do="prepare", workload=workload.as_json())
        reason = answer.get("unsupported") or answer.get("failed")
        if reason:
            absent[name] = reason
        else:
            contestants[name] = {**answer, "seconds": [], "cpu_seconds": [], "idle_cpu_seconds": [], "losses": []}
        say(f"  {name}: {reason or answer['notes']}")
        time.sleep(SETTLE_SECONDS)
    order = list(contestants)
    for repeat in range(repeats):
        turn = repeat % max(1, len(order))
        for name in order[turn:] + order[:turn]:  # another one begins each time
            last = repeat == repeats - 1 and workers.group in WITH_RESULTS
            path = str(workers.folder / f"result-{name}.npz") if last else None
            _note(workers[name].ask(do="repeat", result=path), name, contestants, absent)
            time.sleep(SETTLE_SECONDS)
    measured = {name: values for name, values in contestants.items() if name not in absent}
    return {"workload": {**workload.as_json(), "steps": workload.steps}, "contestants": measured, "absent": absent}


def _note(answer: dict[str, Any], name: str, contestants: dict[str, Any], absent: dict[str, str]) -> None:
    """Keep the figures of one repeat."""
    if "failed" in answer:
        absent[name] = answer["failed"]
        return
    for key in ("seconds", "cpu_seconds", "idle_cpu_seconds"):
        contestants[name][key].append(answer[key])
    contestants[name]["losses"].append(answer["loss"])
