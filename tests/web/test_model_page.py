"""The laws of the exported page: alive at once, nothing jumps, every number opens, and the way back is explain's."""

from typing import Any

import numpy as np
import pytest

from pages import SEVEN, Open, digit_model, draw, on_clear_paper, paper_of, settled
from pellucid import GELU, Model, Network, SquaredError, Tanh, explain
from pellucid.core.activations import Activation, ReLU, Sigmoid
from pellucid.core.losses import BinaryCrossEntropy, CrossEntropy, Huber, Loss, SoftmaxSquaredError
from pellucid.core.network import forward
from pellucid.core.trace import Trace
from pellucid.datasets import Samples, mnist
from pellucid.datasets.formats.images import to_mnist
from pellucid.model.additions import SmoothedCrossEntropy
from pellucid.model.columns import Category, Date, Number
from pellucid.model.preprocessing import Preprocessing
from pellucid.render.model_page.data import DIGITS, surest_mistake

pytestmark = pytest.mark.slow
SIZES = [(390, 844), (1280, 800), (1920, 1080)]
SHIFTS = """() => { window.shifts = []; new PerformanceObserver(list => {
    for (const one of list.getEntries())
        window.shifts.push([one.value, ...one.sources.map(s => s.node?.outerHTML?.slice(0, 90))]);
}).observe({type: "layout-shift", buffered: true}); }"""


def plain_model(loss: Loss | None = None, *, outputs: int = 3) -> Model:
    """A network of float64 with two kinds of activations."""
    hidden: list[Activation] = [Tanh(), GELU()]
    rng = np.random.default_rng(4)
    net = Network([6, 5, 7, outputs], activation=hidden, loss=loss or CrossEntropy(), dtype=np.float64, rng=rng)
    net.theta = net.theta + rng.normal(0, 0.3, net.theta.size)
    classes = None if net.loss.kind == "values" else tuple("abcdef"[: max(2, outputs)])
    return Model(net, classes, tuple("uvwxyz"))


def column_model() -> Model:
    plan = Preprocessing(
        (
            Number("age", 40.0, 12.0, 44.0, gaps=True),
            Category("place", ("x", "y", "z"), others=True, gaps=True),
            Date("since", 20_000.0, 300.0, 1.7e9, ("year", "week")),
        )
    )
    net = Network(
        [len(plan.inputs), 9, 4, 2], activation=[ReLU(), Sigmoid()], dtype=np.float64, rng=np.random.default_rng(0)
    )
    return Model(net, ("no", "yes"), plan.inputs, preprocessing=plan)


def traced(model: Model, x: list[float]) -> Trace:
    net = model.network.astype(np.float64)
    trace = Trace(net, 1)
    trace.fill(np.array([x]), None)
    forward(net, trace)
    return trace


def fill(shown: Any) -> None:
    """Values into a form without columns."""
    for k, value in enumerate([0.5, -1.25, 2, 0, 0.75, -0.5]):
        shown.fill(f"#field-{k}", str(value))


def numbers(shown: Any, selector: str, name: str) -> list[float]:
    return [float(text) for text in shown.eval_on_selector_all(selector, f"all => all.map(one => one.dataset.{name})")]


def test_a_real_digit_and_its_answer_are_there_without_a_click(see: Open) -> None:
    shown, digits = see(digit_model()), mnist().test
    assert digits is not None
    assert shown.get_attribute("[data-answer]", "data-answer") == str(digits.y[DIGITS[0]])
    assert settled(shown)["inputs"] == pytest.approx(digits.X[DIGITS[0]] / 255, abs=1e-12)
    assert paper_of(shown).max() > 200
    assert shown.is_visible("[data-opened] [data-bias]")


