"""``pellucid sweep``: many trainings with settings that are searched; out comes the best of them as a run."""

import shlex
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from click.exceptions import Exit

from pellucid._text import decimal
from pellucid.cli.compiling import compiling_told
from pellucid.cli.flags import flag_and_value, flag_of, shell_word
from pellucid.cli.interrupts import Ended, end, handled
from pellucid.cli.options import FILE, OneOf, count_option, out_option, output
from pellucid.cli.printing import Out, note, print_json, progress
from pellucid.cli.report import write_at_the_end
from pellucid.cli.scores import in_words
from pellucid.cli.settings_options import settings_options
from pellucid.cli.sweep_table import shown
from pellucid.cli.train import findings_of, folder_for, remember
from pellucid.core.errors import InputError
from pellucid.core.threads import cores
from pellucid.runs import Run, usual_recipe
from pellucid.sweeps.asked import Asked
from pellucid.sweeps.sweep import PICTURE, Sweep, begin, go_on
from pellucid.sweeps.workers import BACKENDS, check_address, check_installed

TRIALS = 50
BESIDE_RESUME = {"resume_from", "trials", "count", "backend", "address", "as_json", "quiet"}


@click.command(short_help="Many trainings, to find settings.")
@click.argument("data", required=False)
@click.option("--search", metavar="TEXT", help="What is searched: NAME=A,B NAME=LOW:HIGH NAME=LOW:HIGH:log …")
@count_option("--trials", None, f"How many trainings in all [{TRIALS}]")
@click.option("--workers", "count", type=click.IntRange(1, 4096), metavar="N", help="Trainings at once [one a core]")
@click.option("--backend", type=OneOf(list(BACKENDS)), default="loky", help="Who does them [loky: this machine]")
@click.option("--address", metavar="ADDRESS", help="Of a cluster of Dask or Ray that runs already.")
@settings_options()
@out_option("[sweeps/<date>-<time>]; one that holds this sweep goes on", metavar="DIR", replaces=False)
@click.option("--resume", "resume_from", metavar="DIR", type=FILE, help="Go on with a sweep that was stopped.")
@output
@click.pass_context
def sweep(
    ctx: click.Context, /, search: str | None, trials: int | None, count: int | None, backend: str,
    address: str | None, out: Path | None, resume_from: Path | None, as_json: bool, quiet: bool, **given: Any,
) -> None:  # fmt: skip
    """Train many networks on DATA, which is what pellucid train takes, to find the settings of the least dev loss.

    \b
    pellucid sweep t.csv --target price --search 'hidden=32,64,32-16 learning-rate=1e-4:0.1:log dropout=0:0.5'

    Values of a list stand between commas; the layers of one network are joined by - (32-16 is two hidden layers, none
    is no layer). A range has two ends, and :log behind it where its size is not known. Searched can be: hidden,
    activation, init, optimizer, learning-rate, schedule, batch-size, epochs, weight-decay, dropout, clip-norm and
    patience. All other settings of pellucid train may stand beside, and hold for all trainings.

    Optuna chooses the settings of each trial from the trials before it, and stops one whose dev loss is above the
    median of those. The folder DIR then holds the journal of all trials, which settings mattered (importance.csv), a
    picture of them (parallel.svg), and the best settings trained once more as an ordinary run, DIR/best.

    Ctrl-C, kill -9 or a full disk lose no trial that has ended; --resume goes on, with the trials that were under way
    first.
    """  # noqa: D301  (click reads \b as: leave these lines as they are)
    check_installed(backend)
    check_address(backend, address)
    if resume_from is not None:
        _refuse_beside_resume(ctx)
        found = go_on(resume_from, trials)
    elif search is None:
        raise InputError("say what is searched, such as search='hidden=32,64 learning-rate=1e-4:0.1:log'")
    else:
        settings = {name: value for name, value in given.items() if value is not None}
        recipe = usual_recipe(given["data"], given["target"])
        found = begin(Asked(settings, search, trials or TRIALS, recipe), folder_for(out, "sweeps"))
    silent = as_json or quiet
    go_on_with = f"go on with: pellucid sweep --resume {shlex.quote(str(found.folder))}"
    try:
        with handled(end):
            run = None if found.result is not None else _go(found, backend, count, address, silent=silent, quiet=quiet)
    except KeyboardInterrupt as error:
        note(f"interrupted; {_ended(found)} of {found.asked.trials} trials have ended and are kept; {go_on_with}")
        raise Exit(error.code if isinstance(error, Ended) else 130) from None
    except (OSError, InputError) as error:
        if isinstance(error, OSError):
            error.filename = error.filename or str(found.folder)
        if _ended(found) < found.asked.trials:
            note(f"stopped; {_ended(found)} of {found.asked.trials} trials have ended and are kept; {go_on_with}")
        raise
    finally:
        found.lock = None
    if run is None and not silent:
        note(f"{found.folder}: finished already, left as it is")
    _tell(found, run, as_json=as_json, quiet=quiet)


