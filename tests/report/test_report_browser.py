"""The page in a real browser: nothing sticks out of a phone's screen, nothing is cut on paper, nothing is asked for."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pellucid import datasets
from pellucid.render.palette import rgb, tokens
from support import Command

pytestmark = pytest.mark.slow

QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
WIDTHS = """<script>
addEventListener("load", () => {
  const bottoms = Object.fromEntries([".hero strong", ".hero span", ".found", ".key"].map(
    name => [name, document.querySelector(name).getBoundingClientRect().bottom]));
  const chapter = document.querySelector("main h2").getBoundingClientRect().bottom;
  document.querySelectorAll("details").forEach(one => one.open = true);
  const target = [...document.querySelectorAll("a, summary")].map(one => one.getBoundingClientRect());
  const wide = document.documentElement.clientWidth;
  const inside = one => one.closest(".scroll") && !one.matches(".scroll");
  const out = [...document.querySelectorAll("body *")].filter(
    one => !inside(one) && !one.closest("svg,nav ul") && one.getBoundingClientRect().right > wide + 0.5);
  const small = [...document.querySelectorAll("p,td,th,dd,dt,figcaption,caption,a,code,small")].filter(
    one => parseFloat(getComputedStyle(one).fontSize) < 12);
  const failed = [...document.images].filter(one => !one.naturalWidth);
  const cut = [...document.querySelectorAll(".scroll")].filter(one => one.scrollWidth > one.clientWidth);
  scrollTo(0, document.documentElement.scrollHeight);
  const nav = document.querySelector("nav").getBoundingClientRect();
  document.title = "measured " + JSON.stringify({
    bottoms, chapter, nav: [nav.top, nav.bottom], low: target.filter(one => one.height < 43.9).length,
    targets: target.length,
    cut: cut.length, unseen: cut.filter(one => one.tabIndex !== 0 || one.getAttribute("role") !== "region" ||
      !getComputedStyle(one).backgroundImage.includes("gradient")).length,
    wide, scroll: document.documentElement.scrollWidth, out: out.map(one => one.outerHTML.slice(0, 80)),
    small: small.length, failed: failed.length, images: document.images.length,
    asked: performance.getEntriesByType("resource").filter(one => !one.name.startsWith("data:")).map(one => one.name),
    ink: getComputedStyle(document.body).color, paper: getComputedStyle(document.body).backgroundColor});
});
</script></body>"""


@pytest.fixture
def chromium(tmp_path: Path) -> list[str]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "these tests need Chromium: apt-get install chromium"
    return [found, *QUIET, f"--user-data-dir={tmp_path / 'profile'}"]


@pytest.fixture(params=["digits", "values", "classes", "table"])
def page(request: pytest.FixtureRequest, pellucid: Command, digits: datasets.Samples) -> Path:
    """The report of a small run of each kind, with long names in it."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 25))
    if request.param == "table":
        heads = ",".join(f"a rather long name for measure {k}" for k in range(25))
        np.savetxt("a table.csv", X, delimiter=",", header=heads, comments="", fmt="%.4f")
        target = "a rather long name for measure 0"
        assert pellucid("train", "a table.csv", "--target", target, "--epochs", 3, "--out", "run", "-q").code == 0
        return Path("run/report.html").resolve()
    names = np.array([f"a-rather-long-name-for-class-number-{k}" for k in range(14)])
    y = {"digits": digits.y, "values": X[:, 0], "classes": names[rng.integers(0, 14, 400)]}[request.param]
    np.savez("some-data-with-a-long-name.npz", X=digits.X if request.param == "digits" else X, y=y)
    assert pellucid("train", "some-data-with-a-long-name.npz", "--epochs", 3, "--out", "run", "-q").code == 0
    return Path("run/report.html").resolve()


