"""The site: its links lead somewhere, its pages are light and ask for nothing, and it works from the disk."""

import inspect
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import pellucid
from book.html_pages import Page, dead, pages
from pages import wait_until
from pellucid.book.site import build
from pellucid.render.palette import tokens

pytestmark = pytest.mark.slow
MOST_BYTES = 500_000
FIRST_PAINT = 3000  # ms; on an idle machine it takes less than 400
SCREENS = [((390, 844), "light"), ((390, 844), "dark"), ((1280, 800), "light"), ((1280, 800), "dark")]
SOME = ("index.html", "tables.html", "questions.html", "scores.html")  # one of each kind, and the book
DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def known(site: Path) -> dict[Path, Page]:
    return pages(site)


def test_every_link_of_every_page_leads_somewhere(known: dict[Path, Page]) -> None:
    assert len(known) > 40
    found = [(page.file.name, link) for page in known.values() for link in page.links if dead(page, link, known)]
    assert found == []


def test_a_link_from_page_to_page_is_one_on_the_site(known: dict[Path, Page], site: Path) -> None:
    """Also where the other page lies in a folder of its own, as the next chapter does."""
    followed = 0
    for text in DOCS.rglob("*.md"):
        page = known[(site / text.relative_to(DOCS)).with_suffix(".html").resolve()]
        prose = re.sub(r"```.*?```|`[^`\n]*`", "", text.read_text("utf-8"), flags=re.DOTALL)
        for to in re.findall(r"\]\(([^)\s#]+)\.md\)", prose):
            if (text.parent / f"{to}.md").resolve().is_relative_to(DOCS):
                assert f"{to}.html" in page.in_text, f"{text.name}: {to}"
                followed += 1
    assert followed > 50


def test_a_link_to_what_is_no_page_leads_to_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = "https://example.org/pellucid"
    monkeypatch.setenv("PELLUCID_REPOSITORY", address)
    build(tmp_path / "site", tmp_path / "trees", "--fail-on-warning", "-D", "nb_execution_mode=off")
    links = {to for page in pages(tmp_path / "site").values() for to in page.in_text if to.startswith(address)}
    assert {f"{address}/blob/main/SECURITY.md", f"{address}/tree/main/src/pellucid/core"} <= links
    for to in links:
        kind, _, path = to.removeprefix(f"{address}/").split("/", 2)
        there = DOCS.parent / path
        assert there.is_file() if kind == "blob" else there.is_dir(), to


def test_a_dead_link_would_be_found(known: dict[Path, Page]) -> None:
    page = next(page for file, page in known.items() if file.name == "questions.html")
    for link in ("gone.html", "tables.html#gone", "#gone", "http://example.org", "https://example", "https://a b.org"):
        assert dead(page, link, known), link
    assert not dead(page, "tables.html#" + min(known[page.file.with_name("tables.html").resolve()].anchors), known)


def test_no_page_asks_for_anything_outside_the_site(known: dict[Path, Page], site: Path) -> None:
    for page in known.values():
        for load in page.loads:
            assert "//" not in load or load.startswith("data:"), (page.file, load)
    for file in (*site.rglob("*.css"), *site.rglob("*.js")):
        text = re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"""(?:@import|url\(|fetch\(|import\()\s*["']?https?:""", text), file


def test_every_page_is_light(known: dict[Path, Page]) -> None:
    assert {page.file.name: size for page in known.values() if (size := page.file.stat().st_size) >= MOST_BYTES} == {}


def test_every_picture_says_what_it_shows(known: dict[Path, Page]) -> None:
    assert {page.file.name: page.without_words for page in known.values() if page.without_words} == {}
    for page in known.values():
        for figure in page.figures:
            assert len(figure["title"]) > 40
            assert "Content-Security-Policy" in figure["srcdoc"]


def test_formulas_are_drawn_by_the_browser(known: dict[Path, Page]) -> None:
    with_formulas = [page for page in known.values() if "math" in page.tags]
    assert with_formulas
    assert not [load for page in known.values() for load in page.loads if "mathjax" in load.lower()]


