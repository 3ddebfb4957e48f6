"""A checkpoint: all the state that a run needs to go on to the very bits that it would have reached."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.core import checks
from pellucid.core.arrays import AnyArray
from pellucid.core.early_stopping import EarlyStopping
from pellucid.core.errors import DivergenceError, InputError
from pellucid.core.network import Network
from pellucid.core.optimizers import Optimizer
from pellucid.core.progress import COLUMNS, History, Progress
from pellucid.model.model_file import build_network, describe_network, read_tensors, write_tensors
from pellucid.runs.prepare import make_optimizer
from pellucid.runs.settings import Settings
from pellucid.runs.snapshots import Snapshots

NAME = "checkpoint.safetensors"


@dataclass
class State:
    """Everything that changes while a run goes on: θ, the optimiser's memory, the random generator, the position."""

    network: Network
    optimizer: Optimizer
    rng: np.random.Generator
    snapshots: Snapshots
    progress: Progress = field(default_factory=Progress)
    history: History = field(default_factory=History)
    seconds: float = 0.0
    stopping: EarlyStopping | None = None  # where patience is asked for
    of_ranks: list[list[float]] = field(default_factory=list)  # of many, each one's sums of losses and hits

    def write(self, folder: Path) -> None:
        """Write the checkpoint, whole or not at all; refuse one that holds no numbers, so that the last good one stays.

        Raises:
            DivergenceError: θ is infinite or no number.
            OSError: the file cannot be written.
        """
        self.progress.settle()
        theta = self.network.theta
        if not np.isfinite(theta).all():
            raise DivergenceError(f"training diverged: θ is no number after step {self.progress.step}")
        tensors: dict[str, AnyArray] = {"theta": theta, "history": self.history.as_array()}
        tensors |= {f"optimizer.{name}": vector for name, vector in self.optimizer.state.items()}
        stopping = self.stopping or EarlyStopping(math.inf)
        if stopping.best_theta is not None:
            tensors["best_theta"] = stopping.best_theta
        self.snapshots.save(folder)
        tensors |= self.snapshots.not_in_file(theta)
        about = {
            "network": describe_network(self.network),
            "progress": self._progress(),
            "of_ranks": self.of_ranks,
            "rng": self.rng.bit_generator.state,
            "seconds": self.seconds,
            "best_epoch": stopping.best_epoch,
            "waited": stopping.waited,
        }
        write_tensors(folder / NAME, tensors, about)

    def _progress(self) -> dict[str, Any]:
        """Where training stands, with the sums over all ranks."""
        values = {name: value for name, value in vars(self.progress).items() if name not in ("settle", "asked")}
        if self.of_ranks:
            values["loss"], values["right"] = map(sum, zip(*self.of_ranks, strict=True))
        return values


def read(folder: Path, settings: Settings, samples: int) -> State:
    """The state that the last checkpoint of a run holds, with these settings and so many samples to train on.

    Raises:
        InputError: there is no checkpoint, or it is damaged.
    """
    path = folder / NAME
    tensors, about = read_tensors(path, as_written=True)
    try:
        state = _state(tensors, about, settings, samples)
        state.snapshots.restore(folder, tensors, state.progress.step, state.network.theta)
        return state
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, IndexError) as error:
        raise InputError(
            f"{path}: not a whole checkpoint ({type(error).__name__}: {error}); start the run again in another folder"
        ) from None


def _state(tensors: dict[str, AnyArray], about: dict[str, Any], settings: Settings, samples: int) -> State:
    net, optimizer = build_network(about["network"], tensors["theta"].dtype), make_optimizer(settings)
    progress = Progress(**about["progress"])
    _check(net, tensors, progress, about)
    net.theta = tensors["theta"]
    memory = {name: vector for name, vector in tensors.items() if name.startswith("optimizer.")}
    optimizer.state = {name.removeprefix("optimizer."): vector.copy() for name, vector in memory.items()}
    rng = np.random.default_rng()
    rng.bit_generator.state = about["rng"]
    history = History.from_array(tensors["history"])
    return State(
        net,
        optimizer,
        rng,
        Snapshots.for_run(settings.steps(samples), net.theta),
        progress,
        history,
        float(about["seconds"]),
        None if settings.patience is None else _stopping(settings.patience, tensors, about, history),
        _sums(about.get("of_ranks", [])),
    )


def _sums(value: list[list[float]]) -> list[list[float]]:
    """The sums of each rank, checked."""
    return [[checks.number(loss, "loss", least=-math.inf), checks.number(right, "right")] for loss, right in value]


def _stopping(patience: int, tensors: dict[str, AnyArray], about: dict[str, Any], history: History) -> EarlyStopping:
    """Early stopping as it stood: the least dev loss is in the history."""
    best, stopping = about["best_epoch"], EarlyStopping(patience, waited=about["waited"])
    if best:
        stopping.best_epoch, stopping.best_loss = best, float(history["dev_loss"][best - 1])
        stopping.best_theta = tensors["best_theta"].copy()
    return stopping


def _check(net: Network, tensors: dict[str, AnyArray], progress: Progress, about: dict[str, Any]) -> None:
    """Refuse a state whose parts do not fit together, before any of them is used."""
    like = net.theta
    steps = tensors.get("optimizer.steps", np.zeros(1, np.int64))
    if steps.shape != (1,) or steps.dtype != np.int64 or steps[0] < 0:
        raise ValueError("the count of the optimiser's steps is none")
    for name in tensors.keys() - {"optimizer.steps", "history", "path.steps", "path.theta"}:
        vector = tensors[name]
        if vector.shape != like.shape or vector.dtype != like.dtype or not np.isfinite(vector).all():
            raise ValueError(f"{name} is of shape {vector.shape} or no number, the network needs {like.shape}")
    for name in ("epoch", "batch", "step", "seed"):
        checks.count(getattr(progress, name), name, least=0)
    for name in ("best_epoch", "waited"):
        checks.count(about[name], name, least=0)
    checks.number(progress.right, "right")
    for name in ("loss", "learning_rate"):
        checks.number(getattr(progress, name), name, least=-math.inf)
    if not math.isinf(progress.gradient_norm):  # longer than its type holds: clipping made a step of 0 of it
        checks.number(progress.gradient_norm, "gradient_norm", least=0)
    if tensors["history"].shape != (progress.epoch, len(COLUMNS)) or about["best_epoch"] > progress.epoch:
        raise ValueError("the history has another number of epochs")
