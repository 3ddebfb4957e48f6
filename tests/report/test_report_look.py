"""One look: every colour is a token's, in both themes text can be read and marks be told from their ground."""

import re
from importlib.resources import files

import numpy as np
import pytest

from pellucid.render import palette, svg, web
from pellucid.render.palette import Colour, contrast, mix, rgb, tokens
from pellucid.render.pictures import style

THEMES = ("light", "dark")
TEXTS = ("ink", "ink-2", "accent", "neg-ink", "pos", "ok", "warn", "bad")
MARKS = ("train", "dev", "pos", "neg", "accent", "edge", "focus", "path")
NOTEBOOKS = {"Jupyter, dark": "#111111", "VS Code, dark": "#1f1f1f", "white": "#ffffff"}  # what lies under a cell


def colour(name: str, theme: str) -> Colour:
    return rgb(tokens(theme)[name])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["surface", "bg"])
def test_text_can_be_read_and_marks_be_seen(theme: str, ground: str) -> None:
    low = {name: contrast(colour(name, theme), colour(ground, theme)) for name in TEXTS}
    assert min(low.values()) >= 4.5, low
    marks = {name: contrast(colour(name, theme), colour(ground, theme)) for name in MARKS}
    assert min(marks.values()) >= 3, marks


@pytest.mark.parametrize("theme", THEMES)
def test_text_upon_every_depth_of_a_cell_can_be_read(theme: str) -> None:
    ink, surface = colour("ink", theme), colour("surface", theme)
    for name in ("pos", "neg"):
        full = mix(colour(name, theme), surface, depth(theme))
        worst = min(contrast(ink, mix(full, surface, k / 100)) for k in range(101))
        assert worst >= 4.5, (name, worst)
        assert contrast(full, surface) >= 1.9  # and the deepest differs from the page


def depth(theme: str) -> float:
    """How much of its colour the deepest cell has, as the page's style says of each theme, three times of the dark."""
    sheet = files("pellucid.render.report").joinpath("page.css").read_text(encoding="utf-8")
    light, *others = re.findall(r"(?<=[{;])--full:(\d+)%", sheet)
    *dark, paper = others
    assert len(dark) == 2
    assert len(set(dark)) == 1
    assert paper == light
    return int(light if theme == "light" else dark[0]) / 100


def test_train_and_dev_differ_from_each_other_and_in_more_than_colour() -> None:
    train, dev = svg.STYLES["train"], svg.STYLES["dev"]
    assert (train[0], dev[0]) == ("var(--train,#0072b2)", "var(--dev,#b06f00)")
    assert train[1:] != dev[1:]
    assert (tokens("dark")["train"], tokens("dark")["dev"]) == ("#56b4e9", "#e69f00")


@pytest.mark.parametrize("ground", NOTEBOOKS.values(), ids=NOTEBOOKS)
def test_a_picture_that_stands_alone_can_be_seen_on_light_and_dark_grounds(ground: str) -> None:
    for paint in (svg.STYLES["train"][0], svg.STYLES["dev"][0], svg.POS, svg.NEG, svg.MARK):
        name, carried = paint, paint[-8:-1]
        assert contrast(rgb(carried), rgb(ground)) >= 3, (name, carried)


def test_both_ways_to_darkness_say_the_same() -> None:
    sheet = web.read("tokens.css")
    by_system = re.search(r"@media \(prefers-color-scheme: dark\) \{.*?\{(.*?)\}", sheet, re.DOTALL)
    by_choice = re.search(r':root\[data-theme="dark"\] \{(.*?)\}', sheet, re.DOTALL)
    assert by_system
    assert by_choice
    assert by_system[1].split() == by_choice[1].split()
    assert set(tokens("light")) == set(tokens("dark"))


def test_paper_gets_the_light_theme_whole() -> None:
    said = dict(re.findall(r"--([\w-]+):([^;}]+)", palette.on_paper()))
    assert said == {name: light for name, light in tokens().items() if light != tokens("dark")[name]}
    assert {"ink", "surface", "train", "dev", "pos", "neg"} <= set(said)


def test_pictures_of_matplotlib_have_the_pages_colours_and_sizes() -> None:
    light = tokens()
    found = {
        name: getattr(style, name.upper().replace("-", "_")) for name in ("pos", "neg", "train", "dev", "path", "ink")
    }
    assert found == {name: light[name] for name in found}
    assert [round(size * style.DPI / 72, 6) for size in (style.HEADING, style.TITLE, style.TEXT)] == [16, 14, 12]
    signed = [tuple(round(255 * c) for c in style.signed()(place)[:3]) for place in (0.0, 1.0)]
    assert signed == [rgb(light["neg"]), rgb(light["pos"])]
    middle = np.array(style.signed()([0.498, 0.502]))[:, :3]
    assert (middle > 0.98).all()
    for one, *_ in style.LINES:
        assert contrast(rgb(one), rgb(light["surface"])) >= 3
    assert len({line[1:] for line in style.LINES}) == len(style.LINES)


def test_a_colour_is_decided_in_one_place() -> None:
    """No file of the room but the tokens writes a colour as a number, save two that no page has."""
    root = files("pellucid.render")
    for place in ("svg.py", "palette.py", "notebook/summaries.py", "notebook/live.py", *REPORT):
        text = root.joinpath(place).read_text(encoding="utf-8")
        code = re.sub(r'"""(.*?)"""', "", text, flags=re.DOTALL)
        assert not re.findall(r"#[0-9a-fA-F]{6}\b", code), place
    pictures = [path for path in root.joinpath("pictures").iterdir() if path.name.endswith(".py")]
    written = {
        found for path in pictures for found in re.findall(r"#[0-9a-fA-F]{6}\b", path.read_text(encoding="utf-8"))
    }
    assert written == {style.PURPLE, style.LIGHT_BLUE}


REPORT = [
    f"report/{path.name}" for path in files("pellucid.render.report").iterdir() if path.name.endswith((".py", ".css"))
]
