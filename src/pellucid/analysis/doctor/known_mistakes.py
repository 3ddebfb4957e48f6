"""The table of known mistakes in a backward pass: what each is called, and the numbers that it gives.

All arrays are rows: a, z, δ (m, neurons), W and dW (outputs, inputs), db (outputs,). Each function goes through the
formulas for one quantity: the right one first, with no fault, then the mistakes. These are no second backward pass:
each formula is one step of it. What mends a mistake is the right formula in the user's own names: ``remedies``.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np

from pellucid.analysis.doctor.arrays import Arrays
from pellucid.analysis.doctor.candidates import COMMON, LOSSES, Candidate
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.loss import KnownLoss
from pellucid.analysis.doctor.naming import Quantity
from pellucid.core.arrays import Array

MOVED = "is updated already when the error is sent back through it"
REMEDIES = {  # what mends a mistake that stands in another line than the one that it spoils
    MOVED: "send the error back first, and update W after that, or keep a copy of W",
}
Formula = tuple[tuple[str, ...], Array]  # the mistakes in it, none for the right one, and its numbers
Deltas = dict[int, Array]  # the δ of some layers


def output_delta(exam: Examination, y: Array, loss: KnownLoss) -> Iterator[Formula]:
    """δ of the last layer; the loss's own factor is left to the caller."""
    f, L, net = exam.output, exam.layers, exam.reference
    assert f is not None
    z, a, A = net.z[-1], net.a[-1], exam.name("a", L)
    difference, slope_of_loss = a - y, LOSSES[loss.name].slope(a, y)
    cancels = f.slope_cancels if f.inner is None else ""
    yield (), difference if loss.name == cancels else f.back(z, a, slope_of_loss)
    yield from _slope_of_output(f, z, a, L, A, difference, slope_of_loss, loss.name)
    if loss.own:
        for name, other in LOSSES.items():
            if name != loss.name:
                fault = f"it is the gradient of {name}, but the loss is {loss.name}"
                yield (fault,), difference if name == cancels else f.back(z, a, other.slope(a, y))
                if name == cancels:  # the 2 that the square brings down may be there
                    yield (fault,), 2 * difference
    if f.plain:
        for g in COMMON:
            if np.ptp(g.slope(z)) > 0:  # where all are 1, nothing is multiplied
                fault = f"it is multiplied by the slope of {g.name}, but the output has no activation"
                yield (fault,), difference * g.slope(z)
    yield ("the output itself is taken, without subtracting the target",), a
    if not f.plain:
        yield ("the scores are taken in place of the output",), z - y


def _slope_of_output(
    f: Candidate, z: Array, a: Array, L: int, A: str, difference: Array, slope_of_loss: Array, loss: str
) -> Iterator[Formula]:
    """The mistakes with the slope of the output's activation."""
    if f.inner is not None:
        yield (f"the slope of the {f.inner.name} below the {f.name.split()[0]} is left out",), difference
    elif loss != f.slope_cancels and not f.plain:
        for c in (2.0, 1.0):  # with and without the 2 that the square brings down
            if f.jacobian is None:
                yield (f"the slope of the output's {f.name} is left out",), c * difference
                yield (f"the slope of {f.name} is taken at {A} in place of Z{L}",), c * difference * f.slope(a)
            else:
                fault = "the softmax's slope is taken output by output, but each output depends on every score"
                yield (fault,), c * difference * f.slope_from(a)
        yield (f"the slope of the output's {f.name} is left out",), slope_of_loss
    elif f.slope_cancels and f.jacobian is None:
        already = f"which is {f.name}(Z{L}) already, in place of Z{L}"
        yield (f"the slope of {f.name} is taken at {A}, {already}",), 2 * difference * f.slope(a)
        yield (f"the slope {f.slope_formula} is computed from Z{L} in place of {A}",), difference * f.slope_from(z)
        fault = f"it is multiplied by the slope of {f.name}, which cross-entropy cancels"
        yield (fault,), difference * f.slope_from(a)
        yield (fault,), 2 * difference * f.slope_from(a)
    elif f.slope_cancels:
        yield ("it is multiplied by a slope that cross-entropy cancels",), difference * f.slope_from(a)


def hidden_delta(
    exam: Examination, l: int, deltas: Deltas, gradients: Arrays, y: Array, loss: KnownLoss
) -> Iterator[Formula]:
    """δ of a hidden layer from δ of the layer above: one mistake on the way back, one with the slope, or both."""
    ways, slopes = list(_ways_back(exam, l, deltas, gradients, y, loss)), list(_slopes(exam, l))
    pairs = [(way + fault, error * slope) for (way, error), (fault, slope) in product(ways, slopes)]
    yield from sorted(pairs, key=lambda pair: len(pair[0]))


