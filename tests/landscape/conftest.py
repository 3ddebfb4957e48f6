"""A small run that the tests of the landscape look at."""

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest

from pellucid.cli import main
from pellucid.datasets import Samples


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory, digits: Samples) -> Path:
    """The folder of a finished run on 600 digits: 12 epochs of 9 steps."""
    folder = tmp_path_factory.mktemp("landscape")
    np.savez(folder / "small.npz", X=digits.X, y=digits.y)
    with contextlib.redirect_stdout(io.StringIO()):
        arguments = ["train", folder / "small.npz", "--epochs", "12", "--hidden", "8", "--out", folder / "run", "-q"]
        assert main([str(argument) for argument in arguments]) == 0
    return folder / "run"
