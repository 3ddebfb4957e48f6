"""Functions that read parameters or data as global names: these become arguments, and what they set is returned."""

import ast
import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import is_array
from pellucid.analysis.doctor.driven import Driven, gradients_of, quantities, rate_in
from pellucid.analysis.doctor.naming import meaning, quantity
from pellucid.analysis.doctor.roles import find_functions
from pellucid.analysis.doctor.signatures import UserFunctions
from pellucid.analysis.doctor.user_data import define_globals
from pellucid.analysis.doctor.user_file import UserFile, from_outside


def find_global(file: UserFile) -> Iterator[UserFunctions]:
    """The file's functions with the global arrays that they read as further arguments."""
    for functions in find_functions(file, needs_init=False):
        define_globals(functions)
        read = {role: _arrays_read(file, functions.name_of(role)) for role in functions.by_role}
        parameters = [
            name for name in file.namespace if any(name in names for names in read.values()) and _is_parameter(name)
        ]
        if not any(read.values()) or not ("init" in functions or parameters):
            return
        if "init" not in functions:
            functions.options["parameters"] = {name: file.namespace[name] for name in parameters}
        arguments = functions.options.setdefault("arguments", {})
        arguments.update({name: word for names in read.values() for name in names if (word := _data(file, name))})
        for role in functions.by_role:
            if role != "init" and read[role]:
                functions.by_role[role] = _driven(functions, role, read[role])
        yield functions


def _is_parameter(name: str) -> bool:
    q = quantity(name)
    return (q is not None and q.kind in "Wb") or meaning(name) in ("parameters", "weights", "biases")


def _arrays_read(file: UserFile, function: str, seen: frozenset[str] = frozenset()) -> list[str]:
    """The global arrays, and lists and dicts, that a function reads, or one that it calls."""
    if function not in file.definitions or function in seen:
        return []
    outside = sorted(from_outside(file.definitions[function]))
    found = [
        name
        for name in outside
        if isinstance(value := file.namespace.get(name), np.ndarray | list | dict)
        or (is_array(value) and _is_parameter(name))
    ]
    deeper = [name for other in outside for name in _arrays_read(file, other, seen | {function})]
    return list(dict.fromkeys([*found, *deeper]))


def _data(file: UserFile, name: str) -> str | None:
    """X or y, for a global array that is no parameter."""
    if _is_parameter(name) or not isinstance(file.namespace[name], np.ndarray):
        return None
    word = meaning(name)
    if word in ("X", "y", "one hot"):
        return word
    return "y" if any(part in name.lower() for part in ("out", "target", "label", "y")) else "X"


def _driven(functions: UserFunctions, role: str, names: list[str]) -> Driven:
    function, namespace = functions.by_role[role], functions.namespace
    node = functions.definition(role)
    written = {n for part in ast.walk(node) if isinstance(part, ast.Global) for n in part.names} if node else set()
    rate_names = [n for n in namespace if meaning(n) == "learning rate" and n in (from_outside(node) if node else ())]
    takes_rate = functions.takes(role, "learning rate")

    def body(given: dict[str, Any], added: dict[str, Any]) -> tuple[Any, list[str | None] | None]:
        known = {name: value for name, value in added.items() if value is not None}
        before = {name: np.copy(value) for name, value in known.items() if is_array(value)}
        kept = {name: namespace[name] for name in {*known, *written, *rate_names} if name in namespace}
        namespace.update(known)
        try:
            value = function(**given)
            after = {
                n: namespace[n] for n in {*known, *written} if n in namespace and (n in written or _is_parameter(n))
            }
        finally:
            namespace.update(kept)
        is_loss = role == "backward" and is_array(value) and np.size(value) == 1
        if value is not None and not is_loss:
            return value, None
        if role == "backward" and not quantities(after, [None], ("dW", "db")):
            rate = rate_in(given) if takes_rate else rate_in(kept)
            return gradients_of(quantities(before, [None], "Wb"), quantities(after, [None], "Wb"), rate or 1.0), [None]
        return after, [None]

    more = [*names, *(name for name in sorted(written) if name not in names and _is_parameter(name))]
    own = inspect.signature(function).parameters
    return Driven(function, node, [name for name in more if name not in own], body)
