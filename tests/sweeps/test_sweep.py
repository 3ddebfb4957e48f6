"""A sweep finds settings, says which mattered, leaves an ordinary run, and loses nothing however it is stopped."""

import json
import math
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import joblib
import numpy as np
import pytest
from threadpoolctl import threadpool_info

from pellucid.runs import Run, read_run
from pellucid.sweeps import trial
from pellucid.sweeps.store import Store
from pellucid.sweeps.sweep import go_on
from pellucid.sweeps.trial import Watch
from support import Command, screen_of
from sweeps.sweeping import SEARCH, WORDS, start, told, wait_until_told, write_table

FULL = "PELLUCID_SWEEPS" in os.environ  # all of it on Dask and Ray, too, which takes minutes
ELSEWHERE = (60, 5) if FULL else (12, 1)
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and pseudo-terminals are POSIX's")
ONE = ("--workers", "1", "--json")


@pytest.fixture(autouse=True)
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with a table; what this process has read of others is forgotten."""
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path)
    trial.data_of.cache_clear()
    yield
    trial.data_of.cache_clear()


def answer(ended: Any) -> Any:
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def test_a_sweep_ends_with_the_best_settings_a_run_and_what_mattered(pellucid: Command) -> None:
    found = answer(pellucid("sweep", *WORDS, "--trials", 9, "--out", "s", *ONE))
    assert found.keys() >= {"best", "value", "trials", "command", "importance"}
    assert found["trials"] == 9
    assert found["complete"] + found["pruned"] + found["diverged"] == 9
    assert found["best"].keys() == {"hidden", "learning_rate", "dropout"}
    assert found["value"] == min(each["value"] for each in told(Path("s")) if each["value"] is not None)
    assert sum(found["importance"].values()) == pytest.approx(1, abs=1e-3)
    assert json.loads(Path("s/sweep.json").read_text())["result"] == found
    shares = dict(line.split(",") for line in Path("s/importance.csv").read_text().splitlines()[1:])
    assert {name: float(share) for name, share in shares.items()} == found["importance"]
    assert set(os.listdir("s")) == {"sweep.json", "journal.log", "importance.csv", "parallel.svg", "best"}  # noqa: PTH208


def test_the_best_is_an_ordinary_run_to_the_told_value_and_so_is_its_command(pellucid: Command) -> None:
    found = answer(pellucid("sweep", *WORDS, "--trials", 7, "--out", "s", *ONE))
    run = read_run("s/best")
    assert float(run.history["dev_loss"][-1]) == found["value"]
    assert run.about["result"]["dev"]["loss"] == pytest.approx(found["value"], rel=1e-6)
    words = shlex.split(found["command"])
    assert words[:2] == ["pellucid", "train"]
    assert pellucid(*words[1:], "--out", "again", "-q").code == 0
    for name in ("model.safetensors", "history.csv"):
        assert Path("again", name).read_bytes() == Path("s/best", name).read_bytes()
    for line in ("evaluate s/best", "predict s/best table.csv", "report s/best", "train --resume s/best"):
        assert pellucid(*line.split()).code == 0
    assert pellucid("evaluate", "latest").code == 0


def test_patience_keeps_the_best_epoch_as_the_run_does(pellucid: Command) -> None:
    words = ("table.csv", "--target", "c", "--epochs", 40, "--patience", 2, "--search", "learning-rate=0.3,0.5,1")
    found = answer(pellucid("sweep", *words, "--trials", 4, "--out", "s", *ONE))
    history = read_run("s/best").history["dev_loss"]
    assert found["value"] == float(history.min())
    assert found["value"] != float(history[-1])


@pytest.mark.parametrize("search", ["hidden=none,4 batch-size=8,all clip-norm=0,1", "epochs=2:5 activation=relu,tanh"])
def test_values_go_on_as_well_as_numbers(search: str, pellucid: Command) -> None:
    words = ("table.csv", "--target", "b", "--search", search, "--patience", 4, "--trials", 3, "--out", "s")
    found = answer(pellucid("sweep", *words, *ONE))
    assert pellucid(*shlex.split(found["command"])[1:], "--out", "again", "-q").code == 0
    assert Path("again/model.safetensors").read_bytes() == Path("s/best/model.safetensors").read_bytes()


def test_the_same_seed_and_one_worker_give_the_same_trials(pellucid: Command) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        answer(pellucid("sweep", *WORDS, "--seed", seed, "--trials", 6, "--out", name, *ONE))
    assert told(Path("a")) == told(Path("b"))
    assert [each["losses"] for each in told(Path("a"))] != [each["losses"] for each in told(Path("c"))]


def test_the_first_trial_has_the_usual_settings_where_they_are_searched(pellucid: Command) -> None:
    words = ("table.csv", "--target", "c", "--epochs", 3, "--search", "hidden=8,100 learning-rate=1e-4:1:log")
    answer(pellucid("sweep", *words, "--trials", 2, "--out", "s", *ONE))
    first = go_on(Path("s")).trials()[0]
    assert first.point == {"hidden": "100", "learning_rate": 0.005}


@pytest.mark.slow
@POSIX
def test_a_sweep_killed_twice_is_the_one_that_was_left_alone(tmp_path: Path, pellucid: Command) -> None:
    words = (*WORDS, "--trials", 8, *ONE)
    alone = answer(pellucid("sweep", *words, "--out", "alone"))
    for count in (2, 5):
        process = start(*words, "--out", "killed")
        wait_until_told(process, tmp_path / "killed", count)
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert count <= len(told(tmp_path / "killed")) < 8
    found = answer(pellucid("sweep", "--resume", "killed", *ONE))
    assert found["trials"] == 8
    assert told(tmp_path / "killed") == told(tmp_path / "alone")
    assert {**found, "sweep": "", "run": ""} == {**alone, "sweep": "", "run": ""}


@pytest.mark.slow
def test_a_trial_that_was_stopped_while_its_settings_were_chosen_gets_the_rest_of_them(pellucid: Command) -> None:
    found = answer(pellucid("sweep", *WORDS, "--trials", 4, "--out", "whole", *ONE))
    whole = Path("whole/journal.log").read_bytes().splitlines(keepends=True)
    ended = [k + 1 for k, line in enumerate(whole) if b'"outcome"' in line]  # and Optuna does not know it yet
    for kept in sorted({*range(2, len(whole), 5), *ended}):
        shutil.copytree("whole", "part")
        about = json.loads(Path("part/sweep.json").read_text())
        Path("part/sweep.json").write_text(json.dumps({**about, "result": None}))
        torn = whole[kept][: len(whole[kept]) // 2]  # a line that was not written to its end
        Path("part/journal.log").write_bytes(b"".join(whole[:kept]) + torn)
        again = answer(pellucid("sweep", "--resume", "part", *ONE))
        assert told(Path("part")) == told(Path("whole")), kept
        assert again == {**found, "sweep": "part", "run": str(Path("part/best"))}
        shutil.rmtree("part")


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_soon_with_one_line_and_nothing_is_lost(number: int, tmp_path: Path) -> None:
    process = start(*WORDS, "--trials", 500, "--workers", 2, "--out", "s", "-q")
    wait_until_told(process, tmp_path / "s", 3)
    os.killpg(process.pid, number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    ended = len(told(tmp_path / "s"))
    assert said == (
        f"interrupted; {ended} of 500 trials have ended and are kept; go on with: pellucid sweep --resume s\n"
    )
    assert ended >= 3


def test_a_longer_sweep_that_finds_better_settings_trains_those(pellucid: Command) -> None:
    first = answer(pellucid("sweep", *WORDS, "--trials", 1, "--out", "s", *ONE))
    longer = answer(pellucid("sweep", "--resume", "s", "--trials", 8, *ONE))
    assert longer["value"] < first["value"]
    assert float(read_run("s/best").history["dev_loss"][-1]) == longer["value"]


def test_the_best_run_goes_on_where_it_was_stopped(pellucid: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = answer(pellucid("sweep", *WORDS, "--trials", 2, "--out", "alone", *ONE))
    go = Run.go

    def stopped(run: Run) -> Iterator[Any]:
        yield next(iter(go(run)))
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Run, "go", stopped)
        ended = pellucid("sweep", *WORDS, "--trials", 2, "--out", "s", *ONE)
    assert (ended.code, ended.out) == (130, "")
    assert "2 of 2 trials have ended and are kept; go on with: pellucid sweep --resume s" in ended.err
    assert len(read_run("s/best").history) == 1
    assert answer(pellucid("sweep", "--resume", "s", *ONE))["value"] == alone["value"]
    assert Path("s/best/model.safetensors").read_bytes() == Path("alone/best/model.safetensors").read_bytes()


def test_a_full_disk_costs_no_trial(pellucid: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    tell, left = Store.tell, [3]

    def full(store: Store, outcome: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        tell(store, outcome)

    with monkeypatch.context() as patched:
        patched.setattr(Store, "tell", full)
        ended = pellucid("sweep", *WORDS, "--trials", 6, "--out", "s", *ONE)
    assert (ended.code, ended.out) == (2, "")
    assert "stopped; 3 of 6 trials have ended and are kept; go on with: pellucid sweep --resume s" in ended.err
    assert "error: s: No space left on device; make room on the disk" in ended.err
    before = told(Path("s"))
    assert answer(pellucid("sweep", "--resume", "s", *ONE))["trials"] == 6
    assert told(Path("s"))[:3] == before


@pytest.mark.slow
@POSIX
def test_a_worker_that_is_ended_from_outside_is_told_and_costs_no_trial(tmp_path: Path) -> None:
    process = start(*WORDS, "--trials", 500, "--workers", 2, "--out", "s", "-q")
    wait_until_told(process, tmp_path / "s", 3)
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid,args", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
    )
    workers = [int(line.split()[0]) for line in listed.stdout.splitlines() if "popen_loky_posix" in line]
    assert len(workers) == 2, listed.stdout
    os.kill(workers[0], signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"stopped; {len(told(tmp_path / 's'))} of 500 trials have ended and are kept; go on with: " in said
    assert "error: a worker was ended from outside, perhaps for want of memory; go on with fewer workers" in said
    assert "Traceback" not in said


def test_the_same_command_goes_on_and_another_search_is_refused(pellucid: Command) -> None:
    words = (*WORDS, "--out", "s", *ONE)
    first = answer(pellucid("sweep", *words, "--trials", 3))
    before = told(Path("s"))
    again = pellucid("sweep", *words, "--trials", 3)
    assert answer(again) == first
    longer = answer(pellucid("sweep", "--resume", "s", "--trials", 5, *ONE))
    assert longer["trials"] == 5
    assert told(Path("s"))[:3] == before
    for other, why in (
        ((*WORDS[:-1], "hidden=3,4", "--out", "s"), f"--out s: holds another sweep, one with --search '{SEARCH}'"),
        ((*WORDS, "--seed", 3, "--out", "s"), "--out s: holds another sweep, one without seed"),
        (("--resume", "s", "--trials", 2), "--trials 2: s was started for 5; give more to make it longer"),
        (("--resume", "s", "--seed", 2), "--seed cannot stand beside --resume"),
    ):
        ended = pellucid("sweep", *other)
        assert (ended.code, ended.out) == (2, "")
        assert why in ended.err
        assert ended.err.count("\n") == 1
    assert len(told(Path("s"))) == 5


@pytest.mark.slow
def test_two_sweeps_do_not_write_one_journal(pellucid: Command) -> None:
    answer(pellucid("sweep", *WORDS, "--trials", 2, "--out", "s", *ONE))
    held = go_on(Path("s"))
    ended = subprocess.run(
        [sys.executable, "-m", "pellucid", "sweep", "--resume", "s", "--trials", "4"], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "s: is being trained by process" in ended.stderr
    assert held.result is not None


BAD = (
    ("table.csv --target c", "error: say what is searched, such as --search 'hidden=32,64 learning-rate=1e-4:0.1:log'"),
    ("table.csv --target c --search hidden=3", "--search hidden=3: one value is no search"),
    ("table.csv --target c --search hidden=3,4 --hidden 5", "--search hidden=3,4: hidden is given beside the search"),
    ("table.csv --target c --search hidden=3,4 --dev 0", "--dev 0: a sweep compares settings by the dev loss"),
    ("none.csv --target c --search hidden=3,4", "none.csv"),
    ("table.csv --target d --search hidden=3,4", "d"),
    ("table.csv --target c --search hidden=3,999999999", "take smaller layers"),
    ("table.csv --target c --search hidden=3,4-4 --activation relu,tanh", "give one activation for all"),
    ("table.csv --target c --search hidden=3,4 --trials 0", "--trials"),
    ("table.csv --target c --search hidden=3,4 --workers 0", "--workers"),
    ("table.csv --target c --search hidden=3,4 --backend lokky", "did you mean loky?"),
    ("table.csv --target c --search hidden=3,4 --address 127.0.0.1:9", "--address 127.0.0.1:9: is for a cluster; give"),
    ("table.csv --target c --search hidden=3,4 --out table.csv", "table.csv is a file, but a sweep is a folder"),
    ("table.csv --target c --search hidden=3,4 --out full", "--out full: holds something already that is no sweep"),
    ("--resume nowhere", "nowhere: holds no sweep (there is no sweep.json in it)"),
)  # fmt: skip


@pytest.mark.parametrize(("line", "said"), BAD)
def test_bad_input_gets_one_message_and_leaves_nothing(line: str, said: str, pellucid: Command) -> None:
    Path("full").mkdir()
    Path("full/notes.txt").write_text("mine")
    ended = pellucid("sweep", *line.split())
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert sorted(os.listdir()) == ["full", "table.csv"]  # noqa: PTH208


def test_a_damaged_folder_and_changed_data_are_told(pellucid: Command) -> None:
    answer(pellucid("sweep", *WORDS, "--trials", 2, "--out", "s", *ONE))
    whole = {name: Path("s", name).read_bytes() for name in ("sweep.json", "journal.log")}
    for name, content, said in (
        ("sweep.json", b"{", "s/sweep.json: damaged"),
        ("sweep.json", b"[]", "s/sweep.json: damaged"),
        ("sweep.json", whole["sweep.json"].replace(b"hidden=", b"hiden="), "s/sweep.json: damaged"),
        ("journal.log", b"x\n" + whole["journal.log"], "s/journal.log: damaged"),
        ("journal.log", whole["journal.log"].replace(b'"outcome":{', b'"outcome":{"x":1,'), "s/journal.log: damaged"),
    ):
        Path("s", name).write_bytes(content)
        ended = pellucid("sweep", "--resume", "s")
        assert (ended.code, ended.err.count("\n")) == (2, 1), ended.err
        assert said.replace("/", os.sep) in ended.err
        Path("s", name).write_bytes(whole[name])
    write_table(Path(), 81)
    trial.data_of.cache_clear()
    ended = pellucid("sweep", "--resume", "s")
    assert ended.code == 2
    assert "table.csv: is not the data that s was started with" in ended.err


@pytest.mark.parametrize(
    ("library", "backend", "extra"),
    [("optuna", "loky", "sweep"), ("joblib", "loky", "sweep"), ("distributed", "dask", "dask"), ("ray", "ray", "ray")],
)
def test_a_missing_extra_is_told_with_the_line_that_installs_it(
    library: str, backend: str, extra: str, pellucid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    ended = pellucid("sweep", *WORDS, "--backend", backend)
    assert (ended.code, ended.out) == (2, "")
    assert f"needs {library}; install it with: pip install 'pellucid[{extra}]'" in ended.err


def test_trials_that_diverge_are_counted_and_where_all_do_it_is_told(pellucid: Command) -> None:
    words = ("table.csv", "--target", "a", "--optimizer", "sgd", "--clip-norm", 0, "--epochs", 3)
    found = answer(pellucid("sweep", *words, "--search", "learning-rate=0.01,1e30", "--trials", 6, "--out", "s", *ONE))
    assert found["diverged"] > 0
    assert found["best"] == {"learning_rate": 0.01}
    ended = pellucid("sweep", *words, "--search", "learning-rate=1e29,1e30", "--trials", 2, "--out", "t", *ONE)
    assert (ended.code, ended.out) == (2, "")
    assert "t: none of 2 trials came to its end, all of them diverged; search lower learning rates" in ended.err


def test_each_worker_reads_the_data_once_and_has_one_thread_for_products(pellucid: Command) -> None:
    found = answer(pellucid("sweep", *WORDS, "--trials", 8, "--workers", 2, "--out", "s", "--json"))
    assert found["trials"] == 8
    with joblib.parallel_config("loky", n_jobs=2, inner_max_num_threads=1):  # the same workers again
        reads = joblib.Parallel()(joblib.delayed(trial.data_of.cache_info)() for _ in range(4))
        threads = joblib.Parallel()(joblib.delayed(threadpool_info)() for _ in range(4))
    assert {read.misses for read in reads} == {1}
    assert {each["num_threads"] for libraries in threads for each in libraries if each["user_api"] == "blas"} == {1}


def test_a_trial_is_stopped_where_it_is_worse_than_the_median_after_the_first_third() -> None:
    before = [[0.5 + k / 10] * 9 for k in range(5)]  # the median is 0.7
    assert [Watch(before, 9).is_bad(epoch, 0.8) for epoch in (1, 3, 4, 9)] == [False, False, True, True]
    assert not Watch(before, 9).is_bad(8, 0.6)
    assert not Watch(before[:4], 9).is_bad(8, 5.0)
    assert not Watch(None, 9).is_bad(8, 5.0)


def test_pruned_trials_are_trials_and_are_shown_as_pruned(pellucid: Command) -> None:
    ended = pellucid("sweep", *WORDS, "--trials", 14, "--out", "s", "--workers", 1)
    assert ended.code == 0
    lines = [line for line in ended.out.splitlines() if line.startswith("trial ")]
    pruned = [each for each in told(Path("s")) if each["state"] == "pruned"]
    assert len(lines) == 14
    assert sum("pruned after epoch" in line for line in lines) == len(pruned) > 0
    assert f"14 trials: {14 - len(pruned)} came to their end, {len(pruned)} were stopped early, 0 diverged" in ended.out
    assert all(len(each["losses"]) < 6 and each["value"] is None for each in pruned)


def test_the_picture_has_a_line_a_trial_and_says_in_words_what_it_shows(pellucid: Command) -> None:
    found = answer(pellucid("sweep", *WORDS, "--trials", 7, "--out", "s", *ONE))
    name = "{http://www.w3.org/2000/svg}"
    picture = ElementTree.fromstring(Path("s/parallel.svg").read_text("utf8"))
    assert picture.findtext(f"{name}title") == "Settings and dev loss of 7 trials"
    described = picture.findtext(f"{name}desc") or ""
    assert f"is that of trial {found['number']}: hidden " in described
    lines = [line for line in picture.iter(f"{name}polyline") if line.find(f"{name}title") is not None]
    assert len(lines) == 7
    for line in lines:
        points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
        assert len(points) == 4
        assert all(math.isfinite(x) and 84 <= y <= 384 for x, y in points)


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("width", [60, 100])
def test_on_a_terminal_the_table_is_gone_at_the_end_and_no_word_is_broken(width: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pellucid", "sweep", *WORDS, "--trials", "6", "--workers", "1", "--out", "s"]
    lines = screen_of(command, tmp_path, width)
    assert max(map(len, lines)) <= width
    assert not [line for line in lines if "have ended" in line or "running" in line]
    assert "learning-rate" in " ".join(lines).split()
    assert "  pellucid evaluate s/best" in [line[:26] for line in lines]


@POSIX
@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize(("backend", "trials", "kills"), [("loky", 60, 5), ("dask", *ELSEWHERE), ("ray", *ELSEWHERE)])
def test_60_trials_killed_five_times_are_60_trials(backend: str, trials: int, kills: int, tmp_path: Path) -> None:
    rng = random.Random(60)
    words = (*WORDS, "--trials", trials, "--workers", 2, "--backend", backend, "--out", "s", "--json")
    for count in sorted(rng.sample(range(1, trials - 5), kills)):
        process = start(*words)
        wait_until_told(process, tmp_path / "s", count)
        before = told(tmp_path / "s")
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert told(tmp_path / "s")[: len(before)] == before
    process = start(*words)
    out, said = process.communicate(timeout=500)
    assert process.returncode == 0, said
    assert json.loads(out)["trials"] == trials
    assert sorted(each["number"] for each in told(tmp_path / "s")) == list(range(trials))


@POSIX
@pytest.mark.slow
@pytest.mark.parametrize("backend", ["dask", "ray"] if FULL else ["dask"])
def test_ctrl_c_ends_a_cluster_of_its_own_within_seconds(backend: str, tmp_path: Path) -> None:
    process = start(*WORDS, "--trials", 500, "--workers", 2, "--backend", backend, "--out", "s", "-q")
    wait_until_told(process, tmp_path / "s", 3)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.startswith("interrupted; ")
    assert said.count("\n") == 1
    assert np.isfinite([each["value"] for each in told(tmp_path / "s") if each["state"] == "complete"]).all()


@pytest.mark.slow
def test_a_cluster_that_runs_already_is_named_by_its_address(tmp_path: Path) -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        address = ("--backend", "dask", "--address", cluster.scheduler_address)
        process = start(*WORDS, "--trials", 6, *address, "--out", "s", "--json")
        out, said = process.communicate(timeout=200)
        assert process.returncode == 0, said
        assert json.loads(out)["trials"] == 6
