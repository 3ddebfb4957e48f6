"""A run read back holds what it wrote: settings, history, the whole path of θ, the model."""

from pathlib import Path

import numpy as np
import pytest

import pellucid as pl
from pellucid.runs import look, open_run
from support import Command


def test_a_run_read_back_has_its_whole_path_and_history(pellucid: Command, small: Path) -> None:
    pellucid("train", small, "--epochs", 20, "--out", "run", "-q")
    run = look("run")
    assert (run.steps[0], run.steps[-1]) == (0, 180)
    np.testing.assert_array_equal(run.thetas[-1], run.model.network.theta)
    np.testing.assert_array_equal(run.network.theta, run.model.network.theta)
    assert run.history["train_loss"].shape == (20,)
    assert run.result is not None
    assert run.history["dev_accuracy"][-1] == run.result["dev"]["accuracy"]


def test_a_run_that_is_not_finished_can_be_looked_at_but_has_no_model(pellucid: Command, small: Path) -> None:
    pellucid("train", small, "--epochs", 2, "--out", "run", "-q")
    Path("run/model.safetensors").unlink()
    run = look("run")
    assert len(run.history) == 2
    with pytest.raises(pl.InputError, match="--resume"):
        run.model  # noqa: B018


def test_what_is_no_run_is_refused(pellucid: Command) -> None:
    Path("empty").mkdir()
    for path in ("empty", "model.safetensors"):
        with pytest.raises(pl.InputError, match="run"):
            open_run(path)
