"""The 70,000 digits that come with the package, unpacked straight into their shuffled places."""

from __future__ import annotations

from importlib import resources
from typing import BinaryIO, Literal, TypeAlias, cast

import numpy as np

from pellucid.core.errors import InputError
from pellucid.datasets.containers import Dataset, Indices, Pixels, Samples, pixel_names
from pellucid.datasets.formats.idx import read_array
from pellucid.datasets.splits import split

Part: TypeAlias = Literal["train", "test"]
PREFIX = {"train": "train", "test": "t10k"}
CLASSES = tuple("0123456789")
TEST_GIVEN = "mnist: has its own test part of 10,000 digits; leave test out"


def mnist(*, dev: float = 1000, seed: int = 0) -> Dataset:
    """Return MNIST: 60,000 digits shuffled by `seed` and split into train and dev, and 10,000 to test on.

    X is (n, 784) uint8, y (n,) int64. `dev` is a number of samples or a fraction; raises InputError where it
    leaves nothing to train on. Source: LeCun et al., Gradient-based learning applied to document recognition,
    1998.

    >>> digits = mnist()
    >>> digits.train.X.shape, digits.dev.X.shape, digits.test.X.shape
    ((59000, 784), (1000, 784), (10000, 784))
    """
    labels = _labels("train")
    rng = np.random.default_rng(seed)
    train_index, dev_index, _ = split(len(labels), dev=dev, test=0, rng=rng, labels=labels)
    order = np.concatenate([train_index, dev_index])
    to = np.empty_like(order)
    to[order] = np.arange(len(order))  # sample i of the file goes to row to[i]
    X, y = _images("train", to), labels[order]
    n = len(train_index)
    return Dataset(
        name="mnist",
        train=Samples(X[:n], y[:n]),
        dev=Samples(X[n:], y[n:]) if len(dev_index) else None,
        test=mnist_files("test"),
        classes=CLASSES,
        features=pixel_names(784),
        image_shape=(28, 28),
    )


def mnist_files(part: Part) -> Samples:
    """Return the "train" or "test" digits in their published order: X (n, 784) uint8, y (n,) int64.

    >>> X, y = mnist_files("test")
    >>> X.shape, y[:5].tolist()
    ((10000, 784), [7, 2, 1, 0, 4])
    """
    if part not in PREFIX:
        raise InputError(f"mnist has no part {part!r}; take train or test")
    return Samples(_images(part), _labels(part))


def _images(part: Part, to: Indices | None = None) -> Pixels:
    images = _read(f"{PREFIX[part]}-images-idx3-ubyte.gz", to)
    return images.reshape(len(images), -1)


def _labels(part: Part) -> Indices:
    return _read(f"{PREFIX[part]}-labels-idx1-ubyte.gz").astype(np.int64)


def _read(name: str, to: Indices | None = None) -> Pixels:
    with (resources.files("pellucid.datasets") / "files" / name).open("rb") as stream:
        return read_array(cast(BinaryIO, stream), name, to=to)
