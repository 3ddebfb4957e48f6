"""The columns of a table, each a rule that turns its values into one input of a network or into some.

- ``Number`` (also yes or no, as 1 and 0): (x − mean) / scale, and an input that says where a value was missing;
- ``Category``: an input for each level, 1 where the row has it (one-hot); one for rare levels, one for missing ones;
- ``Date``: days as a number, and sine and cosine of the place within a year, a week, a day, where it tells them apart.

Columns come as arrays (n,): numbers float64 with NaN for a gap; categories str objects with None for a gap; dates
float64 seconds since 1970-01-01 with NaN for a gap. All is computed in float64.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from pellucid.core.arrays import AnyArray, Array
from pellucid.model.levels import Levels

DAY = 86_400.0  # seconds
CYCLES = {"year": 365.2425, "week": 7.0, "day": 1.0}  # days
MONDAY = 4.0  # days from Thursday, 1970-01-01, to the first Monday
MOST_LEVELS = 250  # of a category; the rest are the rare ones
HUGE = 1e100  # a sum of many squares of it is still a number
RARE = 3  # rows that a level takes to have an input of its own, where there are enough rows


class Column(Protocol):
    """One column of a table, and the inputs that it becomes."""

    kind: ClassVar[str]

    @property
    def name(self) -> str:
        """Of the column in the table."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs that it becomes."""

    def write(self, values: AnyArray, *, out: Array) -> None:
        """Write the inputs of a column's ``values`` (n,) into ``out`` (n, inputs)."""


