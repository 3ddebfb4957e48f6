"""A checkpoint: all the state that a run needs to go on to the very bits that it would have reached."""

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.core import checks
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.errors import DivergenceError, InputError
from pellucid.core.network import Network
from pellucid.core.optimizers import Optimizer
from pellucid.core.progress import COLUMNS, History, Progress
from pellucid.model.model_file import build_network, describe_network, read_tensors, write_tensors
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
    best_theta: Array | None = None  # of the epoch with the least dev loss, where --patience asks for it
    best_epoch: int = 0
    waiting_since: int = 0  # the epoch from which --patience counts

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
        if self.best_theta is not None:
            tensors["best_theta"] = self.best_theta
        self.snapshots.save(folder)
        tensors |= self.snapshots.not_in_file(theta)
        about = {
            "network": describe_network(self.network),
            "progress": {name: value for name, value in asdict(self.progress).items() if name != "settle"},
            "rng": self.rng.bit_generator.state,
            "seconds": self.seconds,
            "best_epoch": self.best_epoch,
            "waiting_since": self.waiting_since,
        }
        write_tensors(folder / NAME, tensors, about)


def read(folder: Path, optimizer: Optimizer, total_steps: int) -> State:
    """The state that a run's last checkpoint holds; ``optimizer`` gets its memory back.

    ``total_steps`` is how long the run is to be in all.

    Raises:
        InputError: there is no checkpoint, or it is damaged.
    """
    path = folder / NAME
    tensors, about = read_tensors(path)
    try:
        state = _state(tensors, about, optimizer, total_steps)
        state.snapshots.restore(folder, tensors, state.progress.step, state.network.theta)
        return state
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, IndexError) as error:
        raise InputError(
            f"{path}: not a whole checkpoint ({type(error).__name__}: {error}); start the run again in another folder"
        ) from None


def _state(tensors: dict[str, AnyArray], about: dict[str, Any], optimizer: Optimizer, total_steps: int) -> State:
    net = build_network(about["network"], tensors["theta"].dtype)
    progress = Progress(**about["progress"])
    _check(net, tensors, progress, about["best_epoch"])
    net.theta = tensors["theta"]
    memory = {name: vector for name, vector in tensors.items() if name.startswith("optimizer.")}
    optimizer.state = {name.removeprefix("optimizer."): vector.copy() for name, vector in memory.items()}
    rng = np.random.default_rng()
    rng.bit_generator.state = about["rng"]
    best = tensors.get("best_theta")
    return State(
        net,
        optimizer,
        rng,
        Snapshots.for_run(total_steps, net.theta),
        progress,
        History.from_array(tensors["history"]),
        float(about["seconds"]),
        None if best is None else best.copy(),
        checks.count(about["best_epoch"], "best_epoch", least=0),
        checks.count(about["waiting_since"], "waiting_since", least=0),
    )


def _check(net: Network, tensors: dict[str, AnyArray], progress: Progress, best_epoch: int) -> None:
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
    checks.number(progress.right, "right")
    for name in ("loss", "learning_rate"):
        checks.number(getattr(progress, name), name, least=-math.inf)
    if not math.isinf(progress.gradient_norm):  # longer than its type holds: clipping made a step of 0 of it
        checks.number(progress.gradient_norm, "gradient_norm", least=0)
    if tensors["history"].shape != (progress.epoch, len(COLUMNS)) or not 0 <= best_epoch <= progress.epoch:
        raise ValueError("the history has another number of epochs")