def test_a_hundred_drawings_give_the_pixels_that_predict_takes(see: Open) -> None:
    shown, rng = on_clear_paper(see), np.random.default_rng(7)
    for k in range(100):
        strokes = []
        for _ in range(rng.integers(1, 4)):
            start, steps = rng.uniform(30, 250, 2), rng.normal(0, 22, (rng.integers(2, 14), 2))
            strokes.append(np.clip(start + steps.cumsum(axis=0), 0, 280).tolist())
        shown.evaluate(
            "strokes => { page.paper.put(null); for (const [first, ...others] of strokes) {"
            "const made = page.paper.begin(first); for (const place of others) page.paper.extend(made, place); } }",
            strokes,
        )
        said = np.array(settled(shown)["inputs"]) * 255
        assert np.abs(said - to_mnist(paper_of(shown), "the paper").reshape(-1)).max() <= 1, k


def test_nothing_moves_while_a_digit_is_drawn(see: Open) -> None:
    shown = see(digit_model())
    shown.evaluate(SHIFTS)
    shown.click("#clear")
    shown.click("[data-layer='1'][data-neuron='4']")
    shown.click("[data-label='7']")
    shown.wait_for_timeout(600)
    shown.evaluate("() => { window.shifts.length = 0; }")
    places = "all => all.map(one => [one.dataset.output, one.getBoundingClientRect().top])"
    before = shown.eval_on_selector_all("[data-output]", places)
    assert [name for name, _ in before] == list("0123456789")
    for _ in range(3):  # 60 pointer events and more
        draw(shown, SEVEN)
        settled(shown)
        assert shown.eval_on_selector_all("[data-output]", places) == before
    assert shown.evaluate("window.shifts") == []


def test_nothing_moves_while_the_page_opens(see: Open) -> None:
    shown = see(digit_model())
    shown.evaluate(SHIFTS)
    shown.wait_for_timeout(100)
    assert shown.evaluate("window.shifts") == []


@pytest.mark.parametrize("size", SIZES)
def test_what_is_opened_is_in_view(size: tuple[int, int], see: Open) -> None:
    shown = see(digit_model())
    shown.set_viewport_size({"width": size[0], "height": size[1]})
    for l, j in ((1, 31), (2, 3), (3, 9)):
        shown.click(f"[data-layer='{l}'][data-neuron='{j}']")
        shown.wait_for_timeout(50)
        assert shown.get_attribute("[data-opened]", "data-opened") == f"{l},{j}"
        for selector in ("#opened-title", "[data-formula=z]", "[data-bias]"):
            box = shown.locator(selector).bounding_box()
            assert 0 <= box["y"] <= box["y"] + box["height"] <= size[1], (selector, l)
            assert 0 <= box["x"] <= box["x"] + box["width"] <= size[0], (selector, l)


@pytest.mark.parametrize("make", [digit_model, plain_model, column_model])
def test_the_terms_of_any_neuron_come_to_the_score_of_the_engine(make: Any, see: Open) -> None:
    model = make()
    shown, rng = see(model), np.random.default_rng(3)
    if make is plain_model:
        fill(shown)
    trace, sizes = traced(model, settled(shown)["inputs"]), model.network.sizes
    for _ in range(50):
        l = int(rng.integers(1, len(sizes)))
        j = int(rng.integers(sizes[l]))
        shown.evaluate("([l, j]) => { open(l, j); }", [l, j])
        products = numbers(shown, "[data-term]", "product")
        rest = numbers(shown, "[data-rest]:not([hidden])", "rest")
        (bias,) = numbers(shown, "[data-bias]", "bias")
        assert sum(products) + sum(rest) + bias == pytest.approx(trace.z[l - 1][0, j], abs=1e-6)
        w, x = numbers(shown, "[data-term]", "w"), numbers(shown, "[data-term]", "x")
        assert products == [p * q for p, q in zip(w, x, strict=True)]
        node = f"[data-layer='{l}'][data-neuron='{j}']"
        assert numbers(shown, node, "z") == pytest.approx([trace.z[l - 1][0, j]], abs=1e-6)
        assert numbers(shown, node, "a") == pytest.approx([trace.a[l][0, j]], abs=1e-6)


