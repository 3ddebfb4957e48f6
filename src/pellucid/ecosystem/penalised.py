"""An optimiser that minimises what scikit-learn's multi-layer perceptrons minimise: a loss and a penalty on weights."""

from typing import ClassVar

import numpy as np

from pellucid.arrays import AnyArray, Array
from pellucid.network import Network
from pellucid.optimizers import Optimizer


class Penalised:
    """Steps of an optimiser along the gradient of c · L + α Σ W² / (2 n): biases are not drawn to 0.

    n is the weight of a batch's samples. ``penalty`` is the mean of the second part over the steps since it was set to
    0: what the loss curve of scikit-learn adds to the loss.

    Source: scikit-learn, sklearn.neural_network, "Mathematical formulation".
    """

    name: ClassVar[str] = "penalised"

    def __init__(self, optimizer: Optimizer, net: Network, alpha: float, *, factor: float, n: float) -> None:
        self.optimizer, self.factor = optimizer, factor
        # α / n for each weight, 0 for each bias, laid out as θ
        self._decay = np.zeros_like(net.theta)
        start = 0
        for layer in net.layers:
            self._decay[start : start + layer.W.size] = alpha / n
            start += layer.W.size + layer.b.size
        self._pull = np.empty_like(net.theta)
        self._penalised, self._total, self._steps = alpha > 0, 0.0, 0

    @property
    def learning_rate(self) -> float:
        """Of the optimiser."""
        return self.optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self.optimizer.learning_rate = rate

    @property
    def state(self) -> dict[str, AnyArray]:
        """Of the optimiser."""
        return self.optimizer.state

    @state.setter
    def state(self, state: dict[str, AnyArray]) -> None:
        self.optimizer.state = state

    def step(self, theta: Array, grad: Array) -> None:
        """Move θ in place; ``grad`` becomes the gradient of the whole."""
        self._steps += 1
        if self.factor != 1:
            grad *= self.factor
        if self._penalised:
            # ∂/∂W = α W / n
            np.multiply(theta, self._decay, out=self._pull)
            self._total += 0.5 * float(np.dot(self._pull, theta))
            grad += self._pull
        self.optimizer.step(theta, grad)

    def penalty(self) -> float:
        """The mean penalty α Σ W² / (2 n) over the steps since it was last asked for."""
        mean = self._total / max(1, self._steps)
        self._total, self._steps = 0.0, 0
        return mean

    def of(self, theta: Array) -> tuple[float, Array]:
        """The penalty at θ, and its gradient."""
        pull = np.asarray(theta * self._decay)
        return 0.5 * float(np.dot(pull, theta)), pull
