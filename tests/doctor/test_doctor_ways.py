"""Networks that are no functions of their parameters: right ones raise no alarm, and each known fault is found."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from doctor.faults import FAULTS, Fault
from doctor.networks import FULL, Style, random_style, write
from doctor.people import PEOPLE
from doctor.texts import WRITTEN, Written
from doctor.ways import WAYS
from pellucid.analysis.doctor.diagnosis import Diagnosis
from pellucid.analysis.doctor.doctor import doctor_file
from pellucid.analysis.doctor.user_file import UserFile
from pellucid.analysis.doctor.ways import trains_on_single_samples
from pellucid.core.errors import InputError

ENOUGH = 0.9  # of the networks in which a fault must be found
OF_TRAINING = ("tuple in the wrong order", "never arrives", "not scaled", "out of step")  # not of these texts

# in a loop, one factor of all gradients is the learning rate's
OF_ONE_FACTOR = ("the wrong m", "m − 1 for m", "divided by m twice", "a factor of 2 too many", "the outputs counted")


def styles(start: int, count: int) -> list[Style]:
    made = (random_style(np.random.default_rng(seed)) for seed in range(start, start + count))
    return [replace(style, box="tuple", train=False) for style in made]


def examined(text: str, folder: Path) -> Diagnosis:
    path = folder / "network.py"
    path.write_text(text)
    return doctor_file(str(path))


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(w, id=name, marks=[] if name == "a loop at the top level" else [pytest.mark.slow])
        for name, w in {**WRITTEN, **PEOPLE}.items()
    ],
)
def test_a_network_is_examined_as_it_is_written(written: Written, tmp_path: Path) -> None:
    assert written.right in written.text
    right = examined(written.text, tmp_path)
    assert (right.healthy, right.findings) == (True, []), right
    wrong = examined(written.text.replace(written.right, written.wrong), tmp_path)
    assert any(written.said in finding.fault for finding in wrong.findings), wrong


def test_what_was_taken_for_what_is_said_first(tmp_path: Path) -> None:
    notes = examined(WRITTEN["other words"].text, tmp_path).notes
    assert notes[0].startswith("taken: init = inicializa_pesos (line 3), forward = foward_prop (line 6), ")


def test_weights_that_are_used_after_their_update_are_told_of_a_layer(tmp_path: Path) -> None:
    line = "        input_gradient = self.weights.T @ output_gradient\n"
    text = (
        WRITTEN["layer objects"]
        .text.replace(line, "")
        .replace("        return input_gradient", f"{line}        return input_gradient")
    )
    (finding,) = examined(text, tmp_path).findings
    assert "Dense.backward: the gradient for the input: the weights are updated before" in finding.fault


@pytest.mark.parametrize(
    ("loop", "single"),
    [
        ("for x, y in zip(X, Y):\n    W -= backward(x, y)", True),
        ("for i in range(len(X)):\n    step(X[i], Y[i])", True),
        ("for k in range(m):\n    grads = backward(X[:, k:k + 1], Y[:, k:k + 1])", True),
        ("for x, y in training_data:\n    W -= backprop(x, y)", True),
        ("for i in range(0, m, 32):\n    step(X[i:i + 32], Y[i:i + 32])", False),
        ("for xb, yb in batches(X, Y):\n    update(xb, yb)", False),
        ("for W, b in zip(weights, biases):\n    a = forward(W @ a + b)", False),
        ("for i in range(len(X)):\n    print(predict(X[i]))", False),
    ],
)
def test_training_on_single_samples_is_told_from_batches_and_layers(loop: str, single: bool) -> None:
    assert trains_on_single_samples(UserFile("", ast.parse(loop), {}, {})) is single


def test_a_file_without_roles_is_told_the_lines_to_add(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"PELLUCID = dict\(init=…, forward=…, backward=…\).*one of alpha, beta"):
        examined("def alpha(q): return q\n\ndef beta(q): return q\n", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("style", styles(0, 6 if FULL else 3), ids=str)
def test_a_right_network_written_in_another_way_raises_no_alarm(way: str, style: Style, tmp_path: Path) -> None:
    diagnosis = examined(WAYS[way](style, write(style)), tmp_path)
    assert diagnosis.healthy, f"{style}\n{diagnosis}"


def tells(way: str, fault: Fault) -> bool:
    """Whether the text has that fault, and shows it."""
    of_training = any(part in fault.name or part in fault.say for part in OF_TRAINING)
    return not of_training and not (way in ("top level", "main") and fault.name in OF_ONE_FACTOR)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "fault"),
    [
        pytest.param(way, fault, id=f"{way}, {fault.name}")
        for k, way in enumerate(WAYS)
        for n, fault in enumerate(FAULTS)
        if tells(way, fault) and (FULL or (k + n) % 2 == 0)
    ],
)
def test_a_fault_is_found_in_each_way_of_writing(way: str, fault: Fault, tmp_path: Path) -> None:
    missed, count = [], 0
    for style in styles(7000, 2000):
        text = fault.change(style, write(style))
        if text is None:
            continue
        findings = examined(WAYS[way](style, text), tmp_path).findings
        said = [f"{f.layer}|{f.quantity}|{f.fault}" for f in findings]
        missed += [] if any(re.search(fault.say, line) for line in said) else [f"{style} {said}"]
        count += 1
        if count == 1:
            break
    assert len(missed) <= (1 - ENOUGH) * count, missed


def test_a_step_of_an_optimiser_is_not_taken_for_gradients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PEOPLE["Adam within the class"].text
    for name in ("gW2", "gb2", "gW1", "gb1"):  # under names that tell nothing
        text = text.replace(name, f"q{ord(name[1])}{name[2]}")
    assert "has a gradient that is its slope" in str(examined(text, tmp_path))  # by the first steps
    for step in ("own_step", "driven_step"):
        monkeypatch.setattr(f"pellucid.analysis.doctor.doctor.{step}", lambda _: None)
    diagnosis = examined(text, tmp_path)
    assert (diagnosis.healthy, diagnosis.findings) == (None, [])
    assert "an optimiser's step, which does not tell the gradients" in str(diagnosis)


def test_a_number_that_is_a_parameter_stays_a_number(tmp_path: Path) -> None:
    text = PEOPLE["neuron by neuron, top level"].text  # s = output_bias; s += … would change an array in place
    assert examined(text, tmp_path).healthy


def test_what_an_update_takes_and_nobody_knows_is_not_told_as_a_fault(tmp_path: Path) -> None:
    text = PEOPLE["scores of a function, and their loss"].text.replace("update(p, g, lr)", "update(p, moves, lr)")
    diagnosis = examined(text.replace('g["d" + k]', 'moves["d" + k]'), tmp_path)
    assert not diagnosis.findings
    assert any("update: because the doctor does not know what moves" in line for line in diagnosis.not_compared)


def test_arrays_that_make_no_chain_of_layers_are_not_told_as_a_fault(tmp_path: Path) -> None:
    text = """
