"""One class with forward and backward (or train) methods: its object is made, given parameters, and called."""

import ast
import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from pellucid.analysis.doctor.driven import Driven, gradients_of, quantities, rate_in
from pellucid.analysis.doctor.naming import Quantity, array_paths, meaning
from pellucid.analysis.doctor.objects import as_dicts, get, paths_of, put
from pellucid.analysis.doctor.own_calls import name_of
from pellucid.analysis.doctor.role_names import is_called_as, misspelt
from pellucid.analysis.doctor.roles import named_functions
from pellucid.analysis.doctor.signatures import UserFunctions, returned_names
from pellucid.analysis.doctor.user_file import UserFile
from pellucid.core.errors import InputError

METHODS = ("forward", "backward", "update", "loss", "train")
HELD = ["held", "held_parameters", "held_X", "held_y"]  # arguments by which a method is given its object
ARGUMENTS = {"held": "held", "held_parameters": "parameters", "held_X": "X", "held_y": "y"}


class Held(dict[str, Any]):
    """An object's attributes as forward left them, and the object itself."""

    def __init__(self, root: Any) -> None:
        super().__init__(as_dicts(root))
        self.root = root


def find_classes(file: UserFile) -> Iterator[UserFunctions]:
    """Each class that is a network."""
    for node in file.tree.body:
        if isinstance(node, ast.ClassDef) and node.name in file.namespace:
            methods = methods_of(file, node)
            roles = _roles(methods)
            if "forward" in roles and "backward" in roles and not takes_gradient(methods[roles["backward"]]):
                yield _Network(file, node.name, methods, roles).functions()


