"""ONNX files to be careful with: graphs made at random, and mutants of graphs that know what a graph is made of."""

import copy
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import pellucid as pl
from pellucid.interop.export.onnx import graph
from pellucid.interop.importing.onnx import from_onnx
from pellucid.model.columns import Category, Date, Number, Target
from pellucid.model.preprocessing import Preprocessing

ACTIVATIONS = ["Relu", "Sigmoid", "Tanh", "LeakyRelu", "Mish", "Gelu", "SiLU", "Identity"]
DISTURBING = ["Elu", "Abs", "Softmax", "LogSoftmax", "Exp", "Cast to int", "Cast to half", "Dropout", "Add behind",
              "Add odd", "Mul", "Transpose", "Twice", "Reshape", "Flatten", "Sum of two", "Squeeze"]  # fmt: skip


def made(nodes: list[Any], constants: dict[str, Any], outputs: list[str], width: int = 3, opset: int = 20) -> bytes:
    """The bytes of a graph from X (n, width)."""
    held = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    given = [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["n", width])]
    gone = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    whole = helper.make_graph(nodes, "g", given, gone, held)
    ids = [helper.make_opsetid("", opset)]
    content: bytes = helper.make_model(whole, opset_imports=ids, ir_version=10).SerializeToString()
    return content


def changed(content: bytes, change: Any) -> bytes:
    """The same file, after something was done to its ModelProto."""
    whole = onnx.ModelProto.FromString(content)
    change(whole)
    again: bytes = whole.SerializeToString()
    return again


def imported(content: bytes, folder: Path, **settings: Any) -> pl.Model:
    (folder / "m.onnx").write_bytes(content)
    return from_onnx(folder / "m.onnx", **settings)


class _Random:
    """A graph that is made node by node."""

    def __init__(self, rng: random.Random, disturbed: float) -> None:
        self.rng, self.disturbed = rng, disturbed
        self.numbers = np.random.default_rng(rng.randrange(2**32))
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}
        self.current, self.width = "X", 3
        self.scores = "X"

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=f"n{len(self.nodes)}", **attributes))
        self.current = name
        return name

    def constant(self, *shape: int, value: Any = None) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = self.numbers.normal(size=shape).astype(np.float32) if value is None else value
        return name

    def layer(self) -> None:
        size, rng = rng_size(self.rng), self.rng
        x, turned = self.current, rng.random() < 0.5
        W = self.constant(*((size, self.width) if turned else (self.width, size)))
        form = rng.choice(["Gemm", "Gemm", "Gemm alone", "MatMul", "MatMul alone"])
        bias = rng.choice([(size,), (1, size), (1,), ()])
        if form.startswith("Gemm"):
            extra = [self.constant(*bias)] if form == "Gemm" else []
            self.node("Gemm", x, W, *extra, transB=int(turned), alpha=rng.choice([1.0] * 9 + [0.5]))
        else:
            if turned:
                W = self.node("Transpose", W, perm=[1, 0])
            product = self.node("MatMul", x, W)
            if form == "MatMul":
                pair = [product, self.constant(*bias)]
                self.node("Add", *(pair if rng.random() < 0.5 else pair[::-1]))
        self.width, self.scores = size, self.current

    def activation(self, kind: str) -> None:
        x = self.current
        if kind == "SiLU":
            self.node("Mul", x, self.node("Sigmoid", x))
        elif kind == "Gelu":
            self.node("Gelu", x, approximate="tanh")
        elif kind == "LeakyRelu":
            self.node("LeakyRelu", x, alpha=round(self.rng.random(), 3))
        else:
            self.node(kind, x)

    def disturb(self) -> None:
        """Add something that a perceptron may or may not have."""
        kind, x, rng = self.rng.choice(DISTURBING), self.current, self.rng
        if kind in ("Elu", "Abs", "Exp", "LogSoftmax", "Transpose"):
            self.node(kind, x)
        elif kind == "Softmax":
            self.node("Softmax", x, axis=rng.choice([0, 1, -1, -2]))
        elif kind.startswith("Cast"):
            inner = self.node("Cast", x, to=TensorProto.INT64 if kind == "Cast to int" else TensorProto.FLOAT16)
            self.node("Cast", inner, to=TensorProto.FLOAT)
        elif kind == "Dropout":
            ratio = self.constant(value=np.array(0.5, np.float32))
            self.node("Dropout", x, ratio, self.constant(value=np.array(rng.random() < 0.5)))
        elif kind.startswith("Add"):
            self.node("Add", x, self.constant(*((1, self.width) if kind == "Add behind" else (2, 1))))
        elif kind == "Mul":
            self.node("Mul", x, self.constant(self.width))
        elif kind == "Twice":
            self.node("Add", x, x)
        elif kind == "Sum of two":
            self.node("Add", x, self.scores)
        elif kind == "Reshape":
            sizes = rng.choice([[-1, self.width], [0, -1], [-1, 1], [1, -1], [0, 0], [-1]])
            self.node("Reshape", x, self.constant(value=np.array(sizes, np.int64)))
        elif kind == "Flatten":
            self.node("Flatten", x, axis=rng.choice([0, 1, 2, -1]))
        elif kind == "Squeeze":
            self.node("Squeeze", x, self.constant(value=np.array([1], np.int64)))


