"""Networks in styles of well-known courses and books, right and with a fault: what once misled the doctor."""

import re
from pathlib import Path

import numpy as np
import pytest

from pellucid.analysis.doctor.diagnosis import Diagnosis
from pellucid.analysis.doctor.doctor import doctor_file
from pellucid.core.errors import InputError

START = """
import numpy as np
def init_params():
    W1 = np.random.randn(4, 5); b1 = np.zeros((4, 1)); W2 = np.random.randn(3, 4); b2 = np.zeros((3, 1))
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
def softmax(Z):
    E = np.exp(Z - Z.max(axis=0)); return E / E.sum(axis=0)
"""
FORWARD = """
def forward(X, params):
    Z1 = params["W1"] @ X + params["b1"]
    A1 = np.maximum(Z1, 0)
    Z2 = params["W2"] @ A1 + params["b2"]
    A2 = softmax(Z2)
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
"""
LOSS = """
def loss(A2, Y):
    return -np.sum(Y * np.log(A2)) / Y.shape[1]
"""
BACKWARD = """
def backward(params, cache, X, Y):
    m = X.shape[1]
    dZ2 = cache["A2"] - Y
    dZ1 = params["W2"].T @ dZ2 * (cache["Z1"] > 0)
    return {"dW1": dZ1 @ X.T / m, "db1": dZ1.sum(axis=1, keepdims=True) / m,
            "dW2": dZ2 @ cache["A1"].T / m, "db2": dZ2.sum(axis=1, keepdims=True) / m}
"""
PLAIN = START + FORWARD + LOSS + BACKWARD
UPDATE = """
def update(params, grads, lr=0.1):
    for key in params:
        params[key] -= lr * grads["d" + key]
"""
MOMENTUM = """
def update(params, grads, velocity, lr=0.1, beta=0.9):
    for key in params:
        velocity[key] = beta * velocity[key] - lr * grads["d" + key]
        params[key] = params[key] + velocity[key]
    return params, velocity
"""
ADAM = """
def initialize_adam(params): return {k: 0 * v for k, v in params.items()}
def update(params, grads, v, s, t, lr=0.1):
    for k in params:
        v[k] = 0.9 * v[k] + 0.1 * grads["d" + k]
        s[k] = 0.999 * s[k] + 0.001 * grads["d" + k] ** 2
        params[k] = params[k] - lr * v[k] / (1 - 0.9**t) / (np.sqrt(s[k] / (1 - 0.999**t)) + 1e-8)
    return params, v, s
"""
GLOBAL = """
learning_rate = 0.1
def update(params, grads):
    for key in params:
        params[key] -= learning_rate * grads["d" + key]
"""
FLOAT32 = PLAIN.replace(
    "(X, params):", "(X, params):\n    params = {k: p.astype(np.float32) for k, p in params.items()}"
)
FLOAT32 = FLOAT32.replace('params["W1"] @ X', 'params["W1"] @ X.astype(np.float32)')
DROPOUT = PLAIN.replace(
    "    Z2 =", "    D1 = np.random.rand(*A1.shape) < 0.8\n    A1 = A1 * D1 / 0.8\n    Z2 ="
).replace('"A1": A1,', '"A1": A1, "D1": D1,')
DROPOUT = DROPOUT.replace('(cache["Z1"] > 0)', '(cache["Z1"] > 0) * cache["D1"] / 0.8')
ASCENT = PLAIN.replace('cache["A2"] - Y', 'Y - cache["A2"]') + UPDATE.replace("-=", "+=")
CHOICES = PLAIN.replace("(X, params)", '(X, params, activations=("relu", "softmax"))').replace(
    "X, Y):", 'X, Y, activations=("relu", "softmax")):\n    assert activations[0] == "relu"'
)
LISTS = """
import numpy as np
def init_weights(): return [np.random.randn(5, 4), np.random.randn(4, 3)]
def init_network():
    weights, biases = init_weights(), [np.zeros(4), np.zeros(3)]
    return weights, biases
def feedforward(weights, biases, a):
    for W, b in zip(weights, biases):
        a = 1 / (1 + np.exp(-(a @ W + b)))
    return a
def cost(a, y): return 0.5 * np.sum((a - y) ** 2)
def backprop(weights, biases, x, y):
    acts = [x]
    for W, b in zip(weights, biases):
        acts.append(1 / (1 + np.exp(-(acts[-1] @ W + b))))
    delta = (acts[-1] - y) * acts[-1] * (1 - acts[-1])
    nabla_w, nabla_b = [acts[1].T @ delta], [delta.sum(axis=0)]
    delta = delta @ weights[1].T * acts[1] * (1 - acts[1])
    nabla_w.insert(0, acts[0].T @ delta); nabla_b.insert(0, delta.sum(axis=0))
    return nabla_w, nabla_b
def update(weights, biases, nabla_w, nabla_b, eta):
    for l in range(len(weights)):
        weights[l] -= eta * nabla_w[l]
        biases[l] -= eta * nabla_b[l]
"""
UNNUMBERED = """
import numpy as np
def init():
    W = np.random.randn(2, 6); b = np.zeros((1, 6)); W2 = np.random.randn(6, 3); b2 = np.zeros((1, 3))
    return W, b, W2, b2
def forward(X, W, b, W2, b2):
    hidden = np.maximum(0, X @ W + b)
    scores = hidden @ W2 + b2
    return hidden, scores
def loss(scores, y): return np.sum((scores - y) ** 2)
def backward(X, y, hidden, scores, W, W2):
    dscores = 2 * (scores - y)
    dhidden = dscores @ W2.T
    dhidden[hidden <= 0] = 0
    dW2 = hidden.T @ dscores; db2 = dscores.sum(axis=0, keepdims=True)
    dW = X.T @ dhidden; db = dhidden.sum(axis=0, keepdims=True)
    return dW, db, dW2, db2
"""
ONE_OUTPUT = """
import numpy as np
def initialize_parameters_deep(layer_dims):
    return {f"{k}{l}": np.random.randn(layer_dims[l], layer_dims[l - 1] if k == "W" else 1)
            for l in range(1, len(layer_dims)) for k in "Wb"}
def forward(X, parameters):
    A, cache = X, {"A0": X}
    for l in range(1, len(parameters) // 2 + 1):
        Z = parameters[f"W{l}"] @ A + parameters[f"b{l}"]
        A = 1 / (1 + np.exp(-Z))
        cache[f"A{l}"] = A
    return A, cache
def compute_cost(AL, Y):
    return np.squeeze(-(Y @ np.log(AL).T + (1 - Y) @ np.log(1 - AL).T) / Y.shape[1])
def backward(parameters, cache, Y):
    grads, L, m = {}, len(parameters) // 2, Y.shape[1]
    dZ = cache[f"A{L}"] - Y
    for l in range(L, 0, -1):
        grads[f"dW{l}"] = dZ @ cache[f"A{l - 1}"].T / m
        grads[f"db{l}"] = dZ.sum(axis=1, keepdims=True) / m
        dZ = parameters[f"W{l}"].T @ dZ * cache[f"A{l - 1}"] * (1 - cache[f"A{l - 1}"])
    return grads
"""
SCALAR_BIAS = UNNUMBERED.replace("(6, 3)", "(6, 1)").replace("np.zeros((1, 3))", "0.0")
SCALAR_BIAS = SCALAR_BIAS.replace("dscores.sum(axis=0, keepdims=True)", "dscores.sum()")
STYLES = {
    "plain": PLAIN + UPDATE,
    "momentum": PLAIN + MOMENTUM,
    "adam": PLAIN + ADAM,
    "global rate": PLAIN + GLOBAL,
    "float32": FLOAT32,
    "dropout": DROPOUT,
    "ascent": ASCENT,
    "ascent without a loss": ASCENT.replace(LOSS, ""),
    "activations by name": CHOICES,
    "lists written into": LISTS,
    "first layer unnumbered": UNNUMBERED,
    "for one output only": ONE_OUTPUT,
    "its own sizes": ONE_OUTPUT + "\nlayers_dims = [12288, 20, 7, 1]\n",
    "a number as bias": SCALAR_BIAS,
    "lines of a notebook": "%matplotlib inline\n!pip install numpy\n" + PLAIN,
}


