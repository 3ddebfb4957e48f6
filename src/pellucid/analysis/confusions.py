"""Which classes are taken for which, however many classes there are: the memory grows with the samples alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pellucid.core import metrics
from pellucid.core.arrays import AnyArray
from pellucid.core.metrics import ClassScores

MOST_IN_MATRIX = 1000  # classes whose matrix is written down as a whole


@dataclass(frozen=True)
class Confusions:
    """Each pair of a ``true`` class and what it was ``taken_for``, and how many ``times``, (pairs,) each.

    The pairs stand in the order of the classes; ``classes`` is how many of them there are.
    """

    classes: int
    true: AnyArray
    taken_for: AnyArray
    times: AnyArray

    @classmethod
    def of(cls, outputs: npt.ArrayLike, y: npt.ArrayLike, classes: int) -> "Confusions":
        """Of a classifier's outputs (n, outputs) and the true classes (n,).

        >>> found = Confusions.of([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]], [0, 0, 1], classes=2)
        >>> found.matrix().tolist(), found.mistakes(5)
        ([[1, 1], [0, 1]], [(0, 1, 1)])
        """
        truth = np.asarray(y).reshape(-1).astype(np.int64)
        pairs, times = np.unique(truth * classes + metrics.labels(outputs), return_counts=True)
        return cls(classes, pairs // classes, pairs % classes, times)

    @classmethod
    def counted(cls, pairs: Mapping[tuple[int, int], int], classes: int) -> "Confusions":
        """Of the counts of pairs of a true class and what it was taken for.

        >>> Confusions.counted({(1, 1): 3, (0, 1): 2}, classes=2).matrix().tolist()
        [[0, 2], [0, 3]]
        """
        known = np.array([(*pair, times) for pair, times in sorted(pairs.items())], np.int64).reshape(-1, 3)
        return cls(classes, known[:, 0], known[:, 1], known[:, 2])

    def matrix(self) -> AnyArray:
        """All counts, (classes, classes): a row for each true class."""
        counts = np.zeros((self.classes, self.classes), np.int64)
        counts[self.true, self.taken_for] = self.times
        return counts

    def scores(self) -> ClassScores:
        """Precision, recall and F1 of each class, as ``metrics.per_class`` has them."""
        right = self.true == self.taken_for
        of_class, taken, hit = (
            np.bincount(which, self.times * chosen, self.classes)
            for which, chosen in ((self.true, True), (self.taken_for, True), (self.true, right))
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            return ClassScores(hit / taken, hit / of_class, 2 * hit / (taken + of_class), of_class.astype(np.int64))

    def never(self) -> list[int]:
        """The classes of which there are samples, but none is recognised: their recall is 0.

        >>> Confusions.of([0, 0, 2], [0, 1, 2], classes=4).never()
        [1]
        """
        return np.flatnonzero(self.scores().recall == 0).tolist()

    def mistakes(self, most: int) -> list[tuple[int, int, int]]:
        """The pairs that are confused most often: the true class, what it was taken for, how many times."""
        wrong = np.flatnonzero(self.true != self.taken_for)
        first = wrong[np.argsort(-self.times[wrong], kind="stable")][:most]
        return [(int(self.true[k]), int(self.taken_for[k]), int(self.times[k])) for k in first]

    def worst(self, most: int) -> list[int]:
        """The classes that are recognised worst, by F1; those without a score come last."""
        f1 = self.scores().f1
        return [int(k) for k in np.argsort(np.where(np.isnan(f1), np.inf, f1), kind="stable")[:most]]
