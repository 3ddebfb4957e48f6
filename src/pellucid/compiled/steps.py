"""Many steps of a training in one call: gather a batch, forward, loss, back, clip, move θ."""

import numpy as np

from pellucid.compiled import sparse, updates
from pellucid.compiled.jit import entry, kernel, summing
from pellucid.compiled.kinds import CLASSES, PROBABILITIES, VALUES
from pellucid.compiled.layers import add_bias, backward, forward, losses
from pellucid.compiled.layout import DELTA, INPUTS, MASK, NEURONS, A, B, Data, Goal, Net, W, X, Z
from pellucid.compiled.products import product
from pellucid.core.arrays import AnyArray, Array


@kernel
def gather(data: Data, rows: AnyArray, x: Array) -> None:
    """Write these rows of X, in units of ``data.unit``, into x (n · features,)."""
    features, unit = data.X.shape[1] // data.bytes, data.unit[0]
    for i in range(len(rows)):
        row, out = data.X[rows[i]], x[i * features : (i + 1) * features]
        if data.bytes == 1:
            for j in range(features):
                out[j] = x.dtype.type(row[j]) / unit
        elif data.bytes == 4:
            singles = row.view(np.float32)
            for j in range(features):
                out[j] = singles[j]
        else:
            doubles = row.view(np.float64)
            for j in range(features):
                out[j] = doubles[j]


@kernel
def write_targets(data: Data, rows: AnyArray, y: Array, outputs: int) -> None:
    """The targets of these rows as rows: class 3 of 10 becomes 0 0 0 1 0 0 0 0 0 0."""
    for i in range(len(rows)):
        row = y[i * outputs : (i + 1) * outputs]
        if len(data.labels):
            row[:] = 0
            row[data.labels[rows[i]]] = 1
        else:
            for j in range(outputs):
                row[j] = data.values[rows[i], j]


@kernel
def is_right(kind: int, a: Array, y: Array) -> bool:
    """Whether the likeliest class is the true one, or every probability on the right side of one half."""
    right, likeliest = kind != VALUES, 0
    if kind == CLASSES:
        for j in range(1, len(a)):
            if a[j] > a[likeliest]:
                likeliest = j
        right = y[likeliest] == 1
    elif kind == PROBABILITIES:
        for j in range(len(a)):
            right = right and (a[j] > 0.5) == (y[j] > 0.5)
    return right


@kernel
def judge(net: Net, goal: Goal, data: Data, rows: AnyArray, n: int, total: float) -> tuple[float, float]:
    """The loss and the hits of the n samples under way, as shares of ``total``; fills δ of the output layer."""
    last = net.layers[-1]
    outputs = last[NEURONS]
    loss, right = 0.0, 0.0
    for i in range(n):
        start, end = i * outputs, (i + 1) * outputs
        a, y = net.memory[last[A] + start : last[A] + end], net.memory[net.y + start : net.y + end]
        delta = net.memory[last[DELTA] + start : last[DELTA] + end]
        weight = data.weights[rows[i]] if len(data.weights) else 1.0
        share = net.memory.dtype.type(weight / total)
        net.memory[net.shares + i] = share
        loss += share * losses(goal.loss, goal.setting, net.memory[last[Z] + start : last[Z] + end], a, y, delta)
        right += weight * is_right(goal.kind, a, y)
        for j in range(outputs):
            delta[j] *= share
    return loss, right


@kernel
def write_masks(net: Net, draws: AnyArray, size: int, start: int, n: int) -> None:
    """1/keep with probability keep, else 0, from numbers drawn for a batch of ``size``, of which these are n."""
    keep, at = net.memory.dtype.type(1.0 - net.dropout), 0
    for l in range(len(net.layers) - 1):
        neurons, place = net.layers[l][NEURONS], net.layers[l][MASK]
        drawn = draws[at + start * neurons : at + (start + n) * neurons]
        mask = net.memory[place : place + n * neurons]
        for i in range(n * neurons):
            mask[i] = 1.0 / keep if drawn[i] < keep else 0.0
        at += size * neurons


@kernel
def propagate(
    net: Net, goal: Goal, data: Data, rows: AnyArray, at_once: int, total: float, draws: AnyArray
) -> tuple[float, float]:
    """Forward and back for these rows, ``at_once`` at a time: fill the gradient; return the loss and the hits."""
    loss, right, first = 0.0, 0.0, net.layers[0]
    is_sparse = len(data.sparse.starts) > 0
    dW = net.grad[first[W] : first[W] + first[INPUTS] * first[NEURONS]]
    if is_sparse:
        dW[:] = 0
    for start in range(0, len(rows), at_once):
        part = rows[start : start + at_once]
        n = len(part)
        if is_sparse:
            z = net.memory[first[Z] : first[Z] + n * first[NEURONS]]
            b = net.theta[first[B] : first[B] + first[NEURONS]]
            sparse.forward(part, data.sparse, net.theta[first[W] :], b, z)
        else:
            gather(data, part, net.memory[first[X] : first[X] + n * first[INPUTS]])
        if net.dropout:
            write_masks(net, draws, len(rows), start, n)
        forward(net, n, not is_sparse)
        write_targets(data, part, net.memory[net.y :], net.layers[-1][NEURONS])
        more, hits = judge(net, goal, data, part, n, total)
        loss, right = loss + more, right + hits
        backward(net, n, not is_sparse, 1 if start else 0)
        if is_sparse:
            sparse.backward(part, data.sparse, net.memory[first[DELTA] :], dW, first[NEURONS])
    return loss, right


