"""Which rows of each batch pass through this process, and how much the step weighs that they belong to.

A rank takes its own rows of every batch, and a step may be made of several batches: in both cases what passes at once
is a part of a step, and its gradient is its samples' share in the step's: the parts are added, and none is averaged.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pellucid.core.arrays import AnyArray, Array
from pellucid.core.batches import Pair, Weighted
from pellucid.core.trace import Draws
from pellucid.core.work import Work


def cut(samples: int, rank: int, ranks: int) -> slice:
    """The rows of a batch of so many samples that are a rank's own; alike in number, to within one.

    Of fewer samples no rank has more.

    >>> [cut(8, rank, ranks=3) for rank in range(3)]
    [slice(0, 3, None), slice(3, 6, None), slice(6, 8, None)]
    """
    each, more = divmod(samples, ranks)
    start = rank * each + min(rank, more)
    return slice(start, start + each + (rank < more))


class Shares:
    """What of a training's batches passes through this process: all of it, where it is alone and a step is a batch."""

    def __init__(self, work: Work) -> None:
        self._work, self._rank, self._ranks = work, 0, 1
        if work.reduce is not None:
            self._rank, self._ranks = work.reduce.rank, work.reduce.size
        self.are_whole = self._ranks == 1 and work.accumulate == 1
        self.batch_size = len(range(work.batch_size)[self._cut(work.batch_size)])  # of a batch, here
        self.draws: Draws = work.rng if self._ranks == 1 else _OwnDraws(work, self._cut)

    def _cut(self, samples: int) -> slice:
        return cut(samples, self._rank, self._ranks)

    def of(self, rows: AnyArray, weights: AnyArray | None) -> tuple[AnyArray, Sequence[float | None]]:
        """Of the rows of whole steps those that pass here, batch after batch, and what the step of each batch weighs.

        A step weighs Σ w over all its samples, wherever they pass: their number, unless they have ``weights``.
        """
        size, step = self._work.batch_size, self._work.step_size
        if self.are_whole:
            return rows, [None] * -(-len(rows) // size)
        batches = [rows[start : start + size] for start in range(0, len(rows), size)]
        steps = [rows[start : start + step] for start in range(0, len(rows), step)]
        sums = [float(len(each) if weights is None else weights[each].sum(dtype=np.float64)) for each in steps]
        own = [batch[self._cut(len(batch))] for batch in batches]
        return np.concatenate([rows[:0], *own]), [sums[number * size // step] for number in range(len(batches))]

    def of_all(self, data: Pair | Weighted) -> Pair | Weighted:
        """Of data that are one batch the samples that pass here."""
        own = self._cut(self._work.samples)
        return tuple(array[own] for array in data)  # type: ignore[return-value]

    def begin(self, number: int) -> None:
        """Say which batch of the epoch is the next, for dropout."""
        if isinstance(self.draws, _OwnDraws):
            self.draws.number = number

    def pass_over(self) -> None:
        """Draw for a batch of which nothing passes here, so that the generators of all ranks stand alike."""
        if isinstance(self.draws, _OwnDraws):
            self.draws.pass_over()


class _OwnDraws:
    """Random numbers for a rank's rows of a batch, out of those drawn for all of its rows, layer by layer.

    So dropout's masks do not depend on how many ranks there are, and the generators of all stand alike.
    """

    def __init__(self, work: Work, cut: Callable[[int], slice]) -> None:
        self.number = 0  # of the batch in its epoch
        self._work, self._cut, self._hidden = work, cut, work.net.sizes[1:-1]
        self._layer = 0

    def random(self, *, dtype: Any, out: Array) -> None:
        """Fill ``out`` (rows, neurons) with this rank's rows of numbers in [0, 1), those of the next hidden layer."""
        samples, neurons = self._samples(), self._hidden[self._layer]
        out[...] = self._work.rng.random((samples, neurons), dtype)[self._cut(samples)]
        self._layer = (self._layer + 1) % len(self._hidden)
        self.number += self._layer == 0

    def pass_over(self) -> None:
        """Draw what the other ranks need for a batch."""
        for neurons in self._hidden if self._work.dropout else ():
            self._work.rng.random((self._samples(), neurons), self._work.net.dtype)

    def _samples(self) -> int:
        return min(self._work.batch_size, self._work.samples - self.number * self._work.batch_size)
