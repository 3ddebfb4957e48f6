"""One number, opened: name = formula = numbers = value, with its terms by size; the numbers are ``explain``'s."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid._files.values import plain
from pellucid.analysis import explain
from pellucid.analysis.explain import Step, loss_terms, terms
from pellucid.analysis.explain.names import Names
from pellucid.analysis.explain.one_step import Pass, one_pass
from pellucid.core.arrays import Array
from pellucid.core.errors import InputError
from pellucid.studio.handles import Given, label_of
from pellucid.studio.places import number
from pellucid.studio.sight import Sight

BACKWARD = ("delta", "dW", "db", "W", "b", "loss")
QUANTITIES = ("z", "a", *BACKWARD)
MOST = 1000  # terms


def opened(sight: Sight, given: Given, asked: Mapping[str, Any], rate: float) -> dict[str, Any]:
    """The number that a request asks for, of one input.

    Raises:
        InputError: there is no such number, or it takes a label, and none is known.
    """
    quantity, net = asked.get("quantity"), sight.network
    if quantity not in QUANTITIES:
        raise InputError(f"quantity={str(quantity)[:20]!r}: take one of {', '.join(QUANTITIES)}")
    if quantity in BACKWARD and given.y is None:
        raise InputError(f"{quantity}: takes what was meant: say a label")
    top = number({"top": asked.get("top", 8)}, "top", MOST)
    p = one_pass(sight.exact, given.x[0], None if given.y is None else _one(given.y), learning_rate=rate)
    about = {"quantity": quantity, "version": sight.seen.version, "step": sight.seen.step, "input": given.handle}
    names = Names(sight.model)
    if quantity == "loss":
        return plain_of({**about, "layer": 0, **_of_steps(loss_terms.loss(p, names, top=top))})
    l = number(asked, "layer", len(net.layers), least=1)
    j = number(asked, "neuron", net.sizes[l] - 1)
    i = number(asked, "from", net.sizes[l - 1] - 1) if quantity in ("dW", "W") else None
    return plain_of({**about, "layer": l, "neuron": j, **_found(p, names, quantity, (l, j, i), top)})


def _one(y: Array) -> Array:
    return y if y.ndim == 1 else y[0]


def _found(p: Pass, names: Names, quantity: str, place: tuple[int, int, int | None], top: int) -> dict[str, Any]:
    l, j, i = place
    layer, trace = p.net.layers[l - 1], p.trace
    if quantity == "z":
        x = trace.a[l - 1][0]
        about = _sum(layer.W[j], x, [names.neuron(l - 1, k) for k in range(len(x))], l - 1, top)
        return {**_of_steps(terms.score(p, names, l, j, top=top)), **about, "bias": float(layer.b[j]),
                "name": f"z{l}[{j}]", "formula": f"W{l}[{j}] · {_source(l)} + b{l}[{j}]"}  # fmt: skip
    if quantity == "a":
        return _of_steps(terms.activation(p, l, j, why=names.neuron(l, j)))
    if quantity == "delta":
        found = _of_steps(terms.gradient(p, names, l, j, top=top))
        if l == p.layers:
            return found
        W, d = p.net.layers[l].W[:, j], trace.delta[l][0]
        return {**found, **_sum(W, d, [names.neuron(l + 1, k) for k in range(len(d))], l + 1, top)}
    return _of_steps([_gradient(p, names, quantity, (l, j, i))])


def _gradient(p: Pass, names: Names, quantity: str, place: tuple[int, int, int | None]) -> Step:
    """dW, db, or W and b after the step, of one neuron."""
    (l, j, i), trace = place, p.trace
    assert p.moved is not None
    d, label = float(trace.delta[l - 1][0, j]), f"delta{l}[{j}]"
    if quantity == "db":
        return Step(l, "db", "d", {"d": d}, float(trace.db[l - 1][j]), f"db{l}[{j}]", j, "dLoss/db", {"d": label})
    if quantity == "b":
        old, new = float(p.net.layers[l - 1].b[j]), float(p.moved.net.layers[l - 1].b[j])
        operands = {"b": old, "eta": p.learning_rate, "d": float(trace.db[l - 1][j])}
        labels = {"b": f"b{l}[{j}]", "d": f"db{l}[{j}]"}
        return Step(l, "b", "b - eta * d", operands, new, f"b{l}[{j}]", j, "after the step", labels)
    assert i is not None
    x, name, why = float(trace.a[l - 1][0, i]), f"[{j}, {i}]", names.neuron(l - 1, i)
    slope = float(trace.dW[l - 1][j, i])
    if quantity == "dW":
        labels = {"d": label, "x": f"{_source(l)}[{i}]"}
        return Step(l, "dW", "d * x", {"d": d, "x": x}, slope, f"dW{l}{name}", j, why, labels)
    old, new = float(p.net.layers[l - 1].W[j, i]), float(p.moved.net.layers[l - 1].W[j, i])
    labels, operands = {"W": f"W{l}{name}", "d": f"dW{l}{name}"}, {"W": old, "eta": p.learning_rate, "d": slope}
    return Step(l, "W", "W - eta * d", operands, new, f"W{l}{name}", j, why, labels)


def _source(l: int) -> str:
    return "x" if l == 1 else f"a{l - 1}"


def _sum(w: Array, x: Array, names: list[str], layer: int, top: int) -> dict[str, Any]:
    """The terms w · x of a sum, by size, and what the others come to."""
    products = w * x
    order = np.argsort(-np.abs(products), kind="stable")
    order = order[products[order] != 0]
    shown, others = order[:top].tolist(), order[top:]
    found = [
        {
            "name": names[k],
            "layer": layer,
            "number": k,
            "w": float(w[k]),
            "x": float(x[k]),
            "product": float(products[k]),
        }
        for k in shown
    ]
    return {"terms": found, "rest": {"count": len(others), "value": float(products[others].sum())}}


def _of_steps(steps: list[Step]) -> dict[str, Any]:
    """What the last of some steps says, and all of them."""
    last = steps[-1]
    listed = [{**step.as_json(), "labels": dict(step.labels)} for step in steps]
    about = {"name": last.name, "formula": last.formula, "value": last.value}
    return {**about, "bias": None, "terms": [], "rest": {"count": 0, "value": 0.0}, "steps": listed}


def plain_of(found: Mapping[str, Any]) -> dict[str, Any]:
    """The same in the types of JSON."""
    value: dict[str, Any] = plain(dict(found))
    return value


def explained(sight: Sight, given: Given, asked: Mapping[str, Any], rate: float) -> dict[str, Any]:
    """All that ``pellucid explain --json`` says of one input."""
    whole: dict[str, Any] = {name: asked.get(name) for name in ("layer", "neuron")}
    for name, value in whole.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise InputError(f"{name}={str(value)[:20]!r}: give a whole number")
    top = number({"top": asked.get("top", 8)}, "top", MOST, least=1)
    y = None if given.y is None else _one(given.y)
    label = label_of(sight.model, given.y)
    name = given.handle if label is None else f"{given.handle}, meant as {label}"
    found = explain.sample(sight.model, given.x[0], y, learning_rate=rate, top=top, name=name, **whole)
    return plain_of(found.as_json())
