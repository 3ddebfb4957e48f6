"""Tables and data frames: a network from one call, its predictions and scores, and which columns matter.

``fit`` does for a table in memory what ``pellucid train`` does for a file, without a folder.

>>> from pellucid import tables
>>> rooms = {"size": [20.0, 30.0, 40.0, 50.0] * 9, "let": ["no", "no", "yes", "yes"] * 9}
>>> tables.fit(rooms, "let", epochs=2).class_names
('no', 'yes')
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pellucid import datasets
from pellucid.core import checks, metrics
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.early_stopping import EarlyStopping
from pellucid.core.errors import InputError
from pellucid.core.metrics import Scores
from pellucid.core.progress import Epoch
from pellucid.core.training import train
from pellucid.datasets import Frame, Samples, WeightedSamples
from pellucid.model.model import Model, check_answers
from pellucid.model.preprocessing import Preprocessing
from pellucid.runs.prepare import Prepared, load_options, prepare
from pellucid.runs.scores import guess, score
from pellucid.runs.settings import from_recipe

__all__ = ["Importance", "evaluate", "fit", "importance", "predict", "probabilities", "samples"]

NOT_HERE = {"data", "start_from", "threads"}


def fit(
    data: Any,
    target: str | Iterable[str] | None = None,
    *,
    on_epoch: Callable[[Epoch], None] | None = None,
    **settings: Any,
) -> Model:
    """Train a network on a table.

    Args:
        data: a data frame of pandas, polars, PyArrow or whatever narwhals knows, a dict of columns, or the path of a
            ``.csv``, ``.tsv`` or ``.parquet`` file, a folder of such, or a pattern; these may be larger than memory.
        target: the column to predict; of several, whose values are numbers, a list.
        on_epoch: called after each epoch.
        settings: hyperparameters by their names in ``Settings``: ``task``, ``dev``, ``seed``, ``hidden``, ``epochs``,
            ``patience``, ``weights``, ``class_weights``, …; ``columns={"zip": "category"}`` says what
            columns are. Without ``dev``, rows are held back only where they are watched:
            with ``patience`` or ``on_epoch``.

    Returns:
        The model: the network, its preprocessing, class names. ``pellucid.save_model`` writes it to a file.

    Raises:
        InputError: a table, a target or a setting that cannot be.
        DivergenceError: the loss is no number any more.

    >>> import numpy as np
    >>> size = np.linspace(20.0, 200.0, 90)
    >>> model = fit({"size": size, "price": 3 * size}, "price", epochs=20)
    >>> model.preprocessing.inputs
    ('size',)
    """
    for name in NOT_HERE & set(settings):
        raise InputError(f"{name}={settings[name]!r}: is for a run in a folder of its own; leave it out")
    if target is not None and not isinstance(target, str):
        target = ",".join(map(str, target)) if isinstance(target, Iterable) else str(target)
    flags = from_recipe({**settings, "target": target}, "table")
    if flags.dev is None and flags.patience is None and on_epoch is None:
        flags = replace(flags, dev=0)  # nobody looks at it: all rows are there to learn from
    from_file = isinstance(data, str | Path)
    if from_file and datasets.large_table(data) is not None:
        dataset = datasets.load_with(data, load_options(flags))
    else:
        frame = datasets.read_frame(data, header=flags.header) if from_file else datasets.as_frame(data)
        dataset = datasets.load_table(frame, load_options(flags))
    prepared = prepare(flags, dataset)
    _train(prepared, on_epoch)
    about = {name: value for name, value in prepared.model.data.items() if name != "source"}  # it is in memory alone
    return replace(prepared.model, data=about, guess=guess(dataset, prepared.settings))


def _train(prepared: Prepared, on_epoch: Callable[[Epoch], None] | None) -> None:
    """Train the prepared network; with patience, leave it with the θ of its least dev loss."""
    settings, net = prepared.settings, prepared.model.network
    stopping = None if settings.patience is None else EarlyStopping(settings.patience)
    dev = prepared.dataset.dev if stopping is not None or on_epoch is not None else None
    data = prepared.dataset.train
    for epoch in train(net, data, prepared.optimizer, rng=prepared.rng, dev=dev, **settings.training()):
        if on_epoch is not None:
            on_epoch(epoch)
        if stopping is not None and epoch.dev is not None:
            stopping.see(epoch.number, epoch.dev.loss, net.theta)
            if stopping.is_over:
                break
    if stopping is not None and stopping.best_theta is not None:
        net.theta = stopping.best_theta


def predict(model: Model, data: Any) -> AnyArray:
    """What a model says of each row: class names (n,), or values in the target's units, (n,) or (n, targets).

    ``data`` is a data frame or the path of a table, as ``fit`` takes it; columns that the model does not know are left.

    Raises:
        InputError: a column is missing, holds another kind of values than the model learned from, or values so large
            that the answer is no number.

    >>> from pellucid.tables import fit
    >>> model = fit({"x": [0.0, 1.0] * 50, "y": ["no", "yes"] * 50}, "y", epochs=20)
    >>> predict(model, {"x": [1.0, 0.0]}).tolist()
    ['yes', 'no']
    """
    outputs = _outputs(model, data)
    if model.classes is not None:
        return np.array(model.classes, object)[metrics.labels(outputs)]  # one long name makes no other row long
    return outputs[:, 0] if outputs.shape[1] == 1 else outputs


def probabilities(model: Model, data: Any) -> Array:
    """How likely the model thinks each class, (n, classes), in the order of ``model.classes``.

    Raises:
        InputError: as ``predict`` does; and where the model predicts values.
    """
    if model.classes is None:
        raise InputError("probabilities: the model predicts values, not classes: use predict")
    return metrics.probabilities(_outputs(model, data))


def evaluate(model: Model, data: Any) -> Scores:
    """The scores of a model on a table that has its target: loss and accuracy; R² and RMSE in the target's units.

    Its ``baseline`` is what always saying the commonest class, or the mean, of the training part would score.

    >>> from pellucid.tables import fit
    >>> model = fit({"x": [0.0, 1.0, 2.0] * 40, "y": ["no", "yes", "yes"] * 40}, "y", epochs=20)
    >>> scores = evaluate(model, {"x": [0.0, 1.0], "y": ["no", "yes"]})
    >>> scores.accuracy, scores.baseline.accuracy
    (1.0, 0.5)

    Raises:
        InputError: as ``predict`` does; and where the target is missing.
    """
    return score(model, samples(model, data))


def samples(model: Model, data: Any) -> Samples | WeightedSamples:
    """A table's rows as the model takes them: inputs X (n, inputs), and scaled targets or class indices."""
    return datasets.samples_like(
        _frame(model, data),
        plan_of(model),
        target=str(model.data.get("target")),
        classes=model.classes,
        weights=model.data.get("weights"),
        dtype=model.network.dtype,
    )


