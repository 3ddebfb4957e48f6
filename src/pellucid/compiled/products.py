"""Matrix products in compiled code: a call of the function that blas.py found."""

from typing import Any

import numpy as np
from numba import types
from numba.experimental import function_type  # noqa: F401  (lets a function be an argument)

from pellucid.compiled.blas import Gemm
from pellucid.compiled.jit import kernel
from pellucid.core.arrays import Array

ROW_MAJOR, PLAIN, TRANSPOSED = 101, 111, 112  # the CBLAS standard's numbers


class Blas(types.WrapperAddressProtocol):
    """The address of a matrix product, in the form in which Numba takes a function as an argument."""

    def __init__(self, found: Gemm, dtype: str) -> None:
        self.found, self.dtype = found, dtype

    def __wrapper_address__(self) -> int:
        return self.found.address

    def signature(self) -> Any:
        """Of cblas_sgemm and cblas_dgemm, with addresses as numbers."""
        flag, address = types.int32, types.intp
        real = types.float32 if self.dtype == "float32" else types.float64
        size = types.int64 if self.found.bits == 64 else types.int32
        return types.void(flag, flag, flag, size, size, size, real, address, size, address, size, real, address, size)


@kernel
def product(
    blas: Any, turn_a: bool, turn_b: bool, m: int, n: int, k: int, a: Array, b: Array, add: int, out: Array
) -> None:
    """Write A B into out (m, n), or add it where ``add`` is 1; A (m, k) and B (k, n) row by row, or turned: Aᵀ, Bᵀ."""
    blas(
        np.int32(ROW_MAJOR),
        np.int32(TRANSPOSED if turn_a else PLAIN),
        np.int32(TRANSPOSED if turn_b else PLAIN),
        m, n, k,
        out.dtype.type(1), np.intp(a.ctypes.data), m if turn_a else k, np.intp(b.ctypes.data), k if turn_b else n,
        out.dtype.type(add), np.intp(out.ctypes.data), n,
    )  # fmt: skip
