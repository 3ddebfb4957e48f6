"""The steps of a training in NumPy: batches through forward, backward and the optimiser, one after the other."""

import functools
import math
from collections.abc import Iterator

import numpy as np

from pellucid.core import ranks, threads
from pellucid.core.batch_group import Group
from pellucid.core.batches import windows
from pellucid.core.optimizers import clip
from pellucid.core.progress import Progress, settled
from pellucid.core.shares import Shares
from pellucid.core.step_gradient import StepGradient
from pellucid.core.trace import Trace
from pellucid.core.work import Work, divergence


class NumpyEngine:
    """Called with a training's progress it makes the rest of an epoch, and returns the trace of the last batch."""

    def __init__(self, work: Work) -> None:
        self.work, self.shares, self.gradient = work, Shares(work), StepGradient(work)
        whole = self.shares.of_all(work.data) if work.is_whole and isinstance(work.data, tuple) else None
        self.group = Group(
            work.net, whole or work.data, self.shares.batch_size, dropout=work.dropout, rng=work.rng,
            cores=work.blas_threads, draws=self.shares.draws, grad=self.gradient.of_a_batch,
        )  # fmt: skip
        self.blas_threads = self.group.blas_threads
        self._before, self._passed = 0, 0  # batches of the epoch: before this group, and of it, that are under way
        if whole is not None:
            self.group.load_whole(*whole[:2], None if self.shares.are_whole else work.weight)

    def __call__(self, progress: Progress) -> Trace:
        work = self.work
        if progress.batch == 0:
            progress.seed = int(work.rng.integers(2**63))
        base, self._before, self._passed = work.optimizer.learning_rate, progress.batch * work.accumulate, 0
        self.shares.begin(self._before)
        for batches in self._groups(progress):
            self._before, self._passed = self._before + self._passed, 0
            progress.settle = functools.partial(self._settle, progress)
            for batch in batches:
                self.group.propagate(batch)
                self._passed += 1
                if self.gradient.add(batch.grad, self._before + self._passed):
                    self._step(progress, base)
            progress.settle()
        if progress.batch < work.steps:  # the last batch is so short that this rank has no row of it
            self.shares.pass_over()
            self.gradient.add_nothing()
            self._step(progress, base)
        progress.settle = settled
        return self.group.batches[-1]

    def _step(self, progress: Progress, base: float) -> None:
        """Move θ against the gradient of the step, which has passed, on all ranks."""
        work, optimizer, grad = self.work, self.work.optimizer, self.gradient.vector
        if work.reduce is not None:
            progress.asked = self.gradient.reduce(work.reduce)
        last = self.gradient.of_last_biases
        if not math.isfinite(np.dot(last, last)):  # a NaN in any δ is in this short array
            self._settle(progress)
            if work.reduce is not None and not math.isfinite(loss := ranks.added(work.reduce, progress.loss)[0]):
                raise divergence(work.net, self.group.batches[-1], progress, progress.step + 1, loss)
        if progress.batch + 1 == work.steps:
            progress.gradient_norm = float(np.linalg.norm(grad))
        if work.clip_norm is not None:
            clip(grad, work.clip_norm)
        done = progress.epoch * work.steps + progress.batch  # not the steps: batches may have been larger
        share = work.schedule(done / (work.epochs * work.steps))
        progress.learning_rate = optimizer.learning_rate = base * share
        optimizer.step(work.net.theta, grad)
        progress.batch += 1
        progress.step += 1
        if work.after_step is not None:
            work.after_step(progress)

    def _groups(self, progress: Progress) -> Iterator[Iterator[Trace]]:
        """The batches of this epoch that are not done yet, group by group."""
        work, group = self.work, self.group
        if work.is_whole:
            if progress.batch == 0:
                yield group.repeat()
            return
        done, size = progress.batch * work.step_size, self.shares.batch_size
        parts = windows(work.data, progress.seed if work.shuffle else None, done, work.step_size)
        for arrays, rows in parts if isinstance(work.data, tuple) else threads.ahead(parts):
            own, of = self.shares.of(rows, arrays[2] if len(arrays) > 2 else None)
            for start in range(0, len(own), group.samples):
                yield group.gathered(arrays, own[start : start + group.samples], of[start // size :])

    def _settle(self, progress: Progress) -> None:
        """Add the losses and hits of the group's batches since the last time to the sums, that under way with them.

        Raises:
            DivergenceError: a loss is no number. Of many ranks one would end alone: they look at their sum together.
        """
        group, work = self.group, self.work
        losses, right = group.count(self._passed)
        for number, loss in enumerate(losses, start=self._passed - len(losses)):
            if not math.isfinite(loss) and work.reduce is None:
                step = progress.step - progress.batch + (self._before + number) // work.accumulate + 1
                raise divergence(work.net, group.batches[number], progress, step, loss)
            progress.loss += loss * group.sums[number]
        for hits in right:
            progress.right += hits
