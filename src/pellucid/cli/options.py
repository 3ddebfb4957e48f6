"""Options that several commands take, and which file may be written."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pellucid._files.latest import resolved
from pellucid._files.reading import reading
from pellucid._files.writing import check_replaceable, sweep, would_be_lost
from pellucid._text import did_you_mean
from pellucid.core.errors import InputError
from pellucid.runs import is_run
from pellucid.runs.run import FILES


class Trained(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on
    """A run or a model, or a word that stands beside one; ``latest`` becomes the folder of the last run."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return str(resolved(value))


FILE = click.Path(path_type=Path)
TRAINED = Trained()
Option = Callable[[Callable[..., Any]], Callable[..., Any]]


class OneOf(click.Choice):  # type: ignore[type-arg]  # generic from click 8.2 on
    """One of some words; of one that is misspelt, the error names the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            words = list(map(str, self.choices))
            self.fail(did_you_mean(value, words, error.message), param, ctx)


def output(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options --json, --quiet and --max-memory, which every command has."""
    command = click.option(
        "--max-memory", metavar="SIZE", expose_value=False, callback=_allow,
        help="What reading a file may take, such as 4GB [3/4 of what is free].",
    )(command)  # fmt: skip
    command = click.option("--quiet", "-q", is_flag=True, help="Say less: no progress, no tables.")(command)
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object, nothing else.")(command)


def _allow(ctx: click.Context, _: click.Parameter, size: str | None) -> None:
    """Let files that the command reads take so much memory."""
    ctx.with_resource(reading(max_memory=size))


def count_option(flag: str, usual: int | None, about: str, *, least: int = 1, most: int | None = None) -> Option:
    """An option for a whole number from ``least`` to ``most``."""
    kind = click.IntRange(least, most)
    return click.option(flag, type=kind, default=usual, show_default=usual is not None, metavar="N", help=about)


def out_option(
    about: str, *, metavar: str = "FILE", required: bool = False, several: bool = False, replaces: bool = True
) -> Option:
    """The option --out, the file to write; and --force, where a file may be there that it ``replaces``."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        if replaces:
            force = click.option("--force", is_flag=True, help="Replace a file that is there, whatever it is.")
            command = force(command)
        out = click.option("--out", type=FILE, metavar=metavar, required=required, multiple=several, help=about)
        return out(command)

    return decorate


def check_out(
    out: Path, *read: str | Path | None, own: Callable[[Path], bool] | None = None, force: bool = False
) -> None:
    """Refuse, before anything is computed, a file that cannot be written, or that would be lost; sweep its folder.

    Raises:
        InputError: ``out`` is a folder, or in none that is there; it is one of ``read``, a file in a folder among them,
            a file that a run has written, or one that is no ``own`` of pellucid and may not be replaced by ``force``.
    """
    if out.is_dir() or not out.parent.is_dir():
        reason = "is a folder" if out.is_dir() else f"there is no folder {out.parent}"
        raise InputError(f"--out {out}: {reason}; name a file in a folder that is there")
    place = Path(os.path.realpath(out))  # which says nothing of links in a circle, unlike resolve
    sweep(place.parent)
    for source in (Path(os.path.realpath(name)) for name in read if name is not None):
        inside = out.exists() and source.is_dir() and not is_run(str(source)) and place.is_relative_to(source)
        if source == place or inside:
            raise would_be_lost(f"--out {out}", "is what is read here")
    if place.name in FILES and is_run(str(place.parent)):
        raise would_be_lost(f"--out {out}", "belongs to the run in that folder")
    if own is not None:
        check_replaceable(out, own, force=force)
