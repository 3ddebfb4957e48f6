"""Hidden neurons that begin alike: each gets the gradient of the others, so that they stay one neuron for ever."""

from collections.abc import Sequence

import numpy as np

from pellucid.analysis.finding import Finding
from pellucid.core.arrays import AnyArray


def count_alike(parameters: Sequence[AnyArray]) -> int | None:
    """How many hidden neurons begin alike, all of a layer; None where they differ.

    A layer's neurons are the columns of one weight and the rows of another. They are alike where no parameter tells
    them apart.

    >>> count_alike([np.zeros((4, 3)), np.zeros(3), np.ones((3, 2))])
    3
    >>> count_alike([np.eye(4)[:, :3], np.zeros(3), np.ones((3, 2))]), count_alike([np.zeros((4, 3)), np.zeros(3)])
    (None, None)
    """
    weights = [array for array in parameters if array.ndim == 2]
    for n in sorted({int(a.shape[0]) for a in weights} & {int(a.shape[1]) for a in weights} - {1}):
        holders = [array for array in weights if n in array.shape]
        along = [np.moveaxis(a, k, 0) for a in parameters for k, m in enumerate(a.shape) if m == n]
        if len(holders) > 1 and all(np.all(array == array[:1]) for array in along):
            return n
    return None


def finding(count: int, line: str) -> Finding:
    """The finding for so many neurons that begin alike."""
    fault = f"the {count} neurons of a hidden layer begin alike: they get the same gradients, and stay alike for ever"
    evidence = f"{line}before the first step no weight and no bias tells one of them from another"
    return Finding(
        None, "W", fault, evidence, "begin with small random numbers: rng.standard_normal(W.shape) / np.sqrt(n)"
    )
