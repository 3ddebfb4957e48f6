"""The user's functions, called with what the names of their arguments ask for."""

import ast
import contextlib
import copy
import inspect
import random
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.analysis.doctor.available_values import AvailableValues
from pellucid.analysis.doctor.naming import data_word, meaning, quantity
from pellucid.analysis.doctor.own_calls import (
    Scope,
    by_callers_names,
    computed,
    name_of,
    own_expressions,
    own_values,
    unpacked,
)
from pellucid.analysis.doctor.sandbox import CallResult, code_object, run
from pellucid.analysis.doctor.user_file import MAPPING, UserFile, set_names
from pellucid.core.errors import InputError


@dataclass
class UserFunctions:
    """A user's functions by role, the code that they come from, and what else the mapping says."""

    by_role: dict[str, Callable[..., Any]]
    file: UserFile | None
    options: dict[str, Any]
    returned: dict[str, list[str | None]] = field(default_factory=dict)  # the names in each return statement
    generator_states: dict[int, Any] = field(default_factory=dict)  # of the file's own generators, before each call
    own_values: dict[str, dict[str, Any]] = field(default_factory=dict)  # what the file's own calls hand to each role
    words: dict[str, str] = field(default_factory=dict)  # what names of the file mean: {"wh": "W1"}
    free_rate: bool = False  # whether a factor of all gradients may as well be the learning rate's
    stopped: set[str] = field(default_factory=set)  # the roles of which a call failed

    def __contains__(self, role: str) -> bool:
        return role in self.by_role

    def __getitem__(self, role: str) -> Callable[..., Any]:
        return self.by_role[role]

    @property
    def path(self) -> str:
        """The file, or what stands for it in messages."""
        return self.file.path if self.file is not None else "doctor()"

    @property
    def namespace(self) -> dict[str, Any]:
        """The global names that the functions see."""
        return self.file.namespace if self.file is not None else getattr(self.by_role["forward"], "__globals__", {})

    def name_of(self, role: str) -> str:
        """The function's own name."""
        return str(getattr(self.by_role[role], "__name__", role))

    def at_line(self, role: str, name: str | None = None) -> str:
        """The line where a role's function sets a name, or is defined, as messages begin: "line 12: "; or nothing."""
        node = self.definition(role) if self.file is not None else None
        if node is None:
            return ""
        if name is None:
            return f"line {node.lineno}: "
        return line_of(node, name)

    def arguments(self, role: str) -> list[tuple[inspect.Parameter, str]]:
        """The arguments that a role's function takes, each with the name that tells what it is.

        Raises:
            InputError: it is no function whose arguments can be known.
        """
        try:
            parameters = inspect.signature(self.by_role[role]).parameters.values()
        except (TypeError, ValueError):
            raise InputError(f"{self.path}: {role} is no function with named arguments; give one") from None
        names = self.options.get("arguments", {})
        return [(parameter, names.get(parameter.name, parameter.name)) for parameter in parameters]

    def required(self, role: str) -> list[tuple[inspect.Parameter, str]]:
        """The arguments without which a role's function cannot be called."""
        optional = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
        return [(p, name) for p, name in self.arguments(role) if p.default is p.empty and p.kind not in optional]

    @contextlib.contextmanager
    def with_globals(self, values: Mapping[str, Any]) -> Iterator[None]:
        """While this lasts, these global names have other values."""
        before = {name: self.namespace[name] for name in values}
        self.namespace.update(values)
        try:
            yield
        finally:
            self.namespace.update(before)

    def takes(self, role: str, word: str) -> bool:
        """Whether a role's function has an argument of this meaning."""
        return any(meaning(name) == word for _, name in self.arguments(role))

    def definition(self, role: str) -> ast.FunctionDef | None:
        """The syntax tree of a role's function, where its source can be had."""
        function = self.by_role[role]
        if self.file is not None:
            return getattr(function, "definition", None) or self.file.definitions.get(self.name_of(role))
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        except (OSError, TypeError, SyntaxError):
            return None
        return next((node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)), None)

    def returns(self, role: str, result: CallResult) -> list[str | None]:
        """The names of what a function returned: given by the mapping, read in its source, or those of its locals."""
        given = self.options.get("returns", {}).get(role)
        if given is not None:
            return [str(name) for name in (given.replace(",", " ").split() if isinstance(given, str) else given)]
        if (held := getattr(self.by_role[role], "names", None)) is not None:
            return list(held)
        names = self.returned_names(role)
        parts = result.value if isinstance(result.value, tuple) else (result.value,)
        if len(names) != len(parts) or not any(names):
            local = result.last_locals
            names = [next((key for key, item in local.items() if item is part), None) for part in parts]
        return names

    def returned_names(self, role: str) -> list[str | None]:
        """The names in a function's return statement."""
        if role not in self.returned:
            node = self.definition(role)
            names = returned_names(node) if node is not None else []
            own = unpacked(self.file, self.name_of(role)) if self.file is not None and None in names else []
            if len(own) == len(names):  # return weights, [np.zeros(n) …]: the caller's name tells
                names = [name or other for name, other in zip(names, own, strict=True)]
            self.returned[role] = names
        return self.returned[role]

    def parts(self, role: str, result: CallResult) -> list[tuple[str | None, Any]]:
        """What a function returned, part by part, each with its name."""
        names, value = self.returns(role, result), result.value
        if isinstance(value, tuple) and len(names) == len(value):
            return list(zip(names, value, strict=True))
        return [(names[0] if names else None, value)]

    def call(self, role: str, available: AvailableValues) -> CallResult:
        """Call a role's function with copies of the available values, so that it may write into them.

        Raises:
            InputError: an argument means nothing that the doctor knows.
        """
        function = self.by_role[role]
        bound = self.bind(role, available)
        positional, named = copy.deepcopy((bound.args, bound.kwargs))
        if role != "init":
            self.draw_alike()
        result = run(lambda: function(*positional, **named), self.path, (code_object(function),))
        if result.failure is not None:
            self.stopped.add(role)
        if result.value is None and result.failure is None and role == "update":
            result.value = _changed([*positional, *named.values()], available.by_meaning.get("parameters"))
        return result

    def draw_alike(self) -> None:
        """Set random numbers back, so that dropout drops the same neurons in every pass that is compared."""
        np.random.seed(0)  # noqa: NPY002  (the caller's state is kept by the doctor)
        random.seed(0)
        for value in self.namespace.values():
            if isinstance(value, np.random.Generator):
                self.generator_states.setdefault(id(value), value.bit_generator.state)
                value.bit_generator.state = self.generator_states[id(value)]

    def bind(self, role: str, available: AvailableValues) -> inspect.BoundArguments:
        """The arguments for a role's function."""
        arguments = self.arguments(role)
        if (
            role == "loss"
            and [name.lower() for _, name in arguments] == ["a", "b"]
            and "output" in available.by_meaning
        ):
            arguments = [(arguments[0][0], "output"), (arguments[1][0], "y")]  # b is no bias here
        bound = inspect.signature(self.by_role[role]).bind_partial()
        for parameter, name in arguments:
            if parameter.kind is parameter.VAR_KEYWORD:
                continue
            if parameter.kind is parameter.VAR_POSITIONAL:
                if name in available and isinstance(available[name], list | tuple):
                    bound.arguments[parameter.name] = tuple(available[name])
            elif name in available.by_name and sum(meaning(other) == "y" for _, other in arguments) > 1:
                bound.arguments[parameter.name] = available.by_name[name]  # of Y and T, Y is what forward returned
            elif (word := self._single_letter(role, parameter.name, available)) is not None:
                bound.arguments[parameter.name] = available[word]
            elif name in available and not _is_choice(parameter.default):
                bound.arguments[parameter.name] = available[name]
            elif parameter.default is parameter.empty:
                bound.arguments[parameter.name] = self._unnamed(role, parameter, available)
        return bound

    def _unnamed(self, role: str, parameter: inspect.Parameter, available: AvailableValues) -> Any:
        """The value of an argument whose name tells nothing: what the file's own call hands over there."""
        if role == "forward" and self._are_inputs(parameter, available):
            return available["X"]
        if role == "forward" and self._are_parameters(parameter, available):
            self.options.setdefault("arguments", {})[parameter.name] = "parameters"  # in every function
            return available["parameters"]
        if role == "backward" and self._are_targets(parameter, available):
            return available["y"]
        found = self._own_expressions(role)
        expression = None if found is None else found[0].get(parameter.name)
        if isinstance(expression, ast.Name) and expression.id in available:
            return available[expression.id]
        word = data_word(parameter.name)
        if word in available.by_meaning:
            return available.by_meaning[word]
        if self.file is not None and found is not None and expression is not None:
            parts = {node.id for node in ast.walk(found[1].node) if isinstance(node, ast.Name)}
            known = {name: available[name] for name in parts if name in available}
            value = computed(self.file, expression, found[1], known)
            if value is not None:
                return value
        own = self.own(role).get(parameter.name)
        if own is None or isinstance(own, np.ndarray):  # arrays of the file's own do not fit the doctor's batch
            raise self._unknown_argument(role, parameter.name, available)
        return own

    def own(self, role: str) -> dict[str, Any]:
        """The values that the file's own call hands to a role's function, as far as they can be computed."""
        if role not in self.own_values:
            found = self._own_expressions(role)
            values = own_values(self.file, *found) if self.file is not None and found is not None else {}
            self.own_values[role] = values
        return self.own_values[role]

    def _single_letter(self, role: str, name: str, available: AvailableValues) -> str | None:
        """What the file's own call hands over as p, g or t: such a name may mean this or that."""
        if len(name) > 1 or quantity(name) is not None or name in self.options.get("arguments", {}):
            return None
        found = self._own_expressions(role)
        given = None if found is None else found[0].get(name)
        told = isinstance(given, ast.Name) and len(given.id) > 1 and meaning(given.id) is not None
        return given.id if isinstance(given, ast.Name) and told and given.id in available else None

    def by_callers_names(self, role: str, value: Any) -> dict[str, Any]:
        """What a role's function returned, under the names that the file's own call gives it."""
        if self.file is None or role not in self:
            return {}
        return by_callers_names(unpacked(self.file, self._called(role)), value)

    def _called(self, role: str) -> str:
        return str(getattr(self.by_role[role], "called", self.name_of(role)))

    def _own_expressions(self, role: str) -> tuple[dict[str, ast.expr], Scope] | None:
        """The file's own call of a role's function, unless it hands over too little."""
        if self.file is None:
            return None
        names = [parameter.name for parameter, _ in self.arguments(role)]
        found = own_expressions(self.file, self._called(role), names)
        needed = {parameter.name for parameter, _ in self.required(role)}
        return found if found is not None and needed <= found[0].keys() else None

    def _are_inputs(self, parameter: inspect.Parameter, available: AvailableValues) -> bool:
        """Whether an argument of forward must be X: none is called so, and only this one means nothing else."""
        unknown = [p for p, name in self.required("forward") if name not in available]
        return unknown == [parameter] and not any(meaning(name) == "X" for _, name in self.required("forward"))

    def _are_parameters(self, parameter: inspect.Parameter, available: AvailableValues) -> bool:
        """Whether an argument of forward must be the parameters: it takes nothing else that is not known but X."""
        others = [name for p, name in self.required("forward") if p.name != parameter.name]
        taken = [q for name in others if (q := quantity(name)) is not None and q.kind in "Wb"]
        boxed = isinstance(available.by_meaning.get("parameters"), dict | list | tuple)
        called = self._own_expressions("forward") is not None
        return boxed and not called and not taken and len(others) > 0 and all(name in available for name in others)

    def _are_targets(self, parameter: inspect.Parameter, available: AvailableValues) -> bool:
        """Whether an argument of a backward pass must be y: it takes nothing else but X, and no other y."""
        others = [(p, name) for p, name in self.required("backward") if p.name != parameter.name]
        return "y" in available and all(meaning(name) in ("X", "learning rate") for _, name in others)

    def _unknown_argument(self, role: str, name: str, available: AvailableValues) -> InputError:
        known = ", ".join(sorted({str(q) for q in available.arrays} | set(available.by_meaning)))
        return InputError(
            f"{self.path}: {self.name_of(role)} takes {name!r}, which could be anything: give it a name that tells "
            f"(W1, b1, X, Y, params, cache, grads, learning_rate, …), or say it: {MAPPING} = "
            f'dict(arguments={{"{name}": "cache"}}); the doctor has {known}'
        )