@dataclass(frozen=True)
class Number:
    """(x − mean) / scale, where a gap is taken as ``fill``; with ``gaps`` one more input is 1 where there was one.

    ``boolean`` says that the column holds yes and no, as 1 and 0. ``form`` is how the column writes 1234.5, "" where as
    Python does (``datasets.frames.written``).

    >>> age = Number("age", mean=40.0, scale=10.0, fill=38.0, gaps=True)
    >>> age.inputs
    ('age', 'age is missing')
    >>> out = np.empty((2, 2))
    >>> age.write(np.array([50.0, np.nan]), out=out)
    >>> out
    array([[ 1. ,  0. ],
           [-0.2,  1. ]])
    """

    name: str
    mean: float
    scale: float
    fill: float
    gaps: bool = False
    boolean: bool = False
    form: str = ""
    kind: ClassVar[str] = "number"

    @classmethod
    def fitted(cls, name: str, values: AnyArray, *, boolean: bool = False, form: str = "") -> "Number":
        """Mean and standard deviation of the values that are there (n,), and their median to fill gaps with.

        >>> Number.fitted("age", np.array([20.0, 40.0, np.nan]))
        Number(name='age', mean=30.0, scale=10.0, fill=30.0, gaps=True, boolean=False, form='')
        """
        there = values[~np.isnan(values)]
        mean, scale = mean_and_scale(there)
        return cls(name, mean, scale, median(there), len(there) < len(values), boolean, form)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The number itself, and whether it was missing."""
        return (self.name, f"{self.name} is missing") if self.gaps else (self.name,)

    def write(self, values: AnyArray, *, out: Array) -> None:
        missing = np.isnan(values)
        out[:, 0] = (np.where(missing, self.fill, values) - self.mean) / self.scale
        if self.gaps:
            out[:, 1] = missing


@dataclass(frozen=True)
class Category:
    """An input for each of ``levels``, 1 where the row has it, else 0; ``others`` is for all levels that were rare.

    A value is the level that is written so, or else means the same (``levels.py``). A level that was not there in
    training counts as rare; without ``others`` its inputs are all 0. So are those of a gap without ``gaps``.

    >>> city = Category("city", ("Bonn", "Köln"), gaps=True)
    >>> out = np.empty((3, 3))
    >>> city.write(np.array(["Köln", None, "Ulm"], object), out=out)
    >>> out
    array([[0., 1., 0.],
           [0., 0., 1.],
           [0., 0., 0.]])
    """

    name: str
    levels: tuple[str, ...]
    others: bool = False
    gaps: bool = False
    kind: ClassVar[str] = "category"

    @classmethod
    def fitted(cls, name: str, values: AnyArray) -> "Category":
        """The levels of the values that are there (n,), the frequent ones by themselves.

        >>> Category.fitted("city", np.array(["Köln", "Bonn", None, "Bonn"], object))
        Category(name='city', levels=('Bonn', 'Köln'), others=False, gaps=True)
        """
        counts = Counter(values.tolist())
        gaps = counts.pop(None, 0)
        return cls.counted(name, counts, gaps=gaps > 0)

    @classmethod
    def counted(cls, name: str, counts: Mapping[str, int], *, gaps: bool) -> "Category":
        """As ``fitted``, given how often each level is there, and whether there are gaps.

        >>> Category.counted("city", {"Köln": 1, "Bonn": 2}, gaps=False).levels
        ('Bonn', 'Köln')
        """
        least = RARE if len(counts) > 2 and sum(counts.values()) >= 20 * RARE else 1
        frequent = sorted(counts.items(), key=lambda level: (-level[1], level[0]))[:MOST_LEVELS]
        kept = sorted(level for level, count in frequent if count >= least)
        return cls(name, tuple(kept), len(kept) < len(counts), gaps)

    @property
    def inputs(self) -> tuple[str, ...]:
        """One for each level, then for rare levels, then for gaps."""
        more = [f"{self.name} = (other)"] * self.others + [f"{self.name} is missing"] * self.gaps
        return (*(f"{self.name} = {level}" for level in self.levels), *more)

    def write(self, values: AnyArray, *, out: Array) -> None:
        out[...] = self.chosen(values)[:, np.newaxis] == np.arange(out.shape[1])

    def chosen(self, values: AnyArray) -> AnyArray:
        """Which of its inputs each of ``values`` (n,) sets, (n,) int64; as many as there are inputs, where none.

        >>> Category("city", ("Bonn", "Köln")).chosen(np.array(["Köln", None], object)).tolist()
        [1, 2]
        """
        count, find = len(self.levels), Levels(self.levels).place
        none = count + self.others + self.gaps
        other, gap = (count if self.others else none), (count + self.others if self.gaps else none)
        place = {value: gap if value is None else find(value) for value in set(values.tolist())}
        return np.array([other if (k := place[value]) is None else k for value in values.tolist()], np.int64)

    def unknown(self, values: AnyArray) -> list[str]:
        """The levels among ``values`` (n,) that have no input of their own, sorted."""
        find = Levels(self.levels).place
        return sorted(value for value in set(values.tolist()) if value is not None and find(value) is None)


@dataclass(frozen=True)
class Date:
    """(days − mean) / scale, days since 1970; and for each of ``cycles`` sin 2πp and cos 2πp of the place p in it.

    Cycles are "year", "week" and "day"; a week begins on Monday. A gap is taken as ``fill``, in seconds; with ``gaps``
    one more input is 1 where there was one. ``form`` is that in which its dates were written, if they were text.

    >>> when = Date("when", mean=0.0, scale=1.0, fill=0.0, cycles=("week",))
    >>> when.inputs
    ('when', 'when: sin of week', 'when: cos of week')
    >>> out = np.empty((1, 3))
    >>> when.write(np.array([4 * 86400.0]), out=out)  # Monday, 1970-01-05
    >>> out
    array([[4., 0., 1.]])
    """

    name: str
    mean: float
    scale: float
    fill: float
    cycles: tuple[str, ...] = ()
    gaps: bool = False
    form: str = ""
    kind: ClassVar[str] = "date"

    @classmethod
    def fitted(cls, name: str, values: AnyArray, *, form: str = "") -> "Date":
        """As for a number, in days; with the cycles that the values go through.

        >>> Date.fitted("when", np.array([0.0, 86400.0 * 10])).cycles
        ('week',)
        """
        there = values[~np.isnan(values)]
        mean, scale = mean_and_scale(there / DAY)
        return cls(name, mean, scale, median(there), cycles_of(there), len(there) < len(values), form)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The days, sine and cosine of each cycle, and whether it was missing."""
        waves = [f"{self.name}: {wave} of {cycle}" for cycle in self.cycles for wave in ("sin", "cos")]
        return (self.name, *waves, *[f"{self.name} is missing"] * self.gaps)

    def write(self, values: AnyArray, *, out: Array) -> None:
        missing = np.isnan(values)
        days = np.where(missing, self.fill, values) / DAY
        out[:, 0] = (days - self.mean) / self.scale
        for k, cycle in enumerate(self.cycles):
            turns = 2 * np.pi * ((days - MONDAY) / CYCLES[cycle] % 1)
            out[:, 1 + 2 * k], out[:, 2 + 2 * k] = np.sin(turns), np.cos(turns)
        if self.gaps:
            out[:, -1] = missing


