"""The user's file, read: its functions are defined, but its training, reading and printing is not run.

What is run at once: imports, definitions, and assignments that only compute (``sizes = [4, 3, 2]``). Everything else
at the top level is deferred. It runs only if something that is needed depends on it: the data that ``PELLUCID`` names,
say.
"""

import ast
import builtins
import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.util import decode_source
from pathlib import Path
from typing import Any

from pellucid._files.reading import read_file
from pellucid.analysis.doctor.sandbox import Failure, run
from pellucid.core.errors import InputError

MAPPING = "PELLUCID"
FILE_FUNCTIONS = {"load", "loadtxt", "genfromtxt", "fromfile", "memmap", "save", "savez", "savetxt", "shuffle"}
PURE = {"range", "len", "int", "float", "list", "dict", "tuple", "set", "abs", "min", "max", "sum", "round", "zip"}
OUTPUT_FUNCTIONS = re.compile(r"print|show|plot|imshow|save|write|dump|log|title|legend|figure")
MODULES = {"np", "numpy", "rng", "random", "plt", "pd", "math", "sys", "os"}


@dataclass
class UserFile:
    """A user's code: its names as they stand after what was run, and its deferred statements."""

    path: str
    tree: ast.Module
    namespace: dict[str, Any]
    definitions: dict[str, ast.FunctionDef]
    deferred: list[ast.stmt] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def run_needed(self, wanted: Iterable[str], never: Iterable[str] = ()) -> list[Failure]:
        """Run the deferred statements that these names depend on, but none that calls a function of ``never``."""
        chosen = _slice(self.deferred, set(wanted), set(never), set(self.definitions))
        self.deferred = [statement for statement in self.deferred if statement not in chosen]
        return [failure for statement in chosen if (failure := self.execute(statement)) is not None]

    def execute(self, statement: ast.stmt) -> Failure | None:
        """Run one statement of the file in its namespace."""
        code = compile(ast.Module([statement], []), self.path, "exec")
        folder = str(Path(os.path.realpath(self.path)).parent)
        sys.path.insert(0, folder)
        try:
            return run(lambda: exec(code, self.namespace), self.path).failure
        finally:
            sys.path.remove(folder)

    def at_line(self, name: str) -> str:
        """The line in which the file last sets a name, as messages begin: "line 12: "; or nothing."""
        lines = [line for other, line in set_names(self.tree) if other == name]
        return f"line {max(lines)}: " if lines else ""


def read_user_file(path: str) -> UserFile:
    """Read a user's file.

    Raises:
        InputError: there is no such file, it is not Python.
    """
    try:
        text = decode_source(read_file(path))
    except (UnicodeError, SyntaxError, LookupError):  # the last one of an encoding that is none of text
        raise InputError(f"{path}: is not text; give the Python file that your network is in") from None
    try:
        tree = _parsed(text, path)
    except SyntaxError as error:
        line = "" if error.lineno is None else f"line {error.lineno}: "
        raise InputError(f"{path}: {line}{error.msg}; Python cannot read it: mend that first") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise InputError(
            f"{path}: Python cannot read it ({error or type(error).__name__}); give the file that your network is in"
        ) from None
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    file = UserFile(path, tree, {"__name__": "user", "__file__": path, "__builtins__": builtins}, functions)
    for statement in _statements(tree):
        if not _at_once(statement):
            file.deferred.append(statement)
            continue
        failure = file.execute(statement)
        if failure is not None:
            if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
                file.deferred.append(statement)  # it builds on something deferred
            else:
                file.notes.append(f"not run: {failure.text}")
    return file


def _parsed(text: str, path: str) -> ast.Module:
    """The syntax tree; the lines of a notebook that are not Python's (%matplotlib inline, !pip …) are left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text, path)
        except SyntaxError:
            plain = re.sub(r"^[%!]", "#", text, flags=re.MULTILINE)
            if plain == text:
                raise
            return ast.parse(plain, path)


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """The top-level statements, with those of ``if __name__ == "__main__":`` as if they stood there."""
    for node in tree.body:
        if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            yield from node.body
        else:
            yield node


def _at_once(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return True
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


def _slice(statements: list[ast.stmt], wanted: set[str], never: set[str], own: set[str]) -> list[ast.stmt]:
    """The statements that ``wanted`` names depend on, in their order."""
    chosen: list[ast.stmt] = []
    for statement in reversed(statements):
        changes = bound(statement)
        if isinstance(statement, ast.AugAssign):
            changes |= used(statement.target)
        if isinstance(statement, ast.Assign):  # X[0] = … changes X
            changes |= {
                name for target in statement.targets if not isinstance(target, ast.Name) for name in used(target)
            }
        for part in ast.walk(statement):  # np.random.shuffle(X) and sizes.append(3) change what they are given
            if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
                *roots, last = ast.unparse(part.value.func).split(".")
                if last not in own and not OUTPUT_FUNCTIONS.match(last):
                    changes |= used(part.value) - ({roots[0]} & MODULES if roots else set())
        if changes & wanted and not used(statement) & never:
            chosen.append(statement)
            wanted |= used(statement)
    return chosen[::-1]


def set_names(code: ast.AST) -> Iterator[tuple[str | None, int]]:
    """Each name that code sets, as a variable or a key, with its line."""
    return ((_target_name(target), target.lineno) for node in ast.walk(code) for target in _targets(node))


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
