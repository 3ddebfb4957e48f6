"""One class with forward and backward (or train) methods: its object is made, given parameters, and called."""

import ast
import contextlib
import copy
import random
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from pellucid.analysis.doctor.driven import Driven, gradients_of, quantities, rate_in
from pellucid.analysis.doctor.naming import Quantity, array_paths, data_word, meaning
from pellucid.analysis.doctor.objects import as_dicts, get, gradient_paths, opened, paths_of, put
from pellucid.analysis.doctor.own_calls import name_of
from pellucid.analysis.doctor.reference_network import factor
from pellucid.analysis.doctor.role_names import is_called_as, misspelt
from pellucid.analysis.doctor.roles import named_functions
from pellucid.analysis.doctor.sandbox import code_object, run
from pellucid.analysis.doctor.signatures import UserFunctions, returned_names
from pellucid.analysis.doctor.user_file import UserFile
from pellucid.core.errors import InputError

METHODS = ("forward", "backward", "update", "loss", "train")
HELD = [
    "held",
    "held_parameters",
    "held_X",
    "held_y",
    "held_m",
    "held_gradients",
]  # arguments by which a method is given its object


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
    like_one = bool(names) and re.match(r"d(?!ata)|.*grad|.*err|upstream|accum", names[0], re.IGNORECASE) is not None
    return like_one and not {"X", "y"} & set(map(data_word, names))


def _roles(methods: dict[str, ast.FunctionDef]) -> dict[str, str]:
    """The methods by role: forward may be the one that predicts, and backward the one that trains."""
    found: dict[str, str] = {}
    for role in METHODS:
        named = [name for name in methods if is_called_as(role, name) and name != "__init__"]
        near = misspelt(role, [name for name in methods if name not in found.values()])
        if named or near is not None:
            found[role] = named[0] if named else str(near)
    for name in methods:
        if is_called_as("predict", name) and "forward" not in found:
            found["forward"] = name
    if "loss" in found and "gradients" in map(meaning, filter(None, returned_names(methods[found["loss"]]))):
        found["backward"] = found["loss"]  # loss, grads = net.loss(X, y); without y it gives the scores
        if any(
            meaning(a.arg) == "y"
            for a in methods[found["loss"]].args.args[-len(methods[found["loss"]].args.defaults) :]
        ):
            found["forward"] = found["loss"]
    if "backward" not in found and "train" in found:
        found["backward"] = found.pop("train")
    return found


