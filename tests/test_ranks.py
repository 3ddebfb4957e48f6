"""``mpiexec -n N pellucid train``: many processes train as one does, and end as one does, whatever ends them."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from support import Command

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the wheel of mpich that the tests use is Linux's")

MPIEXEC = shutil.which("mpiexec", path=str(Path(sys.executable).parent)) or "mpiexec"
PELLUCID = (sys.executable, "-m", "pellucid")
FLAGS = ("small.npz", "--epochs", "3", "--batch-size", "50", "--seed", "3", "--hidden", "16", "--dtype", "float64")
LONG = (*FLAGS, "--epochs", "100000", "-q", "--out", "run")
KILLS = int(os.environ.get("KILLS", "3"))  # KILLS=20 is the full size


def started(*words: str, ranks: int = 2) -> subprocess.Popen[str]:
    """A training on so many ranks, in a group of its own."""
    return begun(MPIEXEC, "-n", str(ranks), *PELLUCID, "train", *words)


def begun(*words: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )


def ended(process: "subprocess.Popen[str]", seconds: float = 120) -> tuple[int, str, str]:
    """The exit code of a process, its results and its messages."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return process.returncode, out, err


def trained(*words: str, ranks: int = 2) -> tuple[str, str]:
    """What a training on so many ranks says, which must end well."""
    code, out, err = ended(started(*words, ranks=ranks))
    assert code == 0, err
    return out, err


def history(folder: str) -> Any:
    return np.genfromtxt(f"{folder}/history.csv", delimiter=",", names=True)


def check_bits(one: str, other: str) -> None:
    """Two runs have come to the same bits: model, path and history."""
    for name in ("model", "path"):
        a, b = (load_file(f"{run}/{name}.safetensors") for run in (one, other))
        assert a.keys() == b.keys()
        for key in a:
            assert a[key].tobytes() == b[key].tobytes(), (name, key)
    assert Path(one, "history.csv").read_bytes() == Path(other, "history.csv").read_bytes()


def pids_of_ranks(process: "subprocess.Popen[str]") -> list[int]:
    """The processes that mpiexec has started, and they are training by now."""
    everyone = {int(name): name for name in os.listdir("/proc") if name.isdigit()}  # noqa: PTH208
    parents: dict[int, int] = {}
    for pid in everyone:
        try:
            parents[pid] = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    proxies = [pid for pid, parent in parents.items() if parent == process.pid]
    return sorted(pid for pid, parent in parents.items() if parent in proxies)


def is_training(process: "subprocess.Popen[str]", lock: Path) -> bool:
    """Whether rank 0 has come so far that it holds the lock of its run."""
    return lock.exists() and any(f"process {pid} on" in lock.read_text() for pid in pids_of_ranks(process))


def wait_for_a_checkpoint(process: "subprocess.Popen[str]", run: str = "run", epochs: int = 2) -> None:
    while not Path(run, "history.csv").exists() or len(Path(run, "history.csv").read_text().splitlines()) <= epochs:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests stand in a folder of their own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def alone(pellucid: Command, small: Path) -> Path:
    """The same training by one process, in the folder ``alone``."""
    assert pellucid("train", *FLAGS, "--engine", "numpy", "--out", "alone", "-q").code == 0
    return small.parent


@pytest.mark.usefixtures("alone")
def test_two_ranks_train_as_one_does_and_one_of_them_speaks() -> None:
    out, err = trained(*FLAGS, "--out", "run", "--json")
    result = json.loads(out)
    assert err == ""
    assert result["engine"] == "numpy"
    about, about_alone = (json.loads(Path(run, "run.json").read_text()) for run in ("run", "alone"))
    assert (about["ranks"], about_alone["ranks"]) == (2, 1)
    one, two = history("alone"), history("run")
    for column in one.dtype.names:
        np.testing.assert_allclose(two[column], one[column], rtol=1e-9)
    np.testing.assert_allclose(result["dev"]["loss"], about_alone["result"]["dev"]["loss"], rtol=1e-9)
    files = set(os.listdir("alone"))  # noqa: PTH208
    assert set(os.listdir("run")) == files  # noqa: PTH208


