import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid as pl
from pellucid.core.arrays import AnyArray
from pellucid.core.optimizers import OPTIMIZERS, Adam, AdamW, BlockOptimizer, Momentum, Nesterov, clip

KINDS = list(OPTIMIZERS)


def plain(kind: str, rate: float, decay: float) -> Callable[[float, float], float]:
    """The optimiser for one number: a function of θ and g that remembers what it must."""
    v = s = 0.0
    t = 0

    def step(theta: float, g: float) -> float:
        nonlocal v, s, t
        t += 1
        if kind == "adamw":
            theta -= rate * decay * theta
        else:
            g += decay * theta
        match kind:
            case "sgd":
                return theta - rate * g
            case "momentum":
                v = 0.9 * v + g
                return theta - rate * v
            case "nesterov":
                v = 0.9 * v + g
                return theta - rate * (g + 0.9 * v)
            case "rmsprop":
                s = 0.99 * s + 0.01 * g * g
                return theta - rate * g / (math.sqrt(s) + 1e-8)
        v = 0.9 * v + 0.1 * g
        s = 0.999 * s + 0.001 * g * g
        if kind == "radam":
            most = 2 / (1 - 0.999) - 1
            rho = most - 2 * t * 0.999**t / (1 - 0.999**t)
            if rho <= 5:
                return theta - rate * v / (1 - 0.9**t)
            share = math.sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho))
            return theta - rate * v / (1 - 0.9**t) * share * math.sqrt(1 - 0.999**t) / (math.sqrt(s) + 1e-8)
        return theta - rate * (v / (1 - 0.9**t)) / (math.sqrt(s / (1 - 0.999**t)) + 1e-8)

    return step