def plan_of(model: Model) -> Preprocessing:
    """The preprocessing of a model that learned from a table; raises InputError for another one."""
    if model.preprocessing is None:
        raise InputError("the model did not learn from a table with named columns: use model.network.predict(X)")
    return model.preprocessing


def _outputs(model: Model, data: Any) -> Array:
    frame = _frame(model, data)
    X = datasets.inputs_of(frame, plan_of(model), model.network.dtype)
    return check_answers(model.in_units().predict(X), frame.place)


def _frame(model: Model, data: Any) -> Frame:
    if isinstance(data, Frame):
        return data
    if isinstance(data, str | Path):
        return datasets.read_frame(data, names=plan_of(model).names)
    return datasets.as_frame(data)


@dataclass(frozen=True)
class Importance:
    """How much a column matters.

    ``drop`` is the mean loss of accuracy, or of R², when its values are shuffled among the rows; ``spread`` the
    standard deviation over the shuffles; ``loss`` how much the loss rises.
    """

    name: str
    drop: float
    spread: float
    loss: float


def importance(
    model: Model,
    samples: Samples | WeightedSamples,
    *,
    repeats: int = 5,
    rng: np.random.Generator,
    after_each: Callable[[int], None] | None = None,
) -> list[Importance]:
    """How much each column matters for the model's score on some samples, the greatest first.

    A column's inputs (all levels of a category, all parts of a date) are shuffled together, ``repeats`` times. Columns
    that say the same share their importance: shuffling one of them leaves the other.

    Args:
        model: a trained model; without preprocessing each input is a column.
        samples: best some that it did not learn from.
        repeats: shuffles of each column.
        rng: draws the shuffles.
        after_each: called with the number of columns done.

    >>> from pellucid.tables import fit, samples
    >>> rng = np.random.default_rng(0)
    >>> table = {"x": rng.normal(size=300), "noise": rng.normal(size=300)}
    >>> table["y"] = 3 * table["x"]
    >>> model = fit(table, "y", epochs=30)
    >>> [column.name for column in importance(model, samples(model, table), rng=rng)]
    ['x', 'noise']
    """
    checks.count(repeats, "repeats")
    if len(samples.X) < 2:
        raise InputError("importance: one sample cannot be shuffled: give at least 2, better hundreds")
    whole = score(model, samples)
    names, places = _columns(model)
    X = np.array(samples.X)
    found = []
    for number, (name, place) in enumerate(zip(names, places, strict=True), start=1):
        own = X[:, place].copy()
        drops, losses = np.empty(repeats), np.empty(repeats)
        for k in range(repeats):
            X[:, place] = own[rng.permutation(len(X))]
            shuffled = score(model, samples._replace(X=X))
            drops[k], losses[k] = _goodness(whole) - _goodness(shuffled), shuffled.loss - whole.loss
        X[:, place] = own
        found.append(Importance(name, float(drops.mean()), float(drops.std()), float(losses.mean())))
        if after_each is not None:
            after_each(number)
    return sorted(found, key=lambda column: (-column.drop, -column.loss))


def _columns(model: Model) -> tuple[tuple[str, ...], list[slice]]:
    plan = model.preprocessing
    if plan is None:
        names = model.feature_names
        return names, [slice(k, k + 1) for k in range(len(names))]
    return tuple(column.name for column in plan.columns), plan.places()


def _goodness(scores: Scores) -> float:
    value = scores.accuracy if scores.accuracy is not None else scores.r2
    return float("nan") if value is None else value
