"""Some batches in turn through one trace; their losses and hits are counted together.

Counting costs NumPy almost as much for one batch as for ten. So the outputs of up to sixteen batches are kept: each
batch has the same inputs, hidden layers and gradients in its trace, overwritten in turn, but outputs of its own.
"""

import functools
from collections.abc import Iterator, Sequence

import numpy as np

from pellucid.core import threads
from pellucid.core.arrays import AnyArray, Array, to_float
from pellucid.core.batches import Data, gather, kinds, weight
from pellucid.core.losses import write_targets
from pellucid.core.metrics import count_right
from pellucid.core.network import Network, forward, gradient
from pellucid.core.trace import Draws, Trace, fortran_empty

MOST_BATCHES = 16
MOST_SAMPLES = 4096


class Group:
    """A trace for the batches of an epoch, buffers to gather their rows in, and the outputs of the latest of them.

    ``samples`` is how many samples one group of batches has at most. ``draws`` stand in for ``rng`` where masks are
    drawn for more than what passes here; ``grad`` (parameters,) is where the gradients go, if not into a vector of
    their own.
    """

    def __init__(
        self,
        net: Network,
        data: Data,
        batch_size: int,
        *,
        dropout: float,
        rng: np.random.Generator,
        cores: int,
        draws: Draws | None = None,
        grad: Array | None = None,
    ) -> None:
        samples, features, dtype, target_shape, target_dtype = kinds(data)
        n = batch_size * max(1, min(MOST_BATCHES, MOST_SAMPLES // batch_size, -(-samples // batch_size)))
        self.net, self.samples, self.batch_size = net, n, batch_size
        self.trace = Trace(net, batch_size, dropout=dropout, rng=rng)
        self.trace.rng = draws or rng
        self.trace = self.trace if grad is None else self.trace.with_gradient(grad)
        alone = n == batch_size  # the one batch has the trace's own outputs
        last, shape = self.trace, (batch_size, net.sizes[-1], net.dtype)
        # outputs of all batches, (batches, n, outputs) each, and losses (batches, n)
        self.z = last.z[-1][np.newaxis] if alone else fortran_empty(*shape, n // batch_size)
        self.a = last.a[-1][np.newaxis] if alone else fortran_empty(*shape, n // batch_size)
        self.y = last.y[np.newaxis] if alone else fortran_empty(*shape, n // batch_size)
        self._workspace = last.workspace[-1][:, np.newaxis] if alone else fortran_empty(*shape, 2, n // batch_size)
        self._loss = last.loss[np.newaxis] if alone else np.empty((n // batch_size, batch_size), net.dtype)
        self._whole = [self._batch(number, batch_size) for number in range(n // batch_size)]
        self.batches = self._whole
        whole_epoch = samples == batch_size and isinstance(data, tuple)  # is taken as it is, without gathering
        self._pixels = None if dtype == net.dtype or whole_epoch else np.empty((batch_size, features), dtype)
        self._targets = np.empty((n, *target_shape), target_dtype)
        self._equal = self.trace.weights.copy()  # each sample's share in the mean loss of its batch
        self._counted = 0
        self._weights = data[2] if isinstance(data, tuple) and len(data) > 2 else None  # of the arrays under way
        self.sums = [float(batch_size)] * (n // batch_size)  # of the weights of each batch
        # those of the samples of each batch (batches, n), where there are any
        self._batch_weights = None if weight(data) is None else np.zeros((n // batch_size, batch_size))
        cuts = threads.parts(batch_size, 1 if dropout else cores)
        cut = [self.trace.rows(part.start, part.stop, part=True) for part in cuts]
        self.blas_threads = 1 if len(cut) > 1 else cores
        self._parts = [cut[0], *(part.with_gradient(np.zeros_like(part.grad)) for part in cut[1:])] if alone else []

    def propagate(self, batch: Trace) -> None:
        """Forward and back: fill the batch's trace and its gradient; a large batch in parts, one for each core."""
        if len(self._parts) < 2 or batch.batch_size < self.batch_size:
            _forward_and_gradient(self.net, batch)
            return
        threads.side_by_side([functools.partial(_forward_and_gradient, self.net, part) for part in self._parts])
        # the gradient of a sum is the sum of the gradients
        for part in self._parts[1:]:
            batch.grad += part.grad

    def _batch(self, number: int, size: int) -> Trace:
        return self.trace.head(size).with_outputs(self.z[number, :size], self.a[number, :size], self.y[number, :size])

    def load_whole(self, X: AnyArray, y: AnyArray, of: float | None = None) -> None:
        """Take all rows in their own order, as the one batch of an epoch, or as a part of one that weighs ``of``."""
        to_float(X, out=self.trace.a[0])
        write_targets(self.net.loss, y, out=self.trace.y)
        self._targets[...] = y
        self._weigh(0, self.trace, slice(None), of)

    def repeat(self) -> Iterator[Trace]:
        """Yield the one batch that was taken, once more."""
        self._counted = 0
        yield self.batches[0]

    def gathered(self, arrays: tuple[AnyArray, ...], rows: AnyArray, of: Sequence[float | None]) -> Iterator[Trace]:
        """Gather these rows of X, y and weights, at most ``samples``, and yield them batch after batch.

        ``of`` has for each batch what the step weighs that it is a part of; None where it is one by itself.
        """
        X, y, *weights = arrays
        self._weights = weights[0] if weights else None
        n, size = len(rows), self.batch_size
        whole, rest = divmod(n, size)
        y.take(rows, axis=0, out=self._targets[:n], mode="clip")
        if whole:
            write_targets(self.net.loss, self._targets[: n - rest], out=self.y[:whole])
        self.batches, self._counted = self._whole[:whole], 0
        if rest:
            self.batches = [*self.batches, self._batch(whole, rest)]
            write_targets(self.net.loss, self._targets[n - rest : n], out=self.y[whole, :rest])
        for number, batch in enumerate(self.batches):
            of_batch = rows[number * size : (number + 1) * size]
            pixels = None if self._pixels is None else self._pixels[: len(of_batch)]
            gather(X, of_batch, out=batch.a[0], pixels=pixels)
            self._weigh(number, batch, of_batch, of[number])
            yield batch

    def _weigh(self, number: int, batch: Trace, rows: AnyArray | slice, of: float | None) -> None:
        """Let a batch's samples count as their weights say, where they have some; ``sums`` is what they come to."""
        self.sums[number] = batch.batch_size
        if self._weights is not None:
            assert self._batch_weights is not None
            weights = self._batch_weights[number, : batch.batch_size]
            weights[...] = self._weights[rows]
            self.sums[number] = batch.weigh(weights, of)
        elif of is not None:
            batch.weigh(batch.ones, of)

    def count(self, done: int) -> tuple[list[float], list[float]]:
        """The mean losses, and the hits, of those of the group's first ``done`` batches that were not counted yet.

        There is one loss a batch. Hits are whole numbers and come together; only where the samples have weights they
        come batch by batch, so that their sums have the same bits however the batches are counted.
        """
        first, self._counted = self._counted, done
        whole = done if not done or self.batches[done - 1].batch_size == self.batch_size else done - 1
        means: list[float] = []
        right: list[float] = []
        if first < whole:
            means, right = self._count(slice(first, whole), slice(None))
        if max(first, whole) < done:
            short = self.batches[done - 1]
            more, hits = self._count(slice(whole, done), slice(short.batch_size))
            means, right = means + more, right + hits
        return means, right

    def _count(self, batches: slice, samples: slice) -> tuple[list[float], list[float]]:
        """The mean losses and hits of some batches of one size."""
        a, y, losses = (array[batches, samples] for array in (self.a, self.y, self._loss))
        self.net.loss.value(self.z[batches, samples], a, y, out=losses, workspace=self._workspace[:, batches, samples])
        start, kind = batches.start * self.batch_size, self.net.loss.kind
        targets = self._targets[start : start + losses.size].reshape(*losses.shape, *self._targets.shape[1:])
        # Loss = Σ w L
        if self._batch_weights is None:
            n = losses.shape[1]
            equal = self._equal if n == self.batch_size else np.full(n, 1 / n, losses.dtype)
            return [float(np.dot(equal, loss)) for loss in losses], [count_right(kind, a, targets)]
        own = self._batch_weights[batches, samples]
        means = [float(np.dot(w, loss)) / (float(w.sum()) or 1.0) for w, loss in zip(own, losses, strict=True)]
        return means, [count_right(kind, *batch) for batch in zip(a, targets, own, strict=True)]


def _forward_and_gradient(net: Network, trace: Trace) -> None:
    forward(net, trace)
    gradient(net, trace)
