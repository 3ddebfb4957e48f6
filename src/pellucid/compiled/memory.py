"""The memory of a pass in one block, and where in it everything lies: what the compiled loops get of a network."""

import numpy as np

from pellucid.compiled import kinds
from pellucid.compiled.layout import DELTA, INPUTS, MASK, NEURONS, A, Net, X, Z
from pellucid.core.arrays import Array
from pellucid.core.network import Network
from pellucid.core.trace import Trace


class Memory:
    """Room for ``rows`` samples on their way through a network; ``net`` is what the compiled functions take."""

    def __init__(self, net: Network, rows: int, *, dropout: float = 0.0, grad: Array | None = None) -> None:
        self.rows, self._at = rows, 0
        layers, start, reads = [], 0, self._room(net.sizes[0])
        for l, layer in enumerate(net.layers, start=1):
            neurons, inputs = layer.W.shape
            drops = bool(dropout) and l < len(net.layers)
            z, a, delta = (self._room(neurons) for _ in range(3))
            mask, following = (self._room(neurons), self._room(neurons)) if drops else (a, a)
            bias, kind = start + inputs * neurons, kinds.ACTIVATIONS.index(layer.activation.name)
            layers.append([inputs, neurons, start, bias, reads, z, a, delta, mask, following, kind])
            start, reads = bias + neurons, following
        y, shares = self._room(net.sizes[-1]), self._room(1)
        settings = [getattr(layer.activation, "slope", 0.0) for layer in net.layers]
        self.net = Net(
            theta=net.theta,
            grad=np.zeros_like(net.theta) if grad is None else grad,
            memory=np.zeros(self._at, net.dtype),
            layers=np.array(layers, np.int64),
            settings=np.array(settings, net.dtype),
            y=y,
            shares=shares,
            dropout=float(dropout),
        )

    def _room(self, numbers: int) -> int:
        """Where ``rows`` times so many numbers begin; each array on a cache line of its own."""
        start = self._at
        self._at += -(-self.rows * numbers // 16) * 16
        return start

    def trace(self, net: Network, rows: int) -> Trace:
        """The first ``rows`` samples of the memory as a trace: to look at, to explain, to compare."""
        trace = Trace(net, rows, dropout=self.net.dropout, rng=np.random.default_rng() if self.net.dropout else None)
        layers = self.net.layers.tolist()

        def array(start: int, neurons: int) -> Array:
            return self.net.memory[start : start + rows * neurons].reshape(rows, neurons)

        trace.a = [array(layers[0][X], layers[0][INPUTS]), *(array(at[A], at[NEURONS]) for at in layers)]
        trace.z = [array(at[Z], at[NEURONS]) for at in layers]
        trace.delta = [array(at[DELTA], at[NEURONS]) for at in layers]
        trace.mask = [array(at[MASK], at[NEURONS]) for at in layers[:-1]] if self.net.dropout else []
        trace.layer_input = [array(at[X], at[INPUTS]) for at in layers]
        trace.y = array(self.net.y, layers[-1][NEURONS])
        trace.weights = self.net.memory[self.net.shares : self.net.shares + rows]
        trace.grad = self.net.grad
        trace.__setstate__({})
        return trace
