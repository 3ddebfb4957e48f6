"""Surfaces whose numbers are known, for tests of the landscape: one along a path, one in random directions."""

import numpy as np

from pellucid.analysis.landscape import Surface, Trajectory

ALPHAS, BETAS = np.linspace(-2, 1, 7), np.linspace(-1, 1, 5)
LOSSES = 0.1 * np.exp((BETAS[:, np.newaxis] + 0.1) ** 2 + ALPHAS**2 + 0.5 * ALPHAS)
WAY = Trajectory(
    [0, 10, 2000],
    np.array([[-1.5, -0.5], [-1, 0.5], [0, 0]]),
    np.array([0.912345678, 0.5, 0.1]),
    np.array([0.7, 0.3, 0.1]),
    np.array([1.25, 0.5, 0]),
    chosen=2,
)
PATH = Surface("path", ALPHAS, BETAS, LOSSES, 0.1, 600, "cross-entropy", (0.8, 0.15), WAY)
RANDOM = Surface("random", ALPHAS, BETAS, LOSSES, 0.1, 600, "cross-entropy")
