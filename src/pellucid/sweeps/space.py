"""What is searched: the text of a search, such as ``hidden=32,64 learning-rate=1e-4:0.1:log``, as axes of a space.

An axis is one setting of a run: one of some values, or a number between two ends, evenly or by its logarithm. The texts
that were typed are what the store keeps, so that a sweep reads the same in each place.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pellucid._text import did_you_mean
from pellucid.core.errors import InputError
from pellucid.runs.kinds import Choice, Choices, Count, Kind, Number, Sizes
from pellucid.runs.settings import SETTINGS

SEARCHED = (
    "hidden", "activation", "init", "optimizer", "learning_rate", "schedule", "batch_size", "epochs", "weight_decay",
    "dropout", "clip_norm", "patience",
)  # fmt: skip
# settings that are none of these: why not
WHY_NOT = {
    "loss": "numbers of two loss functions cannot be compared",
    "seed": "the best of many seeds is luck",
    "start_from": "its model decides the network",
    "recipe": "it is many settings at once; name those that you mean",
    "dtype": "it changes the data",
    "threads": "it changes the time alone",
    "engine": "it changes the time alone",
}
OF_DATA = "it decides what the dev part is, by which settings are compared"
DIGITS = 4  # of a number between two ends: no training tells more of them apart
MOST_CHOICES = 100
HOW = "write NAME=A,B,C, NAME=LOW:HIGH or NAME=LOW:HIGH:log"


@dataclass(frozen=True)
class Axis:
    """One setting that is searched: one of ``choices``, as they were typed, or a number from ``low`` to ``high``."""

    name: str
    choices: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False

    def value(self, chosen: Any) -> Any:
        """The setting that a point of the axis stands for.

        >>> Axis("hidden", ("32", "32-16")).value("32-16"), Axis("learning_rate", low=0.1, high=1.0).value(0.123456)
        ((32, 16), 0.1235)
        """
        if self.choices:
            return _read(self.name, str(chosen))
        if self.whole:
            return (int(chosen),) if self.name == "hidden" else int(chosen)
        return min(max(float(f"{chosen:.{DIGITS}g}"), self.low), self.high)

    def text(self, chosen: Any) -> str:
        """A point of the axis as it is typed."""
        value = chosen if self.choices else self.value(chosen)
        if isinstance(value, tuple):
            return str(value[0])
        return f"{value:.12g}" if isinstance(value, float) else str(value)

    def point(self, value: Any) -> Any:
        """The point of the axis that stands for a setting; None where there is none.

        >>> Axis("dropout", low=0.0, high=0.5).point(0.2), Axis("hidden", ("32", "64")).point((32,))
        (0.2, '32')
        """
        if self.choices:
            return next((choice for choice in self.choices if self.value(choice) == value), None)
        if isinstance(value, tuple):
            value = value[0] if len(value) == 1 else None
        return value if isinstance(value, int | float) and self.low <= value <= self.high else None

    def suggest(self, trial: Any) -> Any:
        """The point of the axis that Optuna chooses for a trial."""
        if self.choices:
            return trial.suggest_categorical(self.name, self.choices)
        if self.whole:
            return trial.suggest_int(self.name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(self.name, self.low, self.high, log=self.log)


Space = dict[str, Axis]


def read_space(search: str, given: Mapping[str, Any] = {}) -> Space:
    """The axes that a text names; ``given`` are the settings that stand beside it.

    Raises:
        InputError: what is wrong, with the part of the text in which it is.

    >>> [axis.name for axis in read_space("hidden=32,32-16 learning-rate=1e-4:0.1:log dropout=0:0.5").values()]
    ['hidden', 'learning_rate', 'dropout']
    >>> read_space("dropout=0:2")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: search='dropout=0:2': 2: give a finite number of at least 0 and below 1
    """
    space: Space = {}
    for part in search.split():
        axis = _axis(part)
        if axis.name in space:
            raise _wrong(part, f"{axis.name} is searched twice; leave one out")
        if given.get(axis.name) is not None:
            raise _wrong(part, f"{axis.name} is given beside the search; leave one of the two out")
        space[axis.name] = axis
    if not space:
        raise _wrong(search, f"searches nothing; {HOW}, several with a space between them")
    return space


def _axis(part: str) -> Axis:
    word, equals, text = part.partition("=")
    name = word.replace("-", "_")
    if not equals or not word or not text:
        raise _wrong(part, f"is no setting with its values; {HOW}, and no space within")
    if name not in SEARCHED:
        raise _wrong(part, _not_searched(name))
    return _range(part, name, text) if ":" in text else _choices(part, name, text)


def _not_searched(name: str) -> str:
    """Why a setting cannot be searched."""
    if name in SETTINGS:
        return f"{name} cannot be searched, since {WHY_NOT.get(name, OF_DATA)}"
    take = f"take {', '.join(SEARCHED)}"
    return f"there is no setting {name}; {did_you_mean(name, SEARCHED, take)}"


def _choices(part: str, name: str, text: str) -> Axis:
    """One of several values."""
    choices = tuple(text.split(","))
    if "" in choices:
        raise _wrong(part, "holds an empty value; take out the comma that is too much")
    _check_each(part, name, choices)
    if len(choices) == 1:
        hint = "; layers of one network are joined by -, as in 32-16" if name == "hidden" else ""
        raise _wrong(part, f"one value is no search; give several, or {name} beside the search{hint}")
    if len(choices) > MOST_CHOICES:
        raise _wrong(part, f"{len(choices)} values are too many; give at most {MOST_CHOICES}, or a range")
    return Axis(name, choices)


def _check_each(part: str, name: str, choices: tuple[str, ...]) -> None:
    """Refuse a value that cannot be, or that stands there twice."""
    seen: list[Any] = []
    for choice in choices:
        value = _checked(part, name, choice)
        if value in seen:
            raise _wrong(part, f"{choice} stands there twice; leave one out")
        seen.append(value)


def _range(part: str, name: str, text: str) -> Axis:
    """A number between two ends."""
    kind = SETTINGS[name].kind
    if not isinstance(kind, Count | Number | Sizes):
        raise _wrong(part, f"{name} is a word, not a number; name the words, with a comma between them")
    ends, log = text.split(":"), False
    if len(ends) == 3:
        if ends.pop() != "log":
            raise _wrong(part, "only log may stand behind the second colon")
        log = True
    if len(ends) != 2 or "" in ends:
        raise _wrong(part, "a range has two ends; write LOW:HIGH or LOW:HIGH:log")
    low, high = (_end(part, name, end) for end in ends)
    if not low < high:
        raise _wrong(part, f"{ends[0]} is not below {ends[1]}; write the smaller end first")
    if log and not low > 0:
        raise _wrong(part, f"{ends[0]} has no logarithm; begin above 0, or leave log out")
    return Axis(name, (), low, high, log, not isinstance(kind, Number))


def _end(part: str, name: str, text: str) -> float:
    """The end of a range; of the hidden layers it is the width of one."""
    kind = SETTINGS[name].kind
    if isinstance(kind, Sizes) and not text.isdecimal():
        raise _wrong(part, f"{text}: give a whole number of neurons; a range is of one hidden layer")
    value = _checked(part, name, text)
    if value is None or isinstance(value, str):
        raise _wrong(part, f"{text} is no number; a range goes from a number to a number")
    return float(value[0] if isinstance(value, tuple) else value)


def _checked(part: str, name: str, text: str) -> Any:
    """The value that a text says, or an error that names it."""
    rule = SETTINGS[name]
    try:
        value = _read(name, text)
    except (ValueError, OverflowError):
        raise _wrong(part, f"{text} is no {_what(rule.kind)}") from None
    if value is None:
        return None
    try:
        return rule.kind.check(value, name)
    except InputError as error:
        raise _wrong(part, f"{text}: {str(error).partition(': ')[2]}") from None


def _what(kind: Kind) -> str:
    return {Sizes: "network; write layers as 32-16, or none", Count: "whole number"}.get(type(kind), "number")


def _read(name: str, text: str) -> Any:
    """A value as settings have it; None is what is typed for none."""
    rule = SETTINGS[name]
    if rule.none and text == rule.none:
        return None
    if isinstance(rule.kind, Choices):
        return (text,)
    if isinstance(rule.kind, Choice):
        return text
    value = rule.kind.read(text.replace("-", ",") if isinstance(rule.kind, Sizes) else text)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError
    return None if rule.none == "0" and value == 0 else value


def _wrong(part: str, what: str) -> InputError:
    return InputError(f"search={part!r}: {what}")
