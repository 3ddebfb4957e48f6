"""``pellucid train``: data and settings in, a folder with a trained model out."""

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import click
from click.core import ParameterSource
from click.exceptions import Exit

from pellucid._files.latest import LATEST, keep_latest
from pellucid._text import counted, percent, shortened
from pellucid.analysis.diagnosis.diagnose import diagnose_run
from pellucid.analysis.finding import Finding
from pellucid.cli.app import os_message
from pellucid.cli.compiling import compiling_told
from pellucid.cli.flags import in_flags, with_flags
from pellucid.cli.interrupts import handled
from pellucid.cli.options import FILE, out_option, output
from pellucid.cli.printing import Out, note, print_json, progress
from pellucid.cli.ranks import on_ranks
from pellucid.cli.report import write_at_the_end
from pellucid.cli.scores import in_words
from pellucid.cli.settings_options import settings_options
from pellucid.core.errors import DivergenceError, InputError
from pellucid.core.network import Network
from pellucid.core.progress import Epoch
from pellucid.datasets import Understood
from pellucid.runs import Run, SavedRun, from_recipe, prepare, resume, start, usual_recipe
from pellucid.runs.checkpoint import NAME as CHECKPOINT
from pellucid.runs.prepare import Prepared
from pellucid.runs.ranks import together
from pellucid.runs.run_json import NAME as RUN
from pellucid.runs.run_json import REPORT
from pellucid.runs.scores import parts
from pellucid.runs.settings import Settings

MOST_COLUMNS = 40  # of a table that are shown
BESIDE_RESUME = {"resume_from", "epochs", "as_json", "quiet"}


@click.command(short_help="Train a network, into a folder of its own.")
@click.argument("data", required=False)
@settings_options()
@out_option("[runs/<date>-<time>]; runs/latest leads to it", metavar="DIR", replaces=False)
@click.option("--resume", "resume_from", metavar="DIR", type=FILE, help="Go on with a run that was stopped.")
@output
@click.pass_context
def train(
    ctx: click.Context, /, out: Path | None, resume_from: Path | None, as_json: bool, quiet: bool, **flags: Any
) -> None:
    """Train a network on DATA and write it, with all that belongs to it, to a folder.

    DATA is mnist (the default: 70,000 handwritten digits, which come with pellucid), a table (.csv, .tsv, .parquet)
    with a column to predict (--target NAME), a folder of pictures in one sub-folder a class, a digit .csv as on Kaggle
    (label,pixel0,…), a .npz with arrays X and y, an X.npy with y.npy beside it, or the path of an IDX file of images.
    A table may lie in parts: DATA is then a folder of files, or a pattern in quotes such as 'parts/*.parquet'. What is
    above 256 MB is read block by block and need not fit into memory. The default network is 784-32-16-10 with ReLU; it
    reaches about 97 % of the test digits in a few seconds.

    Of a table's columns numbers are scaled, categories become an input for each level, dates a number and their place
    in the year, week and day; gaps are filled and marked. What was understood is shown; --column NAME=KIND changes it.

    Ctrl-C stops a run and saves it; --resume goes on to the very bits that it would have reached. With more --epochs
    beside it a run becomes longer: the schedule is then that of the longer run, from where it stands. In place of a
    run's folder the word latest stands for the run that was started last here, in every command.
    """
    if resume_from is not None:
        _check_beside_resume(ctx)
    with on_ranks() as (ranks, witness):
        if ranks is not None and ranks.rank:
            as_json, quiet = False, True
        if resume_from is not None:
            run = resume(resume_from, flags["epochs"], ranks)
        else:
            folder = folder_for(out, "runs")
            run = start(together(ranks, lambda: _prepared(flags, folder)), folder, ranks)
            if run.writes:
                remember(run.folder)
        to_train = run.result is None
        if witness is not None:
            witness.note(f"the last checkpoint in {run.folder} is whole: {_how_to_go_on(run)}")
        if to_train:
            _go(run, silent=as_json or quiet, quiet=quiet)
        elif not (as_json or quiet):
            note(f"{run.folder}: finished already, left as it is")
    if run.writes:
        _end(run, to_train, as_json=as_json, quiet=quiet)


def _prepared(flags: dict[str, Any], folder: Path) -> Prepared:
    """What a run in that folder begins with."""
    settings = from_recipe(flags, usual_recipe(flags["data"], flags["target"]))
    return prepare(settings, beside=Path(os.path.realpath(folder)).parent)


