"""Solutions of chapter 12: your own data."""

import numpy as np


def one_hot(values, levels):
    table = np.zeros((len(values), len(levels)))
    for row, value in enumerate(values):
        if value in levels:
            table[row, levels.index(value)] = 1
    return table


def baseline_accuracy(y_train, y_test):
    commonest = np.bincount(y_train).argmax()
    return (y_test == commonest).mean()
