"""The surface: right at its centre, a quadratic where it must be one, the same bits whatever the threads."""

import threading
from pathlib import Path

import numpy as np
import pytest

import pellucid as pl
from pellucid.analysis import landscape
from pellucid.analysis.landscape import TrainingPath
from pellucid.analysis.landscape.surface import grid_axis
from pellucid.core.trace import views
from pellucid.datasets import Samples
from pellucid.runs import read_run

RNG = np.random.default_rng


def network() -> pl.Network:
    return pl.Network([784, 8, 10], rng=RNG(0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_centre_is_the_loss(digits: Samples, dtype: type) -> None:
    net = network().astype(dtype)
    surface = landscape.compute(net, digits, points=5, rng=RNG(1))
    assert surface.centre == surface.losses[2, 2]
    assert surface.centre == pytest.approx(pl.evaluate(net, digits).loss, abs=1e-6)
    assert surface.samples == 600
    trace = pl.Trace(net, 600)
    trace.fill(*digits)
    pl.forward(net, trace)
    assert surface.centre == pytest.approx(pl.backward(net, trace), abs=1e-6)


@pytest.mark.parametrize("points", [3, 4, 5, 8])
def test_each_point_is_the_loss_of_its_own_theta(points: int) -> None:
    rng = RNG(2)
    X, y = rng.random((30, 4)), rng.integers(3, size=30)
    net = pl.Network([4, 5, 3], rng=rng, dtype=np.float64)
    surface = landscape.compute(net, (X, y), points=points, span=0.7, rng=RNG(3))
    directions = landscape.random_directions(net, RNG(3))
    for i, beta in enumerate(surface.betas):
        for j, alpha in enumerate(surface.alphas):
            there = net.copy()
            there.theta = net.theta + alpha * directions.d + beta * directions.e
            assert surface.losses[i, j] == pytest.approx(pl.evaluate(there, (X, y)).loss, rel=1e-12)


def test_a_linear_network_with_squared_error_gives_the_quadratic_of_the_formula() -> None:
    rng = RNG(4)
    X, y = rng.standard_normal((50, 3)), rng.standard_normal((50, 2))
    net = pl.Network([3, 2], loss=pl.SquaredError(), dtype=np.float64, rng=rng)
    surface = landscape.compute(net, (X, y), points=7, rng=RNG(5))
    directions = landscape.random_directions(net, RNG(5))
    residual = X @ net.layers[0].W.T + net.layers[0].b - y
    (D, _), (E, _) = (views(v, net.sizes)[0] for v in (directions.d, directions.e))
    along_d, along_e = X @ D.T, X @ E.T
    for i, beta in enumerate(surface.betas):
        for j, alpha in enumerate(surface.alphas):
            expected = np.mean((residual + alpha * along_d + beta * along_e) ** 2)
            assert surface.losses[i, j] == pytest.approx(expected, rel=1e-12)


def test_the_network_stays_as_it_was(digits: Samples) -> None:
    net = network()
    before = net.theta.copy()
    landscape.compute(net, digits, points=3, rng=RNG(0))
    np.testing.assert_array_equal(net.theta, before)


def test_threads_and_repetition_change_no_bit_and_another_seed_does(digits: Samples) -> None:
    net = network()
    one, three, again, other = (
        landscape.compute(net, digits, points=9, rng=RNG(seed), at_once=count).losses
        for seed, count in ((0, 1), (0, 3), (0, 3), (1, 3))
    )
    assert one.tobytes() == three.tobytes() == again.tobytes()
    assert not np.array_equal(one, other)


def test_more_samples_than_go_through_at_once(digits: Samples) -> None:
    X, y = np.tile(digits.X, (4, 1)), np.tile(digits.y, 4)
    net = network()
    few = landscape.compute(net, digits, points=3, rng=RNG(0))
    many = landscape.compute(net, (X, y), points=3, rng=RNG(0))
    np.testing.assert_allclose(many.losses, few.losses, rtol=1e-5)
    assert many.samples == 2400


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (-13.2, 0.4), (0.0, 3.0), (-3.0, 0.0), (-1.0, 1.3)])
@pytest.mark.parametrize("points", [3, 4, 5, 12, 51, 100])
def test_zero_is_on_the_axis_which_covers_the_range(low: float, high: float, points: int) -> None:
    axis = grid_axis(low, high, points)
    assert len(axis) == points
    assert (axis == 0).sum() == 1
    assert axis[0] <= low + 1e-9
    assert axis[-1] >= high - 1e-9
    assert np.ptp(np.diff(axis)) < 1e-9
    assert np.ptp(axis) <= (high - low) * (points - 1) / (points - 2) + 1e-9


def test_losses_that_are_no_numbers_are_kept_and_passed_over() -> None:
    X, y = np.full((4, 2), 1e30), np.zeros((4, 1))
    net = pl.Network([2, 1], loss=pl.SquaredError(), init=None)
    net.layers[0].W[...] = [[1e-30, -1e-30]]
    surface = landscape.compute(net, (X, y), points=5, span=1e30, rng=RNG(0))
    assert surface.centre == 0
    assert not np.isfinite(surface.losses[0, 0])
    assert surface.lowest == (0.0, 0.0, 0.0)
    assert np.isfinite(surface.highest[0])
    assert landscape.as_json(surface)["losses"][0][0] is None
    assert landscape.table(surface).splitlines()[1].endswith(",")


