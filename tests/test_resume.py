"""A run can be stopped at any moment and goes on to the very bits that it would have reached."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import pellucid as pl
from pellucid import runs
from pellucid.datasets import LoadOptions
from pellucid.model import model_file
from pellucid.runs import run as run_module
from support import Command

SETTINGS = {"data": "small.npz", "epochs": 6, "dropout": 0.1, "optimizer": "adam", "batch_size": 50, "seed": 3}
KILLS = int(os.environ.get("KILLS", "8"))
FLAGS = ("small.npz", "--epochs", 6, "--dropout", 0.1, "--optimizer", "adam", "--batch-size", 50, "--seed", 3)


def same_bits(one: Path, other: Path) -> None:
    for name in ("model", "path"):
        a, b = load_file(one / f"{name}.safetensors"), load_file(other / f"{name}.safetensors")
        assert a.keys() == b.keys()
        for key in a:
            np.testing.assert_array_equal(a[key], b[key])
    a, b = load_file(one / "checkpoint.safetensors"), load_file(other / "checkpoint.safetensors")
    for key in a:
        np.testing.assert_array_equal(a[key], b[key])
    assert (one / "history.csv").read_bytes() == (other / "history.csv").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("step", [1, 10, 11, 25, 59])
def test_a_run_stopped_within_an_epoch_resumes_to_the_same_bits(pellucid: Command, small: Path, step: int) -> None:
    assert pellucid("train", *FLAGS, "--out", "whole").code == 0
    run = runs.start(runs.prepare(runs.from_recipe(SETTINGS)), Path("cut"))
    original = run._after_step

    def after_step(progress: pl.Progress) -> None:
        run.stop = progress.step == step
        original(progress)

    run._after_step = after_step  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        list(run.go())
    assert runs.resume(Path("cut")).state.progress.step == step
    ended = pellucid("train", "--resume", "cut")
    assert ended.code == 0
    same_bits(Path("whole"), Path("cut"))


def test_a_checkpoint_also_comes_within_a_long_epoch(
    pellucid: Command, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    run = runs.start(runs.prepare(runs.from_recipe(SETTINGS)), Path("run"))
    steps = []
    original = run._after_step

    def after_step(progress: pl.Progress) -> None:
        original(progress)
        steps.append(runs.resume(Path("run")).state.progress.step)

    run._after_step = after_step  # type: ignore[method-assign]
    next(run.go())
    assert steps == list(range(1, 12))


def test_a_checkpoint_copies_nothing_of_what_trains(
    pellucid: Command, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of the run, which a checkpoint within an epoch once made, gave up its lock when it was thrown away."""
    monkeypatch.setattr(run_module, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    monkeypatch.setattr(run_module.Run, "__deepcopy__", lambda run, memo: pytest.fail("copied"), raising=False)
    run = runs.start(runs.prepare(runs.from_recipe(SETTINGS)), Path("run"))
    next(run.go())


def test_the_folder_appears_with_a_checkpoint_of_step_0(small: Path, pellucid: Command) -> None:
    run = runs.start(runs.prepare(runs.from_recipe(SETTINGS)), Path("run"))
    assert sorted(path.name for path in Path("run").iterdir()) == ["checkpoint.safetensors", "lock", "run.json"]
    read = runs.resume(Path("run"))
    assert read.state.progress.step == 0
    np.testing.assert_array_equal(read.state.network.theta, run.state.network.theta)


def test_a_finished_run_is_left_as_it_is(pellucid: Command, small: Path) -> None:
    first = pellucid("train", *FLAGS, "--out", "run", "--json")
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in Path("run").iterdir()}
    again = pellucid("train", "--resume", "run", "--json")
    assert (again.code, again.out) == (0, first.out)
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in Path("run").iterdir()} == before


def test_more_epochs_make_a_finished_run_longer(pellucid: Command, small: Path) -> None:
    flags = ("small.npz", "--schedule", "constant", "--seed", 3)
    pellucid("train", *flags, "--epochs", 5, "--out", "whole")
    pellucid("train", *flags, "--epochs", 2, "--out", "longer")
    ended = pellucid("train", "--resume", "longer", "--epochs", 5, "--json")
    assert json.loads(ended.out)["epochs"] == 5
    np.testing.assert_array_equal(pl.load("whole/model.safetensors").theta, pl.load("longer/model.safetensors").theta)
    assert pellucid("train", "--resume", "longer", "--epochs", 3).code == 2


PATIENT = {"data": "small.npz", "epochs": 60, "optimizer": "adam", "schedule": "constant", "patience": 3, "seed": 3}