def examined(text: str, folder: Path) -> Diagnosis:
    path = folder / "network.py"
    path.write_text(text)
    return doctor_file(str(path))


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_a_right_network_of_a_known_style_raises_no_alarm(style: str, tmp_path: Path) -> None:
    diagnosis = examined(STYLES[style], tmp_path)
    assert [finding.fault for finding in diagnosis.findings] == []
    assert any("backward pass" in text for text in diagnosis.compared)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("style", "right", "wrong", "said"),
    [
        ("momentum", "- lr *", "+ lr *", "wrong direction"),
        ("adam", "- lr *", "+ lr *", "wrong direction"),
        ("global rate", "-= learning_rate", "+= learning_rate", "wrong direction"),
        ("plain", "-= lr *", "-= 0.1 *", "never arrives"),
        ("float32", "@ X.T / m", "@ X.T", "m times too large"),
        ("float32", "dZ1.sum(axis=1, keepdims=True)", "dZ1.sum()", "one number"),
        ("dropout", "@ X.T / m", "@ X.T", "dW1: it is m times too large"),
        ("ascent", "+=", "-=", "wrong sign"),
        ("ascent without a loss", "+=", "-=", "wrong sign"),
        ("lists written into", "-= eta * nabla_w", "+= eta * nabla_w", "wrong direction"),
        ("lists written into", "(acts[-1] - y) * acts[-1] * (1 - acts[-1])", "acts[-1] - y", "slope of the output"),
        ("first layer unnumbered", "dhidden[hidden <= 0] = 0", "pass", "slope of relu is left out"),
        ("for one output only", ".T / m", ".T", "m times too large"),
        ("a number as bias", "dhidden.sum(axis=0, keepdims=True)", "dhidden.sum()", "db1: it is one number"),
        ("plain", "E.sum(axis=0)", "np.sum(E)", "over all samples and classes"),
    ],
)
def test_a_fault_in_it_is_found(style: str, right: str, wrong: str, said: str, tmp_path: Path) -> None:
    text = STYLES[style]
    assert right in text
    faults = [finding.fault for finding in examined(text.replace(right, wrong), tmp_path).findings]
    assert any(said in fault for fault in faults)


