"""On a narrow terminal nothing is wider than it, and nothing is missing."""

import os
import re
import subprocess
import sys

import pytest

import pellucid as pl
from pellucid import datasets
from pellucid.analysis.explain import Explanation, Step, line, narrow_terminal
from pellucid.analysis.explain.text import row
from pellucid.cli.models import PACKAGED

STYLE = re.compile(r"\x1b\[[\d;]*m")


@pytest.fixture(scope="module")
def explanations() -> list[Explanation]:
    test, model = datasets.mnist().test, pl.load_model(PACKAGED)
    assert test is not None
    return [
        pl.explain.three_neurons(),
        pl.explain.vectorization(sizes=[(3, 4, 2)]),
        pl.explain.sample(model, test.X[359], test.y[359], against=4),
        pl.explain.sample(model, test.X[0], test.y[0], layer=1, neuron=7),
    ]


def dense(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("digits", [6, 17])
def test_nothing_is_wider_and_nothing_is_missing(explanations: list[Explanation], width: int, digits: int) -> None:
    tables = 0
    for block in (block for explanation in explanations for part in explanation.sections for block in part.blocks):
        if isinstance(block, str):
            lines, whole = narrow_terminal.prose(block, width), block
        elif isinstance(block, Step):
            whole = line(block, digits)
            lines = narrow_terminal.equation(whole, width)
        elif isinstance(block, tuple) and not narrow_terminal.fits(block, digits, width):
            tables += 1
            lines = [text for each in narrow_terminal.rows(block, digits, width) for text in each]
            whole = ""
            for name, why, *parts in (row(step, digits) for step in block):
                whole += name + why + "=".join(dict.fromkeys(part for part in parts if part))
        else:
            continue
        assert max(map(len, lines)) <= width
        assert dense("".join(lines)) == dense(whole)
    assert tables > 3


def test_a_line_is_broken_before_an_operator_and_not_within_a_number(explanations: list[Explanation]) -> None:
    for step in (step for explanation in explanations for part in explanation.sections for step in part.steps):
        for text in narrow_terminal.equation(line(step), 50):
            assert not re.search(r" [+−·/@]$", text)
            assert re.fullmatch(r"\S+|.*[\w\])°%…]|.*[,(]", text.strip()), text


def test_a_table_that_fits_stays_a_table(explanations: list[Explanation]) -> None:
    (block,) = [b for b in explanations[2].sections[0].blocks if isinstance(b, tuple)]
    widest = max(len(f"  {name}") for name, *_ in (row(step) for step in block))
    columns = list(zip(("number", "what", "formula", "with numbers", "value"), *map(row, block), strict=True))
    whole = widest + sum(2 + max(map(len, column)) for column in columns[1:])
    assert narrow_terminal.fits(block, 6, whole)
    assert not narrow_terminal.fits(block, 6, whole - 1)


def on_a_terminal(columns: int, *arguments: str) -> str:
    """What the command prints on a terminal so wide."""
    import pty  # which Windows has not

    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    command = [sys.executable, "-m", "pellucid", "explain", *arguments]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment) as running:
        os.close(theirs)
        text = b""
        while True:
            try:
                text += os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not text:
                break
    os.close(ours)
    assert running.returncode == 0
    return STYLE.sub("", text.decode()).replace("\r\n", "\n")


def test_a_terminal_of_80_columns_is_not_overrun() -> None:
    narrowed = on_a_terminal(80, "--example", "three-neurons")
    assert max(map(len, narrowed.splitlines())) <= 80
    wide = on_a_terminal(300, "--example", "three-neurons")
    assert max(map(len, wide.splitlines())) > 80
    assert set(re.findall(r"−?\d+\.\d+", narrowed)) == set(re.findall(r"−?\d+\.\d+", wide))
