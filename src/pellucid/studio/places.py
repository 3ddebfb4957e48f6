"""Where in θ something is: a weight, a bias, a neuron, an input, all biases of a layer."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.network import count_parameters
from pellucid.core.trace import views


@dataclass(frozen=True)
class Part:
    """A part of a network: ``what`` is weight, bias, neuron, input or biases; what it does not need is None."""

    what: str
    layer: int
    neuron: int | None = None
    input: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The part as plain values."""
        return asdict(self)

    @property
    def words(self) -> str:
        """The part as the page calls it."""
        of = f"neuron {self.neuron} in layer {self.layer}"
        source = "input" if self.layer == 1 else "neuron"
        named = {"weight": f"the weight of {source} {self.input} in {of}", "bias": f"the bias of {of}", "neuron": of}
        return named.get(self.what, str(self))

    def __str__(self) -> str:
        layer = self.layer
        return {
            "weight": f"W{layer}[{self.neuron}, {self.input}]",
            "bias": f"b{layer}[{self.neuron}]",
            "neuron": f"neuron {self.neuron} of layer {layer}",
            "input": f"input {self.input}",
            "biases": f"all biases of layer {layer}",
        }[self.what]


def part(asked: Mapping[str, Any], sizes: Sequence[int]) -> Part:
    """The part that a request names by its layer, its neuron and its input, as far as it has them.

    Raises:
        InputError: there is no such part.

    >>> str(part({"layer": 1, "neuron": 2, "input": 0}, [3, 4, 2]))
    'W1[2, 0]'
    >>> str(part({"layer": 0, "input": 5}, [3, 4, 2]))
    Traceback (most recent call last):
    ...
    pellucid.core.errors.InputError: input=5: give a whole number from 0 to 2
    """
    layer = number(asked, "layer", len(sizes) - 1)
    if layer == 0:
        return Part("input", 0, input=number(asked, "input", sizes[0] - 1))
    if asked.get("biases") is True:
        return Part("biases", layer)
    neuron = number(asked, "neuron", sizes[layer] - 1)
    if asked.get("bias") is True:
        return Part("bias", layer, neuron)
    if asked.get("input") is None:
        return Part("neuron", layer, neuron)
    return Part("weight", layer, neuron, number(asked, "input", sizes[layer - 1] - 1))


def number(asked: Mapping[str, Any], name: str, most: int, *, least: int = 0) -> int:
    """A whole number that a request gives by a name; raises InputError where it is none, or out of range."""
    value = asked.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InputError(f"{name}={value!r}: give a whole number from {least} to {most}")
    return value


def of(part: Part, sizes: Sequence[int], *, outgoing: bool = False) -> AnyArray:
    """The indices in θ of a part.

    Those of a neuron are its weights and its bias; ``outgoing``, the weights by which the layer above reads it: without
    them it gives nothing. The last layer has none above it: there it is silent without its own.

    >>> of(Part("bias", 1, 0), [2, 3, 1]).tolist(), of(Part("neuron", 1, 0), [2, 3, 1], outgoing=True).tolist()
    ([6], [9])
    """
    where: Any = np.arange(count_parameters(sizes))
    layers = views(where, sizes)
    if part.what == "input":
        return layers[0][0][:, part.input].copy()
    W, b = layers[part.layer - 1]
    if part.what == "neuron" and outgoing and part.layer < len(layers):
        return layers[part.layer][0][:, part.neuron].copy()
    found: dict[str, AnyArray] = {"biases": b}
    if part.what != "biases":
        found |= {"bias": b[part.neuron, None], "neuron": np.append(W[part.neuron], b[part.neuron])}
        found["weight"] = W[part.neuron, part.input, None] if part.what == "weight" else b
    return found[part.what].copy().reshape(-1)
