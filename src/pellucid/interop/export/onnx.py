"""A model as an ONNX graph, its preprocessing in it: an input for each column of a table, answers by name.

Weights are float32; numbers and dates are scaled in float64, as pellucid does. Operators are those of opset 20. The
graph says besides, as the text ``DESCRIPTION`` of its metadata, what ``pellucid import`` needs to make the model again.
"""

import ast
import contextlib
import json
from typing import Any

import numpy as np

import pellucid
from pellucid._files.reading import StrPath
from pellucid._files.writing import write_whole
from pellucid.core.activations import GELU, Activation, Exponential, Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from pellucid.core.errors import InputError, needs
from pellucid.core.registry import describe
from pellucid.interop.export.onnx_builder import Builder, float32, texts
from pellucid.interop.export.onnx_columns import Columns
from pellucid.model import expressions
from pellucid.model.additions import Mish  # fmt: skip
from pellucid.model.model import Model
from pellucid.model.model_file import VERSION, describe_model

OPSET, IR = 20, 10
DESCRIPTION = "pellucid"  # the entry of the metadata that describes the model
KEPT = ("target", "weights")  # of what a model says of its data: where that lies is nobody else's business
# ONNX's own operators, with their attributes, of which texts name settings; every other activation is written in
# several nodes, from its formula
OPERATORS: dict[type[Activation], tuple[str, dict[str, Any]]] = {
    Identity: ("Identity", {}),
    ReLU: ("Relu", {}),
    LeakyReLU: ("LeakyRelu", {"alpha": "slope"}),
    Sigmoid: ("Sigmoid", {}),
    Tanh: ("Tanh", {}),
    Mish: ("Mish", {}),
    GELU: ("Gelu", {"approximate": b"tanh"}),
    Exponential: ("Exp", {}),
    Softmax: ("Softmax", {"axis": 1}),
}
FUNCTIONS = {
    "abs": "Abs", "clip": "Clip", "exp": "Exp", "log": "Log", "maximum": "Max", "minimum": "Min", "sign": "Sign",
    "sqrt": "Sqrt", "tanh": "Tanh", "where": "Where", "+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "**": "Pow",
    ">": "Greater", "<": "Less", ">=": "GreaterOrEqual", "<=": "LessOrEqual",
}  # fmt: skip


def write(model: Model, path: StrPath) -> None:
    """Write a model as ONNX, whole or not at all.

    Raises:
        InputError: onnx is not installed, or the model holds what ONNX cannot: a weight beyond float32, a category or a
            class that is no Unicode text.
        OSError: the file cannot be written.
    """
    write_whole(path, graph(model).SerializeToString())


def graph(model: Model, *, exact: bool = False) -> Any:
    """The model as an ``onnx.ModelProto`` that the checker of onnx accepts.

    Inputs: for a table one a column, (n, 1): numbers and booleans double, dates double, the seconds since 1970 (NaN is
    a gap), categories string ("" is a gap, as are the other marks of missing values). For pictures ``X`` (n, pixels),
    uint8 from 0 to 255; else ``X`` (n, inputs) float. Outputs: ``probabilities`` (n, classes) float and ``label`` (n,)
    string; or ``prediction`` (n, values) double in the targets' units.

    An input has the name of its column (``input_names`` tells the exceptions). An output of which a column has the name
    is called that with a "_" behind it. All other names begin with "net/", which no input does.

    A text is the level that is written so or else means the same, and marks such as "?" are gaps; with ``exact``, as in
    an earlier version, only what is written so is a level, and only "" a gap.
    """
    needs("onnx", "onnx", "an ONNX graph")
    import onnx

    build = _Graph(onnx, () if model.preprocessing is None else [each.name for each in model.preprocessing.columns])
    x = build.inputs_of(model, exact=exact)
    for l, (W, b, activation) in enumerate(model.network.layers, start=1):
        weights = build.constant(float32(W, f"layer {l}"), f"W{l}")
        bias = build.constant(float32(b, f"layer {l}"), f"b{l}")
        # Z = X Wᵀ + b
        x = build.node("Gemm", [x, weights, bias], f"z{l}", transB=1)
        x = build.activation(activation, x, f"a{l}")
    build.answers(model, x)
    made = build.finished(model)
    onnx.checker.check_model(made, full_check=True)
    return made


