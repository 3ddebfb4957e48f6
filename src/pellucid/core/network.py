"""The network, one pass forward and one backward: the heart of the engine.

A network is a function of one vector θ. All weights and biases are views into ``net.theta``, all gradients are views
into ``trace.grad`` of the same layout: a step of gradient descent is ``theta -= rate * grad``, whatever the depth.

A ``Trace`` (trace.py) holds all that one mini-batch makes on its way through: inputs, scores z (the pre-activations;
those of the output layer are the logits), activations a, and on the way back δ, dW and db.

The mathematics is in ``forward`` and ``backward``; layers count from 1, and layer 0 is the input. L is the loss of one
sample, Loss the mean over the batch; δ is dLoss/dz, with the 1/n of the mean in it.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pellucid.core import checks, display, engines, threads
from pellucid.core.activations import Activation, ReLU
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.initializers import He, Initializer
from pellucid.core.losses import CrossEntropy, Loss
from pellucid.core.trace import FEW, Trace, views

AT_ONCE = 1024  # samples that are predicted together


class Layer(NamedTuple):
    """One layer: a = activation(x Wᵀ + b). ``W`` (outputs, inputs) and ``b`` (outputs,) are views into θ.

    >>> layer = Network([4, 3, 2]).layers[0]
    >>> layer.W.shape, layer.b.shape, layer.activation
    ((3, 4), (3,), ReLU())
    """

    W: Array
    b: Array
    activation: Activation


class Network:
    """A multi-layer perceptron: a function of its inputs and of one parameter vector θ.

    Args:
        sizes: neurons layer by layer, the input first: ``[784, 32, 16, 10]``.
        activation: of the hidden layers; one for all, or one for each.
        loss: the loss, which brings the output layer's activation with it.
        init: how the first weights are drawn; None leaves θ at zero, to be written.
        dtype: ``np.float32`` (default) or ``np.float64``.
        rng: where the random start comes from; without it every network starts differently.

    Raises:
        InputError: a size, an activation or a dtype that cannot be.

    >>> net = Network([784, 32, 16, 10], rng=np.random.default_rng(0))
    >>> net.theta.shape, net.layers[0].W.shape, net.layers[0].b.shape
    ((25818,), (32, 784), (32,))
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: Activation | Sequence[Activation] = ReLU(),  # noqa: B008  (stateless)
        loss: Loss = CrossEntropy(),  # noqa: B008
        init: Initializer | None = He(),  # noqa: B008
        dtype: npt.DTypeLike = np.float32,
        rng: np.random.Generator | None = None,
    ) -> None:
        checks.part(loss, "loss", "CrossEntropy()")
        checks.part(init, "init", "He()")
        self.sizes = checks.sizes(sizes, loss)
        self.loss = loss
        hidden = checks.activations(activation, len(self.sizes) - 2)
        self._spare: dict[int, Trace] = {}  # the trace of the last prediction, for the next
        self._theta: Array = checks.zeros(count_parameters(self.sizes), checks.dtype(dtype))
        pairs = views(self._theta, self.sizes)
        self.layers = [Layer(W, b, f) for (W, b), f in zip(pairs, [*hidden, loss.activation], strict=True)]
        if init is not None:
            rng = np.random.default_rng() if rng is None else checks.generator(rng)
            for layer in self.layers:
                init(layer.W, layer.b, rng)

    @property
    def theta(self) -> Array:
        """All parameters in one vector: layer by layer Wᵀ, row after row, then b. Setting it writes into it."""
        return self._theta

    @theta.setter
    def theta(self, values: npt.ArrayLike) -> None:
        self._theta[...] = values

    @property
    def dtype(self) -> np.dtype[Any]:
        """The floating-point type of θ and of every trace."""
        return self._theta.dtype

    def predict(self, X: npt.ArrayLike) -> Array:
        """The outputs for inputs X (n, features): probabilities or values, (n, outputs).

        Raises:
            InputError: X has another shape or is not numeric.
        """
        return self.features(X, layer=len(self.layers))

    def features(self, X: npt.ArrayLike, layer: int | None = None) -> Array:
        """What a layer makes of inputs X (n, features): the activations (n, neurons) of ``layer``, to go on with.

        Layers count from 1; without ``layer`` it is the last hidden one.

        >>> net = Network([4, 3, 2], rng=np.random.default_rng(0))
        >>> net.features(np.zeros((5, 4))).shape
        (5, 3)
        """
        layer = len(self.layers) - 1 if layer is None else layer
        checks.layer(layer, len(self.layers))
        inputs = checks.inputs(X, self.sizes[0])
        outputs = np.empty((len(inputs), self.sizes[layer]), self.dtype)
        parts = threads.parts(len(inputs), threads.cores()) if len(inputs) > FEW else [slice(None)]
        blas = threads.limited(1) if len(parts) > 1 else threads.for_products(self.sizes, len(inputs))
        with blas, np.errstate(over="ignore", invalid="ignore"):
            if len(parts) == 1:
                self._write_features(inputs, layer, out=outputs)
            else:
                write = [partial(self._write_features, inputs[part], layer, out=outputs[part]) for part in parts]
                threads.side_by_side(write)
        return outputs

    def predictor(self, batch_size: int = 1, *, engine: str = "auto") -> Callable[[npt.ArrayLike], Array]:
        """What does as ``predict``, again and again, for a service: its buffers stand ready, and θ is that of the time.

        Each thread needs one of its own.

        Args:
            batch_size: how many samples usually come at once; any number may.
            engine: "compiled" (with Numba, which must be installed), "numpy", or "auto", compiled where possible.

        Raises:
            InputError: an engine that there is not, or that does not know a part of this network.

        >>> net = Network([4, 3, 2], rng=np.random.default_rng(0))
        >>> answer = net.predictor(batch_size=5)
        >>> answer(np.zeros((5, 4))).shape
        (5, 2)
        """
        made = engines.predictor(engine, self, checks.count(batch_size, "batch_size"))
        ready: Callable[[npt.ArrayLike], Array] = self.predict if made is None else made
        return ready

    def _write_features(self, inputs: AnyArray, layer: int, *, out: Array) -> None:
        n = max(1, min(len(inputs), AT_ONCE))
        trace = self._spare.pop(n, None) or Trace(self, n)  # no other thread gets it meanwhile
        for start in range(0, len(inputs), n):
            batch = trace.with_input(inputs[start : start + n])
            forward(self, batch)
            out[start : start + n] = batch.a[layer]
        self._spare = {n: trace}

    def astype(self, dtype: npt.DTypeLike) -> "Network":
        """A copy of this network whose θ has another floating-point type."""
        hidden = [layer.activation for layer in self.layers[:-1]]
        return _rebuild(self.sizes, hidden, self.loss, self.theta.astype(checks.dtype(dtype)))

    def copy(self) -> "Network":
        """A copy with a θ of its own."""
        return self.astype(self.dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        # copies and pickles rebuild the views; copied one by one, W and b would no longer be parts of θ
        hidden = [layer.activation for layer in self.layers[:-1]]
        return _rebuild, (self.sizes, hidden, self.loss, self.theta)

    def __repr__(self) -> str:
        names = ", ".join(layer.activation.name for layer in self.layers)
        sizes = "-".join(map(str, self.sizes))
        return f"<Network {sizes} ({names}), {self.loss.name}, {self.theta.size} parameters, {self.dtype}>"

    def _repr_html_(self) -> str | None:
        return display.html(self)


def count_parameters(sizes: Sequence[int]) -> int:
    """How many numbers θ holds: for each layer inputs · outputs weights and outputs biases.

    >>> count_parameters([784, 32, 16, 10])
    25818
    """
    return sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))


