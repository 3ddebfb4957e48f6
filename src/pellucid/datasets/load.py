"""From a path to data that is ready to train on: recognise the file, read it, encode the labels, split."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path as FilePath
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from pellucid.core.errors import InputError
from pellucid.datasets.containers import Array, Dataset, Indices, Path, Samples, Table
from pellucid.datasets.formats.detect import kind_of
from pellucid.datasets.formats.digit_csv import parse_digit_csv, read_digit_csv
from pellucid.datasets.formats.idx import GZIP, first_bytes, is_idx, open_idx, read_idx
from pellucid.datasets.formats.image_folders import is_folder, read_folder
from pellucid.datasets.formats.npy import MAGIC as NPY
from pellucid.datasets.formats.npy import open_npy, read_npy
from pellucid.datasets.formats.npz import ZIP, read_npz
from pellucid.datasets.formats.opening import CONVERT, FORMS, name_of, opened
from pellucid.datasets.formats.parquet import MAGIC as PARQUET
from pellucid.datasets.formats.parquet import open_parquet, read_parquet
from pellucid.datasets.frames.api import read_frame
from pellucid.datasets.frames.load_table import TableOptions, load_table
from pellucid.datasets.labels import check_task, class_labels, decide_task, values
from pellucid.datasets.mnist import TEST_GIVEN, mnist
from pellucid.datasets.splits import split
from pellucid.datasets.streaming import file_stream
from pellucid.datasets.streaming.file_stream import Source
from pellucid.datasets.streaming.load_stream import load_stream
from pellucid.model.preprocessing import Preprocessing

OTHERS = {
    b"PARE": "is an encrypted Parquet file",
    b"\x89PNG": "is a PNG picture",
    b"\xff\xd8\xff": "is a JPEG picture",
    b"GIF8": "is a GIF picture",
    b"\x89HDF": "is an HDF5 file",
    b"PK\x05\x06": "is an empty zip archive",
}


def load(
    source: Path,
    *,
    target: str | None = None,
    task: str = "auto",
    dev: float | None = None,
    test: float | None = None,
    seed: int = 0,
    options: TableOptions = TableOptions(),  # noqa: B008  (frozen)
    plan: Preprocessing | None = None,
    dtype: npt.DTypeLike = np.float32,
) -> Dataset:
    """Read a file, a folder of pictures, or "mnist", decide the task, encode the labels, and split it by `seed`.

    `dev` and `test` are numbers of samples or fractions; by default 10 % are dev (1,000 for MNIST) and there
    is no test part. X is (n, d), y (n,) int64 or (n, k) float64. A `.npy`, an IDX file or a Parquet file with more
    than 256 MB of X is not loaded: `train` is then a stream that reads it block by block, and dev is at most
    10,000 samples where nothing else is said. A table of named columns is understood and turned into inputs of `dtype`,
    as `load_table` says, which also has `options` and `plan`. Raises InputError for whatever is wrong with the file or
    with the request.

    >>> load("mnist", dev=0.1).dev.X.shape
    (6000, 784)
    """
    check_task(task)
    if name_of(source) == "mnist":
        return _load_mnist(target, task, dev, test, seed)
    if kind_of(source, target) == "table":
        frame = read_frame(source)
        return load_table(
            frame, target=target, task=task, dev=dev, test=test, seed=seed, options=options, plan=plan, dtype=dtype
        )
    large = None if is_folder(source) else _open(source, target)
    if large is not None and large.is_large:
        return load_stream(large, task=task, dev=dev, test=test, seed=seed)
    table = read(source, target=target, task=task)
    classes: tuple[str, ...] | None = None
    labels: Indices | None = None
    y: Array
    if decide_task(table, task) == "classification":
        classes, labels = class_labels(table)
        y = labels
    else:
        y = values(table)
    n = len(table.X)
    rng = np.random.default_rng(seed)
    size = int(n * 0.1 + 0.5) if dev is None else dev
    train_index, dev_index, test_index = split(n, dev=size, test=test or 0, rng=rng, labels=labels)
    parts = [Samples(table.X.take(i, axis=0), y.take(i, axis=0)) if len(i) else None for i in (dev_index, test_index)]
    train = Samples(table.X.take(train_index, axis=0), y.take(train_index, axis=0))
    return Dataset(
        table.name,
        train,
        parts[0],
        parts[1],
        classes,
        table.features,
        table.image_shape,
        picture_form=table.picture_form,
    )


def _load_mnist(target: str | None, task: str, dev: float | None, test: float | None, seed: int) -> Dataset:
    if target is not None:
        raise InputError(f"mnist: its target is the label of each digit, not {target!r}; leave target out")
    if test is not None:
        raise InputError(TEST_GIVEN)
    digits = mnist(seed=seed) if dev is None else mnist(dev=dev, seed=seed)
    if task != "regression":
        return digits
    train, dev_part, test_part = (
        Samples(part.X, part.y.astype(np.float64)[:, None]) if isinstance(part, Samples) else None
        for part in (digits.train, digits.dev, digits.test)
    )
    assert train is not None
    return replace(digits, train=train, dev=dev_part, test=test_part, classes=None)


def read(path: Path, *, target: str | None = None, task: str = "auto") -> Table:
    """Read one file into memory by what it is: a digit CSV, a `.npz`, Parquet, a `.npy` or IDX file with its
    targets beside it, or a folder of pictures.

    X is (n, d), y (n,) or (n, k). `target` names another array than y in a `.npz`, another column than label in
    Parquet, the file of the targets of a `.npy`; `task` is decided in `load` and only checked here. Raises
    InputError that says what is wrong, where, and what to do.

    >>> read("digits.parquet")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: digits.parquet: there is no such file; check the spelling and the folder
    """
    check_task(task)
    return _read(path, target, targets_needed=True)


def read_rows(path: Path, *, target: str | None = None, stdin: BinaryIO | None = None) -> Table:
    """Read samples to predict, as `read` does, with y None where the file has no labels.

    `target` names a column of Parquet that is no input, if it is there. "-" reads a CSV from the binary stream
    `stdin`, with a header or without. Raises as `read` does.

    >>> import io
    >>> read_rows("-", stdin=io.BytesIO(b"0,128,255,7")).X
    array([[  0, 128, 255,   7]], dtype=uint8)
    """
    if name_of(path) != "-":
        return _read(path, target, targets_needed=False)
    if stdin is None:
        raise InputError("-: there is no standard input to read from; give a file")
    content = stdin.read()
    _refuse(content[:8], "stdin")
    return parse_digit_csv(content, "stdin", label_needed=False)


def _read(path: Path, target: str | None, *, targets_needed: bool) -> Table:
    name = name_of(path)
    if is_folder(path):
        _check_target(target, None, f"{name}: the target of a folder of pictures is the sub-folder of each")
        return read_folder(path)
    raw, start = _beginnings(path)
    if raw[:4] == ZIP:
        return read_npz(path, target=target or "y", target_needed=targets_needed)
    if raw.startswith(NPY):
        return read_npy(path, target=target, target_needed=targets_needed)
    if raw.startswith(PARQUET):
        return read_parquet(path, target=target, target_needed=targets_needed)
    if is_idx(start):
        _check_target(target, None, f"{name}: its labels are a file beside it")
        return read_idx(path, labels_needed=targets_needed)
    if raw[:2] == GZIP:
        raise InputError(f"{name}: is gzipped and no whole IDX file; unpack it first (gunzip), or get it again")
    _refuse(raw, name)
    _check_target(target, "label", f"{name}: the target of a digit CSV is its column label")
    return read_digit_csv(path, label_needed=targets_needed)


def _beginnings(path: Path) -> tuple[bytes, bytes]:
    """Return the first bytes of a file, as they are and, where it is gzipped, of what is in it."""
    with opened(path) as content:
        raw = content.read(8)
        content.seek(0)
        return raw, first_bytes(content)


def _open(path: Path, target: str | None) -> Source | None:
    """Return what a file says of its content where it can be read block by block, else None."""
    raw, _ = _beginnings(path)
    if raw.startswith(NPY):
        return open_npy(path, target=target)
    if raw.startswith(PARQUET):
        return open_parquet(path, target=target)
    if is_idx(raw) and FilePath(path).stat().st_size > file_stream.STREAM_ABOVE:
        _check_target(target, None, f"{name_of(path)}: its labels are a file beside it")
        return open_idx(path)
    return None


def _check_target(target: str | None, allowed: str | None, what: str) -> None:
    if target is not None and target != allowed:
        raise InputError(f"{what}, not {target!r}; leave target out")


def _refuse(start: bytes, name: str) -> None:
    """Raise InputError for a file whose first bytes are those of a form that is not read."""
    for magic, what in OTHERS.items():
        if start.startswith(magic):
            raise InputError(f"{name}: {what}; read now are {FORMS}; to convert, {CONVERT}")
    if name.lower().endswith((".npz", ".npy", ".parquet")):
        ending = name.rsplit(".", 1)[1]
        raise InputError(f"{name}: is called .{ending} and is none; read now are {FORMS}; to convert, {CONVERT}")
