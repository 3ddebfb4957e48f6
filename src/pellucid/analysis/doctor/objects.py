"""Objects of the user's classes: their attributes as nested dicts, and the parameters in them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from pellucid.analysis.doctor.naming import LAST, Path, Quantity, array_paths, learn_names, quantity


def is_own(value: Any) -> bool:
    """Whether a value is an object of a class in the user's file."""
    return type(value).__module__ == "user" and hasattr(value, "__dict__")


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
    """Set the part of an object at a path; where tuples are on the way, they are made anew."""
    parent = get(root, path[:-1])
    if is_own(parent):
        setattr(parent, path[-1], value)
    elif isinstance(parent, tuple):
        put(root, path[:-1], tuple(value if k == path[-1] else part for k, part in enumerate(parent)))
    else:
        parent[path[-1]] = value


def paths_of(root: Any, kinds: str = "Wb") -> dict[Quantity, Path]:
    """Where each layer's arrays stand in an object: in its attributes, or in those of its layer objects.

    With ``kinds`` "d": the gradients of the weights and biases.
    """
    tree = as_dicts(root)
    wanted = ("dW", "db") if kinds == "d" else ("W", "b")
    groups = list(_layer_objects(tree))
    if groups:
        found = {}
        for l, (path, group) in enumerate(groups, start=1):
            named = {q.kind: key for key, array in group.items() if (q := _parameter(key, array)) is not None}
            found.update({Quantity(kind, l): (*path, key) for kind, key in named.items() if kind in wanted})
        return found
    words: dict[str, str] = {}
    learn_names(tree, [], words)
    paths = {q: path for q, path in array_paths(tree, [None]).items() if q.kind in wanted}
    last = max((q.layer for q in paths if q.layer != LAST), default=0) + 1
    return {Quantity(q.kind, last) if q.layer == LAST else q: path for q, path in paths.items()}


def _layer_objects(tree: Any, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The layer objects within an object: those with a W that has no number."""
    if isinstance(tree, dict):
        kinds = [q for key, array in tree.items() if (q := _parameter(key, array)) is not None and q.kind == "W"]
        if path and len(kinds) == 1 and kinds[0].layer == LAST:
            yield path, tree
            return
    for key, part in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from _layer_objects(part, (*path, key))


def _parameter(key: Any, value: Any) -> Quantity | None:
    return quantity(str(key)) if isinstance(value, np.ndarray) else None