def test_each_column_of_a_table_has_its_part_in_the_first_layer(see: Open) -> None:
    model = column_model()
    shown = see(model)
    assert model.preprocessing is not None
    x = np.array(settled(shown)["inputs"])
    for j in range(9):
        shown.evaluate("j => { open(1, j); }", j)
        parts = dict(
            zip(
                shown.eval_on_selector_all("[data-column]", "all => all.map(one => one.dataset.column)"),
                numbers(shown, "[data-column]", "part"),
                strict=True,
            )
        )
        for column, place in zip(model.preprocessing.columns, model.preprocessing.places(), strict=True):
            assert parts[column.name] == pytest.approx(model.network.layers[0].W[j, place] @ x[place], abs=1e-12)


def test_each_input_of_a_table_says_what_it_is_and_what_it_comes_to(see: Open) -> None:
    shown = see(column_model())
    shown.fill("#field-0", "52")
    shown.select_option("#field-1", label="y")
    shown.fill("#field-2", "2026-03-01")
    x = settled(shown)["inputs"]
    rows = [row.inner_text().split("\n") for row in shown.locator("[data-layer='0']").all()]
    names = [name for name, _ in rows]
    assert [names[0], *names[2:5], names[7]] == [
        "age = 52",
        "place = x",
        "place = y",
        "place = z",
        "since = 2026-03-01",
    ]
    for (_, said), value in zip(rows, x, strict=True):
        assert float(said.replace("−", "-")) == pytest.approx(value, abs=5e-4)
        assert said.startswith(("+", "−", "0", "1"))
    shown.select_option("#field-1", label="z")
    assert [row.locator(".num").inner_text() for row in shown.locator("[data-layer='0']").all()[2:5]] == ["0", "0", "1"]


def walked(shown: Any) -> list[dict[str, Any]]:
    """Every step of the way back, one after the other."""
    found = []
    while True:
        found.append(shown.evaluate("() => ({...document.getElementById('walk').dataset})"))
        if shown.is_disabled("#walk-next"):
            return found
        shown.click("#walk-next")
        l, j = shown.get_attribute("[data-opened]", "data-opened").split(",")
        assert j == shown.get_attribute("#walk", "data-neuron")
        assert int(l) >= 1


@pytest.mark.parametrize(
    "loss",
    [CrossEntropy(), SoftmaxSquaredError(), SmoothedCrossEntropy(0.2), BinaryCrossEntropy()],
    ids=lambda l: l.name,
)
def test_the_way_back_has_the_numbers_of_explain(loss: Loss, see: Open) -> None:
    model = plain_model(loss, outputs=1 if loss.kind == "probabilities" else 3)
    shown = see(model)
    fill(shown)
    shown.click("[data-label='b']")
    check_the_way_back(shown, explain.sample(model, settled(shown)["inputs"], 1))


@pytest.mark.parametrize("loss", [SquaredError(), Huber(0.5)], ids=lambda l: l.name)
def test_values_that_were_meant_are_typed(loss: Loss, see: Open) -> None:
    model = plain_model(loss, outputs=2)
    shown = see(model)
    fill(shown)
    shown.locator("[data-target]").nth(0).fill("0.25")
    assert not shown.is_visible("#walk")  # one of two is no target
    shown.locator("[data-target]").nth(1).fill("-3")
    check_the_way_back(shown, explain.sample(model, settled(shown)["inputs"], [0.25, -3.0]))


def check_the_way_back(shown: Any, said: explain.Explanation) -> None:
    known = {step.name: np.asarray(step.value) for step in said.steps}
    net = {step.name: step.operands for step in said.steps}
    assert numbers(shown, "[data-loss]", "loss") == pytest.approx([float(known["loss"])], rel=1e-12, abs=1e-12)
    for l in (1, 2, 3):
        deltas = numbers(shown, f"[data-layer='{l}'][data-neuron]", "delta")
        assert deltas == pytest.approx(known[f"delta{l}"].tolist(), abs=1e-12)
    steps = walked(shown)
    assert [step["step"] for step in steps] == (
        ["loss", "delta3", "dW3", "db3", "W3", "b3"]
        + [f"{name}{l}" for l in (2, 1) for name in ("dLoss/da", "delta", "dW", "db", "W", "b")]
    )
    for step in steps:
        name, j, value = step["step"], int(step["neuron"]), float(step["value"])
        if name == "loss":
            expected = known[name]
        elif name.startswith("dLoss/da"):
            l = int(name[-1])
            operands = net[f"delta{l}"]
            expected = (np.asarray(operands[f"W{l + 1}"]).T @ np.asarray(operands[f"delta{l + 1}"]))[j]
        else:
            expected = known[name][(j, int(step["input"])) if "W" in name else j]
        assert value == pytest.approx(float(expected), abs=1e-12), name


