"""A pass as steps: for every layer x, z, a, then the loss, delta, dW, db, and W and b after the update."""

import numpy as np
import numpy.typing as npt

from pellucid.analysis.explain import formulas
from pellucid.analysis.explain.formulas import ARRAYS, NUMBERS, Notation
from pellucid.analysis.explain.one_step import Pass, one_pass
from pellucid.analysis.explain.step import Step, Value
from pellucid.core.arrays import Array
from pellucid.core.network import Network
from pellucid.core.trace import Trace


def steps(net: Network, x: npt.ArrayLike, y: npt.ArrayLike | None = None, *, learning_rate: float = 0.1) -> list[Step]:
    """Every step of one sample x (inputs,) with target y: forward, loss, backward, and the update W − η dW.

    Layers are whole arrays: x (inputs,), W (outputs, inputs), z, a, delta and b (outputs,). Where every layer is one
    neuron, all are plain numbers. The values are those of a ``Trace`` in float64. Without y there is only the way
    forward.

    Raises:
        InputError: x or y does not fit the network.

    >>> net = Network([2, 3, 2], rng=np.random.default_rng(0))
    >>> found = steps(net, [1.0, -1.0], 0)
    >>> [f"{step.name} = {step.formula}" for step in found[:3]]
    ['x = x', 'z1 = W1 @ x + b1', 'a1 = np.maximum(z1, 0)']
    >>> step = found[1]
    >>> bool(np.allclose(step.operands["W1"] @ step.operands["x"] + step.operands["b1"], step.value))
    True
    """
    return steps_of(one_pass(net, x, y, learning_rate=learning_rate))


def steps_of(p: Pass) -> list[Step]:
    """The steps of a pass that was made."""
    found = [_input(p), *_forward(p.net, p.trace)]
    if p.loss is None or p.moved is None:
        return found
    found.append(_loss(p.net, p.trace, p.loss))
    found += _backward(p.net, p.trace)
    return found + _update(p, p.moved.net)


def steps_after(p: Pass) -> list[Step]:
    """The same sample through the updated network: z and a of each layer, and the loss."""
    if p.moved is None:
        return []
    return [*_forward(p.moved.net, p.moved.trace), _loss(p.moved.net, p.moved.trace, p.moved.loss)]


def source(l: int) -> str:
    """What layer l reads: the input, or the layer below it."""
    return "x" if l == 1 else f"a{l - 1}"


def below_tiny(net: Network, trace: Trace) -> bool:
    """Whether a loss of probabilities is written from the scores, since one is too small for its logarithm."""
    if formulas.LOG not in net.loss.formula.part or not net.loss.activation.formula.of_layer:
        return False
    a = trace.a[-1][trace.y > 0] if net.loss.formula.true_class else trace.a[-1]
    return bool(np.min(a) < np.finfo(np.float64).tiny)


def _write(net: Network) -> Notation:
    return NUMBERS if set(net.sizes) == {1} else ARRAYS


def _value(net: Network, array: Array) -> Value:
    """A row of the trace, in memory of its own; a plain number where every layer is one neuron."""
    row = array[0] if array.ndim == 2 and len(array) == 1 else array
    return float(row.reshape(())) if set(net.sizes) == {1} else np.array(row)


def _parameters(net: Network, array: Array) -> Value:
    """W, b or a gradient, in memory of its own; a plain number where every layer is one neuron."""
    return float(array.reshape(())) if set(net.sizes) == {1} else np.array(array)


def _input(p: Pass) -> Step:
    x = _value(p.net, p.trace.a[0])
    if p.given.dtype == np.uint8:
        return Step(0, "x", "pixels / 255", {"pixels": _value(p.net, p.given)}, x, "x", why="each pixel, from 0 to 1")
    return Step(0, "x", "x", {"x": x}, x, "x", why="the input, as it is")


