"""A trace, a history, a network as matplotlib figures: each function returns a figure and writes nothing.

>>> import numpy as np, pellucid as pl
>>> net = pl.Network([784, 32, 10], rng=np.random.default_rng(0))
>>> figure = pl.pictures.weights(net)
>>> import os, tempfile
>>> pl.pictures.save(figure, os.path.join(tempfile.mkdtemp(), "weights.svg"))
"""

from pellucid.render.pictures.activations import activations
from pellucid.render.pictures.architecture import architecture
from pellucid.render.pictures.confusion import confusion
from pellucid.render.pictures.curves import LayerHistory, gradients, history, layer_history
from pellucid.render.pictures.importance import importance
from pellucid.render.pictures.landscape import landscape
from pellucid.render.pictures.learning_rate import range_test
from pellucid.render.pictures.saliency import input_gradient, saliency
from pellucid.render.pictures.samples import digits, mistakes
from pellucid.render.pictures.style import save
from pellucid.render.pictures.weights import weights

__all__ = [
    "LayerHistory", "activations", "architecture", "confusion", "digits", "gradients", "history", "importance",
    "input_gradient", "landscape", "layer_history", "mistakes", "range_test", "saliency", "save", "weights",
]  # fmt: skip
