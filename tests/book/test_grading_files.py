"""``pellucid grade`` and ``%%grade``: files, notebooks, a class, and code that does what it may not."""

import csv
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import pellucid as pl
from book.learners import SOLUTIONS, source_of
from pellucid.book.grading import transport
from pellucid.book.grading.calls import Outcome
from pellucid.book.grading.exercises import EXERCISES
from pellucid.book.grading.submission import _lines, _read
from pellucid.core.errors import InputError
from support import Command, screen_of

SUBMISSIONS = int(os.environ.get("SUBMISSIONS", "12"))  # of the class; 30 is the full size
RIGHT = source_of("neuron", "return x @ w + b")
WRONG = source_of("neuron", "return x @ w")
DOT = "return dot(x, w) + b"


def marks(ended: Any) -> dict[str, str]:
    return {entry["name"]: entry["message"] for entry in json.loads(ended.out)["exercises"]}


def test_a_file_is_graded(pellucid: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        f"{WRONG}\ndef layer(X, W, b):\n    return X @ W.T + b\n\ndef split(X, y, dev, rng): ...\n"
    )
    ended = pellucid("grade", "mine.py", "--seed", 4, "--json")
    result = json.loads(ended.out)
    assert (ended.code, ended.err) == (1, "")
    assert (result["passed"], result["failed"], result["seed"]) == (1, 2, 4)
    assert [set(each) for each in result["exercises"]] == [{"name", "passed", "message"}] * 3
    assert [(each["name"], each["passed"]) for each in result["exercises"]] == [
        ("neuron", False), ("layer", True), ("split", False),
    ]  # fmt: skip
    found = marks(ended)
    assert found["neuron"].startswith("the bias b is left out: z is ")
    assert found["split"] == "not solved yet"
    assert marks(pellucid("grade", "mine.py", "--json"))["neuron"] != found["neuron"]


