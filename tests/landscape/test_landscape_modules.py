"""The modules of the page, each run in Node: their numbers are the surface's, and they need no page."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import landscape
from pellucid.render.landscape.page import HERE
from support import in_node
from surfaces import ALPHAS, BETAS, LOSSES, PATH, WAY

pytestmark = pytest.mark.slow
IMPORTS = """
import * as surface from "./render/landscape/browser/surface.js";
import * as words from "./render/landscape/browser/words.js";
import * as drawing from "./render/landscape/browser/drawing.js";
import * as views from "./render/landscape/browser/view.js";
import * as map from "./render/landscape/browser/map.js";
import * as hills from "./render/landscape/browser/hills.js";
import { playerOf } from "./render/landscape/browser/player.js";
"""


def data_of(shown: landscape.Surface) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', landscape.page(shown))
    assert found is not None
    return json.loads(found[1])


def asked(folder: Path, program: str, shown: landscape.Surface = PATH, **more: object) -> Any:
    """What a program makes of ``shown``, a surface as the page has it."""
    begin = "const shown = surface.surfaceOf(given.data);\n"
    return in_node(folder, IMPORTS + begin + program, {"data": data_of(shown), **more})


def test_axes_losses_and_the_way_are_those_of_the_surface(tmp_path: Path) -> None:
    made = asked(tmp_path, "answer({...shown, losses: [...shown.losses]});")
    assert made["alphas"] == pytest.approx(ALPHAS, abs=1e-12)
    assert made["betas"] == pytest.approx(BETAS, abs=1e-12)
    assert made["losses"] == pytest.approx(LOSSES.reshape(-1), rel=1e-7)
    assert made["centre"] == [2, 4]
    assert made["path"]["points"] == WAY.points.tolist()
    assert made["path"]["losses"] == WAY.losses.tolist()


@pytest.mark.parametrize(("scale", "f"), [("log", np.log), ("linear", np.positive)])
def test_a_share_says_how_high_a_loss_is_and_no_number_is_the_highest(scale: str, f: Any, tmp_path: Path) -> None:
    losses = LOSSES.copy()
    losses[0, 0] = np.nan
    made = asked(tmp_path, f'answer([...surface.sharesOf(shown, "{scale}")]);', replace(PATH, losses=losses))
    low, high = np.nanmin(losses), np.nanmax(losses)
    wanted = (f(losses) - f(low)) / (f(high) - f(low))
    wanted[0, 0] = 1
    assert made == pytest.approx(wanted.reshape(-1), abs=1e-6)


def test_on_the_grid_the_share_between_is_the_grids_and_in_a_cells_middle_the_mean_of_its_corners(
    tmp_path: Path,
) -> None:
    program = """
    const shares = surface.sharesOf(shown, "log"), found = [];
    for (let i = 0; i < 5; i++) for (let j = 0; j < 7; j++) found.push(surface.between(shown, shares, j, i));
    answer({shares: [...shares], found, middle: surface.between(shown, shares, 2.5, 1.5),
      corner: [surface.column(shown, -2), surface.row(shown, 1)]});
    """
    made = asked(tmp_path, program)
    shares = np.array(made["shares"])
    assert made["found"] == pytest.approx(shares, abs=1e-12)
    assert made["middle"] == pytest.approx(shares.reshape(5, 7)[1:3, 2:4].mean(), abs=1e-12)
    assert made["corner"] == [0, 4]


def test_a_line_of_equal_loss_runs_where_the_loss_is_that(tmp_path: Path) -> None:
    program = """
    const shares = surface.sharesOf(shown, "log");
    const ends = surface.lineAt(shown, shares, 0.3).flat().filter(([j, i]) => j % 1 === 0 || i % 1 === 0);
    answer(ends.map(([j, i]) => surface.between(shown, shares, j, i)));
    """
    made = asked(tmp_path, program)
    assert len(made) > 8
    assert made == pytest.approx([0.3] * len(made), abs=1e-9)


@pytest.mark.parametrize(("width", "most"), [(358, 500), (800, 480), (1045, 650), (1045, 200)])
def test_the_map_is_as_tall_for_its_width_as_the_plane_and_within_its_canvas(
    width: int, most: int, tmp_path: Path
) -> None:
    program = f"""
    const frame = map.frameOf(shown, {width}, {most}), {{left, top, wide, tall}} = frame, places = [];
    for (let i = 0; i < 5; i++) for (let j = 0; j < 7; j++)
      places.push(map.placeAt(shown, frame, [left + j / 6 * wide, top + (1 - i / 4) * tall]));
    answer({{frame, places, beside: map.placeAt(shown, frame, [left - 1, top])}});
    """
    made = asked(tmp_path, program)
    frame = made["frame"]
    assert frame["tall"] / frame["wide"] == pytest.approx((BETAS[-1] - BETAS[0]) / (ALPHAS[-1] - ALPHAS[0]))
    assert frame["tall"] <= most
    assert frame["left"] >= 0
    assert frame["left"] + frame["wide"] <= width
    assert made["places"] == [[i, j] for i in range(5) for j in range(7)]
    assert made["beside"] is None


def test_each_point_of_the_map_has_the_colour_of_its_loss(tmp_path: Path) -> None:
    program = """
    const shares = surface.sharesOf(shown, "log"), dots = map.paint(shown, shares, 7, 5);
    answer({dots: [...dots], wanted: [...shares].map(t => drawing.colour(Math.round(255 * t) / 255))});
    """
    made = asked(tmp_path, program)
    dots = np.array(made["dots"]).reshape(5, 7, 4)
    assert (dots[..., 3] == 255).all()
    assert dots[::-1, :, :3].reshape(-1, 3).tolist() == made["wanted"]  # β grows upwards


def luminance(colour: list[int]) -> float:
    parts = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: list[int], other: list[int]) -> float:
    bright, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def hexes(text: str) -> list[int]:
    return [int(text[k : k + 2], 16) for k in (1, 3, 5)]


def test_a_higher_loss_is_brighter_and_the_way_stands_out_from_every_colour(tmp_path: Path) -> None:
    made = asked(tmp_path, "answer({all: drawing.CIVIDIS, dark: drawing.DARK, light: drawing.LIGHT});")
    bright = [luminance(colour) for colour in made["all"]]
    assert bright == sorted(bright)
    dark, light = hexes(made["dark"]), hexes(made["light"])
    found = re.search(r"--path:(#\w{6})", (HERE / "page.css").read_text())
    assert found is not None
    assert contrast(hexes(found[1]), light) >= 3  # the way within its light seam
    for colour in made["all"]:
        assert max(contrast(colour, dark), contrast(colour, light)) >= 4  # the one seam or the other


def test_numbers_have_four_digits_and_true_minus_signs(tmp_path: Path) -> None:
    made = asked(tmp_path, "answer([-1.23456, -2e-10, 0.00001234567, 1e-13, 12345.6, null, NaN].map(words.say));")
    assert made == ["−1.235", "−2e−10", "0.00001235", "0", "12350", "no number", "no number"]


def test_words_tell_start_way_and_trained_network_apart(tmp_path: Path) -> None:
    made = asked(tmp_path, "answer([0, 1, 2].map(k => words.noteOf(shown.path, k)));")
    assert made[0].startswith("○ The start.")
    assert "0.5 beside this map" in made[1]
    assert "loss 0.3" in made[1]
    assert made[2].startswith("★ The trained network")
    made = asked(tmp_path, "answer([words.whichOf(shown, [2, 4]), words.whichOf(shown, [2, 3])]);")
    assert [text[0] for text in made] == ["★", "▢"]


@pytest.mark.parametrize(("first", "last"), [(-2, 1), (-0.013, 0.008), (-16.4, 7.1)])
def test_ticks_are_few_round_and_within(first: float, last: float, tmp_path: Path) -> None:
    made = asked(tmp_path, f"answer(map.ticks({first}, {last}));")
    steps = np.diff(made)
    assert 3 <= len(made) <= 7
    assert first - 1e-9 <= made[0]
    assert made[-1] <= last + 1e-9
    np.testing.assert_allclose(steps, steps[0])
    assert round(steps[0] / 10 ** math.floor(math.log10(steps[0] * 1.0001)), 9) in (1, 2, 5)


@pytest.mark.parametrize("corner", [(0, 0), (0, -1), (-1, 0), (-1, -1)])
def test_the_lowest_corner_is_turned_to_the_front(corner: tuple[int, int], tmp_path: Path) -> None:
    i, j = (k % n for k, n in zip(corner, LOSSES.shape, strict=True))
    rows, columns = np.indices(LOSSES.shape)
    shown = replace(PATH, losses=0.1 + (rows - i) ** 2 / 16 + (columns - j) ** 2 / 36)
    made = asked(tmp_path, 'answer(surface.bestTurn(shown, surface.sharesOf(shown, "linear")) * Math.PI / 180);', shown)
    x, y = 2 * j / 6 - 1, 2 * i / 4 - 1
    depth = x * math.sin(made) + y * math.cos(made)  # as hills.js sees it: what is less stands nearer
    assert depth < 0
    assert depth == pytest.approx(-math.hypot(1, 1) * math.cos(math.radians(10)), abs=0.02)


def test_the_player_goes_from_the_start_to_the_end_and_stops_there(tmp_path: Path) -> None:
    program = """
    let at = 2;
    const went = [], told = [];
    const player = playerOf({at: () => at, last: 2, goTo: step => { at = step; went.push(step); },
      shown: playing => { told.push(playing); if (!playing) answer({went, told}); }});
    player.play();
    """
    assert asked(tmp_path, program) == {"went": [0, 1, 2], "told": [True, False]}


def test_an_address_asks_for_a_view_and_nonsense_for_nothing(tmp_path: Path) -> None:
    program = """
    const made = given.addresses.map(address => {
      const view = views.viewOf(shown, "log");
      views.fromAddress(view, shown, address);
      return {...view, shares: view.shares[0]};
    });
    answer(made);
    """
    addresses = ["", "turn=40&tilt=60&zoom=2&scale=linear&step=1&at=4,0", "turn=x&scale=cubic&step=&at=1,2,3&zoom=nan"]
    plain, wanted, nonsense = asked(tmp_path, program, addresses=[*addresses])
    assert {name: wanted[name] for name in ("turn", "tilt", "zoom", "scale", "step", "at")} == {
        "turn": 40, "tilt": 60, "zoom": 2, "scale": "linear", "step": 1, "at": [4, 0]
    }  # fmt: skip
    assert nonsense == plain
    (beyond,) = asked(tmp_path, program, addresses=["step=99&at=99,-3&tilt=900&zoom=100"])
    assert [beyond[name] for name in ("step", "at", "tilt", "zoom")] == [2, [4, 0], 90, 4]


def test_grid_lines_that_are_too_many_are_thinned_and_keep_their_ends(tmp_path: Path) -> None:
    made = asked(tmp_path, "answer([hills.places(51, 125), hills.places(251, 125), hills.places(252, 50)]);")
    assert made[0] == list(range(51))
    for found, count, most in ((made[1], 251, 125), (made[2], 252, 50)):
        assert (found[0], found[-1]) == (0, count - 1)
        assert len(found) - 1 <= most
