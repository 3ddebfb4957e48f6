"""The landscape of a small run, to walk in: the page that ``pellucid landscape`` writes."""

from functools import cache

import numpy as np

from pellucid.analysis.landscape import Surface, TrainingPath, compute
from pellucid.book.figures.shown import Figure
from pellucid.core.errors import InputError
from pellucid.core.network import Network
from pellucid.core.optimizers import SGD
from pellucid.core.training import train
from pellucid.datasets import mnist_files
from pellucid.render.landscape import page

DIGITS, EPOCHS, POINTS = 500, 12, 31


def landscape(subject: object = None) -> Figure:
    """The landscape of ``subject``, or that of a training on a few digits."""
    if subject is not None and not isinstance(subject, Surface):
        raise InputError(f"figure('landscape', …): takes what landscape.compute returns, not {type(subject).__name__}")
    words = (
        "The loss around a trained network, as a map and as hills. Walk on it by pointer or by arrow keys, and play "
        "the way of training."
    )
    if subject is None:
        return Figure("landscape", words, page(_small_run(), f"{DIGITS} digits"), 900)
    return Figure("landscape", words, page(subject), 900)


@cache
def _small_run() -> Surface:
    """A network of one hidden layer, its way through 12 epochs, and the losses around it."""
    digits = mnist_files("test")
    X, y = digits.X[:DIGITS].astype(np.float32) / 255, digits.y[:DIGITS]
    net = Network([784, 16, 10], rng=np.random.default_rng(0))
    steps, thetas = [0], [net.theta.copy()]
    for epoch in train(net, (X, y), SGD(0.2), epochs=EPOCHS, batch_size=50, rng=np.random.default_rng(0), live=False):
        steps.append(epoch.number * DIGITS // 50)
        thetas.append(net.theta.copy())
    return compute(net, (X, y), points=POINTS, path=TrainingPath(steps, thetas))
