"""Numbers as people write them: ``$1,234.50``, ``1.234,5``, ``83.70%``, ``12 kg``; and how a whole column writes them.

A form is how a column would write 1234.5, such as ``$1,234.5`` or ``1.234,5 €``; "" is how Python does. It is found
from all texts of a column at once, kept in the model, and read by every export.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from pellucid.datasets.frames.dates import NEARLY_ALL

SPACES = {ord(space): " " for space in "\u00a0\u2007\u2009\u202f"} | {ord("’"): "'", ord("−"): "-"}
MONEY = r"(?:[A-Z]{0,3}[$€£¥₹₽₩₺₴₦₫฿₪]|USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|SEK|NOK|DKK|PLN|BRL|Rs\.?|kr\.?)"
UNIT = r"(?:[^\d\s.,;:/()+-](?:[^\d,;:()]{0,13}[^\d\s,;:()])?[23²³]?|\+|[.,][-–—])"
MOST_UNITS = 5  # different ones; what stands behind the numbers of streets is none
NEEDED = ("%", "+")  # units without which a number means something else
ANY = re.compile(
    rf"\(?([+-]?) ?({MONEY}?) ?([+-]?)(\d[\d.,' ]*\d|\d|[.,]\d+)([eE][+-]?\d+)? ?({UNIT}?)\)?",
)
POINT, COMMA = (".", (",", " ", "'")), (",", (".", " ", "'"))  # the decimal point, and what stands between thousands
GROUPED = r"^[+-]?[1-9]\d{0,2}(\.\d{3})+$"  # whole thousands, where a decimal comma is used: 76.083, but not 76.08


class Form(NamedTuple):
    """How a column writes numbers: units before and behind, what is between thousands, and the decimal point."""

    before: str = ""
    between: str = ""
    point: str = "."
    behind: str = ""

    @classmethod
    def of(cls, text: str) -> Form:
        """The form that a text such as ``$1,234.5`` shows; "" is Python's.

        >>> Form.of("1.234,5 kg")
        Form(before='', between='.', point=',', behind=' kg')
        """
        found = re.fullmatch(r"(.*?)1(.?)234([.,])5(.*)", text)
        return cls(*found.groups()) if found else cls()

    def __str__(self) -> str:
        return f"{self.before}1{self.between}234{self.point}5{self.behind}"

    @property
    def in_words(self) -> str:
        """What is different from a number as Python writes it; "" where only parentheses may be.

        >>> Form.of("$1,234.5").in_words, Form.of("1.234,5").in_words
        ("without '$' and ','", "without '.', with a decimal comma")
        """
        signs = [repr(sign.strip() or sign) for sign in (self.before, self.behind, self.between) if sign]
        parts = ["without " + " and ".join(signs)] if signs else []
        return ", ".join([*parts, "with a decimal comma"] if self.point == "," else parts)

    def pattern(self) -> re.Pattern[str]:
        """What a number has to look like: sign, whole part, decimals, exponent; with or without the units."""
        between, point = re.escape(self.between), re.escape(self.point)
        whole = r"0|[1-9][0-9]*"
        if self.between:
            whole += rf"|[1-9][0-9]{{0,2}}(?:{between}[0-9]{{3}})+"
        if self.between == ",":
            whole += rf"|[1-9][0-9]?(?:{between}[0-9][0-9])*{between}[0-9]{{3}}"  # lakh and crore: 12,34,567
        before, behind = re.escape(self.before.strip()), re.escape(self.behind.strip())
        behind = f"(?:{behind})" + ("" if self.behind.strip() in NEEDED else "?")
        digits = rf"((?:{whole})(?:{point}[0-9]*)?|{point}[0-9]+)([eE][+-]?[0-9]+)?"
        return re.compile(rf"(\(?)([+-]?) ?(?:{before})? ?([+-]?){digits} ?{behind}(\)?)")

    def value(self, text: str) -> float | None:
        """The number that a text says in this form, or None.

        >>> form = Form.of("$1,234.5")
        >>> form.value("$1,007.25"), form.value("-$3"), form.value("(12.50)"), form.value("12 kg")
        (1007.25, -3.0, -12.5, None)
        """
        return reader_of(self)(text)


class Reader:
    """What reads the texts of a form: its pattern is made once."""

    def __init__(self, form: Form) -> None:
        self.form, self.pattern = form, form.pattern()

    def __call__(self, text: str) -> float | None:
        found = self.pattern.fullmatch(text.strip().translate(SPACES))
        if found is None:
            return None
        opens, sign, second, digits, power, closes = found.groups()
        if (opens == "(") != (closes == ")") or (sign and second) or (opens and (sign or second)):
            return None
        if self.form.between:
            digits = digits.replace(self.form.between, "")
        value = float(digits.replace(self.form.point, ".") + (power or ""))
        if value in (float("inf"), float("-inf")):
            return None
        return -value if opens or "-" in (sign, second) else value


@lru_cache(maxsize=1)
def reader_of(form: Form) -> Reader:
    """Return what reads a form's texts; the last one is kept."""
    return Reader(form)


class Written(NamedTuple):
    """How the texts of a column write numbers, if they do.

    ``form`` is the likeliest. ``why`` says what is wrong where they cannot all be read so; ``two`` is a text that may
    be read in two ways, with both readings.
    """

    form: Form
    odd: str | None = None  # the first text that is not of the form
    why: str = ""
    two: tuple[str, float, float] | None = None


