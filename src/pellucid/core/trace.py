"""A trace: all that one batch makes on its way through a network, in arrays that stand there already.

It is allocated once and overwritten batch after batch. Training, explaining and drawing read the same arrays. Parts of
it, and twins that read or write elsewhere, are cheap: they share memory.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pellucid.core import checks
from pellucid.core.arrays import AnyArray, Array, to_float
from pellucid.core.losses import Loss, write_targets

FEW = 16  # samples that are sooner copied than given a trace of their own


def views(theta: Array, sizes: Sequence[int]) -> list[tuple[Array, Array]]:
    """W and b of each layer as views into a vector laid out as θ.

    W has the shape (outputs, inputs), but its memory is column-major (Fortran order), (inputs, outputs): X Wᵀ and ΔᵀX
    read and write contiguous memory, as NumPy's matrix product likes it best.
    """
    pairs, start = [], 0
    for inputs, outputs in pairwise(sizes):
        end = start + inputs * outputs
        pairs.append((theta[start:end].reshape(inputs, outputs).T, theta[end : end + outputs]))
        start = end + outputs
    return pairs


class Parameterized(Protocol):
    """What a trace asks of a network: its sizes, its θ, and the loss that says how targets are written."""

    sizes: tuple[int, ...]
    loss: Loss

    @property
    def theta(self) -> Array:
        """All parameters in one vector."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of θ and of every array of the trace."""


class Draws(Protocol):
    """Where dropout's masks come from: a NumPy generator, or what stands in for one."""

    def random(self, *, dtype: Any, out: Any) -> Any:
        """Fill ``out`` with numbers in [0, 1)."""


