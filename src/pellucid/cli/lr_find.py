"""``pellucid lr-find``: which learning rate to train with, from the loss at each rate of a short test."""

import csv
import io
from pathlib import Path
from typing import Any

import click
import numpy as np

from pellucid._files import write_whole
from pellucid.analysis import lr_range_test
from pellucid.analysis.lr_range_test import LEAST_STEPS, RangeTest
from pellucid.cli.common import Out, check_out, output, print_json, progress
from pellucid.cli.settings_options import given, settings_options
from pellucid.core import checks
from pellucid.core.arrays import some_rows
from pellucid.core.errors import DivergenceError, InputError
from pellucid.render import pictures
from pellucid.render.pictures import style
from pellucid.runs import from_recipe, prepare, usual_recipe

NOT_HERE = ("learning_rate", "schedule", "epochs", "patience")
OWN = ("least", "most", "steps", "out", "as_json", "quiet")
ROWS = 15
BAR = 24  # characters


@click.command("lr-find", short_help="Find a learning rate: the loss at each of many.")
@click.argument("data", required=False)
@click.option("--from", "least", type=float, metavar="RATE", default=1e-6, show_default=True, help="The first rate.")
@click.option("--to", "most", type=float, metavar="RATE", default=100.0, show_default=True, help="The last rate.")
@click.option(
    "--steps",
    type=click.IntRange(min=LEAST_STEPS),
    metavar="N",
    default=200,
    show_default=True,
    help="How many rates, a step each.",
)
@settings_options(without=NOT_HERE)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="A picture (.png, .svg, .pdf) or a table (.csv)."
)
@output
@click.pass_context
def lr_find(
    ctx: click.Context,
    /,
    least: float,
    most: float,
    steps: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    **flags: Any,
) -> None:
    """Find the learning rate to train with on DATA, which is what pellucid train takes.

    A network is trained for a few steps, each with a greater learning rate than the one before, from far too small to
    far too large. Where the loss falls fastest, and where it is lowest before it rises, tells which rate is right: the
    suggestion lies midway between the two. (Smith, Cyclical Learning Rates for Training Neural Networks, 2015.)

    Give the flags that you will train with: the right rate depends on the data, the network, the optimiser, the batch
    size and the limit on the gradient. Nothing is kept but --out.
    """
    if out is not None and out.suffix.lower() not in (*style.SUFFIXES, ".csv"):
        raise InputError(f"--out {out}: give a name that ends in {', '.join(style.SUFFIXES)} or .csv")
    if out is not None:
        check_out(out, flags["data"], flags["target"])
    checks.number(least, "--from", positive=True)
    checks.number(most, "--to", least=least, positive=True)
    test = _test(flags, least, most, steps, quiet=quiet)
    paste = None
    if test.suggestion is not None:
        paste = f"pellucid train {given(ctx, without=OWN)} ".rstrip() + f" --learning-rate {test.suggestion:g}"
    if out is not None:
        write_whole(out, _table(test) if out.suffix.lower() == ".csv" else _picture(test, out.suffix.lower()))
    if as_json:
        print_json({**vars(test), "command": paste, "out": out})
    else:
        _show(Out(), test, paste, out, quiet=quiet)


def _test(flags: dict[str, Any], least: float, most: float, steps: int, *, quiet: bool) -> RangeTest:
    prepared = prepare(from_recipe(flags, usual_recipe(flags["data"], flags["target"])))
    settings, data = prepared.settings, prepared.dataset.train
    with progress("trying rates", steps, quiet=quiet) as bar:
        try:
            return lr_range_test.lr_find(
                prepared.model.network,
                data,
                prepared.optimizer,
                batch_size=settings.batch_size,
                least=least,
                most=most,
                steps=steps,
                rng=prepared.rng,
                dropout=settings.dropout,
                clip_norm=settings.clip_norm,
                blas_threads=settings.threads,
                after_step=bar.advance,
            )
        except DivergenceError as error:
            raise InputError(f"{settings.data}: {error}") from None


def _table(test: RangeTest) -> bytes:
    """The test as the text of a CSV file, every number to its last digit."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("learning_rate", "loss", "smoothed"))
    columns = (test.rates.tolist(), test.losses.tolist(), test.smoothed.tolist())
    table.writerows(zip(*columns, strict=True))
    return text.getvalue().encode()


def _picture(test: RangeTest, suffix: str) -> bytes:
    return style.render(pictures.range_test(test), suffix)


def _show(results: Out, test: RangeTest, paste: str | None, out: Path | None, *, quiet: bool) -> None:
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
    if paste is not None:
        results.line("\nTry next:", bold=True)
        results.line(f"  {paste}")


def _rows(test: RangeTest) -> list[tuple[str, str, str, str]]:
    """Some of the rates with their smoothed losses, a bar as long as the loss, and what is special about the rate."""
    marks: dict[int, list[str]] = {}
    named = (("falls fastest", test.steepest), ("suggested", test.suggestion), ("lowest", test.lowest))
    for text, rate in named:
        if rate is not None:
            marks.setdefault(int(np.abs(np.log(test.rates / rate)).argmin()), []).append(text)
    shown = sorted({*some_rows(len(test.rates), ROWS).tolist(), *marks})
    full = 1.25 * test.start
    rows = []
    for k in shown:
        loss = float(test.smoothed[k])
        long = not loss <= full
        bar = "█" * (BAR - 1) + "▶" if long else "█" * max(0, round(BAR * loss / full))
        rows.append((f"{test.rates[k]:.3g}", f"{loss:.4g}", bar, ", ".join(marks.get(k, []))))
    return rows