class HeldNetwork(ABC):
    """A network whose parameters an object holds: how it is given parameters, and how its gradients are told."""

    ARGUMENTS: ClassVar = {
        "held": "held",
        "held_parameters": "parameters",
        "held_X": "X",
        "held_y": "y",
        "held_m": "m",
        "held_gradients": "gradients",
    }

    def __init__(self, file: UserFile, name: str) -> None:
        self.file, self.name = file, name
        self.made: Any = None
        self.paths: dict[Quantity, Any] = {}
        self.gradients: dict[Quantity, Any] = {}  # where backward leaves them, if in attributes
        self.steps: dict[str, tuple[str, float]] = {}  # by how much of which gradient a step moves each parameter
        self.after: Any = None  # the object as backward left it
        self.codes: dict[str, Any] = {}

    def _as_returned(self, root: Any) -> dict[str, Any]:
        return {str(q): value for q, value in self._parameters(root).items()}

    def _parameters(self, root: Any) -> dict[Quantity, Any]:
        return {q: np.array(get(root, path), np.float64) for q, path in self.paths.items()}

    def _root(self, added: dict[str, Any]) -> Any:
        """The object to call: as forward left it, or a new one, with these parameters and data."""
        held, parameters = added["held"], added["held_parameters"]
        root = held.root if held is not None else copy.deepcopy(self.made)
        for q, path in self.paths.items() if parameters is not None and held is None else ():
            put(root, path, parameters[str(q)])
        self._set_data(root, added)
        return root

    def _set_data(self, root: Any, added: dict[str, Any]) -> None:
        """Give an object that holds the data the doctor's own."""
        for name, value in list(vars(root).items()):
            word = data_word(name)
            if isinstance(value, np.ndarray) and word is not None and added[f"held_{word}"] is not None:
                setattr(root, name, added[f"held_{word}"])

    def _backward(self, given: dict[str, Any], added: dict[str, Any]) -> tuple[Any, list[str | None]]:
        """The gradients: returned, left in attributes, or told by the step that the parameters made."""
        root = self._root(added)
        before, stale = self._parameters(root), as_dicts(copy.deepcopy(root))
        result, names, local = self._step(root, given)
        self.after = root
        if quantities(result, names, ("dW", "db")) or _like_gradients(result, before):
            return result, names or [None]
        found = {q: path for q, path in gradient_paths(root, self.paths).items() if _is_new(stale, root, path)}
        after = self._parameters(root)
        moved = any(np.any(before[q] != after[q]) for q in before)
        if len(found) == len(before) or (found and not moved):
            self.gradients = found
            given_back = {str(q): get(root, path) for q, path in found.items()}
            moves = {
                str(q): after[q] - before[q] for q in before if moved and np.shape(after[q]) == np.shape(before[q])
            }
            self.steps = {name: _direction(f"d{name}", move, given_back) for name, move in moves.items()}
            return given_back, [None]
        if not moved:
            raise InputError(f"{self.file.path}: {self.name} returns no gradients and moves no parameter")
        gradients = gradients_of(before, after, rate_in(given) or rate_in(vars(root)) or 1.0)
        entries = np.abs(np.concatenate([np.ravel(gradient) for gradient in gradients.values()]))
        if entries.size > 4 and np.ptp(entries) < 1e-3 * entries.max():  # Adam's first step is as large everywhere
            return self._behind(gradients, quantities(local, [None], ("dW", "db"))), [None]
        return gradients, [None]

    def _behind(self, steps: dict[str, Any], local: dict[Quantity, Any]) -> dict[str, Any]:
        """The gradients behind an optimiser's steps: local variables whose signs are those of the steps."""
        found = {
            str(q): array
            for q, array in local.items()
            if str(q) in steps and np.shape(array) == np.shape(steps[str(q)])
        }
        found = {name: array * np.sign(np.sum(array * steps[name])) for name, array in found.items()}
        agree = [np.mean(np.sign(found[name]) == np.sign(step)) > 0.9 for name, step in steps.items() if name in found]
        if len(agree) < len(steps) or not all(agree):
            raise InputError(
                f"{self.file.path}: {self.name} moves the parameters by an optimiser's step, which does not tell the "
                "gradients; keep them in attributes, self.dW1 = …, or return them"
            )
        return found

    def _as_the_step(self, given: dict[str, Any], added: dict[str, Any]) -> tuple[Any, list[str | None]]:
        """The update that the step makes by itself: what was seen of it, made with other gradients."""
        parameters, gradients = added["held_parameters"], added["held_gradients"]
        moved = {}
        for name, old in parameters.items():
            gradient, c = self.steps.get(name, (f"d{name}", -1.0))
            moved[name] = old + c * gradients[gradient]
        return moved, [None]

    @abstractmethod
    def _step(self, root: Any, given: dict[str, Any]) -> tuple[Any, list[str | None], dict[str, Any]]:
        """Run what computes the gradients; what it returns, the names of that, and its local variables."""


