"""What predict reads: pictures, and the rows of tables and arrays, with the cells that they had in their files."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pellucid import datasets
from pellucid._text import shortened
from pellucid.cli.bad_rows import Bad, bad_cells
from pellucid.cli.models import target_in
from pellucid.cli.printing import note
from pellucid.cli.samples import refuse_table
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets import RawArrays
from pellucid.model.model import Model
from pellucid.model.preprocessing import Preprocessing

PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm"}


@dataclass(frozen=True)
class Read:
    """What was read of a file: inputs X (n, features), as the model takes them, and which ``rows`` (n,) of it they are.

    ``where`` says where a row of the file stands, and ``cells`` what it holds, column by column, if that was asked for.
    """

    name: str
    X: AnyArray
    rows: AnyArray
    where: Callable[[int], str]
    table: RawArrays | None = None
    cells: dict[str, list[str]] | None = None

    def place(self, i: int) -> str:
        """Where the row of inputs i stands."""
        return self.where(int(self.rows[i]))

    def only(self, kept: AnyArray) -> "Read":
        """The same with some of its rows, (n,) bool."""
        return replace(self, X=self.X[kept], rows=self.rows[kept])


def read_inputs(model: Model, name: str, *, own: bool, with_cells: bool, bad: list[Bad] | None) -> Read | None:
    """What was read of a file for a model; ``own`` says that it is the one that comes with pellucid.

    What is wrong raises InputError; where ``bad`` is a list, it is added to that, and the rest is read. Returns None
    for a file of which nothing is left.
    """
    try:
        return _read(model, name, own=own, with_cells=with_cells, bad=bad)
    except (InputError, OSError) as error:
        if bad is None:
            raise
        bad.append(Bad(name, None, None, name, str(error)))
        return None


def _read(model: Model, name: str, *, own: bool, with_cells: bool, bad: list[Bad] | None) -> Read:
    net = model.network
    if Path(name).suffix.lower() in PICTURES:
        if model.image_shape is None:
            raise InputError(f"{name}: is a picture, but the model takes {net.sizes[0]} numbers: give it a table")
        if with_cells:
            raise InputError(f"{name}: is a picture, and has no columns; leave out --with-columns")
        X = datasets.read_images([name], model.image_shape, model.picture_form)
        return Read(name, X, np.arange(1), lambda _: name)
    if Path(name).is_dir():
        raise InputError(f"{name}: is a folder; name its pictures, such as {name}/*.png")
    if name == "-" and sys.stdin is None:
        raise InputError("-: standard input is closed; send the rows of a .csv to it, or name a file")
    stdin: BinaryIO | None = sys.stdin.buffer if name == "-" else None
    if stdin is not None and (with_cells or bad is not None):
        stdin = io.BytesIO(stdin.read())  # to be read again
    if model.preprocessing is not None:
        one = _rows(model, model.preprocessing, name, stdin, bad)
    else:
        one = _arrays(model, name, stdin, own=own)
    if not with_cells:
        return one
    cells = _cells(model, name, stdin)
    if one.rows.max(initial=-1) >= min(map(len, cells.values())):
        raise InputError(f"{name}: has changed while it was read; try again")
    return replace(one, cells=cells)


def _cells(model: Model, name: str, stdin: BinaryIO | None) -> dict[str, list[str]]:
    names = () if model.preprocessing is None else model.preprocessing.names
    return datasets.read_cells(name, stdin=_again(stdin), names=names)


def _again(stdin: BinaryIO | None) -> BinaryIO | None:
    if stdin is not None:
        stdin.seek(0)
    return stdin


def _arrays(model: Model, name: str, stdin: BinaryIO | None, *, own: bool) -> Read:
    """The rows of an array, or of a table of pixels, for a model that has no preprocessing."""
    net = model.network
    if name != "-":
        refuse_table(model, name, how=f"pellucid predict RUN {name}" if own else None)
    table = datasets.read_rows(name, target=target_in(model, name), stdin=stdin)
    if table.X.shape[1] != net.sizes[0]:
        raise InputError(
            f"{name}: has {table.X.shape[1]} inputs a row, but the model takes {net.sizes[0]}: "
            "give it rows of the kind that it learned from"
        )
    return Read(name, table.X, np.arange(len(table.X)), table.place, table)


def _rows(model: Model, plan: Preprocessing, name: str, stdin: BinaryIO | None, bad: list[Bad] | None) -> Read:
    """What a model's preprocessing makes of a table, but for the rows that it cannot take, if they go to ``bad``."""
    dtype = model.network.dtype
    frame = datasets.read_frame(name, stdin=stdin, names=plan.names)
    found = [] if bad is None else bad_cells(frame, plan, dtype)
    rows, where = np.setdiff1d(np.arange(frame.rows), [one.row for one in found]), frame.place
    if bad is not None:
        bad += [one._replace(input=name) for one in found]
    if not len(rows):
        return Read(name, np.empty((0, model.network.sizes[0])), rows, where)
    frame = frame.take(rows) if found else frame
    for column, levels in datasets.unknown_levels(frame, plan).items():
        some = ", ".join(map(shortened, levels[:3])) + (", …" if len(levels) > 3 else "")
        note(f"note: {name}, column {column}: training did not know {some}; taken as no known one")
    return Read(name, datasets.inputs_of(frame, plan, dtype), rows, where)
