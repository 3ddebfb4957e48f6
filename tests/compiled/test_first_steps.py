"""The compiled engine in the quick tests: digits, one epoch, the numbers of the NumPy engine. All its laws are slow."""

from typing import Any

import numpy as np
import pytest

import pellucid as pl
from pellucid.datasets import Samples


@pytest.mark.parametrize("settings", [{}, {"dropout": 0.2}, {"batch_size": None}], ids=str)
def test_an_epoch_of_digits_comes_to_the_same_numbers(digits: Samples, settings: dict[str, Any]) -> None:
    found = []
    for engine in ("numpy", "compiled"):
        net, progress = pl.Network([784, 32, 16, 10], rng=np.random.default_rng(0)), pl.Progress()
        made = {"epochs": 1, "rng": np.random.default_rng(1), "progress": progress, **settings}
        (epoch,) = pl.train(net, digits, pl.Adam(0.004), engine=engine, live=False, **made)
        assert progress.engine == engine
        found.append((net, epoch))
    (one, by_numpy), (other, compiled) = found
    np.testing.assert_allclose(other.theta, one.theta, atol=2e-4)
    assert compiled.train.loss == pytest.approx(by_numpy.train.loss, rel=1e-5)
    assert compiled.train.accuracy == by_numpy.train.accuracy
    answer = other.predictor(batch_size=100, engine="compiled")
    np.testing.assert_allclose(answer(digits.X), other.predict(digits.X), atol=1e-6)
    np.testing.assert_allclose(answer(digits.X / 255), other.predict(digits.X), atol=1e-6)
