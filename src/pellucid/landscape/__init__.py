"""The loss as a surface over two directions in the space of θ, and the way that training took over it.

``compute`` gives a ``Surface``: the loss at θ + α d + β e for a grid of α and β.
"""

from pellucid.landscape.directions import Directions, path_directions, random_directions
from pellucid.landscape.export import as_json, table, tensors
from pellucid.landscape.page import page
from pellucid.landscape.surface import Surface, compute, spread
from pellucid.landscape.trajectory import Path, Trajectory, path_of

__all__ = [
    "Directions",
    "Path",
    "Surface",
    "Trajectory",
    "as_json",
    "compute",
    "page",
    "path_directions",
    "path_of",
    "random_directions",
    "spread",
    "table",
    "tensors",
]
