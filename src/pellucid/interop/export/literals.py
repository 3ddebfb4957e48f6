"""Names and numbers of a model in a program that an export writes: as literals, and nowhere else.

A program is put together from pellucid's own text alone, with a slot, ``DATA[0]``, ``DATA[1]``, …, for each value that
comes from data. The slots are filled last, all at once, with ``repr``, which leaves no control character and no mark
that hides or turns text. Then the program is read again: it must be the one with the slots, with the values in them.
"""

import ast
import re
import sys
from pathlib import Path
from typing import Any

from pellucid.core.errors import InputError

IMPORTED = {*sys.stdlib_module_names, "numpy", "safetensors", "torch"}  # by the programs, and by what they import
SLOT = re.compile(r"\bDATA\[(\d+)\]")


class Literals:
    """The values of one program.

    >>> data = Literals()
    >>> data.program(f"print({data('light')}, {data([1.5, -2.0])})")
    "print('light', [1.5, -2.0])"
    """

    def __init__(self) -> None:
        self.values: list[Any] = []

    def __call__(self, value: Any) -> str:
        """A slot for a text, a number, a truth value, None, or a list of them."""
        self.values.append(value)
        return f"DATA[{len(self.values) - 1}]"

    def program(self, text: str) -> str:
        """The text with its slots filled; raises InputError where that would be another program."""
        written = SLOT.sub(lambda slot: repr(self.values[int(slot[1])]), text)
        try:
            right = self._agree(ast.parse(text), ast.parse(written))
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # the parser's own ways to refuse
            right = False
        if not right:
            raise InputError("the model cannot be written as a program: it holds a name or a number that is none")
        return written

    def _agree(self, planned: Any, found: Any) -> bool:
        """Whether two trees are the same but for the slots, each of which holds its value."""
        match planned:
            case ast.Subscript(value=ast.Name(id="DATA"), slice=ast.Constant(value=int() as k)):
                return repr(ast.literal_eval(found)) == repr(self.values[k])
            case ast.AST():
                fields = planned._fields
                return type(planned) is type(found) and all(
                    self._agree(getattr(planned, name, None), getattr(found, name, None)) for name in fields
                )
            case list():
                return len(planned) == len(found) and all(map(self._agree, planned, found))
        return type(planned) is type(found) and bool(planned == found)


def refuse_to_shadow(script: Path) -> None:
    """Raise InputError for a program called like a module: Python would import it in place of that.

    >>> refuse_to_shadow(Path("penguins.py"))
    """
    if script.stem in IMPORTED:
        raise InputError(f"{script}: would be taken for Python's module {script.stem}; choose another name")
