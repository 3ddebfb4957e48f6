"""A sweep in a folder of its own: begun, stopped at any moment, gone on with, and at its end the best settings.

The folder appears with ``sweep.json``; the journal beside it has every trial, the run in ``best`` the best settings.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pellucid._files.values import plain
from pellucid._files.writing import write_whole
from pellucid._text import csv_line
from pellucid.core.errors import InputError
from pellucid.datasets import Dataset
from pellucid.runs import Run, is_run, lock, prepare, resume, run_json, start
from pellucid.runs.lock import Lock
from pellucid.runs.settings import Settings
from pellucid.sweeps import asked as sweep_json
from pellucid.sweeps import parallel
from pellucid.sweeps.asked import Asked
from pellucid.sweeps.space import Space
from pellucid.sweeps.store import Store, Trial, best_of, counts, losses_before
from pellucid.sweeps.trial import Task, data_of
from pellucid.sweeps.workers import workers

BEST, IMPORTANCE, PICTURE = "best", "importance.csv", "parallel.svg"


@dataclass
class Sweep:
    """A sweep under way. ``go`` does its trials; what it wrote until then stands whenever it ends."""

    folder: Path
    asked: Asked
    space: Space
    settings: Settings  # with absolute paths, as a worker elsewhere needs them
    dataset: Dataset
    checksums: dict[str, int]
    store: Store
    lock: Lock | None  # on the folder, until the sweep ends
    result: dict[str, Any] | None = None
    running: dict[int, Trial] = field(default_factory=dict)  # trials that workers have, by their numbers
    _error: BaseException | None = None

    def go(self, backend: str, count: int, address: str | None = None) -> Iterator[Trial]:
        """Do what is left of the trials, and yield each at its end, when it is in the journal.

        Raises:
            InputError: a trial cannot be done, or nobody answers at the address.
        """
        if sum(trial.outcome is not None for trial in self.trials()) >= self.asked.trials:
            return
        with workers(backend, count, address) as doing:
            for outcome in doing(self._tasks()):
                trial = self.running.pop(outcome.number)
                if outcome.error:
                    raise InputError(outcome.error)
                self.store.tell(outcome)
                yield replace(trial, outcome=outcome)
        if self._error is not None:
            raise self._error

    def _tasks(self) -> Iterator[Task]:
        """What is left to do; joblib asks for it in threads of its own, in which no error may get lost."""
        try:
            for trial in self.store.to_do(self.asked.trials):
                self.running[trial.number] = trial
                before = None if "epochs" in self.space else losses_before(self.trials())
                yield Task(trial.number, self.settings, self.chosen(trial), self.checksums, before, os.getpid())
        except Exception as error:
            self._error = error

    def trials(self) -> list[Trial]:
        """All trials so far."""
        return self.store.trials()

    def chosen(self, trial: Trial) -> dict[str, Any]:
        """The settings that a trial has in the place of those that are searched."""
        return {name: self.space[name].value(chosen) for name, chosen in trial.point.items()}

    def texts(self, trial: Trial) -> dict[str, str]:
        """The same as they are typed."""
        return {name: self.space[name].text(chosen) for name, chosen in trial.point.items()}

    def best(self) -> Trial:
        """The trial with the least dev loss; raises InputError where none came to its end."""
        found = best_of(self.trials())
        if found is None:
            raise InputError(
                f"{self.folder}: none of {len(self.trials())} trials came to its end, all of them diverged; search "
                "lower learning rates"
            )
        return found

    def best_run(self) -> Run:
        """The best settings as an ordinary run in the folder ``best``: a new one, or the one that is there already."""
        prepared = prepare(replace(self.asked.settings(), **self.chosen(self.best())), self.dataset)
        folder = self.folder / BEST
        if is_run(str(folder)):
            there = resume(folder)
            if there.settings == replace(prepared.settings, engine=there.settings.engine):
                return there
            del there  # and with it its lock
        shutil.rmtree(folder, ignore_errors=True)  # of other settings, which were the best before
        return start(prepared, folder)

    def finish(self, command: str) -> dict[str, Any]:
        """Write the result, once the best run is there: the settings, which of them mattered, and a picture."""
        trials, best = self.trials(), self.best()
        assert best.outcome is not None
        importance = self.store.importance()
        lines = [csv_line(["setting", "share"]), *map(csv_line, importance.items())]
        write_whole(self.folder / IMPORTANCE, "".join(lines).encode())
        write_whole(self.folder / PICTURE, parallel.picture(self.space, trials, importance).encode())
        self.result = plain(
            {
                "best": self.chosen(best),
                "value": best.outcome.value,
                "score": best.outcome.score,
                "trials": len(trials),
                "number": best.number,
                **counts(trials),
                "importance": importance,
                "command": command,
                "sweep": str(self.folder),
                "run": str(self.folder / BEST),
            }
        )
        sweep_json.write(self.folder, self.asked, self.checksums, self.result)
        return self.result


def begin(asked: Asked, folder: Path) -> Sweep:
    """A sweep in a folder; where that holds one that was asked for the same, it goes on.

    Raises:
        InputError: data or settings that cannot be; the folder holds something else.
    """
    if (folder / sweep_json.NAME).is_file():
        before, _, _ = sweep_json.read(folder)
        if differs := asked.differs(before):
            raise InputError(f"out={str(folder)!r}: holds another sweep, one {differs}; take another folder")
        return go_on(folder, asked.trials)
    settings, space = absolute(asked.settings()), asked.space()
    dataset = _checked(settings, space)
    checksums = run_json.checksums(dataset)
    sweep_json.make_folder(folder, asked, checksums)
    return _opened(folder, asked, settings, dataset, checksums)


def go_on(folder: Path, trials: int | None = None) -> Sweep:
    """A sweep read back from its folder; with more ``trials`` it becomes longer.

    Raises:
        InputError: no sweep is there, its files are damaged, its data have changed, or ``trials`` are too few.
    """
    asked, before, result = sweep_json.read(folder)
    settings, space = absolute(asked.settings()), asked.space()
    dataset = _checked(settings, space)
    checksums = run_json.checksums(dataset)
    if changed := run_json.changed(before, checksums):
        raise InputError(
            f"{asked.settings().data}: is not the data that {folder} was started with: {changed} differ; bring it "
            "back, or start anew"
        )
    if trials is not None and trials < asked.trials:
        raise InputError(f"trials={trials}: {folder} was started for {asked.trials}; give more to make it longer")
    longer = trials is not None and trials > asked.trials
    found = _opened(folder, replace(asked, trials=trials or asked.trials), settings, dataset, checksums)
    found.result = None if longer else result
    if longer:
        sweep_json.write(folder, found.asked, checksums, None)
    return found


def _opened(folder: Path, asked: Asked, settings: Settings, dataset: Dataset, checksums: dict[str, int]) -> Sweep:
    """The sweep of a folder, with its journal open and the folder locked."""
    held, space = lock.take(folder), asked.space()
    store = Store(folder, space, settings.seed, usual_point(space, settings, dataset))
    store.open()
    return Sweep(folder, asked, space, settings, dataset, checksums, store, held)


def usual_point(space: Space, settings: Settings, dataset: Dataset) -> dict[str, Any]:
    """Where the usual settings stand in a space, on those axes that have a place for them."""
    usual = prepare(settings, dataset).settings
    points = {name: axis.point(getattr(usual, name)) for name, axis in space.items()}
    return {name: point for name, point in points.items() if point is not None}


def absolute(settings: Settings) -> Settings:
    """Settings whose paths hold in other folders."""

    def there(path: str | None) -> str | None:
        return os.path.abspath(path) if path is not None and Path(path).exists() else path  # noqa: PTH100  (links stay)

    target = there(settings.target) if (settings.target or "").endswith(".npy") else settings.target
    return replace(settings, data=str(there(settings.data)), target=target, start_from=there(settings.start_from))


def _checked(settings: Settings, space: Space) -> Dataset:
    """The data, and each value that is searched tried on them: what cannot be is told before anything is written."""
    dataset = data_of(settings)
    if dataset.dev is None:
        raise InputError(f"dev={settings.dev}: a sweep compares settings by the dev loss; hold some samples back")
    for name, axis in space.items():
        for chosen in axis.choices or (axis.low, axis.high):
            prepare(replace(settings, **{name: axis.value(chosen)}), dataset)
    return dataset
