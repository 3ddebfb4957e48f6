"""A learner's functions: which of them does what, and how each is called, from the names of its arguments."""

import ast
import copy
import inspect
import random
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.errors import InputError
from pellucid.examination.names import LAST, Quantity, meaning, quantity
from pellucid.examination.reading import MAPPING, Code
from pellucid.examination.running import Ran, code_of, run

# a function's role, found by its name where the mapping does not tell; the first pattern that fits a function wins
PATTERNS = {
    "init": r"init\w*|make_param\w*|create_(param|network|weight)\w*|random_param\w*|new_param\w*",
    "forward": r"forward|forward_?(prop\w*|pass)|feed_?forward|fwd|(l_)?model_forward|forward\w*",
    "backward": r"backward|back_?prop\w*|backwards?_?(prop\w*|pass)|bprop|(l_)?model_backward|back\w*|"
    r"(compute_|get_)?(gradients|grads)",
    "update": r"update\w*|step|(gradient|sgd|optimi[sz]er)_step|apply_(grad\w*|update\w*)",
    "loss": r"(compute_|get_|calc\w*_)?(loss|cost|error|objective)(_f\w*)?|"
    r"\w*(cross_?entropy|mse|squared_error|bce)\w*|(loss|cost)_\w+|\w+_(loss|cost)",
    "train": r"gradient_?descent|train\w*|fit|(nn_|l_layer_)?model|learn|sgd|run_training",
    "one_hot": r"\w*one_?hot\w*|to_categorical",
    "softmax": r"(stable_|my_)?softmax\w*",
}
NOT_ROLES = re.compile(r"deriv|prime|_grad$|gradient_of|delta|slope|plot|test|check", re.IGNORECASE)
STATES = re.compile(r"veloc|momentum|adam|optimi|rmsprop", re.IGNORECASE)  # what an optimiser starts with
ROLES = tuple(PATTERNS)


@dataclass
class Pool:
    """What can be handed to a function: arrays by quantity, other things by meaning, everything by its own name."""

    arrays: dict[Quantity, Any] = field(default_factory=dict)
    words: dict[str, Any] = field(default_factory=dict)
    named: dict[str, Any] = field(default_factory=dict)

    def having(self, *, arrays: Mapping[Quantity, Any] | None = None, **words: Any) -> "Pool":
        """The same pool with more in it."""
        renamed = {key.replace("_", " "): value for key, value in words.items()}
        return Pool({**self.arrays, **(arrays or {})}, {**self.words, **renamed}, dict(self.named))

    def __contains__(self, name: str) -> bool:
        return self._key(name) is not None

    def __getitem__(self, name: str) -> Any:
        key = self._key(name)
        assert key is not None
        store, entry = key
        return store[entry]

    def _key(self, name: str) -> tuple[dict[Any, Any], Any] | None:
        q, word = quantity(name), meaning(name)
        if name in self.named and word not in ("X", "y", "one hot"):  # returned under this very name
            return self.named, name
        if q is not None and q.layer == LAST:
            layers = [found.layer for found in self.arrays if found.kind == q.kind]
            q = Quantity(q.kind, max(layers, default=LAST))
        if q == Quantity("a", 0) and "X" in self.words:
            return self.words, "X"
        if q is not None and q in self.arrays:
            return self.arrays, q
        for store, entry in ((self.words, name), (self.named, name), (self.words, word)):
            if entry is not None and entry in store:
                return store, entry
        if q is not None and q.kind == "a" and q.layer == LAST and "output" in self.words:
            return self.words, "output"
        return None


