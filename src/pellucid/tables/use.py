"""A model that learned from a table, used on another: predictions, probabilities, scores."""

from pathlib import Path
from typing import Any

import numpy as np

from pellucid import checks, datasets, metrics
from pellucid.arrays import AnyArray, Array
from pellucid.datasets import Frame, Samples, WeightedSamples
from pellucid.errors import InputError
from pellucid.evaluation import Scores
from pellucid.preprocessing import Preprocessing
from pellucid.runs.scores import score
from pellucid.storage import Model


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
        return np.array(model.classes)[metrics.labels(outputs)]
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
    return checks.answers(model.in_units().predict(X), frame.place)


def _frame(model: Model, data: Any) -> Frame:
    if isinstance(data, Frame):
        return data
    if isinstance(data, str | Path):
        return datasets.read_frame(data, as_text=datasets.texts_of(plan_of(model)))
    return datasets.as_frame(data)
