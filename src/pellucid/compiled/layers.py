"""Forward and back through the layers of any network, in one block of memory: core/network.py as loops.

A network is a row of numbers for each layer: its sizes, and where its numbers begin in θ and in the
memory of the pass. So one compiled function does for all depths and widths.
"""

import numpy as np

from pellucid.compiled import formulas as f
from pellucid.compiled import kinds
from pellucid.compiled.jit import kernel
from pellucid.compiled.layout import ACTIVATION, DELTA, INPUTS, MASK, NEURONS, NEXT, A, B, Net, W, X, Z
from pellucid.compiled.products import product
from pellucid.core.arrays import Array


@kernel
def add_bias(z: Array, b: Array) -> None:
    """Z (n · neurons,) += b, row by row."""
    for start in range(0, len(z), len(b)):
        row = z[start : start + len(b)]
        for j in range(len(b)):
            row[j] += b[j]


@kernel
def activate(kind: int, s: float, z: Array, a: Array, neurons: int) -> None:
    """A = f(z), both (n · neurons,)."""
    if kind == kinds.IDENTITY:
        for i in range(len(z)):
            a[i] = z[i]
    elif kind == kinds.RELU:
        for i in range(len(z)):
            a[i] = f.relu(z[i])
    elif kind == kinds.LEAKY_RELU:
        for i in range(len(z)):
            a[i] = f.leaky_relu(z[i], s)
    elif kind == kinds.SIGMOID:
        for i in range(len(z)):
            a[i] = f.sigmoid(z[i])
    elif kind == kinds.TANH:
        for i in range(len(z)):
            a[i] = f.tanh(z[i])
    elif kind == kinds.GELU:
        for i in range(len(z)):
            a[i] = z[i] * f.gate(z[i])
    elif kind == kinds.EXP:
        for i in range(len(z)):
            a[i] = f.exp(z[i])
    elif kind == kinds.SILU:
        for i in range(len(z)):
            a[i] = z[i] * f.sigmoid(z[i])
    elif kind == kinds.MISH:
        for i in range(len(z)):
            a[i] = z[i] * f.tanh_of_softplus(z[i])
    else:
        softmax(z, a, neurons)


@kernel
def softmax(z: Array, a: Array, outputs: int) -> None:
    """A = exp(z − max z) / Σ exp(z − max z), row by row."""
    for start in range(0, len(z), outputs):
        row, out = z[start : start + outputs], a[start : start + outputs]
        most = row[0]
        for j in range(1, outputs):
            most = max(most, row[j])
        for j in range(outputs):
            out[j] = row[j] - most
    for i in range(len(a)):
        a[i] = f.exp(a[i])
    for start in range(0, len(z), outputs):
        out = a[start : start + outputs]
        total = out[0]
        for j in range(1, outputs):
            total += out[j]
        for j in range(outputs):
            out[j] /= total


@kernel
def multiply_by_slope(kind: int, s: float, z: Array, a: Array, delta: Array) -> None:
    """δ = δ · f'(z): dLoss/da becomes dLoss/dz, in place."""
    if kind == kinds.RELU:
        for i in range(len(delta)):
            delta[i] = delta[i] if a[i] > 0.0 else delta[i] * 0.0
    elif kind == kinds.LEAKY_RELU:
        for i in range(len(delta)):
            delta[i] = delta[i] if z[i] > 0.0 else s * delta[i]
    elif kind == kinds.SIGMOID:
        for i in range(len(delta)):
            delta[i] *= a[i] * (1.0 - a[i])
    elif kind == kinds.TANH:
        for i in range(len(delta)):
            delta[i] *= 1.0 - a[i] * a[i]
    elif kind == kinds.GELU:
        for i in range(len(delta)):
            delta[i] *= f.gelu_slope(z[i])
    elif kind == kinds.EXP:
        for i in range(len(delta)):
            delta[i] *= a[i]
    elif kind == kinds.SILU:
        for i in range(len(delta)):
            delta[i] *= f.silu_slope(z[i], a[i])
    elif kind == kinds.MISH:
        for i in range(len(delta)):
            delta[i] *= f.mish_slope(z[i])


