"""A multi-layer perceptron from an ONNX graph: products, biases and activations, one behind the other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pellucid._files import StrPath, read_file
from pellucid.core.activations import GELU, Activation, Identity, LeakyReLU, ReLU, Sigmoid, Tanh
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError, needs
from pellucid.core.losses import BinaryCrossEntropy, CrossEntropy, Poisson
from pellucid.interop.importing.importer import class_names, loss_for, network
from pellucid.model.additions import Mish
from pellucid.model.model import Model

PASSED_OVER = ("Identity", "Flatten", "Reshape", "Cast", "Dropout")
ENDS = {"Softmax": "softmax", "LogSoftmax": "softmax", "Exp": "exp"}  # only of the last layer
SIMPLE: dict[str, type[Activation]] = {"Relu": ReLU, "Sigmoid": Sigmoid, "Tanh": Tanh, "Mish": Mish}


def from_onnx(path: StrPath, *, task: str | None = None, classes: Sequence[str] | None = None) -> Model:
    """A model from the file of an ONNX graph that is a multi-layer perceptron.

    Read are Gemm, MatMul and Add of constants, Relu, LeakyRelu, Sigmoid, Tanh, Mish, Gelu in its tanh form, and at the
    end Softmax, Sigmoid or Exp. Where neither is there, ``task`` says what the outputs are: scores of classes
    ("classification"), or values ("regression", the default).

    Raises:
        InputError: onnx is not installed, there is no such file, or it is another kind of graph; the message names the
            node.
    """
    needs("onnx", "onnx", f"{path}: an ONNX graph")
    import onnx
    from google.protobuf.message import DecodeError

    content = read_file(path)
    try:
        made = onnx.ModelProto.FromString(content)
        constants = {each.name: onnx.numpy_helper.to_array(each) for each in made.graph.initializer}
    except (DecodeError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise InputError(f"{path}: is no whole ONNX file ({type(error).__name__}); export it again") from None
    if not made.graph.node:
        raise InputError(f"{path}: is no ONNX file, or an empty one; export it again")
    chain = _Chain(str(Path(path)), constants, onnx)
    for node in made.graph.node:
        chain.take(node)
    return chain.model(task, classes)


class _Chain:
    """The layers of a graph, read node by node."""

    def __init__(self, name: str, constants: dict[str, AnyArray], onnx: Any) -> None:
        self.name, self.constants, self.onnx = name, constants, onnx
        self.layers: list[tuple[AnyArray, AnyArray]] = []
        self.activations: list[Activation | str] = []  # one behind each layer
        self.current: str | None = None  # what the next node must read

    def take(self, node: Any) -> None:
        """Read one node."""
        if node.op_type == "Constant":
            value = next(each.t for each in node.attribute if each.name == "value")
            self.constants[node.output[0]] = self.onnx.numpy_helper.to_array(value)
            return
        if node.op_type in PASSED_OVER and node.input[0] in self.constants:
            self.constants[node.output[0]] = self.constants[node.input[0]]
            return
        if self.current is not None and self.current not in node.input:
            raise self._other(node, "it does not read what the node before it makes")
        about = {each.name: self.onnx.helper.get_attribute_value(each) for each in node.attribute}
        if node.op_type in ("Gemm", "MatMul"):
            self._product(node, about)
        elif node.op_type == "Add":
            self._bias(node)
        elif node.op_type not in PASSED_OVER:
            self._activate(node, about)
        self.current = node.output[0]

    def _product(self, node: Any, about: dict[str, Any]) -> None:
        if about.get("transA") or about.get("alpha", 1.0) != 1 or about.get("beta", 1.0) != 1:
            raise self._other(node, "it scales or turns its operands")
        W = self._constant(node, node.input[1])
        if not about.get("transB"):
            W = W.T
        b = self._constant(node, node.input[2]).reshape(-1) if len(node.input) > 2 else np.zeros(len(W), W.dtype)
        if W.ndim != 2:
            raise self._other(node, f"its weights have the shape {W.shape}")
        self.layers.append((W, b))
        self.activations.append(Identity())

    def _bias(self, node: Any) -> None:
        b = self._constant(node, next(each for each in node.input if each != self.current)).reshape(-1)
        if not self.layers or self.layers[-1][1].any():
            raise self._other(node, "there is no product before it")
        self.layers[-1] = (self.layers[-1][0], b)

    def _activate(self, node: Any, about: dict[str, Any]) -> None:
        kind = node.op_type
        if not self.layers or not isinstance(self.activations[-1], Identity):
            raise self._other(node, "there is no layer before it")
        if kind in SIMPLE:
            self.activations[-1] = SIMPLE[kind]()
        elif kind == "LeakyRelu":
            self.activations[-1] = LeakyReLU(float(about.get("alpha", 0.01)))
        elif kind == "Gelu" and about.get("approximate", b"none") == b"tanh":
            self.activations[-1] = GELU()
        elif kind in ENDS:
            self.activations[-1] = ENDS[kind]
        else:
            raise self._other(node, "pellucid has no such function")

    def _constant(self, node: Any, name: str) -> AnyArray:
        if name not in self.constants:
            raise self._other(node, f"{name} is not a constant")
        return np.asarray(self.constants[name])

    def _other(self, node: Any, why: str) -> InputError:
        called = f" {node.name!r}" if node.name else ""
        return InputError(
            f"{self.name}: node{called} of type {node.op_type}: {why}; only multi-layer perceptrons are read: "
            "layers of Gemm, or MatMul and Add, with activations between them"
        )

    def model(self, task: str | None, classes: Sequence[str] | None) -> Model:
        """The whole as a model."""
        if not self.layers:
            raise InputError(f"{self.name}: holds no layer; only multi-layer perceptrons are read")
        last, outputs = self.activations[-1], len(self.layers[-1][1])
        if last == "softmax":
            loss: Any = CrossEntropy()
        elif last == "exp":
            loss = Poisson()
        elif isinstance(last, Sigmoid):
            loss = BinaryCrossEntropy()
        elif isinstance(last, Identity):
            loss = loss_for(task or "regression", outputs)
        else:
            raise InputError(f"{self.name}: its outputs go through {last}, which belongs between layers")
        hidden = self.activations[:-1]
        ends = [f for f in hidden if f in ENDS.values()]
        if ends:
            raise InputError(f"{self.name}: has {ends[0]} between layers; only the last layer may have it")
        return Model(network(self.layers, hidden, loss, self.name), class_names(classes, self.layers))  # type: ignore[arg-type]
