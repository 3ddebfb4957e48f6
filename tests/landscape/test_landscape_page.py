"""The page: whole in itself, its numbers those of the surface, and readable without a script."""

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from pellucid import landscape
from pellucid.analysis.landscape import Trajectory
from pellucid.render import web
from pellucid.render.landscape.page import HERE
from pellucid.render.web.modules import in_order
from surfaces import LOSSES, PATH, RANDOM, WAY


class Reader(HTMLParser):
    """What a page names, the texts that can be read, and the cells of its tables."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.cells: list[str] = []
        self.values: list[float] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(name, value or "") for name, value in attrs]
        self.values += [float(value or "") for name, value in attrs if name == "data-value"]
        if tag not in ("meta", "link", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.cells.append(data)
        if self.open and self.open[-1] not in ("script", "style", "title"):
            self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


def embedded(html: str) -> dict:  # type: ignore[type-arg]
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html)
    assert found is not None
    return json.loads(found[1], parse_constant=pytest.fail)  # type: ignore[no-any-return]


def test_the_page_loads_nothing() -> None:
    html = landscape.page(PATH, "digits")
    assert "default-src 'none'" in html
    assert not re.search(r"https?:|//\w+\.\w|@import|url\(", html)
    sources = [value for name, value in read(html).attributes if name in ("src", "href", "action")]
    assert sources == ["data:,"]


def test_its_style_begins_with_the_look_of_all_pages_and_names_no_colour_that_the_look_has() -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", landscape.page(PATH), re.DOTALL)
    assert style.startswith(web.look())
    own = style.removeprefix(web.look())
    tokens = set(re.findall(r"(--[\w-]+):", web.look()))
    assert set(re.findall(r"var\((--[\w-]+)\)", own)) <= tokens
    assert set(re.findall(r"(--[\w-]+):", own)) <= tokens
    colours = set(re.findall(r"#[0-9a-f]{3,6}\b", re.sub(r"#[a-z]+\b", "", own)))
    assert colours <= {"#c8500a", "#14202b", "#fff"}  # of the way and its seams, which lie on colours that are data


@pytest.mark.parametrize("surface", [PATH, RANDOM], ids=["path", "random"])
def test_the_purpose_comes_first_in_words_of_everyday_and_the_mathematics_after_the_pictures(
    surface: landscape.Surface,
) -> None:
    html = landscape.page(surface, "digits")
    text = read(html).text
    purpose = text[: text.index("low: few mistakes")]
    for words in ("one network", "few mistakes", "★", "digits"):
        assert words in purpose
    for words in ("θ", "α", "PCA", "component", "variance", "·d"):
        assert words not in purpose
    assert html.index('id="purpose"') < html.index('id="map"') < html.index('id="hills"') < html.index('id="plane"')
    assert ("principal components" in text) == (surface is PATH)


def test_the_player_comes_first_then_the_map_then_the_hills_and_their_camera_last() -> None:
    html = landscape.page(PATH)
    places = [html.index(f'id="{name}"') for name in ("player", "play", "legend", "map", "point", "hills", "camera")]
    assert places == sorted(places)


def test_each_sign_and_both_ends_of_the_colours_are_in_the_legend() -> None:
    def legend(surface: landscape.Surface) -> str:
        (found,) = re.findall(r'<ul class="legend".*?</ul>', landscape.page(surface), re.DOTALL)
        return str(found)

    signs = ["start of training", "trained network", "way of training", "the player", "what you look at"]
    for words in [*signs, "low: few mistakes", "high: many mistakes"]:
        assert words in legend(PATH)
    assert "high: large errors" in legend(replace(PATH, loss="squared-error"))
    assert [words in legend(RANDOM) for words in signs] == [False, True, False, False, True]


def test_the_numbers_in_the_page_are_those_of_the_surface() -> None:
    data = embedded(landscape.page(PATH))
    losses = np.frombuffer(base64.b64decode(data["losses"]), "<f4").reshape(LOSSES.shape)
    np.testing.assert_allclose(losses, LOSSES, rtol=1e-7)
    assert (data["alphas"], data["betas"]) == ([-2, 1, 7, 4], [-1, 1, 5, 2])
    assert data["path"]["points"] == WAY.points.tolist()
    assert data["path"]["losses"] == WAY.losses.tolist()
    assert data["path"]["chosen"] == 2


def test_tables_say_the_same_without_a_script_and_hold_every_digit() -> None:
    page = read(landscape.page(PATH))
    cells = page.cells
    place = cells.index("trained network")
    assert cells[place : place + 4] == ["trained network", "0.1", "0", "0"]
    place = cells.index("lowest on the map")
    assert cells[place + 1] == f"{LOSSES.min():.4g}"
    place = cells.index("0", cells.index("distance from it"))
    assert cells[place : place + 6] == ["0", "0.9123", "−1.5", "−0.5", "0.7", "1.25"]
    assert cells[-6:] == ["2,000", "0.1", "0", "0", "0.1", "0"]
    extremes = [number for point in ((PATH.centre, 0, 0), PATH.lowest, PATH.highest) for number in point]
    way = np.column_stack([WAY.losses, WAY.points, WAY.plane_losses, WAY.distances])
    assert page.values == [*extremes, *way.reshape(-1)]


def test_the_curve_above_the_slider_has_the_losses_of_the_way() -> None:
    (curve,) = re.findall(r'<path d="(M[^"]+)"/><line', landscape.page(PATH))
    points = [[float(part) for part in point.split()] for point in curve[1:].split("L")]
    heights = np.log(WAY.losses)
    wanted = 100 - 100 * (heights - heights[2]) / (heights[0] - heights[2])
    np.testing.assert_allclose(points, np.column_stack([[0, 500, 1000], wanted]), atol=0.05)


@pytest.mark.parametrize("losses", [[np.inf, 0.5, 0.1], [0.0, 0.5, 0.1], [-1.0, 0.5, 0.1], [np.nan] * 3, [0.1] * 3])
def test_the_curve_of_a_way_through_no_numbers_is_still_one(losses: list[float]) -> None:
    html = landscape.page(replace(PATH, trajectory=replace(WAY, losses=np.array(losses))))
    (curve,) = re.findall(r'<path d="([^"]*)"/><line', html)
    assert "nan" not in curve
    assert len(re.findall("[ML]", curve)) == np.isfinite(losses).sum()


def test_without_a_path_there_is_nothing_to_play() -> None:
    html = landscape.page(RANDOM)
    assert 'id="step"' not in html
    assert embedded(html)["path"] is None
    assert 'id="step"' in landscape.page(PATH)


def test_names_cannot_break_out_of_their_place() -> None:
    name = '</script><script>alert("x")</script> & $data'
    html = landscape.page(replace(RANDOM, loss="</script>"), name)
    assert html.count("<script") == 2
    assert html.count("</script>") == 2
    assert "&lt;/script&gt;&lt;script&gt;" in html


@pytest.mark.parametrize(("count", "most"), [(51, 100_000), (251, 500_000)])
def test_the_page_is_small(count: int, most: int) -> None:
    axis, rng = np.linspace(-1, 1, count), np.random.default_rng(0)
    way = Trajectory([*range(60)], rng.random((60, 2)), rng.random(60), rng.random(60), rng.random(60), 59)
    large = replace(PATH, alphas=axis, betas=axis, losses=rng.random((count, count)), trajectory=way)
    assert len(landscape.page(large).encode()) < most


def test_no_numbers_are_no_numbers_in_the_page_too() -> None:
    losses = LOSSES.copy()
    losses[0, 0], losses[1, 1] = np.inf, np.nan
    way = replace(WAY, losses=np.array([np.inf, 0.5, 0.1]))
    html = landscape.page(replace(PATH, losses=losses, trajectory=way))
    data = embedded(html)
    found = np.frombuffer(base64.b64decode(data["losses"]), "<f4").reshape(LOSSES.shape)
    assert np.isnan(found[0, 0])
    assert np.isnan(found[1, 1])
    assert data["path"]["losses"][0] is None
    assert "At 2 points of the grid the loss is no number." in html
    assert "no number" in read(html).cells


def test_a_name_that_no_text_can_hold_makes_a_page_all_the_same() -> None:
    html = landscape.page(RANDOM, "digits-\udcff<b>.csv")
    assert "digits-\\udcff&lt;b&gt;.csv" in html
    read(html.encode().decode())


def test_no_two_modules_give_a_name_and_all_are_in_the_page() -> None:
    files = in_order(HERE / "start.js")
    texts = [file.read_text(encoding="utf-8") for file in files]
    names = [
        name for text in texts for name in re.findall(r"^(?:export )?(?:function|const|let) (\w+)", text, re.MULTILINE)
    ]
    assert len(names) == len(set(names))
    assert {file.name for file in files} == {file.name for file in HERE.glob("*.js")}
    (script,) = re.findall(r"<script>(.*?)</script>", landscape.page(PATH), re.DOTALL)
    assert not re.search(r"^\s*(import|export)\b", script, re.MULTILINE)
