"""What a training tells of itself: an ``Epoch`` at the end of each, a ``History`` of them, and where it stands.

The history is a row of numbers for each epoch: a table for people, and an array for checkpoints.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from pellucid.core import display
from pellucid.core.arrays import Array
from pellucid.core.metrics import Scores

COLUMNS = (
    "epoch", "steps", "learning_rate", "gradient_norm", "train_loss", "train_accuracy",
    "dev_loss", "dev_accuracy", "dev_r2", "dev_rmse",
)  # fmt: skip
WHOLE = ("epoch", "steps")


@dataclass(frozen=True)
class Epoch:
    """One pass over the training data.

    ``train`` is the mean over the epoch's batches as they were trained, each with the θ of its time (a weighted mean,
    where samples have weights); ``dev`` is what the θ at the end of the epoch reaches on the dev data.
    ``steps`` counts all steps so far. ``learning_rate`` is that of the epoch's last step, ``gradient_norm`` the length
    of its gradient before any clipping; ``seconds`` is the time of the epoch without the evaluation.

    >>> from pellucid import SGD, Network, train
    >>> net = Network([2, 4, 2], rng=np.random.default_rng(0))
    >>> X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 0, 0, 1])
    >>> rng = np.random.default_rng(0)
    >>> [epoch.steps for epoch in train(net, (X, y), SGD(0.1), epochs=2, batch_size=2, rng=rng)]
    [2, 4]
    """

    number: int
    steps: int
    learning_rate: float
    gradient_norm: float
    seconds: float
    train: Scores
    dev: Scores | None

    def _repr_html_(self) -> str | None:
        return display.html(self)


def settled() -> None:
    """There is nothing left to count."""


@dataclass
class Progress:
    """Where training stands after a step; ``train`` keeps it up to date.

    ``epoch`` counts finished epochs, ``batch`` the finished batches of the one under way, ``step`` all steps.
    ``loss`` and ``right`` are this epoch's sums so far over its samples; ``seed`` gives the order of its rows.
    ``learning_rate`` is that of the last step, ``gradient_norm`` the length of the gradient of an epoch's last one.
    ``engine`` is who makes the steps: "numpy" or "compiled", "" before the first.

    Of many ranks ``loss`` and ``right`` are this one's own sums; ``asked`` is the sum over all of what ``asks()`` of
    their ``after_step`` returned before this step, where it has such a method: so they agree on what to do after it.

    Losses are counted for some batches at a time: ``settle()`` brings ``loss`` and ``right`` up to this step; call
    it before you read or save them.

    >>> from pellucid import SGD, Network, train
    >>> net = Network([2, 4, 2], rng=np.random.default_rng(0))
    >>> X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 0, 0, 1])
    >>> progress, rng = Progress(), np.random.default_rng(0)
    >>> for epoch in train(net, (X, y), SGD(0.1), epochs=2, batch_size=2, rng=rng, progress=progress):
    ...     print(progress.epoch, progress.step)
    1 2
    2 4
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss: float = 0.0
    right: float = 0
    seed: int = 0
    learning_rate: float = 0.0
    gradient_norm: float = 0.0
    engine: str = ""
    asked: float = field(default=0.0, compare=False)
    settle: Callable[[], None] = field(default=settled, repr=False, compare=False)


@dataclass
class History:
    """What each epoch came to; NaN where there is nothing to say. No times: equal runs have equal histories.

    ``rows`` holds a row an epoch with the columns of ``COLUMNS``.

    >>> import numpy as np
    >>> from pellucid import SGD, Network, train
    >>> net, X, y = Network([2, 2], rng=np.random.default_rng(0)), np.eye(2), np.array([0, 1])
    >>> history = History()
    >>> for epoch in train(net, (X, y), SGD(0.1), epochs=3, rng=np.random.default_rng(0)):
    ...     history.add(epoch)
    >>> history["train_loss"].shape
    (3,)
    """

    rows: list[list[float]] = field(default_factory=list)

    def add(self, epoch: Epoch) -> None:
        """Append an epoch's row."""
        train, dev = epoch.train, epoch.dev
        given = [epoch.number, epoch.steps, epoch.learning_rate, epoch.gradient_norm, train.loss, train.accuracy]
        given += [None] * 4 if dev is None else [dev.loss, dev.accuracy, dev.r2, dev.rmse]
        self.rows.append([math.nan if value is None else float(value) for value in given])

    def __getitem__(self, column: str) -> Array:
        """One column (epochs,) in float64, NaN where there is nothing to say; raises KeyError for an unknown one."""
        if column not in COLUMNS:
            raise KeyError(f"{column!r} is no column of a history; there are {', '.join(COLUMNS)}")
        return self.as_array()[:, COLUMNS.index(column)]

    def __len__(self) -> int:
        return len(self.rows)

    def as_array(self) -> Array:
        """All rows, (epochs, columns) in float64."""
        return np.array(self.rows, np.float64).reshape(-1, len(COLUMNS))

    @classmethod
    def from_array(cls, rows: Array) -> "History":
        """The history that ``as_array`` gave."""
        return cls(rows.tolist())

    def _repr_html_(self) -> str | None:
        return display.html(self)
