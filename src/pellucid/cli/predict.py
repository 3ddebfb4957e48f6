"""``pellucid predict``: pictures and rows in, predictions out."""

from collections.abc import Iterator, Sequence
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import click
import numpy as np

from pellucid import datasets
from pellucid._files.writing import marked, writing
from pellucid._text import csv_line, percent, shortened, significant
from pellucid.cli.answers import answers, cells, columns, entries
from pellucid.cli.bad_rows import Bad, left_out, tell
from pellucid.cli.inputs import Read, read_inputs
from pellucid.cli.models import data_of, is_model, open_model
from pellucid.cli.options import TRAINED, check_out, count_option, out_option, output
from pellucid.cli.predict_parts import predict_in_parts, to_predict_in_parts
from pellucid.cli.printing import Cell, Out, Styled, note, print_json, print_json_list
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.model.model import Model, check_answers, no_answer

SHOWN = 20
PLACE = ("input", "row")  # the columns of where a prediction is from
HEADERS = (b"input,row,prediction", b"ImageId,Label\n")  # of the tables that --out writes, and replaces


@click.command(short_help="Read digits from pictures, or predict rows of a table.")
@click.argument("arguments", type=TRAINED, nargs=-1, required=True, metavar="[MODEL] FILE...")
@out_option("Write the predictions to a file; of a table in parts, to a folder.", metavar="FILE.csv|DIR")
@click.option("--with-columns", is_flag=True, help="Write the rows' own columns before the predictions.")
@count_option("--limit", None, "The first rows of a table in parts.")
@click.option("--keep-going", is_flag=True, help="Leave out files and rows that are wrong, and tell them at the end.")
@output
def predict(
    arguments: tuple[str, ...],
    out: Path | None,
    force: bool,
    with_columns: bool,
    limit: int | None,
    keep_going: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """What MODEL makes of each FILE.

    FILE is a picture of a digit (any size, dark on light or light on dark), a table as train takes it, with labels or
    without, or - for rows of a .csv on standard input. MODEL is a .safetensors file or the folder of a run; without
    it, the digit model that comes with pellucid. In the table and in JSON rows count from 0; on the screen and in
    messages as the file does, where the header of a .csv is row 1. For Kaggle's digit test file, --out writes what
    Kaggle takes. With --keep-going the exit code is 2 where anything was left out. --quiet prints each row's
    answer alone, a line each; with --out, nothing.

    A table in parts, or one larger than memory, is predicted part by part into the folder that --out names: FILE is a
    folder or a pattern in quotes, such as 'parts/*.parquet'. Parts that are whole already are left as they are, so that
    a prediction that was stopped goes on where it was; under mpiexec the parts are shared out.
    """
    first = arguments[0]
    path, files = (first, arguments[1:]) if is_model(first) else (None, arguments)
    if not files:
        raise InputError(f"{first} is the model: name a picture or a table to predict as well")
    if with_columns and out is None and not as_json:
        raise InputError("--with-columns: is for what is written: add --out FILE.csv, or --json")
    model = open_model(path)
    if len(files) == 1 and (large := to_predict_in_parts(model, files[0], out)) is not None:
        assert out is not None
        about = predict_in_parts(
            model, large, out, limit=limit, with_columns=with_columns, force=force, quiet=quiet or as_json
        )
        print_json(about) if as_json else None
        return
    if limit is not None:
        raise InputError("--limit: is for a table in parts, or larger than memory: add --out DIR")
    files = tuple(name for file in files for name in datasets.find_parts(file) or [file])
    if out is not None:
        check_out(out, *arguments, data_of(model), own=marked(*HEADERS), force=force)
    bad: list[Bad] | None = [] if keep_going else None
    read, predictions = _predicted(model, files, bad, own=path is None, with_cells=with_columns)
    if out is not None and read:
        with writing(out) as stream:
            for line in _as_csv(model, read, predictions):
                stream.write(line.encode(errors="backslashreplace"))
    if as_json:
        more = {} if bad is None else {"bad": [one._asdict() for one in bad]}
        print_json_list("predictions", _entries(model, read, predictions), more)
    elif read:
        _show(model, read, predictions, out, quiet=quiet)
    if bad:
        if not as_json:
            tell(bad)
        raise left_out(bad, sum(map(len, predictions)))


def _predicted(
    model: Model, files: Sequence[str], bad: list[Bad] | None, *, own: bool, with_cells: bool
) -> tuple[list[Read], list[AnyArray]]:
    """What was read of each file, and the outputs (n, outputs) for its rows; what is wrong is added to ``bad``."""
    found = [read_inputs(model, name, own=own, with_cells=with_cells, bad=bad) for name in files]
    net, read, predictions = model.in_units(), list[Read](), list[AnyArray]()
    for one in found:
        if one is None or not len(one.X):
            continue
        outputs = net.predict(one.X)
        if bad is None:
            check_answers(outputs, one.place)
        else:
            fine = np.asarray(np.isfinite(outputs).all(axis=1))
            for i in np.flatnonzero(~fine).tolist():
                bad.append(Bad(one.name, int(one.rows[i]), None, one.place(i), str(no_answer(one.place(i)))))
            one, outputs = one.only(fine), outputs[fine]
        read.append(one)
        predictions.append(outputs)
    return read, predictions


def _entries(model: Model, read: Sequence[Read], predictions: Sequence[AnyArray]) -> Iterator[dict[str, Any]]:
    """What is said of each row of each file, one at a time."""
    for one, outputs in zip(read, predictions, strict=True):
        for i, entry in enumerate(entries(model, outputs)):
            row = int(one.rows[i])
            own = {} if one.cells is None else {"columns": {name: texts[row] for name, texts in one.cells.items()}}
            yield {"input": one.name, "row": row, "place": one.place(i), **entry, **own}


def _as_csv(model: Model, read: Sequence[Read], predictions: Sequence[AnyArray]) -> Iterator[str]:
    """A table of predictions; ImageId,Label where the only file is a digit table without labels, as Kaggle has it."""
    table, own = read[0].table, list(dict.fromkeys(name for one in read for name in one.cells or ()))
    if len(read) == 1 and table is not None and table.y is None and table.image_shape == (28, 28) and not own:
        yield csv_line(["ImageId", "Label"])
        yield from map(csv_line, enumerate(answers(model, predictions[0]), start=1))
        return
    yield csv_line([*own, *_apart([*PLACE, *columns(model)], own)])
    for entry in _entries(model, read, predictions):
        held = entry.get("columns", {})
        yield csv_line([*(held.get(name, "") for name in own), *(entry[name] for name in PLACE), *cells(entry)])


def _apart(names: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Names of columns that are none of those that are taken: prediction_2 where there is a prediction.

    >>> _apart(["row", "prediction"], ["row", "row_2"])
    ['row_3', 'prediction']
    """
    found = []
    for name in names:
        numbered = (name if k == 1 else f"{name}_{k}" for k in count(1))
        found.append(next(each for each in numbered if each not in taken))
    if found != list(names):
        both = ", ".join(f"{name} as {new}" for name, new in zip(names, found, strict=True) if name != new)
        note(f"note: the table has columns of these names already, so the predictions' are written otherwise: {both}")
    return found


def _show(
    model: Model, read: Sequence[Read], predictions: Sequence[AnyArray], out: Path | None, *, quiet: bool
) -> None:
    results, total = Out(), sum(map(len, predictions))
    if quiet:
        for answer in chain.from_iterable(answers(model, outputs) for outputs in predictions if out is None):
            results.line(", ".join(map(str, answer)) if isinstance(answer, list) else str(answer))
        return
    shown = list(islice(_entries(model, read, predictions), SHOWN))
    heads = ("input", *shown[0].get("values", ["prediction"]))
    heads += ("probability", "next likely") if "probabilities" in shown[0] else ()
    results.table(heads, [_cells(entry, several=total > len(read)) for entry in shown])
    if total > SHOWN and out is None:
        results.line(f"… and {total - SHOWN:,} more; --out FILE.csv writes all of them")
    if out is not None:
        results.line(f"{total:,} predictions in {out}")


def _cells(entry: dict[str, Any], *, several: bool) -> list[Cell]:
    place = entry["place" if several else "input"]
    answer = entry["prediction"]
    if "probabilities" not in entry:
        values = answer if isinstance(answer, list) else [answer]
        return [place, *(Styled(significant(value, 6), "bold") for value in values)]
    shares = sorted(entry["probabilities"].items(), key=lambda item: -item[1])
    following = ", ".join(f"{shortened(name)} ({percent(share)})" for name, share in shares[1:3])
    return [place, Styled(shortened(answer), "bold"), percent(shares[0][1]), following]
