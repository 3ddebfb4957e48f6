"""Two answers compared: first how they are built, then the first number that differs."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from pellucid._text import counted
from pellucid.core.arrays import AnyArray

LEAST = 1e-8  # a difference that never counts
LONGEST = 1e16  # below it a whole number is written in full


def difference(given: Any, right: Any, names: Sequence[str] = (), tolerance: float = 1e-6) -> str | None:
    """What differs first, None where nothing does; ``names`` are those of the answer's parts.

    >>> difference([1.0, 2.5], np.array([1.0, 2.0]), ["z"])
    'z[1] is 2.5 where 2 is right'
    """
    if len(names) > 1:
        return _of_parts(given, right, "it returns", list(names), tolerance)
    return _of_value(given, right, names[0] if names else "the answer", tolerance)


def _of_value(given: Any, right: Any, name: str, tolerance: float) -> str | None:
    short = name.removeprefix("the ")
    begin = f"{name} is" if short == name else "it returns"  # what has no symbol is the whole answer
    if isinstance(right, list | tuple):
        return _of_parts(given, right, begin, [f"{short}[{k}]" for k in range(len(right))], tolerance)
    array, expected = as_array(given), np.asarray(right)
    if array is None or array.shape != expected.shape:
        return f"{begin} {kind(given)} where {kind(expected)} is right"
    wrong = ~_close(array, expected, tolerance)
    if not wrong.any():
        return None
    place = tuple(int(k) for k in np.argwhere(wrong)[0])
    at = f"{short}[{', '.join(map(str, place))}]" if place else name
    return f"{at} is {' where '.join(_apart(array[place], expected[place]))} is right"


def _of_parts(given: Any, right: Any, begin: str, names: Sequence[str], tolerance: float) -> str | None:
    """The first difference of answers in several parts; a message on how many there are starts with ``begin``."""
    parts = list(given) if isinstance(given, list | tuple) else None
    if parts is None and isinstance(given, np.ndarray) and given.ndim and len(given) == len(right):
        parts = list(given)
    if parts is None or len(parts) != len(right):
        found = kind(given) if parts is None else f"a {type(given).__name__} of {counted(len(parts), 'value')}"
        return f"{begin} {found} where {counted(len(names), 'value')} ({_listed(names)}) are right"
    triples = zip(parts, right, names, strict=True)
    return first(_of_value(part, expected, each, tolerance) for part, expected, each in triples)


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:4])}{', …' if len(names) > 4 else ''}"


def as_array(value: Any) -> AnyArray | None:
    """A number, an array or nested lists of numbers as an array; None for anything else."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError):  # lists of different lengths
        return None
    return array if array.dtype.kind in "biufc" else None


def kind(value: Any) -> str:
    """What a value is, for a message.

    >>> kind(2.0), kind(np.ones((2, 3))), kind([1.0]), kind([1.0, "a"])
    ('a number', 'an array of shape (2, 3)', 'a list of shape (1,)', 'a list')
    """
    array = as_array(value)
    if array is not None and array.ndim == 0:
        return "a number"
    if array is not None:
        what = f"a {type(value).__name__}" if isinstance(value, list | tuple) else "an array"
        return f"{what} of shape {array.shape}"
    if isinstance(value, np.ndarray):
        return f"an array of {of_what(value)}"
    return getattr(value, "called", None) or f"a {type(value).__name__}"


def of_what(array: AnyArray) -> str:
    """What an array holds that holds no numbers."""
    return {"U": "text", "S": "text", "O": "objects"}.get(array.dtype.kind, array.dtype.name[:40])


def _close(given: AnyArray, right: AnyArray, tolerance: float) -> AnyArray:
    with np.errstate(all="ignore"):
        near = np.isfinite(right) & (np.abs(given.astype(complex) - right) <= LEAST + tolerance * np.abs(right))
    return np.asarray(near | (np.isnan(given) & np.isnan(right)) | (given == right))


def _apart(given: Any, right: Any) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart."""
    for digits in range(4, 18):
        texts = _text(given, digits), _text(right, digits)
        if texts[0] != texts[1]:
            break
    return texts


def _text(number: Any, digits: int) -> str:
    """A number with so many digits; what stands before the point is there in any case.

    >>> _text(25760, 4), _text(25760.25, 4), _text(0.0123456, 4)
    ('25760', '25760.2', '0.01235')
    """
    if not np.iscomplexobj(number) and abs(number) < LONGEST:
        digits = max(digits, len(str(int(abs(number)))) + (number != int(number)))
    return f"{number:.{digits}g}".replace("-", "−")


def rounded(given: Any, right: Any) -> str | None:
    """How an answer was rounded, if that is all that differs.

    >>> rounded([0.33, 0.67], np.array([1 / 3, 2 / 3]))
    'it is rounded to 2 places'
    """
    array = as_array(given)
    if array is None or array.dtype.kind != "f" or isinstance(right, list | tuple) or array.shape != np.shape(right):
        return None
    places = (k for k in range(1, 7) if np.array_equal(array, np.round(right, k)))
    return next((f"it is rounded to {counted(k, 'place')}" for k in places), None)


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
