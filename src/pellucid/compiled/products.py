"""Matrix products in compiled code: a call of the function that blas.py found."""

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from pellucid.compiled import blas
from pellucid.compiled.jit import kernel
from pellucid.compiled.native import PRODUCT
from pellucid.core.arrays import Array

ROW_MAJOR, PLAIN, TRANSPOSED = 101, 111, 112  # the CBLAS standard's numbers


def gemm(*_: Any) -> None:
    """cblas_sgemm or cblas_dgemm, with addresses as numbers: by the type of α."""
    raise RuntimeError("only compiled code can call it")


@overload(gemm)
def _gemm(*arguments: Any) -> Any:
    real = arguments[6]
    found = blas.find(str(real))
    assert found is not None
    flag, address = types.int32, types.intp
    size = types.int64 if found.bits == 64 else types.int32
    kind = types.void(flag, flag, flag, size, size, size, real, address, size, address, size, real, address, size)
    call = types.ExternalFunction(f"{PRODUCT}{real}", kind)

    def calling(*arguments: Any) -> None:
        call(*arguments)

    return calling


@kernel
def product(turn_a: bool, turn_b: bool, m: int, n: int, k: int, a: Array, b: Array, add: int, out: Array) -> None:
    """Write A B into out (m, n), or add it where ``add`` is 1; A (m, k) and B (k, n) row by row, or turned: Aᵀ, Bᵀ."""
    gemm(
        np.int32(ROW_MAJOR),
        np.int32(TRANSPOSED if turn_a else PLAIN),
        np.int32(TRANSPOSED if turn_b else PLAIN),
        m, n, k,
        out.dtype.type(1), np.intp(a.ctypes.data), m if turn_a else k, np.intp(b.ctypes.data), k if turn_b else n,
        out.dtype.type(add), np.intp(out.ctypes.data), n,
    )  # fmt: skip
