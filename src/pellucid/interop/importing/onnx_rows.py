"""What the nodes of an ONNX graph make, told in layers: a node that makes anything else is refused by its name."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid._files.reading import most_memory, too_large
from pellucid.core.activations import GELU, Activation, Exponential, Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.interop.importing.onnx_graph import Graph, Input, Node, quoted
from pellucid.interop.importing.onnx_operators import FLOATS, checked
from pellucid.model.additions import Mish, SiLU

# what an input may hold, by the number of its kind in ONNX
INPUTS: dict[int, np.dtype[Any]] = {
    **FLOATS, 3: np.dtype("i1"), 4: np.dtype("u2"), 5: np.dtype("i2"), 6: np.dtype("i4"), 7: np.dtype("i8"),
    9: np.dtype("?"), 10: np.dtype("f2"), 12: np.dtype("u4"), 13: np.dtype("u8"),
}  # fmt: skip
BYTES, TEXTS, LABELS = 2, 8, (6, 7, 8)
BENDS: dict[str, Activation] = {
    "Relu": ReLU(), "Sigmoid": Sigmoid(), "Tanh": Tanh(), "Mish": Mish(), "Gelu": GELU(), "Exp": Exponential(),
    "Softmax": Softmax(),
}  # fmt: skip
PARTS = ("Softplus", "Tanh of Softplus")  # of Mish, where it comes in several nodes
COPIES = 6  # of its weights, in float32, that the reading of a network takes
ENDS = (Softmax, Exponential)  # of the last layer alone


@dataclass(frozen=True, eq=False)
class Rows:
    """A value that depends on the input row by row: what the layers up to here make of it.

    ``shape`` is None where the file does not say it. ``layers`` holds W, b and activation of each layer; ``scores``
    is the value before the last one's activation. ``form`` is "rows" (n, width), or "flat" (n,), or of a probability
    p (n, 1) "rest", which is 1 − p, or "both", (n, 2).
    """

    name: str
    kind: np.dtype[Any]
    shape: tuple[int | None, ...] | None
    layers: tuple[tuple[AnyArray, AnyArray, Any], ...] = ()
    scores: "Rows | None" = None
    form: str = "rows"

    @property
    def width(self) -> int | None:
        """How many numbers a row has, where that is known."""
        return self.shape[1] if self.shape is not None and len(self.shape) == 2 else None

    @property
    def bend(self) -> Any:
        """The activation of the last layer; for a part of Mish its name."""
        return self.layers[-1][2] if self.layers else Identity()


@dataclass(frozen=True, eq=False)
class Labels:
    """The likeliest class of each row ``of`` outputs; with ``shares`` the probability of each class by its name."""

    of: Rows
    names: tuple[str, ...] | None = None
    shares: bool = False


Value = Rows | Labels | AnyArray


class Budget:
    """What a graph takes of memory: a small one may use a large constant as often as it likes."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.bytes, self.most = graph, 0, most_memory(graph.size)

    def spend(self, *arrays: AnyArray) -> None:
        """Count arrays that a network, or a node, makes copies of; raises InputError where they become too many."""
        self.bytes += sum(array.nbytes for array in arrays)
        if COPIES * self.bytes > self.most:
            raise too_large(self.graph.path, COPIES * self.bytes, self.graph.size)


def read_rows(graph: Graph) -> dict[str, Value]:
    """What each value of a graph is, the input and the constants among them.

    Raises:
        InputError: a node does not belong to a perceptron.
    """
    if len(graph.inputs) != 1:
        some = ", ".join(quoted(name) for name in [*graph.inputs][:3])
        raise InputError(
            f"{graph.path}: has {len(graph.inputs)} inputs ({some}{', …' * (len(graph.inputs) > 3)}); only graphs with "
            "one, rows of numbers, are read"
        )
    ((name, given),) = graph.inputs.items()
    budget = Budget(graph)
    values: dict[str, Value] = {**graph.constants, name: _input(graph, name, given)}
    for node in graph.nodes:
        about = checked(graph, node)
        inputs = [values[each] if each else None for each in node.inputs]
        rule = _constant if all(isinstance(each, np.ndarray | None) for each in inputs) else RULES[node.operator]
        values[node.outputs[0]] = rule(_At(graph, node, about, budget), *inputs)
    return values


