"""Where results and notes go: standard output, standard error, JSON, tables, a progress bar."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from pellucid._files import to_json


def note(message: str) -> None:
    """Say something that is no result, on standard error."""
    if sys.stderr is not None:
        print(message, file=sys.stderr, flush=True)


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