@pytest.mark.slow
@pytest.mark.usefixtures("alone")
def test_a_run_goes_on_with_another_number_of_ranks_and_says_so(pellucid: Command) -> None:
    process = started(*FLAGS, "--dropout", "0.2", "--epochs", "60", "--out", "run", "-q", ranks=3)
    wait_for_a_checkpoint(process)
    process.send_signal(signal.SIGTERM)
    code, _, err = ended(process)
    assert code == 128 + signal.SIGTERM
    assert err.count("everything is saved; go on with: mpiexec -n 3 pellucid train --resume ") == 1
    _, err = trained("--resume", "run", "-q")
    assert "note: 3 ranks trained this run up to step " in err
    assert err.count("\n") == 1
    assert json.loads(Path("run/run.json").read_text())["ranks"] == 2
    whole = ("train", *FLAGS, "--dropout", 0.2, "--epochs", 60, "--out", "whole", "-q", "--engine", "numpy")
    assert pellucid(*whole).code == 0
    np.testing.assert_allclose(history("run")["train_loss"], history("whole")["train_loss"], rtol=1e-6)


@pytest.mark.slow
def test_ctrl_c_saves_what_the_ranks_have_done_and_they_go_on_to_the_same_bits(small: Path) -> None:
    more = ("--dropout", "0.1", "--optimizer", "adam", "--epochs", "40", "-q", "--out")
    trained(*FLAGS, *more, "whole")
    process = started(*FLAGS, *more, "cut")
    wait_for_a_checkpoint(process, "cut")
    process.send_signal(signal.SIGINT)
    code, _, err = ended(process)
    assert code == 130
    assert err.count("interrupted in epoch ") == 1
    assert "Traceback" not in err
    trained("--resume", "cut", "-q")
    check_bits("whole", "cut")


@pytest.mark.slow
def test_killed_ranks_end_all_soon_with_one_message_and_go_on_to_the_same_bits(small: Path) -> None:
    more = ("--epochs", str(20 * KILLS), "--dropout", "0.1", "--optimizer", "momentum", "-q", "--out")
    rng, begin = random.Random(5), time.monotonic()
    trained(*FLAGS, *more, "whole")
    length = time.monotonic() - begin
    process = started(*FLAGS, *more, "cut")
    wait_for_a_checkpoint(process, "cut", epochs=1)
    for number in range(KILLS):
        ranks = pids_of_ranks(process)
        assert len(ranks) == 2
        for pid in ranks if number % 3 == 2 else [rng.choice(ranks)]:
            with contextlib.suppress(ProcessLookupError):  # mpiexec has ended it with the first
                os.kill(pid, signal.SIGKILL)
        begin = time.monotonic()
        code, _, err = ended(process)
        assert time.monotonic() - begin < 30
        assert code not in (0, 2)
        assert err.count("error: a rank was ended from outside, and so all are; ") == 1
        assert err.count("\n") == 1
        if "nothing was trained or changed" not in err:
            assert "whole: go on with: mpiexec -n 2 pellucid train --resume " in err
        assert "Traceback" not in err
        process = started("--resume", "cut", "-q")
        while process.poll() is None and not is_training(process, Path("cut/lock")):
            time.sleep(0.002)
        time.sleep(rng.uniform(0.0, length / KILLS / 3))
        assert process.poll() is None, process.communicate()
    code, _, err = ended(process)
    assert code == 0, err
    check_bits("whole", "cut")


def test_a_rank_with_another_file_is_told_and_nothing_is_written(small: Path) -> None:
    there = small.parent / "there"
    there.mkdir()
    with np.load("small.npz") as file:
        arrays = dict(file)
    arrays["X"] = arrays["X"].copy()
    arrays["X"][0, 300] ^= 1
    np.savez(there / "small.npz", **arrays)
    train = (*PELLUCID, "train", *FLAGS, "--out", str(small.parent / "run"))
    code, out, err = ended(begun(MPIEXEC, "-n", "1", *train, ":", "-n", "1", "-wdir", str(there), *train))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "error: rank 1 on " in err
    assert "small.npz is another file than that of rank 0: its " in err
    assert not Path("run").exists()


def test_a_rank_without_the_file_is_told(small: Path) -> None:
    there = small.parent / "there"
    there.mkdir()
    train = (*PELLUCID, "train", *FLAGS, "--out", str(small.parent / "run"))
    code, out, err = ended(begun(MPIEXEC, "-n", "1", *train, ":", "-n", "1", "-wdir", str(there), *train))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "error: rank 1 on " in err
    assert "small.npz" in err
    assert not Path("run").exists()


