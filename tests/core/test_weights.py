"""Weights: a weight of 2 counts as a row twice, 0 as a row left out, and equal weights as none."""

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import (
    SGD,
    AbsoluteError,
    Adam,
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    InputError,
    Network,
    Poisson,
    Progress,
    SoftmaxSquaredError,
    SquaredError,
    Trace,
    backward,
    evaluate,
    forward,
    train,
)
from pellucid.core.batch_group import Group
from pellucid.core.metrics import count_right

LOSSES = [
    CrossEntropy(),
    SoftmaxSquaredError(),
    BinaryCrossEntropy(),
    SquaredError(),
    AbsoluteError(),
    Huber(),
    Poisson(),
]


def network(loss: Any, seed: int = 0) -> Network:
    outputs = {"classes": 3, "probabilities": 1, "values": 2}[loss.kind]
    return Network([4, 5, outputs], loss=loss, dtype=np.float64, rng=np.random.default_rng(seed))


def samples(loss: Any, n: int = 12) -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    y = {"classes": rng.integers(0, 3, n), "probabilities": rng.integers(0, 2, n), "values": rng.normal(size=(n, 2))}
    return rng.normal(size=(n, 4)), np.abs(y["values"]) if loss.name == "poisson" else y[loss.kind]


def gradient(net: Network, X: Any, y: Any, weights: Any = None) -> tuple[float, Any]:
    trace = Trace(net, len(X))
    trace.fill(X, y)
    if weights is not None:
        trace.weigh(weights)
    forward(net, trace)
    return backward(net, trace), trace.grad


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
@settings(max_examples=25, deadline=None)
@given(counts=st.lists(st.integers(0, 4), min_size=12, max_size=12).filter(any))
def test_whole_weights_are_repeated_rows(loss: Any, counts: list[int]) -> None:
    net, (X, y) = network(loss), samples(loss)
    loss_weighted, weighted = gradient(net, X, y, np.array(counts))
    loss_repeated, repeated = gradient(net, X.repeat(counts, axis=0), y.repeat(counts, axis=0))
    assert loss_weighted == pytest.approx(loss_repeated, rel=1e-12)
    assert weighted == pytest.approx(repeated, rel=1e-9, abs=1e-14)


def test_a_batch_without_weight_has_no_gradient() -> None:
    loss, grad = gradient(network(CrossEntropy()), *samples(CrossEntropy()), np.zeros(12))
    assert loss == 0
    assert not grad.any()


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
def test_scores_with_whole_weights_are_those_of_repeated_rows(loss: Any) -> None:
    net, (X, y) = network(loss), samples(loss, 700)
    counts = np.random.default_rng(2).integers(0, 4, 700)
    weighted, repeated = (
        evaluate(net, (X, y, counts)),
        evaluate(net, (X.repeat(counts, axis=0), y.repeat(counts, axis=0))),
    )
    for name in ("loss", "accuracy") if loss.kind != "values" else ("loss", "r2", "rmse"):
        assert getattr(weighted, name) == pytest.approx(getattr(repeated, name), rel=1e-9)


@pytest.mark.parametrize("loss", [CrossEntropy(), SquaredError()], ids=lambda loss: loss.name)
def test_training_a_full_batch_with_weights_is_training_repeated_rows(loss: Any) -> None:
    X, y = samples(loss)
    counts = np.random.default_rng(3).integers(0, 4, 12)
    nets = [network(loss), network(loss)]
    repeated = (X.repeat(counts, axis=0), y.repeat(counts, axis=0))
    losses = [
        [
            epoch.train.loss
            for epoch in train(net, data, Adam(0.01), epochs=20, batch_size=None, rng=np.random.default_rng(0))
        ]
        for net, data in zip(nets, [(X, y, counts), repeated], strict=True)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-9)
    assert nets[0].theta == pytest.approx(nets[1].theta, rel=1e-9)


@pytest.mark.parametrize("batch_size", [5, 7, None])
def test_equal_weights_change_nothing(batch_size: int | None) -> None:
    X, y = samples(CrossEntropy(), 40)
    nets = [network(CrossEntropy()), network(CrossEntropy())]
    losses = []
    for net, data in zip(nets, [(X, y, np.full(40, 0.25)), (X, y)], strict=True):
        steps = train(net, data, SGD(0.1), epochs=3, batch_size=batch_size, rng=np.random.default_rng(0))
        losses.append([epoch.train.loss for epoch in steps])
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    assert nets[0].theta == pytest.approx(nets[1].theta, rel=1e-12)