def _rebuild(sizes: Sequence[int], hidden: Sequence[Activation], loss: Loss, theta: Array) -> Network:
    net = Network(sizes, activation=hidden, loss=loss, init=None, dtype=theta.dtype)
    net.theta = theta
    return net


def forward(net: Network, trace: Trace) -> None:
    """Forward propagation: from inputs written into ``trace.a[0]`` fill every z and a; ``a[-1]`` is the prediction.

    >>> net = Network([4, 3, 2], rng=np.random.default_rng(0))
    >>> trace = Trace(net, batch_size=2)
    >>> trace.fill(np.ones((2, 4)))
    >>> forward(net, trace)
    >>> trace.a[-1].sum(axis=1).round(6).tolist()
    [1.0, 1.0]
    """
    for l, (W, b, activation) in enumerate(net.layers, start=1):
        x, z, a = trace.layer_input[l - 1], trace.z[l - 1], trace.a[l]
        # Z = X Wᵀ + b
        _product(net, l)(x, W.T, out=z)
        z += b
        # A = f(Z)
        activation(z, out=a, workspace=trace.workspace[l - 1])
        if trace.mask and l < len(net.layers):
            _drop(trace, l)


def _product(net: Network, l: int) -> Callable[..., Any]:
    """The matrix product of layer l: ``np.dot``, and ``np.matmul`` for the output layer.

    ``np.dot`` is quicker, but it copies rows that are cut out of a column-major array, and cannot write into them. The
    output layer has such arrays (``trace.fortran_empty``).
    """
    return np.dot if l < len(net.layers) else np.matmul


