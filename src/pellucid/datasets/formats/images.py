"""Pictures become rows of pixels: grey and resized, or in MNIST's form, light on dark, ink in a box of 20 × 20.

The steps are those of http://yann.lecun.com/exdb/mnist/, after finding out what of the picture is ink.
"""

from __future__ import annotations

import logging
import os
import re
import tempfile
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import numpy as np

from pellucid._files.reading import StrPath, check_cost, opened, read_file, size_on_disk
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import PictureForm, Pixels

if TYPE_CHECKING:
    from PIL.Image import Image

FIELD, BOX, MIDDLE = 28, 20, 14.0  # the middle is the pixel index at which MNIST's centres of mass lie
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")  # none of them runs another program
WANTED = "a picture: PNG, JPEG, GIF, BMP, TIFF, WebP"
LARGEST = 256  # pixels of the longer side; what is larger is averaged down, which takes the paper's grain away
MOST_STEPS = 10**10  # pixels times scans of a JPEG: some ten seconds
SCAN = b"\xff\xda"  # what a scan of a JPEG begins with; its pixels never hold that
MOST_SIDE = 1 << 16  # pixels; what is longer is no picture, and takes Pillow a step a row
AT_ONCE = 1 << 20  # pixels of more than 8 bits that become grey together
PLAIN, TRANSPARENT = 16, 24  # bytes a pixel takes on its way to grey, at most
SKIPPED = re.compile("Corrupt|Skipping|offset too large")  # what Pillow says of a TIFF that is cut off
CONTRAST = 20.0  # of 255; ink and paper that differ by less are one uniform picture
logging.getLogger("PIL").addHandler(logging.NullHandler())  # what Pillow logs of damage stands in the error


def read_images(
    paths: StrPath | Iterable[StrPath], shape: tuple[int, int] = (FIELD, FIELD), form: PictureForm = "mnist"
) -> Pixels:
    """Read pictures into rows (n, h·w) uint8.

    The form "mnist" is for digits, dark on light or light on dark alike, centred by their mass; a shape other than
    (28, 28) has no such form. There, and in the form "plain", the grey picture is only resized. Raises InputError
    that names the file for what is no picture, is damaged or too large, or, where a digit is wanted, shows no ink.

    >>> read_images(["missing.png"])
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: missing.png: there is no such file; check the spelling and the folder
    """
    several = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    X = np.empty((len(several), shape[0] * shape[1]), np.uint8)
    for row, path in zip(X, several, strict=True):
        row[...] = _read_image(path, shape, form).reshape(-1)
    return X


def _read_image(path: StrPath, shape: tuple[int, int], form: PictureForm) -> Pixels:
    name = os.fspath(path)
    grey = read_grey(path)
    if form == "plain" or shape != (FIELD, FIELD):
        return grey if grey.shape == shape else _resize(grey, *shape)
    return to_mnist(grey, name)


def read_grey(path: StrPath) -> Pixels:
    """Return the first frame of a picture as grey values (h, w); raises InputError as `read_images` does.

    >>> read_grey("missing.png")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: missing.png: there is no such file; check the spelling and the folder
    """
    from PIL import ImageOps

    with opened_picture(path) as image:
        if image.format == "PNG":
            _check_sums(read_file(path))
        if image.format == "JPEG":
            _check_scans(read_file(path), image.width * image.height, os.fspath(path))
        with _stderr_is_silent() if image.format == "TIFF" else nullcontext():
            image.load()
        ImageOps.exif_transpose(image, in_place=True)
        return _to_grey(image)


@contextmanager
def opened_picture(path: StrPath) -> Iterator[Image]:
    """Open a picture, of which only the header is read yet; raises InputError where it cannot be read, now or later.

    >>> with opened_picture("missing.png") as image:
    ...     pass
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: missing.png: there is no such file; check the spelling and the folder
    """
    name = os.fspath(path)
    from PIL import Image, UnidentifiedImageError

    with opened(path, WANTED) as stream, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            with Image.open(stream, formats=FORMATS) as image:
                _check_size(image, name, size_on_disk(stream))
                if image.format == "TIFF" and (lost := next((w for w in said if SKIPPED.search(str(w.message))), None)):
                    raise OSError(str(lost.message))
                yield image
        except InputError:
            raise
        except Image.DecompressionBombError:
            raise InputError(f"{name}: the picture is too large to unpack safely; scale it down first") from None
        except UnidentifiedImageError:
            raise InputError(f"{name}: is no picture that can be read; give {WANTED}") from None
        except MemoryError:
            raise InputError(f"{name}: the picture does not fit into memory; scale it down first") from None
        except Exception as fault:  # each of Pillow's formats has its own faults for damaged files
            raise InputError(f"{name}: the picture is cut off or damaged ({fault}); get or save it again") from None