@dataclass
class Learner:
    """A learner's functions by role, the code that they come from, and what the mapping tells besides."""

    functions: dict[str, Callable[..., Any]]
    code: Code | None
    about: dict[str, Any]
    written: dict[str, list[str | None]] = field(default_factory=dict)  # the names in each return statement
    states: dict[int, Any] = field(default_factory=dict)  # in which the file's own generators are before each call

    @property
    def path(self) -> str:
        """The file, or what stands for it in messages."""
        return self.code.path if self.code is not None else "doctor()"

    @property
    def names(self) -> dict[str, Any]:
        """The global names that the functions see."""
        return self.code.names if self.code is not None else getattr(self.functions["forward"], "__globals__", {})

    def called(self, role: str) -> str:
        """The function's own name."""
        return str(getattr(self.functions[role], "__name__", role))

    def line(self, role: str, name: str | None = None) -> int | None:
        """The line where a role's function sets a name, or where it is defined."""
        function = self.called(role)
        if self.code is None or function not in self.code.functions:
            return None
        return self.code.line_of(name, function) if name is not None else self.code.functions[function].lineno

    def definition(self, role: str) -> ast.FunctionDef | None:
        """The syntax tree of a role's function, where its source can be had."""
        if self.code is not None:
            return self.code.functions.get(self.called(role))
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(self.functions[role])))
        except (OSError, TypeError, SyntaxError):
            return None
        return next((node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)), None)

    def returns(self, role: str, ran: Ran) -> list[str | None]:
        """The names of what a function returned: told by the mapping, read in its source, or found among its locals."""
        told = self.about.get("returns", {}).get(role)
        if told is not None:
            return [str(name) for name in (told.replace(",", " ").split() if isinstance(told, str) else told)]
        value = ran.value
        if role not in self.written:
            node = self.definition(role)
            self.written[role] = returned_names(node) if node is not None else []
        names = list(self.written[role])
        parts = value if isinstance(value, tuple) else (value,)
        if len(names) != len(parts) or not any(names):
            local = ran.frames[-1] if ran.frames else {}
            names = [next((key for key, item in local.items() if item is part), None) for part in parts]
        return names

    def call(self, role: str, pool: Pool) -> Ran:
        """Call a role's function with arguments from the pool: copies, so that it may write into them.

        Raises:
            InputError: an argument means nothing that the doctor knows.
        """
        function = self.functions[role]
        arguments = self.bind(role, pool)
        positional, named = copy.deepcopy(arguments)
        if role != "init":
            self._draw_alike()
        ran = run(lambda: function(*positional, **named), self.path, (code_of(function),))
        if ran.value is None and ran.failure is None and role == "update":
            ran.value = _changed(positional, named, pool.words.get("parameters"))
        return ran

    def _draw_alike(self) -> None:
        """Set random numbers back, so that dropout drops the same neurons in every pass that is compared."""
        np.random.seed(0)  # noqa: NPY002  (the caller's state is kept by the doctor)
        random.seed(0)
        for value in self.names.values():
            if isinstance(value, np.random.Generator):
                self.states.setdefault(id(value), value.bit_generator.state)
                value.bit_generator.state = self.states[id(value)]

    def bind(self, role: str, pool: Pool) -> tuple[list[Any], dict[str, Any]]:
        """The arguments for a role's function."""
        try:
            parameters = list(inspect.signature(self.functions[role]).parameters.values())
        except (TypeError, ValueError):
            raise InputError(f"{self.path}: {role} is no function with named arguments; give one") from None
        positional: list[Any] = []
        named: dict[str, Any] = {}
        for parameter in parameters:
            if parameter.kind is parameter.VAR_KEYWORD:
                continue
            if parameter.kind is parameter.VAR_POSITIONAL:
                if parameter.name in pool:
                    positional.extend(pool[parameter.name])
                continue
            name = self.about.get("arguments", {}).get(parameter.name, parameter.name)
            if name in pool and not _is_choice(parameter.default):
                value = pool[name]
            elif parameter.default is not parameter.empty:
                continue
            elif role == "forward" and parameter.name in self._inputs(parameters, pool):
                value = pool["X"]
            else:
                value = self._left_over(role, parameter.name, pool)
            if parameter.kind is parameter.KEYWORD_ONLY or named:
                named[parameter.name] = value
            elif len(positional) < parameters.index(parameter):
                named[parameter.name] = value  # one with a default was left out before it
            else:
                positional.append(value)
        return positional, named

    def _inputs(self, parameters: list[inspect.Parameter], pool: Pool) -> list[str]:
        """The one argument of forward that has no other meaning, where none is called as inputs are."""
        told = self.about.get("arguments", {})
        names = [told.get(p.name, p.name) for p in parameters]
        unknown = [p.name for p, n in zip(parameters, names, strict=True) if p.default is p.empty and n not in pool]
        return unknown if len(unknown) == 1 and all(meaning(name) != "X" for name in names) else []

    def _left_over(self, role: str, name: str, pool: Pool) -> Any:
        told = ", ".join(sorted({str(q) for q in pool.arrays} | set(pool.words)))
        raise InputError(
            f"{self.path}: {self.called(role)} takes {name!r}, which could be anything: give it a name that tells (W1, "
            f'b1, X, Y, params, cache, grads, learning_rate, …), or say it: {MAPPING} = dict(arguments={{"{name}": '
            f'"cache"}}); the doctor has {told}'
        )


def _is_choice(default: Any) -> bool:
    """Whether a default is a choice, such as "relu", True or a list of such: no array stands for it."""
    if isinstance(default, list | tuple) and default:
        return all(map(_is_choice, default))
    return isinstance(default, str | bool) or (callable(default) and default is not inspect.Parameter.empty)


