"""Explanations as text: formulas as people write them, numbers in their place, Markdown."""

import math
import re
from collections.abc import Iterable
from itertools import groupby

import numpy as np

from pellucid._text import visible
from pellucid.analysis.explain.step import Block, Code, Explanation, Section, Step, Table, Value

SMALL = 6  # an array of no more numbers is written down
_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
# from NumPy to what people write, in this order
_PRETTY = (
    ("np.maximum", "max"), ("np.minimum", "min"), ("np.", ""), (" ** 2", "²"), (" ** 3", "³"),
    (" * ", " · "), ("-", "−"),
)  # fmt: skip
_GREEK = re.compile(r"\b(delta|eta)(?=\d|\b)")
_LETTERS = {"delta": "δ", "eta": "η"}


def number(value: float, digits: int = 6) -> str:
    """A number with so many significant digits; 17 say it exactly. What is nearly 1 has more: its distance counts.

    >>> number(-0.1), number(1 / 3, 3), number(0.1, 17), number(1 - 2.21e-7)
    ('-0.1', '0.333', '0.10000000000000001', '0.999999779')
    """
    off = abs(1 - value)
    if 0 < off < 10.0 ** (1 - digits) and digits < 17:
        return f"{value:.{min(17, 2 - math.floor(math.log10(off)))}f}"
    return f"{value + 0.0:.{digits}g}"


def formula_of(step: Step) -> str:
    """A step's formula as people write it, with the names of its operands.

    >>> step = Step(1, "W", "W - eta * d ** 2", {"W": 1.0, "eta": 0.1, "d": 2.0}, 0.6, "W1", labels={"d": "delta1"})
    >>> formula_of(step)
    'W − η · δ1²'
    """
    return pretty(_NAME.sub(lambda match: step.labels.get(match[0], match[0]), step.formula))


def numbers_of(step: Step, digits: int = 6) -> str:
    """A step's formula with the numbers of its operands in place of their names; nothing where they are arrays.

    >>> numbers_of(Step(1, "z", "w * x - b", {"w": -2.0, "x": 3.0, "b": -1.0}, -5.0, "z1"))
    '−2 · 3 − (−1)'
    """
    if any(np.size(value) > SMALL for value in step.operands.values()) or not step.operands:
        return ""

    def put(match: re.Match[str]) -> str:
        if match[0] not in step.operands:
            return match[0]
        operand = step.operands[match[0]]
        text = _array(operand, digits) if np.ndim(operand) else number(float(operand), digits)
        before, after = step.formula[: match.start()], step.formula[match.end() :]
        bare = (not before or before.endswith(("(", ", "))) and not after.startswith(" **")
        return text if bare or not text.startswith("-") else f"({text})"

    return pretty(_NAME.sub(put, step.formula))


def value_of(step: Step, digits: int = 6) -> str:
    """A step's value as text; of a large array only its shape."""
    value = step.value
    if np.size(value) > SMALL:
        return " × ".join(map(str, np.shape(value))) + " numbers"
    return pretty(_array(value, digits) if np.ndim(value) else number(float(value), digits))


def _array(value: Value, digits: int) -> str:
    if np.ndim(value) == 0:
        return number(float(value), digits)
    return "[" + ", ".join(_array(each, digits) for each in np.asarray(value)) + "]"


def pretty(formula: str) -> str:
    """A NumPy expression as people write it.

    >>> pretty("np.maximum(z1, 0) * delta2")
    'max(z1, 0) · δ2'
    """
    for plain, written in _PRETTY:
        formula = formula.replace(plain, written)
    return _GREEK.sub(lambda match: _LETTERS[match[1]], formula)


def line(step: Step, digits: int = 6) -> str:
    """A step on one line: name = formula = numbers = value.

    >>> line(Step(1, "z", "W1 * x + b1", {"W1": 0.5, "x": 2.0, "b1": -1.0}, 0.0, "z1"))
    'z1 = W1 · x + b1 = 0.5 · 2 + (−1) = 0'
    """
    name, *parts = pretty(step.name), formula_of(step), numbers_of(step, digits), value_of(step, digits)
    replaces = " ← " if step.quantity in ("W", "b") else " = "
    return name + replaces + " = ".join(part for k, part in enumerate(parts) if part and part not in [name, *parts[:k]])


COLUMNS = ("number", "what", "formula", "with numbers", "value")


def row(step: Step, digits: int = 6) -> tuple[str, str, str, str, str]:
    """A step as a row of a table with ``COLUMNS``."""
    return pretty(step.name), step.why, formula_of(step), numbers_of(step, digits), value_of(step, digits)


def cells(table: Table, digits: int = 6) -> list[tuple[str, ...]]:
    """The rows of a table as texts.

    >>> cells(Table(("column", "gives"), (("age", -0.25),)))
    [('age', '−0.25')]
    """
    return [
        tuple(each if isinstance(each, str) else pretty(number(each, digits)) for each in row) for row in table.rows
    ]


def numeric(table: Table) -> list[bool]:
    """Which columns of a table hold numbers.

    >>> numeric(Table(("column", "gives"), (("age", -0.25),)))
    [False, True]
    """
    return [all(not isinstance(each, str) for each in column) for column in zip(*table.rows, strict=True)]


def markdown(explanation: Explanation, *, digits: int = 6) -> str:
    """An explanation as Markdown, as GitHub shows it: headings, tables, formulas as code."""
    parts = [f"# {_escaped(explanation.title)}", _escaped(explanation.summary)]
    for section in explanation.sections:
        parts += [f"## {_escaped(section.title)}", *_blocks(section, digits)]
    return "\n\n".join(parts) + "\n"


def _blocks(section: Section, digits: int) -> list[str]:
    found: list[str] = []
    for is_step, blocks in groupby(section.blocks, key=lambda block: isinstance(block, Step)):
        if is_step:
            lines = [line(step, digits) for step in blocks if isinstance(step, Step)]
            found.append("\n".join(["```text", *lines, "```"]))
        else:
            found += [_block(block, digits) for block in blocks]
    return found


def _block(block: Block, digits: int) -> str:
    if isinstance(block, str):
        return _escaped(block)
    if isinstance(block, Code):
        return f"```python\n{block.text.rstrip()}\n```"
    if isinstance(block, Table):
        side = tuple("---:" if right else "---" for right in numeric(block))
        return _lines([block.columns, side, *(tuple(map(_escaped, each)) for each in cells(block, digits))])
    assert isinstance(block, tuple)
    rows = [row(step, digits) for step in block]
    written = [[_code(name), _escaped(why), *map(_code, others)] for name, why, *others in rows]
    return _lines([COLUMNS, ("---", "---", "---", "---", "---:"), *written])


def _lines(rows: Iterable[Iterable[str]]) -> str:
    return "\n".join(f"| {' | '.join(each)} |" for each in rows)


def _code(text: str) -> str:
    return f"`{visible(text).replace('`', 'ˋ').replace('|', '∣')}`" if text else ""


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|#~&!$])", r"\\\1", visible(" ".join(text.split())))