def _check_size(image: Image, name: str, on_disk: float) -> None:
    """Raise InputError for a picture without pixels, or with too many: of it, only the header is read yet."""
    width, height = image.size
    if 0 in image.size:
        raise InputError(f"{name}: the picture has no pixels; give another")
    if max(image.size) >= MOST_SIDE:
        raise InputError(
            f"{name}: the picture has {width:,} × {height:,} pixels, at most {MOST_SIDE - 1:,} a side are read; "
            "scale it down first"
        )
    check_cost(name, width * height * (TRANSPARENT if image.has_transparency_data else PLAIN), on_disk)


def _check_sums(content: bytes) -> None:
    """Raise OSError where a chunk of a PNG does not fit its checksum, which unpacking does not compare."""
    place, kind = len(b"\x89PNG\r\n\x1a\n"), b""
    while place + 12 <= len(content) and kind != b"IEND":
        kind = content[place + 4 : place + 8]
        end = place + 8 + int.from_bytes(content[place : place + 4])  # of its length, its kind and its data
        if zlib.crc32(content[place + 4 : end]) != int.from_bytes(content[end : end + 4]):
            raise OSError("a checksum does not fit")
        place = end + 4


def _check_scans(content: bytes, pixels: int, name: str) -> None:
    """Raise InputError for a JPEG that goes over its pixels a thousand times: a few bytes each time, and a second."""
    scans = content.count(SCAN)
    if scans * pixels > MOST_STEPS:
        raise InputError(f"{name}: the picture has {scans:,} scans, which takes too long to unpack; save it again")


@contextmanager
def _stderr_is_silent() -> Iterator[None]:
    """Keep what a C library writes to standard error; raises OSError with its first line where there is any.

    libtiff tells of damage there alone, and Pillow returns the half of the picture that it has.
    """
    with tempfile.TemporaryFile() as said:
        try:
            stderr = os.dup(2)
        except OSError:  # it is closed: nobody hears anything
            yield
            return
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
        said.seek(0)
        if line := said.readline(200):
            raise OSError(line.decode("utf-8", "replace").strip())


def _to_grey(image: Image) -> Pixels:
    from PIL import Image as Images

    if image.mode == "F" or image.mode.startswith("I"):
        return _deep_to_grey(np.asarray(image), stretch=image.mode == "F")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Images.alpha_composite(Images.new("RGBA", image.size, "white"), image)
    if image.mode not in ("1", "L", "P", "RGB"):
        image = image.convert("RGB")
    return np.array(image.convert("L"))


def _deep_to_grey(values: AnyArray, *, stretch: bool) -> Pixels:
    """Return numbers (h, w) as bytes: with `stretch` the least is 0 and the largest 255, else they have 16 bits.

    Some rows at a time become floats, which would take eight times the memory of the picture.
    """
    low, high = 0.0, 65535.0 if values.max() > 255 else 255.0  # 16 bits, or 32 that hold 16
    if stretch:
        values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
        low, high = float(values.min()), float(values.max())
    pieces = np.array_split(values, -(-values.size // AT_ONCE))
    return np.concatenate([_stretch(piece.astype(np.float64), low, high) for piece in pieces])


def to_mnist(grey: Pixels, name: str) -> Pixels:
    """Bring one grey picture (h, w) uint8 into MNIST's form (28, 28); one that has it already is not touched.

    Raises InputError where there is no ink.

    >>> picture = np.zeros((60, 40), np.uint8)
    >>> picture[10:50, 18:22] = 255
    >>> digit = to_mnist(picture, "one.png")
    >>> digit.shape, np.flatnonzero(digit.any(axis=1))[[0, -1]].tolist()
    ((28, 28), [4, 23])
    """
    if is_mnist(grey):
        return grey
    if np.median(_border(grey)) > _otsu(grey):  # the paper is light
        grey = 255 - grey
        if is_mnist(grey):
            return grey
    if max(grey.shape) > LARGEST:
        scale = LARGEST / max(grey.shape)
        grey = _resize(grey, *(max(1, round(side * scale)) for side in grey.shape))
    ink = _find_ink(_level(grey), name)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return _centre(_fit(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]))


def _border(grey: Pixels) -> Pixels:
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])


