"""``pellucid evaluate``: how good a model is on data that it did not learn from."""

from typing import Any

import click
from rich.text import Text

from pellucid._files import plain
from pellucid._text import counted, decimal, percent
from pellucid.cli.models import open_model
from pellucid.cli.options import output
from pellucid.cli.printing import Out, print_json
from pellucid.cli.samples import model_and_data, weighted_samples_for
from pellucid.core import metrics
from pellucid.core.arrays import AnyArray
from pellucid.datasets import Samples, WeightedSamples
from pellucid.model.model import Model, check_answers
from pellucid.render.pictures.subject import output_names
from pellucid.runs import score

FORMS = (decimal, "{:.5g}".format)  # of R² and RMSE


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
    name, samples = weighted_samples_for(model, data)
    outputs = check_answers(model.in_units().predict(samples.X), lambda i: f"{name}, sample {i}")
    result = _result(model, samples, outputs)
    if as_json:
        print_json(result)
        return
    results = Out()
    scores = f"accuracy {percent(result['accuracy'])}" if "accuracy" in result else f"R² {decimal(result['r2'])}"
    more = "" if "rmse" not in result or "targets" in result else f", RMSE {result['rmse']:.5g}"
    results.line(f"{name}: {counted(result['samples'], 'sample')}, {scores}{more}, loss {decimal(result['loss'])}")
    if "targets" in result and not quiet:
        results.line()
        _show_targets(results, result["targets"])
    if "confusion" in result and not quiet:
        results.line()
        _show_classes(results, result)
        results.line()
        _show_confusion(results, model, result)


def _result(model: Model, samples: Samples | WeightedSamples, outputs: AnyArray) -> dict[str, Any]:
    net = model.network
    scores = score(model, samples)
    result: dict[str, Any] = {"samples": len(samples.X), "loss": scores.loss}
    if scores.accuracy is None:
        several = {"targets": _each_target(model, samples, outputs)} if net.sizes[-1] > 1 else {}
        return {**result, "r2": scores.r2, "rmse": scores.rmse, **several}
    result["accuracy"] = scores.accuracy
    if net.loss.kind == "probabilities" and net.sizes[-1] > 1:
        return result  # several questions at once: there is no one class to confuse with another
    names = model.class_names
    matrix = metrics.confusion(outputs, samples.y, len(names))
    each = metrics.per_class(matrix)
    result["confusion"] = matrix.tolist()
    result["per_class"] = {
        name: plain({key: column[k] for key, column in each._asdict().items()}) for k, name in enumerate(names)
    }
    return result


def _each_target(
    model: Model, samples: Samples | WeightedSamples, outputs: AnyArray
) -> dict[str, dict[str, float | None]]:
    """R² and RMSE of each of several values, in its own unit."""
    plan = model.preprocessing
    y = samples.y if plan is None else plan.in_units(samples.y)
    scores = {}
    for k, name in enumerate(output_names(model)):
        residuals = metrics.Residuals()
        residuals.add(outputs[:, k], y[:, k], getattr(samples, "weights", None))
        scores[name] = plain({"r2": residuals.r2, "rmse": residuals.rmse})
    return scores


def _show_targets(results: Out, targets: dict[str, dict[str, float | None]]) -> None:
    rows = [
        (name, *("–" if score is None else form(score) for score, form in zip(scores.values(), FORMS, strict=True)))
        for name, scores in targets.items()
    ]
    results.table(("target", "R²", "RMSE"), rows, right=("R²", "RMSE"))


def _show_classes(results: Out, result: dict[str, Any]) -> None:
    columns = ("class", "samples", "precision", "recall", "F1")
    rows = [
        (name, f"{row['samples']:,}", *(percent(row[key]) for key in ("precision", "recall", "f1")))
        for name, row in result["per_class"].items()
    ]
    results.table(columns, rows, right=columns[1:])


def _show_confusion(results: Out, model: Model, result: dict[str, Any]) -> None:
    names = model.class_names
    rows = []
    for k, (name, counts) in enumerate(zip(names, result["confusion"], strict=True)):
        cells = [Text(str(count), "bold") if j == k else str(count) if count else "·" for j, count in enumerate(counts)]
        rows.append((Text(name, "bold"), *cells))
    results.table(("true ↓ taken for →", *names), rows, right=names)
