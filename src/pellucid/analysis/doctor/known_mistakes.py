"""What a wrong gradient may be: each known mistake, made on purpose, gives the numbers that it would give.

All arrays are rows: a, z, δ (m, neurons), W and dW (outputs, inputs), db (outputs,). An formula without a fault is the
right one. These are no second backward pass: each is one step of it, altered.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.loss import NAMES, slope_of
from pellucid.analysis.doctor.naming import Quantity
from pellucid.analysis.doctor.reference_network import applied, slope, through
from pellucid.core.activations import Identity, LeakyReLU, ReLU, Sigmoid, Tanh
from pellucid.core.arrays import Array


class Formula(NamedTuple):
    """How a quantity may have been made: ``fault`` says what is wrong with that, None for nothing."""

    fault: str | None
    remedy: str
    value: Array


def output_delta_formulas(exam: Examination, y: Array, loss: str | None) -> Iterator[Formula]:
    """δ of the last layer: of this loss, then of others; without a known loss, all that fit the output are right."""
    trace, f, L = exam.trace, exam.output, exam.layers
    assert trace is not None
    assert f is not None
    z, a = trace.z[-1], trace.a[-1]
    A, dZ = exam.user_names.get(Quantity("a", L), f"A{L}"), f"dZ{L}"
    right_line = _output_line(f.name, loss, A, dZ)
    pairs = {"softmax": ("ce", "se"), "sigmoid": ("bce", "se")}.get(f.name, ("se",))
    first = (loss,) if loss is not None else pairs
    simple = a - y
    for name in first:
        pair = (f.name, name) in (("softmax", "ce"), ("sigmoid", "bce"))
        yield Formula(None, right_line, simple if pair else through(f, z, slope_of(name, a, y)))
    for c in (2.0, 1.0):  # with and without the 2 that the square brings down
        if f.name in ("sigmoid", "tanh", "relu") and loss == "se":
            yield Formula(f"the slope of the output's {f.name} is left out", right_line, c * simple)
        if f.name == "softmax" and loss == "se":
            fault = "it is the gradient of cross-entropy, but the loss is squared error"
            yield Formula(fault, right_line, c * simple)
            fault = "the softmax's slope is taken output by output, but each output depends on every score"
            yield Formula(fault, right_line, c * simple * a * (1 - a))
    for name in NAMES:
        if name != loss and (loss is not None or name not in pairs):
            said = f", but the loss is {NAMES[loss]}" if loss is not None else f", which does not go with {f.name}"
            yield Formula(f"it is the gradient of {NAMES[name]}{said}", right_line, through(f, z, slope_of(name, a, y)))
    if f.name == "sigmoid":
        for place, fault in ((a, f"at {A}, which is sigmoid(Z{L}) already, in place of Z{L}"),):
            yield Formula(f"the slope of sigmoid is taken {fault}", right_line, 2 * simple * slope(f, place))
        yield Formula(f"the slope a(1 − a) is computed from Z{L} in place of {A}", right_line, simple * z * (1 - z))
        yield Formula(
            "it is multiplied by the slope of sigmoid, which cross-entropy cancels", right_line, simple * a * (1 - a)
        )
    if f.name == "softmax":
        yield Formula("it is multiplied by a slope that cross-entropy cancels", right_line, simple * a * (1 - a))
    if f.name == "identity":
        for g in (Sigmoid(), ReLU(), Tanh()):
            fault = f"it is multiplied by the slope of {g.name}, but the output has no activation"
            if np.ptp(slope(g, z)) > 0:  # where all are 1, nothing is multiplied
                yield Formula(fault, right_line, simple * slope(g, z))
    yield Formula("the output itself is taken, without subtracting the target", right_line, a)
    if f.name != "identity":
        yield Formula("the scores are taken in place of the output", right_line, z - y)


def _output_line(activation: str, loss: str | None, A: str, dZ: str) -> str:
    if loss != "se" or activation == "identity":
        return f"{dZ} = {A} - Y  (times the loss's own factor)"
    if activation == "softmax":
        return f"dA = 2 * ({A} - Y); {dZ} = {A} * (dA - (dA * {A}) summed over the classes)"
    inner = {"sigmoid": f"{A} * (1 - {A})", "tanh": f"(1 - {A} ** 2)"}.get(activation, f"({A} > 0)")
    return f"{dZ} = 2 * ({A} - Y) * {inner}"


def hidden_delta_formulas(exam: Examination, l: int, above: Array) -> Iterator[Formula]:
    """δ of a hidden layer from δ of the layer above."""
    trace, net = exam.trace, exam.net
    assert trace is not None
    assert net is not None
    f, z, a = net.layers[l - 1].activation, trace.z[l - 1], trace.a[l]
    W = net.layers[l].W
    Z, A = exam.user_names.get(Quantity("z", l), f"Z{l}"), exam.user_names.get(Quantity("a", l), f"A{l}")
    back = exam.layout.back(f"W{l + 1}", f"dZ{l + 1}")
    line = f"dZ{l} = ({back}) * {_slope_line(f, Z, A)}"
    da = above @ W
    yield Formula(None, line, da * slope(f, z))
    if f != Identity():
        yield Formula(f"the slope of {f.name} is left out", line, da)
    if not isinstance(f, ReLU | LeakyReLU | Identity):
        yield Formula(f"the slope of {f.name} is taken at {A} in place of {Z}", line, da * slope(f, a))
        formula, wrong = ("a(1 − a)", z * (1 - z)) if f == Sigmoid() else ("1 − a²", 1 - z * z)
        yield Formula(f"the slope {formula} is computed from {Z} in place of {A}", line, da * wrong)
        yield Formula(f"{A} itself is taken as the slope", line, da * a)
    for j in range(1, exam.layers + 1):
        other = trace.z[j - 1]
        if j != l and other.shape == z.shape:
            yield Formula(f"the slope is taken at layer {j}'s Z in place of {Z}", line, da * slope(f, other))
            yield Formula(
                f"the slope is taken at layer {j}'s output in place of {Z}", line, da * slope(f, applied(f, other))
            )
    if trace.a[l - 1].shape == z.shape:
        yield Formula(f"the slope is taken at the layer's input in place of {Z}", line, da * slope(f, trace.a[l - 1]))
    for g in (ReLU(), Sigmoid(), Tanh()):
        if g != f:
            fault = f"the slope is that of {g.name}, but the layer's activation is {f.name}"
            yield Formula(fault, line, da * slope(g, z))
            if not isinstance(f, ReLU):
                yield Formula(fault, line, da * slope(g, a))
    if W.shape[0] == W.shape[1]:
        yield Formula(f"W{l + 1} is not transposed on the way back", line, (above @ W.T) * slope(f, z))
    for j in range(1, exam.layers + 1):
        other = net.layers[j - 1].W
        if j != l + 1 and other.shape == W.shape:
            yield Formula(f"W{j} is used in place of W{l + 1}", line, (above @ other) * slope(f, z))
        if j != l + 1 and other.T.shape == W.shape:
            yield Formula(f"W{j} is used in place of W{l + 1}", line, (above @ other.T) * slope(f, z))


def _slope_line(f: Any, Z: str, A: str) -> str:
    lines = {"relu": f"({Z} > 0)", "sigmoid": f"{A} * (1 - {A})", "tanh": f"(1 - {A} ** 2)"}
    return lines.get(f.name, f"slope({Z})")


def weight_gradient_formulas(exam: Examination, l: int, delta: Array) -> Iterator[Formula]:
    """Layer l's dW from δ; also in another shape than W."""
    trace = exam.trace
    assert trace is not None
    given = exam.user_names.get(Quantity("a", l - 1), f"A{l - 1}") if l > 1 else "X"
    line = f"dW{l} = {exam.layout.product(f'dZ{l}', given)}"
    x = trace.a[l - 1]
    yield Formula(None, line, delta.T @ x)
    yield Formula("it is transposed", line, (delta.T @ x).T)
    if l > 1:
        fault = f"it is made with layer {l - 1}'s pre-activation in place of its output {given}"
        yield Formula(fault, line, delta.T @ trace.z[l - 2])
    for j, other in enumerate(trace.a):
        if j not in (l - 1, exam.layers) and other.shape == x.shape:
            fault = f"it is made with {'the input' if j == 0 else f'the output of layer {j}'} in place of {given}"
            yield Formula(fault, line, delta.T @ other)
    if l < exam.layers and trace.a[l].shape == x.shape:
        yield Formula(
            f"it is made with the layer's own output in place of its input {given}", line, delta.T @ trace.a[l]
        )


def bias_gradient_formulas(exam: Examination, l: int, delta: Array) -> Iterator[Formula]:
    """Layer l's db from δ; also as one number, or with an entry a sample."""
    line = f"db{l} = {exam.layout.sum(f'dZ{l}', exam.array('b', l))}"
    yield Formula(None, line, delta.sum(axis=0))
    total = delta.sum()
    said = "it is one number, summed over everything, for all outputs: each output needs its own"
    yield Formula(said, line, np.array(total))
    yield Formula(said, line, np.full(delta.shape[1], total))
    fault = "it is summed over the neurons in place of the samples: the wrong axis"
    yield Formula(fault, line, delta.sum(axis=1))
    yield Formula("it is not summed over the samples", line, delta)
    yield Formula("it is not summed over the samples", line, delta.T)
    yield Formula("only the first sample's is taken", line, delta[0])
