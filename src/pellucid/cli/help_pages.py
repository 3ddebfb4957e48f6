"""The help of the commands: broken between words alone, however narrow the terminal is."""

import re
import textwrap
from collections.abc import Iterable

import click

NARROW = 78  # columns, below which the names of options leave more room to what is said of them
HELD = {"-": "\u2011", " %": "\u00a0%"}  # what click would break a line at, and what it does not
FIRST_COLUMN = re.compile(r"\s*\S+(?: \S+)*\s{2,}")


class HelpPage(click.HelpFormatter):
    """Click's page, but words with a hyphen stay whole, and lines that click leaves as they are fit the terminal."""

    def write_text(self, text: str) -> None:
        room = self.width - self.current_indent
        super().write_text("\n\n".join(_fitted(_held(part), room) for part in text.split("\n\n")))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        held = [(_held(name), _held(about)) for name, about in rows]
        super().write_dl(held, col_max if self.width >= NARROW else 20, col_spacing)

    def getvalue(self) -> str:
        text = super().getvalue()
        for usual, held in HELD.items():
            text = text.replace(held, usual)
        return text


class HelpContext(click.Context):
    """The context of a command whose help is such a page."""

    formatter_class = HelpPage


def _held(text: str) -> str:
    for usual, held in HELD.items():
        text = text.replace(usual, held)
    return text


def _fitted(paragraph: str, room: int) -> str:
    r"""A paragraph; of one behind \b, whose lines stand as they are, each goes on below its own second column."""
    if not paragraph.startswith("\b\n"):
        return paragraph
    lines = []
    for line in paragraph.split("\n"):
        column = FIRST_COLUMN.match(line)
        indent = " " * (column.end() if column and column.end() <= room * 2 // 3 else 4)
        lines += textwrap.wrap(line, room, subsequent_indent=indent, drop_whitespace=True) if line != "\b" else [line]
    return "\n".join(lines)
