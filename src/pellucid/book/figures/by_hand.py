"""A neuron, and a chain of three: every number is turned by hand, and all that hang on it follow."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.book.figures import drawn
from pellucid.book.figures.shown import Figure, inner_page
from pellucid.core.activations import Sigmoid
from pellucid.core.arrays import Array
from pellucid.core.losses import BinaryCrossEntropy
from pellucid.core.network import Network, forward
from pellucid.core.trace import Trace
from pellucid.model.model import Model
from pellucid.render.model_page import data, functions


def neuron() -> Figure:
    """Two inputs, two weights, a bias."""
    words = "A neuron with two inputs. Its weights and its bias are turned by sliders; z and a follow."
    return _by_hand("neuron", words, [2, 1], x=[1.0, 2.0], theta=[0.8, -0.5, 0.3], names=("x1", "x2"))


def chain() -> Figure:
    """One input, and three neurons one after the other, as in ``explain.three_neurons``."""
    words = "A chain of three sigmoid neurons. Turn an input, a weight or a bias: every number behind it follows."
    return _by_hand("chain", words, [1, 1, 1, 1], x=[1.5], theta=[0.8, -0.5, -1.2, 0.6, 1.5, -0.3], names=("x",))


def _by_hand(
    name: str, words: str, sizes: Sequence[int], *, x: list[float], theta: list[float], names: tuple[str, ...]
) -> Figure:
    net = Network(sizes, activation=Sigmoid(), loss=BinaryCrossEntropy(), dtype=np.float64)
    net.theta = np.array(theta)  # rows of one weight each, or one row: W's order in memory is that of reading
    model = Model(net, features=names)
    z, a = _pass(net, x)
    about: dict[str, Any] = {"model": data.of_model(model, None), "theta": theta, "x": x}
    picture = drawn.network(net, x, z, a, words)
    script = functions.script(net)
    page = inner_page(name, words, picture, about, entry="by_hand.js", functions=script)
    return Figure(name, words, page, 760)


def _pass(net: Network, x: list[float]) -> tuple[list[Array], list[Array]]:
    trace = Trace(net, 1)
    trace.fill(np.array([x]))
    forward(net, trace)
    return [z[0] for z in trace.z], [a[0] for a in trace.a[1:]]
