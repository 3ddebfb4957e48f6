"""The user's file, read: its functions are defined, but its training, reading and printing is not run.

What is run at once: imports, definitions, and assignments that only compute (``sizes = [4, 3, 2]``). Everything else
at the top level is deferred. It runs only if something that is needed depends on it: the data that ``PELLUCID`` names,
say.
"""

import ast
import builtins
import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pellucid.analysis.doctor.sandbox import Failure, run
from pellucid.analysis.doctor.source import Source
from pellucid.analysis.doctor.stand_ins import NAME, StandIns, asking_stand_ins

MAPPING = "PELLUCID"
FILE_FUNCTIONS = {"load", "loadtxt", "genfromtxt", "fromfile", "memmap", "save", "savez", "savetxt", "shuffle"}
PURE = {"range", "len", "int", "float", "list", "dict", "tuple", "set", "abs", "min", "max", "sum", "round", "zip"}
# methods and functions that change what they are called on or given; no training is called so
CHANGING = {
    "append", "extend", "insert", "add", "update", "setdefault", "pop", "remove", "clear", "sort", "reverse", "shuffle",
    "fill", "put", "place", "copyto", "fill_diagonal", "resize",
}  # fmt: skip
THING = "thing_of_the_doctor"  # the object that a program of the doctor's own trains
SECONDS, IMPORT_SECONDS = 5.0, 20.0  # after which a statement of the file is stopped


@dataclass
class UserFile:
    """A user's code: its names as they stand after what was run, and its deferred statements."""

    path: str
    tree: ast.Module
    namespace: dict[str, Any]
    definitions: dict[str, ast.FunctionDef]
    deferred: list[ast.stmt] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    driver: list[ast.stmt] = field(default_factory=list)  # what trains the network in place of the file's own code
    driver_names: dict[str, Any] = field(default_factory=dict)  # and the data for it
    calls: list[Any] = field(default_factory=list)  # of the code, with their names and scopes, once they are looked for
    named: dict[str, list[ast.AST]] = field(default_factory=dict)  # likewise: its functions and classes by name
    reached: dict[ast.AST, list[ast.AST]] = field(default_factory=dict)  # and the parts that a statement comes to
    stand_ins: StandIns = field(init=False)

    def __post_init__(self) -> None:
        self.stand_ins = self.namespace[NAME] = StandIns(self.tree)

    def run_needed(self, wanted: Iterable[str], never: Iterable[str] = ()) -> list[Failure]:
        """Run the deferred statements that these names depend on, but none that trains, or calls one of ``never``."""
        statements = [statement for statement in self.deferred if not self._trains(statement, set(never))]
        chosen = needed(statements, set(wanted))
        self.deferred = [statement for statement in self.deferred if statement not in chosen]
        return [failure for statement in chosen if (failure := self.execute(statement)) is not None]

    def _trains(self, statement: ast.stmt, never: set[str]) -> bool:
        """Whether a statement calls one of ``never``, or changes in a loop, with other files' functions, what is there.

        So does ``for epoch in range(1000): weights = step(weights, X)``, where step is imported.
        """
        parts = list(ast.walk(statement))
        called = {ast.unparse(part.func) for part in parts if isinstance(part, ast.Call)}
        loops = any(isinstance(part, ast.For | ast.While) for part in parts)
        foreign = {name for name in called if name.isidentifier()} - set(self.definitions) - set(vars(builtins))
        return bool(called & never) or (loops and bool(foreign) and not _stored(statement) - set(self.namespace))

    def execute(self, statement: ast.stmt) -> Failure | None:
        """Run one statement of the file in its namespace."""
        code = compile(asking_stand_ins(statement), self.path, "exec")
        imports = isinstance(statement, ast.Import | ast.ImportFrom | ast.Try)
        with self.importing():
            result = run(lambda: exec(code, self.namespace), self.path, seconds=IMPORT_SECONDS if imports else SECONDS)
        return result.failure

    @contextlib.contextmanager
    def importing(self) -> Iterator[None]:
        """While this lasts, the code can import the files beside it, and stand-ins for what is not installed."""
        folder = str(Path(os.path.realpath(self.path)).parent)
        sys.path.insert(0, folder)
        arguments, sys.argv = sys.argv, [self.path]  # what argparse reads
        try:
            with self.stand_ins.modules(folder):
                yield
        finally:
            sys.path.remove(folder)
            sys.argv = arguments
            self.notes += [note for note in self.stand_ins.notes if note not in self.notes]

    def at_line(self, name: str) -> str:
        """The line in which the file last sets a name, as messages begin: "line 12: "; or nothing."""
        lines = [line for other, line in set_names(self.tree) if other == name]
        return f"line {max(lines)}: " if lines else ""


