"""Every chapter runs from top to bottom, and keeps the form that the book promises."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from book.prose import is_printed, printed, told
from pellucid.book.chapters import chapters

NAMES = [
    "01-a-neuron", "02-three-neurons", "03-matrices", "04-digits", "05-forward", "06-how-wrong", "07-back-propagation",
    "08-gradient-descent", "09-what-goes-wrong", "10-landscape", "11-what-came-after", "12-your-own-data",
]  # fmt: skip
MOST_LINES = 60


def test_the_book_has_its_twelve_chapters() -> None:
    assert [chapter.stem for chapter in chapters()] == NAMES


@pytest.fixture(params=chapters(), ids=lambda chapter: chapter.stem)
def cells(request: pytest.FixtureRequest, executed: Path) -> list[dict[str, Any]]:
    """The cells of a chapter with what they put out; a list of lines is joined."""
    made = json.loads((executed / f"{request.param.stem}.ipynb").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = made["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in found]


def code(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [cell for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.slow
def test_every_cell_ran(cells: list[dict[str, Any]]) -> None:
    assert [cell["execution_count"] for cell in code(cells)] == list(range(1, len(code(cells)) + 1))
    for cell in code(cells):
        assert not [output for output in cell["outputs"] if output["output_type"] == "error"]


@pytest.mark.slow
def test_it_begins_with_a_question_and_ends_with_what_to_try(cells: list[dict[str, Any]]) -> None:
    assert "?" in cells[0]["source"]
    headings = re.findall(
        r"^## (.+)$", "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown"), re.M
    )
    assert "What to try" in headings[-3:]


@pytest.mark.slow
def test_two_exercises_report_and_do_not_raise(cells: list[dict[str, Any]]) -> None:
    graded = [cell for cell in code(cells) if cell["source"].startswith("%%grade")]
    assert len(graded) >= 2
    for cell in graded:
        (function,) = re.findall(r"^def (\w+)", cell["source"], re.M)
        said = "".join(
            "".join(output.get("text", output.get("data", {}).get("text/plain", ""))) for output in cell["outputs"]
        )
        assert function in said


@pytest.mark.slow
def test_its_network_stands_alone_in_sixty_lines(cells: list[dict[str, Any]]) -> None:
    network = [cell["source"] for cell in code(cells) if "network" in cell["metadata"].get("tags", [])]
    if not network:
        pytest.fail("no cell has the tag network")
    text = "\n".join(network)
    assert sum(bool(line.strip()) for line in text.splitlines()) <= MOST_LINES
    exec(compile(imports(cells) + text, "network", "exec"), {})


def imports(cells: list[dict[str, Any]]) -> str:
    """The imports of the first cell of code, which all others may lean on."""
    first = re.sub(r"^[%!].*$", "", code(cells)[0]["source"], flags=re.M)
    lines = [ast.unparse(node) for node in ast.parse(first).body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join([*lines, ""])


@pytest.mark.slow
def test_it_is_compared_with_the_engine(cells: list[dict[str, Any]]) -> None:
    assert any("assert " in cell["source"] for cell in code(cells))
    assert any("pl." in cell["source"] or "pellucid" in cell["source"] for cell in code(cells)[1:])


@pytest.mark.slow
def test_every_result_in_the_prose_was_printed(cells: list[dict[str, Any]]) -> None:
    numbers = printed(cells)
    assert [one.around for one in told(cells) if not is_printed(one, numbers)] == []


def test_a_number_that_was_not_printed_is_found() -> None:
    output = {"output_type": "stream", "text": ["accuracy 0.9213, loss 12.8341e-3, 3,157 steps\n"]}
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "source": "size = 784", "outputs": [output]},
        {
            "cell_type": "markdown",
            "source": "In 1998, chapter 17, twelve of 12: 92.13 %, 92 %, 0.92, 784, 3,157, about 90 %.",
        },
    ]
    assert [one.text for one in told(cells) if not is_printed(one, printed(cells))] == []
    for wrong in ("92.14 %", "0.93", "785", "3,158", "about 70 %", "−0.92"):
        cells[1]["source"] = f"It is {wrong} in the end."
        assert [one.text for one in told(cells) if not is_printed(one, printed(cells))], wrong
