"""Layer objects with forward(x) and backward(gradient): each alone against differences of ⟨forward(x), R⟩.

R is random: the inner product with it is a loss whose gradient at the layer's output is R itself. So a layer is right
or wrong whatever stands around it.
"""

import ast
import copy
import functools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import Path
from pellucid.analysis.doctor.class_way import methods_of, takes_gradient
from pellucid.analysis.doctor.naming import Quantity, meaning
from pellucid.analysis.doctor.objects import get, gradient_paths, paths_of, put
from pellucid.analysis.doctor.own_calls import own_expressions, own_values
from pellucid.analysis.doctor.reference_network import close, factor
from pellucid.analysis.doctor.sandbox import run
from pellucid.analysis.doctor.signatures import line_of
from pellucid.analysis.doctor.user_file import UserFile
from pellucid.analysis.finding import Finding
from pellucid.core.arrays import AnyArray

STEP, RATE, INPUT, M = 1e-6, 0.1, "the input", 7
RESULTS = ("dinputs", "dinput", "dx", "dX", "grad_input", "input_grad", "input_gradient", "d_input")
LARGEST = 40  # arguments of a layer that are larger are made smaller


@dataclass
class LayerReport:
    """What is wrong with the layers, what is in order, and what could not be compared."""

    findings: list[Finding] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)
    not_compared: list[str] = field(default_factory=list)


def examine_layers(file: UserFile) -> LayerReport:
    """Compare the gradients of each layer class by itself."""
    report, layers = LayerReport(), list[_Layer]()
    for node in file.tree.body:
        if not isinstance(node, ast.ClassDef) or node.name not in file.namespace:
            continue
        methods = methods_of(file, node)
        if {"forward", "backward"} <= methods.keys() and takes_gradient(methods["backward"]):
            made = _made(file, node, methods)
            layers += [_Layer(file, node.name, methods, made)] if made is not None else []
    for layer in sorted(layers, key=lambda layer: layer.is_chain):
        if not (layer.is_chain and report.findings):  # what is wrong with its layers shows there, too
            _examine(layer, report)
    return report


def _made(file: UserFile, node: ast.ClassDef, methods: dict[str, ast.FunctionDef]) -> Any:
    """An object of a class, made as the file makes it, but with few neurons; None where nobody makes one."""
    init = methods.get("__init__")
    names = [argument.arg for argument in init.args.args[1:]] if init is not None else []
    found = own_expressions(file, node.name, names)
    if found is None:
        return None  # a base class
    values = own_values(file, *found)
    sizes = iter((5, 4, 6, 3))
    small = {name: next(sizes, 5) if _is_large(value) else value for name, value in values.items()}
    return run(lambda: file.namespace[node.name](**small), file.path).value


