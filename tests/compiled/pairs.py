"""The same training by both engines, and how far apart their results may be."""

import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import pellucid as pl
from pellucid.core.arrays import AnyArray
from pellucid.core.batches import Data
from pellucid.core.losses import Loss

SEED = 1


class Stop(Exception):  # noqa: N818
    """Raised in the middle of a training."""


class StopAt:
    """An ``after_step`` that ends a training at a step, and asks to be called at that step alone."""

    def __init__(self, step: int) -> None:
        self.step = step

    def steps_until(self, step: int) -> int:
        return self.step - step

    def __call__(self, progress: pl.Progress) -> None:
        if progress.step == self.step:
            raise Stop


@dataclass
class Result:
    """What is left of a training."""

    theta: AnyArray
    state: dict[str, AnyArray]
    random: dict[str, Any]  # where the random generator stands
    progress: pl.Progress
    epochs: list[pl.Epoch] = field(default_factory=list)


def inputs(rows: int, features: int, dtype: Any, seed: int = 0, share: float = 1.0) -> AnyArray:
    """Pixels for uint8, else numbers of about −1 … 1; of which that share is not 0."""
    rng = np.random.default_rng(seed)
    there = rng.random((rows, features)) < share
    if dtype == np.uint8:
        return (rng.integers(1, 256, (rows, features)) * there).astype(np.uint8)
    return (rng.uniform(-1, 1, (rows, features)) * there).astype(dtype)


def targets(loss: Loss, rows: int, outputs: int, seed: int = 0) -> AnyArray:
    """Targets that suit a loss."""
    rng = np.random.default_rng(seed)
    if loss.kind == "classes":
        return rng.integers(outputs, size=rows)
    if loss.kind == "probabilities":
        return rng.integers(2, size=(rows, outputs))
    return rng.exponential(size=(rows, outputs)).round(1)  # counts and values, not below 0


def network(sizes: list[int], activation: Any = None, loss: Any = None, dtype: Any = np.float64) -> pl.Network:
    """A network whose biases are not 0 either."""
    loss = pl.CrossEntropy() if loss is None else loss
    activation = pl.ReLU() if activation is None else activation
    net = pl.Network(sizes, activation=activation, loss=loss, rng=np.random.default_rng(SEED), dtype=dtype)
    for layer in net.layers:
        layer.b[...] = np.random.default_rng(SEED).uniform(-0.3, 0.3, layer.b.shape)
    return net


def trained(
    engine: str, net: pl.Network, data: Data, optimizer: Any, *, stop: int | None = None, **settings: Any
) -> Result:
    """Train copies of a network and an optimiser by an engine, up to a step if one is given."""
    net, optimizer, rng = copy.deepcopy(net), copy.deepcopy(optimizer), np.random.default_rng(SEED)
    result = Result(net.theta, optimizer.state, {}, settings.pop("progress", None) or pl.Progress())
    if stop is not None:
        settings["after_step"] = StopAt(stop)
    given: dict[str, Any] = {"epochs": 2, "batch_size": 16, "rng": rng, "progress": result.progress, **settings}
    try:
        for epoch in pl.train(net, data, optimizer, engine=engine, **given):
            result.epochs.append(epoch)
    except Stop:
        result.progress.settle()
    result.random = dict(given["rng"].bit_generator.state)
    assert result.progress.engine == engine
    return result


def assert_near(one: Any, other: Any, ulps: float, dtype: Any, what: str = "") -> None:
    """No further apart than so many units in the last place of the largest number among them."""
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    most = ulps * float(np.finfo(dtype).eps) * max(float(np.abs(other).max(initial=0)), 1e-3)
    worst = float(np.abs(one - other).max(initial=0))
    assert worst <= most, (what, f"{worst / most * ulps:.3g} ulp, at most {ulps:.3g}")


def assert_alike(one: Result, other: Result, ulps: float, dtype: Any) -> None:
    """All that is left of two trainings is near, and what is counted is the same."""
    assert_near(one.theta, other.theta, ulps, dtype, "theta")
    assert one.random == other.random
    assert one.state.keys() == other.state.keys()
    for name in one.state:
        assert_near(one.state[name], other.state[name], ulps, dtype, name)
    here, there = one.progress, other.progress
    assert (here.epoch, here.batch, here.step, here.seed) == (there.epoch, there.batch, there.step, there.seed)
    assert here.right == there.right
    assert here.learning_rate == there.learning_rate
    assert_near(here.loss, there.loss, ulps, dtype, "loss so far")
    assert_near(here.gradient_norm, there.gradient_norm, ulps, dtype, "gradient_norm")
    assert len(one.epochs) == len(other.epochs)
    for left, right in zip(one.epochs, other.epochs, strict=True):
        assert (left.number, left.steps, left.learning_rate) == (right.number, right.steps, right.learning_rate)
        assert left.train.accuracy == right.train.accuracy
        assert_near(left.train.loss, right.train.loss, ulps, dtype, "loss")
        assert_near(left.gradient_norm, right.gradient_norm, ulps, dtype, "gradient_norm of an epoch")


def compare(net: pl.Network, data: Data, optimizer: Any, *, ulps: float = 8, **settings: Any) -> None:
    """One step, and whole epochs, by both engines: ``ulps`` for each step."""
    for stop in (1, None):
        one, other = (trained(engine, net, data, optimizer, stop=stop, **settings) for engine in ("compiled", "numpy"))
        assert_alike(one, other, ulps * other.progress.step, net.dtype)
