"""What the doctor makes of files: those that it cannot use, code that it must not run, names that need explaining."""

from pathlib import Path

import numpy as np
import pytest

import pellucid as pl
from doctor import patients
from doctor.networks import Style, write
from pellucid.analysis.doctor.doctor import doctor_file
from support import Command

STYLE = Style("columns", "tuple", "relu", "softmax-ce", (5, 4, 3), True, False, True)
GOOD = write(STYLE)


@pytest.mark.parametrize(
    ("content", "needles"),
    [
        (None, ("no such file",)),
        ("def f(:\n", ("line 1", "Python cannot read it")),
        ("x = 1\n", ("defines no functions",)),
        ("", ("is empty",)),
        ("class Net:\n    pass\n", ("defines no functions", "the methods of Net")),
        ("def forward(W1, X): return W1 @ X\n", ("backward",)),
        ("def init(): return 1\ndef forward(X): return X\ndef backward(X): return X\n", ("no weights",)),
        (GOOD + '\nPELLUCID = dict(forward="nothing", forwards=3)\n', ("forwards",)),
        (GOOD + "\nPELLUCID = 3\n", ("PELLUCID is a int",)),
        (GOOD + "\nPELLUCID = dict(X=gone)\n", ("PELLUCID cannot be had", "gone")),
        (GOOD + "\nPELLUCID = dict(update=3)\n", ("update is a int",)),
        (GOOD + '\nPELLUCID = dict(samples="diagonal")\n', ("diagonal",)),
        (GOOD.replace("def forward(", "def forward(mystery, "), ("mystery", "arguments")),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(
    content: str | None, needles: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "mine.py"
    if content is not None:
        path.write_text(content)
    with pytest.raises(pl.InputError) as raised:
        doctor_file(str(path))
    assert "\n" not in str(raised.value)
    for needle in ("mine.py", *needles):
        assert needle in str(raised.value)


def test_the_command_refuses_such_a_file_with_one_message(pellucid: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(GOOD + "\nPELLUCID = 3\n")
    ended = pellucid("doctor", "mine.py")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith("error: mine.py: PELLUCID is a int")


def test_bytes_and_folders_are_no_files_of_python(pellucid: Command, tmp_path: Path) -> None:
    (tmp_path / "b.py").write_bytes(b"\xff\xfe\x00\x01")
    for name in ("b.py", "."):
        ended = pellucid("doctor", name)
        assert (ended.code, ended.err.count("\n")) == (2, 1)


def test_training_and_printing_at_the_top_level_are_not_run(tmp_path: Path) -> None:
    marks = [
        'open("ran.txt", "w").write("statement")',
        'for k in range(3): open("ran.txt", "w").write("loop")',
        'loaded = np.loadtxt("not_there.csv")',
        'if __name__ == "__main__":\n    open("ran.txt", "w").write("main")',
    ]
    path = tmp_path / "network.py"
    path.write_text(GOOD + "\n" + "\n".join(m.replace("ran.txt", str(tmp_path / "ran.txt")) for m in marks) + "\n")
    assert doctor_file(str(path)).healthy
    assert not (tmp_path / "ran.txt").exists()


def test_what_the_functions_need_is_run(tmp_path: Path) -> None:
    path = tmp_path / "network.py"
    scale = "sizes = []\nfor k in (5, 4, 3):\n    sizes.append(k)\nscale = dict(zip('abc', sizes))['a'] / 5\n"
    path.write_text(scale + GOOD.replace("    W1 = rng", "    assert scale == 1\n    W1 = rng"))
    assert doctor_file(str(path)).healthy


def test_a_file_with_missing_data_is_examined_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "network.py"
    path.write_text(GOOD + '\nX = np.loadtxt("gone.csv")\nY = X[0]\ntrain(X, Y, 0.1, 100)\n')
    diagnosis = doctor_file(str(path))
    assert diagnosis.healthy
    assert any("gone.csv" in note for note in diagnosis.notes)


def test_a_mapping_explains_odd_names(tmp_path: Path) -> None:
    text = GOOD.replace("def backward(", "def slopes_of_all(").replace("= backward(", "= slopes_of_all(")
    text = text.replace("def slopes_of_all(Z1,", "def slopes_of_all(zebra,").replace("_deriv(Z1)", "_deriv(zebra)")
    path = tmp_path / "network.py"
    path.write_text(text + '\nPELLUCID = dict(backward=slopes_of_all, arguments={"zebra": "Z1"})\n')
    assert doctor_file(str(path)).healthy


def functions() -> dict[str, object]:
    names: dict[str, object] = {}
    exec(GOOD, names)
    own = {"init": "init_params", "loss": "compute_loss"}
    return {role: names[own.get(role, role)] for role in ("init", "forward", "backward", "update", "loss")}


def test_functions_can_be_handed_over_without_a_file() -> None:
    options = {
        "returns": {
            "init": "W1 b1 W2 b2",
            "forward": "Z1 A1 Z2 A2",
            "backward": "dW1 db1 dW2 db2",
            "update": "W1 b1 W2 b2",
        }
    }
    diagnosis = pl.doctor(**functions(), **options)  # type: ignore[arg-type]
    assert diagnosis.healthy
    assert "healthy: " in str(diagnosis)


def test_what_functions_return_is_named_by_their_own_variables() -> None:
    given = functions()

    def uphill(W1, b1, W2, b2, dW1, db1, dW2, db2, lr):  # type: ignore[no-untyped-def]
        return W1 + lr * dW1, b1 + lr * db1, W2 + lr * dW2, b2 + lr * db2

    diagnosis = pl.doctor(**{**given, "update": uphill})  # type: ignore[arg-type]
    assert ["wrong direction" in finding.fault for finding in diagnosis.findings] == [True]
    assert "remedy: W1 = W1 - learning_rate * dW1" in str(diagnosis)


def test_the_callers_random_numbers_and_settings_stay_as_they_are() -> None:
    np.random.seed(5)  # noqa: NPY002
    wanted = np.random.random(3)  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    pl.doctor(**functions())  # type: ignore[arg-type]
    np.testing.assert_array_equal(np.random.random(3), wanted)  # noqa: NPY002
    assert np.geterr()["over"] == "warn"


@pytest.mark.slow
def test_without_a_loss_sums_and_means_are_both_in_order_but_not_mixed(tmp_path: Path) -> None:
    from dataclasses import replace

    for mean in (True, False):
        path = tmp_path / "network.py"
        text = write(replace(STYLE, mean=mean, loss=False))
        path.write_text(text)
        assert doctor_file(str(path)).healthy
    path.write_text(text.replace("keepdims=True)", "keepdims=True) / m"))
    assert [f.quantity for f in doctor_file(str(path)).findings] == ["db"] or not doctor_file(str(path)).healthy


@pytest.mark.slow
def test_shuffling_one_of_two_is_seen_in_training(tmp_path: Path) -> None:
    shuffled = GOOD.replace("    for epoch in", "    X = X[:, rng.permutation(X.shape[1])]\n    for epoch in")
    path = tmp_path / "network.py"
    path.write_text(shuffled)
    (finding,) = doctor_file(str(path)).findings
    assert (finding.quantity, "out of step" in finding.fault) == ("y", True)


def test_a_function_that_never_ends_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.analysis.doctor.sandbox.TIMEOUT", 0.5)
    path = tmp_path / "network.py"
    path.write_text(GOOD.replace("for epoch in range(epochs):", "while True:"))
    diagnosis = doctor_file(str(path))
    assert diagnosis.healthy
    assert any("train" in line and "ran for more" in line for line in diagnosis.not_compared)


@pytest.mark.slow
def test_a_loop_that_reuses_the_functions_own_names_is_not_run(tmp_path: Path) -> None:
    text = (patients.ROOT / "examples" / "my_network.py").read_text()
    loop = "\n\nfor i in range(10**9):\n    Z1 = A1 = A3 = W1 = dW1 = 0\n    raise SystemExit('it was run')\n"
    path = tmp_path / "network.py"
    path.write_text(text + loop)
    diagnosis = doctor_file(str(path))
    assert diagnosis.healthy
    assert not any("it was run" in note for note in diagnosis.notes)


@pytest.mark.slow
def test_python_says_nothing_of_what_is_odd_in_a_file(tmp_path: Path) -> None:
    text = (patients.ROOT / "examples" / "my_network.py").read_text()
    path = tmp_path / "odd.py"
    path.write_text(text + "\nflag = 0 is 1\n")
    assert doctor_file(str(path)).healthy  # warnings are errors here
