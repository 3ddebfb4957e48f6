"""The learner's own first step decides: names that tell nothing, data of the learner's own, optimisers, whole loops."""

import time
from pathlib import Path

import pytest

from pellucid.analysis.doctor.diagnosis import Diagnosis
from pellucid.analysis.doctor.doctor import doctor_file

# Each network bears names from which nothing can be told.
LOOP = """
import numpy as np
rng = np.random.default_rng(3)
points = rng.normal(size=(40, 3))
wanted = (points[:, :1] * points[:, 1:2] > 0).astype(float)
first, shift, second, last = rng.normal(size=(3, 6)), np.zeros(6), rng.normal(size=(6, 1)), np.zeros(1)
speed = 0.3
for turn in range(100_000_000):
    inner = np.tanh(points @ first + shift)
    guess = 1 / (1 + np.exp(-(inner @ second + last)))
    toll = -np.mean(wanted * np.log(guess) + (1 - wanted) * np.log(1 - guess))
    up = (guess - wanted) / len(points)
    down = up @ second.T * (1 - inner ** 2)
    second -= speed * inner.T @ up
    last -= speed * up.sum(axis=0)
    first -= speed * points.T @ down
    shift -= speed * down.sum(axis=0)
"""
CLASS = """
import numpy as np

class Thing:
    def __init__(self, a, b, c):
        rng = np.random.RandomState(1)
        self.__one, self.__two = rng.randn(b, a) * 0.5, rng.randn(c, b) * 0.5
        self.__n, self.__o = np.zeros((b, 1)), np.zeros((c, 1))

    def ask(self, v):
        self.v = v
        self.h = np.maximum(0, self.__one @ v + self.__n)
        return self.__two @ self.h + self.__o

    def learn(self, v, u, pace=0.01):
        out = self.ask(v)
        miss = out - u
        back = (self.__two.T @ miss) * (self.h > 0)
        self.__two = self.__two - pace * miss @ self.h.T
        self.__o = self.__o - pace * miss.sum(axis=1, keepdims=True)
        self.__one = self.__one - pace * back @ self.v.T
        self.__n = self.__n - pace * back.sum(axis=1, keepdims=True)
        return 0.5 * np.sum(miss ** 2)

def main():
    v = np.random.RandomState(2).randn(3, 30)
    u = np.vstack([np.sin(v[0]), v[1] * v[2]])
    thing = Thing(3, 8, 2)
    for k in range(5000):
        toll = thing.learn(v, u)
    print(toll)

if __name__ == "__main__":
    main()
"""
LAYERS = """
import numpy as np
rs = np.random.RandomState(0)

class Full:
    def __init__(self, i, o):
        self.p = {"m": rs.randn(i, o) * 0.5, "n": np.zeros(o)}
        self.d = {}
        self.s = {k: (0.0, 0.0) for k in self.p}
    def go(self, v):
        self.v = v
        return v @ self.p["m"] + self.p["n"]
    def come(self, up):
        self.d["m"] = self.v.T @ up
        self.d["n"] = up.sum(axis=0)
        return up @ self.p["m"].T
    def move(self, lr, t):
        for k, g in self.d.items():
            m, v = self.s[k]
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            self.s[k] = m, v
            self.p[k] -= lr * (m / (1 - 0.9 ** t)) / (np.sqrt(v / (1 - 0.999 ** t)) + 1e-8)

class Bend:
    def go(self, v):
        self.v = np.tanh(v)
        return self.v
    def come(self, up):
        return up * (1 - self.v ** 2)
    def move(self, lr, t):
        pass

def soft(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

points = rs.randn(60, 4)
kinds = (points[:, 0] + points[:, 1] * points[:, 2] > 0).astype(int) + (points[:, 3] > 0.5)
parts = [Full(4, 7), Bend(), Full(7, 3)]
for t in range(1, 300):
    v = points
    for part in parts:
        v = part.go(v)
    p = soft(v)
    loss = -np.log(p[np.arange(60), kinds]).mean()
    up = (p - np.eye(3)[kinds]) / 60
    for part in parts[::-1]:
        up = part.come(up)
    for part in parts:
        part.move(0.02, t)
"""
LISTS = """
import random
from math import exp
random.seed(4)
rows = [[random.gauss(0, 1), random.gauss(0, 1)] for _ in range(20)]
signs = [1.0 if a * b > 0 else 0.0 for a, b in rows]
inner = [[random.uniform(-1, 1) for _ in range(3)] for _ in range(4)]
outer = [random.uniform(-1, 1) for _ in range(5)]

def squash(x):
    return 1 / (1 + exp(-x))

for lap in range(50):
    toll = 0
    for row, sign in zip(rows, signs):
        ins = row + [1.0]
        mid = [squash(sum(w * x for w, x in zip(ws, ins))) for ws in inner] + [1.0]
        out = squash(sum(w * x for w, x in zip(outer, mid)))
        toll += (out - sign) ** 2
        top = (out - sign) * out * (1 - out)
        for j in range(4):
            low = top * outer[j] * mid[j] * (1 - mid[j])
            for i in range(3):
                inner[j][i] -= 0.2 * low * ins[i]
        for j in range(5):
            outer[j] -= 0.2 * top * mid[j]
"""
PROGRAMS = {"loop": LOOP, "class": CLASS, "layers": LAYERS, "lists": LISTS}
FAULTS = [  # program, line, what stands there in place of it, what is accused
    ("loop", "up @ second.T * (1 - inner ** 2)", "up @ second.T * (1 - inner)", "first"),
    ("loop", "up @ second.T * (1 - inner ** 2)", "up @ second.T", "shift"),
    ("loop", "first -= speed", "first += speed", "first: it moves along its slope, uphill"),
    ("loop", "last -= speed * up.sum(axis=0)", "last -= speed * up.mean(axis=0)", "last"),
    ("loop", "shift -= speed", "shift -= 2 * speed", "shift: it moves 2 times"),
    ("class", "(self.__two.T @ miss) * (self.h > 0)", "(self.__two.T @ miss)", "one"),
    ("class", "self.__n - pace * back.sum(axis=1, keepdims=True)", "self.__n - pace * back.sum()", "n"),
    ("lists", "low = top * outer[j] * mid[j] * (1 - mid[j])", "low = top * outer[j]", "inner: it does not move"),
]


