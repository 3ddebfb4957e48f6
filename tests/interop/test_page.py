"""The page in a real browser, with real mouse, fingers and keys: pellucid's numbers, and nothing asked for."""

import base64
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pages import LOPSIDED, ONE, SEVEN, Open, digit_model, draw, on_clear_paper, paper_of, settled, wait_until
from pellucid import (
    GELU,
    InputError,
    LeakyReLU,
    Mish,
    Model,
    Network,
    ReLU,
    Sigmoid,
    SiLU,
    SquaredError,
    Tanh,
    export,
)
from pellucid.core.activations import Activation
from pellucid.core.losses import LOSSES, CrossEntropy
from pellucid.datasets import mnist
from pellucid.datasets.formats.images import read_images, to_mnist
from pellucid.model.columns import Category, Date, Number, Target
from pellucid.model.preprocessing import Preprocessing
from pellucid.render import model_page
from pellucid.render.model_page.data import DIGITS

NASTY = ("</script><b>", "__proto__", 'a "quoted" one', "émoji 🐧", "constructor")


def wanted(model: Model, X: Any) -> Any:
    outputs = model.in_units().astype(np.float64).predict(X)
    two = model.classes is not None and outputs.shape[1] == 1
    return np.hstack([1 - outputs, outputs]) if two else outputs


@pytest.mark.slow
@pytest.mark.parametrize(("places", "digit"), [(SEVEN, "7"), (ONE, "1"), (LOPSIDED, None)])
def test_a_drawn_digit_is_read_as_predict_reads_the_same_picture(
    places: list[tuple[int, int]], digit: str | None, see: Open
) -> None:
    shown = on_clear_paper(see)
    draw(shown, places)
    said = settled(shown)
    pixels = to_mnist(paper_of(shown), "the paper").reshape(1, -1)
    assert said["inputs"] == pytest.approx(pixels[0] / 255, abs=1e-12)
    assert said["outputs"] == pytest.approx(digit_model().network.predict(pixels)[0], abs=1e-5)
    if digit is not None:
        assert shown.get_attribute("[data-answer]", "data-answer") == digit


def pictures() -> list[Any]:
    """Digits as they are drawn, photographed, cut at the edge, in many sizes, and as they are in MNIST; and no ink."""
    rng, digits = np.random.default_rng(0), mnist().test
    assert digits is not None
    made = []
    for k in range(40):
        digit = Image.fromarray(digits.X[k].reshape(28, 28))
        drawn = np.zeros((280, 280), np.uint8)
        drawn[28:252, 28:252] = np.where(np.asarray(digit.resize((224, 224))) > 90, 255, 0)
        h, w = (int(side) for side in rng.integers(20, 400, 2))
        ink = np.asarray(digit.resize((w, h), Image.Resampling.BICUBIC), np.float64)
        photo = 200 + rng.normal(0, 4, (h, w)) + np.linspace(-40, 40, w) - 0.6 * ink
        made += [drawn, drawn[60:], np.clip(photo, 0, 255).astype(np.uint8)]
    hammer = np.zeros((280, 280), np.uint8)
    hammer[135:141, 20:260] = hammer[80:200, 20:70] = 255  # with its centre of mass in the middle it would not fit
    faint = np.full((90, 80), 200, np.uint8)
    faint[20:70, 35:45] = 185  # too little contrast for ink
    uniform, one = np.full((50, 60), 200, np.uint8), digits.X[2].reshape(28, 28)
    return [*made, hammer, faint, uniform, one, 255 - one]


@pytest.mark.slow
def test_the_page_brings_pictures_into_mnists_form_as_pellucid_does_to_the_last_pixel(see: Open) -> None:
    shown = see(digit_model())
    for k, grey in enumerate(pictures()):
        try:
            by_pellucid = to_mnist(grey, "picture").reshape(-1).tolist()
        except InputError:
            by_pellucid = None
        by_the_page = shown.evaluate(
            "([h, w, text]) => { const p = Float64Array.from(atob(text), c => c.charCodeAt(0));"
            "const made = toMnist({h, w, p}); return made && [...made.p]; }",
            [*grey.shape, base64.b64encode(grey.tobytes()).decode()],
        )
        assert by_the_page == by_pellucid, k


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["L", "RGB", "RGBA"])
def test_an_opened_picture_gives_what_predict_gives(kind: str, see: Open, tmp_path: Path) -> None:
    shown, path = on_clear_paper(see), tmp_path / "digit.png"
    picture = Image.fromarray(pictures()[5]).convert(kind)
    if kind == "RGB":  # ink of many colours
        colours = np.random.default_rng(0).integers(0, 256, (*pictures()[5].shape, 3))
        picture = Image.fromarray((255 - (255 - colours) * (pictures()[5][..., np.newaxis] < 128)).astype(np.uint8))
    if kind == "RGBA":
        picture.putalpha(Image.fromarray(255 - pictures()[5]).resize(picture.size))
    picture.save(path)
    shown.set_input_files("#file", path)
    wait_until(shown, "pellucid.inputs.some(x => x > 0)")
    assert np.rint(np.array(settled(shown)["inputs"]) * 255).tolist() == read_images(path)[0].tolist()


