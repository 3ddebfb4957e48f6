"""Numbers of a chapter: those that its prose tells as results, and those that its cells have printed."""

import re
from typing import Any, NamedTuple

# What is no prose: code, formulas with nothing but letters, links' targets, headings, tables' rulers, remarks
CODE = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)]*\)|^#[^\n]*$|<!--.*?-->|\{[a-z]+\}", re.DOTALL | re.MULTILINE)
NUMBER = re.compile(r"(?<![\w.,^_{])[-−]?\d[\d,]*(?:\.\d+)?(?:e[-−+]?\d+)?(?![\w])")
PRINTED = re.compile(r"[-−]?(?:\d[\d,_]*(?:\.\d*)?|\.\d+)(?:[eE][-−+]?\d+)?")
POWER = re.compile(r"10\^\{?([-−]?\d+)\}?")
NOT_RESULTS = re.compile(r"(?:[Cc]hapters?|[Ss]eeds?|[Ll]ines?|[Ss]teps?|[Ll]ayers?|[Qq]uestions?|[Ff]aults?)\s+$")
ROUGHLY = re.compile(
    r"(?:about|around|nearly|almost|roughly|some|over|under|than|least|most|above|below|to|up to|half a|near)\s+$",
    re.IGNORECASE,
)
SMALL = 12  # counts that could stand in words


class Told(NamedTuple):
    """A number of the prose: its text, its value, half of its last place, and the words around it."""

    text: str
    value: float
    half: float
    around: str
    rough: bool


def told(cells: list[Any]) -> list[Told]:
    """The numbers of a chapter's prose that claim to be results."""
    found = []
    for cell in cells:
        if cell["cell_type"] != "markdown":
            continue
        prose = CODE.sub(" ", "".join(cell["source"]))
        for match in NUMBER.finditer(prose):
            text, before, behind = match[0].rstrip(","), prose[: match.start()], prose[match.end() :]
            digits = text.replace(",", "").replace("−", "-")
            value = float(digits)
            if is_plain(digits, value) or NOT_RESULTS.search(before[-14:]):
                continue
            places = len(digits.partition("e")[0].partition(".")[2])
            around = " ".join((before[-40:] + f"[{text}]" + behind[:30]).split())
            rough = bool(ROUGHLY.search(before[-12:])) or behind.startswith((" or more", " to "))
            found.append(Told(text, value, 0.5000001 * 10.0**-places, around, rough))
    return found


def is_plain(digits: str, value: float) -> bool:
    """Whether a number is no result: a small count, or a year."""
    whole = "." not in digits and "e" not in digits
    return whole and (abs(value) <= SMALL or 1900 <= value <= 2099)


def printed(cells: list[Any]) -> set[float]:
    """All numbers in what the cells put out, and those that stand in their code: sizes, rates, inputs."""
    numbers: set[float] = set()
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        texts = ["".join(cell["source"])]
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            texts.append("".join(output.get("text", "")))
            texts += ["".join(data.get(kind, "")) for kind in ("text/plain", "text/markdown")]
            if "pellucid-figure" not in "".join(data.get("text/html", "")):
                texts.append(re.sub("<[^>]*>", " ", "".join(data.get("text/html", ""))))
        for text in texts:
            numbers |= {number_of(found) for found in PRINTED.findall(text)}
            numbers |= {abs(number_of(found)) for found in PRINTED.findall(text)}
    return numbers


def number_of(text: str) -> float:
    """A number as Python, JSON or a table writes it."""
    return float(text.replace(",", "").replace("_", "").replace("−", "-"))


def is_printed(one: Told, numbers: set[float]) -> bool:
    """Whether a number of the prose is one that was printed, rounded, or as a percentage; roughly, where it says so."""
    for number in numbers:
        for value in (number, 100 * number):
            far = abs(value - one.value)
            if far <= one.half or (one.rough and far <= 0.15 * abs(one.value)):
                return True
    return False
