"""``pellucid evaluate``: how good a model is on data that it did not learn from."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import click
import numpy as np

from pellucid._files.values import plain
from pellucid._files.writing import marked, writing
from pellucid._text import counted, csv_line, decimal, listed, percent, shortened, significant
from pellucid.analysis.confusions import MOST_IN_MATRIX, Confusions
from pellucid.cli.answers import cells, columns, entries, named
from pellucid.cli.large import large_table, tallied
from pellucid.cli.models import data_of, open_model
from pellucid.cli.options import TRAINED, check_out, count_option, out_option, output
from pellucid.cli.printing import Cell, Out, Styled, print_json
from pellucid.cli.samples import Chosen, by_part, chosen_for, model_and_data, true_answers
from pellucid.cli.scores import in_words
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.model.model import Model, check_answers
from pellucid.render.pictures.subject import output_names
from pellucid.runs import score
from pellucid.runs.scores import Part, Tally, as_json

MOST_CLASSES = 20  # that are shown, and pairs of them
MOST_NAMED = 5  # classes that are never recognised
MOST_LISTED = 100  # pairs of classes that are confused, in JSON
HEADER = b"row,truth"  # of the table that --out writes, and replaces
FORMS = (decimal, significant)  # of R² and RMSE


@click.command(short_help="Loss and accuracy, class by class.")
@click.argument("arguments", type=TRAINED, nargs=-1, metavar="[MODEL] [DATA]")
@out_option("Write row, truth and prediction of each row to a file.", metavar="FILE.csv")
@count_option("--limit", None, "Of a table larger than memory, about so many rows from all over it.")
@output
def evaluate(
    arguments: tuple[str, ...], out: Path | None, force: bool, limit: int | None, as_json: bool, quiet: bool
) -> None:
    """Loss and accuracy of MODEL on DATA, class by class.

    MODEL is a .safetensors file or the folder of a run; without it, the digit model that comes with pellucid. DATA is
    what train takes; without it, the test part of the model's own data, or else its dev part. In the file that --out
    writes the rows of a table count from 1 below its header; samples of other data count from 0.

    Beside the score stands that of always saying the commonest class of the training part, or its mean. Samples of DATA
    that the model learned from are told, and each part has its own score. They are found by comparing with the model's
    own data, which must be there; where they are not, a note says so. A table in one file or in parts (a folder, a
    pattern such as 'parts/*.parquet') that is larger than memory is read block by block, and not compared with them;
    nor is anything compared with data of the model's own that are so large.
    """
    path, data = model_and_data(arguments)
    model = open_model(path)
    if out is not None:
        check_out(out, *arguments, data_of(model), own=marked(HEADER), force=force)
    large = None if data is None else large_table(data, model)
    if limit is not None and large is None:
        raise InputError("--limit: is for DATA that are a table larger than memory; all others are taken as a whole")
    with nullcontext() if out is None else writing(out) as stream:
        if large is None:
            name, unit, tally, learned = _samples(model, chosen_for(model, data), stream)
        else:
            name, unit, tally, learned = large.name, "row", tallied(model, large, stream, limit), _learned(model, None)
    found = _confusions(model, tally)
    result = {**_result(model, tally, found), **learned}
    if as_json:
        print_json(result)
        return
    results = Out()
    results.line(f"{name}: {counted(tally.samples, unit)}, {in_words(result, model)}")
    if never := result.get("never_recognised"):
        each = (f"{shortened(one)!r} ({counted(result['per_class'][one]['samples'], unit)})" for one in never)
        results.line(f"never recognised: {listed(each, MOST_NAMED)}")
    if data is not None and result["learned_from"]:
        rest = result["samples"] - result["learned_from"]
        what = "what counts is the score of the others:" if rest else "the score says nothing about others:"
        results.line(f"the model learned from {result['learned_from']:,} of these; {what}")
        for part, scores in result["parts"].items():
            results.line(f"  {part:5} {counted(scores['samples'], unit)}, {in_words(scores, model)}")
    if "targets" in result and not quiet:
        results.line()
        _show_targets(results, result["targets"])
    if found is not None and not quiet:
        results.line()
        _show_classes(results, model, found)
        results.line()
        _show_confusion(results, model, found)
    if out is not None and not quiet:
        results.line(f"{counted(tally.samples, unit)} with truth and prediction in {out}")


def _samples(model: Model, chosen: Chosen, stream: BinaryIO | None) -> tuple[str, str, Tally, dict[str, Any]]:
    """What samples in memory are called, the word for one of them, their scores, and what is learned of them."""
    tally = Tally(model)
    outputs = check_answers(tally.add(chosen.samples), chosen.place)
    if stream is not None:
        for line in _as_csv(model, chosen, outputs):
            stream.write(line.encode(errors="backslashreplace"))
    return chosen.name, "sample" if chosen.rows is None else "row", tally, _learned(model, by_part(model, chosen))


def _as_csv(model: Model, chosen: Chosen, outputs: AnyArray) -> Iterator[str]:
    """A table of what is true and what is predicted; a table's rows count from 1, without its header."""
    yield csv_line(["row", *named(model, "truth", "values", "probabilities"), *columns(model)])
    rows, truths = np.arange(len(outputs)) if chosen.rows is None else chosen.rows + 1, true_answers(model, chosen)
    order = np.argsort(rows)
    for i, entry in zip(order.tolist(), entries(model, outputs[order]), strict=True):
        yield csv_line([int(rows[i]), *truths[i], *cells(entry)])


