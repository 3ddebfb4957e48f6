"""Which losses to draw lines at: evenly spaced in the logarithm where the losses differ by much, as they do far out."""

import math
from typing import NamedTuple

import numpy as np

from pellucid.analysis.landscape.surface import Surface

MUCH = 5.0  # highest / lowest from which on the scale is logarithmic
MANTISSAS = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0), tuple(np.arange(10, 100) / 10))


class Levels(NamedTuple):
    """The range of the finite losses, and round numbers within it; ``logarithmic`` tells how to space them."""

    low: float
    high: float
    lines: list[float]
    logarithmic: bool


def levels(surface: Surface, most: int = 12) -> Levels:
    """The range of a surface's losses, and at most so many round losses within it.

    >>> losses = np.array([[0.07, 0.3], [2.0, 30.0]])
    >>> levels(Surface("random", np.array([0.0, 1]), np.array([0.0, 1]), losses, 0.07, 10, "cross-entropy"))
    Levels(low=0.07, high=30.0, lines=[0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0], logarithmic=True)
    """
    low, high = surface.lowest[0], surface.highest[0]
    if not high > low:
        return Levels(low, low + (abs(low) or 1.0), [], False)
    if low > 0 and high / low >= MUCH:
        return Levels(low, high, by_factor(low, high, most), True)
    return Levels(low, high, by_step(low, high, most), False)


def by_factor(low: float, high: float, most: int) -> list[float]:
    """At most so many round numbers between two positive ones, evenly spaced in the logarithm.

    >>> by_factor(0.07, 30, 6)
    [0.1, 0.3, 1.0, 3.0, 10.0]
    """
    if not high > low:
        return []
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    powers = range(first, last + 1, max(1, -(-(last - first) // most)))
    best: list[float] = []
    for mantissas in MANTISSAS:
        lines = [float(f"{mantissa}e{power}") for power in powers for mantissa in mantissas]
        within = [line for line in lines if low < line < high]
        if len(within) <= most:
            best = within
    return best or by_step(low, high, most)


def by_step(low: float, high: float, most: int) -> list[float]:
    """At most so many round numbers between two others, evenly spaced.

    >>> by_step(0.07, 30, 6)
    [5.0, 10.0, 15.0, 20.0, 25.0]
    """
    if not high > low:
        return []
    least = (high - low) / most
    power = math.floor(math.log10(least))
    step = next(step for m in (1, 2, 5, 10) if (step := float(f"{m}e{power}")) >= least)
    lines = [float(f"{step * k:.12g}") for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return [line for line in lines if low < line < high]
