"""A multi-layer perceptron from an ONNX graph: products, biases and activations, one behind the other.

The graph is read once into a typed form (onnx_graph.py), what its nodes make is told in layers (onnx_rows.py), and at
last its numbers are compared with those of the network. A graph that pellucid itself exported says what it is: it is
taken at its word where its nodes are, one by one, those that the export of such a model has.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pellucid._files.reading import StrPath
from pellucid.core.activations import Activation, Exponential, Identity, Sigmoid, Softmax
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.losses import BinaryCrossEntropy, CrossEntropy, Loss, Poisson, SquaredError
from pellucid.core.network import Network
from pellucid.interop.export import onnx as exported
from pellucid.interop.importing.importer import class_names, loss_for, network
from pellucid.interop.importing.onnx_graph import Graph, graph_of, quoted, read_graph
from pellucid.interop.importing.onnx_operators import evaluate
from pellucid.interop.importing.onnx_rows import Budget, Labels, Rows, read_rows
from pellucid.model.model import Model
from pellucid.model.model_file import VERSION, build_model

ENDS: dict[type[Activation], type[Loss]] = {
    Softmax: CrossEntropy, Sigmoid: BinaryCrossEntropy, Exponential: Poisson, Identity: SquaredError,
}  # fmt: skip
ROWS, NUMBERS = 16, 2**20  # on which graph and network are compared; fewer rows where layers are wide


def from_onnx(path: StrPath, *, task: str | None = None, classes: Sequence[str] | None = None) -> Model:
    """A model from the file of an ONNX graph that is a multi-layer perceptron.

    Read are Gemm, MatMul and Add of constants, Relu, LeakyRelu, Sigmoid, Tanh, Mish, Gelu in its tanh form, SiLU and
    Mish in several nodes, and at the end Softmax, Sigmoid or Exp. Where none of these is there, ``task`` says what the
    outputs are: scores of classes ("classification"), or values ("regression", the default). The names of classes are
    those of the labels that a graph tells, if it does. What pellucid has exported comes back with its preprocessing.

    Raises:
        InputError: onnx is not installed, there is no such file, it is another kind of graph, or task and classes do
            not fit it; the message names the node.
    """
    graph = read_graph(path)
    if graph.description is not None:
        return _own(graph, task, classes)
    constants = dict(graph.constants)
    rows, names = _outputs(graph, constants)
    loss = _loss(graph, rows, task, named=names is not None)
    layers = [(W, b) for W, b, _ in rows.layers]
    hidden = [activation for _, _, activation in rows.layers[:-1]]
    _compare(graph, rows, network(layers, hidden, ENDS[type(rows.bend)](), str(path)), constants)
    return Model(network(layers, hidden, loss, str(path)), class_names(classes or names, layers, loss))


def _outputs(graph: Graph, constants: dict[str, AnyArray]) -> tuple[Rows, tuple[str, ...] | None]:
    """What comes out, and the names of the classes that labels beside it tell; the constants that nodes make are added.

    Raises:
        InputError: it is anything but one output of rows, and the likeliest class beside it.
    """
    values = read_rows(graph)
    constants.update({name: value for name, value in values.items() if isinstance(value, np.ndarray)})
    outputs = [values[name] for name in graph.outputs]
    labels = [value for value in outputs if isinstance(value, Labels) and not value.shares]
    shares = [value for value in outputs if isinstance(value, Rows) or (isinstance(value, Labels) and value.shares)]
    some = ", ".join(quoted(name) for name in graph.outputs[:3])
    if len(shares) != 1 or len(labels) > 1 or len(shares) + len(labels) < len(outputs):
        raise InputError(
            f"{graph.path}: its outputs ({some}{', …' * (len(outputs) > 3)}) are not one of values or probabilities, "
            "with or without the likeliest class beside it"
        )
    rows = shares[0].of if isinstance(shares[0], Labels) else shares[0]
    if not rows.layers or rows.form == "rest":
        raise InputError(
            f"{graph.path}: its output {some} goes through no layer; only multi-layer perceptrons are read"
        )
    if type(rows.bend) not in ENDS:
        raise InputError(f"{graph.path}: its output {some} goes through {rows.bend}, which belongs between layers")
    chosen = [rows.layers] if rows.scores is None else [rows.layers, rows.scores.layers]
    names = [each.names for each in (*labels, shares[0]) if isinstance(each, Labels) and each.names is not None]
    if any(all(each.of.layers is not own for own in chosen) for each in labels) or len(set(names)) > 1:
        raise InputError(f"{graph.path}: its labels are not those of its probabilities")
    return rows, names[0] if names else None


def _loss(graph: Graph, rows: Rows, task: str | None, *, named: bool) -> Loss:
    """The loss of the outputs; raises InputError where the task is another one, or there is none to say."""
    width = len(rows.layers[-1][1])
    if isinstance(rows.bend, Identity):
        if named and task is None:
            raise InputError(
                f"{graph.path}: tells classes, but scores in place of probabilities; say task='classification'"
            )
        return loss_for(task or "regression", width)
    loss = ENDS[type(rows.bend)]()
    if task is not None and (task == "regression") != (loss.kind == "values"):
        raise InputError(f"task={task!r}: the outputs of {graph.path} go through {rows.bend.name}; leave the task out")
    return loss


def _compare(graph: Graph, rows: Rows, net: Network, constants: Mapping[str, AnyArray]) -> None:
    """Raise InputError where the graph and the network that was read from it say different numbers."""
    rng, count = np.random.default_rng(0), max(1, min(ROWS, NUMBERS // max(net.sizes)))
    X = rng.normal(size=(count, net.sizes[0])) * 10 ** rng.uniform(-2, 2, (count, 1))
    theirs = evaluate(graph, rows.name, X, constants).reshape(count, -1)
    ours = net.astype(np.float64).predict(X)
    if rows.form == "both":
        ours = np.hstack([1 - ours, ours])
    largest = np.abs(ours[np.isfinite(ours)]).max(initial=1e-6)
    if theirs.shape != ours.shape or not np.allclose(theirs, ours, rtol=1e-5, atol=1e-6 * largest, equal_nan=True):
        raise InputError(
            f"{graph.path}: computes other numbers than the network that is read from it; please report it"
        )


def _own(graph: Graph, task: str | None, classes: Sequence[str] | None) -> Model:
    """The model of a graph that pellucid exported, by its description, which the nodes must bear out."""
    assert graph.description is not None
    try:
        about = json.loads(graph.description)
        if about["format"] != VERSION:
            raise InputError(f"it is of format {about['format']!r:.20}, and this version reads {VERSION}")
        model = build_model(_weights(graph), about)
        columns = 1 if model.preprocessing is None else len(model.preprocessing.columns)
        forms = (graph_of(exported.graph(model, exact=exact), graph.path) for exact in (False, True))
        same = columns == len(graph.inputs) and any(graph.same_as(form) for form in forms)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise InputError(
            f"{graph.path}: its description of the model cannot be used ({type(error).__name__}: {error!s:.200}); "
            "export the model again"
        ) from None
    if not same:
        raise InputError(
            f"{graph.path}: is not the graph that pellucid exports of the model which it describes: one of the two was "
            "changed, or another version wrote it; export the model again"
        )
    values = model.network.loss.kind == "values"
    if task is not None and (task == "regression") != values:
        raise InputError(
            f"task={task!r}: {graph.path} predicts {'values' if values else 'classes'}; leave the task out"
        )
    layers = [(layer.W, layer.b) for layer in model.network.layers]
    return model if classes is None else replace(model, classes=class_names(classes, layers, model.network.loss))


def _weights(graph: Graph) -> dict[str, AnyArray]:
    """The weights in the order of their layers, by the names that they have in a model file."""
    tensors, budget = {}, Budget(graph)
    for number, node in enumerate((node for node in graph.nodes if node.operator == "Gemm"), start=1):
        for key, name in zip("Wb", node.inputs[1:], strict=False):
            if name not in graph.constants:
                raise InputError(f"{node}: {quoted(name)} is not a constant")
            tensors[f"layer{number}.{key}"] = graph.constants[name]
            budget.spend(graph.constants[name])
    return tensors
