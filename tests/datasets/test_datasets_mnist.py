import hashlib
from importlib import resources

import numpy as np
import pytest

from pellucid.core.errors import InputError
from pellucid.datasets import Dataset, load, mnist, mnist_files
from support import loaded


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return mnist()


def test_embedded_files_have_their_checksums() -> None:
    files = resources.files("pellucid.datasets") / "files"
    lines = (files / "SHA256SUMS").read_text().splitlines()
    assert len(lines) == 4
    for line in lines:
        checksum, name = line.split()
        assert hashlib.sha256((files / name).read_bytes()).hexdigest() == checksum


def test_mnist_has_its_parts_shapes_and_types(digits: Dataset) -> None:
    assert digits.dev is not None
    assert digits.test is not None
    for part, n in ((loaded(digits.train), 59_000), (digits.dev, 1_000), (digits.test, 10_000)):
        assert part.X.shape == (n, 784)
        assert part.X.dtype == np.uint8
        assert part.X.flags.c_contiguous
        assert part.y.shape == (n,)
        assert part.y.dtype == np.int64
    assert digits.classes == tuple("0123456789")
    assert digits.image_shape == (28, 28)
    assert digits.features[:2] == ("pixel0", "pixel1")
    assert digits.task == "classification"


def test_train_and_dev_are_the_published_digits_with_their_labels(digits: Dataset) -> None:
    assert digits.dev is not None
    X, y = mnist_files("train")
    mixed = np.concatenate([loaded(digits.train).X, digits.dev.X])
    labels = np.concatenate([loaded(digits.train).y, digits.dev.y])
    key = np.random.default_rng(0).integers(1 << 40, size=784)

    def fingerprints(images: np.ndarray, classes: np.ndarray) -> list[int]:
        sums = np.concatenate([part.astype(np.int64) @ key for part in np.array_split(images, 20)])
        return sorted((sums * 10 + classes).tolist())

    assert fingerprints(mixed, labels) == fingerprints(X, y)


def test_dev_is_stratified_and_train_shuffled(digits: Dataset) -> None:
    assert digits.dev is not None
    labels = mnist_files("train").y
    quota = np.bincount(labels) / 60
    assert np.abs(np.bincount(digits.dev.y) - quota).max() <= 1
    assert (loaded(digits.train).y[:1000] != labels[:1000]).mean() > 0.8


def test_published_order_begins_as_published() -> None:
    assert mnist_files("train").y[:6].tolist() == [5, 0, 4, 1, 9, 2]
    assert mnist_files("test").y[:6].tolist() == [7, 2, 1, 0, 4, 1]


def test_seed_decides_the_order(digits: Dataset) -> None:
    assert (loaded(mnist(seed=0).train).y == loaded(digits.train).y).all()
    assert (loaded(mnist(seed=1).train).y[:1000] != loaded(digits.train).y[:1000]).any()


def test_dev_as_fraction_as_nothing_and_as_too_much() -> None:
    part = mnist(dev=0.5).dev
    assert part is not None
    assert len(part.X) == 30_000
    assert mnist(dev=0).dev is None
    with pytest.raises(InputError, match=r"60000 samples; 60000 for dev.*leave none"):
        mnist(dev=60_000)


def test_load_takes_mnist_by_name_and_refuses_what_it_cannot_do(digits: Dataset) -> None:
    assert (loaded(load("mnist").train).X[:50] == loaded(digits.train).X[:50]).all()
    values = load("mnist", task="regression", dev=0)
    assert values.task == "regression"
    assert loaded(values.train).y.shape == (60_000, 1)
    with pytest.raises(InputError, match="own test part"):
        load("mnist", test=100)
    with pytest.raises(InputError, match="leave target out"):
        load("mnist", target="digit")
    with pytest.raises(InputError, match="no part 'dev'"):
        mnist_files("dev")  # type: ignore[arg-type]
