"""The table of known mistakes in a backward pass: what each is called, and the numbers that it gives.

All arrays are rows: a, z, δ (m, neurons), W and dW (outputs, inputs), db (outputs,). Each function goes through the
formulas for one quantity: the right one first, whose fault is None, then the mistakes. These are no second backward
pass: each formula is one step of it.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from pellucid.analysis.doctor.candidates import COMMON, LOSSES, facts
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.reference_network import back_through
from pellucid.core.activations import Activation, Identity, slope, value
from pellucid.core.arrays import Array

Formula = tuple[str | None, Array]  # what is wrong with it, None for nothing, and its numbers


class Formulas(NamedTuple):
    """The ways in which one quantity may have been computed, and the line of code that computes it right."""

    remedy: str
    tried: Iterable[Formula]


def output_delta(exam: Examination, y: Array, loss: str | None) -> Formulas:
    """δ of the last layer: of this loss, then of others; without a known loss, all that fit the output are right."""
    f = exam.output
    assert f is not None
    L = exam.layers
    A, dZ = exam.name("a", L), f"dZ{L}"
    remedy = f"{dZ} = {A} - Y  (times the loss's own factor)"
    if loss == "squared error" and not facts(f).elementwise:
        remedy = f"dA = 2 * ({A} - Y); {dZ} = {A} * (dA - (dA * {A}) summed over the classes)"
    elif loss == "squared error" and f != Identity():
        remedy = f"{dZ} = 2 * ({A} - Y) * {facts(f).slope_code.format(Z=A, A=A)}"
    return Formulas(remedy, _output_deltas(exam, f, A, y, loss))


def _output_deltas(exam: Examination, f: Activation, A: str, y: Array, loss: str | None) -> Iterator[Formula]:
    known, L, (_, trace) = facts(f), exam.layers, exam.reference
    z, a = trace.z[-1], trace.a[-1]
    difference, cancels = a - y, known.slope_cancels
    right = (loss,) if loss is not None else known.losses
    for name in right:
        yield None, difference if name == cancels else back_through(f, z, LOSSES[name].slope(a, y))
    if loss == "squared error":
        for c in (2.0, 1.0):  # with and without the 2 that the square brings down
            if not known.elementwise:
                yield "it is the gradient of cross-entropy, but the loss is squared error", c * difference
                fault = "the softmax's slope is taken output by output, but each output depends on every score"
                yield fault, c * difference * known.slope_from(a)
            elif f != Identity():
                yield f"the slope of the output's {f.name} is left out", c * difference
    for name, candidate in LOSSES.items():
        if name not in right:
            but = f", but the loss is {loss}" if loss is not None else f", which does not go with {f.name}"
            yield f"it is the gradient of {name}{but}", back_through(f, z, candidate.slope(a, y))
    if cancels and known.elementwise:
        already = f"which is {f.name}(Z{L}) already, in place of Z{L}"
        yield f"the slope of {f.name} is taken at {A}, {already}", 2 * difference * slope(f, a)
        fault = f"the slope {known.slope_formula} is computed from Z{L} in place of {A}"
        yield fault, difference * known.slope_from(z)
        fault = f"it is multiplied by the slope of {f.name}, which cross-entropy cancels"
        yield fault, difference * known.slope_from(a)
    elif cancels:
        yield "it is multiplied by a slope that cross-entropy cancels", difference * known.slope_from(a)
    if f == Identity():
        for g in COMMON:
            if np.ptp(slope(g, z)) > 0:  # where all are 1, nothing is multiplied
                fault = f"it is multiplied by the slope of {g.name}, but the output has no activation"
                yield fault, difference * slope(g, z)
    yield "the output itself is taken, without subtracting the target", a
    if f != Identity():
        yield "the scores are taken in place of the output", z - y


def hidden_delta(exam: Examination, l: int, above: Array) -> Formulas:
    """δ of a hidden layer from δ of the layer above."""
    f = exam.reference[0].layers[l - 1].activation
    Z, A = exam.name("z", l), exam.name("a", l)
    remedy = f"dZ{l} = ({exam.layout.back_code(f'W{l + 1}', f'dZ{l + 1}')}) * {facts(f).slope_code.format(Z=Z, A=A)}"
    return Formulas(remedy, _hidden_deltas(exam, l, above, Z, A))


def _hidden_deltas(exam: Examination, l: int, above: Array, Z: str, A: str) -> Iterator[Formula]:
    net, trace = exam.reference
    f, z, a, W = net.layers[l - 1].activation, trace.z[l - 1], trace.a[l], net.layers[l].W
    da = above @ W
    yield None, da * slope(f, z)
    if f != Identity():
        yield f"the slope of {f.name} is left out", da
    if facts(f).curved:
        yield f"the slope of {f.name} is taken at {A} in place of {Z}", da * slope(f, a)
        yield f"the slope {facts(f).slope_formula} is computed from {Z} in place of {A}", da * facts(f).slope_from(z)
        yield f"{A} itself is taken as the slope", da * a
    for j, other in enumerate(trace.z, start=1):
        if j != l and other.shape == z.shape:
            yield f"the slope is taken at layer {j}'s Z in place of {Z}", da * slope(f, other)
            yield f"the slope is taken at layer {j}'s output in place of {Z}", da * slope(f, value(f, other))
    if trace.a[l - 1].shape == z.shape:
        yield f"the slope is taken at the layer's input in place of {Z}", da * slope(f, trace.a[l - 1])
    for g in COMMON:
        if g != f:
            fault = f"the slope is that of {g.name}, but the layer's activation is {f.name}"
            yield fault, da * slope(g, z)
            yield fault, da * slope(g, a)
    if W.shape[0] == W.shape[1]:
        yield f"W{l + 1} is not transposed on the way back", (above @ W.T) * slope(f, z)
    for j, layer in enumerate(net.layers, start=1):
        for other in (layer.W, layer.W.T):
            if j != l + 1 and other.shape == W.shape:
                yield f"W{j} is used in place of W{l + 1}", (above @ other) * slope(f, z)


def weight_gradient(exam: Examination, l: int, delta: Array) -> Formulas:
    """Layer l's dW from δ; also in another shape than W."""
    given = exam.name("a", l - 1)
    remedy = f"dW{l} = {exam.layout.product_code(f'dZ{l}', given)}"
    return Formulas(remedy, _weight_gradients(exam, l, delta, given))


