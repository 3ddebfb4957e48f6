"""The main job, whole and from the command line: the digits in seconds, and the article's own recipe."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from pellucid import runs
from pellucid.core import reference
from pellucid.core.training import train
from support import Command, loaded


def train_in_a_process(folder: Path, *flags: object) -> tuple[dict[str, dict[str, float]], float]:
    started = time.perf_counter()
    command = [sys.executable, "-m", "pellucid", "train", *map(str, flags), "--json"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(ended.stdout), time.perf_counter() - started


@pytest.mark.alone
@pytest.mark.slow
def test_defaults_reach_97_percent_of_the_test_digits(tmp_path: Path) -> None:
    results, seconds = zip(*(train_in_a_process(tmp_path, "--seed", seed) for seed in range(5)), strict=True)
    assert statistics.median(result["test"]["accuracy"] for result in results) >= 0.97
    assert {result["parameters"] for result in results} == {25818}
    assert statistics.median(seconds) < 12  # 4 s on a quiet machine; this one may be anything but quiet


def test_article_recipe_equals_the_reference_after_20_iterations(pellucid: Command, small: Path) -> None:
    prepared = runs.prepare(runs.from_recipe({"recipe": "article", "data": str(small), "epochs": 20}))
    net, X, y = prepared.model.network, loaded(prepared.dataset.train).X, loaded(prepared.dataset.train).y
    (W1, b1, _), (W2, b2, _), (W3, b3, _) = net.layers
    copies = (W1, b1[:, None], W2, b2[:, None], W3, b3[:, None])
    start = reference.Parameters(*(part.copy() for part in copies))
    *_, (expected, last_accuracy) = reference.gradient_descent(X.T / 255, y, start, 0.1, 20)
    run = runs.start(prepared, Path("run"))
    epochs = list(run.go())
    assert net.dtype == np.float64
    np.testing.assert_allclose(net.theta, reference.as_theta(expected), atol=1e-8, rtol=0)
    assert epochs[-1].train.accuracy == last_accuracy


@pytest.mark.alone
@pytest.mark.slow
def test_article_recipe_ends_where_the_article_ends(tmp_path: Path) -> None:
    seeds = range(int(os.environ.get("SEEDS", "1")))  # SEEDS=5 is the full size: a minute and a half each
    results = [train_in_a_process(tmp_path, "--recipe", "article", "--seed", seed)[0] for seed in seeds]
    assert 0.65 <= statistics.median(result["train"]["accuracy"] for result in results) <= 0.85


def test_the_generator_needs_no_run(digits: tuple[np.ndarray, np.ndarray]) -> None:
    import pellucid as pl

    net = pl.Network([784, 32, 16, 10], rng=np.random.default_rng(0))
    losses = [epoch.train.loss for epoch in train(net, digits, pl.SGD(0.2), epochs=10, rng=np.random.default_rng(1))]
    assert losses[-1] < 0.3 * losses[0]
