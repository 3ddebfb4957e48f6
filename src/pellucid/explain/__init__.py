"""A trace in words and steps: each number of a pass as a formula, its operands and its value.

``sample`` explains one sample, ``three_neurons`` and ``vectorization`` are worked examples, ``moved`` tells which
weights a run has moved most; ``markdown`` writes an explanation down, ``steps`` gives whole layers as data.

>>> import numpy as np, pellucid as pl
>>> net = pl.Network([2, 3, 2], rng=np.random.default_rng(0))
>>> text = pl.explain.markdown(pl.explain.sample(net, [1.0, -1.0], 0))
>>> print(pl.explain.three_neurons().summary)
x → neuron 1 → neuron 2 → neuron 3 → 0.592563, but 1 is wanted: the loss is 0.166005, and 0.139675 after one step of
gradient descent.
"""

from pellucid.explain.chain import three_neurons
from pellucid.explain.loops import vectorization
from pellucid.explain.path import moved
from pellucid.explain.sample import sample
from pellucid.explain.step import Code, Explanation, Section, Step
from pellucid.explain.steps import steps
from pellucid.explain.text import line, markdown

__all__ = [
    "Code",
    "Explanation",
    "Section",
    "Step",
    "line",
    "markdown",
    "moved",
    "sample",
    "steps",
    "three_neurons",
    "vectorization",
]