class Texts:
    """The distinct texts of a column, if nearly all are numbers as people write them."""

    def __init__(self, distinct: Iterable[str]) -> None:
        self.texts = [text.strip() for text in distinct]
        self.strange: list[str] = []  # no numbers at all
        self.numbers: list[str] = []
        self.bodies: list[str] = []  # of the numbers, without sign, units and exponent
        self.units: list[tuple[str, str]] = []  # of the numbers: before and behind
        spaces = 0
        for text in self.texts:
            found = ANY.fullmatch(text.translate(SPACES))
            if found is None:
                self.strange.append(text)
                continue
            self.numbers.append(text)
            self.bodies.append(found[4])
            self.units.append((found[2], found[6].strip()))
            spaces += bool(found[6]) and found[0][found.start(6) - 1] == " "
        self.joined = "".join(self.bodies)
        self.space = " " if spaces else ""

    @property
    def are_numbers(self) -> bool:
        """Whether nearly all texts are numbers."""
        return bool(self.bodies) and self._few(self.strange)

    def _few(self, texts: list[str]) -> bool:
        return len(texts) <= (1 - NEARLY_ALL) * len(self.texts)

    @property
    def is_whole(self) -> bool:
        """Whether no number has a point or a comma."""
        return not set(self.joined) & set(",.")

    @cached_property
    def fits(self) -> tuple[Form | None, Form | None]:
        """The form with a decimal point, and that with a decimal comma, that fits all bodies; None where none does."""
        return self._fitting(*POINT), self._fitting(*COMMA)

    def _fitting(self, point: str, between: Sequence[str]) -> Form | None:
        used = [mark for mark in between if mark in self.joined]
        read = Reader(Form("", used[0] if used else "", point))
        if len(used) > 1 or any(read(body) is None for body in self.bodies):
            return None
        before, behind = self._unit
        return read.form._replace(before=before, behind=(self.space if behind else "") + behind)

    @cached_property
    def _unit(self) -> tuple[str, str]:
        """The units of most numbers but zeros, which need none."""
        counts = Counter(self._needed())
        return counts.most_common(1)[0][0] if counts else ("", "")

    def _needed(self) -> list[tuple[str, str]]:
        zero = set("0.,")
        return [unit for unit, body in zip(self.units, self.bodies, strict=True) if any(unit) or set(body) - zero]

    @property
    def decimal(self) -> str | None:
        """The decimal point that these texts show for certain: "point", "comma", or None."""
        point, comma = self.fits
        if (point is None) == (comma is None) or self.is_whole:
            return None
        return "comma" if point is None else "point"

    def written(self, decimals: set[str], *, commas: bool) -> Written | None:
        """How the texts write numbers, given the decimal points that other columns show for certain.

        ``commas`` says that the values of the file are separated by commas. None where they are no numbers.
        """
        point, comma = self.fits
        if not self.are_numbers:
            return None
        if point is None and comma is None:
            return self._in_both_ways()
        if len({unit for unit in self.units if any(unit)}) > MOST_UNITS:
            return None
        odd, why = self._odd()
        if point is None or comma is None or self.is_whole:
            return Written(point or comma or Form(), odd, why)
        plain = "." in self.joined  # as Python writes a number
        if len(decimals) == 1:
            return Written(point if "point" in decimals else comma, odd, why)
        if not decimals and (plain or commas or self._with_small()):
            return Written(point, odd, why)
        text = next(text for text, body in zip(self.numbers, self.bodies, strict=True) if set(body) & set(",."))
        first, other = (point, comma) if plain else (comma, point)  # without commas between values they are decimal
        return Written(first, odd, why, (text, first.value(text) or 0.0, other.value(text) or 0.0))

    def _with_small(self) -> bool:
        """Whether whole numbers below 1000 stand beside those with commas, as they do where these are thousands."""
        return any(body.isdecimal() and len(body) < 4 for body in self.bodies)

    def _in_both_ways(self) -> Written | None:
        """Numbers of which some have a decimal point and some a decimal comma; None for versions, addresses, …"""
        point, comma = (Reader(Form("", between, point)) for point, between in ((".", ","), (",", ".")))
        left = [k for k, body in enumerate(self.bodies) if point(body) is None]
        if any(comma(self.bodies[k]) is None for k in left):
            return None
        why = "holds numbers with decimal points and with decimal commas"
        return Written(point.form, self.numbers[left[0]], "" if self._few([*self.strange, *map(str, left)]) else why)

    def _odd(self) -> tuple[str | None, str]:
        """The first text that is not as the others are, and why they differ where those are many."""
        bare = ("", "")
        others = [
            text
            for text, unit, body in zip(self.numbers, self.units, self.bodies, strict=True)
            if unit != self._unit and (unit != bare or set(body) - set("0.,"))
        ]
        odd = [*self.strange, *others]
        if self._few(odd):
            return (odd[0] if odd else None), ""
        units = {sign for unit in self._needed() for sign in unit if sign}
        if bare in self._needed():
            return others[0], f"holds numbers of which some are with {sorted(units)[0]!r} and some without"
        return others[0], f"holds numbers with different units: {', '.join(map(repr, sorted(units)[:4]))}"