def _changed(positional: list[Any], named: dict[str, Any], parameters: Any) -> Any:
    """What an update that returns nothing has written into: its first lists or dicts, as many as init made."""
    values = [*positional, *named.values()]
    boxes = [value for value in values if isinstance(value, dict | list | tuple)]
    made = [part for part in parameters if isinstance(part, dict | list)] if isinstance(parameters, tuple) else []
    if len(made) > 1:
        return tuple(boxes[: len(made)])
    return boxes[0] if boxes else tuple(values)


def returned_names(node: ast.FunctionDef) -> list[str | None]:
    """The names in a function's last return statement: ``return W1, b1`` gives W1 and b1.

    >>> returned_names(ast.parse("def f(): return W1 - rate * dW1, b1").body[0])
    ['W1', 'b1']
    """
    inner = [
        n for part in ast.walk(node) if isinstance(part, ast.FunctionDef) and part is not node for n in ast.walk(part)
    ]
    returns = [n for n in ast.walk(node) if isinstance(n, ast.Return) and n.value is not None and n not in inner]
    if not returns:
        return []
    value = max(returns, key=lambda n: n.lineno).value
    parts = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
    return [_leading_name(part) for part in parts]


def _leading_name(part: ast.AST | None) -> str | None:
    """W1 for ``W1``, ``W1 - rate * dW1`` and ``params["W1"]``."""
    while isinstance(part, ast.BinOp):
        part = part.left
    if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Constant):
        return str(part.slice.value)
    return part.id if isinstance(part, ast.Name) else None


def learner_in(code: Code) -> Learner:
    """The learner whose functions a file holds: those that PELLUCID names, and the others by their names.

    Raises:
        InputError: the mapping is none, or there is no forward or no backward function.
    """
    mapped = any(MAPPING in ast.unparse(node) for node in code.waiting)
    if mapped:
        failures = code.need([MAPPING], never=_drivers(code))
        if MAPPING not in code.names:
            why = f" ({failures[-1].text})" if failures else ""
            raise InputError(f"{code.path}: {MAPPING} cannot be had{why}; use in it only what the file can compute")
    about = code.names.get(MAPPING, {})
    if not isinstance(about, dict):
        raise InputError(f"{code.path}: {MAPPING} is a {type(about).__name__}; write {MAPPING} = dict(forward=…, …)")
    return make_learner({name: code.names[name] for name in code.functions if name in code.names}, code, dict(about))


def _drivers(code: Code) -> list[str]:
    return [name for name in code.functions if re.fullmatch(PATTERNS["train"], name, re.IGNORECASE)]


def make_learner(candidates: Mapping[str, Any], code: Code | None, about: dict[str, Any]) -> Learner:
    """A learner from candidate functions by name, and what a mapping tells about them."""
    where = code.path if code is not None else "doctor()"
    found: dict[str, Callable[..., Any]] = {}
    for role in ROLES:
        given = about.pop(role, None)
        if isinstance(given, str):
            given = candidates.get(given)
        if given is not None and not callable(given):
            raise InputError(f"{where}: {role} is a {type(given).__name__}; give a function")
        chosen = given if given is not None else _by_name(PATTERNS[role], _fit_for(role, candidates))
        if chosen is not None:
            found[role] = chosen
    for role in ("forward", "backward"):
        if role not in found:
            raise InputError(
                f"{where}: no function looks like {role}; call it {role}, or name it: {MAPPING} = dict({role}=…)"
            )
    if "init" not in found and "parameters" not in about:
        raise InputError(f"{where}: no function makes the parameters; call it init_params, or give init=…")
    for key in ("arguments", "returns"):
        if not isinstance(about.get(key, {}), dict):
            raise InputError(f"{where}: {key} is a {type(about[key]).__name__}; give a dict")
    known = {"X", "y", "samples", "learning_rate", "returns", "arguments", "parameters", "sizes"}
    for key in about:
        if key not in known:
            raise InputError(
                f"{where}: {MAPPING} has {key!r}, which means nothing; known are {sorted({*known, *ROLES})}"
            )
    return Learner(found, code, about)


def _fit_for(role: str, candidates: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without those that start an optimiser; of several that make parameters, those that call others come first."""
    if role != "init":
        return candidates
    own = {name: f for name, f in candidates.items() if not STATES.search(name)}
    like = [name for name in own if re.fullmatch(PATTERNS["init"], name, re.IGNORECASE)]
    calls = {name: set(getattr(code_of(own[name]), "co_names", ())) & set(like) - {name} for name in like}
    return {name: own[name] for name in sorted(own, key=lambda name: not calls.get(name))}


def _by_name(pattern: str, candidates: Mapping[str, Any]) -> Any:
    for alternative in pattern.split("|") if "(" not in pattern else [pattern]:
        for name, value in candidates.items():
            if callable(value) and re.fullmatch(alternative, name, re.IGNORECASE) and not NOT_ROLES.search(name):
                return value
    return None
