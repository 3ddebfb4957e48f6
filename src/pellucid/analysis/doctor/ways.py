"""The ways to read a file's network: as functions, one class, layer objects, or a loop at the top level.

Each way turns what the file has into functions by role; what compares them does not know where they came from. A
reading in which all is right wins over one in which something is wrong.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pellucid.analysis.doctor.class_way import find_classes
from pellucid.analysis.doctor.global_way import find_global
from pellucid.analysis.doctor.naming import data_word, meaning, quantity
from pellucid.analysis.doctor.own_calls import name_of
from pellucid.analysis.doctor.role_names import is_called_as
from pellucid.analysis.doctor.roles import find_functions
from pellucid.analysis.doctor.script_way import find_scripts
from pellucid.analysis.doctor.signatures import UserFunctions
from pellucid.analysis.doctor.user_file import MAPPING, UserFile, bound
from pellucid.core.errors import InputError


@dataclass(frozen=True)
class Reading:
    """A file's functions by role, and how they are tried."""

    functions: UserFunctions
    one_sample: bool = False


WAYS: tuple[Callable[[UserFile], Iterator[UserFunctions]], ...] = (
    find_functions,
    find_global,
    find_classes,
    find_scripts,
)


def readings(file: UserFile) -> Iterator[Reading]:
    """The ways to read a file, the likelier first; ``functions.stopped`` of the last one tells how it went.

    Raises:
        InputError: there is none.
    """
    refused, found, through = list[InputError](), False, False
    for way in WAYS[:2] if any(MAPPING in bound(node) for node in file.tree.body) else WAYS:
        try:
            for functions in way(file):
                found = True
                yield from _tried(functions)
                through = through or not functions.stopped
        except InputError as error:
            refused.append(error)
        if through and way is not find_functions:
            return  # the file is understood: another reading might only hide what is wrong
    if refused and not found:
        raise refused[0]


def _tried(functions: UserFunctions) -> Iterator[Reading]:
    """With a batch, and with one sample where the file trains on single ones."""
    single = functions.file is not None and trains_on_single_samples(functions.file)
    if single:
        yield Reading(functions, one_sample=True)
    yield Reading(functions)
    if not single and functions.file is not None and "outer(" in ast.unparse(functions.file.tree):
        yield Reading(functions, one_sample=True)


def trains_on_single_samples(file: UserFile) -> bool:
    r"""Whether the file loops over single samples: ``for x, y in zip(X, Y)``, X[i], X[:, i:i + 1].

    >>> loop = "for x, y in zip(X, Y):\n    W -= lr * backward(x, y)"
    >>> trains_on_single_samples(UserFile("", ast.parse(loop), {}, {}))
    True
    """
    return any(_is_over_samples(loop) for loop in ast.walk(file.tree) if isinstance(loop, ast.For))


def _is_over_samples(loop: ast.For) -> bool:
    nodes = [node for part in loop.body for node in ast.walk(part)]
    learns = any(isinstance(node, ast.AugAssign) and _means(node.target, ("W", "b")) for node in nodes)
    names = [name_of(node.func) or "" for node in nodes if isinstance(node, ast.Call)]
    if not learns and not any(is_called_as(role, name) for role in ("backward", "update", "train") for name in names):
        return False
    drawn = [
        name_of(node.targets[0])
        for node in nodes
        if isinstance(node, ast.Assign) and "randint(" in ast.unparse(node.value) and "size" not in ast.unparse(node)
    ]
    counters = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)} | set(drawn)
    taken = [node for node in nodes if isinstance(node, ast.Subscript) and _means(node.value, ("X", "y"))]
    zipped = [node for node in ast.walk(loop.iter) if isinstance(node, ast.Call) and name_of(node.func) == "zip"]
    return (
        any(_means(part, ("X", "y")) for node in zipped for part in node.args)
        or any(_takes_one(node.slice, counters) for node in taken)
        or _is_of_pairs(loop)
    )


def _is_of_pairs(loop: ast.For) -> bool:
    """``for x, y in training_data``, but not ``for X_batch, y_batch in batches``."""
    text = f"{ast.unparse(loop.target)} in {ast.unparse(loop.iter)}"
    names = [node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)]
    return {"X", "y"} <= set(map(data_word, names)) and not re.search(r"batches|loader|[xy]_?b|batch\w* in", text, re.I)


def _means(node: ast.expr, words: tuple[str, ...]) -> bool:
    name = name_of(node) or ""
    q = quantity(name)
    return meaning(name) in words or (q is not None and q.kind in words)


def _takes_one(index: ast.expr, counters: set[str | None]) -> bool:
    """Whether an index takes one sample: i, or i:i + 1, in either axis."""
    if isinstance(index, ast.Tuple):
        return any(_takes_one(part, counters) for part in index.elts)
    if isinstance(index, ast.List) and len(index.elts) == 1:
        return _takes_one(index.elts[0], counters)
    if isinstance(index, ast.Slice) and index.lower is not None and index.upper is not None:
        return ast.unparse(index.upper) == f"{ast.unparse(index.lower)} + 1" and _takes_one(index.lower, counters)
    return isinstance(index, ast.Name) and index.id in counters
