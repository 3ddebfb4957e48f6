"""A hook for who waits while code is compiled: half a minute, once for each version of pellucid, Numba and NumPy.

The command sets ``around``. It stands apart from jit.py so that to set it does not load Numba.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

around: Callable[[], AbstractContextManager[Any]] = nullcontext  # entered before a compilation, left after it
