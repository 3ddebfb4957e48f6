"""Machine code: LLVM, which Numba brings, loads an object file ten times as fast as Numba itself is loaded."""

import contextlib
import ctypes
import functools
from typing import Any, NamedTuple

import llvmlite.binding as llvm

from pellucid.compiled import blas

Kind = str | tuple["Kind", ...]  # of a number "q" or "d", of an array "<f4 2", of a named tuple its name and its parts
PRODUCT = "pellucid_gemm_"  # the name of the matrix product in compiled code, less its type
_loaded: list[Any] = []  # an engine of LLVM's for each function; the code lives as long


class Code(NamedTuple):
    """A compiled function."""

    name: str
    text: bytes  # an object file that it is in
    alone: bool  # whether it calls nothing that only Numba brings: in a process without it there would be a hole


def linked(code: Code) -> Any:
    """The function, to be called."""
    name_products()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code.text))
    engine.finalize_object()
    _loaded.append(engine)
    address = engine.get_function_address(code.name)
    if not address:
        raise ValueError(f"there is no {code.name} in it")
    return ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)(address)


@functools.cache
def name_products() -> None:
    """Tell LLVM where the matrix products are that compiled code calls."""
    with contextlib.suppress(RuntimeError):  # later versions do it by themselves, and refuse
        llvm.initialize()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for dtype in ("float32", "float64"):
        if found := blas.find(dtype):
            llvm.add_symbol(PRODUCT + dtype, found.address)