class _Graph(Builder):
    """The graph of a model."""

    def activation(self, f: Activation, z: str, name: str) -> str:
        """Add an activation function."""
        if type(f) in OPERATORS:
            settings = describe(f)
            operator, attributes = OPERATORS[type(f)]
            given = {
                key: float(float32(settings[value], f.name)) if isinstance(value, str) else value
                for key, value in attributes.items()
            }
            return self.node(operator, [z], name, **given)
        return self.node("Identity", [self._formula(f, z, name)], name)

    def _formula(self, f: Activation, z: str, name: str) -> str:
        """Add the nodes of a formula; returns the name of its value."""

        def fresh() -> str:
            return f"{name} part {len(self.nodes) + len(self.constants)}"

        def number(value: float) -> str:
            return self.constant(float32(value, f.name), fresh())

        def operation(sign: str, parts: list[str]) -> str:
            if len(parts) == 1:
                return self.node("Neg", parts, fresh())
            return self.node(FUNCTIONS[sign], parts, fresh())

        def call(node: ast.Call, parts: list[str]) -> str:
            function = expressions.function_name(node)
            if function == "log1p":  # log(1 + x)
                return self.node("Log", [operation("+", [number(1.0), *parts])], fresh())
            if function == "logaddexp":  # max(a, b) + log(1 + exp(−|a − b|))
                apart = self.node("Abs", [operation("-", parts)], fresh())
                inner = self.node("Exp", [self.node("Neg", [apart], fresh())], fresh())
                rest = self.node("Log", [operation("+", [number(1.0), inner])], fresh())
                return operation("+", [self.node("Max", parts, fresh()), rest])
            return self.node(FUNCTIONS[function], parts, fresh())

        tree = expressions.parsed(f)
        return expressions.walked(tree, score=z, number=number, call=call, operation=operation)

    def inputs_of(self, model: Model, *, exact: bool) -> str:
        """Add the inputs and what the preprocessing makes of them: (n, inputs) float."""
        width = model.network.sizes[0]
        if model.preprocessing is not None:
            parts = Columns(self, exact=exact).all(model.preprocessing)
            return self.cast(self.node("Concat", parts, "scaled", axis=1), "FLOAT", "a0")
        if model.image_shape is None:
            return self.input("X", "FLOAT", width)
        pixels = self.cast(self.input("X", "UINT8", width), "FLOAT", "pixels")
        return self.node("Div", [pixels, self.constant(np.array(255, np.float32), "white")], "a0")

    def answers(self, model: Model, outputs: str) -> None:
        """Add what outputs come to: classes by name, or values in the targets' units."""
        net, plan = model.network, model.preprocessing
        k = net.sizes[-1]
        if net.loss.kind == "values":
            y = self.cast(outputs, "DOUBLE", "scaled prediction")
            scale = np.array([[t.scale for t in plan.targets] if plan is not None else [1.0] * k])
            mean = np.array([[t.mean for t in plan.targets] if plan is not None else [0.0] * k])
            y = self.node("Mul", [y, self.constant(scale, "scale of the target")], "prediction without its mean")
            y = self.node("Add", [y, self.constant(mean, "mean of the target")], "prediction")
            self.output(y, "prediction", "DOUBLE", ["n", k])
            return
        if k == 1:
            one = self.constant(np.array(1, np.float32), "one")
            rest = self.node("Sub", [one, outputs], "of the first")
            outputs = self.node("Concat", [rest, outputs], "of both", axis=1)
        self.output(outputs, "probabilities", "FLOAT", ["n", max(k, 2)])
        if k > 1 and net.loss.kind == "probabilities":
            return  # several questions, each with its answer
        names = self.constant(texts(model.class_names, "classes"), "classes")
        likeliest = self.node("ArgMax", [outputs], "likeliest", axis=1, keepdims=0)
        self.output(self.node("Gather", [names, likeliest], "label", axis=0), "label", "STRING", ["n"])

    def finished(self, model: Model) -> Any:
        """The whole model."""
        helper = self.onnx.helper
        made = helper.make_model(
            helper.make_graph(self.nodes, "pellucid", self.inputs, self.outputs, self.constants),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR,
            producer_name="pellucid",
            producer_version=pellucid.__version__,
        )
        with contextlib.suppress(InputError):  # of a part that no file could bring back
            about = {**describe_model(model), "data": {key: model.data[key] for key in KEPT if key in model.data}}
            helper.set_model_props(made, {DESCRIPTION: json.dumps({"format": VERSION, **about})})
        return made
