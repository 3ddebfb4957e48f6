"""Where results and notes go: standard output, standard error, JSON, tables, a progress bar.

What is printed for people shows all that is in it and moves, hides and changes nothing else on a terminal, wherever a
name in it comes from; the styles and lines of a result are made here alone. JSON is plain ASCII by itself.
"""

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from pellucid._files.values import to_json
from pellucid._text import in_short, visible


def note(message: str) -> None:
    """Say something that is no result, on standard error: on one line, and not a long one."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):  # nobody can be told
            print(in_short(visible(in_short(message))), file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """One JSON object on standard output, with null for what is not a number."""
    print(to_json(value))


def print_json_list(name: str, values: Iterable[Any]) -> None:
    """One JSON object on standard output that holds a list, of which one value at a time is in memory."""
    print(f'{{"{name}": [', end="")
    for place, value in enumerate(values):
        print(", " * (place > 0) + to_json(value), end="")
    print("]}")


def print_result(value: Any, line: str, *, as_json: bool, quiet: bool) -> None:
    """A result of one line: as JSON, or for people, unless they want it quiet."""
    if as_json:
        print_json(value)
    elif not quiet:
        Out().line(line)


class Styled(NamedTuple):
    """A text in a style."""

    text: str
    style: str


Cell = str | Styled  # what stands in a table or on a line


class Out:
    """Results for people, on standard output: lines are never broken, and no number is ever cut."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)

    @property
    def width(self) -> int | None:
        """The columns of the terminal; None where the results go elsewhere, and lines may be as long as they are."""
        return self._console.width if self._console.is_terminal else None

    def line(self, *cells: Cell, bold: bool = False) -> None:
        """Print a line, of one text or several."""
        self._console.print(Text.assemble(*map(_text, cells)), soft_wrap=True, style="bold" if bold else None)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, right: Sequence[str] = ()) -> None:
        """Print a table; columns named in ``right`` are aligned there."""
        cells = [[_text(Styled(name, "bold")) for name in columns], *([_text(cell) for cell in row] for row in rows)]
        widths = [max(cell.cell_len for cell in column) for column in zip(*cells, strict=True)]
        lines = []
        for row in cells:
            for name, cell, width in zip(columns, row, widths, strict=True):
                cell.align("right" if name in right else "left", width)
            lines.append(Text("  ").join(row))
        self._console.print(Text("\n").join(lines), soft_wrap=True)


def _text(cell: Cell) -> Text:
    text, style = (cell, "") if isinstance(cell, str) else cell
    return Text(visible(text), style)


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