def _drop(trace: Trace, l: int) -> None:
    """Leave out a part of layer l's neurons, sample by sample, and scale up the others."""
    assert trace.rng is not None
    mask, keep = trace.mask[l - 1], 1 - trace.dropout
    # M = 1 / keep with probability keep, else 0
    trace.rng.random(dtype=mask.dtype, out=mask)
    np.less(mask, keep, out=mask)
    mask /= keep
    # what the next layer reads: A ∘ M
    np.multiply(trace.a[l], mask, out=trace.layer_input[l])


def backward(net: Network, trace: Trace) -> float:
    """Back propagation after a ``forward``: fill every delta, dW and db, and return the batch's mean loss.

    >>> net = Network([4, 3, 2], rng=np.random.default_rng(0))
    >>> trace = Trace(net, batch_size=2)
    >>> trace.fill(np.ones((2, 4)), [0, 1])
    >>> forward(net, trace)
    >>> loss = backward(net, trace)
    >>> trace.grad.shape == net.theta.shape
    True
    """
    net.loss.value(trace.z[-1], trace.a[-1], trace.y, out=trace.loss, workspace=trace.workspace[-1])
    gradient(net, trace)
    # Loss = Σ w L
    return float(np.dot(trace.weights, trace.loss))


def gradient(net: Network, trace: Trace) -> None:
    """Back propagation without the loss itself: fill every delta, dW and db."""
    z, a, y, workspace = trace.z[-1], trace.a[-1], trace.y, trace.workspace[-1]
    # Δ = w ∘ ∂L/∂Z for the last layer; w is each sample's share in the mean, 1/n unless samples have weights
    net.loss.delta(z, a, y, out=trace.delta[-1], workspace=workspace)
    trace.delta[-1] *= trace.output_weights
    propagate(net, trace)


def propagate(net: Network, trace: Trace) -> None:
    """Back propagation from the ``trace.delta[-1]`` that is there, whatever it is the slope of: fill all the others."""
    for l in range(len(net.layers), 0, -1):
        x, delta, product = trace.layer_input[l - 1], trace.delta[l - 1], _product(net, l)
        # dW = Δᵀ X, written as dWᵀ = Xᵀ Δ
        product(x.T, delta, out=trace.dW[l - 1].T)
        # db = Σ Δ over the samples: a product with ones, quicker than a sum
        product(trace.ones, delta, out=trace.db[l - 1])
        if l > 1:
            below = trace.delta[l - 2]
            # Δ of the layer below = (Δ W) ∘ M ∘ f'(Z)
            product(delta, net.layers[l - 1].W, out=below)
            if trace.mask:
                below *= trace.mask[l - 2]
            net.layers[l - 2].activation.backward(
                trace.z[l - 2], trace.a[l - 1], delta=below, workspace=trace.workspace[l - 2]
            )
    if trace.delta_input is not None:
        # dLoss/dX = Δ W of the first layer
        np.dot(trace.delta[0], net.layers[0].W, out=trace.delta_input)