def user_file_of(source: Source, path: str) -> UserFile:
    """A user's file, once its imports, definitions and what only computes were run."""
    tree = source.tree
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    names = {"__name__": "user", "__file__": path, "__builtins__": builtins}
    file = UserFile(path, tree, names, functions, notes=list(source.notes))
    for statement in statements(tree):
        if not at_once(statement):
            file.deferred.append(statement)
            continue
        failure = file.execute(statement)
        if failure is not None:
            if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
                file.deferred.append(statement)  # it builds on something deferred
            else:
                file.notes.append(f"not run: {failure.text}")
    return file


def statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """The top-level statements, with those of ``if __name__ == "__main__":`` as if they stood there."""
    for node in tree.body:
        if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            yield from node.body
        else:
            yield node


def at_once(statement: ast.stmt) -> bool:
    """Whether a statement is one that may be run at once: an import, a definition, or what only computes."""
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return True
    if isinstance(statement, ast.Try):  # try: import cupy as np, except ImportError: import numpy as np
        parts = [*statement.body, *(part for handler in statement.handlers for part in handler.body)]
        return all(isinstance(part, ast.Pass) or at_once(part) for part in parts + statement.orelse)
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        named = any(name == MAPPING for name in bound(statement))
        return not named and all(_computes(node) for node in ast.walk(statement) if isinstance(node, ast.Call))
    return False


def _computes(call: ast.Call) -> bool:
    """Whether a call only computes: one of NumPy's, or of Python's own."""
    *modules, name = ast.unparse(call.func).split(".")
    if not modules:
        return name in PURE
    return modules[0] in ("np", "numpy", "math") and name not in FILE_FUNCTIONS


def bound(node: ast.AST) -> set[str]:
    """The names that a statement binds."""
    names = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(part.name)
        elif isinstance(part, ast.alias):
            names.add((part.asname or part.name).split(".")[0])
    return names


def used(node: ast.AST) -> set[str]:
    """The names that a piece of code reads."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}


def from_outside(node: ast.AST) -> set[str]:
    """The names that a function reads and neither takes nor binds itself: globals.

    >>> sorted(from_outside(ast.parse("def f(X): h = X @ W; return g(h, rate)").body[0]))
    ['W', 'g', 'rate']
    """
    own = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)} | bound(node)
    declared = {name for part in ast.walk(node) if isinstance(part, ast.Global) for name in part.names}
    return used(node) - (own - declared)


def needed(statements: list[ast.stmt], wanted: set[str]) -> list[ast.stmt]:
    """The statements that ``wanted`` names depend on, in their order."""
    chosen: list[ast.stmt] = []
    for statement in reversed(statements):
        if _changed(statement) & wanted:
            chosen.append(statement)
            wanted |= used(statement)
    return chosen[::-1]


def set_names(code: ast.AST) -> Iterator[tuple[str | None, int]]:
    """Each name that code sets, as a variable or a key, with its line."""
    return ((_target_name(target), target.lineno) for node in ast.walk(code) for target in _targets(node))


def _changed(statement: ast.stmt) -> set[str]:
    """The names that a statement binds, or whose values it changes, as X[0] = 1 and sizes.append(3) do."""
    calls = (part for part in ast.walk(statement) if isinstance(part, ast.Call))
    given = [used(call) for call in calls if ast.unparse(call.func).rpartition(".")[2] in CHANGING]
    return bound(statement).union(_stored(statement), *given)


def _stored(statement: ast.stmt) -> set[str]:
    """The names that a statement assigns to, or to an entry or an attribute of which; but not a loop's own."""
    loops = [part.target for part in ast.walk(statement) if isinstance(part, ast.For)]
    own = {part.id for target in loops for part in ast.walk(target) if isinstance(part, ast.Name)}
    stored = set()
    for part in ast.walk(statement):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            stored.add(part.id)
        elif isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store):
            stored |= used(part.value)
    return stored - own


def _targets(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from target.elts if isinstance(target, ast.Tuple) else [target]
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        yield node.target
    elif isinstance(node, ast.Dict):
        yield from [key for key in node.keys if key is not None]


def _target_name(target: ast.expr) -> str | None:
    """What a target is called: W1 for ``W1``, for ``params["W1"]`` and for the key "W1"."""
    if isinstance(target, ast.Subscript):
        target = target.slice
    if isinstance(target, ast.Constant):
        return str(target.value)
    if isinstance(target, ast.Attribute):
        return target.attr
    return target.id if isinstance(target, ast.Name) else None