def examined(folder: Path, text: str) -> Diagnosis:
    path = folder / "net.py"
    path.write_text(text, encoding="utf8")
    return doctor_file(str(path))


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_right_network_whose_names_tell_nothing_is_compared(name: str, tmp_path: Path) -> None:
    diagnosis = examined(tmp_path, PROGRAMS[name])
    assert diagnosis.findings == []
    assert diagnosis.healthy, diagnosis.not_compared
    assert any("on your data" in line for line in diagnosis.compared)


@pytest.mark.parametrize(("name", "old", "new", "accused"), FAULTS, ids=[f"{n}: {o[:20]}" for n, _, o, _ in FAULTS])
def test_the_parameter_that_moves_wrongly_is_named(name: str, old: str, new: str, accused: str, tmp_path: Path) -> None:
    assert old in PROGRAMS[name]
    diagnosis = examined(tmp_path, PROGRAMS[name].replace(old, new))
    assert diagnosis.healthy is False
    assert any(accused in finding.fault for finding in diagnosis.findings), diagnosis.findings


def test_training_ends_with_the_first_step(tmp_path: Path) -> None:
    begun = time.monotonic()
    assert examined(tmp_path, LOOP).healthy  # a hundred million turns would take hours
    assert time.monotonic() - begun < 15
    hidden = "def train():\n" + "\n".join("    " + line for line in LOOP.splitlines())
    caught = hidden + "\nwhile True:\n    try:\n        train()\n    except:\n        pass\n"
    assert examined(tmp_path, caught).healthy


SHUFFLED = """
import numpy as np
rng = np.random.RandomState(0)
X = rng.randn(60, 3)
Y = np.eye(2)[(X[:, 0] > 0).astype(int)]
W = rng.randn(3, 2)
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
for epoch in range(50):
    order = rng.permutation(60)
    X_shuffled, Y_shuffled = X[order], Y[order]
    for s in range(0, 60, 10):
        xb, yb = X_shuffled[s:s + 10], Y_shuffled[s:s + 10]
        W -= 0.1 * xb.T @ (softmax(xb @ W) - yb)
"""


def test_labels_that_are_shuffled_apart_are_found(tmp_path: Path) -> None:
    assert examined(tmp_path, SHUFFLED).healthy
    apart = SHUFFLED.replace("X[order], Y[order]", "X[order], Y[rng.permutation(60)]")
    assert [finding.quantity for finding in examined(tmp_path, apart).findings] == ["y"]


def test_an_optimiser_that_is_none_is_not_called_right(tmp_path: Path) -> None:
    wrong = LAYERS.replace("0.001 * g * g", "0.001 * (0.9 * m + 0.1 * g) ** 2")
    assert wrong != LAYERS
    diagnosis = examined(tmp_path, wrong)
    assert diagnosis.healthy is None
    assert any(line.startswith("the update") for line in diagnosis.not_compared)


def test_a_loss_that_is_not_the_one_that_is_minimised_is_told(tmp_path: Path) -> None:
    wrong = LOOP.replace("toll", "cost").replace("(1 - wanted) * np.log(1 - guess)", "(1 - wanted) * np.log(guess)")
    assert wrong != LOOP
    assert [finding.quantity for finding in examined(tmp_path, wrong).findings] == ["loss"]
    without = "\n".join(line for line in LOOP.splitlines() if "toll" not in line)
    assert examined(tmp_path, without).healthy


