"""The exercises: every solution passes, every usual mistake is named, and nothing that is nearly right passes."""

import ast
import re

import numpy as np
import pytest

from book.beginners import BEGINNERS
from book.learners import SOLUTIONS, function_of, graded, solutions
from book.mutants import mutants
from book.wrong_answers import WRONG
from pellucid.book.grading import calls
from pellucid.book.grading.exercises import EXERCISES
from pellucid.book.grading.judge import calls_of, mark_of, shown

SOLVED = solutions()
# Changes that leave a solution right: the line as it is then, and why.
EQUIVALENT = {
    "three_neurons": {"return a": "a list of numbers is as good as an array"},
    "descend": {"return positions": "a list of numbers is as good as an array"},
    "along": {"return [loss(theta + s * direction) for s in steps]": "a list of numbers is as good as an array"},
    "forward": {
        "for W, b in zip(weights[:], biases[:-1]):": "zip ends with the shorter list",
        "for W, b in zip(weights[:-1], biases[:]):": "zip ends with the shorter list",
        "for W, b in zip(weights[:--2], biases[:-1]):": "zip ends with the shorter list",
        "for W, b in zip(weights[:-1], biases[:--2]):": "zip ends with the shorter list",
        "a.append(np.maximum(0, a[-1] @ W.T + b))": "the greater of two numbers, in either order",
    },
    "backward": {
        "a1 = np.maximum(0, z1)": "the greater of two numbers, in either order",
        "a2 = np.maximum(0, z2)": "the greater of two numbers, in either order",
        "d2 = d3 @ W3 * (z2 >= 0)": "no z of random numbers is 0, where a ReLU has no slope",
        "d1 = d2 @ W2 * (z1 >= 0)": "no z of random numbers is 0, where a ReLU has no slope",
    },
    "mended_backward": {
        "a1 = np.maximum(0, z1)": "the greater of two numbers, in either order",
        "dz1 = da1 * (z1 >= 0)": "no z of random numbers is 0, where a ReLU has no slope",
    },
    "dropout": {"kept = rng.random(a.shape) > p": "no random number is p"},
}


def test_every_chapter_has_two_exercises_and_each_is_solved() -> None:
    chapters = [exercise.chapter for exercise in EXERCISES.values()]
    assert set(chapters) == set(range(1, 13))
    assert all(chapters.count(chapter) >= 2 for chapter in chapters)
    assert chapters == sorted(chapters)
    assert len(EXERCISES) >= 24
    assert [*EXERCISES] == [*SOLVED]
    for file in SOLUTIONS.glob("chapter_*.py"):
        names = {
            node.name for node in ast.parse(file.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)
        }
        own = {name for name, exercise in EXERCISES.items() if exercise.chapter == int(file.stem[-2:])}
        assert own <= names


@pytest.mark.parametrize("name", EXERCISES)
def test_a_solution_passes(name: str) -> None:
    function = function_of(SOLVED[name], name)
    for seed in range(3):
        assert mark_of(EXERCISES[name], function, seed).message == "passed"


@pytest.mark.slow
@pytest.mark.parametrize("name", EXERCISES)
def test_a_solution_passes_with_any_seed(name: str) -> None:
    function = function_of(SOLVED[name], name)
    for seed in range(300):
        assert mark_of(EXERCISES[name], function, seed).message == "passed", seed


@pytest.mark.parametrize("name", EXERCISES)
def test_ten_wrong_answers_fail_and_are_named(name: str) -> None:
    assert len(WRONG[name]) >= 10
    for body, words in WRONG[name]:
        mark = graded(name, body)
        assert not mark.passed, body
        assert words in mark.message, body


@pytest.mark.parametrize("name", EXERCISES)
def test_five_answers_of_beginners_are_named(name: str) -> None:
    assert len(BEGINNERS[name]) >= 5
    for body, words in BEGINNERS[name]:
        mark = graded(name, body)
        assert not mark.passed, body
        assert words in mark.message, body


@pytest.mark.slow
@pytest.mark.parametrize("name", EXERCISES)
def test_wrong_answers_are_named_with_any_seed(name: str) -> None:
    for body, words in WRONG[name] + BEGINNERS[name]:
        for seed in range(20):
            mark = graded(name, body, seed)
            assert not mark.passed, body
            assert words in mark.message, body


@pytest.mark.parametrize("name", EXERCISES)
def test_each_mistake_of_the_table_is_called_by_its_own_name(name: str) -> None:
    """None hides behind an earlier one."""
    exercise = EXERCISES[name]
    for mistake in exercise.mistakes:
        mark = mark_of(exercise, mistake.answer, 1)
        assert not mark.passed, mistake.says
        assert mark.message.startswith(f"{mistake.says}: "), mistake.says


