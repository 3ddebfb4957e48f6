"""Whoever has the system's colours, or asks for more contrast, sees all texts, marks, signs and where the focus is."""

from typing import Any

import pytest

pytestmark = pytest.mark.slow
PAGES = ("digits", "table", "report", "report of a table", "landscape")
WISHES = {
    "forced, light": {"forced_colors": "active", "color_scheme": "light"},
    "forced, dark": {"forced_colors": "active", "color_scheme": "dark"},
    "more, light": {"contrast": "more", "color_scheme": "light"},
    "more, dark": {"contrast": "more", "color_scheme": "dark"},
}
# The contrast of every text and mark with what lies under it, of those that are below a limit.
LOW = """({text, mark}) => {
    const pen = Object.assign(document.createElement("canvas"), {width: 1, height: 1}).getContext("2d");
    const bytes = colours => {
        pen.clearRect(0, 0, 1, 1);
        for (const colour of colours) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
        return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const above = each => each ? [...above(each.parentElement), getComputedStyle(each).backgroundColor] : ["Canvas"];
    const light = rgb => rgb.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((all, c, k) => all + [0.2126, 0.7152, 0.0722][k] * c, 0);
    const contrast = (colour, ground) => {
        const [dark, bright] = [bytes([...ground, colour]), bytes(ground)].map(light).sort((p, q) => p - q);
        return (bright + 0.05) / (dark + 0.05);
    };
    const seen = each => each.checkVisibility() && !each.closest("[aria-hidden=true], .swatch")
        && each.getBoundingClientRect().width;
    const found = [], told = (each, name, ground, least) => {
        const value = contrast(getComputedStyle(each)[name], ground);
        if (value < least) found.push(`${each.outerHTML.slice(0, 80)} ${name} ${value.toFixed(2)}`);
    };
    for (const each of document.querySelectorAll("body *")) {
        const words = [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        if (words && seen(each) && !each.closest(":disabled, svg")) told(each, "color", above(each), text);
        if (words && each.closest("svg text")) told(each, "fill", above(each.closest("svg")), text);
        const around = above(each.parentElement);
        if (seen(each) && each.matches(".act, .del, .bar, .meter i, .meter b"))
            told(each, "backgroundColor", around, mark);
        if (each.matches("svg path[class^=train], svg path[class^=dev], .curve path, .curve line, svg polyline"))
            told(each, "stroke", above(each.closest("svg").parentElement), mark);
        if (seen(each) && each.matches(".button, .chip, input:not([type=range]), select, textarea, .cell, .tile"))
            told(each, "borderTopColor", around, mark);
    }
    return found;
}"""
SIGNS = """() => {
    const sign = (one, what) => { const said = getComputedStyle(one, "::after"); return said.content.includes(what); };
    const of = which => [...document.querySelectorAll(which)].filter(one => one.checkVisibility());
    const value = (one, name) => Number(one.dataset[name]);
    return {
        cells: of(".cell").map(one => [value(one, "a"), sign(one, "+"), sign(one, "−")]),
        deltas: of(".cell[data-delta]").map(one => {
            const bar = one.querySelector(".del").getBoundingClientRect(), box = one.getBoundingClientRect();
            return [value(one, "delta"), Math.abs(bar.top - box.top) < 3, Math.abs(bar.bottom - box.bottom) < 3];
        }),
        terms: of("[data-product]").map(one => [value(one, "product"), one.querySelectorAll("td")[2].textContent]),
    };
}"""


def opened(browser: Any, address: str, **wish: str) -> Any:
    shown = browser.new_context(viewport={"width": 1280, "height": 800}, **wish).new_page()
    shown.goto(address)
    shown.wait_for_timeout(300)
    shown.evaluate("() => { for (const one of document.querySelectorAll('details')) one.open = true; }")
    if shown.locator("[data-label]").count():
        shown.locator("[data-label]").first.click()
        shown.locator("[data-layer='2'][data-neuron='0']").click()
    shown.mouse.move(1, 1)
    shown.wait_for_timeout(100)
    return shown


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("name", PAGES)
def test_every_text_and_mark_can_be_seen(name: str, wish: str, browser: Any, every_page: dict[str, str]) -> None:
    shown = opened(browser, every_page[name], **WISHES[wish])
    assert shown.evaluate(f"matchMedia('(forced-colors: active)').matches === {str('forced' in wish).lower()}")
    assert (
        shown.evaluate(f"matchMedia('(prefers-contrast: more)').matches === {str('more' in wish).lower()}")
        or "forced" in wish
    )
    assert shown.evaluate(LOW, {"text": 7 if "more" in wish else 4.5, "mark": 3}) == []
    shown.context.close()


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("name", ["digits", "table"])
def test_a_sign_tells_what_is_above_and_below_zero(
    name: str, wish: str, browser: Any, every_page: dict[str, str]
) -> None:
    shown = opened(browser, every_page[name], **WISHES[wish])
    found = shown.evaluate(SIGNS)
    assert {a < 0 for a, *_ in found["cells"]} == ({True, False} if name == "table" else {False})  # tanh, and ReLU
    for a, plus, minus in found["cells"]:
        assert (plus, minus) == (a > 0, a < 0)
    deltas = [(delta, top, bottom) for delta, top, bottom in found["deltas"] if top != bottom]
    assert {delta > 0 for delta, *_ in deltas} == {True, False}
    for delta, top, _ in deltas:
        assert top == (delta < 0)
    for product, text in found["terms"]:
        assert text[0] == ("+" if product > 0 else "−" if product < 0 else "0")
    shown.context.close()
