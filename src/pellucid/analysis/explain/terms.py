"""One neuron of a pass: the largest terms of the sum behind its score and its gradient, and how its weights change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid.analysis.explain import formulas
from pellucid.analysis.explain.names import Names
from pellucid.analysis.explain.one_step import Pass
from pellucid.analysis.explain.step import Step
from pellucid.analysis.explain.steps import source
from pellucid.core.arrays import Array


@dataclass(frozen=True)
class Factor:
    """One factor of each term of a sum: its numbers, and what number i is called."""

    values: Array  # (terms,)
    label: Callable[[int], str]
    all: str  # what all of them are called


def largest(
    formula: str,
    factors: Mapping[str, Factor],
    terms: Array,
    *,
    layer: int,
    top: int,
    why: Callable[[int], str],
    neuron: int | None = None,
) -> list[Step]:
    """The ``top`` largest of some ``terms`` (k,), each as a step of its own, and the sum of the others as the last."""
    order = np.argsort(-np.abs(terms), kind="stable")
    order = order[terms[order] != 0]
    others = order[top:]
    found = []
    for place, i in enumerate(order[:top].tolist(), start=1):
        operands = {name: float(factor.values[i]) for name, factor in factors.items()}
        labels = {name: factor.label(i) for name, factor in factors.items()}
        found.append(Step(layer, "term", formula, operands, float(terms[i]), f"t{place}", neuron, why(i), labels))
    if len(others):
        names = {name: factor.all for name, factor in factors.items()}
        numbers = {name: np.array(factor.values[others]) for name, factor in factors.items()}
        words = f"{len(others):,} more" if len(others) > 1 else "one more"
        rest = float(np.sum(terms[others]))
        found.append(Step(layer, "rest", f"np.sum({formula})", numbers, rest, "rest", neuron, words, names))
    return found


def total(
    terms: Sequence[Step], start: tuple[str, float, str] | None, step: tuple[int, str, str, int | None], value: float
) -> Step:
    """The sum of terms and of a ``start`` (name, value, label); ``step`` is its layer, quantity, name and neuron."""
    operands = {f"t{place}": term.value for place, term in enumerate(terms, start=1)}
    labels: dict[str, str] = {f"t{len(terms)}": "rest"} if terms and terms[-1].quantity == "rest" else {}
    if start is not None:
        operands = {start[0]: start[1], **operands}
        labels[start[0]] = start[2]
    layer, quantity, name, neuron = step
    return Step(layer, quantity, " + ".join(operands) or "0", operands, value, name, neuron, "the sum", labels)


def score(p: Pass, names: Names, l: int, j: int, *, top: int) -> list[Step]:
    """Behind z of neuron j in layer l: its largest terms w · x, the sum of the others, and the sum of all with b."""
    layer, x = p.net.layers[l - 1], p.trace.a[l - 1][0]
    factors = {
        "W": Factor(layer.W[j], lambda i: f"W{l}[{j}, {i}]", f"W{l}[{j}]"),
        "x": Factor(x, lambda i: f"{source(l)}[{i}]", source(l)),
    }
    terms = layer.W[j] * x
    found = largest("W * x", factors, terms, layer=l, top=top, why=lambda i: names.neuron(l - 1, i), neuron=j)
    value = float(p.trace.z[l - 1][0, j])
    return [*found, total(found, ("b", float(layer.b[j]), f"b{l}[{j}]"), (l, "z", f"z{l}[{j}]", j), value)]


def difference(p: Pass, names: Names, j: int, against: int, *, top: int) -> list[Step]:
    """Why output j and not another: z_j − z_other as a sum over the neurons of the layer below."""
    l = len(p.net.layers)
    layer, x, z = p.net.layers[-1], p.trace.a[l - 1][0], p.trace.z[-1][0]
    factors = {
        "V": Factor(layer.W[j], lambda i: f"W{l}[{j}, {i}]", f"W{l}[{j}]"),
        "W": Factor(layer.W[against], lambda i: f"W{l}[{against}, {i}]", f"W{l}[{against}]"),
        "x": Factor(x, lambda i: f"{source(l)}[{i}]", source(l)),
    }
    terms = (layer.W[j] - layer.W[against]) * x
    found = largest("(V - W) * x", factors, terms, layer=l, top=top, why=lambda i: names.neuron(l - 1, i))
    b, other = float(layer.b[j]), float(layer.b[against])
    labels = {"b": f"b{l}[{j}]", "c": f"b{l}[{against}]"}
    name = f"z{l}[{j}] - z{l}[{against}]"
    biases = Step(l, "term", "b - c", {"b": b, "c": other}, b - other, "biases", None, "the biases", labels)
    whole = total(found, ("biases", b - other, "biases"), (l, "z", name, None), float(z[j] - z[against]))
    scores = {"z": float(z[j]), "v": float(z[against])}
    labels, why = {"z": f"z{l}[{j}]", "v": f"z{l}[{against}]"}, "the scores themselves"
    check = Step(l, "z", "z - v", scores, float(z[j] - z[against]), name, None, why, labels)
    return [biases, *found, whole, check]


def activation(p: Pass, l: int, j: int, *, why: str = "") -> list[Step]:
    """A = f(z) of neuron j in layer l; a softmax first sums up its layer."""
    f, z, a = p.net.layers[l - 1].activation, p.trace.z[l - 1][0], float(p.trace.a[l][0, j])
    name, label = f"a{l}[{j}]", {"z": f"z{l}[{j}]"}
    if not f.formula.of_layer:
        formula = formulas.value(f, "z", z[j : j + 1])
        return [Step(l, "a", formula, {"z": float(z[j]), **formulas.constants(f)}, a, name, j, why, label)]
    operands = {"z": float(z[j]), **normaliser(p)[1]}
    return [Step(l, "a", "np.exp(z - m) / s", operands, a, name, j, why, label)]


def normaliser(p: Pass) -> tuple[list[Step], dict[str, float]]:
    """What a softmax subtracts from and divides by, m = max z and s = Σ exp(z − m): their steps and their values."""
    l, z = len(p.net.layers), np.array(p.trace.z[-1][0])
    m = float(np.max(z))
    s = float(np.sum(np.exp(z - m)))
    labels = {"z": f"z{l}"}
    largest = Step(l, "max", "np.max(z)", {"z": z}, m, "m", why="the largest score", labels=labels)
    formula, why = "np.sum(np.exp(z - m))", "what they add up to"
    return [largest, Step(l, "sum", formula, {"z": z, "m": m}, s, "s", why=why, labels=labels)], {"m": m, "s": s}


def gradient(p: Pass, names: Names, l: int, j: int, *, top: int) -> list[Step]:
    """Where δ of neuron j in layer l comes from: the loss in the last layer, else the δ of the layer above."""
    net, trace = p.net, p.trace
    value, name = float(trace.delta[l - 1][0, j]), f"delta{l}[{j}]"
    known = {"z": float(trace.z[l - 1][0, j]), "a": float(trace.a[l][0, j])}
    labels = {"z": f"z{l}[{j}]", "a": f"a{l}[{j}]", "y": f"y[{j}]"}
    if l == len(net.layers):
        return _from_loss(p, j, value, name, labels)
    W, delta = net.layers[l].W[:, j], trace.delta[l][0]
    factors = {
        "W": Factor(W, lambda k: f"W{l + 1}[{k}, {j}]", f"W{l + 1}[:, {j}]"),
        "d": Factor(delta, lambda k: f"delta{l + 1}[{k}]", f"delta{l + 1}"),
    }
    found = largest(
        "W * d", factors, W * delta, layer=l, top=top, why=lambda k: "by way of " + names.neuron(l + 1, k), neuron=j
    )
    arrived = float(np.sum(W * delta))
    step = (l, "dL/da", f"dLoss/da{l}[{j}]", j)
    if len(found) == 1:
        found = [replace(found[0], quantity=step[1], name=step[2])]
    else:
        found.append(total(found, None, step, arrived))
    f = net.layers[l - 1].activation
    slope = formulas.slope(f, "z", "a", trace.z[l - 1][0, j : j + 1])
    operands = {"g": arrived} | {k: known[k] for k in formulas.names_in(slope, known)} | dict(formulas.constants(f))
    labels["g"] = f"dLoss/da{l}[{j}]"
    formula = f"g * {slope}" if slope else "g"
    return [*found, Step(l, "delta", formula, operands, value, name, j, "times the slope", labels)]


def _from_loss(p: Pass, j: int, value: float, name: str, labels: Mapping[str, str]) -> list[Step]:
    net, l = p.net, len(p.net.layers)
    a, y = p.trace.a[-1][0], p.trace.y[0]
    known = {"a": float(a[j]), "y": float(y[j]), **formulas.constants(net.loss)}
    formula = formulas.delta(net.loss, "a", "y", net.sizes[-1])
    shared = formulas.sum_in(formula)
    if not shared:
        return [Step(l, "delta", formula, known, value, name, j, "from the loss", labels)]
    arrays: dict[str, Any] = {**known, "a": np.array(a), "y": np.array(y)}
    c = float(formulas.evaluate(shared, arrays))
    formula = formula.replace(shared, "c")
    return [
        Step(l, "sum", shared, arrays, c, "c", why="from all outputs", labels={"a": f"a{l}"}),
        Step(l, "delta", formula, {**known, "c": c}, value, name, j, "from the loss", labels),
    ]


def changes(p: Pass, names: Names, l: int, j: int, *, top: int) -> list[Step]:
    """The weights of neuron j in layer l that the step moves most, and its bias: W − η δ x."""
    assert p.moved is not None
    d, eta = float(p.trace.delta[l - 1][0, j]), p.learning_rate
    layer, later, x = p.net.layers[l - 1], p.moved.net.layers[l - 1], p.trace.a[l - 1][0]
    order = np.argsort(-np.abs(x * d), kind="stable")[:top]
    found = []
    for i in order[(x * d)[order] != 0]:
        operands = {"W": float(layer.W[j, i]), "eta": eta, "d": d, "x": float(x[i])}
        labels = {"W": f"W{l}[{j}, {i}]", "d": f"delta{l}[{j}]", "x": f"{source(l)}[{i}]"}
        new, name, why = float(later.W[j, i]), f"W{l}[{j}, {i}]", names.neuron(l - 1, int(i))
        found.append(Step(l, "W", "W - eta * d * x", operands, new, name, j, why, labels))
    labels = {"b": f"b{l}[{j}]", "d": f"delta{l}[{j}]"}
    operands = {"b": float(layer.b[j]), "eta": eta, "d": d}
    return [*found, Step(l, "b", "b - eta * d", operands, float(later.b[j]), f"b{l}[{j}]", j, "the bias", labels)]