def _forward(net: Network, trace: Trace) -> list[Step]:
    write, found = _write(net), []
    for l, layer in enumerate(net.layers, start=1):
        W, x, b, z = f"W{l}", source(l), f"b{l}", f"z{l}"
        scores = _value(net, trace.z[l - 1])
        inputs = {W: _parameters(net, layer.W), x: _value(net, trace.a[l - 1]), b: _parameters(net, layer.b)}
        found.append(Step(l, "z", f"{write.forward.format(W=W, x=x)} + {b}", inputs, scores, z, why="the score"))
        formula = formulas.value(layer.activation, z, trace.z[l - 1])
        operands = {z: scores, **formulas.constants(layer.activation)}
        a = _value(net, trace.a[l])
        found.append(Step(l, "a", formula, operands, a, f"a{l}", why=f"through the {layer.activation.name}"))
    return found


def _loss(net: Network, trace: Trace, value: float) -> Step:
    l = len(net.layers)
    z, a = f"z{l}", f"a{l}"
    tiny = below_tiny(net, trace)
    formula = formulas.loss(net.loss, z, a, "y", write=_write(net), outputs=net.sizes[-1], from_scores=tiny)
    known = {z: _value(net, trace.z[-1]), a: _value(net, trace.a[-1]), "y": _value(net, trace.y)}
    operands = {name: known[name] for name in known if name in formula}
    return Step(0, "loss", formula, {**operands, **formulas.constants(net.loss)}, value, "loss", why=net.loss.name)


def _backward(net: Network, trace: Trace) -> list[Step]:
    write, found = _write(net), []
    for l in range(len(net.layers), 0, -1):
        delta, x = f"delta{l}", source(l)
        found.append(_output_delta(net, trace) if l == len(net.layers) else _hidden_delta(net, trace, l))
        d = _value(net, trace.delta[l - 1])
        both = {delta: d, x: _value(net, trace.a[l - 1])}
        dW, db = _parameters(net, trace.dW[l - 1]), _parameters(net, trace.db[l - 1])
        found.append(Step(l, "dW", write.outer.format(d=delta, x=x), both, dW, f"dW{l}", why=f"dLoss/dW{l}"))
        found.append(Step(l, "db", delta, {delta: d}, db, f"db{l}", why=f"dLoss/db{l}"))
    return found


def _output_delta(net: Network, trace: Trace) -> Step:
    l = len(net.layers)
    formula = formulas.delta(net.loss, f"a{l}", "y", net.sizes[-1])
    operands = {f"a{l}": _value(net, trace.a[l]), "y": _value(net, trace.y), **formulas.constants(net.loss)}
    return Step(l, "delta", formula, operands, _value(net, trace.delta[-1]), f"delta{l}", why=f"dLoss/dz{l}")


def _hidden_delta(net: Network, trace: Trace, l: int) -> Step:
    activation, above, d = net.layers[l - 1].activation, f"W{l + 1}", f"delta{l + 1}"
    slope = formulas.slope(activation, f"z{l}", f"a{l}", trace.z[l - 1])
    product = _write(net).back.format(W=above, d=d)
    formula = f"({product}) * {slope}" if slope else product
    known = {f"z{l}": _value(net, trace.z[l - 1]), f"a{l}": _value(net, trace.a[l])}
    operands = {above: _parameters(net, net.layers[l].W), d: _value(net, trace.delta[l])}
    operands |= {name: known[name] for name in known if name in slope} | dict(formulas.constants(activation))
    return Step(l, "delta", formula, operands, _value(net, trace.delta[l - 1]), f"delta{l}", why=f"dLoss/dz{l}")


def _update(p: Pass, later: Network) -> list[Step]:
    found = []
    for l, (layer, new) in enumerate(zip(p.net.layers, later.layers, strict=True), start=1):
        pairs = {"W": (layer.W, new.W, p.trace.dW[l - 1]), "b": (layer.b, new.b, p.trace.db[l - 1])}
        for letter, arrays in pairs.items():
            name = f"{letter}{l}"
            old, value, gradient = (_parameters(p.net, array) for array in arrays)
            operands = {name: old, "eta": p.learning_rate, f"d{name}": gradient}
            formula, why = f"{name} - eta * d{name}", f"{name} after the step"
            found.append(Step(l, letter, formula, operands, value, name, why=why))
    return found