@pytest.mark.slow
@pytest.mark.parametrize("loop", ["while True: pass", "while True: len([])", "for _ in iter(int, 1): pass"])
def test_a_loop_that_never_ends_is_stopped_and_reported(
    loop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pellucid.analysis.doctor.sandbox.TIMEOUT", 0.3)
    diagnosis = examined(PLAIN.replace("    m = X.shape[1]", f"    m = X.shape[1]\n    {loop}"), tmp_path)
    assert (diagnosis.healthy, diagnosis.findings) == (None, [])
    assert any("backward" in line and "it ran for more than" in line for line in diagnosis.not_compared)


def test_nothing_waits_for_an_answer(tmp_path: Path) -> None:
    diagnosis = examined(PLAIN.replace("    m = X.shape[1]", '    m = int(input("m? "))'), tmp_path)
    assert diagnosis.healthy is None
    assert any("EOFError" in line for line in diagnosis.not_compared)


@pytest.mark.slow
def test_labels_of_others_in_a_batch_are_seen_whatever_backward_calls_its_own(tmp_path: Path) -> None:
    text = PLAIN.replace("    dZ2 =", "    T = np.argmax(Y, axis=0)\n    dZ2 =") + UPDATE
    text += """
def train(X, Y, lr=0.1, epochs=5):
    params = init_params()
    for _ in range(epochs):
        X = X[:, np.random.permutation(X.shape[1])]
        A2, cache = forward(X, params)
        update(params, backward(params, cache, X, Y), lr)
    return params
"""
    assert any("out of step" in finding.fault for finding in examined(text, tmp_path).findings)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("arguments=['X']", "arguments is a list"),
        ("returns=3", "returns is a int"),
        ("sizes=3", "sizes=3"),
        ("sizes=['a', 3]", "sizes=['a', 3]"),
        ("X=[[1, 2], [3]], y=[0, 1]", "different lengths"),
        ("X=np.zeros((0, 5)), y=np.zeros(0, int)", "holds nothing"),
        ("X=np.zeros((3, 5)), y=np.array(['a', 'b', 'c'])", "y has shape (3,)"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused(mapping: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        examined(f"{PLAIN}\nPELLUCID = dict({mapping})\n", tmp_path)


@pytest.mark.parametrize("returned", ["()", "[]", "{}", "None"])
def test_an_init_that_makes_nothing_is_refused(returned: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no weights"):
        examined(PLAIN.replace("def init_params():", f"def init_params():\n    return {returned}"), tmp_path)


def test_a_declared_encoding_is_read(tmp_path: Path) -> None:
    path = tmp_path / "network.py"
    path.write_bytes(f"# -*- coding: latin-1 -*-\n# Größe\n{PLAIN}".encode("latin-1"))
    assert doctor_file(str(path)).healthy
    assert np.geterr()["over"] == "warn"
