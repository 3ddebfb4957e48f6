"""A file that is read block by block trains, stops, resumes and scores as data in memory do."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import pellucid as pl
from pellucid import datasets, runs
from pellucid.core import batches
from pellucid.core.arrays import AnyArray
from pellucid.datasets.streaming import file_stream, fixed_rows
from support import Command

FLAGS = ("X.npy", "--epochs", 3, "--dev", 300, "--learning-rate", 0.3, "--seed", 3)


@pytest.fixture
def streamed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[AnyArray, AnyArray]:
    """4,000 real digits, all zeros first and all nines last, in X.npy and y.npy, read in blocks of 50 rows."""
    monkeypatch.chdir(tmp_path)
    train = datasets.mnist().train
    assert isinstance(train, datasets.Samples)
    X, y = train
    order = np.argsort(y[:4000], kind="stable")
    X, y = X[order], y[order]
    np.save("X.npy", X)
    np.save("y.npy", y)
    monkeypatch.setattr(file_stream, "STREAM_ABOVE", 0)
    monkeypatch.setattr(fixed_rows, "BLOCK_BYTES", 50 * 784)
    monkeypatch.setattr(batches, "WINDOW", 1000 * 784)
    return X, y


@pytest.mark.slow
@pytest.mark.usefixtures("streamed")
def test_a_file_sorted_by_class_trains_as_well_as_data_in_memory(
    pellucid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = datasets.mnist().test
    assert test is not None
    accuracies: list[float] = []
    for above in (0, 2**40):
        monkeypatch.setattr(file_stream, "STREAM_ABOVE", above)
        dataset = datasets.load("X.npy", dev=300)
        assert isinstance(dataset.train, datasets.Samples) == bool(above)
        ended = pellucid("train", *FLAGS, "--epochs", 8, "--out", f"run-{above}", "--json")
        assert ended.code == 0, ended.err
        result = json.loads(ended.out)
        assert result["steps"] == 8 * 58
        accuracy = pl.evaluate(pl.load(result["model"]), test).accuracy
        assert accuracy is not None
        accuracies.append(accuracy)
    assert accuracies[1] > 0.88
    assert accuracies[0] > accuracies[1] - 0.02


@pytest.mark.usefixtures("streamed")
@pytest.mark.parametrize("step", [17, *(pytest.param(step, marks=pytest.mark.slow) for step in (1, 58, 100))])
def test_a_stopped_stream_resumes_to_the_same_bits(
    pellucid: Command, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    assert pellucid("train", *FLAGS, "--out", "whole").code == 0
    settings = {"data": "X.npy", "epochs": 3, "dev": 300, "learning_rate": 0.3, "seed": 3}
    run = runs.start(runs.prepare(runs.from_recipe(settings)), Path("cut"))
    original = run._after_step

    def after_step(progress: pl.Progress) -> None:
        run.stop = progress.step == step
        original(progress)

    monkeypatch.setattr(run, "_after_step", after_step)
    with pytest.raises(KeyboardInterrupt):
        list(run.go())
    assert pellucid("train", "--resume", "cut").code == 0
    whole, cut = (load_file(f"{name}/model.safetensors") for name in ("whole", "cut"))
    for key in whole:
        np.testing.assert_array_equal(whole[key], cut[key])
    assert Path("whole/history.csv").read_bytes() == Path("cut/history.csv").read_bytes()


@pytest.mark.usefixtures("streamed")
def test_a_streamed_file_that_has_changed_is_not_resumed(pellucid: Command) -> None:
    run = runs.start(runs.prepare(runs.from_recipe({"data": "X.npy", "epochs": 1})), Path("run"))
    assert run.result is None
    X = np.load("X.npy")
    np.save("X.npy", 255 - X)
    ended = pellucid("train", "--resume", "run")
    assert ended.code == 2
    assert "is not the data that run was started with" in ended.err


@pytest.mark.usefixtures("streamed")
def test_a_batch_of_all_of_a_stream_is_refused(pellucid: Command) -> None:
    ended = pellucid("train", "X.npy", "--batch-size", "all", "--out", "run")
    assert (ended.code, ended.out) == (2, "")
    assert "give a batch size" in ended.err
    assert not Path("run").exists()


@pytest.mark.usefixtures("streamed")
def test_a_file_that_is_cut_while_it_is_read_ends_with_a_message(
    pellucid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.start(runs.prepare(runs.from_recipe({"data": "X.npy", "epochs": 3})), Path("run"))
    epochs = run.go()
    next(epochs)
    with Path("X.npy").open("r+b") as file:
        file.truncate(1_000_000)
    with pytest.raises(pl.InputError, match=r"X\.npy"):
        list(epochs)


@pytest.mark.usefixtures("streamed")
def test_a_batch_may_be_as_large_as_the_whole_stream(pellucid: Command) -> None:
    ended = pellucid("train", "X.npy", "--hidden", 8, "--batch-size", 4000, "--epochs", 2, "--out", "run", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["steps"] == 2