def test_people_read_what_is_wrong_and_get_a_hint_on_asking(pellucid: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(f"{WRONG}\ndef softmax(z): ...\n")
    ended = pellucid("grade", "mine.py", "--seed", 1, "--hint")
    lines = ended.out.splitlines()
    assert ended.code == 1
    assert lines[0] == "mine.py: 0 of 2 exercises solved"
    assert lines[1].startswith("  neuron: the bias b is left out: z is ")
    assert lines[2].strip() == f"hint: {EXERCISES['neuron'].hint}"
    assert lines[3] == "  softmax: not solved yet"
    assert lines[5] == "the same inputs again: --seed 1"
    (tmp_path / "new.py").write_text("def softmax(z): ...")
    assert pellucid("grade", "new.py", "-q").out == "new.py: 0 of 1 exercise solved\n"


def test_the_list_names_each_exercise_with_its_signature(pellucid: Command) -> None:
    ended = pellucid("grade", "--list")
    assert ended.code == 0
    for text in ("neuron(x, w, b)", "backward(X, y, weights, biases)", "chapter 12", EXERCISES["layer"].task):
        assert text in ended.out
    entries = json.loads(pellucid("grade", "--list", "--json").out)["exercises"]
    assert [entry["name"] for entry in entries] == [*EXERCISES]
    assert set(entries[0]) == {"name", "signature", "chapter", "task"}


@pytest.mark.parametrize(
    ("files", "line", "words"),
    [
        ({"a.py": "x = 1"}, "a.py", "a.py: defines no function of an exercise; an exercise is known by its function's"),
        ({}, "a.py", "a.py: "),
        ({}, "", "name the file that your functions are in"),
        ({"a.py": "def (:"}, "a.py", "a.py: line 1: "),
        ({"a.py": ""}, "a.py", "a.py: is empty"),
        ({"a.txt": RIGHT}, ".", ".: holds no submission; each is a file (.py or .ipynb)"),
        ({"a.py": RIGHT}, "a.py --out m.csv", "--out m.csv: a table is for a class"),
        ({"a.py": RIGHT}, ". --out a.py", "a.py"),
        ({"a.py": RIGHT, "m.csv": "mine"}, ". --out m.csv", "m.csv: is there already, is nothing that pellucid has"),
        ({"a.py": RIGHT}, ". --out gone/m.csv", "there is no folder gone"),
        ({"a.py": RIGHT}, "a.py --seed -1", "-1 is not in the range"),
        ({"a.ipynb": '{"cells": [{"cell_type": "code", "source": "def neuron(x, w, b): return 1"}]}'}, "a.ipynb",
         "a.ipynb: no cell that begins with %%grade defines an exercise"),
    ],
)  # fmt: skip
def test_what_cannot_be_graded_is_told_in_one_message(
    pellucid: Command, tmp_path: Path, files: dict[str, str], line: str, words: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    ended = pellucid("grade", *line.split())
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err
    assert len(ended.err.splitlines()) == 1
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == files


def cell(text: str) -> dict[str, Any]:
    return {"cell_type": "code", "source": text}


def test_of_a_notebook_the_cells_that_begin_with_the_magic_are_graded(pellucid: Command, tmp_path: Path) -> None:
    """Helpers of other cells are there; another function of the same name in one of them is not what is graded."""
    cells = [
        cell("%load_ext pellucid\nimport numpy as np\nshift = 0.0"),
        cell("def dot(x, w):\n    return x @ w + shift"),
        cell("def layer(X, W, b): return 0"),
        cell("%%grade\ndef neuron(x, w, b):\n    return dot(x, w) + b"),
        cell("def neuron(x, w, b): return None\nneuron(1, 2, 3) / 0"),
        cell("%%grade --hint\ndef softmax(z):\n    return z / zero"),
    ]
    (tmp_path / "mine.ipynb").write_text(json.dumps({"cells": cells}))
    found = marks(pellucid("grade", "mine.ipynb", "--json"))
    assert found["neuron"] == "passed"
    assert found["softmax"].startswith("cell 6, line 3: NameError: name 'zero' is not defined")
    assert [*found] == ["neuron", "softmax"]


def test_what_the_code_may_not_do_is_told_and_the_others_are_graded(pellucid: Command, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        bodies = {
            "neuron": "print('hello', flush=True)\nreturn x @ w + b",
            "sigmoid": f"open({str(tmp_path / 'new.txt')!r}, 'w')",
            "layer": f"import socket\nsocket.create_connection(('127.0.0.1', {port}))",
            "softmax": "import sys\nsys.exit(0)",
            "forward": "import os\nos._exit(0)",
            "accuracy": "from pellucid.book.grading.exercises import EXERCISES",
            "along": "raise KeyboardInterrupt",
            "descend": "import subprocess\nsubprocess.run(['touch', 'here'])",
            "one_hot": "raise ValueError(__file__)",
            "bias_for": "return np.log(p / (1 - p)) - x @ w",
        }
        (tmp_path / "mine.py").write_text("\n".join(source_of(*pair) for pair in bodies.items()))
        ended = pellucid("grade", "mine.py", "--json")
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    found = marks(ended)
    assert ended.err == ""
    assert found["neuron"] == found["bias_for"] == "passed"
    assert "PermissionError: pellucid does not let the code that it examines write" in found["sigmoid"]
    assert "PermissionError: pellucid does not let the code that it examines use the network" in found["layer"]
    assert "SystemExit: 0" in found["softmax"]
    assert found["forward"].startswith("its process ended while it ran (exit code 0)")
    assert "ModuleNotFoundError" in found["accuracy"] or "ImportError" in found["accuracy"]
    assert "KeyboardInterrupt" in found["along"]
    assert "start a program" in found["descend"]
    assert "ValueError: mine.py" in found["one_hot"]
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]


def test_the_process_that_runs_the_code_knows_no_answer() -> None:
    code = (
        "import sys, pellucid.book.grading.child; print([n for n in sys.modules if n.endswith(('exercises', 'judge'))])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


@pytest.mark.slow
def test_code_that_hangs_is_stopped(pellucid: Command, tmp_path: Path) -> None:
    slow = "import time\ntime.sleep(4.5)\nreturn z"
    bodies = {
        "neuron": "while True: pass",
        "sigmoid": "import time\ntime.sleep(100)",
        "layer": "return X @ W.T + b",
        "softmax": slow,
    }
    (tmp_path / "mine.py").write_text("\n".join(source_of(*pair) for pair in bodies.items()))
    found = marks(pellucid("grade", "mine.py", "--json"))
    assert "it ran for more than 5 s" in found["neuron"]
    assert "it ran for too long, and could not be stopped" in found["sigmoid"]
    assert "all its calls together ran for more than 8 s" in found["softmax"]
    assert found["layer"] == "passed"


def write_class(folder: Path) -> None:
    """Files, a folder of several files, and what is no submission."""
    for name, text in {
        "ada.py": RIGHT, "=SUM(A1).py": WRONG, "broken.py": "def (:", "dies.py": "import os\nos._exit(3)\n" + RIGHT,
        "exits.py": "raise SystemExit\n" + RIGHT, "empty.py": "x = 1",
        "eve.py": f"from ada import neuron as own\n{WRONG}",
        "grace/one.py": WRONG, "grace/deep/two.py": RIGHT + source_of("layer", "return X @ W.T + b"), "notes.txt": "x",
        ".hidden.py": RIGHT, "nothing/readme.txt": "x",
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_a_table_for_people_and_a_file_that_is_replaced(pellucid: Command, tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "broken.py").write_text("def (:")
    for form in (["--json"], []):  # its own table may be replaced
        ended = pellucid("grade", "class", "--out", "marks.csv", *form)
    assert ended.code == 1
    lines = ended.out.splitlines()
    assert lines[1].startswith("broken.py   –       broken.py: line 1: invalid syntax")
    assert lines[2] == "1 submission in marks.csv"


@pytest.mark.slow
def test_a_class_gets_a_table(pellucid: Command, tmp_path: Path) -> None:
    write_class(tmp_path / "class")
    ended = pellucid("grade", "class", "--out", "marks.csv", "--json")
    result = json.loads(ended.out)
    assert (ended.code, ended.err) == (1, "")
    rows = {row["submission"]: row for row in csv.DictReader(Path("marks.csv").read_text().splitlines())}
    assert [*rows] == ["'=SUM(A1).py", "ada.py", "broken.py", "dies.py", "empty.py", "eve.py", "exits.py", "grace"]
    assert [*rows["ada.py"]] == ["submission", *EXERCISES, "total", "note"]
    solved = {name: (row["neuron"], row["layer"], row["total"]) for name, row in rows.items()}
    assert solved == {
        "ada.py": ("1", "", "1"), "'=SUM(A1).py": ("0", "", "0"), "broken.py": ("", "", "0"), "dies.py": ("1", "", "1"),
        "empty.py": ("", "", "0"), "eve.py": ("0", "", "0"), "exits.py": ("1", "", "1"), "grace": ("1", "1", "2"),
    }  # fmt: skip
    assert rows["broken.py"]["note"].startswith("broken.py: line 1: ")
    assert "defines no function" in rows["empty.py"]["note"]
    assert (result["passed"], result["failed"]) == (5, 2)
    assert [each["name"] for each in result["submissions"]] == [name.removeprefix("'") for name in rows]
    assert {"submission", "name", "passed", "message"} == set(result["exercises"][0])


@pytest.mark.slow
def test_a_class_of_submissions_and_whatever_they_do(pellucid: Command, tmp_path: Path) -> None:
    bodies = [
        "while True: pass", "import os\nos._exit(1)", "import os\nos.abort()", "raise SystemExit", "return 1 / 0",
        "return bytes(10 ** 10)", "def f(): return f()\nreturn f()", "import time\ntime.sleep(100)",
        "return np.zeros(10 ** 8)",
        "return [[]] * 10 ** 6", "import sys\nsys.stdout.write('x' * 10 ** 7)\nreturn x @ w + b", "return x @ w + b",
    ]  # fmt: skip
    folder = tmp_path / "class"
    folder.mkdir()
    for k in range(SUBMISSIONS):
        (folder / f"s{k:02}.py").write_text(source_of("neuron", bodies[k % len(bodies)]))
    ended = pellucid("grade", folder, "--out", "marks.csv", "--json")
    rows = list(csv.DictReader(Path("marks.csv").read_text().splitlines()))
    assert (ended.code, len(rows)) == (1, SUBMISSIONS)
    right = [f"s{k:02}.py" for k in range(SUBMISSIONS) if k % len(bodies) >= 10]
    assert [row["submission"] for row in rows if row["neuron"] == "1"] == right
    assert all(row["neuron"] in ("0", "1") and row["note"] == "" for row in rows)


def test_a_submission_of_a_class_sees_no_other(pellucid: Command, tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ada.py").write_text(RIGHT)
    (tmp_path / "class" / "eve.py").write_text(source_of("neuron", "from ada import neuron as f\nreturn f(x, w, b)"))
    (tmp_path / "class" / "mary").mkdir()
    (tmp_path / "class" / "mary" / "answers.py").write_text(f"from helpers import dot\n{source_of('neuron', DOT)}")
    (tmp_path / "class" / "mary" / "helpers.py").write_text("def dot(x, w): return x @ w")
    (tmp_path / "class" / "mary" / "old.py").write_text("def (:")
    result = json.loads(pellucid("grade", "class", "--json").out)
    passed = [(each["submission"], each["passed"]) for each in result["exercises"]]
    assert passed == [("ada.py", True), ("eve.py", False), ("mary", True)]
    assert result["submissions"][2]["note"].startswith("old.py: line 1: ")
    assert "No module named 'ada'" in result["exercises"][1]["message"]
    assert json.loads(pellucid("grade", "class/eve.py", "--json").out)["passed"] == 1  # its own folder's files it sees


@pytest.mark.parametrize(
    "form",
    [
        {}, [], 3, None, "x", {"dtype": "O", "shape": [1], "bytes": ""},
        {"dtype": "<f8", "shape": [-5], "bytes": "AAAA"},
        {"dtype": "<f8", "shape": [10**12], "bytes": ""}, {"dtype": "V8", "shape": [1], "bytes": "AAAAAAAAAAA="},
        {"list": 3}, {"function": "os.system", "parts": []}, {"dtype": "<f8", "shape": "x", "bytes": "AAAA"},
    ],
)  # fmt: skip
def test_what_is_no_value_is_refused(form: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        transport.unpacked(form)


def test_values_cross_as_they_are() -> None:
    array = np.array([[0.1, np.nan], [np.inf, -0.0]])
    for value in (
        array,
        array.astype(np.float32),
        np.arange(3),
        np.array(True),
        [1, "a", (None, 2.5)],
        2**40,
        [array, [array]],
    ):
        back = transport.unpacked(json.loads(json.dumps(transport.packed(value))))
        assert type(back) is type(value)
        np.testing.assert_equal(back, value)
    others: tuple[tuple[Any, str], ...] = (
        (2**100, "a int"),
        (np.array(["a"]), "an array of text"),
        ({}, "a dict"),
        (np.zeros(2 * 10**6), "an array of shape"),
    )
    for value, called in others:
        assert transport.unpacked(transport.packed(value)).called.startswith(called)


@pytest.mark.skipif(os.name != "posix", reason="others have no pipes among files")
def test_results_that_are_no_file_or_not_whole_are_not_believed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert _lines(tmp_path / "pipe") == _lines(tmp_path / "link") == _lines(tmp_path / "gone") == []
    (tmp_path / "results").write_text(
        '{"began": "neuron"}\n{"name": "neuron", "outcomes": [{"value": {"value": 1}, "changed": [], "warned": [], '
        '"failure": null}]}\n'
        '{"name": "other", "outcomes": []}\n{"began": "layer"}\n{"name": "layer", "outcomes": []}\n' + "[" * 100_000
    )
    done, running = _read(tmp_path / "results", {"neuron": [()], "layer": [()]}, str)
    assert done == {"neuron": [Outcome(1)]}
    assert running == "layer"


class Shell:
    """As much of IPython as the magic uses."""

    def __init__(self) -> None:
        self.magics: dict[str, Any] = {}
        self.user_ns: dict[str, Any] = {"np": np}

    def register_magic_function(self, function: Any, kind: str, name: str) -> None:
        self.magics[name] = function

    def run_cell(self, code: str) -> Any:
        exec(compile(code, "<cell>", "exec"), self.user_ns)
        return SimpleNamespace(success=True)


@pytest.mark.parametrize(
    ("line", "text", "said"),
    [
        ("", "def neuron(x, w, b):\n    'z.'\n    ...", "neuron: not solved yet\n"),
        ("", "def neuron(x, w, b):\n    return x @ w + b", "neuron: passed\n"),
        ("", "neuron = lambda x, w, b: x @ w + b", "neuron: passed\n"),
        ("", "def neuron(x, w, b):\n    return helper(x) @ w + b", "neuron: passed\n"),
        ("--seed 3", "def neuron(x, w, b):\n    return x @ w", "neuron: the bias b is left out: z is "),
        ("--hint", "def neuron(x, w, b): pass", f"neuron: not solved yet\nhint: {EXERCISES['neuron'].hint}\n"),
        ("", "def neuron(x, w, b):\n    return 1 / 0", "neuron: line 2: ZeroDivisionError: division by zero"),
        ("", "x = 1", "This cell defines no exercise"),
        ("--help", "def neuron(x, w, b): pass", "%%grade takes --hint"),
    ],
)
def test_the_cell_magic_runs_the_cell_and_grades_it(
    line: str, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell()
    shell.user_ns["helper"] = lambda x: x
    pl.load_ipython_extension(shell)
    assert set(shell.magics) == {"doctor", "grade"}
    shell.magics["grade"](line, text)
    assert capsys.readouterr().out.startswith(said)


@pytest.mark.slow
def test_the_magic_works_in_ipython() -> None:
    code = (
        "from IPython.core.interactiveshell import InteractiveShell as S\ns = S.instance()\n"
        "for c in ('%load_ext pellucid', '%%grade --hint\\ndef neuron(x, w, b):\\n    ...', "
        "'%%grade\\ndef neuron(x, w, b):\\n    return x @ w + b', "
        "'%%grade\\nx = %pwd\\ndef neuron(x, w, b):\\n    return x @ w'): "
        "assert s.run_cell(c, store_history=True).success"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = ended.stdout.splitlines()
    assert lines[0] == "neuron: not solved yet"
    assert lines[1].startswith("hint: ")
    assert lines[2] == "neuron: passed"
    assert lines[3].startswith("neuron: the bias b is left out")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")
def test_it_fits_a_terminal_of_80_columns(tmp_path: Path) -> None:
    write_class(tmp_path / "class")
    for words in (["--list"], ["class"], ["class/eve.py", "--hint"], [str(SOLUTIONS)]):
        lines = screen_of([sys.executable, "-m", "pellucid", "grade", *words], tmp_path, 80)
        assert max(map(len, lines)) <= 80
        assert not any("Traceback" in line for line in lines)


def test_a_folder_that_is_gone_or_not_ours_raises(tmp_path: Path) -> None:
    from pellucid.book.grading.marks import submissions

    with pytest.raises(InputError, match="holds no submission"):
        submissions(str(tmp_path))
