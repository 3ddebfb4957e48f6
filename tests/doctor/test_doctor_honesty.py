"""The doctor never says more than it compared: gradients without a loss function, and what could not be examined."""

import json
from pathlib import Path

import pytest

from doctor.test_doctor_styles import BACKWARD, DROPOUT, FORWARD, LOSS, PLAIN, START, UPDATE, examined
from support import Command

BARE = PLAIN.replace(LOSS, "")
ODD = BARE.replace("np.maximum(Z1, 0)", "np.sin(Z1)").replace('(cache["Z1"] > 0)', 'np.cos(cache["Z1"])')
DECAY = BARE.replace("@ X.T / m", '@ X.T / m + 0.02 * params["W1"]').replace(
    '@ cache["A1"].T / m', '@ cache["A1"].T / m + 0.02 * params["W2"]'
)
ONE = """
import numpy as np

pytestmark = pytest.mark.slow  # a second or more each
def init_params(n_in, n_hidden, n_out):
    W1, W2 = np.random.randn(n_hidden, n_in), np.random.randn(n_out, n_hidden)
    return W1, W2
def forward(X, W1, W2):
    A1 = np.tanh(W1 @ X)
    A2 = 1 / (1 + np.exp(-(W2 @ A1)))
    assert A2.shape == (1, X.shape[1])
    return A1, A2
def loss(A2, Y): return np.mean((A2 - Y) ** 2)
def backward(X, Y, A1, A2, W2):
    dZ2 = 2 / X.shape[1] * (A2 - Y) * A2 * (1 - A2)
    dZ1 = W2.T @ dZ2 * (1 - A1 ** 2)
    dW1, dW2 = dZ1 @ X.T, dZ2 @ A1.T
    return dW1, dW2
"""
WITHOUT_LOSS = {
    "plain": BARE,
    "a sum": BARE.replace(" / m", ""),
    "over the outputs too": BARE.replace(" / m", " / m / 3"),
    "dropout": DROPOUT.replace(LOSS, ""),
    "an unknown activation": ODD,
    "an unknown output, squared error": BARE.replace("softmax(Z2)", "np.arctan(Z2)").replace(
        'cache["A2"] - Y', '2 * (cache["A2"] - Y) / (1 + cache["Z2"] ** 2)'
    ),
    "two activations": BARE.replace("softmax(Z2)", "softmax(np.tanh(Z2))").replace(
        'cache["A2"] - Y', '(cache["A2"] - Y) * (1 - np.tanh(cache["Z2"]) ** 2)'
    ),
    "L2 of a strength that only the gradients tell": DECAY,
    "the output as an expression": BARE.replace('"A2": A2}', '"A2": A2}').replace("A2 = softmax(Z2)\n    ", "").replace(
        'return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}', 'return softmax(Z2), {"Z1": Z1, "A1": A1}'
    ).replace("(params, cache, X, Y)", "(params, cache, A2, X, Y)").replace('cache["A2"]', "A2"),
}  # fmt: skip


def is_compared_without_a_loss(text: str, folder: Path) -> None:
    right = examined(text, folder)
    assert (right.healthy, right.findings) == (True, [])
    assert any("every dW and db" in line and "central differences of the " in line for line in right.compared)
    assert any(line.startswith("the loss: because ") for line in right.not_compared)
    wrong = examined(text.replace("dZ1 @ X.T", "1.5 * dZ1 @ X.T"), folder)
    assert [(finding.layer, finding.quantity) for finding in wrong.findings] == [(1, "dW")]