def test_the_reference_has_every_public_name_with_an_example(known: dict[Path, Page]) -> None:
    anchors = {anchor for page in known.values() if page.file.parent.name == "api" for anchor in page.anchors}
    for name in pellucid.__all__:
        value = getattr(pellucid, name)
        there = f"module-pellucid.{name}" if isinstance(value, ModuleType) else f"pellucid.{name}"
        assert there in anchors, name
        assert ">>> " in (inspect.getdoc(value) or ""), f"{name}: an example in its docstring"


@pytest.fixture(params=SCREENS, ids=str)
def shown(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    """A window in which nothing may fail, and nothing be asked for outside the disk."""
    (wide, high), scheme = request.param
    context = browser.new_context(
        viewport={"width": wide, "height": high}, color_scheme=scheme, reduced_motion="reduce"
    )
    faults: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda said: faults.append(said.text))
    page.on(
        "request",
        lambda asked: (
            faults.append(asked.url) if not asked.url.startswith(("file:", "data:", "blob:", "about:")) else None
        ),
    )
    yield page
    context.close()
    assert faults == []


def test_every_page_opens_from_the_disk(shown: Any, known: dict[Path, Page]) -> None:
    """Without a fault, soon, and no wider than the screen."""
    wide = shown.viewport_size["width"]
    for file in known:
        shown.goto(file.as_uri())
        assert shown.evaluate("document.documentElement.scrollWidth") <= wide, file
        paint = shown.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
        assert paint < FIRST_PAINT, file


@pytest.mark.parametrize("shown", [SCREENS[0], SCREENS[3]], indirect=True, ids=str)
def test_axe_finds_nothing(shown: Any, known: dict[Path, Page]) -> None:
    """Every second page on a phone in the light, the others on a laptop in the dark, since axe takes its time.

    The figures have a test of their own.
    """
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    looked_at = [file for file in known if file.parent.name == "book" or file.name in SOME]
    for file in looked_at[shown.viewport_size["width"] == SCREENS[3][0][0] :: 2]:
        shown.goto(file.as_uri())
        shown.wait_for_timeout(100)
        shown.evaluate(axe)
        found = shown.evaluate(
            "() => axe.run(document, {preload: false, iframes: false, resultTypes: ['violations']})"
        )["violations"]
        said = [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]
        assert said == [], file


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_look_is_that_of_the_tokens(theme: str, site: Path, browser: Any) -> None:
    page = browser.new_page(color_scheme=theme)
    page.goto((site / "index.html").as_uri())
    colours = page.evaluate(
        "() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('h1')).color]"
    )
    wanted = [tuple(bytes.fromhex(tokens(theme)[name][1:])) for name in ("surface", "ink")]
    assert [tuple(map(int, re.findall(r"\d+", colour)[:3])) for colour in colours] == wanted
    page.close()


def test_the_chosen_theme_reaches_the_figures(site: Path, known: dict[Path, Page], browser: Any) -> None:
    page = browser.new_page(color_scheme="light")
    file = next(file for file, one in known.items() if one.figures)
    page.goto(file.as_uri())
    ground = "() => getComputedStyle(document.querySelector('iframe').contentDocument.body).backgroundColor"
    before = page.evaluate(ground)
    page.evaluate("document.body.dataset.theme = 'dark'")
    wait_until(page, "document.documentElement.dataset.theme === 'dark'")
    assert page.evaluate(ground) != before
    page.close()


def test_search_needs_no_server(site: Path, browser: Any) -> None:
    page = browser.new_page()
    page.goto((site / "search.html").as_uri() + "?q=momentum")
    page.wait_for_selector("#search-results li a", timeout=20_000)
    found = page.locator("#search-results li a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert any("api/training.html" in link for link in found)
    page.close()


def test_paper_shows_the_text_alone_and_the_figures_in_the_light(
    site: Path, known: dict[Path, Page], browser: Any
) -> None:
    page = browser.new_page(color_scheme="dark", viewport={"width": 800, "height": 1000})
    file = next(file for file, one in known.items() if one.figures)
    page.goto(file.as_uri())
    page.emulate_media(media="print")
    for part in (".sidebar-drawer", ".toc-drawer", ".mobile-header"):
        assert not page.is_visible(part)
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb({}, {}, {})".format(*bytes.fromhex(tokens()["surface"][1:]))
    assert not page.frame_locator("iframe").first.locator("#turn").is_visible()
    page.close()
