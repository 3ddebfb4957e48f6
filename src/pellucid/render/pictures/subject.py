"""What a picture is of: a model with its names, and what it answers to samples."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pellucid.core import checks, metrics
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.errors import InputError
from pellucid.core.network import Network, forward
from pellucid.core.trace import Trace
from pellucid.model.model import Model

AT_ONCE = 1024  # samples


class Answers(NamedTuple):
    """A classifier's answers: ``labels`` (n,) the likeliest classes, ``probabilities`` (n, classes)."""

    labels: AnyArray
    probabilities: Array


def as_model(model: Model | Network) -> Model:
    """A model as it is; a mere network becomes one, and 784 inputs are taken for a picture of 28 × 28.

    >>> as_model(Network([784, 10])).image_shape
    (28, 28)
    """
    if isinstance(model, Model):
        return model
    return Model(model, image_shape=(28, 28) if model.sizes[0] == 784 else None)


def output_names(model: Model) -> tuple[str, ...]:
    """What the outputs are called: classes by their names; of one probability, the class that it is of.

    >>> from pellucid import BinaryCrossEntropy, SquaredError
    >>> output_names(Model(Network([2, 1], loss=BinaryCrossEntropy()), ("no", "yes")))
    ('yes',)
    >>> output_names(Model(Network([2, 1], loss=SquaredError())))
    ('prediction',)
    """
    outputs = model.network.sizes[-1]
    if model.network.loss.kind == "values" and model.preprocessing is not None:
        return tuple(target.name for target in model.preprocessing.targets)
    if model.network.loss.kind == "values":
        return ("prediction",) if outputs == 1 else tuple(f"output {k}" for k in range(outputs))
    return model.class_names[-1:] if outputs == 1 else model.class_names


def one_class_each(model: Model, what: str) -> None:
    """Hold that a model puts each sample into one class; raises InputError where ``what`` makes no sense for it."""
    net = model.network
    if net.loss.kind == "values":
        raise InputError(f"{what}: the model predicts values, not classes: mistakes draws them against the true ones")
    if net.loss.kind == "probabilities" and net.sizes[-1] > 1:
        raise InputError(
            f"{what}: the model answers {net.sizes[-1]} yes-or-no questions at once, so a sample has no one class: "
            "draw its weights, activations or architecture"
        )


def answers(model: Model, X: npt.ArrayLike) -> Answers:
    """What a classifier makes of inputs X (n, features)."""
    outputs = model.network.predict(X)
    return Answers(metrics.labels(outputs), metrics.probabilities(outputs))


def sample_losses(net: Network, X: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    """The loss of each sample (n,), from one pass forward.

    >>> sample_losses(Network([4, 2], init=None), np.ones((2, 4)), [0, 1]).round(4)
    array([0.6931, 0.6931], dtype=float32)
    """
    inputs = checks.inputs(X, net.sizes[0])
    targets = checks.targets(net.loss, y, len(inputs), net.sizes[-1])
    losses = np.empty(len(inputs), net.dtype)
    trace = Trace(net, max(1, min(len(inputs), AT_ONCE)))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for start in range(0, len(inputs), AT_ONCE):
            rows = slice(start, start + AT_ONCE)
            batch = trace.head(len(inputs[rows]))
            batch.fill(inputs[rows], targets[rows])
            forward(net, batch)
            net.loss.value(batch.z[-1], batch.a[-1], batch.y, out=batch.loss, workspace=batch.workspace[-1])
            losses[rows] = batch.loss
    return losses


def worst(model: Model, X: npt.ArrayLike, y: npt.ArrayLike, top: int) -> tuple[AnyArray, Array]:
    """The samples with the greatest loss, worst first: their rows (top,), and every sample's loss (n,).

    Of a classifier they are mistakes alone, as long as there is one.
    """
    net = model.network
    losses = sample_losses(net, X, y)
    order = np.argsort(-losses, kind="stable")
    if net.loss.kind != "values":
        truth = np.asarray(y).reshape(-1)
        wrong = answers(model, X).labels != truth
        order = order[wrong[order]] if wrong.any() else order
    return order[:top], losses


def as_row(x: npt.ArrayLike, features: int) -> AnyArray:
    """One sample as a row (1, features), also where it came as (features,) or as a picture."""
    given = checks.array(x, "x")
    return checks.inputs(given.reshape(1, -1) if given.size == features else given, features)


def shown(model: Model, x: AnyArray) -> AnyArray:
    """One row of inputs as the picture (h, w) that it is."""
    assert model.image_shape is not None
    return x.reshape(model.image_shape)
