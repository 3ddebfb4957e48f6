"""``pellucid evaluate``: how good a model is on data that it did not learn from."""

from typing import Any

import click
from rich.text import Text

from pellucid import datasets, metrics
from pellucid.cli.common import Out, is_model, open_model, output, percent, print_json, target_in
from pellucid.datasets import Samples
from pellucid.errors import InputError
from pellucid.evaluation import evaluate as score
from pellucid.files import plain
from pellucid.runs import own_data
from pellucid.storage import Model


@click.command(short_help="Loss and accuracy, class by class.")
@click.argument("arguments", nargs=-1, metavar="[MODEL] [DATA]")
@output
def evaluate(arguments: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    """Loss and accuracy of MODEL on DATA, class by class.

    MODEL is a .safetensors file or the folder of a run; without it, the digit model that comes with pellucid. DATA is
    what train takes; without it, the test part of the model's own data, or else its dev part.
    """
    path, data = model_and_data(arguments)
    model = open_model(path)
    name, samples = samples_for(model, data)
    result = _result(model, samples)
    if as_json:
        print_json(result)
        return
    results = Out()
    scores = f"accuracy {percent(result['accuracy'])}" if "accuracy" in result else f"R² {result['r2']:.4f}"
    more = "" if "rmse" not in result else f", RMSE {result['rmse']:.5g}"
    results.line(f"{name}: {result['samples']:,} samples, {scores}{more}, loss {result['loss']:.4f}")
    if "confusion" in result and not quiet:
        results.line()
        _show_classes(results, result)
        results.line()
        _show_confusion(results, model, result)


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
    if data is None:
        own = own_data(model)
        for part, samples in (("test", own.test), ("dev", own.dev), ("train", own.train)):
            if isinstance(samples, Samples):
                return f"{own.name} ({part})", samples
        raise InputError(f"{own.name}: holds more than fits into memory, and no part was held out: name some data")
    assert data is not None
    net = model.network
    if data == "mnist":
        digits = datasets.mnist().test
        assert digits is not None
        X, y, name = digits.X, digits.y, "mnist (test)"
    else:
        table = datasets.read(data, target=target_in(model, data))
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


def _result(model: Model, samples: Samples) -> dict[str, Any]:
    net = model.network
    scores = score(net, samples)
    result: dict[str, Any] = {"samples": len(samples.X), "loss": scores.loss}
    if scores.accuracy is None:
        return {**result, "r2": scores.r2, "rmse": scores.rmse}
    result["accuracy"] = scores.accuracy
    if net.loss.kind == "probabilities" and net.sizes[-1] > 1:
        return result  # several questions at once: there is no one class to confuse with another
    names = class_names(model)
    matrix = metrics.confusion(net.predict(samples.X), samples.y, len(names))
    each = metrics.per_class(matrix)
    result["confusion"] = matrix.tolist()
    result["per_class"] = {
        name: plain({key: column[k] for key, column in each._asdict().items()}) for k, name in enumerate(names)
    }
    return result


def class_names(model: Model) -> tuple[str, ...]:
    """What the classes are called: their own names, or their numbers."""
    return model.classes or tuple(map(str, range(max(2, model.network.sizes[-1]))))


def _show_classes(results: Out, result: dict[str, Any]) -> None:
    columns = ("class", "samples", "precision", "recall", "F1")
    rows = [
        (name, f"{row['samples']:,}", *(percent(row[key]) for key in ("precision", "recall", "f1")))
        for name, row in result["per_class"].items()
    ]
    results.table(columns, rows, right=columns[1:])


def _show_confusion(results: Out, model: Model, result: dict[str, Any]) -> None:
    names = class_names(model)
    rows = []
    for k, (name, counts) in enumerate(zip(names, result["confusion"], strict=True)):
        cells = [Text(str(count), "bold") if j == k else str(count) if count else "·" for j, count in enumerate(counts)]
        rows.append((Text(name, "bold"), *cells))
    results.table(("true ↓ taken for →", *names), rows, right=names)
