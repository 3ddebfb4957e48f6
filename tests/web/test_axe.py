"""axe-core, which knows the rules of accessibility, finds nothing on any page."""

from importlib.resources import files
from typing import Any

import pytest

pytestmark = pytest.mark.slow
PAGES = ("digits", "table", "report", "report of a table", "landscape")
# What stands in a page only when somebody has asked for it: the way back, the sheet, and all that can be opened.
OPENED = """() => {
    document.querySelector("[data-label]")?.click();
    document.querySelector("[data-layer='1']")?.click();
    for (const one of document.querySelectorAll("details")) one.open = true;
}"""


def violations(shown: Any) -> list[str]:
    """The rules that a page breaks, and where."""
    found = shown.evaluate("() => axe.run()")["violations"]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize(("size", "scheme"), [((390, 844), "light"), ((1280, 800), "dark")], ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(
    name: str, size: tuple[int, int], scheme: str, browser: Any, every_page: dict[str, str]
) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    shown = context.new_page()
    shown.goto(every_page[name])
    shown.wait_for_timeout(300)
    shown.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    assert violations(shown) == []
    shown.evaluate(OPENED)
    shown.wait_for_timeout(200)
    assert violations(shown) == []
    context.close()


def test_axe_would_find_something(browser: Any) -> None:
    shown = browser.new_page()
    shown.set_content("<p style='color:#ccc'>pale</p>")
    shown.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    assert any(found.startswith("color-contrast") for found in violations(shown))
    shown.close()
