import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.core import schedules
from pellucid.core.schedules import SCHEDULES, Schedule


def test_the_names_are_the_ones_that_a_user_gives() -> None:
    assert set(SCHEDULES) == {"constant", "linear", "cosine", "step", "warmup-cosine"}


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=list(SCHEDULES))
@given(progress=st.floats(0, 1))
def test_a_share_is_between_nought_and_one(schedule: Schedule, progress: float) -> None:
    assert 0 <= schedule(progress) <= 1


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "warmup-cosine"])
def test_it_starts_at_one_and_never_rises(name: str) -> None:
    values = [SCHEDULES[name](p) for p in np.linspace(0, 1, 501)]
    assert values[0] == 1
    assert (np.diff(values) <= 0).all()


@pytest.mark.parametrize("name", ["linear", "cosine", "warmup-cosine"])
def test_it_comes_down_to_nought(name: str) -> None:
    assert SCHEDULES[name](1.0) == pytest.approx(0, abs=1e-12)


def test_constant_is_one_all_the_way() -> None:
    assert {schedules.constant(p) for p in np.linspace(0, 1, 11)} == {1.0}


def test_linear_is_a_straight_line() -> None:
    assert [schedules.linear(p) for p in (0.0, 0.25, 0.5, 1.0)] == [1.0, 0.75, 0.5, 0.0]


@given(st.floats(0, 1))
def test_cosine_is_half_a_cosine(progress: float) -> None:
    assert schedules.cosine(progress) == pytest.approx((1 + math.cos(math.pi * progress)) / 2, abs=1e-15)
    assert schedules.cosine(progress) + schedules.cosine(1 - progress) == pytest.approx(1)


def test_step_has_its_three_shares_and_their_places() -> None:
    given_ = [(0.0, 1.0), (0.499, 1.0), (0.5, 0.1), (0.749, 0.1), (0.75, 0.01), (1.0, 0.01)]
    for progress, share in given_:
        assert schedules.step(progress) == share


def test_warmup_rises_over_the_first_tenth_then_falls() -> None:
    values = [schedules.warmup_cosine(p) for p in np.linspace(0, 1, 1001)]
    assert values[0] == 0
    assert values[50] == pytest.approx(0.5)
    assert values[100] == pytest.approx(1)
    assert int(np.argmax(values)) == 100
    assert (np.diff(values[:101]) > 0).all()
    assert (np.diff(values[100:]) < 0).all()
    assert values[550] == pytest.approx(0.5)
