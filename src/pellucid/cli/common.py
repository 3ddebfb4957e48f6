"""What the commands share: where results and notes go, JSON, and the arguments that several of them take."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from pellucid._files import to_json, would_be_lost
from pellucid.core.errors import InputError
from pellucid.model.model import Model
from pellucid.model.model_file import load_model
from pellucid.runs import is_run
from pellucid.runs.run import FILES
from pellucid.runs.run_json import model_file

FILE = click.Path(path_type=Path)
Option = Callable[[Callable[..., Any]], Callable[..., Any]]
PACKAGED = Path(__file__).parent.parent / "model" / "digits.safetensors"


def target_in(model: Model, path: str) -> str | None:
    """The name of what the model predicts, where a file of this kind holds it under a name beside the inputs."""
    return model.data.get("target") if Path(path).suffix.lower() in (".parquet", ".npz") else None


def note(message: str) -> None:
    """Say something that is no result, on standard error."""
    if sys.stderr is not None:
        print(message, file=sys.stderr, flush=True)


def output(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options --json and --quiet, which every command has."""
    command = click.option("--quiet", "-q", is_flag=True, help="Say less: no progress, no tables.")(command)
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object, nothing else.")(command)


def count_option(flag: str, usual: int | None, about: str, *, least: int = 1, most: int | None = None) -> Option:
    """An option for a whole number from ``least`` to ``most``."""
    kind = click.IntRange(least, most)
    return click.option(flag, type=kind, default=usual, show_default=usual is not None, metavar="N", help=about)


def out_option(about: str, *, metavar: str = "FILE", required: bool = False, several: bool = False) -> Option:
    """The option --out: the file to write."""
    return click.option("--out", type=FILE, metavar=metavar, required=required, multiple=several, help=about)


def print_json(value: Any) -> None:
    """One JSON object on standard output, with null for what is not a number."""
    print(to_json(value))


def print_result(value: Any, line: str, *, as_json: bool, quiet: bool) -> None:
    """A result of one line: as JSON, or for people, unless they want it quiet."""
    if as_json:
        print_json(value)
    elif not quiet:
        Out().line(line)


Cell = str | Text  # what stands in a table: as it is, or in a style


class Out:
    """Results for people, on standard output: lines are never broken, and no number is ever cut."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)

    @property
    def width(self) -> int | None:
        """The columns of the terminal; None where the results go elsewhere, and lines may be as long as they are."""
        return self._console.width if self._console.is_terminal else None

    def line(self, text: Cell = "", *, bold: bool = False) -> None:
        """Print a line as it is."""
        self._console.print(text, markup=False, soft_wrap=True, style="bold" if bold else None)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, right: Sequence[str] = ()) -> None:
        """Print a table; columns named in ``right`` are aligned there."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in columns:
            table.add_column(Text(name), justify="right" if name in right else "left", no_wrap=True)
        for row in rows:
            table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
        Console(highlight=False, width=10_000).print(table)


@contextmanager
def progress(what: str, total: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar that counts to ``total``, on a terminal alone; yields the function that moves it to a count."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}/{task.total:,}"))
    over_lines = sys.stdout is not None and sys.stdout.isatty()
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True, redirect_stdout=over_lines) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.update(task, completed=count)


def check_out(out: Path, *read: str | Path | None) -> None:
    """Refuse, before anything is computed, a file that cannot be written, or that would be lost.

    Raises:
        InputError: ``out`` is a folder, or in none that is there; it is one of ``read``, a file in a folder among them,
            or a file that a run has written.
    """
    if out.is_dir() or not out.parent.is_dir():
        reason = "is a folder" if out.is_dir() else f"there is no folder {out.parent}"
        raise InputError(f"--out {out}: {reason}; name a file in a folder that is there")
    place = out.resolve()
    for source in (Path(name).resolve() for name in read if name is not None):
        inside = out.exists() and source.is_dir() and not is_run(str(source)) and place.is_relative_to(source)
        if source == place or inside:
            raise would_be_lost(f"--out {out}", "is what is read here")
    if place.name in FILES and is_run(str(place.parent)):
        raise would_be_lost(f"--out {out}", "belongs to the run in that folder")


def is_model(path: str) -> bool:
    """Whether an argument names a model: a .safetensors file, or the folder of a run."""
    return path.endswith(".safetensors") or is_run(path)


def open_model(path: str | None) -> Model:
    """The model that an argument names; None is the digit model that comes with pellucid.

    Raises:
        InputError: there is none, or it is damaged; or the run has not made one yet.
    """
    if path is None:
        return load_model(PACKAGED)
    return load_model(model_file(path))


def data_of(model: Model) -> str | None:
    """The path of the data that a model learned from, which no command may replace; None where it does not say."""
    source = model.data.get("source")
    return source if isinstance(source, str) else None
