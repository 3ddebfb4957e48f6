"""``pellucid importance``: which columns, or inputs, a model's score hangs on."""

from dataclasses import asdict
from pathlib import Path

import click
import numpy as np

from pellucid._text import decimal, percent, shortened
from pellucid.cli.models import data_of, open_model
from pellucid.cli.options import TRAINED, check_out, count_option, out_option, output
from pellucid.cli.printing import Out, note, print_json, progress
from pellucid.cli.samples import MOST_OF_LARGE, by_part, chosen_for, model_and_data
from pellucid.core.errors import InputError
from pellucid.model.model import check_answers
from pellucid.tables import Importance
from pellucid.tables import importance as compute

MOST_INPUTS = 1000  # of a model without named columns; each is shuffled by itself
SHOWN = 40


@click.command(short_help="Which columns matter.")
@click.argument("arguments", type=TRAINED, nargs=-1, metavar="[MODEL] [DATA]")
@count_option("--repeats", 5, "Shuffles of each column.", most=1000)
@count_option("--seed", 0, "Of the shuffles.", least=0)
@count_option("--limit", MOST_OF_LARGE, "Of a table larger than memory, about so many rows from all over it.", least=2)
@out_option("A picture as well: .png, .svg or .pdf.")
@output
def importance(
    arguments: tuple[str, ...],
    repeats: int,
    seed: int,
    limit: int,
    out: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """How much worse MODEL gets on DATA when one column is shuffled: permutation importance.

    MODEL is a .safetensors file or the folder of a run; DATA is what train takes, by default the test part of the
    model's own data, or else its dev part. All inputs of a column are shuffled together. Columns that say the same
    share their importance.
    """
    path, data = model_and_data(arguments)
    model = open_model(path)
    if out is not None:
        from pellucid.render.pictures import style

        style.check_name(out)
        check_out(out, path, data, data_of(model), own=style.is_picture, force=force)
    inputs = model.network.sizes[0]
    if model.preprocessing is None and inputs > MOST_INPUTS:
        raise InputError(f"the model takes {inputs:,} inputs, too many to shuffle one by one (at most {MOST_INPUTS:,})")
    chosen = chosen_for(model, data, limit)
    samples = chosen.samples
    check_answers(model.network.predict(samples.X), chosen.place)
    if chosen.part is None and not quiet:
        learned = (by_part(model, chosen) or {}).get("train")
        if learned is not None:
            note(
                f"note: the model learned from {learned.shape[0]:,} of these, and may know them by heart: "
                "what counts are others, such as those held back, which are taken without DATA"
            )
    columns = inputs if model.preprocessing is None else len(model.preprocessing.columns)
    with progress("columns", columns, quiet=quiet or as_json) as advance:
        found = compute(model, samples, repeats=repeats, rng=np.random.default_rng(seed), after_each=advance)
    what = "R²" if model.classes is None else "accuracy"
    if out is not None:
        from pellucid.render import pictures

        pictures.save(pictures.importance(found, what), out, force=force)
    if as_json:
        about = {"samples": len(samples.X), "score": what, "repeats": repeats, "out": out}
        print_json({**about, "columns": [asdict(column) for column in found]})
        return
    _show(found, what, f"{chosen.name}: {chosen.count()}", repeats, quiet=quiet)
    if out is not None and not quiet:
        Out().line(f"importance: {out}")


def _show(found: list[Importance], what: str, data: str, repeats: int, *, quiet: bool) -> None:
    results = Out()
    form = decimal if what == "R²" else percent
    if quiet:
        first = found[0]
        results.line(f"{shortened(first.name)} matters most: when it is shuffled, the {what} loses {form(first.drop)}")
        return
    results.line(f"{data}; what the {what} loses when a column is shuffled, mean of {repeats}")
    rows = [
        (shortened(column.name), form(column.drop), f"± {form(column.spread)}", decimal(column.loss))
        for column in found[:SHOWN]
    ]
    columns = ("column", f"{what} lost", "", "loss gained")
    results.table(columns, rows, right=columns[1:])
    if len(found) > SHOWN:
        results.line(f"… and {len(found) - SHOWN:,} more; --json has all of them")
