"""Explanations for a narrow terminal: what does not fit on a line is laid out below it, and nothing is cut."""

import re
import textwrap
from collections.abc import Sequence

from pellucid.analysis.explain.step import Step
from pellucid.analysis.explain.text import COLUMNS, row

LEAST = 24  # characters: what is narrower than that is not narrowed further
_OPERATOR = re.compile(r" ([+−·/@<>]) ")
_GLUE = "\N{NO-BREAK SPACE}"  # where no line is broken


def fits(steps: Sequence[Step], digits: int, width: int) -> bool:
    """Whether the table of some steps is no wider than that, with two spaces before each name and between columns."""
    rows = [row(step, digits) for step in steps]
    cells = [COLUMNS, *((f"  {name}", *others) for name, *others in rows)]
    return sum(max(map(len, column)) + 2 for column in zip(*cells, strict=True)) - 2 <= width


def prose(text: str, width: int) -> list[str]:
    """A text in lines of whole words.

    >>> prose("The softmax makes probabilities of the scores.", 30)
    ['The softmax makes', 'probabilities of the scores.']
    """
    return _wrapped(text, width, "", "") or [""]


def equation(text: str, width: int, indent: str = "  ") -> list[str]:
    """A line ``name = formula = numbers = value``; where it is too long, each part stands below the one before.

    >>> for line in equation("z1 = W1 · x + b1 = 0.5 · 2 + (−1) = 0", 24):
    ...     print(line)
      z1 = W1 · x + b1
         = 0.5 · 2 + (−1)
         = 0
    """
    if len(indent + text) <= width:
        return [indent + text]
    name, first, *others = re.split(r" (=|←) ", text)
    under = indent + " " * len(name)
    made: list[str] = []
    for sign, part in zip([first, *others[1::2]], others[::2], strict=True):
        head = f"{under if made else indent + name} {sign} "
        made += _wrapped(part, width, head, " " * (len(under) + 5))
    return made


def rows(steps: Sequence[Step], digits: int, width: int) -> list[list[str]]:
    """The rows of a table that is too wide, each in lines of its own: what it is, then how it comes to its value.

    >>> step = Step(1, "z", "W1 * x + b1", {"W1": 0.5, "x": 2.0, "b1": -1.0}, 0.0, "z1", why="the score of a neuron")
    >>> for line in rows([step], 6, 50)[0]:
    ...     print(line)
      z1  the score of a neuron
          W1 · x + b1 = 0.5 · 2 + (−1) = 0
    """
    cells = [row(step, digits) for step in steps]
    names = max(len(name) for name, *_ in cells)
    under = " " * (4 + names)
    made = []
    for name, why, *parts in cells:
        head = f"  {name:{names}}  "
        kept = [part for k, part in enumerate(parts) if part and part not in parts[:k]]
        lines = [under + " = ".join(kept)]
        if len(lines[0]) > width:
            lines = [each for k, part in enumerate(kept) for each in _part(part, width, under, first=k == 0)]
        made.append([*(_wrapped(why, width, head, under) or [head.rstrip()]), *lines])
    return made


def _part(part: str, width: int, indent: str, *, first: bool) -> list[str]:
    """One side of an equation, with the sign before it unless it is the first."""
    return _wrapped(part, width, indent if first else f"{indent}= ", f"{indent}    ")


def _wrapped(text: str, width: int, first: str, others: str) -> list[str]:
    """Lines that end between words, and before an operator rather than behind it."""
    glued = _OPERATOR.sub(rf" \1{_GLUE}", text)
    lines = textwrap.wrap(
        glued, max(width, len(others) + LEAST), initial_indent=first, subsequent_indent=others,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [line.replace(_GLUE, " ") for line in lines]
