"""A training run in a folder of its own: stopped at any moment, to go on to the same bits, and finished.

How it begins says ``starting.py``. When it is finished, ``run.json`` holds its result.
"""

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pellucid._files.writing import write_whole
from pellucid.core import threads
from pellucid.core.errors import DivergenceError
from pellucid.core.progress import Epoch, Progress
from pellucid.core.ranks import added
from pellucid.core.training import train
from pellucid.datasets import Dataset, TableStream
from pellucid.model.model import Model
from pellucid.model.model_file import save_model
from pellucid.model.preprocessing import Preprocessing
from pellucid.runs import checkpoint, lock, run_json, snapshots
from pellucid.runs.checkpoint import State
from pellucid.runs.history_file import history_csv
from pellucid.runs.lock import Lock
from pellucid.runs.prepare import CHECKSUM
from pellucid.runs.ranks import (
    SAVE,
    STOP,
    Ranks,
    sums_of_each,
    together,
)
from pellucid.runs.scores import as_json, guess, parts, score
from pellucid.runs.settings import Settings

SECONDS_BETWEEN_CHECKPOINTS = 10.0
HISTORY = "history.csv"
JOURNAL = "journal.jsonl"  # of a run in the studio: what was changed in it, and when
HELD = "held.json"  # likewise: which parameters the training leaves as they are
BRANCHES = "branches.json"  # likewise: the other runs that are branches beside it
CURVE = "curve.safetensors"  # likewise: the losses between the epochs
FILES = {run_json.NAME, run_json.MODEL, run_json.REPORT, checkpoint.NAME, snapshots.NAME, HISTORY, lock.NAME}
FILES |= {JOURNAL, HELD, BRANCHES, CURVE}


