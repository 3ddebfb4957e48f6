"""One class with forward and backward (or train) methods: its object is made, given parameters, and called."""

import ast
import copy
import re
from collections.abc import Iterator
from typing import Any

from pellucid.analysis.doctor.driven import Driven
from pellucid.analysis.doctor.held_network import HELD, Held, HeldNetwork, in_order
from pellucid.analysis.doctor.naming import data_word, meaning
from pellucid.analysis.doctor.objects import opened, paths_of, put
from pellucid.analysis.doctor.own_calls import name_of
from pellucid.analysis.doctor.role_names import is_called_as, misspelt
from pellucid.analysis.doctor.roles import named_functions
from pellucid.analysis.doctor.sandbox import code_object, run
from pellucid.analysis.doctor.signatures import UserFunctions, returned_names
from pellucid.analysis.doctor.user_file import UserFile

SHOWS = re.compile(
    r"save|dump|store|write|export|plot|show|draw|print|display|summary|describe|test|eval|score|acc", re.I
)
METHODS = ("forward", "backward", "update", "loss", "train")


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


def _prepares(method: str) -> bool:
    """Whether a method prepares a network: it neither trains nor asks, shows or saves it."""
    return not SHOWS.match(method) and not any(
        is_called_as(role, method) for role in ("train", "forward", "backward", "update", "predict", "loss")
    )
