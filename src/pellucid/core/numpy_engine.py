"""The steps of a training in NumPy: batches through forward, backward and the optimiser, one after the other."""

import functools
import math
from collections.abc import Iterator

import numpy as np

from pellucid.core import threads
from pellucid.core.batch_group import Group
from pellucid.core.batches import windows
from pellucid.core.optimizers import clip
from pellucid.core.progress import Progress, settled
from pellucid.core.trace import Trace
from pellucid.core.work import Work, divergence


class NumpyEngine:
    """Called with a training's progress it makes the rest of an epoch, and returns the trace of the last batch."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.group = Group(
            work.net, work.data, work.batch_size, dropout=work.dropout, rng=work.rng, cores=work.blas_threads
        )
        self.blas_threads = self.group.blas_threads
        if work.is_whole:
            self.group.load_whole(*work.data[:2])  # type: ignore[index]

    def __call__(self, progress: Progress) -> Trace:
        work, net, optimizer = self.work, self.work.net, self.work.optimizer
        if progress.batch == 0:
            progress.seed = int(work.rng.integers(2**63))
        base, total = optimizer.learning_rate, work.epochs * work.batches
        for batches in self._groups(progress):
            first = progress.batch
            progress.settle = functools.partial(self._settle, progress, first)
            for batch in batches:
                self.group.propagate(batch)
                if not math.isfinite(np.dot(batch.db[-1], batch.db[-1])):  # a NaN in any δ is in this short array
                    self._settle(progress, first, under_way=1)
                if progress.batch + 1 == work.batches:
                    progress.gradient_norm = float(np.linalg.norm(batch.grad))
                if work.clip_norm is not None:
                    clip(batch.grad, work.clip_norm)
                done = progress.epoch * work.batches + progress.batch  # not the steps: batches may have been larger
                progress.learning_rate = optimizer.learning_rate = base * work.schedule(done / total)
                optimizer.step(net.theta, batch.grad)
                progress.batch += 1
                progress.step += 1
                if work.after_step is not None:
                    work.after_step(progress)
            progress.settle()
        progress.settle = settled
        return self.group.batches[-1]

    def _groups(self, progress: Progress) -> Iterator[Iterator[Trace]]:
        """The batches of this epoch that are not done yet, group by group."""
        work, group = self.work, self.group
        if work.is_whole:
            if progress.batch == 0:
                yield group.repeat()
            return
        done = progress.batch * work.batch_size
        parts = windows(work.data, progress.seed if work.shuffle else None, done, work.batch_size)
        for arrays, rows in parts if isinstance(work.data, tuple) else threads.ahead(parts):
            for start in range(0, len(rows), group.samples):
                yield group.gathered(arrays, rows[start : start + group.samples])

    def _settle(self, progress: Progress, first: int, *, under_way: int = 0) -> None:
        """Add the losses and hits of the group's batches since ``first``, and of the one under way, to the sums.

        Raises:
            DivergenceError: a loss is no number.
        """
        group = self.group
        done = progress.batch - first + under_way
        losses, right = group.count(done)
        counted = done - len(losses)
        for number, loss in enumerate(losses, start=counted):
            if not math.isfinite(loss):
                step = progress.step + under_way - done + number + 1
                raise divergence(self.work.net, group.batches[number], progress, step, loss)
            progress.loss += loss * group.sums[number]
        for hits in right:
            progress.right += hits
