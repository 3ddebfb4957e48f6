"""`.npy` files: one array in each, X in one and its targets in another beside it; never with pickle."""

from __future__ import annotations

import io
import math
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import feature_names, picture_shape
from pellucid.datasets.formats.array_checks import as_targets, check_inputs, check_kind, check_text
from pellucid.datasets.formats.format import Format, begins_with
from pellucid.datasets.formats.opening import File
from pellucid.datasets.streaming.file_stream import Source
from pellucid.datasets.streaming.fixed_rows import FlatRows, cut, read_raw, rows_in_block

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 1 << 16  # bytes; NumPy itself reads no longer ones
BESIDE = (("images", "labels"), ("features", "targets"), ("X", "y"))  # what becomes what in the name of the file


@dataclass(frozen=True)
class Header:
    """What stands at the beginning of a `.npy`: where its data begins, their shape and type."""

    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def open_npy(file: File, target: str | None = None, target_needed: bool = True) -> Source:
    """Read the headers of X (n, d), or (n, h, w), and of its targets y (n,) or (n, k).

    The targets are in the file `target`, or in the one beside X. Raises InputError for what is missing, does not fit
    together, or is no plain array of numbers.
    """
    name = file.name
    X = read_header(file)
    check_inputs(X.shape, X.dtype, name)
    n, shape = X.shape[0], picture_shape(X.shape, X.dtype)
    d = math.prod(X.shape[1:])
    rows, features = FlatRows(file, X.offset, (n, d), X.dtype), feature_names(d, shape)
    if target is not None:
        beside: File | None = file.beside(target)
    else:
        remedy = ", or name their file: target='y.npy'"
        beside = file.find_beside(
            targets_beside(name), "targets", "X, images or features", remedy, needed=target_needed
        )
    if beside is None:
        return Source(name, "npy", rows, features, shape)
    y = read_header(beside)
    sample = as_targets(np.empty((0, *y.shape[1:]) if y.shape else (), y.dtype), beside.name, "y", 0)
    if y.shape[0] != n:
        raise InputError(f"{name}: X has {n} samples, {beside.name} has {y.shape[0]}; they must be as many")
    if y.dtype.itemsize == 0:
        raise InputError(f"{beside.name}: every label is empty; fill them in")

    targets = partial(_read_targets, beside, y)
    return Source(name, "npy", rows, features, shape, targets, beside.name, sample.dtype, sample.ndim, beside.name)


def read_header(file: File) -> Header:
    """Read the header of a `.npy`; raises InputError for one that is damaged, cut off, or holds no plain rows."""
    name = file.name
    with file.opened() as stream:
        start = stream.read(len(MAGIC))
        if start != MAGIC:
            raise InputError(f"{name}: is no .npy file; save the array with numpy.save({name!r}, array)")
        stream.seek(0)
        try:
            shape, fortran, dtype = parse_header(stream)
        except Exception as fault:  # the parser has many faults for bad bytes
            why = " ".join(str(fault).split())
            raise InputError(f"{name}: its header is cut off or damaged ({why}); save it again") from None
        offset = stream.tell()
        held = stream.seek(0, os.SEEK_END) - offset
    check_kind(dtype, name)
    promised = math.prod(shape) * dtype.itemsize  # Python integers: no overflow
    if promised != held or any(size < 0 for size in shape):
        fault_ = "is cut off" if promised > held else "has bytes left over at its end"
        raise InputError(
            f"{name}: {fault_}: its header promises {promised} bytes of data, {held} are there; save it again"
        )
    if fortran and sum(size > 1 for size in shape) > 1:
        raise InputError(
            f"{name}: is stored column by column (Fortran order), it is read row by row; "
            f"save it as numpy.save({name!r}, numpy.ascontiguousarray(array))"
        )
    return Header(offset, shape, dtype)


def parse_header(content: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, whether columns come first, and type, and leave `content` where the data begins."""
    start = io.BytesIO(content.read(LONGEST_HEADER))  # a header may promise gigabytes of itself
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # files of Python 2 are welcome
        version = npy.read_magic(start)
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = header(start)
    content.seek(start.tell())
    return shape, fortran, dtype


def targets_beside(name: str) -> list[str]:
    """Return the names under which the targets of a file may stand, the likeliest first.

    >>> targets_beside("train_X.npy"), targets_beside("digits-images.npy"), targets_beside("data.npy")
    (['train_y.npy'], ['digits-labels.npy'], [])
    """
    path = Path(name)
    stems = [path.stem.replace(old, new) for old, new in BESIDE if old in path.stem]
    return [str(path.with_name(stem + path.suffix)) for stem in stems]


def _read_targets(file: File, y: Header) -> Iterator[AnyArray]:
    """Yield the raw targets (m,) or (m, k), block by block."""
    n, k = y.shape[0], math.prod(y.shape[1:])
    size = rows_in_block(k * y.dtype.itemsize)
    for first, raw in read_raw(file, y.offset, k, y.dtype, cut(n, size), size):
        check_text(raw, file.name, first)
        yield as_targets(raw.reshape(len(raw), *y.shape[1:]), file.name, "y", len(raw))


FORMAT = Format(
    "npy",
    "a .npy array (X.npy, with its targets in y.npy)",
    fits=begins_with(MAGIC),
    arrays=open_npy,
    endings=(".npy",),
    convert="pandas.DataFrame(numpy.load({name!r})).to_csv('data.csv', index=False)",
)
