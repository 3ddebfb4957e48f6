"""The options that say what a run does: the data, the network, the steps; ``train`` and ``lr-find`` share them."""

from collections.abc import Callable
from typing import Any

import click
from click.core import ParameterSource

from pellucid.cli.flags import flag_and_value, flag_of, shell_word
from pellucid.runs.kinds import Choice, Kind, Pairs
from pellucid.runs.settings import SETTINGS

Command = Callable[..., Any]


def settings_options(*, without: tuple[str, ...] = ()) -> Callable[[Command], Command]:
    """All options of a run's settings, but for those with the names ``without``."""

    def decorate(command: Command) -> Command:
        for name in reversed(SETTINGS):
            if name != "data" and name not in without:
                command = _option(name)(command)
        return command

    return decorate


def _option(name: str) -> Callable[[Command], Command]:
    kind, about, _ = SETTINGS[name]
    if isinstance(kind, Choice) and about.startswith("["):
        about = f"{', '.join(kind.known)} {about}"
    several = isinstance(kind, Pairs)
    return click.option(flag_of(name), name, metavar=kind.word, multiple=several, callback=_reader(kind), help=about)


def _reader(kind: Kind) -> Callable[..., Any]:
    """Turns what was typed into a value; what is none stays as it is, and the settings refuse it by its name."""

    def read(_: click.Context, __: click.Parameter, given: Any) -> Any:
        if isinstance(given, tuple):  # of a flag that may be given several times
            each = [kind.read(text) for text in given]
            return tuple(part for read in each for part in (read if isinstance(read, tuple) else (read,))) or None
        if given is None:
            return None
        try:
            return kind.read(given)
        except ValueError:
            return given

    return read


def as_typed(ctx: click.Context, *, without: tuple[str, ...] = ()) -> list[str]:
    """DATA and the settings as they were given on the command line, to paste behind another command."""
    words: list[str] = []
    for parameter in ctx.command.params:
        name = parameter.name or ""
        if name not in ctx.params:
            continue
        value = ctx.params[name]
        if name not in without and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            words += [shell_word(value)] if isinstance(parameter, click.Argument) else flag_and_value(name, value)
    return words
