"""How a course begins: at step 0 of a new run, or from the folder of one that was left."""

import contextlib
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.core.early_stopping import EarlyStopping
from pellucid.core.errors import InputError
from pellucid.core.progress import COLUMNS
from pellucid.model.model_file import read_tensors
from pellucid.runs import Run, prepare, resume
from pellucid.runs.checkpoint import State
from pellucid.runs.prepare import Prepared
from pellucid.runs.run import CURVE, JOURNAL
from pellucid.runs.run_json import checksums
from pellucid.runs.snapshots import Snapshots
from pellucid.studio import journal
from pellucid.studio.course import Course
from pellucid.studio.keeper import FOLDER, Keeper


def begin(prepared: Prepared, **more: Any) -> Course:
    """A course at step 0, which has no folder yet."""
    settings, net = prepared.settings, prepared.model.network
    snapshots = Snapshots.for_run(settings.steps(prepared.dataset.train.shape[0]), net.theta)
    snapshots.take(0, net.theta)
    stopping = None if settings.patience is None else EarlyStopping(settings.patience)
    state = State(net, prepared.optimizer, prepared.rng, snapshots, stopping=stopping)
    run = Run(Path(), settings, prepared.dataset, prepared.model, state, checksums(prepared.dataset))
    return Course(run, **more)


def reopen(folder: Path, **more: Any) -> Course:
    """The course whose run is in a folder, at its furthest step that is known; of a run that was not made here, too.

    Raises:
        InputError: there is none, it is damaged, or another process trains it.
    """
    run = resume(folder, in_studio=True)
    path, keeper = run.folder / JOURNAL, Keeper(run.folder)
    entries = journal.read(path) if path.is_file() else []
    keeper.look()
    if not keeper.files and not entries:
        with contextlib.suppress(InputError):  # what it started from is not there any more
            keeper.keep(begin(prepare(run.settings, run.dataset)).state())
    made = Course(run, keeper, entries, placed=True, **more)
    made.marks = {entry.step: entry.about["name"] for entry in entries if entry.kind == journal.MARKS}
    keeper.marked = set(made.marks)
    if not (run.folder / FOLDER).is_dir():
        made.applied, made.points = len(entries), _points_of_epochs(run)
        made.hold()
        return made
    step = max([made.step, *(entry.step for entry in entries)])
    made.last, made.points = step, _points(run.folder, step) or _points_of_epochs(run)
    made.restore(keeper.nearest(step))
    made.go(step)
    return made


def _points_of_epochs(run: Run) -> list[tuple[int, float, float | None]]:
    """A point at the end of each epoch, for the curve of a run whose steps nobody watched."""
    found = []
    for row in run.state.history.rows:
        told = dict(zip(COLUMNS, row, strict=True))
        right = told["train_accuracy"]
        found.append((int(told["steps"]), told["train_loss"], None if np.isnan(right) else right))
    return found


def _points(folder: Path, last: int) -> list[tuple[int, float, float | None]]:
    """The points of the curve up to a step; none where they are not there or damaged: nothing depends on them."""
    try:
        points = read_tensors(folder / CURVE, as_written=True)[0]["points"].tolist()
        known = [(int(step), loss, None if np.isnan(right) else right) for step, loss, right in points]
    except (InputError, KeyError, TypeError, ValueError):
        return []
    return [point for point in known if point[0] <= last]