def _is_large(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > LARGEST


class _Layer:
    """A layer object with its methods as functions of its input and parameters."""

    def __init__(self, file: UserFile, name: str, methods: dict[str, ast.FunctionDef], made: Any) -> None:
        self.file, self.name, self.methods, self.made = file, name, methods, made
        self.paths = paths_of(made)
        rng = np.random.default_rng(1)
        for q, path in self.paths.items():
            put(made, path, rng.normal(0.0, 0.3 if q.kind == "b" else 0.7, np.shape(get(made, path))))

    @property
    def is_chain(self) -> bool:
        """Whether it holds other layers."""
        return any(len(path) > 1 for path in self.paths.values())

    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes that the input may have: a batch in rows or columns, one sample as row, column or vector."""
        weights = [np.shape(get(self.made, path)) for q, path in self.paths.items() if q.kind == "W"]
        sizes = dict.fromkeys(weights[0]) if weights and len(weights[0]) == 2 else [5]
        batch = [shape for n in sizes for shape in ((M, n), (n, M))]
        return [*batch, *(shape for n in sizes for shape in ((1, n), (n, 1), (n,)))]

    def forward(self, x: AnyArray, layer: Any = None) -> Any:
        """The output, and where the layer only keeps it, that attribute."""
        np.random.seed(0)  # noqa: NPY002  (dropout drops alike)
        random.seed(0)
        layer = copy.deepcopy(self.made) if layer is None else layer
        value = layer.forward(x.copy(), *_more(self.methods["forward"], 2))
        return layer.output if value is None else value

    def backward(self, x: AnyArray, R: AnyArray, rate: float = RATE) -> dict[Any, Any]:
        """The gradients for the input and for the parameters."""
        layer = copy.deepcopy(self.made)
        self.forward(x, layer)
        before = {q: np.array(get(layer, path)) for q, path in self.paths.items()}
        value = layer.backward(R.copy(), *_more(self.methods["backward"], 2, rate))
        found: dict[Any, Any] = {q.parameter: get(layer, p) for q, p in gradient_paths(layer, self.paths).items()}
        parts = value if isinstance(value, tuple) else (value,)
        if len(found) < len(self.paths):
            found = {q: (old - get(layer, self.paths[q])) / rate for q, old in before.items()}
        if len(parts) == len(self.paths) + 1 > 1:  # dx, dW, db are returned
            found = dict(zip(self.paths, parts[1:], strict=True))
        found[INPUT] = (
            parts[0] if parts[0] is not None else next((getattr(layer, n) for n in RESULTS if hasattr(layer, n)), None)
        )
        return found

    def slopes(self, x: AnyArray, R: AnyArray) -> dict[Any, AnyArray]:
        """Central differences of ⟨forward(x), R⟩ by the input and by each parameter."""

        def by(array: AnyArray, loss: Callable[[AnyArray], float]) -> AnyArray:
            steps = STEP * np.eye(array.size).reshape(array.size, *array.shape)
            slopes = [(loss(array + step) - loss(array - step)) / (2 * STEP) for step in steps]
            return np.reshape(slopes, array.shape)

        def with_parameter(path: Path) -> Callable[[AnyArray], float]:
            def loss(array: AnyArray) -> float:
                layer = copy.deepcopy(self.made)
                put(layer, path, array)
                return float(np.sum(self.forward(x, layer) * R))

            return loss

        found: dict[Any, AnyArray] = {INPUT: by(x, lambda array: float(np.sum(self.forward(array) * R)))}
        return found | {q: by(np.asarray(get(self.made, path)), with_parameter(path)) for q, path in self.paths.items()}


def _more(method: ast.FunctionDef, known: int, rate: float = RATE) -> list[Any]:
    """Values for the arguments that a method needs besides: a learning rate, or whether it trains."""
    needed = method.args.args[known : len(method.args.args) - len(method.args.defaults)]
    return [rate if meaning(argument.arg) == "learning rate" else True for argument in needed]


def _examine(layer: _Layer, report: LayerReport) -> None:
    """Compare one layer in the first shape of input that it takes."""
    rng, why, path = np.random.default_rng(0), "", layer.file.path
    for shape in layer.shapes():
        x: AnyArray = np.asarray(rng.normal(size=shape))
        out = run(functools.partial(layer.forward, x), path)
        if out.failure is not None or not isinstance(out.value, np.ndarray) or out.value.dtype.kind != "f":
            continue
        R: AnyArray = np.asarray(rng.normal(size=out.value.shape))
        given = run(functools.partial(layer.backward, x, R), path)
        if given.failure is not None:
            why = why or given.failure.text
        elif given.value[INPUT] is not None and not isinstance(given.value[INPUT], np.ndarray):
            why = why or "its backward does not return the gradient for its input"
        else:
            _compare(layer, x, R, given.value, report)
            return
    why = why or "no input was found that its forward takes"
    report.not_compared.append(f"{layer.name}: because {why}; hand the whole network over: PELLUCID = dict(forward=…)")


def _compare(layer: _Layer, x: AnyArray, R: AnyArray, given: dict[Any, Any], report: LayerReport) -> None:
    slopes = layer.slopes(x, R)
    shares = {factor(given[q], slopes[q], 1e-4) for q in layer.paths}
    shared = shares.pop() if len(shares) == 1 else None  # 1/m in every gradient of the parameters is a way to write it
    wrong = 0
    for what, slope in slopes.items():
        value = given[what]
        share = shared if what != INPUT and shared in (1 / M, None) else 1.0
        if value is not None and close(value, (share or 1.0) * slope, 1e-4):
            continue
        if what != INPUT and _is_decay(layer, what, value, (share or 1.0) * slope):
            continue
        wrong += 1
        fault = "it is not there" if value is None else _fault(layer, what, x, R, np.asarray(value), slope)
        node = layer.methods["backward"]
        name = what if what == INPUT else {"W": "the weights", "b": "the biases"}[what.kind]
        line = line_of(node, str(what.gradient)) if isinstance(what, Quantity) else ""
        evidence = f"{line or f'line {node.lineno}: '}against differences of ⟨forward(x), R⟩ with a random R"
        fault = f"{layer.name}.backward: the gradient for {name}: {fault}"
        quantity = "dX" if what == INPUT else what.gradient.kind
        report.findings.append(Finding(None, quantity, fault, evidence, _remedy(what)))
    if not wrong:
        report.compared.append(
            f"{layer.name}, alone: backward gives the slope of forward, for the input and its parameters"
        )


def _is_decay(layer: _Layer, q: Quantity, value: Any, slope: AnyArray) -> bool:
    """Whether a gradient is the slope and an L2 term, which a layer may add by itself."""
    if value is None or np.shape(value) != np.shape(slope):
        return False
    strength = factor(np.asarray(value) - slope, np.asarray(get(layer.made, layer.paths[q])))
    return strength is not None and strength > 0


def _fault(layer: _Layer, what: Any, x: AnyArray, R: AnyArray, value: AnyArray, slope: AnyArray) -> str:
    """What is wrong with a gradient, where a known mistake gives its numbers."""
    neurons = 1 if R.shape[0] == M else 0  # their axis
    known: list[tuple[str, Any]] = [("it is transposed", slope.T)]
    if what == INPUT and not layer.paths:
        known += [("the slope is left out: it is what came from above", R)]
    if what == INPUT and layer.paths:
        late = run(lambda: layer.backward(x, R, 1e-9)[INPUT], layer.file.path).value
        late_fault = "the weights are updated before it is computed: use those of the forward pass"
        known += [(late_fault, value)] if late is not None and close(late, slope, 1e-4) else []
    if isinstance(what, Quantity) and what.kind == "b":
        known += [
            ("it is one number, summed over everything: each output needs its own", np.full(value.shape, R.sum())),
            ("it is not summed over the samples", R),
            (
                "it is summed over the neurons in place of the samples: the wrong axis",
                R.sum(axis=neurons % R.ndim, keepdims=value.ndim == 2),
            ),
        ]
    for fault, array in known:
        if close(value, array, 1e-4):
            return fault
    c = factor(value, slope, 1e-4) if value.shape == slope.shape else None
    if c is not None:
        return "it is of the wrong sign" if abs(c + 1) < 1e-4 else f"it is {c:.6g} times the right one"
    if value.shape != slope.shape:
        return f"it has shape {value.shape}, but should have {slope.shape}"
    differing = int(np.sum(~np.isclose(value, slope, 1e-4, 1e-6)))
    return f"{differing} of {slope.size} entries differ, by up to {np.abs(value - slope).max():.3g}"


def _remedy(what: Any) -> str:
    if what == INPUT:
        return "return the gradient times the slope of forward: for a product x @ W that is grad @ W.T"
    if what.kind == "b":
        return "sum the gradient over the samples, and over nothing else"
    return "for a product x @ W it is x.T @ grad, with the x that forward got"
