"""MNIST's unpacked files to arrays: 59,000 digits to train on, as ``pellucid train`` has, and 10,000 to test."""

import math
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TRAIN = 59_000
EPOCHS, BATCH, RATE, DECAY, CLIP = 6, 64, 0.7, 0.001, 1.0  # pellucid's own recipe, for those who can follow it
Digits = tuple[NDArray[np.uint8], NDArray[np.int64]]


def arguments() -> tuple[Path, int]:
    """The folder of the files and the seed."""
    return Path(sys.argv[1]), int(sys.argv[2])


def load(folder: Path, part: str) -> Digits:
    """X (n, 784) uint8 and y (n,) of ``train`` or ``t10k``."""
    X = np.fromfile(folder / f"{part}-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 784)
    y = np.fromfile(folder / f"{part}-labels-idx1-ubyte", np.uint8, offset=8).astype(np.int64)
    return X[:TRAIN], y[:TRAIN]


def warmup_cosine(progress: float) -> float:
    """Up a straight line over the first tenth, then down half a cosine."""
    return progress / 0.1 if progress < 0.1 else 0.5 * (1 + math.cos(math.pi * (progress - 0.1) / 0.9))
