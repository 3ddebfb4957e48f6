"""Solutions of chapter 8: gradient descent."""

import numpy as np


def descend(slope, start, rate, steps):
    positions = [start]
    for _ in range(steps):
        positions.append(positions[-1] - rate * slope(positions[-1]))
    return np.array(positions)


def batches(n, size, rng):
    rows = rng.permutation(n)
    return [rows[start : start + size] for start in range(0, n, size)]
