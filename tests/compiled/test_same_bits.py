"""The same bits every time, however many steps a call makes, and a progress that says where θ stands."""

import copy
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import pellucid as pl
from compiled.pairs import SEED, Stop, StopAt, assert_alike, inputs, network, targets, trained
from pellucid.compiled.engine import CompiledEngine
from pellucid.core.arrays import AnyArray
from pellucid.core.schedules import cosine

pytestmark = pytest.mark.slow  # the engine is compiled for them

ROWS, BATCH, EPOCHS = 50, 16, 3
STEPS = 12  # 4 an epoch


def data() -> tuple[AnyArray, AnyArray]:
    return inputs(ROWS, 6, np.float64), targets(pl.CrossEntropy(), ROWS, 3)


def settings(**more: Any) -> dict[str, Any]:
    return {"epochs": EPOCHS, "batch_size": BATCH, "dropout": 0.2, "schedule": cosine, **more}


def bits(engine: str = "compiled", **more: Any) -> bytes:
    net = network([6, 40, 5, 3], pl.Tanh())
    result = trained(engine, net, data(), pl.Adam(0.01, weight_decay=0.1), **settings(**more))
    kept = [result.theta.tobytes(), *(array.tobytes() for array in result.state.values())]
    told = [(e.steps, e.learning_rate, e.gradient_norm, e.train.loss, e.train.accuracy) for e in result.epochs]
    return b"".join(kept) + repr((told, result.random)).encode()


def test_the_same_seed_gives_the_same_bits() -> None:
    assert bits() == bits()
    assert bits() != bits(dropout=0.3)


def test_the_same_bits_in_another_process() -> None:
    code = "from compiled.test_same_bits import bits; import hashlib; print(hashlib.sha256(bits()).hexdigest())"
    path = [path for path in sys.path if path]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import sys; sys.path[:0] = {path!r}; {code}; {code}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.split()
    assert first == second
    from hashlib import sha256

    assert first == sha256(bits()).hexdigest()


@pytest.mark.parametrize("most", [1, 2, 3, 5, 1000])
def test_the_same_bits_however_many_steps_a_call_makes(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, calls = bits(), []

    def wanted(engine: CompiledEngine, progress: pl.Progress) -> int:
        calls.append(progress.step)
        return most

    monkeypatch.setattr(CompiledEngine, "_wanted", wanted)
    assert bits() == whole
    assert len(calls) == EPOCHS * -(-4 // most)


def test_the_same_bits_with_a_callback_after_each_step_after_some_or_none() -> None:
    assert bits() == bits(after_step=lambda progress: None) == bits(after_step=StopAt(7 * 1000))


def test_after_each_step_the_progress_is_numpys() -> None:
    seen: dict[str, list[Any]] = {}
    for engine in ("compiled", "numpy"):
        told = seen[engine] = []

        def after_step(progress: pl.Progress, told: list[Any] = told) -> None:
            progress.settle()
            told.append(copy.copy(progress))

        trained(engine, network([6, 8, 3], pl.Tanh()), data(), pl.SGD(0.3), after_step=after_step, **settings())
    assert len(seen["compiled"]) == STEPS
    for here, there in zip(seen["compiled"], seen["numpy"], strict=True):
        for name in ("epoch", "batch", "step", "right", "seed", "learning_rate"):
            assert getattr(here, name) == getattr(there, name), name
        np.testing.assert_allclose(
            [here.loss, here.gradient_norm], [there.loss, there.gradient_norm], rtol=1e-12, atol=1e-15
        )


class Every:
    """An ``after_step`` that is needed at every third step."""

    def __init__(self, every: int) -> None:
        self.every, self.seen = every, list[int]()

    def steps_until(self, step: int) -> int:
        return self.every - step % self.every

    def __call__(self, progress: pl.Progress) -> None:
        self.seen.append(progress.step)


@pytest.mark.parametrize("every", [1, 2, 3, 5, 100])
def test_a_callback_is_called_in_time_and_at_the_end_of_every_epoch(every: int) -> None:
    callback = Every(every)
    trained("compiled", network([6, 8, 3]), data(), pl.SGD(0.1), after_step=callback, **settings())
    assert set(range(every, STEPS + 1, every)) | {4, 8, 12} == set(callback.seen)
    assert callback.seen == sorted(set(callback.seen))


@pytest.mark.parametrize("stop", range(1, STEPS + 1))
@pytest.mark.parametrize("batch_size", [BATCH, None])
def test_stopped_at_any_step_and_resumed_it_comes_to_the_same_bits(stop: int, batch_size: int | None) -> None:
    steps = STEPS if batch_size else EPOCHS
    if stop > steps:
        return
    net, common = network([6, 40, 3], pl.Tanh()), settings(batch_size=batch_size)
    whole = trained("compiled", net, data(), pl.Adam(0.01), **common)
    cut = trained("compiled", net, data(), pl.Adam(0.01), stop=stop, **common)
    assert cut.progress.step == stop

    again, optimizer, rng = copy.deepcopy(net), pl.Adam(0.01), np.random.default_rng()
    again.theta[...], optimizer.state, rng.bit_generator.state = cut.theta, cut.state, cut.random
    rest = list(pl.train(again, data(), optimizer, rng=rng, progress=cut.progress, **common))  # goes on with its engine
    assert cut.progress.engine == "compiled"
    assert again.theta.tobytes() == whole.theta.tobytes()
    assert rng.bit_generator.state == whole.random
    mine = [(e.steps, e.learning_rate, e.gradient_norm, e.train) for e in [*cut.epochs, *rest]]
    assert mine == [(e.steps, e.learning_rate, e.gradient_norm, e.train) for e in whole.epochs]


@pytest.mark.parametrize("stop", [1, 3, 4, 7])
def test_after_a_ctrl_c_the_progress_goes_with_theta(stop: int) -> None:
    def after_step(progress: pl.Progress) -> None:
        if progress.step == stop:
            raise KeyboardInterrupt

    kept = []
    for engine in ("compiled", "numpy"):
        net, optimizer, progress = network([6, 8, 3], pl.Tanh()), pl.Adam(0.01, epsilon=0.1), pl.Progress()
        rng = np.random.default_rng(SEED)
        with pytest.raises(KeyboardInterrupt):
            list(pl.train(net, data(), optimizer, rng=rng, progress=progress, after_step=after_step, engine=engine,
                          **settings()))  # fmt: skip
        progress.settle()
        assert optimizer.learning_rate == 0.01
        assert optimizer.state["steps"][0] == progress.step == stop
        kept.append((net.theta, progress, rng.bit_generator.state))
    (theta, progress, random), (other, there, other_random) = kept
    np.testing.assert_allclose(theta, other, rtol=1e-12, atol=1e-15)
    assert (progress.step, progress.batch, progress.epoch, random) == (
        there.step, there.batch, there.epoch, other_random,
    )  # fmt: skip


def test_an_error_of_a_callback_stops_a_training_where_it_is() -> None:
    def after_step(progress: pl.Progress) -> None:
        if progress.step == 6:
            raise Stop

    one, other = (
        trained(engine, network([6, 8, 3]), data(), pl.SGD(0.1), after_step=after_step, **settings())
        for engine in ("compiled", "numpy")
    )
    assert one.progress.step == 6
    assert_alike(one, other, 8 * 6, np.float64)
