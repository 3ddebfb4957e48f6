"""The embedded digits written out for other programs: a Kaggle CSV, a `.npz`, or a folder of PNG pictures."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from pellucid._files.writing import folder_beside, sweep, writing
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Samples, pixel_names
from pellucid.datasets.mnist import mnist_files

ROWS = 1024  # that are written at a time


def export(
    part: Literal["train", "test"], to: Literal["csv", "npz", "png"], out: Path, limit: int | None = None
) -> int:
    """Write the first `limit` digits of a part, in their published order, and return how many they are.

    `csv` is Kaggle's form, `npz` has X (n, 784) uint8 and y (n,), `png` is a folder of
    `<label>/<index>.png`. `out` appears whole or not at all. Raises InputError where it exists already,
    OSError where it cannot be written.

    >>> export("test", "csv", Path("."))
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: .: exists already; remove it, or choose another name
    """
    if to not in (*WRITERS, "png"):
        raise InputError(f"form {to!r} does not exist; take {', '.join(WRITERS)}, png")
    out = Path(out)
    is_stream = out.exists() and not out.is_file() and not out.is_dir()  # a pipe or a device
    if os.path.lexists(out) and not is_stream:
        raise InputError(f"{out}: exists already; remove it, or choose another name")
    if not out.parent.is_dir():
        raise InputError(f"{out}: there is no folder {out.parent}; create it first")
    digits = mnist_files(part)
    count = len(digits.X) if limit is None else limit
    if not 1 <= count <= len(digits.X):
        raise InputError(f"limit is {limit}; the {part} part has 1 to {len(digits.X)} digits to give")
    first = Samples(digits.X[:count], digits.y[:count])
    sweep(out.parent)
    if to == "png":
        with folder_beside(out) as beside:
            _png(first, beside / out.name)
            (beside / out.name).rename(out)
    else:
        with writing(out) as stream:
            WRITERS[to](first, stream)
    return count


def _csv(digits: Samples, stream: BinaryIO) -> None:
    """Write each value as the four bytes of its text and comma, and leave out those that it does not need."""
    texts = np.array([f"{value}," for value in range(256)], "S4")
    stream.write(",".join(["label", *pixel_names(digits.X.shape[1])]).encode())
    for start in range(0, len(digits.X), ROWS):
        rows = slice(start, start + ROWS)
        cells = texts[np.column_stack([digits.y[rows], digits.X[rows]])]  # (rows, 785)
        lines = b"".join(b"\n" + line.tobytes().translate(None, b"\0")[:-1] for line in cells)
        stream.write(lines)
    stream.write(b"\n")


def _npz(digits: Samples, stream: BinaryIO) -> None:
    np.savez(stream, X=digits.X, y=digits.y)


WRITERS: dict[str, Callable[[Samples, BinaryIO], None]] = {"csv": _csv, "npz": _npz}


def _png(digits: Samples, path: Path) -> None:
    from PIL import Image

    for label in np.unique(digits.y):
        (path / str(label)).mkdir(parents=True)
    for index, (row, label) in enumerate(zip(digits.X, digits.y, strict=True)):
        Image.fromarray(row.reshape(28, 28)).save(path / str(label) / f"{index}.png")
