"""Processes that try cases, each watched: what takes too long, too much memory, or ends the process, is a fault."""

from __future__ import annotations

import ctypes
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import cast

from fuzz.cases import case, tried
from fuzz.laws import MOST_MEMORY, MOST_SECONDS

PATIENCE = 3 * MOST_SECONDS  # after which a process is ended
ADDRESSES = 12 * 10**9  # bytes that a process may ask for at all, so that the machine stays up


@dataclass(frozen=True)
class Result:
    """What came of a case: its exit code, seconds, the memory that it took in bytes, and the laws that it broke."""

    reader: str
    number: int
    code: int | None = None
    seconds: float = 0.0
    memory: int = 0
    faults: tuple[str, ...] = ()


def work(pipe: Connection, seed: object) -> None:
    """Try the cases that come through the pipe, until it closes."""
    limit_memory()
    with tempfile.TemporaryDirectory() as home:
        while True:
            try:
                reader, number = pipe.recv()
            except EOFError:
                return
            one = case(reader, seed, number)
            before = forget_peak()
            outcome = tried(one, Path(home))
            pipe.send(Result(reader, number, outcome.code, outcome.seconds, peak() - before, outcome.faults))


def limit_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))


def forget_peak() -> int:
    """Give back what was freed, count the peak of memory anew, and return where it begins."""
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> int:
    """The most memory that this process has had since, in bytes."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return 1024 * int(line.split()[1])


class Worker:
    """One such process; a new one where it has ended."""

    def __init__(self, seed: object) -> None:
        self.seed = seed
        self.begin()

    def begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, self.seed), daemon=True)
        self.process.start()
        theirs.close()

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()

    def take(self, reader: str, number: int) -> None:
        """Let it try a case."""
        self.waits_for, self.until = Result(reader, number), time.monotonic() + PATIENCE
        self.pipe.send((reader, number))

    def result(self) -> Result | None:
        """The result of its case, also where the process does not survive it; None while it works."""
        answer = self.waits_for
        try:
            if self.pipe.poll():
                answer = cast(Result, self.pipe.recv())
                more = (f"takes {answer.memory / 1e9:.1f} GB",) if answer.memory > MOST_MEMORY else ()
                return replace(answer, faults=(*answer.faults, *more))
            if time.monotonic() < self.until:
                return None
            answer = replace(answer, seconds=PATIENCE, faults=(f"takes more than {PATIENCE:.0f} s",))
        except (EOFError, OSError):
            self.process.join(5)
            answer = replace(answer, faults=(f"the process ended with {self.process.exitcode}",))
        self.end()
        self.begin()
        return answer


def results(cases: Iterator[tuple[str, int]], seed: object, processes: int) -> Iterator[Result]:
    """Try cases, by a reader's name and a number, in several processes; yield each result."""
    free, busy = [Worker(seed) for _ in range(processes)], list[Worker]()
    try:
        while True:
            while free and (one := next(cases, None)) is not None:
                busy.append(free.pop())
                busy[-1].take(*one)
            if not busy:
                return
            wait([worker.pipe for worker in busy], timeout=1)
            for worker in list(busy):
                if (result := worker.result()) is not None:
                    busy.remove(worker)
                    free.append(worker)
                    yield result
    finally:
        for worker in (*free, *busy):
            worker.end()
