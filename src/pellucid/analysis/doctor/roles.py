"""The roles of the user's functions: as a mapping in the file says, and else by their names."""

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pellucid.analysis.doctor.loop_code import find_loop
from pellucid.analysis.doctor.role_names import PATTERNS, STATES, is_called_as, misspelt
from pellucid.analysis.doctor.sandbox import code_object
from pellucid.analysis.doctor.signatures import UserFunctions
from pellucid.analysis.doctor.user_file import MAPPING, UserFile, bound
from pellucid.core.errors import InputError

ROLES = tuple(role for role in PATTERNS if role != "predict")
OPTIONS = {"X", "y", "samples", "learning_rate", "returns", "arguments", "parameters", "sizes"}


def find_functions(file: UserFile, *, needs_init: bool = True) -> Iterator[UserFunctions]:
    """The functions that a file holds, by role: those that PELLUCID names, and the others by their names.

    Raises:
        InputError: the mapping is none, or there is no forward or no backward function.
    """
    if not file.definitions and not any(MAPPING in bound(node) for node in file.tree.body):
        classes = [node.name for node in file.tree.body if isinstance(node, ast.ClassDef)]
        remedy = f"write functions that call the methods of {classes[0]}" if classes else "write functions"
        raise InputError(
            f"{file.path}: defines no functions; {remedy}, init, forward, backward and update, or name them: "
            f"{MAPPING} = dict(init=…, forward=…, backward=…, update=…)"
        )
    if any(MAPPING in ast.unparse(node) for node in file.deferred):
        train = [name for name in file.definitions if is_called_as("train", name)]
        failures = file.run_needed([MAPPING], never=train)
        if MAPPING not in file.namespace:
            why = f" ({failures[-1].text})" if failures else ""
            raise InputError(f"{file.path}: {MAPPING} cannot be had{why}; use in it only what the file can compute")
    options = file.namespace.get(MAPPING, {})
    if not isinstance(options, dict):
        raise InputError(f"{file.path}: {MAPPING} is a {type(options).__name__}; write {MAPPING} = dict(forward=…, …)")
    candidates = {name: file.namespace[name] for name in file.definitions if name in file.namespace}
    yield assign_roles(candidates, file, dict(options), needs_init=needs_init)


def assign_roles(
    candidates: Mapping[str, Any], file: UserFile | None, options: dict[str, Any], *, needs_init: bool = True
) -> UserFunctions:
    """The functions by role, from candidate functions by name, and what a mapping tells about them."""
    where = file.path if file is not None else "doctor()"
    found: dict[str, Callable[..., Any]] = {}
    for role in ROLES:
        given = options.pop(role, None)
        given = candidates.get(given) if isinstance(given, str) else given
        if given is not None and not callable(given):
            raise InputError(f"{where}: {role} is a {type(given).__name__}; give a function")
        if given is not None:
            found[role] = given
    found = _by_name(candidates, found)
    if not needs_init and "backward" not in found and "train" in found and _is_one_step(file, found["train"]):
        found["backward"] = found.pop("train")
    if "forward" not in found and "backward" in found:
        asks = [f for name, f in candidates.items() if is_called_as("predict", name)]
        found.update(zip(["forward"], asks, strict=False))
    for role in ("forward", "backward"):
        if role not in found:
            raise InputError(f"{where}: no function looks like {role}; {_to_paste(found, role, candidates)}")
    if needs_init and "init" not in found and "parameters" not in options:
        raise InputError(f"{where}: no function makes the parameters; {_to_paste(found, 'init', candidates)}")
    for key in ("arguments", "returns"):
        if not isinstance(options.get(key, {}), dict):
            raise InputError(f"{where}: {key} is a {type(options[key]).__name__}; give a dict")
    for key in options:
        if key not in OPTIONS:
            known = sorted({*OPTIONS, *ROLES})
            raise InputError(f"{where}: {MAPPING} has {key!r}, which means nothing; known are {known}")
    return UserFunctions(found, file, options)


def _is_one_step(file: UserFile | None, function: Any) -> bool:
    """Whether a function makes one step of global names: it moves them, and has no loop over epochs."""
    node = None if file is None else file.definitions.get(function.__name__)
    parts = [] if node is None else list(ast.walk(node))
    return any(isinstance(part, ast.Global) for part in parts) and find_loop(node.body if node else []) is None


def fitting(functions: UserFunctions, role: str) -> list[Callable[..., Any]]:
    """All functions of the file that could have a role, the chosen one first."""
    chosen = [functions[role]] if role in functions else []
    names = functions.file.definitions if functions.file is not None else {}
    others = [functions.namespace.get(name) for name in names if is_called_as(role, name)]
    return chosen + [f for f in others if callable(f) and f not in chosen]


def named_functions(file: UserFile) -> dict[str, Callable[..., Any]]:
    """The file's functions by role, as their names tell."""
    return _by_name({name: file.namespace[name] for name in file.definitions if name in file.namespace}, {})


def _by_name(candidates: Mapping[str, Any], given: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """These functions by role, and for each other role one whose name fits; where none does, one nearly called so."""
    found = {}
    for role in ROLES:
        fit = [f for name, f in _fit_for(role, candidates).items() if callable(f) and is_called_as(role, name)]
        if role in given or fit:
            found[role] = given[role] if role in given else fit[0]
    others = {name: f for name, f in candidates.items() if f not in found.values()}
    for role in ROLES:
        near = misspelt(role, others) if role not in found else None
        if near is not None:
            found[role] = others[near]
    return found


def _fit_for(role: str, candidates: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without those that start an optimiser; of several that make parameters, those that call others come first."""
    if role != "init":
        return candidates
    own = {name: f for name, f in candidates.items() if not STATES.search(name)}
    like = [name for name in own if is_called_as("init", name)]
    calls = {name: set(getattr(code_object(own[name]), "co_names", ())) & set(like) - {name} for name in like}
    return {name: own[name] for name in sorted(own, key=lambda name: not calls.get(name))}


def _to_paste(found: Mapping[str, Any], missing: str, candidates: Mapping[str, Any]) -> str:
    """The lines that a person can put into the file, with the names that it has."""
    taken = {role: getattr(function, "__name__", "…") for role, function in found.items()}
    left = [name for name in candidates if name not in taken.values()]
    roles = ["init", "forward", "backward", *(role for role in ("update", "loss", "train") if role in taken)]
    lines = ", ".join(f"{role}={taken.get(role, '…')}" for role in roles)
    among = f"; … is one of {', '.join(left)}" if left else ""
    return f"call it {missing}, or add this line at the end: {MAPPING} = dict({lines}){among}"


def taken(functions: UserFunctions) -> list[str]:
    """What was taken for what, for the person to see whether it is meant so."""
    if functions.file is None:
        return []
    roles = [f"{role} = {functions.name_of(role)}{_in_line(functions, role)}" for role in ROLES if role in functions]
    names = [f"{known} = {name}" for name, known in functions.words.items()]
    return [f"taken: {', '.join([*roles, *names])}"]


def _in_line(functions: UserFunctions, role: str) -> str:
    line = functions.at_line(role).removesuffix(": ")
    return f" ({line})" if line else ""
