"""One sample's way through a network, forward, back, one step of gradient descent, and forward again, in float64."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pellucid.core import checks
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.network import Network, backward, forward
from pellucid.core.optimizers import SGD
from pellucid.core.trace import Trace

HALVINGS = 40


@dataclass(frozen=True)
class Moved:
    """The network after the step, its trace of the same sample, and the loss now."""

    net: Network
    trace: Trace
    loss: float


@dataclass(frozen=True)
class Pass:
    """What one sample made on its way.

    ``given`` (inputs,) is the sample as it came, ``trace`` holds its one row. ``loss`` and ``moved`` are None where the
    target is not known: then there was only the way forward.
    """

    net: Network
    trace: Trace
    given: AnyArray
    learning_rate: float
    loss: float | None
    moved: Moved | None

    @property
    def layers(self) -> int:
        """How many layers the network has."""
        return len(self.net.layers)


def one_pass(net: Network, x: npt.ArrayLike, y: npt.ArrayLike | None = None, *, learning_rate: float = 0.1) -> Pass:
    """Send one sample x (inputs,) with target y through a float64 copy of a network, and take one step: θ − η dLoss/dθ.

    Raises:
        InputError: x or y does not fit the network, or the numbers on the way grow beyond float64.

    >>> net = Network([2, 3, 2], rng=np.random.default_rng(0))
    >>> p = one_pass(net, [1.0, -1.0], 0)
    >>> p.moved.loss < p.loss
    True
    """
    rate = checks.number(learning_rate, "learning_rate")
    given = checks.array(x, "x")
    sample = checks.inputs(given.reshape(1, -1), net.sizes[0])
    checks.finite(sample, "x")
    net = net.astype(np.float64)
    trace = Trace(net, 1)
    trace.fill(sample, None if y is None else _one_target(net, y))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        forward(net, trace)
        if y is None:
            _all_finite(*trace.z)
            return Pass(net, trace, sample[0], rate, None, None)
        loss = backward(net, trace)
        _all_finite(trace.grad @ trace.grad, loss)
        later = net.copy()
        SGD(rate).step(later.theta, trace.grad)
        after = Trace(later, 1)
        after.fill(sample, _one_target(net, y))
        forward(later, after)
        loss_after = backward(later, after)
    _all_finite(later.theta, loss_after, remedy="take a smaller learning rate")
    return Pass(net, trace, sample[0], rate, loss, Moved(later, after, loss_after))


def gentle(net: Network, x: npt.ArrayLike, y: npt.ArrayLike, learning_rate: float) -> float:
    """The learning rate, halved until one step on this sample alone makes the loss smaller.

    >>> from pellucid import SquaredError
    >>> net = Network([1, 1], loss=SquaredError(), init=None)
    >>> gentle(net, [2.0], [1.0], 0.1), gentle(net, [4.0], [1.0], 0.1)
    (0.1, 0.05)
    """
    rate = learning_rate
    for _ in range(HALVINGS):
        p = one_pass(net, x, y, learning_rate=rate)
        if p.moved is None or p.loss is None or p.moved.loss <= p.loss:
            return rate
        rate /= 2
    return learning_rate  # flat, or at a kink: no step helps


def _one_target(net: Network, y: npt.ArrayLike) -> AnyArray:
    target = checks.array(y, "y")
    return target.reshape(-1) if net.loss.kind == "classes" else target.reshape(1, -1)


def _all_finite(*values: npt.ArrayLike, remedy: str = "take a sample with smaller numbers, or another model") -> None:
    if not all(np.isfinite(value).all() for value in values):
        raise InputError(f"the numbers of this pass grow beyond what float64 holds: {remedy}")
