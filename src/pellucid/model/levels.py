"""What a text means where several say the same: ``3067.0`` and ``3067``, ``TRUE`` and ``true``, a day and its midnight.

A level of a category, or the name of a class, is a text. Later the same cell may come as another text, or as a number
of a data frame; ``Levels`` finds the level that is written so, else the one that means the same.
"""

import contextlib
import math
import re
from collections.abc import Iterable

import numpy as np

DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?", re.ASCII)
EXACT = 2.0**53  # below which each whole number is a float of its own


def meaning(text: str) -> str | None:
    """The one way to write what a text says where it is a number, true or false, or a date in ISO's form; else None.

    >>> meaning("3067.0"), meaning("+4e3"), meaning("007"), meaning("TRUE"), meaning("2024-01-15T00:00:00")
    ('3067', '4000', '7', 'true', '2024-01-15')
    >>> meaning("Bonn") is None
    True
    """
    text = text.strip()
    if DECIMAL.fullmatch(text):
        value = float(text)
        return number_text(value) if math.isfinite(value) else None
    if text.lower() in ("true", "false"):
        return text.lower()
    if ISO.fullmatch(text):
        with contextlib.suppress(ValueError):
            return date_text(np.datetime64(text.replace(" ", "T"), "us"))
    return None


def number_text(value: float) -> str:
    """A finite number as a level: without a point where it is whole.

    >>> number_text(3067.0), number_text(-0.0), number_text(0.5)
    ('3067', '0', '0.5')
    """
    return str(int(value)) if value == int(value) and abs(value) < EXACT else repr(value)


def date_text(moment: np.datetime64) -> str:
    """A date as a level: without a time where it is midnight.

    >>> date_text(np.datetime64("2024-01-15")), date_text(np.datetime64("2024-01-15T12:30"))
    ('2024-01-15', '2024-01-15T12:30:00')
    """
    return str(moment.astype("M8[us]")).removesuffix(".000000").removesuffix("T00:00:00")


class Levels:
    """Texts with their places; of a text, the place of the one that is written so, else of the only one that means it.

    >>> levels = Levels(["3003", "Ulm"])
    >>> levels.place("3003.0"), levels.place("Ulm"), levels.place("Bonn")
    (0, 1, None)
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.found: dict[str, int | None] = {text: k for k, text in enumerate(texts)}
        self.same: dict[str, int | None] = {}
        for text, k in self.found.items():
            said = meaning(text)
            if said is not None:
                self.same[said] = None if said in self.same else k

    def place(self, text: str) -> int | None:
        """The place of the level that a text is, or None."""
        if text not in self.found:
            said = meaning(text)
            self.found[text] = None if said is None else self.same.get(said)
        return self.found[text]
