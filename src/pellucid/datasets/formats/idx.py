"""IDX files, the form in which MNIST is handed out: four bytes of type and rank, the sizes, then the bytes.

The format is described at the end of http://yann.lecun.com/exdb/mnist/; what is gzipped is unpacked.
"""

from __future__ import annotations

import gzip
import io
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from pellucid._files.reading import check_cost
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Indices, Pixels, RawArrays, pixel_names
from pellucid.datasets.formats.array_checks import check_target, cost_of
from pellucid.datasets.formats.format import Format
from pellucid.datasets.formats.opening import CONVERT, GZIP, File
from pellucid.datasets.streaming.file_stream import Source
from pellucid.datasets.streaming.fixed_rows import MOST_ROWS, FlatRows, cut

MOST_INFLATION = 1032  # no byte of a deflate stream makes more than this
BLOCK = 256  # rows that are unpacked at a time: they stay in the cache while they are put in their places


def is_idx(start: bytes) -> bool:
    """Say whether these first four bytes are those of an IDX file of bytes.

    >>> is_idx(bytes([0, 0, 8, 3])), is_idx(b"labe")
    (True, False)
    """
    return len(start) >= 4 and start[:2] == b"\0\0" and start[2] in (8, 9, 11, 12, 13, 14) and 1 <= start[3] <= 9


def read_array(stream: BinaryIO, name: str, *, to: Indices | None = None, on_disk: float = math.inf) -> Pixels:
    """Read one IDX array of bytes (n, …) of a file; sample i goes to row `to[i]` where that is given.

    Raises InputError where the header and the file disagree, before any memory is taken for what is promised.

    >>> read_array(io.BytesIO(bytes([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9])), "small")
    array([[7, 8, 9]], dtype=uint8)
    """
    packed = stream.read(2) == GZIP
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    content = cast(BinaryIO, gzip.GzipFile(fileobj=stream)) if packed else stream
    try:
        shape = _read_header(content, name)
        _check_size(shape, size, packed=packed, name=name)
        if to is None:
            check_cost(name, cost_of(shape, np.dtype(np.uint8)), on_disk)
        return _read_rows(content, shape, name, to)
    except (EOFError, zlib.error, gzip.BadGzipFile) as fault:
        raise InputError(f"{name}: the gzip file is cut off or damaged ({fault}); get it again") from None
    except MemoryError:
        raise InputError(f"{name}: {shape} bytes do not fit into this machine's memory; use a part of it") from None


def _read_header(content: BinaryIO, name: str) -> tuple[int, ...]:
    magic = content.read(4)
    if not is_idx(magic):
        raise InputError(f"{name}: does not begin as an IDX file does (00 00 08 03 for images, 00 00 08 01 for labels)")
    if magic[2] != 8:
        raise InputError(f"{name}: holds IDX type 0x{magic[2]:02x}, only bytes (0x08) are read; {CONVERT}")
    sizes = content.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise InputError(f"{name}: ends inside its header; the file is cut off, get it again")
    return tuple(int(size) for size in np.frombuffer(sizes, ">u4"))


def _check_size(shape: tuple[int, ...], size: int, *, packed: bool, name: str) -> None:
    promised = 4 + 4 * len(shape) + math.prod(shape)  # Python integers: no overflow
    text = " × ".join(map(str, shape))
    if math.prod(shape) == 0:
        raise InputError(f"{name}: its header says {text}, so it holds no samples; give a file that does")
    if packed and promised > MOST_INFLATION * size:
        raise InputError(f"{name}: its header says {text} bytes, more than {size} gzipped bytes can hold; get it again")
    if not packed and promised != size:
        fault = "is cut off" if promised > size else "has bytes left over at its end"
        raise InputError(
            f"{name}: {fault}: its header says {text}, which makes {promised} bytes, the file has {size}; get it again"
        )