@pytest.mark.slow
def test_what_is_no_digit_leaves_the_drawing_and_says_so(see: Open, tmp_path: Path) -> None:
    shown = on_clear_paper(see)
    draw(shown, ONE)
    before = settled(shown)["inputs"]
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf8")
    Image.new("L", (60, 60), 128).save(tmp_path / "grey.png")
    for name, why in (("notes.txt", "this is no picture"), ("grey.png", "there is no ink")):
        shown.set_input_files("#file", tmp_path / name)
        wait_until(shown, "document.getElementById('told').textContent !== ''")
        assert shown.inner_text("#told").startswith(f"{name}: {why}")
        assert settled(shown)["inputs"] == before
        shown.evaluate("document.getElementById('told').textContent = ''")


@pytest.mark.slow
def test_the_ink_is_where_the_pen_is(see: Open) -> None:
    shown = on_clear_paper(see)
    draw(shown, [(201, 61)])
    settled(shown)
    rows, columns = np.nonzero(paper_of(shown))
    assert columns.mean() == pytest.approx(201, abs=1)
    assert rows.mean() == pytest.approx(61, abs=1)


@pytest.mark.slow
def test_clearing_and_undoing_leave_what_was_drawn_before(see: Open) -> None:
    shown = on_clear_paper(see)
    draw(shown, ONE)
    before = settled(shown)["inputs"]
    draw(shown, SEVEN)
    assert settled(shown)["inputs"] != before
    shown.click("#undo")
    assert settled(shown)["inputs"] == before
    draw(shown, SEVEN, button="right")  # which draws nothing
    assert settled(shown)["inputs"] == before
    shown.click("#clear")
    assert not any(settled(shown)["inputs"])


@pytest.mark.slow
def test_a_second_finger_does_not_join_the_stroke_of_the_first(see: Open) -> None:
    shown = on_clear_paper(see)
    box = shown.locator("#paper").bounding_box()
    scale = (box["width"] - 4) / 280
    touch = shown.context.new_cdp_session(shown)

    def fingers(kind: str, *places: tuple[int, int]) -> None:
        points = [
            {"x": box["x"] + 2 + x * scale, "y": box["y"] + 2 + y * scale, "id": k} for k, (x, y) in enumerate(places)
        ]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", (140, 40))
    fingers("touchMove", (140, 120))
    fingers("touchStart", (140, 120), (20, 20))
    fingers("touchMove", (140, 240), (20, 200))
    fingers("touchEnd")
    settled(shown)
    grey = paper_of(shown)
    assert grey[60:220, 135:145].min() == 255
    assert not grey[:, :100].any()


@pytest.mark.slow
def test_a_digit_can_be_drawn_with_the_keys(see: Open) -> None:
    shown = on_clear_paper(see)
    shown.focus("#paper")
    for key, times in (("ArrowUp", 9), ("Space", 1), ("ArrowDown", 18), ("Space", 1), ("ArrowLeft", 5)):
        for _ in range(times):
            shown.keyboard.press(key)
    settled(shown)
    assert shown.get_attribute("[data-answer]", "data-answer") == "1"
    for key, times in (("ArrowUp", 3), ("Space", 1), ("ArrowLeft", 2)):  # a short stroke at the lower left
        for _ in range(times):
            shown.keyboard.press(key)
    settled(shown)
    ink = paper_of(shown)[:, :100] > 0
    assert np.flatnonzero(ink.any(axis=1))[[0, -1]].tolist() == pytest.approx([189, 210], abs=1)
    assert np.flatnonzero(ink.any(axis=0))[[0, -1]].tolist() == pytest.approx([59, 99], abs=1)
    shown.keyboard.press("Delete")
    shown.keyboard.press("Delete")
    assert not any(settled(shown)["inputs"])