def cycles_of(values: AnyArray) -> tuple[str, ...]:
    """The cycles that dates (n,), in seconds, go through by half at least, and in which their places differ.

    The weekdays of dates of which no two are of one month, as the first of each, say nothing: then there is no week.

    >>> monthly = np.arange("2020-01", "2023-01", dtype="M8[M]").astype("M8[s]").astype(float)
    >>> cycles_of(monthly), cycles_of(monthly[::12]), cycles_of(np.arange(1000) * DAY)
    (('year',), (), ('year', 'week'))
    """
    if not len(values):
        return ()
    span = (float(values.max()) - float(values.min())) / DAY
    return cycles_within(span, np.unique(values // DAY), len(np.unique(values % DAY)) > 1)


def cycles_within(span: float, days: AnyArray, at_times: bool) -> tuple[str, ...]:
    """As ``cycles_of``, given the span of the dates in days, the different days, and whether times of day differ.

    >>> cycles_within(9.0, np.arange(10.0), False)
    ('week',)
    """
    months = np.unique(days.astype("M8[D]").astype("M8[M]")).astype(np.int64)
    telling = {
        "year": len(np.unique(months % 12)) > 1,
        "week": len(np.unique(days % 7)) > 1 and len(days) > len(months),
        "day": at_times,
    }
    return tuple(name for name, length in CYCLES.items() if span > length / 2 and telling[name])


@dataclass(frozen=True)
class Target:
    """One value to predict: the network learns (y − mean) / scale, and what it says is brought back.

    ``form`` is how its column writes 1234.5, as that of a ``Number``.

    >>> Target.fitted("price", np.array([100.0, 300.0]))
    Target(name='price', mean=200.0, scale=100.0, form='')
    """

    name: str
    mean: float
    scale: float
    form: str = ""

    @classmethod
    def fitted(cls, name: str, values: AnyArray, *, counts: bool = False, form: str = "") -> "Target":
        """Mean and standard deviation of the values (n,); of counts, which stay at least 0, the scale is their mean.

        >>> Target.fitted("visits", np.array([0.0, 4.0]), counts=True)
        Target(name='visits', mean=0.0, scale=2.0, form='')
        """
        mean, scale = mean_and_scale(values)
        return cls(name, 0.0, mean or 1.0, form) if counts else cls(name, mean, scale, form)


def median(values: AnyArray) -> float:
    """The median of values (n,), 0 where there are none; the mean of the two in the middle does not overflow.

    >>> median(np.array([1e308, 1.5e308])), median(np.zeros(0))
    (1.25e+308, 0.0)
    """
    return float(np.median(values / 2)) * 2 if len(values) else 0.0


def mean_and_scale(values: AnyArray) -> tuple[float, float]:
    """The mean and the standard deviation of values (n,), 1 where they do not differ or there are none.

    Huge values are divided by the largest first, so that their squares stay numbers.

    >>> mean_and_scale(np.array([1.0, 3.0]))
    (2.0, 1.0)
    >>> mean_and_scale(np.array([5.0, 5.0]))
    (5.0, 1.0)
    """
    if not len(values):
        return 0.0, 1.0
    mean, deviation = mean_and_deviation(values)
    return mean, scale_of(mean, deviation)


def mean_and_deviation(values: AnyArray) -> tuple[float, float]:
    """The mean and the standard deviation of values (n,), of which there is at least one.

    >>> mean_and_deviation(np.array([2.0, 4.0]))
    (3.0, 1.0)
    """
    largest = float(np.abs(values).max())
    unit = largest if largest > HUGE else 1.0
    return float(np.mean(values / unit)) * unit, float(np.std(values / unit)) * unit


def scale_of(mean: float, deviation: float) -> float:
    """What values are divided by: their standard deviation, or 1 where they do not differ.

    >>> scale_of(5.0, 0.0), scale_of(5.0, 2.0)
    (1.0, 2.0)
    """
    return deviation if deviation > 1e-12 * abs(mean) and deviation > 0 else 1.0
