"""`.npz` files: named NumPy arrays in a zip, read without pickle and without trust in their headers."""

from __future__ import annotations

import math
import zipfile
from typing import Any, cast

import numpy as np

from pellucid._files.reading import check_cost
from pellucid._text import listed
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Pixels, RawArrays, feature_names, picture_shape
from pellucid.datasets.formats.array_checks import (
    as_numbers,
    as_targets,
    check_finite,
    check_inputs,
    check_kind,
    check_text,
    cost_of,
)
from pellucid.datasets.formats.format import Format
from pellucid.datasets.formats.npy import parse_header
from pellucid.datasets.formats.opening import PIECE, File

ZIP, FIRST_NAME = b"PK\x03\x04", 200  # bytes in which the name of the first array stands
MOST_INFLATION = 1100  # a deflated byte makes at most 1032


def read_npz(file: File, target: str | None = None, target_needed: bool = True) -> RawArrays:
    """Read X (n, d), or (n, h, w) flattened, and the target y (n,) or (n, k); never with pickle.

    `target` names another array than y. Raises InputError for what is missing, does not fit together, or is no number.
    """
    name, target = file.name, target or "y"
    arrays, names = _read_arrays(file, ("X", target))
    if "X" not in arrays:
        raise InputError(f"{name}: has no array X, only {names}; save it as numpy.savez('{name}', X=X, y=y)")
    if target_needed and target not in arrays:
        raise InputError(f"{name}: has no array {target} for the target, only {names}; name another one: target='NAME'")
    X = _inputs(arrays["X"], name)
    y = as_targets(arrays[target], name, target, len(X)) if target in arrays else None
    if y is not None:
        check_text(y, name)
    d = math.prod(X.shape[1:])
    shape = picture_shape(X.shape, X.dtype)
    flat = np.ascontiguousarray(X.reshape(len(X), d))
    table = RawArrays(name, flat, y, feature_names(d, shape), shape, form="npz")
    check_finite(table, target)
    return table


def _read_arrays(file: File, wanted: tuple[str, ...]) -> tuple[dict[str, AnyArray], str]:
    """Return the wanted arrays, and the names of all that are there."""
    name = file.name
    arrays: dict[str, AnyArray] = {}
    try:
        with file.opened() as stream, zipfile.ZipFile(stream) as archive:
            members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
            found = [key for key in dict.fromkeys(wanted) if key in members]
            heads = [_read_header(archive, members[key], f"{name}, array {key}") for key in found]
            check_cost(name, sum(cost_of(shape, dtype) for shape, _, dtype in heads), file.on_disk)
            for key, (shape, fortran, dtype) in zip(found, heads, strict=True):
                flat = _read_values(archive, members[key], math.prod(shape) * dtype.itemsize)
                arrays[key] = flat.view(dtype).reshape(shape, order="F" if fortran else "C")
    except InputError:
        raise
    except MemoryError:
        raise InputError(f"{name}: does not fit into this machine's memory; use a part of it") from None
    except Exception as fault:  # zipfile, zlib and the npy header parser each have their own faults for bad bytes
        raise InputError(f"{name}: is no readable .npz, it is cut off or damaged ({fault}); save it again") from None
    return arrays, listed(sorted(members)) or "nothing"


def _read_header(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str
) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    with archive.open(member) as content:
        shape, fortran, dtype = parse_header(content)
        held = member.file_size - content.tell()
    check_kind(dtype, where)
    size = math.prod(shape) * dtype.itemsize
    if size != held or member.file_size > MOST_INFLATION * (member.compress_size + 1):
        raise InputError(f"{where}: its header promises {size} bytes, {held} are there; it is damaged, save it again")
    return shape, fortran, dtype


def _read_values(archive: zipfile.ZipFile, member: zipfile.ZipInfo, size: int) -> Pixels:
    """Return the bytes behind a header, each unpacked where it belongs: nothing is in memory twice."""
    values = np.empty(size, np.uint8)
    with archive.open(member) as content:
        content.read(member.file_size - size)
        for start in range(0, size, PIECE):
            piece = values[start : start + PIECE]
            if cast(Any, content).readinto(piece.data) != len(piece):
                raise EOFError("it ends too early")
        content.read(1)  # at the end the zip's checksum is compared
    return values


def _inputs(X: AnyArray, name: str) -> AnyArray:
    check_inputs(X.shape, X.dtype, name)
    return as_numbers(X, copy=False)


def _is_npz(file: File) -> bool:
    return file.start.startswith(ZIP) and (b".npy" in file.start[:FIRST_NAME] or file.name.endswith(".npz"))


FORMAT = Format(
    "npz",
    "a .npz with arrays X and y",
    fits=_is_npz,
    arrays=read_npz,
    endings=(".npz",),
    convert="pandas.DataFrame(numpy.load({name!r})['X']).to_csv('data.csv', index=False)",
)
