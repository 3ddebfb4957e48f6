"""``pellucid train``: data and settings in, a folder with a trained model out."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import click
from click.core import ParameterSource

from pellucid.activations import ACTIVATIONS
from pellucid.cli.app import os_message
from pellucid.cli.common import Exit, Out, note, output, percent, print_json, progress
from pellucid.errors import InputError
from pellucid.initializers import INITIALIZERS
from pellucid.losses import LOSSES
from pellucid.network import Network
from pellucid.optimizers import OPTIMIZERS
from pellucid.runs import RECIPES, Run, from_flags, prepare, resume, start
from pellucid.runs.settings import Settings
from pellucid.schedules import SCHEDULES
from pellucid.training import Epoch

BESIDE_RESUME = {"resume_from", "epochs", "as_json", "quiet"}


def _amount(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """A number of samples, or a fraction of them."""
    if value is None:
        return None
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither a number of samples nor a fraction such as 0.1") from None


def _sizes(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    if value is None or value == "none":
        return None if value is None else ()
    try:
        return tuple(int(size) for size in value.split(","))
    except ValueError:
        raise click.BadParameter(f"{value!r}: give neurons layer by layer, such as 32,16, or none") from None


def _names(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(name.strip() for name in value.split(","))


def _batch(_: click.Context, __: click.Parameter, value: str | None) -> int | str | None:
    if value is None or value == "all":
        return value
    try:
        return int(value)
    except ValueError:
        raise click.BadParameter(f"{value!r}: give a number of samples, or all") from None


@click.command(short_help="Train a network, into a folder of its own.")
@click.argument("data", required=False)
@click.option("--target", metavar="NAME", help="What to predict, where the data holds several arrays or columns.")
@click.option("--task", type=click.Choice(["auto", "classification", "regression"]), help="[default: auto]")
@click.option("--dev", metavar="N|FRACTION", callback=_amount, help="Held back to watch over training.")
@click.option("--test", metavar="N|FRACTION", callback=_amount, help="Held back for the final score.")
@click.option("--recipe", metavar="NAME", help=f"A set of the settings below: {', '.join(RECIPES)}.")
@click.option("--hidden", metavar="32,16", callback=_sizes, help="Neurons of the hidden layers, or none.")
@click.option("--activation", metavar="NAME[,NAME]", callback=_names, help=", ".join(ACTIVATIONS) + " [relu]")
@click.option("--loss", metavar="NAME", help=", ".join(LOSSES))
@click.option("--init", metavar="NAME", help=", ".join(INITIALIZERS) + " [he]")
@click.option("--optimizer", metavar="NAME", help=", ".join(OPTIMIZERS) + " [sgd]")
@click.option("--learning-rate", type=float, metavar="RATE", help="[0.7 for sgd]")
@click.option("--schedule", metavar="NAME", help=", ".join(SCHEDULES) + " [warmup-cosine]")
@click.option("--batch-size", metavar="N|all", callback=_batch, help="Samples a step [64]")
@click.option("--epochs", type=int, metavar="N", help="Passes over the data [6]")
@click.option("--weight-decay", type=float, metavar="RATE", help="How much θ is drawn towards 0 [0.001 for sgd]")
@click.option("--dropout", type=float, metavar="SHARE", help="Hidden neurons left out at each step [0]")
@click.option("--clip-norm", type=float, metavar="LENGTH", help="The greatest length of a gradient; 0 is no limit [1]")
@click.option("--dtype", metavar="NAME", help="float32 or float64 [float32]")
@click.option("--threads", type=int, metavar="N", help="Threads of the matrix product [by its size]")
@click.option("--seed", type=int, metavar="N", help="Of the split, the start and the order [0]")
@click.option("--patience", type=int, metavar="N", help="Stop after N epochs without a better dev loss.")
@click.option("--start-from", metavar="MODEL", help="Go on from a trained model's weights.")
@click.option("--out", "folder", metavar="DIR", type=click.Path(path_type=Path), help="[runs/<date>-<time>]")
@click.option(
    "--resume", "resume_from", metavar="DIR", type=click.Path(path_type=Path), help="Go on with a run that was stopped."
)
@output
@click.pass_context
def train(
    ctx: click.Context, /, folder: Path | None, resume_from: Path | None, as_json: bool, quiet: bool, **flags: Any
) -> None:
    """Train a network on DATA and write it, with all that belongs to it, to a folder.

    DATA is mnist (the default: 70,000 handwritten digits, which come with pellucid), a digit .csv as on Kaggle
    (label,pixel0,…), a .npz with arrays X and y, or the path of an IDX file of images. The default network is
    784-32-16-10 with ReLU; it reaches about 97 % of the test digits in a few seconds.

    Ctrl-C stops a run and saves it; --resume goes on to the very bits that it would have reached.
    """
    if resume_from is not None:
        given = {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
        for name in sorted(given - BESIDE_RESUME):
            flag = "DATA" if name == "data" else "--" + {"folder": "out"}.get(name, name.replace("_", "-"))
            raise InputError(f"{flag} cannot stand beside --resume, which goes on with the run's own settings")
        run = resume(resume_from, flags["epochs"])
    else:
        prepared = prepare(from_flags(flags))
        run = start(prepared, Path(folder) if folder is not None else _new_folder())
    silent = as_json or quiet
    if run.result is None:
        if not silent:
            _describe(Out(), run)
        _go(run, silent=silent, quiet=quiet)
    elif not silent:
        note(f"{run.folder}: finished already, left as it is")
    if as_json:
        print_json(run.result)
    else:
        _conclude(Out(), run, quiet=quiet)


def _new_folder() -> Path:
    """A folder named by date and time, with a number behind where that is taken."""
    name, number = datetime.now().strftime("%Y%m%d-%H%M%S"), 1
    folder = Path("runs") / name
    while folder.exists():
        number += 1
        folder = Path("runs") / f"{name}-{number}"
    return folder


def _go(run: Run, *, silent: bool, quiet: bool) -> None:
    """Train to the end, or until a signal; then say how to go on."""
    results, total = Out(), run.settings.epochs
    try:
        with _saved_by_signals(run) as caught, progress("training", total, quiet=quiet) as bar:
            lines = _Lines(results, run.settings)
            for epoch in run.go():
                bar.advance(epoch.number)
                if not silent:
                    lines.print(epoch)
    except KeyboardInterrupt:
        state = run.state.progress
        note(
            f"interrupted in epoch {state.epoch + 1} after step {state.step}; everything is saved. "
            f"Go on with: pellucid train --resume {run.folder}"
        )
        raise Exit(128 + caught[0] if caught else 130) from None
    except OSError as error:
        raise InputError(
            f"{os_message(error)}. The last checkpoint in {run.folder} is whole: "
            f"then go on with: pellucid train --resume {run.folder}"
        ) from None


@contextmanager
def _saved_by_signals(run: Run) -> Iterator[list[int]]:
    """Turn the first Ctrl-C (or SIGTERM) into a stop after the step under way; a second one ends at once."""
    caught: list[int] = []

    def handle(number: int, _: FrameType | None) -> None:
        if caught:
            raise KeyboardInterrupt
        caught.append(number)
        run.stop = True

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Lines:
    """A line an epoch, or about twenty in all where there are many; every tenth iteration for the article."""

    def __init__(self, results: Out, settings: Settings) -> None:
        self.results, self.article = results, settings.recipe == "article"
        self.epochs, self.every = settings.epochs, 10 if self.article else max(1, settings.epochs // 20)

    def print(self, epoch: Epoch) -> None:
        if self.article:
            if (epoch.number - 1) % self.every == 0:
                self.results.line(f"Iteration {epoch.number - 1:4}   accuracy {epoch.train.accuracy:.4f}")
        elif epoch.number % self.every == 0 or epoch.number == self.epochs:
            train, dev = f"train loss {epoch.train.loss:8.4f}", ""
            if epoch.dev is not None:
                score = f"R² {epoch.dev.r2:7.4f}" if epoch.dev.r2 is not None else percent(epoch.dev.accuracy)
                dev = f"   dev loss {epoch.dev.loss:8.4f}   {score}"
            self.results.line(f"epoch {epoch.number:3}   {train}{dev}")


def _describe(results: Out, run: Run) -> None:
    """What is about to be trained, on what."""
    data, settings = run.dataset, run.settings
    parts = [
        f"{len(part.X):,} {name}"
        for name, part in (("train", data.train), ("dev", data.dev), ("test", data.test))
        if part is not None
    ]
    results.line(f"{data.name}: {', '.join(parts)}; {data.train.X.shape[1]} inputs")
    show_layers(results, run.state.network)
    size = "all samples" if settings.batch_size is None else f"batches of {settings.batch_size}"
    results.line(
        f"{run.state.network.loss.name}, {settings.optimizer} at {settings.learning_rate:g} ({settings.schedule}), "
        f"{size}, {settings.epochs} epochs, {settings.dtype}, seed {settings.seed}",
    )


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
    for part in ("train", "dev", "test"):
        scores = result[part]
        if scores is None:
            continue
        if "accuracy" in scores:
            text = f"accuracy {percent(scores['accuracy'])}"
        else:
            text = f"R² {scores['r2']:.4f}, RMSE {scores['rmse']:.5g}"
        results.line(f"{part:5} {text}, loss {scores['loss']:.4f}", bold=part == "test")
    if quiet:
        return
    folder = run.folder
    results.line(f"{result['steps']:,} steps in {result['seconds']:.2f} s; everything is in {folder}")
    results.line("\nTry next:", bold=True)
    results.line(f"  pellucid evaluate {folder}              class by class")
    if run.dataset.image_shape == (28, 28):
        results.line(f"  pellucid predict {folder} picture.png   read your own digit")
    results.line(f"  pellucid check {folder}                 is back propagation right?")
