"""The roles of the user's functions: as a mapping in the file says, and else by their names."""

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

from pellucid.analysis.doctor.sandbox import code_object
from pellucid.analysis.doctor.signatures import UserFunctions
from pellucid.analysis.doctor.user_file import MAPPING, UserFile
from pellucid.core.errors import InputError

# the name of a role's function, where the mapping does not tell; the first function that fits is taken
PATTERNS = {
    "init": r"init\w*|make_param\w*|create_(param|network|weight)\w*|random_param\w*|new_param\w*",
    "forward": r"forward|forward_?(prop\w*|pass)|feed_?forward|fwd|(l_)?model_forward|forward\w*",
    "backward": r"backward|back_?prop\w*|backwards?_?(prop\w*|pass)|bprop|(l_)?model_backward|back\w*|"
    r"(compute_|get_)?(gradients|grads)",
    "update": r"update\w*|step|(gradient|sgd|optimi[sz]er)_step|apply_(grad\w*|update\w*)",
    "loss": r"(compute_|get_|calc\w*_)?(loss|cost|error|objective)(_f\w*|_with_\w+)?|"
    r"\w*(cross_?entropy|mse|squared_error|bce)\w*|(loss|cost)_\w+|\w+_(loss|cost)",
    "train": r"gradient_?descent|train\w*|fit|(nn_|l_layer_)?model|learn|sgd|run_training",
    "one_hot": r"\w*one_?hot\w*|to_categorical",
    "softmax": r"(stable_|my_)?softmax\w*",
}
NOT_ROLES = re.compile(r"deriv|prime|_grad$|gradient_of|delta|slope|plot|test|check", re.IGNORECASE)
STATES = re.compile(r"veloc|momentum|adam|optimi|rmsprop", re.IGNORECASE)  # what an optimiser starts with
ROLES = tuple(PATTERNS)
OPTIONS = {"X", "y", "samples", "learning_rate", "returns", "arguments", "parameters", "sizes"}


def find_functions(file: UserFile) -> UserFunctions:
    """The functions that a file holds, by role: those that PELLUCID names, and the others by their names.

    Raises:
        InputError: the mapping is none, or there is no forward or no backward function.
    """
    if any(MAPPING in ast.unparse(node) for node in file.deferred):
        train = [name for name in file.definitions if _is_called_as("train", name)]
        failures = file.run_needed([MAPPING], never=train)
        if MAPPING not in file.namespace:
            why = f" ({failures[-1].text})" if failures else ""
            raise InputError(f"{file.path}: {MAPPING} cannot be had{why}; use in it only what the file can compute")
    options = file.namespace.get(MAPPING, {})
    if not isinstance(options, dict):
        raise InputError(f"{file.path}: {MAPPING} is a {type(options).__name__}; write {MAPPING} = dict(forward=…, …)")
    candidates = {name: file.namespace[name] for name in file.definitions if name in file.namespace}
    return assign_roles(candidates, file, dict(options))


def assign_roles(candidates: Mapping[str, Any], file: UserFile | None, options: dict[str, Any]) -> UserFunctions:
    """The functions by role, from candidate functions by name, and what a mapping tells about them."""
    where = file.path if file is not None else "doctor()"
    found: dict[str, Callable[..., Any]] = {}
    for role in ROLES:
        given = options.pop(role, None)
        given = candidates.get(given) if isinstance(given, str) else given
        if given is not None and not callable(given):
            raise InputError(f"{where}: {role} is a {type(given).__name__}; give a function")
        named = (f for name, f in _fit_for(role, candidates).items() if callable(f) and _is_called_as(role, name))
        chosen = given if given is not None else next(named, None)
        if chosen is not None:
            found[role] = chosen
    for role in ("forward", "backward"):
        if role not in found:
            raise InputError(
                f"{where}: no function looks like {role}; call it {role}, or name it: {MAPPING} = dict({role}=…)"
            )
    if "init" not in found and "parameters" not in options:
        raise InputError(f"{where}: no function makes the parameters; call it init_params, or give init=…")
    for key in ("arguments", "returns"):
        if not isinstance(options.get(key, {}), dict):
            raise InputError(f"{where}: {key} is a {type(options[key]).__name__}; give a dict")
    for key in options:
        if key not in OPTIONS:
            known = sorted({*OPTIONS, *ROLES})
            raise InputError(f"{where}: {MAPPING} has {key!r}, which means nothing; known are {known}")
    return UserFunctions(found, file, options)


def fitting(functions: UserFunctions, role: str) -> list[Callable[..., Any]]:
    """All functions of the file that could have a role, the chosen one first."""
    chosen = [functions[role]] if role in functions else []
    names = functions.file.definitions if functions.file is not None else {}
    others = [functions.namespace.get(name) for name in names if _is_called_as(role, name)]
    return chosen + [f for f in others if callable(f) and f not in chosen]


def _fit_for(role: str, candidates: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without those that start an optimiser; of several that make parameters, those that call others come first."""
    if role != "init":
        return candidates
    own = {name: f for name, f in candidates.items() if not STATES.search(name)}
    like = [name for name in own if _is_called_as("init", name)]
    calls = {name: set(getattr(code_object(own[name]), "co_names", ())) & set(like) - {name} for name in like}
    return {name: own[name] for name in sorted(own, key=lambda name: not calls.get(name))}


def _is_called_as(role: str, name: str) -> bool:
    """Whether a function's name is one that a role's function may have."""
    return re.fullmatch(PATTERNS[role], name, re.IGNORECASE) is not None and not NOT_ROLES.search(name)
