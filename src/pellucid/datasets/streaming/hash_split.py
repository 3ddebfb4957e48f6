"""Which rows of a table too large for memory are held back: by a hash of the row's place, the same everywhere.

The hash is SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): its upper 53 bits are a number from 0 to below 1.
"""

from __future__ import annotations

import numpy as np

from pellucid.core.arrays import Array
from pellucid.datasets.containers import Pixels
from pellucid.datasets.streaming.file_stream import DEV, TEST, TRAIN

STEP = np.uint64(0x9E3779B97F4A7C15)
APART = np.uint64(0xD1B54A32D192ED03)  # seeds begin so far from each other


def places(first: int, rows: int, seed: int) -> Array:
    """Return for rows ``first``, ``first`` + 1, … of a table numbers from 0 to below 1, (rows,), as if drawn by chance.

    >>> places(0, 3, seed=0).round(4)
    array([0.8833, 0.4315, 0.0264])
    >>> bool((places(1, 2, seed=0) == places(0, 3, seed=0)[1:]).all())
    True
    """
    with np.errstate(over="ignore"):
        z = np.arange(first + 1, first + rows + 1, dtype=np.uint64) * STEP + np.uint64(seed % 2**64) * APART
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def parts_of(first: int, rows: int, seed: int, dev: float, test: float) -> Pixels:
    """Return for each of some rows its part, (rows,): 0 train, 1 dev, 2 test, which have those shares of all rows.

    >>> np.bincount(parts_of(0, 10_000, seed=3, dev=0.1, test=0.2)).tolist()
    [6987, 1024, 1989]
    """
    found = places(first, rows, seed)
    part = np.full(rows, TRAIN, np.uint8)
    part[found < dev + test] = TEST
    part[found < dev] = DEV
    return part