@pytest.mark.slow
def test_a_plain_picture_is_resized_as_predict_resizes_it(see: Open, tmp_path: Path) -> None:
    net = Network([12 * 9, 5, 2], rng=np.random.default_rng(0))
    shown = see(Model(net, ("a", "b"), image_shape=(12, 9), picture_form="plain"))
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (60, 47), dtype=np.uint8)).save(tmp_path / "one.png")
    shown.set_input_files("#file", tmp_path / "one.png")
    wait_until(shown, "pellucid.inputs.some(x => x > 0)")
    by_predict = read_images(tmp_path / "one.png", (12, 9), "plain")[0]
    assert np.rint(np.array(settled(shown)["inputs"]) * 255).tolist() == by_predict.tolist()


@pytest.mark.slow
def test_real_digits_to_try_give_the_models_probabilities(see: Open) -> None:
    shown, digits = see(digit_model()), mnist().test
    assert digits is not None
    buttons = shown.locator("#samples button")
    assert buttons.count() == 10
    for place, k in enumerate(DIGITS):
        buttons.nth(place).click()
        said = settled(shown)
        assert buttons.nth(place).get_attribute("aria-label") == f"Try a real {digits.y[k]}"
        assert said["inputs"] == pytest.approx(digits.X[k] / 255, abs=1e-12)
        assert said["outputs"] == pytest.approx(digit_model().network.predict(digits.X[k : k + 1])[0], abs=1e-5)
        assert shown.get_attribute("[data-answer]", "data-answer") == str(digits.y[k])


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", LOSSES)
def test_every_activation_and_loss_gives_the_same_numbers(name: str, dtype: Any, see: Open) -> None:
    loss = LOSSES[name]()
    outputs = 1 if loss.kind == "probabilities" else 3
    hidden: list[Activation] = [ReLU(), LeakyReLU(0.2), Sigmoid(), Tanh(), GELU(), SiLU(), Mish()]
    net = Network(
        [6, 5, 7, 5, 6, 5, 4, 6, outputs], activation=hidden, loss=loss, dtype=dtype, rng=np.random.default_rng(1)
    )
    net.theta = net.theta + np.random.default_rng(2).normal(0, 0.3, net.theta.size)
    classes = None if loss.kind == "values" else NASTY[: max(2, outputs)]
    model = Model(net, classes, (*NASTY, "x"))
    X = np.random.default_rng(3).normal(size=(8, 6)) * 3
    said = see(model).evaluate("X => X.map(x => answersOf(page.model, forward(page.net, x)))", X.tolist())
    assert np.array(said) == pytest.approx(wanted(model, X), abs=1e-5 if dtype == np.float32 else 1e-9)


PLAN = Preprocessing(
    (
        Number(NASTY[0], 10.0, 4.0, 12.0, gaps=True),
        Number(NASTY[1], 0.5, 0.5, 1.0, boolean=True),
        Category(NASTY[2], ("", *NASTY), others=True, gaps=True),
        Category(NASTY[3], ("x", "y")),
        Date(NASTY[4], 20_000.0, 300.0, 1.7e9, ("year", "week", "day"), gaps=True),
    ),
    targets=(Target("price", 200.0, 30.0),),
)
# as typed and chosen, and as pellucid reads it
ROWS: tuple[tuple[tuple[str, ...], tuple[Any, ...]], ...] = (
    (("7.25", "yes", NASTY[0], "y", "2026-11-26"), (7.25, 1.0, NASTY[0], "y", 1795651200.0)),
    (("", "no", "(another)", "x", "2026-11-26T18:30:00"), (np.nan, 0.0, "unknown", "x", 1795717800.0)),
    (("NA", "(missing)", "(missing)", "(another)", ""), (np.nan, np.nan, None, "unknown", np.nan)),
    (("-3e2", "yes", "", "x", "1969-12-31 00:00"), (-300.0, 1.0, "", "x", -86400.0)),
    (("12.", "no", NASTY[3], "x", "2026-11-26T18:30:00+02:00"), (12.0, 0.0, NASTY[3], "x", 1795710600.0)),
)


def table_model() -> Model:
    net = Network([len(PLAN.inputs), 9, 1], loss=SquaredError(), rng=np.random.default_rng(0))
    return Model(net, features=PLAN.inputs, preprocessing=PLAN)


