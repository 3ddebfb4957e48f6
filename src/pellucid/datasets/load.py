"""From a path to data that is ready to train on: recognise the file, read it, encode the labels, split it."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pellucid._files.reading import SMALL, StrPath
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Dataset, RawArrays, Samples
from pellucid.datasets.formats.opening import File, held
from pellucid.datasets.formats.registry import FORMATS
from pellucid.datasets.frames.frame import Frame
from pellucid.datasets.frames.header import Layout
from pellucid.datasets.frames.load_table import load_table
from pellucid.datasets.labels import check_task, class_labels, decide_task, values
from pellucid.datasets.mnist import TEST_GIVEN, mnist
from pellucid.datasets.options import LoadOptions
from pellucid.datasets.streaming import file_stream
from pellucid.datasets.streaming.file_stream import Source, whole
from pellucid.datasets.streaming.load_parts import load_parts
from pellucid.datasets.streaming.load_stream import load_stream
from pellucid.datasets.streaming.table_parts import Parts, find_parts, keys_of


def load(
    source: StrPath,
    *,
    target: str | None = None,
    task: str = "auto",
    dev: float | None = None,
    test: float | None = None,
    seed: int = 0,
) -> Dataset:
    """Read a file, a folder of pictures, or "mnist", decide the task, encode the labels, and split it by `seed`.

    `dev` and `test` are numbers of samples or fractions; by default 10 % are dev (1,000 for MNIST) and there
    is no test part. X is (n, d), y (n,) int64 or (n, k) float64. A `.npy`, an IDX file, or a table with more than
    256 MB of numbers is not loaded: `train` is then a stream that reads it block by block, and dev is at most about
    10,000 samples where nothing else is said. A table of named columns, in a file, a folder or a pattern of files, is
    understood and turned into inputs, as `load_table` says; `load_with` takes all that may be said of a table. Raises
    InputError for whatever is wrong with the file or with the request.

    >>> load("mnist", dev=0.1).dev.X.shape
    (6000, 784)
    """
    return load_with(source, LoadOptions(target, task, dev, test, seed))


def load_with(source: StrPath, options: LoadOptions) -> Dataset:
    """`load`, with all options in one object.

    >>> load_with("mnist", LoadOptions(dev=0.1)).dev.X.shape
    (6000, 784)
    """
    check_task(options.task)
    if os.fspath(source) == "mnist":
        return _load_mnist(options)
    layout = _layout(options)
    parts = table_in_parts(source, layout.names, layout.header)
    if parts is not None:
        return load_parts(parts, options)
    with held(source) as file:
        if FORMATS.is_table(file, options.target):
            large = _large_table(file, layout)
            return load_table(FORMATS.columns(file, layout), options) if large is None else load_parts(large, options)
        content = FORMATS.arrays(file, options.target, target_needed=True)
        if isinstance(content, Source):
            if content.is_large:
                return load_stream(content, options)
            content = whole(content)
    return _split(content, options)


def table_in_parts(source: StrPath, names: Collection[str] = (), header: int | None = None) -> Parts | None:
    """Return the table that a folder or a pattern of files holds, None for a file; raises InputError where none does.

    `names` and `header` tell where a CSV names its columns.

    >>> table_in_parts("data.csv")
    """
    layout = Layout(header, tuple(names))
    paths = find_parts(os.fspath(source))
    if paths is None:
        return None
    files = []
    for path in paths:
        file = File(path)
        found = FORMATS.of(file)
        if found.blocks is None:
            raise InputError(f"{path}: is {found.what}; a table in parts is read from CSV, Parquet and Arrow files")
        files.append(found.blocks(file, layout))
    return Parts(os.fspath(source), files, paths, [keys_of(path) for path in paths])


def large_table(source: StrPath, names: Collection[str] = ()) -> Parts | None:
    """Return the table in a file, a folder or a pattern of files whose numbers take more than 256 MB; None for another.

    `names` tell where a CSV names its columns. Raises InputError for what cannot be read.

    >>> large_table("mnist")
    """
    parts = table_in_parts(source, names)
    if parts is None:
        if not Path(source).is_file() or _is_small(Path(source).stat().st_size):
            return None
        with held(source) as file:
            return _large_table(file, Layout(None, tuple(names))) if FORMATS.is_table(file) else None
    return parts if parts.size().bytes > file_stream.STREAM_ABOVE else None


def _large_table(file: File, layout: Layout) -> Parts | None:
    """Return a table whose numbers take more memory than is taken for them, None for another."""
    blocks = FORMATS.of(file).blocks
    if blocks is None or _is_small(file.on_disk) or blocks(file, layout).size().bytes <= file_stream.STREAM_ABOVE:
        return None
    return Parts(file.name, [blocks(File(file.name), layout)], [file.name], [{}])


def _is_small(on_disk: float) -> bool:
    """Whether a file has so few bytes that it is no large table; one that says it is all the same is not honest."""
    return on_disk <= min(SMALL, file_stream.STREAM_ABOVE)


def _layout(options: LoadOptions) -> Layout:
    """What is known of a table before it is read."""
    plan = options.plan
    return Layout(options.header, () if plan is None else plan.names)


def _split(data: RawArrays, options: LoadOptions) -> Dataset:
    """Return arrays in memory with their labels encoded, shuffled and in parts."""
    if decide_task(data, options.task) == "classification":
        classes, labels = class_labels(data)
        y = labels
    else:
        classes, labels, y = None, None, values(data)
    indices = options.split(len(data.X), labels)
    train, dev, test = (Samples(data.X.take(i, axis=0), y.take(i, axis=0)) for i in indices)
    return Dataset(
        data.name,
        train,
        dev if len(dev.X) else None,
        test if len(test.X) else None,
        classes,
        data.features,
        data.image_shape,
        picture_form=data.picture_form,
    )


def _load_mnist(options: LoadOptions) -> Dataset:
    if options.target is not None:
        raise InputError(f"mnist: its target is the label of each digit, not {options.target!r}; leave target out")
    if options.test is not None:
        raise InputError(TEST_GIVEN)
    digits = mnist(seed=options.seed) if options.dev is None else mnist(dev=options.dev, seed=options.seed)
    if options.task != "regression":
        return digits
    train, dev, test = (
        Samples(part.X, part.y.astype(np.float64)[:, None]) if isinstance(part, Samples) else None
        for part in (digits.train, digits.dev, digits.test)
    )
    assert train is not None
    return replace(digits, train=train, dev=dev, test=test, classes=None)


def read(path: StrPath, *, target: str | None = None, task: str = "auto") -> RawArrays:
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
    return _read(path, target, target_needed=True)


def read_rows(path: StrPath, *, target: str | None = None, stdin: BinaryIO | None = None) -> RawArrays:
    """Read samples to predict, as `read` does, with y None where the file has no labels.

    `target` names a column of Parquet that is no input, if it is there. "-" reads a CSV from the binary stream
    `stdin`, with a header or without. Raises as `read` does.

    >>> import io
    >>> read_rows("-", stdin=io.BytesIO(b"0,128,255,7")).X
    array([[  0, 128, 255,   7]], dtype=uint8)
    """
    return _read(path, target, target_needed=False, stdin=stdin)


def _read(path: StrPath, target: str | None, *, target_needed: bool, stdin: BinaryIO | None = None) -> RawArrays:
    with held(path, stdin) as file:
        content = FORMATS.arrays(file, target, target_needed=target_needed)
        return whole(content) if isinstance(content, Source) else content


def read_frame(
    path: StrPath, *, stdin: BinaryIO | None = None, names: Collection[str] = (), header: int | None = None
) -> Frame:
    r"""Read a CSV (separated by comma, semicolon, tab or bar; also gzipped), a Parquet or an Arrow file into a table.

    "-" reads from the binary stream `stdin`. The row of a CSV that names its columns is `header` (0: none does), else
    the one with the `names` that a model knows, else the likeliest. Raises InputError that says what is wrong, where,
    and what to do.

    >>> import io
    >>> frame = read_frame("-", stdin=io.BytesIO(b"age;city\n41;Bonn\n;Ulm\n"))
    >>> frame.columns["age"].values, frame.columns["city"].values
    (array([41., nan]), array(['Bonn', 'Ulm'], dtype=object))
    """
    layout = Layout(header, tuple(names))
    parts = None if os.fspath(path) == "-" else table_in_parts(path, names, header)
    if parts is not None:
        return parts.whole()
    with held(path, stdin) as file:
        return FORMATS.columns(file, layout)


def kind_of(path: StrPath, target: str | None = None, *, arrays: bool = False) -> str:
    """Return "table" for a file that `load` takes as a table of columns, else the name of its format.

    With `arrays`, a file is no table where its format's numbers may be taken as arrays, too. Raises InputError for
    what cannot be opened or is not read at all.

    >>> kind_of("missing.csv")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: missing.csv: there is no such file; check the spelling and the folder
    """
    if find_parts(os.fspath(path)) is not None:
        return "table"
    with held(path) as file:
        found = FORMATS.of(file)
        is_table = FORMATS.is_table(file, target) and not (arrays and found.numbers_are_arrays)
        return "table" if is_table else found.name
