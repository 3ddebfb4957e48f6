"""The way that training took, seen on a plane: where each θ falls on it, and how far off the plane it really is."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pellucid.analysis.landscape.directions import Directions
from pellucid.core.arrays import AnyArray, Array
from pellucid.runs import SavedRun


class TrainingPath(NamedTuple):
    """The way of θ through a training: ``thetas`` (k, parameters) and the steps (k,) after which they were taken."""

    steps: list[int]
    thetas: list[AnyArray]


@dataclass(frozen=True)
class Trajectory:
    """A path and the plane it is drawn on; k points.

    Attributes:
        steps: (k,), the steps after which each θ was taken.
        points: (k, 2), α and β of the point of the plane that is nearest to θ.
        losses: (k,), the loss of θ itself.
        plane_losses: (k,), the loss at that nearest point.
        distances: (k,), from θ to that point: what the picture cannot show.
        chosen: which of them is the trained θ, where α = β = 0.
    """

    steps: list[int]
    points: Array
    losses: Array
    plane_losses: Array
    distances: Array
    chosen: int


def path_of(run: SavedRun) -> TrainingPath:
    """The path of a finished run, with the θ of its model in its place, which after early stopping is not the last one.

    Raises:
        InputError: the run has made no model yet.
    """
    theta = run.model.network.theta
    steps, thetas = list(run.steps), list(run.thetas)
    if not any(np.array_equal(theta, other) for other in thetas):
        epoch = run.result["best_epoch"] if run.result is not None else len(run.history)
        step = int(run.history["steps"][epoch - 1])
        place = int(np.searchsorted(steps, step, side="right"))
        steps.insert(place, step)
        thetas.insert(place, theta)
    return TrainingPath(steps, thetas)


def project(centre: Array, path: TrainingPath, directions: Directions) -> tuple[Array, Array]:
    """The points (k, 2) of the plane nearest to each θ, and the distances (k,) to them, all in float64.

    >>> plane = Directions("path", np.array([1.0, 0, 0]), np.array([0, 1.0, 0]))
    >>> points, distances = project(np.zeros(3), TrainingPath([0], [np.array([-2.0, 1, 0.5])]), plane)
    >>> points.tolist(), distances.tolist()
    ([[-2.0, 1.0]], [0.5])
    """
    ways = np.array(path.thetas, np.float64) - centre  # (k, parameters)
    basis = np.stack([directions.d, directions.e], axis=1)  # (parameters, 2)
    points: Array = ways @ basis
    distances: Array = np.linalg.norm(ways - points @ basis.T, axis=1)
    return points, distances