@pytest.mark.parametrize("after", ["the last epoch", "every epoch"])
def test_patience_outlasts_a_stop(pellucid: Command, small: Path, after: str) -> None:
    whole = runs.start(runs.prepare(runs.from_recipe(PATIENT)), Path("whole"))
    list(whole.go())
    assert whole.result is not None
    last = whole.result["epochs"]
    runs.start(runs.prepare(runs.from_recipe(PATIENT)), Path("cut"))
    for epoch in [last] if after == "the last epoch" else range(1, last + 1):
        run = runs.resume(Path("cut"))
        for reached in run.go():
            if reached.number == epoch:
                break  # as a kill after this epoch's checkpoint would
    assert pellucid("train", "--resume", "cut").code == 0
    same_bits(Path("whole"), Path("cut"))


def test_a_longer_run_never_loses_the_best_model(pellucid: Command, small: Path) -> None:
    first = runs.start(runs.prepare(runs.from_recipe(PATIENT)), Path("run"))
    list(first.go())
    again = json.loads(pellucid("train", "--resume", "run", "--epochs", 80, "--json").out)
    assert first.result is not None
    assert again["dev"]["loss"] <= first.result["dev"]["loss"]
    assert again["epochs"] == first.result["epochs"] + 3  # it waits anew, once


def hostile(folder: Path, name: str, value: object) -> None:
    """Put another tensor, or another entry of the description, into a run's checkpoint."""
    path = folder / "checkpoint.safetensors"
    tensors, about = model_file.read_tensors(path)
    if isinstance(value, np.ndarray):
        tensors[name] = value
    else:
        *way, last = name.split(".")
        place = about
        for key in way:
            place = place[key]
        place[last] = value
    model_file.write_tensors(path, tensors, about)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theta", np.zeros(5, np.float32)),
        ("theta", np.full(25818, np.nan, np.float32)),
        ("history", np.zeros((2, 3))),
        ("history", np.zeros(())),
        ("optimizer.m", np.zeros(4, np.float32)),
        ("optimizer.m", np.zeros(25818, np.int32)),
        ("optimizer.steps", np.array([-1])),
        ("optimizer.steps", np.zeros(0, np.int64)),
        ("path.theta", np.zeros((1, 7), np.float32)),
        ("best_theta", np.zeros(3, np.float32)),
        ("best_epoch", 99),
        ("best_epoch", "two"),
        ("progress.epoch", 99),
        ("progress.epoch", -1),
        ("progress.step", 1e400),
        ("progress.seed", -5),
        ("progress.loss", None),
        ("progress", 7),
        ("rng", {}),
        ("rng.state.state", 10**60),
        ("network.sizes", [784, 10**9, 10]),
        ("network.activations", [{"name": "leaky-relu", "slope": "x"}] * 2),
        ("seconds", "long"),
    ],
)
def test_a_damaged_checkpoint_is_told(pellucid: Command, small: Path, name: str, value: object) -> None:
    run = runs.start(runs.prepare(runs.from_recipe(SETTINGS)), Path("run"))
    next(run.go())
    hostile(Path("run"), name, value)
    ended = pellucid("train", "--resume", "run")
    assert (ended.code, ended.out) == (2, "")
    assert "checkpoint.safetensors" in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden", 5), ("hidden", None), ("hidden", ["a"]), ("activation", [[1]]), ("init", {}), ("data", 5),
        ("learning_rate", None), ("learning_rate", "0.1"), ("epochs", "many"), ("seed", -1), ("target", 3),
        ("threads", 10**20), ("dropout", []), ("engine", "steam"), ("engine", None),
    ],
)  # fmt: skip
def test_a_damaged_record_is_told(pellucid: Command, small: Path, name: str, value: object) -> None:
    runs.start(runs.prepare(runs.from_recipe(SETTINGS)), Path("run"))
    about = json.loads(Path("run/run.json").read_text())
    about["settings"][name] = value
    Path("run/run.json").write_text(json.dumps(about))
    ended = pellucid("train", "--resume", "run")
    assert (ended.code, ended.out) == (2, "")
    assert "run.json" in ended.err


@pytest.mark.parametrize("result", [5, [], {}, {"train": 3}])
def test_a_damaged_result_is_told(pellucid: Command, small: Path, result: object) -> None:
    pellucid("train", *FLAGS, "--out", "run")
    about = json.loads(Path("run/run.json").read_text())
    Path("run/run.json").write_text(json.dumps({**about, "result": result}))
    assert pellucid("train", "--resume", "run").code == 2


