"""From settings to what a run works with: the data, the network at its start, the optimiser."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pellucid import datasets
from pellucid.core import checks, threads
from pellucid.core.activations import ACTIVATIONS
from pellucid.core.errors import InputError
from pellucid.core.initializers import INITIALIZERS
from pellucid.core.losses import LOSSES, Loss
from pellucid.core.network import Network, count_parameters
from pellucid.core.optimizers import OPTIMIZERS, Optimizer
from pellucid.datasets import Dataset, LoadOptions
from pellucid.model.model import Model
from pellucid.model.model_file import load_model
from pellucid.model.preprocessing import Preprocessing
from pellucid.runs import run_json
from pellucid.runs.settings import Settings

HOW_TO_SPLIT = ("target", "task", "dev", "test", "seed")
CACHE = ".cache"  # in the folder of runs
CHECKSUM = "checksum"  # the checksums of the data that a finished run's model learned from
OF_TABLES = ("columns", "missing", "header", "weights", "class_weights")
FEW_ROWS = 2_000  # of a table, up to which its weights are held down the most
STEPS = 5_000  # that are usual for a table
MOST_PARAMETERS = 2**28  # a gigabyte in float32, several with gradients and the optimiser's memory


@dataclass(frozen=True)
class Prepared:
    """All that a run starts with; ``settings`` have their gaps filled."""

    settings: Settings
    dataset: Dataset
    model: Model
    optimizer: Optimizer
    rng: np.random.Generator


def prepare(settings: Settings, dataset: Dataset | None = None, *, beside: Path | None = None) -> Prepared:
    """Read the data, unless they are here already, and make the network and the optimiser that the settings ask for.

    ``beside`` is the folder of runs in which a table larger than memory may be cached.

    Three random streams come from the one seed: for the split, for the start, and for training.

    Raises:
        InputError: data that cannot be read or does not fit the settings.
    """
    dataset = load_data(settings, beside=beside) if dataset is None else dataset
    if settings.patience is not None and dataset.dev is None:
        raise InputError(
            f"patience={settings.patience} waits for the dev loss, but there are no dev data: leave out dev=0"
        )
    start, course = np.random.SeedSequence(settings.seed).spawn(2)
    net = _network(settings, dataset, np.random.default_rng(start))
    settings = _completed(settings, net, dataset.train.shape[0])
    model = describe_model(net, settings, dataset)
    return Prepared(settings, dataset, model, make_optimizer(settings), np.random.default_rng(course))


def usual_recipe(data: str | None, target: str | None = None) -> str:
    """The recipe that is usual for some data: "table" for a table, else "default".

    Raises:
        InputError: the data cannot be read.
    """
    return "table" if data not in (None, "mnist") and datasets.kind_of(data, target) == "table" else "default"


def load_data(settings: Settings, *, beside: Path | None = None, plan: Preprocessing | None = None) -> Dataset:
    """The data that the settings name, split as they say; raises InputError where it cannot be read.

    The columns of a table become what ``plan`` says, else the model that is gone on from, else what they call for.
    """
    if plan is None and settings.start_from is not None:
        plan = load_model(run_json.model_file(settings.start_from)).preprocessing
    cache = None if beside is None or settings.cache == "off" else beside / CACHE
    return datasets.load_with(settings.data, replace(load_options(settings), plan=plan, cache=cache))


def load_options(settings: Settings) -> LoadOptions:
    """What the settings say of how the data are loaded and split."""
    of_data = (*HOW_TO_SPLIT, *OF_TABLES, "counts", "dtype")
    return LoadOptions(**{name: getattr(settings, name) for name in of_data})


def describe_model(net: Network, settings: Settings, dataset: Dataset) -> Model:
    """A network with the names of what goes in and comes out, and the way back to its data."""
    source = {"source": settings.data, **{name: getattr(settings, name) for name in HOW_TO_SPLIT}}
    if dataset.preprocessing is not None:
        source |= {name: getattr(settings, name) for name in OF_TABLES}
        names = [column.name for column in dataset.understood if column.kind == "target"]  # in the table's order
        source["target"] = ",".join([target.name for target in dataset.preprocessing.targets] or names)
    return Model(
        net,
        dataset.classes,
        dataset.features,
        dataset.image_shape,
        source,
        picture_form=dataset.picture_form,
        preprocessing=dataset.preprocessing,
    )


def make_optimizer(settings: Settings) -> Optimizer:
    """The optimiser that complete settings name, with an empty memory."""
    assert settings.learning_rate is not None
    assert settings.weight_decay is not None
    return OPTIMIZERS[settings.optimizer](settings.learning_rate, weight_decay=settings.weight_decay)


def own_data(model: Model) -> Dataset:
    """The data that a model learned from, split as it was then.

    Raises:
        InputError: the model does not say which, they cannot be read, or they are others by now.
    """
    about = dict(model.data)
    if not isinstance(about.get("source"), str) or set(about) - {"source", CHECKSUM, *HOW_TO_SPLIT, *OF_TABLES}:
        raise InputError("the model does not say what data it learned from: name some, such as mnist")
    checks.count(about.get("seed", 0), "the seed of the model's data", least=0)
    for name in ("dev", "test"):
        if about.get(name) is not None:
            checks.number(about[name], f"the {name} part of the model's data")
    checksum, source = about.pop(CHECKSUM, None), about.pop("source")
    for name in ("columns", "missing"):
        about[name] = tuple(map(str, about.get(name) or ()))
    own = datasets.load_with(source, LoadOptions(**about, plan=model.preprocessing, dtype=model.network.dtype))
    inputs, takes = own.train.shape[1], model.network.sizes[0]
    if inputs != takes:
        raise InputError(
            f"{own.name}: has {inputs} inputs a sample by now, but the model learned from {takes}: "
            "bring the file back, or name other data"
        )
    if model.classes is not None and own.classes != model.classes:
        raise InputError(
            f"{own.name}: holds other classes by now than the model learned: bring the file back, or name other data"
        )
    if checksum is not None and (changed := run_json.changed(checksum, run_json.checksums(own))):
        raise InputError(
            f"{own.name}: is not what it was when the model learned from it: {changed} differ, so the part held back "
            "then is not known; bring the file back, or name the data to take all of it"
        )
    return own


def _network(settings: Settings, dataset: Dataset, rng: np.random.Generator) -> Network:
    if settings.start_from is not None:
        return _continued(settings, dataset)
    loss = _loss(settings, dataset)
    sizes = [dataset.train.shape[1], *settings.hidden, _outputs(dataset, loss)]
    _check_size(sizes)
    hidden = [ACTIVATIONS[name]() for name in settings.activation]
    if len(hidden) == 1:
        hidden *= len(settings.hidden)
    return Network(
        sizes, activation=hidden, loss=loss, init=INITIALIZERS[settings.init](), dtype=settings.dtype, rng=rng
    )


def _continued(settings: Settings, dataset: Dataset) -> Network:
    """The network of ``start_from``, which must fit the data and the settings beside it."""
    model = load_model(run_json.model_file(str(settings.start_from)))
    net, here = model.network, f"start_from={settings.start_from!r}"
    _check_loss(net.loss, dataset)
    inputs, outputs = dataset.train.shape[1], _outputs(dataset, net.loss)
    if net.sizes[0] != inputs or net.sizes[-1] != outputs:
        raise InputError(
            f"{here}: its network has {net.sizes[0]} inputs and {net.sizes[-1]} outputs, but {dataset.name} needs "
            f"{inputs} and {outputs}: leave it out, to train a new network"
        )
    if model.classes is not None and dataset.classes is not None and model.classes != dataset.classes:
        raise InputError(
            f"{here}: it tells {', '.join(model.classes)} apart, but {dataset.name} holds "
            f"{', '.join(dataset.classes)}: leave it out, to train a new network"
        )
    return net.astype(settings.dtype)


def _loss(settings: Settings, dataset: Dataset) -> Loss:
    loss: Loss = LOSSES[settings.loss or _usual_loss(dataset)]()
    _check_loss(loss, dataset)
    return loss


def _usual_loss(dataset: Dataset) -> str:
    return "cross-entropy" if dataset.classes is not None else "squared-error"


def _check_loss(loss: Loss, dataset: Dataset) -> None:
    usual, classes = f"use loss={_usual_loss(dataset)!r}", dataset.classes
    reason = None
    if classes is None and loss.kind != "values":
        reason = f"is for classes, but {dataset.name} has values to predict: {usual}"
    elif classes is not None and loss.kind == "values":
        reason = f"is for values, but {dataset.name} has classes: {usual}, or task='regression'"
    elif classes is not None and loss.kind == "probabilities" and len(classes) != 2:
        reason = f"tells two classes apart, but {dataset.name} has {len(classes)}: {usual}"
    if reason is not None:
        raise InputError(f"loss={loss.name!r} {reason}")


def _outputs(dataset: Dataset, loss: Loss) -> int:
    if dataset.classes is None:
        return math.prod(dataset.train.target_shape)
    return 1 if loss.kind == "probabilities" else len(dataset.classes)


def _check_size(sizes: list[int]) -> None:
    parameters = count_parameters(sizes)
    if parameters > MOST_PARAMETERS:
        raise InputError(
            f"hidden={tuple(sizes[1:-1])}: a network {'-'.join(map(str, sizes))} has {parameters:,} parameters, more "
            f"than the {MOST_PARAMETERS:,} that are trained here: take smaller layers"
        )


def usual_epochs(samples: int, batch_size: int) -> int:
    """Passes over a table that come to some 5,000 steps, at least 15 and at most 40.

    >>> usual_epochs(150, 32), usual_epochs(5_000, 32), usual_epochs(1_000_000, 32)
    (40, 32, 15)
    """
    steps = -(-samples // batch_size)
    return min(max(-(-STEPS // steps), 15), 40)


def usual_decay(samples: int) -> float:
    """The weight decay of AdamW on a table: 0.3, and the less the more rows beyond 2,000 there are.

    >>> usual_decay(500), usual_decay(20_000)
    (0.3, 0.03)
    """
    return round(0.3 * min(1.0, FEW_ROWS / samples), 6)


def _completed(settings: Settings, net: Network, samples: int) -> Settings:
    """The settings with what the flags left open: they must say all that a resumed run needs."""
    filled: dict[str, Any] = {"hidden": net.sizes[1:-1], "loss": net.loss.name}
    if settings.epochs is None:
        filled["epochs"] = usual_epochs(samples, settings.batch_size or samples)
    filled["activation"] = tuple(layer.activation.name for layer in net.layers[:-1]) or settings.activation
    if settings.learning_rate is None:
        filled["learning_rate"] = OPTIMIZERS[settings.optimizer].usual_rate
    if settings.weight_decay is None:
        of_table = settings.recipe == "table" and settings.optimizer == "adamw"
        filled["weight_decay"] = usual_decay(samples) if of_table else OPTIMIZERS[settings.optimizer].usual_decay
    if settings.threads is None:
        filled["threads"] = threads.best(net.sizes, min(settings.batch_size or samples, samples))
    return replace(settings, **filled)