@kernel
def forward(net: Net, n: int, first: bool) -> None:
    """Fill z and a of every layer for the n samples in the memory; not ``first``: layer 1 has its z already."""
    for l in range(len(net.layers)):
        at = net.layers[l]
        inputs, neurons = at[INPUTS], at[NEURONS]
        size = n * neurons
        z, a = net.memory[at[Z] : at[Z] + size], net.memory[at[A] : at[A] + size]
        if l > 0 or first:
            # Z = X Wᵀ + b
            product(False, False, n, neurons, inputs, net.memory[at[X] :], net.theta[at[W] :], 0, z)
            add_bias(z, net.theta[at[B] : at[B] + neurons])
        # A = f(Z)
        activate(at[ACTIVATION], net.settings[l], z, a, neurons)
        if at[NEXT] != at[A]:
            mask, out = net.memory[at[MASK] : at[MASK] + size], net.memory[at[NEXT] : at[NEXT] + size]
            for i in range(size):
                out[i] = a[i] * mask[i]


@kernel
def backward(net: Net, n: int, first: bool, add: int) -> None:
    """From δ of the output layer fill all the others and the gradient, or ``add`` (1) to the gradient that is there.

    Not ``first``: dW of layer 1 is left out.
    """
    for l in range(len(net.layers) - 1, -1, -1):
        at = net.layers[l]
        inputs, neurons = at[INPUTS], at[NEURONS]
        delta = net.memory[at[DELTA] : at[DELTA] + n * neurons]
        if l > 0 or first:
            # dW = Δᵀ X, written as dWᵀ = Xᵀ Δ
            product(True, False, inputs, neurons, n, net.memory[at[X] :], delta, add, net.grad[at[W] :])
        db = net.grad[at[B] : at[B] + neurons]
        if not add:
            db[:] = 0
        for i in range(n):
            row = delta[i * neurons : (i + 1) * neurons]
            for j in range(neurons):
                db[j] += row[j]
        if l > 0:
            below = net.layers[l - 1]
            size = n * inputs
            out = net.memory[below[DELTA] : below[DELTA] + size]
            # Δ of the layer below = (Δ W) ∘ M ∘ f'(Z)
            product(False, True, n, inputs, neurons, delta, net.theta[at[W] :], 0, out)
            if below[NEXT] != below[A]:
                mask = net.memory[below[MASK] : below[MASK] + size]
                for i in range(size):
                    out[i] *= mask[i]
            z, a = net.memory[below[Z] : below[Z] + size], net.memory[below[A] : below[A] + size]
            multiply_by_slope(below[ACTIVATION], net.settings[l - 1], z, a, out)


@kernel
def losses(kind: int, s: float, z: Array, a: Array, y: Array, delta: Array) -> float:
    """The loss L of one sample, and dL/dz in ``delta``; all (outputs,)."""
    outputs, loss = len(z), 0.0
    if kind in (kinds.CROSS_ENTROPY, kinds.SMOOTHED):
        loss = softmax_loss(kind, s, z, a, y, delta)
    elif kind == kinds.SOFTMAX_SQUARED:
        both = 0.0
        for j in range(outputs):
            delta[j] = 2.0 * (a[j] - y[j])
            loss += (a[j] - y[j]) ** 2
            both += delta[j] * a[j]
        for j in range(outputs):
            delta[j] = a[j] * (delta[j] - both)
    else:
        for j in range(outputs):
            r, part, slope = a[j] - y[j], 0.0, 0.0
            if kind == kinds.BINARY:
                part, slope = f.binary_loss(z[j], y[j]), r
            elif kind == kinds.SQUARED:
                part, slope = r * r, 2.0 * r
            elif kind == kinds.ABSOLUTE:
                part, slope = abs(r), f.sign(r)
            elif kind == kinds.HUBER:
                part, slope = f.huber_loss(r, s), min(max(r, -s), s) if r == r else r
            else:
                part, slope = f.poisson_loss(z[j], a[j], y[j]), r
            loss += part
            delta[j] = slope / outputs
        loss /= outputs
    return loss


@kernel
def softmax_loss(kind: int, s: float, z: Array, a: Array, y: Array, delta: Array) -> float:
    """−Σ t log a, t = (1 − s) y + s / outputs, and a − t; cross-entropy has s = 0."""
    outputs, p = len(z), 0.0
    if kind == kinds.CROSS_ENTROPY:
        for j in range(outputs):
            delta[j] = a[j] - y[j]
            p += a[j] * y[j]
        if p >= f.TINY or p != p:
            return -np.log(p)
        s = s * 0
    else:
        for j in range(outputs):
            delta[j] = a[j] - (1.0 - s) * y[j] - s / outputs
    most, total, inner = z[0], 0.0, 0.0
    for j in range(1, outputs):
        most = max(most, z[j])
    for j in range(outputs):
        total += np.exp(z[j] - most)
        inner += ((1.0 - s) * y[j] + s / outputs) * (z[j] - most)
    return np.log(total) - inner
