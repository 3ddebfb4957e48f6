"""The kinds of arrays that every file of the core speaks of, how pixels become numbers, and which rows to look at."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.floating[Any]]  # weights, inputs, gradients: float32 or float64
AnyArray: TypeAlias = npt.NDArray[Any]


def to_float(source: AnyArray, *, out: Array) -> None:
    """Copy inputs into a float buffer: uint8 (pixels) is divided by 255, every other dtype is taken as it is.

    Shapes: ``source`` and ``out`` alike, (n, features).

    >>> pixels, out = np.array([[0, 51, 255]], np.uint8), np.empty((1, 3), np.float32)
    >>> to_float(pixels, out=out)
    >>> out
    array([[0. , 0.2, 1. ]], dtype=float32)
    """
    if source.dtype.type is np.uint8:
        np.divide(source, out.dtype.type(255), out=out)
    else:
        out[...] = source


def some_rows(rows: int, most: int) -> AnyArray:
    """At most so many rows, the first and the last among them, evenly spread: data may be sorted.

    >>> some_rows(9, 3).tolist()
    [0, 4, 8]
    """
    return np.linspace(0, rows - 1, min(most, rows)).astype(int)
