"""How functions of this room are compiled: plain Python in, an object file out. native.py loads it.

``kernel`` marks a function that others of this room call; ``entry`` one that Python calls.
"""

import importlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numba
import numpy as np
from numba.core import cgutils, config, types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from pellucid.compiled import layout
from pellucid.compiled.native import PRODUCT, Code, Kind, name_products

# No lock on the interpreter while it runs; x/0 is inf as in NumPy; a·b + c may be rounded once instead of twice. There
# is no way in from Python but calls.py, and no memory is asked for: what would do so is an error of the compilation.
OPTIONS: dict[str, Any] = {
    "nogil": True, "error_model": "numpy", "fastmath": {"contract"},
    "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False,
}  # fmt: skip
kernel: Any = numba.njit(**OPTIONS)
# The same for a sum of many numbers, which may be added up in any order.
summing: Any = numba.njit(**{**OPTIONS, "fastmath": {"contract", "reassoc"}})
# What compiled code may call outside itself and be kept: the C library is there in every process.
LIBRARY = {"exp", "log", "log1p", "log10", "pow", "tanh", "sqrt", "memcpy", "memmove", "memset"}

_entries: dict[str, Any] = {}


def entry(function: Callable[..., Any]) -> Any:
    """Mark a function that Python calls by its name: see ``calls.Call``."""
    _entries[function.__name__] = kernel(function)
    return _entries[function.__name__]


@intrinsic
def array_at(_: Any, address: Any, shape: Any, number: Any) -> Any:
    """The array of such numbers at an address, row by row."""
    kind = types.Array(number.dtype, shape.count, "C")

    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        array = context.make_array(kind)(context, builder)
        size = context.get_abi_sizeof(context.get_data_type(kind.dtype))
        sizes, strides = cgutils.unpack_tuple(builder, arguments[1]), [context.get_constant(types.intp, size)]
        for length in sizes[:0:-1]:
            strides.insert(0, builder.mul(strides[0], length))
        data = builder.inttoptr(arguments[0], array.data.type)
        populate_array(array, data=data, shape=sizes, strides=strides, itemsize=strides[-1], meminfo=None)
        return array._getvalue()

    return kind(address, shape, number), generate


def code(name: str, kinds: Kind) -> Code:
    """Compile an entry for arguments of these kinds."""
    importlib.import_module("pellucid.compiled.steps")  # where entries are
    name_products()
    names = {"np": np, "array_at": array_at, "call": _entries[name], **vars(layout)}
    places, before = itertools.count(), config.SLP_VECTORIZE
    arguments = ", ".join(_argument(kind, places) for kind in kinds)
    room = f"({next(places)},)"
    lines = (
        "def called(table):",
        f"    q, d = array_at(table, {room}, np.int64), array_at(table, {room}, np.float64)",
        f"    call({arguments})",
    )
    exec("\n".join(lines), names)
    config.SLP_VECTORIZE = 1  # neighbours share a register: sparse.py
    try:
        called = kernel(names["called"])
        called.compile((types.intp,))
    finally:
        config.SLP_VECTORIZE = before
    result = called.overloads[(types.intp,)]
    library = result.library
    (made, _) = library.serialize_using_object_code()[2]
    outside = {function.name for function in library._final_module.functions if function.is_declaration}
    alone = all(name.removesuffix("f") in LIBRARY or name.startswith(("llvm.", PRODUCT)) for name in outside)
    return Code(result.fndesc.llvm_func_name, made, alone)


def _argument(kind: Kind, places: Iterator[int]) -> str:
    """The expression of an argument, whose numbers begin at the next place of the table."""
    if isinstance(kind, tuple):
        name = "" if kind[0] == "tuple" else kind[0]
        return f"{name}({', '.join(_argument(part, places) for part in kind[1:])})"
    if len(kind) == 1:
        return f"{kind}[{next(places)}]"
    dtype, dimensions = kind.split()
    address, *sizes = [f"q[{next(places)}]" for _ in range(1 + int(dimensions))]
    return f"array_at({address}, ({', '.join(sizes)},), np.{np.dtype(dtype).name})"