def _input(graph: Graph, name: str, given: Input) -> Rows:
    if given.kind not in INPUTS:
        held = {BYTES: "bytes, which pellucid divides by 255", TEXTS: "texts"}.get(given.kind, f"kind {given.kind}")
        raise InputError(f"{graph.path}: its input {quoted(name)} takes {held}; only graphs that take floats are read")
    shape = given.shape
    if shape is not None and (len(shape) < 2 or any(size is not None and size < 1 for size in shape)):
        sizes = ", ".join("?" if size is None else str(size) for size in shape)
        raise InputError(
            f"{graph.path}: its input {quoted(name)} has the shape ({sizes:.40}), which is not that of rows"
        )
    return Rows(name, INPUTS[given.kind], shape)


@dataclass(frozen=True)
class _At:
    """A node that is being read, and all its attributes."""

    graph: Graph
    node: Node
    about: Mapping[str, Any]
    budget: "Budget"

    def refused(self, why: str) -> InputError:
        return self.graph.refused(self.node, why)

    def constant(self, value: Value | None, what: str) -> AnyArray:
        if not isinstance(value, np.ndarray):
            raise self.refused(f"{what} is not a constant")
        return value

    def rows(self, value: Value | None) -> Rows:
        """A value that is rows (n, width); raises InputError for all else."""
        if not isinstance(value, Rows) or value.form != "rows":
            raise self.refused("it does not read rows of numbers, (n, width)")
        if value.shape is not None and len(value.shape) != 2:
            raise self.refused(f"it reads {len(value.shape)} axes, but a layer reads rows: put a Flatten before it")
        return value

    def last_axis(self) -> None:
        if self.about["axis"] not in (1, -1):
            raise self.refused(
                f"it goes along axis {self.about['axis']}, and not along the outputs of each row, axis 1"
            )

    def made(self, x: Rows, **changes: Any) -> Rows:
        return replace(x, name=self.node.outputs[0], **changes)


def _product(at: _At, x: Value | None, w: Value | None, c: Value | None = None) -> Rows:
    """A layer: x W, or x Wᵀ, with its bias or without."""
    about = at.about
    if about.get("transA") or about.get("alpha", 1.0) != 1 or (c is not None and about.get("beta", 1.0) != 1):
        raise at.refused("it scales or turns its operands")
    W, rows = at.constant(w, "what it multiplies by"), at.rows(x)
    if W.ndim != 2 or W.dtype != rows.kind or W.dtype not in FLOATS.values():
        raise at.refused(
            f"its weights are {W.dtype} of shape {W.shape}, and what it reads is {rows.kind}; a layer has weights of "
            "two axes, and all is float32 or all float64"
        )
    W = W if about.get("transB") else W.T
    at.budget.spend(W)
    if rows.width not in (None, W.shape[1]):
        raise at.refused(f"its weights take {W.shape[1]} numbers, but {rows.width} come in")
    if isinstance(rows.bend, ENDS) or rows.bend in PARTS:
        raise at.refused(f"it comes after {_called(rows.bend)}, which does not belong between layers")
    b = np.zeros(len(W), W.dtype) if c is None else _bias_of(at, c, len(W), W.dtype)
    batch = None if rows.shape is None else rows.shape[0]
    return at.made(rows, shape=(batch, len(W)), layers=(*rows.layers, (W, b, Identity())), scores=None)


def _bias_of(at: _At, value: Value | None, width: int, kind: np.dtype[Any]) -> AnyArray:
    b = at.constant(value, "what it adds")
    if b.dtype != kind or b.size not in (1, width) or (b.size > 1 and b.shape[-1] != width):
        raise at.refused(f"it adds {b.dtype} of shape {b.shape}; the bias of this layer is {kind} of shape ({width},)")
    if b.ndim > 2:
        raise at.refused(f"it adds {b.ndim} axes; a bias has one")
    return np.broadcast_to(b.reshape(-1), (width,))


def _bias(at: _At, x: Value | None, y: Value | None) -> Rows:
    if isinstance(x, np.ndarray):
        x, y = y, x
    if not isinstance(y, np.ndarray):
        raise at.refused("it adds two values that both depend on the input, and a layer adds constants")
    rows = at.rows(x)
    if not rows.layers:
        raise at.refused("there is no product before it")
    W, b, bend = rows.layers[-1]
    if bend != Identity():
        raise at.refused(f"its bias comes after {_called(bend)}; a layer is activation(x W + b)")
    at.budget.spend(b)
    with np.errstate(over="ignore"):
        total = b + _bias_of(at, y, len(W), rows.kind)
    return at.made(rows, layers=(*rows.layers[:-1], (W, total, bend)))


