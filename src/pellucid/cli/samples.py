"""Which samples a command looks at: those of the data that it names, the model's own, or one of them."""

from dataclasses import dataclass
from pathlib import Path

from pellucid import datasets, tables
from pellucid._text import counted
from pellucid.cli.models import is_model, target_in
from pellucid.cli.printing import note
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets import Frame, RawArrays, Samples, WeightedSamples
from pellucid.model.model import Model
from pellucid.model.preprocessing import Preprocessing
from pellucid.runs import own_data
from pellucid.runs.scores import parts


@dataclass(frozen=True)
class One:
    """One sample: what it is called, its inputs x (1, features), and its target y, (1,) or (1, k), if it is known."""

    name: str
    x: AnyArray
    y: AnyArray | None


def model_and_data(arguments: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Which of one or two arguments is the model, and which the data."""
    if len(arguments) > 2:
        raise InputError(f"{len(arguments)} arguments: give a model and data, at most")
    if len(arguments) == 2:
        if is_model(arguments[1]) and not is_model(arguments[0]):
            raise InputError(f"{arguments[0]} {arguments[1]}: the model comes first, then the data")
        return arguments
    if not arguments or is_model(arguments[0]):
        return (arguments[0] if arguments else None), None
    return None, arguments[0]


def samples_for(model: Model, data: str | None) -> tuple[str, Samples]:
    """The samples to look at, and what they are called: those of ``data``, or the model's own test or dev part."""
    name, samples = weighted_samples_for(model, data)
    return name, Samples(samples.X, samples.y)


def weighted_samples_for(model: Model, data: str | None) -> tuple[str, Samples | WeightedSamples]:
    """``samples_for``, with the weight of each where the table has a column of them."""
    if data is None:
        name, part, samples = own_samples(model)
        return f"{name} ({part})", samples
    net = model.network
    if data == "mnist":
        digits = datasets.mnist().test
        assert digits is not None
        X, y, name = digits.X, digits.y, "mnist (test)"
    elif model.preprocessing is not None:
        return data, _of_frame(model, _frame(model.preprocessing, data))
    else:
        table = _table(model, data)
        X, name = table.X, data
        if model.classes is not None:
            y = datasets.encode_labels(table, model.classes)
        else:
            assert table.y is not None
            y = table.y
    if X.shape[1] != net.sizes[0]:
        raise InputError(
            f"{name}: has {X.shape[1]} inputs a sample, but the model takes {net.sizes[0]}: give it data of that kind"
        )
    return name, Samples(X, y)


def own_samples(model: Model) -> tuple[str, str, Samples | WeightedSamples]:
    """The model's own test or dev part, else its training part: what the data are called, which part, the samples."""
    own = own_data(model)
    for part, samples in reversed(parts(own).items()):
        if isinstance(samples, Samples | WeightedSamples):
            return own.name, part, samples
    raise InputError(f"{own.name}: holds more than fits into memory, and no part was held out: name some data")


def _frame(plan: Preprocessing, data: str) -> Frame:
    return datasets.read_frame(data, as_text=datasets.texts_of(plan))


def _of_frame(model: Model, frame: Frame) -> Samples | WeightedSamples:
    weights = model.data.get("weights")
    if weights is not None and weights not in frame.columns:
        note(f"note: {frame.name} has no column {weights!r}, the weights in training: each row counts the same")
    return tables.samples(model, frame)


def _table(model: Model, data: str) -> RawArrays:
    """The data as the model takes them: pictures in a folder become as large as those that it learned from."""
    if Path(data).is_dir() and model.image_shape is not None:
        return datasets.read_folder(data, model.image_shape, model.picture_form)
    return datasets.read(data, target=target_in(model, data))


def one_sample(model: Model, data: str | None, number: int | None, image: Path | None) -> One:
    """Sample ``number`` of the data (from 0, which is usual), or a picture, whose target is not known.

    Raises:
        InputError: there is no such sample, or the picture is none that the model can take, or both are asked for.
    """
    if image is not None:
        if number is not None or data is not None:
            raise InputError(f"--image {image}: is the sample itself; leave out --sample and --data")
        if model.image_shape is None:
            raise InputError(
                f"--image {image}: the model takes {model.network.sizes[0]} numbers, no picture: --sample N"
            )
        return One(str(image), datasets.read_images([image], model.image_shape, model.picture_form), None)
    name, X, y = _with_or_without_targets(model, data)
    number = number or 0
    if not 0 <= number < len(X):
        raise InputError(f"--sample {number}: {name} has {counted(len(X), 'sample')}, 0 to {len(X) - 1}")
    rows = slice(number, number + 1)
    return One(f"sample {number} of {name}", X[rows], None if y is None else y[rows])


def _with_or_without_targets(model: Model, data: str | None) -> tuple[str, AnyArray, AnyArray | None]:
    """The samples to look at one of: their name, X (n, inputs), and y; None for a table that has no target."""
    plan = model.preprocessing
    if data is not None and plan is not None:
        frame = _frame(plan, data)
        targets = [target.name for target in plan.targets] or [str(model.data.get("target"))]
        if not frame.columns.keys() & set(targets):
            return data, datasets.inputs_of(frame, plan, model.network.dtype), None
        return data, *_of_frame(model, frame)[:2]
    name, samples = samples_for(model, data)
    return name, samples.X, samples.y
