"""What may be the loss of a turn: a number that changes with the parameters, or an ordinary loss of two arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pellucid.analysis.doctor.candidates import LOSSES
from pellucid.analysis.doctor.naming import data_word, quantity
from pellucid.analysis.doctor.own_state import LIST, Leaves
from pellucid.analysis.doctor.own_turn import ONCE, Seen
from pellucid.analysis.doctor.role_names import is_called_as
from pellucid.core.arrays import AnyArray, Array

MOST_PAIRS = 60
FEWER_PAIRS = 20  # where no name tells of targets
BY_COLUMNS = " by columns"
BY_ROW = ("cross-entropy of the scores' softmax",)  # losses for which it matters which axis the outputs are

HOLDS = ("data", "value")  # where an object holds its number

Key = tuple[Any, ...]
Loss = Callable[[Seen], float]


def candidate_losses(seen: Seen, other: Seen, moved: Leaves, given: Leaves) -> dict[Key, Loss]:
    """What may be the loss: each number that changes with the parameters, and ordinary losses of two arrays.

    None of them is made of what the turn has ``moved``, or of what it was ``given``: the parameters themselves.
    """
    # numbers alone may be sums of losses
    kinds = {(array.shape, array.tobytes()) for array in moved.values() if array.ndim > 0}
    both = [key for key in seen if key in other and seen[key].shape == other[key].shape]
    both = [key for key in both if name_of_key(key) not in ("_", ONCE)]
    both = [key for key in both if (seen[key][-1].shape, seen[key][-1].tobytes()) not in kinds]
    changing = [key for key in both if seen[key].dtype.kind == "f" and np.any(seen[key] != other[key])]
    numbers = [key for key in changing if seen[key].size == len(seen[key])]
    numbers.sort(key=lambda key: not is_called_loss(key))
    found: dict[Key, Loss] = {key: _own(key) for key in numbers[:MOST_PAIRS]}
    fixed = [key for key in both if key not in changing and seen[key].size > 0]
    fixed = [key for key in fixed if seen[key].size > 1 or name_of_key(key) != "t"]  # a number t counts the steps
    wholes = {key[:-1] for key in both if key[-1] == LIST}
    parts = {key for key in both if key[-1] != LIST and key[:-1] in wholes}  # of a list the whole, not each part
    outputs = [key for key in changing if key not in moved and key not in given and key not in parts]
    outputs = _each_once(outputs, seen)
    fixed.sort(key=lambda key: data_word(name_of_key(key)) != "y")
    targets = _each_once([key for key in fixed if key not in parts], seen)
    shapes = {array.shape for array in moved.values() if min(array.shape, default=0) > 1 and array.ndim > 1}
    for strict in (True, False):
        if not strict:  # what is of a weight's shape is its gradient, say
            outputs, targets = ([k for k in keys if seen[k].shape[1:] not in shapes] for keys in (outputs, targets))
            targets = [key for key in targets if quantity(name_of_key(key)) is None]
        pairs = [
            (key, target)
            for key in outputs
            for target in targets
            if (data_word(name_of_key(target)) == "y" or not (strict or _may_count(seen[key], seen[target])))
            and _as_targets(seen[key], seen[target]) is not None
        ]
        for key, target in pairs[: MOST_PAIRS if strict else FEWER_PAIRS]:
            for name in (*LOSSES, *(f"{name}{BY_COLUMNS}" for name in BY_ROW)):
                found[name, key, target] = _ordinary(name, key, target)
        if pairs:
            break
    before = {key: loss(seen) for key, loss in found.items()}
    return {key: loss for key, loss in found.items() if np.isfinite(before[key]) and before[key] != loss(other)}


def _each_once(keys: list[Key], seen: Seen) -> list[Key]:
    """Without the arrays that stand under another name, too."""
    found: dict[tuple[Any, ...], Key] = {}
    for key in keys:
        found.setdefault((seen[key].shape, seen[key].dtype, seen[key].tobytes()), key)
    return list(found.values())


def name_of_key(key: Key) -> str:
    """The last word of the way to a value: W1 of ``self.params["W1"]``, loss of ``loss.data``."""
    words = [str(part) for part in key if isinstance(part, str) and part not in ("()", LIST)]
    return (words[:-1] if len(words) > 2 and words[-1] in HOLDS else words or [""])[-1]


def is_called_loss(key: Key) -> bool:
    """Whether its name says that it is the loss."""
    return is_called_as("loss", name_of_key(key).removesuffix("s")) or is_called_as("loss", name_of_key(key))


def _own(key: Key) -> Loss:
    return lambda seen: float(np.sum(seen[key])) if key in seen else np.nan


def _ordinary(called: str, key: Key, target: Key) -> Loss:
    """One of the losses that the doctor knows, of an array of outputs and one of targets."""
    name, columns = called.removesuffix(BY_COLUMNS), called.endswith(BY_COLUMNS)
    last: list[Any] = [None, None, None]  # the targets in the form of the outputs, made once

    def loss(seen: Seen) -> float:
        if key not in seen or target not in seen:
            return np.nan
        if seen[key].shape != last[0] or not np.array_equal(seen[target], last[1]):
            last[:] = seen[key].shape, seen[target], _as_targets(seen[key], seen[target])
        targets = last[2]
        if targets is None:
            return np.nan
        out, y = seen[key], targets
        if columns and out.ndim > 2:
            out, y = np.swapaxes(out, -1, -2), np.swapaxes(y, -1, -2)
        out, y = np.atleast_2d(out).reshape(-1, out.shape[-1]), y.reshape(-1, out.shape[-1])
        with np.errstate(all="ignore"):
            return LOSSES[name].value(out, y)  # no number, where outputs are no probabilities

    return loss


def _may_count(out: AnyArray, given: AnyArray) -> bool:
    """Whether a whole number beside several outputs may as well count the steps as be the label of a sample."""
    return bool(given[-1].size == 1 < out[-1].size)


def _as_targets(out: AnyArray, given: AnyArray) -> Array | None:
    """Targets in the form of the outputs; labels as a one-hot code; None where they do not go together."""
    if out.shape == given.shape or (out.size == given.size and np.squeeze(out).shape == np.squeeze(given).shape):
        return given.reshape(out.shape).astype(np.float64)
    whole = given.dtype.kind in "iu" and given.ndim == out.ndim - 1 and given.size > 0 and given.min() >= 0
    for axis in (-1, -2) if whole and out.ndim > 1 else ():
        rest = np.delete(np.array(out.shape), axis)
        if tuple(rest) == given.shape and given.max() < out.shape[axis]:
            return np.moveaxis(np.eye(out.shape[axis])[given], -1, axis)
    return None


def is_ordinary(key: Key) -> bool:
    """Whether it is a loss that the doctor makes of two arrays."""
    return len(key) == 3 and isinstance(key[1], tuple)


def called(key: Key) -> str:
    """What a candidate is called in a report."""
    return (
        f"the {key[0].removesuffix(BY_COLUMNS)} of {name_of_key(key[1])} and {name_of_key(key[2])}"
        if is_ordinary(key)
        else name_of_key(key)
    )
