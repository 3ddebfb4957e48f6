"""What the value of a hyperparameter may be: one rule for the command, ``run.json``, ``tables.fit`` and the estimators.

``read`` makes a value of what was typed, ``check`` brings a value into the form that settings hold, or refuses it.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid._files.latest import resolved
from pellucid._text import did_you_mean
from pellucid.core import checks
from pellucid.core.errors import InputError


@dataclass(frozen=True)
class Kind:
    """A kind of values: any text; ``word`` stands for one in the help of the command."""

    word: str = "NAME"

    def read(self, text: str) -> Any:
        """The value that a text says; raises ValueError where it says none."""
        return text

    def check(self, value: Any, name: str) -> Any:
        """The value as settings hold it; raises InputError, with the value's name, where it cannot be."""
        if not isinstance(value, str):
            raise InputError(f"{name}={value!r}: give a text")
        return value


@dataclass(frozen=True)
class Trained(Kind):
    """The path of a model or a run; of "latest" it is that of the last run, so that it stays the same one."""

    word: str = "MODEL"

    def check(self, value: Any, name: str) -> str:
        return str(resolved(super().check(value, name)))


@dataclass(frozen=True)
class Count(Kind):
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
class Number(Kind):
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


@dataclass(frozen=True)
class Amount(Kind):
    """A number of samples, or a fraction of them."""

    word: str = "N|FRACTION"

    def read(self, text: str) -> float:
        return float(text) if set(text) & set(".eE") else int(text)

    def check(self, value: Any, name: str) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            raise InputError(f"{name}={value!r}: give a number of samples, or a fraction such as 0.1")
        return value


@dataclass(frozen=True)
class Choice(Kind):
    """One of the names in ``known``, which is looked up anew each time: a registry may grow."""

    known: Collection[str] = ()

    def check(self, value: Any, name: str) -> Any:
        if not isinstance(value, str) or value not in self.known:
            take = f"take {', '.join(self.known)}"
            raise InputError(f"{name}={value!r}: not known; {did_you_mean(value, self.known, take)}")
        return value


@dataclass(frozen=True)
class Choices(Choice):
    """Several of the names in ``known``; one alone may stand without a list around it."""

    word: str = "NAME[,NAME]"

    def read(self, text: str) -> tuple[str, ...]:
        return tuple(name.strip() for name in text.split(","))

    def check(self, value: Any, name: str) -> tuple[str, ...]:
        return tuple(super(Choices, self).check(each, name) for each in _several(value))


@dataclass(frozen=True)
class Sizes(Kind):
    """Neurons of the hidden layers, one number alone for one layer, none at all for none."""

    word: str = "32,16"

    def read(self, text: str) -> tuple[int, ...]:
        return () if text == "none" else tuple(int(size) for size in text.split(","))

    def check(self, value: Any, name: str) -> tuple[int, ...]:
        try:
            return tuple(checks.count(size, name) for size in _several(value))
        except InputError:
            raise InputError(
                f"{name}={value!r}: give for each hidden layer a whole number of neurons, at least 1"
            ) from None


@dataclass(frozen=True)
class Pairs(Kind):
    """Names and values, as a dict or as texts such as "zip=category"."""

    word: str = "NAME=KIND"

    def check(self, value: Any, name: str) -> tuple[str, ...]:
        if isinstance(value, Mapping):
            return tuple(f"{key}={what}" for key, what in value.items())
        if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
            raise InputError(f"{name}={value!r}: give a dict, such as {{'zip': 'category'}}")
        return tuple(value)


def _several(value: Any) -> tuple[Any, ...]:
    """Values as a tuple; one alone is a tuple of one."""
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
