"""``pellucid predict``: pictures and rows in, predictions out."""

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import click

from pellucid import datasets
from pellucid._files.values import plain
from pellucid._files.writing import marked, writing
from pellucid._text import csv_line, percent, shortened
from pellucid.cli.models import data_of, is_model, open_model, target_in
from pellucid.cli.options import TRAINED, check_out, out_option, output
from pellucid.cli.printing import Cell, Out, Styled, note, print_json_list
from pellucid.core import metrics
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets import RawArrays
from pellucid.model.model import Model, check_answers
from pellucid.model.preprocessing import Preprocessing
from pellucid.render.pictures.subject import output_names

PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm"}
SHOWN = 20
HEADERS = (b"input,row,prediction", b"ImageId,Label\n")  # of the tables that --out writes, and replaces


@click.command(short_help="Read digits from pictures, or predict rows of a table.")
@click.argument("arguments", type=TRAINED, nargs=-1, required=True, metavar="[MODEL] FILE...")
@out_option("Write the predictions to a file.", metavar="FILE.csv")
@output
def predict(arguments: tuple[str, ...], out: Path | None, force: bool, as_json: bool, quiet: bool) -> None:
    """What MODEL makes of each FILE.

    FILE is a picture of a digit (any size, dark on light or light on dark), a table as train takes it, with labels or
    without, or - for rows of a .csv on standard input. MODEL is a .safetensors file or the folder of a run; without
    it, the digit model that comes with pellucid. Rows count from 0. For Kaggle's digit test file, --out writes what
    Kaggle takes. --quiet prints each row's answer alone, a line each; with --out, nothing.
    """
    first = arguments[0]
    path, files = (first, arguments[1:]) if is_model(first) else (None, arguments)
    if not files:
        raise InputError(f"{first} is the model: name a picture or a table to predict as well")
    model = open_model(path)
    if out is not None:
        check_out(out, *arguments, data_of(model), own=marked(*HEADERS), force=force)
    read = [_inputs(model, name, own=path is None) for name in files]
    net = model.in_units()
    predictions = [check_answers(net.predict(one.X), one.place) for one in read]
    if out is not None:
        with writing(out) as stream:
            for line in _as_csv(model, read, predictions):
                stream.write(line.encode(errors="backslashreplace"))
    if as_json:
        print_json_list("predictions", _entries(model, read, predictions))
        return
    _show(model, read, predictions, out, quiet=quiet)


class Read(NamedTuple):
    """What was read of a file: its inputs X (n, features), as the model takes them, and where row i stands in it."""

    name: str
    X: AnyArray
    place: Callable[[int], str]
    table: RawArrays | None = None


def _inputs(model: Model, name: str, *, own: bool) -> Read:
    """What was read of a file for a model; ``own`` says that it is the one that comes with pellucid."""
    net = model.network
    if Path(name).suffix.lower() in PICTURES:
        if model.image_shape is None:
            raise InputError(f"{name}: is a picture, but the model takes {net.sizes[0]} numbers: give it a table")
        return Read(name, datasets.read_images([name], model.image_shape, model.picture_form), lambda _: name)
    if Path(name).is_dir():
        raise InputError(f"{name}: is a folder; name its pictures, such as {name}/*.png")
    if name == "-" and sys.stdin is None:
        raise InputError("-: standard input is closed; send the rows of a .csv to it, or name a file")
    stdin = sys.stdin.buffer if name == "-" else None
    if model.preprocessing is not None:
        return _rows(model, model.preprocessing, name, stdin)
    if name != "-" and datasets.kind_of(name, arrays=True) == "table":
        if own:
            raise InputError(
                f"{name}: is a table, and no model is named; the one that comes with pellucid reads digits: "
                f"pellucid predict RUN {name}"
            )
        raise InputError(
            f"{name}: is a table with columns of its own, but the model holds no preprocessing for one (a state_dict "
            f"and an ONNX graph of others bring none): give its {net.sizes[0]} inputs a row, in a .npz or .npy"
        )
    table = datasets.read_rows(name, target=target_in(model, name), stdin=stdin)
    if table.X.shape[1] != net.sizes[0]:
        raise InputError(
            f"{name}: has {table.X.shape[1]} inputs a row, but the model takes {net.sizes[0]}: "
            "give it rows of the kind that it learned from"
        )
    return Read(name, table.X, table.place, table)


