"""Which samples a command looks at: those of the data that it names, the model's own, or one of them."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pellucid import datasets, tables
from pellucid._text import counted
from pellucid.analysis.explain import Row
from pellucid.cli.large import large_table
from pellucid.cli.models import is_model, target_in
from pellucid.cli.printing import note
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets import Dataset, Frame, RawArrays, Samples, WeightedSamples
from pellucid.model.model import Model
from pellucid.model.preprocessing import Preprocessing
from pellucid.runs import own_data
from pellucid.runs.learned import divided
from pellucid.runs.prepare import CHECKSUM
from pellucid.runs.scores import Part, parts

MOST_OF_LARGE = 100_000  # rows of a table larger than memory
MEANS = "the training's numbers, and no category"  # where the rows themselves are not to be had


@dataclass(frozen=True)
class Chosen:
    """Samples to look at, what they are called, and where sample i stands.

    Of a table, ``rows`` (n,) are those of its ``file``, from 0, the first of which people call ``first``. Of the
    model's own data they are a ``part``.
    """

    name: str
    samples: Samples | WeightedSamples
    file: str
    rows: AnyArray | None = None
    first: int = 0
    part: str | None = None

    def place(self, i: int) -> str:
        """Where sample i stands, as a person would look for it: penguins.csv, row 19."""
        return f"{self.name}, sample {i}" if self.rows is None else f"{self.file}, row {self.rows[i] + self.first}"

    def in_json(self, i: int) -> dict[str, Any]:
        """Of a table the row of sample i, which counts from 1 below the header, and its place in words."""
        return {} if self.rows is None else {"row": int(self.rows[i]) + 1, "place": self.place(i)}

    def called(self, i: int) -> str:
        """Sample i in a sentence: row 19 of penguins.csv."""
        return f"{self.place(i).rpartition(', ')[2]} of {self.name}"

    def count(self, some: int | None = None) -> str:
        """How many there are, or are some of them: rows of a table, else samples."""
        return counted(len(self.samples.X) if some is None else some, "sample" if self.rows is None else "row")


@dataclass(frozen=True)
class One:
    """One sample: what it is called, its inputs x (1, features), and its target y, (1,) or (1, k), if it is known.

    Of a table, ``row`` is the one of its ``file``, from 0, and ``place`` says where it stands.
    """

    name: str
    x: AnyArray
    y: AnyArray | None
    file: str = ""
    row: int | None = None
    place: str = ""


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
    chosen = chosen_for(model, data)
    return chosen.name, Samples(chosen.samples.X, chosen.samples.y)


def chosen_for(model: Model, data: str | None, limit: int = MOST_OF_LARGE) -> Chosen:
    """The samples to look at, with their weights where the table has a column of them, and the place of each.

    Of a table larger than memory they are about ``limit`` rows from all over it.
    """
    if data is None:
        own = own_data(model)
        part = next((part for part in ("test", "dev", "train") if _part(own, part) is not None), None)
        if part is None:
            raise InputError(f"{own.name}: holds more than fits into memory, and no part was held out: name some data")
        return _of_part(own, part)
    net = model.network
    if model.preprocessing is not None:
        large = datasets.large_table(data, model.preprocessing.names)
        if large is not None:
            note(f"note: {data} is larger than memory: about {limit:,} rows from all over it are taken")
            return replace(_of_frame(model, datasets.some_rows(large, limit)), rows=None)
        return _of_frame(model, _frame(model.preprocessing, data))
    if data == "mnist":
        digits = datasets.mnist().test
        assert digits is not None
        X, y, name = digits.X, digits.y, "mnist (test)"
        chosen = Chosen(name, Samples(X, y), data)
    else:
        packaged = model.data.get("source") == "mnist" and CHECKSUM not in model.data
        refuse_table(model, data, how="name the run that learned from such a table" if packaged else None)
        table = _table(model, data)
        if model.classes is not None:
            y = datasets.encode_labels(table, model.classes)
        else:
            assert table.y is not None
            y = table.y
        rows = np.arange(len(table.X)) if table.form in ("csv", "parquet") else None
        chosen = Chosen(data, Samples(table.X, y), data, rows, table.first)
    if chosen.samples.X.shape[1] != net.sizes[0]:
        raise InputError(
            f"{chosen.name}: has {chosen.samples.X.shape[1]} inputs a sample, but the model takes {net.sizes[0]}: "
            "give it data of that kind"
        )
    return chosen


def _part(own: Dataset, part: str) -> Samples | WeightedSamples | None:
    """A part of a data set, if it has one in memory."""
    found = parts(own).get(part)
    return found if isinstance(found, Samples | WeightedSamples) else None


def _of_part(own: Dataset, part: str) -> Chosen:
    name, samples = f"{own.name} ({part})", _part(own, part)
    assert samples is not None
    if own.rows is None:
        return Chosen(name, samples, own.name, part=part)
    rows = own.rows[("train", "dev", "test").index(part)]
    return Chosen(name, samples, own.name, rows, own.first_row, part)


def by_part(model: Model, chosen: Chosen) -> dict[str, Part] | None:
    """The samples by the part of the model's own data that they are in, where that is known."""
    if chosen.part is not None:
        return {chosen.part: chosen.samples}
    own = model.data.get("source")
    try:
        if isinstance(own, str) and large_table(own, model) is not None:
            note("note: the model learned from a table larger than memory: these samples were not compared with it")
            return None
        return divided(model, chosen.samples, chosen.file)
    except InputError as error:
        note(f"note: not known whether the model learned from these samples; its own data could not be read: {error}")
        return None


