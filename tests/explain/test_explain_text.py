"""What is printed can be recomputed too: each line says its numbers, and they come to the value at its end."""

import re

import numpy as np
import pytest

import pellucid as pl
from explain.recompute import wrong
from pellucid import datasets
from pellucid.analysis.explain import Code, Explanation, Section, Step, line, markdown
from pellucid.analysis.explain.loops import forward_and_backward
from pellucid.analysis.explain.three_neurons import SquaredErrorOfSigmoid
from pellucid.cli.models import PACKAGED

WRITTEN = (("−", "-"), ("·", "*"), ("²", "**2"), ("³", "**3"))
FUNCTIONS = {
    "max": lambda *values: np.maximum(*values) if len(values) == 2 else np.max(*values),
    "min": np.minimum,
    **{name: getattr(np, name) for name in ("exp", "log", "log1p", "sum", "mean", "abs", "sign", "outer", "where")},
    **{name: getattr(np, name) for name in ("tanh", "clip")},
}


def computed(text: str) -> np.ndarray:
    """A formula with numbers, read as a person would."""
    for letter, operator in WRITTEN:
        text = text.replace(letter, operator)
    text = re.sub(r"\[[-\d., e+]*\]", lambda match: f"array({match[0]})", text)
    return np.asarray(eval(text, {"__builtins__": {}, "array": np.array, **FUNCTIONS}), np.float64)


def printed(text: str) -> list[tuple[str, str]]:
    """The numbers and the value of each line and each row of a Markdown text that has both."""
    found = []
    for each in text.splitlines():
        if each.startswith("| `"):
            _, _, _, numbers, value = (cell.strip().strip("`") for cell in each.strip("|").split(" | "))
            found.append((numbers, value))
        elif not each.startswith(("|", "#", "`")) and each.count(" = ") + each.count(" ← ") > 1:
            numbers, value = re.split(" = | ← ", each)[-2:]
            found.append((numbers, value))
    return [(numbers, value) for numbers, value in found if numbers and re.search(r"\d", numbers)]


def check(explanation: Explanation, least: int) -> None:
    """Read the lines at 17 digits, compute them, and compare."""
    done = 0
    for numbers, value in printed(markdown(explanation, digits=17)):
        if re.search(r"[A-Za-zδ]\d", numbers.replace("log1p", "")):  # only names, where a formula is one name
            continue
        again = computed(numbers)
        size = sum(abs(float(n)) for n in re.findall(r"\d+\.?\d*(?:e-?\d+)?", numbers.replace("−", "-")))
        np.testing.assert_allclose(again, computed(value), rtol=1e-12, atol=1e-12 * max(1.0, size))
        done += 1
    assert done >= least


@pytest.fixture(scope="module")
def digits() -> datasets.Samples:
    test = datasets.mnist().test
    assert isinstance(test, datasets.Samples)
    return test


def test_the_printed_lines_of_three_neurons_come_to_their_values() -> None:
    check(pl.explain.three_neurons(), least=37)


def test_the_printed_lines_of_a_digit_come_to_their_values(digits: datasets.Samples) -> None:
    model = pl.load_model(PACKAGED)
    check(pl.explain.sample(model, digits.X[8], digits.y[8]), least=90)
    check(pl.explain.sample(model, digits.X[1], 3, layer=1, neuron=4, against=1), least=80)


@pytest.mark.parametrize(
    ("activation", "loss"),
    [
        (pl.LeakyReLU(0.1), pl.Huber(0.5)),
        (pl.GELU(), pl.BinaryCrossEntropy()),
        (pl.Tanh(), pl.AbsoluteError()),
        (pl.Sigmoid(), pl.SquaredError()),
    ],
)
def test_the_printed_lines_of_other_networks_come_to_their_values(activation: object, loss: object) -> None:
    net = pl.Network([3, 4, 2], activation=activation, loss=loss, dtype=np.float64, rng=np.random.default_rng(3))  # type: ignore[arg-type]
    check(pl.explain.sample(net, [0.5, -1.5, 2.0], [1.0, 0.0]), least=20)


