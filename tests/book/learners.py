"""What the tests of the grader share: the solutions, and functions made of a body's text."""

import ast
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.book.grading.exercises import EXERCISES
from pellucid.book.grading.judge import Mark, mark_of

SOLUTIONS = Path(__file__).parents[2] / "examples" / "solutions"


def solutions() -> dict[str, str]:
    """The source of the file that each exercise is solved in."""
    found = {}
    for file in sorted(SOLUTIONS.glob("chapter_*.py")):
        source = file.read_text(encoding="utf-8")
        names = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
        found.update({name: source for name in names if name in EXERCISES})
    return found


def function_of(source: str, name: str) -> Callable[..., Any]:
    """A function that a source defines."""
    names: dict[str, Any] = {"np": np}
    exec(compile(source, "answers.py", "exec"), names)
    function: Callable[..., Any] = names[name]
    return function


def source_of(name: str, body: str) -> str:
    """A file with one exercise."""
    signature = EXERCISES[name].signature
    return f"import numpy as np\n\n\ndef {signature}:\n{textwrap.indent(body, '    ')}\n"


def graded(name: str, body: str, seed: int = 0) -> Mark:
    """The mark of a body."""
    return mark_of(EXERCISES[name], function_of(source_of(name, body), name), seed)
