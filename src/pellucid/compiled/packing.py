"""Whether the first layer is made of what is not 0 in its inputs, and the rows in that form: sparse.py."""

from functools import partial

import numpy as np

from pellucid.compiled.calls import Call
from pellucid.compiled.layout import Sparse, dense
from pellucid.core import threads
from pellucid.core.arrays import AnyArray, Array, some_rows

MOST = 1 / 3  # of the inputs that are not 0; with more of them the dense product is faster
LEAST_NEURONS, MOST_NEURONS = 32, 256  # for wider layers the rows of W leave the cache, and the dense product is faster


def packed(X: AnyArray, unit: Array, neurons: int) -> Sparse:
    """The rows of X (n, features), if so few of its inputs are not 0 that they are faster so; else nothing."""
    nothing, sample = dense(unit.dtype), X[some_rows(len(X), 1000)]
    fits = LEAST_NEURONS <= neurons <= MOST_NEURONS and X.shape[1] <= 2**16
    if not fits or np.count_nonzero(sample) > MOST * sample.size:
        return nothing
    starts, parts = np.zeros(len(X) + 1, np.int64), threads.parts(len(X), threads.cores())
    count = Call("count").ready(X, starts)
    threads.side_by_side([partial(count, X[part], starts[1:][part]) for part in parts])
    np.cumsum(starts, out=starts)
    if starts[-1] > MOST * X.size:
        return nothing
    rows = Sparse(starts, np.empty(starts[-1], np.uint16), np.empty(starts[-1], unit.dtype))
    pack = Call("pack").ready(X, unit, *rows)
    threads.side_by_side([partial(pack, X[part], unit, starts[part], rows.places, rows.values) for part in parts])
    return rows
