"""Directions: each neuron's part as long as its weights; the path's are its principal components."""

from pathlib import Path

import numpy as np
import pytest

import pellucid as pl
from pellucid.analysis import landscape
from pellucid.core.trace import views
from pellucid.runs import read_run
from support import Command

RNG = np.random.default_rng


def test_each_neurons_part_is_as_long_as_its_weights_and_biases_stay() -> None:
    net = pl.Network([20, 7, 5, 3], rng=RNG(0))
    net.layers[1].W[...] = 100 * net.layers[1].W
    for layer in net.layers:
        layer.b[...] = 3
    for direction in _both(net):
        for layer, (D, db) in zip(net.layers, views(direction, net.sizes), strict=True):
            np.testing.assert_allclose(np.linalg.norm(D, axis=1), np.linalg.norm(layer.W, axis=1), rtol=1e-6)
            assert not db.any()


def _both(net: pl.Network) -> tuple[np.ndarray, np.ndarray]:
    directions = landscape.random_directions(net, RNG(1))
    return directions.d, directions.e


def test_random_directions_are_independent_nearly_orthogonal_and_the_seeds() -> None:
    net = pl.Network([784, 32, 10], rng=RNG(0))
    d, e = _both(net)
    again, _ = _both(net)
    np.testing.assert_array_equal(d, again)
    assert abs(d @ e) / (np.linalg.norm(d) * np.linalg.norm(e)) < 0.05
    other = landscape.random_directions(net, RNG(2)).d
    assert abs(d @ other) / (np.linalg.norm(d) * np.linalg.norm(other)) < 0.05


def test_a_neuron_without_weights_is_left_alone() -> None:
    net = pl.Network([4, 3, 2], rng=RNG(0))
    net.layers[0].W[1] = 0
    D, _ = views(_both(net)[0], net.sizes)[0]
    assert not D[1].any()
    assert D[0].any()
    assert np.isfinite(D).all()


def test_a_network_of_zeros_has_no_random_directions() -> None:
    with pytest.raises(pl.InputError, match="all weights are zero"):
        landscape.random_directions(pl.Network([4, 2], init=None), RNG(0))


def test_a_paths_directions_are_its_principal_components() -> None:
    rng = RNG(3)
    points = np.cumsum(rng.standard_normal((12, 40)), axis=0)
    directions = landscape.path_directions(points[-1], list(points))
    values, vectors = np.linalg.eigh(np.cov(points.T))  # in rising order
    for direction, vector in ((directions.d, vectors[:, -1]), (directions.e, vectors[:, -2])):
        assert abs(direction @ vector) == pytest.approx(1)
    assert directions.shares == pytest.approx((values[-1] / values.sum(), values[-2] / values.sum()))


@pytest.mark.slow
def test_a_paths_directions_are_those_of_scikit_learn() -> None:
    from sklearn.decomposition import PCA

    points = np.cumsum(RNG(3).standard_normal((12, 40)), axis=0)
    directions = landscape.path_directions(points[-1], list(points))
    pca = PCA(2, svd_solver="full").fit(points)
    assert directions.shares == pytest.approx(tuple(pca.explained_variance_ratio_))
    for direction, component in zip((directions.d, directions.e), pca.components_, strict=True):
        assert abs(direction @ component) == pytest.approx(1)


def test_training_goes_the_way_of_the_directions() -> None:
    points = np.cumsum(RNG(3).standard_normal((12, 40)), axis=0)
    for path in (points, points[::-1]):
        directions = landscape.path_directions(path[-1], list(path))
        assert (path[-1] - path[0]) @ directions.d >= 0
        assert (path[-1] - path[0]) @ directions.e >= 0


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([[0.0, 1, 2]], "the path holds 1 different θ"),
        ([[0.0, 1, 2], [0, 1, 2], [3, 1, 2]], "the path holds 2 different θ"),
        ([[0.0, 0, 0], [1, 1, 1], [3, 3, 3], [4, 4, 4]], "straight line"),
    ],
)
def test_a_path_that_spans_no_plane_is_refused(points: list[list[float]], message: str) -> None:
    with pytest.raises(pl.InputError, match=message):
        landscape.path_directions(np.zeros(3), [np.array(point) for point in points])


def test_after_patience_the_models_own_theta_is_on_the_path(pellucid: Command, small: Path) -> None:
    flags = ("--epochs", 200, "--patience", 3, "--optimizer", "adam", "--schedule", "constant", "--hidden", 8)
    assert pellucid("train", small, *flags, "--out", "run", "-q").code == 0
    run = read_run("run")
    path = landscape.path_of(run)
    assert run.result is not None
    step = run.result["best_epoch"] * 9
    assert step < path.steps[-1]
    assert path.steps == sorted(path.steps)
    place = path.steps.index(step)
    np.testing.assert_array_equal(path.thetas[place], run.model.network.theta)
    X, y = pl.datasets.read(small).X, np.load(small)["y"]
    surface = landscape.compute(run.model.network, (X, y), path=path, points=3)
    assert surface.trajectory is not None
    assert surface.trajectory.chosen == place
    np.testing.assert_array_equal(surface.trajectory.points[place], 0)
    assert surface.trajectory.losses[place] == surface.centre
    assert np.abs(surface.trajectory.points[-1]).max() > 0.01
