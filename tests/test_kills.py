"""Every command that writes, killed, ended by a signal, on a full disk, beside another: nothing is torn or left."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from pellucid._files.writing import TEMPORARY
from pellucid.datasets import Samples
from support import Command

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and locks are POSIX's")

KILLS = int(os.environ.get("KILLS", "20"))  # KILLS=112 is the full size; and half as many pairs of processes
WRITING = (  # a command, and what it writes
    ("train small.npz --epochs 3 --seed 1 -q --out new", "new"),
    ("export run --to onnx --out new.onnx", "new.onnx"),
    ("export run --to numpy --out new.py", "new.py"),
    ("export run --to pytorch --out new.safetensors", "new.safetensors"),
    ("export run --to html --out new.html", "new.html"),
    ("import weights.safetensors --out new.safetensors", "new.safetensors"),
    ("report run --out new.html", "new.html"),
    ("data mnist --to csv --limit 2000 --out new.csv", "new.csv"),
    ("data mnist --to npz --limit 2000 --out new.npz", "new.npz"),
    ("data mnist --to png --limit 300 --out new", "new"),
    ("landscape run --points 5 --samples 50 --out new.html", "new.html"),
    ("landscape run --points 5 --samples 50 --out new.npz", "new.npz"),
    ("importance table --repeats 1 --out new.svg", "new.svg"),
    ("plot run history --out new.png", "new.png"),
    ("predict run small.npz --out new.csv", "new.csv"),
    ("lr-find small.npz --steps 20 --out new.csv", "new.csv"),
)
# of a run, what tells no time; the rest of its folder says how long it took
SAME_OF_A_RUN = ("model.safetensors", "path.safetensors", "history.csv")


@pytest.fixture
def ready(pellucid: Command, small: Path, digits: Samples) -> Path:
    """A folder with data, a run on digits, a run on a table, and weights to import."""
    rng = np.random.default_rng(0)
    rows = "\n".join(f"{a:.3f},{b:.3f},{'yes' if a > b else 'no'}" for a, b in rng.normal(size=(80, 2)))
    Path("table.csv").write_text(f"a,b,c\n{rows}\n")
    assert pellucid("train", "small.npz", "--epochs", 2, "--out", "run", "-q").code == 0
    assert pellucid("train", "table.csv", "--target", "c", "--epochs", 2, "--out", "table", "-q").code == 0
    assert pellucid("export", "run", "--to", "pytorch", "--out", "weights.safetensors").code == 0
    return small.parent


def start(line: str) -> subprocess.Popen[bytes]:
    """A command, in a process and a group of its own."""
    command = [sys.executable, "-m", "pellucid", *line.split()]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True
    )


def ended(line: str) -> str:
    """Run a command to its end and return its messages; it must end well."""
    process = start(line)
    _, said = process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


def content(place: Path) -> dict[str, bytes]:
    """The files of a path, by name; of a run those that are the same each time."""
    if place.is_file():
        beside = [place.with_suffix(".py")] if place.suffix == ".safetensors" else []
        return {path.name: path.read_bytes() for path in (place, *beside) if path.exists()}
    files = {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    return {name: files[name] for name in SAME_OF_A_RUN} if "run.json" in files else files


def remove(place: Path) -> None:
    """Remove what a command has written, the lines beside weights too."""
    shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
    if place.suffix == ".safetensors":
        place.with_suffix(".py").unlink(missing_ok=True)


def is_writing(folder: Path) -> bool:
    """Whether a process has something half-written in a folder."""
    return any(TEMPORARY.fullmatch(name) for name in os.listdir(folder))  # noqa: PTH208


def whole(ready: Path) -> dict[str, tuple[dict[str, bytes], float]]:
    """What each command writes when it is left alone, and how long it takes."""
    found = {}
    for line, name in WRITING:
        begun = time.perf_counter()
        ended(line)
        found[line] = content(ready / name), time.perf_counter() - begun
        remove(ready / name)
    return found


@pytest.mark.alone
@pytest.mark.slow
def test_kills_over_all_commands_that_write_leave_the_same_bits_and_no_litter(ready: Path) -> None:
    expected, before, rng = whole(ready), set(os.listdir(ready)), random.Random(13)  # noqa: PTH208
    while_writing = 0
    for number in range(KILLS):
        line, name = WRITING[number % len(WRITING)]
        bits, length = expected[line]
        process = start(line)
        moment = time.perf_counter() + rng.uniform(0.05, length)
        if number % 3:  # two of three while something is half-written
            while process.poll() is None and not is_writing(ready):
                time.sleep(0.0003)
        else:
            time.sleep(max(0.0, moment - time.perf_counter()))
        process.kill()
        process.communicate()
        while_writing += is_writing(ready)
        place = ready / name
        torn = content(place) if place.exists() and name != "new" else {}
        assert torn.items() <= bits.items(), line  # what is there is whole
        if line.startswith("train") and place.exists():
            ended("train --resume new")
        else:
            if line.startswith("data"):
                remove(place)  # which it would not replace
            ended(line)
        assert content(place) == bits, line
        remove(place)
        assert set(os.listdir(ready)) == before, line  # noqa: PTH208
    assert while_writing > KILLS // 6


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_a_command_that_writes_and_leaves_nothing(number: int, ready: Path) -> None:
    before = set(os.listdir(ready))  # noqa: PTH208
    process = start("data mnist --to png --out new")
    while process.poll() is None and not is_writing(ready):
        time.sleep(0.001)
    process.send_signal(number)
    _, said = process.communicate()
    assert process.returncode == 128 + number
    assert said.decode().strip() == "interrupted"
    assert set(os.listdir(ready)) == before  # noqa: PTH208


@pytest.mark.slow
def test_hanging_up_saves_a_training_unless_it_was_told_to_go_on(small: Path, pellucid: Command) -> None:
    line = "train small.npz --epochs 100000 -q --out"
    process = start(f"{line} run")
    while not Path("run/history.csv").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGHUP)
    assert b"--resume run" in process.communicate()[1]
    assert process.returncode == 128 + signal.SIGHUP
    command = ["nohup", sys.executable, "-m", "pellucid", *f"{line} other".split()]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    while not Path("other/history.csv").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert process.poll() is None
    process.kill()
    process.wait()


@contextmanager
def disk(place: Path, size: str) -> Iterator[None]:
    """A file system of a size, mounted at a place."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting needs root")
