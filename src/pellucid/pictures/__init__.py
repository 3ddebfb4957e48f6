"""A trace, a history, a network as matplotlib figures: each function returns a figure and writes nothing.

>>> import numpy as np, pellucid as pl
>>> net = pl.Network([784, 32, 10], rng=np.random.default_rng(0))
>>> figure = pl.pictures.weights(net)
>>> import os, tempfile
>>> pl.pictures.save(figure, os.path.join(tempfile.mkdtemp(), "weights.svg"))
"""

from pellucid.pictures.curves import Course, course, gradients, history
from pellucid.pictures.importance import importance
from pellucid.pictures.input_gradients import input_gradient, saliency
from pellucid.pictures.landscape import landscape
from pellucid.pictures.learning_rate import range_test
from pellucid.pictures.matrix import confusion
from pellucid.pictures.one_pass import activations
from pellucid.pictures.style import save
from pellucid.pictures.tiles import digits, mistakes
from pellucid.pictures.weight_tables import weights
from pellucid.pictures.wiring import architecture

__all__ = [
    "Course",
    "activations",
    "architecture",
    "confusion",
    "course",
    "digits",
    "gradients",
    "history",
    "importance",
    "input_gradient",
    "landscape",
    "mistakes",
    "range_test",
    "saliency",
    "save",
    "weights",
]
