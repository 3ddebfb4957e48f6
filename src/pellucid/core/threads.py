"""How the cores are used: threads of the matrix product, and parts of a large batch side by side.

Small products are faster on one core than on two. For larger ones the BLAS shares each product out. Where a batch is
so large that all the other arithmetic leaves the cache as well, each core takes a part of it through the whole network.
"""

import contextlib
import contextvars
import functools
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeVar

T = TypeVar("T")
_sharing = 1  # processes that share the cores of this machine

# Multiply-adds: a product of fewer is done before a second thread has woken up.
WORTH_A_SECOND_THREAD = 8_000_000
# Multiply-adds: up to here OpenBLAS takes one thread itself.
ALONE_ANYWAY = 2**18
# Samples from which on every core had better take a part of them than a part of each product.
WORTH_PARTS = 4096


def best(sizes: Sequence[int], batch_size: int) -> int:
    """The number of threads for a network's products: all cores if its largest is worth it, else one.

    >>> best([784, 32, 16, 10], batch_size=64)
    1
    """
    return cores() if _multiply_adds(sizes, batch_size) >= WORTH_A_SECOND_THREAD else 1


def for_products(sizes: Sequence[int], batch_size: int) -> contextlib.AbstractContextManager[None]:
    """Limit the BLAS to the best number of threads meanwhile, unless the products are so small that it does itself."""
    if _multiply_adds(sizes, batch_size) <= ALONE_ANYWAY:
        return contextlib.nullcontext()
    return limited(best(sizes, batch_size))


def _multiply_adds(sizes: Sequence[int], batch_size: int) -> int:
    """Of the largest product."""
    return max(inputs * outputs for inputs, outputs in pairwise(sizes)) * batch_size


def cores() -> int:
    """The cores that this process may use; its share of them where several share them all."""
    every = os.cpu_count() or 1
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else every
    return max(1, own // _sharing) if own == every else own


def share(processes: int) -> None:
    """Say how many processes share this machine's cores from here on; those that are bound to cores have these."""
    global _sharing
    _sharing = processes


@contextlib.contextmanager
def limited(threads: int) -> Iterator[None]:
    """Let the BLAS behind NumPy use that many threads meanwhile; without threadpoolctl nothing is changed."""
    libraries = _blas()
    before = [library.get_num_threads() for library in libraries]
    for library in libraries:
        library.set_num_threads(threads)
    try:
        yield
    finally:
        for library, number in zip(libraries, before, strict=True):
            library.set_num_threads(number)


def parts(samples: int, most: int) -> list[slice]:
    """The parts that so many samples are cut into, for at most that many cores: alike in size, to within one.

    >>> parts(10_000, 3)
    [slice(0, 3333, None), slice(3333, 6666, None), slice(6666, 10000, None)]
    >>> parts(64, 2)
    [slice(0, 64, None)]
    """
    count = most if samples >= WORTH_PARTS else 1
    ends = [samples * number // count for number in range(count + 1)]
    return [slice(start, end) for start, end in pairwise(ends)]


class Team:
    """Threads that stay, to do several things at once again and again, the last of them in the caller's thread."""

    def __init__(self) -> None:
        self._pool: Any = None

    def __call__(self, tasks: Sequence[Callable[[], None]]) -> None:
        """Do these things at once, and wait for all; NumPy and compiled functions leave each other alone."""
        from concurrent.futures import ThreadPoolExecutor  # takes 10 ms to load, and small networks never need it

        *others, own = tasks
        if self._pool is None and others:
            self._pool = ThreadPoolExecutor(len(others), thread_name_prefix="pellucid")
        # NumPy keeps in the context what it does about overflows
        under_way = [self._pool.submit(contextvars.copy_context().run, task) for task in others]
        own()
        for other in under_way:
            other.result()

    def end(self) -> None:
        """Let the threads end."""
        if self._pool is not None:
            self._pool.shutdown()


def side_by_side(tasks: Sequence[Callable[[], None]]) -> None:
    """Do several things at once, once: in threads that end with it."""
    team = Team()
    try:
        team(tasks)
    finally:
        team.end()


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each made on another core while the one before it is used; on a single core, one by one.

    >>> list(ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    if cores() == 1:
        yield from items
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1, thread_name_prefix="pellucid") as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


@functools.cache
def _blas() -> list[Any]:
    """The BLAS libraries of this process, as threadpoolctl knows them; none without threadpoolctl."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return []
    return list(ThreadpoolController().select(user_api="blas").lib_controllers)  # type: ignore[no-untyped-call]
