"""When the compiled engine is chosen, what it says where it cannot be, and that nobody else pays for it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import pellucid as pl
from compiled.pairs import inputs, targets
from pellucid.compiled import blas, choice, kept, kinds
from pellucid.core.activations import Formula, Tanh
from pellucid.core.arrays import Array
from pellucid.core.numpy_engine import NumpyEngine

HOUSE = Path(pl.__file__).parents[1]


@pytest.fixture(autouse=True)
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PELLUCID_ENGINE", raising=False)
    monkeypatch.setattr(choice, "start", NumpyEngine)  # nothing is compiled here
    monkeypatch.setattr(kept, "is_ready", lambda dtype: True)


def trained(net: pl.Network, rule: Any = None, *, rows: int = 50, **settings: Any) -> pl.Progress:
    data = inputs(rows, net.sizes[0], np.float64), targets(net.loss, rows, net.sizes[-1])
    common: dict[str, Any] = {"epochs": 1, "rng": np.random.default_rng(0), "progress": pl.Progress(), **settings}
    list(pl.train(net, data, rule or pl.SGD(0.1), **common))
    progress: pl.Progress = common["progress"]
    return progress


def network(**settings: Any) -> pl.Network:
    return pl.Network([6, 8, 3], rng=np.random.default_rng(0), dtype=np.float64, **settings)


@dataclass(frozen=True)
class Mine:
    """An activation of a user's own."""

    name: ClassVar[str] = "mine"
    formula: ClassVar[Formula] = Tanh.formula

    def __call__(self, z: Array, *, out: Array, workspace: Array) -> None:
        np.tanh(z, out=out)

    def backward(self, z: Array, a: Array, *, delta: Array, workspace: Array) -> None:
        delta *= 1 - a * a


class Relu(Mine):
    """Another, under a name that the engine knows."""

    name: ClassVar[str] = "relu"


class OwnLoss(pl.SquaredError):
    """A loss of a user's own."""

    name: ClassVar[str] = "own"


class Adamant(pl.Adam):
    """An optimiser of a user's own, which inherits its name: its steps are others."""

    def step(self, theta: Array, grad: Array) -> None:
        theta -= 1


def test_everything_of_the_registries_is_known_by_name() -> None:
    assert set(pl.ACTIVATIONS) <= set(kinds.ACTIVATIONS)
    assert set(pl.LOSSES) == set(kinds.LOSSES)
    assert set(pl.OPTIMIZERS) == set(kinds.OPTIMIZERS)


OWN: list[tuple[str, Any, Any]] = [
    ("activation 'mine'", lambda: network(activation=Mine()), pl.SGD(0.1)),
    ("activation 'relu'", lambda: network(activation=Relu()), pl.SGD(0.1)),
    ("loss 'own'", lambda: network(loss=OwnLoss()), pl.SGD(0.1)),
    ("optimiser 'adam'", network, Adamant(0.1)),
]


@pytest.mark.parametrize(("what", "make", "rule"), OWN, ids=[case[0] for case in OWN])
def test_what_it_does_not_know_is_done_by_numpy(
    what: str, make: Any, rule: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "SECONDS_TO_START", 0.0)  # as if it always paid
    assert trained(network()).engine == "compiled"
    assert trained(make(), rule).engine == "numpy"
    with pytest.raises(pl.InputError) as caught:
        trained(make(), rule, engine="compiled")
    message = str(caught.value)
    assert f"engine='compiled': it does not know the {what}; use engine='numpy'" in message
    assert "\n" not in message


def test_without_numba_it_is_numpys_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = util.find_spec
    monkeypatch.setattr(choice, "find_spec", lambda name: None if name == "numba" else real(name))
    monkeypatch.setattr(choice, "SECONDS_TO_START", 0.0)
    assert trained(network()).engine == "numpy"
    with pytest.raises(pl.InputError, match=r"engine='compiled': Numba is not installed: pip install 'pellucid\[fast"):
        trained(network(), engine="compiled")