def rng_size(rng: random.Random) -> int:
    """How wide a layer is; often 1, where much is different."""
    return rng.choice([1, 2, 3, 4])


def random_graph(seed: int, disturbed: float = 0.15) -> bytes:
    """A graph of layers and activations, in all the ways in which one may write them, and now and then more."""
    rng = random.Random(seed)
    build = _Random(rng, disturbed)
    layers = rng.randint(1, 3)
    for number in range(layers):
        if rng.random() < disturbed:
            build.disturb()
        build.layer()
        if rng.random() < disturbed:
            build.disturb()
        if number < layers - 1:
            build.activation(rng.choice(ACTIVATIONS))
    end = rng.choice(["Softmax", "Sigmoid", "Exp", "Identity", "Relu"])
    build.node(end, build.current, **({"axis": rng.choice([1, -1])} if end == "Softmax" else {}))
    if rng.random() < disturbed:
        build.disturb()
    outputs = [build.current]
    if rng.random() < disturbed:
        outputs.append(rng.choice(build.nodes).output[0])
    if rng.random() < disturbed:
        outputs = [rng.choice(build.nodes).output[0]]
    return made(build.nodes, build.constants, list(dict.fromkeys(outputs)))


def seeds() -> dict[str, bytes]:
    """A few whole files of all kinds: of pellucid itself, and as others write them."""
    rng = np.random.default_rng(0)
    plan = Preprocessing(
        (
            Number("age", 40.0, 10.0, 38.0, gaps=True),
            Category("city", ("Bonn", "Köln"), others=True, gaps=True),
            Date("when", 19000.0, 100.0, 1.6e9, cycles=("week",)),
        ),
        targets=(Target("price", 200.0, 30.0),),
    )
    of_table = pl.Network([len(plan.inputs), 4, 1], activation=pl.SiLU(), loss=pl.SquaredError(), rng=rng)
    of_array = pl.Network([3, 4, 1], activation=pl.GELU(), loss=pl.BinaryCrossEntropy(), rng=rng)
    of_picture = pl.Network([4, 3, 3], activation=pl.LeakyReLU(0.2), rng=rng)
    return {
        "table": graph(pl.Model(of_table, preprocessing=plan)).SerializeToString(),
        "array": graph(pl.Model(of_array, ("no", "yes"))).SerializeToString(),
        "picture": graph(pl.Model(of_picture, ("a", "b", "c"), image_shape=(2, 2))).SerializeToString(),
        "scikit-learn": like_scikit_learn(classes=3),
        "scikit-learn, two classes": like_scikit_learn(classes=2),
        "pytorch": random_graph(19, disturbed=0.0),
    }