def test_the_epochs_loss_is_the_weighted_mean_of_all_samples() -> None:
    X, y = samples(SquaredError(), 23)
    weights = np.random.default_rng(4).uniform(0, 3, 23)
    weights[5:12] = 0
    net = network(SquaredError())
    resting = SGD(1e-300)  # θ stays where it is
    (epoch,) = train(net, (X, y, weights), resting, epochs=1, batch_size=4, rng=np.random.default_rng(0))
    assert epoch.train.loss == pytest.approx(evaluate(net, (X, y, weights)).loss, rel=1e-12)


@pytest.mark.parametrize("batch_size", [1, 7, 45])
@pytest.mark.parametrize("loss", LOSSES[:3], ids=lambda loss: loss.name)
def test_the_accuracy_of_an_epoch_is_that_of_evaluation(loss: Any, batch_size: int) -> None:
    X, y = samples(loss, 45)
    weights = np.random.default_rng(4).integers(0, 4, 45)
    net = network(loss)
    settings_: dict[str, Any] = {"epochs": 3, "batch_size": batch_size, "rng": np.random.default_rng(0)}
    scores = evaluate(net, (X, y, weights))
    assert scores.accuracy == pytest.approx(evaluate(net, (X.repeat(weights, axis=0), y.repeat(weights))).accuracy)
    for epoch in train(net, (X, y, weights), SGD(1e-300), **settings_):
        assert epoch.train.accuracy == pytest.approx(scores.accuracy, rel=1e-12)


def test_hits_are_weighed_row_by_row_however_many_there_are() -> None:
    rng = np.random.default_rng(0)
    a, y, weights = rng.random((1500, 3)), rng.integers(3, size=1500), rng.random(1500)
    expected = float(weights[a.argmax(axis=1) == y].sum())
    assert count_right("classes", a, y, weights) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("batch_size", [4, 16, 45])
def test_stopped_and_resumed_with_weights_it_comes_to_the_same_bits(batch_size: int) -> None:
    data = (*samples(CrossEntropy(), 45), np.random.default_rng(5).random(45))

    def run(net: Network, optimizer: Adam, rng: np.random.Generator, progress: Progress, after: Any = None) -> Any:
        given_: dict[str, Any] = {"epochs": 2, "batch_size": batch_size, "rng": rng, "progress": progress}
        return [epoch.train for epoch in train(net, data, optimizer, after_step=after, **given_)]

    whole = network(CrossEntropy())
    scores = run(whole, Adam(0.01), np.random.default_rng(1), Progress())
    kept: list[Any] = []
    net, optimizer, rng = network(CrossEntropy()), Adam(0.01), np.random.default_rng(1)

    def keep(now: Progress) -> None:
        now.settle()
        kept.append((net.copy(), copy.deepcopy(optimizer), copy.deepcopy(rng), copy.copy(now)))

    assert run(net, optimizer, rng, Progress(), keep) == scores  # whenever they are counted
    for state in kept[:-1]:
        rest = run(*state)
        assert state[0].theta.tobytes() == whole.theta.tobytes()
        assert rest == scores[-len(rest) :]


@pytest.mark.parametrize("cores", [1, 2])
def test_a_large_batch_in_parts_has_the_gradient_of_the_whole(cores: int) -> None:
    X, y = samples(CrossEntropy(), 8192)
    weights = np.random.default_rng(5).uniform(0, 2, 8192)
    net = network(CrossEntropy())
    group = Group(net, (X, y, weights), 8192, dropout=0.0, rng=np.random.default_rng(0), cores=cores)
    group.load_whole(X, y)
    (batch,) = group.repeat()
    group.propagate(batch)
    assert batch.grad == pytest.approx(gradient(net, X, y, weights)[1], rel=1e-9)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(3), "give a number for each row"),
        (np.ones((4, 1)), "give a number for each row"),
        (np.array(["a"] * 4), "give a number for each row"),
        (np.array([1, 1, -1, 1]), "weight -1 in row 2"),
        (np.array([1, np.nan, 1, 1]), "weight nan in row 1"),
        (np.array([1, np.inf, 1, 1]), "weight inf in row 1"),
        (np.zeros(4), "come to 0 in all"),
        (np.full(4, 1e308), "come to inf in all"),
    ],
)
def test_weights_that_are_none_are_refused(weights: Any, message: str) -> None:
    X, y = samples(CrossEntropy(), 4)
    for use in (
        lambda: evaluate(network(CrossEntropy()), (X, y, weights)),
        lambda: train(network(CrossEntropy()), (X, y, weights), SGD(0.1), epochs=1, rng=np.random.default_rng(0)),
    ):
        with pytest.raises(InputError, match=message):
            use()
