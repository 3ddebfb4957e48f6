"""What the studio is opened with: a model, a run, or data; and a new network on data that were chosen in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import pellucid
from pellucid.core.errors import InputError
from pellucid.datasets import Dataset
from pellucid.model.model import Model
from pellucid.model.model_file import load_model
from pellucid.runs import Settings, from_recipe, is_run, lock, own_data, prepare, read_run, usual_recipe
from pellucid.runs.prepare import CHECKSUM, HOW_TO_SPLIT, OF_TABLES, describe_model, load_data
from pellucid.studio import branches, toys, uploads
from pellucid.studio.published import Seen
from pellucid.studio.uploads import Source
from pellucid.studio.worker import Plan

PACKAGED = Path(pellucid.__file__).parent / "model" / "digits.safetensors"
MNIST = Source("mnist", "mnist", "mnist")
HOME = Path("runs")
MOST_PARAMETERS = 2**24  # that are trained while somebody watches
NOT_ASKED_FOR = ("data", "start_from", "engine", "threads")  # which no request decides: two are places of files


@dataclass(frozen=True)
class Opening:
    """A model to look at, its data, if they are read already, and what the process of the training is to do."""

    name: str
    model: Model
    seen: Seen
    plan: Plan
    settings: Settings
    source: Source
    dataset: Dataset | None = None

    def data(self) -> Dataset:
        """The data, read now where they were not yet.

        Raises:
            InputError: they cannot be read, or are others by now.
        """
        return self.dataset if self.dataset is not None else own_data(self.model)


def opening(place: str | None, home: Path = HOME) -> Opening:
    """What an argument of the command line opens: a run, a model, or data; without one, the digit model.

    Raises:
        InputError: there is no such thing, or it is damaged.
    """
    if place is None:
        return _of_model(str(PACKAGED), "digits", home)
    if is_run(place):
        return _of_run(Path(place))
    if place.endswith(".safetensors"):
        return _of_model(place, Path(place).name, home)
    return new(MNIST if place == "mnist" else Source("opened", Path(place).name or place, place), {}, home)


def _of_model(path: str, name: str, home: Path) -> Opening:
    """A model, which is trained on from its weights: with the usual settings, on its own data."""
    model = load_model(path)
    data = str(model.data.get("source") or "mnist")
    known = (*HOW_TO_SPLIT, *(OF_TABLES if model.preprocessing is not None else ()))
    given = {each: model.data[each] for each in known if model.data.get(each) not in (None, [], ())}
    given.pop(CHECKSUM, None)
    usual = "table" if model.preprocessing is not None else "default"
    settings = from_recipe({**given, "data": data, "start_from": path, "dtype": str(model.network.dtype)}, usual)
    source = MNIST if data == "mnist" else Source("opened", Path(data).name, data)
    return Opening(name, model, _seen(model), Plan(settings.as_json(), str(home)), settings, source)


def _of_run(folder: Path) -> Opening:
    """A run, where it stands; the process of the training reads the rest of it, and holds its lock."""
    run = read_run(folder)
    lock.take(folder)  # and let it go at once: this says now whether another process trains there
    source, dataset = run.settings.data, load_data(run.settings, plan=run.about["plan"])
    model = describe_model(run.network, run.settings, dataset)
    place = run.folder.resolve() if run.folder.is_symlink() else run.folder  # "latest" will stand for another one
    left_out: tuple[str, ...] = ()
    try:
        active, beside = branches.read(place)
    except InputError as error:
        active, beside, left_out = "a", [branches.alone(place)], (str(error),)
    plan = Plan(run.settings.as_json(), str(place.parent), tuple(beside), active, left_out)
    known = MNIST if source == "mnist" else Source("opened", Path(source).name, source)
    return Opening(folder.name, model, _seen(model), plan, run.settings, known, dataset)


def _seen(model: Model) -> Seen:
    """A model's θ as if it had been published."""
    return Seen(model.network.theta.copy(), 0, 0, 0, 0, 0, "a", "paused", np.nan, np.nan, np.nan)


def new(source: Source, asked: Mapping[str, Any], home: Path) -> Opening:
    """A new network on some data, with the settings that are asked for.

    Raises:
        InputError: a setting that cannot be, or that no request may decide; data that cannot be read.
    """
    given = {**(toys.SETTINGS if source.id in toys.TOYS else {}), **asked}
    for name in NOT_ASKED_FOR:
        if name in given:
            raise InputError(f"{name}: cannot be asked for here; leave it out")
    target = given.get("target")
    if target is not None and (not isinstance(target, str) or target.endswith(".npy") or "/" in target):
        raise InputError(f"target={str(target)[:40]!r}: give the name of a column")
    try:
        settings = from_recipe({**given, "data": source.path}, usual_recipe(source.path, target))
        if settings.patience is not None:
            raise InputError("patience: the studio stops where you say so; leave it out")
        dataset = load_data(settings)
        _check_size(settings, dataset)
        prepared = prepare(settings, dataset)
    except (TypeError, AttributeError) as error:  # of a value of another kind than any setting has
        raise InputError(f"settings: one of them cannot be used ({error}); correct it") from None
    model, plan = prepared.model, Plan(settings.as_json(), str(home))
    return Opening(source.name, model, _seen(model), plan, prepared.settings, source, dataset)


def _check_size(settings: Settings, dataset: Dataset) -> None:
    sizes = [dataset.train.shape[1], *settings.hidden]
    if sum((a + 1) * b for a, b in pairwise(sizes)) > MOST_PARAMETERS:
        raise InputError(f"hidden={settings.hidden}: more than {MOST_PARAMETERS:,} parameters; take smaller layers")


def source_of(key: object, known: Mapping[str, Source], home: Path) -> Source:
    """The data of an id.

    Raises:
        InputError: there are none.
    """
    if isinstance(key, str) and key in toys.TOYS:
        return Source(key, toys.TOYS[key].name, str(toys.file_of(key, home / uploads.FOLDER)))
    if isinstance(key, str) and key in known:
        return known[key]
    raise InputError(f"data={str(key)[:40]!r}: there are none of that id; send them first")