@pytest.mark.slow
def test_a_rank_with_another_version_or_other_settings_is_told(small: Path) -> None:
    other = "import sys, pellucid; pellucid.__version__ = '9.9.9'; from pellucid.cli import main; sys.exit(main())"
    train = ("train", *FLAGS, "--out", "run")
    for words, said in (
        ((sys.executable, "-c", other, *train), "has pellucid 9.9.9, rank 0 has "),
        ((*PELLUCID, *train, "--hidden", "8"), "was given --hidden 8, rank 0 --hidden 16; start all ranks alike"),
    ):
        code, out, err = ended(begun(MPIEXEC, "-n", "1", *PELLUCID, *train, ":", "-n", "1", *words))
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert said in err
        assert not Path("run").exists()


@pytest.mark.slow
def test_a_full_disk_ends_all_ranks_with_one_message_and_the_last_checkpoint(small: Path) -> None:
    trained(*FLAGS, "--out", "usual", "-q")
    limited = "from mpi4py import MPI; import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0})); "
    limited += "from pellucid.cli import main; sys.exit(main())"
    for what, size in (("start", 1000), ("model", Path("usual/model.safetensors").stat().st_size - 500)):
        train = ("train", *FLAGS, "--out", what, "-q")
        first = (sys.executable, "-c", limited.format(size), *train)
        code, out, err = ended(begun(MPIEXEC, "-n", "1", *first, ":", "-n", "1", *PELLUCID, *train))
        assert (code, out) == (2, ""), err
        assert err.count("File too large") == 1
        assert err.count("\n") == 1
        assert Path(what).exists() == (what == "model")
    trained("--resume", "model", "-q")
    check_bits("usual", "model")


@pytest.mark.slow
def test_a_loss_that_is_no_number_ends_all_ranks_with_one_message(small: Path) -> None:
    code, _, err = ended(started(*FLAGS, "--learning-rate", "1e30", "--clip-norm", "0", "--out", "run", "-q"))
    assert code == 2
    assert err.count("error: training diverged") == 1
    assert err.count("\n") == 1


@pytest.mark.slow
def test_what_is_wrong_with_the_words_is_said_once(small: Path) -> None:
    for words in (("--hiden", "8"), ("--batch-size", "1"), ("none.npz",)):
        code, out, err = ended(started("small.npz", "--out", "run", *words))
        assert (code, out, err.count("\n")) == (2, "", 1), err
        assert not Path("run").exists()


@pytest.mark.slow
def test_ranks_stop_early_at_the_same_epoch(alone: Path, pellucid: Command) -> None:
    flags = (*FLAGS, "--epochs", "200", "--patience", "3", "--learning-rate", "0.5", "-q", "--out")
    trained(*flags, "run", ranks=3)
    assert pellucid("train", *flags, "one", "--engine", "numpy").code == 0
    results = [json.loads(Path(run, "run.json").read_text())["result"] for run in ("run", "one")]
    assert results[0]["epochs"] == results[1]["epochs"] < 200
    assert results[0]["best_epoch"] == results[1]["best_epoch"]


def test_ranks_without_mpi4py_are_told_what_to_install(
    small: Path, pellucid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PMI_RANK", "0")
    monkeypatch.setenv("PMI_SIZE", "2")
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    done = pellucid("train", *FLAGS, "--out", "run")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "pip install 'pellucid[mpi]'" in done.err
    monkeypatch.setenv("PMI_RANK", "1")  # which leaves it to rank 0 to say so
    done = pellucid("train", *FLAGS, "--out", "run")
    assert (done.code, done.out, done.err) == (2, "", "")


def test_ranks_go_on_with_a_table_that_has_taken_the_place_of_another(tmp_path: Path) -> None:
    from pellucid.runs import from_recipe, prepare
    from pellucid.studio.starting import begin as course_of
    from pellucid.studio.worker import watched

    for name, spread in (("first", 1.0), ("other", 3.0)):  # scaled as the first one, the other has other inputs
        x = spread * np.random.default_rng(1).normal(size=200)
        lines = [f"{value:.6f},{'yes' if value > 0.2 else 'no'}" for value in x]
        (tmp_path / f"{name}.csv").write_text("\n".join(["x,y", *lines]) + "\n")
    settings = {"data": str(tmp_path / "first.csv"), "target": "y", "epochs": 3, "hidden": [8]}
    made = course_of(watched(prepare(from_recipe(settings, "table"))))
    made.place(tmp_path / "run")
    made.go(2)
    made.change("knob", {"name": "data", "value": str(tmp_path / "other.csv")})
    made.go(made.batches + 2)
    made.save()
    made.run.lock = None
    trained("--resume", str(tmp_path / "run"), "-q")
