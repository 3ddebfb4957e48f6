"""The gradient of a step: that of its one batch, or the sum over several batches, and over all ranks."""

import numpy as np

from pellucid.core.arrays import Array
from pellucid.core.ranks import Reduce
from pellucid.core.work import Work


class StepGradient:
    """``vector`` (parameters,) is the gradient; where a step is one batch, the batch writes it itself.

    Behind it stands one more number, which is added up over the ranks along with it: what they ask for between steps.
    """

    def __init__(self, work: Work) -> None:
        theta = work.net.theta
        self._every = work.accumulate  # batches
        self._batches = -(-work.samples // work.batch_size)
        self._asks = getattr(work.after_step, "asks", _nothing)
        self._message = np.zeros(theta.size + 1, theta.dtype)
        self._added = 0  # batches of this step
        self.vector = self._message[:-1]
        self.of_last_biases = self.vector[-work.net.sizes[-1] :]
        self.of_a_batch = self.vector if self._every == 1 else None

    def add(self, grad: Array, number: int) -> bool:
        """Add a batch's gradient, that of the epoch's so many-th; return whether the step is complete with it."""
        if self._every == 1:
            return True
        if self._added:
            self.vector += grad
        else:
            self.vector[...] = grad
        self._added = 0 if number == self._batches else (self._added + 1) % self._every
        return self._added == 0

    def add_nothing(self) -> None:
        """Complete the step with a batch that no rows of pass here."""
        if not self._added:
            self.vector[...] = 0
        self._added = 0

    def reduce(self, reduce: Reduce) -> float:
        """Add the gradients of all ranks; return the sum of what they ask for."""
        self._message[-1] = self._asks()
        reduce.all_reduce(self._message)
        return float(self._message[-1])


def _nothing() -> float:
    return 0.0
