"""What the tests of the studio share: small trainings, and the hash of θ after each of their steps."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

import pellucid as pl
from pellucid.core.progress import Progress
from pellucid.runs import from_recipe, prepare
from pellucid.runs.prepare import Prepared
from pellucid.studio.course import Course
from pellucid.studio.starting import begin
from pellucid.studio.worker import watched

# The three that the promise of exact time travel is tried on.
WAYS: dict[str, dict[str, Any]] = {
    "sgd": {},
    "adam with dropout": {"optimizer": "adam", "dropout": 0.2},
    "wide": {"hidden": (128, 128), "batch_size": 32},
}


def sha(theta: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(theta).tobytes()).hexdigest()


def prepared(data: Path | str, **settings: Any) -> Prepared:
    return watched(prepare(from_recipe({"data": str(data), "epochs": 3, **settings})))


def course(data: Path | str, **settings: Any) -> Course:
    return begin(prepared(data, **settings))


def logged(data: Path | str, **settings: Any) -> dict[int, str]:
    """The hash after each step of a training that nobody watches."""
    made = prepared(data, **settings)
    net, log = made.model.network, {}

    def after(progress: Progress) -> None:
        log[progress.step] = sha(net.theta)

    epochs = pl.train(
        net, made.dataset.train, made.optimizer, rng=made.rng, dev=made.dataset.dev, after_step=after,
        **made.settings.training(),
    )  # fmt: skip
    assert len(list(epochs)) == made.settings.passes
    return log