def _read_rows(content: BinaryIO, shape: tuple[int, ...], name: str, to: Indices | None) -> Pixels:
    count, width = shape[0], math.prod(shape[1:])
    rows = np.empty((count, width), np.uint8)  # (n, d)
    step = BLOCK if width <= 1 << 16 else 1
    block = np.empty((min(step, count), width), np.uint8) if to is not None else None
    for start in range(0, count, step):
        stop = min(start + step, count)
        into = rows[start:stop] if block is None else block[: stop - start]
        if content.readinto(into.reshape(-1).data) != into.nbytes:  # type: ignore[attr-defined]
            raise InputError(f"{name}: ends before sample {stop} of {count}; the file is cut off, get it again")
        if to is not None:
            rows[to[start:stop]] = into
    if content.read(1):
        raise InputError(f"{name}: has bytes left over after its {count} samples; get it again")
    return rows.reshape(shape)


def labels_beside(name: str) -> list[str]:
    """Return the names under which the labels of an images file may stand, the likeliest first.

    >>> labels_beside("train-images-idx3-ubyte.gz")
    ['train-labels-idx1-ubyte.gz', 'train-labels-idx1-ubyte']
    """
    path = Path(name)
    plain = path.name.removesuffix(".gz")
    labels = plain.replace("images", "labels").replace("idx3", "idx1")
    if labels == plain:
        return []
    endings = (".gz", "") if path.name.endswith(".gz") else ("", ".gz")
    return [str(path.with_name(labels + ending)) for ending in endings]


def open_idx(file: File, target: str | None = None, labels_needed: bool = True) -> RawArrays | Source:
    """Read images (n, h·w) uint8 and the labels (n,) beside them, or, where they are not gzipped, only the header.

    Raises InputError for what is missing or does not fit together.
    """
    name = file.name
    check_target(target, None, f"{name}: its labels are a file beside it")
    with file.opened() as stream:
        images = read_array(stream, name, on_disk=file.on_disk) if file.is_gzipped else None
        shape = _read_header(stream, name) if images is None else images.shape
        offset, size = stream.tell(), stream.seek(0, io.SEEK_END)
    if images is None:
        _check_size(shape, size, packed=False, name=name)
    image_shape = _picture_shape(shape, name)
    n, d = shape[0], math.prod(shape[1:])
    beside = file.find_beside(
        labels_beside(name), "labels", "'images' to replace", " under that name", needed=labels_needed
    )
    if images is not None:
        y = None if beside is None else _read_labels(beside, name, n)
        return RawArrays(name, images.reshape(n, d), y, pixel_names(d), image_shape, form="idx")

    def labels() -> Iterator[AnyArray]:
        assert beside is not None
        y = _read_labels(beside, name, n)
        for start, stop in cut(n, MOST_ROWS):
            yield y[start:stop]

    rows = FlatRows(file, offset, (n, d), np.dtype(np.uint8))
    return Source(name, "idx", rows, pixel_names(d), image_shape, None if beside is None else labels, "label")


def _picture_shape(shape: tuple[int, ...], name: str) -> tuple[int, int] | None:
    if len(shape) == 1:
        raise InputError(f"{name}: holds labels, one number a sample; give the path of the images (idx3)")
    if len(shape) > 3:
        raise InputError(f"{name}: has {len(shape)} dimensions, images have 3 (n, height, width); {CONVERT}")
    return (shape[1], shape[2]) if len(shape) == 3 else None


def _read_labels(file: File, images: str, count: int) -> Indices:
    with file.opened() as stream:
        labels = read_array(stream, file.name, on_disk=file.on_disk)
    if labels.ndim != 1:
        raise InputError(
            f"{file.name}: has {labels.ndim} dimensions, labels have one; give the labels that belong to {images}"
        )
    if len(labels) != count:
        raise InputError(
            f"{images} has {count} images, {file.name} has {len(labels)} labels; they do not belong together"
        )
    return labels.astype(np.int64)


FORMAT = Format(
    "idx",
    "an IDX file (train-images-idx3-ubyte, with its labels beside it)",
    fits=lambda file: is_idx(file.inside),
    arrays=open_idx,
)
