"""A training loop with everything inside it, at the top level or in a function: its body is one step.

What stands before the loop makes the parameters. Of the body, what does not depend on the targets is the forward pass;
the whole of it is one step, which tells the gradients.
"""

import ast
import builtins
import functools
import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from pellucid.analysis.doctor.driven import Body, Driven
from pellucid.analysis.doctor.held_network import HELD, Held, HeldNetwork, in_order
from pellucid.analysis.doctor.loop_code import (
    ForwardPart,
    Loop,
    carried,
    data_of,
    find_loop,
    inputs_of,
    loss_in,
    without_output,
)
from pellucid.analysis.doctor.naming import data_word, meaning
from pellucid.analysis.doctor.objects import Variables, gradient_paths, paths_of
from pellucid.analysis.doctor.own_calls import STAND_INS, Scope, evaluated, name_of, own_expressions
from pellucid.analysis.doctor.roles import named_functions
from pellucid.analysis.doctor.sandbox import Failure, run
from pellucid.analysis.doctor.signatures import UserFunctions
from pellucid.analysis.doctor.stand_ins import asking_stand_ins
from pellucid.analysis.doctor.user_data import reached
from pellucid.analysis.doctor.user_file import UserFile, bound, from_outside, used
from pellucid.core.errors import InputError


def find_scripts(file: UserFile) -> Iterator[UserFunctions]:
    """Each loop that trains, the top level's first."""
    functions = [node for node in ast.walk(file.tree) if isinstance(node, ast.FunctionDef)]
    for scope in (Scope(file.tree), *map(Scope, functions)):
        loop = find_loop(scope.node.body)
        if loop is not None:
            yield _Script(file, scope, loop).functions()