def _learned(model: Model, found: dict[str, Part] | None) -> dict[str, Any]:
    """How many samples were learned from, and the scores of each part; None where it is not known."""
    if found is None:
        return {"learned_from": None, "parts": None}
    scores = {name: {"samples": part.shape[0], **as_json(score(model, part))} for name, part in found.items()}
    return {"learned_from": scores.get("train", {"samples": 0})["samples"], "parts": scores}


def _confusions(model: Model, tally: Tally) -> Confusions | None:
    """Which classes are taken for which; None for values, and for several questions at once."""
    net = model.network
    if net.loss.kind == "values" or (net.loss.kind == "probabilities" and net.sizes[-1] > 1):
        return None
    return Confusions.counted(tally.pairs, len(model.class_names))


def _result(model: Model, tally: Tally, found: Confusions | None) -> dict[str, Any]:
    net = model.network
    result: dict[str, Any] = {"samples": tally.samples, **as_json(tally.scores())}
    if net.loss.kind == "values":
        several = zip(output_names(model), tally.each, strict=True)
        scores = {name: plain({"r2": one.r2, "rmse": one.rmse}) for name, one in several}
        return {**result, "targets": scores} if net.sizes[-1] > 1 else result
    result["never_recognised"] = [] if found is None else [model.class_names[k] for k in found.never()]
    if found is None:
        return result
    names, each = model.class_names, found.scores()
    result["confusion"] = found.matrix().tolist() if found.classes <= MOST_IN_MATRIX else None
    result["confused"] = [
        {"true": names[true], "taken_for": names[taken], "times": times}
        for true, taken, times in found.mistakes(MOST_LISTED)
    ]
    result["per_class"] = {
        name: plain({key: column[k] for key, column in each._asdict().items()}) for k, name in enumerate(names)
    }
    return result


def _show_targets(results: Out, targets: dict[str, dict[str, float | None]]) -> None:
    rows = [
        (name, *("–" if score is None else form(score) for score, form in zip(scores.values(), FORMS, strict=True)))
        for name, scores in targets.items()
    ]
    results.table(("target", "R²", "RMSE"), rows, right=("R²", "RMSE"))


def _show_classes(results: Out, model: Model, found: Confusions) -> None:
    each, names = found.scores(), model.class_names
    chosen = list(range(len(names)))
    if len(names) > MOST_CLASSES:
        chosen = found.worst(MOST_CLASSES)
        results.line(f"of {len(names):,} classes the {len(chosen)} that are recognised worst; --json has all of them")
    heads = ("class", "samples", "precision", "recall", "F1")
    rows = [
        (shortened(names[k]), f"{each.samples[k]:,}", *map(percent, (each.precision[k], each.recall[k], each.f1[k])))
        for k in chosen
    ]
    results.table(heads, rows, right=heads[1:])


def _show_confusion(results: Out, model: Model, found: Confusions) -> None:
    names = [shortened(name) for name in model.class_names]
    if len(names) > MOST_CLASSES:
        pairs = [(names[true], names[taken], f"{times:,}") for true, taken, times in found.mistakes(MOST_CLASSES)]
        results.line(f"the {len(pairs)} pairs of classes that are confused most often" if pairs else "no mistakes")
        if pairs:
            results.table(("true", "taken for", "times"), pairs, right=("times",))
        return
    rows: list[list[Cell]] = []
    for k, (name, counts) in enumerate(zip(names, found.matrix().tolist(), strict=True)):
        cells: list[Cell] = [str(count) if count else "·" for count in counts]
        cells[k] = Styled(str(counts[k]), "bold")
        rows.append([Styled(name, "bold"), *cells])
    results.table(("true ↓ taken for →", *names), rows, right=names)
