"""The figures of the book: alone under a strict policy, right to the last digit, and whole without a script."""

import html
import json
import math
import re
import subprocess
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pages import wait_until
from pellucid import InputError, Model, Network, SquaredError, landscape
from pellucid._pages import policy
from pellucid.book import figure
from pellucid.book.chapters import docs
from pellucid.book.figures import FIGURES
from pellucid.book.figures.drawn import CURVE, REACH

HERE = Path(__file__).parent
OWN = ("neuron", "chain", "learning-rate")  # the others are pages of their own, with tests of their own


def inner(name: str) -> str:
    """The inner page of a figure, out of what a notebook is given."""
    (page,) = re.findall(r' srcdoc="([^"]*)"', figure(name)._repr_html_())
    return html.unescape(page)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_one_page_under_a_policy_with_words_for_who_cannot_see_it(name: str) -> None:
    shown = figure(name)
    page, outer = inner(name), shown._repr_html_()
    assert page == shown.page
    assert "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", page)
    assert shown.words in repr(shown)
    words = html.escape(shown.words)
    assert f'<iframe title="{words}"' in outer
    assert f"<figcaption>{words}</figcaption>" in outer
    assert len(outer) < 200_000


@pytest.mark.parametrize("name", OWN)
def test_the_policy_names_the_only_style_and_the_only_script(name: str) -> None:
    page = inner(name)
    (style,), (script,) = (
        re.findall(r"<style>(.*?)</style>", page, re.S),
        re.findall(r"<script>(.*?)</script>", page, re.S),
    )
    assert f'content="{policy([style], script)}"' in page
    assert ' style="' not in page


@pytest.mark.parametrize("name", OWN)
def test_without_a_script_there_are_a_picture_and_its_words(name: str) -> None:
    page = inner(name)
    assert f'role="img" aria-label="{html.escape(figure(name).words)}"' in page
    assert "<noscript>" in page
    numbers = [float(text.replace("−", "-")) for text in re.findall(r'data-is="[a-z][\d,]*">([−\d.]+)<', page)]
    assert name == "learning-rate" or len(numbers) >= 7


def test_the_chain_begins_with_the_numbers_of_its_chapters() -> None:
    about = json.loads(html.unescape(re.findall(r'id="data"[^>]*>(.*?)</script>', figure("chain").page)[0]))
    names = "07-back-propagation.md", "02-three-neurons.md"
    in_row, by_layer = ((docs() / "book" / name).read_text("utf-8") for name in names)
    assert f"x, y = {about['x'][0]}, 1.0\n" in in_row
    assert f"theta = np.array({about['theta']})\n" in in_row
    assert f"x = {about['x'][0]}\nw = {about['theta'][::2]}\nb = {about['theta'][1::2]}\n" in by_layer


def test_what_is_no_figure_is_told() -> None:
    with pytest.raises(InputError, match="did you mean neuron"):
        figure("neurn")
    with pytest.raises(InputError, match="shows only itself"):
        figure("chain", Network([2, 2]))
    with pytest.raises(InputError, match=r"takes what landscape\.compute returns"):
        figure("landscape", 3)
    with pytest.raises(InputError, match="reads pictures"):
        figure("digit", Model(Network([3, 2])))


def test_a_figure_shows_what_it_is_given() -> None:
    surface = landscape.compute(Network([2, 2], loss=SquaredError()), (np.eye(2), np.eye(2)), points=3)
    assert figure("landscape", surface).page == landscape.page(surface)
    assert "784-8-10" in figure("digit", Network([784, 8, 10])).page


