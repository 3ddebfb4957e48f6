"""The small pictures say what the numbers say: in their places, in their words, and whatever the numbers are."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import _text
from pellucid.core.arrays import some_rows
from pellucid.render import svg
from pellucid.render.palette import paint
from pellucid.render.svg import Axis, Frame, Series
from report.html_reader import Element, read

EPOCH = Axis("epoch", whole=True)


def points(root: Element, line: int = 0) -> np.ndarray:
    """The corners of a line (n, 2) in pixels."""
    return np.array([pair.split(",") for pair in root.all("polyline")[line]["points"].split()], float)


def drawn(y: list[float], axis: Axis = Axis("loss", at_least=(0.0,))) -> Element:  # noqa: B008
    x = np.arange(1.0, len(y) + 1)
    return read(svg.lines("t", "Loss by epoch", [Series("train", x, np.array(y))], EPOCH, axis))


def test_a_line_goes_through_its_points() -> None:
    corners = points(drawn([4.0, 2.0, 1.0, 0.0]))
    np.testing.assert_allclose(np.diff(corners[:, 0]), (408 - 58) / 3, atol=0.11)
    frame = Frame((1.0, 4.0), (0.0, 4.0))
    np.testing.assert_allclose(corners[:, 1], frame.up([4.0, 2.0, 1.0, 0.0]), atol=0.051)
    assert corners[0, 1] == 32.0  # the top of the frame
    assert corners[-1, 1] == 218.0  # and its floor: SVG counts downwards


def test_every_tick_stands_where_its_number_does() -> None:
    root = drawn([0.93, 0.5, 0.1, 0.2])
    labels = {t.text: t for t in root.all("text")}
    assert {"0", "0.2", "0.4", "0.6", "0.8", "1", "epoch", "loss", "train"} <= set(labels)
    frame = Frame((1.0, 4.0), (0.0, 1.0))
    for value in (0.0, 0.4, 0.8):
        assert float(labels[f"{value:g}"]["y"]) - 4 == pytest.approx(float(frame.up(value)), abs=0.06)
    assert float(labels["3"]["x"]) == pytest.approx(float(frame.across(3.0)), abs=0.06)


def test_where_there_is_no_number_the_line_has_a_gap() -> None:
    root = drawn([3.0, 2.0, math.nan, 1.0, math.inf, 0.5, 0.4])
    corners = [len(line["points"].split()) for line in root.all("polyline")]
    assert corners == [2, 2, 2]  # two lines, and the sample in the legend; the lonely point is a marker alone
    assert len(root.all("circle")) == 5 + 1


def test_two_lines_differ_in_colour_dashes_and_markers_and_keep_them_alone() -> None:
    x = np.arange(3.0)
    both = read(svg.lines("t", "T", [Series("train", x, x), Series("dev", x, x)], EPOCH, Axis("loss")))
    train, dev = both.all("polyline")[:2]
    assert (train["stroke"], dev["stroke"]) == (paint("train"), paint("dev"))
    assert "stroke-dasharray" in dev.attributes
    assert "stroke-dasharray" not in train.attributes
    assert len([r for r in both.all("rect") if r["fill"] == paint("dev")]) == 4
    alone = read(svg.lines("t", "T", [Series("dev", x, x)], EPOCH, Axis("loss")))
    assert alone.all("polyline")[0].attributes == dev.attributes


def test_what_is_drawn_has_the_colours_of_the_page_and_carries_those_of_the_light_theme() -> None:
    x, counts = np.arange(3.0), np.array([1, 2])
    for made in (
        svg.lines("t", "T", [Series("train", x, x), Series("dev", x, x)], EPOCH, Axis("loss")),
        svg.lines("t", "T", [Series("other", x, x), Series("one more", x, x)], EPOCH, Axis("loss")),
        svg.scatter("s", "S", Series("", x, x), Axis("true"), Axis("predicted"), diagonal=True),
        svg.bars("h", "H", counts, x, Axis("error"), Axis("samples")),
    ):
        said = set(re.findall(r'(?:fill|stroke)="([^"]*)"', made))
        assert said
        for colour in said - {"none", "currentColor"}:
            assert re.fullmatch(r"var\(--[a-z]+,#[0-9a-f]{6}\)", colour)
            assert colour == paint(colour[6:].split(",")[0])


def test_the_words_tell_first_last_least_and_greatest() -> None:
    words = drawn([2.0, 5.0, 0.25, 1.0]).all("desc")[0].text
    assert words == "loss over epoch. train: 2 at epoch 1, 1 at 4; least 0.25 at 3, greatest 5 at 2."


def test_a_thousand_epochs_are_thinned_out_and_keep_their_ends() -> None:
    kept = some_rows(1000, svg.MOST_POINTS)
    assert (len(kept), kept[0], kept[-1]) == (svg.MOST_POINTS, 0, 999)
    root = drawn(list(np.linspace(5, 1, 1000)))
    corners = points(root)
    assert len(corners) == svg.MOST_POINTS
    assert (corners[0, 0], corners[-1, 0]) == (58.0, 408.0)
    assert len(root.all("circle")) == 2


@given(st.lists(st.floats(), min_size=1, max_size=40))
def test_any_numbers_give_a_picture_within_its_frame(y: list[float]) -> None:
    root = drawn(y, Axis("loss"))
    for line in root.all("polyline"):
        corners = np.array([pair.split(",") for pair in line["points"].split()], float)
        assert np.isfinite(corners).all()
        assert corners.min() >= 0
        assert (corners.max(axis=0) <= (svg.WIDTH, svg.HEIGHT)).all()
    assert 2 <= len([t for t in root.all("text") if t["text-anchor"] == "end"]) <= 9


@given(st.floats(-1e200, 1e200), st.floats(1e-6, 1e6))
def test_ticks_cover_the_range_in_even_round_steps(low: float, share: float) -> None:
    high = low + share * max(1.0, abs(low))
    made = svg.ticks(low, high)
    assert 2 <= len(made) <= 8
    slack = 1e-9 * max(abs(low), abs(high))
    assert made[0] <= low + slack
    assert made[-1] >= high - slack
    steps = np.diff(made)
    assert float(f"{steps[0]:.3e}".split("e")[0]) in (1.0, 2.0, 5.0) or steps[0] <= slack * 1e3
    assert np.allclose(steps, steps[0], rtol=1e-3)


@given(st.floats(0.0, 1.0), st.floats(1e-3, 1.0))
def test_a_range_from_tick_to_tick_has_its_ticks_at_its_ends(low: float, span: float) -> None:
    made = svg.ticks(low, low + span)
    again = svg.ticks(made[0], made[-1])
    assert (again[0], again[-1]) == (made[0], made[-1])


def test_bars_are_as_high_as_their_counts() -> None:
    counts, edges = np.array([1, 4, 2]), np.array([0.0, 1.0, 2.0, 3.0])
    root = read(svg.bars("h", "Errors", counts, edges, Axis("error"), Axis("samples")))
    heights = [float(bar["height"]) for bar in root.all("rect")]
    np.testing.assert_allclose(np.array(heights) / heights[0], counts, rtol=2e-3)
    assert [float(bar["y"]) + float(bar["height"]) for bar in root.all("rect")] == pytest.approx([218.0] * 3, abs=0.11)
    assert "7 in 3 bars from 0 to 3; the highest, 4, stands at 1 to 2." in root.all("desc")[0].text


def test_points_stand_at_their_places_and_the_diagonal_where_both_are_alike() -> None:
    x, y = np.array([0.0, 10.0, 5.0]), np.array([10.0, 0.0, 5.0])
    root = read(svg.scatter("s", "S", Series("", x, y), Axis("true"), Axis("predicted"), diagonal=True))
    places = [(float(dot["cx"]), float(dot["cy"])) for dot in root.all("circle")]
    assert places == [(58.0, 32.0), (408.0, 218.0), (233.0, 125.0)]
    assert root.all("polyline")[0]["points"] == "58.0,218.0 408.0,32.0"


def test_hostile_words_stay_words() -> None:
    bad = "</title><script>alert('x')</script>&\"\x00\ud800"
    root = read(svg.lines(
        "t", bad, [Series(bad, np.arange(2.0), np.arange(2.0))], Axis(bad, whole=True), Axis(bad)
    ))  # fmt: skip
    assert root.all("title")[0].text.startswith("</title><script>alert('x')</script>&\"")
    _text.escape(bad).encode("utf-8")
    assert not re.search("[\x00-\x1f]", _text.escape(bad))
    assert len(_text.escape("a" * 10_000)) == 300


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-300, -123.456, 99999.5, 1e12, math.inf, math.nan])
def test_a_number_is_written_as_itself_or_as_a_dash(value: float) -> None:
    text = _text.number(value).replace("−", "-").replace(",", "")
    assert text == "–" if not math.isfinite(value) else float(text) == pytest.approx(value, rel=1e-3)


def test_whole_ticks_are_whole_however_short_the_range() -> None:
    assert svg.ticks(1.0, 3.0, whole=True) == [1.0, 2.0, 3.0]
    assert svg.ticks(1.0, 2.0, whole=True) == [1.0, 2.0]
    assert all(tick == int(tick) for tick in svg.ticks(1.0, 40.0, whole=True))
