"""``%%grade``: a cell is run, and the exercises that it defines are graded in the session.

The code runs here and not in a process apart: it is the learner's own session, whose names it may use.
"""

import ast
import re
import secrets
from collections.abc import Callable
from typing import Any

from pellucid.book.grading.exercises import EXERCISES
from pellucid.book.grading.judge import SEEDS, UNSOLVED, Mark, mark_of
from pellucid.book.grading.learner import is_unsolved

DEFINED = re.compile(r"^(?:def[ \t]+(\w+)|(\w+)[ \t]*=[ \t]*lambda\b)", re.MULTILINE)
OPTIONS = "%%grade takes --hint, for a way to begin, and --seed N, for the same inputs again"


def register(shell: Any) -> None:
    """Give IPython, and so Jupyter, the magic ``%%grade``."""

    def grade_cell(line: str, cell: str) -> None:
        """Run the cell; then say of each exercise in it whether it is solved, or what is wrong; --hint gives a hint."""
        found = re.fullmatch(r"\s*(--hint)?\s*(?:--seed[ =](\d{1,18}))?\s*(--hint)?\s*", line)
        if found is None:
            print(OPTIONS)
        elif shell.run_cell(cell).success:
            seed = secrets.randbelow(SEEDS) if found[2] is None else int(found[2])
            print(report(cell, shell.user_ns, seed, hint=bool(found[1] or found[3])))

    shell.register_magic_function(grade_cell, "cell", "grade")


def report(cell: str, namespace: dict[str, Any], seed: int, *, hint: bool = False) -> str:
    """What is said below a cell that has been run."""
    names = list(dict.fromkeys(one or other for one, other in DEFINED.findall(cell)))
    known = [name for name in EXERCISES if name in names and callable(namespace.get(name))]
    if not known:
        return "This cell defines no exercise: an exercise is known by its function's name, as neuron(x, w, b)."
    unsolved = _unsolved(cell)
    lines = []
    for name in known:
        mark = Mark(name, False, UNSOLVED) if name in unsolved else _mark(name, namespace[name], seed)
        lines.append(f"{name}: {mark.message}")
        if hint and not mark.passed:
            lines.append(f"hint: {EXERCISES[name].hint}")
    return "\n".join(lines)


def _mark(name: str, function: Callable[..., Any], seed: int) -> Mark:
    return mark_of(EXERCISES[name], function, seed)


def _unsolved(cell: str) -> set[str]:
    """The functions of a cell without a body; none of one that only IPython can read."""
    try:
        tree = ast.parse(cell)
    except SyntaxError:
        return set()
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and is_unsolved(node)}
