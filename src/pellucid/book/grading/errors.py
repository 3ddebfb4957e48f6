"""What an error of Python or NumPy means in an exercise: the mistake that usually raises it, by its name."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.book.grading.exercise import Exercise, Inputs

USUAL = (10, 784)  # sizes of the digits, which get written into code
NO_ROWS = "y holds class numbers, not one-hot rows"


@dataclass(frozen=True)
class Failed:
    """A call that failed: of which exercise, with which inputs, and what was found in the text of the error."""

    exercise: Exercise
    inputs: Inputs
    found: re.Match[str]

    def name_of(self, is_one: Callable[[Any], bool]) -> str | None:
        """The only input that is such a one; None where there are several, or none."""
        names = [name for name, value in zip(self.exercise.names, self.inputs, strict=True) if is_one(value)]
        return names[0] if len(names) == 1 else None

    @property
    def has_classes(self) -> bool:
        """Whether y is among the inputs: class numbers."""
        return "y" in self.exercise.names

    @property
    def classes(self) -> int:
        """How many there are, as the arrays that are given tell: p (n, k), or the last layer's b (k,)."""
        if self.exercise.names == ["p", "y"]:
            return int(self.inputs[0].shape[1])
        return len(list(_arrays(self.inputs))[-1])


def meaning(failure: str, exercise: Exercise, inputs: Inputs) -> str | None:
    """The mistake behind an error, None where it is not known.

    >>> from pellucid.book.grading.exercises import EXERCISES
    >>> meaning("ValueError: math domain error", EXERCISES["sigmoid"], (0.5,))
    'a logarithm or a root is taken of a number that has none'
    """
    return _first(RULES, failure, exercise, inputs)


def shapes_that_do_not_fit(failure: str, exercise: Exercise, inputs: Inputs) -> str | None:
    """What is to be looked at where an error is one of shapes or places, whose cause may be any."""
    return _first(OF_SHAPES, failure, exercise, inputs)


def _first(rules: "tuple[Rule, ...]", failure: str, exercise: Exercise, inputs: Inputs) -> str | None:
    for pattern, says in rules:
        found = re.search(pattern, failure)
        text = None if found is None else says if isinstance(says, str) else says(Failed(exercise, inputs, found))
        if text is not None:
            return text
    return None


def _arrays(value: Any) -> Iterator[Any]:
    """The arrays among inputs, those in lists too."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _arrays(part)


def _an_array(failed: Failed) -> str:
    """The only array among the inputs, with its shape; of several none is named."""
    arrays = list(_arrays(failed.inputs))
    name = failed.name_of(lambda value: isinstance(value, np.ndarray)) if len(arrays) == 1 else None
    return "it is an array" if name is None else f"{name} is an array of shape {arrays[0].shape}"


def _compared(failed: Failed) -> str:
    return (
        f"{_an_array(failed)}, so a comparison gives an answer for each of its numbers, and if, and, max take a single "
        "one: use np.where, np.maximum, or a mask"
    )


def _one_number(failed: Failed) -> str:
    return f"{_an_array(failed)}, and math.exp, math.log, float take one number: use np.exp, np.log"


def _no_axis(failed: Failed) -> str:
    if failed.has_classes:
        return f"{NO_ROWS}: it has one axis alone"
    return "an array of one axis has axis 0 and shape[0] alone"


def _shapes(failed: Failed) -> list[tuple[int, ...]]:
    """The two shapes that an error names, the one with fewer axes first."""
    texts = failed.found.groups()
    return sorted((tuple(int(part) for part in text.split(",") if part) for text in texts), key=len)


def _joined(failed: Failed) -> str | None:
    """Two arrays that are joined number by number, and do not fit, where their shapes tell why."""
    one, other = _shapes(failed)
    known = {side for array in _arrays(failed.inputs) for side in array.shape}
    written = next((size for size in USUAL if size in (*one, *other) and size not in known), None)
    if written is not None:
        return f"{written} is written into the code, and it is none of the sizes here: take sizes from the arrays"
    if 0 in (*one, *other):
        return "an array is added to a list: a list is lengthened by append"
    if len(other) != 2 or one[0] != other[0]:
        return None
    if len(one) == 1:
        return _one_for_each_row(failed)
    return _other_columns(failed, one[1], other[1]) if failed.has_classes else None


def _one_for_each_row(failed: Failed) -> str:
    column = "one number for each row meets whole rows: keepdims=True keeps a column; one for each column is axis=0"
    if not failed.has_classes:
        return column
    hot = f"{NO_ROWS}: np.eye(k)[y] makes rows of them"
    return hot if failed.exercise.names == ["p", "y"] else f"{hot}; or {column}"  # of p no sums are needed


def _other_columns(failed: Failed, one: int, other: int) -> str:
    """What has as many rows, and other columns: one-hot rows, or another layer's numbers."""
    wrong = other if one == failed.classes else one
    layers = {} if failed.exercise.names == ["p", "y"] else {len(array) for array in _arrays(failed.inputs[2:])}
    if failed.classes in (one, other) and wrong not in layers:
        return (
            f"one-hot rows of {wrong} numbers meet {failed.classes} classes: each class has a place, also one that y "
            "lacks; take their number from the network"
        )
    return f"rows of {one} and of {other} numbers meet: δ of a layer goes with the slope of the same layer"


def _any_shapes(failed: Failed) -> str:
    one, other = _shapes(failed)
    if len(one) == len(other) == 2 and 1 in (one[1], other[1]):
        return "one number for each row of one array meets other rows: one for each column is axis=0"
    return f"{one} and {other} do not fit number by number: * and + take arrays of one shape, a matrix product is @"