def _otsu(grey: Pixels) -> int:
    """Return the grey value up to which a pixel counts as dark, so that dark and light differ most.

    Source: N. Otsu, A threshold selection method from gray-level histograms, 1979.
    """
    from PIL import Image

    share = np.array(Image.fromarray(grey).histogram()) / grey.size
    below = np.cumsum(share)[:-1]  # w₀(t), the share of the dark
    mean = np.cumsum(share * np.arange(256))  # μ(t)
    # σ²(t) = (μ w₀ − μ(t))² / (w₀ (1 − w₀))
    between = (mean[-1] * below - mean[:-1]) ** 2 / np.maximum(below * (1 - below), 1e-12)
    return int(np.argmax(between))


def is_mnist(grey: Pixels) -> bool:
    """Say whether a light-on-dark picture (h, w) has MNIST's form; all 70,000 of its digits do.

    >>> is_mnist(np.zeros((28, 28), np.uint8))
    False
    """
    if grey.shape != (FIELD, FIELD) or np.median(_border(grey)) > 0 or not grey.any():
        return False
    rows, columns = np.flatnonzero(grey.any(axis=1)), np.flatnonzero(grey.any(axis=0))
    longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    return BOX - 1 <= longer <= BOX and all(abs(c - MIDDLE) < 0.55 for c in _centre_of_mass(grey))


def _level(grey: Pixels) -> Pixels:
    """Subtract the paper, which may lie half in the shadow: a plane through what of the border is paper."""
    h, w = grey.shape
    rows, columns = np.indices((h, w))
    places = np.stack([rows / h, columns / w, np.ones((h, w))], axis=-1)  # (h, w, 3)
    border = np.concatenate([places[0], places[-1], places[:, 0], places[:, -1]])
    values = _border(grey).astype(np.float64)
    rest = np.zeros_like(values)
    for _ in range(3):  # the brightest quarter may be ink that touches the border
        keep = rest <= np.percentile(rest, 75)
        plane = np.linalg.lstsq(border[keep], values[keep], rcond=None)[0]
        rest = np.rint(values - border @ plane)
    return _stretch(grey - places @ plane, 0, 255)


def _find_ink(grey: Pixels, name: str) -> Pixels:
    """Return the ink from 0 to 255, with the paper and its grain at 0."""
    threshold = _otsu(grey)
    light = grey > threshold
    if not light.any() or light.all() or grey[light].mean() - grey[~light].mean() < CONTRAST:
        raise InputError(f"{name}: there is no ink in the picture, it is uniform; give one that shows a digit")
    paper = grey[~light]
    ink = _stretch(grey, min(paper.mean() + 2 * paper.std(), threshold), np.percentile(grey[light], 90))
    padded = np.pad(light, 1)
    h, w = light.shape
    around = sum(padded[i : i + h, j : j + w].astype(np.int64) for i in range(3) for j in range(3))
    kept = light & (around > 1)  # a lonely pixel is dust
    kept = np.pad(kept if kept.any() else light, 1)
    near = np.logical_or.reduce([kept[i : i + h, j : j + w] for i in range(3) for j in range(3)])
    return np.where(near, ink, 0).astype(np.uint8)


def _stretch(values: AnyArray, low: float, high: float) -> Pixels:
    """Return the values with `low` at 0 and `high` at 255."""
    return np.rint(np.clip((values - low) * (255 / max(high - low, 1e-9)), 0, 255)).astype(np.uint8)


def _resize(grey: Pixels, height: int, width: int) -> Pixels:
    from PIL import Image

    return np.array(Image.fromarray(grey).resize((width, height), Image.Resampling.BILINEAR))  # antialiased


def _fit(ink: Pixels) -> Pixels:
    """Return the cut ink with its longer side at 20 pixels and its brightest at 255."""
    h, w = ink.shape
    scale = BOX / max(h, w)
    small = _resize(ink, max(1, round(h * scale)), max(1, round(w * scale)))
    return _stretch(small, 0, small.max())


def _centre_of_mass(grey: Pixels) -> tuple[float, float]:
    total = grey.sum(dtype=np.float64)
    rows, columns = (grey.sum(axis=axis, dtype=np.float64) for axis in (1, 0))
    return float(rows @ np.arange(len(rows)) / total), float(columns @ np.arange(len(columns)) / total)


def _centre(digit: Pixels) -> Pixels:
    """Return the digit on a 28 × 28 field, its centre of mass in the middle, as far as it fits."""
    field = np.zeros((FIELD, FIELD), np.uint8)
    top, left = (
        min(max(round(MIDDLE - mass), 0), FIELD - side)
        for mass, side in zip(_centre_of_mass(digit), digit.shape, strict=True)
    )
    field[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return field