def measured(
    chromium: list[str], page: Path, width: int, *more: str, height: int = 900, style: str = ""
) -> dict[str, object]:
    """What the browser says of the page at a width: it is put in a frame, since windows have a least width."""
    import json

    inner = page.with_name("measured.html")
    text = page.read_text(encoding="utf-8").replace(
        "default-src 'none'", "default-src 'none'; script-src 'unsafe-inline'"
    )
    change = f"<script>document.documentElement.style.cssText = '{style}'</script>"
    inner.write_text(
        text.replace("</body>", change + WIDTHS), encoding="utf-8"
    )  # its styles stay as its policy allows them
    outer = page.with_name("frame.html")
    outer.write_text(
        '<!DOCTYPE html><iframe id="f" src="measured.html" '
        f'style="width:{width}px;height:{height}px;border:0"></iframe>'
        '<script>addEventListener("load", () => { const f = document.getElementById("f");'
        "document.title = f.contentDocument.title; });</script>"
    )
    done = subprocess.run(
        [*chromium, "--allow-file-access-from-files", "--virtual-time-budget=3000", *more, "--dump-dom",
         outer.as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    title = re.search(r"<title>measured (.*?)</title>", done.stdout)
    assert title, done.stdout[:500] + done.stderr[-500:]
    import html

    found: dict[str, object] = json.loads(html.unescape(title[1]))
    return found


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_nothing_sticks_out_is_too_small_or_is_asked_for(chromium: list[str], page: Path, width: int) -> None:
    found = measured(chromium, page, width)
    assert found["wide"] == width
    assert found["scroll"] == width
    assert found["out"] == []
    assert found["small"] == found["failed"] == 0
    assert found["asked"] == []


def test_what_is_cut_shows_it_and_scrolls_by_the_keyboard(chromium: list[str], page: Path) -> None:
    found = measured(chromium, page, 390)
    assert isinstance(found["cut"], int)
    assert found["cut"] > 0
    assert found["unseen"] == 0


def test_dark_screens_get_light_text(chromium: list[str], page: Path) -> None:
    light = measured(chromium, page, 800)
    dark = measured(chromium, page, 800, "--blink-settings=preferredColorScheme=0")
    assert light["paper"] == "rgb(255, 255, 255)"
    assert dark["paper"] == "rgb{}".format(rgb(tokens("dark")["surface"]))
    assert dark["ink"] == "rgb{}".format(rgb(tokens("dark")["ink"]))


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_first_screen_answers(chromium: list[str], page: Path, width: int, height: int) -> None:
    """The score, what a guess has, what was found, and the figures are there before anybody scrolls."""
    found = measured(chromium, page, width, height=height)
    bottoms = found["bottoms"]
    assert isinstance(bottoms, dict)
    assert all(0 < bottom <= height for bottom in bottoms.values()), bottoms
    assert isinstance(found["chapter"], float | int)
    assert found["chapter"] <= height  # and what comes next begins


@pytest.mark.parametrize("width", [390, 1280])
def test_the_contents_stay_in_view(chromium: list[str], page: Path, width: int) -> None:
    found = measured(chromium, page, width)
    assert isinstance(found["nav"], list)
    top, bottom = found["nav"]
    assert -0.5 <= top < bottom <= 900.5


def test_on_a_phone_every_link_and_every_disclosure_is_44_pixels_high(chromium: list[str], page: Path) -> None:
    found = measured(chromium, page, 390)
    assert isinstance(found["targets"], int)
    assert found["targets"] > 10
    assert found["low"] == 0


@pytest.mark.parametrize("width", [390, 640, 1280])
def test_text_twice_as_large_stays_in_its_place(chromium: list[str], page: Path, width: int) -> None:
    found = measured(chromium, page, width, style="font-size:200%")
    assert found["scroll"] == width
    assert found["out"] == []


def test_it_prints_on_a_few_pages(chromium: list[str], page: Path, tmp_path: Path) -> None:
    paper = tmp_path / "report.pdf"
    command = [*chromium, "--no-pdf-header-footer", f"--print-to-pdf={paper}", page.as_uri()]
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    pages = re.findall(rb"/Type\s*/Page\b", paper.read_bytes())
    assert 3 <= len(pages) <= 9
