"""The loss on a plane through the trained θ: θ + α d + β e, one pass forward for each point."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from pellucid.analysis.landscape.directions import Directions, Kind, path_directions, random_directions
from pellucid.analysis.landscape.trajectory import TrainingPath, Trajectory, project
from pellucid.core import checks, threads
from pellucid.core.arrays import AnyArray, Array, some_rows
from pellucid.core.batches import Pair
from pellucid.core.errors import InputError
from pellucid.core.evaluation import check_data
from pellucid.core.network import Network, forward
from pellucid.core.trace import Trace

AT_ONCE = 1024  # samples
IN_A_ROW = 16  # points that a core takes from the pile at once
Report = Callable[[int], None]  # takes the number of points done
SPAN = {"random": 1.0, "path": 0.25}


@dataclass(frozen=True)
class Surface:
    """The mean loss over a plane in the space of θ.

    Attributes:
        kind: of the directions, ``"random"`` or ``"path"``.
        alphas, betas: (m,) and (n,), the grid; 0 is one of each, and there stands the trained θ.
        losses: (n, m) in float64: ``losses[i, j]`` is the loss at β = ``betas[i]`` and α = ``alphas[j]``. Far out it
            may be infinite or NaN.
        centre: the loss of the trained θ.
        samples: over how many samples the loss is the mean.
        loss: the name of the loss.
        shares: of the path's variance, along d and along e; None for random directions.
        trajectory: the way that training took; None for random directions.
    """

    kind: Kind
    alphas: Array = field(repr=False)
    betas: Array = field(repr=False)
    losses: Array = field(repr=False)
    centre: float
    samples: int
    loss: str
    shares: tuple[float, float] | None = None
    trajectory: Trajectory | None = field(default=None, repr=False)

    @property
    def labels(self) -> tuple[str, str]:
        """What α and β are, to write beside the axes."""
        if self.shares is None:
            return "α, along a random direction", "β, along another one"
        first, second = (f"{100 * share:.1f} %" for share in self.shares)
        return f"α, first direction of the path ({first})", f"β, second direction ({second})"

    @property
    def lowest(self) -> tuple[float, float, float]:
        """The least finite loss of the grid, and its α and β; the centre's where no loss is finite."""
        return self._extreme(np.argmin, np.inf)

    @property
    def highest(self) -> tuple[float, float, float]:
        """The greatest finite loss of the grid, and its α and β; the centre's where no loss is finite."""
        return self._extreme(np.argmax, -np.inf)

    def _extreme(self, where: Callable[[Array], np.intp], worst: float) -> tuple[float, float, float]:
        finite = np.isfinite(self.losses)
        if not finite.any():
            return self.centre, 0.0, 0.0
        i, j = np.unravel_index(where(np.where(finite, self.losses, worst)), self.losses.shape)
        return float(self.losses[i, j]), float(self.alphas[j]), float(self.betas[i])


def compute(
    net: Network,
    data: Pair,
    *,
    path: TrainingPath | None = None,
    points: int = 51,
    span: float | None = None,
    rng: np.random.Generator | None = None,
    at_once: int | None = None,
    after_each: Report | None = None,
) -> Surface:
    """The loss surface L(α, β) = L(θ + α d + β e) around a network's θ, for samples X (n, features) and y.

    Args:
        net: the network; its θ stays as it is.
        data: X and y, as for ``evaluate``.
        path: the way of θ (``path_of`` reads that of a run): d and e are its main directions. Without it they are
            random, from ``rng``.
        points: of the grid, along each direction.
        span: random: α and β go from −span to span (default 1). Path: how far the plane reaches beyond the path, in
            extents of the path (default 0.25).
        rng: where random directions come from.
        at_once: threads; as many as there are cores by default. The bits do not depend on it.
        after_each: called now and then with the number of points done.

    Raises:
        InputError: data that do not fit the network, a path that spans no plane, or a trained θ whose loss is none.

    Source: Li et al., NeurIPS 2018, as told in directions.py.

    >>> net, X, y = Network([2, 3, 2], rng=np.random.default_rng(0)), np.eye(2), np.array([0, 1])
    >>> surface = compute(net, (X, y), points=5, rng=np.random.default_rng(1))
    >>> surface.alphas, surface.losses.shape, bool(surface.losses[2, 2] == surface.centre)
    (array([-1. , -0.5,  0. ,  0.5,  1. ]), (5, 5), True)
    """
    whole = check_data(net, data)
    assert isinstance(whole, tuple)
    samples = whole[:2]
    points = checks.count(points, "points", least=3)
    at_once = checks.count(threads.cores() if at_once is None else at_once, "at_once")
    centre = net.theta.astype(np.float64)
    projected: Array = np.empty((0, 2))
    if path is None:
        directions = random_directions(net, np.random.default_rng() if rng is None else checks.generator(rng))
    else:
        directions = path_directions(centre, path.thetas)
        with threads.limited(1):
            projected, distances = project(centre, path, directions)
    span = checks.number(SPAN[directions.kind] if span is None else span, "span", positive=True)
    alphas, betas = _axes(projected, points, span)
    grid = np.stack(np.meshgrid(alphas, betas), axis=-1).reshape(-1, 2)
    plane = _losses(net, samples, directions, np.concatenate([grid, projected]), at_once, after_each)
    losses, below = plane[: len(grid)].reshape(points, points), plane[len(grid) :]
    trajectory = None
    if path is not None:
        chosen = int(np.argmin(np.linalg.norm(np.array(path.thetas, np.float64) - centre, axis=1)))
        own = _own_losses(net, samples, path)
        trajectory = Trajectory(list(path.steps), projected, own, below, distances, chosen)
    at_centre = float(losses[betas == 0, alphas == 0].item())
    if not math.isfinite(at_centre):
        raise InputError(
            f"the loss of the trained θ is {at_centre} on these samples: there is no surface to draw; "
            "train again with a smaller learning rate, or take other samples"
        )
    return Surface(
        directions.kind, alphas, betas, losses, at_centre, len(whole[0]), net.loss.name, directions.shares, trajectory
    )