@pytest.mark.parametrize(("line", "name"), WRITING)
def test_a_full_disk_costs_nothing_that_was_there(line: str, name: str, ready: Path, pellucid: Command) -> None:
    with disk(ready / "disk", "64k"):
        (ready / "disk" / "filler").write_bytes(bytes(60_000))
        before = set(os.listdir(ready / "disk"))  # noqa: PTH208
        done = pellucid(*line.replace(name, f"disk/{name}").split())
        assert (done.code, done.out) in ((2, ""), (0, done.out)), line  # a small one may still fit
        if done.code:
            assert "No space left on device; make room on the disk" in done.err
            assert done.err.count("\n") == 1
            assert set(os.listdir(ready / "disk")) == before  # noqa: PTH208


def two_at_once(line: str) -> list[tuple[int, str]]:
    """How the same command ends that two processes begin at one moment."""
    processes = [start(line), start(line)]
    found = []
    for process in processes:
        said = process.communicate()[1].decode()
        found.append((process.returncode, said))
    return sorted(found)


def check_two(line: str, refusals: tuple[str, ...]) -> None:
    (first, _), (second, said) = two_at_once(line)
    assert first == 0
    if second != 0:  # else one had ended before the other began
        assert second == 2
        assert said.count("\n") == 1
        assert any(refusal in said for refusal in refusals), said


def stopped(pellucid: Command) -> None:
    """A run that was killed after its first epochs."""
    process = start("train small.npz --epochs 150 -q --out run")
    while not Path("run/history.csv").exists():
        time.sleep(0.005)
    process.kill()
    process.communicate()


@pytest.mark.slow
def test_of_two_resumes_one_trains_and_the_other_names_it(small: Path, pellucid: Command) -> None:
    stopped(pellucid)
    process = start("train --resume run -q --epochs 100000")
    while not Path("run/lock").is_file() or str(process.pid) not in Path("run/lock").read_text():
        time.sleep(0.01)
    other = subprocess.run(
        [sys.executable, "-m", "pellucid", "train", "--resume", "run"], capture_output=True, check=False, text=True
    )
    assert (other.returncode, other.stdout, other.stderr.count("\n")) == (2, "", 1)
    assert f"run: is being trained by process {process.pid} on " in other.stderr
    process.kill()  # and the lock goes with it
    process.communicate()
    process = start("train --resume run -q --epochs 100000")
    while str(process.pid) not in Path("run/lock").read_text():
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert not Path("run/lock").exists()


@pytest.mark.alone
@pytest.mark.slow
def test_two_processes_on_one_folder_again_and_again(small: Path, pellucid: Command) -> None:
    ended("train small.npz --epochs 150 -q --out alone")
    bits = content(Path("alone"))
    for number in range(KILLS // 2):
        if number % 2:
            check_two("train small.npz --epochs 150 -q --out run", ("holds something already", "is being trained by"))
        else:
            stopped(pellucid)
            check_two("train --resume run -q", ("is being trained by process",))
        assert content(Path("run")) == bits
        assert set(os.listdir(".")) - {"runs"} == {"small.npz", "alone", "run"}  # noqa: PTH208
        assert "lock" not in os.listdir("run")  # noqa: PTH208
        shutil.rmtree("run")


@pytest.mark.parametrize("what", ["run", "run/run.json"])  # a file that is just being written may outlive its folder
def test_a_folder_that_is_removed_while_it_trains_is_told(what: str, small: Path, pellucid: Command) -> None:
    process = start("train small.npz --epochs 100000 -q --out run")
    while not Path("run/history.csv").exists():
        time.sleep(0.01)
    shutil.rmtree("run", ignore_errors=True) if what == "run" else Path(what).unlink()
    try:
        said = process.communicate(timeout=60)[1].decode()
    finally:
        process.kill()  # one that goes on has nobody else to end it
    assert process.returncode == 2
    assert said.strip().endswith("run: has been removed while training went on; start the run again")
    assert "Traceback" not in said
