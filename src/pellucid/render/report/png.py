"""Arrays of bytes as PNG files within a page, written with zlib alone: importing Pillow takes longer than the rest."""

import base64
import struct
import zlib

import numpy as np

from pellucid.core.arrays import AnyArray

GREY = 0  # the kind of colour, as a PNG's header names it


def data_uri(pixels: AnyArray) -> str:
    """Pixels (height, width) of uint8 as the address of a picture in grey.

    Source: Portable Network Graphics, third edition (W3C, 2025), sections 5 and 11.

    >>> data_uri(np.zeros((2, 2), np.uint8))[:22]
    'data:image/png;base64,'
    """
    height, width = pixels.shape
    rows = np.zeros((height, width + 1), np.uint8)  # each row behind a 0: no filter
    rows[:, 1:] = pixels
    content = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, GREY, 0, 0, 0))
    content += _chunk(b"IDAT", zlib.compress(rows.tobytes(), 6)) + _chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def grey(image: AnyArray) -> AnyArray:
    """A picture of any numbers as bytes: uint8 stay, values within 0 … 1 are taken as shares, others are stretched.

    >>> grey(np.array([[0.0, 0.5, 1.0]])), grey(np.array([[-2.0, 2.0]]))
    (array([[  0, 128, 255]], dtype=uint8), array([[  0, 255]], dtype=uint8))
    """
    if image.dtype == np.uint8:
        return image
    values = image.astype(np.float64)
    low, high = (0.0, 1.0) if values.min() >= 0 and values.max() <= 1 else (float(values.min()), float(values.max()))
    return np.rint(255 * (values - low) / ((high - low) or 1.0)).astype(np.uint8)


def shrunk(image: AnyArray, longest: int) -> AnyArray:
    """A picture (height, width) with sides of at most ``longest`` pixels: means of blocks.

    >>> shrunk(np.arange(16.0).reshape(4, 4), 2)
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """
    for axis in (0, 1):
        by = -(-image.shape[axis] // longest)
        if by > 1:
            starts = np.arange(0, image.shape[axis], by)
            counts = np.diff([*starts, image.shape[axis]]).reshape((-1, 1) if axis == 0 else (1, -1))
            mean = np.add.reduceat(image.astype(np.float64), starts, axis=axis) / counts
            image = np.rint(mean).astype(np.uint8) if image.dtype == np.uint8 else mean
    return image
