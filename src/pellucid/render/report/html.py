"""The pieces of the page: sections, tables, figures; every text from outside is escaped here, once."""

from collections.abc import Sequence
from dataclasses import dataclass

from pellucid._text import escape, percent


@dataclass(frozen=True)
class Html:
    """A piece of the page that is markup already, with the style of the cell that it stands in."""

    markup: str
    style: str = ""
    title: str = ""


WORD = 16  # letters; a longer text is not broken after each of its words where the screen is narrow
Cell = str | Html  # a text, which is escaped, or markup


@dataclass(frozen=True)
class Section:
    """A part of the page: ``anchor`` is its address within the page, ``short`` its name in the contents."""

    anchor: str
    short: str
    title: str
    content: str

    def markup(self) -> str:
        """The section as HTML."""
        return (
            f'<section id="{self.anchor}" aria-labelledby="{self.anchor}-title">'
            f'<h2 id="{self.anchor}-title">{escape(self.title)}</h2>\n{self.content}</section>\n'
        )


def paragraph(text: str, *, kind: str = "") -> str:
    """A paragraph of plain text."""
    return f"<p{_class(kind)}>{escape(text, 2000)}</p>\n"


def table(
    caption: str, columns: Sequence[Cell], rows: Sequence[Sequence[Cell]], *, left: int = 1, kind: str = ""
) -> str:
    """A table that scrolls by itself where the screen is narrow; the first cell of a row is its heading.

    The first ``left`` columns hold words, all others numbers.
    """
    head = "".join(_head(cell, k >= left) for k, cell in enumerate(columns))
    lines = []
    for first, *others in rows:
        cells = [_cell("th", first, left <= 0, ' scope="row"')]
        cells += [_cell("td", cell, k >= left) for k, cell in enumerate(others, start=1)]
        lines.append(f"<tr>{''.join(cells)}</tr>\n")
    return (
        f'<div class="scroll" role="region" aria-label="{escape(caption)}" tabindex="0"><table{_class(kind)}>'
        f"<caption><span>{escape(caption)}</span></caption><thead><tr>{head}</tr></thead>\n"
        f"<tbody>{''.join(lines)}</tbody></table></div>\n"
    )


def _head(cell: Cell, is_number: bool) -> str:
    """The heading of a column; one of pictures that explain themselves has none."""
    return _cell("th", cell, is_number, ' scope="col"') if cell else "<td></td>"


def _cell(tag: str, cell: Cell, is_number: bool, more: str = "") -> str:
    kind = _class("n" if is_number else "")
    if isinstance(cell, str):
        wide = ' style="min-width:8rem"' if len(cell) > WORD and not is_number and "col" not in more else ""
        return f"<{tag}{more}{kind}{wide}>{escape(cell)}</{tag}>"
    style = f' style="{cell.style}"' if cell.style else ""
    title = f' title="{escape(cell.title)}"' if cell.title else ""
    return f"<{tag}{more}{kind}{style}{title}>{cell.markup}</{tag}>"


def figure(picture: str, caption: str = "", as_table: str = "") -> str:
    """A picture, what it shows, and the same as a table that opens on demand."""
    words = f"<figcaption>{escape(caption, 1000)}</figcaption>" if caption else ""
    more = disclosure("As a table", as_table) if as_table else ""
    return f"<figure>{picture}{words}{more}</figure>\n"


def disclosure(summary: str, content: str) -> str:
    """What opens on demand, for which the browser needs no script."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def term(word: str, meaning: str) -> Html:
    """A word that a learner may not know, with what it means for whoever rests on it; a note beside says it to all."""
    return Html(f'<abbr title="{escape(meaning)}">{escape(word)}</abbr>')


def chance(p: float) -> Html:
    """A probability as people read it, with all its digits for what reads the page; never 0 or 1 where it is not.

    >>> chance(0.99996).markup, chance(0.00001).markup
    ('<data value="0.99996">&gt;99.99 %</data>', '<data value="1e-05">&lt;0.01 %</data>')
    """
    said = "<0.01 %" if 0 < p < 0.00005 else percent(p)
    return Html(f'<data value="{p!r}">{escape(said)}</data>')


def bar(share: float, longest: float = 8.0) -> Html:
    """A bar of a share of its greatest length, in em; none where there is nothing to show."""
    return Html(f'<span class="bar" style="width:{longest * min(max(0.0, share), 1.0):.1f}em"></span>')


def grid(pieces: Sequence[str], kind: str = "charts") -> str:
    """Pieces beside one another, as many as there is room for."""
    return f"<div{_class(kind)}>{''.join(pieces)}</div>\n"


def facts(pairs: Sequence[tuple[str, str, str]], kind: str) -> str:
    """Names, values, and a word on each, as a list of definitions."""
    items = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}{f'<small>{escape(word)}</small>' if word else ''}</dd></div>"
        for name, value, word in pairs
    )
    return f"<dl{_class(kind)}>{items}</dl>\n"


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""
