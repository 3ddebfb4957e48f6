"""A course: a training that stops after any step, is changed, goes back, and goes on to the very bits.

It is an ordinary run (``pellucid.runs``), with a journal of what was changed in it and checkpoints to go back to. Where
it stands is always a place between two steps at which an epoch that is done is concluded: its scores are taken, and the
next one has not begun.
"""

import bisect
import contextlib
import copy
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pellucid._files.writing import write_whole
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.errors import DivergenceError, InputError
from pellucid.core.progress import Epoch, Progress, settled
from pellucid.core.training import train
from pellucid.datasets import WeightedSamples
from pellucid.model.model_file import write_tensors
from pellucid.runs import Run
from pellucid.runs.checkpoint import State
from pellucid.runs.prepare import make_optimizer
from pellucid.runs.run import CURVE, HELD, JOURNAL
from pellucid.runs.snapshots import Snapshots
from pellucid.runs.starting import place
from pellucid.studio import changes, knobs
from pellucid.studio.journal import Entry
from pellucid.studio.keeper import Keeper, Kept

LONG = 0.15  # seconds: what a way back should take at most, where keeping costs little
SHARE = 0.008  # of the time of training, which keeping may cost
POINTS = 16  # steps from one point of the curve to the next, at least: losses are counted for so many at a time
MOST_POINTS = 4000


class NotNow(InputError):  # noqa: N818  (an answer)
    """What is asked for can be done, but not as things stand."""


class Stop(Exception):  # noqa: N818  (no error)
    """Training stops here: within ``train`` it is raised after a step; ``asked`` says whether ``watch`` wants it."""

    def __init__(self, *, asked: bool) -> None:
        super().__init__()
        self.asked = asked