def line_of(node: ast.AST, name: str) -> str:
    """The line in which code last sets a name, or another one of the same meaning: "line 12: "; or nothing."""
    lines = list(set_names(node))
    q = quantity(name)
    found = [line for other, line in lines if other == name] or [
        line for other, line in lines if q is not None and quantity(other) == q
    ]
    return f"line {max(found)}: " if found else ""


def _is_choice(default: Any) -> bool:
    """Whether a default is a choice, such as "relu", True or a list of such: no array stands for it."""
    if isinstance(default, list | tuple) and default:
        return all(map(_is_choice, default))
    return isinstance(default, str | bool) or (callable(default) and default is not inspect.Parameter.empty)


def _changed(values: list[Any], parameters: Any) -> Any:
    """What an update that returns nothing has written into: its first lists or dicts, as many as init made."""
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
    """W1 for ``W1``, ``W1 - rate * dW1`` and ``params["W1"]``; dWs for ``dWs[::-1]`` and ``list(reversed(dWs))``."""
    while True:
        if isinstance(part, ast.BinOp):
            part = part.left
        elif isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Slice):
            part = part.value
        elif isinstance(part, ast.Call) and name_of(part.func) in ("list", "tuple", "reversed") and len(part.args) == 1:
            part = part.args[0]
        else:
            break
    if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Constant):
        return str(part.slice.value)
    return part.id if isinstance(part, ast.Name) else None
