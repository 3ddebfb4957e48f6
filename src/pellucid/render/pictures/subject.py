"""What a picture is of: a model with the names of its outputs, and its samples as rows."""

import numpy.typing as npt

from pellucid._text import number
from pellucid.core import checks
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.network import Network
from pellucid.model.model import Model


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


def as_row(x: npt.ArrayLike, features: int) -> AnyArray:
    """One sample as a row (1, features), also where it came as (features,) or as a picture."""
    given = checks.array(x, "x")
    return checks.inputs(given.reshape(1, -1) if given.size == features else given, features)


def target_name(model: Model) -> str | None:
    """What is predicted, as its column is called; None where the data have no name for it, or several."""
    plan = model.preprocessing
    if plan is not None and plan.targets:
        return plan.targets[0].name if len(plan.targets) == 1 else None
    name = model.data.get("target")
    return name if isinstance(name, str) else None


def in_words(model: Model, target: AnyArray) -> str | None:
    """A sample's target, or what is predicted for it, (1,): a class by its name, a value as a number in its own unit.

    None where there are several of them.

    >>> import numpy as np
    >>> in_words(Model(Network([2, 2]), ("no", "yes")), np.array([1]))
    'yes'
    """
    kind, values = model.network.loss.kind, target.reshape(-1)
    if len(values) > 1:
        return None
    if kind == "values":
        plan = model.preprocessing
        return number(float((values if plan is None else plan.in_units(values))[0]))
    return model.class_names[int(values[0] if kind == "classes" else values[0] > 0.5)]
