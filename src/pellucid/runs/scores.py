"""How good a model is, in the units of its target."""

from pellucid.core.evaluation import evaluate
from pellucid.core.metrics import Scores
from pellucid.datasets import Samples, Stream, WeightedSamples
from pellucid.model.model import Model


def score(model: Model, part: Samples | WeightedSamples | Stream) -> Scores:
    """The scores of a model on samples as its data set holds them, scaled targets brought back to their own units."""
    plan = model.preprocessing
    if plan is None or not plan.targets or not isinstance(part, tuple):
        return evaluate(model.network, part)
    return evaluate(model.in_units(), part._replace(y=plan.in_units(part.y)))
