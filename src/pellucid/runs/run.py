"""A training run in a folder of its own: started, stopped at any moment, resumed to the same bits, and finished.

The folder appears together with ``run.json`` and a checkpoint of step 0. From then on there is always a whole
checkpoint in it. When the run is finished, ``run.json`` holds its result.
"""

import os
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pellucid._files.latest import resolved
from pellucid._files.writing import folder_beside, sweep, write_whole
from pellucid.core import threads
from pellucid.core.early_stopping import EarlyStopping
from pellucid.core.errors import DivergenceError, InputError
from pellucid.core.progress import Epoch, Progress
from pellucid.core.ranks import added
from pellucid.core.training import train
from pellucid.datasets import Dataset, TableStream
from pellucid.model.model import Model
from pellucid.model.model_file import save_model
from pellucid.runs import checkpoint, lock, run_json, snapshots
from pellucid.runs.checkpoint import State
from pellucid.runs.history_file import history_csv
from pellucid.runs.lock import Lock
from pellucid.runs.prepare import CHECKSUM, Prepared, describe_model, load_data
from pellucid.runs.ranks import (
    SAVE,
    STOP,
    EndedTogether,
    Ranks,
    compare,
    pass_on,
    pass_on_state,
    sums_of_each,
    take_own_sums,
    together,
)
from pellucid.runs.scores import as_json, guess, parts, score
from pellucid.runs.settings import Settings
from pellucid.runs.snapshots import Snapshots

SECONDS_BETWEEN_CHECKPOINTS = 10.0
HISTORY = "history.csv"
JOURNAL = "journal.jsonl"  # of a run in the studio: what was changed in it, and when
HELD = "held.json"  # likewise: which parameters the training leaves as they are
FILES = {run_json.NAME, run_json.MODEL, run_json.REPORT, checkpoint.NAME, snapshots.NAME, HISTORY, lock.NAME}
FILES |= {JOURNAL, HELD}


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
            for epoch in self._epochs() if not self.is_over else ():
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

    def _epochs(self) -> Iterator[Epoch]:
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
        run_json.write(folder, self.settings, self.dataset, self.checksums, self.result, ranks)

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


def start(prepared: Prepared, folder: Path, ranks: Ranks | None = None) -> Run:
    """A new run: make its folder, with its settings and a checkpoint of step 0, all at once.

    Of many ranks each has prepared by itself; they compare what they have, and rank 0 makes the folder.

    Raises:
        InputError: the folder holds something already, or cannot be made; or a rank has other data or settings.
        EndedTogether: another rank raises that.
    """
    settings, net = prepared.settings, prepared.model.network
    snapshots = Snapshots.for_run(settings.steps(prepared.dataset.train.shape[0]), net.theta)
    stopping = None if settings.patience is None else EarlyStopping(settings.patience)
    state = State(net, prepared.optimizer, prepared.rng, snapshots, stopping=stopping)
    checksums = run_json.checksums(prepared.dataset)
    run = Run(folder, settings, prepared.dataset, prepared.model, state, checksums, ranks=ranks)
    if ranks is not None:
        compare(ranks, settings, checksums)
    together(ranks, run._epochs)  # what training would refuse, it refuses now, before anything is written
    run.settings = replace(settings, engine=state.progress.engine)  # it goes on with the engine that was chosen
    together(ranks, lambda: place(run) if run.writes else None)
    return run


