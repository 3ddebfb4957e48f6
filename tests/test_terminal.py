"""What stands on a real terminal of 60, 80 and 100 columns: nothing is garbled, and no word is broken."""

import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.text import Text

from pellucid.cli import app
from pellucid.cli.printing import Out, wrapped
from support import Command, screen_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")

TABLE = Path(__file__).parents[1] / "examples" / "penguins.csv"
WIDTHS = (60, 80, 100)
MEASURED = re.compile(r"\d+\.\d+ s\b")  # what is another number each time
DRAWN = re.compile(r"[█━─▶…]")  # what is as long as there is room
COMMANDS = (
    "evaluate run", "predict run ten.csv", "check run", "importance run --repeats 1", "lr-find --steps 20",
    "doctor my_network.py", "grade answers.py", "grade --list", "landscape run --points 3 --out l.html --force",
    "data mnist --to csv --limit 20 --out d.csv --force",
    "evaluate", "explain run --top 2", "train nowhere-near-here.csv --target species", "--help",
    "sweep penguins.csv --target species --search hidden=3,4 --epochs 2 --trials 2 --workers 1 --out new",
    "train penguins.csv --target species --epochs 3 --out new", "plot run landscape --out p.png --force",
)  # fmt: skip


@pytest.fixture
def ready(pellucid: Command, tmp_path: Path) -> Path:
    """A folder with a table, a run on it and code of one's own."""
    rows = TABLE.read_text().splitlines(keepends=True)
    (tmp_path / "penguins.csv").write_text("".join(rows))
    (tmp_path / "ten.csv").write_text("".join(rows[:11]))
    (tmp_path / "my_network.py").write_text((TABLE.parent / "my_network.py").read_text())
    (tmp_path / "answers.py").write_text((TABLE.parent / "solutions" / "chapter_03.py").read_text())
    assert pellucid("train", "penguins.csv", "--target", "species", "--epochs", 3, "--out", "run", "-q").code == 0
    return tmp_path


def command(line: str) -> list[str]:
    return [sys.executable, "-m", "pellucid", *line.split()]


@pytest.mark.parametrize("width", [80, *(pytest.param(w, marks=pytest.mark.slow) for w in WIDTHS if w != 80)])
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


def in_one_process(lines: Sequence[str]) -> list[str]:
    """What runs several commands one after the other."""
    code = "import sys, pellucid.cli\nfor line in sys.argv[1:]: pellucid.cli.main(line.split())"
    return [sys.executable, "-c", code, *lines]


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_the_help_of_every_command_and_every_error_is_broken_between_words(width: int, ready: Path) -> None:
    """Words with hyphens are whole, since they are typed."""
    bad = [line for line, _ in SPELLINGS] + list(ERRORS)
    for said in ([f"{name} --help" for name in app.COMMANDS], bad):
        wide, lines = (screen_of(in_one_process(said), ready, columns, 2000) for columns in (400, width))
        assert max(map(len, lines)) <= width
        assert words(lines) == words(wide)


def words(lines: list[str]) -> set[str]:
    return set(MEASURED.sub("", " ".join(" ".join(lines).split())).split())


def test_a_long_line_is_broken_between_words_and_a_per_cent_stays_with_its_number() -> None:
    lines = [line.plain for line in wrapped(Text("  accuracy 97.40 %, loss of all the others 0.1"), 18)]
    assert lines == ["  accuracy", "    97.40 %, loss", "    of all the", "    others 0.1"]
    assert [line.plain for line in wrapped(Text("a-path/that/is/longer.csv: no"), 10)] == [
        "a-path/that/is/longer.csv:",
        "  no",
    ]


