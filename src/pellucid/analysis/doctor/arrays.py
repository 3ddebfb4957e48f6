"""The arrays within what functions return: where each W, b, dW and db stands, read and written there."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pellucid.analysis.doctor.naming import LAST, Quantity, data_word, quantity, words_in_use

Path = tuple[Any, ...]  # of keys and indices into nested dicts, lists and tuples


Arrays = dict[Quantity, Any]  # parameters or gradients, by what they are


def array_paths(value: Any, names: list[str | None], *, gradients: bool = False) -> dict[Quantity, Path]:
    """Where in a returned value each layer's arrays stand; ``names`` are those of its parts, where they are known.

    >>> arrays = {"W1": np.zeros((3, 2)), "b1": np.zeros(3)}
    >>> array_paths(arrays, ["params"])
    {Quantity(kind='W', layer=1): ('W1',), Quantity(kind='b', layer=1): ('b1',)}
    """
    found: dict[Quantity, Path] = {}
    several = isinstance(value, tuple | list) and len(names) == len(value) > 0
    if several and (len(names) > 1 or is_array(value[0])):
        for index, (part, name) in enumerate(zip(value, names, strict=True)):
            found.update(_inside(part, name, (index,)))
    if not found:
        found = _inside(value, names[0] if len(names) == 1 else None, ())
    if gradients:
        found = {q if q.kind[0] == "d" else q.gradient: path for q, path in found.items()}
    return found


def learn_names(value: Any, names: list[str | None]) -> None:
    """Add to a file's words what the parameters are called whose names do not tell: by order and shapes.

    >>> from pellucid.analysis.doctor.naming import own_words
    >>> with own_words({}) as words:
    ...     learn_names((np.ones((3, 2)), np.ones(3), np.ones((1, 3)), np.ones(1)), ["p", "q", "r", "s"])
    >>> words
    {'p': 'W1', 'q': 'b1', 'r': 'W2', 's': 'b2'}
    """
    words = words_in_use()
    pairs = value.items() if isinstance(value, dict) else zip(names, value, strict=False) if _several(value) else ()
    named = {
        str(name): array
        for name, array in pairs
        if name is not None
        and isinstance(array, np.ndarray)
        and data_word(str(name)) is None
        and ((q := quantity(str(name))) is None or q.kind in "Wb")
    }
    found = {name: q for name in named if (q := quantity(name)) is not None and q.kind in "Wb"}
    if any(q.layer == 0 for q in found.values()):  # they count from 0
        words.update({name: f"{q.kind}{q.layer + 1}" for name, q in found.items() if q.layer != LAST})
    if len({q for q in found.values() if q.kind == "W"}) == sum(q.kind == "W" for q in found.values()) > 0:
        return
    ordered = list(named)
    halves = [
        name for pair in zip(ordered[: len(ordered) // 2], ordered[len(ordered) // 2 :], strict=False) for name in pair
    ]
    for order in (ordered, halves):
        if _alternate([named[name] for name in order]) and order:
            words.update({name: f"{'Wb'[k % 2]}{k // 2 + 1}" for k, name in enumerate(order)})
            return
    tables = [name for name, array in named.items() if array.ndim == 2]
    if len(tables) == len(named):
        words.update({name: f"W{l}" for l, name in enumerate(tables, start=1)})


def _several(value: Any) -> bool:
    return isinstance(value, tuple | list)


def _inside(value: Any, name: str | None, path: Path) -> dict[Quantity, Path]:
    found: dict[Quantity, Path] = {}
    if is_array(value):
        q = quantity(name)
        return {} if q is None else {q: path}
    if isinstance(value, dict):
        for key, part in value.items():
            if isinstance(key, int):
                found.update(_layer_of(part, name, (*path, key), key + (0 in value)))
            else:
                found.update(_inside(part, str(key), (*path, key)))
    elif isinstance(value, list | tuple) and value:
        if all(map(is_array, value)) and _kind_of_list(name) is None and _alternate(value):
            for index in range(len(value)):
                found[Quantity("Wb"[index % 2], index // 2 + 1)] = (*path, index)
            return found
        first = value[0]  # [None, W1, W2]: they count from 1
        hole = first is None or isinstance(first, int) or (isinstance(first, list | np.ndarray) and len(first) == 0)
        for index, part in enumerate(value[hole:], start=1):
            found.update(_layer_of(part, name, (*path, index - (not hole)), index))
    return found


def _layer_of(part: Any, name: str | None, path: Path, layer: int) -> dict[Quantity, Path]:
    """The arrays of one entry of a list with an entry a layer."""
    if is_array(part):
        kind = _kind_of_list(name)
        return {} if kind is None else {Quantity(kind, layer): path}
    if isinstance(part, dict):
        named = {quantity(str(key)): key for key in part}
        return {Quantity(q.kind, layer): (*path, key) for q, key in named.items() if q is not None}
    if isinstance(part, list | tuple) and len(part) == 2 and all(map(is_array, part)):
        tables = [np.ndim(array) == 2 and min(np.shape(array)) > 1 for array in part]
        first = int(np.argmax(tables)) if any(tables) else int(np.size(part[0]) < np.size(part[1]))
        return {Quantity("W", layer): (*path, first), Quantity("b", layer): (*path, 1 - first)}
    return {}


def _kind_of_list(name: str | None) -> str | None:
    """``weights`` and ``dWs`` are lists with an array a layer, of this kind."""
    if name is None:
        return None
    texts = (name, name.removesuffix("s"), name.removesuffix("es"), name.removesuffix("_list"))
    return next((q.kind for q in map(quantity, texts) if q is not None), None)


def _alternate(value: Any) -> bool:
    """Whether a flat list reads W1, b1, W2, b2, …"""
    pairs = list(zip(value[::2], value[1::2], strict=False))
    return len(value) % 2 == 0 and all(np.ndim(W) == 2 and _adds_to(b, W) for W, b in pairs)


def _adds_to(b: Any, W: Any) -> bool:
    """Whether b may be W's bias: a column (n, 1) only of a W with n rows."""
    column = np.ndim(b) == 2 and np.shape(b)[1] == 1 < np.size(b)
    return np.size(b) == len(W) if column else np.size(b) in np.shape(W)


