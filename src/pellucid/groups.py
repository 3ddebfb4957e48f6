"""Some batches in turn through one trace; their losses and hits are counted together.

Counting costs NumPy almost as much for one batch as for ten. So the outputs of up to sixteen batches are kept: each
batch has the same inputs, hidden layers and gradients in its trace, overwritten in turn, but outputs of its own.
"""

import functools
from collections.abc import Iterator

import numpy as np

from pellucid import threads
from pellucid.arrays import AnyArray, into
from pellucid.batches import Data, gather, kinds
from pellucid.losses import write_targets
from pellucid.metrics import count_right
from pellucid.network import Network, forward, gradient
from pellucid.trace import Trace, across

MOST_BATCHES = 16
MOST_SAMPLES = 4096


class Group:
    """A trace for the batches of an epoch, room to gather their rows in, and the outputs of the latest of them.

    ``samples`` is how many samples one group of batches has at most.
    """

    def __init__(
        self, net: Network, data: Data, batch_size: int, *, dropout: float, rng: np.random.Generator, cores: int
    ) -> None:
        have, features, dtype, target_shape, target_dtype = kinds(data)
        n = batch_size * max(1, min(MOST_BATCHES, MOST_SAMPLES // batch_size, -(-have // batch_size)))
        self.net, self.samples, self.batch_size = net, n, batch_size
        self.trace = Trace(net, batch_size, dropout=dropout, rng=rng)
        alone = n == batch_size  # the one batch has the trace's own outputs
        shape = (n, net.sizes[-1], net.dtype)
        self.z = self.trace.z[-1] if alone else across(*shape)
        self.a = self.trace.a[-1] if alone else across(*shape)
        self.y = self.trace.y if alone else across(*shape)
        self._work = self.trace.work[-1] if alone else across(*shape, 2)
        self._loss = self.trace.loss if alone else np.empty(n, net.dtype)
        self._whole = [self._batch(start, start + batch_size) for start in range(0, n, batch_size)]
        self.batches = self._whole
        whole_epoch = have == batch_size  # is taken as it is, without gathering
        self._pixels = None if dtype == net.dtype or whole_epoch else np.empty((batch_size, features), dtype)
        self._targets = np.empty((n, *target_shape), target_dtype)
        self._counted = 0
        cuts = threads.parts(batch_size, 1 if dropout else cores)
        cut = [self.trace.rows(part.start, part.stop, of=batch_size) for part in cuts]
        self.blas_threads = 1 if len(cut) > 1 else cores
        self._parts = [cut[0], *(part.with_own_gradient() for part in cut[1:])] if alone else []

    def propagate(self, batch: Trace) -> None:
        """Forward and back: fill the batch's trace and its gradient; a large batch in parts, one for each core."""
        if len(self._parts) < 2 or batch.batch_size < self.batch_size:
            _there_and_back(self.net, batch)
            return
        threads.side_by_side([functools.partial(_there_and_back, self.net, part) for part in self._parts])
        # the gradient of a sum is the sum of the gradients
        for part in self._parts[1:]:
            batch.grad += part.grad

    def _batch(self, start: int, stop: int) -> Trace:
        return self.trace.head(stop - start).writing(self.z[start:stop], self.a[start:stop], self.y[start:stop])

    def take(self, X: AnyArray, y: AnyArray) -> None:
        """Take all rows in their own order, as the one batch of an epoch."""
        into(X, out=self.trace.a[0])
        write_targets(self.net.loss, y, out=self.trace.y)
        self._targets[...] = y

    def again(self) -> Iterator[Trace]:
        """Yield the one batch that was taken, once more."""
        self._counted = 0
        yield self.batches[0]

    def gathered(self, X: AnyArray, y: AnyArray, rows: AnyArray) -> Iterator[Trace]:
        """Gather these rows of X and y, at most ``samples``, and yield them batch after batch."""
        n, size = len(rows), self.batch_size
        y.take(rows, axis=0, out=self._targets[:n], mode="clip")
        write_targets(self.net.loss, self._targets[:n], out=self.y[:n])
        self.batches, self._counted = self._whole[: n // size], 0
        if n % size:
            self.batches = [*self.batches, self._batch(n - n % size, n)]
        for number, batch in enumerate(self.batches):
            of_batch = rows[number * size : (number + 1) * size]
            pixels = None if self._pixels is None else self._pixels[: len(of_batch)]
            gather(X, of_batch, out=batch.a[0], pixels=pixels)
            yield batch

    def count(self, done: int) -> tuple[list[float], int]:
        """The mean losses and the hits of those batches that were not counted yet, the last of the first ``done``."""
        todo = self.batches[self._counted : done]
        if not todo:
            return [], 0
        start = self._counted * self.batch_size
        part = slice(start, start + sum(batch.batch_size for batch in todo))
        self._counted = done
        losses = self._loss[part]
        self.net.loss.value(self.z[part], self.a[part], self.y[part], out=losses, work=self._work[:, part])
        each = [losses[at : at + self.batch_size] for at in range(0, len(losses), self.batch_size)]
        # Loss = Σ w L
        means = [float(np.dot(batch.weights, loss)) for batch, loss in zip(todo, each, strict=True)]
        return means, count_right(self.net.loss.kind, self.a[part], self._targets[part])


def _there_and_back(net: Network, trace: Trace) -> None:
    forward(net, trace)
    gradient(net, trace)
