"""By the keyboard alone, from the first control of a page to the last: each is reached, in order, and is seen."""

from typing import Any

import pytest

pytestmark = pytest.mark.slow
PAGES = ("digits", "table", "report", "report of a table")
LAPTOP, PHONE = (1280, 800), (390, 844)
# What the tab key should reach, in the order of the page; a group that arrow keys walk through counts once.
ALL = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
    .filter(one => one.tabIndex >= 0 && !one.disabled && one.checkVisibility())
    .map((one, k) => { one.dataset.at = k; return one.outerHTML.slice(0, 100); })"""
# What has the focus: its place in that order, how thick its outline is and how it stands out, whether it is in view and
# nothing lies over it.
HERE = """() => {
    const one = document.activeElement;
    if (one === document.body) return null;
    const ringed = one.closest(".file") ?? one;
    const style = getComputedStyle(ringed), box = ringed.getBoundingClientRect();
    const [x, y] = [[box.left, box.right, innerWidth], [box.top, box.bottom, innerHeight]]
        .map(([from, to, end]) => (Math.max(0, from) + Math.min(end, to)) / 2);
    const over = document.elementFromPoint(x, y);
    return {
        at: Number(one.dataset.at ?? -1), name: one.outerHTML.slice(0, 100), colour: style.outlineColor,
        ring: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
        seen: Boolean(over && (ringed.contains(over) || over.contains(ringed))),
    };
}"""


def tabbed(shown: Any, most: int = 400) -> list[dict[str, Any]]:
    """What the tab key reaches, one after the other, until it leaves the page."""
    found: list[dict[str, Any]] = []
    for _ in range(most):
        shown.keyboard.press("Tab")
        here = shown.evaluate(HERE)
        if here is None or (found and here["at"] == found[0]["at"]):
            return found
        found.append(here)
    raise AssertionError("the tab key does not come to an end")


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_every_control_is_reached_in_order_and_its_focus_is_seen(
    name: str, size: tuple[int, int], browser: Any, every_page: dict[str, str]
) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    shown = context.new_page()
    shown.goto(every_page[name])
    shown.wait_for_timeout(300)
    shown.evaluate("() => { document.querySelector('[data-label]')?.click(); }")  # and the way back is there, too
    every = shown.evaluate(ALL)
    assert len(every) > 10
    found = tabbed(shown)
    assert [here["at"] for here in found] == list(range(len(every)))
    assert [here["name"] for here in found if here["ring"] < 2] == []
    assert [here["name"] for here in found if not here["seen"]] == []
    context.close()


@pytest.mark.parametrize("wish", [{"forced_colors": "active"}, {"contrast": "more", "color_scheme": "dark"}], ids=str)
@pytest.mark.parametrize("name", ["digits", "report"])
def test_the_focus_is_seen_whatever_colours_are_wished_for(
    name: str, wish: dict[str, str], browser: Any, every_page: dict[str, str]
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, **wish)
    shown = context.new_page()
    shown.goto(every_page[name])
    shown.wait_for_timeout(300)
    shown.evaluate(ALL)
    ground = shown.evaluate("() => getComputedStyle(document.body).backgroundColor")
    for here in tabbed(shown)[:25]:
        assert here["ring"] >= 2, here
        assert here["colour"] not in (ground, "rgba(0, 0, 0, 0)"), here
    context.close()


def test_the_exported_page_from_first_to_last(browser: Any, every_page: dict[str, str]) -> None:
    """A mistake of the test set, what it was meant to be, a neuron, its terms, all the way back, and home again."""
    shown = browser.new_page()
    shown.goto(every_page["digits"])
    shown.wait_for_timeout(300)

    def reach(which: str) -> None:
        for _ in range(120):
            if shown.evaluate("which => document.activeElement.matches(which)", which):
                return
            shown.keyboard.press("Tab")
        raise AssertionError(f"no way to {which}")

    reach("#paper")
    for key in ("Delete", "Space", "ArrowDown", "ArrowDown", "Space"):
        shown.keyboard.press(key)
    reach("#undo")
    shown.keyboard.press("Enter")
    reach("#clear")
    shown.keyboard.press("Space")
    reach("#mistake")
    shown.keyboard.press("Enter")
    assert "of the test digits" in shown.inner_text("#told")
    assert shown.is_visible("#walk")
    reach("[data-layer='1']")
    for key in ("ArrowRight", "ArrowDown", "End", "Home", "ArrowRight", "Enter"):
        shown.keyboard.press(key)
    assert shown.get_attribute("[data-opened]", "data-opened") == "1,1"
    reach("[data-layer='3']")
    shown.keyboard.press("ArrowDown")
    shown.keyboard.press("Enter")
    assert shown.get_attribute("[data-opened]", "data-opened") == "3,1"
    reach("#walk-next")
    shown.keyboard.press("Enter")
    assert shown.inner_text("#walk-place").startswith("2 of")
    reach("[data-term] .link")
    shown.keyboard.press("Enter")
    assert str(shown.get_attribute("[data-opened]", "data-opened")).startswith("2,")
    reach("#back")
    shown.keyboard.press("Enter")
    assert shown.get_attribute("[data-opened]", "data-opened") == "3,1"
    reach("#theme")
    shown.keyboard.press("Enter")
    assert shown.get_attribute("html", "data-theme") in ("dark", "light")
    shown.close()


def test_the_report_from_first_to_last(browser: Any, every_page: dict[str, str]) -> None:
    """Its contents lead to each part, and whatever can be opened opens, a mistake first of all."""
    shown = browser.new_page()
    shown.goto(every_page["report"])
    links = shown.locator("nav a").all()
    assert len(links) > 5
    for link in links:
        link.focus()
        shown.keyboard.press("Enter")
        assert shown.url.endswith(link.get_attribute("href"))
    mistakes = shown.locator(".mistakes summary")
    mistakes.first.focus()
    shown.keyboard.press("Enter")
    assert shown.is_visible(".mistakes details[open] table")
    for place in shown.query_selector_all("details:not([open]) > summary"):
        if place.is_visible():
            place.focus()
            shown.keyboard.press("Space")
            assert place.evaluate("one => one.parentElement.open")
    shown.close()
