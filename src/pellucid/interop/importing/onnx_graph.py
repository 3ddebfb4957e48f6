"""An ONNX file as a small typed form: inputs, constants, nodes, outputs; read and checked once.

What holds of a ``Graph``: every name is given once and before it is read, only what leads to an output is there, and
attributes and constants are plain values whose kinds are those that the file says. What an operator asks of its
inputs is not looked at here (onnx_operators.py, onnx.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pellucid._files.reading import StrPath, read_file
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError, needs
from pellucid.interop.export.onnx import DESCRIPTION
from pellucid.interop.importing.onnx_tensors import Tensors

OLDEST = 7  # opset; before it, operators broadcast and dropped out in other ways
FIELDS = {1: "f", 2: "i", 3: "s", 4: "t", 6: "floats", 7: "ints", 8: "strings"}  # of an attribute, by its type
VALUES: dict[str, tuple[type, type]] = {
    "value_float": (float, np.float32), "value_int": (int, np.int64), "value_string": (str, object),
}  # fmt: skip
MOST_NODES = 5_000  # of a graph that others made
LONGEST = 60  # characters of a name in a message


@dataclass(frozen=True)
class Node:
    """One node: ``operator`` is its name, with its domain before it where that is not ONNX's own."""

    operator: str
    inputs: tuple[str, ...]  # "" is one that is left out
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    name: str = field(default="", compare=False)

    def __str__(self) -> str:
        """As a message calls it."""
        return f"node {quoted(self.name or self.outputs[0])} of type {quoted(self.operator).strip(chr(39))}"


@dataclass(frozen=True)
class Input:
    """An input: the number of its kind in ONNX, and its shape, None for a size or a shape that is open."""

    kind: int
    shape: tuple[int | None, ...] | None


@dataclass(frozen=True, eq=False)
class Graph:
    """What one ONNX file says: the nodes that lead to the outputs, in an order in which they can be computed."""

    path: Path
    inputs: Mapping[str, Input]
    constants: Mapping[str, AnyArray]
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    description: str | None = None  # what pellucid wrote of the model in a graph of its own
    size: int = 0  # bytes of the file and of those beside it

    def refused(self, node: Node, why: str) -> InputError:
        """The error for a node that cannot be read."""
        return InputError(f"{self.path}: {node}: {why}")

    def same_as(self, other: "Graph") -> bool:
        """Whether two graphs compute the same, name by name and bit by bit."""
        return (
            (self.inputs, self.nodes, self.outputs) == (other.inputs, other.nodes, other.outputs)
            and self.constants.keys() == other.constants.keys()
            and all(_same_bits(array, other.constants[name]) for name, array in self.constants.items())
        )


