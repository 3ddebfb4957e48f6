"""The parts of the data, and how good a model is on them, in the units of its target."""

from pellucid.core.evaluation import evaluate
from pellucid.core.metrics import Scores
from pellucid.datasets import Dataset, Samples, Stream, WeightedSamples
from pellucid.model.model import Model

Part = Samples | WeightedSamples | Stream


def parts(dataset: Dataset) -> dict[str, Part]:
    """The train, dev and test part of the data, as far as there are any."""
    every = {"train": dataset.train, "dev": dataset.dev, "test": dataset.test}
    return {name: part for name, part in every.items() if part is not None}


def score(model: Model, part: Part) -> Scores:
    """The scores of a model on samples as its data set holds them, scaled targets brought back to their own units."""
    plan = model.preprocessing
    if plan is None or not plan.targets or not isinstance(part, tuple):
        return evaluate(model.network, part)
    return evaluate(model.in_units(), part._replace(y=plan.in_units(part.y)))
