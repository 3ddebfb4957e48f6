"""The compiled engine: the steps of a training as ``NumpyEngine`` makes them, by the functions of this room."""

import math
import time
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from pellucid.compiled import kept, kinds
from pellucid.compiled.calls import Call
from pellucid.compiled.layout import Data, Goal, dense
from pellucid.compiled.memory import Memory
from pellucid.compiled.packing import packed
from pellucid.core import threads
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.batches import windows
from pellucid.core.progress import Progress
from pellucid.core.trace import Trace
from pellucid.core.work import Work, divergence

AT_ONCE = 512  # samples that go through the network together: what they need stays in a core's cache
WORTH_PARTS = 2048  # samples of a part: a batch of fewer is sooner made by the threads of the BLAS
MOST_SECONDS = 0.05  # of one call: a Ctrl-C, a checkpoint or a callback waits no longer
LEAST_SPEED = 2e9  # multiply-adds a second, of a slow core
MOST_DRAWS = 2**22  # random numbers for the dropout of one call


class CompiledEngine:
    """Called with a training's progress it makes the rest of an epoch, and returns the trace of the last batch."""

    def __init__(self, work: Work) -> None:
        net, batch = work.net, work.batch_size
        self.work = work
        parts = work.blas_threads if batch >= WORTH_PARTS * work.blas_threads and not work.dropout else 1
        self.blas_threads = 1 if parts > 1 else work.blas_threads
        rows = -(-batch // parts)
        self.rows = rows if rows <= 2 * AT_ONCE else AT_ONCE
        self.grads = np.zeros((parts, net.theta.size), net.dtype)
        self.memories = [Memory(net, self.rows, dropout=work.dropout, grad=grad) for grad in self.grads]
        self.nets = [memory.net for memory in self.memories]
        self.side_by_side = threads.Team()
        self.goal = _goal(work)
        multiply_adds = 3 * net.theta.size * batch
        self.steps = max(1, min(64, int(MOST_SECONDS * LEAST_SPEED / multiply_adds)))  # of the next call
        self.runs: list[Call] = []  # for each net, on the data under way
        self.weights: AnyArray | None = None  # of these data
        self.end = Call("end", self.nets[0], self.goal)

    def __call__(self, progress: Progress) -> Trace:
        work, size = self.work, self.work.batch_size
        if progress.batch == 0:
            progress.seed = int(work.rng.integers(2**63))
        seed = progress.seed if work.shuffle and not work.is_whole else None
        base = work.optimizer.learning_rate
        for arrays, rows in self._windows(seed, progress.batch * size):
            if not self.runs or not isinstance(work.data, tuple):  # those in memory are looked through once
                self.weights = arrays[2] if len(arrays) > 2 else None
                data = self._read(*arrays)
                self.runs = [Call("run", net, self.goal, data) for net in self.nets]
            done = 0
            while done < len(rows):
                count = min(self._wanted(progress), -(-(len(rows) - done) // size))
                self._go(progress, rows[done : done + count * size], count, base)
                done += count * size
                if work.after_step is not None:
                    work.after_step(progress)
        return self._trace()

    def _windows(self, seed: int | None, done: int) -> Any:
        parts = windows(self.work.data, seed, done, self.work.batch_size)
        return parts if isinstance(self.work.data, tuple) else threads.ahead(parts)

    def _wanted(self, progress: Progress) -> int:
        """How many steps the next call makes."""
        work = self.work
        if len(self.nets) > 1:
            return 1
        steps = self.steps
        if work.dropout:
            steps = max(1, min(steps, MOST_DRAWS // (work.batch_size * sum(work.net.sizes[1:-1]) or 1)))
        if work.after_step is not None:
            steps = min(steps, getattr(work.after_step, "steps_until", _each)(progress.step))
        return steps

    def _read(self, X: AnyArray, y: AnyArray, weights: AnyArray | tuple[()] = ()) -> Data:
        """The samples as the compiled functions take them."""
        net = self.work.net
        outputs, classes = net.sizes[-1], net.loss.kind == "classes"
        unit = np.array([255 if X.dtype == np.uint8 else 1], net.dtype)
        X = np.ascontiguousarray(X, X.dtype if X.dtype in (np.uint8, np.float32, np.float64) else net.dtype)
        values = np.zeros((0, outputs)) if classes else y.reshape(len(y), outputs)
        return Data(
            X=X.view(np.uint8),
            bytes=X.dtype.itemsize,
            unit=unit,
            labels=np.ascontiguousarray(y if classes else (), np.int64),
            values=np.ascontiguousarray(values, net.dtype),
            weights=np.ascontiguousarray(weights, np.float64),
            sparse=packed(X, unit, net.sizes[1]) if self._may_be_sparse else dense(net.dtype),
        )

    @property
    def _may_be_sparse(self) -> bool:
        """Whether a sparse first layer can pay: data in memory, and products that one thread makes sooner than two."""
        return isinstance(self.work.data, tuple) and self.blas_threads == 1

    def _go(self, progress: Progress, rows: AnyArray, count: int, base: float) -> None:
        """Make ``count`` steps on these rows, and bring the progress up to date, whatever happens."""
        work, results = self.work, np.zeros((count, 6))
        numbers, last = self._numbers(progress, count, base), work.steps - 1 - progress.batch
        rest = (work.batch_size, self.rows, 0.0, self._draws(len(rows), count), numbers, last, results)
        if not self.runs[0].is_ready:  # compiled here, in the thread that Ctrl-C ends
            self.runs[0].ready(rows, *rest)
            kept.note_ready(str(work.net.dtype))
        began = time.perf_counter()
        try:
            if len(self.nets) > 1:
                self._in_parts(rows, *rest)
            else:
                self.runs[0](rows, *rest)
        finally:
            self._note(progress, results)
        took = time.perf_counter() - began
        if took < MOST_SECONDS / 4 and count == self.steps:
            self.steps *= 2
        elif took > MOST_SECONDS:
            self.steps = max(1, self.steps // 2)

    def _in_parts(self, rows: AnyArray, *rest: Any) -> None:
        """One step on a large batch: each core takes a part of it, and then of θ; gradients are added in one order."""
        size, at_once, _, draws, numbers, last, results = rest
        whole = float(len(rows)) if self.weights is None else float(self.weights[rows].sum())
        cuts = _cuts(len(rows), len(self.nets))
        found = np.zeros((len(cuts), 1, 6))
        self.side_by_side(
            [partial(run, rows[cut], size, at_once, whole or 1.0, draws, numbers[:0], last, out)
             for run, cut, out in zip(self.runs, cuts, found, strict=False)]
        )  # fmt: skip
        results[0, :3] = (*found[:, 0, :2].sum(axis=0), whole)
        if not math.isfinite(results[0, 0]):
            return
        grads, ends = self.grads[: len(cuts)], np.zeros((len(self.nets), 2))
        if not self.end.is_ready:
            self.end.ready(grads, numbers[0], -1.0, 0, 0, ends[0])
        for norm in (-1.0, None) if self.goal.clip else (-1.0,):
            length = math.sqrt(ends[:, 0].sum()) if norm is None else norm
            self.side_by_side(
                [partial(self.end, grads, numbers[0], length, cut.start, cut.stop, out)
                 for cut, out in zip(_cuts(len(self.work.net.theta), len(self.nets)), ends, strict=False)]
            )  # fmt: skip
        results[0, 3:] = math.sqrt(ends[:, 0].sum()), 1, ends[:, 1].sum()

    def _numbers(self, progress: Progress, count: int, base: float) -> Array:
        """What the optimiser needs in each of the next steps: see updates.py."""
        work, optimizer, rows = self.work, self.work.optimizer, []
        total, penalty, rule = work.epochs * work.steps, kinds.penalty(optimizer), kinds.bare(optimizer)
        for number in range(progress.batch, progress.batch + count):
            done = progress.epoch * work.steps + number
            rate = optimizer.learning_rate = base * work.schedule(done / total)
            adaptive = optimizer.numbers()
            step_rate, epsilon = adaptive or (rate, None)
            decay = rule.weight_decay if rule.name in kinds.DECAYS_BESIDE else 0.0
            samples = min(work.batch_size, work.samples - number * work.batch_size)
            share = 1 / penalty.divisor(samples) if penalty else 0.0
            rows.append((rate, step_rate, -1.0 if epsilon is None else epsilon, 1 - rate * decay, share))
        return np.array(rows, work.net.dtype)

    def _draws(self, rows: int, count: int) -> Array:
        """Random numbers for dropout, drawn as the NumPy engine draws them: batch by batch, layer by layer."""
        work = self.work
        hidden = work.net.sizes[1:-1] if work.dropout else ()
        draws = np.empty((count, work.batch_size * sum(hidden)), work.net.dtype)
        for step, start in enumerate(range(0, rows if hidden else 0, work.batch_size)):
            samples, at = min(work.batch_size, rows - start), 0
            for neurons in hidden:
                part = draws[step, at : at + samples * neurons]
                work.rng.random(dtype=part.dtype, out=part)
                at += samples * neurons
        return draws

    def _note(self, progress: Progress, results: Array) -> None:
        """Add what the steps came to; raise DivergenceError where a loss is no number."""
        work, optimizer = self.work, self.work.optimizer
        done = int(results[:, 4].sum())
        for loss, right, total, *_ in results[:done].tolist():
            progress.loss += loss * total
            progress.right += right if work.weighted else int(right)
        if penalty := kinds.penalty(optimizer):
            penalty.add(float(results[:done, 5].sum()))
        progress.batch += done
        if done and progress.batch == work.steps:
            progress.gradient_norm = float(results[done - 1, 3])
        progress.step += done
        progress.learning_rate = optimizer.learning_rate
        if "steps" in optimizer.state:
            optimizer.state["steps"][0] -= len(results) - done
        if done < len(results) and not math.isfinite(results[done, 0]):
            raise divergence(work.net, self._trace(), progress, progress.step + 1, float(results[done, 0]))

    def _trace(self) -> Trace:
        """The latest samples in the memory; where an epoch is resumed after its last step there are none."""
        return self.memories[0].trace(self.work.net, min(self.rows, self.work.batch_size))


def _goal(work: Work) -> Goal:
    """The loss and the optimiser of a training as the compiled functions take them, with the memory that it needs."""
    net, rule, penalty = work.net, kinds.bare(work.optimizer), kinds.penalty(work.optimizer)
    for name in rule.memory:
        rule.state.setdefault(name, np.zeros_like(net.theta))
    memory = [rule.state[name] for name in rule.memory]
    first = next((getattr(rule, name) for name in ("momentum", "alpha", "beta1") if hasattr(rule, name)), 0.0)
    decay = 0.0 if rule.name in kinds.DECAYS_BESIDE else rule.weight_decay
    settings = (decay, first, 1 - first, getattr(rule, "beta2", 0.0), getattr(rule, "epsilon", 0.0))
    setting = getattr(net.loss, "smoothing", getattr(net.loss, "width", 0.0))
    empty = [np.zeros(0, net.dtype)] * 2
    return Goal(
        loss=kinds.LOSSES.index(net.loss.name),
        setting=float(setting),
        kind=kinds.TARGETS.index(net.loss.kind),
        optimizer=kinds.OPTIMIZERS[rule.name],
        settings=np.array(settings, net.dtype),
        first=[*memory, *empty][0],
        second=[*memory, *empty][1],
        clip=work.clip_norm or 0.0,
        pull=penalty.decay if penalty else empty[0],
        factor=float(penalty.factor if penalty else 1.0),
    )


def _cuts(size: int, parts: int) -> list[slice]:
    """So many parts of a row, alike in size, each from a multiple of 16 on: a cache line of its own."""
    ends = [size * number // parts // 16 * 16 for number in range(parts)] + [size]
    return [slice(start, end) for start, end in pairwise(ends) if end > start]


def _each(_: int) -> int:
    """An ``after_step`` that does not say when it is next needed is called after each."""
    return 1
