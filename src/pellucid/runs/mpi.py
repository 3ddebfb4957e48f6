"""The ranks that ``mpiexec`` or a scheduler has started, by mpi4py: the one file that knows MPI.

What is sent are numbers and bytes, and nothing is pickled.
"""

import os
import platform
import time
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from pellucid.core import threads
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.errors import InputError

# Where those who start ranks say how many there are, and which this is: MPICH, Intel's, Microsoft's and Slurm's PMI,
# Open MPI, MVAPICH, and PMIx, which does not say how many.
SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
RANKS = ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK", "PMIX_RANK")
ALLREDUCE_AT_ONCE = 2**27  # numbers: a count in MPI is an int
SOON = 200e-6  # seconds in which a short vector arrives, where each rank has a core
_let_others: Callable[[], None] = getattr(os, "sched_yield", lambda: time.sleep(0))


def told(names: tuple[str, ...]) -> int | None:
    """The first number that one of these environment variables holds."""
    return next((int(value) for name in names if (value := os.environ.get(name, "")).isdigit()), None)


def started_as() -> tuple[int, int | None] | None:
    """Which rank this process was started as, and of how many, before MPI is loaded; None where it is alone."""
    rank, size = told(RANKS), told(SIZES)
    return None if rank is None or size == 1 else (rank, size)


class MPIRanks:
    """The ranks of one training: the protocol ``core.ranks.Reduce``, and what a run needs besides."""

    def __init__(self, world: Any, in_place: Any, shared: Any) -> None:
        self._world, self._in_place = world, in_place
        self.rank, self.size = int(world.rank), int(world.size)
        self.host, self.agreed = platform.node(), False
        threads.share(int(world.Split_type(shared).size))

    def all_reduce(self, vector: Array) -> None:
        """Write the sum of all ranks' vectors into each of them."""
        for start in range(0, vector.size, ALLREDUCE_AT_ONCE):
            self._wait(self._world.Iallreduce(self._in_place, vector[start : start + ALLREDUCE_AT_ONCE]))

    def _wait(self, request: Any) -> None:
        """Wait until all are there, and leave the core to others meanwhile.

        MPI waits in a loop that never lets go: where there are more ranks than free cores, the one that is waited for
        gets no core for milliseconds. Measured on four ranks and two busy cores: 440 ms a step, and 5 ms like this.
        """
        soon = time.perf_counter() + SOON
        while not request.Test():
            if time.perf_counter() < soon:
                _let_others()
            else:
                time.sleep(0)  # Linux makes some 50 µs of it

    def from_first(self, content: bytes) -> bytes:
        """What rank 0 gives, on every rank."""
        length = np.array([len(content)], np.int64)
        self._world.Bcast(length)
        buffer = np.frombuffer(content, np.uint8) if self.rank == 0 else np.empty(int(length[0]), np.uint8)
        self._world.Bcast(buffer)
        return buffer.tobytes()

    def of_all(self, content: bytes) -> list[bytes]:
        """What each rank gives, on every rank."""
        lengths: AnyArray = np.empty(self.size, np.int64)
        self._world.Allgather(np.array([len(content)], np.int64), lengths)
        gathered = np.empty(int(lengths.sum()), np.uint8)
        self._world.Allgatherv(np.frombuffer(content, np.uint8), [gathered, lengths.astype(np.int32)])
        return [part.tobytes() for part in np.split(gathered, np.cumsum(lengths)[:-1])]

    def abort(self, code: int) -> NoReturn:
        """End all ranks at once; for where they cannot agree on it any more."""
        self._world.Abort(code)
        os._exit(code)


def ranks() -> MPIRanks | None:
    """The ranks that this process was started with; None where it is alone.

    Raises:
        InputError: there are some, but mpi4py is not installed, or is made for another MPI.
    """
    started = started_as()
    if started is None:
        return None
    try:
        import mpi4py

        mpi4py.rc.thread_level = "funneled"  # one thread speaks to the others
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise InputError(f"several ranks need mpi4py ({error}): pip install 'pellucid[mpi]'") from None
    world = MPI.COMM_WORLD
    if started[1] is not None and world.size != started[1]:
        raise InputError(
            f"mpiexec has started {started[1]} ranks, but mpi4py sees {world.size}: it uses another MPI "
            f"({MPI.Get_library_version().splitlines()[0].strip()}); take the mpiexec of that one"
        )
    return MPIRanks(world, MPI.IN_PLACE, MPI.COMM_TYPE_SHARED) if world.size > 1 else None
