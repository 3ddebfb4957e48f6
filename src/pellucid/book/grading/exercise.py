"""What an exercise is: a row of the table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Inputs = tuple[Any, ...]
Call = tuple[Inputs, Any]  # the inputs, and what a function returned for them


@dataclass(frozen=True)
class Mistake:
    """A usual mistake: what it is called, and the answer that it gives."""

    says: str
    answer: Callable[..., Any]


@dataclass(frozen=True)
class Exercise:
    """A function to write.

    Attributes:
        name: that of the function.
        chapter: which of the book.
        arguments: what it takes, as it stands in its signature.
        task: what it returns, in one sentence.
        hint: a way to begin, or what to think of.
        draw: inputs for several calls, edge cases among them.
        answer: what is right for some inputs; None where chance decides, and ``laws`` say what must hold.
        returns: the names of what it returns, one for each part of a tuple.
        mistakes: the usual ones.
        explain: says what is wrong with an answer for some inputs, or None.
        laws: says what is wrong with the answers for all inputs together, or None.
        warns: what to say where right numbers come with a warning of NumPy.
        tolerance: relative to the size of the expected number.
    """

    name: str
    chapter: int
    arguments: str
    task: str
    hint: str
    draw: Callable[[np.random.Generator], Sequence[Inputs]]
    answer: Callable[..., Any] | None = None
    returns: tuple[str, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    explain: Callable[[Inputs, Any], str | None] | None = None
    laws: Callable[[Sequence[Call]], str | None] | None = None
    warns: str = ""
    tolerance: float = 1e-6

    @property
    def signature(self) -> str:
        """The first line of its definition, without ``def``."""
        return f"{self.name}({self.arguments})"

    @property
    def names(self) -> list[str]:
        """The names of its arguments."""
        return self.arguments.split(", ")


def mistakes(*pairs: tuple[str, Callable[..., Any]]) -> tuple[Mistake, ...]:
    """Rows of a table of mistakes."""
    return tuple(Mistake(*pair) for pair in pairs)
