import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid as pl
from pellucid.core.activations import value as activate
from pellucid.core.arrays import AnyArray
from pellucid.core.losses import LOSSES, Loss, write_targets

ALL: list[Loss] = [
    pl.CrossEntropy(), pl.SmoothedCrossEntropy(), pl.SmoothedCrossEntropy(0.3), pl.SoftmaxSquaredError(),
    pl.BinaryCrossEntropy(),
    pl.SquaredError(), pl.AbsoluteError(), pl.Huber(), pl.Huber(0.3), pl.Poisson(),
]  # fmt: skip


def run(loss: Loss, z: AnyArray, y: AnyArray, dtype: type = np.float64) -> tuple[AnyArray, AnyArray]:
    """Each sample's loss (n,) and its slope (n, outputs), through the loss's own output activation."""
    z, y = np.asarray(z, dtype), np.asarray(y, dtype)
    a: AnyArray
    out: AnyArray
    a, workspace = np.empty_like(z), np.full((2, *z.shape), np.nan, dtype)
    loss.activation(z, out=a, workspace=workspace)
    out, delta = np.empty(len(z), dtype), np.empty_like(z)
    loss.value(z, a, y, out=out, workspace=workspace)
    loss.delta(z, a, y, out=delta, workspace=workspace)
    return out, delta


def plain(loss: Loss, z: AnyArray, y: AnyArray) -> list[float]:
    """The definitions, number by number, with the math module."""
    result = []
    for scores, truth in zip(z.tolist(), y.tolist(), strict=True):
        top = max(scores)
        total = sum(math.exp(s - top) for s in scores)
        soft = [math.exp(s - top) / total for s in scores]
        pairs = list(zip(scores, truth, strict=True))
        match loss:
            case pl.CrossEntropy():
                each = [-t * ((s - top) - math.log(total)) for s, t in pairs]
                result.append(sum(each))
            case pl.SmoothedCrossEntropy():
                s, k = loss.smoothing, len(scores)
                logs = [(z - top) - math.log(total) for z in scores]
                result.append(sum(-((1 - s) * t + s / k) * each for each, t in zip(logs, truth, strict=True)))
            case pl.SoftmaxSquaredError():
                result.append(sum((p - t) ** 2 for p, t in zip(soft, truth, strict=True)))
            case pl.BinaryCrossEntropy():
                # −log σ(s) = log(1 + e⁻ˢ)
                each = [math.log1p(math.exp(-abs(s))) + t * max(-s, 0) + (1 - t) * max(s, 0) for s, t in pairs]
                result.append(sum(each) / len(scores))
            case pl.SquaredError():
                result.append(sum((s - t) ** 2 for s, t in pairs) / len(scores))
            case pl.AbsoluteError():
                result.append(sum(abs(s - t) for s, t in pairs) / len(scores))
            case pl.Huber():
                w = loss.width
                each = [(s - t) ** 2 / 2 if abs(s - t) <= w else w * (abs(s - t) - w / 2) for s, t in pairs]
                result.append(sum(each) / len(scores))
            case pl.Poisson():
                each = [math.exp(s) - t + (t * (math.log(t) - s) if t else 0) for s, t in pairs]
                result.append(sum(each) / len(scores))
    return result


def targets(loss: Loss, rng: np.random.Generator, n: int, k: int) -> AnyArray:
    if loss.kind == "classes":
        return np.eye(k)[rng.integers(k, size=n)]
    if isinstance(loss, pl.Poisson):
        return rng.poisson(2, (n, k)).astype(np.float64)
    if loss.kind == "values":
        return rng.standard_normal((n, k))
    return rng.random((n, k)).round(int(rng.integers(2)))


