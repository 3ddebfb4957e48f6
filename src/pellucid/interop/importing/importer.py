"""Networks that others trained, as models of pellucid: PyTorch's weights, scikit-learn's perceptrons, ONNX graphs."""

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid._files.reading import StrPath, read_file
from pellucid._text import did_you_mean
from pellucid.core.activations import ACTIVATIONS, Activation
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.losses import LOSSES, BinaryCrossEntropy, CrossEntropy, Loss, Poisson, SquaredError
from pellucid.core.network import Network
from pellucid.interop.export.pytorch import DESCRIPTION
from pellucid.interop.sklearn.parameters import ACTIVATION_NAMES
from pellucid.model.model import Model
from pellucid.model.model_file import MISSING, metadata

PICKLE = (
    "is a pickle, which can run programs and is not opened; in PyTorch write its weights with "
    "safetensors.torch.save_file(model.state_dict(), 'weights.safetensors'), and give that file"
)


def from_pytorch(
    path: StrPath,
    *,
    activation: str | Sequence[str] | None = None,
    task: str | None = None,
    classes: Sequence[str] | None = None,
) -> Model:
    """A model from a ``state_dict`` in safetensors: pairs of ``….weight`` (outputs, inputs) and ``….bias``, in order.

    A ``state_dict`` does not say what lies between the linear layers: ``activation`` does, one name for all hidden
    layers or one for each (ReLU where nobody says). With ``task`` "classification" (where nobody says) the outputs are
    scores of classes, of the second of two where there is one output; with "regression" they are values. A file that
    pellucid has exported says all of this itself.

    Raises:
        InputError: no such file, or its tensors are not those of linear layers that follow each other.
    """
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load
    except ImportError:
        raise InputError(MISSING) from None
    content = read_file(path)
    if content[:2] in (b"PK", b"\x80\x02"):
        raise InputError(f"{path}: {PICKLE}")
    try:
        tensors = load(content)
    except KeyError as error:
        raise InputError(
            f"{path}: holds tensors of kind {error}; save model.float().state_dict() in its place"
        ) from None
    except (SafetensorError, ValueError) as error:
        raise InputError(f"{path}: not a whole safetensors file ({error}); save the state_dict again") from None
    layers = _linear_layers(tensors, str(path))
    hidden, loss, names = _described(content, str(path))
    if activation is not None or hidden is None:
        given = ["relu"] if activation is None else [activation] if isinstance(activation, str) else list(activation)
        hidden = [_activation(name) for name in (given * (len(layers) - 1) if len(given) == 1 else given)]
    if task is not None or loss is None:
        loss, names = loss_for(task or "classification", len(layers[-1][1])), None
    return Model(network(layers, hidden, loss, str(path)), class_names(classes or names, layers, loss))


def _described(content: bytes, name: str) -> tuple[list[Activation] | None, Loss | None, tuple[str, ...] | None]:
    """The hidden activations, the loss and the names of the classes that a file says itself; None where it does not."""
    about = metadata(content).get(DESCRIPTION)
    if about is None:
        return None, None, None
    try:
        spec = json.loads(about)
        hidden, loss = [ACTIVATIONS.make(one) for one in spec["activations"]], LOSSES.make(spec["loss"])
        names = None if spec["classes"] is None else tuple(spec["classes"])
        if names is not None and not all(isinstance(each, str) for each in names):
            raise InputError("it names classes by what is no text")
    except (InputError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{name}: what it says of its network cannot be used ({type(error).__name__}: {error!s:.200}); "
            "export it again"
        ) from None
    return hidden, loss, names


def _linear_layers(tensors: dict[str, AnyArray], name: str) -> list[tuple[AnyArray, AnyArray]]:
    """W and b of each layer, in the order of the numbers in their names."""
    found: dict[str, dict[str, AnyArray]] = {}
    for key, tensor in tensors.items():
        stem, _, kind = key.rpartition(".")
        if tensor.dtype.kind != "f":
            raise InputError(f"{name}: the tensor {key!r:.80} holds {tensor.dtype}; weights are floats")
        if kind not in ("weight", "bias") or tensor.ndim != (2 if kind == "weight" else 1):
            raise InputError(
                f"{name}: the tensor {key!r:.80} of shape {tensor.shape} belongs to no linear layer; only networks of "
                "linear layers are read, with weights (outputs, inputs) and biases (outputs,)"
            )
        if kind in found.setdefault(stem, {}):
            raise InputError(f"{name}: has two tensors for {stem + '.' + kind!r:.80}; save the state_dict again")
        found[stem][kind] = tensor
    if not found:
        raise InputError(f"{name}: holds no tensors; give the state_dict of a network")
    layers = []
    for stem in sorted(found, key=_by_numbers):
        if "weight" not in found[stem]:
            raise InputError(f"{name}: has {stem + '.bias'!r:.80}, but no weight for it; save the whole state_dict")
        W = found[stem]["weight"]
        layers.append((W, found[stem].get("bias", np.zeros(len(W), W.dtype))))
    return layers


