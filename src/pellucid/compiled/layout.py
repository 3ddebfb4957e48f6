"""What the compiled functions take: numbers, and arrays of numbers. Nothing here needs Numba."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pellucid.core.arrays import AnyArray, Array

# The columns of a layer's row: its inputs and neurons; where W and b begin in θ; where in the memory begin what it
# reads, z, a, δ, its dropout mask and what the next layer reads; and which activation it has.
INPUTS, NEURONS, W, B, X, Z, A, DELTA, MASK, NEXT, ACTIVATION = range(11)


class Net(NamedTuple):
    """A network under way: θ, its gradient, the memory of a pass, and where in them everything lies."""

    theta: Array
    grad: Array
    memory: Array
    layers: AnyArray  # (layers, 11), see above
    settings: Array  # (layers,), the setting of each activation: a slope
    y: int  # where the targets as rows (n, outputs) begin in the memory
    shares: int  # where each sample's share in the mean begins (n,)
    dropout: float


class Sparse(NamedTuple):
    """Rows as what is not 0 in them: row r has ``values[starts[r] : starts[r + 1]]`` at ``places``."""

    starts: AnyArray
    places: AnyArray
    values: Array


class Data(NamedTuple):
    """Samples and what is to be learned of them."""

    X: AnyArray  # (n, features · bytes), the bytes of the inputs: one type for all kinds of them
    bytes: int  # of each input: 1 is a pixel, 4 and 8 are floating-point numbers
    unit: Array  # (1,), what X is divided by: 255 for pixels, else 1
    labels: AnyArray  # (n,) of classes, else empty
    values: Array  # (n, outputs) of probabilities and values, else empty
    weights: AnyArray  # (n,) of samples, else empty
    sparse: Sparse  # the rows of X once more, where most of them is 0


class Goal(NamedTuple):
    """The loss and the optimiser, as numbers."""

    loss: int
    setting: float
    kind: int  # of the targets
    optimizer: int
    settings: Array  # of the optimiser: updates.py
    first: Array  # its memory, each as long as θ or empty
    second: Array
    clip: float  # the greatest length of a gradient; 0 for any
    pull: Array  # of a penalty on each parameter, or empty
    factor: float  # of the gradient beside a penalty


def dense(dtype: npt.DTypeLike) -> Sparse:
    """No sparse rows."""
    return Sparse(np.zeros(0, np.int64), np.zeros(0, np.uint16), np.zeros(0, dtype))
