"""Two directions in the space of θ: at random, each neuron's part as long as its weights, or those that training took.

Source: Li, Xu, Taylor, Studer and Goldstein, "Visualizing the Loss Landscape of Neural Nets", NeurIPS 2018, sections 4
(filter normalisation) and 7 (the path).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pellucid.core import threads
from pellucid.core.arrays import Array
from pellucid.core.errors import InputError
from pellucid.core.network import Network
from pellucid.core.trace import views

Kind = Literal["random", "path"]
FLAT = 1e-7  # of the first direction's variance: with less in the second, the path is a straight line


@dataclass(frozen=True)
class Directions:
    """Two directions in the space of θ, and how they were chosen.

    ``d`` and ``e`` are (parameters,) in float64. ``shares`` are the shares of the path's variance that lie along them,
    or None where they are random.
    """

    kind: Kind
    d: Array
    e: Array
    shares: tuple[float, float] | None = None


def random_directions(net: Network, rng: np.random.Generator) -> Directions:
    """Two random directions, filter-normalised: d_j ← d_j ‖W_j‖ / ‖d_j‖ for the weights W_j of each neuron.

    A step of 1 along such a direction changes each neuron's weights by as much as they are long, so that networks and
    layers whose weights differ in size can be compared. Biases stay as they are, as in the authors' own code. The two
    directions are drawn independently: at right angles only nearly, the more so the more parameters there are.

    Raises:
        InputError: all weights are zero, so they have no length to go by.

    >>> net = Network([4, 3, 2], rng=np.random.default_rng(0))
    >>> d = random_directions(net, np.random.default_rng(1)).d
    >>> (W, b), _ = views(d, net.sizes)
    >>> bool(np.allclose(np.linalg.norm(W, axis=1), np.linalg.norm(net.layers[0].W, axis=1))), bool(b.any())
    (True, False)
    """
    if not any(layer.W.any() for layer in net.layers):
        raise InputError("all weights are zero: random directions have no length to go by; train the network first")
    return Directions("random", _random_direction(net, rng), _random_direction(net, rng))


def _random_direction(net: Network, rng: np.random.Generator) -> Array:
    direction = np.zeros(net.theta.size)
    for layer, (D, _) in zip(net.layers, views(direction, net.sizes), strict=True):
        D[...] = rng.standard_normal(D.shape)
        # d_j ← d_j ‖W_j‖ / ‖d_j‖
        D *= (_lengths(layer.W) / _lengths(D))[:, np.newaxis]
    return direction


def _lengths(W: Array) -> Array:
    """The length of each row of W (outputs, inputs), in float64."""
    lengths: Array = np.linalg.norm(W.astype(np.float64), axis=1)
    return lengths


def path_directions(centre: Array, thetas: Sequence[Array]) -> Directions:
    """The two main directions of a path: the principal components of its points θ (k, parameters).

    They are orthonormal, so that α and β are distances in the space of θ. Each points the way that training went, from
    the first point to ``centre``.

    Raises:
        InputError: fewer than three different points, or all of them on one line.

    >>> directions = path_directions(np.zeros(3), [np.array([-3.0, 0, 0]), np.array([-1.0, -1, 0]), np.zeros(3)])
    >>> bool(abs(directions.d @ directions.e) < 1e-12), [round(share, 2) for share in directions.shares]
    (True, [0.88, 0.12])
    """
    points = np.array(thetas, np.float64)
    different = len({theta.tobytes() for theta in points})
    if different < 3:
        raise InputError(
            f"the path holds {different} different θ, but a plane takes 3: train for more steps, "
            "or take random directions"
        )
    # Mᵀ = V S Uᵀ, with M the points about their mean: the columns of V are the directions, S² their variances
    with threads.limited(1):
        columns, singular, _ = np.linalg.svd((points - points.mean(axis=0)).T, full_matrices=False)
    variances = singular**2
    if variances[1] <= FLAT**2 * variances[0]:
        raise InputError("the path is a straight line, which gives one direction: take random directions")
    shares = variances / variances.sum()
    d, e = (_forward(np.ascontiguousarray(direction), centre - points[0]) for direction in columns.T[:2])
    return Directions("path", d, e, (float(shares[0]), float(shares[1])))


def _forward(direction: Array, way: Array) -> Array:
    """The direction or its opposite: the one that the way goes along."""
    return -direction if direction @ way < 0 else direction