def test_a_label_shows_each_terms_gradient_and_next_weight(see: Open) -> None:
    model = digit_model()
    shown = see(model)
    shown.click("[data-label='4']")
    shown.click("[data-layer='2'][data-neuron='3']")
    said = explain.sample(model, settled(shown)["inputs"], 4)
    known = {step.name: np.asarray(step.value) for step in said.steps}
    inputs = [int(i) for i in numbers(shown, "[data-term]", "term")]
    assert numbers(shown, "[data-term]", "gradient") == pytest.approx(known["dW2"][3, inputs].tolist(), abs=1e-9)
    assert numbers(shown, "[data-term]", "next") == pytest.approx(known["W2"][3, inputs].tolist(), abs=1e-9)
    shown.click("[data-label='4']")  # and away again
    assert not shown.is_visible("#walk")
    assert shown.locator("[data-delta]").count() == 0


def test_an_example_lands_on_the_paper_and_can_be_drawn_over(see: Open) -> None:
    shown, digits = on_clear_paper(see), mnist().test
    assert digits is not None
    shown.locator("#samples button").nth(1).click()
    settled(shown)
    before = paper_of(shown)
    large = np.kron(digits.X[DIGITS[1]].reshape(28, 28), np.ones((10, 10)))
    assert np.corrcoef(before.ravel(), large.ravel())[0, 1] > 0.9
    draw(shown, SEVEN)
    said = np.array(settled(shown)["inputs"]) * 255
    after = paper_of(shown)
    assert (after >= before.astype(int) - 1).all()
    assert (after > before).sum() > 3000
    assert np.abs(said - to_mnist(after, "the paper").reshape(-1)).max() <= 1
    shown.click("#undo")
    settled(shown)
    assert (paper_of(shown) == before).all()


def test_a_mistake_of_the_test_set_is_a_key_away(see: Open) -> None:
    """The network is wrong about it and sure, and the page says what it is."""
    shown, digits = see(digit_model()), mnist().test
    assert isinstance(digits, Samples)
    p = digit_model().network.predict(digits.X / np.float32(255))
    wrong = np.flatnonzero(p.argmax(axis=1) != digits.y)
    k = int(wrong[p[wrong].max(axis=1).argmax()])
    shown.focus("#mistake")
    shown.keyboard.press("Enter")
    said = settled(shown)
    assert said["inputs"] == pytest.approx(digits.X[k] / 255, abs=1e-12)
    assert shown.get_attribute("[data-answer]", "data-answer") == str(p[k].argmax())
    assert shown.get_attribute("[data-label][aria-pressed=true]", "data-label") == str(digits.y[k])
    assert shown.inner_text("#told").startswith(f"Sample {k} of the test digits: a {digits.y[k]}.")
    assert said["back"]["loss"] == pytest.approx(-np.log(p[k, digits.y[k]]), rel=1e-4)
    assert shown.locator("#samples button").count() == 10
    draw(shown, SEVEN)
    assert shown.inner_text("#told") == ""


def test_of_no_mistakes_and_of_other_classes_there_is_no_button(see: Open) -> None:
    net = Network([784, 10], rng=np.random.default_rng(0))
    model = Model(net, tuple("abcdefghij"), image_shape=(28, 28), picture_form="mnist")
    assert not see(model).is_visible("#mistake")
    digits = mnist().test
    assert isinstance(digits, Samples)
    right = digits.y[:50] == digit_model().network.predict(digits.X[:50] / np.float32(255)).argmax(axis=1)
    assert surest_mistake(digit_model(), Samples(digits.X[:50][right], digits.y[:50][right])) is None


