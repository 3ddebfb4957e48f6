"""`.npz` files: named NumPy arrays in a zip, read without pickle and without trust in their headers."""

from __future__ import annotations

import math
import warnings
import zipfile
from typing import IO, BinaryIO

import numpy as np
from numpy.lib import format as npy

from pellucid.datasets.source import name_of, opened
from pellucid.datasets.types import Array, Path, Table, pixel_names
from pellucid.errors import InputError

ZIP = b"PK\x03\x04"
MOST_INFLATION = 1100  # a deflated byte makes at most 1032
KINDS = {"O": "Python objects", "M": "dates", "m": "times", "c": "complex numbers", "V": "records"}


def read_npz(path: Path, *, target: str = "y", target_needed: bool = True) -> Table:
    """Read X (n, d), or (n, h, w) flattened, and the target y (n,) or (n, k); never with pickle.

    Raises InputError for what is missing, does not fit together, or is no number.

    >>> read_npz("missing.npz")
    Traceback (most recent call last):
    ...
    pellucid.errors.InputError: missing.npz: there is no such file; check the spelling and the folder
    """
    name = name_of(path)
    with opened(path) as stream:
        arrays, names = _read_arrays(stream, name, ("X", target))
    if "X" not in arrays:
        raise InputError(f"{name}: has no array X, only {names}; save it as numpy.savez('{name}', X=X, y=y)")
    if target_needed and target not in arrays:
        raise InputError(f"{name}: has no array {target} for the target, only {names}; name another one with target")
    X = _inputs(arrays["X"], name)
    y = _targets(arrays[target], name, target, len(X)) if target in arrays else None
    d = math.prod(X.shape[1:])
    shape = (X.shape[1], X.shape[2]) if X.ndim == 3 else None
    if X.dtype == np.uint8 and d == 784:
        shape = (28, 28)  # digits, row by row, as `pellucid data mnist --to npz` writes them
    features = tuple(f"x{i}" for i in range(d)) if shape is None else pixel_names(d)
    table = Table(name, np.ascontiguousarray(X.reshape(len(X), d)), y, features, shape, form="npz")
    _check_finite(table, target)
    return table


def _read_arrays(stream: BinaryIO, name: str, wanted: tuple[str, ...]) -> tuple[dict[str, Array], str]:
    """Return the wanted arrays, and the names of all that are there."""
    arrays: dict[str, Array] = {}
    try:
        with zipfile.ZipFile(stream) as archive:
            members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
            for key in set(wanted) & set(members):
                with archive.open(members[key]) as content:
                    arrays[key] = _read_npy(content, members[key], f"{name}, array {key}")
    except InputError:
        raise
    except MemoryError:
        raise InputError(f"{name}: does not fit into this machine's memory; use a part of it") from None
    except Exception as fault:  # zipfile, zlib and the npy header parser each have their own faults for bad bytes
        raise InputError(f"{name}: is no readable .npz, it is cut off or damaged ({fault}); save it again") from None
    return arrays, ", ".join(sorted(members)) or "nothing"


def _read_npy(content: IO[bytes], member: zipfile.ZipInfo, where: str) -> Array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # files of Python 2 are welcome
        version = npy.read_magic(content)
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = header(content)
    if dtype.kind in KINDS:
        raise InputError(f"{where}: holds {KINDS[dtype.kind]}, which are not read; convert it to numbers or text first")
    size = math.prod(shape) * dtype.itemsize
    held = member.file_size - content.tell()
    if size != held or member.file_size > MOST_INFLATION * (member.compress_size + 1):
        raise InputError(f"{where}: its header promises {size} bytes, {held} are there; it is damaged, save it again")
    data = content.read(size)
    content.read(1)  # at the end the zip's checksum is compared
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


def _inputs(X: Array, name: str) -> Array:
    if X.ndim not in (2, 3):
        remedy = "X.reshape(-1, 1) makes one feature of it" if X.ndim == 1 else "reshape it first"
        raise InputError(f"{name}: X has the shape {X.shape}, it must be (n, d) or (n, height, width); {remedy}")
    if X.size == 0:
        raise InputError(f"{name}: X has the shape {X.shape}, so it holds nothing; give at least one sample")
    if X.dtype.kind not in "biuf":
        raise InputError(f"{name}: X holds text ({X.dtype}), inputs are numbers; convert it first, X.astype(float)")
    return _as_numbers(X)


def _as_numbers(X: Array) -> Array:
    """Return uint8, float32 and float64 as they are, float16 as float32, everything else as float64."""
    if X.dtype == np.uint8:
        return X
    kind: type[np.floating] = np.float32 if X.dtype.kind == "f" and X.dtype.itemsize <= 4 else np.float64
    with np.errstate(over="ignore", invalid="ignore"):  # what becomes infinite is found and named later
        return X.astype(kind)


def _targets(y: Array, name: str, target: str, n: int) -> Array:
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
    return _as_numbers(y) if y.dtype.kind == "f" else y.astype(y.dtype.newbyteorder("="))


def _check_finite(table: Table, target: str) -> None:
    """Raise InputError that names the first value that is not a number or infinite."""
    if table.X.dtype != np.uint8 and not (fine := np.isfinite(table.X)).all():
        i, j = np.argwhere(~fine)[0]
        value, where = table.X[i, j], f"feature {table.features[j]}"
    elif table.y is not None and table.y.dtype.kind == "f" and not (fine := np.isfinite(table.y)).all():
        i = np.argwhere(~fine)[0][0]
        value, where = table.y[i], f"target {target}"
    else:
        return
    raise InputError(f"{table.place(i)}: {where} is {value}; put a number there, or leave the sample out")
