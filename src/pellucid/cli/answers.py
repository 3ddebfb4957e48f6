"""What a model answers, row by row: entries of JSON, and columns of the tables that predict and evaluate write."""

from collections.abc import Iterator, Mapping
from typing import Any

from pellucid._files.values import plain
from pellucid.core import metrics
from pellucid.core.arrays import AnyArray
from pellucid.model.model import Model
from pellucid.render.pictures.subject import output_names


def answers(model: Model, outputs: AnyArray) -> list[Any]:
    """The predicted class names, or values, of rows of outputs (n, outputs)."""
    if model.network.loss.kind == "values":
        return [plain(row[0] if len(row) == 1 else row) for row in outputs]
    names = model.class_names
    return [names[k] for k in metrics.labels(outputs)]


def entries(model: Model, outputs: AnyArray) -> Iterator[dict[str, Any]]:
    """What is said of each row, one at a time: with many classes all of them would take much memory."""
    shares = None if model.network.loss.kind == "values" else metrics.probabilities(outputs)
    for row, answer in enumerate(answers(model, outputs)):
        entry: dict[str, Any] = {"prediction": answer}
        if isinstance(answer, list):
            entry["values"] = dict(zip(output_names(model), answer, strict=True))
        if shares is not None:
            entry["probabilities"] = dict(zip(model.class_names, shares[row].tolist(), strict=True))
        yield entry


def named(model: Model, what: str, *several: str) -> list[str]:
    """The columns of what is predicted, or true: ``what``, or one for each output of a model of these kinds."""
    if model.network.loss.kind not in several or model.network.sizes[-1] == 1:
        return [what]
    return [f"{what}_{name.removeprefix('output ')}" for name in output_names(model)]


def columns(model: Model) -> list[str]:
    """The columns of a table of answers."""
    has_shares = model.network.loss.kind != "values"
    return [*named(model, "prediction", "values"), *(f"probability_{name}" for name in model.class_names if has_shares)]


def cells(entry: Mapping[str, Any]) -> list[Any]:
    """The cells of an entry in these columns."""
    return [*(entry["values"].values() if "values" in entry else [entry["prediction"]]),
            *entry.get("probabilities", {}).values()]  # fmt: skip