class _Script(HeldNetwork):
    """A loop as a network whose object holds the loop's variables."""

    def __init__(self, file: UserFile, scope: Scope, loop: Loop) -> None:
        super().__init__(file, f"the loop in line {loop.lineno}")
        self.scope, self.loop, self.body = scope, loop, without_output(loop.body)
        self.counters = set().union(*(bound(node.target) for node in ast.walk(loop) if isinstance(node, ast.For)))
        self.set_inside = bound(ast.Module(self.body, []))
        called = used(ast.Module(self.body, [])) & file.definitions.keys()
        read = {name for node in reached(file, called) for name in from_outside(node)} - file.definitions.keys()
        self.inputs = inputs_of(self.body) - (self.counters - self.set_inside)
        if isinstance(scope.node, ast.Module):  # what the functions that it calls read is its own
            self.inputs |= read - self.set_inside - self.counters
        self.data = data_of(loop, self.inputs)
        if "y" not in self.data:
            raise InputError(f"{file.path}: {self.name} has no targets that can be told; call the data X and y")
        self.forward = ForwardPart(self.body, self.data["y"])
        self.loss = loss_in(self.body, self.data["y"])

    def functions(self) -> UserFunctions:
        """The roles as functions."""
        pieces: dict[str, tuple[list[ast.stmt], Body]] = {
            "init": ([], self._init),
            "forward": (self.forward.statements, self._forward),
            "backward": (self.body, self._backward),
            "update": ([], self._as_the_step),
        }
        if self.loss is not None:
            pieces["loss"] = ([self.loss], self._loss)
        by_role = {role: f for role, f in named_functions(self.file).items() if role in ("one_hot", "softmax")}
        for role, (code, body) in pieces.items():
            node = ast.FunctionDef(role, _NO_ARGUMENTS, code or [ast.Pass()], [], lineno=self.loop.lineno, col_offset=0)
            driven = Driven(_takes_nothing, node, HELD if role != "init" else [], body)
            driven.called = ""
            driven.__name__ = "the training loop" if role not in ("forward", "loss") else f"the loop's {role} part"
            driven.__code__ = self.codes[role] = compile(ast.Module(code, []), self.file.path, "exec")
            by_role[role] = driven
        return UserFunctions(by_role, self.file, {"arguments": dict(self.ARGUMENTS)}, free_rate=True)

    def _start(self) -> dict[str, Any]:
        """The variables as they stand before the loop."""
        failures: list[Failure] = []
        if isinstance(self.scope.node, ast.FunctionDef):
            variables = self._run_function(self.scope.node)
        else:
            later = [k for k, node in enumerate(self.file.deferred) if self.loop in ast.walk(node)]
            self.file.deferred = self.file.deferred[: min(later, default=None)]  # what trains is not run
            failures = self.file.run_needed(self.inputs)
            variables = self.file.namespace
        found = {name: variables[name] for name in self.inputs if name in variables}
        for name in self.inputs - found.keys():
            if (word := data_word(name)) is not None:
                found[name] = STAND_INS[word]()
        lost = [name for name in self.inputs - found.keys() if not hasattr(builtins, name)]
        if lost:
            why = f" ({failures[0].text})" if failures else ""
            raise InputError(
                f"{self.file.path}: {self.name} needs {', '.join(sorted(lost))}, which could not be made{why}"
            )
        known = self.file.namespace
        return {n: v for n, v in found.items() if not inspect.ismodule(v) and not (callable(v) and known.get(n) is v)}

    def _run_function(self, node: ast.FunctionDef) -> dict[str, Any]:
        """The local variables of the function before its loop, as the file calls it."""
        arguments = [argument.arg for argument in node.args.args]
        given, caller = own_expressions(self.file, node.name, arguments) or ({}, self.scope)
        given = {**dict(zip(arguments[::-1], node.args.defaults[::-1], strict=False)), **given}
        variables = dict(self.file.namespace)
        kinds = {a.arg: self.file.namespace.get(name_of(a.annotation) or "") for a in node.args.args if a.annotation}
        classes = {name: kind for name, kind in kinds.items() if isinstance(kind, type)}  # train(config: Config)
        for name in arguments:
            value = evaluated(self.file, given[name], caller) if name in given else None
            word = data_word(name) or meaning(name)
            if value is None and word in STAND_INS:
                value = STAND_INS[word]()
            if value is None and name in classes:
                value = run(classes[name], self.file.path).value
            if value is not None:
                variables[name] = value
        for statement in node.body:
            if self.loop in ast.walk(statement):
                break
            code = compile(asking_stand_ins(statement), self.file.path, "exec")
            run(functools.partial(exec, code, variables), self.file.path)
        return variables

    def _init(self, given: dict[str, Any], _: dict[str, Any]) -> tuple[Any, list[str | None]]:
        start = self._start()
        self.made = Variables(start)
        moved = sorted(carried(self.loop), key=self._place)
        self.paths = paths_of(
            Variables({name: start[name] for name in moved if name in start and data_word(name) is None})
        )
        if not self.paths:
            raise InputError(
                f"{self.file.path}: {self.name} moves no weights that can be told; call them W1, b1, W2, …"
            )
        return self._as_returned(self.made), [None]

    def _place(self, name: str) -> tuple[int, int]:
        """Where a name is first used in the loop."""
        nodes = [node for part in self.body for node in ast.walk(part) if isinstance(node, ast.Name)]
        return min(((node.lineno, node.col_offset) for node in nodes if node.id == name), default=(0, 0))

    def _set_data(self, root: Any, added: dict[str, Any]) -> None:
        own = vars(self.made).get(self.data.get("X", ""))
        for word, name in self.data.items():
            if added[f"held_{word}"] is not None:
                setattr(root, name, self._like_own(name, added[f"held_{word}"]))
        for name, value in list(vars(root).items()):
            if isinstance(value, int) and added["held_m"] is not None:
                count = np.ndim(own) > 0 and value == len(own) and not meaning(name)
                if meaning(name) == "samples" or count:
                    setattr(root, name, added["held_m"])
            elif added["held_m"] is not None and _is_order(value, own):
                setattr(root, name, list(range(added["held_m"])))

    def _like_own(self, name: str, values: Any) -> Any:
        """Rows of samples, as columns each where the file's own are so: (m, n, 1); one number each, where they are."""
        own = np.ndim(vars(self.made).get(name))
        if own == 1 and np.shape(values)[1:] == (1,):
            return values[:, 0]
        return values[:, :, np.newaxis] if own == 3 and np.ndim(values) == 2 else values

    def _forward(self, given: dict[str, Any], added: dict[str, Any]) -> tuple[Any, list[str | None]]:
        root = self._root(added)
        self._run("forward", root)
        output = None
        if self.forward.output is not None:
            code = compile(ast.Expression(self.forward.output), self.file.path, "eval")
            output = eval(code, {**self.file.namespace, **vars(root)})
        return (output, Held(root)), ["output", ""]

    def _step(self, root: Any, given: dict[str, Any]) -> tuple[Any, list[str | None], dict[str, Any]]:
        try:
            self._run("backward", root)
        except ValueError:  # a gradient whose shape is wrong stops the step: it is seen all the same
            if len(gradient_paths(root, self.paths)) < len(self.paths):
                raise
        return None, [], {}

    def _loss(self, given: dict[str, Any], added: dict[str, Any]) -> tuple[Any, list[str | None] | None]:
        root = self._root(added)
        self._run("loss", root)
        assert self.loss is not None
        return getattr(root, ast.unparse(self.loss.targets[0])), None

    def _run(self, role: str, root: Any) -> None:
        """Run a piece of the loop with an object's variables, and keep those that it sets."""
        names, before = self.file.namespace, dict(self.file.namespace)
        variables = names if isinstance(self.scope.node, ast.Module) else dict(names)
        variables.update({**dict.fromkeys(self.counters, 0), **vars(root)})
        try:
            with in_order():
                exec(self.codes[role], variables)
        finally:
            for name in self.set_inside & variables.keys():
                setattr(root, name, variables[name])
            names.clear()
            names.update(before)


def _is_order(value: Any, data: Any) -> bool:
    """Whether a value is the order in which samples are taken: [2, 0, 1]."""
    whole = isinstance(value, list) and all(isinstance(part, int) for part in value)
    whole = whole or (isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind == "i")
    return whole and np.ndim(data) > 0 and sorted(value) == list(range(len(data)))


_NO_ARGUMENTS = ast.arguments([], [], None, [], [], None, [])


def _takes_nothing() -> None:
    """What a piece of a loop takes."""
