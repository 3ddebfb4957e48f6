"""An ONNX graph comes in with the numbers that ONNX Runtime computes, or is refused by the name of its node."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from fuzz.onnx_judge import difference
from fuzz.onnx_mutants import changed, imported, like_scikit_learn, made, seeds
from pellucid import InputError, Tanh, load_model
from pellucid.interop.importing import onnx_rows
from pellucid.interop.importing.onnx import from_onnx
from support import Command

EYE = np.eye(2, dtype=np.float32)
ONES = np.ones(2, np.float32)


def floats(values: Any) -> Any:
    return np.asarray(values, np.float32)


def node(kind: str, inputs: str, output: str, **attributes: Any) -> Any:
    return helper.make_node(kind, inputs.split(), [output], name=f"{output} by {kind}", **attributes)


def graph_of(*nodes: Any, outputs: tuple[str, ...] = ("Y",), opset: int = 20, **constants: Any) -> bytes:
    """A small ONNX graph from X (n, 2) to Y."""
    return made(list(nodes), constants, list(outputs), width=2, opset=opset)


Z, Y = node("Gemm", "X W", "z"), node("Gemm", "X W", "Y")
CAST = node("Cast", "X", "x", to=TensorProto.FLOAT)
GOOD = {
    "products and sums of their own": graph_of(
        node("Flatten", "X", "f"), node("MatMul", "f W", "p"), node("Add", "b p", "z"), node("Relu", "z", "a"),
        node("Gemm", "a W c", "y"), node("Softmax", "y", "Y"),
        W=np.array([[1, 2], [3, 4]], np.float32), b=ONES, c=floats([0, 0.5]),
    ),
    "a bias in two parts": graph_of(node("Gemm", "X W b", "z"), node("Add", "z b", "Y"), W=EYE, b=ONES),
    "a turned constant": graph_of(node("Transpose", "W", "V"), node("MatMul", "X V", "Y"), W=np.ones((3, 2), np.float32)),
    "weights in half precision": graph_of(
        node("Cast", "W", "V", to=TensorProto.FLOAT), node("MatMul", "X V", "Y"), W=np.array([[1, 0.1], [3, 4]], np.float16)
    ),
    "silu in two nodes": graph_of(
        node("Gemm", "X W", "z"), node("Sigmoid", "z", "s"), node("Mul", "s z", "a"), node("Gemm", "a W", "Y"), W=EYE
    ),
    "mish in three nodes": graph_of(
        Z, node("Softplus", "z", "s"), node("Tanh", "s", "t"), node("Mul", "z t", "a"), node("Gemm", "a W", "Y"), W=EYE
    ),
    "a node that leads nowhere": graph_of(Z, Y, W=EYE),
    "a hidden layer that comes out": graph_of(
        Y, node("Relu", "Y", "a"), node("Gemm", "a W", "z"), W=floats([[1, 2], [3, 4]])
    ),
    "values in one column": graph_of(
        node("Gemm", "X W", "z", transB=1), node("Squeeze", "z axes", "Y"), W=np.ones((1, 2), np.float32), axes=np.array([1])
    ),
    "a dropout at rest": graph_of(Z, node("Dropout", "z", "d"), node("Gemm", "d W", "Y"), W=EYE),
    "an initialiser that is an input": changed(
        graph_of(Y, W=EYE),
        lambda m: m.graph.input.append(helper.make_tensor_value_info("W", TensorProto.FLOAT, [2, 2])),
    ),
    "labels beside probabilities": like_scikit_learn(classes=3),
    "labels of two classes": like_scikit_learn(classes=2),
    "labels, and probabilities as an array": like_scikit_learn(classes=2, zipped=False),
}  # fmt: skip


@pytest.mark.parametrize("content", GOOD.values(), ids=GOOD)
def test_a_perceptron_comes_in_with_its_numbers(content: bytes, tmp_path: Path) -> None:
    found = difference(content, imported(content, tmp_path))
    assert found is not None
    assert found < 1e-5


def test_the_classes_of_the_labels_come_in(tmp_path: Path) -> None:
    for classes in (2, 3):
        names = tuple(f"class {k}" for k in range(classes))
        assert imported(like_scikit_learn(classes=classes), tmp_path).classes == names


def attributed(number: int, **given: Any) -> Any:
    """A change of a file: a node has these attributes in place of its own."""

    def change(whole: Any) -> None:
        del whole.graph.node[number].attribute[:]
        whole.graph.node[number].attribute.extend(helper.make_attribute(key, value) for key, value in given.items())

    return change


def constant(**given: Any) -> bytes:
    return graph_of(helper.make_node("Constant", [], ["W"], name="the Constant", **given), Y)


def tensor(**changes: Any) -> bytes:
    """Fields of the tensor W are set to other values."""

    def change(whole: Any) -> None:
        for key, value in changes.items():
            if isinstance(value, list):
                getattr(whole.graph.initializer[0], key)[:] = value
            else:
                setattr(whole.graph.initializer[0], key, value)

    return changed(graph_of(Y, W=EYE), change)


BAD = {
    # other numbers than a layer's
    "a bias behind the activation": (
        graph_of(Z, node("Relu", "z", "a"), node("Add", "a b", "c"), node("Gemm", "c W", "Y"), W=EYE, b=ONES),
        "'c by Add' of type Add: its bias comes after relu",
    ),
    "softmax down the rows": (graph_of(Z, node("Softmax", "z", "Y", axis=0), W=EYE), "'Y by Softmax' .* axis 0"),
    "a cast to whole numbers": (
        graph_of(Z, node("Cast", "z", "i", to=7), node("Cast", "i", "Y", to=1), W=EYE), "Cast: it casts to kind 7",
    ),
    "half precision": (graph_of(node("Cast", "X", "h", to=10), node("MatMul", "h W", "Y"), W=np.float16(EYE)), "Cast: it"),
    "dropout in training": (
        graph_of(Z, node("Dropout", "z r t", "d"), node("Gemm", "d W", "Y"), W=EYE, r=floats(0.5), t=np.array(True)),
        "Dropout: it is in training",
    ),
    "logarithms": (graph_of(Z, node("LogSoftmax", "z", "Y"), W=EYE), "LogSoftmax: it gives logarithms"),
    "an inner node comes out too": (
        graph_of(Z, node("Relu", "z", "a"), node("Gemm", "a W", "Y"), W=EYE, outputs=("Y", "z")), "its outputs .'Y', 'z'.",
    ),
    "a branch": (
        graph_of(Z, node("Relu", "z", "a"), node("Add", "a z", "Y"), W=EYE), "Add: it adds two values that both depend",
    ),
    "twice itself": (graph_of(Z, node("Add", "z z", "Y"), W=EYE), "Add: it adds two values"),
    "a bias for each of two rows": (graph_of(Z, node("Add", "z b", "Y"), W=EYE, b=np.ones((2, 1), np.float32)), "Add: .*bias"),
    "scaled": (graph_of(node("Gemm", "X W", "Y", alpha=2.0), W=EYE), "scales or turns"),
    "a bias halved": (graph_of(node("Gemm", "X W b", "Y", beta=0.5), W=EYE, b=ONES), "scales or turns"),
    "turned rows": (graph_of(node("Gemm", "X W", "Y", transA=1), W=EYE), "scales or turns"),
    "rows put together": (graph_of(node("Reshape", "X s", "x"), node("MatMul", "x W", "Y"), W=np.ones((4, 1), np.float32),
                                   s=np.array([-1, 4])), "Reshape: to the shape"),
    "bytes": (
        changed(graph_of(CAST, node("MatMul", "x W", "Y"), W=EYE),
                lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", 2)), "its input 'X' takes bytes",
    ),
    # operators and ends
    "a convolution": (graph_of(node("Conv", "X W", "Y"), W=np.ones((1, 1, 2, 2), np.float32)), "Conv: pellucid has no such"),
    "a foreign relu": (graph_of(Z, node("Relu", "z", "Y", domain="com.other"), W=EYE), "type com.other.Relu: pellucid has"),
    "elu": (graph_of(Z, node("Elu", "z", "Y"), W=EYE), "Elu: pellucid has no such"),
    "exact gelu": (graph_of(Z, node("Gelu", "z", "Y"), W=EYE), "Gelu: it is the exact form"),
    "relu at the end": (graph_of(Z, node("Relu", "z", "Y"), W=EYE), "belongs between layers"),
    "softmax between layers": (graph_of(Z, node("Softmax", "z", "p"), node("Gemm", "p W", "Y"), W=EYE), "comes after softmax"),
    "softmax over one": (graph_of(Z, node("Softmax", "z", "Y"), W=np.ones((2, 1), np.float32)), "at least 2 outputs"),
    "no layer": (graph_of(node("Identity", "X", "Y")), "no layer"),
    "other shapes": (
        graph_of(Z, node("Relu", "z", "a"), node("Gemm", "a V", "Y"), W=EYE, V=np.ones((3, 1), np.float32)),
        "its weights take 3 numbers, but 2 come in",
    ),
    # what is missing, or is there twice
    "no weights": (graph_of(node("MatMul", "X V", "Y"), W=EYE), "MatMul: reads 'V', which nothing before it makes"),
    "no second input": (graph_of(node("MatMul", "X", "Y"), W=EYE), "MatMul: it has 1 inputs"),
    "no outputs": (changed(graph_of(Y, W=EYE), lambda m: m.graph.node[0].ClearField("output")), "Gemm: makes nothing"),
    "a circle": (graph_of(node("Add", "b y", "x"), node("MatMul", "x W", "y"), W=EYE, b=ONES, outputs=("y",)), "reads 'y'"),
    "made twice": (graph_of(Y, Y, W=EYE), "Gemm: makes 'Y', which is there already"),
    "an output twice": (changed(graph_of(Y, W=EYE), lambda m: m.graph.output.append(m.graph.output[0])), "names one twice"),
    "weights of two names": (
        changed(graph_of(Y, W=EYE), lambda m: m.graph.initializer.append(m.graph.initializer[0])), "two constants one name",
    ),
    "weights that depend on the input": (graph_of(node("MatMul", "X X", "Y")), "what it multiplies by is not a constant"),
    "two inputs": (changed(graph_of(Y, W=EYE), lambda m: m.graph.input.add(name="Z").type.CopyFrom(m.graph.input[0].type)),
                   r"has 2 inputs \('X', 'Z'\)"),
    # attributes and constants
    "a constant without a value": (constant(), "Constant.* a constant needs one value"),
    "a constant of two values": (constant(value_float=1.0, value_int=1), "Constant.* a constant needs one value"),
    "a scalar": (constant(value_float=1.0), "float32 of shape ()"),
    "a text": (constant(value_string="a"), "its weights are object"),
    "an attribute of another kind": (
        changed(graph_of(Y, W=EYE), attributed(0, transB=1.5)), "Gemm: it says transB=1.5, which is of another kind",
    ),
    "an attribute twice": (
        changed(graph_of(Y, W=EYE), lambda m: m.graph.node[0].attribute.extend([helper.make_attribute("alpha", 1.0)] * 2)),
        "Gemm: says 'alpha' twice",
    ),
    "an attribute that is not known": (changed(graph_of(Y, W=EYE), attributed(0, gamma=1)), "says gamma=1, which is not known"),
    "whole numbers": (graph_of(Y, W=np.eye(2, dtype=np.int64)), "its weights are int64"),
    "complex numbers": (graph_of(Y, W=np.eye(2, dtype=np.complex64)), "'W' is of kind COMPLEX64"),
    "yes and no": (graph_of(Y, W=np.eye(2, dtype=bool)), "its weights are bool"),
    "double beside float": (graph_of(Y, W=np.eye(2)), "its weights are float64 .* what it reads is float32"),
    "no numbers": (graph_of(Y, W=EYE * np.nan), "weights that are no numbers"),
    "a shape without data": (tensor(dims=[2**40, 2**40]), r"'W' has the shape \[1099511627776, .*but holds 16"),
    "a negative shape": (tensor(dims=[-2, -2]), "which no layer has"),
    "a cut tensor": (tensor(raw_data=b"12345"), "takes 16 bytes, but holds 5"),
    "numbers twice": (tensor(float_data=[1.0]), "holds its numbers twice"),
    # the file
    "an old opset": (graph_of(Y, W=EYE, opset=6), "is of opset 6; read are 7 to"),
    "an opset to come": (graph_of(Y, W=EYE, opset=99), "is of opset 99"),
    "functions of its own": (changed(graph_of(Y, W=EYE), lambda m: m.functions.add(name="Gemm")), "functions of its own"),
    "nothing": (graph_of(), "is no ONNX file, or an empty one"),
    "rubbish": (b"\xff\xfe rubbish", "is no whole ONNX file"),
    "empty": (b"", "is no ONNX file"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_another_graph_is_refused_in_one_sentence_that_names_the_node(
    content: bytes, message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"m\.onnx: .*" + message) as caught:
        imported(content, tmp_path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500 + len(str(tmp_path))


@pytest.mark.parametrize(
    ("content", "settings", "message"),
    [
        (graph_of(Y, W=EYE), {"classes": ["a", "b"]}, "2 names of classes, but the outputs are values"),
        (graph_of(Y, W=EYE[:, :1]), {"classes": ["a", "b"]}, "2 names of classes, but the outputs are values"),
        (graph_of(Y, W=EYE), {"classes": ["a"], "task": "classification"}, "1 names for 2 classes"),
        (
            graph_of(Z, node("Softmax", "z", "Y"), W=EYE),
            {"task": "regression"},
            "go through softmax; leave the task out",
        ),
        (graph_of(Z, node("Exp", "z", "Y"), W=EYE), {"task": "classification"}, "go through exp; leave the task out"),
        (seeds()["array"], {"task": "regression"}, "predicts classes; leave the task out"),
        (seeds()["table"], {"classes": ["a", "b"]}, "the outputs are values"),
    ],
)
def test_a_task_and_classes_that_do_not_fit_are_refused(
    content: bytes, settings: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        imported(content, tmp_path, **settings)


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("task", [None, "classification", "regression"])
@pytest.mark.parametrize("end", ["", "Softmax", "Sigmoid", "Exp"])
def test_what_is_written_can_be_used(end: str, task: str | None, width: int, pellucid: Command, tmp_path: Path) -> None:
    nodes = [Z, node(end, "z", "Y")] if end else [Y]
    (tmp_path / "m.onnx").write_bytes(graph_of(*nodes, W=np.ones((2, width), np.float32)))
    given = () if task is None else ("--task", task)
    ended = pellucid("import", "m.onnx", *given, "--out", "m.safetensors")
    if ended.code == 2:
        assert not Path("m.safetensors").exists()
        return
    np.save("rows.npy", np.ones((3, 2)))
    assert pellucid("check", "m.safetensors").code == 0
    assert pellucid("predict", "m.safetensors", "rows.npy").code == 0
    values = load_model("m.safetensors").network.loss.kind == "values"
    several = width if values or end == "Sigmoid" else 1
    np.savez(
        "data.npz", X=np.ones((3, 2)), y=np.ones((3, several)) if several > 1 else np.ones(3, float if values else int)
    )
    ended = pellucid("evaluate", "m.safetensors", "data.npz")
    assert ended.code == 0 or end == "Sigmoid", ended.err


# --- weights in a file beside the graph


@pytest.fixture
def split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A graph with its weights in weights.bin beside it, and another folder in which one stands."""
    there, elsewhere = tmp_path / "there", tmp_path / "elsewhere"
    there.mkdir()
    elsewhere.mkdir()
    whole = onnx.ModelProto.FromString(graph_of(Y, W=EYE * 3))
    onnx.save_model(whole, there / "m.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
    (elsewhere / "weights.bin").write_bytes(b"\0" * 16)  # of something else
    monkeypatch.chdir(elsewhere)
    return there / "m.onnx"


def moved(path: Path, **entries: str) -> Path:
    """The same graph, its weights said to be elsewhere."""
    whole = onnx.load(path, load_external_data=False)
    held = whole.graph.initializer[0].external_data
    for key, value in entries.items():
        for entry in [each for each in held if each.key == key]:
            held.remove(entry)
        held.add(key=key, value=value)
    path.write_bytes(whole.SerializeToString())
    return path


def test_weights_beside_the_graph_are_read_from_its_folder(split: Path) -> None:
    assert (from_onnx(split).network.layers[0].W == EYE * 3).all()


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"location": "../elsewhere/weights.bin"}, "not in the graph's folder"),
        ({"location": "/etc/passwd"}, "not in the graph's folder"),
        ({"location": "link"}, "not in the graph's folder"),
        ({"location": "loop"}, "not in the graph's folder|cannot be read"),
        ({"location": ""}, "not in the graph's folder"),
        ({"location": "a\0b"}, "not in the graph's folder"),
        ({"location": "."}, "another file, and .*is a folder"),
        ({"location": "gone"}, "another file, and .*there is no such file"),
        ({"offset": "8"}, "takes 16 bytes, but names 16 from byte 8 on of the"),
        ({"offset": "-1"}, "says offset='-1'"),
        ({"length": "12"}, "takes 16 bytes, but names 12"),
        ({"length": "9" * 5000}, "says length='99999"),
        ({"length": "²"}, "says length='²'"),
    ],
)
def test_weights_elsewhere_are_refused(split: Path, entries: dict[str, str], message: str) -> None:
    (split.parent / "link").symlink_to("/etc/passwd")
    (split.parent / "loop").symlink_to("loop")
    with pytest.raises(InputError, match=f"tensor 'W' .*({message})"):
        from_onnx(moved(split, **entries))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_what_pytorch_exports_comes_in_with_its_numbers(tmp_path: Path) -> None:
    import torch
    from torch import nn

    net = nn.Sequential(
        nn.Flatten(), nn.Linear(4, 5), nn.SiLU(), nn.Dropout(0.5), nn.Linear(5, 4), nn.GELU(approximate="tanh"),
        nn.Linear(4, 4), nn.Mish(), nn.Linear(4, 2), nn.Softmax(dim=1),
    ).eval()  # fmt: skip
    rows = torch.zeros(1, 1, 2, 2)
    path, named = tmp_path / "m.onnx", {"input_names": ["x"], "dynamic_axes": {"x": {0: "n"}}}
    torch.onnx.export(net, (rows,), path, dynamo=False, **named)  # type: ignore[arg-type]
    content = path.read_bytes()
    assert difference(content, imported(content, tmp_path)) == pytest.approx(0, abs=1e-5)


