"""What watching costs, and how soon it answers; measured, so nothing else runs beside it."""

import os
import resource
import statistics
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from pellucid.studio.published import Published
from pellucid.studio.worker import Worker
from studio.courses import course, prepared
from studio.served import Client, studio

pytestmark = [pytest.mark.slow, pytest.mark.alone]
STEPS = 400
LISTENING = int(os.environ.get("PELLUCID_LISTENING", "15"))  # seconds; 60 is the full size


class Enough(Exception):  # noqa: N818  (it is no fault)
    """Training has gone on for as long as it was asked to."""


class Nobody:
    """A pipe on which nobody asks for anything."""

    def poll(self, seconds: float = 0) -> bool:
        return False

    def send(self, message: object) -> None:
        pass


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def a_step(made: Any, steps: int) -> float:
    start = cpu()
    made.go(made.step + steps)
    return (cpu() - start) / steps


@pytest.mark.parametrize(("hidden", "steps"), [((32, 16), STEPS), ((512, 512), 20)])
def test_a_step_costs_little_more_while_it_is_watched(hidden: tuple[int, ...], steps: int) -> None:
    """CPU time, in many short turns of one after the other: other programs slow both alike."""
    import multiprocessing

    from pellucid import train
    from pellucid.studio.commands import Courses

    context = multiprocessing.get_context("spawn")
    made = course("mnist", hidden=hidden, epochs=40)
    published = Published(context, made.theta.size, str(made.theta.dtype))
    worker = Worker(Nobody(), published, Courses({"a": made}), os.getppid())  # type: ignore[arg-type]
    made.watch = worker.watch
    plain = prepared("mnist", hidden=hidden, epochs=40)

    stop = [0]

    def after(progress: Any) -> None:
        if progress.step == stop[0]:
            raise Enough

    from pellucid import Network
    from pellucid.core.progress import Progress

    net: Network = plain.model.network
    progress = Progress()

    def unwatched() -> float:
        stop[0] = progress.step + steps
        start = cpu()
        with pytest.raises(Enough):
            list(train(net, plain.dataset.train, plain.optimizer, rng=plain.rng, dev=plain.dataset.dev,
                       progress=progress, after_step=after, live=False, **plain.settings.training()))  # fmt: skip
        return (cpu() - start) / steps

    unwatched(), a_step(made, steps)
    pairs = []
    for turn in range(30):
        first = a_step(made, steps) if turn % 2 else 0.0
        plainly = unwatched()
        pairs.append((first or a_step(made, steps), plainly))
    ratio = sum(watched for watched, _ in pairs) / sum(plainly for _, plainly in pairs)
    middle = statistics.median(watched / plainly for watched, plainly in pairs)
    print(f"{hidden}: {ratio:.3f} of the unwatched CPU time in all, {middle:.3f} in the middle of {len(pairs)} pairs")
    assert min(ratio, middle) <= 1.2  # 1.01 to 1.08 was measured; machines that are shared differ by more than that


def timed(work: Any, count: int) -> Any:
    took = []
    for k in range(count):
        start = time.perf_counter()
        work(k)
        took.append(time.perf_counter() - start)
    return np.percentile(took, [50, 95])


def test_it_answers_and_changes_and_pauses_soon(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (100, 784), np.uint8)
    headers = {"content-type": "application/octet-stream"}
    with studio("mnist", tmp_path / "runs") as client:
        client.do("knob", name="epochs", value=1000)
        client.do("start")
        answers = timed(lambda k: client.http.post("/input", content=pixels[k].tobytes(), headers=headers), 100)
        pauses = []
        for _ in range(10):
            client.do("start")
            time.sleep(0.1)
            start = time.perf_counter()
            client.do("pause")
            pauses.append(time.perf_counter() - start)
        edits = timed(lambda k: _edit(client, k), 40)
        backs = timed(lambda k: client.do("back", step=int(client.get("/state")["run"]["last"]) * k // 20), 20)
    print(f"input {answers}, pause {max(pauses)}, what-if {edits}, back {backs} (p50, p95 in seconds)")
    assert answers[1] <= 0.05
    assert max(pauses) <= 0.2
    assert edits[1] <= 0.1


def _edit(client: Client, k: int) -> None:
    client.do("edit", layer=1, neuron=k % 32, input=400, value=k / 10)
    client.get("/answer?input=test:0")


def test_two_hundred_who_listen_cost_no_memory(small: Path, tmp_path: Path) -> None:
    with studio(small, tmp_path / "runs") as client:
        client.do("new", epochs=3000)
        client.wait("paused")
        client.do("start")
        stop, heard = threading.Event(), [0] * 200
        key = next(iter(client.http.cookies.values()))
        cookie, base = f"pellucid-{client.studio.port}={key}", f"http://127.0.0.1:{client.studio.port}"

        def listen(k: int) -> None:
            with (
                httpx.Client(base_url=base, headers={"cookie": cookie}, timeout=60) as http,
                http.stream("GET", "/events") as answer,
            ):
                for _ in answer.iter_bytes():
                    heard[k] += 1
                    if stop.is_set():
                        return

        listeners = [threading.Thread(target=listen, args=(k,)) for k in range(200)]
        for one in listeners:
            one.start()
        time.sleep(10)
        before = _memory()
        time.sleep(LISTENING)
        after = _memory()
        stop.set()
        for one in listeners:
            one.join(20)
        until = time.monotonic() + 20
        while client.session.clients and time.monotonic() < until:
            time.sleep(0.1)
        print(f"{min(heard)} to {max(heard)} events each; {before / 1e6:.1f} MB, then {after / 1e6:.1f} MB")
        assert min(heard) >= 3
        assert abs(after - before) <= 20e6  # the 200 are in this process, too; a kilobyte kept an event would be 80 MB
        assert client.session.clients == 0


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.parametrize("way", [{"hidden": (1024, 1024)}, {"optimizer": "adam", "dropout": 0.2}])
def test_a_wide_network_on_all_digits_goes_back_to_the_very_bits(way: dict[str, Any], tmp_path: Path) -> None:
    import pellucid as pl
    from studio.courses import sha

    plain, log, steps = prepared("mnist", **way), dict[int, str](), 150

    net = plain.model.network

    def after(progress: Any) -> None:
        log[progress.step] = sha(net.theta)
        if progress.step == steps:
            raise Enough

    with pytest.raises(Enough):
        list(pl.train(net, plain.dataset.train, plain.optimizer, rng=plain.rng, after_step=after,
                      **plain.settings.training()))  # fmt: skip
    made = course("mnist", **way)
    made.keeper.memory = 6 * made.state().size
    made.place(tmp_path / "run")
    made.go(steps)
    for step in np.random.default_rng(0).integers(1, steps, 20).tolist():
        made.back(step)
        assert sha(made.theta) == log[step]
    assert sum(kept.size for kept in made.keeper.kept.values()) <= made.keeper.memory
