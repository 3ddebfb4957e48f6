"""The parts of the data, and how good a model is on them, in the units of its target, beside a guess."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid.core import metrics
from pellucid.core.arrays import AnyArray
from pellucid.core.evaluation import evaluate
from pellucid.core.metrics import Baseline, Scores
from pellucid.datasets import Dataset, Samples, Stream, WeightedSamples
from pellucid.model.model import Model
from pellucid.model.preprocessing import Preprocessing
from pellucid.runs.settings import Settings

Part = Samples | WeightedSamples | Stream


def parts(dataset: Dataset) -> dict[str, Part]:
    """The train, dev and test part of the data, as far as there are any."""
    every = {"train": dataset.train, "dev": dataset.dev, "test": dataset.test}
    return {name: part for name, part in every.items() if part is not None}


def score(model: Model, part: Part) -> Scores:
    """The scores of a model on samples as its data set holds them, scaled targets brought back to their own units.

    Beside them stands the baseline, where the model knows what to guess.
    """
    plan = model.preprocessing
    if plan is None or not plan.targets:
        scores = evaluate(model.network, part)
    elif isinstance(part, tuple):
        scores = evaluate(model.in_units(), part._replace(y=plan.in_units(part.y)))
    else:
        scores = evaluate(model.in_units(), _InUnits(part, plan))
    return replace(scores, baseline=baseline(model, part))


@dataclass(frozen=True)
class _InUnits:
    """A stream whose targets are in their own units."""

    stream: Stream
    plan: Preprocessing
    target_dtype = np.dtype(np.float64)

    @property
    def shape(self) -> tuple[int, int]:
        return self.stream.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.stream.dtype

    @property
    def target_shape(self) -> tuple[int, ...]:
        return self.stream.target_shape

    def blocks(self, seed: int | None, skip: int = 0) -> Iterator[Any]:
        for X, y, *weights in self.stream.blocks(seed, skip):
            yield X, self.plan.in_units(y), *weights


def guess(dataset: Dataset, settings: Settings) -> tuple[float, ...]:
    """What one would say of any sample: each class's share of the training part, or the targets' mean in their units.

    Weights of rows count, weights of classes do not: they would make all classes equally common.
    """
    count, total = 0.0, np.zeros(1)
    for y, weights in _targets(dataset.train, dataset.preprocessing):
        w = np.ones(len(y)) if weights is None or settings.class_weights is not None else weights
        count += float(w.sum())
        total = total + (w @ y if dataset.classes is None else np.bincount(y, w, minlength=len(dataset.classes)))
    return tuple((total / (count or 1.0)).tolist())


def baseline(model: Model, part: Part) -> Baseline | None:
    """What always saying the commonest class, or the mean, of the training part scores on some samples.

    >>> from pellucid.core.network import Network
    >>> part = Samples(np.ones((4, 3)), np.array([0, 1, 1, 1]))
    >>> baseline(Model(Network([3, 2]), guess=(0.6, 0.4)), part).accuracy
    0.25
    """
    if model.guess is None:
        return None
    commonest, right, count, residuals = int(np.argmax(model.guess)), 0.0, 0.0, metrics.Residuals()
    for y, weights in _targets(part, model.preprocessing):
        w = np.ones(len(y)) if weights is None else weights
        count += float(w.sum())
        if model.network.loss.kind == "values":
            residuals.add(np.tile(model.guess, (len(y), 1)), y, w)
        else:
            right += float(w @ (y.reshape(-1) == commonest))
    if model.network.loss.kind == "values":
        return Baseline(r2=residuals.r2, rmse=residuals.rmse)
    return Baseline(accuracy=right / count if count else math.nan)


def _targets(part: Part, plan: Preprocessing | None) -> Iterator[tuple[AnyArray, AnyArray | None]]:
    """The targets of samples, in their own units, and the weights beside them if there are some, block by block."""
    for block in [part] if isinstance(part, tuple) else part.blocks(None):
        _, y, *weights = block
        yield y if plan is None else plan.in_units(y), weights[0] if weights else None


def as_json(scores: Scores) -> dict[str, Any]:
    """Those scores that there are, by their names, and the baseline's likewise.

    >>> as_json(Scores(0.5, accuracy=0.9, baseline=Baseline(accuracy=0.6)))
    {'loss': 0.5, 'accuracy': 0.9, 'baseline': {'accuracy': 0.6}}
    """
    known = _known(scores)
    return known if scores.baseline is None else {**known, "baseline": _known(scores.baseline)}


def _known(scores: Scores | Baseline) -> dict[str, Any]:
    return {name: value for name, value in vars(scores).items() if value is not None}


class Tally:
    """The scores of a model on samples that come in blocks, in one pass over them.

    >>> from pellucid.core.network import Network
    >>> tally = Tally(Model(Network([3, 2], init=None), guess=(0.6, 0.4)))
    >>> for _ in range(2):
    ...     outputs = tally.add(Samples(np.ones((4, 3), np.float32), np.array([0, 1, 1, 1])))
    >>> tally.samples, tally.scores().accuracy, tally.scores().baseline.accuracy
    (8, 0.25, 0.25)
    """

    def __init__(self, model: Model) -> None:
        self.model, self.network = model, model.in_units()
        self.samples, self._weight, self._loss, self._right, self._guessed = 0, 0.0, 0.0, 0.0, 0.0
        self._residuals, self._of_guess = metrics.Residuals(), metrics.Residuals()
        self.each = [metrics.Residuals() for _ in range(self.network.sizes[-1])]  # of each target, of values
        self.pairs: Counter[tuple[int, int]] = Counter()  # of the true class and the predicted one

    @property
    def of_values(self) -> bool:
        """Whether values are predicted."""
        return self.network.loss.kind == "values"

    def add(self, samples: Samples | WeightedSamples) -> AnyArray:
        """Count some samples, and return the outputs (n, outputs) for them."""
        X, y, *weights = samples
        if self.of_values and self.model.preprocessing is not None:
            y = self.model.preprocessing.in_units(y)
        w = weights[0] if weights else np.ones(len(y))
        outputs, total = self.network.predict(X), float(w.sum())
        scores = evaluate(self.network, (X, y, w) if weights else (X, y))
        self.samples += len(y)
        self._weight += total
        self._loss += scores.loss * total
        guess = self.model.guess
        if self.of_values:
            self._residuals.add(outputs, y, w)
            for k, residuals in enumerate(self.each):
                residuals.add(outputs[:, k], y.reshape(len(y), -1)[:, k], w)
            if guess is not None:
                self._of_guess.add(np.tile(guess, (len(y), 1)), y, w)
            return outputs
        self._right += (scores.accuracy or 0.0) * total
        if y.ndim == 1 or y.shape[1] == 1:
            truth = y.reshape(-1).astype(np.int64)
            self._guessed += 0.0 if guess is None else float(w @ (truth == int(np.argmax(guess))))
            self.pairs.update(zip(truth.tolist(), metrics.labels(outputs).tolist(), strict=True))
        return outputs

    def scores(self) -> Scores:
        """The scores of all that was counted."""
        total = self._weight or math.nan
        loss, known = self._loss / total, self.model.guess is not None
        if self.of_values:
            base = Baseline(r2=self._of_guess.r2, rmse=self._of_guess.rmse) if known else None
            return Scores(loss, r2=self._residuals.r2, rmse=self._residuals.rmse, baseline=base)
        base = Baseline(accuracy=self._guessed / total) if known else None
        return Scores(loss, accuracy=self._right / total, baseline=base)