@pytest.mark.slow
def test_the_parts_in_node() -> None:
    done = subprocess.run(["node", "--test", HERE / "figures.test.mjs"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def see_figure(browser: Any, tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """Open a figure as a page around it has it; nothing fails, and nothing is asked for."""
    context = browser.new_context(viewport={"width": 700, "height": 900})
    faults: list[str] = []

    def opened(name: str) -> Any:
        path = tmp_path / "around.html"
        path.write_text(f"<!doctype html><meta charset=utf-8><title>a</title>{figure(name)._repr_html_()}", "utf-8")
        page = context.new_page()
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("console", lambda said: faults.append(said.text))
        page.on("request", lambda asked: faults.append(asked.url) if asked.url.startswith("http") else None)
        page.goto(path.as_uri())
        frame = page.frames[1]
        frame.wait_for_selector("input" if name in OWN else "h1")
        return frame

    yield opened
    context.close()
    assert faults == []


def shown_numbers(frame: Any) -> dict[str, float]:
    found = frame.eval_on_selector_all("[data-is]", "all => all.map(one => [one.dataset.is, one.dataset.number])")
    return {name: float(number) for name, number in found}


def turn(frame: Any, name: str, value: float) -> None:
    frame.eval_on_selector(
        f"[data-turn='{name}']",
        "(one, value) => { one.value = value; one.dispatchEvent(new Event('input')); }",
        str(value),
    )


@pytest.mark.slow
def test_a_neuron_follows_its_sliders(see_figure: Callable[[str], Any]) -> None:
    frame = see_figure("neuron")
    given = {"x1": 1.5, "x2": -2.0, "w1": -0.7, "w2": 3.1, "b": 0.4}
    for name, value in given.items():
        turn(frame, name, value)
    z = 1.5 * -0.7 + -2.0 * 3.1 + 0.4
    numbers = shown_numbers(frame)
    assert numbers["z1"] == pytest.approx(z, abs=1e-12)
    assert numbers["a1"] == pytest.approx(1 / (1 + math.exp(-z)), abs=1e-12)
    assert frame.locator("[data-edge='w1,0']").get_attribute("class") == "edge neg"
    assert "z = Σ w · a + b" in frame.locator("[data-formula='z']").inner_text()
    left, right, _, _ = CURVE
    at = left + (right - left) * (max(-REACH, z) + REACH) / (2 * REACH)
    assert float(frame.locator(".curve .at").get_attribute("cx")) == pytest.approx(at)


@pytest.mark.slow
def test_a_chain_hands_its_numbers_on(see_figure: Callable[[str], Any]) -> None:
    frame = see_figure("chain")
    given = json.loads(frame.evaluate("document.getElementById('data').textContent"))
    weights, biases = given["theta"][::2], given["theta"][1::2]
    turn(frame, "w1", -2.0)
    turn(frame, "b3", 1.4)
    weights[0], biases[2], a = -2.0, 1.4, given["x"][0]
    for layer, (w, b) in enumerate(zip(weights, biases, strict=True), 1):
        a = 1 / (1 + math.exp(-(w * a + b)))
        assert shown_numbers(frame)[f"a{layer}"] == pytest.approx(a, abs=1e-12)
    frame.locator("[data-open='2']").focus()
    frame.page.keyboard.press("Enter")
    assert frame.locator("[data-open='2']").get_attribute("aria-pressed") == "true"
    assert "layer 2" in frame.locator("#opened-title").inner_text()


@pytest.mark.slow
def test_a_rate_that_is_overdone_runs_away_and_keys_turn_it(see_figure: Callable[[str], Any]) -> None:
    frame = see_figure("learning-rate")
    turn(frame, "rate η", 1.05)
    assert frame.locator("#said").get_attribute("data-theta") == str(
        float(frame.locator("#said").get_attribute("data-theta"))
    )
    assert float(frame.locator("#said").get_attribute("data-theta")) == pytest.approx((1 - 2.1) ** 10)
    assert "runs away" in frame.locator("#said").inner_text()
    frame.locator("[data-turn='rate η']").focus()
    for _ in range(60):
        frame.page.keyboard.press("ArrowLeft")
    assert frame.locator("#said").get_attribute("data-rate") == "0.45"
    assert "runs away" not in frame.locator("#said").inner_text()


@pytest.mark.slow
@pytest.mark.parametrize("name", OWN)
def test_the_frame_is_as_high_as_the_figure(name: str, see_figure: Callable[[str], Any]) -> None:
    frame = see_figure(name)
    fits = "() => document.documentElement.scrollHeight <= innerHeight + 1 && document.body.scrollWidth <= innerWidth"
    wait_until(frame, f"({fits})()")


@pytest.mark.slow
@pytest.mark.parametrize("name", OWN)
def test_axe_finds_nothing_in_a_figure(name: str, browser: Any, tmp_path: Path) -> None:
    (tmp_path / "figure.html").write_text(figure(name).page, "utf-8")
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    for scheme, wide in (("light", 390), ("dark", 1280)):
        page = browser.new_page(color_scheme=scheme, viewport={"width": wide, "height": 800})
        page.goto((tmp_path / "figure.html").as_uri())
        page.evaluate(axe)
        found = page.evaluate("() => axe.run()")["violations"]
        missing = {"page-has-heading-one"}  # the page around it has one
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found if rule["id"] not in missing] == []
        page.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_shows_itself_in_a_notebook_page(name: str, see_figure: Callable[[str], Any]) -> None:
    frame = see_figure(name)
    assert frame.locator("body").inner_text().strip()
