"""Tables and data frames: a network from one call, its predictions and scores, and which columns matter."""

from pellucid.tables.fit import fit
from pellucid.tables.importance import Importance, importance
from pellucid.tables.use import evaluate, predict, probabilities, samples

__all__ = ["Importance", "evaluate", "fit", "importance", "predict", "probabilities", "samples"]
