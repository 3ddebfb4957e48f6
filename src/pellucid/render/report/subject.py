"""What a report is about: a finished run, its data if they are still there, and what the network makes of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.core.arrays import AnyArray, Array
from pellucid.core.errors import InputError
from pellucid.core.network import Network
from pellucid.core.progress import History
from pellucid.datasets import Dataset, Samples, WeightedSamples
from pellucid.model.model import Model
from pellucid.runs import Run, SavedRun, Settings, own_data, run_json

MOST_SAMPLES = 10_000  # that the network is asked about


@dataclass(frozen=True)
class Subject:
    """A finished run.

    ``about`` is run.json. ``dataset`` is None where the data are not to be had; ``why`` then says so in a sentence.
    """

    folder: Path
    about: dict[str, Any]
    settings: Settings
    history: History
    model: Model
    dataset: Dataset | None
    why: str = ""

    @property
    def network(self) -> Network:
        """The trained network."""
        return self.model.network

    @property
    def result(self) -> dict[str, Any]:
        """What training came to, as JSON has it."""
        result: dict[str, Any] = self.about["result"]
        return result

    @property
    def samples(self) -> dict[str, int]:
        """How many samples each part has."""
        samples: dict[str, int] = self.about["samples"]
        return samples

    @property
    def name(self) -> str:
        """What the data are called."""
        return self.dataset.name if self.dataset is not None else self.settings.data

    @property
    def one(self) -> str:
        """What one of the data is called: a row of a table, else a sample."""
        return "sample" if self.model.preprocessing is None else "row"

    @property
    def judged(self) -> str:
        """The part whose score is the run's: test if there is one, else dev, else train."""
        return next(part for part in ("test", "dev", "train") if self.result[part] is not None)


@dataclass(frozen=True)
class Seen:
    """What the network makes of samples that are looked at closely: ``outputs`` (n, outputs) for X and y.

    Values are in the target's own units, where it was scaled.
    They are the first of ``total`` in ``part``, so that sample k is sample k of that part for every command.
    """

    part: str
    total: int
    X: AnyArray
    y: AnyArray
    outputs: Array


def subject(run: SavedRun | Run, dataset: Dataset | None = None) -> Subject:
    """What a report needs of a run, under way in this process or read back; its data are read unless given.

    Raises:
        InputError: the run is not finished.
    """
    if isinstance(run, Run):
        about, history = run_json.read(run.folder), run.state.history
        dataset = run.dataset if dataset is None else dataset
    else:
        about, history = run.about, run.history
    if about["result"] is None:
        raise InputError(
            f"{run.folder}: is not finished, and a report is on the end; go on with resume={str(run.folder)!r}"
        )
    why = ""
    if dataset is None:
        dataset, why = data_of(run.model)
    return Subject(run.folder, about, run.settings, history, run.model, dataset, why)


def data_of(model: Model) -> tuple[Dataset | None, str]:
    """The data that a run learned from, or None and why they are not to be had as they were."""
    try:
        return own_data(model), ""
    except InputError as error:
        return None, f"The data are not there as they were: {error}."


def see(about: Subject) -> Seen | None:
    """The predictions for at most ``MOST_SAMPLES`` samples of the part that is judged; None without data in memory."""
    found, plan = looked_at(about.dataset), about.model.preprocessing
    if found is None:
        return None
    part, samples = found
    X, y = samples.X[:MOST_SAMPLES], samples.y[:MOST_SAMPLES]
    y = y if plan is None or not plan.targets else plan.in_units(y)
    return Seen(part, len(samples.X), X, y, about.model.in_units().predict(X))


def looked_at(dataset: Dataset | None) -> tuple[str, Samples | WeightedSamples] | None:
    """The part whose samples are looked at, test, else dev, else train, and its name; None without one in memory."""
    for part in ("test", "dev", "train"):
        samples = None if dataset is None else getattr(dataset, part)
        if isinstance(samples, Samples | WeightedSamples):
            return part, samples
    return None