def test_a_parameter_that_never_moves_is_found(tmp_path: Path) -> None:
    text = LOOP.replace("shift -= speed * down.sum(axis=0)", "pass").replace("shift", "b1").replace("first", "W1")
    text = text.replace("second", "W2").replace("last", "b2")
    faults = [finding.fault for finding in examined(tmp_path, text).findings]
    assert any("b1" in fault and ("never" in fault or "as it is" in fault) for fault in faults), faults


def test_gradients_that_are_never_set_back_are_told_from_momentum(tmp_path: Path) -> None:
    kept = SHUFFLED.replace("for epoch", "G = np.zeros((3, 2))\nfor epoch")
    kept = kept.replace(
        "W -= 0.1 * xb.T @ (softmax(xb @ W) - yb)", "G = 0.9 * G + xb.T @ (softmax(xb @ W) - yb); W -= 0.1 * G"
    )
    assert examined(tmp_path, kept).healthy
    (finding,) = examined(tmp_path, kept.replace("0.9 * G", "G")).findings
    assert "never set back to 0" in finding.fault


def test_an_l2_term_is_that_of_the_loss(tmp_path: Path) -> None:
    penalty = "np.log(1 - guess)) + 0.5 * 0.2 * (np.sum(first ** 2) + np.sum(second ** 2))"
    text = LOOP.replace("np.log(1 - guess))", penalty)
    text = text.replace("inner.T @ up", "(inner.T @ up + 0.2 * second)").replace(
        "points.T @ down", "(points.T @ down + 0.2 * first)"
    )
    assert examined(tmp_path, text).healthy
    faults = [finding.fault for finding in examined(tmp_path, text.replace("0.2 * first)", "0.6 * first)")).findings]
    assert faults == ["first: its L2 term is 3 times that of the loss"]
    assert examined(tmp_path, LOOP.replace("points.T @ down", "(points.T @ down + 0.2 * first)")).healthy  # decay alone


def test_of_one_sample_and_one_output_the_factor_tells_which_loss_it_is(tmp_path: Path) -> None:
    compared = examined(tmp_path, LISTS.replace("(out - sign) * out * (1 - out)", "out - sign")).compared
    assert any("cross-entropy of out and" in line for line in compared), compared
    assert any("slope of toll" in line for line in examined(tmp_path, LISTS).compared)


ONE_BY_ONE = """
import numpy as np
rng = np.random.default_rng(5)
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
Y = np.array([[0], [1], [1], [0]])
V, c = rng.normal(size=(3, 2)), rng.normal(size=3)
w, d = rng.normal(size=3), rng.normal(size=1)
for lap in range(3000):
    for k, x in enumerate(X):
        h = 1 / (1 + np.exp(-(V @ x + c)))
        o = 1 / (1 + np.exp(-(w @ h + d)))
        e = (Y[k] - o) * o * (1 - o)
        s = e * w * h * (1 - h)
        w += 0.4 * e * h
        d += 0.4 * e
        V += 0.4 * np.outer(s, x)
        c += 0.4 * s
"""


def test_a_loss_of_single_numbers_is_believed_only_turn_after_turn(tmp_path: Path) -> None:
    late = ONE_BY_ONE.replace("        s = e * w * h * (1 - h)\n", "").replace(
        "        V +=", "        s = e * w * h * (1 - h)\n        V +="
    )
    assert late != ONE_BY_ONE
    for labels in ("[[0], [1], [1], [0]]", "[[1], [1], [0], [0]]", "[[1], [0], [0], [1]]"):
        right = examined(tmp_path, ONE_BY_ONE.replace("[[0], [1], [1], [0]]", labels))
        assert right.healthy, right
        findings = examined(tmp_path, late.replace("[[0], [1], [1], [0]]", labels)).findings
        assert findings
        assert not any("w," in finding.fault for finding in findings), findings


def test_a_mean_that_is_taken_twice_is_told(tmp_path: Path) -> None:
    plain = LOOP.replace("speed", "learning_rate")
    assert examined(tmp_path, plain.replace("up = (guess - wanted) / len(points)", "up = guess - wanted")).healthy
    twice = plain.replace("/ len(points)", "/ len(points) ** 2")
    assert "once too often" in examined(tmp_path, twice).findings[0].fault