def quoted(value: object) -> str:
    """A name or a value from a file as a message shows it: in one line, control characters as escapes, cut if long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _same_bits(a: AnyArray, b: AnyArray) -> bool:
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    return a.tolist() == b.tolist() if a.dtype == object else a.tobytes() == b.tobytes()


def read_graph(path: StrPath) -> Graph:
    """Read an ONNX file.

    Raises:
        InputError: onnx is not installed, there is no such file, or it is no graph that is whole; the message names
            the node.
    """
    needs("onnx", "onnx", f"{path}: an ONNX graph")
    import onnx
    from google.protobuf.message import DecodeError

    content = read_file(path)
    try:
        made = onnx.ModelProto.FromString(content)
    except (DecodeError, ValueError, RuntimeError) as error:
        raise InputError(f"{path}: is no whole ONNX file ({type(error).__name__}); export it again") from None
    return graph_of(made, path)


def graph_of(made: Any, path: StrPath) -> Graph:
    """The typed form of an ``onnx.ModelProto`` that came from ``path``."""
    if not made.graph.node:
        raise InputError(f"{path}: is no ONNX file, or an empty one; export it again")
    texts = [entry.value for entry in made.metadata_props if entry.key == DESCRIPTION]
    if len(texts) > 1:
        raise InputError(f"{path}: describes its model twice; export it again")
    if len(made.graph.node) > MOST_NODES and not texts:
        raise InputError(f"{path}: has {len(made.graph.node):,} nodes; only graphs of {MOST_NODES:,} at most are read")
    reader = _Reader(made, Path(path))
    nodes, constants = reader.needed()
    about, size = texts[0] if texts else None, made.ByteSize() + sum(map(len, reader.tensors.files.values()))
    return Graph(reader.path, reader.inputs(), constants, tuple(nodes), tuple(reader.outputs), about, size)


class _Reader:
    """The reading of one file."""

    def __init__(self, made: Any, path: Path) -> None:
        self.graph, self.path, self.tensors = made.graph, path, Tensors(path)
        self._check_whole(made)
        self.initializers = {each.name: each for each in self.graph.initializer}
        self.given = [each for each in self.graph.input if each.name not in self.initializers]
        self.outputs = [each.name for each in self.graph.output]
        self.makers: dict[str, Any] = {}  # which node of the file makes a name
        self._check_names()

    def _check_whole(self, made: Any) -> None:
        from onnx.defs import onnx_opset_version

        versions = [each.version for each in made.opset_import if each.domain in ("", "ai.onnx")]
        if len(versions) != 1 or not OLDEST <= versions[0] <= onnx_opset_version():
            said = f"of opset {versions[0]}" if len(versions) == 1 else "of no opset, or of several"
            raise self._error(f"is {said}; read are {OLDEST} to {onnx_opset_version()}: export it with one of those")
        if made.functions:
            raise self._error(f"holds functions of its own ({quoted(made.functions[0].name)}); export it without them")
        if self.graph.sparse_initializer:
            raise self._error("holds sparse weights; export it with dense ones")

    def _check_names(self) -> None:
        """Every name is given once, and before it is read."""
        known = {"", *self.initializers}
        if len(self.initializers) < len(self.graph.initializer) or "" in self.initializers:
            raise self._error("gives two constants one name, or one none; export it again")
        for each in self.given:
            if each.name in known:
                raise self._error(f"gives its input {quoted(each.name)} no name of its own; export it again")
            known.add(each.name)
        for node in self.graph.node:
            for name in node.input:
                if name not in known:
                    raise self._refused(node, f"reads {quoted(name)}, which nothing before it makes")
            if not node.output or not node.output[0]:
                raise self._refused(node, "makes nothing")
            for name in filter(None, node.output):
                if name in known:
                    raise self._refused(node, f"makes {quoted(name)}, which is there already")
                known.add(name)
                self.makers[name] = node
        if not self.outputs or len(set(self.outputs)) < len(self.outputs) or not set(self.outputs) <= known - {""}:
            raise self._error("has no outputs, names one twice, or names one that nothing makes; export it again")

    def needed(self) -> tuple[list[Node], dict[str, AnyArray]]:
        """The nodes that lead to the outputs, and the constants that those read."""
        wanted, nodes, constants = set(self.outputs), [], {}
        for node in reversed(self.graph.node):
            if wanted.isdisjoint(node.output):
                continue
            if not wanted.isdisjoint(node.output[1:]):
                raise self._refused(node, f"its output {quoted(node.output[1])} is used; only first ones are read")
            wanted.update(filter(None, node.input))
            if (node.domain, node.op_type) in (("", "Constant"), ("ai.onnx", "Constant")):
                constants[node.output[0]] = self._constant(node)
            else:
                nodes.append(self._node(node))
        for name, tensor in self.initializers.items():
            if name in wanted:
                constants[name] = self.tensors.array(tensor, f"the tensor {quoted(name)}")
        return nodes[::-1], constants

    def inputs(self) -> dict[str, Input]:
        """The inputs that one gives when one runs the graph."""
        found = {}
        for each in self.given:
            kind = each.type.tensor_type
            if not each.type.HasField("tensor_type"):
                raise self._error(f"its input {quoted(each.name)} is no tensor")
            sizes = [size.dim_value if size.HasField("dim_value") else None for size in kind.shape.dim]
            found[each.name] = Input(kind.elem_type, tuple(sizes) if kind.HasField("shape") else None)
        return found

    def _node(self, node: Any) -> Node:
        attributes: dict[str, Any] = {}
        for each in node.attribute:
            if each.name in attributes:
                raise self._refused(node, f"says {quoted(each.name)} twice")
            attributes[each.name] = self._attribute(node, each)
        return _named(node, attributes)

    def _attribute(self, node: Any, about: Any) -> Any:
        """An attribute as an int, a float, a text, an array, or a tuple of the first three."""
        where = FIELDS.get(about.type)
        held = {each.name for each, _ in about.ListFields()} - {"name", "type", "doc_string"}
        if where is None or not held <= {where} or (len(where) == 1 and not held):
            raise self._refused(node, f"its attribute {quoted(about.name)} is not what its type says, or none is known")
        value = getattr(about, where)
        if where == "t":
            return self.tensors.array(value, f"{_named(node)}: its attribute {quoted(about.name)}")
        try:
            if isinstance(value, bytes):
                return value.decode()
            if isinstance(value, Iterable):
                return tuple(each.decode() if isinstance(each, bytes) else each for each in value)
        except UnicodeDecodeError:
            raise self._refused(node, f"its attribute {quoted(about.name)} is no text") from None
        return value

    def _constant(self, node: Any) -> AnyArray:
        """What a node of type Constant holds."""
        about = self._node(node).attributes
        if len(about) != 1 or node.input:
            raise self._refused(node, "a constant needs one value")
        ((key, value),) = about.items()
        if key == "value" and isinstance(value, np.ndarray):
            return value
        kind, dtype = VALUES.get(key.removesuffix("s"), (None, None))
        if kind is None or isinstance(value, tuple) != key.endswith("s"):
            raise self._refused(node, f"its attribute {quoted(key)} gives it no value that is read")
        if not all(isinstance(each, kind) for each in (value if isinstance(value, tuple) else (value,))):
            raise self._refused(node, f"its attribute {quoted(key)} is of another kind")
        return np.array(value, dtype)

    def _refused(self, node: Any, why: str) -> InputError:
        return self._error(f"{_named(node)}: {why}; export it again")

    def _error(self, why: str) -> InputError:
        return InputError(f"{self.path}: {why}")


def _named(node: Any, attributes: Mapping[str, Any] | None = None) -> Node:
    domain = "" if node.domain in ("", "ai.onnx") else f"{node.domain}."
    outputs = tuple(node.output[:1]) or ("",)
    return Node(f"{domain}{node.op_type}", tuple(node.input), outputs, attributes or {}, node.name)


def leading_to(nodes: Sequence[Node], output: str) -> list[Node]:
    """Those of some nodes that one of their outputs takes, in their order."""
    wanted, found = {output}, []
    for node in reversed(nodes):
        if node.outputs[0] in wanted:
            wanted.update(node.inputs)
            found.append(node)
    return found[::-1]