def place(run: Run) -> None:
    """Make the folder of a run that has none yet, with its settings and a checkpoint of where it stands, all at once.

    Raises:
        InputError: the folder holds something already, or cannot be made.
    """
    folder = run.folder
    in_the_way = next((place for place in (folder, *folder.parents) if place.exists() and not place.is_dir()), None)
    if in_the_way is not None:
        raise InputError(f"out={str(folder)!r}: {in_the_way} is a file, but a run is a folder; name one")
    if folder.exists() and any(folder.iterdir()):
        raise _taken(folder)
    folder = Path(os.path.realpath(folder))  # the place itself, where a link stands for it
    if folder.is_symlink():
        raise InputError(f"out={str(folder)!r}: is a link that leads back to itself; name another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    sweep(folder.parent)
    with folder_beside(folder) as beside:
        made = beside / folder.name
        made.mkdir()
        run.write_json(made)
        run.state.write(made)
        try:
            if folder.exists():
                folder.rmdir()
            made.rename(folder)
        except OSError:
            if folder.is_dir() and any(folder.iterdir()):
                raise _taken(folder) from None  # by another process, in this moment
            raise
    run.lock = lock.take(folder)


def _taken(folder: Path) -> InputError:
    return InputError(
        f"out={str(folder)!r}: holds something already; take another folder, or go on with its run: "
        f"resume={str(folder)!r}"
    )


def resume(folder: Path, epochs: int | None = None, ranks: Ranks | None = None, *, in_studio: bool = False) -> Run:
    """A run read back from its folder, to go on with; where it is finished, with its ``result``.

    Args:
        folder: the run's folder; "latest" is the last run that was started in this folder.
        epochs: more epochs than it was started with make it longer.
        ranks: those that go on together, as many as there are now; only rank 0 needs the folder.
        in_studio: whether it is the studio that goes on with it, which holds what is frozen.

    Raises:
        InputError: no run is there, its files are damaged, its data has changed, ``epochs`` are too few, the engine
            that it began with is not here, or parts of its network are frozen.
        EndedTogether: another rank raises that, or the run is finished, and this is not rank 0.
    """
    if ranks is None:
        run, started = _read_back(folder, epochs, None, in_studio=in_studio)
        run.state.of_ranks = []  # the sums are those of all
    else:
        run, started = _read_back_together(folder, epochs, ranks)
    if run.result is None:
        if run.settings.passes > started and run.state.stopping is not None:
            run.state.stopping.waited = 0
        together(ranks, lambda: _check_engine(run))
        together(ranks, lambda: _note_changes(run, started) if run.writes else None)
    return run


def _read_back(folder: Path, epochs: int | None, ranks: Ranks | None, *, in_studio: bool = False) -> tuple[Run, int]:
    """A run read back, to be made longer where ``epochs`` are more, and for how many epochs it was started."""
    folder = Path(resolved(folder))
    about = run_json.read(folder)
    if (folder / HELD).exists() and not in_studio:
        raise InputError(f"{folder}: parts of its network are frozen, which only the studio does; go on with it there")
    held = lock.take(folder) if about["result"] is None or epochs is not None else None
    about = run_json.read(folder)  # again: until now another process may have trained here
    settings = about["settings"]
    dataset = load_data(settings, beside=Path(os.path.realpath(folder)).parent)
    checksums = run_json.checksums(dataset)
    if changed := run_json.changed(about["data_checksum"], checksums):
        raise InputError(
            f"{settings.data}: is not the data that {folder} was started with: {changed} differ; bring it back, or "
            "start anew"
        )
    started = settings.passes
    settings = settings if epochs is None else replace(settings, epochs=epochs)
    if settings.passes < started:
        raise InputError(f"epochs={epochs}: {folder} was started for {started}; give more to make it longer")
    result = None if settings.passes > started else about["result"]
    state = checkpoint.read(folder, settings, dataset.train.shape[0])
    model = describe_model(state.network, settings, dataset)
    if result is not None:
        result |= {"run": str(folder), "model": str(folder / run_json.MODEL)}
    run = Run(folder, settings, dataset, model, state, checksums, result=result, lock=held, ranks=ranks)
    run.ranks_before = about["ranks"]
    return run, started


def _read_back_together(folder: Path, epochs: int | None, ranks: Ranks) -> tuple[Run, int]:
    """A run read back by rank 0; the others get its settings and its state, and read the data themselves."""
    read = together(ranks, lambda: _read_back(folder, epochs, ranks) if ranks.rank == 0 else None)
    about = [read[0].settings.as_json(), read[0].result is not None, read[1]] if read else None
    values, finished, started = pass_on(ranks, about)
    if finished and read is None:
        raise EndedTogether(0)
    if finished and read is not None:
        return read
    settings = replace(Settings.from_json(values), engine="numpy")  # the only one that several ranks have
    beside = Path(os.path.realpath(folder)).parent
    dataset = together(ranks, lambda: read[0].dataset if read else load_data(settings, beside=beside))
    checksums = run_json.checksums(dataset)
    compare(ranks, settings, checksums)
    state = pass_on_state(ranks, read[0].folder if read else Path(), settings, dataset.train.shape[0])
    take_own_sums(ranks, state)
    if read:
        read[0].state.progress, read[0].settings = state.progress, settings
        return read
    model = describe_model(state.network, settings, dataset)
    return Run(folder, settings, dataset, model, state, checksums, ranks=ranks), started


def _note_changes(run: Run, started: int) -> None:
    """Write down how a resumed run goes on: for more epochs, or on another number of ranks."""
    sweep(run.folder)
    longer = run.settings.passes > started
    if longer:
        run.state.write(run.folder)
    if longer or run.ranks_before != (1 if run.ranks is None else run.ranks.size):
        run.write_json(run.folder)


def _check_engine(run: Run) -> None:
    """Refuse to go on where the engine that the run began with is not here."""
    if run.settings.engine == "numpy":
        return
    try:
        run._epochs()
    except InputError as error:
        raise InputError(f"{run.folder}: was started with {error}") from None