@pytest.mark.parametrize("style", ["dropout", "an unknown output, squared error"])
def test_without_a_loss_a_right_network_is_compared_and_a_wrong_one_not_called_healthy(
    style: str, tmp_path: Path
) -> None:
    is_compared_without_a_loss(WITHOUT_LOSS[style], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("style", WITHOUT_LOSS)
def test_without_a_loss_networks_of_any_style_are_compared(style: str, tmp_path: Path) -> None:
    is_compared_without_a_loss(WITHOUT_LOSS[style], tmp_path)


def test_an_l2_strength_that_is_an_argument_is_compared(tmp_path: Path) -> None:
    text = DECAY.replace("0.02", "lambd").replace("X, Y):", "X, Y, lambd):")
    assert examined(text, tmp_path).healthy


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BARE.replace("    m = X", "    assert False\n    m = X"), "backward: because it stops with an error"),
        (BARE.replace("    m = X.shape[1]", "    m = X.shape[1] + np.load('W1.npy')"), "put that file beside"),
        (
            BARE.replace("    m = X", "    from no_such_module import count\n    m = count()\n    m = X"),
            "install the module",
        ),
        (BARE.replace("X, Y):", "X, Y, mystery):"), "'mystery', which could be anything"),
        (BARE.replace("    Z1 =", "    assert X.shape == (3, 4)\n    Z1 ="), "forward: because it stops"),
        (BARE.replace('return {"W1"', 'raise ValueError\n    return {"W1"'), "init_params: because it stops"),
        (BARE.replace('return {"dW1"', 'return {"first"'), "dW1: because backward returns nothing under"),
    ],
)
def test_what_stops_under_the_doctors_own_numbers_is_not_compared_and_no_fault(
    text: str, said: str, tmp_path: Path
) -> None:
    diagnosis = examined(text + UPDATE, tmp_path)
    assert (diagnosis.healthy, diagnosis.findings) == (None, [])
    assert any(said in line for line in diagnosis.not_compared), diagnosis.not_compared


def test_a_gradient_that_could_not_be_compared_gives_exit_code_3(pellucid: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(BARE.replace("    m = X", "    assert False\n    m = X"))
    ended = pellucid("doctor", tmp_path / "mine.py", "--json")
    result = json.loads(ended.out)
    assert (ended.code, result["healthy"], result["findings"]) == (3, None, [])
    assert result["not_compared"]
    assert "not every gradient was compared" in pellucid("doctor", tmp_path / "mine.py").out


def test_a_parameter_that_the_output_does_not_depend_on_is_not_called_in_order(tmp_path: Path) -> None:
    text = BARE.replace('params["W1"] @ X', "np.ones((4, 5)) @ X").replace("dZ1 @ X.T / m", "np.zeros((4, 5))")
    diagnosis = examined(text, tmp_path)
    assert diagnosis.healthy is not True


@pytest.mark.parametrize(("scale", "count"), [("2 / X", 0), ("4 / X", 1)])
def test_a_network_for_one_output_is_examined_with_one(scale: str, count: int, tmp_path: Path) -> None:
    assert len(examined(ONE.replace("2 / X", scale), tmp_path).findings) == count


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"),
    [
        # two mistakes at once, and one that nobody knows: what follows from δ is right for it
        (PLAIN.replace('@ dZ2 * (cache["Z1"] > 0)', '@ dZ2 * np.cos(cache["Z1"])'), "dZ1: it is wrong, in a way"),
        (PLAIN.replace('.T @ dZ2 * (cache["Z1"] > 0)', '.T @ (dZ2 * 3 + cache["A2"])'), "dZ1: it is wrong, in a way"),
        (BARE.replace("softmax(Z2)", "softmax(np.maximum(Z2, 0))"), "dZ2: the slope of the relu below the softmax"),
        (PLAIN.replace("np.sum(Y", "Y.size * np.sum(Y"), "every gradient is"),
    ],
)
def test_one_cause_is_one_finding(text: str, said: str, tmp_path: Path) -> None:
    (finding,) = examined(text, tmp_path).findings
    assert said in finding.fault


@pytest.mark.slow
def test_a_loss_with_l2_is_known(tmp_path: Path) -> None:
    penalty = '+ 0.05 * sum(np.sum(params[k] ** 2) for k in ("W1", "W2"))'
    loss = LOSS.replace("(A2, Y)", "(A2, Y, params)").replace("/ Y.shape[1]", f"/ Y.shape[1] {penalty}")
    backward = BACKWARD.replace("@ X.T / m", '@ X.T / m + 0.1 * params["W1"]')
    (finding,) = examined(START + FORWARD + loss + backward, tmp_path).findings
    assert finding.fault == "dW2: the gradient of the L2 term is left out"
    assert finding.remedy.endswith("/ m + 0.1 * params['W2']")
    right = backward.replace('@ cache["A1"].T / m', '@ cache["A1"].T / m + 0.1 * params["W2"]')
    assert examined(START + FORWARD + loss + right, tmp_path).healthy


