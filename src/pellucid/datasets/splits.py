"""Which samples train, which are held back: shuffled, and stratified where there are classes."""

from __future__ import annotations

import numpy as np

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Indices, Pixels


def part_size(part: float, n: int, name: str) -> int:
    """Return how many of n samples a part takes: `part` is a count, or a fraction between 0 and 1.

    Raises InputError for anything else, and for a fraction that comes to no sample.

    >>> part_size(0.1, 42_000, "dev"), part_size(1000, 42_000, "dev")
    (4200, 1000)
    """
    if isinstance(part, (bool, np.bool_)) or not isinstance(part, (int, float, np.integer, np.floating)):
        raise InputError(f"{name} is {part!r}; give a number of samples, or a fraction between 0 and 1")
    if isinstance(part, (int, np.integer)) or part == 0:
        if part < 0:
            raise InputError(f"{name} is {part}; give a number of samples from 0, or a fraction between 0 and 1")
        return int(part)
    if not 0 < part < 1:  # not a number fails here too
        raise InputError(f"{name} is {part}; give a fraction below 1, such as 0.1, or a whole number of samples")
    size = int(part * n + 0.5)
    if size == 0:
        raise InputError(f"{name} is {part}, which of {n} samples is none; give a larger fraction, or 0 for no {name}")
    return size


def part_sizes(n: int, dev: float, test: float) -> tuple[int, int]:
    """Return how many of n samples dev and test take; raises InputError where none is left to train on.

    >>> part_sizes(1000, 0.1, 50)
    (100, 50)
    """
    dev_size, test_size = part_size(dev, n, "dev"), part_size(test, n, "test")
    if n - dev_size - test_size < 1:
        raise InputError(
            f"there are {n} samples; {dev_size} for dev and {test_size} for test leave none to train on; "
            "ask for fewer, or bring more data"
        )
    return dev_size, test_size


def split(
    n: int, *, dev: float, test: float, rng: np.random.Generator, labels: AnyArray | None = None
) -> tuple[Indices, Indices, Indices]:
    """Return the shuffled indices of the train, dev and test samples: disjoint, and all of 0 … n−1 together.

    With `labels` (n,) each part has every class in its share of the whole, to within one sample; a class of
    one sample stays in train, as long as the other classes can fill the parts. Raises InputError where dev
    and test leave no sample to train on.

    >>> train, dev, test = split(10, dev=2, test=0.3, rng=np.random.default_rng(0))
    >>> len(train), len(dev), len(test)
    (5, 2, 3)
    """
    dev_size, test_size = part_sizes(n, dev, test)
    order = rng.permutation(n)
    if labels is None:
        ends = [n - dev_size - test_size, n - test_size]
        train_index, dev_index, test_index = np.split(order, ends)
        return train_index, dev_index, test_index
    if labels.shape != (n,):
        raise InputError(f"labels have the shape {labels.shape}, {n} samples need ({n},); give one label a sample")
    part = _stratify(order, labels, dev_size, test_size)
    return order[part == 0], order[part == 1], order[part == 2]


def mark_parts(
    n: int, dev_size: int, test_size: int, rng: np.random.Generator, labels: AnyArray | None = None
) -> Pixels:
    """Return the part of each sample in a byte: 0 train, 1 dev, 2 test; for samples too many to shuffle.

    `labels` (n,) are class indices from 0, best in one byte each; each part has every class in its share, as in
    `split`. There is never more than a sorted order of the samples in memory.

    >>> np.bincount(mark_parts(10, 2, 3, np.random.default_rng(0), np.arange(10) % 2)).tolist()
    [5, 2, 3]
    """
    part = np.zeros(n, np.uint8)
    if dev_size + test_size == 0:
        return part
    if labels is None:
        chosen = rng.choice(n, dev_size + test_size, replace=False)
        part[chosen[:dev_size]], part[chosen[dev_size:]] = 1, 2
        return part
    counts = np.bincount(labels)
    ends = np.cumsum(counts)
    grouped = np.argsort(labels, kind="stable")  # samples of class 0, of class 1, …
    for end, count, dev, test in zip(ends, counts, *_class_sizes(counts, dev_size, test_size), strict=True):
        chosen = grouped[end - count + rng.choice(count, dev + test, replace=False)]
        part[chosen[:dev]], part[chosen[dev:]] = 1, 2
    return part


def _stratify(order: Indices, labels: AnyArray, dev_size: int, test_size: int) -> AnyArray:
    """Return for each place in `order` its part: 0 train, 1 dev, 2 test."""
    _, group, counts = np.unique(labels[order], return_inverse=True, return_counts=True)
    in_dev, in_test = _class_sizes(counts, dev_size, test_size)
    grouped = np.argsort(group, kind="stable")  # places of class 0, of class 1, …, each still shuffled
    rank = np.empty(len(order), np.int64)  # the how-manieth of its class
    rank[grouped] = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.where(rank < in_test[group], 2, np.where(rank < (in_test + in_dev)[group], 1, 0))


def _class_sizes(counts: Indices, dev_size: int, test_size: int) -> tuple[Indices, Indices]:
    """Return how many samples each class gives to dev and to test."""
    spare = counts - 1  # what a class can give and still be trained on
    if spare.sum() < dev_size + test_size:
        spare = counts
    in_test = _shares(np.where(spare > 0, counts, 0), test_size, spare)
    in_dev = _shares(np.where(spare > 0, counts, 0), dev_size, spare - in_test)
    return in_dev, in_test


def _shares(counts: Indices, total: int, most: Indices) -> Indices:
    """Return how many of `total` each class gives, by the largest remainder, none more than `most`."""
    quota = total * counts / max(counts.sum(), 1)
    given: Indices = np.minimum(np.floor(quota).astype(np.int64), most)
    while (missing := total - int(given.sum())) > 0:
        wish = np.where(given < most, quota - given, -np.inf)
        first = np.argsort(-wish, kind="stable")[: min(missing, int((given < most).sum()))]
        given[first] += 1
    return given
