"""What the file itself hands to its functions: the values of its own calls, as far as they can be computed.

The sizes of the network, hyperparameters and lists of layers are taken from there: a function is examined as the
learner calls it. Data stand in for X and y where the file's own cannot be had.
"""

import ast
import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.analysis.doctor.naming import data_word, meaning
from pellucid.analysis.doctor.role_names import is_called_as
from pellucid.analysis.doctor.sandbox import run
from pellucid.analysis.doctor.user_file import UserFile, used

DEPTH = 5  # of calls that a value is followed through
STAND_INS: dict[str, Callable[[], Any]] = {
    "X": lambda: np.random.default_rng(0).random((8, 5)),
    "y": lambda: np.eye(3)[np.arange(8) % 3],
    "one hot": lambda: np.eye(3)[np.arange(8) % 3],
    "learning rate": lambda: 0.1,
    "epochs": lambda: 3,
    "samples": lambda: 8,
}


@dataclass(frozen=True)
class Scope:
    """A piece of code with names of its own: the top level, or a function with its definition."""

    node: ast.Module | ast.FunctionDef

    def value_of(self, name: str) -> tuple[ast.expr, int | None] | None:
        """The expression that a name is set to, and which part of it where several are unpacked."""
        found = None
        for node in ast.walk(self.node):
            if isinstance(node, ast.Assign):
                pairs = [(target, node.value) for target in node.targets]
            elif isinstance(node, ast.For):  # the first turn's
                pairs = [(node.target, _first_of(node.iter))]
            else:
                continue
            for target, value in pairs:
                parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
                for k, part in enumerate(parts):
                    if isinstance(part, ast.Name) and part.id == name:
                        found = value, k if len(parts) > 1 else None
        return found


def _first_of(values: ast.expr) -> ast.expr:
    """The expression for the first of some values."""
    code = ast.parse(f"next(iter({ast.unparse(values)}))", mode="eval").body
    return ast.fix_missing_locations(code)


def scopes(file: UserFile) -> Iterator[Scope]:
    """The top level, then each function and method."""
    yield Scope(file.tree)
    yield from (Scope(node) for node in ast.walk(file.tree) if isinstance(node, ast.FunctionDef))


def own_call(file: UserFile, name: str) -> tuple[ast.Call, Scope] | None:
    """The file's call of a function (or class), in the innermost function that holds it; None where there is none."""
    found = None
    for node, names, scope in _calls(file):
        if name in names:
            found = (node, scope) if found is None or node is found[0] else found
    return found


def _calls(file: UserFile) -> list[tuple[ast.Call, tuple[str | None, str], Scope]]:
    """Each call of the file with the names of what it calls, scope by scope."""
    if not file.calls:
        every = ((node, scope) for scope in scopes(file) for node in ast.walk(scope.node))
        calls = [(node, scope) for node, scope in every if isinstance(node, ast.Call)]
        file.calls += [(node, (name_of(node.func), ast.unparse(node.func)), scope) for node, scope in calls]
    return file.calls


def name_of(node: ast.AST) -> str | None:
    """The last name of an expression: f for ``f`` and ``self.f``."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None


def own_expressions(file: UserFile, name: str, parameters: list[str]) -> tuple[dict[str, ast.expr], Scope] | None:
    """What the file's own call hands to a function, by the names of the function's arguments."""
    call = own_call(file, name)
    if call is None or any(isinstance(part, ast.Starred) for part in call[0].args):
        return None
    given = dict(zip(parameters, call[0].args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call[0].keywords if keyword.arg is not None}
    return given, call[1]


def unpacked(file: UserFile, name: str) -> list[str | None]:
    """The names into which the file unpacks what a function returns, or the one that gets it as it is."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and name_of(node.value.func) == name:
            target = node.targets[0]
            return [name_of(part) for part in (target.elts if isinstance(target, ast.Tuple) else [target])]
    return []


def by_callers_names(names: list[str | None], value: Any) -> dict[str, Any]:
    """What a function returned under the names that the file's own call gives it."""
    parts = [value] if len(names) == 1 else list(value) if isinstance(value, tuple) else []
    pairs = zip(names, parts, strict=True) if len(names) == len(parts) else ()
    return {name: part for name, part in pairs if name is not None}


def own_values(file: UserFile, given: dict[str, ast.expr], scope: Scope, depth: int = DEPTH) -> dict[str, Any]:
    """The values of what a call hands over, those that can be computed."""
    values = {name: evaluated(file, expression, scope, depth) for name, expression in given.items()}
    return {name: value for name, value in values.items() if value is not None}


class _Whole(ast.NodeTransformer):
    """X for ``X[rows]``: the batch is whole already."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self.known = known

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        return node.value if name_of(node.value) in self.known and data_word(name_of(node.value) or "") else node


def computed(file: UserFile, expression: ast.expr, scope: Scope, known: Mapping[str, Any]) -> Any:
    """The value of an expression where it stands, of values that are known by their names; None without these.

    ``dscores`` is so, where the file has ``loss, dscores = softmax_loss(scores, y[rows])`` before it.
    """
    made = dict(known)
    tree = ast.fix_missing_locations(_Whole(made).visit(copy.deepcopy(expression)))
    own = [name for name in used(tree) if name not in made and name not in file.namespace]
    for name in own:
        found = scope.value_of(name)
        part = None if found is None or name in used(found[0]) else computed(file, found[0], scope, known)
        if found is None or part is None:
            return None
        made[name] = part if found[1] is None else part[found[1]]
    if not own and not used(tree) & known.keys():
        return None
    code = compile(ast.Expression(tree), file.path, "eval")
    return run(lambda: eval(code, {**file.namespace, **copy.deepcopy(made)}), file.path).value


def evaluated(file: UserFile, expression: ast.expr, scope: Scope, depth: int = DEPTH) -> Any:
    """The value of an expression where it stands; None where it cannot be computed."""
    if any(
        isinstance(node, ast.Call) and is_called_as("train", name_of(node.func) or "") for node in ast.walk(expression)
    ):
        return None  # training is not run
    names = {name: _named(file, name, scope, depth) for name in used(expression)}
    known = {name: value for name, value in names.items() if value is not None}
    code = compile(ast.Expression(expression), file.path, "eval")
    return run(lambda: eval(code, {**file.namespace, **known}), file.path).value


def _named(file: UserFile, name: str, scope: Scope, depth: int) -> Any:
    """The value of a name; where it stands for data, any will do."""
    node = scope.node
    if depth > 0 and isinstance(node, ast.FunctionDef):
        arguments = [argument.arg for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
        if name in arguments and (word := meaning(name)) in STAND_INS:
            return STAND_INS[word or ""]()
        if name in arguments:
            defaults = dict(zip(arguments[::-1], node.args.defaults[::-1], strict=False))
            given, caller = own_expressions(file, node.name, arguments) or ({}, scope)
            value = evaluated(file, given[name], caller, depth - 1) if name in given else None
            return value if value is not None or name not in defaults else evaluated(file, defaults[name], scope, 0)
    if name in file.namespace:
        return file.namespace[name]
    found = scope.value_of(name) or Scope(file.tree).value_of(name)
    if found is None or depth == 0:
        return None
    value = evaluated(file, found[0], scope, depth - 1)
    if value is None and (word := meaning(name)) in STAND_INS:
        return STAND_INS[word or ""]()
    return value if found[1] is None or not isinstance(value, tuple | list) else value[found[1]]
