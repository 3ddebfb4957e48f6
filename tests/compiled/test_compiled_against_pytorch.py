"""A hundred steps of the compiled engine beside PyTorch's: the same θ to ten digits."""

import itertools
from typing import Any

import numpy as np
import pytest

import pellucid as pl
from core.test_against_pytorch import (
    ACTIVATIONS,
    BATCH,
    HIDDEN,
    INPUTS,
    OPTIMIZERS,
    RATES,
    STEPS,
    TASKS,
    theta_of,
    twin,
)
from pellucid.core.schedules import constant, cosine

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def torch() -> Any:
    import torch

    torch.set_num_threads(1)  # such small products are only slowed down by more

    return torch


def distance(torch: Any, task: str, kind: str, *, decay: float, clip_norm: float | None, falls: bool = False) -> float:
    """Train both from the same θ on the same batches; the distance of the two θ, relative."""
    loss, outputs, make_loss, draw = TASKS[task]
    ours, theirs = OPTIMIZERS[kind]
    net = pl.Network(
        [INPUTS, *HIDDEN, outputs], activation=ACTIVATIONS, loss=loss, dtype=np.float64, rng=np.random.default_rng(1)
    )
    start, model = net.theta.copy(), twin(torch, net)
    rng = np.random.default_rng(2)
    X, y = rng.standard_normal((STEPS * BATCH, INPUTS)), draw(rng, STEPS * BATCH)
    progress = pl.Progress()
    list(
        pl.train(
            net, (X, y), ours(RATES[kind], weight_decay=decay), epochs=1, batch_size=BATCH, shuffle=False,
            clip_norm=clip_norm, schedule=cosine if falls else constant, rng=rng, engine="compiled", progress=progress,
        )
    )  # fmt: skip
    assert (progress.engine, progress.step) == ("compiled", STEPS)

    optimizer = theirs(torch, model.parameters(), lr=RATES[kind], weight_decay=decay)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS) if falls else None
    rows = y if loss.kind == "classes" else y.reshape(len(y), outputs) * 1.0
    for step in range(0, len(X), BATCH):
        optimizer.zero_grad()
        batch = slice(step, step + BATCH)
        make_loss(torch)(model(torch.tensor(X[batch])), torch.tensor(rows[batch])).backward()
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
    theta = theta_of(model)
    assert np.linalg.norm(net.theta - start) > 1e-3 * np.linalg.norm(start)  # the steps went somewhere
    return float(np.linalg.norm(net.theta - theta) / np.linalg.norm(theta))


@pytest.mark.parametrize(
    ("task", "kind", "decay"), list(itertools.product(["classifier", "binary", "regressor"], OPTIMIZERS, [0.0, 0.02]))
)
def test_a_hundred_steps_are_pytorchs(torch: Any, task: str, kind: str, decay: float) -> None:
    assert distance(torch, task, kind, decay=decay, clip_norm=None) <= 1e-10


@pytest.mark.parametrize("task", ["huber", "absolute", "poisson", "questions", "smoothed", "softmax-squared"])
@pytest.mark.parametrize("kind", ["sgd", "adam"])
def test_the_other_losses_are_pytorchs(torch: Any, task: str, kind: str) -> None:
    assert distance(torch, task, kind, decay=0.02, clip_norm=None) <= 1e-10


@pytest.mark.parametrize("kind", ["momentum", "adamw"])
def test_clipping_and_the_cosine_schedule_are_pytorchs(torch: Any, kind: str) -> None:
    assert distance(torch, "classifier", kind, decay=0.02, clip_norm=0.3, falls=True) <= 1e-10
