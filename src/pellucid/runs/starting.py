"""How a run begins: its folder is made, all at once; or it is read back from one, to go on.

The folder appears together with ``run.json`` and a checkpoint of step 0. From then on there is always a whole
checkpoint in it.
"""

import os
from dataclasses import replace
from pathlib import Path

from pellucid._files.latest import resolved
from pellucid._files.writing import folder_beside, sweep
from pellucid.core.early_stopping import EarlyStopping
from pellucid.core.errors import InputError
from pellucid.model.preprocessing import Preprocessing
from pellucid.runs import checkpoint, lock, run_json
from pellucid.runs.checkpoint import State
from pellucid.runs.prepare import Prepared, describe_model, load_data
from pellucid.runs.ranks import EndedTogether, Ranks, compare, pass_on, pass_on_state, take_own_sums, together
from pellucid.runs.run import HELD, Run
from pellucid.runs.settings import Settings
from pellucid.runs.snapshots import Snapshots


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
    together(ranks, run.epochs)  # what training would refuse, it refuses now, before anything is written
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
    dataset = load_data(settings, beside=Path(os.path.realpath(folder)).parent, plan=about["plan"])
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
    run.ranks_before, run.plan = about["ranks"], about["plan"]
    return run, started


def _read_back_together(folder: Path, epochs: int | None, ranks: Ranks) -> tuple[Run, int]:
    """A run read back by rank 0; the others get its settings and its state, and read the data themselves."""
    read = together(ranks, lambda: _read_back(folder, epochs, ranks) if ranks.rank == 0 else None)
    about = None
    if read:
        plan = None if read[0].plan is None else read[0].plan.as_json()
        about = [read[0].settings.as_json(), plan, read[0].result is not None, read[1]]
    values, plan, finished, started = pass_on(ranks, about)
    if finished and read is None:
        raise EndedTogether(0)
    if finished and read is not None:
        return read
    settings = replace(Settings.from_json(values), engine="numpy")  # the only one that several ranks have
    beside = Path(os.path.realpath(folder)).parent
    known = None if plan is None else Preprocessing.from_json(plan)
    dataset = together(ranks, lambda: read[0].dataset if read else load_data(settings, beside=beside, plan=known))
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
        run.epochs()
    except InputError as error:
        raise InputError(f"{run.folder}: was started with {error}") from None