def true_answers(model: Model, chosen: Chosen) -> list[list[Any]]:
    """What is true of each sample: the name of its class, or its values, as their file has them."""
    y, plan = chosen.samples.y, model.preprocessing
    if model.network.loss.kind != "values":
        names = model.class_names
        several = y.ndim == 2 and y.shape[1] > 1
        return list(y.tolist()) if several else [[names[int(k)]] for k in y.ravel()]
    if plan is None or chosen.rows is None:
        return list(y.tolist())
    frame = _frame(plan, chosen.file)
    found = datasets.targets_like(frame, plan, target="", classes=None).values()
    held = [column.values[chosen.rows] for column in found if column.values is not None]
    whole = [bool((values % 1 == 0).all()) for values in held]
    return [[int(v) if w else v for v, w in zip(row, whole, strict=True)] for row in np.stack(held, 1).tolist()]


def _frame(plan: Preprocessing, data: str) -> Frame:
    return datasets.read_frame(data, names=plan.names)


def _of_frame(model: Model, frame: Frame) -> Chosen:
    weights = model.data.get("weights")
    if weights is not None and weights not in frame.stored:
        note(f"note: {frame.name} has no column {weights!r}, the weights in training: each row counts the same")
    samples = tables.samples(model, frame)
    rows = datasets.target_rows(frame, tables.plan_of(model), target=_targets(model)[0], classes=model.classes)
    return Chosen(frame.name, samples, frame.name, rows, frame.first)


def _targets(model: Model) -> list[str]:
    """The columns that a model of a table predicts."""
    scaled = [] if model.preprocessing is None else [target.name for target in model.preprocessing.targets]
    return scaled or [str(model.data.get("target"))]


def refuse_table(model: Model, data: str, *, how: str | None) -> None:
    """Raise InputError for a table of columns where the model has no preprocessing for one.

    ``how`` to name another model is said where it is the one that comes with pellucid.
    """
    if datasets.kind_of(data, arrays=True) != "table":
        return
    if how is not None:
        raise InputError(
            f"{data}: is a table, and no model is named; the one that comes with pellucid reads digits: {how}"
        )
    raise InputError(
        f"{data}: is a table with columns of its own, but the model holds no preprocessing for one (a state_dict "
        f"and an ONNX graph of others bring none): give its {model.network.sizes[0]} inputs a row, in a .npz or .npy"
    )


def _table(model: Model, data: str) -> RawArrays:
    """The data as the model takes them: pictures in a folder become as large as those that it learned from."""
    if Path(data).is_dir() and model.image_shape is not None:
        return datasets.read_folder(data, model.image_shape, model.picture_form)
    return datasets.read(data, target=target_in(model, data))