@kernel
def sum_of_weights(data: Data, rows: AnyArray) -> float:
    """How much these samples count together: their number, unless they have weights."""
    total = float(len(rows))
    if len(data.weights):
        total = 0.0
        for row in rows:
            total += data.weights[row]
    return total


@summing
def squares(grad: Array) -> float:
    """The sum of squares."""
    total = 0.0
    for start in range(0, len(grad), 4096):
        part, parts = grad[start : start + 4096], grad.dtype.type(0)
        for i in range(len(part)):
            parts += part[i] * part[i]
        total += parts
    return total


@kernel
def finish(net: Net, goal: Goal, numbers: Array, norm: float, start: int, stop: int) -> float:
    """Clip the gradient, whose length is ``norm``, and move θ, both from ``start`` to ``stop``; return the penalty."""
    theta, grad, penalty = net.theta[start:stop], net.grad[start:stop], 0.0
    if goal.clip > 0:
        updates.clip(grad, norm, goal.clip)
    if len(goal.pull):
        penalty = updates.penalise(theta, grad, goal.pull[start:stop], goal.factor, numbers[updates.SHARE])
    first, second = goal.first[start:stop], goal.second[start:stop]
    updates.move(goal.optimizer, theta, grad, first, second, goal.settings, numbers)
    return penalty


@entry
def run(
    net: Net, goal: Goal, data: Data, rows: AnyArray, batch_size: int, at_once: int, whole: float,
    draws: AnyArray, numbers: Array, last: int, results: AnyArray,
) -> None:  # fmt: skip
    """Steps on these rows of the data, batch after batch: as many as ``results`` (steps, 6) has rows.

    What each step came to is written there: its mean loss, its hits, the sum of its weights, the length of its gradient
    (where it was clipped, or ``last``), 1 when it is done, and its penalty. It ends at a loss that is no number, with θ
    as the last step left it. ``draws`` (steps, …) are the random numbers for dropout, ``numbers`` (steps, 5) what the
    optimiser needs.

    For a part of a batch, whose others are under way on other cores, ``whole`` is the sum of weights of the batch, else
    0; ``numbers`` are none, and the gradient is all that is made: ``end`` makes the rest.
    """
    for k in range(len(results)):
        batch = rows[k * batch_size : (k + 1) * batch_size]
        total = whole if whole > 0 else sum_of_weights(data, batch)
        loss, right = propagate(net, goal, data, batch, at_once, total or 1.0, draws[k])
        results[k, 0], results[k, 1], results[k, 2] = loss, right, total
        if not np.isfinite(loss):
            break
        if len(numbers):
            norm = np.sqrt(squares(net.grad)) if k == last or goal.clip > 0 else 0.0
            results[k, 3], results[k, 5] = norm, finish(net, goal, numbers[k], norm, 0, len(net.theta))
            results[k, 4] = 1


@entry
def end(
    net: Net, goal: Goal, grads: Array, numbers: Array, norm: float, start: int, stop: int, results: AnyArray
) -> None:  # fmt: skip
    """The end of a step whose gradient was made in parts, ``grads`` (parts, parameters): from ``start`` to ``stop``.

    It adds them up into the first, and moves θ. Where the gradient is to be clipped, that takes two calls: the first,
    with a ``norm`` below 0, adds up and writes the sum of squares into ``results[0]``; the second knows the length.
    """
    if norm < 0:
        for other in range(1, len(grads)):
            total, more = grads[0, start:stop], grads[other, start:stop]
            for i in range(len(total)):
                total[i] += more[i]
        results[0] = squares(grads[0, start:stop])
    if norm >= 0 or goal.clip == 0:
        results[1] = finish(net, goal, numbers, norm, start, stop)


@entry
def predict(net: Net, X: Array, at_once: int, out: Array) -> None:
    """The outputs (n, outputs) for inputs X (n, features), ``at_once`` samples at a time."""
    first, last = net.layers[0], net.layers[-1]
    inputs, neurons, outputs = first[INPUTS], first[NEURONS], last[NEURONS]
    for start in range(0, len(X), at_once):
        n = min(at_once, len(X) - start)
        z = net.memory[first[Z] : first[Z] + n * neurons]
        product(False, False, n, neurons, inputs, X[start], net.theta[first[W] :], 0, z)
        add_bias(z, net.theta[first[B] : first[B] + neurons])
        forward(net, n, False)
        a = net.memory[last[A] : last[A] + n * outputs]
        for i in range(n):
            for j in range(outputs):
                out[start + i, j] = a[i * outputs + j]
