"""Early stopping keeps the best θ, counts the epochs since, and goes on from its saved state."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import InputError
from pellucid.core.early_stopping import EarlyStopping

LOSSES = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, math.inf]) | st.floats(0, 2), min_size=1, max_size=30)


def watch(stopping: EarlyStopping, losses: list[float], first: int = 1) -> int:
    """The epoch after which a training with these losses ends; epoch t has θ = (t, t)."""
    for epoch, loss in enumerate(losses, start=first):
        stopping.see(epoch, loss, np.full(2, float(epoch)))
        if stopping.is_over:
            return epoch
    return first + len(losses) - 1


@given(LOSSES, st.integers(1, 5))
def test_it_stops_patience_epochs_after_the_first_least_loss(losses: list[float], patience: int) -> None:
    stopping = EarlyStopping(patience)
    end = watch(stopping, losses)
    seen = losses[:end]
    assert stopping.best_epoch == seen.index(min(seen)) + 1
    assert stopping.best_loss == min(seen)
    assert stopping.best_theta is not None
    assert stopping.best_theta.tolist() == [stopping.best_epoch] * 2
    assert stopping.waited == end - stopping.best_epoch <= patience
    assert stopping.is_over == (stopping.waited == patience)
    assert stopping.is_over or end == len(losses)


@given(LOSSES, st.integers(1, 5), st.integers(0, 30))
def test_its_saved_state_goes_on_as_if_nothing_had_been(losses: list[float], patience: int, cut: int) -> None:
    whole, half = EarlyStopping(patience), EarlyStopping(patience)
    end = watch(whole, losses)
    done = watch(half, losses[:cut]) if cut else 0
    again = EarlyStopping(
        patience,
        best_loss=half.best_loss,
        best_epoch=half.best_epoch,
        best_theta=half.best_theta,
        waited=half.waited,
    )
    if not again.is_over:
        assert watch(again, losses[done:], first=done + 1) == end
        assert (again.best_epoch, again.waited) == (whole.best_epoch, whole.waited)


@given(LOSSES, st.sampled_from([0.0, 0.1, 0.25]), st.integers(0, 4))
def test_a_tolerance_counts_as_scikit_learn_does(losses: list[float], tol: float, n_iter_no_change: int) -> None:
    best, count = math.inf, 0
    stopping = EarlyStopping(n_iter_no_change + 1, tol)
    for epoch, loss in enumerate(losses, start=1):
        count = count + 1 if loss > best - tol else 0  # sklearn.neural_network, _update_no_improvement_count
        best = min(loss, best)
        stopping.see(epoch, loss, np.zeros(2))
        assert (stopping.waited, stopping.best_loss) == (count, best)
        assert stopping.is_over == (count > n_iter_no_change)


def test_what_is_kept_is_a_copy() -> None:
    theta, stopping = np.ones(3), EarlyStopping(1)
    stopping.see(1, 0.5, theta)
    theta[...] = 7.0
    assert stopping.best_theta is not None
    assert stopping.best_theta.tolist() == [1.0, 1.0, 1.0]


def test_any_number_is_better_than_a_first_loss_that_is_none() -> None:
    stopping = EarlyStopping(2)
    assert watch(stopping, [math.nan, 3.0, math.nan, math.nan, 1.0]) == 4
    assert (stopping.best_epoch, stopping.best_loss) == (2, 3.0)


def test_infinite_patience_never_ends() -> None:
    assert watch(EarlyStopping(math.inf), [0.1] * 50) == 50


@pytest.mark.parametrize("patience", [0, -1, 2.5, "three"])
def test_patience_is_a_whole_number_of_at_least_1(patience: float) -> None:
    with pytest.raises(InputError, match=r"^patience=.*whole number of at least 1"):
        EarlyStopping(patience)