def like_scikit_learn(*, classes: int, zipped: bool = True) -> bytes:
    """A graph as skl2onnx 1.20 writes a classifier: products and sums, labels looked up, probabilities by name."""
    build = _Random(random.Random(classes), 0.0)
    build.node("Cast", "X", to=TensorProto.FLOAT)
    for number, size in enumerate([5, classes if classes > 2 else 1]):
        if number:
            build.node("Tanh", build.current)
        build.node("MatMul", build.current, build.constant(build.width, size))
        build.node("Add", build.current, build.constant(1, size))
        build.width = size
    p = build.node("Softmax" if classes > 2 else "Sigmoid", build.current)
    if classes == 2:
        rest = build.node("Sub", build.constant(value=np.array(1, np.float32)), p)
        p = build.node("Concat", rest, p, axis=1)
    names = [f"class {k}" for k in range(classes)]
    likeliest = build.node("ArgMax", p, axis=1)
    known = build.constant(value=np.array(names, object))
    label = build.node("ArrayFeatureExtractor", known, likeliest, domain="ai.onnx.ml")
    label = build.node("Reshape", label, build.constant(value=np.array([-1], np.int64)))
    shares = build.node("ZipMap", p, classlabels_strings=names, domain="ai.onnx.ml") if zipped else p
    whole = onnx.ModelProto.FromString(made(build.nodes, build.constants, [label, shares]))
    whole.opset_import.append(helper.make_opsetid("ai.onnx.ml", 1))
    del whole.graph.output[:]
    whole.graph.output.append(helper.make_tensor_value_info(label, TensorProto.STRING, ["n"]))
    share = helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, ()))
    whole.graph.output.append(
        helper.make_value_info(shares, helper.make_sequence_type_proto(share))
        if zipped
        else helper.make_tensor_value_info(shares, TensorProto.FLOAT, ["n", classes])
    )
    content: bytes = whole.SerializeToString()
    return content


# --- mutants


def _node(graph: Any, rng: random.Random) -> Any:
    return rng.choice(graph.node) if graph.node else helper.make_node("Identity", ["X"], ["y"])


def _delete(graph: Any, rng: random.Random) -> None:
    part = rng.choice([graph.node, graph.initializer, graph.input, graph.output])
    if part:
        del part[rng.randrange(len(part))]


def _double(graph: Any, rng: random.Random) -> None:
    part = rng.choice([graph.node, graph.initializer, graph.input, graph.output])
    if part:
        part.append(copy.deepcopy(rng.choice(part)))


def _names(graph: Any) -> list[str]:
    of_nodes = [name for node in graph.node for name in node.output]
    return [*of_nodes, *(each.name for each in graph.initializer), *(each.name for each in graph.input), "", "gone"]


def _rewire(graph: Any, rng: random.Random) -> None:
    node = _node(graph, rng)
    side = rng.choice([node.input, node.output])
    choice = rng.randrange(4)
    if choice == 0 or not side:
        side.append(rng.choice(_names(graph)))
    elif choice == 1:
        del side[rng.randrange(len(side))]
    elif choice == 2:
        items = list(side)
        rng.shuffle(items)
        side[:] = items
    else:
        side[rng.randrange(len(side))] = rng.choice(_names(graph))


def _operator(graph: Any, rng: random.Random) -> None:
    node = _node(graph, rng)
    node.op_type = rng.choice([*ACTIVATIONS, "Softmax", "LogSoftmax", "Exp", "Add", "Mul", "Sub", "Gemm", "Constant",
                               "Dropout", "Flatten", "Cast", "Reshape", "", "Gather", "ArgMax", "If"])  # fmt: skip
    if rng.random() < 0.2:
        node.domain = rng.choice(["com.microsoft", "ai.onnx", "ai.onnx.ml", ""])


def _attribute(graph: Any, rng: random.Random) -> None:
    node = _node(graph, rng)
    names = [each.name for each in node.attribute] + ["axis", "alpha", "beta", "transA", "transB", "to", "value",
             "value_float", "training_mode", "perm", "axes", "allowzero", "approximate", "keepdims"]  # fmt: skip
    values: list[Any] = [0, 1, -1, 2, 7, 0.5, 1.0, float("nan"), "tanh", "none", [0, 1], [1.0], ["a"], 2**62,
                         numpy_helper.from_array(np.ones((2, 2), np.float32))]  # fmt: skip
    choice = rng.randrange(4)
    if choice == 0 and node.attribute:
        del node.attribute[rng.randrange(len(node.attribute))]
    elif choice == 1 and node.attribute:
        rng.choice(node.attribute).type = rng.randrange(0, 12)
    elif choice == 2 and node.attribute:
        node.attribute.append(copy.deepcopy(rng.choice(node.attribute)))
    else:
        node.attribute.append(helper.make_attribute(rng.choice(names), rng.choice(values)))