def _product(failed: Failed) -> str:
    columns, rows = failed.found["columns"], failed.found["rows"]
    return (
        f"in a product A @ B, A has as many columns as B has rows, and here {columns} meet {rows}: look at the shapes; "
        "is one to be transposed (.T), or are they in the wrong order?"
    )


def _place(failed: Failed) -> str:
    place, size = failed.found[1], int(failed.found[2])
    places = f"places are counted from 0 to {size - 1}" if size > 1 else "there is no place but 0"
    return f"place {place} is asked for, and {places}: take lengths from the arrays, and mind which index is which"


def _single(failed: Failed) -> str:
    if len(failed.inputs) == 1:
        return f"{failed.exercise.names[0]} is a single number here: np.asarray and NumPy's functions take both"
    return "a single number is used as if it were an array or a list"


def _function(failed: Failed) -> str:
    name = failed.name_of(callable) or "it"
    return f"{name} is a function: call it, {name}(…)"


def _one_value(failed: Failed) -> str:
    return f"{failed.name_of(callable)} takes one value, and is given another number of them"


def _unpacked(failed: Failed) -> str:
    names = failed.found["least"] or failed.found["most"]
    return f"{names} names are to be filled, and there are not as many values: a loop takes as many as come"


Says = str | Callable[[Failed], str | None]
Rule = tuple[str, Says]
SHAPES = r"broadcast together with shapes \(([\d,]+)\) \(([\d,]+)\)"
# An error as Python or NumPy words it, and what is wrong; the first that fits.
RULES: tuple[Rule, ...] = (
    (r"truth value of an array", _compared),
    (r"arrays can be converted to Python scalars", _one_number),
    (SHAPES, _joined),
    (r"does not have enough dimensions|unsupported operand type\(s\) for @",
     "@ multiplies arrays, and one of the two is a single number here: use *"),
    (r"inhomogeneous shape", "arrays of different shapes do not make one array: return a list of them"),
    (r"setting an array element with a sequence", "an array is put where one number stands: mind its axes"),
    (r"list assignment index out of range", "the list has no such place yet: append, or begin with np.zeros"),
    (r"list index out of range",
     "the list has no such place: take its length, len(…), and mind that the last place is one less"),
    (r"AxisError|tuple index out of range|too many indices", _no_axis),
    (r"name 'np' is not defined", "import numpy as np is missing"),
    (r"name 'math' is not defined", "import math is missing"),
    (r"name 'e' is not defined", "e is np.e in NumPy, and e to a power is np.exp"),
    (r"'list' object has no attribute|bad operand type for unary -: 'list'|multiply sequence by non-int|for /: 'list'",
     "a list is no array: np.array makes one of it, or a loop takes its numbers"),
    (r"Function\.__call__\(\) ", _one_value),
    (r"'Function'|'(?:function|builtin_function_or_method)'", _function),
    (r"'int' object is not iterable", "a loop runs over a list or a range: for i in range(…)"),
    (r"'float' object is not iterable|'(?:int|float|numpy\.float64)' object (?:is not subscriptable|has no attribute "
     r"'(?:shape|copy|T|sum|max|size|astype)')|object of type '(?:int|float)' has no len", _single),
    (r"cannot unpack non-iterable",
     "two names stand before in, and the list gives one number at a time: zip(a, a[1:]) gives neighbours"),
    (r"not enough values to unpack \(expected (?P<least>\d+)|too many values to unpack \(expected (?P<most>\d+)",
     _unpacked),
    (r"NoneType", "a value is None: rng.shuffle, append and sort change what they are given, and return nothing"),
    (r"cannot reshape array|does not result in an equal division",
     "the numbers do not come out even: slices p[i:i + size] also give a short last part"),
    (r"larger sample than population",
     "more are drawn than there are: draw one order of all, rng.permutation, and cut it"),
    (r"valid indices|indices must be integers", "a place is a whole number: what is used as one here is none"),
    (r"is not in list", "a value that is not among them has no index: ask first whether it is in the list"),
    (r"only integer scalar arrays", "an array stands where one whole number is taken, such as an axis or a length"),
    (r"'out' must be an array|return arrays must be of ArrayType",
     "two arrays are taken, and a third one is where the result goes: add b afterwards"),
    (r"Cannot interpret '.*' as a data type", "a shape is one argument, in brackets of its own: np.zeros((2, 3))"),
    (r"bitwise_xor", "^ is no power in Python: a power is **"),
    (r"__round__", "round takes one number; np.round takes an array"),
    (r"object is not callable", "round brackets call a function; a place in an array or a list takes square ones"),
    (r"same_kind", "an array of whole numbers cannot take others in place: make a new one, or astype(float) first"),
    (r"math range error|Result too large",
     "the power is too large for a number: take e to a power that is never positive"),
    (r"math domain error|expected a (?:nonnegative|positive) input",
     "a logarithm or a root is taken of a number that has none"),
    (r"can only concatenate", "texts or lists are joined by +, and numbers are not among them"),
)  # fmt: skip
OF_SHAPES: tuple[Rule, ...] = (
    (SHAPES, _any_shapes),
    (r"core dimension 0.*size (?P<rows>\d+) is different from (?P<columns>\d+)", _product),
    (r"not aligned: (?P<columns>\d+) \(dim \d\) != (?P<rows>\d+)", _product),
    (r"index (-?\d+) is out of bounds for axis \d with size (\d+)", _place),
)