@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("kind", KINDS)
def test_each_number_moves_by_the_formula(kind: str, decay: float) -> None:
    rng = np.random.default_rng(0)
    optimizer, theta = OPTIMIZERS[kind](0.05, weight_decay=decay), rng.standard_normal(6)
    expected, rules = theta.tolist(), [plain(kind, 0.05, decay) for _ in range(6)]
    for _ in range(30):
        grad = rng.standard_normal(6)
        kept = grad.copy()
        optimizer.step(theta, grad)
        np.testing.assert_array_equal(grad, kept)  # the gradient can still be looked at
        expected = [rule(x, g) for rule, x, g in zip(rules, expected, kept.tolist(), strict=True)]
        np.testing.assert_allclose(theta, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_it_walks_into_the_valley(kind: str) -> None:
    optimizer, theta = OPTIMIZERS[kind](0.02), np.array([3.0, -2.0])
    for _ in range(2000):
        optimizer.step(theta, theta * [1.0, 4.0])
    assert np.abs(theta).max() < 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_its_state_written_back_goes_on_to_the_same_bits(kind: str) -> None:
    rng = np.random.default_rng(0)
    grads = rng.standard_normal((10, 5)).astype(np.float32)
    whole, theta = OPTIMIZERS[kind](0.1, weight_decay=0.1), np.ones(5, np.float32)
    for grad in grads:
        whole.step(theta, grad)
    first, part = OPTIMIZERS[kind](0.1, weight_decay=0.1), np.ones(5, np.float32)
    for grad in grads[:4]:
        first.step(part, grad)
    second = OPTIMIZERS[kind](0.1, weight_decay=0.1)
    second.state = copy.deepcopy(first.state)
    for grad in grads[4:]:
        second.step(part, grad)
    assert part.tobytes() == theta.tobytes()
    assert all(isinstance(array, np.ndarray) for array in whole.state.values())


@pytest.mark.parametrize("kind", KINDS)
def test_two_optimizers_share_nothing(kind: str) -> None:
    one, other = OPTIMIZERS[kind](0.1), OPTIMIZERS[kind](0.1)
    one.step(np.ones(3), np.ones(3))
    assert other.state == {}
    a, b = np.ones(3), np.ones(3)
    other.step(a, np.ones(3))
    OPTIMIZERS[kind](0.1).step(b, np.ones(3))
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_goes_its_own_way(kind: str) -> None:
    one = OPTIMIZERS[kind](0.1)
    one.step(np.ones(3), np.ones(3))
    other = copy.deepcopy(one)
    before = copy.deepcopy(one.state)
    other.step(np.ones(3), np.full(3, 9.0))
    assert str(one.state) == str(before)


@pytest.mark.parametrize("kind", KINDS)
def test_float32_stays_float32_whatever_the_settings_came_as(kind: str) -> None:
    optimizer, theta = OPTIMIZERS[kind](np.float64(0.1), weight_decay=np.float64(0.1)), np.ones(3, np.float32)
    optimizer.step(theta, np.ones(3, np.float32))
    assert theta.dtype == np.float32
    assert {a.dtype for name, a in optimizer.state.items() if name != "steps"} <= {np.dtype(np.float32)}
    assert type(optimizer.learning_rate) is float
    assert type(optimizer.weight_decay) is float


BAD: list[tuple[Callable[[], Any], str]] = [
    (lambda: pl.SGD(0.0), "learning_rate=0.0: give a finite number above 0"),
    (lambda: pl.SGD(-1), "learning_rate=-1"),
    (lambda: pl.SGD(math.nan), "learning_rate=nan"),
    (lambda: pl.SGD(math.inf), "learning_rate=inf"),
    (lambda: pl.SGD("fast"), "learning_rate='fast'"),  # type: ignore[arg-type]
    (lambda: pl.Adam(None), "learning_rate=None"),  # type: ignore[arg-type]
    (lambda: pl.SGD(0.1, weight_decay=-0.1), "weight_decay=-0.1: give a finite number of at least 0"),
    (lambda: pl.Momentum(0.1, momentum=1.0), "momentum=1.0: give a finite number of at least 0 and below 1"),
    (lambda: pl.Nesterov(0.1, momentum=-0.5), "momentum=-0.5"),
    (lambda: pl.RMSProp(0.1, alpha=1.5), "alpha=1.5"),
    (lambda: pl.RMSProp(0.1, epsilon=-1e-8), "epsilon=-1e-08"),
    (lambda: pl.Adam(0.1, beta1=1), "beta1=1"),
    (lambda: pl.AdamW(0.1, beta2=math.nan), "beta2=nan"),
]


@pytest.mark.parametrize(("make", "needle"), BAD, ids=[needle for _, needle in BAD])
def test_impossible_settings_are_named(make: Callable[[], Any], needle: str) -> None:
    with pytest.raises(pl.InputError) as caught:
        make()
    assert needle in str(caught.value)


# Clipping


def vectors() -> st.SearchStrategy[AnyArray]:
    numbers = st.floats(-100, 100).map(lambda x: 0.0 if abs(x) < 1e-6 else x)
    return st.lists(numbers, min_size=1, max_size=9).map(np.array)


@settings(deadline=None)
@given(vectors(), st.floats(1e-3, 100))
def test_clipping_shortens_and_never_turns(grad: AnyArray, most: float) -> None:
    before = grad.copy()
    clip(grad, most)
    length = float(np.linalg.norm(before))
    assert np.linalg.norm(grad) <= most * (1 + 1e-12)
    if length + 1e-6 <= most:
        np.testing.assert_array_equal(grad, before)
    else:
        np.testing.assert_allclose(grad, before * (most / (length + 1e-6)), rtol=1e-12)


def test_clipping_in_float32_stays_there() -> None:
    grad = np.full(4, 3, np.float32)
    clip(grad, 1.0)
    assert grad.dtype == np.float32
    np.testing.assert_allclose(grad, 0.5, rtol=1e-5)


def test_every_optimizer_is_found_by_its_name() -> None:
    assert KINDS == ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "radam"]
    for name, kind in OPTIMIZERS.items():
        assert kind.name == name


@pytest.mark.parametrize("kind", [Momentum, Nesterov, Adam, AdamW], ids=lambda kind: kind.name)
def test_a_memory_that_fades_holds_no_denormal_numbers(kind: type[BlockOptimizer]) -> None:
    rule, theta = kind(0.01), np.ones(5, np.float32)
    rule.step(theta, np.linspace(-1, 1, 5, dtype=np.float32))
    for _ in range(3_000):  # 0.9 to the power of 3,000 is less than the least number of float32
        rule.step(theta, np.zeros(5, np.float32))
    memory = rule.state[kind.memory[0]]
    assert np.all((memory == 0) | (np.abs(memory) >= np.finfo(np.float32).tiny))
    assert np.abs(memory).max() < 1e-30