@dataclass
class Run:
    """A run under way. ``go`` trains it; set ``stop`` at any moment and it saves itself and ends after the step."""

    folder: Path
    settings: Settings
    dataset: Dataset
    model: Model
    state: State
    checksums: dict[str, int]  # of the data
    stop: bool = False
    result: dict[str, Any] | None = None
    lock: Lock | None = None  # on the folder, until the run ends
    ranks: Ranks | None = None  # that train it together; rank 0 alone writes
    ranks_before: int = 1  # that trained it until it was resumed
    plan: Preprocessing | None = None  # of the table that it learned from first, where another one has taken its place
    _saved_at: float = field(default_factory=time.monotonic)
    _went_on_at: float = field(default_factory=time.monotonic)

    def go(self) -> Generator[Epoch, None, None]:
        """Train to the end, yield each epoch after its checkpoint, then evaluate and write the results.

        Raises:
            KeyboardInterrupt: ``stop`` was set; the state so far is saved.
            DivergenceError: the loss is no number; the last good checkpoint stands.
            OSError: a file cannot be written; the last checkpoint stands.
        """
        self.lock = lock.take(self.folder) if self.writes else None
        self._went_on_at = self._saved_at = time.monotonic()
        self.state.snapshots.take(self.state.progress.step, self.state.network.theta)
        try:
            for epoch in self.epochs() if not self.is_over else ():
                self.take_note(epoch)
                self.save()
                yield epoch
                if added(self.ranks, self.stop)[0]:
                    raise self._stopped()
                if self.is_over:
                    break
        except DivergenceError as error:
            if self.ranks is not None:
                self.ranks.agreed = True  # the sum of the losses is no number, which all see at the same step
            kept = f"the last good checkpoint is {self.folder / checkpoint.NAME}"
            raise DivergenceError(f"{error.what}; {kept}", error.remedy) from None
        else:
            together(self.ranks, self.finish)
        finally:
            self.lock = None

    def epochs(self) -> Iterator[Epoch]:
        """The epochs to come; raises InputError for what training refuses, before any step."""
        return train(
            self.state.network,
            self.dataset.train,
            self.state.optimizer,
            rng=self.state.rng,
            dev=self.dataset.dev,
            progress=self.state.progress,
            after_step=_AfterStep(self),
            reduce=self.ranks,
            **self._training(),
        )

    def _training(self) -> dict[str, Any]:
        """What the settings say; ranks on one machine share its cores."""
        given = self.settings.training()
        return given if self.ranks is None else given | {"blas_threads": min(given["blas_threads"], threads.cores())}

    def _after_step(self, progress: Progress) -> None:
        self.state.snapshots.take(progress.step, self.state.network.theta)
        asked = self.asks() if self.ranks is None else progress.asked
        if asked:
            self.save()
        if asked >= STOP:
            raise self._stopped()

    def asks(self) -> float:
        """What this rank asks for between two steps: nothing, to save, or to stop."""
        if self.stop:
            return STOP
        return SAVE if self.writes and self.is_due else 0.0

    def _stopped(self) -> KeyboardInterrupt:
        """What ends a run that was stopped, on all ranks at the same step."""
        if self.ranks is not None:
            self.ranks.agreed = True
        return KeyboardInterrupt()

    @property
    def writes(self) -> bool:
        """Whether this rank is the one that writes."""
        return self.ranks is None or self.ranks.rank == 0

    @property
    def is_due(self) -> bool:
        """Whether the last checkpoint is so old that another is to be written."""
        return time.monotonic() - self._saved_at > SECONDS_BETWEEN_CHECKPOINTS

    def save(self) -> None:
        """Write a checkpoint, and the history that belongs to it; not into a folder that was removed meanwhile."""
        if self.ranks is not None:
            sums_of_each(self.ranks, self.state)
        together(self.ranks, self._write)

    def _write(self) -> None:
        if not self.writes:
            return
        (self.folder / run_json.NAME).stat()
        now = time.monotonic()
        self.state.seconds += now - self._went_on_at
        self._went_on_at = self._saved_at = now
        self.state.write(self.folder)
        write_whole(self.folder / HISTORY, history_csv(self.state.history).encode(), durable=False)

    def take_note(self, epoch: Epoch) -> None:
        """Add an epoch to the history; early stopping looks at it."""
        self.state.history.add(epoch)
        if self.state.stopping is not None and epoch.dev is not None:
            self.state.stopping.see(epoch.number, epoch.dev.loss, self.state.network.theta)

    @property
    def is_over(self) -> bool:
        """Whether early stopping has ended the training."""
        return self.state.stopping is not None and self.state.stopping.is_over

    def write_json(self, folder: Path) -> None:
        """Write ``run.json``: settings, versions, what the data was, and the result once there is one."""
        ranks = 1 if self.ranks is None else self.ranks.size
        run_json.write(folder, self.settings, self.dataset, self.checksums, self.result, ranks, self.plan)

    def forget_cache(self) -> None:
        """Remove what a table larger than memory was decoded into, unless it is to be kept."""
        train: Any = self.dataset.train
        if self.settings.cache == "auto" and isinstance(train, TableStream):
            train.forget_cache()

    def finish(self) -> None:
        """Write the model, the result and the last of the snapshots."""
        if not self.writes:
            return
        state, net = self.state, self.state.network
        stopping, best_epoch = state.stopping, state.progress.epoch
        state.snapshots.take(state.progress.step, net.theta, last=True)
        state.snapshots.save(self.folder, all_of_them=True)
        self._write()
        if stopping is not None and stopping.best_theta is not None:
            net, best_epoch = net.copy(), stopping.best_epoch
            net.theta = stopping.best_theta
        known = {**self.model.data, CHECKSUM: self.checksums}
        self.model = replace(self.model, network=net, data=known, guess=guess(self.dataset, self.settings))
        save_model(self.model, self.folder / run_json.MODEL, force=True)
        self.result = {
            "run": str(self.folder),
            "model": str(self.folder / run_json.MODEL),
            "parameters": int(net.theta.size),
            "epochs": state.progress.epoch,
            "best_epoch": best_epoch,
            "steps": state.progress.step,
            "engine": self.settings.engine,
            "seconds": round(state.seconds, 3),
            **dict.fromkeys(run_json.PARTS),
        }
        for name, part in parts(self.dataset).items():
            self.result[name] = as_json(score(self.model, part))
        self.write_json(self.folder)


@dataclass(frozen=True)
class _AfterStep:
    """What a run does after a step; an engine that makes many at once must stop at each snapshot."""

    run: Run

    def __call__(self, progress: Progress) -> None:
        self.run._after_step(progress)

    def asks(self) -> float:
        return self.run.asks()

    def steps_until(self, step: int) -> int:
        return self.run.state.snapshots.steps_until(step)
