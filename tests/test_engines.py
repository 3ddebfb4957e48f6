"""Which engine makes the steps of a run: chosen once, kept in its folder, and stopped as soon as NumPy's."""

import importlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from safetensors.numpy import load_file

import pellucid as pl
from pellucid import InputError, runs, tables
from pellucid.cli import compiling
from pellucid.compiled import choice, waiting
from pellucid.core import engines
from pellucid.render.notebook import live
from pellucid.runs import run as run_module
from support import Command, sent_to_a_terminal

pytestmark = pytest.mark.slow  # the engine is compiled for them

SETTINGS = {"data": "small.npz", "epochs": 6, "dropout": 0.1, "optimizer": "adam", "batch_size": 50, "seed": 3}
FLAGS = ("small.npz", "--epochs", 6, "--dropout", 0.1, "--optimizer", "adam", "--batch-size", 50, "--seed", 3)
REMEDY = "Numba is not installed: pip install 'pellucid[fast]'"


@pytest.fixture
def without_numba(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Hides Numba from now on."""
    return lambda: monkeypatch.setitem(sys.modules, "numba", None)


def about(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(folder, "run.json").read_text(encoding="utf-8"))
    return found


def stopped_after(step: int, folder: str, monkeypatch: pytest.MonkeyPatch) -> runs.Run:
    """A compiled run that a signal stops in the call that reaches this step, wherever that ends."""
    run = runs.start(runs.prepare(runs.from_recipe({**SETTINGS, "engine": "compiled"})), Path(folder))
    original = run._after_step

    def after_step(progress: pl.Progress) -> None:
        run.stop = progress.step >= step
        original(progress)

    monkeypatch.setattr(run, "_after_step", after_step)
    with pytest.raises(KeyboardInterrupt):
        list(run.go())
    return run


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_a_run_says_which_engine_made_it(pellucid: Command, small: Path, engine: str) -> None:
    ended = pellucid("train", *FLAGS, "--engine", engine, "--out", "run", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out)["engine"] == engine
    assert about("run")["settings"]["engine"] == about("run")["result"]["engine"] == engine
    said = pellucid("train", *FLAGS, "--engine", engine, "--out", "again").out
    assert (", seed 3, compiled\n" in said) == (engine == "compiled")
    assert f"--engine {engine}" in Path("run/report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("epochs", "engine"), [(1, "numpy"), (10**6, "compiled")])
def test_auto_is_decided_when_a_run_starts(
    pellucid: Command, small: Path, epochs: int, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PELLUCID_ENGINE")
    run = runs.start(runs.prepare(runs.from_recipe({**SETTINGS, "dropout": 0.0, "epochs": epochs})), Path("run"))
    assert run.settings.engine == about("run")["settings"]["engine"] == engine
    assert runs.resume(Path("run")).settings.engine == engine


def test_a_run_goes_on_with_the_engine_it_began_with(
    pellucid: Command, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pellucid("train", *FLAGS, "--out", "run")
    assert about("run")["result"]["engine"] == "numpy"
    monkeypatch.delenv("PELLUCID_ENGINE")
    monkeypatch.setattr(choice, "pays", lambda work: True)
    assert pellucid("train", "--resume", "run", "--epochs", 7).code == 0
    assert about("run")["result"]["engine"] == "numpy"
    pellucid("train", *FLAGS, "--out", "other")
    assert about("other")["result"]["engine"] == "compiled"


@pytest.mark.parametrize("step", [1, 9, 30, 66])
def test_a_compiled_run_stopped_anywhere_resumes_to_the_same_bits(
    pellucid: Command, small: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    assert pellucid("train", *FLAGS, "--engine", "compiled", "--out", "whole").code == 0
    stood = stopped_after(step, "cut", monkeypatch).state.progress.step
    assert runs.resume(Path("cut")).state.progress.step == stood >= step
    ended = pellucid("train", "--resume", "cut", "--json")
    assert json.loads(ended.out)["engine"] == "compiled"
    for name in ("model", "path", "checkpoint"):
        whole, cut = (load_file(f"{folder}/{name}.safetensors") for folder in ("whole", "cut"))
        assert whole.keys() == cut.keys()
        for key in whole:
            np.testing.assert_array_equal(whole[key], cut[key])
    assert Path("whole/history.csv").read_bytes() == Path("cut/history.csv").read_bytes()


def test_both_engines_take_snapshots_after_the_same_steps(pellucid: Command, small: Path) -> None:
    flags = ("small.npz", "--epochs", 20, "--batch-size", 20, "--seed", 3)
    for engine in ("numpy", "compiled"):
        assert pellucid("train", *flags, "--engine", engine, "--out", engine).code == 0
    one, other = (load_file(f"{engine}/path.safetensors") for engine in ("numpy", "compiled"))
    assert len(one["steps"]) > 40
    np.testing.assert_array_equal(one["steps"], other["steps"])
    np.testing.assert_allclose(one["theta"][:4], other["theta"][:4], rtol=0, atol=1e-4)  # later the last digits grow


def test_a_run_makes_many_steps_in_a_call_up_to_the_next_snapshot(
    pellucid: Command, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"data": "small.npz", "epochs": 1000, "engine": "compiled", "batch_size": 20}
    run = runs.start(runs.prepare(runs.from_recipe(settings)), Path("run"))
    assert run.state.snapshots.spacing > 500
    seen: list[int] = []
    monkeypatch.setattr(run, "_after_step", lambda progress: seen.append(progress.step))
    epochs = run.go()
    for _ in range(25):
        next(epochs)
    epochs.close()
    assert seen[-1] == 25 * 27
    assert run.state.snapshots.spacing in seen  # a call ends there
    assert len(seen) < 3 * 25


def test_a_checkpoint_also_comes_within_a_long_epoch_of_compiled_steps(
    pellucid: Command, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    settings = {"data": "small.npz", "epochs": 2, "engine": "compiled", "batch_size": 2}
    run = runs.start(runs.prepare(runs.from_recipe(settings)), Path("run"))
    original, saved = run._after_step, []

    def after_step(progress: pl.Progress) -> None:
        original(progress)
        saved.append(runs.read_run("run").steps[-1])

    monkeypatch.setattr(run, "_after_step", after_step)
    next(run.go())
    assert len(set(saved)) > 10
    assert saved[0] < 270


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to a whole console")
@pytest.mark.parametrize("batch", ["64", pytest.param("all", marks=pytest.mark.slow)])
def test_ctrl_c_of_a_compiled_run_is_answered_soon(pellucid: Command, batch: str) -> None:
    flags = ["mnist", "--engine", "compiled", "--batch-size", batch, "--epochs", "100000", "--out", "run", "--quiet"]
    process = subprocess.Popen([sys.executable, "-m", "pellucid", "train", *flags], stderr=subprocess.PIPE)
    while not Path("run/history.csv").exists():
        time.sleep(0.02)
        assert process.poll() is None
    time.sleep(0.5)  # in the midst of an epoch
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert time.monotonic() - began < 3  # a second, and some more on a machine that is busy
    assert b"everything is saved" in said
    step = runs.resume(Path("run")).state.progress.step
    assert step > 0
    assert f"step {step};".encode() in said


def test_without_numba_auto_is_numpy_and_says_nothing(
    pellucid: Command, small: Path, without_numba: Callable[[], None]
) -> None:
    without_numba()
    ended = pellucid("train", "small.npz", "--epochs", 200, "--out", "run", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert about("run")["result"]["engine"] == "numpy"


@pytest.mark.parametrize("command", ["train", "lr-find"])
def test_without_numba_the_compiled_engine_is_refused_in_a_line(
    pellucid: Command, small: Path, without_numba: Callable[[], None], command: str
) -> None:
    without_numba()
    ended = pellucid(command, "small.npz", "--engine", "compiled", "--quiet")
    assert (ended.code, ended.out, ended.err) == (2, "", f"error: --engine compiled: {REMEDY}\n")
    assert not Path("runs").exists()
    with pytest.raises(InputError, match="engine='compiled': Numba is not installed"):
        tables.fit({"x": [0.5, 1.5] * 20, "y": ["no", "yes"] * 20}, "y", engine="compiled")


def test_without_numba_a_compiled_run_is_not_gone_on_with(
    pellucid: Command, small: Path, without_numba: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped_after(5, "run", monkeypatch)
    before = Path("run/checkpoint.safetensors").read_bytes()
    without_numba()
    ended = pellucid("train", "--resume", "run")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"error: run: was started with --engine compiled: {REMEDY}\n"
    assert Path("run/checkpoint.safetensors").read_bytes() == before


def test_a_numba_that_cannot_be_loaded_is_numpy_under_auto_and_told_where_it_is_asked_for(
    pellucid: Command, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(work: object) -> None:
        raise ImportError("Numba needs NumPy 1.0 or less")

    monkeypatch.setattr(choice, "start", start)
    monkeypatch.setattr(choice, "pays", lambda work: True)
    assert pellucid("train", *FLAGS, "--out", "run", "--json").err == ""
    assert about("run")["result"]["engine"] == "numpy"
    ended = pellucid("train", *FLAGS, "--engine", "compiled")
    assert (ended.code, ended.err) == (2, "error: --engine compiled: Numba needs NumPy 1.0 or less\n")


def test_a_run_of_before_there_were_engines_is_numpys(pellucid: Command, small: Path) -> None:
    pellucid("train", *FLAGS, "--out", "run")
    record = about("run")
    del record["settings"]["engine"], record["result"]["engine"]
    Path("run/run.json").write_text(json.dumps(record))
    assert runs.read_run("run").settings.engine == "numpy"
    assert pellucid("train", "--resume", "run", "--epochs", 7).code == 0
    assert about("run")["result"]["engine"] == "numpy"


def test_the_learning_rate_finder_looks_at_each_step_whatever_the_engine(pellucid: Command, small: Path) -> None:
    found = [json.loads(pellucid("lr-find", "small.npz", "--engine", engine, "--json").out) for engine in
             ("numpy", "compiled")]  # fmt: skip
    assert found[0]["losses"] == found[1]["losses"]
    losses = [[trial["loss"] for trial in each["tried"]] for each in found]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    assert losses[0] != losses[1]  # in the last digits: the trainings were made by the engine asked for


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("PellucidClassifier", {}),
        ("PellucidClassifier", {"solver": "sgd", "alpha": 0.5, "learning_rate_init": 0.01, "clip_norm": 1.0}),
        ("PellucidRegressor", {"alpha": 1.0, "batch_size": 7, "learning_rate_init": 0.01}),
        ("PellucidRegressor", {"solver": "adamw", "weight_decay": 0.1, "alpha": 0.0, "dropout": 0.2}),
    ],
)
def test_an_estimator_has_the_same_numbers_from_either_engine(
    kind: str, settings: dict[str, Any], weighted: bool
) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 5))
    values = X @ rng.standard_normal(5)
    y = values > 0 if kind == "PellucidClassifier" else values
    weights = rng.random(300) if weighted else None
    made = {"max_iter": 5, "random_state": 0, "hidden_layer_sizes": (16,), **settings}
    one, other = (getattr(pl, kind)(engine=engine, **made).fit(X, y, weights) for engine in ("numpy", "compiled"))
    np.testing.assert_allclose(one.network_.theta, other.network_.theta, rtol=0, atol=1e-10)
    assert other.loss_curve_ == pytest.approx(one.loss_curve_, rel=1e-9)  # the penalty is in it


def test_an_optimiser_of_ones_own_around_another_is_not_taken_for_the_penalty() -> None:
    class Own:
        name: ClassVar[str] = "penalised"
        learning_rate = 0.1
        optimizer = pl.SGD(0.1)

        def __init__(self) -> None:
            self.state: dict[str, Any] = {}

        def step(self, theta: Any, grad: Any) -> None:
            self.optimizer.step(theta, grad)

    net = pl.Network([2, 2], rng=np.random.default_rng(0))
    with pytest.raises(InputError, match="does not know the optimiser 'penalised'"):
        pl.train(net, (np.eye(2), np.arange(2)), Own(), epochs=1, rng=np.random.default_rng(0), engine="compiled")


@pytest.mark.parametrize(
    ("given", "steps"), [(None, sys.maxsize), (lambda progress: None, 1), ("with its own word", 7)]
)
def test_a_notebooks_box_passes_on_when_its_caller_must_be_called(given: Any, steps: int) -> None:
    class Caller:
        def __call__(self, progress: pl.Progress) -> None: ...

        def steps_until(self, step: int) -> int:
            return step + 2

    box = live.Box(pl.Progress(), 1, 1, lambda: lambda html, text: None)
    after: Any = box.after(Caller() if given == "with its own word" else given)
    assert after.steps_until(5) == steps


@pytest.mark.parametrize(("terminal", "silent", "lines"), [(True, False, 1), (True, True, 0), (False, False, 0)])
def test_a_compilation_is_told_once_and_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: bool, silent: bool, lines: int
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    with compiling.compiling_told(silent=silent):
        for _ in range(2):
            with waiting.around():
                pass
    assert capsys.readouterr().err.count("compiling the engine, once for this version: about half a minute") == lines


def test_a_function_is_compiled_within_what_waits_and_not_a_second_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, jit = (importlib.import_module(f"pellucid.compiled.{name}") for name in ("calls", "jit"))
    monkeypatch.setattr(calls, "folder", lambda: tmp_path)
    entered = []

    @contextmanager
    def around() -> Any:
        entered.append(True)
        yield

    nothing: Callable[[], AbstractContextManager[None]] = around
    monkeypatch.setattr(waiting, "around", nothing)

    @jit.entry  # type: ignore[untyped-decorator]
    def double(x: Any) -> None:
        x[0] *= 2

    number = np.ones(1)
    for _ in range(2):  # the second time it is found in the folder
        monkeypatch.setattr(calls, "_ready", {})
        calls.Call("double")(number)
    assert number[0] == 4
    assert entered == [True]


INTERRUPTED = """
import signal, sys
from pellucid.cli import main
from pellucid.compiled import calls
compiled = calls._compiled
def compile(name, kinds):
    with calls.waiting.around():
        signal.raise_signal(signal.SIGINT)
    return compiled(name, kinds)
calls._compiled = compile
calls._kept = lambda name, kinds: None
sys.exit(main(["train", "small.npz", "--engine", "compiled", "--out", "run"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminal")
def test_ctrl_c_while_code_is_compiled_ends_the_command_at_once(pellucid: Command, small: Path) -> None:
    sent = sent_to_a_terminal([sys.executable, "-c", INTERRUPTED], small.parent, 100, 50).decode()
    assert sent.count("compiling the engine, once for this version: about half a minute …") == 1
    assert "interrupted before a step; everything is saved; go on with: pellucid train --resume run" in sent
    assert sent.rindex("\x1b[?25h") > sent.rindex("\x1b[?25l")  # the cursor is seen again
    assert "Traceback" not in sent
    assert sorted(path.name for path in Path("run").iterdir()) == ["checkpoint.safetensors", "lock", "run.json"]
    assert pellucid("train", "--resume", "run").code == 0


def test_an_engine_that_there_is_not_is_told_with_those_that_there_are() -> None:
    net = pl.Network([2, 2], rng=np.random.default_rng(0))
    with pytest.raises(InputError, match="engine='fast': there are auto, numpy, compiled"):
        pl.train(net, (np.eye(2), np.arange(2)), pl.SGD(), epochs=1, rng=np.random.default_rng(0), engine="fast")
    assert tuple(runs.settings.ENGINES) == ("auto", "numpy", *engines._registered)
