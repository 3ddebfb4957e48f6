"""The exercises in a learner's file: which are there, which are not solved yet, and the functions themselves."""

import ast
import re
from collections.abc import Callable, Iterable
from typing import Any

from pellucid.analysis.doctor.source import Source
from pellucid.analysis.doctor.user_file import UserFile, from_outside, statements, user_file_of

MAGIC = re.compile(r"\s*%%grade\b")

Definition = ast.FunctionDef | ast.Assign


def definitions(source: Source) -> dict[str, Definition]:
    r"""The functions at the top level, by name: the last of each; of a notebook those in cells that begin with %%grade.

    >>> from pellucid.analysis.doctor.source import joined
    >>> code = [("cell 1", "def f(x): ..."), ("cell 2", "%%grade\ndef g(x): ...\nh = lambda x: x")]
    >>> list(definitions(joined(code, "notes.ipynb", [])))
    ['g', 'h']
    """
    graded = [line for (line, _), code in zip(source.places, source.cells, strict=True) if MAGIC.match(code)]
    starts = [line for line, _ in source.places]
    found: dict[str, Definition] = {}
    for node in statements(source.tree):
        cell = max((line for line in starts if line <= node.lineno), default=None)
        if cell is not None and cell not in graded:
            continue
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            found.update({target.id: node for target in node.targets if isinstance(target, ast.Name)})
    return found


def is_unsolved(node: ast.AST) -> bool:
    r"""Whether a function has no body yet: a docstring, ``...``, ``pass``, ``return None`` or NotImplementedError.

    >>> is_unsolved(ast.parse("def f(x):\n    'Say it.'\n    ...").body[0])
    True
    """
    return isinstance(node, ast.FunctionDef) and all(map(_says_nothing, node.body))


def _says_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Return):
        return statement.value is None or (isinstance(statement.value, ast.Constant) and statement.value.value is None)
    if isinstance(statement, ast.Raise):
        return "NotImplementedError" in ast.unparse(statement)
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def functions(source: Source, path: str, names: Iterable[str]) -> tuple[dict[str, Callable[..., Any]], list[str]]:
    """These functions, once all that they need of the file was run; and what of the file could not be run."""
    file, found = user_file_of(source, path), definitions(source)
    for node in found.values():
        file.run_needed(_needs(file, node), never=set(names))
    made = {}
    for name in names:
        file.execute(found[name])  # a later cell may define another function of this name
        function = file.namespace.get(name)
        if callable(function):
            made[name] = function
    return made, file.notes


def _needs(file: UserFile, node: ast.AST) -> set[str]:
    """The global names that a function needs, and those that the functions need that it calls."""
    wanted: set[str] = set()
    new = from_outside(node)
    while new:
        wanted |= new
        new = {
            name for known in new if known in file.definitions for name in from_outside(file.definitions[known])
        } - wanted
    return wanted
