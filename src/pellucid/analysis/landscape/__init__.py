"""The loss as a surface over two directions in the space of θ, and the way that training took over it.

``compute`` gives a ``Surface``: the loss at θ + α d + β e for a grid of α and β.
``pellucid.render.landscape.page`` makes it a page to look at, ``pellucid.render.pictures.landscape`` a figure.

>>> import numpy as np, pellucid as pl
>>> net, X, y = pl.Network([2, 3, 2], rng=np.random.default_rng(0)), np.eye(2), np.array([0, 1])
>>> surface = pl.landscape.compute(net, (X, y), points=5, rng=np.random.default_rng(1))
>>> surface.losses.shape
(5, 5)
"""

from pellucid.analysis.landscape.directions import Directions, path_directions, random_directions
from pellucid.analysis.landscape.export import as_json, table, tensors
from pellucid.analysis.landscape.surface import Surface, compute, spread
from pellucid.analysis.landscape.trajectory import TrainingPath, Trajectory, path_of

__all__ = [
    "Directions", "Surface", "TrainingPath", "Trajectory", "as_json", "compute", "path_directions", "path_of",
    "random_directions", "spread", "table", "tensors",
]  # fmt: skip
