"""Many ranks, one training: what a training asks of them, and how they stay alike.

Each rank is a process with the same data and the same θ. All draw the same order from the same seed, each takes its own
rows of every batch, their gradients are added, and all make the same step.
"""

from typing import Protocol

import numpy as np

from pellucid.core.arrays import Array
from pellucid.core.errors import InputError


class Reduce(Protocol):
    """All that a training needs to know of the ranks beside it; MPI, gloo and others can be that: docs/scale.md."""

    @property
    def rank(self) -> int:
        """Which of them this one is, from 0."""

    @property
    def size(self) -> int:
        """How many there are."""

    def all_reduce(self, vector: Array) -> None:
        """Write the sum of all ranks' vectors into each of them, in place: on every rank the same bits."""


def added(reduce: Reduce | None, *numbers: float) -> list[float]:
    """These numbers, each added up over all ranks; one that is alone has them already."""
    if reduce is None:
        return list(numbers)
    vector = np.array(numbers, np.float64)
    reduce.all_reduce(vector)
    found: list[float] = vector.tolist()
    return found


def take_from_first(reduce: Reduce, vector: Array) -> None:
    """Write rank 0's vector into that of every rank, to the bit: x + (−0) is x, whatever x is."""
    if reduce.rank:
        vector[...] = -0.0
    reduce.all_reduce(vector)


def of_each(reduce: Reduce, *numbers: float) -> Array:
    """The numbers of each rank, (ranks, numbers), known to all of them."""
    table = np.zeros((reduce.size, len(numbers)))
    table[reduce.rank] = numbers
    reduce.all_reduce(table.reshape(-1))
    return table


def check_alike(reduce: Reduce, **numbers: float) -> None:
    """Refuse a training whose ranks are not about to do the same; on all of them alike.

    Raises:
        InputError: one of the numbers is another on some rank than on rank 0; the message says which.
    """
    table = of_each(reduce, *numbers.values())
    for rank, number in np.argwhere(table != table[0]).tolist():
        raise InputError(
            f"rank {rank} was given another {list(numbers)[number]} than rank 0 ({table[rank, number]:g}, not "
            f"{table[0, number]:g}): call train alike on every rank"
        )