def _check_beside_resume(ctx: click.Context) -> None:
    """Refuse flags beside --resume that a run has settled already."""
    given = {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    for each in ctx.command.params:
        if each.name in given - BESIDE_RESUME:
            flag = "DATA" if each.name == "data" else each.opts[0]
            raise InputError(f"{flag} cannot stand beside --resume, which goes on with the run's own settings")


def _end(run: Run, to_train: bool, *, as_json: bool, quiet: bool) -> None:
    """The report, and what the training came to."""
    findings = findings_of(run)
    if to_train:
        write_at_the_end(run, findings)
        run.forget_cache()
    if as_json:
        columns = [asdict(column) for column in run.dataset.understood]
        about = {**(run.result or {}), "findings": [asdict(finding) for finding in findings]}
        print_json(
            {**about, "columns": columns, "notes": [in_flags(said) for said in run.dataset.notes]} if columns else about
        )
        return
    _conclude(Out(), run, quiet=quiet)
    for finding in findings:
        note(f"note: {sentence(finding)}")


def folder_for(out: Path | None, within: str) -> Path:
    """The folder asked for; else one ``within`` another, named by date and time, with a number where that is taken."""
    if out is not None:
        if out.absolute() == LATEST.absolute():
            raise InputError(f"--out {out}: leads to the last run started here; choose another name")
        return out
    name, number = datetime.now().strftime("%Y%m%d-%H%M%S"), 1
    folder = Path(within) / name
    while folder.exists():
        number += 1
        folder = Path(within) / f"{name}-{number}"
    return folder


def remember(folder: Path) -> None:
    """Let the word ``latest`` stand for a run; where that cannot be, say so."""
    try:
        keep_latest(folder)
    except (InputError, OSError) as error:
        why = os_message(error) if isinstance(error, OSError) else error
        note(f"note: the word latest does not stand for this run. {why}")


def _go(run: Run, *, silent: bool, quiet: bool) -> None:
    """Train to the end, or until a signal; then say how to go on."""
    results, total = Out(), run.settings.passes
    below = None if silent else results
    caught: list[int] = []
    go_on = _how_to_go_on(run)
    try:
        if not silent:
            _describe(results, run)
        _tell_of_other_ranks(run)
        with (
            compiling_told(silent=silent, farewell=f"interrupted before a step; everything is saved; {go_on}"),
            _saved_by_signals(run, caught),
            progress("training", total, quiet=quiet, below=below) as advance,
        ):
            for epoch in run.go():
                advance(epoch.number)
                line = _line(epoch, run.settings, " " if (results.width or 80) < 64 else "   ")
                if line is not None and not silent:
                    results.line(line)
    except KeyboardInterrupt:
        state = run.state.progress
        place = f"in epoch {state.epoch + 1} after step {state.step}; everything is saved"
        if len(caught) > 1:
            place = "twice; the last checkpoint stands"
        note(f"interrupted {place}; {go_on}")
        raise Exit(128 + caught[0] if caught else 130) from None
    except DivergenceError as error:
        findings = findings_of(run, diverged=True)
        if not findings:
            raise
        raise DivergenceError(f"{error.what}; {sentence(findings[0])}") from None
    except (BrokenPipeError, SystemExit):
        note(f"stopped, since nobody reads the output any more; {go_on}")
        raise BrokenPipeError from None
    except OSError as error:
        if not all((run.folder / name).is_file() for name in (RUN, CHECKPOINT)):
            raise InputError(f"{run.folder}: has been removed while training went on; start the run again") from None
        raise InputError(f"{os_message(error)}. The last checkpoint in {run.folder} is whole: then {go_on}") from None


def _how_to_go_on(run: Run) -> str:
    ranks = "" if run.ranks is None else f"mpiexec -n {run.ranks.size} "
    return f"go on with: {ranks}pellucid train --resume {shlex.quote(str(run.folder))}"


def _tell_of_other_ranks(run: Run) -> None:
    """Say what it changes that a run goes on with another number of ranks."""
    now = 1 if run.ranks is None else run.ranks.size
    if now != run.ranks_before and run.state.progress.step:
        note(
            f"note: {counted(run.ranks_before, 'rank')} trained this run up to step {run.state.progress.step}, {now} "
            f"from here on: the batches and masks stay the same, and the last digits of sums become others"
        )


def findings_of(run: Run, *, diverged: bool = False) -> list[Finding]:
    """What went wrong in the run, seen with what is in memory already, and the flags that help."""
    state = run.state
    about, path = {"result": run.result}, state.snapshots
    here = SavedRun(run.folder, about, run.settings, state.history, path.steps, path.thetas, state.network)
    return with_flags(diagnose_run(here, run.dataset, diverged=diverged))


def sentence(finding: Finding) -> str:
    """A finding in a sentence."""
    return f"{finding.fault}: {finding.evidence}; try {finding.remedy}"


@contextmanager
def _saved_by_signals(run: Run, caught: list[int]) -> Iterator[None]:
    """Turn the first Ctrl-C, or signal to end, into a stop after the step under way; a second one ends at once."""

    def handle(number: int, _: FrameType | None) -> None:
        caught.append(number)
        if len(caught) > 1:
            raise KeyboardInterrupt
        run.stop = True

    with handled(handle):
        yield


def _line(epoch: Epoch, settings: Settings, gap: str) -> str | None:
    """A line an epoch, or about twenty in all where there are many; every tenth iteration for the article."""
    if settings.recipe == "article" and epoch.train.accuracy is not None:
        done = epoch.number - 1
        return None if done % 10 else f"Iteration {done:4}   accuracy {epoch.train.accuracy:.4f}"
    if epoch.number % max(1, settings.passes // 20) and epoch.number != settings.passes:
        return None
    line = f"epoch {epoch.number:3}{gap}train loss {_short(epoch.train.loss)}"
    if epoch.dev is None:
        return line
    score = f"R² {epoch.dev.r2:7.4f}" if epoch.dev.r2 is not None else percent(epoch.dev.accuracy)
    return f"{line}{gap}dev loss {_short(epoch.dev.loss)}{gap}{score}"


def _short(loss: float) -> str:
    """A loss in eight places."""
    return f"{loss:8.4f}" if loss < 1000 else f"{loss:8.3g}"


def _describe(results: Out, run: Run) -> None:
    """What is about to be trained, on what."""
    data, settings = run.dataset, run.settings
    sizes = ", ".join(f"{part.shape[0]:,} {name}" for name, part in parts(data).items())
    results.line(f"{data.name}: {sizes}; {counted(data.train.shape[1], 'input')}")
    show_columns(results, data.understood)
    for said in data.notes:
        note(f"note: {in_flags(said)}")
    show_layers(results, run.state.network)
    epochs = "1 epoch" if settings.passes == 1 else f"{settings.passes} epochs"
    size = "all samples" if settings.batch_size is None else f"batches of {settings.batch_size}"
    size = size if settings.accumulate == 1 else f"steps of {settings.accumulate} {size}"
    results.line(
        f"{run.state.network.loss.name}, {settings.optimizer} at {settings.learning_rate:g} ({settings.schedule}), "
        f"{size}, {epochs}, {settings.dtype}, seed {settings.seed}"
        + ", compiled" * (settings.engine == "compiled")
        + ("" if run.ranks is None else f", {run.ranks.size} ranks"),
    )


def show_columns(results: Out, understood: Sequence[Understood]) -> None:
    """What was understood of each column of a table, the first of them where there are many."""
    if not understood:
        return
    first = sorted(understood, key=lambda column: column.kind != "target")[:MOST_COLUMNS]
    rows = [(shortened(column.name), column.kind, str(column.inputs or ""), column.becomes) for column in first]
    results.table(("column", "is", "inputs", "becomes"), rows, right=("inputs",))
    if len(understood) > len(first):
        results.line(f"… and {len(understood) - len(first):,} more columns")


def show_layers(results: Out, net: Network) -> None:
    """The layers of a network: shape, activation, parameters, and multiply-adds a sample."""
    columns = ("layer", "inputs → outputs", "activation", "parameters", "multiply-adds")
    rows = [
        (str(number), f"{W.shape[1]} → {W.shape[0]}", activation.name, f"{W.size + b.size:,}", f"{W.size:,}")
        for number, (W, b, activation) in enumerate(net.layers, start=1)
    ]
    products = sum(layer.W.size for layer in net.layers)
    rows.append(("total", "", "", f"{net.theta.size:,}", f"{products:,}"))
    results.table(columns, rows, right=columns[3:])


def _conclude(results: Out, run: Run, *, quiet: bool) -> None:
    """The scores, where everything is, and what to try next."""
    result = run.result
    assert result is not None
    if result["epochs"] < run.settings.passes and not quiet:
        results.line(
            f"stopped after epoch {result['epochs']}, {run.settings.patience} epochs without a better dev loss; "
            f"the model is that of epoch {result['best_epoch']}"
        )
    for part in ("train", "dev", "test"):
        scores = result[part]
        if scores is not None:
            results.line(f"{part:5} {in_words(scores, run.model)}", bold=part == "test")
    if quiet:
        return
    folder = shlex.quote(str(run.folder))
    results.line(f"{result['steps']:,} steps in {result['seconds']:.2f} s; everything is in {run.folder}")
    results.line()
    results.line("Try next:", bold=True)
    what = "class by class" if run.dataset.classes is not None else "on the part held back"
    lines = [(f"pellucid evaluate {folder}", what)]
    if (run.folder / REPORT).is_file():
        lines.insert(0, (f"open {shlex.quote(str(run.folder / REPORT))}", "all of it on one page"))
    if run.dataset.understood:
        lines.append((f"pellucid importance {folder}", "which columns matter"))
        lines.append((f"pellucid predict {folder} rows.csv", "predictions for other rows"))
    if run.dataset.image_shape is not None:
        own = "read your own digit" if run.dataset.image_shape == (28, 28) else "what is in your own picture?"
        lines.append((f"pellucid predict {folder} picture.png", own))
    lines.append((f"pellucid check {folder}", "is back propagation right?"))
    results.commands(*lines)