def test_the_kinds_of_numbers_in_the_fields_of_a_tensor_are_read(tmp_path: Path) -> None:
    def listed(whole: Any) -> None:
        held = whole.graph.initializer[0]
        numbers = numpy_helper.to_array(held).astype(np.float32).reshape(-1).tolist()
        held.ClearField("raw_data")
        held.float_data.extend(numbers)

    model = imported(changed(graph_of(Y, W=EYE * 2), listed), tmp_path)
    assert (model.network.layers[0].W == EYE * 2).all()


def test_a_network_that_was_read_wrong_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(onnx_rows.BENDS, "Relu", Tanh())
    with pytest.raises(InputError, match="computes other numbers"):
        imported(graph_of(Z, node("Relu", "z", "a"), node("Gemm", "a W", "Y"), W=EYE), tmp_path)


WIDE = {"A": np.ones((1, 500_000), np.float32), "B": np.ones((500_000, 1), np.float32), "c": np.ones(1, np.float32)}


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([node("Gemm", f"v{k} {'AB'[k % 2]}", f"v{k + 1}") for k in range(2000)], "takes at least .* of memory"),
        (
            [node("Gemm", "v0 A", "v1"), *(node("Add", f"v{k} c", f"v{k + 1}") for k in range(1, 2000))],
            "takes at least",
        ),
        ([node("Identity", f"v{k}", f"v{k + 1}") for k in range(6000)], "has 6,000 nodes; only graphs of 5,000"),
    ],
    ids=["one weight for all layers", "one bias again and again", "many nodes"],
)
def test_a_small_file_makes_no_large_network(nodes: list[Any], message: str, tmp_path: Path) -> None:
    nodes[0].input[0] = "X"
    with pytest.raises(InputError, match=message):
        imported(made(nodes, WIDE, [nodes[-1].output[0]], width=1), tmp_path)


def test_bytes_of_another_file_are_taken_once(split: Path) -> None:
    def again(whole: Any) -> None:
        other = whole.graph.initializer.add()
        other.CopyFrom(whole.graph.initializer[0])
        other.name = "V"
        whole.graph.node[0].output[0] = "z"
        whole.graph.node.append(node("Gemm", "z V", "Y"))

    split.write_bytes(changed(split.read_bytes(), again))
    with pytest.raises(InputError, match=r"shares bytes of 'weights\.bin' with other tensors"):
        from_onnx(split)