def _activation(at: _At, x: Value | None) -> Rows:
    rows, kind = at.rows(x), at.node.operator
    if kind == "Tanh" and rows.bend == PARTS[0]:
        return at.made(rows, layers=(*rows.layers[:-1], (*rows.layers[-1][:2], PARTS[1])))
    if not rows.layers or rows.bend != Identity():
        before = f"it comes after {_called(rows.bend)}" if rows.layers else "there is no layer before it"
        raise at.refused(f"{before}; an activation belongs to the scores of a layer")
    if kind == "Softmax":
        at.last_axis()
    if kind == "Gelu" and at.about["approximate"] != "tanh":
        raise at.refused("it is the exact form, and pellucid has that of approximate='tanh'")
    if kind == "LeakyRelu" and not math.isfinite(at.about["alpha"]):
        raise at.refused(f"its slope is {at.about['alpha']}")
    bend: Any = LeakyReLU(at.about["alpha"]) if kind == "LeakyRelu" else BENDS.get(kind, PARTS[0])
    return at.made(rows, layers=(*rows.layers[:-1], (*rows.layers[-1][:2], bend)), scores=rows)


def _gated(at: _At, x: Value | None, y: Value | None) -> Rows:
    """SiLU and Mish, where a graph writes them as the score times a function of it."""
    x, y = (y, x) if isinstance(x, Rows) and x.scores is not None and x.scores is y else (x, y)
    if isinstance(x, Rows) and isinstance(y, Rows) and y.scores is x and x.form == y.form == "rows":
        found = SiLU() if y.bend == Sigmoid() else Mish() if y.bend == PARTS[1] else None
        if found is not None:
            return at.made(y, layers=(*y.layers[:-1], (*y.layers[-1][:2], found)))
    raise at.refused(
        "it multiplies what is not z and sigmoid(z), as SiLU does, nor z and tanh(softplus(z)), as Mish does"
    )


def _cast(at: _At, x: Value | None) -> Value:
    to = at.about["to"]
    if isinstance(x, Labels) and not x.shares and to in LABELS:
        return x
    if not isinstance(x, Rows) or to not in FLOATS:
        raise at.refused(f"it casts to kind {to}, which changes numbers; only casts to float32 and float64 are read")
    return at.made(x, kind=FLOATS[to])


def _dropout(at: _At, x: Value | None, ratio: Value | None = None, training: Value | None = None) -> Value | None:
    if training is not None and at.constant(training, "whether it is in training").any():
        raise at.refused("it is in training, where it drops numbers at random; export the network in evaluation")
    if ratio is not None:
        at.constant(ratio, "its ratio")
    return x


def _flatten(at: _At, x: Value | None) -> Rows:
    if not isinstance(x, Rows) or x.form != "rows" or at.about["axis"] not in (1, *((-1,) if x.width else ())):
        raise at.refused(f"with axis {at.about['axis']} it does not leave the rows what they are")
    return at.made(x, shape=_as_rows(x))


def _as_rows(x: Rows) -> tuple[int | None, ...] | None:
    """The shape (n, width) of an input of more axes."""
    if x.shape is None:
        return None
    sizes = x.shape[1:]
    return x.shape[0], None if None in sizes else math.prod(size or 0 for size in sizes)


def _reshape(at: _At, x: Value | None, shape: Value | None) -> Value:
    """Rows stay rows: (n, …) to (n, width), and (n, 1) to (n,)."""
    sizes = at.constant(shape, "its shape")
    wanted = sizes.tolist() if sizes.ndim == 1 and sizes.dtype.kind == "i" else []
    if isinstance(x, Labels) and not x.shares and wanted in ([-1], [-1, 1]):
        return x
    if isinstance(x, Rows) and x.form == "rows" and not (at.about["allowzero"] and 0 in wanted):
        flat = _as_rows(x)
        batch, width = flat or (None, None)
        if wanted in ([-1], [batch]) and width == 1:
            return at.made(x, form="flat")
        if len(wanted) == 2 and wanted[0] in (-1, 0, batch):
            rest = {width, *((-1,) if wanted[0] != -1 else ()), *((0,) if width and width == x.width else ())}
            if wanted[1] in rest - {None} or (x.shape is None and wanted[1] > 0):
                return at.made(x, shape=flat or (None, max(wanted[1], 0) or None))
    raise at.refused(f"to the shape {wanted!s:.40} it does not leave the rows what they are")


def _squeeze(at: _At, x: Value | None, axes: Value | None = None) -> Value:
    gone = list(at.about["axes"]) if axes is None else at.constant(axes, "its axes").reshape(-1).tolist()
    if gone not in ([1], [-1]) or not isinstance(x, Rows) or x.form != "rows" or x.width != 1:
        raise at.refused(f"over the axes {gone!s:.40} it does not leave the rows what they are")
    return at.made(x, form="flat")