def is_array(value: Any) -> bool:
    """Whether a value is an array of numbers, or a number."""
    return isinstance(value, np.ndarray | np.number | float | int) and not isinstance(value, bool)


def at(value: Any, path: Path) -> Any:
    """The part of a nested value at a path."""
    for key in path:
        value = value[key]
    return value


def replaced(value: Any, path: Path, part: Any) -> Any:
    """A nested value with the part at a path replaced; what stands on the way is copied. A number stays a number."""
    if not path:
        return float(part) if isinstance(value, float | int) and np.ndim(part) == 0 else part
    if isinstance(value, dict):
        return {**value, path[0]: replaced(value[path[0]], path[1:], part)}
    items = list(value)
    items[path[0]] = replaced(items[path[0]], path[1:], part)
    return type(value)(items)


def with_arrays(value: Any, paths: dict[Quantity, Path], new: Callable[[Quantity, Any], Any]) -> Any:
    """A nested value with the arrays at some paths replaced by what ``new`` makes of them."""
    for q, path in paths.items():
        value = replaced(value, path, new(q, at(value, path)))
    return value


def all_arrays(values: Any, label: str = "") -> Iterator[tuple[str, Any]]:
    """Every array within nested values, with what one would write to get it.

    >>> [label for label, _ in all_arrays({"Z1": np.ones(2), "acts": [np.ones(3)]})]
    ['Z1', 'acts[0]']
    """
    if isinstance(values, np.ndarray | np.floating):
        yield label, values
    elif isinstance(values, dict):
        for key, part in values.items():
            yield from all_arrays(part, f"{label}[{key!r}]" if label else str(key))
    elif isinstance(values, list | tuple):
        for index, part in enumerate(values):
            yield from all_arrays(part, f"{label}[{index}]")