def _tensor(graph: Any, rng: random.Random) -> None:
    if not graph.initializer:
        return
    tensor = rng.choice(graph.initializer)
    choice = rng.randrange(7)
    if choice == 0:
        tensor.dims[:] = rng.choice([[], [0], [1], [2, 3], [3, 2], [-1, 2], [2**40, 2**40], [2**62] * 3, [1] * 70, [6]])
    elif choice == 1:
        tensor.data_type = rng.randrange(0, 26)
    elif choice == 2:
        tensor.raw_data = tensor.raw_data[: rng.randrange(len(tensor.raw_data) + 1)] + b"\0" * rng.randrange(3)
    elif choice == 3:
        tensor.float_data.append(rng.random())
    elif choice == 4:
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (
            ("location", rng.choice(["w", "../w", "/etc/passwd", ""])),
            ("offset", rng.choice(["0", "-1", "x"])),
        ):
            tensor.external_data.add(key=key, value=value)
    elif choice == 5:
        size = max(1, len(tensor.raw_data) // 4)
        tensor.raw_data = np.full(size, rng.choice([np.nan, np.inf, 1e38, 0]), np.float32).tobytes()
    else:
        array = np.ones([size for size in tensor.dims[:4] if 0 < size < 9], np.float32)
        kind = rng.choice([np.float64, np.float16, np.complex64, np.int64, np.bool_, np.str_])
        with np.errstate(all="ignore"):
            other: Any = array.astype(kind)
        tensor.CopyFrom(numpy_helper.from_array(other.astype(object) if kind is np.str_ else other, tensor.name))


def _outside(graph: Any, rng: random.Random) -> None:
    """Inputs and outputs of other kinds, shapes and names."""
    part = rng.choice([graph.input, graph.output])
    if not part:
        return
    each = rng.choice(part)
    choice = rng.randrange(4)
    if choice == 0:
        each.type.tensor_type.elem_type = rng.randrange(0, 20)
    elif choice == 1:
        each.type.tensor_type.ClearField("shape")
        for size in rng.choice([[], [3], [2, 3], [3, 1, 3], [-1, 3], [0, 0]]):
            each.type.tensor_type.shape.dim.add(dim_value=size)
    elif choice == 2:
        each.name = rng.choice(_names(graph))
    else:
        each.type.Clear()


MUTATIONS: list[Callable[[Any, random.Random], None]] = [
    _delete, _double, _rewire, _operator, _attribute, _tensor, _outside,
]  # fmt: skip


def mutant(rng: random.Random, content: bytes) -> bytes:
    """A changed copy of an ONNX file: one to three parts of its graph, or of what stands around it, or bytes of it."""
    if rng.random() < 0.15:
        return _bytes(content, rng)
    whole = onnx.ModelProto.FromString(content)
    for _ in range(rng.randint(1, 3)):
        if rng.random() < 0.1:
            _around(whole, rng)
        else:
            rng.choice(MUTATIONS)(whole.graph, rng)
    changed: bytes = whole.SerializeToString()
    return changed


def _around(whole: Any, rng: random.Random) -> None:
    """Opsets, functions, and what pellucid says of a model of its own."""
    choice = rng.randrange(4)
    if choice == 0:
        whole.opset_import[0].version = rng.choice([-1, 0, 6, 7, 11, 13, 18, 20, 99, 2**40])
    elif choice == 1:
        whole.opset_import.append(helper.make_opsetid(rng.choice(["", "ai.onnx", "x"]), 20))
    elif choice == 2:
        whole.functions.add(name="Relu", domain="")
    for entry in whole.metadata_props if choice == 3 else ():
        k = rng.randrange(len(entry.value) + 1)
        entry.value = (
            entry.value[:k] + rng.choice(["", "9", '"', "[", "null", "\x00"]) + entry.value[k + rng.randrange(9) :]
        )


def _bytes(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    if rng.random() < 0.3:
        return bytes(changed[: rng.randrange(len(changed))])
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)
