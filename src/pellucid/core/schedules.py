"""Learning-rate schedules: what share of the learning rate is used at which point of the training.

A schedule is a function of one number, the progress from 0 (the first step) to 1 (the end), and returns a factor.

>>> [round(cosine(progress), 2) for progress in (0, 0.5, 1)]
[1.0, 0.5, 0.0]
"""

import math
from collections.abc import Callable

Schedule = Callable[[float], float]


def constant(progress: float) -> float:  # noqa: ARG001
    """1 all the way."""
    return 1.0


def linear(progress: float) -> float:
    """Down a straight line from 1 to 0."""
    return 1.0 - progress


def cosine(progress: float) -> float:
    """Down half a cosine from 1 to 0 (Loshchilov and Hutter, ICLR 2017, without restarts).

    >>> [round(cosine(p), 3) for p in (0.0, 0.5, 1.0)]
    [1.0, 0.5, 0.0]
    """
    return 0.5 * (1.0 + math.cos(math.pi * progress))


def step(progress: float) -> float:
    """1 for the first half, 0.1 for the third quarter, 0.01 for the last (He et al., CVPR 2016, lower it likewise).

    >>> [step(p) for p in (0.0, 0.5, 0.75)]
    [1.0, 0.1, 0.01]
    """
    return 1.0 if progress < 0.5 else 0.1 if progress < 0.75 else 0.01


def warmup_cosine(progress: float) -> float:
    """Up a straight line over the first tenth, then down half a cosine: the shape of Smith's one cycle (2018).

    The first step of all has the factor 0.
    """
    warmup = 0.1
    if progress < warmup:
        return progress / warmup
    return cosine((progress - warmup) / (1 - warmup))


SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "linear": linear,
    "cosine": cosine,
    "step": step,
    "warmup-cosine": warmup_cosine,
}
