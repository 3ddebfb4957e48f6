"""What an optimiser's first steps tell: which one it is, and which mistake it makes."""

from pathlib import Path

import pytest

from doctor.test_own_step import LAYERS, LOOP, examined

# In LAYERS, part.move is Adam's step.
STEP = LAYERS[LAYERS.index("            m, v = 0.9 * m") : LAYERS.index("class Bend")]


def step_of(averages: str, move: str) -> str:
    return f"            {averages}\n            self.s[k] = m, v\n            self.p[k] -= {move}\n\n"


ROOT = "np.sqrt(v / (1 - 0.999 ** t))"
RIGHT = {
    "Adam, with an ε in the root": STEP.replace(f"{ROOT} + 1e-8", "np.sqrt(v / (1 - 0.999 ** t) + 1e-16)"),
    "Adam without bias correction": STEP.replace(" / (1 - 0.9 ** t)", "").replace(" / (1 - 0.999 ** t)", ""),
    "RMSprop": step_of("m, v = m, 0.99 * v + (1 - 0.99) * g * g", "lr * g / (np.sqrt(v) + 1e-8)"),
    "Adagrad": step_of("m, v = m, v + g * g", "lr * g / (np.sqrt(v) + 1e-8)"),
    "Adamax": step_of(
        "m, v = 0.9 * m + 0.1 * g, np.maximum(0.999 * v, abs(g))", "lr / (1 - 0.9 ** t) * m / (v + 1e-12)"
    ),
    "clipped by value": step_of("m, v = 0.0, 0.0", "lr * np.clip(g, -0.01, 0.01)"),
}
WRONG = {
    "v corrected by β₁": (STEP.replace("0.999 ** t", "0.9 ** t"), "v is corrected by 1 − β₁ᵗ"),
    "m corrected by β₂": (STEP.replace("(1 - 0.9 ** t)", "(1 - 0.999 ** t)"), "m is corrected by 1 − β₂ᵗ"),
    "t stays": (STEP.replace("** t", "** 1"), "t stays the same"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_known_optimiser_is_right(name: str, tmp_path: Path) -> None:
    diagnosis = examined(tmp_path, LAYERS.replace(STEP, RIGHT[name]))
    assert diagnosis.healthy, diagnosis


@pytest.mark.parametrize("name", WRONG)
def test_a_known_mistake_of_an_optimiser_is_named(name: str, tmp_path: Path) -> None:
    step, fault = WRONG[name]
    assert step != STEP
    diagnosis = examined(tmp_path, LAYERS.replace(STEP, step))
    assert any(fault in finding.fault for finding in diagnosis.findings), diagnosis


def test_a_count_that_an_outer_loop_holds_is_no_fault(tmp_path: Path) -> None:
    nested = LAYERS.replace(
        "for t in range(1, 300):\n    v = points", "for t in range(1, 300):\n  for _ in range(3):\n    v = points"
    )
    assert nested != LAYERS
    assert examined(tmp_path, nested).healthy


def test_a_count_that_nothing_raises_to_a_power_is_a_fault_in_any_loop(tmp_path: Path) -> None:
    """``m / (1 - 0.9)``: no outer loop can count what stands nowhere."""
    plain = LAYERS.replace("0.9 ** t", "0.9").replace("0.999 ** t", "0.999")
    nested = plain.replace(
        "for t in range(1, 300):\n    v = points", "for t in range(1, 300):\n  for _ in range(3):\n    v = points"
    )
    assert nested != plain
    diagnosis = examined(tmp_path, nested)
    assert any("t stays the same" in finding.fault for finding in diagnosis.findings), diagnosis


def test_a_wrong_gradient_that_an_optimiser_is_handed_is_accused(tmp_path: Path) -> None:
    """The last layer's gradients are right, and the optimiser's moves show which arrays it takes for the others'."""
    bend = "up * (1 - self.v ** 2)"
    assert bend in LAYERS
    diagnosis = examined(tmp_path, LAYERS.replace(bend, "up * (1 - self.v)"))
    assert diagnosis.healthy is False, diagnosis
    assert any("its gradient is wrong" in finding.fault for finding in diagnosis.findings), diagnosis


def test_an_l2_term_in_an_optimisers_gradients_is_no_fault(tmp_path: Path) -> None:
    decayed = LAYERS.replace("self.v.T @ up\n", 'self.v.T @ up + 0.01 * self.p["m"]\n')
    assert decayed != LAYERS
    assert examined(tmp_path, decayed).healthy
    diagnosis = examined(tmp_path, decayed.replace("+ 0.01 *", "- 0.01 *"))
    assert any("L2 term has the wrong sign" in finding.fault for finding in diagnosis.findings), diagnosis


def test_gradients_that_are_clipped_to_one_norm_are_right(tmp_path: Path) -> None:
    text = LOOP[: LOOP.index("    second -= speed")].replace("speed", "learning_rate") + CLIPPED
    assert examined(tmp_path, text).healthy
    diagnosis = examined(tmp_path, text.replace("0.01 / norm", "0.01 / norm ** 2"))
    assert diagnosis.healthy is None, diagnosis


CLIPPED = """
    grads = [points.T @ down, down.sum(axis=0), inner.T @ up, up.sum(axis=0)]
    norm = np.sqrt(sum((g ** 2).sum() for g in grads))
    for p, g in zip([first, shift, second, last], grads):
        p -= learning_rate * g * min(1, 0.01 / norm)
"""


IN_DICTS = """
import numpy as np

pytestmark = pytest.mark.slow  # a second or more each
rng = np.random.default_rng(3)
def move(params, mean, square, grads, count, lr=0.01):
    for key in params:
        mean[key] = 0.9 * mean[key] + 0.1 * grads[key]
        square[key] = 0.999 * square[key] + 0.001 * grads[key] ** 2
        corrected = mean[key] / (1 - 0.9 ** count)
        params[key] = params[key] - lr * corrected / (np.sqrt(square[key] / (1 - 0.999 ** count)) + 1e-8)
def learn(points, wanted):
    params = {"four": np.zeros(2), "two": np.zeros(6), "three": rng.normal(size=(6, 2)), "one": rng.normal(size=(3, 6))}
    mean, square, count = {}, {}, 0
    for key, value in params.items():
        mean[key], square[key] = np.zeros_like(value), np.zeros_like(value)
    for turn in range(500):
        inner = np.tanh(points @ params["one"] + params["two"])
        guess = inner @ params["three"] + params["four"]
        toll = np.mean((guess - wanted) ** 2)
        up = 2 * (guess - wanted) / guess.size
        down = up @ params["three"].T * (1 - inner ** 2)
        grads = {"one": points.T @ down, "two": down.sum(axis=0), "three": inner.T @ up, "four": up.sum(axis=0)}
        count += 1
        move(params, mean, square, grads, count)
points = rng.normal(size=(40, 3))
learn(points, (points[:, :2] > 0).astype(float))
"""


def test_an_average_of_gradients_is_not_taken_for_the_gradient(tmp_path: Path) -> None:
    assert examined(tmp_path, IN_DICTS).healthy  # after one step the average is a multiple of the gradient
    (finding,) = examined(tmp_path, IN_DICTS.replace("(1 - 0.999 ** count)", "(1 - 0.9 ** count)")).findings
    assert "v is corrected by 1 − β₁ᵗ" in finding.fault