def _by_numbers(name: str) -> list[tuple[int, str]]:
    """So that fc10 comes after fc2; a number is compared by its length first, as one may have any number of digits.

    >>> sorted(["fc10.a", "fc2.a", "fc02.b"], key=_by_numbers)
    ['fc2.a', 'fc02.b', 'fc10.a']
    """
    parts = re.split(r"([0-9]+)", name)
    bare = [part.lstrip("0") if k % 2 else part for k, part in enumerate(parts)]
    return [(len(part), part) if k % 2 else (-1, part) for k, part in enumerate(bare)]


def from_sklearn(estimator: Any) -> Model:
    """A model from a fitted ``MLPClassifier`` or ``MLPRegressor``, or from an estimator of pellucid: the same numbers.

    Raises:
        InputError: it is not fitted, tells several labels a row, or is something else.

    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neural_network import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> theirs = MLPClassifier((5,), random_state=0, tol=0.1).fit(X, y)
    >>> bool(np.allclose(from_sklearn(theirs).network.predict(X), theirs.predict_proba(X)))
    True
    """
    if not hasattr(estimator, "coefs_"):
        raise InputError(
            f"{type(estimator).__name__}: is no fitted perceptron of scikit-learn; fit it, or give its step"
        )
    layers = [(np.asarray(W).T, np.asarray(b)) for W, b in zip(estimator.coefs_, estimator.intercepts_, strict=True)]
    given = estimator.activation
    names = [given] * (len(layers) - 1) if isinstance(given, str) else list(given)
    out = estimator.out_activation_
    losses: dict[str, Loss] = {
        "softmax": CrossEntropy(), "logistic": BinaryCrossEntropy(), "identity": SquaredError(), "exp": Poisson(),
    }  # fmt: skip
    if out not in losses:
        raise InputError(f"{type(estimator).__name__}: its outputs are {out}, which pellucid does not have")
    net = network(layers, [_activation(name) for name in names], losses[out], type(estimator).__name__)
    classes = getattr(estimator, "classes_", None)
    labels = None if classes is None or (out == "logistic" and net.sizes[-1] > 1) else tuple(map(str, classes))
    return Model(net, labels, tuple(map(str, getattr(estimator, "feature_names_in_", ()))))


def _activation(name: Any) -> Activation:
    if not isinstance(name, str):
        made: Activation = name
        return made
    own = ACTIVATION_NAMES.get(name, name)
    if own not in ACTIVATIONS:
        take = f"take {', '.join(ACTIVATIONS)}"
        raise InputError(f"activation {name}: not known; {did_you_mean(name, ACTIVATIONS, take)}")
    return ACTIVATIONS[own]()


def loss_for(task: str, outputs: int) -> Loss:
    """The loss whose activation turns scores into what a task wants."""
    if task not in ("classification", "regression"):
        raise InputError(f"task {task!r} does not exist; take classification or regression")
    if task == "regression":
        return SquaredError()
    return BinaryCrossEntropy() if outputs == 1 else CrossEntropy()


def class_names(
    classes: Sequence[str] | None, layers: Sequence[tuple[AnyArray, AnyArray]], loss: Loss
) -> tuple[str, ...] | None:
    """The names of the classes, one for each; raises InputError where there are more or fewer, or no classes at all."""
    if classes is None:
        return None
    if loss.kind == "values":
        raise InputError(f"{len(classes)} names of classes, but the outputs are values; or say task='classification'")
    outputs = max(2, len(layers[-1][1]))
    if len(classes) != outputs or len(set(classes)) < len(classes):
        raise InputError(f"{len(classes)} names for {outputs} classes: give each class a name of its own")
    names = tuple(map(str, classes))
    try:
        "".join(names).encode()
    except UnicodeEncodeError:
        raise InputError("a class has half a character in its name, which cannot be written; give classes=…") from None
    return names


def network(
    layers: Sequence[tuple[AnyArray, AnyArray]], hidden: Sequence[Activation], loss: Loss, name: str
) -> Network:
    """A network of these weights; raises InputError where they do not follow each other."""
    sizes = [layers[0][0].shape[1]]
    for number, (W, b) in enumerate(layers, start=1):
        if W.ndim != 2 or W.shape[1] != sizes[-1] or b.shape != (len(W),):
            raise InputError(
                f"{name}: layer {number} has weights {W.shape} and biases {b.shape}, but {sizes[-1]} numbers come in; "
                "only layers that follow each other are read"
            )
        sizes.append(len(W))
    if len(hidden) != len(layers) - 1:
        raise InputError(
            f"{name}: {len(hidden)} activations for {len(layers) - 1} hidden layers: give one, or one each"
        )
    double = all(W.dtype == np.float64 for W, _ in layers)
    try:
        net = Network(sizes, activation=hidden, loss=loss, init=None, dtype=np.float64 if double else np.float32)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    for number, (layer, (W, b)) in enumerate(zip(net.layers, layers, strict=True), start=1):
        with np.errstate(over="ignore"):
            layer.W[...], layer.b[...] = W, b
        if not (np.isfinite(layer.W).all() and np.isfinite(layer.b).all()):
            raise InputError(f"{name}: layer {number} holds weights that are no numbers in {net.dtype}")
    return net
