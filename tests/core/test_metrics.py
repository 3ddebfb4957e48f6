import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid as pl
from pellucid.core import metrics
from pellucid.core.arrays import AnyArray

Pair = tuple[list[int], list[int]]
pairs = st.integers(1, 30).flatmap(lambda n: st.tuples(*[st.lists(st.integers(0, 4), min_size=n, max_size=n)] * 2))


def test_labels_are_the_likeliest_class_and_of_equals_the_first() -> None:
    np.testing.assert_array_equal(metrics.labels([[0.1, 0.7, 0.2], [0.4, 0.2, 0.4]]), [1, 0])
    np.testing.assert_array_equal(metrics.labels([[0.5], [0.51], [0.2]]), [0, 1, 0])
    np.testing.assert_array_equal(metrics.labels([3, 1]), [3, 1])


@given(pairs)
def test_accuracy_is_the_share_of_right_answers(pair: Pair) -> None:
    guessed, truth = pair
    right = sum(a == b for a, b in zip(guessed, truth, strict=True))
    assert metrics.accuracy(guessed, truth) == pytest.approx(right / len(truth))
    assert metrics.accuracy(np.eye(5)[guessed], truth) == pytest.approx(right / len(truth))


@given(pairs)
def test_confusion_counts_truth_by_row_and_guess_by_column(pair: Pair) -> None:
    guessed, truth = pair
    matrix = metrics.confusion(guessed, truth, classes=5)
    for row, column in itertools.product(range(5), range(5)):
        assert matrix[row, column] == sum(t == row and g == column for g, t in zip(guessed, truth, strict=True))
    assert matrix.sum() == len(truth)
    np.testing.assert_array_equal(metrics.confusion(np.eye(5)[guessed], truth), matrix)
    assert matrix.trace() / len(truth) == pytest.approx(metrics.accuracy(guessed, truth))


def test_confusion_knows_how_many_classes_there_are() -> None:
    assert metrics.confusion([0, 0], [0, 0]).shape == (2, 2)
    assert metrics.confusion([0, 2], [0, 0]).shape == (3, 3)
    assert metrics.confusion(np.eye(4)[[0, 1]], [0, 1]).shape == (4, 4)
    assert metrics.confusion([[0.9], [0.1]], [1, 0]).tolist() == [[1, 0], [0, 1]]
    assert metrics.confusion([[0.9], [0.1]], [[1], [0]]).tolist() == [[1, 0], [0, 1]]
    assert metrics.confusion(np.array([255], np.uint8), np.array([0], np.uint8)).shape == (256, 256)


def test_confusion_is_exact_beyond_what_a_byte_can_count() -> None:
    labels = np.full(70_000, 200, np.uint8)
    assert metrics.confusion(labels, labels, classes=201)[200, 200] == 70_000


def test_a_column_of_targets_is_as_good_as_a_row() -> None:
    assert metrics.accuracy([[0.9], [0.1]], [[1], [0]]) == 1.0


@pytest.mark.parametrize(
    ("guessed", "truth", "classes"),
    [([4], [0], 3), ([0], [4], 3), ([-1], [0], 3), ([0], [-1], None), ([0.5], [0], None)],
)
def test_confusion_of_labels_that_are_none_is_refused(guessed: Any, truth: Any, classes: int | None) -> None:
    with pytest.raises(pl.InputError):
        metrics.confusion(guessed, truth, classes)


@given(pairs)
def test_precision_recall_and_f1_are_their_definitions(pair: Pair) -> None:
    guessed, truth = pair
    scores = metrics.per_class(metrics.confusion(guessed, truth, classes=5))
    for k in range(5):
        hits = sum(g == t == k for g, t in zip(guessed, truth, strict=True))
        taken, there = guessed.count(k), truth.count(k)
        expected = [
            hits / taken if taken else math.nan,
            hits / there if there else math.nan,
            2 * hits / (taken + there) if taken + there else math.nan,
        ]
        np.testing.assert_allclose([scores.precision[k], scores.recall[k], scores.f1[k]], expected)
        assert scores.samples[k] == there


@settings(deadline=None)
@given(st.integers(2, 30), st.integers(1, 4), st.integers(0, 2**32))
def test_rmse_and_r2_are_their_definitions(n: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    guessed, truth = rng.standard_normal((2, n, k))
    squares = [[(guessed[i, j] - truth[i, j]) ** 2 for i in range(n)] for j in range(k)]
    assert metrics.rmse(guessed, truth) == pytest.approx(math.sqrt(sum(map(sum, squares)) / (n * k)))
    means = [sum(truth[:, j]) / n for j in range(k)]
    each = [1 - sum(squares[j]) / sum((truth[i, j] - means[j]) ** 2 for i in range(n)) for j in range(k)]
    assert metrics.r2(guessed, truth) == pytest.approx(sum(each) / k)


def test_r2_is_one_for_the_truth_nought_for_its_mean_and_none_without_spread() -> None:
    truth = np.array([1.0, 2.0, 4.0])
    assert metrics.r2(truth, truth) == 1
    assert metrics.r2(np.full(3, truth.mean()), truth) == pytest.approx(0)
    assert math.isnan(metrics.r2([1.0, 2.0], [3.0, 3.0]))


def test_a_column_of_predictions_fits_a_row_of_targets() -> None:
    assert metrics.rmse([[1.0], [3.0]], [1.0, 1.0]) == pytest.approx(math.sqrt(2))
    assert metrics.r2([[1.0], [2.0], [4.0]], [1.0, 2.0, 4.0]) == 1


@pytest.mark.parametrize("metric", [metrics.accuracy, metrics.confusion, metrics.rmse, metrics.r2])
def test_unequal_numbers_of_each_are_refused(metric: Any) -> None:
    for guessed, truth in [([0, 1], [0, 1, 1]), ([], [])]:
        with pytest.raises(pl.InputError, match="give as many of each, at least one"):
            metric(np.array(guessed, int), np.array(truth, int))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_metrics_are_scikit_learns(seed: int) -> None:
    from sklearn import metrics as theirs

    rng = np.random.default_rng(seed)
    classes = list(range(6))
    truth, guessed = rng.integers(5, size=(2, 200))  # class 5 never comes
    guessed[guessed == 4] = 3  # class 4 is never guessed
    matrix = metrics.confusion(guessed, truth, classes=6)
    np.testing.assert_array_equal(matrix, theirs.confusion_matrix(truth, guessed, labels=classes))
    assert metrics.accuracy(guessed, truth) == pytest.approx(theirs.accuracy_score(truth, guessed))
    expected: tuple[AnyArray, ...] = theirs.precision_recall_fscore_support(
        truth, guessed, labels=classes, zero_division=np.nan
    )
    for ours, there in zip(metrics.per_class(matrix), expected, strict=True):
        np.testing.assert_allclose(ours, there, rtol=1e-12)
    y, values = rng.standard_normal((2, 50, 3))
    assert metrics.r2(values, y) == pytest.approx(theirs.r2_score(y, values), rel=1e-12)
    assert metrics.rmse(values, y) == pytest.approx(math.sqrt(theirs.mean_squared_error(y, values)), rel=1e-12)
    loss = theirs.log_loss(truth, p := rng.dirichlet(np.ones(5), 200), labels=range(5))
    net = pl.Network([5, 5], init=None, dtype=np.float64)
    net.layers[0].W[...] = np.eye(5)
    assert pl.evaluate(net, (np.log(p), truth)).loss == pytest.approx(loss, rel=1e-10)
