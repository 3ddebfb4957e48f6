"""From a path to data that is ready to train on: recognise the file, read it, encode the labels, split."""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

import numpy as np

from pellucid.datasets.digit_csv import parse_digit_csv, read_digit_csv
from pellucid.datasets.idx import GZIP, first_bytes, is_idx, read_idx
from pellucid.datasets.labels import check_task, class_labels, decide_task, values
from pellucid.datasets.mnist import TEST_GIVEN, mnist
from pellucid.datasets.npz import ZIP, read_npz
from pellucid.datasets.source import CONVERT, FORMS, name_of, opened
from pellucid.datasets.splits import split
from pellucid.datasets.types import Array, Dataset, Indices, Path, Samples, Table
from pellucid.errors import InputError

OTHERS = {
    b"PAR1": "is a parquet file",
    b"\x89PNG": "is a PNG picture",
    b"\xff\xd8\xff": "is a JPEG picture",
    b"GIF8": "is a GIF picture",
    b"\x93NUM": "is a single NumPy array (.npy)",
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
) -> Dataset:
    """Read a file (or "mnist"), decide the task, encode the labels, and split it by `seed`.

    `dev` and `test` are numbers of samples or fractions; by default 10 % are dev (1,000 for MNIST) and there
    is no test part. X is (n, d), y (n,) int64 or (n, k) float64. Raises InputError for whatever is wrong with
    the file or with the request.

    >>> load("mnist", dev=0.1).dev.X.shape
    (6000, 784)
    """
    check_task(task)
    if name_of(source) == "mnist":
        return _load_mnist(target, task, dev, test, seed)
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
    return Dataset(table.name, train, parts[0], parts[1], classes, table.features, table.image_shape)


def _load_mnist(target: str | None, task: str, dev: float | None, test: float | None, seed: int) -> Dataset:
    if target is not None:
        raise InputError(f"mnist: its target is the label of each digit, not {target!r}; leave target out")
    if test is not None:
        raise InputError(TEST_GIVEN)
    digits = mnist(seed=seed) if dev is None else mnist(dev=dev, seed=seed)
    if task != "regression":
        return digits
    train, dev_part, test_part = (
        None if part is None else Samples(part.X, part.y.astype(np.float64)[:, None])
        for part in (digits.train, digits.dev, digits.test)
    )
    assert train is not None
    return replace(digits, train=train, dev=dev_part, test=test_part, classes=None)


def read(path: Path, *, target: str | None = None, task: str = "auto") -> Table:
    """Read one file by what it is: a digit CSV, a `.npz`, or IDX images with their labels beside them.

    X is (n, d), y (n,) or (n, k). `target` names another array than y in a `.npz`; `task` is decided in
    `load` and only checked here. Raises InputError that says what is wrong, where, and what to do.

    >>> read("digits.parquet")
    Traceback (most recent call last):
    ...
    pellucid.errors.InputError: digits.parquet: there is no such file; check the spelling and the folder
    """
    check_task(task)
    return _read(path, target, targets_needed=True)


def read_rows(path: Path, *, stdin: BinaryIO | None = None) -> Table:
    """Read samples to predict, as `read` does, with y None where the file has no labels.

    "-" reads a CSV from the binary stream `stdin`, with a header or without. Raises as `read` does.

    >>> import io
    >>> read_rows("-", stdin=io.BytesIO(b"0,128,255,7")).X
    array([[  0, 128, 255,   7]], dtype=uint8)
    """
    if name_of(path) != "-":
        return _read(path, None, targets_needed=False)
    if stdin is None:
        raise InputError("-: there is no standard input to read from; give a file")
    content = stdin.read()
    _refuse(content[:8], "stdin")
    return parse_digit_csv(content, "stdin", label_needed=False)


def _read(path: Path, target: str | None, *, targets_needed: bool) -> Table:
    name = name_of(path)
    with opened(path) as stream:
        raw = stream.read(8)
        stream.seek(0)
        start = first_bytes(stream)
    if raw[:4] == ZIP:
        return read_npz(path, target=target or "y", target_needed=targets_needed)
    if is_idx(start):
        _check_target(target, None, f"{name}: its labels are a file beside it")
        return read_idx(path, labels_needed=targets_needed)
    if raw[:2] == GZIP:
        raise InputError(f"{name}: is gzipped and no whole IDX file; unpack it first (gunzip), or get it again")
    _refuse(raw, name)
    _check_target(target, "label", f"{name}: the target of a digit CSV is its column label")
    return read_digit_csv(path, label_needed=targets_needed)


def _check_target(target: str | None, allowed: str | None, what: str) -> None:
    if target is not None and target != allowed:
        raise InputError(f"{what}, not {target!r}; leave target out")


def _refuse(start: bytes, name: str) -> None:
    """Raise InputError for a file whose first bytes are those of a form that is not read."""
    for magic, what in OTHERS.items():
        if start.startswith(magic):
            raise InputError(f"{name}: {what}; read now are {FORMS}; to convert, {CONVERT}")
    if name.lower().endswith((".npz", ".parquet")):
        ending = name.rsplit(".", 1)[1]
        raise InputError(f"{name}: is called .{ending} and is none; read now are {FORMS}; to convert, {CONVERT}")
