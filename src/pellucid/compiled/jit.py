"""How functions of this room are compiled: plain Python in, machine code out, kept on disk for the next process.

``kernel`` marks a function that others of this room call; ``Entry`` one that Python calls. Numba keeps compiled code
beside the sources, and looks at one file alone to know whether it is still right. Here the key is the text of the whole
room, the place is the user's own cache folder, and whatever is wrong with a file there costs a new compilation.
"""

import hashlib
import os
import pickle
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core import config
from numba.core.compiler import CompileResult
from numba.core.registry import cpu_target
from numba.core.runtime.nrt import rtsys
from numba.core.serialize import dumps

from pellucid.compiled import waiting
from pellucid.compiled.kept import folder, room

# No lock on the interpreter while it runs; x/0 is inf as in NumPy; a·b + c may be rounded once instead of twice.
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
# What only compiled functions call needs no way in from Python: a third less to compile.
INNER = {**OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
kernel: Any = numba.njit(**INNER)
# The same for a sum of many numbers, which may be added up in any order.
summing: Any = numba.njit(**{**INNER, "fastmath": {"contract", "reassoc"}})
_COMPILING = threading.Lock()


class Entry:
    """A function that Python calls; ``ready`` compiles it for the types of its arguments, or finds it kept."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function, self._name = numba.njit(**OPTIONS)(function), function.__name__
        self._ready: dict[Any, Callable[..., Any]] = {}

    def ready(self, *arguments: Any) -> Callable[..., Any]:
        """What to call with these arguments, and with others of the same types."""
        types = tuple(numba.typeof(argument) for argument in arguments)
        with _COMPILING:
            if types not in self._ready:
                self._ready[types] = _load(self._name, types) or self._compile(types)
        return self._ready[types]

    def __call__(self, *arguments: Any) -> Any:
        return self.ready(*arguments)(*arguments)

    def _compile(self, types: Any) -> Callable[..., Any]:
        before, config.SLP_VECTORIZE = config.SLP_VECTORIZE, 1  # neighbours share a register: sparse.py
        try:
            with waiting.around():
                call: Callable[..., Any] = self._function.compile(types)
        finally:
            config.SLP_VECTORIZE = before
        _save(self._name, types, self._function.overloads[types])
        return call


def _load(name: str, types: Any) -> Callable[..., Any] | None:
    """The kept code of a function for these types, or None.

    Numba's dispatcher would load all that it needs to compile, half a second, also where nothing is to be compiled.
    """
    try:
        content = _file(name, types).read_bytes()
        digest, code = content[:32], content[32:]
        if hashlib.sha256(code).digest() != digest:
            return None
        rtsys.initialize(cpu_target.target_context)
        call: Callable[..., Any] = CompileResult._rebuild(cpu_target.target_context, *pickle.loads(code)).entry_point
    except Exception:  # without kept code it takes longer to start, and no more
        return None
    return call


def _save(name: str, types: Any, result: Any) -> None:
    """Keep the code of a function for these types, where there is a place for it."""
    try:
        code = dumps(result._reduce())
        file = _file(name, types)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = file.with_name(f"{file.name}.{os.getpid()}")
        try:
            beside.write_bytes(hashlib.sha256(code).digest() + code)
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)
    except Exception:
        pass


def _file(name: str, types: Any) -> Path:
    machine = cpu_target.target_context.codegen().magic_tuple()
    about = (types, machine, numba.__version__, np.__version__, sys.version, room())
    return folder() / f"{name}-{hashlib.sha256(repr(about).encode()).hexdigest()[:24]}"