class Trace:
    """All that one batch makes on its way through a network, in arrays allocated once.

    There are n samples; layer l is at [l − 1], but ``a[0]`` is the input and ``a[l]`` layer l's output.

    Attributes:
        a, z, delta: (n, neurons) each; ``delta[l-1]`` is dLoss/dz of layer l.
        dW, db: views into ``grad``, shaped as W (outputs, inputs) and b (outputs,).
        grad: dLoss/dθ, laid out as θ.
        y: (n, outputs), the targets as rows; ``loss`` (n,), each sample's loss.
        weights: (n,), each sample's share in the mean: 1/n unless ``weigh`` said otherwise;
            ``output_weights`` (n, outputs), the same beside each output.
        layer_input: what layer l reads, at [l − 1]: ``a[l-1]`` itself; with dropout, above the first layer,
            ``a[l-1] * mask[l-2]``, where ``mask[l-2]`` is that of layer l − 1.
        workspace: (2, n, neurons) for each layer, to compute in.
        delta_input: (n, inputs), dLoss/da of the input, if asked for with ``input_gradient=True``; else None.

    With ``dropout`` a hidden neuron is left out with that probability, and the others are scaled by 1/(1 − dropout)
    to make up for it (Srivastava et al., JMLR 15, 2014); ``rng`` draws a new mask at every pass forward.

    >>> from pellucid import Network, backward, forward
    >>> net = Network([4, 3, 2], rng=np.random.default_rng(0))
    >>> trace = Trace(net, batch_size=2)
    >>> trace.fill(np.ones((2, 4)), [0, 1])
    >>> forward(net, trace)
    >>> loss = backward(net, trace)
    >>> trace.delta[1].shape, trace.dW[1].shape, trace.db[1].shape
    ((2, 2), (2, 3), (2,))
    """

    def __init__(
        self,
        net: Parameterized,
        batch_size: int,
        *,
        dropout: float = 0.0,
        rng: np.random.Generator | None = None,
        input_gradient: bool = False,
    ) -> None:
        n, dtype = checks.count(batch_size, "batch_size"), net.dtype
        dropout = checks.dropout(dropout, rng)
        self.batch_size, self.dropout = n, dropout
        self.rng: Draws | None = rng
        self._loss, self._sizes = net.loss, net.sizes
        *hidden, outputs = net.sizes[1:]
        self.a = [np.empty((n, size), dtype) for size in net.sizes[:-1]] + [fortran_empty(n, outputs, dtype)]
        self.z = [np.empty((n, size), dtype) for size in hidden] + [fortran_empty(n, outputs, dtype)]
        self.delta = [np.empty((n, size), dtype) for size in hidden] + [fortran_empty(n, outputs, dtype)]
        self.workspace = [np.empty((2, n, size), dtype) for size in hidden] + [fortran_empty(n, outputs, dtype, 2)]
        self.mask = [np.empty((n, size), dtype) for size in hidden] if dropout else []
        self.layer_input = [self.a[0], *([np.empty_like(mask) for mask in self.mask] or self.a[1:-1])]
        self.y = fortran_empty(n, outputs, dtype)
        self.loss = np.empty(n, dtype)
        self.ones = np.ones(n, dtype)
        self.delta_input = np.empty((n, net.sizes[0]), dtype) if input_gradient else None
        self.grad = np.zeros_like(net.theta)
        self._weigh_equally()
        self.dW, self.db = map(list, zip(*views(self.grad, net.sizes), strict=True))

    def fill(self, X: npt.ArrayLike, y: npt.ArrayLike | None = None) -> None:
        """Put one batch in: X (n, features), and y as the loss wants it, (n,) labels or (n, outputs) values.

        Raises:
            InputError: X or y has another shape, or a label that the network has no output for.
        """
        inputs = checks.inputs(X, self.a[0].shape[1], rows=self.batch_size)
        to_float(inputs, out=self.a[0])
        if y is not None:
            targets = checks.targets(self._loss, y, self.batch_size, self.y.shape[1], self.y.dtype)
            write_targets(self._loss, targets, out=self.y)

    def weigh(self, weights: AnyArray, of: float | None = None) -> float:
        """Let the batch's loss be Σ w L / Σ w with these weights w (n,) of its samples; where all are 0 it is 0.

        A weight of 2 counts as the sample twice, 0 as if it were not there. Returns Σ w. Where the samples are a part
        of more, ``of`` is the Σ w of all of them, and the loss their share in it.
        """
        total = float(weights.sum(dtype=np.float64))
        np.divide(weights, (total if of is None else of) or 1.0, out=self.weights, casting="same_kind")
        self.output_weights[...] = self.weights[:, np.newaxis]
        return total

    def __setstate__(self, state: dict[str, Any]) -> None:
        # in a copy, dW and db must be parts of its own grad again, and what layers read its own a
        self.__dict__.update(state)
        self.dW, self.db = map(list, zip(*views(self.grad, self._sizes), strict=True))
        self.layer_input = [self.a[0], *(self.layer_input[1:] if self.mask else self.a[1:-1])]

    def rows(self, start: int, stop: int, *, part: bool = False) -> "Trace":
        """The same trace cut to some of its rows: views, with ``grad`` shared.

        They are a batch of their own, with equal weights; or a ``part`` of this one, whose gradient is the sum of its
        parts'.
        """
        checks.rows(start, stop, self.batch_size)
        cut, n = self._twin(), stop - start
        cut.batch_size = n
        for name in ("a", "z", "delta", "mask"):
            setattr(cut, name, [array[start:stop] for array in getattr(self, name)])
        cut.workspace = [array[:, start:stop] for array in self.workspace]
        cut.layer_input = [
            cut.a[0],
            *([layer_input[start:stop] for layer_input in self.layer_input[1:]] if self.mask else cut.a[1:-1]),
        ]
        cut.y, cut.loss, cut.ones = self.y[start:stop], self.loss[start:stop], self.ones[start:stop]
        if not part:
            cut._weigh_equally()
        else:
            cut.weights, cut.output_weights = self.weights[start:stop], self.output_weights[start:stop]
        cut.delta_input = None if self.delta_input is None else self.delta_input[start:stop]
        return cut

    def with_gradient(self, grad: Array) -> "Trace":
        """The same trace, but its gradients stand in ``grad`` (parameters,)."""
        twin = self._twin()
        twin.grad = grad
        twin.dW, twin.db = map(list, zip(*views(twin.grad, self._sizes), strict=True))
        return twin

    def with_input(self, x: AnyArray) -> "Trace":
        """The same trace, cut to x's rows, with inputs x (n, features): where they stand, or else copied."""
        batch = self.head(len(x))
        if x.dtype != batch.a[0].dtype or not x.flags.c_contiguous or len(x) < FEW:
            to_float(x, out=batch.a[0])
            return batch
        twin = batch._twin()
        twin.a, twin.layer_input = [x, *batch.a[1:]], [x, *batch.layer_input[1:]]
        return twin

    def with_outputs(self, z: Array, a: Array, y: Array) -> "Trace":
        """The same trace, but the output layer's z and a, and the targets (n, outputs), stand in these arrays."""
        twin = self._twin()
        twin.z, twin.a, twin.y = [*self.z[:-1], z], [*self.a[:-1], a], y
        return twin

    def _weigh_equally(self) -> None:
        self.weights = np.full(self.batch_size, 1 / self.batch_size, self.grad.dtype)
        self.output_weights = fortran_empty(self.batch_size, self._sizes[-1], self.grad.dtype)
        self.output_weights[...] = 1 / self.batch_size

    def _twin(self) -> "Trace":
        twin = object.__new__(Trace)
        twin.__dict__.update(self.__dict__)
        return twin

    def head(self, n: int) -> "Trace":
        """The same trace cut to its first n rows, for a short last batch."""
        return self if n == self.batch_size else self.rows(0, n)


def fortran_empty(n: int, size: int, dtype: np.dtype[Any], *planes: int) -> Array:
    """An empty (n, size) array whose memory is column-major (Fortran order): it runs the other way, (size, n).

    The output layer is laid out so. Over its few neurons the softmax and the loss take maxima and sums, sample by
    sample: NumPy does that for all samples at once where they lie side by side, and one by one where they do not.
    """
    return np.empty((*planes, size, n), dtype).swapaxes(-1, -2)
