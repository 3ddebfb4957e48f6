"""Solutions of chapter 6: how wrong."""

import numpy as np


def cross_entropy(p, y):
    return -np.log(p[np.arange(len(y)), y]).mean()


def output_delta(p, y):
    delta = p.copy()
    delta[np.arange(len(y)), y] -= 1
    return delta / len(y)


def accuracy(p, y):
    return (p.argmax(axis=1) == y).mean()