def _weight_gradients(exam: Examination, l: int, delta: Array, given: str) -> Iterator[Formula]:
    _, trace = exam.reference
    x = trace.a[l - 1]
    yield None, delta.T @ x
    yield "it is transposed", x.T @ delta
    if l > 1:
        yield f"it is made with layer {l - 1}'s pre-activation in place of its output {given}", delta.T @ trace.z[l - 2]
    for j, other in enumerate(trace.a[:-1]):
        if j != l - 1 and other.shape == x.shape:
            wrong = "the input" if j == 0 else f"the output of layer {j}"
            yield f"it is made with {wrong} in place of {given}", delta.T @ other
    if l < exam.layers and trace.a[l].shape == x.shape:
        yield f"it is made with the layer's own output in place of its input {given}", delta.T @ trace.a[l]


def bias_gradient(exam: Examination, l: int, delta: Array) -> Formulas:
    """Layer l's db from δ; also as one number, or with an entry for each sample."""
    everything = "it is one number, summed over everything, for all outputs: each output needs its own"
    return Formulas(
        f"db{l} = {exam.layout.sum_code(f'dZ{l}', exam.array('b', l))}",
        (
            (None, delta.sum(axis=0)),
            (everything, np.array(delta.sum())),
            (everything, np.full(delta.shape[1], delta.sum())),
            ("it is summed over the neurons in place of the samples: the wrong axis", delta.sum(axis=1)),
            ("it is not summed over the samples", delta),
            ("it is not summed over the samples", delta.T),
            ("only the first sample's is taken", delta[0]),
        ),
    )
