"""How each layer of a network does on some samples: does a gradient arrive, which neurons are dead or saturated."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pellucid.core.activations import Activation
from pellucid.core.activations import slope as slope_of
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.network import Network, backward, forward
from pellucid.core.trace import Trace

FLAT = 0.05  # of its greatest slope: where a bounded activation is flatter than this, it counts as saturated


class LayerHealth(NamedTuple):
    """One layer on one batch.

    ``weight_gradient`` and ``bias_gradient`` are the root mean squares of dW and db; ``weights`` that of W. ``dead``
    is the share of neurons through which no gradient passes for any sample; ``saturated`` that of all activations
    (samples × neurons) that stand where their function is nearly flat; 0 for functions without such a place.

    >>> net = Network([4, 3, 2], rng=np.random.default_rng(0))
    >>> first, last = layer_health(net, np.ones((5, 4)), np.zeros(5, int))
    >>> first.saturated, last.dead
    (0.0, 0.0)
    """

    weight_gradient: float
    bias_gradient: float
    weights: float
    dead: float
    saturated: float


def layer_health(net: Network, X: npt.ArrayLike, y: npt.ArrayLike) -> list[LayerHealth]:
    """Each layer's health on samples X (n, features) with targets y, from one pass forward and backward.

    >>> net = Network([4, 3, 2], rng=np.random.default_rng(0))
    >>> [layer.dead for layer in layer_health(net, -np.ones((5, 4)), np.zeros(5, int))][1]
    0.0
    """
    trace = Trace(net, len(np.asarray(X)))
    trace.fill(X, y)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        forward(net, trace)
        backward(net, trace)
        return [_layer(net, trace, l) for l in range(1, len(net.layers) + 1)]


def _layer(net: Network, trace: Trace, l: int) -> LayerHealth:
    hidden = l < len(net.layers)
    slope = slopes(net, trace, l) if hidden else None
    flat = FLAT * steepest(net.layers[l - 1].activation) if can_saturate(net.layers[l - 1].activation) else 0.0
    return LayerHealth(
        weight_gradient=root_mean_square(trace.dW[l - 1]),
        bias_gradient=root_mean_square(trace.db[l - 1]),
        weights=root_mean_square(net.layers[l - 1].W),
        dead=0.0 if slope is None else float((slope == 0).all(axis=0).mean()),
        saturated=0.0 if slope is None else float((np.abs(slope) < flat).mean()),
    )


def can_saturate(activation: Activation) -> bool:
    """Whether a function is nearly flat far from 0 on both sides: its range has two ends.

    >>> from pellucid import ReLU, Tanh
    >>> can_saturate(Tanh()), can_saturate(ReLU())
    (True, False)
    """
    return bool(np.isfinite(activation.formula.range).all())


def steepest(activation: Activation) -> float:
    """The greatest slope of a function near 0.

    >>> from pellucid import Sigmoid
    >>> steepest(Sigmoid())
    0.25
    """
    return float(np.abs(slope_of(activation, np.linspace(-4, 4, 81))).max())


def slopes(net: Network, trace: Trace, l: int) -> Array:
    """f'(z) of layer l for each sample of a trace, (n, neurons)."""
    slope = np.ones_like(trace.z[l - 1])
    workspace = np.empty((2, *slope.shape), slope.dtype)
    net.layers[l - 1].activation.backward(trace.z[l - 1], trace.a[l], delta=slope, workspace=workspace)
    return slope


def root_mean_square(values: Array) -> float:
    """√(mean of the squares), in float64."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def strongest(W: Array, most: int) -> AnyArray:
    """The rows of W with the largest norm, at most so many, in the order in which they stand.

    >>> strongest(np.array([[1.0], [-3.0], [2.0]]), 2).tolist()
    [1, 2]
    """
    order = np.argsort(-np.linalg.norm(np.asarray(W, np.float64), axis=1), kind="stable")
    return np.sort(order[:most])
