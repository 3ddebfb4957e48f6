"""What the rules look at: the numbers of a training, gathered once."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pellucid.analysis.layer_health import LayerHealth, layer_health
from pellucid.core import threads
from pellucid.core.arrays import AnyArray, Array, some_rows, to_float
from pellucid.core.evaluation import evaluate
from pellucid.core.losses import Loss, value
from pellucid.core.network import Network
from pellucid.core.optimizers import OPTIMIZERS
from pellucid.core.progress import History

MOST_SAMPLES = 1000  # that are sent through the network; every share is then known to about ±3 %
MOST_TARGETS = 20_000  # for the loss of a guess
MOST_WORK = 4e7  # multiply-adds of one pass: large networks see fewer samples
FEWEST = 64


@dataclass(frozen=True)
class Circumstances:
    """What a network and a history do not tell about a training; None is not known, ``clip_norm`` of 0 is no limit."""

    optimizer: str | None = None
    learning_rate: float | None = None
    clip_norm: float | None = None
    init: str | None = None
    patience: int | None = None
    thetas: Sequence[AnyArray] = ()
    features: Sequence[str] = ()
    diverged: bool = False


@dataclass(frozen=True)
class Facts:
    """The numbers of one training.

    Attributes:
        net: the network as training left it.
        train, dev: (epochs,), the losses; ``dev`` is NaN where there are no dev data.
        guess: the loss of the best prediction that does not look at the inputs.
        start: the loss at the first θ, on the samples; None where that θ is not known.
        moved: how far θ went from its start, as a share of its length there; None where it is not known.
        x: (n, features), some inputs as the network takes them.
        targets: (n, outputs), the values to predict; empty for classes.
        before, after: each layer's health at the first θ, where it is known, and at the last one that is finite.
        learning_rate: the greatest that was used, as far as it is known.
        steps: how many were taken.
        known: what else is known.
    """

    net: Network
    train: Array
    dev: Array
    guess: float
    start: float | None
    moved: float | None
    x: Array
    targets: Array
    before: list[LayerHealth] | None
    after: list[LayerHealth]
    learning_rate: float
    steps: int
    known: Circumstances

    @property
    def final(self) -> float:
        """The train loss of the last epoch, as a share of the guess's: 0 is perfect, 1 has learned nothing."""
        return float(self.train[-1] / self.guess) if len(self.train) and self.guess > 0 else 0.0

    @property
    def beginning(self) -> float:
        """The loss before training, or else that of the first epoch."""
        return self.start if self.start is not None else float(self.train[0]) if len(self.train) else self.guess

    @property
    def usual(self) -> float | None:
        """The learning rate that is usual for the optimiser, where that is known."""
        known = OPTIMIZERS.get(self.known.optimizer or "")
        return None if known is None else known.usual_rate


def gather(net: Network, history: History, X: AnyArray, y: AnyArray, known: Circumstances) -> Facts:
    """Look at a network, its history and some of its training data X (n, features), y."""
    rows = some_rows(len(X), int(np.clip(MOST_WORK // net.theta.size, FEWEST, MOST_SAMPLES)))
    few = X[rows], y[rows]
    x = np.empty(few[0].shape, np.float64)
    to_float(few[0], out=x)
    thetas = [theta for theta in known.thetas if np.isfinite(theta).all()]
    first = _at(net, thetas[0]) if thetas else None
    last = net if np.isfinite(net.theta).all() or not thetas else _at(net, thetas[-1])
    rates = history["learning_rate"]
    with threads.limited(threads.best(net.sizes, len(x))), np.errstate(over="ignore", invalid="ignore"):
        return Facts(
            net=net,
            train=history["train_loss"],
            dev=history["dev_loss"],
            guess=loss_of_a_guess(net.loss, y[some_rows(len(y), MOST_TARGETS)], net.sizes[-1]),
            start=None if first is None else evaluate(first, few).loss,
            moved=None if first is None else _distance(last.theta, first.theta),
            x=x,
            targets=few[1].reshape(len(x), -1).astype(np.float64) if net.loss.kind == "values" else np.empty((0, 0)),
            before=None if first is None else layer_health(first, *few),
            after=layer_health(last, *few),
            learning_rate=known.learning_rate or (float(np.nanmax(rates)) if len(rates) else 0.0),
            steps=int(history["steps"][-1]) if len(history) else 0,
            known=known,
        )


def loss_of_a_guess(loss: Loss, y: AnyArray, outputs: int) -> float:
    """The mean loss of the best prediction that is the same for every sample: frequencies, the mean or the median.

    >>> from pellucid.core.losses import CrossEntropy, SquaredError
    >>> round(loss_of_a_guess(CrossEntropy(), np.array([0, 1, 0, 1]), 2), 4)
    0.6931
    >>> loss_of_a_guess(SquaredError(), np.array([[1.0], [3.0]]), 1)
    1.0
    """
    if loss.kind == "classes":
        shares = np.bincount(y, minlength=outputs) / len(y)
        scores = np.log(np.maximum(shares, 1e-12))
        return float(value(loss, np.tile(scores, (outputs, 1)), np.arange(outputs)) @ shares)
    targets = y.reshape(len(y), outputs)
    if loss.kind == "probabilities":
        shares = np.clip(targets.mean(axis=0), 1e-12, 1 - 1e-12)
        guesses = [np.log(shares / (1 - shares))]
    else:
        guesses = [targets.mean(axis=0), np.median(targets, axis=0)]
        if loss.activation.formula.log_link:
            guesses = [np.log(np.maximum(guess, 1e-12)) for guess in guesses]
    return min(float(value(loss, np.tile(guess, (len(y), 1)), targets).mean()) for guess in guesses)


def _at(net: Network, theta: AnyArray) -> Network:
    """The network with another θ."""
    other = copy.copy(net)
    other.theta = theta
    return other


def _distance(theta: AnyArray, start: AnyArray) -> float:
    length = float(np.linalg.norm(start))
    return float(np.linalg.norm(theta - start)) / length if length else np.inf
