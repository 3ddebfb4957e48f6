"""A run read back to be looked at: settings, history, the way of θ, the model; nothing is trained."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pellucid._files.latest import resolved
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.network import Network
from pellucid.core.progress import History
from pellucid.model.model import Model
from pellucid.model.model_file import load_model
from pellucid.runs import checkpoint, run_json
from pellucid.runs.settings import Settings


@dataclass(frozen=True)
class SavedRun:
    """What the folder of a run holds.

    ``about`` is run.json: versions, samples, result. ``steps`` (k,) are the steps after which the path keeps a θ, the
    rows of ``thetas`` (k, parameters). ``network`` is where training stands: after early stopping it is not the model.
    """

    folder: Path
    about: dict[str, Any]
    settings: Settings
    history: History
    steps: list[int]
    thetas: list[AnyArray]
    network: Network

    @property
    def result(self) -> dict[str, Any] | None:
        """What training came to, as JSON has it, or None where the run is not finished."""
        result: dict[str, Any] | None = self.about["result"]
        return result

    @cached_property
    def model(self) -> Model:
        """The trained model; raises InputError where the run is not finished."""
        return load_model(run_json.model_file(str(self.folder)))


def read_run(folder: Path | str) -> SavedRun:
    """Read a run's folder; "latest" is the last run that was started in this folder.

    Raises:
        InputError: it holds no run, or one of its files is damaged; or there is no last run.
    """
    folder = Path(resolved(folder))
    about = run_json.read(folder)
    settings: Settings = about["settings"]
    state = checkpoint.read(folder, settings, about["samples"]["train"])
    return SavedRun(
        folder,
        about,
        settings,
        state.history,
        state.snapshots.steps,
        state.snapshots.thetas,
        state.network,
    )


def is_run(path: str) -> bool:
    """Whether a path names the folder of a run."""
    return (Path(path) / run_json.NAME).is_file()


def open_run(path: str) -> SavedRun:
    """``read_run`` for an argument of the command line, which may name a model in its place.

    Raises:
        InputError: it is not the folder of a run.
    """
    if not is_run(path):
        raise InputError(f"{path}: is not the folder of a run, which this needs; give what pellucid train has made")
    return read_run(path)
