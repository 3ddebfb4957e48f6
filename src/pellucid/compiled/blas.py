"""The matrix product of the BLAS that NumPy calls, looked up by its name: numba is not loaded for it.

Numba's own ``np.dot`` goes through SciPy's BLAS, another library of another version, which took up to a quarter longer
on small matrices (docs/performance.md). NumPy's is in this process already, with its threads, and gives the same bits.
"""

import ctypes
import functools
from typing import NamedTuple

from threadpoolctl import threadpool_info

# The names that builds give it, and the bits of their whole numbers: those of NumPy's wheels, then the standard's.
NAMES = {"scipy_cblas_{}gemm64_": 64, "cblas_{}gemm64_": 64, "scipy_cblas_{}gemm": 32, "cblas_{}gemm": 32}


class Gemm(NamedTuple):
    """Where ``cblas_sgemm`` or ``cblas_dgemm`` is, and the bits of the whole numbers that it takes."""

    address: int
    bits: int


@functools.cache
def find(dtype: str) -> Gemm | None:
    """The product for "float32" or "float64"; None where the library that NumPy uses is not known."""
    letter = "s" if dtype == "float32" else "d"
    for library in threadpool_info():
        path = library["filepath"]
        if library["user_api"] == "blas" and "scipy.libs" not in path.replace("\\", "/").split("/"):
            loaded = ctypes.CDLL(path)
            for name, bits in NAMES.items():
                function = getattr(loaded, name.format(letter), None)
                if function is not None:
                    return Gemm(ctypes.cast(function, ctypes.c_void_p).value or 0, bits)
    return None
