"""``pellucid studio`` as a user runs it: its address, its end, and what is told where it cannot start."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

SHARED = Path("/dev/shm")


@contextmanager
def running(folder: Path, *words: object) -> Iterator[tuple[Any, str]]:
    """The command in a folder, and the address that it prints."""
    command = [sys.executable, "-m", "pellucid", "studio", "--no-browser", *map(str, words)]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@contextmanager
def let_in(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address.partition("/?")[0], timeout=60) as http:
        assert http.get("/", params={"token": address.partition("token=")[2]}).status_code == 303
        yield http


def worker_of(http: httpx.Client) -> int:
    until = time.monotonic() + 60
    while http.get("/state").json()["run"]["state"] == "loading":
        assert time.monotonic() < until
        time.sleep(0.05)
    number: int = http.get("/health").json()["worker"]
    return number


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def ended_by_ctrl_c(folder: Path, streams: int) -> float:
    """How long it takes to end in the middle of a training, with so many streams open; nothing is left of it."""
    before = set(SHARED.iterdir()) if SHARED.is_dir() else set()
    with running(folder, "--port", 0) as (process, address), let_in(address) as http:
        worker = worker_of(http)

        def listen() -> None:
            with suppress(httpx.HTTPError), http.stream("GET", "/events") as answer:
                for _ in answer.iter_bytes():
                    pass

        listeners = [threading.Thread(target=listen, daemon=True) for _ in range(streams)]
        for one in listeners:
            one.start()
        http.post("/command", json={"do": "start"})
        time.sleep(0.5)
        start = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to every process of it
        code = process.wait(20)
        took = time.monotonic() - start
        assert process.stderr is not None
        said = process.stderr.read()
        told = r"\ninterrupted; saved at step ([\d,]+) in (\S+); go on with: pellucid studio \2\n"
        found = re.fullmatch(told, said)
        assert (code, bool(found)) == (130, True), said
        assert not is_there(worker)
        for one in listeners:
            one.join(5)
    (run,) = [path for path in (folder / "runs").iterdir() if not path.is_symlink()]
    assert (run / "checkpoint.safetensors").is_file()
    assert not (run / "lock").exists()
    assert (set(SHARED.iterdir()) if SHARED.is_dir() else set()) <= before
    return took


@pytest.mark.slow
def test_ctrl_c_ends_it_with_streams_open_and_leaves_a_checkpoint_and_nothing_else(tmp_path: Path) -> None:
    ended_by_ctrl_c(tmp_path, 5)
    resumed = subprocess.run(
        [sys.executable, "-m", "pellucid", "train", "--resume", "latest", "--quiet"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert resumed.returncode == 0, resumed.stderr


@pytest.mark.slow
@pytest.mark.alone
def test_ctrl_c_takes_a_second_at_most(tmp_path: Path) -> None:
    assert min(_each_in_its_own(tmp_path)) <= 1.0


def _each_in_its_own(folder: Path) -> Iterator[float]:
    for number in range(3):
        own = folder / str(number)
        own.mkdir()
        yield ended_by_ctrl_c(own, 5)


@pytest.mark.slow
def test_a_taken_port_gives_way_to_the_next_and_the_token_is_in_no_list_of_processes(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running(tmp_path, "--port", port) as (process, address):
            found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\?token=([\w-]{43})", address)
            assert found is not None
            assert int(found[1]) != port
            with let_in(address) as http:
                worker = worker_of(http)
                for number in (process.pid, worker):
                    about = Path(f"/proc/{number}/cmdline")
                    assert not about.exists() or found[2] not in about.read_text()
                http.post("/end", json={})
                assert process.wait(20) == 0
                assert not is_there(worker)


@pytest.mark.slow
def test_a_killed_server_leaves_no_process_and_the_run_goes_on(tmp_path: Path) -> None:
    with running(tmp_path, "--port", 0) as (process, address), let_in(address) as http:
        worker = worker_of(http)
        http.post("/command", json={"do": "step", "count": 20})
        state = http.get("/state").json()["run"]
        http.post("/command", json={"do": "start"})
        os.kill(process.pid, signal.SIGKILL)
        until = time.monotonic() + 20
        while is_there(worker) and time.monotonic() < until:
            time.sleep(0.05)
        assert not is_there(worker)
    with running(tmp_path, state["folder"], "--port", 0) as (process, address), let_in(address) as http:
        worker_of(http)
        assert http.get("/state").json()["run"]["step"] >= 20
        assert http.post("/command", json={"do": "back", "step": 20}).status_code == 200
        assert http.get("/state").json()["run"]["hash"] == state["hash"]


@pytest.mark.slow
def test_branches_go_on_to_the_same_bits_after_everything_was_killed(small: Path, tmp_path: Path) -> None:
    def do(what: str, **more: Any) -> Any:
        answer = http.post("/command", json={"do": what, **more})
        assert answer.status_code == 200, answer.text
        return http.get("/state").json()

    def hashes() -> dict[tuple[str, int], str]:
        found: dict[tuple[str, int], str] = {}
        for branch, steps in {"a": (3, 20, 27), "b": (5, 12, 14, 18)}.items():
            do("choose", branch=branch)
            do("epoch")
            found |= {(branch, step): do("back", step=step)["run"]["hash"] for step in steps}
        return found

    with running(tmp_path, small, "--port", 0) as (process, address), let_in(address) as http:
        worker_of(http)
        do("step", count=20)
        do("branch", step=12, name="slow", knob="learning_rate", value=0.05)
        folder = do("step", count=2)["branches"][0]["folder"]
        os.killpg(process.pid, signal.SIGKILL)
    with running(tmp_path, folder, "--port", 0) as (_, address), let_in(address) as http:
        worker_of(http)
        state = http.get("/state").json()
        assert [(one["id"], one["name"]) for one in state["branches"]] == [("a", "first"), ("b", "slow")]
        assert state["branches"][1]["from"] == {"branch": "a", "step": 12}
        killed = hashes()
    with running(tmp_path, small, "--port", 0) as (_, address), let_in(address) as http:
        worker_of(http)
        do("step", count=20)
        do("branch", step=12, name="slow", knob="learning_rate", value=0.05)
        assert killed == hashes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0"], "ssh -L"),
        (["nothing.csv"], "there is no such file"),
        (["nothing.safetensors"], "there is no such file"),
        (["--json"], "leave it out"),
    ],
)
def test_what_cannot_be_opened_is_told_in_a_line(words: list[str], said: str, pellucid: Any) -> None:
    ended = pellucid("studio", "--no-browser", *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("module", ["starlette", "uvicorn"])
def test_a_missing_library_is_told_with_the_line_to_type(module: str, pellucid: Any, monkeypatch: Any) -> None:
    for name in [each for each in sys.modules if each.startswith(("pellucid.studio", module))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    ended = pellucid("studio", "--no-browser")
    assert (ended.code, ended.out) == (2, "")
    assert "pip install 'pellucid[studio]'" in ended.err
