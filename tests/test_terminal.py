"""What stands on a real terminal of 60, 80 and 100 columns: nothing is garbled, and no word is broken."""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from rich.text import Text

from pellucid.cli.printing import wrapped
from support import Command, screen_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")

TABLE = Path(__file__).parents[1] / "examples" / "penguins.csv"
WIDTHS = (60, 80, 100)
MEASURED = re.compile(r"\d+\.\d+ s\b")  # what is another number each time
DRAWN = re.compile(r"[█━─▶…]")  # what is as long as there is room
COMMANDS = (
    "evaluate run", "predict run ten.csv", "check run", "importance run --repeats 1", "lr-find --steps 20",
    "doctor my_network.py", "landscape run --points 3 --out l.html --force",
    "data mnist --to csv --limit 20 --out d.csv --force",
    "evaluate", "explain run --top 2", "train nowhere-near-here.csv --target species", "--help",
    "train penguins.csv --target species --epochs 3 --out new", "plot run landscape --out p.png --force",
)  # fmt: skip


@pytest.fixture
def ready(pellucid: Command, tmp_path: Path) -> Path:
    """A folder with a table, a run on it and code of one's own."""
    rows = TABLE.read_text().splitlines(keepends=True)
    (tmp_path / "penguins.csv").write_text("".join(rows))
    (tmp_path / "ten.csv").write_text("".join(rows[:11]))
    (tmp_path / "my_network.py").write_text((TABLE.parent / "my_network.py").read_text())
    assert pellucid("train", "penguins.csv", "--target", "species", "--epochs", 3, "--out", "run", "-q").code == 0
    return tmp_path


def command(line: str) -> list[str]:
    return [sys.executable, "-m", "pellucid", *line.split()]


@pytest.mark.parametrize("width", WIDTHS)
def test_each_epoch_has_a_line_and_the_bar_is_gone_at_the_end(width: int, ready: Path) -> None:
    lines = screen_of(command("train penguins.csv --target species --epochs 12 --out new"), ready, width)
    epochs = [line for line in lines if "train loss" in line]
    assert [int(line.split()[1]) for line in epochs] == list(range(1, 13))
    assert all(re.fullmatch(r"epoch +\d+ +train loss +[\d.]+ +dev loss +[\d.]+ +[\d.]+ %", line) for line in epochs)
    assert not [line for line in lines if "-:--" in line or "━" in line or line.startswith("training")]
    assert lines[-1] == "  pellucid check new              is back propagation right?"


@pytest.mark.slow
@pytest.mark.parametrize("line", COMMANDS)
def test_nothing_breaks_within_a_word(line: str, ready: Path) -> None:
    """The words of a narrow screen are those of a wide one, one by one."""
    wide = words(screen_of(command(line), ready, 400))
    for width in WIDTHS:
        shutil.rmtree(ready / "new", ignore_errors=True)
        lines = screen_of(command(line), ready, width)
        assert max(map(len, lines)) <= width
        assert not {word for word in words(lines) - wide if not DRAWN.search(word)}


def words(lines: list[str]) -> set[str]:
    return set(MEASURED.sub("", " ".join(" ".join(lines).split())).split())


def test_a_long_line_is_broken_between_words_and_a_per_cent_stays_with_its_number() -> None:
    lines = [line.plain for line in wrapped(Text("  accuracy 97.40 %, loss of all the others 0.1"), 18)]
    assert lines == ["  accuracy", "    97.40 %, loss", "    of all the", "    others 0.1"]
    assert [line.plain for line in wrapped(Text("a-path/that/is/longer.csv: no"), 10)] == [
        "a-path/that/is/longer.csv:",
        "  no",
    ]


def test_a_word_that_is_no_command_brings_the_nearest_to_mind(pellucid: Command) -> None:
    assert pellucid("trian").err == "error: trian: there is no such command; did you mean train?\n"
    assert "No such command 'xyzzy'" in pellucid("xyzzy").err


def test_a_column_that_is_misspelt_brings_the_nearest_to_mind(pellucid: Command, ready: Path) -> None:
    ended = pellucid("train", "penguins.csv", "--target", "specis")
    assert ended.code == 2
    assert "has no column 'specis' for the target; did you mean 'species'? Its columns are" in ended.err


def test_an_exports_name_says_its_form(pellucid: Command, ready: Path) -> None:
    for name, form in (("m.onnx", "onnx"), ("m.py", "numpy"), ("m.safetensors", "pytorch"), ("m.html", "html")):
        assert pellucid("export", "run", "--out", name, "--force").out.startswith(f"{form}: {name}, ")
    ended = pellucid("export", "run", "--out", "m.txt")
    assert (ended.code, ended.err.split(";")[0]) == (2, "error: m.txt: its name does not say what to write")
