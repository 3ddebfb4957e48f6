"""A file that trains nothing itself: the doctor makes the object and the data, and calls what trains."""

from pathlib import Path

import pytest

from doctor.test_own_step import examined
from pellucid.analysis.doctor.source import read_source
from pellucid.analysis.doctor.user_file import user_file_of
from pellucid.core.errors import InputError

# None of these files calls what it defines.
WHOLE = """
import numpy as np

class Grid:
    def __init__(self, layers, nonlinearity="tanh"):
        if nonlinearity == "tanh":
            self.bend, self.slope = np.tanh, lambda a: 1 - a * a
        self.maps = [np.random.randn(a + 1, b) * 0.5 for a, b in zip(layers[:-1], layers[1:])]

    def fit(self, X, y, pace=0.1, epochs=20000):
        for _ in range(epochs):
            i = np.random.randint(len(X))
            steps = [np.append(X[i], 1.0)]
            for k, m in enumerate(self.maps):
                a = self.bend(steps[-1] @ m)
                steps.append(np.append(a, 1.0) if k < len(self.maps) - 1 else a)
            back = (steps[-1] - y[i]) * self.slope(steps[-1])
            for k in reversed(range(len(self.maps))):
                here = np.outer(steps[k], back)
                back = (self.maps[k] @ back)[:-1] * self.slope(steps[k][:-1])
                self.maps[k] = self.maps[k] - pace * here
"""
ONE_STEP = """
import numpy as np

class Net:
    def __init__(self, input_nodes, hidden_nodes, output_nodes, learning_rate):
        self.ih = np.random.randn(hidden_nodes, input_nodes)
        self.ho = np.random.randn(output_nodes, hidden_nodes)
        self.bh, self.bo = np.zeros((hidden_nodes, 1)), np.zeros((output_nodes, 1))
        self.speed = learning_rate

    def train(self, inputs_list, targets_list):
        inputs = np.array(inputs_list, ndmin=2).T
        targets = np.array(targets_list, ndmin=2).T
        h = 1 / (1 + np.exp(-(self.ih @ inputs + self.bh)))
        o = 1 / (1 + np.exp(-(self.ho @ h + self.bo)))
        up = (targets - o) * o * (1 - o)
        down = (self.ho.T @ up) * h * (1 - h)
        self.ho += self.speed * up @ h.T
        self.bo += self.speed * up.sum(axis=1, keepdims=True)
        self.ih += self.speed * down @ inputs.T
        self.bh += self.speed * down.sum(axis=1, keepdims=True)
"""
FUNCTIONS = """
import random
from math import exp

def make_network(sizes):
    return [[[random.uniform(-1, 1) for _ in range(a + 1)] for _ in range(b)] for a, b in zip(sizes[:-1], sizes[1:])]

def learn(weights, samples, targets, rate, iterations):
    for _ in range(iterations):
        for sample, target in zip(samples, targets):
            rows = [list(sample)]
            for layer in weights:
                rows.append([1 / (1 + exp(-sum(w * v for w, v in zip(ws, rows[-1] + [1.0])))) for ws in layer])
            guess = rows[-1]
            loss = sum((g - t) ** 2 for g, t in zip(guess, target))
            back = [(g - t) * g * (1 - g) for g, t in zip(guess, target)]
            for k in reversed(range(len(weights))):
                ins = rows[k] + [1.0]
                low = [sum(b * ws[i] for b, ws in zip(back, weights[k])) * v * (1 - v) for i, v in enumerate(rows[k])]
                for b, ws in zip(back, weights[k]):
                    for i, v in enumerate(ins):
                        ws[i] -= rate * b * v
                back = low
"""
SETTINGS = """
import numpy as np

class Machine:
    def __init__(self, settings):
        self.width, self.lr = settings["hidden_units"], settings["learning_rate"]
        self.epochs, self.talk = settings["epochs"], settings["verbose"]

    def fit(self, X, Y):
        n, k = X.shape[0], len(set(Y))
        goal = np.eye(k)[Y]
        self.V, self.v = np.random.randn(X.shape[1], self.width), np.zeros(self.width)
        self.U, self.u = np.random.randn(self.width, k), np.zeros(k)
        for epoch in range(self.epochs):
            h = np.tanh(X @ self.V + self.v)
            e = np.exp(h @ self.U + self.u)
            p = e / e.sum(axis=1, keepdims=True)
            loss = -np.mean(np.sum(goal * np.log(p), axis=1))
            up = (p - goal) / n
            down = up @ self.U.T * (1 - h ** 2)
            self.U -= self.lr * h.T @ up
            self.u -= self.lr * up.sum(axis=0)
            self.V -= self.lr * X.T @ down
            self.v -= self.lr * down.sum(axis=0)
"""
FILES = {"whole": WHOLE, "one step": ONE_STEP, "functions": FUNCTIONS, "settings": SETTINGS}
FAULTS = [  # file, what stands there, in place of it, what is accused
    ("one step", "(self.ho.T @ up) * h * (1 - h)", "(self.ho.T @ up) * h", "ih"),
    ("settings", "up @ self.U.T * (1 - h ** 2)", "up @ self.U.T", "V"),
    ("settings", "self.lr * down.sum(axis=0)", "self.lr * down.sum()", "v"),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_right_network_that_nobody_calls_is_compared(name: str, tmp_path: Path) -> None:
    diagnosis = examined(tmp_path, FILES[name])
    assert diagnosis.findings == []
    assert diagnosis.healthy, diagnosis.not_compared


@pytest.mark.slow
@pytest.mark.parametrize(("name", "old", "new", "accused"), FAULTS, ids=[new for _, _, new, _ in FAULTS])
def test_what_moves_wrongly_is_named(name: str, old: str, new: str, accused: str, tmp_path: Path) -> None:
    assert old in FILES[name]
    diagnosis = examined(tmp_path, FILES[name].replace(old, new))
    assert diagnosis.healthy is False
    assert any(accused in finding.fault for finding in diagnosis.findings), diagnosis.findings


@pytest.mark.slow
def test_what_the_doctor_cannot_call_is_not_accused(tmp_path: Path) -> None:
    strict = ONE_STEP.replace("inputs = np.array(inputs_list, ndmin=2).T", "inputs = inputs_list.tensor()")
    with pytest.raises(InputError, match="defines no functions"):
        examined(tmp_path, strict)


def test_a_text_that_is_not_there_has_a_stand_in(tmp_path: Path) -> None:
    text = "words = open('book.txt').read()\n" + WHOLE.replace("class Grid", "count = len(words)\nclass Grid")
    path = tmp_path / "reads.py"
    path.write_text(text, encoding="utf8")
    file = user_file_of(read_source(str(path)), str(path))
    file.run_needed({"words"})
    assert "fox" in file.namespace["words"]
    assert any("book.txt is not there" in note for note in file.notes)


@pytest.mark.slow
def test_what_never_moves_is_not_passed_over(tmp_path: Path) -> None:
    still = SETTINGS.replace("self.u -= self.lr * up.sum(axis=0)", "pass")
    assert still != SETTINGS
    with pytest.raises(InputError, match="defines no functions"):  # nothing is said of it
        examined(tmp_path, still)