def test_a_numba_that_is_turned_off_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    monkeypatch.setattr(choice, "SECONDS_TO_START", 0.0)
    assert trained(network()).engine == "numpy"
    with pytest.raises(pl.InputError, match="Numba is turned off by NUMBA_DISABLE_JIT"):
        trained(network(), engine="compiled")


def test_a_matrix_product_that_is_not_found_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "SECONDS_TO_START", 0.0)
    monkeypatch.setattr(blas, "find", lambda dtype: None)
    assert trained(network()).engine == "numpy"
    with pytest.raises(pl.InputError, match="matrix product was not found"):
        trained(network(), engine="compiled")


def test_the_matrix_product_of_numpys_library_is_found() -> None:
    for dtype in ("float32", "float64"):
        assert blas.find(dtype) is not None


def test_an_engine_that_is_none_is_refused_at_the_call() -> None:
    with pytest.raises(pl.InputError, match="engine='jax': there are auto, numpy, compiled"):
        trained(network(), engine="jax")


def test_it_pays_for_the_digits_and_not_for_a_tiny_table(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(choice, "start", lambda work: started.append("compiled"))
    digits = pl.Network([784, 32, 16, 10], rng=np.random.default_rng(0))
    tiny = network()
    for net, rows, epochs in ((digits, 41_000, 30), (tiny, 150, 20)):
        X, y = np.zeros((rows, net.sizes[0]), np.uint8), np.zeros(rows, np.int64)
        progress = pl.Progress()
        pl.train(net, (X, y), pl.SGD(0.1), epochs=epochs, rng=np.random.default_rng(0), progress=progress)
        started.append(progress.engine)
    assert started == ["compiled", "compiled", "numpy"]


def test_what_is_not_compiled_yet_must_pay_for_that_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "is_ready", lambda dtype: False)
    monkeypatch.setattr(choice, "start", lambda work: None)
    net, engines = pl.Network([784, 32, 16, 10], rng=np.random.default_rng(0)), []
    X, y = np.zeros((41_000, 784), np.uint8), np.zeros(41_000, np.int64)
    for epochs in (6, 600):
        progress = pl.Progress()
        pl.train(net, (X, y), pl.SGD(0.1), epochs=epochs, rng=np.random.default_rng(0), progress=progress)
        engines.append(progress.engine)
    assert engines == ["numpy", "compiled"]


def test_the_environment_names_the_engine_where_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "SECONDS_TO_START", 0.0)
    monkeypatch.setenv("PELLUCID_ENGINE", "numpy")
    assert trained(network()).engine == "numpy"
    assert trained(network(), engine="compiled").engine == "compiled"
    monkeypatch.setenv("PELLUCID_ENGINE", "fast")
    with pytest.raises(pl.InputError, match="PELLUCID_ENGINE='fast': there are auto, numpy, compiled"):
        trained(network())


def test_a_training_goes_on_with_the_engine_that_it_began_with(monkeypatch: pytest.MonkeyPatch) -> None:
    net, progress = network(), trained(network(), engine="numpy")
    monkeypatch.setattr(choice, "SECONDS_TO_START", 0.0)
    assert trained(net, progress=progress, epochs=2).engine == "numpy"


def test_importing_it_and_training_in_numpy_load_no_numba() -> None:
    code = """if True:
        import sys, numpy as np, pellucid as pl
        net = pl.Network([6, 8, 3], rng=np.random.default_rng(0))
        X, y, rng = np.zeros((50, 6)), np.zeros(50, np.int64), np.random.default_rng(0)
        for engine in ("auto", "numpy"):
            list(pl.train(net, (X, y), pl.SGD(0.1), epochs=2, rng=rng, engine=engine))
        print("pellucid.compiled.choice" in sys.modules, {"numba", "llvmlite"} & set(sys.modules))
    """
    environment = {**os.environ, "PYTHONPATH": str(HOUSE)}
    words = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    assert (done.stdout, done.stderr) == ("True set()\n", "")
