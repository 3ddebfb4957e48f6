"""A model: a network with the names of its inputs and outputs, its preprocessing, and the way back to its data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.network import Network
from pellucid.model.preprocessing import Preprocessing


@dataclass(frozen=True)
class Model:
    """A network with what stands beside it: what its inputs and outputs are called, and the data that it learned from.

    ``classes`` names the outputs of a classifier, or is None where values are predicted. ``data`` says how to find the
    model's own data again: source, seed, and the sizes of the dev and test parts. ``preprocessing`` is there where the
    model learned from a table: how its columns become inputs, and its outputs values in the target's units.
    ``guess`` is what one would say without a look at the inputs: each class's share of the training part, (classes,),
    or the mean of its targets in their own units, (targets,); None where it is not known.
    ``picture_form`` says how a picture becomes inputs where there is an ``image_shape``: as ``read_images`` takes it.

    >>> model = Model(Network([2, 3, 2]), classes=("no", "yes"), features=("age", "income"))
    >>> model.class_names, model.feature_names
    (('no', 'yes'), ('age', 'income'))
    """

    network: Network
    classes: tuple[str, ...] | None = None
    features: tuple[str, ...] = ()
    image_shape: tuple[int, int] | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    preprocessing: Preprocessing | None = None
    picture_form: Literal["mnist", "plain"] = "mnist"
    guess: tuple[float, ...] | None = None

    def __repr__(self) -> str:
        """In one line: the network, and what it was made for.

        >>> Model(Network([4, 3, 2]), classes=("no", "yes"))
        <Model of 2 classes: Network 4-3-2 (relu, softmax), cross-entropy, 23 parameters, float32>
        """
        what = f"{len(self.class_names)} classes" if self.network.loss.kind != "values" else "values"
        table = "" if self.preprocessing is None else f" from {len(self.preprocessing.columns)} columns"
        return f"<Model of {what}{table}: {repr(self.network)[1:-1]}>"

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the classes are called: their own names, or their numbers.

        >>> Model(Network([4, 3])).class_names
        ('0', '1', '2')
        """
        return self.classes or tuple(map(str, range(max(2, self.network.sizes[-1]))))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the inputs are called: their own names, or their numbers.

        >>> Model(Network([2, 3])).feature_names
        ('x0', 'x1')
        """
        return self.features or tuple(f"x{k}" for k in range(self.network.sizes[0]))

    def in_units(self) -> Network:
        """The network whose outputs are values in the target's own units; itself, where targets were not scaled.

        It is a float64 copy whose last layer has the scale s and the mean m of the targets in its weights:
        s (x Wᵀ + b) + m = x (s W)ᵀ + (s b + m). Counts have no mean: s exp(z) = exp(z + log s).

        >>> from pellucid.core.losses import SquaredError
        >>> from pellucid.model.columns import Number, Target
        >>> plan = Preprocessing((Number("size", 0.0, 1.0, 0.0),), targets=(Target("price", 200.0, 100.0),))
        >>> model = Model(Network([1, 1], loss=SquaredError(), init=None), preprocessing=plan)
        >>> model.in_units().predict([[0.0]])
        array([[200.]])
        """
        if self.preprocessing is None or not self.preprocessing.targets:
            return self.network
        net = self.network.astype(np.float64)
        last = net.layers[-1]
        for k, target in enumerate(self.preprocessing.targets):
            if last.activation.formula.log_link:
                last.b[k] += np.log(target.scale)
                continue
            last.W[k] *= target.scale
            last.b[k] = last.b[k] * target.scale + target.mean
        return net


def check_answers(outputs: AnyArray, place: Callable[[int], str]) -> AnyArray:
    """Outputs (n, k) of a network that all are numbers; ``place`` says where row i stands."""
    bad = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
    if bad.size:
        raise no_answer(place(int(bad[0])))
    return outputs


def no_answer(place: str) -> InputError:
    """The error where the outputs for a row, or for what else stands in a place, are no numbers."""
    return InputError(f"{place}: the network's answer is no number, since its values are far too large: correct them")
