"""The first layer on sparse inputs: only 19 % of the pixels of a digit are not 0, and of one-hot columns still fewer.

Rows are kept as the places and values of what is not 0, made once. z of a sample is then b plus a row of Wᵀ for each of
them, and dWᵀ gets a row of δ for each. The sums of 32 neurons at a time stay in registers: a compiler keeps a number
there if it has a name, so these two functions are written out with 32 names, by a template.
"""

from typing import Any

import numpy as np

from pellucid.compiled.jit import entry, kernel
from pellucid.compiled.layout import Sparse
from pellucid.core.arrays import AnyArray, Array

WIDE = 32  # neurons at a time

TEMPLATE = '''
def forward(rows, starts, places, values, W, b, z, width):
    """z (n, width) of the first neurons, b in it, for rows of sparse inputs; a multiple of 32 of them."""
    neurons = np.uint64(len(b))
    for t in range(np.uint64(0), np.uint64(width), np.uint64({wide})):
        for r in range(len(rows)):
            first, end = np.uint64(starts[rows[r]]), np.uint64(starts[rows[r] + 1])
            {each:a# = b[t + np.uint64(#)]}
            for k in range(first, end):
                w, x = np.uint64(places[k]) * neurons + t, values[k]
                {each:a# += x * W[w + np.uint64(#)]}
            i = np.uint64(r) * neurons + t
            {each:z[i + np.uint64(#)] = a#}


def backward(rows, starts, places, values, delta, dW, neurons, width):
    """Add Xᵀ δ to dWᵀ (inputs, neurons), for the first neurons: a multiple of 32 of them."""
    neurons = np.uint64(neurons)
    for t in range(np.uint64(0), np.uint64(width), np.uint64({wide})):
        for r in range(len(rows)):
            first, end = np.uint64(starts[rows[r]]), np.uint64(starts[rows[r] + 1])
            i = np.uint64(r) * neurons + t
            {each:d# = delta[i + np.uint64(#)]}
            for k in range(first, end):
                w, x = np.uint64(places[k]) * neurons + t, values[k]
                {each:dW[w + np.uint64(#)] += x * d#}
'''


def _written_out(template: str) -> dict[str, Any]:
    """The two functions, with each ``{each:…#…}`` in 32 copies, # being 0 to 31."""
    lines = []
    for line in template.replace("{wide}", str(WIDE)).splitlines():
        indent, each, text = line.partition("{each:")
        lines += [f"{indent}{text[:-1].replace('#', str(k))}" for k in range(WIDE)] if each else [line]
    names: dict[str, Any] = {"np": np}
    exec(compile("\n".join(lines), __file__ + ".template", "exec"), names)
    return names


_functions = _written_out(TEMPLATE)
forward_by_32, backward_by_32 = kernel(_functions["forward"]), kernel(_functions["backward"])


@kernel
def forward(rows: AnyArray, sparse: Sparse, W: Array, b: Array, z: Array) -> None:
    """Z (n, neurons) = X Wᵀ + b for these rows."""
    neurons = len(b)
    width = neurons // 32 * 32
    forward_by_32(rows, sparse.starts, sparse.places, sparse.values, W, b, z, width)
    for r in range(len(rows)):
        row = z[r * neurons : (r + 1) * neurons]
        if width < neurons:
            for j in range(width, neurons):
                row[j] = b[j]
            for k in range(sparse.starts[rows[r]], sparse.starts[rows[r] + 1]):
                w, x = W[np.int64(sparse.places[k]) * neurons :], sparse.values[k]
                for j in range(width, neurons):
                    row[j] += x * w[j]


@kernel
def backward(rows: AnyArray, sparse: Sparse, delta: Array, dW: Array, neurons: int) -> None:
    """Add Xᵀ δ to dWᵀ (inputs, neurons), row after row."""
    width = neurons // 32 * 32
    backward_by_32(rows, sparse.starts, sparse.places, sparse.values, delta, dW, neurons, width)
    if width < neurons:
        for r in range(len(rows)):
            row = delta[r * neurons : (r + 1) * neurons]
            for k in range(sparse.starts[rows[r]], sparse.starts[rows[r] + 1]):
                out, x = dW[np.int64(sparse.places[k]) * neurons :], sparse.values[k]
                for j in range(width, neurons):
                    out[j] += x * row[j]


@entry
def count(X: AnyArray, counts: AnyArray) -> None:
    """How many inputs of each row are not 0."""
    for r in range(len(X)):
        some = 0
        for c in range(X.shape[1]):
            some += X[r, c] != 0
        counts[r] = some


@entry
def pack(X: AnyArray, unit: Array, starts: AnyArray, places: AnyArray, values: Array) -> None:
    """Their places, and their values in units of ``unit[0]``."""
    for r in range(len(X)):
        k = starts[r]
        for c in range(X.shape[1]):
            if X[r, c] != 0:
                places[k] = c
                values[k] = values.dtype.type(X[r, c]) / unit[0]
                k += 1