@pytest.mark.parametrize("loss", ALL, ids=str)
@settings(deadline=None, max_examples=50)
@given(n=st.integers(1, 5), k=st.integers(2, 6), scale=st.sampled_from([0.1, 3.0, 100.0]), seed=st.integers(0, 2**32))
def test_value_is_the_definition(loss: Loss, n: int, k: int, scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    z, y = rng.standard_normal((n, k)) * scale, targets(loss, rng, n, k)
    np.testing.assert_allclose(run(loss, z, y)[0], plain(loss, z, y), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("loss", ALL, ids=str)
@settings(deadline=None, max_examples=40)
@given(n=st.integers(1, 5), k=st.integers(2, 6), seed=st.integers(0, 2**32))
def test_delta_is_the_slope_of_the_value(loss: Loss, n: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    z, y = rng.standard_normal((n, k)) * 2, targets(loss, rng, n, k)
    delta, h = run(loss, z, y)[1], 1e-4
    for row in range(n):
        for column in range(k):
            if any(abs(z[row, column] - y[row, column] - kink) < 3 * h for kink in getattr(loss, "kinks", ())):
                continue
            values = []
            for step in (-2, -1, 1, 2):
                moved = z.copy()
                moved[row, column] += step * h
                values.append(run(loss, moved, y)[0][row])
            difference = (8 * (values[2] - values[1]) - (values[3] - values[0])) / (12 * h)
            assert delta[row, column] == pytest.approx(difference, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("loss", ALL, ids=str)
def test_kinks_are_where_the_slope_bends_and_nowhere_else(loss: Loss) -> None:
    if loss.kind != "values":
        assert not getattr(loss, "kinks", ())
        return
    r = np.linspace(-2, 2, 4001)[:, np.newaxis]
    bends = np.abs(np.diff(run(loss, r, np.zeros_like(r))[1][:, 0], n=2))
    places = r[1:-1, 0][bends > 5e-4]
    for kink in getattr(loss, "kinks", ()):
        assert np.abs(places - kink).min() < 2e-3
    for place in places:
        assert min(abs(place - kink) for kink in getattr(loss, "kinks", ())) < 2e-3


FAR: list[tuple[Any, list[float], list[float], float]] = [
    (pl.CrossEntropy(), [1e4, -1e4, 0.0], [1, 0, 0], 0.0),
    (pl.CrossEntropy(), [1e4, -1e4, 0.0], [0, 1, 0], 2e4),
    (pl.CrossEntropy(), [1e4, 1e4, 0.0], [0, 1, 0], math.log(2)),
    (pl.CrossEntropy(), [-1e4, -1e4, -1e4], [0, 0, 1], math.log(3)),
    (pl.CrossEntropy(), [0.0, 95.0, 0.0], [1, 0, 0], 95.0),
    (pl.CrossEntropy(), [0.0, 800.0, 0.0], [1, 0, 0], 800.0),
    (pl.SoftmaxSquaredError(), [1e4, -1e4, 0.0], [0, 1, 0], 2.0),
    (pl.SoftmaxSquaredError(), [1e4, -1e4, 0.0], [1, 0, 0], 0.0),
    (pl.BinaryCrossEntropy(), [1e4], [1], 0.0),
    (pl.BinaryCrossEntropy(), [1e4], [0], 1e4),
    (pl.BinaryCrossEntropy(), [-1e4], [1], 1e4),
    (pl.BinaryCrossEntropy(), [-1e4], [0], 0.0),
    (pl.BinaryCrossEntropy(), [1e4, -1e4], [0.5, 0.5], 5e3),
    (pl.SquaredError(), [1e4], [-1e4], 4e8),
    (pl.AbsoluteError(), [1e4], [-1e4], 2e4),
    (pl.Huber(), [1e4], [-1e4], 2e4 - 0.5),
    (pl.Huber(3.0), [1e4], [-1e4], 3 * (2e4 - 1.5)),
    (pl.Poisson(), [-1e4], [0.0], 0.0),
    (pl.Poisson(), [-1e4], [2.0], 2e4 - 2 + 2 * math.log(2)),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "z", "y", "expected"), FAR)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_far_out_have_finite_and_right_losses_and_slopes(
    loss: Loss, z: list[float], y: list[float], expected: float, dtype: type
) -> None:
    value, delta = run(loss, np.array([z]), np.array([y]), dtype)
    assert value[0] == pytest.approx(expected, rel=1e-6, abs=1e-7)
    assert np.isfinite(delta).all()


def test_one_hopeless_sample_does_not_change_the_others() -> None:
    rng = np.random.default_rng(0)
    z, y = rng.standard_normal((5, 3)), np.eye(3)[[0, 1, 2, 0, 1]]
    alone = run(pl.CrossEntropy(), z[1:], y[1:])[0]
    z[0] = [-1e4, 1e4, 0]
    np.testing.assert_allclose(run(pl.CrossEntropy(), z, y)[0], [2e4, *alone], rtol=1e-12)


def test_a_score_that_is_no_number_gives_a_loss_that_is_none() -> None:
    for loss in ALL:
        with np.errstate(invalid="ignore"):
            assert math.isnan(run(loss, np.array([[np.nan, 1.0], [0.0, 1.0]]), np.eye(2))[0][0]), loss


@pytest.mark.parametrize("loss", [loss for loss in ALL if not isinstance(loss, pl.SmoothedCrossEntropy)], ids=str)
def test_a_perfect_prediction_costs_nothing(loss: Loss) -> None:
    y = np.eye(3)
    z = (2 * y - 1) * 1e3 if loss.kind != "values" else y
    if isinstance(loss, pl.Poisson):
        y, z = np.exp(y), y
    value, delta = run(loss, z, y)
    np.testing.assert_allclose(value, 0, atol=1e-12)
    np.testing.assert_allclose(delta, 0, atol=1e-12)


@pytest.mark.parametrize("loss", ALL, ids=str)
def test_the_output_activation_is_the_one_that_the_loss_pairs_with(loss: Loss) -> None:
    names = {"classes": "softmax", "probabilities": "sigmoid", "values": "identity"}
    name = "exp" if isinstance(loss, pl.Poisson) else names[loss.kind]
    assert loss.activation.name == name
    assert pl.Network([2, 2], loss=loss).layers[-1].activation.name == name
    z = np.random.default_rng(0).standard_normal((3, 2))
    assert activate(loss.activation, z).shape == (3, 2)


@pytest.mark.parametrize("width", [0.0, -1.0, math.nan, math.inf])
def test_huber_needs_a_positive_width(width: float) -> None:
    with pytest.raises(pl.InputError, match="width must be a positive number"):
        pl.Huber(width)


def test_targets_are_written_as_rows() -> None:
    out = np.full((3, 4), np.nan, np.float32)
    write_targets(pl.CrossEntropy(), np.array([3, 0, 3]), out=out)
    np.testing.assert_array_equal(out, np.eye(4)[[3, 0, 3]])
    column = np.full((3, 1), np.nan)
    write_targets(pl.BinaryCrossEntropy(), np.array([1, 0, 1]), out=column)
    np.testing.assert_array_equal(column, [[1], [0], [1]])
    write_targets(pl.SquaredError(), np.array([[1.5], [2.5], [3.5]]), out=column)
    np.testing.assert_array_equal(column, [[1.5], [2.5], [3.5]])


def test_every_loss_is_found_by_its_name() -> None:
    assert {type(loss) for loss in ALL} == set(LOSSES.values())
    assert set(LOSSES) == {
        "cross-entropy", "smoothed-cross-entropy", "binary-cross-entropy",
        "squared-error", "softmax-squared-error", "absolute-error", "huber",
        "poisson",
    }  # fmt: skip
    for name, kind in LOSSES.items():
        assert kind.name == name


def test_a_batch_has_the_same_loss_bits_whatever_batches_stand_beside_it() -> None:
    rng = np.random.default_rng(0)
    z = rng.standard_normal((3, 5, 4)).astype(np.float32)
    z[1, 2] = [0, 300, 0, 0]  # a probability too small to be written down
    y = np.zeros_like(z)
    y[..., 0] = 1
    loss, a, workspace = pl.CrossEntropy(), np.empty_like(z), np.empty((2, *z.shape), np.float32)
    for k in range(3):
        loss.activation(z[k], out=a[k], workspace=workspace[:, k])
    together, alone = np.empty((3, 5), np.float32), np.empty((3, 5), np.float32)
    loss.value(z, a, y, out=together, workspace=workspace)
    for k in range(3):
        loss.value(z[k], a[k], y[k], out=alone[k], workspace=workspace[:, k])
    assert together.tobytes() == alone.tobytes()
    assert together[1, 2] == 300
