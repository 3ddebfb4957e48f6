"""What the documentation says is so: its Python runs, its links lead somewhere, its commands exist."""

import re
from pathlib import Path

import pytest

from pellucid.cli.app import COMMANDS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")] + sorted(
    (ROOT / "docs").glob("*.md")
)


def test_the_python_of_the_readme_runs_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf8"), re.DOTALL)
    assert len(blocks) == 2
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    assert float(capsys.readouterr().out.split()[-1]) > 0.95


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
