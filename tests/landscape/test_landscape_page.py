"""The page: whole in itself, its numbers those of the surface, and in a browser it draws and answers."""

import base64
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.analysis import landscape
from pellucid.analysis.landscape import Surface, Trajectory

ALPHAS, BETAS = np.linspace(-2, 1, 7), np.linspace(-1, 1, 5)
LOSSES = 0.1 * np.exp((BETAS[:, np.newaxis] + 0.1) ** 2 + ALPHAS**2 + 0.5 * ALPHAS)
WAY = Trajectory(
    [0, 10, 2000],
    np.array([[-1.5, -0.5], [-1, 0.5], [0, 0]]),
    np.array([0.912, 0.5, 0.1]),
    np.array([0.7, 0.3, 0.1]),
    np.array([1.25, 0.5, 0]),
    chosen=2,
)
PATH = Surface("path", ALPHAS, BETAS, LOSSES, 0.1, 600, "cross-entropy", (0.8, 0.15), WAY)
RANDOM = Surface("random", ALPHAS, BETAS, LOSSES, 0.1, 600, "cross-entropy")


class Reader(HTMLParser):
    """What a page names, and the cells of its tables."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in ("meta", "link", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.cells.append(data)


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


def test_the_numbers_in_the_page_are_those_of_the_surface() -> None:
    data = embedded(landscape.page(PATH))
    losses = np.frombuffer(base64.b64decode(data["losses"]), "<f4").reshape(LOSSES.shape)
    np.testing.assert_allclose(losses, LOSSES, rtol=1e-7)
    assert (data["alphas"], data["betas"]) == ([-2, 1, 7, 4], [-1, 1, 5, 2])
    assert data["path"]["points"] == WAY.points.tolist()
    assert data["path"]["losses"] == WAY.losses.tolist()
    assert data["path"]["chosen"] == 2


def test_tables_say_the_same_without_a_script() -> None:
    cells = read(landscape.page(PATH)).cells
    place = cells.index("trained θ")
    assert cells[place : place + 4] == ["trained θ", "0", "0", "0.1"]
    place = cells.index("lowest on the grid")
    assert cells[place + 3] == f"{LOSSES.min():.4g}"
    place = cells.index("0", cells.index("distance from it"))
    assert cells[place : place + 6] == ["0", "−1.5", "−0.5", "0.912", "0.7", "1.25"]
    assert cells[-6:] == ["2,000", "0", "0", "0.1", "0.1", "0"]


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


def test_the_largest_page_has_less_than_half_a_megabyte() -> None:
    count = 251
    axis = np.linspace(-1, 1, count)
    large = replace(PATH, alphas=axis, betas=axis, losses=np.random.default_rng(0).random((count, count)))
    assert len(landscape.page(large).encode()) < 500_000


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


def browser() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if found := shutil.which(name):
            return found
    raise AssertionError("no chromium is installed, which this test drives: install it (apt-get install chromium)")


def drive(folder: Path, html: str, view: str, *flags: str) -> str:
    """What the page holds after a browser has opened it with a view."""
    (folder / "page.html").write_text(html, encoding="utf-8")
    quiet = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"
    command = [browser(), *quiet.split(), "--disable-component-update", f"--user-data-dir={folder / 'profile'}"]
    done = subprocess.run(
        [*command, *flags, f"{(folder / 'page.html').as_uri()}#{view}"], capture_output=True, timeout=120, check=True
    )
    return done.stdout.decode()


def said(dom: str, name: str) -> str:
    found = re.search(rf'id="{name}"[^>]*>(.*?)</', dom)
    assert found is not None
    return found[1]


@pytest.mark.slow
def test_a_browser_draws_the_page_and_tells_its_numbers(tmp_path: Path) -> None:
    html = landscape.page(PATH)
    dom = drive(tmp_path, html, "", "--dump-dom")
    assert 'data-ready="yes"' in dom
    assert 'data-cells="24"' in dom
    assert said(dom, "here") == f"At α = 0, β = 0: loss {LOSSES[2, 4]:.4g} (the trained θ)"
    assert said(dom, "there") == "Step 2,000: loss 0.1 (the trained θ)"


@pytest.mark.slow
def test_a_view_can_be_asked_for(tmp_path: Path) -> None:
    dom = drive(tmp_path, landscape.page(PATH), "step=1&at=4,0&scale=linear", "--dump-dom")
    assert said(dom, "here") == f"At α = −2, β = 1: loss {float(f'{LOSSES[4, 0]:.4g}'):g}"
    assert said(dom, "there") == (
        "Step 10: loss 0.5. The nearest point of the plane, 0.5 away, is α = −1, β = 0.5, with loss 0.3"
    )


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 500])
def test_what_is_drawn_has_the_colours_of_the_losses(tmp_path: Path, width: int) -> None:
    losses = LOSSES.copy()
    losses[0, 0] = np.nan
    for html in (landscape.page(PATH), landscape.page(replace(RANDOM, losses=losses))):
        picture = tmp_path / "picture.png"
        drive(tmp_path, html, "", f"--screenshot={picture}", f"--window-size={width},1600")
        pixels = np.asarray(Image.open(picture).convert("RGB")).astype(int)
        # what else is drawn, text and the bar of colours, has less than a thousand pixels of these
        for half in (pixels[:, : width // 2], pixels[:, width // 2 :]) if width > 1000 else (pixels,):
            for colour in ((0, 34, 78), (50, 61, 108), (190, 174, 108)):  # lowest, low, high
                assert (np.abs(half - colour).max(axis=2) < 20).sum() > 3000, colour


def test_a_name_that_no_text_can_hold_makes_a_page_all_the_same() -> None:
    html = landscape.page(RANDOM, "digits-\udcff<b>.csv")
    assert "digits-\\udcff&lt;b&gt;.csv" in html
    read(html.encode().decode())