def methods_of(file: UserFile, node: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    """A class's methods by name, those of its bases in the file too."""
    found: dict[str, ast.FunctionDef] = {}
    classes = {other.name: other for other in file.tree.body if isinstance(other, ast.ClassDef)}
    for base in node.bases:
        if (name := name_of(base)) in classes and classes[name] is not node:
            found.update(methods_of(file, classes[name]))
    return found | {part.name: part for part in node.body if isinstance(part, ast.FunctionDef)}


def takes_gradient(method: ast.FunctionDef) -> bool:
    """Whether a backward method is a layer's: it takes the gradient of its output, and no targets."""
    names = [argument.arg for argument in method.args.args[1:]]
    return (
        bool(names)
        and meaning(names[0]) not in ("X", "y", "output", "one hot", "cache")
        and not any(meaning(name) in ("X", "y", "one hot") for name in names)
    )


def _roles(methods: dict[str, ast.FunctionDef]) -> dict[str, str]:
    """The methods by role: forward may be the one that predicts, and backward the one that trains."""
    found: dict[str, str] = {}
    for role in METHODS:
        named = [name for name in methods if is_called_as(role, name) and name != "__init__"]
        near = misspelt(role, [name for name in methods if name not in found.values()])
        if named or near is not None:
            found[role] = named[0] if named else str(near)
    for name in methods:
        if is_called_as("predict", name):
            found.setdefault("forward", name)
    if "backward" not in found and "train" in found:
        found["backward"] = found.pop("train")
    return found


class _Network:
    """A class of the user's and an object of it, by whose methods the roles are filled."""

    def __init__(self, file: UserFile, name: str, methods: dict[str, ast.FunctionDef], roles: dict[str, str]) -> None:
        self.file, self.name, self.methods, self.roles = file, name, methods, roles
        self.made: Any = None
        self.paths: dict[Quantity, Any] = {}
        self.gradients: dict[Quantity, Any] = {}  # where backward leaves them, if in attributes

    def functions(self) -> UserFunctions:
        """The roles as functions."""
        cls = self.file.namespace[self.name]
        init = Driven(cls.__init__, self.methods.get("__init__"), [], self._init)
        init.called, init.__name__ = self.name, self.name
        by_role: dict[str, Any] = {"init": init}
        by_role |= {role: f for role, f in named_functions(self.file).items() if role in ("loss", "softmax", "one_hot")}
        bodies = {"forward": self._forward, "backward": self._backward, "update": self._update, "loss": self._loss}
        for role, body in bodies.items():
            if role in self.roles:
                method = self.methods[self.roles[role]]
                by_role[role] = Driven(getattr(cls, method.name), method, HELD, body)
        functions = UserFunctions(by_role, self.file, {"arguments": dict(ARGUMENTS)})
        functions.free_rate = "update" not in self.roles
        return functions

    def _init(self, given: dict[str, Any], _: dict[str, Any]) -> tuple[Any, list[str | None]]:
        self.made = self.file.namespace[self.name](**given)
        self._add_layers()
        self.paths = paths_of(self.made)
        return {str(q): np.asarray(get(self.made, path), np.float64) for q, path in self.paths.items()}, [None]

    def _add_layers(self) -> None:
        """Do with the new object what the file does before it trains: net.add(Dense(2, 3))."""
        names = {
            name_of(node.targets[0])
            for node in ast.walk(self.file.tree)
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and name_of(node.value.func) == self.name
        }
        for node in ast.walk(self.file.tree):
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
                continue
            called = node.value.func
            if isinstance(called, ast.Attribute) and name_of(called.value) in names and _prepares(called.attr):
                code = compile(ast.Expression(node.value), self.file.path, "eval")
                eval(code, {**self.file.namespace, str(name_of(called.value)): self.made})

    def _root(self, added: dict[str, Any]) -> Any:
        """The object to call: as forward left it, or a new one, with these parameters and data."""
        held, parameters = added["held"], added["held_parameters"]
        root = held.root if held is not None else copy.deepcopy(self.made)
        for q, path in self.paths.items() if parameters is not None and held is None else ():
            put(root, path, parameters[str(q)])
        for name, value in list(vars(root).items()):
            word = meaning(name)
            if isinstance(value, np.ndarray) and word in ("X", "y") and added[f"held_{word}"] is not None:
                setattr(root, name, added[f"held_{word}"])
        return root

    def _forward(self, given: dict[str, Any], added: dict[str, Any]) -> tuple[Any, list[str | None]]:
        root, method = self._root(added), self.methods[self.roles["forward"]]
        value = getattr(root, method.name)(**given)
        parts = value if isinstance(value, tuple) else () if value is None else (value,)
        names = returned_names(method)
        if len(names) != len(parts):
            names = [None] * len(parts)
        return (*parts, Held(root)), [*(["output"] if len(parts) == 1 else names), None]

    def _backward(self, given: dict[str, Any], added: dict[str, Any]) -> tuple[Any, list[str | None]]:
        root, method = self._root(added), self.methods[self.roles["backward"]]
        once = {a.arg: 1 for a in method.args.args if meaning(a.arg) == "epochs"}
        for name, value in vars(root).items():
            if meaning(name) == "epochs" and isinstance(value, int):
                setattr(root, name, 1)
        before, stale = self._parameters(root), as_dicts(copy.deepcopy(root))
        result = getattr(root, method.name)(**(given | once))
        names = returned_names(method)
        if quantities(result, names, ("dW", "db")) or _like_gradients(result, before):
            return result, names or [None]
        self.gradients = {q: path for q, path in paths_of(root, "d").items() if _is_new(stale, root, path)}
        if self.gradients:
            return {str(q): get(root, path) for q, path in self.gradients.items()}, [None]
        rate = rate_in(given) or rate_in(vars(root)) or 1.0
        after = self._parameters(root)
        if not any(np.any(before[q] != after[q]) for q in before):
            raise InputError(f"{self.file.path}: {self.name}.{method.name} returns no gradients and moves no parameter")
        return gradients_of(before, after, rate), [None]

    def _update(self, given: dict[str, Any], added: dict[str, Any]) -> tuple[Any, list[str | None]]:
        root = self._root(added)
        getattr(root, self.roles["update"])(**given)
        return {str(q): value for q, value in self._parameters(root).items()}, [None]

    def _loss(self, given: dict[str, Any], added: dict[str, Any]) -> tuple[Any, None]:
        return getattr(self._root(added), self.roles["loss"])(**given), None

    def _parameters(self, root: Any) -> dict[Quantity, Any]:
        return {q: np.array(get(root, path), np.float64) for q, path in self.paths.items()}


def _prepares(method: str) -> bool:
    """Whether a method prepares a network: it neither trains nor asks it."""
    return not any(is_called_as(role, method) for role in ("train", "forward", "backward", "update", "predict", "loss"))


def _like_gradients(result: Any, parameters: dict[Quantity, Any]) -> bool:
    """Whether a returned list or dict has the structure of the parameters."""
    found = array_paths(result, [None], gradients=True) if isinstance(result, list | dict | tuple) else {}
    return bool(found) and all(q.parameter in parameters for q in found)


def _is_new(stale: Any, root: Any, path: Any) -> bool:
    """Whether an array was set since."""
    for key in path:
        try:
            stale = stale[key]
        except (KeyError, IndexError, TypeError):
            return True
    return stale is None or np.shape(stale) != np.shape(get(root, path)) or bool(np.any(stale != get(root, path)))
