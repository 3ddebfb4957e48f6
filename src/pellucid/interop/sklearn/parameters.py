"""From the parameters of an estimator, named as scikit-learn names them, to the parts of a network and its training."""

import warnings
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from pellucid.core.activations import ACTIVATIONS, Activation
from pellucid.core.errors import InputError
from pellucid.core.losses import (
    LOSSES,
    BinaryCrossEntropy,
    CrossEntropy,
    Loss,
    Poisson,
    SoftmaxSquaredError,
    SquaredError,
)
from pellucid.core.network import Network
from pellucid.core.optimizers import OPTIMIZERS, Optimizer
from pellucid.core.schedules import SCHEDULES, Schedule, constant
from pellucid.runs.kinds import Choice, Sizes

ACTIVATION_NAMES = {"logistic": "sigmoid", "leaky_relu": "leaky-relu"}  # scikit-learn's, of those that have two
OUT_ACTIVATION_NAMES = {"sigmoid": "logistic"}
RATES = ("constant", "invscaling", "adaptive")  # scikit-learn's own, which follow the epochs
CLASSES: dict[str, type[Loss]] = {"log_loss": CrossEntropy, "squared_error": SoftmaxSquaredError}
SOLVER_SETTINGS = {
    "momentum": "momentum",
    "beta1": "beta_1",
    "beta2": "beta_2",
    "epsilon": "epsilon",
}


def optimizer(estimator: Any, solver: str | None = None) -> Optimizer:
    """The optimiser that an estimator's ``solver`` names, with an empty memory.

    What scikit-learn calls sgd has Nesterov's momentum, plain momentum, or none.
    """
    e, name = estimator, solver or estimator.solver
    if name == "sgd" and e.momentum:
        name = "nesterov" if e.nesterovs_momentum else "momentum"
    kind = OPTIMIZERS[name]
    own = {field.name for field in fields(kind)}
    given = {ours: getattr(e, theirs) for ours, theirs in SOLVER_SETTINGS.items() if ours in own}
    return kind(e.learning_rate_init, weight_decay=e.weight_decay, **given)


def schedule(estimator: Any) -> Schedule:
    """How the learning rate goes within the whole training; constant where it follows the epochs' losses."""
    return constant if estimator.learning_rate in RATES else SCHEDULES[estimator.learning_rate]


def hidden_sizes(estimator: Any) -> list[int]:
    """The neurons of the hidden layers; a single number is one layer."""
    return [*Sizes().check(estimator.hidden_layer_sizes, "hidden_layer_sizes")]


def activations(estimator: Any, layers: int) -> list[Activation]:
    """An activation for each hidden layer: one name for all, or one for each."""
    given = estimator.activation
    several = isinstance(given, Sequence) and not isinstance(given, str)
    names = list(given) if several else [given] * layers
    if len(names) != layers:
        raise InputError(f"activation names {len(names)} activations for {layers} hidden layers: give one, or one each")
    return [_activation(name) if isinstance(name, str) else name for name in names]


def _activation(name: str) -> Activation:
    own = ACTIVATION_NAMES.get(name, name)
    made: Activation = ACTIVATIONS[Choice(known=ACTIVATIONS).check(own, "activation")]()
    return made


def loss_of_classes(estimator: Any, *, multiclass: bool) -> Loss:
    """Log loss: with softmax for several classes, with sigmoids for two, and for labels that do not exclude others."""
    known = {**CLASSES, **_losses("classes")}
    name = Choice(known=known).check(estimator.loss, "loss")
    if multiclass:
        return known[name]()
    if name != "log_loss":
        raise InputError(f"loss={name!r} is for three classes or more, of which each row has one: use log_loss")
    return BinaryCrossEntropy()


def loss_of_values(estimator: Any) -> Loss:
    """The loss of a regressor, by its name or as an object."""
    if getattr(estimator.loss, "kind", None) == "values" and not isinstance(estimator.loss, type):
        own: Loss = estimator.loss
        return own
    known = _losses("values")
    return known[Choice(known=known).check(estimator.loss, "loss")]()


def _losses(kind: str) -> dict[str, type[Loss]]:
    """The losses of one kind of targets, by names in scikit-learn's form."""
    return {name.replace("-", "_"): loss for name, loss in LOSSES.items() if loss.kind == kind}


def factors(loss: Loss, outputs: int) -> tuple[float, float]:
    """What scikit-learn's gradient and loss are of ours: it halves squares, and sums outputs where we take means."""
    if isinstance(loss, SquaredError):
        return outputs / 2, 0.5
    return (float(outputs), float(outputs)) if isinstance(loss, BinaryCrossEntropy | Poisson) else (1.0, 1.0)


def start(net: Network, logistic: bool, random: np.random.RandomState) -> None:
    """Draw W and b as scikit-learn does: U(−r, r), r² = 6 / (inputs + outputs), or 2 / … for logistic neurons."""
    for W, b, _ in net.layers:
        outputs, inputs = W.shape
        r = np.sqrt((2.0 if logistic else 6.0) / (inputs + outputs))
        W[...] = random.uniform(-r, r, (inputs, outputs)).T
        b[...] = random.uniform(-r, r, outputs)


def batch_size(estimator: Any, samples: int) -> int:
    """Samples a step: "auto" is 200, or all where there are fewer."""
    given = estimator.batch_size
    if given == "auto":
        return min(200, samples)
    if given > samples:
        warnings.warn("Got `batch_size` larger than sample size. It is going to be clipped", stacklevel=5)
    return min(int(given), samples)


def check_lbfgs(estimator: Any) -> None:
    """Refuse what L-BFGS would not heed."""
    e = estimator
    if e.solver == "lbfgs" and (e.dropout or e.clip_norm is not None or e.weight_decay):
        raise InputError(
            "solver='lbfgs' minimises the loss of all samples at once, without dropout, clip_norm and weight_decay: "
            "leave them out, or take solver='adam'"
        )
