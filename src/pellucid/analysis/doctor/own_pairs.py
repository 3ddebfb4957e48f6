"""Inputs and labels in the learner's own step: does each sample stand beside its own label, as before all loops?"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from pellucid.analysis.doctor.naming import data_word
from pellucid.analysis.doctor.own_losses import Key, name_of_key
from pellucid.analysis.doctor.own_state import State, leaves
from pellucid.analysis.doctor.own_turn import Seen
from pellucid.core.arrays import AnyArray


def out_of_step(states: list[State], seen: Seen) -> tuple[int, int] | None:
    """How many samples of the turn stand beside labels that are not theirs, judged by the data before all loops."""
    before = [[pair for kind in state for pair in _pairs(leaves({kind: state[kind]}))] for state in states]
    pairs = next((found for found in before if found), [])
    for x, t in _pairs({key: arrays[-1] for key, arrays in seen.items() if "()" not in key}):
        counts = [count for X, T in pairs if (count := _count_wrong(X, T, x, t)) is not None]
        if counts and min(counts) > 0:
            return min(counts), len(x)
    return None


def _pairs(found: dict[Any, AnyArray]) -> Iterator[tuple[AnyArray, AnyArray]]:
    """The inputs and targets that belong together by their names, xb and yb, as rows of samples."""
    places: dict[Key, dict[str, dict[str, AnyArray]]] = {}
    for key, array in found.items():
        word = data_word(name_of_key(key))
        if word is not None and array.ndim > 0:
            places.setdefault(key[:-1], {"X": {}, "y": {}})[word][name_of_key(key)] = array
    for words in places.values():
        alone = len(words["X"]) == len(words["y"]) == 1
        for (name, x), (other, t) in product(words["X"].items(), words["y"].items()):  # y_train, and one-hot Y_train
            if x.ndim != 2 or not (alone or other.lower() == name.lower().replace("x", "y", 1)):
                continue
            if len(x) == len(t) > 1:
                yield x, t
            elif x.shape[-1] == t.shape[-1] > 1:
                yield x.T, t.T


def _count_wrong(X: AnyArray, T: AnyArray, x: AnyArray, t: AnyArray) -> int | None:
    """How many rows of x stand beside other targets than in X and T; None where they are no rows of X."""
    if X.shape[1:] != x.shape[1:] or T.shape[1:] != t.shape[1:]:
        return None
    labels: dict[bytes, set[bytes]] = {}
    for row, label in zip(np.ascontiguousarray(X), np.ascontiguousarray(T), strict=True):
        labels.setdefault(row.tobytes(), set()).add(label.tobytes())
    rows = zip(np.ascontiguousarray(x), np.ascontiguousarray(t), strict=True)
    found = [label.tobytes() in labels[row.tobytes()] for row, label in rows if row.tobytes() in labels]
    return len(found) - sum(found) if len(found) == len(x) else None
