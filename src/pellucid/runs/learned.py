"""Which of some samples a model learned from: known for the very data that it was trained on, found by comparing else.

Nothing of the training rows is kept in a model, so that nobody can ask it who was among them: its own data are read
again, as they were split then.
"""

from dataclasses import replace

import numpy as np

from pellucid.core.arrays import AnyArray, Array, to_float
from pellucid.core.errors import InputError
from pellucid.datasets import Dataset, Samples, WeightedSamples
from pellucid.model.model import Model
from pellucid.runs.prepare import CHECKSUM, own_data
from pellucid.runs.scores import parts

AT_ONCE = 4096  # rows
NEW = "new"


def divided(model: Model, samples: Samples | WeightedSamples, source: str) -> dict[str, Samples | WeightedSamples]:
    """Samples of a source by the part of the model's own data that they are in; those in none of them are ``new``.

    Of the very data that the model knows, wherever they lie, the parts are those of its split. Of others, a sample is
    in a part where an equal one is, in all inputs and targets; in train, where it is in several.

    Raises:
        InputError: the model's own data are not to be had as they were, so nothing could be compared.
    """
    if not isinstance(model.data.get("source"), str):
        raise InputError("the model does not say which they are")
    same = _the_very_data(model, source, len(samples.X))
    if same is not None:
        return {name: part for name, part in parts(same).items() if isinstance(part, Samples | WeightedSamples)}
    known = _hashes(samples.X, samples.y, model)
    part_of = np.full(len(known), NEW, "U5")
    for name, part in reversed(parts(own_data(model)).items()):
        for block in [part] if isinstance(part, tuple) else part.blocks(None):
            part_of[np.isin(known, _hashes(block[0], block[1], model))] = name
    found = {name: np.flatnonzero(part_of == name) for name in ("train", "dev", "test", NEW)}
    return {name: type(samples)(*(each[rows] for each in samples)) for name, rows in found.items() if len(rows)}


def _the_very_data(model: Model, source: str, count: int) -> Dataset | None:
    """The data of a source, split as the model's own were, where their checksums say that they are the same."""
    if source == "mnist" or CHECKSUM not in model.data:
        return None
    try:
        own = own_data(replace(model, data={**model.data, "source": source}))
    except InputError:
        return None
    return own if sum(part.shape[0] for part in parts(own).values()) == count else None


def _hashes(X: AnyArray, y: AnyArray, model: Model) -> Array:
    """A number (n,) of 64 bits for each sample, the same for equal inputs and targets."""
    found: list[int] = []
    for start in range(0, len(X), AT_ONCE):
        some = X[start : start + AT_ONCE]
        x = np.empty(some.shape, model.network.dtype)
        to_float(some, out=x)
        rows = np.hstack([x, y[start : start + AT_ONCE].reshape(len(x), -1)], dtype=x.dtype, casting="same_kind")
        found += [hash(row.tobytes()) for row in rows + 0.0]  # −0 is 0
    return np.array(found, np.int64)
