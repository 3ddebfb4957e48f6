"""Tensors of an ONNX file as arrays: taken only where kind, shape and data agree; also data in a file beside it."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from pellucid._files.reading import read_file
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError

# What the numbers of onnx.TensorProto.DataType mean: the kind in memory, and the field that holds it where no raw bytes
# do. Half floats stand there as their bits.
KINDS = {
    1: ("<f4", "float_data"), 11: ("<f8", "double_data"), 10: ("<f2", "int32_data"), 6: ("<i4", "int32_data"),
    7: ("<i8", "int64_data"), 9: ("?", "int32_data"), 8: ("O", "string_data"),
}  # fmt: skip
MOST_AXES = 8
FIELDS = ("float_data", "int32_data", "string_data", "int64_data", "double_data", "uint64_data")


class Tensors:
    """What turns the tensors of the ONNX file at ``path`` into arrays; data beside it are looked for in its folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: dict[Path, bytes] = {}
        self.left: dict[Path, int] = {}  # bytes of each that no tensor has taken yet

    def array(self, tensor: Any, what: str) -> AnyArray:
        """A tensor as an array of its own shape; raises InputError that calls it ``what``."""
        if tensor.data_type not in KINDS:
            raise self._refused(what, f"is of kind {_kind_name(tensor)}, which is not read; export it in float32")
        kind, field = KINDS[tensor.data_type]
        shape, dtype = tuple(tensor.dims), np.dtype(kind)
        count = math.prod(shape)  # of Python's integers, which do not wrap around
        if any(size < 1 for size in shape) or len(shape) > MOST_AXES:
            raise self._refused(what, f"has the shape {_short(shape)}, which no layer has")
        held = [name for name in FIELDS if len(getattr(tensor, name))]
        outside = tensor.data_location == tensor.EXTERNAL
        if len(held) + (len(tensor.raw_data) > 0) + outside > 1 or tensor.HasField("segment"):
            raise self._refused(what, "holds its numbers twice, or in parts; export it again")
        if outside and kind != "O":
            return self._bits(self._beside(tensor, what, count * dtype.itemsize), dtype, shape)
        if len(tensor.raw_data) and kind != "O":
            self._compare(what, shape, count * dtype.itemsize, len(tensor.raw_data), "bytes")
            return self._bits(tensor.raw_data, dtype, shape)
        if outside or len(tensor.raw_data) or held not in ([], [field]):
            raise self._refused(what, f"does not hold {_kind_name(tensor)} where its kind says so; export it again")
        values = getattr(tensor, field)
        self._compare(what, shape, count, len(values), "numbers")
        return self._listed(values, dtype, shape, what)

    def _listed(self, values: Any, dtype: np.dtype[Any], shape: tuple[int, ...], what: str) -> AnyArray:
        """Values one by one, as the fields of a tensor hold them."""
        try:
            if dtype.kind == "O":
                made: AnyArray = np.empty(len(values), object)
                made[:] = [text.decode() for text in values]
            elif dtype == np.float16:
                made = np.array(values, np.uint16).view(np.float16)
            else:
                made = np.array(values, dtype)
        except (UnicodeDecodeError, OverflowError):
            raise self._refused(what, "holds what its kind cannot; export it again") from None
        shaped: AnyArray = made.reshape(shape)
        return shaped

    def _bits(self, content: bytes | memoryview, dtype: np.dtype[Any], shape: tuple[int, ...]) -> AnyArray:
        values = np.frombuffer(content, np.uint8) != 0 if dtype.kind == "b" else np.frombuffer(content, dtype)
        return values.reshape(shape)

    def _beside(self, tensor: Any, what: str, size: int) -> memoryview:
        """The bytes of a tensor that stand in another file, which must lie in the graph's folder."""
        about = {entry.key: entry.value for entry in tensor.external_data}
        location = about.get("location", "")
        folder = self.path.parent.resolve()
        try:
            place = (folder / location).resolve()
            inside = bool(location) and not Path(location).is_absolute() and ".." not in Path(location).parts
        except (OSError, ValueError, RuntimeError):  # a loop of links, a NUL
            inside = False
        if not inside or not place.is_relative_to(folder):
            raise self._refused(
                what, f"has its numbers in {location!r}, which is not in the graph's folder; keep the two together"
            )
        if place not in self.files:
            try:
                self.files[place] = read_file(place)
                self.left[place] = len(self.files[place])
            except InputError as error:
                raise self._refused(what, f"has its numbers in another file, and {error}") from None
        offset, length = self._number(about, "offset", 0, what), self._number(about, "length", size, what)
        there = len(self.files[place])
        if length != size or offset + size > there:
            raise self._refused(
                what,
                f"has the shape {_short(tuple(tensor.dims))}, which takes {size} bytes, but names {length} from byte "
                f"{offset} on of the {there} in {location!r}; export it again",
            )
        self.left[place] -= size
        if self.left[place] < 0:  # a small file that is to be much
            raise self._refused(what, f"shares bytes of {location!r} with other tensors; export it again")
        return memoryview(self.files[place])[offset : offset + size]

    def _number(self, about: dict[str, str], key: str, default: int, what: str) -> int:
        text = about.get(key, str(default))
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise self._refused(what, f"says {key}={text[:20]!r} of its numbers in another file; export it again")
        return int(text)

    def _compare(self, what: str, shape: tuple[int, ...], wanted: int, there: int, unit: str) -> None:
        if wanted != there:
            raise self._refused(
                what, f"has the shape {_short(shape)}, which takes {wanted} {unit}, but holds {there}; export it again"
            )

    def _refused(self, what: str, why: str) -> InputError:
        return InputError(f"{self.path}: {what} {why}")


def _kind_name(tensor: Any) -> str:
    names = {number: name for name, number in tensor.DataType.items()}
    return str(names.get(tensor.data_type, tensor.data_type))


def _short(shape: tuple[int, ...]) -> str:
    return str(list(shape[:6]))[:-1] + ("]" if len(shape) <= 6 else ", …]")
