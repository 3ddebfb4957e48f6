"""Solutions of chapter 11: what came after."""

import numpy as np


def momentum_step(theta, velocity, grad, rate, beta):
    velocity = beta * velocity + grad
    return theta - rate * velocity, velocity


def adam_step(theta, m, v, grad, t, rate):
    m = 0.9 * m + 0.1 * grad
    v = 0.999 * v + 0.001 * grad**2
    mean = m / (1 - 0.9**t)
    square = v / (1 - 0.999**t)
    return theta - rate * mean / (np.sqrt(square) + 1e-8), m, v


def dropout(a, p, rng):
    kept = rng.random(a.shape) >= p
    return a * kept / (1 - p)
