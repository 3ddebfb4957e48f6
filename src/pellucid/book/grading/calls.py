"""A learner's function, called: what it returned, what it changed, what NumPy warned of, or how it failed."""

import inspect
import itertools
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.analysis.doctor.sandbox import run
from pellucid.book.grading.exercise import Inputs
from pellucid.book.grading.inputs import live

SECONDS = 5.0  # for one call
ALL_SECONDS = 8.0  # after which no further call of a function is made
PATIENCE = 0.5  # seconds after which a failure is one of time
MOST = 100_000  # values that are taken from a function that yields them


@dataclass(frozen=True)
class Outcome:
    """How one call ended; ``changed`` are the places of inputs that it changed, ``failure`` the error with its line."""

    value: Any = None
    changed: list[int] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    failure: str | None = None


def outcomes(function: Callable[..., Any], calls: Sequence[Inputs]) -> list[Outcome]:
    """How the calls end; after one that fails, and takes long, none is made any more."""
    ended: list[Outcome] = []
    began = time.monotonic()
    for inputs in calls:
        now = time.monotonic()
        if now - began > ALL_SECONDS:
            return [*ended, Outcome(failure=f"all its calls together ran for more than {ALL_SECONDS:g} s")]
        ended.append(_outcome(function, inputs))
        if ended[-1].failure is not None and time.monotonic() - now > PATIENCE:
            break
    return ended


def _outcome(function: Callable[..., Any], inputs: Inputs) -> Outcome:
    given = [live(value) for value in inputs]
    if (refused := _signature_that_does_not_fit(function, given)) is not None:
        return Outcome(failure=f"it takes {refused}, and is given {len(given)} values")
    warned: list[str] = []

    def call() -> Any:
        with warnings.catch_warnings(record=True) as caught, np.errstate(over="warn", invalid="warn", divide="warn"):
            warnings.simplefilter("always")
            value = _taken(function(*given))
        warned.extend(str(each.message)[:200] for each in caught if each.category is RuntimeWarning)
        return value

    code = getattr(function, "__code__", None)
    result = run(call, None if code is None else code.co_filename, seconds=SECONDS)
    if result.failure is not None:
        return Outcome(failure=result.failure.text.replace("TooLongError: ", "")[:1000])
    changed = [k for k, (now, was) in enumerate(zip(given, inputs, strict=True)) if not _alike(now, was)]
    return Outcome(result.value, changed, warned)


def _signature_that_does_not_fit(function: Callable[..., Any], given: list[Any]) -> str | None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    try:
        signature.bind(*given)
    except TypeError:
        return str(signature)[:200]
    return None


def _taken(value: Any) -> Any:
    """What a function returned; where it yields values, or maps something, all of them."""
    if isinstance(value, Iterator) and not isinstance(value, np.nditer):
        return list(itertools.islice(value, MOST))
    return value


def _alike(now: Any, was: Any) -> bool:
    """Whether an input is as it was, but for rounding."""
    if isinstance(was, list):
        return isinstance(now, list) and len(now) == len(was) and all(map(_alike, now, was))
    if isinstance(was, np.ndarray):
        return np.shape(now) == was.shape and bool(np.allclose(now, was, rtol=1e-9, atol=1e-12, equal_nan=True))
    return now == was if isinstance(was, int | float | str) else True
