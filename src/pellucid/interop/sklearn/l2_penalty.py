"""An optimiser that minimises what scikit-learn's multi-layer perceptrons minimise: a loss and a penalty on weights."""

import math
from typing import Any, ClassVar

import numpy as np

from pellucid.core.arrays import AnyArray, Array
from pellucid.core.network import Network
from pellucid.core.optimizers import Adam, Optimizer


class Penalised:
    """Steps of an optimiser along the gradient of c · L + α Σ W² / (2 n): biases are not drawn to 0.

    n is the weight of a batch's samples: of ``samples`` that weigh ``weight`` in all, ``batch_size`` a step.
    Two details are scikit-learn's own: Adam's ε stands beside √s before its correction (Kingma and Ba, ICLR 2015,
    section 2, the second form), and momentum keeps its speed, η v, where the learning rate changes between epochs.

    Source: scikit-learn, sklearn.neural_network, "Mathematical formulation".
    """

    name: ClassVar[str] = "penalised"

    def __init__(
        self,
        optimizer: Optimizer,
        net: Network,
        alpha: float,
        *,
        factor: float,
        samples: int,
        weight: float,
        batch_size: int,
    ) -> None:
        self.optimizer, self.factor = optimizer, factor
        # α for each weight, 0 for each bias, laid out as θ
        self.decay = np.zeros_like(net.theta)
        start = 0
        for layer in net.layers:
            self.decay[start : start + layer.W.size] = alpha
            start += layer.W.size + layer.b.size
        self._pull = np.empty_like(net.theta)
        self._penalised, self._total, self._done = alpha > 0, 0.0, 0
        self._samples, self._batch_size, self._mean = samples, batch_size, weight / samples
        self._epsilon = optimizer.epsilon if isinstance(optimizer, Adam) else 0.0

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

    def change_rate(self, rate: float) -> None:
        """Go on with another learning rate: η v, the step that momentum makes, stays what it is."""
        if "v" in self.state:
            self.state["v"] *= self.learning_rate / rate
        self.learning_rate = rate

    def step(self, theta: Array, grad: Array) -> None:
        """Move θ in place by one batch, of which an epoch's last may be smaller; ``grad`` becomes that of the whole."""
        n = min(self._batch_size, self._samples - self._done)
        self._done = (self._done + n) % self._samples
        if self.factor != 1:
            grad *= self.factor
        if self._penalised:
            # ∂/∂W = α W / n
            np.multiply(theta, self.decay, out=self._pull)
            self.add(0.5 * float(np.dot(self._pull, theta)))
            self._pull /= self.divisor(n)
            grad += self._pull
        self._set_epsilon()
        self.optimizer.step(theta, grad)

    def divisor(self, samples: int) -> float:
        """What the penalty is divided by in a batch of so many samples: their weight."""
        return samples * self._mean

    def add(self, penalty: float) -> None:
        """Count Σ α W² / 2 of a step, or of some, for the epoch's loss."""
        self._total += penalty

    def numbers(self) -> tuple[Any, ...]:
        """What the optimiser needs in the next step besides vectors, for an engine that moves θ itself."""
        self._set_epsilon()
        return self.optimizer.numbers()  # type: ignore[attr-defined, no-any-return]

    def _set_epsilon(self) -> None:
        if isinstance(self.optimizer, Adam):
            t = 1 + int(self.state.get("steps", [0])[0])
            self.optimizer.epsilon = self._epsilon / math.sqrt(1 - self.optimizer.beta2**t)

    def penalty(self) -> float:
        """What the penalty adds to an epoch's loss: the mean of α Σ W² / (2 n) over its samples, since last asked."""
        total, self._total = self._total, 0.0
        return total / (self._samples * self._mean)

    def close(self) -> None:
        """Leave the optimiser as it was given."""
        if isinstance(self.optimizer, Adam):
            self.optimizer.epsilon = self._epsilon

    def of(self, theta: Array) -> tuple[float, Array]:
        """The penalty at θ, and its gradient."""
        pull = np.asarray(theta * self.decay) / (self._samples * self._mean)
        return 0.5 * float(np.dot(pull, theta)), pull