@pytest.mark.slow
@pytest.mark.parametrize("name", EXERCISES)
def test_a_solution_with_one_thing_changed_never_passes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "SECONDS", 0.7)
    tree = ast.parse(SOLVED[name])
    rest = "\n".join(ast.unparse(node) for node in tree.body if getattr(node, "name", "") != name)
    (own,) = (node for node in tree.body if getattr(node, "name", "") == name)
    tried = 0
    unseen = dict(EQUIVALENT.get(name, {}))
    for text, line in mutants(ast.unparse(own)):
        tried += 1
        passed = mark_of(EXERCISES[name], function_of(f"{rest}\n{text}", name), 1).passed
        assert passed == (line in EQUIVALENT.get(name, {})), line
        unseen.pop(line, None)
    assert tried >= 5
    assert not unseen


def test_inputs_are_drawn_anew_and_are_the_same_for_a_seed() -> None:
    exercise = EXERCISES["layer"]
    one, same, other = (calls_of(exercise, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one[0], same[0], strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(one[0], other[0], strict=True))


def test_a_hint_gives_no_solution() -> None:
    for name, exercise in EXERCISES.items():
        lines = SOLVED[name].split(f"def {name}")[1].splitlines()
        told = [line.strip() for line in lines if len(line.strip()) > 12 and line.strip() in exercise.hint]
        assert not told, name
        assert exercise.hint.endswith((".", "?")), name


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("...", "not solved yet"),
        ("pass", "not solved yet"),
        ("x @ w + b", "not solved yet: it returns None"),
        ("return 'three'", "z is a str where a number is right"),
        ("return [x, w]", "z is a list of shape (2, 3) where a number is right"),
        ("return {'z': 1}", "z is a dict where a number is right"),
        ("return x @ w + c", "line 5: NameError: name 'c' is not defined (x = ["),
        ("return x @ w + b + 1j", "where"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("z = x @ w + b\nx[0] = 0\nreturn z", "the numbers are right, but it changes its input x"),
        ("print('hello')\ninput()\nreturn x @ w + b", "EOF"),
        ("return np.float32(x @ w + b)", "passed"),
        ("return np.array([x @ w + b])", "z is an array of shape (1,) where a number is right"),
        ("return lambda: 1", "z is a function where a number is right"),
    ],
)
def test_what_a_function_may_do_is_told(body: str, words: str) -> None:
    assert words in graded("neuron", body).message


def test_another_number_of_arguments_is_told() -> None:
    mark = mark_of(EXERCISES["neuron"], lambda x, w: x @ w, 0)
    assert mark.message.startswith("it takes (x, w), and is given 3 values")


def test_the_first_number_that_differs_is_told_with_its_place() -> None:
    body = "z = X @ W.T + b\nz[[0, -1], [0, -1]] += 0.5\nreturn z"
    message = graded("layer", body).message
    found = re.match(
        r"z\[0, 0\] is ([−\d.]+) where ([−\d.]+) is right \(X of shape \(5, 4\), W of shape \(3, 4\)", message
    )
    assert found is not None, message
    given, right = (float(number.replace("−", "-")) for number in found.groups())
    assert given - right == pytest.approx(0.5, abs=1e-3)


def test_whole_numbers_are_shown_in_full() -> None:
    message = graded("count_parameters", "return sum(m * n for m, n in zip(sizes, sizes[1:]))").message
    assert "the count is 25760 where 25818 is right" in message


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        (
            "forward",
            "return X",
            "it returns an array of shape (5, 4) where 3 values (list[0], list[1], list[2]) are right",
        ),
        ("forward", "return [X]", "it returns a list of 1 value where 3 values"),
        (
            "forward",
            "return [X, X, X]",
            ": list[1] is an array of shape (5, 4) where an array of shape (5, 3) is right",
        ),
        ("descend", "return start", "it returns a number where an array of shape (7,) is right"),
        ("descend", "return [start] * 7", ": positions[1] is "),
        ("count_parameters", "return None if sizes[0] == 784 else 3", "it returns a NoneType where a number is right"),
        ("one_hot", "return np.array(values)", "it returns an array of text where an array of shape (6, 3) is right"),
    ],
)
def test_what_is_returned_is_called_what_it_is(name: str, body: str, words: str) -> None:
    assert words in ": " + graded(name, body).message


def test_numbers_that_look_alike_are_shown_apart() -> None:
    found = re.match(r"z is (\S+) where (\S+) is right", graded("neuron", "return x @ w + b + 1e-5").message)
    assert found is not None
    assert found[1] != found[2]


def test_an_iterator_is_as_good_as_a_list() -> None:
    assert graded("batches", "p = rng.permutation(n)\nfor i in range(0, n, size):\n    yield p[i:i + size]").passed


def test_the_inputs_are_shown_in_short() -> None:
    exercise = EXERCISES["along"]
    assert shown(exercise, calls_of(exercise, 0)[1]).startswith("theta = [")  # a function is not shown
