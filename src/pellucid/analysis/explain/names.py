"""What the inputs, neurons and classes of a model are called, for people."""

from dataclasses import dataclass

from pellucid.model.model import Model


@dataclass(frozen=True)
class Names:
    """The names of a model's inputs and outputs; rows, columns and neurons count from 0, layers from 1."""

    model: Model

    def input(self, i: int) -> str:
        """Input i: a pixel's row and column, or a table's column.

        >>> import numpy as np
        >>> from pellucid import Network
        >>> Names(Model(Network([784, 10], rng=np.random.default_rng(0)), image_shape=(28, 28))).input(29)
        'pixel (1, 1)'
        """
        if self.model.image_shape is not None:
            return "pixel ({}, {})".format(*divmod(i, self.model.image_shape[1]))
        return self.model.features[i] if i < len(self.model.features) else f"input {i}"

    def output(self, j: int) -> str:
        """Output j: a class where the network tells classes apart, the second of two where it has one output."""
        net = self.model.network
        if net.loss.kind == "classes":
            return f"class {self.model.class_names[j]}"
        if net.loss.kind == "probabilities" and net.sizes[-1] == 1:
            return f"class {self.model.class_names[1]}"
        return f"output {j}"

    def neuron(self, l: int, j: int) -> str:
        """Neuron j of layer l; layer 0 is the input."""
        if l == 0:
            return self.input(j)
        if l == len(self.model.network.layers):
            return self.output(j)
        return f"neuron {j} of layer {l}"

    @property
    def has_classes(self) -> bool:
        """Whether a prediction is one class: not for values, nor for several questions at once."""
        net = self.model.network
        return net.loss.kind == "classes" or (net.loss.kind == "probabilities" and net.sizes[-1] == 1)
