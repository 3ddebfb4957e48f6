"""The data that contestants share, written once into a temporary folder: peers need not import pellucid for it."""

import gzip
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

import pellucid as pl
from benchmarks.turns import environment
from benchmarks.workloads import TRAINING_ROWS

CSV_ROWS = 42_000  # as many as in Kaggle's train.csv
IDX = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def write_arrays(folder: Path) -> None:
    """X.npy and y.npy, the first 41,000 training digits, and weights.npz, the digit model that comes with pellucid."""
    train = pl.datasets.mnist().train
    assert isinstance(train, pl.datasets.Samples)
    X, y = train
    np.save(folder / "X.npy", X[:TRAINING_ROWS])
    np.save(folder / "y.npy", y[:TRAINING_ROWS].astype(np.int64))
    with resources.as_file(resources.files("pellucid") / "model" / "digits.safetensors") as path:
        net = pl.load(path)
    arrays: dict[str, Any] = {}
    for l, layer in enumerate(net.layers, start=1):
        arrays |= {f"W{l}": np.ascontiguousarray(layer.W), f"b{l}": layer.b}
    np.savez(folder / "weights.npz", **arrays)


def write_csv(folder: Path) -> None:
    """train.csv, 42,000 digits in Kaggle's form."""
    out = str(folder / "train.csv")
    command = [sys.executable, "-m", "pellucid", "data", "mnist", "--to", "csv", "--out", out, "--limit", str(CSV_ROWS)]
    subprocess.run([*command, "--quiet"], check=True, env=environment())


def write_idx(folder: Path) -> None:
    """The four MNIST files, unpacked: peers are spared the unpacking that ``pellucid train`` does."""
    for name in IDX:
        packed = resources.files("pellucid.datasets") / "files" / f"{name}.gz"
        with packed.open("rb") as source, gzip.open(source) as stream, (folder / name).open("wb") as out:
            shutil.copyfileobj(stream, out)
