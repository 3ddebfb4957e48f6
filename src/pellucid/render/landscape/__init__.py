"""The loss landscape as users find it, ``pellucid.landscape``: surfaces from ``analysis``, and their page to look at.

>>> from pellucid import landscape
>>> landscape.compute.__module__, landscape.page.__module__
('pellucid.analysis.landscape.surface', 'pellucid.render.landscape.page')
"""

from pellucid.analysis.landscape import (
    Directions,
    Surface,
    TrainingPath,
    Trajectory,
    as_json,
    compute,
    path_directions,
    path_of,
    random_directions,
    spread,
    table,
    tensors,
)
from pellucid.render.landscape.page import page

__all__ = [
    "Directions", "Surface", "TrainingPath", "Trajectory", "as_json", "compute", "page", "path_directions", "path_of",
    "random_directions", "spread", "table", "tensors",
]  # fmt: skip