def test_an_interrupt_in_one_thread_ends_all_of_them(digits: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[int] = []

    def counted(net: pl.Network, trace: pl.Trace) -> None:
        passes.append(1)
        pl.forward(net, trace)

    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pellucid.analysis.landscape.surface.forward", counted)
    with pytest.raises(KeyboardInterrupt):
        landscape.compute(network(), digits, points=51, rng=RNG(0), at_once=3, after_each=interrupt)
    assert len(passes) < 51 * 51 / 2
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("pellucid")]


def test_what_is_told_of_the_progress_grows_to_all(digits: Samples) -> None:
    told: list[int] = []
    landscape.compute(network(), digits, points=7, rng=RNG(0), at_once=1, after_each=told.append)
    assert told == [16, 32, 48, 49]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"points": 2}, "points=2"),
        ({"points": 5.5}, "points=5.5"),
        ({"span": 0}, "span=0"),
        ({"span": float("nan")}, "span=nan"),
        ({"at_once": 0}, "at_once=0"),
    ],
)
def test_arguments_that_cannot_be_are_refused(arguments: dict[str, float], message: str) -> None:
    data = (np.ones((2, 784)), np.array([0, 1]))
    with pytest.raises(pl.InputError, match=message):
        landscape.compute(network(), data, rng=RNG(0), **arguments)  # type: ignore[arg-type]


def test_data_of_another_shape_are_refused() -> None:
    with pytest.raises(pl.InputError, match="3"):
        landscape.compute(network(), (np.ones((2, 3)), np.array([0, 1])), rng=RNG(0))


def test_the_path_ends_at_the_centre_and_is_measured_as_it_is(run: Path, digits: Samples) -> None:
    whole = read_run(run)
    path, net = landscape.path_of(whole), whole.model.network
    surface = landscape.compute(net, digits, path=path, points=9)
    way = surface.trajectory
    assert way is not None
    assert way.steps == path.steps == whole.steps
    assert way.chosen == len(way.steps) - 1
    np.testing.assert_allclose(way.points[-1], 0, atol=1e-12)
    assert way.losses[-1] == way.plane_losses[-1] == surface.centre
    for k in (0, 5):
        there = net.copy()
        there.theta = path.thetas[k]
        assert way.losses[k] == pytest.approx(pl.evaluate(there, digits).loss, abs=1e-6)
    low, high = way.points.min(axis=0), way.points.max(axis=0)
    extent = (high - low).max()
    for axis, least, greatest in zip((surface.alphas, surface.betas), low, high, strict=True):
        assert axis[0] <= least - 0.249 * extent
        assert axis[-1] >= greatest + 0.249 * extent


def test_the_share_of_pythagoras(run: Path, digits: Samples) -> None:
    """What lies in the plane and what lies beside it make the whole distance; the plane's own loss is that of its θ."""
    whole = read_run(run)
    path, net = landscape.path_of(whole), whole.model.network
    way = landscape.compute(net, digits, path=path, points=3).trajectory
    assert way is not None
    directions = landscape.path_directions(net.theta.astype(np.float64), path.thetas)
    for k in (0, 3):
        off = path.thetas[k].astype(np.float64) - net.theta
        assert np.hypot(np.linalg.norm(way.points[k]), way.distances[k]) == pytest.approx(np.linalg.norm(off))
        there = net.copy()
        there.theta = net.theta + way.points[k, 0] * directions.d + way.points[k, 1] * directions.e
        assert way.plane_losses[k] == pytest.approx(pl.evaluate(there, digits).loss, abs=1e-6)


def test_a_path_within_a_plane_is_drawn_exactly() -> None:
    rng = RNG(6)
    X, y = rng.random((20, 3)), rng.integers(2, size=20)
    net = pl.Network([3, 4, 2], rng=rng, dtype=np.float64)
    one, other = rng.standard_normal((2, net.theta.size))
    thetas = [net.theta + a * one + b * other for a, b in ((-2, 1), (-1, -1), (-0.3, 0.4), (0, 0))]
    surface = landscape.compute(net, (X, y), path=TrainingPath([0, 5, 10, 12], thetas), points=5)
    assert surface.trajectory is not None
    assert surface.shares is not None
    assert sum(surface.shares) == pytest.approx(1)
    np.testing.assert_allclose(surface.trajectory.distances, 0, atol=1e-12)
    np.testing.assert_allclose(surface.trajectory.losses, surface.trajectory.plane_losses, rtol=1e-12)


@pytest.mark.alone
@pytest.mark.slow
def test_a_fine_surface_of_the_default_network_takes_a_few_seconds() -> None:
    import time

    test = pl.datasets.mnist().test
    assert isinstance(test, Samples)
    net = pl.Network([784, 32, 16, 10], rng=RNG(0))
    begin = time.perf_counter()
    landscape.compute(net, (test.X[:1000], test.y[:1000]), points=51, rng=RNG(0))
    assert time.perf_counter() - begin < 20
