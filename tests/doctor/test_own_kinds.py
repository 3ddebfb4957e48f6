"""Kinds of programs whose step must first be found: lists made by training, numbers of one's own, files not there."""

from pathlib import Path

import pytest

from doctor.test_own_step import CLASS, LOOP, examined

ENGINE = """
import math
import random
random.seed(5)

class Number:
    def __init__(self, data, made_of=()):
        self.data, self.grad, self.made_of, self.back = data, 0.0, set(made_of), lambda: None
    def __add__(self, other):
        other = other if isinstance(other, Number) else Number(other)
        out = Number(self.data + other.data, (self, other))
        def back():
            self.grad += out.grad
            other.grad += out.grad
        out.back = back
        return out
    def __mul__(self, other):
        other = other if isinstance(other, Number) else Number(other)
        out = Number(self.data * other.data, (self, other))
        def back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out.back = back
        return out
    def bend(self):
        out = Number(math.tanh(self.data), (self,))
        def back():
            self.grad += (1 - out.data ** 2) * out.grad
        out.back = back
        return out
    def backward(self):
        order, known = [], set()
        def visit(one):
            if one not in known:
                known.add(one)
                for other in one.made_of:
                    visit(other)
                order.append(one)
        visit(self)
        self.grad = 1.0
        for one in reversed(order):
            one.back()

rows = [(random.gauss(0, 1), random.gauss(0, 1)) for _ in range(6)]
signs = [1.0 if a * b > 0 else -1.0 for a, b in rows]
inner = [[Number(random.gauss(0, 1)) for _ in range(3)] for _ in range(3)]
outer = [Number(random.gauss(0, 1)) for _ in range(3)]
for turn in range(40):
    loss = Number(0.0)
    for (a, b), sign in zip(rows, signs):
        out = Number(0.0)
        for w, u in zip(inner, outer):
            out = out + u * (w[0] * a + w[1] * b + w[2]).bend()
        miss = out + -sign
        loss = loss + miss * miss
    for one in [*outer, *(one for w in inner for one in w)]:
        one.grad = 0.0
    loss.backward()
    for one in [*outer, *(one for w in inner for one in w)]:
        one.data -= 0.05 * one.grad
"""
RESET = "        one.grad = 0.0\n"


def test_a_scalar_engine_is_compared(tmp_path: Path) -> None:
    diagnosis = examined(tmp_path, ENGINE)
    assert diagnosis.healthy, diagnosis
    wrong = examined(tmp_path, ENGINE.replace("(1 - out.data ** 2)", "(1 - out.data)"))
    assert wrong.healthy is False, wrong


def test_an_engines_gradients_that_are_never_set_back_are_found(tmp_path: Path) -> None:
    diagnosis = examined(tmp_path, ENGINE.replace(RESET, "        pass\n"))
    assert any("never set back to 0" in finding.fault for finding in diagnosis.findings), diagnosis


LISTED = """    for k in range(5000):
        tolls = [thing.learn(v[:, i:i + 10], u[:, i:i + 10]) for i in range(0, 30, 10)]
"""


def test_a_list_that_is_made_by_training_is_a_loop(tmp_path: Path) -> None:
    start = CLASS.index("    for k in range")
    text = CLASS[:start] + LISTED + CLASS[CLASS.index("    print(toll)") :].replace("print(toll)", "print(tolls)")
    diagnosis = examined(tmp_path, text)
    assert diagnosis.healthy, diagnosis
    wrong = examined(tmp_path, text.replace("(self.__two.T @ miss) * (self.h > 0)", "(self.__two.T @ miss)"))
    assert any("one" in finding.fault for finding in wrong.findings), wrong


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("np.zeros((3, 6))", "np.zeros((6, 1))", True),
        ("np.ones((3, 6))", "np.ones((6, 1))", True),
        ("np.zeros((3, 6))", "rng.normal(size=(6, 1))", False),
        ("rng.normal(size=(3, 6))", "np.zeros((6, 1))", False),
    ],
)
def test_hidden_neurons_that_begin_alike_are_found(first: str, second: str, alike: bool, tmp_path: Path) -> None:
    start = "rng.normal(size=(3, 6)), np.zeros(6), rng.normal(size=(6, 1))"
    assert start in LOOP
    text = LOOP.replace(start, f"{first}, np.zeros(6), {second}").replace("first", "W1").replace("second", "W2")
    diagnosis = examined(tmp_path, text)
    assert any("begin alike" in finding.fault for finding in diagnosis.findings) == alike, diagnosis
    assert diagnosis.healthy is not alike


READS = {
    "iris.data": """
import csv
names = ["Iris-setosa", "Iris-versicolor", "Iris-virginica"]
with open("iris.data") as stream:
    rows = [row for row in csv.reader(stream) if len(row) == 5]
points = np.array([[float(v) for v in row[:3]] for row in rows])
wanted = np.array([[float(names.index(row[4]) == 0)] for row in rows])
""",
    "numbers.csv": """
table = np.loadtxt("numbers.csv", delimiter=",")
points, wanted = table[:, 5:8], table[:, 8:9]
""",
    "digits.gz": """
import gzip
with gzip.open("train-images-idx3-ubyte.gz", "rb") as stream:
    points = np.frombuffer(stream.read(), np.uint8, offset=16).reshape(-1, 784)[:, 300:303] / 255
with gzip.open("train-labels-idx1-ubyte.gz", "rb") as stream:
    wanted = (np.frombuffer(stream.read(), np.uint8, offset=8)[:, None] > 4).astype(float)
""",
    "people.csv": """
import pandas as pd
from sklearn.model_selection import train_test_split

pytestmark = pytest.mark.slow  # a second or more each
table = pd.read_csv("people.csv")
wanted = (table["Sex"] == "male").astype(float).reshape(-1, 1)
points, _, wanted, _ = train_test_split(table.values[:, :3], wanted, test_size=5000)
""",
}


@pytest.mark.parametrize("name", READS)
def test_a_file_that_is_not_there_and_is_read_by_hand_has_a_stand_in(name: str, tmp_path: Path) -> None:
    start, end = LOOP.index("points ="), LOOP.index("first, shift")
    diagnosis = examined(tmp_path, LOOP[:start] + READS[name] + LOOP[end:])
    assert diagnosis.healthy, diagnosis
    assert any("is not there" in note for note in diagnosis.notes), diagnosis.notes


VELOCITY = """    ahead = [w + 0.9 * v for w, v in zip(weights, velocity)]
    inner = np.tanh(points @ ahead[0] + ahead[1])
    guess = 1 / (1 + np.exp(-(inner @ ahead[2] + ahead[3])))
    up = (guess - wanted) / len(points)
    down = up @ ahead[2].T * (1 - inner ** 2)
    grads = [points.T @ down, down.sum(axis=0), inner.T @ up, up.sum(axis=0)]
    velocity = [0.9 * v - speed * g for v, g in zip(velocity, grads)]
    weights = [w + v for w, v in zip(weights, velocity)]
"""


def test_nesterovs_gradient_at_the_point_ahead_is_right(tmp_path: Path) -> None:
    start = LOOP.index("    inner =")
    made = "weights = [first, shift, second, last]\nvelocity = [0 * w for w in weights]\nfor turn"
    text = LOOP[:start].replace("for turn", made) + VELOCITY
    diagnosis = examined(tmp_path, text)
    assert diagnosis.healthy, diagnosis
    wrong = examined(tmp_path, text.replace("(1 - inner ** 2)", "(1 - inner)"))
    assert wrong.healthy is False, wrong
