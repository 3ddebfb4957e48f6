"""Checkpoints of all state to go back to: dense near now, thinned behind; in memory, then in the run's folder."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.core.arrays import AnyArray, Array
from pellucid.core.early_stopping import EarlyStopping
from pellucid.core.errors import InputError
from pellucid.model.model_file import read_tensors, write_tensors
from pellucid.runs.settings import Settings

FOLDER = "kept"  # within the run's
MEMORY = 256 * 2**20  # bytes
DISK = 2**30


@dataclass(frozen=True)
class Kept:
    """All that a course is after a step: with it, its data and its journal it goes on to the same bits.

    ``applied`` counts the entries of the journal that acted before it was kept, ``memory`` is the optimiser's,
    ``epochs`` the length of the history, ``pending`` the knobs that act at the next epoch.
    """

    step: int
    applied: int
    theta: Array
    memory: dict[str, AnyArray]
    rng: dict[str, Any]
    progress: dict[str, Any]
    settings: Settings
    pending: dict[str, Any]
    epochs: int
    stopping: EarlyStopping | None

    @property
    def size(self) -> int:
        """Bytes."""
        best = None if self.stopping is None else self.stopping.best_theta
        vectors = [self.theta, *self.memory.values(), *([] if best is None else [best])]
        return sum(vector.nbytes for vector in vectors)


@dataclass
class Keeper:
    """The checkpoints of one course. ``folder`` is its run's, None before there is one; ``marked`` are never lost.

    What no longer fits into ``memory`` bytes goes to the folder, and what no longer fits there is thinned.
    """

    folder: Path | None = None
    memory: int = MEMORY
    disk: int = DISK
    marked: set[int] = field(default_factory=set)
    kept: dict[int, Kept] = field(default_factory=dict)
    files: dict[int, int] = field(default_factory=dict)  # bytes of those on the disk, by their step

    def keep(self, one: Kept) -> None:
        """Keep a checkpoint; let others go where there is no more room."""
        self.kept[one.step] = one
        self._make_room(one.step)

    def _make_room(self, now: int) -> None:
        while sum(each.size for each in self.kept.values()) > self.memory and len(self.kept) > 2:
            gone = self.kept.pop(thinnest(self.kept, now, self.marked))
            self._spill(gone, now)

    def write(self, one: Kept) -> None:
        """Write a checkpoint into the run's folder, so that it outlives this process."""
        self._spill(one, one.step)

    def write_all(self, steps: Iterable[int]) -> None:
        """Write those of some steps that are in memory."""
        for step in steps:
            if step in self.kept:
                self.write(self.kept[step])

    @property
    def first(self) -> int:
        """The first step that one can go back to."""
        return min([*self.kept, *self.files])

    def nearest(self, step: int) -> Kept:
        """The last checkpoint that is not after a step."""
        place = max(each for each in (*self.kept, *self.files) if each <= step)
        if place in self.kept:
            return self.kept[place]
        found = self.kept[place] = self._read(place)
        self._make_room(step)
        return found

    def forget_after(self, step: int) -> None:
        """Let all checkpoints go that are after a step: what follows it will be another course."""
        self.kept = {at: one for at, one in self.kept.items() if at <= step}
        for at in [at for at in self.files if at > step]:
            del self.files[at]
            assert self.folder is not None
            (self.folder / FOLDER / _name(at)).unlink(missing_ok=True)

    def _spill(self, one: Kept, now: int) -> None:
        if self.folder is None or one.step in self.files:
            return
        place = self.folder / FOLDER
        place.mkdir(exist_ok=True)
        path = place / _name(one.step)
        write(path, one)
        self.files[one.step] = path.stat().st_size
        while sum(self.files.values()) > self.disk and len(self.files) > 2:
            gone = thinnest(self.files, now, self.marked)
            del self.files[gone]
            (place / _name(gone)).unlink(missing_ok=True)

    def _read(self, step: int) -> Kept:
        assert self.folder is not None
        return read(self.folder / FOLDER / _name(step))

    def look(self) -> None:
        """Find the checkpoints that an earlier process has left in the folder."""
        assert self.folder is not None
        for path in sorted((self.folder / FOLDER).glob("step-*.safetensors")):
            digits = path.stem.removeprefix("step-")
            if digits.isascii() and digits.isdigit():
                self.files[int(digits)] = path.stat().st_size


def _name(step: int) -> str:
    return f"step-{step:012}.safetensors"


def thinnest(steps: Iterable[int], now: int, marked: Iterable[int] = ()) -> int:
    """The step that is missed least: the gap that it leaves is the smallest beside its distance from now.

    The first, the last and those that are marked stay.

    >>> thinnest([0, 10, 20, 30, 90, 100], now=100)
    10
    """
    order = sorted(steps)
    inner = [k for k in range(1, len(order) - 1) if order[k] not in marked] or [len(order) - 2]
    return order[min(inner, key=lambda k: (order[k + 1] - order[k - 1]) / (abs(now - order[k]) + 1))]


def write(path: Path, one: Kept) -> None:
    """Write a checkpoint, whole or not at all."""
    tensors: dict[str, AnyArray] = {"theta": one.theta}
    tensors |= {f"memory.{name}": vector for name, vector in one.memory.items()}
    stopping = None
    if one.stopping is not None:
        stopping = {name: value for name, value in vars(one.stopping).items() if name != "best_theta"}
        if one.stopping.best_theta is not None:
            tensors["best_theta"] = one.stopping.best_theta
    plain = ("step", "applied", "rng", "progress", "pending", "epochs")
    about = {name: getattr(one, name) for name in plain}
    about |= {"settings": one.settings.as_json(), "stopping": stopping}
    write_tensors(path, tensors, about, durable=False)


def read(path: Path) -> Kept:
    """Read a checkpoint.

    Raises:
        InputError: it is damaged.
    """
    tensors, about = read_tensors(path, as_written=True)
    try:
        memory = {
            name.removeprefix("memory."): np.array(v) for name, v in tensors.items() if name.startswith("memory.")
        }
        stopping = None
        if about["stopping"] is not None:
            stopping = EarlyStopping(**about["stopping"], best_theta=tensors.get("best_theta"))
        return Kept(
            step=about["step"],
            applied=about["applied"],
            theta=np.array(tensors["theta"]),
            memory=memory,
            rng=about["rng"],
            progress=about["progress"],
            settings=Settings.from_json(about["settings"]),
            pending=about["pending"],
            epochs=about["epochs"],
            stopping=stopping,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: damaged ({type(error).__name__}: {error}); remove it") from None
