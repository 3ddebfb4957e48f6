"""What the user's code may not do while the command examines it; and what becomes of code that hangs or dies."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from doctor.networks import Style, write
from pellucid.analysis.doctor.safe_run import examine_safely
from pellucid.core.errors import InputError
from support import Command

GOOD = write(Style("columns", "tuple", "relu", "softmax-ce", (5, 4, 3), True, False, True))
UPDATE = next(line for line in GOOD.splitlines() if line.startswith("def update"))
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other kernels have no such fences")

# each is tried once in the update; what is done, and not refused, is printed
ATTEMPTS = r"""
import ctypes, logging, multiprocessing, os, shutil, signal, socket, sqlite3, subprocess, urllib.request

def attempts(folder, port):
    yield "write", lambda: open(folder + "/new.txt", "w")
    yield "append", lambda: open(folder + "/train.log", "a")
    yield "remove", lambda: os.remove(folder + "/W1.npy")
    yield "rename", lambda: os.rename(folder + "/W1.npy", folder + "/W2.npy")
    yield "replace", lambda: os.replace("W1.npy", folder + "/W1.npy")
    yield "move", lambda: shutil.move("W1.npy", folder + "/W1.npy")
    yield "rmtree", lambda: shutil.rmtree(folder)
    yield "mkdir", lambda: os.mkdir(folder + "/runs")
    yield "link", lambda: (os.path.lexists("way") or os.symlink(folder, "way"), open("way/new.txt", "w"))
    yield "hard link", lambda: os.link(folder + "/W1.npy", "linked.npy")
    yield "truncate", lambda: os.truncate(folder + "/W1.npy", 0)
    yield "mode", lambda: os.chmod(folder + "/W1.npy", 0)
    yield "mode of an open file", lambda: os.fchmod(os.open(folder + "/W1.npy", os.O_RDONLY), 0)
    yield "times", lambda: os.utime(folder + "/W1.npy", (0, 0))
    yield "large file", lambda: open("larger.bin", "r+b")
    yield "database", lambda: sqlite3.connect(folder + "/log.db")
    yield "database by URI", lambda: sqlite3.connect("file:" + folder + "/log.db", uri=True)
    yield "connect", lambda: socket.create_connection(("127.0.0.1", port))
    yield "send", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port))
    yield "download", lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/mnist.gz")
    yield "run", lambda: subprocess.run(["touch", folder + "/touched"])
    yield "shell", lambda: os.popen(f"touch {folder}/touched")
    yield "multiprocessing", lambda: multiprocessing.get_context("spawn").Process(target=print).start()
    yield "kill", lambda: os.kill(os.getppid(), signal.SIGTERM)
    yield "C function", lambda: ctypes.CDLL(None).unlink((folder + "/W1.npy").encode())
    if hasattr(os, "fork"):
        yield "fork", lambda: os.fork() or os._exit(0)
        yield "exec", lambda: os.execv("/bin/true", ["true"])
        yield "spawn", lambda: os.posix_spawn("/bin/true", ["true"], {})

def try_all(folder, port):
    done = []
    os.system(f"touch {folder}/touched")  # does nothing: many clear their screen so
    for name, attempt in attempts(folder, port):
        try:
            attempt()
            done.append(name)
        except PermissionError as error:
            assert "pellucid does not let" in str(error.args), (name, error)
    print("DONE", done)

def keep(W1):
    np.save("W1.npy", W1)
    plt.plot([1, 2])
    plt.savefig("loss.png")
    logging.basicConfig(filename="train.log", force=True)
    logging.warning("an epoch")
    with sqlite3.connect("log.db") as database:
        database.execute("insert into losses values (1)")
    open("large.bin", "wb").write(b"small now")
    assert open("data/x.csv").read() + open("../near/y.csv").read() == "1,2 3,4 "
    assert os.listdir("data") == ["x.csv"]
