"""The options that say what a run does: the data, the network, the steps; ``train`` and ``lr-find`` share them."""

import shlex
from collections.abc import Callable
from typing import Any

import click
from click.core import ParameterSource

from pellucid.core.activations import ACTIVATIONS
from pellucid.core.initializers import INITIALIZERS
from pellucid.core.losses import LOSSES
from pellucid.core.optimizers import OPTIMIZERS
from pellucid.core.schedules import SCHEDULES
from pellucid.runs import RECIPES

Command = Callable[..., Any]


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


def _several(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...] | None:
    return value or None


def _batch(_: click.Context, __: click.Parameter, value: str | None) -> int | str | None:
    if value is None or value == "all":
        return value
    try:
        return int(value)
    except ValueError:
        raise click.BadParameter(f"{value!r}: give a number of samples, or all") from None


SETTINGS: tuple[Callable[[Command], Command], ...] = (
    click.option(
        "--target",
        metavar="NAME",
        help="What to predict: a column, several joined by commas, an array, or a .npy file.",
    ),
    click.option("--task", type=click.Choice(["auto", "classification", "regression"]), help="[default: auto]"),
    click.option(
        "--dev",
        metavar="N|FRACTION",
        callback=_amount,
        help="Held back to watch over training [1,000 digits; else 10 %, at most 10,000 of a file above 256 MB].",
    ),
    click.option("--test", metavar="N|FRACTION", callback=_amount, help="Held back for the final score."),
    click.option(
        "--column",
        "columns",
        metavar="NAME=KIND",
        multiple=True,
        callback=_several,
        help="What a column of a table is: number, boolean, category, date, or out. May be given several times.",
    ),
    click.option("--weights", metavar="NAME", help="The column of a table that says how much each row counts."),
    click.option(
        "--class-weights", metavar="balanced|NAME=W,…", help="How much the rows of each class count in training [1]"
    ),
    click.option("--recipe", metavar="NAME", help=f"A set of the settings below: {', '.join(RECIPES)}."),
    click.option(
        "--hidden",
        metavar="32,16",
        callback=_sizes,
        help="Neurons of the hidden layers, or none [32,16; 100 for a table]",
    ),
    click.option("--activation", metavar="NAME[,NAME]", callback=_names, help=", ".join(ACTIVATIONS) + " [relu]"),
    click.option("--loss", metavar="NAME", help=", ".join(LOSSES)),
    click.option("--init", metavar="NAME", help=", ".join(INITIALIZERS) + " [he; glorot for a table]"),
    click.option("--optimizer", metavar="NAME", help=", ".join(OPTIMIZERS) + " [sgd; adamw for a table]"),
    click.option("--learning-rate", type=float, metavar="RATE", help="[0.7 for sgd; 0.005 for a table]"),
    click.option("--schedule", metavar="NAME", help=", ".join(SCHEDULES) + " [warmup-cosine]"),
    click.option("--batch-size", metavar="N|all", callback=_batch, help="Samples a step [64; 32 for a table]"),
    click.option(
        "--epochs", type=int, metavar="N", help="Passes over the data [6; for a table 15 to 40, some 5,000 steps]"
    ),
    click.option(
        "--weight-decay",
        type=float,
        metavar="RATE",
        help="How much θ is drawn towards 0 [0.001 for sgd; 0.3 for a table, 600 / rows above 2,000]",
    ),
    click.option("--dropout", type=float, metavar="SHARE", help="Hidden neurons left out at each step [0]"),
    click.option(
        "--clip-norm", type=float, metavar="LENGTH", help="The greatest length of a gradient; 0 is no limit [1]"
    ),
    click.option("--dtype", metavar="NAME", help="float32 or float64 [float32]"),
    click.option("--threads", type=int, metavar="N", help="Threads of the matrix product [by its size]"),
    click.option("--seed", type=int, metavar="N", help="Of the split, the start and the order [0]"),
    click.option(
        "--patience", type=int, metavar="N", help="Stop after N epochs without a better dev loss, and keep the best θ."
    ),
    click.option("--start-from", metavar="MODEL", help="Go on from a trained model's weights: a file, or a run."),
)


def settings_options(*, without: tuple[str, ...] = ()) -> Callable[[Command], Command]:
    """All options of a run's settings, but for those with the names ``without``."""

    def decorate(command: Command) -> Command:
        for option in reversed(SETTINGS):
            command = option(command)
        mine: list[click.Parameter] = command.__dict__["__click_params__"]
        mine[:] = [parameter for parameter in mine if parameter.name not in without]
        return command

    return decorate


def given(ctx: click.Context, *, without: tuple[str, ...] = ()) -> str:
    """DATA and the settings as they were given on the command line, to paste behind another command."""
    words: list[str] = []
    for parameter in ctx.command.params:
        name = parameter.name or ""
        if name in without or ctx.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        value = ctx.params[name]
        if name == "columns":
            words += [word for column in value for word in ("--column", column)]
            continue
        text = (",".join(map(str, value)) or "none") if isinstance(value, tuple) else f"{value}"
        words += [text] if isinstance(parameter, click.Argument) else [parameter.opts[0], text]
    return " ".join(map(shlex.quote, words))
