"""Text and numbers as pages and pictures say them."""

import html
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠].", re.DOTALL)  # with which a spreadsheet begins to compute
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_QUOTED = re.compile('[",\r\n]|^ | $')


def visible(text: object, kept: str = "") -> str:
    r"""Text that shows all that is in it and does nothing else, as for a terminal.

    Control characters, line breaks, marks that turn the direction of writing, halves of characters and blanks of other
    kinds than the usual one become escapes, but for those that are ``kept``.

    >>> print(visible("a\x1b[2Jb\nc\u202ed"), visible("Köln"))
    a\x1b[2Jb\nc\u202ed Köln
    """
    plain = str(text)
    if plain.isprintable():
        return plain
    return "".join(mark if mark.isprintable() or mark in kept else ascii(mark)[1:-1] for mark in plain)


def escape(text: object, longest: int = 300) -> str:
    """Text as it may stand in HTML and SVG, between tags or in quotes; cut where it is too long for a page.

    >>> escape('<b>"&"</b>')
    '&lt;b&gt;&quot;&amp;&quot;&lt;/b&gt;'
    """
    return html.escape(shortened(visible(str(text)[: longest + 1], kept="\n\t"), longest))


def csv_line(cells: Iterable[object]) -> str:
    r"""A line of a .csv; a text that a spreadsheet would take for a formula stands behind an apostrophe.

    Numbers stay as they are, those that are texts too. docs/security.md tells why.

    >>> csv_line(["=1+1", "-1", -1.5, "a, b"])
    '\'=1+1,-1,-1.5,"a, b"\n'
    """
    return ",".join([_csv_cell(cell) if isinstance(cell, str) else repr(cell) for cell in cells]) + "\n"


def _csv_cell(text: str) -> str:
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        text = f"'{text}"
    return '"{}"'.format(text.replace('"', '""')) if _QUOTED.search(text) else text


def number(value: float) -> str:
    """A number with four digits that count, for tables and labels; a dash where it is none.

    >>> number(0.123456), number(1234567.0), number(3.0), number(math.nan), number(-2.5e-9)
    ('0.1235', '1,234,567', '3', '–', '−2.5e−09')
    """
    if not math.isfinite(value):
        return "–"
    if value == int(value) and abs(value) < 1e9:
        text = f"{int(value):,}"
    else:
        text = f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"
    return text.replace("-", "−")


def decimal(value: float, places: int = 4) -> str:
    """A number with fixed places, so that columns of them line up; with a power of ten where it is too long for that.

    >>> decimal(0.25), decimal(5.7e29), decimal(math.nan, 2)
    ('0.2500', '5.7e+29', '–')
    """
    if math.isnan(value):
        return "–"
    return f"{value:.4g}" if abs(value) >= 1e9 else f"{value:.{places}f}"


def significant(value: float, digits: int = 5) -> str:
    """A number with so many digits, written out where it is large, so that two of them compare at a glance.

    >>> significant(26913.4), significant(472041.3), significant(1308112.7, 6), significant(0.0001234567)
    ('26,913', '472,040', '1,308,110', '0.00012346')
    """
    rounded = f"{value:.{digits}g}"
    whole = 1e4 <= abs(value) < 1e15 and ("e" in rounded or "." not in rounded)
    return f"{float(rounded):,.0f}" if whole else rounded


def counted(count: int, what: str) -> str:
    """How many there are of something that takes an s.

    >>> counted(1, "sample"), counted(2500, "row")
    ('1 sample', '2,500 rows')
    """
    return f"{count:,} {what}" + "s" * (count != 1)


def listed(names: Iterable[str], most: int = 10) -> str:
    """The first names, and how many more there are.

    >>> listed(["a", "b"]), listed([f"x{i}" for i in range(12)], 2)
    ('a, b', 'x0, x1 and 10 more')
    """
    known = list(names)
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return ", ".join(known[:most]) + more


def did_you_mean(word: object, known: Iterable[str], otherwise: str = "") -> str:
    """What to say of a word that is not among those known: the nearest, where one is near, and what else there is.

    >>> did_you_mean("Rleu", ["relu", "tanh"], "take relu, tanh")
    'did you mean relu? Take relu, tanh'
    >>> did_you_mean("sine", ["relu", "tanh"], "take relu, tanh")
    'take relu, tanh'
    """
    names = {name.lower(): name for name in known}
    close = get_close_matches(str(word).lower(), names, 1)
    if not close:
        return otherwise
    return f"did you mean {names[close[0]]}? {otherwise[:1].upper()}{otherwise[1:]}".rstrip()


def first_twice(names: Sequence[str]) -> str | None:
    """The first name that stands there more than once, or None.

    >>> first_twice(["a", "b", "a"]), first_twice(["a"])
    ('a', None)
    """
    return next((name for name, count in Counter(names).items() if count > 1), None)


def duration(seconds: float) -> str:
    """A time as people say it.

    >>> duration(0.42), duration(12.3), duration(150.0), duration(8000.0)
    ('0.4 s', '12 s', '2 min 30 s', '2 h 13 min')
    """
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600:,} h {whole % 3600 // 60} min"


def percent(share: float | None) -> str:
    """A share as text; a dash where there is none.

    What is not all is never written as all.

    >>> percent(0.9712), percent(0.99999), percent(None)
    ('97.12 %', '>99.99 %', '–')
    """
    if share is None or math.isnan(share):
        return "–"
    return ">99.99 %" if 0.99995 <= share < 1 else f"{100 * share:.2f} %"


def short_percent(share: float) -> str:
    """A share as an axis says it.

    >>> short_percent(0.975)
    '97.5 %'
    """
    return f"{100 * share:g} %"


def shortened(text: str, longest: int = 40) -> str:
    """Text as it fits into a table, cut where it is longer.

    >>> shortened("price"), shortened("a" * 50, 5)
    ('price', 'aaaa…')
    """
    return text if len(text) <= longest else text[: longest - 1] + "…"


def in_short(message: str, longest: int = 500) -> str:
    """A message that is not too long: what is left out is in its middle, since its end says what to do.

    >>> in_short("a name of " + "x" * 1000 + " letters: shorten it", 50)
    'a name of xxxxxxxxxxxxxx…xxxxx letters: shorten it'
    """
    if len(message) <= longest:
        return message
    head = (longest - 1) // 2
    return f"{message[:head]}…{message[head + 1 - longest :]}"
