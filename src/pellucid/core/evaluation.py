"""How good a network is on data: forward in blocks that fit a core's own cache, the scores that fit the targets."""

from collections.abc import Iterator

import numpy as np

from pellucid.core import checks, metrics, threads
from pellucid.core.arrays import to_float
from pellucid.core.batches import Data, Pair, Weighted
from pellucid.core.errors import InputError
from pellucid.core.losses import write_targets
from pellucid.core.metrics import Scores
from pellucid.core.network import Network, forward
from pellucid.core.trace import Trace

AT_ONCE = 256  # samples


def evaluate(net: Network, data: Data) -> Scores:
    """The scores of a network on data: X (n, features) and y, (n,) labels or (n, outputs) values; or a stream of them.

    With weights (n,) behind y all scores are weighted means.

    >>> net = Network([4, 2], init=None)
    >>> round(evaluate(net, (np.ones((3, 4)), np.array([0, 1, 1]))).loss, 4)
    0.6931
    """
    data = check_data(net, data)
    samples = len(data[0]) if isinstance(data, tuple) else data.shape[0]
    trace = Trace(net, min(samples, AT_ONCE))
    total, right, weight, residuals = 0.0, 0.0, 0.0, metrics.Residuals()
    blas = threads.limited(threads.best(net.sizes, trace.batch_size))
    with blas, np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for X, y, *weights in _blocks(data, trace.batch_size):
            w = weights[0] if weights else None
            batch = trace.head(len(X))
            to_float(X, out=batch.a[0])
            write_targets(net.loss, y, out=batch.y)
            forward(net, batch)
            net.loss.value(batch.z[-1], batch.a[-1], batch.y, out=batch.loss, workspace=batch.workspace[-1])
            weight += len(X) if w is None else float(w.sum())
            total += float(batch.loss.sum(dtype=np.float64) if w is None else w @ batch.loss)
            if net.loss.kind == "values":
                residuals.add(batch.a[-1], y, w)
            else:
                right += metrics.count_right(net.loss.kind, batch.a[-1], y, w)
    if net.loss.kind == "values":
        return Scores(total / weight, r2=residuals.r2, rmse=residuals.rmse)
    return Scores(total / weight, accuracy=right / weight)


def _blocks(data: Data, rows: int) -> Iterator[Pair | Weighted]:
    for block in [data] if isinstance(data, tuple) else data.blocks(None):
        for start in range(0, len(block[0]), rows):
            yield tuple(array[start : start + rows] for array in block)  # type: ignore[misc]


def check_data(net: Network, data: Data, part: str = "") -> Data:
    """Data that fit the network: X and y as arrays, weights behind them if there are some, or a stream.

    Raises:
        InputError: they do not; ``part`` says of which data.
    """
    try:
        return _check_data(net, data)
    except InputError as error:
        raise InputError(f"{part}data: {error}") if part else error from None


def _check_data(net: Network, data: Data) -> Data:
    if not isinstance(data, tuple):
        checks.stream(data.shape, data.target_shape, net.loss, net.sizes[0], net.sizes[-1])
        return data
    X, y, *weights = data
    X = checks.inputs(X, net.sizes[0])
    if not len(X):
        raise InputError("there are no rows: give at least one sample")
    checks.finite(X, dtype=net.dtype)
    targets = checks.targets(net.loss, y, len(X), net.sizes[-1], net.dtype)
    return (X, targets, checks.weights(weights[0], len(X))) if weights else (X, targets)
