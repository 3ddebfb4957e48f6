"""A run read back holds what it wrote: settings, history, the whole path of θ, the model."""

import json
from pathlib import Path

import numpy as np
import pytest

import pellucid as pl
from pellucid.model.model_file import read_tensors, write_tensors
from pellucid.runs import open_run, read_run
from support import Command


def test_a_run_read_back_has_its_whole_path_and_history(pellucid: Command, small: Path) -> None:
    pellucid("train", small, "--epochs", 20, "--out", "run", "-q")
    run = read_run("run")
    assert (run.steps[0], run.steps[-1]) == (0, 180)
    np.testing.assert_array_equal(run.thetas[-1], run.model.network.theta)
    np.testing.assert_array_equal(run.network.theta, run.model.network.theta)
    assert run.history["train_loss"].shape == (20,)
    assert run.result is not None
    assert run.history["dev_accuracy"][-1] == run.result["dev"]["accuracy"]


def test_a_run_that_is_not_finished_can_be_looked_at_but_has_no_model(pellucid: Command, small: Path) -> None:
    pellucid("train", small, "--epochs", 2, "--out", "run", "-q")
    Path("run/model.safetensors").unlink()
    run = read_run("run")
    assert len(run.history) == 2
    with pytest.raises(pl.InputError, match="resume='run'"):
        run.model  # noqa: B018


def test_what_is_no_run_is_refused(pellucid: Command) -> None:
    Path("empty").mkdir()
    for path in ("empty", "model.safetensors"):
        with pytest.raises(pl.InputError, match="run"):
            open_run(path)


def test_a_gradient_longer_than_any_number_is_no_damage(pellucid: Command) -> None:
    rng = np.random.default_rng(0)
    np.savez("big.npz", X=(rng.standard_normal((200, 3)) * 1e30).astype(np.float32), y=rng.integers(2, size=200))
    assert pellucid("train", "big.npz", "--epochs", 2, "--out", "run", "-q").code == 0
    assert read_run("run").history["gradient_norm"][-1] == np.inf
    assert pellucid("train", "--resume", "run", "--epochs", 3, "-q").code == 0
    assert len(read_run("run").history) == 3


def test_a_path_with_what_is_no_number_is_left_out(pellucid: Command, small: Path) -> None:
    pellucid("train", small, "--epochs", 4, "--out", "run", "-q")
    path, about = read_tensors("run/path.safetensors")
    theta = path["theta"].copy()
    theta[1, 5] = np.nan
    write_tensors("run/path.safetensors", {**path, "theta": theta}, about)
    assert np.isfinite(read_run("run").thetas).all()


@pytest.mark.parametrize("counts", [None, {"train": 0, "dev": 0, "test": 0}, {"train": 540}, {"train": "many"}])
def test_a_record_without_the_counts_of_samples_is_damaged(pellucid: Command, small: Path, counts: object) -> None:
    pellucid("train", small, "--epochs", 1, "--out", "run", "-q")
    about = json.loads(Path("run/run.json").read_text())
    Path("run/run.json").write_text(json.dumps({**about, "samples": counts}))
    with pytest.raises(pl.InputError, match=r"run.json: damaged"):
        read_run("run")


def test_data_of_another_kind_by_now_are_told_by_their_name(pellucid: Command) -> None:
    X = np.random.default_rng(0).standard_normal((100, 4))
    y = (X[:, 0] > 0).astype(int)
    np.savez("table.npz", X=X, y=y)
    pellucid("train", "table.npz", "--epochs", 3, "--out", "run", "-q")
    for changed, needle in (({"X": X[:, :3], "y": y}, "3 inputs"), ({"X": X, "y": np.array(["a", "b"])[y]}, "classes")):
        np.savez("table.npz", **changed)
        for command in (("explain", "run"), ("landscape", "run", "--points", 3), ("evaluate", "run")):
            ended = pellucid(*command)
            assert (ended.code, ended.out) == (2, "")
            assert ended.err.startswith("error: table.npz: ")
            assert needle in ended.err
        ended = pellucid("report", "run")
        assert ended.code == 0
        assert "the predictions are left out" in ended.err
