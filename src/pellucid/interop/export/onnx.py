"""A model as an ONNX graph, its preprocessing in it: an input for each column of a table, answers by name.

Weights are float32; numbers and dates are scaled in float64, as pellucid does. Operators are those of opset 20. The
graph says besides, as the text ``DESCRIPTION`` of its metadata, what ``pellucid import`` needs to make the model again.
"""

import ast
import contextlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np

import pellucid
from pellucid._files.reading import StrPath
from pellucid._files.writing import write_whole
from pellucid.core.activations import GELU, Activation, Exponential, Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError, needs
from pellucid.core.registry import describe
from pellucid.interop.export import expressions
from pellucid.model.additions import Mish  # fmt: skip
from pellucid.model.columns import CYCLES, DAY, MONDAY, Category, Date, Number
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
    "abs": "Abs", "exp": "Exp", "log": "Log", "maximum": "Max", "minimum": "Min", "sqrt": "Sqrt", "tanh": "Tanh",
    "where": "Where", "+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "**": "Pow", ">": "Greater", "<": "Less",
    ">=": "GreaterOrEqual", "<=": "LessOrEqual",
}  # fmt: skip


def write(model: Model, path: StrPath) -> None:
    """Write a model as ONNX, whole or not at all.

    Raises:
        InputError: onnx is not installed, or the model holds what ONNX cannot: a weight beyond float32, a category or a
            class that is no Unicode text.
        OSError: the file cannot be written.
    """
    write_whole(path, graph(model).SerializeToString())


def graph(model: Model) -> Any:
    """The model as an ``onnx.ModelProto`` that the checker of onnx accepts.

    Inputs: for a table one a column, (n, 1): numbers and booleans double (NaN is a gap), categories string ("" is a
    gap), dates double, the seconds since 1970 (NaN is a gap). For pictures ``X`` (n, pixels), uint8 from 0 to 255; else
    ``X`` (n, inputs) float. Outputs: ``probabilities`` (n, classes) float and ``label`` (n,) string; or ``prediction``
    (n, values) double in the targets' units.

    An input has the name of its column (``input_names`` tells the exceptions). An output of which a column has the name
    is called that with a "_" behind it. All other names begin with "net/", which no input does.
    """
    needs("onnx", "onnx", "an ONNX graph")
    import onnx

    build = _Graph(onnx, () if model.preprocessing is None else [each.name for each in model.preprocessing.columns])
    x = build.inputs_of(model)
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


class _Graph:
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
        x = self.input(self.columns[k], "DOUBLE", 1)
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
        x = self.input(self.columns[k], "STRING", 1)
        missing = self.cast(self._is(x, texts([""], ""), f"gap {k}"), "DOUBLE", f"missing {k}")
        parts, known = [], missing
        if column.levels:
            names = texts(column.levels, f"column {column.name!r}")
            levels = self.cast(self._is(x, names, f"is {k}"), "DOUBLE", f"levels {k}")
            parts = [levels]
            axes = self.constant(np.array([1], np.int64), f"axis {k}")
            some = self.node("ReduceSum", [levels, axes], f"some {k}", keepdims=1)
            known = self.node("Add", [some, missing], f"known {k}")
        if column.others:
            parts.append(self.node("Sub", [self.number(1.0, f"one {k}"), known], f"other {k}"))
        if column.gaps:
            parts.append(missing)
        return parts

    def _is(self, x: str, known: AnyArray, name: str) -> str:
        """Which of some texts x (n, 1) is: (n, texts)."""
        return self.node("Equal", [x, self.constant(known[np.newaxis], f"texts of {name}")], name)

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