@dataclass
class Course:
    """A run under way in the studio. ``watch`` is asked after each step: where it says so, training stops there.

    ``applied`` counts the entries of the ``journal`` that have acted, ``last`` is the furthest step so far; ``points``
    are those of the curve (step, mean loss, accuracy), ``rows`` those of the history, both up to there.
    """

    run: Run
    keeper: Keeper = field(default_factory=Keeper)
    journal: list[Entry] = field(default_factory=list)
    watch: Callable[[], bool] = lambda: False
    placed: bool = False
    applied: int = 0
    pending: dict[str, Any] = field(default_factory=dict)
    last: int = 0
    points: list[tuple[int, float, float | None]] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)
    marks: dict[int, str] = field(default_factory=dict)
    fault: dict[str, Any] | None = None
    holds: changes.Holds = field(default_factory=changes.Holds)
    _unsaved: bool = False
    _saved_at: tuple[int, int] = (-1, -1)  # the step, and the entries of the journal that had acted
    _stop_at: float = np.inf
    _keep_at: int = 0
    _kept_at: tuple[int, float] = (0, 0.0)  # the step and the time
    _counted: tuple[int, float, float] = (0, 0.0, 0.0)  # batches, loss and hits of this epoch that are in the curve
    _every: int = POINTS
    _values: Array = field(default_factory=lambda: np.empty(0))
    _mean_weight: float = 1.0
    _in_epoch: int = 0

    def __post_init__(self) -> None:
        self._every = max(POINTS, -(-self.total // MOST_POINTS))
        self.last = max(self.last, self.step)
        self.rows = self.rows or list(self.run.state.history.rows)
        if not self.keeper.files:
            self.keeper.keep(self.state())

    # where it stands

    @property
    def step(self) -> int:
        """Steps so far."""
        return self.run.state.progress.step

    @property
    def theta(self) -> Array:
        """The network's θ."""
        return self.run.state.network.theta

    @property
    def total(self) -> int:
        """Steps in all, with the settings of now."""
        progress, left = self.run.state.progress, self.run.settings.passes - self.run.state.progress.epoch
        return progress.step - progress.batch + max(0, left) * self.batches

    @property
    def batches(self) -> int:
        """Steps in an epoch."""
        samples = self.run.dataset.train.shape[0]
        return -(-samples // self.run.settings.step_size(samples))

    @property
    def is_finished(self) -> bool:
        """Whether all epochs are done."""
        return self.run.state.progress.epoch >= self.run.settings.passes or self.run.is_over

    @property
    def is_now(self) -> bool:
        """Whether it stands where it has come furthest, so that something may be changed."""
        return self.step == self.last and self.applied == len(self.journal)

    # going on

    def go(self, until: float = np.inf) -> None:
        """Train on until a step, or until ``watch`` says stop, or to the end.

        Raises:
            DivergenceError: the loss is no number; it stands at the last checkpoint before that, and ``fault`` tells.
        """
        if self._unsaved and self.is_now:
            self.save()
        while True:
            self._act_what_is_due()
            if self.step >= until or self.is_finished:
                break
            changes_at = self.journal[self.applied].step if self.applied < len(self.journal) else np.inf
            self._stop_at = min(until, changes_at)
            try:
                self._train()
            except Stop as stop:
                if stop.asked:
                    self._act_what_is_due()
                    break
            except DivergenceError as error:
                self._turn_back(error)
                raise
        if self.is_finished and self.placed and self.run.result is None and self.is_now:
            self.run.finish()

    def _train(self) -> None:
        """Train until something stops it; an epoch is concluded before that."""
        run, progress = self.run, self.run.state.progress
        self._start_counting(progress)
        self._kept_at, self._in_epoch = (progress.step, time.perf_counter()), self.batches
        epochs = train(
            run.state.network,
            run.dataset.train,
            run.state.optimizer,
            rng=run.state.rng,
            dev=run.dataset.dev,
            progress=progress,
            after_step=_AfterStep(self),
            live=False,
            **run.settings.training(),
        )
        try:
            for epoch in epochs:
                others = self._conclude(epoch)
                if self.is_finished:
                    return
                asked = self.watch()
                if asked or others or self.step >= self._stop_at:
                    raise Stop(asked=asked)
        finally:
            epochs.close()  # type: ignore[attr-defined]
            progress.settle = settled

    def after_step(self, progress: Progress) -> None:
        """What happens after each step: what is held is put back, checkpoints, points of the curve, a stop."""
        if self._values.size:
            self.theta[self.holds.places] = self._values
        step, epoch_is_done = progress.step, progress.batch == self._in_epoch
        if step % self._every == 0 or epoch_is_done:
            self._count(progress)
        self.last = max(self.last, step)
        snapshots = self.run.state.snapshots
        if not step % snapshots.spacing and step > snapshots.steps[-1]:
            snapshots.take(step, self.theta)
        if epoch_is_done:
            return  # first it is concluded
        if step >= self._keep_at:
            self._keep(progress)
        if self.run.is_due and self.placed and step == self.last:
            self._count(progress)
            self.save()
        asked = self.watch()
        if asked or step >= self._stop_at:
            self._count(progress)
            raise Stop(asked=asked)

    def _conclude(self, epoch: Epoch) -> bool:
        """Take note of an epoch; what was to act at the next one acts now. Whether there was something is returned."""
        self.run.take_note(epoch)
        rows = self.run.state.history.rows
        if len(rows) > len(self.rows):
            self.rows.append(rows[-1])
        self._start_counting(self.run.state.progress)
        pending, self.pending = self.pending, {}
        settings = self.run.settings
        for name, value in pending.items():
            settings = knobs.turned(settings, name, value)
        knobs.use(self.run, settings)
        self._keep(self.run.state.progress)
        if self.placed and self.step == self.last:
            self.save()
        return bool(pending)

    # losses

    def _start_counting(self, progress: Progress) -> None:
        progress.settle()
        self._counted, data = (progress.batch, progress.loss, progress.right), self.run.dataset.train
        self._mean_weight = float(data.weights.mean()) if isinstance(data, WeightedSamples) else 1.0

    def _count(self, progress: Progress) -> None:
        """Add a point to the curve: the mean loss and the accuracy over the steps since the last one."""
        progress.settle()
        batches, loss, right = self._counted
        self._counted = progress.batch, progress.loss, progress.right
        samples = self.run.dataset.train.shape[0]
        size = self.run.settings.step_size(samples)
        count = (min(progress.batch * size, samples) - batches * size) * self._mean_weight
        if count <= 0 or (self.points and progress.step <= self.points[-1][0]):
            return
        is_share = self.run.state.network.loss.kind != "values"
        right_now = (progress.right - right) / count if is_share else None
        self.points.append((progress.step, (progress.loss - loss) / count, right_now))

    @property
    def loss_now(self) -> tuple[float | None, float | None]:
        """The mean loss of the steps around the one where it stands, and their accuracy, as the curve has them."""
        if not self.step:
            return None, None
        at = bisect.bisect_left(self.points, self.step, key=lambda point: point[0])
        near = [point for point in self.points[max(0, at - 1) : at + 1] if abs(point[0] - self.step) < self._every]
        return near[-1][1:] if near else (None, None)

    # checkpoints

    def state(self) -> Kept:
        """All that it is at this moment."""
        state = self.run.state
        state.progress.settle()
        return Kept(
            step=state.progress.step,
            applied=self.applied,
            theta=state.network.theta.copy(),
            memory={name: vector.copy() for name, vector in state.optimizer.state.items()},
            rng=copy.deepcopy(dict(state.rng.bit_generator.state)),
            progress={name: value for name, value in vars(state.progress).items() if name != "settle"},
            settings=self.run.settings,
            pending=dict(self.pending),
            epochs=len(state.history),
            stopping=copy.copy(state.stopping),
        )

    def _keep(self, progress: Progress) -> None:
        """Keep a checkpoint, and find out when the next one is worth its time."""
        before, start = self._kept_at, time.perf_counter()
        if np.isfinite(self.theta).all():
            self.keeper.keep(self.state())
        now = time.perf_counter()
        a_step = (start - before[1]) / max(1, progress.step - before[0])
        self._keep_at = progress.step + max(1, int(max(LONG, (now - start) / SHARE) / a_step))
        self._kept_at = (progress.step, now)

    def restore(self, kept: Kept) -> None:
        """Become what it was at a checkpoint."""
        knobs.use(self.run, kept.settings)  # first of all: it may refuse, where data are gone
        state = self.run.state
        state.network.theta = kept.theta
        state.optimizer.state = {name: vector.copy() for name, vector in kept.memory.items()}
        state.rng.bit_generator.state = copy.deepcopy(kept.rng)
        state.progress.settle = settled
        for name, value in kept.progress.items():
            setattr(state.progress, name, value)
        state.stopping = copy.copy(kept.stopping)
        state.history.rows = list(self.rows[: kept.epochs])
        self.applied, self.pending = kept.applied, dict(kept.pending)
        self._keep_at = 0
        self.hold()

    def back(self, step: int) -> None:
        """Go to a step that it has come to: back to the nearest checkpoint, and on from there to the very bits.

        Where ``watch`` says stop on the way, it stays there.
        """
        if not self.keeper.first <= step <= self.last:
            known = f"{self.keeper.first} to {self.last}"
            raise InputError(f"step {step}: this course knows the steps {known}; name one of them")
        if self.placed and self.is_now and step < self.step and self._saved_at != (self.step, self.applied):
            with contextlib.suppress(OSError, DivergenceError):  # a way back is no reason to write, only an occasion
                self.save()
        kept = self.keeper.nearest(step)
        if not kept.step <= self.step <= step or self.applied > self._entries_until(step):
            self.restore(kept)
        self.fault = None
        self.go(step)

    def _entries_until(self, step: int) -> int:
        return sum(entry.step <= step for entry in self.journal)

    def save(self) -> None:
        """Write the run's checkpoint, its settings, and one to go back to."""
        self._unsaved = False
        self.run.save()
        self.run.write_json(self.run.folder)
        self.keeper.write(self.state())
        self._write_curve()
        self._saved_at = self.step, self.applied

    def _write_curve(self) -> None:
        points = np.array(self.points, np.float64).reshape(-1, 3)
        write_tensors(self.run.folder / CURVE, {"points": points}, {}, durable=False)

    def place(self, folder: Path) -> None:
        """Give it the folder of a run, from which it can be made again.

        Raises:
            InputError: the folder holds something already, or cannot be made.
        """
        self.run.folder = folder
        place(self.run)
        self.placed, self.keeper.folder = True, self.run.folder
        self.keeper.write_all(sorted(self.keeper.kept))
        write_whole(self.run.folder / JOURNAL, "".join(entry.as_line() for entry in self.journal).encode())
        self._write_curve()
        self.hold()

    # changes

    def change(self, kind: str, asked: dict[str, Any]) -> Entry:
        """Change something here and now, and note it in the journal.

        Raises:
            InputError: it cannot be changed so, or this is the past.
        """
        if not self.is_now:
            raise NotNow(
                f"step {self.step} lies behind step {self.last}, and what came after it would be lost: make a branch "
                "here, or go to the last step first"
            )
        entry = changes.entry(self, kind, asked)
        self.journal.append(entry)
        if self.placed:
            with (self.run.folder / JOURNAL).open("a", encoding="utf-8") as file:
                file.write(entry.as_line())
        self._act_what_is_due()
        self._unsaved = self.placed
        return entry

    def _act_what_is_due(self) -> None:
        """Let the entries of the journal act whose step this is."""
        while self.applied < len(self.journal) and self.journal[self.applied].step <= self.step:
            entry = self.journal[self.applied]
            self.applied += 1
            changes.act(self, entry)
            self.hold()

    def hold(self) -> None:
        """Find out what is held, and at which values; note it beside the run, for those who cannot hold it."""
        self.holds = changes.holds(self.journal[: self.applied], self.run.state.network.sizes)
        self._values = self.theta[self.holds.places]
        if self.placed and self.is_now:
            path = self.run.folder / HELD
            if self.holds.parts:
                held = [f"{part}: {how}" for part, how in self.holds.parts.items()]
                write_whole(path, ("\n".join(held) + "\n").encode(), durable=False)
            else:
                path.unlink(missing_ok=True)

    @property
    def held_values(self) -> tuple[AnyArray, Array]:
        """The places of θ that are held, and at which values."""
        return self.holds.places, self._values

    # trouble

    def _turn_back(self, error: DivergenceError) -> None:
        """After a loss that is no number, go to the step before it: the last one that is any good."""
        text = str(error)
        step, layer = re.search(r"step (\d+)", text), re.search(r"(?:of|after) layer (\d+)", text)
        at = min(int(step[1]) if step else self.last, self.last + 1)
        self.last = max(self.keeper.first, at - 1)  # what came after it is no numbers
        self.points = [point for point in self.points if point[0] <= self.last]
        self.keeper.forget_after(self.last)
        way = self.run.state.snapshots
        while way.steps[-1] > self.last:
            way.steps.pop()
            way.thetas.pop()
        way.written = min(way.written, len(way.steps))
        self.restore(self.keeper.nearest(self.last))
        with contextlib.suppress(DivergenceError):  # its own turn has told an earlier step
            self.go(self.last)
        fault = {"step": at, "layer": int(layer[1]) if layer else None, "message": text, "good": self.last}
        self.fault = self.fault or fault

    # others

    def branch(self, step: int) -> "Course":
        """Another course that stands at a step of this one, with the same past. This one goes there and back for it."""
        here = self.step
        self.back(step)
        if self.step != step:
            raise InputError(f"step {step}: the way there was stopped; ask for the branch again")
        try:
            return self._twin(step)
        finally:
            self.back(here)

    def _points_until(self, step: int) -> list[tuple[int, float, float | None]]:
        """The points of the curve, and one at the step itself."""
        known, (loss, right) = [point for point in self.points if point[0] <= step], self.loss_now
        if loss is not None and (not known or known[-1][0] < step):
            known.append((step, loss, right))
        return known

    def _twin(self, step: int) -> "Course":
        run, state = self.run, self.run.state
        net, snapshots = state.network.copy(), Snapshots(state.snapshots.spacing)
        for taken, theta in zip(state.snapshots.steps, state.snapshots.thetas, strict=True):
            if taken <= step:
                snapshots.take(taken, theta)
        own = State(net, make_optimizer(run.settings), np.random.default_rng(), snapshots)
        model = replace(run.model, network=net)
        made = Course(
            Run(run.folder, run.settings, run.dataset, model, own, run.checksums, plan=run.plan),
            keeper=Keeper(kept={each: kept for each, kept in self.keeper.kept.items() if each <= step}),
            journal=self.journal[: self.applied],
            last=step,
            points=self._points_until(step),
            rows=self.rows[: len(state.history)],
            marks={at: name for at, name in self.marks.items() if at <= step},
        )
        made.keeper.kept.setdefault(self.keeper.first, self.keeper.nearest(self.keeper.first))
        made.restore(self.state())
        made.keeper.keep(made.state())
        return made


@dataclass(frozen=True)
class _AfterStep:
    """The hook after each step: an engine that makes many at once must stop at each of them."""

    course: Course

    def __call__(self, progress: Progress) -> None:
        self.course.after_step(progress)

    def steps_until(self, step: int) -> int:
        return 1
