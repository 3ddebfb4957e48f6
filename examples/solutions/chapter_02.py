"""Solutions of chapter 2: three neurons."""

import numpy as np


def three_neurons(x, w, b):
    a = []
    for weight, bias in zip(w, b):
        x = 1 / (1 + np.exp(-(weight * x + bias)))
        a.append(x)
    return np.array(a)


def bias_for(x, w, p):
    z = np.log(p / (1 - p))
    return z - x @ w
