"""Early stopping: the best θ so far, and when to stop since nothing gets better.

``train`` yields epoch after epoch; whoever watches their losses with an ``EarlyStopping`` ends the loop by ``break``.
"""

import math
from dataclasses import dataclass

from pellucid.core import checks
from pellucid.core.arrays import Array


@dataclass
class EarlyStopping:
    """The best θ, its loss and its epoch, and how many epochs a training has waited for a better one.

    Without a tolerance, stop after epoch t where  t − argmin L(1 … t) ≥ patience.  For a score of which more is better,
    L is −score.

    Attributes:
        patience: epochs without a better loss until training is to stop; infinity waits for ever.
        tolerance: how much lower than the least a loss must be to start the waiting anew, as in scikit-learn, where
            ``patience`` is ``n_iter_no_change`` + 1. None: every loss below the least does.
        best_loss, best_epoch: the least loss so far, and its epoch; 0 where there was none yet.
        best_theta: θ (parameters,) after that epoch, a copy.
        waited: epochs since the waiting began. These four are all that a checkpoint needs to go on later.

    Raises:
        InputError: ``patience`` is no whole number of at least 1.

    Source: Prechelt, "Early stopping – but when?", in Neural Networks: Tricks of the Trade, Springer 1998, section 2.

    >>> import numpy as np
    >>> stopping = EarlyStopping(patience=2)
    >>> for epoch, loss in enumerate([0.9, 0.4, 0.5, 0.6, 0.3], start=1):
    ...     stopping.see(epoch, loss, np.full(3, loss))
    ...     if stopping.is_over:
    ...         break
    >>> epoch, stopping.best_epoch, stopping.best_theta.tolist()
    (4, 2, [0.4, 0.4, 0.4])
    """

    patience: float
    tolerance: float | None = None
    best_loss: float = math.inf
    best_epoch: int = 0
    best_theta: Array | None = None
    waited: int = 0

    def __post_init__(self) -> None:
        if self.patience != math.inf:
            checks.count(self.patience, "patience")

    def see(self, epoch: int, loss: float, theta: Array) -> None:
        """Take note of an epoch: keep a copy of θ (parameters,) where its loss is the least, else wait on.

        The first loss of all is the least so far even where it is no number.
        """
        least = loss < self.best_loss or self.best_theta is None or math.isnan(self.best_loss)
        better = least if self.tolerance is None else not loss > self.best_loss - self.tolerance
        self.waited = 0 if better else self.waited + 1
        if least:
            self.best_loss, self.best_epoch, self.best_theta = loss, epoch, theta.copy()

    @property
    def is_over(self) -> bool:
        """Whether ``patience`` epochs have gone by without a better loss."""
        return self.waited >= self.patience
