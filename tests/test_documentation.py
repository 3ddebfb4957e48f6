"""What the documentation says is so: its Python runs, its links lead somewhere, its commands exist."""

import itertools
import re
import shlex
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import numpy as np
import pytest

import pellucid as pl
from pellucid import datasets
from pellucid.cli import app
from pellucid.cli.app import COMMANDS
from replay import assert_alike, blocks, commands, replay
from support import Command

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "benchmarks/README.md")]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
# Whose commands a test runs: here, in test_questions.py and in book/test_grading_page.py
REPLAYED = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("tables", "export", "pages", "doctor", "grading", "questions")),
]
# Whose Python a test runs: here, in test_adding.py and in test_rosetta.py
PYTHON = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("tables", "estimators", "export", "notebooks")),
]
PYTHON += [ROOT / "docs" / "adding.md", ROOT / "docs" / "rosetta.md"]


def test_the_python_of_the_readme_runs_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf8"), re.DOTALL)
    assert len(blocks) == 2
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    assert float(capsys.readouterr().out.split()[-1]) > 0.95


@pytest.mark.parametrize("name", ["tables", "estimators", "export"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_python_of_a_page_runs_as_written(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "examples" / "penguins.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf8")
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert blocks
    for block in blocks:
        if "sklearn.callback" not in block or find_spec("sklearn.callback") is not None:  # scikit-learn 1.9 brings it
            exec(block, names)


def test_the_python_of_the_page_on_notebooks_runs_as_written(digits: datasets.Samples) -> None:
    parts = SimpleNamespace(train=digits, dev=digits)
    names: dict[str, Any] = {"pl": pl, "np": np, "net": pl.Network([784, 8, 10]), "digits": parts}
    for block in blocks(ROOT / "docs" / "notebooks.md"):
        exec(block.text, names)
    assert len(names["history"]) == 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_run_or_says_why_not(page: Path) -> None:
    for block in blocks(page):
        runs = {"": page in REPLAYED, "python": page in PYTHON, "text": True}.get(
            block.language, block.language.startswith("{")
        )
        assert runs or block.output_of or block.why_not_run, block.text


@pytest.mark.parametrize("page", REPLAYED, ids=lambda page: page.name)
def test_every_command_has_the_options_that_it_is_given(page: Path, pellucid: Command) -> None:
    Path("latest").touch()  # what is called so in this folder is no run
    for line in commands(page):
        name, command, *words = shlex.split(line)
        if name == "pellucid":
            known = app.group.get_command(click.Context(app.group), command)
            assert known is not None, line
            known.make_context(command, words)


def test_the_windows_lines_say_what_stands_above_them() -> None:
    found = blocks(ROOT / "README.md")
    pairs = [(above, block) for above, block in itertools.pairwise(found) if block.language == "bat"]
    assert len(pairs) == 2
    for above, block in pairs:
        posix = [shlex.split(part) for line in above.text.splitlines() for part in line.split("&&")]
        assert [windows(line) for line in block.text.splitlines()] == posix


def windows(line: str) -> list[str]:
    """A line for Windows in the words of another system's shell; there ' is a letter like others."""
    assert not set(line) & set("'#$")
    if line == r".venv\Scripts\activate":
        return ["source", ".venv/bin/activate"]
    program, *words = line.split(" ")
    assert "/" not in line
    return ["python3" if program == "py" else program.replace("\\Scripts\\", "/bin/"), *words]


def test_the_lines_of_the_readme_that_install_are_run_by_ci() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf8")
    lines = [block.text.strip() for block in blocks(ROOT / "README.md") if ".ci/run does" in (block.why_not_run or "")]
    assert len(lines) == 2
    for line in lines:
        assert f'as_in_readme "{line}"' in script


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the README's first commands have made a clone; what is not committed yet is in it, too."""
    monkeypatch.chdir(tmp_path)
    first, then, *_ = commands(ROOT / "README.md")
    assert (first, then) == ("git clone ADDRESS pellucid", "cd pellucid")
    if not (ROOT / ".git").exists():  # of an sdist there is nothing to clone
        shutil.copytree(ROOT, "pellucid", ignore=shutil.ignore_patterns(".venv", "runs"))
        return tmp_path / "pellucid"
    subprocess.run(["git", "clone", "-q", str(ROOT), "pellucid"], check=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            Path("pellucid", name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, Path("pellucid", name))
    return tmp_path / "pellucid"


@pytest.mark.slow
def test_the_readme_replays_in_a_fresh_clone(pellucid: Command, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clone)
    replay(["pellucid train", *commands(clone / "README.md")[2:]], clone / "README.md", pellucid)


@pytest.mark.slow
def test_the_pages_whose_commands_are_shown_replay(pellucid: Command) -> None:
    for name in ("penguins.csv", "my_network.py"):
        shutil.copy(ROOT / "examples" / name, name)
    for page in (ROOT / "docs" / f"{name}.md" for name in ("tables", "export", "pages", "doctor")):
        replay(commands(page), page, pellucid)
    said = re.search(r"(\d+) kB", (ROOT / "docs" / "export.md").read_text(encoding="utf8"))
    assert said is not None
    assert Path("digits.html").stat().st_size / 1000 == pytest.approx(int(said[1]), rel=0.02)


def test_a_shown_text_is_what_was_printed_but_for_times_and_last_digits() -> None:
    assert_alike(
        "3 rows, loss 0.0690 in 2.1 s\nruns/20261122-172847", "3 rows,  loss 0.0712 in 9 s\nruns/20270101-000000\n"
    )
    assert_alike("a\nb", "a\nb\nc", whole=False)
    for shown, printed in (("3 rows", "4 rows"), ("loss 0.07", "loss 0.3"), ("a", "a\nb"), ("a", "b"), ("a\nb", "a")):
        with pytest.raises(AssertionError):
            assert_alike(shown, printed)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_that_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_named_is_one(page: Path) -> None:
    blocks = "".join(re.findall(r"```\n(.*?)```", page.read_text(encoding="utf8"), re.DOTALL))
    for name in re.findall(r"^(?:.*&& \.venv/bin/)?pellucid ([\w-]+)", blocks, re.MULTILINE):
        assert name in COMMANDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_named_is_there(page: Path) -> None:
    for name in re.findall(r"`((?:tests|scripts|docs)/[\w/.]+)`", page.read_text(encoding="utf8")):
        assert (ROOT / name).exists(), name
