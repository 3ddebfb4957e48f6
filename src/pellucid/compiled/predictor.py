"""A forward pass that stands ready: for services, which predict again and again, and for many rows at once."""

from functools import partial

import numpy as np
import numpy.typing as npt

from pellucid.compiled.calls import Call
from pellucid.compiled.memory import Memory
from pellucid.core import checks, threads
from pellucid.core.arrays import AnyArray, Array, to_float
from pellucid.core.network import Network

AT_ONCE = 256  # samples that go through the network together


class CompiledPredictor:
    """The outputs of a network, (n, outputs), for inputs X (n, features); see ``Network.predictor``."""

    def __init__(self, net: Network, batch_size: int) -> None:
        self._net = net
        self._rows = min(batch_size, AT_ONCE)
        cores = len(threads.parts(batch_size, threads.cores()))
        X, out = np.zeros((1, net.sizes[0]), net.dtype), np.zeros((1, net.sizes[-1]), net.dtype)
        self._calls = [
            Call("predict", Memory(net, self._rows, grad=net.theta[:0]).net).ready(X, self._rows, out)
            for _ in range(cores)
        ]
        self._side_by_side = threads.Team()

    def __call__(self, X: npt.ArrayLike) -> Array:
        net = self._net
        inputs = checks.inputs(X, net.sizes[0])
        if inputs.dtype != net.dtype or not inputs.flags.c_contiguous:
            inputs = _as_floats(inputs, net.dtype)
        out = np.empty((len(inputs), net.sizes[-1]), net.dtype)
        parts = threads.parts(len(inputs), len(self._calls))
        if len(parts) == 1:  # with as many threads of the BLAS as there are: nothing else is under way
            self._calls[0](inputs, self._rows, out)
        else:
            with threads.limited(1):
                self._side_by_side(
                    [partial(call, inputs[part], self._rows, out[part])
                     for call, part in zip(self._calls, parts, strict=True)]
                )  # fmt: skip
        return out


def _as_floats(X: AnyArray, dtype: npt.DTypeLike) -> Array:
    floats = np.empty(X.shape, dtype)
    to_float(X, out=floats)
    return floats
