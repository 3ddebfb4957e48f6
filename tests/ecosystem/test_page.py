"""The page in a real browser: it draws, it computes pellucid's numbers, and it asks for nothing."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import GELU, LeakyReLU, Model, Network, ReLU, Sigmoid, SquaredError, Tanh, export, load_model
from pellucid.activations import Activation
from pellucid.columns import Category, Date, Number, Target
from pellucid.datasets import mnist
from pellucid.ecosystem import page
from pellucid.losses import LOSSES
from pellucid.preprocessing import Preprocessing

PACKAGED = Path(page.__file__).parents[2] / "models" / "digits.safetensors"
NASTY = ("</script><b>", "__proto__", 'a "quoted" one', "émoji 🐧", "constructor")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--virtual-time-budget=5000",
)  # fmt: skip


def digit_model() -> Model:
    return load_model(PACKAGED)


def run(model: Model, tmp_path: Path, script: str) -> Any:
    """What a script in the page of a model returns, run in Chromium once the page is there; faults are told, too."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "these tests need Chromium: apt-get install chromium"
    path = tmp_path / "page.html"
    export(model, path, to="html")
    text = path.read_text(encoding="utf8")
    faults = (
        '<script>window.faults = []; addEventListener("error", e => faults.push(e.message));'
        'addEventListener("securitypolicyviolation", e => faults.push(e.violatedDirective));</script>'
    )
    end = (
        f'<script>addEventListener("load", () => {{ const said = (() => {{ {script} }})();'
        "const asked = performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith('data:'));"
        "const made = document.createElement('pre'); made.id = 'said';"
        "made.textContent = JSON.stringify({said, asked, faults}); document.body.append(made); });</script></body>"
    )
    path.write_text(text.replace("<style>", faults + "<style>", 1).replace("</body>", end), encoding="utf8")
    done = subprocess.run(
        [found, *QUIET, "--window-size=1200,900", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
         path.as_uri()],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    said = re.search(r'<pre id="said">(.*?)</pre>', done.stdout, re.DOTALL)
    assert said is not None, done.stderr[-2000:]
    result = json.loads(said[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    assert result["asked"] == []
    assert result["faults"] == []
    return result["said"]


def wanted(model: Model, X: Any) -> Any:
    outputs = model.in_units().astype(np.float64).predict(X)
    two = model.classes is not None and outputs.shape[1] == 1
    return np.hstack([1 - outputs, outputs]) if two else outputs


DRAW = """
const paper = document.getElementById("paper"), box = paper.getBoundingClientRect();
const go = (kind, x, y) => paper.dispatchEvent(new PointerEvent(kind, {
  clientX: box.left + x, clientY: box.top + y, pointerId: 1, bubbles: true}));
const stroke = places => {
  go("pointerdown", ...places[0]); places.slice(1).forEach(place => go("pointermove", ...place));
  go("pointerup", ...places[places.length - 1]); };
"""
SEVEN = "stroke([[70, 60], [130, 58], [205, 62], [180, 110], [150, 170], [130, 235]]);"
ONE = "stroke([[150, 40], [146, 90], [141, 140], [137, 190], [132, 240]]);"


@pytest.mark.slow
@pytest.mark.parametrize(("strokes", "digit"), [(SEVEN, "7"), (ONE, "1")])
def test_a_drawn_digit_is_read_as_pellucid_reads_it(strokes: str, digit: str, tmp_path: Path) -> None:
    said = run(digit_model(), tmp_path, DRAW + strokes + "return window.pellucid;")
    X = np.array([said["inputs"]])
    assert said["outputs"] == pytest.approx(wanted(digit_model(), X)[0], abs=1e-5)
    assert digit_model().class_names[int(np.argmax(said["outputs"]))] == digit
    picture = np.rint(X.reshape(28, 28) * 255)
    rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
    assert max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1 == 20  # MNIST's box


@pytest.mark.slow
def test_clearing_and_undoing_leave_what_was_drawn_before(tmp_path: Path) -> None:
    before, after, none = run(
        digit_model(),
        tmp_path,
        DRAW + ONE + "const before = [...pellucid.inputs];" + SEVEN + 'document.getElementById("undo").click();'
        "const after = [...pellucid.inputs]; document.getElementById('clear').click();"
        "return [before, after, [...pellucid.inputs]];",
    )  # fmt: skip
    assert before == after
    assert any(before)
    assert not any(none)


@pytest.mark.slow
def test_real_digits_to_try_give_the_models_probabilities(tmp_path: Path) -> None:
    said = run(
        digit_model(),
        tmp_path,
        "return [...document.querySelectorAll('#samples button')].map(b => { b.click(); return [b.getAttribute("
        "'aria-label'), pellucid.outputs, pellucid.inputs, document.getElementById('answer').textContent]; });",
    )
    digits = mnist().test
    assert digits is not None
    assert len(said) == 10
    for k, (label, outputs, inputs, answer) in zip(page.DIGITS, said, strict=True):
        assert label == f"Try a real {digits.y[k]}"
        assert inputs == pytest.approx(digits.X[k] / 255, abs=1e-12)
        assert outputs == pytest.approx(digit_model().network.predict(digits.X[k : k + 1])[0], abs=1e-5)
        assert answer.startswith(f"{digits.y[k]} (")


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", LOSSES)
def test_every_activation_and_loss_gives_the_same_numbers(name: str, dtype: Any, tmp_path: Path) -> None:
    loss = LOSSES[name]()
    outputs = 1 if loss.kind == "probabilities" else 3
    hidden: list[Activation] = [ReLU(), LeakyReLU(0.2), Sigmoid(), Tanh(), GELU()]
    net = Network([6, 5, 7, 5, 6, 5, outputs], activation=hidden, loss=loss, dtype=dtype, rng=np.random.default_rng(1))
    net.theta = net.theta + np.random.default_rng(2).normal(0, 0.3, net.theta.size)
    classes = None if loss.kind == "values" else NASTY[: max(2, outputs)]
    model = Model(net, classes, (*NASTY, "x"))
    X = np.random.default_rng(3).normal(size=(8, 6)) * 3
    said = run(model, tmp_path, f"return {json.dumps(X.tolist())}.map(x => [...answers(forward(x))]);")
    assert np.array(said) == pytest.approx(wanted(model, X), abs=1e-5 if dtype == np.float32 else 1e-9)


PLAN = Preprocessing(
    (
        Number(NASTY[0], 10.0, 4.0, 12.0, gaps=True),
        Number(NASTY[1], 0.5, 0.5, 1.0, boolean=True),
        Category(NASTY[2], NASTY, others=True, gaps=True),
        Category(NASTY[3], ("x", "y")),
        Date(NASTY[4], 20_000.0, 300.0, 1.7e9, ("year", "week", "day"), gaps=True),
    ),
    targets=(Target("price", 200.0, 30.0),),
)
ROWS: tuple[tuple[tuple[str, ...], tuple[Any, ...]], ...] = (
    (("7.25", "1", NASTY[0], "y", "2026-11-26"), (7.25, 1.0, NASTY[0], "y", 1795651200.0)),
    (("", "0", "\0", "x", "2026-11-26T18:30:00"), (np.nan, 0.0, "unknown", "x", 1795717800.0)),
    (("NA", "", "", "\0", ""), (np.nan, np.nan, None, "unknown", np.nan)),
    (("-3e2", "1", NASTY[3], "x", "1969-12-31"), (-300.0, 1.0, NASTY[3], "x", -86400.0)),
)


def table_model() -> Model:
    net = Network([len(PLAN.inputs), 9, 1], loss=SquaredError(), rng=np.random.default_rng(0))
    return Model(net, features=PLAN.inputs, preprocessing=PLAN)


@pytest.mark.slow
def test_rows_that_are_typed_are_answered_in_the_targets_units(tmp_path: Path) -> None:
    typed = json.dumps([texts for texts, _ in ROWS]).replace("<", "\\u003c")
    said = run(
        table_model(),
        tmp_path,
        f"return {typed}.map(texts => {{ texts.forEach((text, k) => {{ const field = document.getElementById("
        "`field-${k}`); field.value = text; field.dispatchEvent(new Event('input')); }); return [pellucid.inputs, "
        "pellucid.outputs, document.getElementById('answer').textContent]; });",
    )
    columns = {
        column.name: np.array([values[k] for _, values in ROWS], object if column.kind == "category" else np.float64)
        for k, column in enumerate(PLAN.columns)
    }
    X = PLAN.transform(columns)
    answers = wanted(table_model(), X)
    for (inputs, outputs, answer), x, y in zip(said, X, answers, strict=True):
        assert inputs == pytest.approx(x, abs=1e-9)
        assert outputs == pytest.approx(y, rel=1e-5)
        assert answer.startswith("price: ")


@pytest.mark.slow
def test_a_row_may_be_pasted_and_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    plan = Preprocessing((Number("a", 0.0, 1.0, 0.0), Category("b", ("x", "y"))))
    model = Model(Network([3, 2], rng=np.random.default_rng(0)), ("no", "yes"), plan.inputs, preprocessing=plan)
    pasted, told, wrong = run(
        model,
        tmp_path,
        "const box = document.getElementById('paste'); box.value = 'b\\ta\\tmore\\ny\\t2.5\\t1';"
        "box.dispatchEvent(new Event('input')); const inputs = [...pellucid.inputs];"
        "const told = document.getElementById('pasted').textContent; const field = document.getElementById('field-0');"
        "field.value = 'two'; field.dispatchEvent(new Event('input'));"
        "return [inputs, told, document.getElementById('answer').textContent];",
    )
    assert pasted == [2.5, 0, 1]
    assert told == "2 of 2 values taken."
    assert wrong == "a: two cannot be read."


@pytest.mark.slow
def test_a_neurons_terms_come_to_its_score(tmp_path: Path) -> None:
    title, rows = run(
        digit_model(),
        tmp_path,
        "document.querySelector('#samples button').click(); document.querySelectorAll('.layer')[1].children[3].click();"
        "return [document.getElementById('neuron-title').textContent,"
        "[...document.querySelectorAll('#terms tbody tr')].map(r => [...r.children].map(c => c.textContent))];",
    )
    z = float(re.search(r"z = (\S+),", title)[1])  # type: ignore[index]
    assert sum(float(row[-1]) for row in rows) == pytest.approx(z, abs=2e-3)
    assert rows[-1][0] == "b"


@pytest.mark.slow
@pytest.mark.parametrize("make", [digit_model, table_model])
def test_nothing_sticks_out_of_a_narrow_screen(make: Any, tmp_path: Path) -> None:
    script = (
        "document.body.style.width = '390px'; document.querySelectorAll('details').forEach(d => d.open = true);"
        "document.querySelector('.layer button').click();"
        "return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 391).map("
        "e => e.outerHTML.slice(0, 80));"
    )
    assert run(make(), tmp_path, script) == []


def test_the_page_is_small_and_forbids_itself_the_network() -> None:
    text = page.html_page(digit_model())
    assert len(text) < 400_000
    assert "default-src 'none'" in text
    assert not re.search(r"https?://", text)


def test_no_name_ends_the_script() -> None:
    text = page.html_page(table_model())
    assert text.count("</script>") == 2
