"""Numbers that most likely stand for a missing value: common ones that are far from all others, as -999 may be."""

from __future__ import annotations

import numpy as np

from pellucid.core.arrays import AnyArray

SHARE = 0.01  # of the rows, from which a number is common
LEAST = 5  # rows
DIFFERENT = 10  # values that the others need: in a column of few values no one is far from the rest


def far_values(values: AnyArray) -> list[tuple[float, int]]:
    """The least and the greatest of values (n,), NaN for a gap, where they are common and far from all others.

    Far is by more than half of what the others span, and than three times the widest gap between two of them. 0 is
    never meant. Each comes with its count.

    >>> far_values(np.array([-200.0] * 9 + list(range(80))))
    [(-200.0, 9)]
    >>> far_values(np.array([0.0] * 9 + list(range(80))))
    []
    """
    different, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    common = counts >= max(LEAST, SHARE * counts.sum())
    bulk = different[~common]
    found = []
    for k in (0, len(different) - 1) if len(different) > DIFFERENT else ():
        others = bulk if len(bulk) >= DIFFERENT else np.delete(different, k)
        distance = max(float(others[0] - different[k]), float(different[k] - others[-1]))
        far = max((others[-1] - others[0]) / 2, 3 * np.diff(others).max())
        if common[k] and different[k] != 0 and distance > far:
            found.append((float(different[k]), int(counts[k])))
    return found
