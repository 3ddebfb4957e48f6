"""Which columns matter: how much worse a model gets when one of them is shuffled (Breiman, Random Forests, 2001)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pellucid import checks
from pellucid.datasets import Samples, WeightedSamples
from pellucid.errors import InputError
from pellucid.evaluation import Scores
from pellucid.runs.scores import score
from pellucid.storage import Model


@dataclass(frozen=True)
class Importance:
    """How much a column matters.

    ``drop`` is the mean loss of accuracy, or of R², when its values are shuffled among the rows; ``spread`` the
    standard deviation over the shuffles; ``loss`` how much the loss rises.
    """

    name: str
    drop: float
    spread: float
    loss: float


def importance(
    model: Model,
    samples: Samples | WeightedSamples,
    *,
    repeats: int = 5,
    rng: np.random.Generator,
    after_each: Callable[[int], None] | None = None,
) -> list[Importance]:
    """How much each column matters for the model's score on some samples, the greatest first.

    A column's inputs (all levels of a category, all parts of a date) are shuffled together, ``repeats`` times. Columns
    that say the same share their importance: shuffling one of them leaves the other.

    Args:
        model: a trained model; without preprocessing each input is a column.
        samples: best some that it did not learn from.
        repeats: shuffles of each column.
        rng: draws the shuffles.
        after_each: called with the number of columns done.

    >>> from pellucid.tables import fit
    >>> from pellucid.tables.use import samples
    >>> rng = np.random.default_rng(0)
    >>> table = {"x": rng.normal(size=300), "noise": rng.normal(size=300)}
    >>> table["y"] = 3 * table["x"]
    >>> model = fit(table, "y", epochs=30)
    >>> [column.name for column in importance(model, samples(model, table), rng=rng)]
    ['x', 'noise']
    """
    checks.count(repeats, "repeats")
    if len(samples.X) < 2:
        raise InputError("importance: one sample cannot be shuffled: give at least 2, better hundreds")
    whole = score(model, samples)
    names, places = _columns(model)
    X = np.array(samples.X)
    found = []
    for number, (name, place) in enumerate(zip(names, places, strict=True), start=1):
        own = X[:, place].copy()
        drops, losses = np.empty(repeats), np.empty(repeats)
        for k in range(repeats):
            X[:, place] = own[rng.permutation(len(X))]
            shuffled = score(model, samples._replace(X=X))
            drops[k], losses[k] = _goodness(whole) - _goodness(shuffled), shuffled.loss - whole.loss
        X[:, place] = own
        found.append(Importance(name, float(drops.mean()), float(drops.std()), float(losses.mean())))
        if after_each is not None:
            after_each(number)
    return sorted(found, key=lambda column: (-column.drop, -column.loss))


def _columns(model: Model) -> tuple[tuple[str, ...], list[slice]]:
    plan = model.preprocessing
    if plan is None:
        names = model.feature_names
        return names, [slice(k, k + 1) for k in range(len(names))]
    return tuple(column.name for column in plan.columns), plan.places()


def _goodness(scores: Scores) -> float:
    value = scores.accuracy if scores.accuracy is not None else scores.r2
    return float("nan") if value is None else value
