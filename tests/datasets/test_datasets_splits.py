import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.core.errors import InputError
from pellucid.datasets import split


@settings(deadline=None)
@given(st.data(), st.integers(1, 200), st.booleans(), st.integers(0, 99))
def test_split_is_a_partition_of_the_asked_sizes(data: st.DataObject, n: int, by_class: bool, seed: int) -> None:
    dev = data.draw(st.integers(0, n - 1))
    test = data.draw(st.integers(0, n - 1 - dev))
    labels = np.array(data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))) if by_class else None
    parts = split(n, dev=dev, test=test, rng=np.random.default_rng(seed), labels=labels)
    assert [len(part) for part in parts] == [n - dev - test, dev, test]
    assert sorted(np.concatenate(parts).tolist()) == list(range(n))


@settings(deadline=None)
@given(st.lists(st.integers(10, 60), min_size=2, max_size=6), st.floats(0.05, 0.4), st.floats(0.05, 0.4))
def test_each_class_has_its_share_to_within_one_sample(counts: list[int], dev: float, test: float) -> None:
    labels = np.repeat([f"class {i}" for i in range(len(counts))], counts)
    parts = split(len(labels), dev=dev, test=test, rng=np.random.default_rng(0), labels=labels)
    for part in parts[1:]:
        names, given_ = np.unique(labels[part], return_counts=True)
        found = dict(zip(names.tolist(), given_.tolist(), strict=True))
        for i, count in enumerate(counts):
            assert abs(found.get(f"class {i}", 0) - count * len(part) / len(labels)) <= 1


def test_a_class_of_one_sample_stays_in_train() -> None:
    labels = np.array([0] * 10 + [1] * 10 + [2, 3, 4, 5, 6])
    for seed in range(20):
        train, _, _ = split(25, dev=8, test=8, rng=np.random.default_rng(seed), labels=labels)
        assert {20, 21, 22, 23, 24} <= set(train.tolist())


def test_sizes_stay_exact_where_every_class_has_one_sample() -> None:
    parts = split(10, dev=3, test=2, rng=np.random.default_rng(0), labels=np.arange(10))
    assert [len(part) for part in parts] == [5, 3, 2]


def test_same_generator_state_gives_the_same_split_and_train_is_shuffled() -> None:
    labels = np.arange(100) % 3
    first, again = (split(100, dev=10, test=10, rng=np.random.default_rng(7), labels=labels) for _ in range(2))
    for a, b in zip(first, again, strict=True):
        assert (a == b).all()
    assert (np.diff(first[0]) < 0).any()
    assert (np.diff(labels[first[0]]) < 0).sum() > 10


@pytest.mark.parametrize(
    ("dev", "test", "needle"),
    [
        (10, 0, "10 samples; 10 for dev and 0 for test leave none"),
        (5, 6, "leave none to train on"),
        (-1, 0, "dev is -1"),
        (0, 1.5, "test is 1.5"),
        (float("nan"), 0, "dev is nan"),
        (1.0, 0, "dev is 1.0"),
        (0.01, 0, "of 10 samples is none"),
        (True, 0, "dev is True"),
        ("many", 0, "dev is 'many'"),
    ],
)
def test_impossible_sizes_are_explained(dev: float, test: float, needle: str) -> None:
    with pytest.raises(InputError, match=needle):
        split(10, dev=dev, test=test, rng=np.random.default_rng(0))


def test_labels_of_another_length_are_refused() -> None:
    with pytest.raises(InputError, match="one label a sample"):
        split(10, dev=1, test=0, rng=np.random.default_rng(0), labels=np.zeros(9))
