"""Where results and notes go: standard output, standard error, JSON, tables, a progress bar.

What is printed for people shows all that is in it and moves, hides and changes nothing else on a terminal, wherever a
name in it comes from; the styles and lines of a result are made here alone. JSON is plain ASCII by itself.
"""

import contextlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any, NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from pellucid._files.values import to_json
from pellucid._text import in_short, visible


def note(message: str) -> None:
    """Say something that is no result, on standard error, unless muted: on one line, and not a long one."""
    if sys.stderr is not None and not _muted:
        with contextlib.suppress(OSError):  # nobody can be told
            console, text = Console(stderr=True), Text(in_short(visible(in_short(message))))
            for line in wrapped(text, console.width if console.is_terminal else None):
                print(line.plain, file=sys.stderr, flush=True)


_muted = False


def mute(yes: bool = True) -> None:
    """Let ``note`` say nothing: of many ranks only one speaks."""
    global _muted
    _muted = yes


def print_json(value: Any) -> None:
    """One JSON object on standard output, with null for what is not a number."""
    print(to_json(value))


def print_json_list(name: str, values: Iterable[Any], more: Mapping[str, Any] = {}) -> None:
    """One JSON object on standard output that holds a list, of which one value at a time is in memory, and ``more``."""
    print(f'{{"{name}": [', end="")
    for place, value in enumerate(values):
        print(", " * (place > 0) + to_json(value), end="")
    print("]" + "".join(f', "{key}": {to_json(value)}' for key, value in more.items()) + "}")


def print_result(value: Any, line: str, *, as_json: bool, quiet: bool) -> None:
    """A result of one line: as JSON, or for people, unless they want it quiet."""
    if as_json:
        print_json(value)
    elif not quiet:
        Out().line(line)


WORD = re.compile(r"\S+(?: %\S*)?")  # 97.40 % is one


class Styled(NamedTuple):
    """A text in a style."""

    text: str
    style: str


Cell = str | Styled  # what stands in a table or on a line


class Out:
    """Results for people, on standard output: no number is ever cut, and a line is broken between words alone.

    It is broken only where a terminal is too narrow for it.
    """

    def __init__(self) -> None:
        self.console = Console(highlight=False)

    @property
    def width(self) -> int | None:
        """The columns of the terminal; None where the results go elsewhere, and lines may be as long as they are."""
        return self.console.width if self.console.is_terminal else None

    def line(self, *cells: Cell, bold: bool = False) -> None:
        """Print a line, of one text or several."""
        for text in wrapped(Text.assemble(*map(_text, cells)), self.width):
            self.console.print(text, soft_wrap=True, style="bold" if bold else None)

    def commands(self, *lines: tuple[str, str]) -> None:
        """Print commands, and what each is for: beside it, or below it where the terminal has no room for that."""
        longest = max(len(command) for command, _ in lines)
        beside = self.width is None or all(longest + len(what) + 5 <= self.width for _, what in lines)
        for command, what in lines:
            for text in [f"  {command:{longest}}   {what}"] if beside else [f"  {command}", f"      {what}"]:
                self.line(text)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, right: Sequence[str] = ()) -> None:
        """Print a table; columns named in ``right`` are aligned there."""
        cells = [[_text(Styled(name, "bold")) for name in columns], *([_text(cell) for cell in row] for row in rows)]
        widths = [max(cell.cell_len for cell in column) for column in zip(*cells, strict=True)]
        least = [max(map(_longest_word, column)) for column in zip(*cells, strict=True)]
        for number, block in enumerate(_blocks(widths, least, self.width)):
            if number:
                self.line()
            for row in cells:
                parts = [wrapped(row[k], width, indent=0) for k, width in block.items()]
                for beside in zip_longest(*parts, fillvalue=Text()):
                    line = [text.copy() for text in beside]
                    for text, (k, width) in zip(line, block.items(), strict=True):
                        text.align("right" if columns[k] in right else "left", max(width, text.cell_len))
                    self.console.print(Text("  ").join(line), soft_wrap=True)


def _longest_word(cell: Text) -> int:
    return max((cell_len(word[0]) for word in WORD.finditer(cell.plain)), default=0)


def _blocks(widths: Sequence[int], least: Sequence[int], room: int | None) -> list[dict[int, int]]:
    """The columns of a table that stand side by side, and how wide each is; the first is in every block.

    The widest columns become narrower, down to their longest words; what then still has no room stands below.
    """
    if room is None or sum(widths) + 2 * (len(widths) - 1) <= room:
        return [dict(enumerate(widths))]
    blocks: list[list[int]] = [[0]]
    for k in range(1, len(widths)):
        if len(blocks[-1]) > 1 and sum(least[j] + 2 for j in blocks[-1]) + least[k] > room:
            blocks.append([0])
        blocks[-1].append(k)
    return [_narrowed({k: widths[k] for k in block}, least, room) for block in blocks]


def _narrowed(widths: dict[int, int], least: Sequence[int], room: int) -> dict[int, int]:
    """Widths that leave as much as they can to the narrow columns."""
    while sum(widths.values()) + 2 * (len(widths) - 1) > room:
        wide = [k for k, width in widths.items() if width > least[k]]
        if not wide:
            break
        widths[max(wide, key=widths.__getitem__)] -= 1
    return widths


def wrapped(text: Text, width: int | None, *, indent: int = 2) -> list[Text]:
    """A text in lines that a terminal has room for, broken between words; the later ones stand ``indent`` further in.

    >>> [line.plain for line in wrapped(Text("  one two three"), 10)]
    ['  one two', '    three']
    """
    if width is None or text.cell_len <= width:
        return [text]
    inwards = len(text.plain) - len(text.plain.lstrip()) + indent
    lines: list[Text] = []
    start = 0
    for word in WORD.finditer(text.plain):
        before = (inwards if lines else 0) + cell_len(text.plain[start : word.start()])
        if word.start() > start and text.plain[start : word.start()].strip() and before + cell_len(word[0]) > width:
            lines.append(_part(text, start, word.start(), inwards if lines else 0))
            start = word.start()
    return [*lines, _part(text, start, len(text.plain), inwards if lines else 0)]


def _part(text: Text, start: int, end: int, inwards: int) -> Text:
    """Letters ``start`` to ``end`` of a text, behind spaces."""
    part = text[start:end]
    part.rstrip()
    return Text(" " * inwards) + part


def _text(cell: Cell) -> Text:
    text, style = (cell, "") if isinstance(cell, str) else cell
    return Text(visible(text), style)


_bars: list[Progress] = []  # that are shown now


@contextmanager
def progress(what: str, total: int, *, quiet: bool, below: Out | None = None) -> Iterator[Callable[[int], None]]:
    """A bar that counts to ``total``, on a terminal alone; yields the function that moves it to a count.

    It stays below the lines that ``below`` prints meanwhile.
    """
    console = Console(stderr=True) if below is None or below.width is None else below.console
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(None), TextColumn("{task.completed:,}/{task.total:,}"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(what, total=total)
        _bars.append(bar)
        try:
            yield lambda count: bar.update(task, completed=count)
        finally:
            _bars.remove(bar)


def end_bars() -> None:
    """Take the bars away at once, and show the cursor that they hide."""
    for bar in _bars:
        bar.stop()
