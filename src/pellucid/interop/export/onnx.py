"""A model as an ONNX graph, its preprocessing in it: an input for each column of a table, answers by name.

Weights are float32; numbers and dates are scaled in float64, as pellucid does. Operators are those of opset 20.
"""

import ast
from typing import Any

import numpy as np

import pellucid
from pellucid._files import StrPath
from pellucid._writing import write_whole
from pellucid.core.activations import GELU, Activation, Exponential, Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import needs
from pellucid.core.registry import describe
from pellucid.interop.export import expressions
from pellucid.model.additions import Mish  # fmt: skip
from pellucid.model.columns import CYCLES, DAY, MONDAY, Category, Date, Number
from pellucid.model.model import Model

OPSET, IR = 20, 10
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
    "abs": "Abs", "exp": "Exp", "log": "Log", "maximum": "Max", "minimum": "Min", "sqrt": "Sqrt", "tanh": "Tanh",
    "where": "Where", "+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "**": "Pow", ">": "Greater", "<": "Less",
    ">=": "GreaterOrEqual", "<=": "LessOrEqual",
}  # fmt: skip


def write(model: Model, path: StrPath) -> None:
    """Write a model as ONNX, whole or not at all.

    Raises:
        InputError: onnx is not installed.
        OSError: the file cannot be written.
    """
    write_whole(path, graph(model).SerializeToString())


def graph(model: Model) -> Any:
    """The model as an ``onnx.ModelProto`` that the checker of onnx accepts.

    Inputs: for a table one a column, (n, 1): numbers and booleans double (NaN is a gap), categories string ("" is a
    gap), dates double, the seconds since 1970 (NaN is a gap). For pictures ``X`` (n, pixels), uint8 from 0 to 255; else
    ``X`` (n, inputs) float. Outputs: ``probabilities`` (n, classes) float and ``label`` (n,) string; or ``prediction``
    (n, values) double in the targets' units.
    """
    needs("onnx", "onnx", "an ONNX graph")
    import onnx

    build = _Graph(onnx)
    x = build.inputs_of(model)
    last = len(model.network.layers)
    for l, (W, b, activation) in enumerate(model.network.layers, start=1):
        weights = build.constant(W.astype(np.float32), f"W{l}")
        bias = build.constant(b.astype(np.float32), f"b{l}")
        # Z = X Wᵀ + b
        x = build.node("Gemm", [x, weights, bias], f"z{l}", transB=1)
        x = build.activation(activation, x, f"a{l}" if l < last else "outputs")
    build.answers(model, x)
    made = build.finished(model)
    onnx.checker.check_model(made, full_check=True)
    return made