def test_the_first_digit_gives_way_to_the_first_stroke(see: Open) -> None:
    """Nobody chose it; one that a person chose stays, and is drawn over."""
    shown = see(digit_model())
    first = paper_of(shown)
    draw(shown, SEVEN)
    settled(shown)
    drawn = paper_of(shown)
    shown.click("#undo")
    settled(shown)
    assert (paper_of(shown) == first).all()
    draw(shown, SEVEN)  # which came back, and gives way again
    settled(shown)
    assert (paper_of(shown) == drawn).all()
    shown.click("#clear")
    draw(shown, SEVEN)
    settled(shown)
    assert (paper_of(shown) == drawn).all()
    shown.locator("#samples button").first.click()
    draw(shown, SEVEN)
    settled(shown)
    assert (paper_of(shown) > drawn).sum() > 3000


def test_a_pixel_and_its_row_light_up_together(see: Open) -> None:
    shown = see(digit_model())
    shown.click("[data-layer='1'][data-neuron='4']")
    row = shown.locator("[data-term]").nth(2)
    for reach in (row.hover, row.locator("button").focus):
        shown.mouse.move(2, 2)
        reach()
        assert shown.locator("[data-term].lit").count() == 1
        assert shown.is_visible("#seen-spot")
        assert shown.locator(".pictures .spot:visible").count() == 2
    i = int(row.get_attribute("data-term") or 0)
    shown.mouse.move(2, 2)
    picture = shown.locator(".pictures canvas").first
    box = picture.bounding_box()
    picture.hover(position={"x": (i % 28 + 0.5) * box["width"] / 28, "y": (i // 28 + 0.5) * box["height"] / 28})
    assert "lit" in (row.get_attribute("class") or "")


def test_a_probability_below_1_is_never_100_percent(see: Open) -> None:
    shown = see(digit_model())
    for k in range(10):
        shown.locator("#samples button").nth(k).click()
        settled(shown)
        for row in shown.locator("[data-output]").all():
            p, text = float(row.get_attribute("data-p") or 0), row.locator(".num").inner_text()
            assert p == 1 or not text.startswith("100"), (p, text)


def test_zero_is_the_surface_in_the_dark_too(see: Open) -> None:
    shown = see(digit_model())
    for scheme, colour in (("light", [0, 114, 178]), ("dark", [86, 180, 233])):
        shown.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        shown.wait_for_timeout(50)
        pixels = np.array(
            shown.evaluate(
                "() => { const copy = document.createElement('canvas'); copy.width = copy.height = 28;"
                "const pen = copy.getContext('2d', {willReadFrequently: true});"
                "pen.drawImage(document.querySelector('.tile canvas'), 0, 0);"
                "return [...pen.getImageData(0, 0, 28, 28).data]; }"
            )
        ).reshape(-1, 4)
        W = digit_model().network.layers[0].W[0]
        assert np.abs(pixels[:, 3] - 255 * np.abs(W) / np.abs(W).max()).max() <= 1
        strong = pixels[(W > 0) & (pixels[:, 3] > 200)]
        assert np.abs(strong[:, :3] - colour).max() <= 1


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("make", [digit_model, column_model])
def test_what_is_touched_is_large_enough(make: Any, coarse: bool, browser: Any, see: Open) -> None:
    shown = see(make())
    if coarse:
        session = shown.context.new_cdp_session(shown)
        session.send("Emulation.setEmulatedMedia", {"features": [{"name": "pointer", "value": "coarse"}]})
        session.send(
            "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
        )
        assert shown.evaluate("matchMedia('(pointer: coarse)').matches")
    shown.locator("[data-layer='1']").first.click()
    shown.locator("[data-label]").first.click()
    small = shown.evaluate(
        """coarse => [...document.querySelectorAll(
            "button, select, input:not([type=file]), summary, label.file, #paper, textarea")]
        .filter(one => one.checkVisibility()).map(one => {
            const box = one.getBoundingClientRect(), dense = one.matches(".cell, .tile, button.output, .link");
            const least = dense && !coarse ? 28 : 44;
            const small = box.width < least - 0.5 || box.height < least - 0.5;
            return small ? `${one.outerHTML.slice(0, 90)} ${box.width} ${box.height}` : "";
        }).filter(Boolean)""",
        coarse,
    )
    assert small == []


WHERE = """(one => one.closest("#opened") ? "opened"
    : one.id || one.dataset.label || one.dataset.layer || "")(document.activeElement)"""


def test_the_keyboard_reaches_everything_and_leads_from_a_drawing_to_the_last_formula(see: Open) -> None:
    shown = see(digit_model())
    reached = []
    for _ in range(90):
        shown.keyboard.press("Tab")
        reached.append(shown.evaluate(WHERE))
    assert {"theme", "paper", "clear", "undo", "file", "0", "9", "1", "2", "3", "opened"} <= set(reached)
    shown.focus("#paper")
    for key in ("Delete", *["ArrowUp"] * 9, "Space", *["ArrowDown"] * 18, "Space"):
        shown.keyboard.press(key)
    settled(shown)
    shown.focus("[data-label='1']")
    shown.keyboard.press("Space")
    shown.focus("[data-layer='1'][data-neuron='0']")
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        shown.keyboard.press(key)
    chosen = shown.get_attribute("[data-opened]", "data-opened")
    assert chosen.startswith("1,")
    assert chosen != "1,0"
    shown.focus("#walk-next")
    for _ in range(40):
        if shown.is_disabled("#walk-next"):
            break
        shown.keyboard.press("Enter")
    assert shown.get_attribute("#walk", "data-step") == "b1"
    shown.locator("[data-opened] [data-term] button").first.focus()
    assert shown.is_visible("#seen-spot")


def test_going_down_and_back_again(see: Open) -> None:
    shown = see(digit_model())
    first = shown.get_attribute("[data-opened]", "data-opened")
    shown.locator("[data-term] button").first.click()
    second = shown.get_attribute("[data-opened]", "data-opened")
    assert second.startswith("2,")
    shown.click("#back")
    assert shown.get_attribute("[data-opened]", "data-opened") == first
    assert not shown.is_visible("#back")


def test_more_of_the_terms_can_be_seen(see: Open) -> None:
    shown = see(digit_model())
    shown.click("[data-layer='1'][data-neuron='4']")
    before = shown.locator("[data-term]").count()
    shown.click("[data-rest] button")
    assert shown.locator("[data-term]").count() == before + 24


def test_the_rows_of_columns_leave_nothing_behind(see: Open) -> None:
    shown = see(column_model())
    for l, columns in ((1, 3), (2, 0), (1, 3)):
        shown.evaluate("l => { open(l, 2); }", l)
        assert shown.locator("[data-column]").count() == columns
        assert shown.locator("#terms .column").count() == columns
        assert shown.locator("#terms .part").count() == (
            0 if l == 2 else shown.locator("[data-term]:not([data-column])").count()
        )


def test_where_a_slope_is_not_known_the_page_says_where_the_way_back_ends(see: Open) -> None:
    class Step(ReLU):
        formula = ReLU.formula._replace(slope="np.heaviside({z}, 0)")

    net = Network([6, 5, 7, 3], activation=[Step(), Tanh()], dtype=np.float64, rng=np.random.default_rng(4))
    shown = see(Model(net, ("a", "b", "c"), tuple("uvwxyz")))
    fill(shown)
    shown.click("[data-label='b']")
    assert "The way back ends above layer 1" in shown.inner_text("#loss")
    assert shown.locator("[data-layer='2'][data-delta]").count() == 7
    assert shown.locator("[data-layer='1'][data-delta]").count() == 0
    assert [step["step"] for step in walked(shown)][-1] == "b2"
