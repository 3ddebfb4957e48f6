"""A trace in words and steps: each number of a pass as a formula, its operands and its value.

``sample`` explains one sample, ``three_neurons`` and ``vectorization`` are worked examples, ``moved`` tells which
weights a run has moved most; ``integrated_gradients`` what each input gave to an answer, and ``sample`` with a ``Row``
what each column of a table; ``markdown`` writes an explanation down, ``steps`` gives whole layers as data.

>>> import numpy as np, pellucid as pl
>>> net = pl.Network([2, 3, 2], rng=np.random.default_rng(0))
>>> text = pl.explain.markdown(pl.explain.sample(net, [1.0, -1.0], 0))
>>> print(pl.explain.three_neurons().summary)
x → neuron 1 → neuron 2 → neuron 3 → 0.592563, but 1 is wanted: the loss is 0.166005, and 0.139675 after one step of
gradient descent.
"""

from pellucid.analysis.explain.by_column import Row
from pellucid.analysis.explain.integrated_gradients import integrated_gradients
from pellucid.analysis.explain.loops import vectorization
from pellucid.analysis.explain.sample import sample
from pellucid.analysis.explain.step import Code, Explanation, Section, Step, Table
from pellucid.analysis.explain.steps import steps
from pellucid.analysis.explain.text import line, markdown
from pellucid.analysis.explain.three_neurons import three_neurons
from pellucid.analysis.explain.weights_moved import moved

__all__ = [
    "Code", "Explanation", "Row", "Section", "Step", "Table", "integrated_gradients", "line", "markdown", "moved",
    "sample", "steps", "three_neurons", "vectorization",
]  # fmt: skip
