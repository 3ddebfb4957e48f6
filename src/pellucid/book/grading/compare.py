"""Two answers compared: first how they are built, then the first number that differs."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from pellucid.core.arrays import AnyArray

LEAST = 1e-8  # a difference that never counts


def difference(given: Any, right: Any, names: Sequence[str] = (), tolerance: float = 1e-6) -> str | None:
    """What differs first, None where nothing does; ``names`` are those of the answer's parts.

    >>> difference([1.0, 2.5], np.array([1.0, 2.0]), ["z"])
    'z[1] is 2.5 where 2 is right'
    """
    name = names[0] if len(names) == 1 else "what it returns"
    if len(names) > 1:
        return _of_parts(given, right, name, list(names), tolerance)
    return _of_value(given, right, name, tolerance)


def _of_value(given: Any, right: Any, name: str, tolerance: float) -> str | None:
    if isinstance(right, list | tuple):
        return _of_parts(given, right, name, [f"{name}[{k}]" for k in range(len(right))], tolerance)
    array = as_array(given)
    if array is None:
        return f"{name} is {kind(given)} where {kind(right)} is right"
    expected = np.asarray(right)
    if array.shape != expected.shape:
        return f"{name} is {kind(array)} where {kind(expected)} is right"
    wrong = ~_close(array, expected, tolerance)
    if not wrong.any():
        return None
    place = tuple(int(k) for k in np.argwhere(wrong)[0])
    index = f"[{', '.join(map(str, place))}]" if place else ""
    return f"{name}{index} is {' where '.join(_apart(array[place], expected[place]))} is right"


def _of_parts(given: Any, right: Any, name: str, names: Sequence[str], tolerance: float) -> str | None:
    parts = list(given) if isinstance(given, list | tuple) else None
    if parts is None and isinstance(given, np.ndarray) and given.ndim and len(given) == len(right):
        parts = list(given)
    if parts is None or len(parts) != len(right):
        found = kind(given) if parts is None else f"{len(parts)} values"
        return f"{name} is {found} where {_listed(names)} are right"
    triples = zip(parts, right, names, strict=True)
    return first(_of_value(part, expected, each, tolerance) for part, expected, each in triples)


def _listed(names: Sequence[str]) -> str:
    return f"{len(names)} values ({', '.join(names[:4])}{', …' if len(names) > 4 else ''})"


def as_array(value: Any) -> AnyArray | None:
    """A number, an array or nested lists of numbers as an array; None for anything else."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError):  # lists of different lengths
        return None
    return array if array.dtype.kind in "biufc" else None


def kind(value: Any) -> str:
    """What a value is, for a message.

    >>> kind(2.0), kind(np.ones((2, 3))), kind([1.0, "a"])
    ('a number', 'an array of shape (2, 3)', 'a list')
    """
    array = as_array(value)
    if array is not None and array.ndim == 0:
        return "a number"
    if array is not None:
        return f"an array of shape {array.shape}"
    return getattr(value, "called", None) or f"a {type(value).__name__}"


def _close(given: AnyArray, right: AnyArray, tolerance: float) -> AnyArray:
    with np.errstate(all="ignore"):
        near = np.abs(given.astype(complex) - right) <= LEAST + tolerance * np.abs(right)
    return np.asarray(near | (np.isnan(given) & np.isnan(right)) | (given == right))


def _apart(given: Any, right: Any) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart."""
    for digits in range(4, 18):
        texts = f"{given:.{digits}g}", f"{right:.{digits}g}"
        if texts[0] != texts[1]:
            break
    one, other = (text.replace("-", "−") for text in texts)
    return one, other


def same(given: Any, right: Any, tolerance: float = 1e-6) -> bool:
    """Whether two answers are built alike and hold the same numbers."""
    return difference(given, right, (), tolerance) is None


def first(answers: Iterator[str | None]) -> str | None:
    """The first that says something."""
    return next((answer for answer in answers if answer), None)


def quietly(call: Callable[..., Any], *inputs: Any) -> Any:
    """What a function returns, None where it fails; without warnings."""
    import warnings

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return call(*inputs)
        except (ArithmeticError, ValueError, TypeError, IndexError):
            return None
