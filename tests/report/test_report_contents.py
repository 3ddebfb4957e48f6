"""The contents of a report say where one is, on the page as it is written, whose policy lets no other script run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import Command

pytestmark = pytest.mark.slow
CURRENT = "() => [...document.querySelectorAll('[aria-current=location]')].map(link => link.hash.slice(1))"
PHONE, LAPTOP = (390, 844), (1280, 800)


@pytest.fixture(params=[PHONE, LAPTOP], ids=str)
def shown(request: pytest.FixtureRequest, browser: Any, pellucid: Command, small: Path) -> Iterator[Any]:
    """The report of a short run; at the end, no script has failed."""
    assert pellucid("train", small, "--epochs", 2, "--out", "run", "-q").code == 0
    width, height = request.param
    context, faults = browser.new_context(viewport={"width": width, "height": height}), []
    page = context.new_page()
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda said: faults.append(said.text))
    page.goto(Path("run/report.html").resolve().as_uri())
    yield page
    context.close()
    assert faults == []


def current(shown: Any) -> list[str]:
    shown.wait_for_timeout(100)
    return [str(one) for one in shown.evaluate(CURRENT)]


def sections(shown: Any) -> list[str]:
    return [
        str(one) for one in shown.evaluate("() => [...document.querySelectorAll('main section')].map(one => one.id)")
    ]


def test_what_is_asked_for_is_where_one_is(shown: Any) -> None:
    assert len(sections(shown)) > 5
    for anchor in [*sections(shown), *reversed(sections(shown))]:
        shown.focus(f"nav [href='#{anchor}']")
        shown.keyboard.press("Enter")
        assert current(shown) == [anchor]
        link, nav = (shown.locator(part).bounding_box() for part in ("[aria-current]", "nav"))
        assert nav["x"] - 0.5 <= link["x"] <= link["x"] + link["width"] <= nav["x"] + nav["width"] + 0.5
        assert nav["y"] - 0.5 <= link["y"] <= link["y"] + link["height"] <= nav["y"] + nav["height"] + 0.5


def test_the_mark_follows_who_scrolls(shown: Any) -> None:
    assert current(shown) == []  # at the answer, which is no section
    seen: list[str] = []
    for top in range(0, shown.evaluate("document.documentElement.scrollHeight"), 150):
        shown.evaluate("top => { scrollTo(0, top); }", top)
        seen += [one for one in current(shown) if one not in seen[-1:]]
    assert seen == [one for one in sections(shown) if one in seen]  # forwards, and none twice
    assert seen[-1] == sections(shown)[-1]
    shown.evaluate("() => { scrollTo(0, 0); }")
    assert current(shown) == []
    shown.set_viewport_size({"width": 1280, "height": 1600})  # so high that the last sections do not come up
    shown.evaluate("() => { scrollTo(0, document.documentElement.scrollHeight); }")
    assert current(shown) == sections(shown)[-1:]


def test_the_mark_is_more_than_a_colour(shown: Any) -> None:
    for colours in ("none", "active"):
        shown.emulate_media(forced_colors=colours)
        shown.click("nav a >> nth=1")
        current(shown)
        lines = [
            shown.locator(which).first.evaluate("link => getComputedStyle(link).textDecorationLine")
            for which in ("[aria-current]", "nav a:not([aria-current], :hover)")
        ]
        assert lines == ["underline", "none"]
