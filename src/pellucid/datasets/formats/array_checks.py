"""What is asked of the arrays that files hold: inputs are numbers without gaps, targets are as many."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pellucid._files.reading import COPIES, ROW
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import RawArrays

KINDS = {"O": "Python objects", "M": "dates", "m": "times", "c": "complex numbers", "V": "records"}


def check_kind(dtype: np.dtype[Any], where: str) -> None:
    """Raise InputError for a type that is neither numbers nor text.

    >>> check_kind(np.dtype(complex), "X.npy")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: X.npy: holds complex numbers, which are not read; convert it to numbers or text ...
    """
    if dtype.kind in KINDS:
        raise InputError(f"{where}: holds {KINDS[dtype.kind]}, which are not read; convert it to numbers or text first")


def check_inputs(shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> None:
    """Raise InputError where an array of this shape and type is no X: (n, d) or (n, height, width) of numbers.

    >>> check_inputs((5, 2), np.dtype("U3"), "data.npz")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: data.npz: X holds text (<U3), inputs are numbers; convert it first, X.astype(float)
    """
    if len(shape) not in (2, 3):
        remedy = "X.reshape(-1, 1) makes one feature of it" if len(shape) == 1 else "reshape it first"
        raise InputError(f"{name}: X has the shape {shape}, it must be (n, d) or (n, height, width); {remedy}")
    if 0 in shape:
        raise InputError(f"{name}: X has the shape {shape}, so it holds nothing; give at least one sample")
    if dtype.kind not in "biuf":
        raise InputError(f"{name}: X holds text ({dtype}), inputs are numbers; convert it first, X.astype(float)")


def cost_of(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Return the bytes that an array takes while it is read: as it is stored, as it is kept, and as parts of a split.

    >>> cost_of((10**9, 784), np.dtype(np.uint8))
    1648000000000
    """
    kept = kept_as(dtype)
    value = COPIES * kept.itemsize + (0 if kept == dtype else dtype.itemsize)
    return math.prod(shape) * value + math.prod(shape[:1]) * ROW  # Python integers: no overflow


def kept_as(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return as which type inputs are kept: uint8, float32 and float64 as they are, float16 as float32, else float64.

    >>> kept_as(np.dtype(int)), kept_as(np.dtype(np.uint8))
    (dtype('float64'), dtype('uint8'))
    """
    if dtype == np.uint8 or dtype.kind not in "biuf":
        return dtype
    return np.dtype(np.float32 if dtype.kind == "f" and dtype.itemsize <= 4 else np.float64)


def as_numbers(X: AnyArray, *, copy: bool = True) -> AnyArray:
    """Return numbers as they are kept; what becomes infinite by that is found and named later.

    >>> as_numbers(np.array([1, 2]))
    array([1., 2.])
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return X.astype(kept_as(X.dtype), copy=copy)


def as_targets(y: AnyArray, name: str, target: str, n: int) -> AnyArray:
    """Return raw targets (n,) or (n, k) of n samples, bytes as text; raises InputError for what is none.

    >>> as_targets(np.array([b"cat", b"dog"]), "data.npz", "y", 2)
    array(['cat', 'dog'], dtype='<U3')
    """
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim not in (1, 2) or 0 in y.shape[1:]:
        raise InputError(f"{name}: {target} has the shape {y.shape}, it must be (n,) or (n, k); reshape it first")
    if len(y) != n:
        raise InputError(f"{name}: X has {n} samples, {target} has {len(y)}; they must be as many")
    if y.dtype.kind == "S":
        try:
            return np.char.decode(y, "utf-8")
        except UnicodeDecodeError:
            raise InputError(
                f"{name}: {target} holds bytes that are no UTF-8 text; save it as text or numbers"
            ) from None
    return as_numbers(y) if y.dtype.kind == "f" else y.astype(y.dtype.newbyteorder("="))


def check_text(y: AnyArray, name: str, first: int = 0) -> None:
    """Raise InputError for texts (n,) or (n, k) that hold what is no character: the file is damaged there.

    >>> check_text(np.array([2**31], np.uint32).view("<U1"), "data.npz")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: data.npz, sample 0: holds no text, the file is damaged; save it again
    """
    if y.dtype.kind != "U" or not y.size:
        return
    points = np.ascontiguousarray(y.astype(y.dtype.newbyteorder("="))).view(np.uint32).reshape(len(y), -1)
    bad = (points > 0x10FFFF) | ((points >= 0xD800) & (points < 0xE000))
    if bad.any():
        i = first + int(np.argmax(bad.any(axis=1)))
        raise InputError(f"{name}, sample {i}: holds no text, the file is damaged; save it again")


def check_finite(table: RawArrays, target: str) -> None:
    """Raise InputError that names the first value that is not a number or infinite.

    >>> check_finite(RawArrays("data.npz", np.array([[0.5], [np.nan]]), None, ("x0",), None), "y")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: data.npz, sample 1: feature x0 is nan; put a number there, or leave the sample out
    """
    if table.X.dtype.kind == "f" and not (fine := np.isfinite(table.X)).all():
        i, j = np.argwhere(~fine)[0]
        value, where = table.X[i, j], f"feature {table.features[j]}"
    elif table.y is not None and table.y.dtype.kind == "f" and not (fine := np.isfinite(table.y)).all():
        i = np.argwhere(~fine)[0][0]
        value, where = table.y[i], f"target {target}"
    else:
        return
    raise InputError(f"{table.place(i)}: {where} is {value}; put a number there, or leave the sample out")


def check_target(target: str | None, allowed: str | None, what: str) -> None:
    """Raise InputError where a target is named that a format does not have; `what` says which it has.

    >>> check_target("price", None, "digits: the target of a folder of pictures is the sub-folder of each")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: digits: the target of ..., not 'price'; leave target out
    """
    if target is not None and target != allowed:
        raise InputError(f"{what}, not {target!r}; leave target out")