def test_kinks_of_relu_accuse_nobody(tmp_path: Path) -> None:
    text = LOOP.replace("rng.normal(size=(40, 3))", "rng.random((150, 784))")
    text = text.replace("rng.normal(size=(3, 6)), np.zeros(6)", "rng.normal(size=(784, 200)) * 0.02, np.zeros(200)")
    text = text.replace("rng.normal(size=(6, 1))", "rng.normal(size=(200, 1)) * 0.02")
    text = text.replace("np.tanh(points @ first + shift)", "np.maximum(0, points @ first + shift)")
    text = text.replace("(1 - inner ** 2)", "(inner > 0)").replace("points[:, 1:2] > 0", "points[:, 1:2] > 0.25")
    assert examined(tmp_path, text).healthy


APART = """
import numpy as np
rng = np.random.RandomState(0)
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
def learn(X, y):
    W = np.zeros((3, 2))
    for epoch in range(50):
        X = X[rng.permutation(60)]
        y = y[rng.permutation(60)]
        for s in range(0, 60, 10):
            xb, yb = X[s:s + 10], y[s:s + 10]
            W -= 0.1 * xb.T @ (softmax(xb @ W) - np.eye(2)[yb])
    return W
measured = rng.randn(60, 3)
found = (measured[:, 0] > 0).astype(int)
W = learn(measured, found)
"""


@pytest.mark.parametrize("names", [("measured", "found"), ("Xtr", "ytr")])
def test_data_that_a_function_shuffles_apart_are_found(names: tuple[str, str], tmp_path: Path) -> None:
    text = APART.replace("measured", names[0]).replace("found", names[1])
    assert [finding.quantity for finding in examined(tmp_path, text).findings] == ["y"]
    together = text.replace("X = X[rng", "order = rng").replace("(60)]\n        y = y[rng.permutation(60)]", "(60)")
    together = together.replace("order = rng.permutation(60)", "order = rng.permutation(60); X, y = X[order], y[order]")
    assert examined(tmp_path, together).healthy


LOSS_RETURNED = """
import numpy as np
rng = np.random.default_rng(2)
points = rng.normal(size=(8, 2))
signs = [1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0]
A, B, c = rng.normal(size=(4, 2)), rng.normal(size=(3, 4)), rng.normal(size=3)
a, b, d = np.zeros(4), np.zeros(3), 0.0
def train_one(p, target):
    global A, a, B, b, c, d
    g = np.tanh(A @ p + a)
    h = np.tanh(B @ g + b)
    err = 1 / (1 + np.exp(-(c @ h + d))) - target
    top = err * (err + target) * (1 - err - target)
    mid = top * c * (1 - h ** 2)
    low = (B.T @ mid) * (1 - g ** 2)
    c, d = c - 0.2 * top * h, d - 0.2 * top
    B, b = B - 0.2 * np.outer(mid, g), b - 0.2 * mid
    A, a = A - 0.2 * np.outer(low, p), a - 0.2 * low
    return 0.5 * err * err
for lap in range(300):
    total = 0
    for p, sign in zip(points, signs):
        total += train_one(p, sign)
"""


def test_the_loss_that_a_step_returns_is_not_taken_for_its_output(tmp_path: Path) -> None:
    assert examined(tmp_path, LOSS_RETURNED).healthy
    # with the first target, the absolute error of the loss falls along the hidden layers' wrong moves
    wrong = LOSS_RETURNED.replace("mid = top * c", "mid = -top * c")
    faults = [finding.fault.partition(":")[0] for finding in examined(tmp_path, wrong).findings]
    assert faults
    assert not any("c" in fault.split(", ") for fault in faults), faults


WITHOUT_BIASES = """
import numpy as np
rng = np.random.default_rng(2)
points = rng.normal(size=(30, 3))
goals = np.stack([np.sin(points[:, 0]), points[:, 1] * points[:, 2]], axis=1) * 0.3 + 0.5
one, two = rng.normal(size=(4, 3)), rng.normal(size=(2, 4))
lr = 0.1
def squash(x):
    return 1 / (1 + np.exp(-x))
for lap in range(200):
    for p, t in zip(points, goals):
        p, t = p[:, None], t[:, None]
        h = squash(one @ p)
        o = squash(two @ h)
        miss = t - o
        back = two.T @ (miss * o * (1 - o))
        two += lr * (miss * o * (1 - o)) @ h.T
        one += lr * (back * h * (1 - h)) @ p.T
"""


def test_of_two_weights_the_one_that_the_learning_rate_explains_is_right(tmp_path: Path) -> None:
    assert examined(tmp_path, WITHOUT_BIASES).healthy
    wrong = WITHOUT_BIASES.replace("back = two.T @ (miss * o * (1 - o))", "back = two.T @ miss")
    (finding,) = examined(tmp_path, wrong).findings  # the one as if it were cross-entropy, the other as squared error
    assert finding.fault.startswith("two: it moves against the slope of another loss, the squared error of o and t")
    assert "slope of the binary cross-entropy" in finding.evidence
    assert "one move against" in finding.evidence
