"""``pellucid lr-find``: which learning rate to train with, from the loss at each rate of a short test."""

import csv
import io
from pathlib import Path
from typing import Any

import click
import numpy as np

from pellucid._files.writing import marked, write_whole
from pellucid.analysis import lr_range
from pellucid.analysis.lr_range import RangeTest
from pellucid.cli.compiling import compiling_told
from pellucid.cli.options import check_out, out_option, output
from pellucid.cli.printing import Out, print_json, progress
from pellucid.cli.settings_options import as_typed, settings_options
from pellucid.core.arrays import some_rows
from pellucid.core.errors import DivergenceError, InputError
from pellucid.render import pictures
from pellucid.render.pictures import style
from pellucid.runs import from_recipe, prepare, usual_recipe
from pellucid.runs.prepare import Prepared

NOT_HERE = ("learning_rate", "schedule", "epochs", "patience")
HEADER = b"learning_rate,loss,smoothed\n"
OWN = ("least", "most", "steps", "out", "force", "as_json", "quiet")
ROWS = 15
BAR = 24  # characters


@click.command("lr-find", short_help="Find a learning rate: the loss at each of many.")
@click.argument("data", required=False)
@click.option("--from", "least", type=float, metavar="RATE", default=1e-6, show_default=True, help="The first rate.")
@click.option("--to", "most", type=float, metavar="RATE", default=100.0, show_default=True, help="The last rate.")
@click.option("--steps", type=int, metavar="N", default=200, show_default=True, help="How many rates, a step each.")
@settings_options(without=NOT_HERE)
@out_option("A picture (.png, .svg, .pdf) or a table (.csv).")
@output
@click.pass_context
def lr_find(
    ctx: click.Context, /, steps: int, out: Path | None, force: bool, as_json: bool, quiet: bool, **given: Any
) -> None:
    """Find the learning rate to train with on DATA, which is what pellucid train takes.

    A network is trained for a few steps, each with a greater learning rate than the one before, from far too small to
    far too large. Where the loss falls fastest, and where it is lowest before it rises, tells which rate is right: one
    midway between the two. (Smith, Cyclical Learning Rates for Training Neural Networks, 2015.) Then short trainings
    compare it with the usual rate, and the best one is suggested.

    Give the flags that you will train with: the right rate depends on the data, the network, the optimiser, the batch
    size and the limit on the gradient. Nothing is kept but --out.
    """
    if out is not None and out.suffix.lower() not in (*style.SUFFIXES, ".csv"):
        raise InputError(f"--out {out}: give a name that ends in {', '.join(style.SUFFIXES)} or .csv")
    if out is not None:
        own = marked(HEADER) if out.suffix.lower() == ".csv" else style.is_picture
        check_out(out, given["data"], given["target"], own=own, force=force)
    rates = {"least": given.pop("least"), "most": given.pop("most"), "steps": steps}
    prepared = prepare(from_recipe(given, usual_recipe(given["data"], given["target"])))
    with compiling_told(silent=quiet or as_json), progress("trying rates", steps, quiet=quiet) as advance:
        test = _test(prepared, **rates, after_step=advance)
    command = None
    if test.suggestion is not None:
        command = " ".join(["pellucid train", *as_typed(ctx, without=OWN), f"--learning-rate {test.suggestion:g}"])
    if out is not None:
        suffix = out.suffix.lower()
        write_whole(out, _table(test) if suffix == ".csv" else style.render(pictures.range_test(test), suffix))
    if as_json:
        tried = [trial._asdict() for trial in test.tried]
        print_json({**vars(test), "tried": tried, "command": command, "out": out})
    else:
        _show(test, command, out, quiet=quiet)


def _test(prepared: Prepared, **rates: Any) -> RangeTest:
    settings, net, data = prepared.settings.training(), prepared.model.network, prepared.dataset
    batches = settings.pop("accumulate")  # in a step, which is that of a batch so many times as large
    settings["batch_size"] = settings["batch_size"] and batches * settings["batch_size"]
    try:
        return lr_range.lr_find(
            net, data.train, prepared.optimizer, rng=prepared.rng, dev=data.dev, **settings, **rates
        )
    except DivergenceError as error:
        raise InputError(f"{prepared.settings.data}: {error}") from None


def _table(test: RangeTest) -> bytes:
    """The test as the text of a CSV file, every number to its last digit."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    text.write(HEADER.decode())
    table.writerows(zip(test.rates.tolist(), test.losses.tolist(), test.smoothed.tolist(), strict=True))
    return text.getvalue().encode()


def _show(test: RangeTest, command: str | None, out: Path | None, *, quiet: bool) -> None:
    results = Out()
    if not quiet:
        results.table(("rate", "loss", "", ""), _rows(test), right=("rate", "loss"))
        results.line()
    if test.suggestion is None:
        results.line("no learning rate is suggested", bold=True)
    else:
        results.line(f"suggested learning rate: {test.suggestion:g}", bold=True)
    if quiet:
        return
    results.line(test.evidence)
    if test.stopped is not None:
        results.line(f"stopped: {test.stopped}")
    if out is not None:
        results.line(f"written to {out}")
    if command is not None:
        results.line()
        results.line("Try next:", bold=True)
        results.line(f"  {command}")


def _rows(test: RangeTest) -> list[tuple[str, str, str, str]]:
    """Some of the rates with their smoothed losses, a bar as long as the loss, and what is special about the rate."""
    marks: dict[int, list[str]] = {}
    named = (("falls fastest", test.steepest), ("suggested", test.suggestion), ("lowest", test.lowest))
    for text, rate in named:
        if rate is not None and test.rates[0] <= rate <= test.rates[-1]:
            marks.setdefault(int(np.abs(np.log(test.rates / rate)).argmin()), []).append(text)
    places = sorted({*some_rows(len(test.rates), ROWS).tolist(), *marks})
    full = 1.25 * test.start
    rows = []
    for k in places:
        loss = float(test.smoothed[k])
        long = not loss <= full
        bar = "█" * (BAR - 1) + "▶" if long else "█" * max(0, round(BAR * loss / full))
        rows.append((f"{test.rates[k]:.3g}", f"{loss:.4g}", bar, ", ".join(marks.get(k, []))))
    return rows