def test_three_neurons_is_the_chain_rule_by_hand() -> None:
    def sigmoid(z: float) -> float:
        return float(1 / (1 + np.exp(-z)))

    def loss_of(weights: np.ndarray) -> float:
        a = 1.5
        for W, b in weights.reshape(3, 2):
            a = sigmoid(W * a + b)
        return (a - 1.0) ** 2

    example = pl.explain.three_neurons()
    start = np.array([0.8, -0.5, -1.2, 0.6, 1.5, -0.3])
    assert example.facts["loss"] == pytest.approx(loss_of(start), rel=1e-14)
    numeric = [(loss_of(start + e) - loss_of(start - e)) / 2e-6 for e in 1e-6 * np.eye(6)]
    found = {step.name: float(step.value) for step in example.steps}
    analytic = [found[f"d{letter}{l}"] for l in (1, 2, 3) for letter in "Wb"]
    np.testing.assert_allclose(analytic, numeric, rtol=1e-8)
    multiplied = [step for part in example.sections if part.title == "Multiplied out" for step in part.steps]
    assert {step.name: step.value for step in multiplied} == {
        f"∂L/∂{letter}{l}": found[f"d{letter}{l}"] for l in (1, 2, 3) for letter in "Wb"
    }
    assert example.facts["loss_after"] == pytest.approx(loss_of(start - 0.5 * np.array(analytic)), rel=1e-14)
    assert example.facts["loss_after"] < example.facts["loss"]


def test_three_neurons_steps_are_plain_numbers_that_can_be_recomputed() -> None:
    for options in ({}, {"x": -3.0, "target": 0.0, "learning_rate": 4.0}):
        example = pl.explain.three_neurons(**options)
        everything = [*example.steps, *example.after, *(s for part in example.sections for s in part.steps)]
        assert len(everything) > 60
        assert [step.name for step in everything if wrong(step) or not isinstance(step.value, float)] == []


def test_the_chains_own_loss_has_the_slope_that_it_says() -> None:
    net = pl.Network([2, 3, 2], loss=SquaredErrorOfSigmoid(), dtype=np.float64, rng=np.random.default_rng(0))
    rng = np.random.default_rng(1)
    assert pl.gradient_check(net, rng.random((4, 2)), rng.random((4, 2))).passed


def test_loops_and_products_agree_on_every_gradient() -> None:
    net = pl.Network([4, 5, 3, 3], dtype=np.float64, rng=np.random.default_rng(0))
    trace = pl.Trace(net, 1)
    x = np.random.default_rng(1).standard_normal(4)
    trace.fill(x[np.newaxis], [2])
    pl.forward(net, trace)
    pl.backward(net, trace)
    a, dW, db = forward_and_backward([(layer.W.tolist(), layer.b.tolist()) for layer in net.layers], x.tolist(), 2)
    for l in range(3):
        np.testing.assert_allclose(a[l + 1], trace.a[l + 1][0], rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(dW[l], trace.dW[l], rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(db[l], trace.db[l], rtol=1e-12, atol=1e-15)


def test_vectorization_shows_both_ways_and_measures_them() -> None:
    example = pl.explain.vectorization(sizes=[(3, 4, 2), (100, 30, 10)])
    small, large = example.facts["networks"]
    assert (small["parameters"], large["parameters"]) == (26, 3340)
    assert max(small["largest_difference"], large["largest_difference"]) < 1e-13
    assert large["times_faster"] == large["loops_seconds"] / large["matrix_seconds"] > 5
    everything = [*example.steps, *(s for part in example.sections for s in part.steps)]
    assert [step.name for step in everything if wrong(step)] == []
    assert any(
        "for i in range" in block.text for part in example.sections for block in part.blocks if isinstance(block, Code)
    )
    one, all_at_once = example.sections[:2]
    together = np.asarray(all_at_once.steps[0].value)
    np.testing.assert_allclose(np.array([step.value for step in one.steps]), together, rtol=1e-13)


def test_a_line_says_name_formula_numbers_value() -> None:
    step = Step(1, "W", "W1 - eta * dW1 ** 2", {"W1": 1.0, "eta": 0.1, "dW1": -2.0}, 0.6, "W1")
    assert line(step) == "W1 ← W1 − η · dW1² = 1 − 0.1 · (−2)² = 0.6"
    assert line(Step(0, "x", "x", {"x": 1 / 3}, 1 / 3, "x"), digits=3) == "x = 0.333"
    many = np.arange(10.0)
    assert line(Step(1, "a", "np.maximum(z1, 0)", {"z1": many}, many, "a1")) == "a1 = max(z1, 0) = 10 numbers"


def test_markdown_keeps_names_from_making_markup() -> None:
    step = Step(1, "z", "w * x", {"w": 2.0, "x": 3.0}, 6.0, "z1", why="a|b *c*\n`d`")
    text = markdown(Explanation("<T>", "s", {}, (), (), (Section("# one", (step, (step,))),)))
    assert text.splitlines()[0] == r"# \<T\>"
    assert r"## \# one" in text
    assert r"| `z1` | a\|b \*c\* \`d\` | `w · x` | `2 · 3` | `6` |" in text
    assert "\n```text\nz1 = w · x = 2 · 3 = 6\n```\n" in text