def _turned(at: _At, _x: Value | None) -> Rows:
    raise at.refused("it turns rows into columns")


def _identity(_at: _At, x: Value | None) -> Value | None:
    return x


def _rest(at: _At, x: Value | None, y: Value | None) -> Rows:
    """1 − p, the probability of the first of two classes."""
    one = isinstance(x, np.ndarray) and x.size == 1 and x.ndim <= 2 and x.dtype.kind == "f" and x.item() == 1
    if one and isinstance(y, Rows) and y.form == "rows" and y.width == 1 and y.bend == Sigmoid():
        return at.made(y, form="rest", scores=y)
    raise at.refused("it subtracts, and is not 1 − p for the one output p of a sigmoid")


def _concat(at: _At, x: Value | None, y: Value | None) -> Rows:
    at.last_axis()
    if isinstance(x, Rows) and isinstance(y, Rows) and x.form == "rest" and x.scores is y:
        return at.made(y, shape=(None, 2), form="both", scores=y)
    raise at.refused("it puts together what is not 1 − p and p, the probabilities of two classes")


def _likeliest(at: _At, x: Value | None) -> Labels:
    at.last_axis()
    if not isinstance(x, Rows) or not (x.form == "both" or at.rows(x).bend in (Softmax(), Identity())):
        raise at.refused("it does not choose among the probabilities of classes")
    if at.about["select_last_index"] or not x.width or x.width < 2:
        raise at.refused("it does not choose the first of the likeliest classes")
    return Labels(x)


def _looked_up(at: _At, names: Value | None, x: Value | None) -> Labels:
    if not isinstance(x, Labels) or x.shares or x.names is not None or at.about.get("axis", 0) != 0:
        raise at.refused("it does not look up the names of classes")
    known = at.constant(names, "what it looks up")
    if known.size != known.shape[-1] or (known.ndim > 1 and at.node.operator == "Gather"):
        raise at.refused(f"it looks up names of the shape {known.shape}")
    return Labels(x.of, _names(at, x.of, known.reshape(-1).tolist()))


def _named(at: _At, x: Value | None) -> Labels:
    texts, numbers = at.about["classlabels_strings"], at.about["classlabels_int64s"]
    if not isinstance(x, Rows) or x.form not in ("rows", "both") or bool(texts) == bool(numbers):
        raise at.refused("it does not name the probabilities of classes")
    return Labels(x, _names(at, x, list(texts or numbers)), shares=True)


def _names(at: _At, of: Rows, names: list[Any]) -> tuple[str, ...]:
    if len(names) != of.width or not all(isinstance(name, str | int) for name in names):
        raise at.refused(f"it has {len(names)} names, or numbers in their place, for {of.width} classes")
    return tuple(map(str, names))


def _constant(at: _At, x: Any = None, y: Any = None, *_more: Any) -> Any:
    """What a node makes of constants alone: as long as the numbers stay what they are."""
    kind, about = at.node.operator, at.about
    try:
        if kind == "Identity" and x is not None:
            return x
        if kind == "Transpose" and x is not None:
            return x.transpose(about["perm"] or None)
        if kind == "Cast" and x is not None and about["to"] in FLOATS and x.dtype != object:
            at.budget.spend(x)
            with np.errstate(over="ignore"):
                return x.astype(FLOATS[about["to"]])
        if kind == "Reshape" and x is not None and y is not None and y.dtype.kind == "i" and 0 not in y:
            return x.reshape(y.tolist())
    except InputError:
        raise
    except (ValueError, TypeError, OverflowError) as error:
        raise at.refused(f"it cannot be computed ({error!s:.100})") from None
    raise at.refused("all that it reads is constant, and it changes it; export the graph with constants folded")


def _called(bend: Any) -> str:
    return bend if isinstance(bend, str) else str(bend.name)


RULES: dict[str, Callable[..., Any]] = {
    **dict.fromkeys((*BENDS, "LeakyRelu", "Softplus"), _activation),
    "Gemm": _product, "MatMul": _product, "Add": _bias, "Mul": _gated, "Cast": _cast, "Dropout": _dropout,
    "Flatten": _flatten, "Reshape": _reshape, "Squeeze": _squeeze, "Transpose": _turned, "Identity": _identity,
    "Sub": _rest, "Concat": _concat, "ArgMax": _likeliest, "Gather": _looked_up,
    "ai.onnx.ml.ArrayFeatureExtractor": _looked_up, "ai.onnx.ml.ZipMap": _named,
}  # fmt: skip
