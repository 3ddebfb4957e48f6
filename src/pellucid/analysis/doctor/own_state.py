"""The variables of the user's code as a whole: all numbers in them, copied, and set."""

import copy
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import Path
from pellucid.analysis.doctor.objects import is_own
from pellucid.core.arrays import AnyArray

LIST = "[]"  # ends the path of a list of numbers as a whole
MOST_NUMBERS = 500_000  # of an array that is watched
MOST_PARTS = 300  # of a list whose parts are looked into
SHARED = 5_000_000  # numbers from which on an array is not copied: data, which no step changes

ARITHMETIC = ("__add__", "__mul__")  # methods of numbers

Leaves = dict[Path, AnyArray]
State = dict[str, dict[str, Any]]  # "globals" and "locals": names to values


def is_data(value: Any) -> bool:
    """Whether a value is no module, function or class."""
    return is_own(value) or not (isinstance(value, ModuleType | FunctionType | type) or callable(value))


def copied(state: State) -> State:
    """A deep copy; what cannot be copied, and large arrays, are shared."""
    memo: dict[int, Any] = {}
    for values in state.values():
        memo |= {id(v): v for v in values.values() if isinstance(v, np.ndarray) and v.size > SHARED}
    found: State = {}
    for kind, values in state.items():
        found[kind] = {}
        for name, value in values.items():
            try:
                found[kind][name] = value if _is_computed(value) else copy.deepcopy(value, memo)
            except Exception:  # a file, a lock, a generator
                found[kind][name] = value
    return found


def _is_computed(value: Any) -> bool:
    """Whether it is a number of the user's own kind, or a list of these, that knows from which others it was made.

    Such a graph is as large as all the arithmetic of a pass; no step changes it.
    """
    first = value[0] if isinstance(value, list | tuple) and value else value
    if not is_own(first) or not all(hasattr(type(first), name) for name in ARITHMETIC):
        return False
    holders = [part for part in vars(first).values() if isinstance(part, set | frozenset | list | tuple)]
    return any(type(part) is type(first) for holder in holders for part in holder)


def leaves(state: Any, *, objects: bool = True, lists: bool = False) -> Leaves:
    """All arrays of numbers within variables, and numbers alone, by the path to them; with ``lists`` whole ones too."""
    found: Leaves = {}
    known: set[int] = set()

    def walk(value: Any, path: Path) -> None:
        if isinstance(value, bool | str | bytes | None.__class__):
            return
        if isinstance(value, np.ndarray | np.number | float | int):
            if np.size(value) <= MOST_NUMBERS and np.asarray(value).dtype.kind in "fiub" and id(value) not in known:
                found[path] = np.asarray(value)
            if isinstance(value, np.ndarray):
                known.add(id(value))
            return
        if id(value) in known:
            return
        known.add(id(value))
        if lists and isinstance(value, list) and value and all(isinstance(part, float | int) for part in value):
            found[(*path, LIST)] = np.asarray(value)
        for key, part in _parts(value, objects=objects or len(path) < 2):
            walk(part, (*path, key))

    walk(state, ())
    return found


def _parts(value: Any, *, objects: bool) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list | tuple) and len(value) <= MOST_PARTS:
        yield from enumerate(value)
    elif objects and is_own(value):
        yield from vars(value).items()


def differ(before: Leaves, after: Leaves) -> bool:
    """Whether some array of real numbers has changed."""
    return any(
        path in after
        and array.dtype.kind == "f"
        and array.shape == after[path].shape
        and not np.array_equal(array, after[path])
        for path, array in before.items()
    )
