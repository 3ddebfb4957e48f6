"""``pellucid book``: the notebooks, what of them is kept, and the site that is built once."""

import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from pellucid.book import chapters, site
from support import Command

STUB = Path(__file__).parent / "stub"


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> None:
    """A book of one short chapter."""
    monkeypatch.setattr(chapters, "chapters", lambda: sorted(STUB.glob("[0-9][0-9]-*.md")))


@pytest.mark.slow
@pytest.mark.usefixtures("stub")
def test_the_notebooks_are_written_and_are_the_same_each_time(pellucid: Command) -> None:
    ended = pellucid("book", "--notebooks", "mine", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out) == {"notebooks": ["mine/01-a-stub.ipynb"]}
    first = Path("mine/01-a-stub.ipynb").read_bytes()
    cells = json.loads(first)["cells"]
    assert cells[0]["cell_type"] == "markdown"
    assert [cell["cell_type"] for cell in cells].count("code") == 7
    assert pellucid("book", "--notebooks", "mine").code == 0
    assert Path("mine/01-a-stub.ipynb").read_bytes() == first


@pytest.mark.slow
def test_every_link_of_every_notebook_leads_somewhere(pellucid: Command) -> None:
    assert pellucid("book", "--notebooks", "mine").code == 0
    followed = set()
    for path in sorted(Path("mine").glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        prose = "\n".join(re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL) for text in texts)
        assert not re.search(r"^```\{|\{[a-z:]+\}`", "\n".join(texts), re.MULTILINE), (
            path.name
        )  # Jupyter knows no roles
        for to in re.findall(r"\]\(([^)]*)\)", prose) + re.findall(r"""(?:href|src)=["']([^"']*)""", prose):
            assert to.startswith("https://") or Path("mine", to).is_file(), f"{path.name}: {to}"
            followed.add(to)
    assert {f"{chapter.stem}.ipynb" for chapter in chapters.chapters()} <= followed
    assert {"index.ipynb", "errata.ipynb", "tables.ipynb"} <= followed


@pytest.mark.slow
@pytest.mark.usefixtures("stub")
def test_a_notebook_that_was_worked_in_is_kept(pellucid: Command) -> None:
    assert pellucid("book", "--notebooks", "mine").code == 0
    path = Path("mine/01-a-stub.ipynb")
    made = json.loads(path.read_text("utf-8"))
    made["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "run"}]
    made["cells"][1]["source"] = made["cells"][1]["source"].splitlines(keepends=True)  # as Jupyter writes it
    path.write_text(json.dumps(made), "utf-8")
    assert pellucid("book", "--notebooks", "mine").code == 0  # it was only run
    made["cells"][1]["source"] = "mine = 1"
    path.write_text(json.dumps(made), "utf-8")
    ended = pellucid("book", "--notebooks", "mine")
    assert ended.code == 2
    assert "would be lost" in ended.err
    assert "--force" in ended.err
    assert json.loads(path.read_text("utf-8")) == made
    assert pellucid("book", "--notebooks", "mine", "--force").code == 0
    assert json.loads(path.read_text("utf-8")) != made


@pytest.mark.usefixtures("stub")
def test_where_the_extra_is_missing_its_line_is_told(pellucid: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("jupytext", *site.TOOLS):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(site, "ready", lambda: None)
    for words in ("book --notebooks mine", "book --no-browser"):
        ended = pellucid(*words.split())
        assert ended.code == 2
        assert ended.err.splitlines()[-1].endswith("pip install 'pellucid[book]'")
    assert not Path("mine").exists()


def test_options_that_do_not_go_together(pellucid: Command) -> None:
    Path("file").touch()
    assert "give --notebooks FOLDER too" in pellucid("book", "--force").err
    assert "is a file; name a folder" in pellucid("book", "--notebooks", "file").err


def test_the_site_is_built_where_there_is_none_and_then_opened(
    pellucid: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    built: list[Path] = []
    opened: list[str] = []

    def open_page(address: str) -> bool:
        opened.append(address)
        return True

    def build(to: Path, trees: Path, *options: str) -> None:
        built.append(to)
        to.mkdir(parents=True)
        (to / "index.html").write_text("<title>book</title>")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path)
    monkeypatch.setattr(site, "build", build)
    monkeypatch.setattr(site, "_check_tools", lambda: None)
    monkeypatch.setattr("webbrowser.open", open_page)
    assert pellucid("book", "--no-browser").out.endswith("index.html\n")
    assert opened == []
    ended = pellucid("book")
    assert ended.code == 0
    assert len(built) == 1
    assert opened == [Path(ended.out.strip()).as_uri()]
    monkeypatch.setattr(site, "_fingerprint", lambda: "0" * 16)  # the sources have changed
    page: dict[str, Any] = json.loads(pellucid("book", "--json").out)
    assert len(built) == 2
    assert "site-" + "0" * 16 in page["site"]


def test_the_sources_decide_what_is_built_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "book").mkdir()
    monkeypatch.setattr(site, "docs", lambda: tmp_path)
    prints = [site._fingerprint()]
    for text in ("one", "two"):
        (tmp_path / "book" / "01-a.md").write_text(text)
        prints.append(site._fingerprint())
    assert len(set(prints)) == 3
    assert site._fingerprint() == prints[-1]


def test_the_tools_of_the_site_are_those_of_the_extra() -> None:
    text = (chapters.docs().parent / "pyproject.toml").read_text("utf-8")
    extra = text[text.index("\nbook = [") : text.index("]\nall")]
    for name in ("sphinx", "myst-nb", "furo", "jupytext"):
        assert f'"{name}>=' in extra
    assert importlib.util.find_spec("pellucid.book.site") is not None
