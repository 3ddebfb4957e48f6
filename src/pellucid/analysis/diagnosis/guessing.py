"""Is a model better than a guess that does not look at the inputs, and is there a class that it never recognises?

Both are asked of samples that were held back, as their scores are: of the test part, else of dev, else of train.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pellucid._text import counted, decimal, listed, percent, shortened
from pellucid.analysis.confusions import Confusions
from pellucid.analysis.finding import Finding
from pellucid.core import metrics
from pellucid.core.arrays import AnyArray, Array
from pellucid.datasets import Dataset, Samples, WeightedSamples
from pellucid.model.model import Model
from pellucid.runs.scores import parts

CHANCE = 2.0  # standard deviations: of models that have learned nothing, one in forty gets further than that
FEWEST = 10  # samples: fewer tell nothing either way
MOST_NAMED = 5  # classes
OTHERWISE = "other inputs or more samples"


def beside_a_guess(
    model: Model, dataset: Dataset, class_weights: str | None, cause: Finding | None = None
) -> list[Finding]:
    """What is to be said of a trained model that knows its ``guess``; nothing where it is better than that.

    The weights of classes, as the settings have them, count in both scores: whoever gives the rare ones a greater
    weight does not ask for the accuracy. Where a ``cause`` is known, its remedy is what to try.
    """
    name, part = next(((name, part) for name, part in reversed(parts(dataset).items())))
    if model.guess is None or not isinstance(part, Samples | WeightedSamples):
        return []
    outputs = model.in_units().predict(part.X)
    if not np.isfinite(outputs).all():
        return []
    weights = np.asarray(getattr(part, "weights", np.ones(len(part.X))), np.float64)
    balance = "class_weights='balanced'" if model.preprocessing is not None and class_weights is None else None
    if model.network.loss.kind == "values":
        y = part.y if model.preprocessing is None else model.preprocessing.in_units(part.y)
        found = [_values_guessed(outputs, y, weights, name)]
    else:
        of_class = _weights_of_classes(dataset, class_weights)
        found = [
            _classes_guessed(model, outputs, part.y.reshape(-1), weights, of_class, name, balance),
            _never_recognised(model, outputs, part.y, name, balance),
        ]
    told = [finding for finding in found if finding is not None]
    return told if cause is None else [replace(finding, remedy=cause.remedy) for finding in told]


def _classes_guessed(
    model: Model, outputs: Array, y: AnyArray, weights: Array, of_class: Array, name: str, balance: str | None
) -> Finding | None:
    """Accuracy that is not above that of the commonest class, or not above that of the same answers in any order."""
    assert model.guess is not None
    commonest, said, w = int(np.argmax(of_class * model.guess)), metrics.labels(outputs), weights * of_class[y]
    if len(y) < FEWEST or not w.any():
        return None
    w = w / w.sum()
    accuracy, always = float(w @ (said == y)), float(w @ (y == commonest))
    chance, spread = by_chance(said, y, w, len(of_class))
    if accuracy > always and accuracy > chance + CHANCE * spread:
        return None
    evidence = (
        f"on {counted(len(y), f'{name} sample')} the accuracy is {percent(accuracy)}, and always saying "
        f"{shortened(model.class_names[commonest], 30)!r} has {percent(always)}"
    )
    if accuracy > always:
        evidence += f"; its answers in any other order reach up to {percent(chance + CHANCE * spread)} by chance"
    if not (of_class == of_class[0]).all():
        evidence += "; classes count by their weights"
    lopsided = always > 1.5 / len(of_class) and bool((said == commonest).all())
    return Finding(None, "accuracy", "it is no better than guessing", evidence, (lopsided and balance) or OTHERWISE)


def _values_guessed(outputs: Array, y: AnyArray, weights: Array, name: str) -> Finding | None:
    """R² that is not above 0, or answers that go with the targets no more than in any order."""
    spread = y.std(axis=0)
    if len(y) < FEWEST or not weights.any() or not spread.all():
        return None
    residuals = metrics.Residuals()
    residuals.add(outputs, y, weights)
    w = weights / weights.sum()
    a, b = outputs - w @ outputs, y - w @ y
    sizes = np.sqrt((w @ a**2) * (w @ b**2))
    together = float(np.mean((w @ (a * b)) / np.where(sizes > 0, sizes, 1.0)))
    chance = CHANCE / math.sqrt(max(_count(w) - 1, 1.0))
    if residuals.r2 > 0 and together > chance:
        return None
    evidence = f"on {counted(len(y), f'{name} sample')} R² is {decimal(residuals.r2)}, and always saying the mean has 0"
    if residuals.r2 > 0:
        evidence += (
            f"; its answers correlate with the targets by {decimal(together, 2)}, in any other order they do by up to "
            f"{decimal(chance, 2)}"
        )
    return Finding(None, "r2", "it is no better than guessing", evidence, OTHERWISE)


def _never_recognised(model: Model, outputs: Array, y: AnyArray, name: str, balance: str | None) -> Finding | None:
    """Classes of which there are samples, none of which is recognised."""
    assert model.guess is not None
    found = Confusions.of(outputs, y, len(model.class_names))
    never = found.never()
    if not never:
        return None
    samples, share = int(found.scores().samples[never].sum()), sum(model.guess[k] for k in never)
    names = listed([repr(shortened(model.class_names[k], 30)) for k in never], MOST_NAMED)
    one = len(never) == 1
    fault = f"class {names} is never recognised" if one else f"{len(never)} classes are never recognised: {names}"
    evidence = (
        f"none of {'its' if one else 'their'} {counted(samples, f'{name} sample')}; "
        f"in training {'it has' if one else 'they have'} {percent(share)} of the samples"
    )
    return Finding(None, "recall", fault, evidence, balance or f"more samples of {'it' if one else 'them'}")


def by_chance(said: AnyArray, y: AnyArray, w: Array, classes: int) -> tuple[float, float]:
    """The accuracy of answers (n,) whose order is left to chance: its mean, and its standard deviation.

    ``w`` (n,) are the samples' shares, of sum 1. (Fleiss, Cohen and Everitt, Large sample standard errors of kappa,
    Psychological Bulletin 72, 1969.)

    >>> mean, deviation = by_chance(np.array([0, 1] * 50), np.array([0] * 50 + [1] * 50), np.full(100, 0.01), 2)
    >>> round(mean, 4), round(deviation, 4)
    (0.5, 0.0503)
    """
    p, q = np.bincount(y, w, classes), np.bincount(said, w, classes)
    # E = Σ p q,  Var = (E + E² − Σ p q (p + q)) / (n − 1)
    mean = float(p @ q)
    variance = mean + mean**2 - float(np.sum(p * q * (p + q)))
    return mean, math.sqrt(max(variance, 0.0) / max(_count(w) - 1, 1.0))


def _count(w: Array) -> float:
    """How many samples of equal weight would tell as much (Kish, Survey Sampling, 1965)."""
    return float(w.sum() ** 2 / (w @ w))


def _weights_of_classes(dataset: Dataset, class_weights: str | None) -> Array:
    """How much a training row of each class counts, (classes,), where classes were given weights; else 1."""
    classes: Sequence[str] = dataset.classes or ()
    train = dataset.train
    if class_weights is None or not isinstance(train, WeightedSamples):
        return np.ones(len(classes))
    sums, counts = (np.bincount(train.y, w, len(classes)) for w in (train.weights, None))
    return np.asarray(sums / np.maximum(counts, 1))