class _Network(HeldNetwork):
    """A class of the user's and an object of it, by whose methods the roles are filled."""

    def __init__(self, file: UserFile, name: str, methods: dict[str, ast.FunctionDef], roles: dict[str, str]) -> None:
        super().__init__(file, name)
        self.methods, self.roles = methods, roles

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
                by_role[role] = Driven(_method(cls, method.name), method, HELD, body)
        functions = UserFunctions(by_role, self.file, {"arguments": dict(self.ARGUMENTS)})
        functions.free_rate = "update" not in self.roles
        return functions

    def _init(self, given: dict[str, Any], _: dict[str, Any]) -> tuple[Any, list[str | None]]:
        self.made = self.file.namespace[self.name](**given)
        self._add_layers()
        self.paths = paths_of(self.made)
        return self._as_returned(self.made), [None]

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

    def _forward(self, given: dict[str, Any], added: dict[str, Any]) -> tuple[Any, list[str | None]]:
        root, method = self._root(added), self.methods[self.roles["forward"]]
        value = _method(root, method.name)(**given)
        parts = value if isinstance(value, tuple) else () if value is None else (value,)
        names = returned_names(method)
        if len(names) != len(parts):
            names = [None] * len(parts)
        single = len(parts) == 1 and opened(value) is value
        return (*parts, Held(root)), [*(["output"] if single else names), ""]

    def _step(self, root: Any, given: dict[str, Any]) -> tuple[Any, list[str | None], dict[str, Any]]:
        method = self.methods[self.roles["backward"]]
        once = {a.arg: 1 for a in method.args.args if meaning(a.arg) == "epochs"}
        for name, value in vars(root).items():
            if meaning(name) == "epochs" and isinstance(value, int):
                setattr(root, name, 1)
        function = _method(root, method.name)
        with in_order():
            result = run(lambda: function(**(given | once)), self.file.path, (code_object(function),))
        if result.failure is not None:
            raise result.failure.raised
        return result.value, returned_names(method), result.last_locals

    def _update(self, given: dict[str, Any], added: dict[str, Any]) -> tuple[Any, list[str | None]]:
        root = copy.deepcopy(self.after)
        for paths, values in ((self.paths, added["held_parameters"]), (self.gradients, added["held_gradients"])):
            for q, path in paths.items() if values is not None else ():
                put(root, path, values[str(q)])
        _method(root, self.roles["update"])(**given)
        return self._as_returned(root), [None]

    def _loss(self, given: dict[str, Any], added: dict[str, Any]) -> tuple[Any, None]:
        return _method(self._root(added), self.roles["loss"])(**given), None


def _method(owner: Any, name: str) -> Any:
    """A method by the name in the text; those that begin with two underscores bear the class's name, too."""
    own = [key for key in dir(owner) if key == name or (key.endswith(name) and name.startswith("__") and key[0] == "_")]
    return getattr(owner, own[0] if own else name)


@contextlib.contextmanager
def in_order() -> Iterator[None]:
    """While this lasts, shuffling leaves the samples in their order, so that the targets still fit."""
    places: list[tuple[Any, str]] = [(np.random, "permutation"), (np.random, "shuffle"), (random, "shuffle")]
    before = [(module, name, getattr(module, name)) for module, name in places]
    for module, name in places:
        setattr(module, name, _unchanged if name == "permutation" else _as_it_is)
    try:
        yield
    finally:
        for module, name, function in before:
            setattr(module, name, function)


def _unchanged(values: Any) -> Any:
    return np.arange(values) if isinstance(values, int) else np.array(values)


def _as_it_is(values: Any, *_: Any) -> None:
    """No shuffling."""


def _prepares(method: str) -> bool:
    """Whether a method prepares a network: it neither trains nor asks it."""
    return not any(is_called_as(role, method) for role in ("train", "forward", "backward", "update", "predict", "loss"))


def _like_gradients(result: Any, parameters: dict[Quantity, Any]) -> bool:
    """Whether a returned list or dict has the structure of the parameters."""
    found = array_paths(result, [None], gradients=True) if isinstance(result, list | dict | tuple) else {}
    return bool(found) and all(q.parameter in parameters for q in found)


def _direction(name: str, move: Any, gradients: dict[str, Any]) -> tuple[str, float]:
    """The gradient of which a step is a multiple, and the factor; for what is beyond plain descent, its sign."""
    if np.shape(move) != np.shape(gradients[name]) or not np.any(move):
        return name, 0.0 if not np.any(move) else -1.0
    for other in (name, *gradients) if np.size(move) > 2 else (name,):
        if (c := factor(move, gradients[other])) is not None:
            return other, c
    return name, float(np.sign(np.sum(move * gradients[name])))


def _is_new(stale: Any, root: Any, path: Any) -> bool:
    """Whether an array was set since."""
    for key in path:
        try:
            stale = stale[key]
        except (KeyError, IndexError, TypeError):
            return True
    return stale is None or np.shape(stale) != np.shape(get(root, path)) or bool(np.any(stale != get(root, path)))