@pytest.mark.slow
def test_rows_that_are_typed_are_answered_in_the_targets_units(see: Open) -> None:
    columns = {
        column.name: np.array([values[k] for _, values in ROWS], object if column.kind == "category" else np.float64)
        for k, column in enumerate(PLAN.columns)
    }
    X, shown = PLAN.transform(columns), see(table_model())
    assert shown.input_value("#field-0") == "12"
    assert shown.input_value("#field-4") == "2023-11-14T22:13:20"
    for (texts, _), x, y in zip(ROWS, X, wanted(table_model(), X), strict=True):
        for k, text in enumerate(texts):
            if k in (0, 4):
                shown.fill(f"#field-{k}", text)
            else:
                shown.select_option(f"#field-{k}", label=text)
        said = settled(shown)
        assert said["inputs"] == pytest.approx(x, abs=1e-9)
        assert said["outputs"] == pytest.approx(y, rel=1e-5)
        assert shown.inner_text("#answer").startswith("price: ")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "text", "why"),
    [
        (0, "0x10", "0x10 cannot be read; give a number"),
        (0, "Infinity", "Infinity cannot be read; give a number"),
        (0, "1,5", "1,5 cannot be read; give a number"),
        (4, "26.11.2026", "26.11.2026 cannot be read; give a date"),
        (4, "2026-13-01", "2026-13-01 cannot be read; give a date"),
        (4, "2026-02-30", "2026-02-30 cannot be read; give a date"),
        (4, "2026-02-28T24:00", "2026-02-28T24:00 cannot be read; give a date"),
    ],
)
def test_what_cannot_be_read_is_told_and_earlier_numbers_go(field: int, text: str, why: str, see: Open) -> None:
    shown = see(table_model())
    shown.fill(f"#field-{field}", text)
    assert shown.inner_text("#answer") == f"{NASTY[field]}: {why}."
    assert not shown.is_visible("#network")
    assert not shown.is_visible("#opened")
    shown.fill(f"#field-{field}", "")
    assert shown.is_visible("#network")
    assert shown.is_visible("#opened")


@pytest.mark.slow
@pytest.mark.parametrize("classes", [("no", "yes"), None])
def test_what_no_float32_holds_has_no_answer_here_either(classes: tuple[str, ...] | None, see: Open) -> None:
    plan = Preprocessing((Number("x", 0.0, 1.0, 1.0),), targets=() if classes else (Target("y", 0.0, 1.0),))
    loss = CrossEntropy() if classes else SquaredError()
    net = Network([1, 4, len(classes or ("y",))], loss=loss, rng=np.random.default_rng(0))
    net.theta = 10 * net.theta
    shown = see(Model(net, classes, ("x",), preprocessing=plan))
    for text in ("1e39", "1e308", "-1e200"):
        shown.fill("#field-0", text)
        assert shown.inner_text("#answer") == "The answer is no number, since a value is far too large."
        assert not shown.is_visible("#network")
    shown.fill("#field-0", "1e38")  # which float32 holds, and ten times it not: values in units are of float64
    assert shown.is_visible("#network") == (classes is None)
    shown.fill("#field-0", "1e9")
    assert shown.is_visible("#network")


@pytest.mark.slow
def test_an_input_of_a_plain_array_wants_a_number(see: Open) -> None:
    shown = see(Model(Network([2, 2], rng=np.random.default_rng(0)), features=("a", "b")))
    assert settled(shown)["inputs"] == [0, 0]
    shown.fill("#field-1", " ")
    assert shown.inner_text("#answer") == "b: nothing cannot be read; give a number."


@pytest.mark.slow
def test_a_date_that_no_calendar_holds_does_not_keep_the_form_from_starting(see: Open) -> None:
    plan = Preprocessing((Date("when", 0.0, 1.0, 1e18),))
    shown = see(Model(Network([1, 2], rng=np.random.default_rng(0)), features=plan.inputs, preprocessing=plan))
    assert shown.input_value("#field-0") == ""
    assert settled(shown)["inputs"] == [1e18 / 86400]


