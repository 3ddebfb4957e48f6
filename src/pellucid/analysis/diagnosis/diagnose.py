"""What goes wrong in a training, said with its numbers and one remedy; nothing where nothing is wrong.

``diagnose`` takes what anyone has after a training: the network, its history, the data. ``diagnose_run`` takes a run,
which also knows its settings and the way of θ.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pellucid.analysis.diagnosis.facts import MOST_TARGETS, Circumstances, gather
from pellucid.analysis.diagnosis.guessing import beside_a_guess
from pellucid.analysis.diagnosis.rules import CAUSES, exploding, overfitting, unscaled_inputs, unscaled_targets
from pellucid.analysis.finding import Finding
from pellucid.core import checks
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.network import Network
from pellucid.core.optimizers import Optimizer
from pellucid.core.progress import Epoch, History
from pellucid.datasets import Dataset, Samples, WeightedSamples
from pellucid.runs import SavedRun
from pellucid.runs.run_json import MODEL
from pellucid.runs.scores import guess


def diagnose(
    net: Network,
    history: History | Sequence[Epoch],
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    optimizer: Optimizer | None = None,
    clip_norm: float | None = None,
    thetas: Sequence[AnyArray] = (),
    diverged: bool = False,
) -> list[Finding]:
    """What went wrong in a training, the cause first; an empty list where nothing did.

    Looked for are: inputs or targets that are not scaled, an exploding loss, saturated or dead neurons, first weights
    too large, gradients that vanish, a learning rate too large or too small, a loss that does not fall, overfitting.

    Args:
        net: the network after training.
        history: a ``History``, or the epochs that ``train`` has yielded.
        X: inputs that were trained on, (n, features); some 1,000 of them are looked at.
        y: their targets, (n,) labels or (n, outputs) values.
        optimizer: what moved θ; it makes the remedy for a learning rate more exact.
        clip_norm: the limit on the gradient's length, or None for none.
        thetas: copies of θ along the way, the first from before the first step; with them more can be told.
        diverged: whether training ended in a ``DivergenceError``.

    Raises:
        InputError: X or y do not fit the network, or there is no epoch to judge.

    >>> X = np.random.default_rng(0).random((200, 3)) * [1, 1, 5000]
    >>> net = Network([3, 8, 2], rng=np.random.default_rng(0))
    >>> from pellucid import SGD, train
    >>> epochs = train(net, (X, (X[:, 0] > 0.5).astype(int)), SGD(0.1), epochs=5, rng=np.random.default_rng(0))
    >>> for finding in diagnose(net, list(epochs), X, (X[:, 0] > 0.5).astype(int)):
    ...     print(finding.fault, "->", finding.remedy)
    the inputs are not scaled: they are large -> X = (X - X.mean(0)) / (X.std(0) + 1e-8)
    """
    if not isinstance(history, History):
        rows = History()
        for epoch in history:
            rows.add(epoch)
        history = rows
    if not len(history) and not diverged:
        raise InputError("the history is empty: train for an epoch at least, then diagnose")
    X = checks.inputs(X, net.sizes[0])
    if not len(X):
        raise InputError("X has no rows: give some of the samples that were trained on")
    y = checks.targets(net.loss, y, len(X), net.sizes[-1])
    known = Circumstances(
        optimizer=None if optimizer is None else optimizer.name,
        learning_rate=None if optimizer is None else optimizer.learning_rate,
        clip_norm=clip_norm or 0,
        thetas=thetas,
        diverged=diverged,
    )
    return _findings(net, history, X, y, known)


def diagnose_run(run: SavedRun, dataset: Dataset, *, diverged: bool = False) -> list[Finding]:
    """What went wrong in a run, the cause first, from what its folder holds and the data that it was trained on.

    Of data that are read from files block by block, the dev part or the first block is looked at. Of a finished run it
    is also said where its score is no better than that of a guess, and which classes are never recognised.
    """
    settings = run.settings
    X, y = _in_memory(dataset)
    known = Circumstances(
        optimizer=settings.optimizer,
        learning_rate=settings.learning_rate,
        clip_norm=settings.clip_norm or 0,
        init=None if settings.start_from is not None else settings.init,
        patience=settings.patience,
        thetas=run.thetas[:: max(1, len(run.thetas) - 1)],
        features=() if dataset.image_shape is not None else dataset.features,
        diverged=diverged,
    )
    found = _findings(run.network, run.history, X, y, known)
    if diverged or run.about.get("result") is None or not (run.folder / MODEL).is_file():
        return found
    model = run.model if run.model.guess is not None else replace(run.model, guess=guess(dataset, settings))
    return found + beside_a_guess(model, dataset, settings.class_weights, next(iter(found), None))


def _findings(net: Network, history: History, X: AnyArray, y: AnyArray, known: Circumstances) -> list[Finding]:
    """The first cause that a rule names, and overfitting beside it."""
    facts = gather(net, history, X, y, known)
    rules = CAUSES if not known.diverged else (unscaled_inputs, unscaled_targets, exploding)
    causes = (finding for rule in rules if (finding := rule(facts)) is not None)
    found = [next(causes, None), overfitting(facts)]
    return [finding for finding in found if finding is not None]


def _in_memory(dataset: Dataset) -> tuple[AnyArray, AnyArray]:
    """The training data, or where they are read block by block, some like them."""
    if isinstance(dataset.train, Samples | WeightedSamples):
        return dataset.train.X, dataset.train.y
    if dataset.dev is not None:
        return dataset.dev.X, dataset.dev.y
    X, y, *_ = next(iter(dataset.train.blocks(None)))
    return np.array(X[:MOST_TARGETS]), np.array(y[:MOST_TARGETS])