ERRORS = (
    "evaluate latest", "predict run", "train penguins.csv --target species --hidden 3.5", "export run --out m.txt",
    "train penguins.csv --target species --hidden 8,8 --activation relu,tanh,gelu", "doctor penguins.csv",
    "plot run", "plot weights", "predict run ten.csv --out nowhere/at/all/p.csv", "train --resume run --seed 3",
    "landscape penguins.csv", "data mnist --to csv", "import ten.csv --out m.safetensors",
)  # fmt: skip
SPELLINGS = (
    ("trian", "did you mean train?"),
    ("train penguins.csv --target specis", "did you mean species? Its columns are species, island"),
    ("train penguins.csv --target species --column year=numbr", "did you mean number? A column is one of number, bool"),
    ("train penguins.csv --target species --column yaer=number", "did you mean year? It has species, island"),
    ("train penguins.csv --target species --activation rleu", "did you mean relu? Take relu, leaky-relu"),
    ("train penguins.csv --target species --loss CrossEntropy", "did you mean cross-entropy? Take cross-entropy"),
    ("train penguins.csv --target species --optimizer adma", "did you mean adam? Take sgd, momentum"),
    ("train penguins.csv --target species --recipe artcle", "did you mean article? Take default, table, article"),
    ("train penguins.csv --target species --task clasification", "did you mean classification? Take auto"),
    ("train penguins.csv --target species --epoch 3", "--epochs"),
    ("export --to onx --out m.onnx", "did you mean onnx? Take onnx, numpy"),
    ("plot wieghts --out w.png", "did you mean weights? Choose one of digits"),
    ("explain --against 11", "did you mean 1? Take one of 0, 1, 2"),
    ("explain --example three-neuron", "did you mean three-neurons? 'three-neuron' is not one of"),
    ("landscape --directions paths", "did you mean path? 'paths' is not one of"),
    ("data mnist --to cvs --out d.csv", "did you mean csv? 'cvs' is not one of"),
    ("import w.onnx --task regresion --out m.safetensors", "did you mean regression? 'regresion' is not one of"),
)


@pytest.mark.parametrize(("line", "said"), SPELLINGS)
def test_a_word_that_is_misspelt_brings_the_nearest_to_mind(line: str, said: str, pellucid: Command) -> None:
    shutil.copy(TABLE, "penguins.csv")
    ended = pellucid(*line.split())
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_a_word_that_is_like_no_other_brings_none_to_mind(pellucid: Command) -> None:
    assert "No such command 'xyzzy'" in pellucid("xyzzy").err
    assert "--activation xyzzy: not known; take relu" in pellucid("train", "--activation", "xyzzy").err


def test_an_exports_name_says_its_form(pellucid: Command, ready: Path) -> None:
    for name, form in (("m.onnx", "onnx"), ("m.py", "numpy"), ("m.safetensors", "pytorch"), ("m.html", "html")):
        assert pellucid("export", "run", "--out", name, "--force").out.startswith(f"{form}: {name}, ")
    ended = pellucid("export", "run", "--out", "m.txt")
    assert (ended.code, ended.err.split(";")[0]) == (2, "error: m.txt: its name does not say what to write")


QUIET = (
    ("train penguins.csv --target species --epochs 1 --out new", 2), ("evaluate run", 1), ("predict run ten.csv", 10),
    ("predict run ten.csv --out p.csv", 0), ("importance run --repeats 1", 1), ("explain run", None),
    ("plot run weights --out w.png", 0), ("landscape run --points 3 --out l.html", 2), ("report run", 1),
    ("lr-find --steps 20", 1), ("doctor my_network.py", 1), ("check run", 1), ("grade answers.py", 1),
    ("export run --out m.onnx", 0),
    ("sweep penguins.csv --target species --search hidden=3,4 --epochs 1 --trials 2 --workers 1 --out s", 1),
    ("import m.onnx --out m.safetensors", 0), ("data mnist --to csv --limit 5 --out d.csv", 0),
)  # fmt: skip


def test_quiet_prints_no_table_but_the_one_answer(
    pellucid: Command, ready: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a command with many answers a line each."""
    monkeypatch.setattr(Out, "table", lambda *_, **__: pytest.fail("a table"))
    others = {"benchmark", "book", "studio"}  # long ones, and a server that ends when it is told to
    assert {line.split()[0] for line, _ in QUIET} == {*app.COMMANDS} - others
    for line, lines in QUIET:
        ended = pellucid(*line.split(), "-q")
        assert ended.code == 0, ended.err
        assert lines is None or len(ended.out.splitlines()) == lines, ended.out


def test_quiet_predictions_are_those_of_the_table(pellucid: Command, ready: Path) -> None:
    answers = pellucid("predict", "run", "ten.csv", "-q").out.splitlines()
    assert answers == [
        entry["prediction"] for entry in json.loads(pellucid("predict", "run", "ten.csv", "--json").out)["predictions"]
    ]
    pellucid("train", "penguins.csv", "--target", "year,body_mass_g", "--epochs", 1, "--out", "several", "-q")
    first, *_ = pellucid("predict", "several", "ten.csv", "-q").out.splitlines()
    known = json.loads(pellucid("predict", "several", "ten.csv", "--json").out)["predictions"][0]["prediction"]
    assert [float(value) for value in first.split(", ")] == known
