"""Objects of the user's classes: their attributes as nested dicts, and the parameters in them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import Path, array_paths, learn_names
from pellucid.analysis.doctor.naming import LAST, Quantity, meaning, quantity
from pellucid.analysis.doctor.role_names import STATES

NEVER = ("gradients", "cache")  # what holds no parameters, whatever its keys are


class Variables:
    """Variables as an object's attributes."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


def is_own(value: Any) -> bool:
    """Whether a value is an object of a class in the user's file."""
    own = isinstance(value, Variables) or type(value).__module__ == "user"
    return own and hasattr(value, "__dict__") and not isinstance(value, type)


def opened(value: Any) -> Any:
    """What a named tuple or an object of the user's holds, by name; anything else as it is."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    return dict(vars(value)) if is_own(value) else value


def as_dicts(value: Any, seen: set[int] | None = None) -> Any:
    """An object's attributes, and what is in them, as nested dicts, lists and arrays; each object once."""
    seen = set() if seen is None else seen
    if is_own(value) or isinstance(value, dict | list | tuple):
        if id(value) in seen:
            return None
        seen.add(id(value))
    if is_own(value):
        return {name: as_dicts(part, seen) for name, part in vars(value).items()}
    if isinstance(value, dict):
        return {key: as_dicts(part, seen) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_dicts(part, seen) for part in value]
    return value if isinstance(value, np.ndarray | np.number | float | int) else None


def get(root: Any, path: Path) -> Any:
    """The part of an object at a path of attributes, keys and indices."""
    for key in path:
        root = getattr(root, key) if is_own(root) else root[key]
    return root


def put(root: Any, path: Path, value: Any) -> None:
    """Set the part of an object at a path: in place where that goes; tuples on the way are made anew."""
    parent, old = get(root, path[:-1]), get(root, path)
    if isinstance(old, np.ndarray) and old.dtype == np.float64 and old.shape == np.shape(value):
        old[...] = value  # whatever else holds this array has the new numbers, too
        return
    value = float(value) if isinstance(old, float | int) and np.ndim(value) == 0 else value  # not changed in place
    if is_own(parent):
        setattr(parent, path[-1], value)
    elif isinstance(parent, tuple):
        put(root, path[:-1], tuple(value if k == path[-1] else part for k, part in enumerate(parent)))
    else:
        parent[path[-1]] = value


def paths_of(root: Any, kinds: tuple[str, str] = ("W", "b")) -> dict[Quantity, Path]:
    """Where each layer's arrays stand in an object: in its attributes, or in those of its layer objects."""
    tree = as_dicts(root)
    if kinds == ("W", "b") and isinstance(tree, dict):
        tree = {name: part for name, part in tree.items() if not STATES.search(name) and meaning(name) not in NEVER}
    found: dict[Quantity, Path] = {}
    for l, (path, group) in enumerate(_layer_objects(tree), start=1):
        found.update({Quantity(q.kind, l): (*path, key) for q, key in _quantities(group) if q.kind in kinds})
    if found:
        return found
    learn_names(tree, [])
    paths = {q: path for q, path in array_paths(tree, [None]).items() if q.kind in kinds}
    last = max((q.layer for q in paths if q.layer != LAST), default=0) + 1
    return {Quantity(q.kind, last) if q.layer == LAST else q: path for q, path in paths.items()}


def gradient_paths(root: Any, parameters: dict[Quantity, Path]) -> dict[Quantity, Path]:
    """Where the gradients of these parameters stand: beside them in their object, or on their own."""
    if any(len(path) == 1 or isinstance(path[-1], int) for path in parameters.values()):
        found = paths_of(root, ("dW", "db"))
        return {q: path for q, path in found.items() if q.parameter in parameters}
    found = dict[Quantity, Path]()
    for q, path in parameters.items():
        beside = as_dicts(get(root, path[:-1]))
        for other, key in _quantities(beside):
            if other in (q.gradient, Quantity(q.gradient.kind, LAST)):
                found[q.gradient] = (*path[:-1], key)
    return found or paths_of(root, ("dW", "db"))


def _layer_objects(tree: Any, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The layer objects within an object: those with a W that has no number."""
    if isinstance(tree, dict):
        kinds = [q for q, _ in _quantities(tree) if q.kind == "W"]
        if path and len(kinds) == 1 and kinds[0].layer == LAST:
            yield path, tree
            return
    for key, part in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from _layer_objects(part, (*path, key))


def _quantities(attributes: dict[str, Any]) -> list[tuple[Quantity, str]]:
    """The arrays among attributes whose names tell what they are."""
    arrays = {key: value for key, value in attributes.items() if isinstance(value, np.ndarray | np.floating)}
    return [(q, key) for key in arrays if (q := quantity(str(key))) is not None]