def test_softmax_with_the_maximum_of_the_batch_is_named(tmp_path: Path) -> None:
    (finding,) = examined(PLAIN.replace("Z.max(axis=0)", "Z.max()"), tmp_path).findings
    assert "maximum of the whole batch" in finding.fault


PENALTY = """
def loss_with_penalty(A2, Y, params):
    return loss(A2, Y) + 0.01 * (np.sum(params["W1"] ** 2) + np.sum(params["W2"] ** 2))
"""


@pytest.mark.slow
def test_of_two_loss_functions_the_one_is_taken_whose_gradient_backward_is(tmp_path: Path) -> None:
    text = DECAY + LOSS + PENALTY
    assert examined(text, tmp_path).healthy
    (finding,) = examined(text.replace('+ 0.02 * params["W1"]', '+ 0.01 * params["W1"]'), tmp_path).findings
    assert "L2 term is half as large" in finding.fault


def test_a_loss_without_the_l2_term_that_every_gradient_has_is_noted(tmp_path: Path) -> None:
    diagnosis = examined(DECAY + LOSS, tmp_path)
    assert diagnosis.healthy
    assert any("L2" in note for note in diagnosis.notes)


def test_a_loss_of_which_backward_is_not_the_gradient_is_named(tmp_path: Path) -> None:
    (finding,) = examined(PLAIN.replace("np.log(A2)", "np.log(A2 + 0.1)"), tmp_path).findings
    assert finding.quantity == "loss"
    assert "backward gives the gradient of cross-entropy, but loss computes something else" in finding.fault


def test_a_bias_gradient_that_is_right_for_one_output_alone_is_not_called_in_order(tmp_path: Path) -> None:
    text = ONE.replace("return W1, W2\n", "b2 = np.zeros((n_out, 1))\n    return W1, W2, b2\n")
    text = text.replace("(X, W1, W2)", "(X, W1, W2, b2)")
    text = text.replace("(W2 @ A1)", "(W2 @ A1 + b2)").replace("    assert A2.shape == (1, X.shape[1])\n", "")
    text = text.replace("dW1, dW2 = dZ1 @ X.T, dZ2 @ A1.T", "dW1, dW2, db2 = dZ1 @ X.T, dZ2 @ A1.T, np.sum(dZ2)")
    text = text.replace("return dW1, dW2", "return dW1, dW2, db2")
    diagnosis = examined(text, tmp_path)
    assert (diagnosis.healthy, diagnosis.findings) == (None, [])
    assert examined(text + "\nPELLUCID = dict(sizes=[5, 4, 1])\n", tmp_path).healthy
    assert examined(text + "\nPELLUCID = dict(sizes=[5, 4, 3])\n", tmp_path).findings


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("", "", None),
        ("@ X.T / m", "@ X.T", "dW1: it is m times too large"),
        ("dZ1.sum(axis=1, keepdims=True)", "dZ1.sum()", "db1: it is one number"),
    ],
)
def test_with_a_loss_that_is_no_known_one_gradients_are_compared_too(
    right: str, wrong: str, said: str | None, tmp_path: Path
) -> None:
    text = PLAIN.replace("softmax(Z2)", "Z2").replace("-np.sum(Y * np.log(A2))", "np.sum((A2 - Y) ** 4)")
    text = text.replace('cache["A2"] - Y', '4 * (cache["A2"] - Y) ** 3')
    faults = [finding.fault for finding in examined(text.replace(right, wrong), tmp_path).findings]
    assert len(faults) == (said is not None)
    assert said is None or said in faults[0]


def test_a_backward_pass_for_one_sample_is_not_accused_of_what_it_makes_of_a_batch(tmp_path: Path) -> None:
    text = BARE.replace("dZ1 @ X.T / m", "np.outer(dZ1, X)").replace(
        'dZ2 @ cache["A1"].T / m', 'np.outer(dZ2, cache["A1"])'
    )
    text = text.replace(".sum(axis=1, keepdims=True) / m", "")
    diagnosis = examined(text, tmp_path)
    assert (diagnosis.healthy, diagnosis.findings) == (True, [])  # of one sample it is right
