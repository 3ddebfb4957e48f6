"""Compiled functions, called from Python. Their code is taken from the user's cache folder; only where none is there,
Numba is loaded to make it.

To load Numba takes ten times as long as to load such code. So what Python calls is a bare function of the machine: it
gets the address of a table, 8 bytes for each number, and for an array its address and its shape. jit.py compiles it
from the same ``kind`` of arguments.
"""

import ctypes
import functools
import hashlib
import os
import struct
import sys
import threading
from importlib import metadata
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from pellucid.compiled import blas, waiting
from pellucid.compiled.kept import folder, room
from pellucid.compiled.native import Code, Kind, linked

DONE = (0, -2)  # what a function of Numba's returns that raised nothing, with a result and without
_COMPILING = threading.Lock()
_ready: dict[tuple[str, Kind], Any] = {}


class Call:
    """A compiled function with its first arguments: called with the others, it writes into some of them."""

    def __init__(self, name: str, *first: Any) -> None:
        self._name, self._first = name, first  # kept: the table has their addresses
        self._kind = kind(first)
        self._table = _packed(self._kind, first)
        self._function: Any = None
        self._kinds: list[Kind] = []  # of the other arguments
        self._form = struct.Struct("")

    @property
    def is_ready(self) -> bool:
        """Whether it can be called without loading or compiling anything."""
        return self._function is not None

    def ready(self, *others: Any) -> "Call":
        """Load the function for these arguments, and others of their kinds, or compile it."""
        self._kinds = [kind(other) for other in others]
        self._form = struct.Struct(_form(("tuple", *self._kinds)))
        self._function = _function(self._name, (*self._kind[1:], *self._kinds))  # the last: from here on it is ready
        return self

    def __call__(self, *others: Any) -> None:
        if not self.is_ready:
            self.ready(*others)
        numbers: list[Any] = []
        for expected, other in zip(self._kinds, others, strict=True):
            _add(expected, other, numbers)
        status = self._function(_result, _error, self._table + self._form.pack(*numbers))
        if status not in DONE:
            raise RuntimeError(f"the compiled function {self._name!r} ended with status {status}")


_result, _error = ctypes.byref(ctypes.c_void_p()), ctypes.byref(ctypes.c_void_p())  # written by none: there are none


def kind(value: Any) -> Kind:
    """What compiled code depends on in an argument.

    >>> kind((np.zeros((2, 3)), 4, 0.5))
    ('tuple', '<f8 2', 'q', 'd')
    """
    if isinstance(value, np.ndarray):
        return f"{value.dtype.str} {value.ndim}"
    if isinstance(value, tuple):
        return (type(value).__name__, *map(kind, value))
    return "q" if isinstance(value, int | np.integer) else "d"


def _form(of: Kind) -> str:
    """The form of an argument in the table, as ``struct`` writes it: q of a whole number, d of another."""
    if isinstance(of, tuple):
        return "".join(map(_form, of[1:]))
    return of if len(of) == 1 else "q" * (1 + _parsed(of)[1])


@functools.cache
def _parsed(of: str) -> tuple[np.dtype[Any], int]:
    """The type and the dimensions of an array."""
    dtype, dimensions = of.split()
    return np.dtype(dtype), int(dimensions)


def _add(of: Kind, value: Any, numbers: list[Any]) -> None:
    """Add the numbers of an argument, which must be of that kind: other code would read beside the array."""
    if isinstance(of, tuple):
        for part, each in zip(of[1:], value, strict=True):
            _add(part, each, numbers)
    elif len(of) == 1:
        numbers.append(value)
    else:
        dtype, dimensions = _parsed(of)
        if value.dtype != dtype or value.ndim != dimensions or not value.flags.c_contiguous:
            raise TypeError(f"compiled code for {of!r} got {kind(value)!r}")
        numbers.append(value.__array_interface__["data"][0])
        numbers.extend(value.shape)


def _packed(of: Kind, value: Any) -> bytes:
    numbers: list[Any] = []
    _add(of, value, numbers)
    return struct.pack(_form(of), *numbers)


def _function(name: str, kinds: Kind) -> Any:
    """The function for arguments of these kinds: at hand, kept on the disk, or compiled now."""
    with _COMPILING:
        if (name, kinds) not in _ready:
            _ready[name, kinds] = _kept(name, kinds) or linked(_compiled(name, kinds))
    return _ready[name, kinds]


def _compiled(name: str, kinds: Kind) -> Code:
    """Compile a function, and keep its code where there is a place for it."""
    from pellucid.compiled import jit

    with waiting.around():
        code = jit.code(name, kinds)
    if code.alone:
        _keep(name, kinds, code)
    return code


def _kept(name: str, kinds: Kind) -> Any:
    """The function from the code that was kept of it, or None."""
    try:
        file = _file(name, kinds)
        content = file.read_bytes()
        digest, rest = content[:32], content[32:]
        if _digest(file, rest) != digest:
            return None
        name_in_it, _, text = rest.partition(b"\n")
        return linked(Code(name_in_it.decode(), text, alone=True))
    except Exception:  # without kept code it takes longer to start, and no more
        return None


def _keep(name: str, kinds: Kind, code: Code) -> None:
    """Keep the code of a function, where there is a place for it."""
    content = code.name.encode() + b"\n" + code.text
    try:
        file = _file(name, kinds)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = file.with_name(f"{file.name}.{os.getpid()}")
        try:
            beside.write_bytes(_digest(file, content) + content)
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)
    except Exception:
        pass


def _digest(file: Path, content: bytes) -> bytes:
    """What shows that a file is whole, and under the name that it was given: LLVM would crash on another."""
    return hashlib.sha256(file.name.encode() + content).digest()


def _file(name: str, kinds: Kind) -> Path:
    features = sorted(llvm.get_host_cpu_features().items())
    settings = [os.environ.get(f"NUMBA_{name}") for name in ("CPU_NAME", "CPU_FEATURES", "OPT")]
    product = blas.find("float64")
    about = (
        kinds, llvm.get_host_cpu_name(), features, settings, product and product.bits, metadata.version("numba"),
        np.__version__, sys.version, room(),
    )  # fmt: skip
    return folder() / f"{name}-{hashlib.sha256(repr(about).encode()).hexdigest()[:24]}"
