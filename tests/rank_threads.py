"""Ranks that are threads of one process: the protocol of ``core.ranks.Reduce`` without MPI, for quick tests."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from pellucid.core.arrays import AnyArray, Array

T = TypeVar("T")


class Rank:
    """One of them: it waits for the others, and adds up what all have brought, in the order of the ranks."""

    def __init__(self, rank: int, size: int, barrier: threading.Barrier, brought: list[Any]) -> None:
        self.rank, self.size = rank, size
        self.calls = 0
        self._barrier, self._brought = barrier, brought

    def all_reduce(self, vector: Array) -> None:
        self.calls += 1
        self._brought[self.rank] = vector.copy()
        self._barrier.wait()
        total: AnyArray = self._brought[0].copy()
        for other in self._brought[1:]:
            total += other
        self._barrier.wait()  # all have read before anyone brings more
        vector[...] = total


def on_ranks(size: int, work: Callable[[Rank], T]) -> list[T]:
    """What ``work(rank)`` returns on each of so many ranks; raises the first error of any of them."""
    barrier = threading.Barrier(size)
    brought: list[Any] = [np.zeros(0)] * size
    found: dict[int, T] = {}
    failed: list[BaseException] = []

    def run(rank: int) -> None:
        try:
            found[rank] = work(Rank(rank, size, barrier, brought))
        except threading.BrokenBarrierError:
            pass
        except BaseException as error:
            failed.append(error)
            barrier.abort()

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return [found[rank] for rank in range(size)]
