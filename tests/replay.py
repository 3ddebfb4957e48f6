"""What the pages show: their commands, run one after another as a reader would, beside what they are said to print."""

import re
import shlex
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import pytest

from support import Command

BLOCK = re.compile(r"^(?:<!-- ([^\n]+) -->\n)?```(\w*|\{[\w-]+\}[^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MEASURED = re.compile(r"\d{8}-\d{6}(?:-\d)?|[\d,.]+ (?:s|ms|µs|kB)\b")  # what is another each time
NUMBER = re.compile(r"[-−]?\d[\d,]*(?:\.\d+)?(?:e[-+−]?\d+)?")


class Block(NamedTuple):
    """A block of a page, with the remark above it, which no reader sees: why it is not run, or what has printed it."""

    remark: str
    language: str  # none for commands; {…} for what Sphinx reads, cells of the book among it, which tests/book runs
    text: str

    @property
    def output_of(self) -> str | None:
        """The command that printed it, or None."""
        return self.remark.removeprefix("output of ") if self.remark.startswith("output of ") else None

    @property
    def why_not_run(self) -> str | None:
        """Why it is not run, or None."""
        return self.remark.removeprefix("not run: ") if self.remark.startswith("not run: ") else None


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, in order."""
    return [Block(*found) for found in BLOCK.findall(page.read_text(encoding="utf8"))]


def commands(page: Path) -> list[str]:
    """The lines to run, without what is said about them behind a #."""
    lines = [line for block in blocks(page) if is_run(block) for line in block.text.splitlines()]
    return [shlex.join(words) for words in (shlex.split(line, comments=True) for line in lines) if words]


def is_run(block: Block) -> bool:
    """Whether a block holds commands that a test runs."""
    return not block.language and block.output_of is None and block.why_not_run is None


def replay(lines: list[str], page: Path, pellucid: Command, codes: Collection[int] = (0,)) -> None:
    """Run commands, which end with one of ``codes``; what the page shows of one is what it prints."""
    shown = {block.output_of: block.text for block in blocks(page) if block.output_of is not None}
    for line in lines:
        name, *words = shlex.split(line)
        assert name == "pellucid", line
        ended = pellucid(*words)
        assert ended.code in codes, f"{line}: {ended.err}"
        for command in [command for command in shown if command.split(" | head ")[0] == line]:
            assert_alike(shown.pop(command), ended.out, whole=command == line)
    assert not shown, f"nothing has run {[*shown]}"


def assert_alike(shown: str, printed: str, *, whole: bool = True) -> None:
    """Assert that a text is what was printed, or its first lines, but for times, dates and last digits."""
    expected, found = shown.splitlines(), printed.rstrip().splitlines()
    assert len(found) == len(expected) or (len(found) > len(expected) and not whole), printed
    for one, other in zip(expected, found, strict=False):
        assert form(other) == form(one), f"{one}\n{other}"
        for was, now in zip(numbers(one), numbers(other), strict=True):
            assert (now == pytest.approx(was, rel=0.1, abs=0.01)) if was % 1 else (now == was), f"{one}\n{other}"


def form(line: str) -> str:
    """A line without its numbers, and with one blank where there are several."""
    return " ".join(NUMBER.sub("0", MEASURED.sub("", line)).split())


def numbers(line: str) -> list[float]:
    """The numbers of a line that are the same each time, but for the last digits of those with a point."""
    return [float(number.replace(",", "").replace("−", "-")) for number in NUMBER.findall(MEASURED.sub("", line))]
