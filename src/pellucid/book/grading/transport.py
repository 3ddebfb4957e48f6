"""Inputs and outputs as text that can cross between processes: no pickle, so what is read is numbers, nothing else."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.book.grading.compare import of_what
from pellucid.book.grading.inputs import FUNCTIONS, Function, Seed

KINDS = "biufc"  # of dtypes that hold numbers
MOST = 1_000_000  # numbers in one array, and entries in one list
DEEPEST = 6  # lists within lists


@dataclass(frozen=True)
class Other:
    """A value that is no number, array, text or list; ``called`` is what it is."""

    called: str


def packed(value: Any, depth: int = 0) -> Any:
    """A value as JSON can hold it.

    >>> unpacked(packed([np.arange(3.0), 2, "a", None, Seed(4)]))
    [array([0., 1., 2.]), 2, 'a', None, Seed(number=4)]
    """
    if isinstance(value, np.ndarray | np.generic):
        return _packed_array(np.asarray(value))
    if value is None or (isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 2**63)):
        return {"value": value}
    if isinstance(value, str):
        return {"value": value[:1000]}
    if isinstance(value, Seed):
        return {"seed": value.number}
    if isinstance(value, Function):
        return {"function": value.name, "parts": [packed(part) for part in value.parts]}
    if isinstance(value, list | tuple) and len(value) <= MOST and depth < DEEPEST:
        return {type(value).__name__ if type(value) in (list, tuple) else "list": [packed(p, depth + 1) for p in value]}
    return {"other": f"a {type(value).__name__}"[:100]}


def _packed_array(array: np.ndarray[Any, Any]) -> Any:
    if array.dtype.kind not in KINDS:
        return {"other": f"an array of {of_what(array)}"}
    if array.size > MOST:
        return {"other": f"an array of shape {array.shape}"[:100]}
    order = array.astype(array.dtype.newbyteorder("<"))
    return {"dtype": order.dtype.str, "shape": array.shape, "bytes": base64.b64encode(order.tobytes()).decode()}


def unpacked(form: Any) -> Any:
    """The value of such a form.

    Raises:
        ValueError: it is none.
    """
    try:
        return _unpacked(form)
    except (KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"no value: {type(error).__name__}") from None


def _unpacked(form: Any) -> Any:
    if "value" in form:
        return form["value"] if isinstance(form["value"], int | float | str | None) else None
    if "dtype" in form:
        dtype = np.dtype(str(form["dtype"]))
        if dtype.kind not in KINDS:
            raise ValueError("no numbers")
        return np.frombuffer(base64.b64decode(form["bytes"]), dtype).reshape(form["shape"]).copy()
    if "list" in form:
        return [_unpacked(part) for part in form["list"]]
    if "tuple" in form:
        return tuple(_unpacked(part) for part in form["tuple"])
    if "seed" in form:
        return Seed(int(form["seed"]))
    if "function" in form and form["function"] in FUNCTIONS:
        return Function(form["function"], tuple(_unpacked(part) for part in form["parts"]))
    return Other(str(form["other"]))
