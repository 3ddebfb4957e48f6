"""Many ranks make the very steps that one makes, and so does a step of several batches."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import pellucid as pl
from pellucid.core import batch_group, batches
from pellucid.core.arrays import AnyArray
from pellucid.core.optimizers import OPTIMIZERS
from pellucid.core.ranks import Reduce, take_from_first
from pellucid.core.shares import cut
from rank_threads import on_ranks

ROWS, FEATURES, CLASSES = 203, 6, 4  # 20 batches of 10, and one of 3: with 4 ranks one of them has no row of it
RATES = {"sgd": 0.1, "momentum": 0.02, "nesterov": 0.02, "rmsprop": 0.005, "adam": 0.01, "adamw": 0.01}
Found = tuple[AnyArray, list[pl.Epoch]]


def data(rows: int = ROWS, *, weighted: bool = False) -> Any:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(rows, FEATURES)), rng.integers(0, CLASSES, rows)
    return (X, y, rng.choice([0.0, 0.3, 1.0, 4.0], rows)) if weighted else (X, y)


class Blocks:
    """A stream of the same samples, in blocks of 17."""

    def __init__(self, X: AnyArray, y: AnyArray) -> None:
        self.X, self.y = X, y
        self.shape, self.dtype = X.shape, X.dtype
        self.target_shape, self.target_dtype = y.shape[1:], y.dtype

    def blocks(self, seed: int | None, skip: int = 0) -> Iterator[tuple[AnyArray, AnyArray]]:
        for start in range(skip, len(self.X), 17):
            yield self.X[start : start + 17], self.y[start : start + 17]


def trained(reduce: Reduce | None = None, optimizer: str = "sgd", given: Any = None, **settings: Any) -> Found:
    net = pl.Network([FEATURES, 8, 5, CLASSES], rng=np.random.default_rng(1), dtype=np.float64)
    rule = OPTIMIZERS[optimizer](RATES[optimizer], weight_decay=0.001)
    settings = {"epochs": 24, "batch_size": 10, "engine": "numpy", "dev": data(30), **settings}
    settings.setdefault("rng", np.random.default_rng(2))
    epochs = list(pl.train(net, data() if given is None else given, rule, reduce=reduce, **settings))
    return net.theta, epochs


def check_equal(one: Found, other: Found, *, within: float = 1e-10) -> None:
    (theta, epochs), (theta_too, epochs_too) = one, other
    assert np.linalg.norm(theta_too - theta) <= within * np.linalg.norm(theta)
    for epoch, same in zip(epochs, epochs_too, strict=True):
        assert (same.number, same.steps, same.learning_rate) == (epoch.number, epoch.steps, epoch.learning_rate)
        for a, b in ((epoch.train, same.train), (epoch.dev, same.dev)):
            assert a is not None
            assert b is not None
            np.testing.assert_allclose(b.loss, a.loss, rtol=within)
            assert b.accuracy == pytest.approx(a.accuracy, rel=within)
        np.testing.assert_allclose(same.gradient_norm, epoch.gradient_norm, rtol=100 * within)


def check_ranks(ranks: int, **settings: Any) -> None:
    """So many ranks come to what one comes to, all to the same bits, and once more to the same."""
    alone = trained(**settings)
    together = on_ranks(ranks, lambda reduce: trained(reduce, **settings))
    again = on_ranks(ranks, lambda reduce: trained(reduce, **settings))
    for found in (*together, *again):
        check_equal(alone, found)
        assert found[0].tobytes() == together[0][0].tobytes()
        assert [(each.train, each.dev) for each in found[1]] == [(each.train, each.dev) for each in together[0][1]]


@pytest.mark.parametrize("optimizer", list(RATES))
@pytest.mark.parametrize("ranks", [pytest.param(2, marks=pytest.mark.slow), 3, pytest.param(4, marks=pytest.mark.slow)])
def test_ranks_equal_one_rank_after_500_steps(ranks: int, optimizer: str) -> None:
    check_ranks(ranks, optimizer=optimizer)


CASES: dict[str, dict[str, Any]] = {
    "weighted rows": {"given": data(weighted=True)},
    "dropout": {"dropout": 0.3},
    "clipping": {"clip_norm": 0.1},
    "all samples in one batch": {"batch_size": None, "epochs": 30},
    "a stream": {"given": Blocks(*data()), "dropout": 0.2},
    "a short batch with a row on one rank alone": {"given": data(201), "dropout": 0.2},
    "three batches a step": {"accumulate": 3},
    "three batches a step, weighted": {"accumulate": 3, "given": data(weighted=True)},
    "three batches a step of a stream": {"accumulate": 3, "given": Blocks(*data())},
    "a step of a batch and one that is not here": {"accumulate": 2, "given": data(191)},
    "a schedule": {"schedule": pl.schedules.SCHEDULES["warmup-cosine"]},
    "their own order": {"shuffle": False},
}


@pytest.mark.parametrize("case", list(CASES))
@pytest.mark.parametrize("ranks", [pytest.param(2, marks=pytest.mark.slow), 3, pytest.param(4, marks=pytest.mark.slow)])
def test_ranks_equal_one_rank_whatever_is_asked(ranks: int, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "WINDOW", 60 * FEATURES * 8)
    check_ranks(ranks, **{"epochs": 6, **CASES[case]})


@pytest.mark.parametrize("ranks", [1, 2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_step_of_several_batches_is_that_of_one_as_large(ranks: int, weighted: bool) -> None:
    given = data(weighted=weighted)
    large = trained(batch_size=30, given=given, epochs=8)
    several = on_ranks(ranks, lambda reduce: trained(reduce, batch_size=10, accumulate=3, given=given, epochs=8))
    for found in several:
        check_equal(large, found)
    assert large[1][-1].steps == 8 * 7


def test_a_step_of_several_batches_takes_one_sum_over_the_ranks() -> None:
    def calls(reduce: Any, accumulate: int) -> int:
        trained(reduce, epochs=2, accumulate=accumulate, given=data(200))
        return int(reduce.calls)

    one, five = (on_ranks(2, lambda reduce, k=k: calls(reduce, k))[0] for k in (1, 5))  # type: ignore[misc]
    assert one - five == 2 * (20 - 4)


@pytest.mark.parametrize("together", [1, 2, 5])
def test_how_many_batches_are_counted_together_changes_nothing_in_a_step_of_several(
    together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    theta, epochs = trained(accumulate=3, epochs=3)
    monkeypatch.setattr(batch_group, "MOST_BATCHES", together)
    again, counted = trained(accumulate=3, epochs=3, after_step=lambda progress: progress.settle())
    assert again.tobytes() == theta.tobytes()
    assert [epoch.train for epoch in counted] == [epoch.train for epoch in epochs]


@pytest.mark.parametrize("case", ["weighted rows", "dropout", "a stream", "three batches a step"])
@pytest.mark.parametrize("at", [1, 8, 20, 21, 30])
def test_ranks_that_stop_and_go_on_come_to_the_same_bits(at: int, case: str) -> None:
    settings = {"epochs": 6, **CASES[case]}
    whole = on_ranks(3, lambda reduce: trained(reduce, **settings))[0]

    def cut_off(reduce: Reduce) -> Found:
        net = pl.Network([FEATURES, 8, 5, CLASSES], rng=np.random.default_rng(1), dtype=np.float64)
        rule, rng, progress = pl.SGD(0.1, weight_decay=0.001), np.random.default_rng(2), pl.Progress()
        epochs: list[pl.Epoch] = []

        def after_step(progress: pl.Progress) -> None:
            if progress.step == at:
                progress.settle()
                raise KeyboardInterrupt

        for after in (after_step, None):
            given: dict[str, Any] = {"batch_size": 10, "dev": data(30), "given": data(), **settings}
            samples = given.pop("given")
            more: dict[str, Any] = {
                "rng": rng,
                "progress": progress,
                "after_step": after,
                "reduce": reduce,
                "engine": "numpy",
            }
            try:
                for epoch in pl.train(net, samples, rule, **given, **more):
                    epochs.append(epoch)  # noqa: PERF402
            except KeyboardInterrupt:
                pass
        return net.theta, epochs

    for theta, epochs in on_ranks(3, cut_off):
        assert theta.tobytes() == whole[0].tobytes()
        assert [(epoch.train, epoch.dev) for epoch in epochs] == [(epoch.train, epoch.dev) for epoch in whole[1]]


def test_every_rank_is_told_what_each_asks_for_at_the_same_step() -> None:
    class AfterStep:
        def __init__(self, rank: int) -> None:
            self.rank, self.step, self.told = rank, 0, list[float]()

        def asks(self) -> float:
            return 2.0 if self.rank == 1 and self.step == 4 else 0.0

        def __call__(self, progress: pl.Progress) -> None:
            self.step = progress.step
            self.told.append(progress.asked)

    def told(reduce: Reduce) -> list[float]:
        after = AfterStep(reduce.rank)
        trained(reduce, epochs=1, after_step=after)
        return after.told

    assert on_ranks(3, told) == [[0.0] * 4 + [2.0] + [0.0] * 16] * 3


def test_theta_and_the_memory_come_from_rank_0() -> None:
    def start(reduce: Reduce) -> AnyArray:
        net = pl.Network([FEATURES, CLASSES], rng=np.random.default_rng(reduce.rank), dtype=np.float64)
        list(pl.train(net, data(), pl.SGD(0.1), epochs=0, rng=np.random.default_rng(0), reduce=reduce))
        return net.theta

    thetas = on_ranks(3, start)
    assert {theta.tobytes() for theta in thetas} == {thetas[0].tobytes()}
    alone = pl.Network([FEATURES, CLASSES], rng=np.random.default_rng(0), dtype=np.float64)
    assert thetas[0].tobytes() == alone.theta.tobytes()


def test_the_memory_comes_from_rank_0_in_whatever_order_it_was_filled() -> None:
    def start(reduce: Reduce) -> dict[str, float]:
        net, rule = pl.Network([FEATURES, CLASSES], rng=np.random.default_rng(0), dtype=np.float64), pl.Adam(0.1)
        names = ("m", "s") if reduce.rank else ("s", "m")
        rule.state = {name: np.full(net.theta.size, ord(name) + reduce.rank / 2) for name in names}
        list(pl.train(net, data(), rule, epochs=0, rng=np.random.default_rng(0), reduce=reduce))
        return {name: float(vector.mean()) for name, vector in rule.state.items()}

    assert on_ranks(3, start) == [{"m": ord("m"), "s": ord("s")}] * 3


def test_what_comes_from_rank_0_comes_to_the_bit() -> None:
    given = np.array([0.0, -0.0, np.nan, np.inf, 1e-310, 1.5])

    def taken(reduce: Reduce) -> bytes:
        vector = given.copy() if reduce.rank == 0 else np.ones(6)
        take_from_first(reduce, vector)
        return vector.tobytes()

    assert on_ranks(3, taken) == [given.tobytes()] * 3


@pytest.mark.parametrize(
    ("name", "settings"),
    [("epochs", {"epochs": 3}), ("batch_size", {"batch_size": 11}), ("dropout", {"dropout": 0.1}),
     ("samples", {"given": data(202)}), ("rng", {"rng": np.random.default_rng(7)})],
)  # fmt: skip
def test_ranks_that_are_not_called_alike_are_told_on_all_of_them(name: str, settings: dict[str, Any]) -> None:
    def refused(reduce: Reduce) -> str:
        with pytest.raises(pl.InputError) as caught:
            trained(reduce, **{"epochs": 2, **(settings if reduce.rank == 2 else {})})
        return str(caught.value)

    said = set(on_ranks(3, refused))
    assert len(said) == 1
    assert f"rank 2 was given another {name} than rank 0" in said.pop()


def test_a_batch_of_fewer_samples_than_ranks_is_refused() -> None:
    with pytest.raises(pl.InputError, match=r"batch_size=2 on 3 ranks: give each rank at least one sample"):
        on_ranks(3, lambda reduce: trained(reduce, batch_size=2))


def test_a_loss_that_is_no_number_on_one_rank_ends_all_at_the_same_step() -> None:
    X, y = data()
    X[13] = 1.7e308  # the 4th row of the second batch, which is one rank's alone

    def diverged(reduce: Reduce | None) -> str:
        with pytest.raises(pl.DivergenceError) as caught:
            trained(reduce, given=(X, y), shuffle=False, epochs=2, optimizer="sgd")
        return caught.value.what.partition(", first seen")[0]

    alone = diverged(None)
    assert set(on_ranks(3, diverged)) == {alone}


def test_one_rank_that_is_given_as_many_is_alone() -> None:
    theta, epochs = trained()
    (found,) = on_ranks(1, trained)
    assert found[0].tobytes() == theta.tobytes()
    assert [epoch.train for epoch in found[1]] == [epoch.train for epoch in epochs]


@pytest.mark.parametrize("ranks", [1, 2, 3, 5, 8])
def test_the_cuts_of_a_batch_are_all_of_it_and_a_shorter_batch_gives_no_rank_more(ranks: int) -> None:
    sizes: list[list[int]] = []
    for samples in range(40):
        rows = [list(range(samples))[cut(samples, rank, ranks)] for rank in range(ranks)]
        assert [row for each in rows for row in each] == list(range(samples))
        sizes.append([len(each) for each in rows])
    for shorter, longer in pairwise(sizes):
        assert all(a <= b for a, b in zip(shorter, longer, strict=True))