def _ways_back(
    exam: Examination, l: int, deltas: Deltas, gradients: Arrays, y: Array, loss: KnownLoss
) -> Iterator[Formula]:
    """What arrives from above: the right error first."""
    net, above = exam.reference, deltas[l + 1]
    W, a, name = net.layers[l].W, net.a[l], f"W{l + 1}"
    yield (), above @ W
    if W.shape[0] == W.shape[1]:
        yield (f"{name} is not transposed on the way back",), above @ W.T
    if (moved := _moved_weights(exam, l, above, gradients, loss.decay)) is not None:
        yield (f"{name} {MOVED}",), above @ moved
    for j, layer in enumerate(net.layers, start=1):
        for other in (layer.W, layer.W.T):
            if j != l + 1 and other.shape == W.shape:
                yield (f"W{j} is used in place of {name}",), above @ other
    if l + 1 == exam.layers:
        last = LOSSES[loss.name].slope(net.a[-1], y)
        fault = f"dA{l + 1} is sent back through {name} in place of dZ{l + 1}, so the output's slope is missing there"
        yield (fault,), loss.scale * last @ W
    yield (f"the error is sent back with the sum of each row of {name}",), np.outer(above.sum(axis=1), W.sum(axis=0))
    if a.shape == above.shape:
        yield (f"the error is not sent back through {name}",), above
    if a.shape == y.shape:
        fault = f"it is made of {exam.name('a', l)} − Y, but the targets are the output's: its error comes through"
        yield (f"{fault} {name}",), loss.scale * (a - y)
        fault = f"the output's error is taken in place of what comes through {name}"
        yield from (((fault,), error) for error in (deltas[exam.layers], loss.scale * (net.a[-1] - y)))


def _moved_weights(exam: Examination, l: int, above: Array, gradients: Arrays, decay: float) -> Array | None:
    """W of the layer above, moved by the user's own dW at the rate that explains dW of layer l best."""
    net, dW, own = exam.reference, gradients.get(Quantity("dW", l + 1)), gradients.get(Quantity("dW", l))
    W, slope = net.layers[l].W, net.layers[l - 1].activation.slope(net.z[l - 1]) * net.layers[l - 1].mask
    if dW is None or own is None or dW.shape != W.shape or own.shape != net.layers[l - 1].W.shape:
        return None
    right, change = ((above @ by * slope).T @ net.a[l - 1] for by in (W, np.asarray(dW)))
    rate = float(np.sum((right + decay * net.layers[l - 1].W - own) * change) / (np.sum(change * change) or 1.0))
    return np.asarray(W - rate * np.asarray(dW)) if rate > 0 else None


def _slopes(exam: Examination, l: int) -> Iterator[Formula]:
    """What the error is multiplied by: the right slope first, with dropout's mask where there is one."""
    net = exam.reference
    f, mask, z, a, x = net.layers[l - 1].activation, net.layers[l - 1].mask, net.z[l - 1], net.a[l], net.a[l - 1]
    Z, A, right = exam.name("z", l), exam.name("a", l), f.slope(z)
    yield (), right * mask
    if not np.all(mask == 1.0):
        dropped = np.not_equal(mask, 0.0)
        yield ("dropout's mask is left out",), right
        yield ("dropout's factor 1 / keep is left out",), right * dropped
        yield (f"the slope of {f.name} and dropout's mask are left out",), np.ones_like(z)
        yield ("dropout's mask is applied, but not its factor, and the slope is left out",), dropped * np.ones_like(z)
    if not f.plain:
        always = ", or always 1" if f is COMMON[0] else ""
        yield (f"the slope of {f.name} is left out{always}",), np.ones_like(z) * mask
    if f.curved:
        yield (f"the slope of {f.name} is taken at {A} in place of {Z}",), f.slope(a) * mask
        yield (f"{A} itself is taken as the slope",), a
    if f.bounded:
        yield (f"the slope {f.slope_formula} is computed from {Z} in place of {A}",), f.slope_from(z) * mask
    for j, other in enumerate(net.z, start=1):
        if j != l and other.shape == z.shape:
            yield (f"the slope is taken at layer {j}'s Z in place of {Z}",), f.slope(other)
            yield (f"the slope is taken at layer {j}'s output in place of {Z}",), f.slope(f.value(other))
    if x.shape == z.shape:
        yield (f"the slope is taken at the layer's input in place of {Z}",), f.slope(x)
    for g in COMMON:
        if g is not f:
            fault = f"the slope is that of {g.name}, but the layer's activation is {f.name}"
            yield from (((fault,), g.slope(z)), ((fault,), g.slope(a)))
            if g.bounded:
                fault = f"the slope is {g.slope_formula}, that of {g.name}, but the layer's activation is {f.name}"
                yield from (((fault,), g.slope_from(z)), ((fault,), g.slope_from(a)))