def spread(data: Pair, most: int = 1000) -> Pair:
    """At most so many samples, evenly spread over all: of a file that is sorted by class they take some of each.

    >>> X, y = spread((np.arange(10.0)[:, np.newaxis], np.arange(10)), 4)
    >>> X.tolist(), y.tolist()
    ([[0.0], [3.0], [6.0], [9.0]], [0, 3, 6, 9])
    """
    X, y = data[:2]
    rows = some_rows(len(X), checks.count(most, "most"))
    return X[rows], y[rows]


def _axes(path: Array, points: int, span: float) -> tuple[Array, Array]:
    """The α and the β of the grid: about the centre, or so that the path (k, 2) has room."""
    if not len(path):
        axis = grid_axis(-span, span, points)
        return axis, axis
    low, high = np.minimum(path.min(axis=0), 0), np.maximum(path.max(axis=0), 0)
    margin = span * (high - low).max()
    alphas, betas = (grid_axis(low[k] - margin, high[k] + margin, points) for k in (0, 1))
    return alphas, betas


def grid_axis(low: float, high: float, points: int) -> Array:
    """Evenly spaced numbers from ``low`` to ``high``, or a little further, so that 0 itself is one of them.

    >>> grid_axis(-1, 1, 5)
    array([-1. , -0.5,  0. ,  0.5,  1. ])
    >>> grid_axis(-5, 1, 4)
    array([-6., -3.,  0.,  3.])
    """
    spacing = (high - low) / (points - 1)
    if not math.isclose(-low / spacing, round(-low / spacing), abs_tol=1e-9):
        spacing = (high - low) / (points - 2)  # one more than needed: room to move the grid so that 0 is on it
    left = math.ceil(-low / spacing - 1e-9)
    return spacing * np.arange(-left, points - left)


class _Meter:
    """A network of one's own and a trace that is filled once, to tell the mean loss of one θ after another."""

    def __init__(self, net: Network, data: Pair) -> None:
        n = len(data[0])
        self.net, self.trace = net.copy(), Trace(net, n)
        self.trace.fill(*data)
        self.parts = [self.trace.rows(start, min(start + AT_ONCE, n)) for start in range(0, n, AT_ONCE)]

    def loss(self, theta: AnyArray) -> float:
        """The mean loss at θ (parameters,), from one pass forward."""
        self.net.theta[...] = theta
        for part in self.parts:
            forward(self.net, part)
            self.net.loss.value(part.z[-1], part.a[-1], part.y, out=part.loss, workspace=part.workspace[-1])
        return float(self.trace.loss.mean(dtype=np.float64))


def _own_losses(net: Network, data: Pair, path: TrainingPath) -> Array:
    """The loss of each θ of the path itself, (k,)."""
    meter = _Meter(net, data)
    with threads.limited(1), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return np.array([meter.loss(theta) for theta in path.thetas])


def _losses(
    net: Network, data: Pair, directions: Directions, points: Array, at_once: int, after_each: Report | None
) -> Array:
    """The loss at each point (m, 2) of the plane, (m,); the cores take points from one pile."""
    losses, centre = np.empty(len(points)), net.theta.astype(np.float64)
    pile = deque(range(0, len(points), IN_A_ROW))

    def work(report: Report | None) -> None:
        """Take points from the pile until there are none left."""
        meter = _Meter(net, data)
        theta, along = np.empty_like(centre), np.empty_like(centre)
        try:
            while (start := _take(pile)) is not None:
                stop = min(start + IN_A_ROW, len(points))
                for k in range(start, stop):
                    # θ + α d + β e
                    np.multiply(directions.d, points[k, 0], out=theta)
                    np.multiply(directions.e, points[k, 1], out=along)
                    theta += along
                    theta += centre
                    losses[k] = meter.loss(theta)
                if report is not None:
                    report(stop)
        except BaseException:
            pile.clear()  # so that the other cores end as well
            raise

    with threads.limited(1), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        threads.side_by_side([*[partial(work, None)] * (at_once - 1), partial(work, after_each)])
    return losses


def _take(pile: deque[int]) -> int | None:
    try:
        return pile.popleft()
    except IndexError:
        return None
