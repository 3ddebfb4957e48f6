"""What the value of a hyperparameter may be: one rule for the command, ``run.json``, ``tables.fit`` and the estimators.

``read`` makes a value of the text that was typed and raises ValueError where it is none; ``check`` returns a value in
the form that settings hold, or raises an InputError that names it.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from pellucid.core import checks
from pellucid.core.errors import InputError


class Kind(Protocol):
    """A kind of values; ``word`` stands for one in the help of the command."""

    @property
    def word(self) -> str: ...

    def read(self, text: str) -> Any:
        """The value that a text says."""

    def check(self, value: Any, name: str) -> Any:
        """The value as settings hold it."""


@dataclass(frozen=True)
class Count:
    """A whole number from ``least`` to ``most``."""

    word: str = "N"
    least: int = 1
    most: float = math.inf

    def read(self, text: str) -> int:
        return int(text)

    def check(self, value: Any, name: str) -> int:
        number = checks.count(value, name, self.least)
        if number > self.most:
            raise InputError(f"{name}={number}: give at most {self.most}")
        return number


@dataclass(frozen=True)
class Number:
    """A finite number in [least, below); not ``least`` itself where it must be positive."""

    word: str = "NUMBER"
    least: float = 0.0
    below: float = math.inf
    positive: bool = False

    def read(self, text: str) -> float:
        return float(text)

    def check(self, value: Any, name: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            raise InputError(f"{name}={value!r}: give a number")
        return checks.number(value, name, least=self.least, below=self.below, positive=self.positive)


class Amount:
    """A number of samples, or a fraction of them."""

    word: ClassVar[str] = "N|FRACTION"

    def read(self, text: str) -> float:
        return float(text) if set(text) & set(".eE") else int(text)

    def check(self, value: Any, name: str) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            raise InputError(f"{name}={value!r}: give a number of samples, or a fraction such as 0.1")
        return value


@dataclass(frozen=True)
class Choice:
    """One of the names in ``known``, which is looked up anew each time: a registry may grow."""

    word: ClassVar[str] = "NAME"
    known: Collection[str]

    def read(self, text: str) -> str:
        return text

    def check(self, value: Any, name: str) -> str:
        if not isinstance(value, str) or value not in self.known:
            raise InputError(f"{name}={value!r}: not known; take {', '.join(self.known)}")
        return value


@dataclass(frozen=True)
class Choices:
    """Several names in ``known``; one alone may stand without a list around it."""

    word: ClassVar[str] = "NAME[,NAME]"
    known: Collection[str]

    def read(self, text: str) -> tuple[str, ...]:
        return tuple(name.strip() for name in text.split(","))

    def check(self, value: Any, name: str) -> tuple[str, ...]:
        names = value if isinstance(value, list | tuple) else [value]
        return tuple(Choice(self.known).check(each, name) for each in names)


class Sizes:
    """Neurons of the hidden layers, one number alone for one layer, none at all for none."""

    word: ClassVar[str] = "32,16"

    def read(self, text: str) -> tuple[int, ...]:
        return () if text == "none" else tuple(int(size) for size in text.split(","))

    def check(self, value: Any, name: str) -> tuple[int, ...]:
        given = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
        try:
            return tuple(checks.count(size, name) for size in given)
        except InputError:
            raise InputError(
                f"{name}={value!r}: give for each hidden layer a whole number of neurons, at least 1"
            ) from None


@dataclass(frozen=True)
class Text:
    """Any text."""

    word: str = "NAME"

    def read(self, text: str) -> str:
        return text

    def check(self, value: Any, name: str) -> str:
        if not isinstance(value, str):
            raise InputError(f"{name}={value!r}: give a text")
        return value


class Pairs:
    """Names and values, as a dict or as texts such as "zip=category"."""

    word: ClassVar[str] = "NAME=KIND"

    def read(self, text: str) -> str:
        return text

    def check(self, value: Any, name: str) -> tuple[str, ...]:
        if isinstance(value, Mapping):
            return tuple(f"{key}={what}" for key, what in value.items())
        if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
            raise InputError(f"{name}={value!r}: give a dict, such as {{'zip': 'category'}}")
        return tuple(value)