SHORT = Preprocessing(
    (Number("a", 0.0, 1.0, 0.5), Category('b, "c"', ("x", "y")), Number("d", 0.0, 1.0, 1.0, boolean=True))
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "inputs", "told"),
    [
        ("2.5,y,no", [2.5, 0, 1, 0], "3 of 3 values taken."),
        ("2.5;y;no", [2.5, 0, 1, 0], "3 of 3 values taken."),
        ("\n2.5\ty\tf\n", [2.5, 0, 1, 0], "3 of 3 values taken."),
        ('"2.5", "y", "no"', [2.5, 0, 1, 0], "3 of 3 values taken."),
        ('d,"more;",a,"b, ""c"""\r\nfalse,"a ""b""\n,;",2.5,y', [2.5, 0, 1, 0], "3 of 3 values taken."),
        ("a,d\n2.5,no", [2.5, 1, 0, 0], '2 of 3 values taken. Not there, and left as they were: b, "c".'),
        ("2.5,z,no\n1,x,yes", [2.5, 0, 0, 0], "3 of 3 values of the first row taken."),
        ("2.5,y,maybe", "d: maybe cannot be read; give yes or no.", "2 of 3 values taken. Cannot be read: d: maybe."),
        ("many,y,2", "a: many cannot be read; give a number.", "1 of 3 values taken. Cannot be read: a: many, d: 2."),
        ("2.5,y", [0.5, 1, 0, 1], "Nothing taken: 2 of 3 values, and no line of names before them."),
        ("x\n2.5", [0.5, 1, 0, 1], "Nothing taken: 1 of 3 values, and no line of names before them."),
        ("\n", [0.5, 1, 0, 1], ""),
    ],
)
def test_a_row_may_be_pasted(text: str, inputs: list[float] | str, told: str, see: Open) -> None:
    net = Network([len(SHORT.inputs), 2], rng=np.random.default_rng(0))
    shown = see(Model(net, ("no", "yes"), SHORT.inputs, preprocessing=SHORT))
    shown.click("summary")
    shown.fill("#paste", text)
    assert shown.inner_text("#pasted") == told
    if isinstance(inputs, list):
        assert settled(shown)["inputs"] == inputs
        return
    assert shown.inner_text("#answer") == inputs  # what is wrong in place of an earlier answer
    assert not shown.is_visible("#network")
    shown.fill("#field-0", "2.5")
    shown.select_option("#field-2", label="no")
    assert settled(shown)["inputs"] == [2.5, 0, 1, 0]


@pytest.mark.slow
def test_a_layer_is_one_stop_of_the_tab_key_and_the_arrows_go_through_it(see: Open) -> None:
    shown = see(table_model())
    assert shown.locator("#network button[tabindex='0']").count() == 3  # the inputs, and two layers
    shown.locator("#network button").first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Enter"):
        shown.keyboard.press(key)
    assert shown.inner_text("#opened-title") == PLAN.inputs[1]
    assert not shown.is_visible("#terms")
    shown.keyboard.press("End")
    shown.keyboard.press("Tab")
    shown.keyboard.press("Enter")
    assert shown.inner_text("#opened-title") == "Neuron 0 of layer 1"
    assert shown.is_visible("#terms")


@pytest.mark.slow
@pytest.mark.parametrize("make", [digit_model, table_model])
def test_nothing_sticks_out_of_a_narrow_screen(make: Any, see: Open) -> None:
    shown = see(make())
    shown.set_viewport_size({"width": 390, "height": 800})
    shown.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    shown.locator("#network button").first.click()
    sticking = shown.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 391)"
        ".map(e => e.outerHTML.slice(0, 80))"
    )
    assert sticking == []


@pytest.mark.slow
def test_no_other_script_runs_in_the_page(browser: Any, tmp_path: Path) -> None:
    export(digit_model(), tmp_path / "page.html", to="html")
    text = (tmp_path / "page.html").read_text(encoding="utf8")
    (tmp_path / "page.html").write_text(text.replace("<main>", "<main><script>window.other = 1</script>"), "utf8")
    shown = browser.new_page()
    shown.goto((tmp_path / "page.html").as_uri())
    wait_until(shown, "window.pellucid !== undefined")
    assert shown.evaluate("[window.other ?? null, pellucid.outputs.length]") == [None, 10]
    shown.close()


def test_the_page_is_small_and_forbids_itself_the_network() -> None:
    text = model_page.model_page(digit_model())
    assert len(text.encode()) <= 160_000
    assert "default-src 'none'" in text
    assert not re.search(r"https?://", text)


def test_no_name_ends_the_script() -> None:
    text = model_page.model_page(table_model())
    assert text.count("</script>") == 2
