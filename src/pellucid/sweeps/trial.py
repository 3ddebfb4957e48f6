"""One trial: a training with the settings that were chosen, watched after each epoch, and stopped where it is bad.

A worker does it, in a process of its own or on another machine: it is given settings and numbers, reads the data the
first time, and answers with numbers. Nothing is written here.
"""

import functools
import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from pellucid.core.early_stopping import EarlyStopping
from pellucid.core.errors import DivergenceError, InputError
from pellucid.core.progress import Epoch
from pellucid.core.training import train
from pellucid.datasets import Dataset
from pellucid.runs import run_json
from pellucid.runs.prepare import load_data, prepare
from pellucid.runs.settings import Settings

COMPLETE, PRUNED, DIVERGED = "complete", "pruned", "diverged"
FIRST = 5  # trials that come to their end before any is stopped
SECONDS_BETWEEN_LOOKS = 0.5  # at whether the one who asked is still there


@dataclass(frozen=True)
class Task:
    """What a worker is to do: ``chosen`` in the place of settings that are ``fixed``; None waits for no other trial.

    ``before`` are the dev losses, epoch by epoch, of the trials that came to their end before; ``asker`` is the process
    that wants to know.
    """

    number: int
    fixed: Settings
    chosen: dict[str, Any]
    checksums: dict[str, int]
    before: tuple[tuple[float, ...], ...] | None
    asker: int


class Outcome(NamedTuple):
    """What came of a trial: the dev loss of each epoch, and how good the network is that would be kept.

    ``value`` is its dev loss, ``score`` its accuracy or R²; ``error`` says what is wrong with the settings or the data.
    """

    number: int
    state: str
    losses: tuple[float, ...] = ()
    value: float | None = None
    score: float | None = None
    seconds: float = 0.0
    error: str = ""


def do(task: Task) -> Outcome:
    """Do a trial."""
    _end_with(task.asker)
    begun = time.perf_counter()
    try:
        dataset = _same_data(task.fixed, tuple(sorted(task.checksums.items())))
        found = _trained(task, dataset)
    except InputError as error:
        return Outcome(task.number, DIVERGED, error=str(error))
    return found._replace(seconds=round(time.perf_counter() - begun, 3))


@functools.lru_cache(maxsize=1)
def data_of(settings: Settings) -> Dataset:
    """The data that settings name, which a worker reads once."""
    return load_data(settings)


@functools.lru_cache(maxsize=1)
def _same_data(settings: Settings, checksums: tuple[tuple[str, int], ...]) -> Dataset:
    """The data, which must be those of the one who asked: another machine may have another file in this place."""
    dataset = data_of(settings)
    if changed := run_json.changed(dict(checksums), run_json.checksums(dataset)):
        raise InputError(
            f"{settings.data}: a worker reads other data there than the sweep was started with: {changed} differ; "
            "bring the same file to each worker"
        )
    return dataset


def _trained(task: Task, dataset: Dataset) -> Outcome:
    prepared = prepare(replace(task.fixed, **task.chosen), dataset)
    settings = prepared.settings
    stopping = None if settings.patience is None else EarlyStopping(settings.patience)
    watch = Watch(task.before, settings.passes)
    course = train(
        prepared.model.network, dataset.train, prepared.optimizer, rng=prepared.rng, dev=dataset.dev, live=False,
        **settings.training(),
    )  # fmt: skip
    epochs: list[Epoch] = []
    try:
        with np.errstate(all="ignore"):
            for epoch in course:
                assert epoch.dev is not None
                if not np.isfinite(epoch.dev.loss):
                    return Outcome(task.number, DIVERGED, _losses(epochs))
                epochs.append(epoch)
                if stopping is not None:
                    stopping.see(epoch.number, epoch.dev.loss, prepared.model.network.theta)
                if (stopping is not None and stopping.is_over) or epoch.number == settings.passes:
                    break
                if watch.is_bad(epoch.number, epoch.dev.loss):
                    return Outcome(task.number, PRUNED, _losses(epochs))
    except DivergenceError:
        return Outcome(task.number, DIVERGED, _losses(epochs))
    kept = epochs[-1 if stopping is None else stopping.best_epoch - 1]
    assert kept.dev is not None
    score = kept.dev.accuracy if kept.dev.r2 is None else kept.dev.r2
    return Outcome(task.number, COMPLETE, _losses(epochs), kept.dev.loss, score)


def _losses(epochs: Sequence[Epoch]) -> tuple[float, ...]:
    return tuple(float(epoch.dev.loss) for epoch in epochs if epoch.dev is not None)


class Watch:
    """Says after an epoch whether a trial is worse than the median of those before: Optuna's pruner.

    In the first third of the epochs it waits; None before it stops nothing at all.
    """

    def __init__(self, before: Sequence[Sequence[float]] | None, passes: int) -> None:
        self._trial: Any = None
        if before is None or len(before) < FIRST:
            return
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        pruner = optuna.pruners.MedianPruner(n_startup_trials=FIRST, n_warmup_steps=passes // 3 + 1)
        study = optuna.create_study(pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=0))
        study.add_trials(
            [
                optuna.trial.create_trial(value=losses[-1], intermediate_values=dict(enumerate(losses, start=1)))
                for losses in before
            ]
        )
        self._trial = study.ask()

    def is_bad(self, epoch: int, loss: float) -> bool:
        """Whether to stop a trial whose dev loss after an epoch is ``loss``."""
        if self._trial is None:
            return False
        self._trial.report(loss, epoch)
        return bool(self._trial.should_prune())


@functools.cache
def _end_with(asker: int) -> None:
    """Let a process that was started by the one who asks end with it, also where that is killed."""
    if not hasattr(os, "getppid") or os.getppid() != asker:
        return

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asks

    def look() -> None:
        while os.getppid() == asker:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        os._exit(1)

    threading.Thread(target=look, name="end-with-the-sweep", daemon=True).start()
