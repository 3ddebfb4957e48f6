"""The page in a real browser: it draws, answers hand and keys with the surface's numbers, and asks for nothing."""

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pellucid import landscape
from surfaces import ALPHAS, BETAS, LOSSES, PATH, RANDOM, WAY

pytestmark = pytest.mark.slow
Open = Callable[..., Any]  # from a surface to its page in the browser
PHONE, LAPTOP, WIDE = (390, 844), (1280, 800), (1920, 1080)
WATCH = """() => {
  const boxes = () => JSON.stringify([...document.querySelectorAll("main *")].filter(each => !each.closest("svg"))
    .map(each => [each.id || each.className, each.getBoundingClientRect()]).filter(([, box]) => box.width)
    .map(([name, {x, y, width, height}]) => [name, x, y + scrollY, width, height]));
  Object.assign(window, {seen: new Set(), moved: new Set(), shifts: 0, before: boxes()});
  new PerformanceObserver(list => list.getEntries().forEach(each => shifts += each.value))
    .observe({type: "layout-shift", buffered: true});
  const watch = () => {
    seen.add(Number(document.getElementById("player").dataset.step));
    if (boxes() !== before) moved.add(boxes());
    requestAnimationFrame(watch);
  };
  watch();
}"""
TARGETS = """() => [...document.querySelectorAll("button, input[type=range], summary, label, canvas[tabindex]")]
  .map(each => [each.outerHTML.slice(0, 60), each.getBoundingClientRect()]).filter(([, box]) => box.width)
  .map(([what, box]) => [what, Math.min(box.width, box.height)])"""
COLOURS = """() => {
  const one = Object.assign(document.createElement("canvas"), {width: 1, height: 1});
  const pen = one.getContext("2d", {willReadFrequently: true});
  const rgb = colour => { pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data]; };
  const ground = each => { while (each) { const own = rgb(getComputedStyle(each).backgroundColor);
    if (own[3] === 255) return own; each = each.parentElement; } };
  const texts = [...document.querySelectorAll("main *")].filter(each => !each.closest("svg")
    && each.checkVisibility() && [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
  const edges = [...document.querySelectorAll(".button")].filter(each => each.checkVisibility());
  const told = (each, name, on) => [each.outerHTML.slice(0, 60), rgb(getComputedStyle(each)[name]), ground(on)];
  const curve = document.querySelector(".curve path");
  return {
    texts: texts.map(each => told(each, "color", each)),
    edges: edges.map(each => told(each, "borderTopColor", each.parentElement)),
    curve: [told(curve, "stroke", curve.closest(".player"))],
  };
}"""