def _refuse_beside_resume(ctx: click.Context) -> None:
    given = {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    for each in ctx.command.params:
        if each.name in given - BESIDE_RESUME:
            flag = "DATA" if each.name == "data" else each.opts[0]
            raise InputError(f"{flag} cannot stand beside --resume, which goes on with what the sweep was asked for")


def _go(found: Sweep, backend: str, count: int | None, address: str | None, *, silent: bool, quiet: bool) -> Run:
    """Do the trials, then train the best settings once more and write the result."""
    with shown(found, silent=silent) as tell:
        for trial in found.go(backend, count or cores(), address):
            tell(trial)
    run = found.best_run()
    remember(run.folder)
    if run.result is None:
        with compiling_told(silent=silent), progress("the best run", run.settings.passes, quiet=quiet) as advance:
            for epoch in run.go():
                advance(epoch.number)
        write_at_the_end(run, findings_of(run))
    found.finish(_command(found))
    return run


def _ended(found: Sweep) -> int:
    return sum(trial.outcome is not None for trial in found.trials())


def _command(found: Sweep) -> str:
    """The line that trains with the best settings, to the same numbers."""
    given, settings = found.asked.given, found.asked.settings()
    beside = {name: value for name, value in given.items() if name != "data"}
    same = {name: getattr(settings, name) for name in ("engine", "threads") if name not in given}
    words = [shell_word(given["data"])] if "data" in given else []
    for name, value in {**beside, **found.chosen(found.best()), **same}.items():
        words += flag_and_value(name, value)
    return " ".join(["pellucid train", *words])


def _tell(found: Sweep, run: Run | None, *, as_json: bool, quiet: bool) -> None:
    result = found.result
    assert result is not None
    if as_json:
        print_json(result)
        return
    results = Out()
    if quiet:
        results.line(result["command"])
        return
    best, importance = found.texts(found.best()), result["importance"]
    rows = [
        (flag_of(name)[2:], value, f"{100 * importance[name]:.0f} %" if name in importance else "")
        for name, value in best.items()
    ]
    results.line()
    results.line(f"{result['trials']} trials: {result['complete']} came to their end, {result['pruned']} were stopped "
                 f"early, {result['diverged']} diverged")  # fmt: skip
    results.table(("setting", "best", "how much it matters"), rows, right=("best", "how much it matters"))
    results.line(f"dev loss {decimal(result['value'])} in trial {result['number']}", bold=True)
    if run is not None and run.result is not None:
        for part in ("train", "dev", "test"):
            if run.result[part] is not None:
                results.line(f"{part:5} {in_words(run.result[part], run.model)}")
    results.line(f"everything is in {found.folder}")
    results.line()
    results.line("Try next:", bold=True)
    results.commands(
        (f"pellucid evaluate {shlex.quote(result['run'])}", "how good the best run is"),
        (f"open {shlex.quote(str(found.folder / PICTURE))}", "all trials in one picture"),
        (result["command"], "train the best settings again"),
    )