import numpy as np
def init():
    return {"W1": np.ones((3, 4)), "b1": np.zeros(4), "W2": np.ones((7, 2)), "b2": np.zeros(2)}
def forward(X, params):
    H = np.tanh(X @ params["W1"] + params["b1"])
    return np.hstack([H, X]) @ params["W2"] + params["b2"]
def backward(X, Y, params):
    return {"dW1": np.zeros((3, 4)), "db1": np.zeros(4), "dW2": np.zeros((7, 2)), "db2": np.zeros(2)}
"""
    diagnosis = examined(text, tmp_path)
    assert (diagnosis.healthy, diagnosis.findings) == (None, [])
    assert "make no chain of layers" in str(diagnosis)


def test_lists_that_are_returned_reversed_are_lists_of_what_they_are_called(tmp_path: Path) -> None:
    text = """
import numpy as np
class Net:
    def __init__(self, sizes):
        self.weights = [np.random.randn(a, b) for a, b in zip(sizes, sizes[1:])]
        self.biases = [np.zeros((1, b)) for b in sizes[1:]]
    def forward(self, X):
        self.A = [X]
        for W, b in zip(self.weights[:-1], self.biases[:-1]):
            self.A.append(np.tanh(self.A[-1] @ W + b))
        self.A.append(self.A[-1] @ self.weights[-1] + self.biases[-1])
        return self.A[-1]
    def backward(self, X, Y):
        dZ = (self.A[-1] - Y) / len(Y)
        grads_W, grads_b = [], []
        for l in range(len(self.weights) - 1, -1, -1):
            grads_W.append(self.A[l].T @ dZ)
            grads_b.append(dZ.sum(axis=0, keepdims=True))
            dZ = dZ @ self.weights[l].T * (1 - self.A[l] ** 2)
        return grads_W[::-1], grads_b[::-1]
net = Net([3, 4, 2])
"""
    for ends in ("[::-1]", "reversed"):
        code = (
            text
            if ends == "[::-1]"
            else text.replace(
                "return grads_W[::-1], grads_b[::-1]", "return list(reversed(grads_W)), list(reversed(grads_b))"
            )
        )
        diagnosis = examined(code, tmp_path)
        assert diagnosis.healthy, diagnosis


def test_an_argument_may_be_called_as_a_global_name_that_another_function_reads(tmp_path: Path) -> None:
    text = """
import numpy as np
X_sample, Y_sample = np.random.rand(3, 20), np.random.rand(2, 20)
def init():
    W1, b1 = np.random.randn(2, 3), np.zeros((2, 1))
    return W1, b1
def forward(W1, b1):
    A1 = W1 @ X_sample + b1
    return A1
def backward(Y_sample, X_sample, A1):
    dZ1 = (A1 - Y_sample) / X_sample.shape[1]
    dW1 = dZ1 @ X_sample.T
    db1 = dZ1.sum(axis=1, keepdims=True)
    return dW1, db1
def gradient_descent(X_sample, Y_sample, epochs):
    W1, b1 = init()
    for epoch in range(epochs):
        A1 = forward(W1, b1)
        dW1, db1 = backward(Y_sample, X_sample, A1)
        W1, b1 = W1 - 0.1 * dW1, b1 - 0.1 * db1
    return W1, b1
gradient_descent(X_sample, Y_sample, 100)
"""
    assert examined(text, tmp_path).healthy


def test_a_layer_may_add_an_l2_term_of_its_own(tmp_path: Path) -> None:
    text = """
import numpy as np
class Dense:
    def __init__(self, n, k, l2=0.0):
        self.weights, self.biases, self.l2 = 0.1 * np.random.randn(n, k), np.zeros((1, k)), l2
    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.weights + self.biases
    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues + 2 * self.l2 * self.weights
        self.dbiases = dvalues.sum(axis=0, keepdims=True)
        return dvalues @ self.weights.T
layer = Dense(4, 3, l2=0.01)
"""
    assert not examined(text, tmp_path).findings
    assert examined(text.replace("+ 2 * self.l2", "- 2 * self.l2"), tmp_path).findings
