"""Solutions of chapter 4: the digits."""

import numpy as np


def split(X, y, dev, rng):
    rows = rng.permutation(len(X))
    held_back, rest = rows[:dev], rows[dev:]
    return X[rest], y[rest], X[held_back], y[held_back]


def standardize(X_train, X_other):
    mean = X_train.mean(axis=0)
    deviation = X_train.std(axis=0)
    deviation = np.where(deviation == 0, 1, deviation)
    return (X_train - mean) / deviation, (X_other - mean) / deviation