class _Graph:
    """A graph under construction."""

    def __init__(self, onnx: Any) -> None:
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Add a node; returns the name of its output."""
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, [output], name=f"make {output}", **attributes))
        return output

    def constant(self, value: AnyArray, name: str) -> str:
        """Add a constant; returns its name."""
        self.constants.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def number(self, value: float, name: str) -> str:
        """Add a number as (1, 1) float64."""
        return self.constant(np.array([[value]], np.float64), name)

    def input(self, name: str, kind: str, width: int) -> str:
        """Add an input of the graph, (n, width)."""
        about = self.onnx.helper.make_tensor_value_info(name, getattr(self.onnx.TensorProto, kind), ["n", width])
        self.inputs.append(about)
        return name

    def output(self, name: str, kind: str, shape: list[Any]) -> None:
        """Say that something is an output of the graph."""
        kind = getattr(self.onnx.TensorProto, kind)
        self.outputs.append(self.onnx.helper.make_tensor_value_info(name, kind, shape))

    def cast(self, x: str, kind: str, name: str) -> str:
        """Add a cast to FLOAT, DOUBLE, …"""
        return self.node("Cast", [x], name, to=getattr(self.onnx.TensorProto, kind))

    def activation(self, f: Activation, z: str, name: str) -> str:
        """Add an activation function."""
        if type(f) in OPERATORS:
            settings = describe(f)
            operator, attributes = OPERATORS[type(f)]
            given = {key: settings[value] if isinstance(value, str) else value for key, value in attributes.items()}
            return self.node(operator, [z], name, **given)
        self.node("Identity", [self._formula(f, z, name)], name)
        return name

    def _formula(self, f: Activation, z: str, name: str) -> str:
        """Add the nodes of a formula; returns the name of its value."""

        def fresh() -> str:
            return f"{name} part {len(self.nodes) + len(self.constants)}"

        def number(value: float) -> str:
            return self.constant(np.array(value, np.float32), fresh())

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

    def inputs_of(self, model: Model) -> str:
        """Add the inputs and what the preprocessing makes of them: (n, inputs) float."""
        width = model.network.sizes[0]
        if model.preprocessing is not None:
            parts = [part for k, column in enumerate(model.preprocessing.columns) for part in self._column(column, k)]
            return self.cast(self.node("Concat", parts, "scaled", axis=1), "FLOAT", "a0")
        if model.image_shape is None:
            return self.input("X", "FLOAT", width)
        pixels = self.cast(self.input("X", "UINT8", width), "FLOAT", "pixels")
        return self.node("Div", [pixels, self.constant(np.array(255, np.float32), "white")], "a0")

    def _column(self, column: Number | Category | Date, k: int) -> list[str]:
        """Add a column: the names of its inputs of the network, (n, …) double each."""
        if isinstance(column, Category):
            return self._category(column, k)
        x = self.input(column.name, "DOUBLE", 1)
        missing = self.node("IsNaN", [x], f"missing {k}")
        filled = self.node("Where", [missing, self.number(column.fill, f"fill {k}"), x], f"filled {k}")
        if isinstance(column, Date):
            filled = self.node("Div", [filled, self.number(DAY, f"day {k}")], f"days {k}")
        mean, scale = self.number(column.mean, f"mean {k}"), self.number(column.scale, f"scale {k}")
        parts = [self.node("Div", [self.node("Sub", [filled, mean], f"centred {k}"), scale], f"number {k}")]
        for cycle in column.cycles if isinstance(column, Date) else ():
            parts += self._waves(filled, cycle, f"{cycle} {k}")
        if column.gaps:
            parts.append(self.cast(missing, "DOUBLE", f"gap {k}"))
        return parts

    def _waves(self, days: str, cycle: str, name: str) -> list[str]:
        """Sine and cosine of the place in a cycle; the cosine as a sine a quarter of a turn later."""
        since = self.node("Sub", [days, self.number(MONDAY, f"Monday {name}")], f"since {name}")
        turns = self.node("Div", [since, self.number(CYCLES[cycle], f"length {name}")], f"turns {name}")
        place = self.node("Sub", [turns, self.node("Floor", [turns], f"whole {name}")], f"place {name}")
        angle = self.node("Mul", [place, self.number(2 * np.pi, f"circle {name}")], f"angle {name}")
        later = self.node("Add", [angle, self.number(np.pi / 2, f"quarter {name}")], f"later {name}")
        return [self.node("Sin", [angle], f"sin {name}"), self.node("Sin", [later], f"cos {name}")]

    def _category(self, column: Category, k: int) -> list[str]:
        x = self.input(column.name, "STRING", 1)
        missing = self.cast(self._is(x, [""], f"gap {k}"), "DOUBLE", f"missing {k}")
        parts, known = [], missing
        if column.levels:
            levels = self.cast(self._is(x, list(column.levels), f"is {k}"), "DOUBLE", f"levels {k}")
            parts = [levels]
            axes = self.constant(np.array([1], np.int64), f"axis {k}")
            some = self.node("ReduceSum", [levels, axes], f"some {k}", keepdims=1)
            known = self.node("Add", [some, missing], f"known {k}")
        if column.others:
            parts.append(self.node("Sub", [self.number(1.0, f"one {k}"), known], f"other {k}"))
        if column.gaps:
            parts.append(missing)
        return parts

    def _is(self, x: str, texts: list[str], name: str) -> str:
        """Which of some texts x (n, 1) is: (n, texts)."""
        known = self.constant(np.array([texts], object), f"texts of {name}")
        return self.node("Equal", [x, known], name)

    def answers(self, model: Model, outputs: str) -> None:
        """Add what outputs come to: classes by name, or values in the targets' units."""
        net, plan = model.network, model.preprocessing
        k = net.sizes[-1]
        if net.loss.kind == "values":
            y = self.cast(outputs, "DOUBLE", "scaled prediction")
            scale = np.array([[t.scale for t in plan.targets] if plan is not None else [1.0] * k])
            mean = np.array([[t.mean for t in plan.targets] if plan is not None else [0.0] * k])
            y = self.node("Mul", [y, self.constant(scale, "scale of the target")], "prediction without its mean")
            self.node("Add", [y, self.constant(mean, "mean of the target")], "prediction")
            self.output("prediction", "DOUBLE", ["n", k])
            return
        if k > 1 and net.loss.kind == "probabilities":  # several questions, each with its answer
            self.node("Identity", [outputs], "probabilities")
            self.output("probabilities", "FLOAT", ["n", k])
            return
        if k == 1:
            one = self.constant(np.array(1, np.float32), "one")
            self.node("Concat", [self.node("Sub", [one, outputs], "of the first"), outputs], "probabilities", axis=1)
        else:
            self.node("Identity", [outputs], "probabilities")
        self.output("probabilities", "FLOAT", ["n", max(k, 2)])
        names = self.constant(np.array(model.class_names, object), "classes")
        likeliest = self.node("ArgMax", ["probabilities"], "likeliest", axis=1, keepdims=0)
        self.node("Gather", [names, likeliest], "label", axis=0)
        self.output("label", "STRING", ["n"])

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
        about = {"sizes": "-".join(map(str, model.network.sizes)), "inputs": "\n".join(model.feature_names)}
        if model.classes is not None:
            about["classes"] = "\n".join(model.classes)
        helper.set_model_props(made, about)
        return made