"""


def state(folder: Path) -> dict[str, object]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mode, path.stat().st_mtime_ns)
        for path in files
    }


def learners_folder(tmp_path: Path) -> Path:
    import sqlite3

    folder = tmp_path / "mine"
    for name in ("mine/data", "near"):
        (tmp_path / name).mkdir(parents=True)
    files = {"W1.npy": b"trained", "train.log": b"epoch 1", "loss.png": b"a plot", "data/x.csv": b"1,2 "}
    large = dict.fromkeys(("large.bin", "larger.bin"), bytes(11_000_000))
    for name, content in {**files, **large, "../near/y.csv": b"3,4 "}.items():
        (folder / name).write_bytes(content)
    with sqlite3.connect(folder / "log.db") as database:
        database.execute("create table losses (loss real)")
    return folder


def test_nothing_of_the_learners_changes_and_no_connection_is_made(pellucid: Command, tmp_path: Path) -> None:
    folder = learners_folder(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        body = GOOD.replace(UPDATE, f"{UPDATE}\n    keep(W1)\n    try_all({str(folder)!r}, {port})")
        (folder / "net.py").write_text(f"import matplotlib.pyplot as plt\n{ATTEMPTS}\n{body}")
        before = state(tmp_path)
        ended = pellucid("doctor", folder / "net.py", "--verbose", "--json")
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert "DONE []" in ended.err
    assert state(tmp_path) == before
    result = json.loads(ended.out)
    assert (ended.code, result["healthy"]) == (0, True), result  # saving has not disturbed the examination
    assert any("the update" in line for line in result["compared"])


@pytest.mark.slow
def test_messages_name_the_learners_own_places(pellucid: Command, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(GOOD + "\nPELLUCID = dict(X=open('gone.bin'))\n")
    ended = pellucid("doctor", tmp_path / "net.py")
    assert ended.err.startswith(f"error: {tmp_path / 'net.py'}: PELLUCID cannot be had")
    assert "pellucid-doctor-" not in ended.err


def test_a_folder_above_may_have_any_name(tmp_path: Path) -> None:
    """As in /tmp/mine/net.py."""
    (tmp_path / "tmp" / "mine").mkdir(parents=True)
    (tmp_path / "tmp" / "mine" / "net.py").write_text(GOOD)
    assert examine_safely(str(tmp_path / "tmp" / "mine" / "net.py")).healthy


@LINUX
def test_the_kernels_fences_hold_without_the_hook(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    code = f"""
import os, socket
from pellucid.analysis.doctor.guard import _use_fences_of_the_kernel
_use_fences_of_the_kernel({str(tmp_path / "in")!r})
open({str(tmp_path / "in" / "a")!r}, "w").close()
for attempt in (lambda: open({str(tmp_path / "out")!r}, "w"), lambda: os.execv("/bin/true", ["true"]),
                lambda: socket.create_connection(("127.0.0.1", 9), 1)):
    try:
        attempt()
        print("done")
    except ConnectionRefusedError:
        print("reached")
    except OSError:
        pass
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


DEATHS = {
    "os._exit(3)": ("ended its process (exit code 3)", "run it with python first"),
    "os.abort()": ("killed its process (signal 6)", "run it with python first"),
    "while True: pass": ("ran for more than 2 s", "timeout=4"),
}


@pytest.mark.slow
@pytest.mark.parametrize("code", DEATHS)
def test_code_that_dies_or_hangs_is_told_in_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    (tmp_path / "net.py").write_text(f"import os\n{GOOD}".replace("    Z1 =", f"    {code}\n    Z1 =", 1))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with pytest.raises(InputError) as raised:
        examine_safely(str(tmp_path / "net.py"), seconds=2.0)
    for needle in ("net.py: its code", *DEATHS[code]):
        assert needle in str(raised.value)
    assert not list(temporary.iterdir())


@pytest.mark.slow
@LINUX
def test_code_gets_no_more_memory_than_it_may(tmp_path: Path) -> None:
    grabs = GOOD.replace("    Z1 =", "    print('GOT', len(bytes(600_000_000)))\n    Z1 =", 1)
    (tmp_path / "net.py").write_text(grabs)
    shown: list[str] = []
    examine_safely(str(tmp_path / "net.py"), memory=500_000_000, show=shown.append)
    assert "GOT" not in "".join(shown)
    assert examine_safely(str(tmp_path / "net.py"), memory=2_000_000_000, show=shown.append).healthy
    assert "GOT" in "".join(shown)


@pytest.mark.slow
@LINUX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_process_ends_with_the_command(tmp_path: Path, number: int) -> None:
    mark = "\n    import sys; print('RUNNING', os.getpid(), file=sys.stderr, flush=True)"
    hangs = f"{mark}\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass\n"
    (tmp_path / "net.py").write_text("import os\n" + GOOD.replace("    Z1 =", f"{hangs}    Z1 =", 1))
    words = [sys.executable, "-m", "pellucid", "doctor", str(tmp_path / "net.py"), "--verbose"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True) as command:
        assert command.stderr is not None
        child = int(next(line for line in command.stderr if "RUNNING" in line).split()[-1])
        began = time.monotonic()
        command.send_signal(number)
        command.communicate()
        assert command.returncode == (130 if number == signal.SIGINT else -number)
    while Path(f"/proc/{child}").exists():
        assert time.monotonic() - began < 10
        time.sleep(0.05)
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left == [tmp_path / "net.py"]
