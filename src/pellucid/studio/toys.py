"""Small data to play with: classes in the plane, and functions; each is a file that anyone may train on."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pellucid._files.writing import write_whole
from pellucid.core.arrays import AnyArray

SAMPLES = 600
SETTINGS = {
    "hidden": [8, 8],
    "activation": ["tanh"],
    "optimizer": "adam",
    "learning_rate": 0.01,
    "schedule": "constant",
    "batch_size": 32,
    "epochs": 100,
}
Made = tuple[AnyArray, AnyArray]


@dataclass(frozen=True)
class Toy:
    """Small data by a name: what makes X (n, inputs) and y (n,)."""

    name: str
    task: str
    make: Callable[[np.random.Generator], Made]


def _circles(rng: np.random.Generator) -> Made:
    y = np.arange(SAMPLES) % 2
    radius, angle = np.where(y, 0.35, 0.8) + 0.07 * rng.standard_normal(SAMPLES), rng.uniform(0, 2 * np.pi, SAMPLES)
    return _polar(radius, angle), y


def _polar(radius: AnyArray, angle: AnyArray) -> AnyArray:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _xor(rng: np.random.Generator) -> Made:
    X = rng.uniform(-1, 1, (SAMPLES, 2))
    X += 0.06 * np.sign(X)
    return X, (X[:, 0] * X[:, 1] > 0).astype(np.int64)


def _spirals(arms: int) -> Callable[[np.random.Generator], Made]:
    def make(rng: np.random.Generator) -> Made:
        y = np.arange(SAMPLES) % arms
        way = np.sqrt(rng.uniform(0.01, 1, SAMPLES))
        angle = 3.5 * way + y * 2 * np.pi / arms + 0.1 * rng.standard_normal(SAMPLES)
        return _polar(way, angle), y

    return make


def _blobs(rng: np.random.Generator) -> Made:
    y = np.arange(SAMPLES) % 3
    middle = np.array([[-0.6, -0.4], [0.6, -0.4], [0.0, 0.6]])
    return middle[y] + 0.22 * rng.standard_normal((SAMPLES, 2)), y


def _wave(rng: np.random.Generator) -> Made:
    X = rng.uniform(-1, 1, (SAMPLES, 1))
    return X, np.sin(2 * np.pi * X) + 0.05 * rng.standard_normal((SAMPLES, 1))


def _hill(rng: np.random.Generator) -> Made:
    X = rng.uniform(-1, 1, (SAMPLES, 2))
    return X, np.exp(-4 * (X**2).sum(axis=1, keepdims=True)) * np.cos(3 * X[:, :1])


TOYS = {
    "toy:circles": Toy("two circles", "classification", _circles),
    "toy:xor": Toy("exclusive or", "classification", _xor),
    "toy:spirals-2": Toy("two spirals", "classification", _spirals(2)),
    "toy:spirals-3": Toy("three spirals", "classification", _spirals(3)),
    "toy:blobs-3": Toy("three heaps", "classification", _blobs),
    "toy:wave": Toy("a wave, a function of one number", "regression", _wave),
    "toy:hill": Toy("a hill, a function of two numbers", "regression", _hill),
}


def listed() -> list[dict[str, Any]]:
    """All of them, for the page."""
    return [{"id": key, "name": toy.name, "task": toy.task} for key, toy in TOYS.items()]


def file_of(key: str, folder: Path) -> Path:
    """The file of some small data, made where it is not there yet; the same bytes each time."""
    path = folder / f"{key.replace(':', '-')}.npz"
    if not path.is_file():
        X, y = TOYS[key].make(np.random.default_rng(0))
        content = io.BytesIO()
        np.savez(content, X=X.astype(np.float32), y=y)
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, content.getvalue())
    return path
