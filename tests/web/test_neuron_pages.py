"""A layer of more neurons than the screen has room for: pages, the strongest first; only a person changes the order."""

import re
from typing import Any

import numpy as np
import pytest

from pages import Open, draw, settled
from pellucid import Model, Network

pytestmark = pytest.mark.slow
STROKES = ([(70, 60), (205, 62), (130, 235)], [(60, 200), (220, 180)], [(150, 40), (132, 240)])


def wide_model() -> Model:
    """Pictures of 12 × 12, and layers of which two have more than 256 neurons."""
    net = Network([144, 600, 300, 3], dtype=np.float64, rng=np.random.default_rng(2))
    return Model(net, ("a", "b", "c"), image_shape=(12, 12), picture_form="plain")


@pytest.fixture
def shown(see: Open) -> Any:
    page = see(wide_model())
    draw(page, STROKES[0])
    settled(page)
    return page


def held(shown: Any, layer: int) -> list[int]:
    """The neurons of a layer that are shown, in their order."""
    nodes = f"[data-layer='{layer}'][data-neuron]:not([hidden])"
    return [int(j) for j in shown.eval_on_selector_all(nodes, "all => all.map(one => one.dataset.neuron)")]


def text(shown: Any, layer: int) -> str:
    return str(shown.locator(".layer").nth(layer - 1).locator("[role=status]").inner_text())


def press(shown: Any, layer: int, button: str) -> None:
    """A button of a layer, by the keyboard alone."""
    shown.locator(".layer").nth(layer - 1).get_by_role("button", name=button, exact=True).focus()
    shown.keyboard.press("Enter")


def contributions(model: Model, said: Any, layer: int, j: int) -> np.ndarray[Any, Any]:
    """|w · a| of each neuron of a layer, to neuron j of the next."""
    found: np.ndarray[Any, Any] = np.abs(model.network.layers[layer].W[j] * np.array(said["a"][layer]))
    return found


def test_pages_show_every_neuron_once_by_what_it_contributes(shown: Any) -> None:
    shown.click("[data-layer='3'][data-neuron='1']")
    sizes = contributions(wide_model(), settled(shown), 2, 1)
    assert re.match(r"neurons 1 to 256 of 300, by what they contribute to class b\b", text(shown, 2))
    first = held(shown, 2)
    press(shown, 2, "Next")
    assert text(shown, 2).startswith("neurons 257 to 300 of 300")
    second = held(shown, 2)
    assert sorted(first + second) == list(range(300))
    assert (np.diff(sizes[first + second]) <= 0).all()
    assert shown.evaluate("document.activeElement.textContent") == "Previous"  # there is no next: the focus has a place
    press(shown, 2, "Previous")
    assert held(shown, 2) == first


def test_the_order_of_the_size_of_a_where_nothing_is_chosen_in_the_next_layer(shown: Any) -> None:
    press(shown, 1, "Next")
    press(shown, 1, "Next")
    assert re.match("neurons 513 to 600 of 600, by the size of a", text(shown, 1))
    third = held(shown, 1)
    press(shown, 1, "Previous")
    press(shown, 1, "Previous")
    a = np.abs(settled(shown)["a"][1])
    assert a[held(shown, 1)].min() >= a[third].max()


def test_no_row_changes_its_place_while_one_draws(shown: Any) -> None:
    before = [held(shown, layer) for layer in (1, 2)]
    a = settled(shown)["a"][1]
    for stroke in STROKES:
        draw(shown, stroke)
        settled(shown)
        assert [held(shown, layer) for layer in (1, 2)] == before
    assert settled(shown)["a"][1] != a
    shown.click("[data-layer='3'][data-neuron='2']")  # which a person chose
    sizes = contributions(wide_model(), settled(shown), 2, 2)
    assert (np.diff(sizes[held(shown, 2)]) <= 0).all()
    assert held(shown, 2) != before[1]


def test_what_is_opened_is_on_the_page_that_is_shown(shown: Any) -> None:
    """And what a button says and opens is the neuron that it then stands for."""
    hidden = sorted(set(range(600)) - set(held(shown, 1)))[7]
    shown.evaluate("j => { open(1, j); }", hidden)
    node = shown.locator(f"[data-layer='1'][data-neuron='{hidden}']")
    assert node.get_attribute("aria-pressed") == "true"
    a = settled(shown)["a"][1]
    for j in held(shown, 1)[:20]:
        one = shown.locator(f"[data-layer='1'][data-neuron='{j}']")
        assert float(one.get_attribute("data-a")) == a[j]
        assert one.get_attribute("aria-label").startswith(f"neuron {j} of layer 1: ")
    before = held(shown, 1)
    shown.locator(f"[data-layer='1'][data-neuron='{before[3]}']").click()
    assert shown.get_attribute("[data-opened]", "data-opened") == f"1,{before[3]}"
    assert held(shown, 1) == before  # it was in sight


def test_the_picture_of_a_tile_is_that_of_its_neuron(shown: Any) -> None:
    press(shown, 1, "Next")
    W = wide_model().network.layers[0].W
    for k, j in list(enumerate(held(shown, 1)))[:12]:
        alpha = shown.evaluate(
            "k => { const tile = document.querySelectorAll('.tile canvas')[k];"
            "return [...tile.getContext('2d').getImageData(0, 0, 12, 12).data].filter((_, i) => i % 4 === 3); }",
            k,
        )
        assert np.abs(np.array(alpha) - 255 * np.abs(W[j]) / np.abs(W[j]).max()).max() <= 1


def test_the_inputs_of_a_wide_table_come_by_what_they_give_to_the_neuron_that_is_chosen(see: Open) -> None:
    model = Model(Network([60, 5, 2], dtype=np.float64, rng=np.random.default_rng(6)))
    shown = see(model)
    for k in range(0, 60, 7):
        shown.fill(f"#field-{k}", str(k / 10 - 2))
    shown.click("[data-layer='1'][data-neuron='3']")
    sizes = contributions(model, settled(shown), 0, 3)
    first = held(shown, 0)
    assert len(first) == 40
    assert (np.diff(sizes[first]) <= 0).all()
    assert [row.locator(".name").inner_text() for row in shown.locator(".input").all()] == [f"x{j}" for j in first]


def test_the_likeliest_of_many_classes_come_first_with_their_names(see: Open) -> None:
    names = tuple(f"kind {k}" for k in range(300))
    shown = see(Model(Network([4, 6, 300], dtype=np.float64, rng=np.random.default_rng(5)), names))
    for k, value in enumerate((2.5, -1, 0.5, 3)):
        shown.fill(f"#field-{k}", str(value))
    p = settled(shown)["outputs"]
    for name in ("Next", "Previous"):
        shown.get_by_role("button", name=name, exact=True).click()
        rows = shown.locator("[data-output]:visible").all()
        assert len(rows) == (44 if name == "Next" else 256)
        for row in [*rows[:3], *rows[-3:]]:
            j = int(row.get_attribute("data-neuron") or -1)
            assert row.get_attribute("data-output") == row.locator(".name").inner_text() == f"kind {j}"
            assert float(row.get_attribute("data-p") or 0) == p[j]
    assert int(rows[0].get_attribute("data-neuron") or -1) == int(np.argmax(p))
