"""What puts an ONNX graph together: inputs, nodes, constants, outputs; and what ONNX can hold of texts and numbers."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError


class Builder:
    """A graph under construction, for a table of some columns."""

    def __init__(self, onnx: Any, columns: Iterable[str] = ()) -> None:
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self.columns = input_names(columns)
        self.prefix = "net/"  # of all names but those of inputs and outputs
        while any(name.startswith(self.prefix) for name in self.columns):
            self.prefix = f"_{self.prefix}"

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Add a node; returns the whole name of its output."""
        made = self.prefix + output
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, [made], name=f"make {output}", **attributes))
        return made

    def constant(self, value: AnyArray, name: str) -> str:
        """Add a constant; returns its whole name."""
        self.constants.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(value), self.prefix + name))
        return self.prefix + name

    def number(self, value: float, name: str) -> str:
        """Add a number as (1, 1) float64."""
        return self.constant(np.array([[value]], np.float64), name)

    def input(self, name: str, kind: str, width: int) -> str:
        """Add an input of the graph, (n, width)."""
        about = self.onnx.helper.make_tensor_value_info(name, getattr(self.onnx.TensorProto, kind), ["n", width])
        self.inputs.append(about)
        return name

    def output(self, value: str, name: str, kind: str, shape: list[Any]) -> None:
        """Let a value be an output of the graph, by a name of its own."""
        name, kind = unused(name, self.columns), getattr(self.onnx.TensorProto, kind)
        self.nodes.append(self.onnx.helper.make_node("Identity", [value], [name], name=f"give {name}"))
        self.outputs.append(self.onnx.helper.make_tensor_value_info(name, kind, shape))

    def cast(self, x: str, kind: str, name: str) -> str:
        """Add a cast to FLOAT, DOUBLE, …"""
        return self.node("Cast", [x], name, to=getattr(self.onnx.TensorProto, kind))


def input_names(columns: Iterable[str]) -> list[str]:
    r"""The names of the inputs for columns: their own, but for those that ONNX cannot hold.

    It holds no empty name, no half of a character, and none twice: there it is "column 0", counted from 0, or the name
    with that half as an escape; with a "_" behind it as long as another input is called so.

    >>> input_names(["age", "", "column 1", chr(0xDC80)])
    ['age', 'column 1_', 'column 1', '\\udc80']
    """
    columns = list(columns)
    written = [name.encode("utf-8", "backslashreplace").decode() for name in columns]
    owned = {name for name, same in zip(columns, written, strict=True) if name and name == same}
    names, used = [], set(owned)
    for k, (column, name) in enumerate(zip(columns, written, strict=True)):
        if column in owned:
            owned.remove(column)  # the first of its name
        else:
            name = unused(name or f"column {k}", used)
        names.append(name)
        used.add(name)
    return names


def unused(name: str, taken: Iterable[str]) -> str:
    """A name, with as many "_" behind it as it takes to be another one than those that are ``taken``."""
    while name in taken:
        name += "_"
    return name


def float32(value: Any, what: str) -> AnyArray:
    """An array or a number in float32; raises InputError where that is too small for it."""
    with np.errstate(over="ignore"):
        small = np.asarray(value, np.float32)
    if not np.isfinite(small).all():
        largest = np.max(np.abs(value))
        raise InputError(f"{what}: holds {largest:g}, but ONNX graphs are in float32, which ends at 3.4e+38")
    return small


def texts(values: Iterable[str], what: str) -> AnyArray:
    """Texts as an array of objects (n,); raises InputError for one that UTF-8 cannot write."""
    values = list(values)
    for value in values:
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InputError(f"{what}: {value!r} is no whole Unicode text, which is all that ONNX holds") from None
    return np.array(values, object)
