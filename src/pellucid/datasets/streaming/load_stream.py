"""From a file too large for memory to a `Dataset`: targets in few bytes, dev and test in memory, train as a stream."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from pellucid._files.reading import SMALL, check_cost
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Dataset, Indices, Samples
from pellucid.datasets.labels import MOST_CLASSES, MOST_LABELS, as_labels, class_names, distinct, task_of, values
from pellucid.datasets.options import LoadOptions
from pellucid.datasets.splits import mark_parts, part_sizes
from pellucid.datasets.streaming.file_stream import DEV, TEST, FileStream, Source

MOST_DEV = 10_000  # samples, where nobody asked for more
MOST_HELD = 2**30  # bytes of dev and test together
MOST_VALUES = 2**28  # bytes of the targets of a regression


def load_stream(source: Source, options: LoadOptions) -> Dataset:
    """Encode the targets of a large file, draw dev and test from it, and read these into memory, as the options say.

    Without `dev`, it is 10 %, but at most 10,000 samples. Raises InputError where dev and test would take more
    than 1 GB, and for whatever is wrong with the targets or with the rows that are read.
    """
    n, d = source.rows.shape
    if (on_disk := source.rows.file.on_disk) < SMALL:  # what unpacks to hundreds of times its size is not honest
        check_cost(source.name, n * d * source.rows.dtype.itemsize, on_disk)
    try:
        classes, y = encode(source, options.task)
        dev_size, test_size = part_sizes(n, *options.shares(n, most=MOST_DEV))
        _check_held(source, dev_size, test_size)
        rng = np.random.default_rng(options.seed)
        part = mark_parts(n, dev_size, test_size, rng, None if classes is None else y)
        train = FileStream(source, y, part)
        held = _read_held(train, dev_size, test_size)
    except MemoryError:
        raise InputError(f"{source.name}: its {n} targets do not fit into memory; use a part of it") from None
    return Dataset(source.name, train, held[0], held[1], classes, source.features, source.image_shape)


def _check_held(source: Source, dev_size: int, test_size: int) -> None:
    row = source.rows.shape[1] * source.rows.dtype.itemsize
    if (dev_size + test_size) * row > MOST_HELD:
        raise InputError(
            f"{source.name}: {dev_size} samples for dev and {test_size} for test take "
            f"{(dev_size + test_size) * row / 2**30:.1f} GB of memory, at most 1 GB is held back from a file of this "
            f"size; ask for at most {MOST_HELD // row}"
        )


def encode(source: Source, task: str) -> tuple[tuple[str, ...] | None, AnyArray]:
    """Return the classes and each sample's index (n,) in one or two bytes, or None and values (n, k) float64.

    The raw targets are read block by block, twice where they are labels, and never all in memory. Raises
    InputError as `class_labels` and `values` do.
    """
    look = task_of(task, source.form, source.target_dtype, source.target_ndim, lambda: _count_few(source))
    if look == "regression":
        return None, _all_values(source)
    labels, first, counts = _distinct(source, MOST_LABELS)
    classes = class_names(source.table(), labels, first, counts)
    y = np.empty(source.rows.shape[0], np.min_scalar_type(len(classes) - 1))  # (n,)
    for table in source.target_blocks():
        block = as_labels(table)
        y[table.first : table.first + len(block)] = np.searchsorted(labels, block)
    return classes, y


def _all_values(source: Source) -> AnyArray:
    y: AnyArray | None = None
    for table in source.target_blocks():
        block = values(table)
        if y is None:
            n, k = source.rows.shape[0], block.shape[1]
            if n * k * 8 > MOST_VALUES:
                raise InputError(
                    f"{source.name}: its targets take {n * k * 8 / 2**20:.0f} MB as float64, at most "
                    f"{MOST_VALUES >> 20} MB are held in memory; use fewer columns, or a part of the file"
                )
            y = np.empty((n, k))
        y[table.first : table.first + len(block)] = block
    assert y is not None
    return y


def _distinct(source: Source, most: int) -> tuple[AnyArray, Indices, Indices]:
    """Return the distinct labels of a file, sorted, where each stands first, and how often it is there.

    The rest of the file is not read where they are more than `most`.
    """
    first: dict[Any, int] = {}
    counts: Counter[Any] = Counter()
    for table in source.target_blocks():
        labels, places, _, times = distinct(as_labels(table))
        for label, place, count in zip(labels.tolist(), places.tolist(), times.tolist(), strict=True):
            first.setdefault(label, table.first + place)
            counts[label] += count
        if len(first) > most:
            break
    found = sorted(first)
    texts = object if isinstance(found[0], str) else None  # one long label does not make all of them long
    return (
        np.array(found, texts),
        np.array([first[label] for label in found]),
        np.array([counts[label] for label in found]),
    )


def _count_few(source: Source) -> int:
    return len(_distinct(source, MOST_CLASSES)[0])


def _read_held(stream: FileStream, dev_size: int, test_size: int) -> list[Samples | None]:
    """Return the dev and test samples, in the file's order; blocks without any are not read."""
    source, part = stream.source, stream.part
    parts = {code: _rows_of(stream, code) for code, size in ((DEV, dev_size), (TEST, test_size)) if size}
    filled = dict.fromkeys(parts, 0)
    spans = [(int(start), int(stop)) for start, stop in source.rows.spans(None) if part[start:stop].any()]
    for first, X in source.read(spans):
        here = part[first : first + len(X)]
        for code, samples in parts.items():
            rows = np.flatnonzero(here == code)
            at = slice(filled[code], filled[code] + len(rows))
            samples.X[at], filled[code] = X[rows], at.stop
    return [parts.get(DEV), parts.get(TEST)]


def _rows_of(stream: FileStream, code: int) -> Samples:
    """Return room for the inputs of a part, and its targets."""
    y = stream.y[stream.part == code].astype(stream.target_dtype)
    return Samples(np.empty((len(y), stream.shape[1]), stream.dtype), y)
