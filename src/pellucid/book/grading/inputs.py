"""Inputs that are no numbers: what stands for a random generator, and for a function, until it is handed over."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.core.arrays import Array


@dataclass(frozen=True)
class Seed:
    """A random generator: one that is made anew for each call."""

    number: int


@dataclass(frozen=True, eq=False)
class Function:
    """A function of numbers, known by its name, with what it is made of."""

    name: str
    parts: tuple[Array, ...]

    def __call__(self, x: Any) -> Any:
        return FUNCTIONS[self.name](x, *self.parts)


def _cubic(x: Any, a: Array, b: Array) -> Any:
    """A sum over all entries: x³, x², and the products of two and of three that stand side by side."""
    x = np.asarray(x, float).ravel()
    pairs = x[1:] * x[:-1]
    return float(np.sum(a * x**3) + np.sum(b * x**2) + np.sum(pairs) + np.sum(pairs[1:] * x[:-2]))


def _slope_of_parabola(x: Any, a: Array, b: Array) -> Any:
    """The slope of a (x − b)²."""
    return 2 * float(a) * (x - float(b))


def _slope_of_waves(x: Any, a: Array, b: Array) -> Any:
    """The slope of a curve with hills and valleys."""
    return float(a) * x + np.cos(float(b) * x)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "cubic": _cubic,
    "slope of a parabola": _slope_of_parabola,
    "slope of waves": _slope_of_waves,
}


def live(value: Any) -> Any:
    """An input as a function gets it, a copy of its own.

    >>> int(live(Seed(0)).integers(10)), live([np.ones(2)])
    (8, [array([1., 1.])])
    """
    if isinstance(value, Seed):
        return np.random.default_rng(value.number)
    if isinstance(value, np.ndarray):
        return value.copy()
    return [live(part) for part in value] if isinstance(value, list) else value
