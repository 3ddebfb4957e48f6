"""What a table's columns come to, gathered block by block: means, scales, medians, levels, cycles of dates.

Each fit sees the values of the training rows as ``model/columns.py`` takes them, and ends in the column that it would
have fitted to all of them at once. Means and deviations are merged as Chan, Golub and LeVeque did (1979). A median is
exact: the values around the middle of a sample are kept and all others counted; where the middle lies elsewhere after
all, the values must come once more.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from pellucid.core.arrays import AnyArray, Array
from pellucid.model.columns import DAY, Date, Number, cycles_within, mean_and_deviation, scale_of

SAMPLE = 1 << 16  # values of a column that say where its middle lies
WIDTH = 0.01  # of the values, on each side of the sample's middle, are kept
OF_EACH_BLOCK = 256  # values that say where the middle lies if it is not there
MOST_LEVELS = 1 << 18  # that are counted at once; beyond that those that were seen least are dropped


class Moments:
    """The mean and the standard deviation of values that come in blocks.

    >>> moments = Moments()
    >>> for block in ([1.0], [3.0, 5.0]):
    ...     moments.add(np.array(block))
    >>> moments.count, moments.mean, round(moments.deviation, 4)
    (3, 3.0, 1.633)
    """

    def __init__(self) -> None:
        self.count, self.mean, self.deviation = 0, 0.0, 0.0

    def add(self, values: AnyArray) -> None:
        """See more values (n,), none of them a gap."""
        if not len(values):
            return
        mean, deviation = mean_and_deviation(values)
        total = self.count + len(values)
        before, share = self.count / total, len(values) / total
        distance = mean - self.mean if self.count else 0.0
        # the root of before · σ² + share · σ'² + before · share · distance², in which no square overflows
        parts = (
            math.sqrt(before) * self.deviation,
            math.sqrt(share) * deviation,
            math.sqrt(before * share) * distance,
        )
        self.deviation = math.hypot(*parts)
        self.mean = self.mean + distance * share if self.count else mean
        self.count = total

    @property
    def scale(self) -> float:
        """The deviation, or 1 where the values do not differ."""
        return scale_of(self.mean, self.deviation)


class Middle:
    """The exact median of values that come in blocks; where it is not ``found``, they come ``again``.

    >>> middle = Middle()
    >>> for block in ([3.0, 1.0], [5.0, 9.0]):
    ...     middle.add(np.array(block))
    >>> middle.found, middle.value
    (True, 4.0)
    """

    def __init__(self) -> None:
        self._low, self._high = -math.inf, math.inf
        self._start()

    def _start(self) -> None:
        self.count = self._below = self._at_low = self._at_high = 0
        self._kept: list[Array] = []  # between low and high
        self._seen: list[Array] = []  # some of each block

    def add(self, values: AnyArray) -> None:
        """See more values (n,), none of them a gap."""
        self.count += len(values)
        self._seen.append(values[:: max(len(values) // OF_EACH_BLOCK, 1)].copy())
        self._keep(values)
        if self._low == -math.inf and self.count >= SAMPLE:
            first, self._kept = np.concatenate(self._kept), []
            self._look_around(first, WIDTH)
            self._keep(first)

    def _keep(self, values: AnyArray) -> None:
        low, high = self._low, self._high
        self._below += int(np.count_nonzero(values < low))
        self._at_low += int(np.count_nonzero(values == low))
        self._at_high += int(np.count_nonzero(values == high)) if high > low else 0
        self._kept.append(values[(values > low) & (values < high)])

    def _look_around(self, values: Array, width: float) -> None:
        """Keep from now on what lies around the middle of these values, which are some of all."""
        edges = np.quantile(values, [0.5 - width, 0.5 + width], method="nearest")
        self._low, self._high = float(edges[0]), float(edges[1])

    def again(self) -> None:
        """Forget the values, and keep those around the middle of what was seen of them when they come again."""
        seen = np.concatenate(self._seen)
        self._start()
        self._look_around(seen, 2 * WIDTH)

    @property
    def found(self) -> bool:
        """Whether the middle is among the values that were kept."""
        held = self._at_low + self._at_high + sum(map(len, self._kept))
        return not self.count or self._below <= (self.count - 1) // 2 <= self.count // 2 < self._below + held

    @property
    def value(self) -> float:
        """The median, 0 where there are no values."""
        if not self.count:
            return 0.0
        kept = np.sort(np.concatenate(self._kept))
        two = [self._at_rank((self.count - 1) // 2, kept), self._at_rank(self.count // 2, kept)]
        return float(np.mean(np.array(two) / 2)) * 2

    def _at_rank(self, rank: int, kept: Array) -> float:
        place = rank - self._below - self._at_low
        if place < 0:
            return self._low
        return float(kept[place]) if place < len(kept) else self._high


class NumberFit:
    """A column of numbers, dates, or yes and no, as it comes in blocks."""

    def __init__(self, name: str, kind: str, form: str = "") -> None:
        self.name, self.kind, self.form = name, kind, form
        self.moments, self.middle, self.gaps = Moments(), Middle(), 0
        self.least, self.most = math.inf, -math.inf
        self._days: Array = np.zeros(0)
        self._time: float | None = None  # of day, of the first date
        self._at_times = False

    def add(self, values: AnyArray) -> None:
        """See more values (n,), NaN for a gap."""
        there = values[~np.isnan(values)]
        self.gaps += len(values) - len(there)
        if not len(there):
            return
        self.least, self.most = min(self.least, float(there.min())), max(self.most, float(there.max()))
        self.middle.add(there)
        if self.kind != "date":
            self.moments.add(there)
            return
        self.moments.add(there / DAY)
        self._days = np.union1d(self._days, there // DAY)
        times = there % DAY
        self._time = float(times[0]) if self._time is None else self._time
        self._at_times |= bool((times != self._time).any())

    def add_again(self, values: AnyArray) -> None:
        """See the values once more, where their middle was not found."""
        self.middle.add(values[~np.isnan(values)])

    @property
    def is_found(self) -> bool:
        """Whether all is known; else the values must come once more."""
        return self.middle.found

    @property
    def count(self) -> int:
        """How many values are there."""
        return self.moments.count

    def why_not(self) -> str | None:
        """Why it is no good as an input, or None."""
        if not self.count:
            return "it is empty"
        same = self.least == self.most and not self.gaps
        return f"it is always {self.least:g}" if same else None

    def column(self) -> Number | Date:
        """The column of the plan."""
        mean, scale, fill, gaps = self.moments.mean, self.moments.scale, self.middle.value, self.gaps > 0
        if self.kind != "date":
            return Number(self.name, mean, scale, fill, gaps, self.kind == "boolean", self.form)
        span = (self.most - self.least) / DAY if self.count else 0.0
        cycles = cycles_within(span, self._days, self._at_times) if self.count else ()
        return Date(self.name, mean, scale, fill, cycles, gaps, self.form)


class CategoryFit:
    """A column of texts as it comes in blocks: how often each is there."""

    def __init__(self, name: str) -> None:
        self.name, self.gaps, self.is_found = name, 0, True
        self.counts: Counter[str] = Counter()
        self.dropped = 0  # levels that were seen too seldom to be kept

    def add(self, values: AnyArray) -> None:
        """See more values (n,), None for a gap."""
        seen = Counter(values.tolist())
        self.gaps += seen.pop(None, 0)
        self.counts.update(seen)
        least = 1
        while len(self.counts) > MOST_LEVELS:
            kept = Counter({level: count for level, count in self.counts.items() if count > least})
            self.dropped += len(self.counts) - len(kept)
            self.counts, least = kept, 2 * least

    @property
    def count(self) -> int:
        """How many values are there."""
        return self.counts.total()
