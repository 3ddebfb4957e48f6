"""How many threads the matrix product may use: one for small products, which two only slow down."""

import contextlib
import functools
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, TypeVar

T = TypeVar("T")

# A product of fewer multiply-adds is done before a second thread has woken up.
WORTH_A_SECOND_THREAD = 8_000_000


def best(sizes: Sequence[int], batch_size: int) -> int:
    """The number of threads for a network's products: all cores if its largest is worth it, else one.

    >>> best([784, 32, 16, 10], batch_size=64)
    1
    """
    largest = max(inputs * outputs for inputs, outputs in pairwise(sizes)) * batch_size
    return cores() if largest >= WORTH_A_SECOND_THREAD else 1


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def limited(threads: int) -> Iterator[None]:
    """Let the BLAS behind NumPy use that many threads meanwhile; without threadpoolctl nothing is changed."""
    controller = _controller()
    if controller is None:
        yield
        return
    with controller.limit(limits=threads, user_api="blas"):
        yield


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each made on another core while the one before it is used; on a single core, one by one.

    >>> list(ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    if cores() == 1:
        yield from items
        return
    with ThreadPoolExecutor(1, thread_name_prefix="pellucid") as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


@functools.cache
def _controller() -> Any:
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()  # type: ignore[no-untyped-call]