@pytest.fixture
def see(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open the page of a surface; at the end, no script has failed and nothing but the file was asked for."""
    faults: list[str] = []
    asked: list[str] = []
    path, contexts = tmp_path / "landscape.html", []

    def opened(surface: landscape.Surface = PATH, view: str = "", size: tuple[int, int] = LAPTOP, **more: Any) -> Any:
        path.write_text(landscape.page(surface, "digits"), encoding="utf-8")
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **more)
        contexts.append(context)
        shown = context.new_page()
        shown.on("pageerror", lambda fault: faults.append(str(fault)))
        shown.on("console", lambda said: faults.append(said.text))
        shown.on("request", lambda request: asked.append(request.url.partition("#")[0]))
        shown.goto(f"{path.as_uri()}#{view}")
        assert shown.get_attribute("html", "data-ready") == "yes"
        return shown

    yield opened
    for context in contexts:
        context.close()
    assert faults == []
    assert {url for url in asked if not url.startswith("data:")} == {path.as_uri()}


def number(shown: Any, part: str, name: str) -> float:
    return float(shown.get_attribute(f"#{part}", f"data-{name}"))


def settled(shown: Any) -> None:
    """Wait until what was asked for is drawn."""
    shown.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_it_draws_at_once_and_tells_the_trained_networks_numbers(see: Open) -> None:
    shown = see()
    assert shown.get_attribute("html", "data-cells") == "24"
    assert shown.inner_text("#which") == "★ the trained network"
    assert shown.inner_text("#point [data-is=loss]") == f"{LOSSES[2, 4]:.4g}"
    assert shown.inner_text("#player [data-is=step]") == "2,000"
    assert shown.inner_text("#player [data-is=loss]") == "0.1"


def test_every_network_of_the_way_is_told_with_all_its_digits(see: Open) -> None:
    shown = see(view="step=0")
    for k, step in enumerate(WAY.steps):
        told = [number(shown, "player", name) for name in ("step", "loss", "plane", "distance", "alpha", "beta")]
        assert told == [step, WAY.losses[k], WAY.plane_losses[k], WAY.distances[k], *WAY.points[k]]
        shown.click("#forward")
    shown.click("#back")
    assert number(shown, "player", "step") == 10


def test_every_point_of_the_map_answers_with_the_loss_of_the_surface(see: Open) -> None:
    shown = see(view="at=0,0")
    shown.focus("#map")
    for i, beta in enumerate(BETAS):
        for j, alpha in enumerate(ALPHAS):
            told = [number(shown, "point", name) for name in ("alpha", "beta", "loss")]
            assert told == pytest.approx([alpha, beta, LOSSES[i, j]], rel=1e-7)
            shown.keyboard.press("ArrowRight")
        for _ in ALPHAS:
            shown.keyboard.press("ArrowLeft")
        shown.keyboard.press("ArrowUp")


def test_a_pointer_on_a_sign_reads_the_network_that_the_sign_stands_for(see: Open) -> None:
    shown = see(replace(PATH, trajectory=replace(WAY, points=np.array([[-1.5, -0.5], [-1, 0.5], [0, 0]]))), "step=0")
    for touch in (False, True):
        box = shown.locator("#map").bounding_box()
        x, y = box["x"] + 46 + (box["width"] - 54) / 2, box["y"] + 8  # the middle of the map, at its upper edge
        if touch:
            shown.mouse.click(x, y + 2)
        else:
            shown.mouse.move(x, y + 2)
        assert number(shown, "point", "alpha") == pytest.approx(-0.5)
        assert number(shown, "point", "beta") == 1
        shown.mouse.move(5, 5)
        shown.focus("#map")
        shown.keyboard.press("Home")
        assert shown.inner_text("#which") == "★ the trained network"


def test_a_view_can_be_asked_for_in_the_address(see: Open) -> None:
    shown = see(view="step=1&at=4,0&scale=linear")
    assert [number(shown, "point", name) for name in ("alpha", "beta")] == [-2, 1]
    assert shown.inner_text("#which") == "▢ another network"
    assert number(shown, "player", "step") == 10
    assert shown.is_checked("[value=linear]")


@pytest.mark.parametrize("size", [PHONE, LAPTOP, WIDE], ids=str)
def test_the_map_is_largest_the_player_by_it_and_nothing_sticks_out(size: tuple[int, int], see: Open) -> None:
    shown = see(size=size)
    above, player, hills = (shown.locator(f"#{name}").bounding_box() for name in ("map", "player", "hills"))
    assert above["width"] * above["height"] >= hills["width"] * hills["height"]
    if size == PHONE:
        assert player["y"] + player["height"] <= above["y"]  # the player stands upon the map: both are in view at once
        assert above["y"] + 230 <= size[1]
        assert above["y"] < hills["y"]
    else:
        assert above["width"] * above["height"] >= 1.5 * hills["width"] * hills["height"]
        assert above["x"] < hills["x"]
        assert player["y"] + player["height"] <= size[1]  # in view at once, with the map
        assert player["y"] < hills["y"]
    assert shown.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_on_the_narrowest_phone_nothing_sticks_out(see: Open) -> None:
    shown = see(size=(320, 600))
    shown.click("#camera summary")
    assert shown.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=str)
def test_nothing_moves_while_the_way_is_played(size: tuple[int, int], see: Open) -> None:
    rng = np.random.default_rng(3)
    way = replace(
        WAY, steps=[0, 7, 1_000, 20_000, 123_456], points=np.array([*rng.uniform(-1, 1, (4, 2)), [0, 0]]),
        losses=np.array([2.5, 123456, 1e-9, np.inf, 0.1]), plane_losses=rng.random(5), distances=1000 * rng.random(5),
        chosen=4,
    )  # fmt: skip
    shown = see(replace(PATH, trajectory=way), size=size)
    shown.evaluate(WATCH)
    shown.click("#play")
    for _ in range(100):
        shown.wait_for_timeout(50)
        if shown.inner_text("#play") == "Play":
            break
    settled(shown)
    assert shown.evaluate("[...seen]") == [123_456, *way.steps[:-1]]
    before = json.loads(shown.evaluate("before"))
    assert [
        set(map(tuple, json.loads(after))) - set(map(tuple, before)) for after in shown.evaluate("[...moved]")
    ] == []
    assert shown.evaluate("shifts") == 0


def test_play_can_be_stopped_and_goes_on_from_there(see: Open) -> None:
    shown = see(view="step=0")
    toggle = "() => { const play = document.getElementById('play'); play.click(); return play.innerText; }"
    assert shown.evaluate(f"() => [({toggle})(), ({toggle})()]") == ["Pause", "Play"]  # at once: the way is short
    step = number(shown, "player", "step")
    shown.wait_for_timeout(400)
    assert number(shown, "player", "step") == step
    assert shown.inner_text("#play") == "Play"


def drag(shown: Any, x: float, y: float, right: float = 0, down: float = 0) -> None:
    """A finger comes down, moves, and leaves."""
    touch = partial(shown.context.new_cdp_session(shown).send, "Input.dispatchTouchEvent")
    touch({"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for part in np.linspace(0.1, 1, 10):
        touch({"type": "touchMove", "touchPoints": [{"x": x + part * right, "y": y + part * down}]})
    touch({"type": "touchEnd", "touchPoints": []})
    shown.wait_for_timeout(300)


@pytest.mark.parametrize("part", ["map", "hills"])
def test_a_finger_scrolls_past_the_pictures(part: str, see: Open) -> None:
    shown = see(size=PHONE, has_touch=True, is_mobile=True)
    shown.locator(f"#{part}").scroll_into_view_if_needed()
    assert "pan-y" in shown.evaluate(f"getComputedStyle(document.getElementById('{part}')).touchAction")
    box, before = shown.locator(f"#{part}").bounding_box(), shown.evaluate("scrollY")
    drag(shown, box["x"] + 150, box["y"] + box["height"] / 2, down=-150 if before < 200 else 150)
    assert abs(shown.evaluate("scrollY") - before) > 80


def test_a_finger_that_goes_sideways_turns_the_hills(see: Open) -> None:
    shown = see(view="turn=0", size=PHONE, has_touch=True, is_mobile=True)
    shown.locator("#hills").scroll_into_view_if_needed()
    box, before = shown.locator("#hills").bounding_box(), shown.evaluate("scrollY")
    drag(shown, box["x"] + 100, box["y"] + 100, right=100)
    assert number(shown, "hills", "turn") == pytest.approx(50, abs=10)  # the first pixels tell the two apart
    assert shown.evaluate("scrollY") == before


def test_the_hills_turn_under_the_hand_and_by_the_camera(see: Open) -> None:
    shown = see(view="turn=0&tilt=40")
    box = shown.locator("#hills").bounding_box()
    shown.mouse.move(box["x"] + 100, box["y"] + 100)
    shown.mouse.down()
    shown.mouse.move(box["x"] + 160, box["y"] + 110, steps=3)
    shown.mouse.up()
    assert [number(shown, "hills", "turn"), number(shown, "hills", "tilt")] == pytest.approx([30, 44])
    shown.mouse.move(box["x"] + 20, box["y"] + 20)
    shown.click("#camera summary")
    for name in ("Turn left", "More from above", "Larger"):
        shown.click(f"[aria-label='{name}']")
    assert [number(shown, "hills", "turn"), number(shown, "hills", "tilt")] == pytest.approx([15, 54])
    assert number(shown, "hills", "zoom") == 1.2


def test_everything_works_by_keyboard_alone(see: Open) -> None:
    shown = see(view="step=0&turn=0&tilt=40")

    def go_to(part: str) -> None:
        for _ in range(30):
            if shown.evaluate("document.activeElement.id || document.activeElement.closest('[id]')?.id") == part:
                return
            shown.keyboard.press("Tab")
        raise AssertionError(f"no way to {part}")

    go_to("map")
    shown.keyboard.press("ArrowUp")
    assert number(shown, "point", "beta") == 0.5
    go_to("step")
    shown.keyboard.press("ArrowRight")
    assert number(shown, "player", "step") == 10
    go_to("play")
    shown.keyboard.press("Enter")
    shown.wait_for_timeout(600)
    assert number(shown, "player", "step") == 2000
    go_to("back")
    shown.keyboard.press("Space")
    assert number(shown, "player", "step") == 10
    go_to("hills")
    for key in ("ArrowRight", "ArrowUp", "+"):
        shown.keyboard.press(key)
    assert [number(shown, "hills", name) for name in ("turn", "tilt", "zoom")] == [5, 45, 1.2]
    go_to("camera")
    shown.keyboard.press("Enter")
    assert shown.evaluate("document.getElementById('camera').open")
    for _ in range(8):
        shown.keyboard.press("Tab")
        if shown.evaluate("document.activeElement.name") == "scale":
            break
    shown.keyboard.press("ArrowDown")
    assert shown.is_checked("[value=linear]")


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=str)
def test_what_is_touched_is_large_enough(size: tuple[int, int], see: Open) -> None:
    shown = see(size=size)
    shown.click("#camera summary")
    targets = shown.evaluate(TARGETS)
    assert len(targets) >= 16
    assert [what for what, least in targets if least < 44] == []


def luminance(colour: list[int]) -> float:
    parts = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: list[int], other: list[int]) -> float:
    bright, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_and_edges_stand_out_in_light_and_dark(scheme: str, see: Open) -> None:
    shown = see(color_scheme=scheme)
    for closed in ("camera", "steps", "plane"):
        shown.click(f"#{closed} summary")
    found = shown.evaluate(COLOURS)
    assert len(found["texts"]) > 50
    least = {"texts": 4.5, "edges": 3, "curve": 3}
    assert [each for part, each in found.items() for each in each if contrast(each[1], each[2]) < least[part]] == []


def test_in_forced_colours_the_pictures_are_written_in_the_systems_ink(see: Open) -> None:
    shown = see(forced_colors="active")
    assert shown.evaluate("getComputedStyle(document.getElementById('map')).getPropertyValue('--ink')") == "CanvasText"


def test_a_change_of_the_theme_is_drawn_at_once(see: Open) -> None:
    shown = see(color_scheme="light")
    light = shown.locator("#bar").screenshot()
    shown.emulate_media(color_scheme="dark")
    settled(shown)
    picture = np.asarray(Image.open(io.BytesIO(shown.locator("#bar").screenshot())).convert("L")).astype(int)
    assert np.asarray(Image.open(io.BytesIO(light)).convert("L"))[0, 0] > 200
    assert picture[0, 0] < 60
    assert picture[-14:].max() > 180  # the numbers are light now


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=str)
@pytest.mark.parametrize("surface", ["path", "random, with a hole"])
def test_what_is_drawn_has_the_colours_of_the_losses(size: tuple[int, int], surface: str, see: Open) -> None:
    losses = LOSSES.copy()
    losses[0, 0] = np.nan
    shown = see(PATH if surface == "path" else replace(RANDOM, losses=losses), size=size)
    for part in ("map", "hills"):
        pixels = np.asarray(Image.open(io.BytesIO(shown.locator(f"#{part}").screenshot())).convert("RGB")).astype(int)
        for colour in ((0, 34, 78), (50, 61, 108), (190, 174, 108)):  # lowest, low, high
            assert (np.abs(pixels - colour).max(axis=2) < 20).sum() > 600, (part, colour)


def test_a_page_without_a_script_shows_its_numbers(see: Open, browser: Any, tmp_path: Path) -> None:
    see()
    shown = browser.new_context(java_script_enabled=False).new_page()
    shown.goto((tmp_path / "landscape.html").as_uri())
    text = shown.inner_text("body")
    shown.context.close()
    assert "all numbers are in the tables below" in text
    assert re.search(rf"lowest on the map\s+{LOSSES.min():.4g}", text)
    assert "Play" not in text
