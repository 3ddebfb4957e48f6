"""What the documentation says is so: its Python runs, its links lead somewhere, its commands exist."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from pellucid.cli import main
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
        if "sklearn.callback" in block:
            pytest.importorskip("sklearn.callback", reason="scikit-learn 1.9 brings callbacks")
        exec(block, names)


@pytest.mark.slow
def test_the_commands_of_the_pages_on_tables_and_exports_run_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(ROOT / "examples" / "penguins.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    ran = 0
    for name in ("tables", "export"):
        text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf8")
        for block in re.findall(r"```\n(pellucid .*?)```", text, re.DOTALL):
            for line in block.strip().splitlines():
                words = shlex.split(line.split(" #")[0])[1:]
                if words[:2] in (["import", "weights.safetensors"], ["import", "network.onnx"]):
                    continue  # files that a reader brings; tests/interop/test_exports.py has theirs
                assert main(words) == 0, line
                ran += 1
    assert ran >= 12
    said = re.search(r"(\d+) kB", (ROOT / "docs" / "export.md").read_text(encoding="utf8"))
    assert said is not None
    assert Path("digits.html").stat().st_size / 1000 == pytest.approx(int(said[1]), rel=0.02)
    shown = re.findall(r"```text\n(.*?)```", (ROOT / "docs" / "tables.md").read_text(encoding="utf8"), re.DOTALL)
    capsys.readouterr()
    main(["importance", "runs/penguins"])
    assert capsys.readouterr().out.splitlines()[0] == shown[1].splitlines()[0]


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
