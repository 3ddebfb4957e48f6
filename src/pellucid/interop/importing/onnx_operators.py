"""The operators of ONNX that an imported perceptron may have: what each takes, and what it computes, in NumPy.

``evaluate`` runs a graph in float64. An import compares it with the network that it read, so that no model comes in
whose numbers are others.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from pellucid.core.activations import GELU, Sigmoid, value
from pellucid.core.arrays import AnyArray, Array
from pellucid.interop.importing.onnx_graph import Graph, Node, leading_to, quoted
from pellucid.model.additions import Mish

# the kinds of numbers in which a network is computed, by their numbers in ONNX
FLOATS: dict[int, np.dtype[Any]] = {1: np.dtype("f4"), 11: np.dtype("f8")}


class Operator(NamedTuple):
    """How many inputs an operator takes at least and at most; its attributes with their defaults, or a type: none."""

    inputs: tuple[int, int]
    attributes: Mapping[str, Any] = {}


OPERATORS = {
    # layers
    "Gemm": Operator((2, 3), {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0}),
    "MatMul": Operator((2, 2)),
    "Add": Operator((2, 2)),
    # activations, and parts of those that come in several nodes
    "Relu": Operator((1, 1)),
    "LeakyRelu": Operator((1, 1), {"alpha": 0.01}),
    "Sigmoid": Operator((1, 1)),
    "Tanh": Operator((1, 1)),
    "Mish": Operator((1, 1)),
    "Gelu": Operator((1, 1), {"approximate": "none"}),
    "Softplus": Operator((1, 1)),
    "Mul": Operator((2, 2)),
    "Exp": Operator((1, 1)),
    "Softmax": Operator((1, 1), {"axis": -1}),
    # what leaves numbers as they are
    "Identity": Operator((1, 1)),
    "Cast": Operator((1, 1), {"to": int, "saturate": 1}),
    "Dropout": Operator((1, 3), {"ratio": 0.5, "seed": 0}),
    "Flatten": Operator((1, 1), {"axis": 1}),
    "Reshape": Operator((2, 2), {"allowzero": 0}),
    "Squeeze": Operator((1, 2), {"axes": ()}),
    "Transpose": Operator((1, 1), {"perm": ()}),
    # the probabilities of both classes from that of the second, and labels
    "Sub": Operator((2, 2)),
    "Concat": Operator((2, 2), {"axis": int}),
    "ArgMax": Operator((1, 1), {"axis": 0, "keepdims": 1, "select_last_index": 0}),
    "Gather": Operator((2, 2), {"axis": 0}),
    "ai.onnx.ml.ArrayFeatureExtractor": Operator((2, 2)),
    "ai.onnx.ml.ZipMap": Operator((1, 1), {"classlabels_strings": (), "classlabels_int64s": ()}),
}


def checked(graph: Graph, node: Node) -> dict[str, Any]:
    """All attributes of a node, the defaults among them.

    Raises:
        InputError: its operator is not among ``OPERATORS``, it has another number of inputs, or an attribute that the
            operator does not have, that is of another kind, or that is missing.
    """
    if node.operator not in OPERATORS:
        if node.operator == "LogSoftmax":
            raise graph.refused(
                node, "it gives logarithms, and pellucid probabilities; export it without, or with Softmax"
            )
        raise graph.refused(
            node,
            "pellucid has no such operator; only multi-layer perceptrons are read: layers of Gemm, or MatMul and Add, "
            "with activations between them",
        )
    operator = OPERATORS[node.operator]
    least, most = operator.inputs
    if not least <= len(node.inputs) <= most or "" in node.inputs[:least]:
        raise graph.refused(node, f"it has {len([*filter(None, node.inputs)])} inputs, which is not what it takes")
    about = dict(operator.attributes)
    for name, given in node.attributes.items():
        if name not in about:
            raise graph.refused(node, f"it says {quoted(name)[1:-1]}={quoted(given)}, which is not known of it")
        default = about[name]
        kind = default if isinstance(default, type) else type(default)
        if not isinstance(given, kind):
            raise graph.refused(node, f"it says {name}={quoted(given)}, which is of another kind")
        about[name] = given
    for name, said in about.items():
        if isinstance(said, type):
            raise graph.refused(node, f"it does not say its {name}")
    return about


def evaluate(graph: Graph, output: str, X: Array, constants: Mapping[str, AnyArray]) -> Array:
    """What a graph makes of rows X (n, inputs), in float64: the value called ``output``, for nodes that were checked.

    ``constants`` are those of the graph and those that its nodes made of them.
    """
    ((name, given),) = graph.inputs.items()
    sizes = [1 if size is None else size for size in (given.shape or ())[1:-1]]
    values: dict[str, AnyArray] = {name: X.reshape(len(X), *sizes, -1)}
    nodes = [node for node in leading_to(graph.nodes, output) if node.outputs[0] not in constants]
    last = {each: k for k, node in enumerate(nodes) for each in node.inputs}  # which node reads a value last
    with np.errstate(all="ignore"):
        for k, node in enumerate(nodes):
            inputs = [values[each] if each in values else _double(constants.get(each)) for each in node.inputs]
            values[node.outputs[0]] = _computed(node.operator, checked(graph, node), inputs)
            for each in node.inputs:
                if last[each] == k and each != output:
                    values.pop(each, None)
    return np.asarray(values[output], np.float64)


def _double(array: AnyArray | None) -> Any:
    return array.astype(np.float64) if array is not None and array.dtype.kind == "f" else array


def _computed(operator: str, about: Mapping[str, Any], inputs: list[AnyArray]) -> Any:
    """What an operator makes of its inputs; where it shapes rows, whatever the number of rows."""
    x, y = inputs[0], inputs[1] if len(inputs) > 1 else inputs[0]
    match operator:
        case "Gemm":
            product = about["alpha"] * ((x.T if about["transA"] else x) @ (y.T if about["transB"] else y))
            return product + about["beta"] * inputs[2] if len(inputs) > 2 and inputs[2] is not None else product
        case "MatMul":
            return x @ y
        case "Add":
            return x + y
        case "Sub":
            return x - y
        case "Mul":
            return x * y
        case "Concat":
            return np.concatenate([x, y], axis=about["axis"])
        case "Relu":
            return np.maximum(x, 0)
        case "LeakyRelu":
            return np.where(x > 0, x, about["alpha"] * x)
        case "Tanh":
            return np.tanh(x)
        case "Exp":
            return np.exp(x)
        case "Softplus":
            return np.logaddexp(0, x)
        case "Sigmoid":
            return value(Sigmoid(), x)
        case "Softmax":
            powers = np.exp(x - x.max(about["axis"], keepdims=True))
            return powers / powers.sum(about["axis"], keepdims=True)
        case "Mish":
            return value(Mish(), x)
        case "Gelu":
            return value(GELU(), x)
        case "Flatten":
            return x.reshape(math.prod(x.shape[: about["axis"]]), -1)
        case "Squeeze":
            return x.reshape(len(x))
        case "Reshape":
            return x.reshape(len(x), *(x.shape[1] if size == 0 else size for size in y.tolist()[1:]))
        case "Cast":
            return x if about["to"] in FLOATS else np.trunc(x)
        case _:  # Identity, Dropout
            return x
