import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid as pl
from pellucid.core.activations import ACTIVATIONS, Activation, Softmax, slope, value
from pellucid.core.arrays import AnyArray

ALL: list[Activation] = [
    pl.ReLU(), pl.LeakyReLU(), pl.LeakyReLU(0.3), pl.Sigmoid(), pl.Tanh(), pl.GELU(), pl.SiLU(), pl.Mish(),
    pl.Identity(),
]  # fmt: skip


def plain(activation: Activation, z: float) -> float:
    """The definition, for one number, with the math module."""
    match activation:
        case pl.ReLU():
            return max(z, 0.0)
        case pl.LeakyReLU():
            return z if z > 0 else activation.slope * z
        case pl.Sigmoid():
            return 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z))
        case pl.Tanh():
            return math.tanh(z)
        case pl.GELU():
            return 0.5 * z * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))
        case pl.SiLU():
            return z / (1 + math.exp(-z)) if z > 0 else z * math.exp(z) / (1 + math.exp(z))
        case pl.Mish():
            return z * math.tanh(max(z, 0.0) + math.log1p(math.exp(-abs(z))))
    return z


@pytest.mark.parametrize("activation", ALL, ids=str)
@settings(deadline=None, max_examples=60)
@given(z=st.floats(-700, 700))
def test_value_is_the_definition(activation: Activation, z: float) -> None:
    assert value(activation, [z])[0] == pytest.approx(plain(activation, z), rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("activation", ALL, ids=str)
@settings(deadline=None, max_examples=60)
@given(z=st.floats(-6, 6))
def test_slope_is_the_limit_of_differences(activation: Activation, z: float) -> None:
    h = 1e-4
    if any(abs(z - kink) <= 3 * h for kink in activation.formula.kinks):
        return
    f = [plain(activation, z + k * h) for k in (-2, -1, 1, 2)]
    difference = (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * h)
    assert slope(activation, [z])[0] == pytest.approx(difference, rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("activation", ALL, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_far_out_give_the_limits_and_no_warning(activation: Activation, dtype: type) -> None:
    z: AnyArray = np.array([[-1e4, -100, -30, 30, 100, 1e4]], dtype)
    out, delta, workspace = np.empty_like(z), np.ones_like(z), np.empty((2, *z.shape), dtype)
    activation(z, out=out, workspace=workspace)
    activation.backward(z, out, delta=delta, workspace=workspace)
    np.testing.assert_allclose(out[0], [plain(activation, float(x)) for x in z[0]], rtol=1e-5, atol=1e-7)
    low, high = {
        "relu": (0, 1), "leaky-relu": (getattr(activation, "slope", 0), 1), "sigmoid": (0, 0), "tanh": (0, 0),
        "gelu": (0, 1), "silu": (0, 1), "mish": (0, 1), "identity": (1, 1),
    }[activation.name]  # fmt: skip
    np.testing.assert_allclose(delta[0], [low] * 3 + [high] * 3, atol=1e-7)


@pytest.mark.parametrize("activation", ALL, ids=str)
def test_backward_multiplies_what_is_there(activation: Activation) -> None:
    rng = np.random.default_rng(0)
    z, given_ = rng.standard_normal((2, 4, 3))
    delta = given_.copy()
    activation.backward(z, value(activation, z), delta=delta, workspace=np.full((2, 4, 3), np.nan))
    np.testing.assert_allclose(delta, given_ * slope(activation, z), rtol=1e-14)


@pytest.mark.parametrize("activation", ALL, ids=str)
def test_kinks_are_where_the_slope_jumps_and_nowhere_else(activation: Activation) -> None:
    z = np.linspace(-3, 3, 60_001)
    jumps = z[:-1][np.abs(np.diff(slope(activation, z[np.newaxis])[0])) > 0.01]
    assert len(jumps) == len(activation.formula.kinks)
    np.testing.assert_allclose(jumps, activation.formula.kinks, atol=2e-4)


def test_the_slope_of_relu_at_its_kink_is_nought() -> None:
    assert slope(pl.ReLU(), [0.0])[0] == 0
    assert slope(pl.LeakyReLU(0.2), [0.0])[0] == pytest.approx(0.2)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=9), st.sampled_from([np.float32, np.float64]))
def test_softmax_rows_sum_to_one_and_keep_the_order(scores: list[float], dtype: type) -> None:
    z: AnyArray = np.array([scores, scores[::-1]], dtype)
    out = np.empty_like(z)
    Softmax()(z, out=out, workspace=np.empty((2, *z.shape), dtype))
    np.testing.assert_allclose(out.sum(axis=1), 1, rtol=1e-5)
    assert (out >= 0).all()
    assert (np.diff(out[0][np.argsort(z[0])]) >= 0).all()
    np.testing.assert_allclose(out[1], out[0][::-1], rtol=1e-5)


def test_softmax_is_powers_over_their_sum_whatever_the_shift() -> None:
    z = np.random.default_rng(0).standard_normal((4, 6))
    expected: AnyArray = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    for shift in (0, 50, -1000):
        np.testing.assert_allclose(value(Softmax(), z + shift), expected, rtol=1e-11)


def test_softmax_carries_a_slope_back_as_its_jacobian_does() -> None:
    rng = np.random.default_rng(0)
    z, d = rng.standard_normal((2, 4, 6))
    a = value(Softmax(), z)
    delta = d.copy()
    Softmax().backward(z, a, delta=delta, workspace=np.empty((2, 4, 6)))
    for row in range(4):
        jacobian = np.diag(a[row]) - np.outer(a[row], a[row])
        np.testing.assert_allclose(delta[row], jacobian @ d[row], rtol=1e-11, atol=1e-15)


def test_every_activation_is_found_by_its_name() -> None:
    assert {type(activation) for activation in ALL} == set(ACTIVATIONS.values())
    assert set(ACTIVATIONS) == {"relu", "leaky-relu", "sigmoid", "tanh", "gelu", "silu", "mish", "identity"}
    for name, kind in ACTIVATIONS.items():
        assert kind.name == name