def weight_gradient(exam: Examination, l: int, deltas: Deltas, decay: float) -> Iterator[Formula]:
    """Layer l's dW from δ; also in another shape than W."""
    net = exam.reference
    delta, x, given, W = deltas[l], net.a[l - 1], exam.name("a", l - 1), net.layers[l - 1].W
    right, L2 = delta.T @ x, decay * W
    yield from _with_decay(exam, right, L2)
    yield ("it is transposed",), (right + L2).T
    if l > 1:
        fault = f"it is made with layer {l - 1}'s pre-activation in place of its output {given}"
        yield (fault,), delta.T @ net.z[l - 2] + L2
    for j, other in enumerate(net.a[:-1]):
        if j != l - 1 and other.shape == x.shape:
            wrong = "the input" if j == 0 else f"the output of layer {j}"
            yield (f"it is made with {wrong} in place of {given}",), delta.T @ other + L2
    if l < exam.layers and net.a[l].shape == x.shape:
        yield (f"it is made with the layer's own output in place of its input {given}",), delta.T @ net.a[l] + L2
    for j, other in deltas.items():
        if j != l and other.shape == delta.shape:
            yield (f"it is made with dZ{j} in place of dZ{l}",), other.T @ x + L2
    yield from _wrong_products(delta, x, W)


def _wrong_products(delta: Array, x: Array, W: Array) -> Iterator[Formula]:
    """One number or one product for each entry, where δᵀ a is meant; NumPy then spreads it over W."""
    number = "it is one number, a dot product, where each entry needs its own: an outer product is meant"
    if delta.shape == x.shape:
        yield (number,), np.array((delta * x).sum())
        yield (number,), np.full(W.shape, (delta * x).sum())
        one_by_one = "the product is taken element by element, where an outer product is meant"
        yield (one_by_one,), delta * x
        yield (one_by_one,), np.broadcast_to((delta * x).sum(axis=0), W.shape)
    yield ("it is one number, the same for every weight",), np.full(W.shape, (delta.T @ x).sum())


def _with_decay(exam: Examination, right: Array, decay: Array) -> Iterator[Formula]:
    """A gradient with that of the L2 term: right, without it, and with a wrong one."""
    yield (), right + decay
    if not decay.any():
        return
    yield ("the gradient of the L2 term is left out",), right
    m = exam.m
    for c, what in (
        (m, "m times too large: its 1/m is missing"),
        (1 / m, "divided by m, which the loss's is not"),
        (2.0, "twice too large"),
        (0.5, "half as large as it should be"),
        (-1.0, "of the wrong sign"),
        (2.0 * m, "2m times too large"),
        (m / 2, "m/2 times too large"),
    ):
        yield (f"the gradient of the L2 term is {what}",), right + c * decay


def bias_gradient(exam: Examination, l: int, deltas: Deltas) -> Iterator[Formula]:
    """Layer l's db from δ; also as one number, or with an entry for each sample."""
    delta = deltas[l]
    right = delta.sum(axis=0)
    b = exam.array("b", l)
    yield (), np.array(right.sum()) if np.size(b) == 1 < len(right) else right
    everything = "it is one number, summed over everything, for all outputs: each output needs its own"
    if delta.shape[1] > 1:
        yield from (((everything,), np.array(delta.sum())), ((everything,), np.full(delta.shape[1], delta.sum())))
    yield ("it is summed over the neurons in place of the samples: the wrong axis",), delta.sum(axis=1)
    yield from ((("it is not summed over the samples",), array) for array in (delta, delta.T))
    yield ("only the first sample's is taken",), delta[0]
    for j, other in deltas.items():
        if j != l and other.shape == delta.shape:
            yield (f"it is made with dZ{j} in place of dZ{l}",), other.sum(axis=0)
        elif other.shape[1] == 1 < delta.shape[1]:  # and is given to each neuron
            yield (f"db{j} stands in its place",), np.full(delta.shape[1], other.sum())


def of_slopes(exam: Examination, right: Array, decay: Array, others: dict[str, Array]) -> Iterator[Formula]:
    """A gradient of a network that is not known, from its own right numbers and those of others."""
    yield from _with_decay(exam, right - decay, decay)
    yield ("it is transposed",), right.T
    if right.ndim == 1 and right.size > 1:
        everything = "it is one number, summed over everything, for all outputs: each output needs its own"
        yield from (((everything,), np.array(right.sum())), ((everything,), np.full(right.size, right.sum())))
    for name, other in others.items():
        if other.shape == right.shape:
            yield (f"{name} stands in its place",), other