@pytest.mark.parametrize("baseline", [{}, 5, {"r2": 0.0, "rmse": 1.0}, {"accuracy": "high"}, {"accuracy": 0, "f1": 0}])
def test_a_baseline_that_is_not_of_its_scores_is_told(pellucid: Command, small: Path, baseline: object) -> None:
    pellucid("train", *FLAGS, "--out", "run")
    about = json.loads(Path("run/run.json").read_text())
    about["result"]["train"]["baseline"] = baseline
    Path("run/run.json").write_text(json.dumps(about))
    ended = pellucid("train", "--resume", "run")
    assert ended.code == 2
    assert "run.json: damaged" in ended.err


def test_changed_data_are_refused(pellucid: Command, small: Path) -> None:
    run = runs.start(runs.prepare(runs.from_recipe(SETTINGS)), Path("run"))
    del run
    held = np.load(small)
    np.savez(small, X=255 - held["X"], y=held["y"])
    ended = pellucid("train", "--resume", "run")
    assert ended.code == 2
    assert "is not the data" in ended.err


@pytest.mark.parametrize("part", ["train", "dev", "test"])
def test_a_changed_sample_of_any_part_is_refused_and_named(pellucid: Command, small: Path, part: str) -> None:
    run = runs.start(runs.prepare(runs.from_recipe({**SETTINGS, "dev": 50, "test": 60})), Path("run"))
    assert pellucid("train", *FLAGS, "--dev", 50, "--test", 60, "--out", "done", "-q").code == 0
    del run
    held = dict(np.load(small))
    indices = LoadOptions(dev=50, test=60, seed=3).split(600, held["y"].astype(np.int64))
    held["X"][indices[("train", "dev", "test").index(part)][7], 300] ^= 1
    np.savez(small, **held)
    what = {"train": "its training rows", "dev": "its dev rows", "test": "its test rows"}[part]
    for command in (("train", "--resume", "run"), ("evaluate", "done")):
        ended = pellucid(*command)
        assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
        assert f"{what} differ" in ended.err


def rows_of_a_table(change: str = "") -> str:
    """A table, one thing of which may be changed."""
    rows = [[f"{i}.5", str(2 * i % 7), "yes" if i % 2 else "no", str(1 + i % 3)] for i in range(60)]
    names = ["a", "b", "c", "w"]
    if change == "order":
        names, rows = ["b", "a", "c", "w"], [[b, a, c, w] for a, b, c, w in rows]
    if change == "name":
        names[0] = "A"
    if change == "weight":
        rows[5][3] = "9"
    if change == "class":
        rows = [[a, b, {"yes": "YES", "no": "no"}[c], w] for a, b, c, w in rows]
    return "\n".join(",".join(row) for row in [names, *rows]) + "\n"


@pytest.mark.parametrize("change", ["order", "name", "weight", "class"])
def test_changed_columns_classes_and_weights_are_refused(pellucid: Command, tmp_path: Path, change: str) -> None:
    settings = {"data": "t.csv", "target": "c", "weights": "w", "epochs": 2}
    (tmp_path / "t.csv").write_text(rows_of_a_table())
    runs.start(runs.prepare(runs.from_recipe(settings, "table")), Path("run"))
    assert pellucid("train", "--resume", "run").code == 0
    runs.start(runs.prepare(runs.from_recipe(settings, "table")), Path("other"))
    (tmp_path / "t.csv").write_text(rows_of_a_table(change))
    ended = pellucid("train", "--resume", "other")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert {"weight": "rows", "order": "order", "name": "its columns", "class": "classes"}[change] in ended.err


def test_a_checkpoint_that_is_not_as_it_was_written_is_refused(pellucid: Command, small: Path) -> None:
    runs.start(runs.prepare(runs.from_recipe(SETTINGS)), Path("run"))
    place = Path("run/checkpoint.safetensors")
    content = bytearray(place.read_bytes())
    content[-1000] ^= 1  # the last bit of a weight
    place.write_bytes(content)
    ended = pellucid("train", "--resume", "run")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "is not as pellucid has written it" in ended.err


