"""A folder of pictures, in one sub-folder a class, becomes rows of pixels and the names of their classes."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pellucid._files.reading import SMALL, StrPath, as_size, check_cost, most_memory
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Indices, PictureForm, RawArrays, pixel_names
from pellucid.datasets.formats.array_checks import check_target, cost_of
from pellucid.datasets.formats.format import Format
from pellucid.datasets.formats.images import FIELD, is_mnist, opened_picture, read_grey, read_images
from pellucid.datasets.formats.opening import File

LONGEST = 64  # pixels of the longer side that all pictures are brought to, at most
LOOKED_AT = 500  # pictures that say whether all are digits in MNIST's form
LITTER = ("thumbs.db", "desktop.ini")  # what systems leave in folders; what begins with a dot is left out as well
LAYOUT = "put the pictures into one sub-folder a class, as in {name}/cat/1.png and {name}/dog/1.png"


def read_folder(path: StrPath, shape: tuple[int, int] | None = None, form: PictureForm | None = None) -> RawArrays:
    """Read the pictures in the sub-folders of a folder: X (n, h·w) uint8, y (n,) the sub-folder of each.

    Pictures of 28 × 28 that all look like MNIST's keep that form ("mnist"), and so do pictures read later. All others
    ("plain") are made grey, and resized to their median size, or, where that is longer than 64 pixels, to that many.
    A model's own `shape` and `form` are given to read pictures as it knows them. Raises InputError that names the
    folder or the picture, and what to do.

    >>> read_folder("missing")
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: missing: there is no such folder; check the spelling
    """
    name = os.fspath(path)
    files, labels = _files(name)
    sizes = np.array([_size(file) for file in files])  # (n, 2)
    on_disk = sum(Path(file).stat().st_size for file in files)
    _check_pixels(name, float(sizes.prod(axis=1, dtype=np.float64).sum()), on_disk)
    if shape is None or form is None:
        shape, form = _find_form(files, sizes)
    d = shape[0] * shape[1]
    check_cost(name, cost_of((len(files), d), np.dtype(np.uint8)), on_disk)
    X = read_images(files, shape, form)
    return RawArrays(name, X, _as_labels(labels), pixel_names(d), shape, form="folder", picture_form=form)


def _files(name: str) -> tuple[list[str], list[str]]:
    """Return the path of each picture and the name of its class, in the order of names."""
    folders, strays = _inside(name)
    if not folders:
        if strays:
            raise InputError(f"{name}: has no sub-folders, only files such as {strays[0]}; {LAYOUT.format(name=name)}")
        raise InputError(f"{name}: is an empty folder; {LAYOUT.format(name=name)}")
    if strays:
        raise InputError(
            f"{_path(name, strays[0])}: lies beside the sub-folders and so in no class; move it into one, or remove it"
        )
    files, labels = [], []
    for folder in folders:
        deeper, inside = _inside(_path(name, folder))
        if deeper:
            place = _path(name, folder)
            raise InputError(
                f"{place}: has folders inside, such as {deeper[0]}, where the pictures of one class belong; name "
                f"{place} itself if they are classes, else put all pictures into {place}"
            )
        if not inside:
            raise InputError(f"{_path(name, folder)}: holds no picture; put some there, or remove the folder")
        files += [_path(name, folder, file) for file in inside]
        labels += [_class_name(folder)] * len(inside)
    return files, labels


def _class_name(folder: str) -> str:
    """The folder's name as text, the same in every locale; bytes that are none stay visible."""
    return os.fsencode(folder).decode(errors="backslashreplace")


def _path(*parts: str) -> str:
    return str(Path(*parts))


def _inside(name: str) -> tuple[list[str], list[str]]:
    """Return the folders and the files in a folder by name, without what systems leave there."""
    try:
        with os.scandir(name) as entries:
            found = [entry for entry in entries if not entry.name.startswith((".", "__MACOSX"))]
    except (FileNotFoundError, ValueError):
        raise InputError(f"{name}: there is no such folder; check the spelling") from None
    except OSError as fault:
        raise InputError(f"{name}: cannot be read ({fault.strerror}); check its permissions") from None
    folders = sorted(entry.name for entry in found if entry.is_dir())
    return folders, sorted(e.name for e in found if not e.is_dir() and e.name.lower() not in LITTER)


def _check_pixels(name: str, pixels: float, on_disk: int) -> None:
    """Raise InputError for small files that have so many pixels together that to unpack them all takes minutes."""
    if on_disk < SMALL and pixels > (most := most_memory(on_disk)) / 2:
        more = math.ceil(max(most, 2 * pixels) / 1e9)
        raise InputError(
            f"{name}: its pictures have {as_size(on_disk)} and unpack to {pixels / 1e6:,.0f} million pixels; "
            f"scale them down first, or, if you trust them, allow more: max_memory='{more}GB'"
        )


def _find_form(files: Sequence[str], sizes: Indices) -> tuple[tuple[int, int], PictureForm]:
    """Return the one size of all pictures, of which (n, 2) are given, and whether they have MNIST's form."""
    if (sizes == FIELD).all():
        some = [files[k] for k in np.linspace(0, len(files) - 1, min(len(files), LOOKED_AT)).astype(int)]
        if all(is_mnist(read_grey(file)) for file in some):
            return (FIELD, FIELD), "mnist"
    height, width = np.median(sizes, axis=0)
    scale = min(1.0, LONGEST / max(height, width))
    return (max(1, round(height * scale)), max(1, round(width * scale))), "plain"


def _size(file: str) -> tuple[int, int]:
    """Return the height and width of a picture as it is seen, of which only the header is read."""
    from PIL.Image import Image

    with opened_picture(file) as image:
        width, height = image.size
        turned = Image.getexif(image).get(0x0112, 1) >= 5  # a PNG's own getexif would unpack it
        return (width, height) if turned else (height, width)


def _as_labels(labels: Sequence[str]) -> AnyArray:
    """Return the names of classes (n,), as integers where each is written as one: 9 comes before 10.

    >>> _as_labels(["9", "10"]), _as_labels(["07", "8"])
    (array([ 9, 10]), array(['07', '8'], dtype=object))
    """
    if all(label.isascii() and label.isdigit() and len(label) < 18 and str(int(label)) == label for label in labels):
        return np.array([int(label) for label in labels], np.int64)
    return np.array(labels, object)


def _read(file: File, target: str | None, _target_needed: bool) -> RawArrays:
    check_target(target, None, f"{file.name}: the target of a folder of pictures is the sub-folder of each")
    return read_folder(file.name)


FORMAT = Format("folder", "a folder of pictures", fits=lambda file: file.is_folder, arrays=_read)
