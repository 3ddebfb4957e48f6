"""The functions and classes of a running session, read from their sources as if they stood in one file."""

import ast
import linecache
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any

from pellucid.analysis.doctor.source import Source, joined
from pellucid.analysis.doctor.user_file import UserFile
from pellucid.core.errors import InputError

WHERE = "the namespace"  # what stands for a file in messages


def read_namespace(namespace: Mapping[str, Any]) -> tuple[UserFile, Source]:
    """The functions and classes that were defined in a namespace, and where each line of them stands.

    They are defined once more in a copy of the namespace: what belongs to the session stays as it is.

    Raises:
        InputError: none is there whose source can be had.
    """
    texts = {code.co_filename: "".join(linecache.getlines(code.co_filename)) for code in _codes(namespace)}
    parts = [_named(namespace, file, text.strip()) for file, text in texts.items() if text.strip()]
    if not parts:
        raise InputError(f"{WHERE} holds no functions of yours whose source can be read; examine a file, or hand over "
                         "functions: doctor(init=…, forward=…, backward=…)")  # fmt: skip
    source = joined(parts, WHERE, [])
    own = [node for node in source.tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    source.tree.body = [node for node in own if node.name in namespace]
    definitions = {node.name: node for node in source.tree.body if isinstance(node, ast.FunctionDef)}
    file = UserFile(WHERE, source.tree, dict(namespace), definitions, notes=source.notes)
    for node in source.tree.body:
        file.execute(node)
    return file, source


def _codes(namespace: Mapping[str, Any]) -> Iterator[CodeType]:
    """The code of each function, and of a method of each class, that was defined in the namespace itself."""
    for value in list(namespace.values()):
        members = list(vars(value).values()) if isinstance(value, type) else [value]
        functions = [member for member in members if isinstance(member, FunctionType)]
        if functions and functions[0].__module__ == namespace.get("__name__"):
            yield functions[0].__code__


def _named(namespace: Mapping[str, Any], file: str, text: str) -> tuple[str, str]:
    """What a text is called, and the text: IPython keeps each cell as it was typed, with magics, and as it was run."""
    ran = namespace.get("In", [])
    for number in reversed(range(len(ran))):
        for cell in (str(namespace.get(f"_i{number}", "")), str(ran[number])):
            if text in cell:
                return f"cell {number}", "\n" * cell.count("\n", 0, cell.index(text)) + text
    return file, text