def one_sample(model: Model, data: str | None, number: int | None, image: Path | None, row: int | None = None) -> One:
    """Sample ``number`` of the data (from 0, which is usual), or a picture, whose target is not known.

    ``row`` is that of a table's file, as people count them; without ``data`` it may be one that was learned from.

    Raises:
        InputError: there is no such sample, or the picture is none that the model can take, or two are asked for.
    """
    if image is not None:
        if number is not None or data is not None or row is not None:
            flags = "--sample and --data" if row is None else "--row"
            raise InputError(f"--image {image}: is the sample itself; leave out {flags}")
        if model.image_shape is None:
            raise InputError(
                f"--image {image}: the model takes {model.network.sizes[0]} numbers, no picture: --sample N"
            )
        return One(str(image), datasets.read_images([image], model.image_shape, model.picture_form), None)
    if row is not None:
        if number is not None:
            raise InputError(f"--row {row} and --sample {number}: choose one of them")
        return _in_row(model, data, row)
    chosen, has_target = _with_or_without_targets(model, data)
    number, n = number or 0, len(chosen.samples.X)
    if not 0 <= number < n:
        raise InputError(f"--sample {number}: {chosen.name} has {chosen.count()}, 0 to {n - 1}")
    return _one(chosen, number, has_target=has_target)


def _one(chosen: Chosen, i: int, *, has_target: bool) -> One:
    one, row = slice(i, i + 1), None if chosen.rows is None else int(chosen.rows[i])
    y = chosen.samples.y[one] if has_target else None
    return One(chosen.called(i), chosen.samples.X[one], y, chosen.file, row, chosen.place(i))


def _in_row(model: Model, data: str | None, row: int) -> One:
    """The sample in a row of a table, which people call so; of the model's own table whatever part it is in."""
    if data is None:
        own = own_data(model)
        every, has_target = [_of_part(own, part) for part in parts(own) if _part(own, part) is not None], True
    else:
        chosen, has_target = _with_or_without_targets(model, data)
        every = [chosen]
    for chosen in every:
        if chosen.rows is None:
            raise InputError(f"--row {row}: {chosen.file} is no table; take --sample N, which counts from 0")
        for i in np.flatnonzero(chosen.rows + chosen.first == row):
            return _one(chosen, int(i), has_target=has_target)
    rows = np.concatenate([chosen.rows + chosen.first for chosen in every if chosen.rows is not None])
    why = "has no target in that row" if rows.min() <= row <= rows.max() else "has no such row"
    raise InputError(f"--row {row}: {every[0].file} {why}; take one from {rows.min()} to {rows.max()}")


def row_of(model: Model, one: One) -> Row | None:
    """What there is to explain of a row beside its inputs; None of a sample that is in no table."""
    if one.row is None or model.preprocessing is None:
        return None
    cells = {
        name: texts[one.row] for name, texts in datasets.read_cells(one.file, names=model.preprocessing.names).items()
    }
    return Row(one.row, one.place, cells, *_reference(model))


def _reference(model: Model) -> tuple[AnyArray, str]:
    """The inputs that a row is compared with, and what they are the mean of."""
    try:
        learned = _part(own_data(model), "train")
    except InputError:
        learned = None
    if learned is None:
        return np.zeros(model.network.sizes[0]), MEANS
    mean = np.asarray(learned.X.mean(axis=0, dtype=np.float64))
    return mean, f"the {counted(len(learned.X), 'row')} that the model learned from"


def _with_or_without_targets(model: Model, data: str | None) -> tuple[Chosen, bool]:
    """The samples to look at one of, and whether they have targets: a table may have none."""
    plan = model.preprocessing
    if data is not None and plan is not None:
        frame = _frame(plan, data)
        if not set(frame.names) & set(_targets(model)):
            X = datasets.inputs_of(frame, plan, model.network.dtype)
            samples = Samples(X, np.empty((len(X), 0)))
            return Chosen(data, samples, data, np.arange(len(X)), frame.first), False
        return _of_frame(model, frame), True
    return chosen_for(model, data), True
