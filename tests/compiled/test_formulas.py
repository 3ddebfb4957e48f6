"""The compiled formulas beside NumPy's in more digits, over all numbers that there are."""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest

from pellucid.compiled import formulas as f
from pellucid.core import activations
from pellucid.core.arrays import AnyArray
from pellucid.model import additions

EPSILON = float(np.finfo(np.float64).eps)
LONG = np.longdouble
MORE_DIGITS = np.finfo(LONG).eps < EPSILON / 100  # 80 bits or more; on Windows and some ARM it is float64


def over(function: Any) -> Callable[[AnyArray], AnyArray]:
    """A compiled formula of one number as one of arrays; a NaN that is compared is no cause for a warning."""
    each: Callable[[AnyArray], AnyArray] = numba.vectorize(["float64(float64)"])(function.py_func)  # type: ignore[no-untyped-call]
    return np.errstate(invalid="ignore")(each)


exp, sigmoid, tanh, relu, softplus_tanh, gate, sign = map(
    over, (f.exp, f.sigmoid, f.tanh, f.relu, f.tanh_of_softplus, f.gate, f.sign)
)


def numbers(most: float) -> AnyArray:
    """Numbers of all sizes up to ``most``, on both sides of 0, and the spaces between them evenly."""
    rng = np.random.default_rng(0)
    sizes = 10 ** rng.uniform(-320, np.log10(most), 20_000)
    return np.concatenate([sizes, -sizes, rng.uniform(-most, most, 20_000), rng.uniform(-1, 1, 20_000), [0.0, -0.0]])


def assert_within(found: AnyArray, true: Any, ulps: float) -> None:
    """Each number by so many units in its last place; float64 itself is wrong by a half."""
    with np.errstate(all="ignore"):
        spacing = np.spacing(np.maximum(np.abs(true.astype(np.float64)), np.finfo(np.float64).tiny))
        errors = np.abs(found.astype(LONG) - true) / spacing
    assert np.isfinite(found).all()
    worst = int(np.argmax(errors))
    assert errors[worst] <= ulps + (0 if MORE_DIGITS else 1), (float(errors[worst]), float(true[worst]))


def test_the_exponential_is_right_to_the_last_place_or_nearly() -> None:
    x = numbers(708.0)
    assert_within(exp(x), np.exp(x.astype(LONG)), 1.0)


def test_the_exponential_at_the_edges() -> None:
    np.testing.assert_array_equal(exp(np.array([0.0, -0.0, 5e-324, -5e-324, 1e-17])), np.ones(5))
    np.testing.assert_array_equal(exp(np.array([709.8, 745.0, 1e300, np.inf])), [np.inf] * 4)
    below = exp(np.array([-708.5, -745.0, -1e300, -np.inf]))
    assert (below >= 0).all()
    assert (below <= 4e-308).all()  # not below the smallest normal number, where there are fewer digits
    assert np.isnan(exp(np.array([np.nan]))).all()
    assert exp(np.array([709.0]))[0] == pytest.approx(np.exp(709.0), rel=1e-15)


def test_the_sigmoid() -> None:
    z = numbers(700.0)
    assert_within(sigmoid(z), 1 / (1 + np.exp(-z.astype(LONG))), 2.5)
    ends = sigmoid(np.array([-np.inf, -1e300, -745.0, 0.0, 40.0, 1e300, np.inf]))
    np.testing.assert_array_equal(ends[3:], [0.5, 1, 1, 1])
    assert (ends[:3] >= 0).all()
    assert (ends[:3] < 1e-300).all()
    assert np.isnan(sigmoid(np.array([np.nan]))).all()


def test_the_hyperbolic_tangent() -> None:
    z = numbers(300.0)
    assert_within(tanh(z), np.tanh(z.astype(LONG)), 3.0)
    np.testing.assert_array_equal(tanh(np.array([-np.inf, -1e300, 1e300, np.inf])), [-1, -1, 1, 1])
    assert (np.abs(tanh(z)) <= 1).all()
    assert np.isnan(tanh(np.array([np.nan]))).all()


def test_the_hyperbolic_tangent_of_softplus() -> None:
    z = numbers(300.0)
    with np.errstate(under="ignore"):
        assert_within(softplus_tanh(z), np.tanh(np.log1p(np.exp(z.astype(LONG)))), 4.0)
    np.testing.assert_array_equal(softplus_tanh(np.array([30.0, 1e300, np.inf])), np.ones(3))
    assert np.isnan(softplus_tanh(np.array([np.nan]))).all()


def test_relu_and_sign_at_the_edges() -> None:
    edge = np.array([-np.inf, -1.0, -5e-324, -0.0, 0.0, 5e-324, 2.0, np.inf, np.nan])
    np.testing.assert_array_equal(relu(edge), [0, 0, 0, 0, 0, 5e-324, 2, np.inf, np.nan])
    np.testing.assert_array_equal(sign(edge), np.sign(edge))


SLOPES: list[tuple[Any, Any, Any]] = [
    (activations.GELU(), lambda z: z * f.gate(z), lambda z: f.gelu_slope(z)),
    (additions.SiLU(), lambda z: z * f.sigmoid(z), lambda z: f.silu_slope(z, z * f.sigmoid(z))),
    (additions.Mish(), lambda z: z * f.tanh_of_softplus(z), lambda z: f.mish_slope(z)),
]


@pytest.mark.parametrize(("kind", "value", "slope"), SLOPES, ids=[case[0].name for case in SLOPES])
def test_activations_and_slopes_are_numpys(kind: Any, value: Any, slope: Any) -> None:
    z = np.concatenate([np.linspace(-50, 50, 2001), [-700.0, 700.0, 0.0, 1e-300]])
    for found, true in (
        (over(numba.njit(value))(z), activations.value(kind, z)),
        (over(numba.njit(slope))(z), activations.slope(kind, z)),
    ):
        # a sum of parts of both signs: right to a few units in the last place of the largest
        np.testing.assert_allclose(found, true, rtol=1e-14, atol=64 * EPSILON)


@pytest.mark.parametrize("y", [0.0, 0.3, 1.0])
def test_the_binary_loss_at_any_score(y: float) -> None:
    scores = [-1e300, -745.0, -40.0, -1.0, 0.0, 1e-20, 30.0, 710.0, 1e300]
    for z in scores:
        true = np.logaddexp(LONG(0), LONG(z)) - LONG(z) * LONG(y)
        assert f.binary_loss.py_func(z, y) == pytest.approx(float(true), rel=1e-13, abs=1e-14)  # of max(z, 0) − z y
    assert np.isnan(f.binary_loss.py_func(np.nan, y))


def test_the_huber_and_poisson_losses() -> None:
    for r in (-1e200, -2.0, -0.5, 0.0, 0.5, 2.0, np.inf):
        c = min(abs(r), 0.7)
        assert f.huber_loss.py_func(r, 0.7) == c * (abs(r) - c / 2)
    for z, y in ((0.0, 0.0), (2.0, 3.0), (-30.0, 1.0), (5.0, 0.0)):
        true = np.exp(z) - y + (y * (np.log(y) - z) if y else 0.0)
        assert f.poisson_loss.py_func(z, np.exp(z), y) == pytest.approx(true, rel=1e-14)