def _rows(model: Model, plan: Preprocessing, name: str, stdin: BinaryIO | None) -> Read:
    """What a model's preprocessing makes of a table; a note names categories that it did not know."""
    frame = datasets.read_frame(name, stdin=stdin, names=plan.names)
    for column, levels in datasets.unknown_levels(frame, plan).items():
        some = ", ".join(map(shortened, levels[:3])) + (", …" if len(levels) > 3 else "")
        note(f"note: {name}, column {column}: training did not know {some}; taken as no known one")
    return Read(name, datasets.inputs_of(frame, plan, model.network.dtype), frame.place)


def _answers(model: Model, outputs: AnyArray) -> list[Any]:
    """The predicted class names, or values, of rows of outputs (n, outputs)."""
    if model.network.loss.kind == "values":
        return [plain(row[0] if len(row) == 1 else row) for row in outputs]
    names = model.class_names
    return [names[k] for k in metrics.labels(outputs)]


def _entries(model: Model, read: Sequence[Read], predictions: Sequence[AnyArray]) -> Iterator[dict[str, Any]]:
    """What is said of each row, one at a time: with many classes all of them would take much memory."""
    for one, outputs in zip(read, predictions, strict=True):
        answers, values = _answers(model, outputs), model.network.loss.kind == "values"
        shares = None if values else metrics.probabilities(outputs)
        for row, answer in enumerate(answers):
            entry = {"input": one.name, "row": row, "prediction": answer}
            if isinstance(answer, list):
                entry["values"] = dict(zip(output_names(model), answer, strict=True))
            if shares is not None:
                entry["probabilities"] = dict(zip(model.class_names, shares[row].tolist(), strict=True))
            yield entry


def _as_csv(model: Model, read: Sequence[Read], predictions: Sequence[AnyArray]) -> Iterator[str]:
    """A table of predictions; ImageId,Label where the only file is a digit table without labels, as Kaggle has it."""
    table = read[0].table
    if len(read) == 1 and table is not None and table.y is None and table.image_shape == (28, 28):
        yield csv_line(["ImageId", "Label"])
        yield from map(csv_line, enumerate(_answers(model, predictions[0]), start=1))
        return
    for place, entry in enumerate(_entries(model, read, predictions)):
        values, shares = entry.get("values", {}), entry.get("probabilities", {})
        if place == 0:
            answers = [f"prediction_{name.removeprefix('output ')}" for name in values] or ["prediction"]
            yield csv_line(["input", "row", *answers, *(f"probability_{name}" for name in shares)])
        yield csv_line([entry["input"], entry["row"], *(values.values() or [entry["prediction"]]), *shares.values()])


def _show(
    model: Model, read: Sequence[Read], predictions: Sequence[AnyArray], out: Path | None, *, quiet: bool
) -> None:
    results, total = Out(), sum(map(len, predictions))
    if quiet:
        for answer in chain.from_iterable(_answers(model, outputs) for outputs in predictions if out is None):
            results.line(", ".join(map(str, answer)) if isinstance(answer, list) else str(answer))
        return
    entries = list(islice(_entries(model, read, predictions), SHOWN))
    columns = ("input", *entries[0].get("values", ["prediction"]))
    columns += ("probability", "next likely") if "probabilities" in entries[0] else ()
    results.table(columns, [_cells(entry, several=total > len(read)) for entry in entries])
    if total > SHOWN and out is None:
        results.line(f"… and {total - SHOWN:,} more; --out FILE.csv writes all of them")
    if out is not None:
        results.line(f"{total:,} predictions in {out}")


def _cells(entry: dict[str, Any], *, several: bool) -> list[Cell]:
    place = f"{entry['input']}, row {entry['row']}" if several else entry["input"]
    answer = entry["prediction"]
    if "probabilities" not in entry:
        values = answer if isinstance(answer, list) else [answer]
        return [place, *(Styled(f"{value:.6g}", "bold") for value in values)]
    shares = sorted(entry["probabilities"].items(), key=lambda item: -item[1])
    following = ", ".join(f"{shortened(name)} ({percent(share)})" for name, share in shares[1:3])
    return [place, Styled(shortened(answer), "bold"), percent(shares[0][1]), following]