def start_training(folder: Path, *flags: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pellucid", "train", *map(str, flags), "--out", "run", "--quiet"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to a whole console")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_the_run(pellucid: Command, small: Path, number: int) -> None:
    flags = ("small.npz", "--epochs", 100000, "--seed", 3)
    process = start_training(small.parent, *flags)
    while not Path("run/history.csv").exists():
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(number)
    assert process.stderr is not None
    said = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(20) == 128 + number
    assert "pellucid train --resume run" in said
    assert "Traceback" not in said
    reached = runs.resume(Path("run")).state.progress.step
    assert reached > 0
    assert f"step {reached};" in said
    assert sorted(path.name for path in Path("run").iterdir() if path.name.startswith(".")) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "module", ["numpy", "numpy.linalg", "click", "pellucid.core.training", "rich.progress", "polars"]
)
def test_ctrl_c_while_modules_are_loaded_is_told_in_a_line(small: Path, module: str) -> None:
    code = f"""
import os, signal, sys
def interrupt(event, details):
    if event == "import" and details[0] == {module!r}:
        signal.raise_signal(signal.SIGINT)
sys.addaudithook(interrupt)
from pellucid.cli import main
sys.exit(main(["train", {"table.csv" if module == "polars" else "small.npz"!r}]))
"""
    (small.parent / "table.csv").write_text("size,label\n1,x\n2,y\n3,x\n")
    ended = subprocess.run([sys.executable, "-c", code], cwd=small.parent, capture_output=True, check=False)
    assert ended.returncode == 130
    assert ended.stderr.strip() == b"interrupted"
    assert {path.name for path in small.parent.iterdir()} == {"small.npz", "table.csv"}


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_kills_each_resumed_to_the_same_bits(pellucid: Command, tmp_path: Path) -> None:
    flags = ("mnist", "--epochs", 3, "--seed", 7, "--optimizer", "momentum", "--dropout", 0.05)
    started = time.perf_counter()
    whole = subprocess.run(
        [sys.executable, "-m", "pellucid", "train", *map(str, flags), "--out", "whole", "--quiet"], check=False
    )
    length = time.perf_counter() - started
    assert whole.returncode == 0
    rng = random.Random(1)
    moments = [0.05, *(rng.uniform(0.05, length * 1.1) for _ in range(KILLS - 1))]
    went_on = 0
    for number, moment in enumerate(moments):
        folder = tmp_path / f"kill{number}"
        folder.mkdir()
        process = start_training(folder, *flags)
        time.sleep(moment)
        process.kill()
        process.communicate()
        run = folder / "run"
        if not run.exists():  # killed before there was anything: there is no folder, nor a half one in its place
            again = start_training(folder, *flags)
            again.communicate()
            assert again.returncode == 0
        else:
            stood = runs.resume(run).state.progress.step
            went_on += stood > 0
            ended = pellucid("train", "--resume", run)
            assert (ended.code, ended.err.count("\n")) == (0, ended.err.count("finished already"))
        same_bits(tmp_path / "whole", run)
        assert [path for path in run.iterdir() if path.name.startswith(".")] == []
    assert went_on >= KILLS // 4


def test_resume_goes_on_from_the_checkpoint_and_not_from_the_start(pellucid: Command, small: Path) -> None:
    run = runs.start(runs.prepare(runs.from_recipe(SETTINGS)), Path("run"))
    epochs = run.go()
    for _ in range(4):
        next(epochs)
    epochs.close()
    resumed = runs.resume(Path("run"))
    assert [epoch.number for epoch in resumed.go()] == [5, 6]


def test_a_full_disk_is_told_and_the_last_checkpoint_stands(
    pellucid: Command, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = os.fsync
    calls = 0

    def fsync(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 4:
            raise OSError(28, "No space left on device")
        written(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    ended = pellucid("train", *FLAGS, "--out", "run")
    assert ended.code == 2
    assert "No space left" in ended.err
    assert "--resume run" in ended.err
    assert "Traceback" not in ended.err
    assert [path.name for path in Path("run").iterdir() if path.name.startswith(".")] == []
    monkeypatch.undo()
    os.chdir(small.parent)
    assert runs.resume(Path("run")).state.progress.epoch == 2
    assert pellucid("train", "--resume", "run").code == 0


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting needs root")
def test_a_file_system_that_is_really_full(pellucid: Command, small: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(disk)], check=True)
    try:
        ended = pellucid("train", *FLAGS, "--epochs", 50, "--out", disk / "run")
        assert ended.code == 2
        assert "No space left" in ended.err
        step = runs.resume(disk / "run").state.progress.step
        assert step > 0
        assert [path.name for path in (disk / "run").iterdir() if path.name.startswith(".")] == []
        subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
        assert pellucid("train", "--resume", disk / "run").code == 0
        assert pellucid("train", *FLAGS, "--epochs", 50, "--out", "whole").code == 0
        same_bits(Path("whole"), disk / "run")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_divergence_stops_names_the_place_and_keeps_the_last_good_checkpoint(pellucid: Command, small: Path) -> None:
    ended = pellucid(
        "train",
        small,
        "--learning-rate",
        1e6,
        "--clip-norm",
        0,
        "--schedule",
        "constant",
        "--epochs",
        50,
        "--loss",
        "cross-entropy",
        "--activation",
        "leaky-relu",
        "--weight-decay",
        0,
        "--out",
        "run",
    )
    assert ended.code == 2
    for needle in ("diverged", "epoch", "step", "layer", "--learning-rate", "checkpoint"):
        assert needle in ended.err
    assert np.isfinite(runs.resume(Path("run")).state.network.theta).all()
