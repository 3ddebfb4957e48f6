"""The estimators in scikit-learn's searches, whose fits joblib gives to processes, Dask and Ray: the same scores."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  (which makes the next import possible)
from sklearn.model_selection import GridSearchCV, HalvingRandomSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pellucid import PellucidClassifier, PellucidRegressor

pytestmark = pytest.mark.filterwarnings("ignore")  # of the libraries, and that so short a fit has not converged


@contextmanager
def workers(backend: str) -> Iterator[None]:
    """Two workers of a backend, for what joblib does meanwhile."""
    if backend == "dask":
        from distributed import Client

        cluster = {"dashboard_address": None, "silence_logs": logging.CRITICAL}
        with Client(n_workers=2, threads_per_worker=1, **cluster), joblib.parallel_config("dask"):
            yield
    elif backend == "ray":
        import ray
        from ray.util.joblib import register_ray

        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        register_ray()
        try:
            with joblib.parallel_config("ray", n_jobs=2):
                yield
        finally:
            ray.shutdown()
    else:
        with joblib.parallel_config(backend, n_jobs=2):
            yield


def grid() -> Any:
    model = make_pipeline(StandardScaler(), PellucidClassifier(max_iter=8, random_state=0))
    rates = {"pellucidclassifier__learning_rate_init": [0.001, 0.01, 0.1]}
    return GridSearchCV(model, rates, cv=3).fit(*load_iris(return_X_y=True))


def halving() -> Any:
    model = make_pipeline(StandardScaler(), PellucidRegressor(random_state=0))
    layers, penalties = [(4,), (8,), (8, 4)], [1e-4, 1e-2, 1.0]
    space = {"pellucidregressor__hidden_layer_sizes": layers, "pellucidregressor__alpha": penalties}
    search = HalvingRandomSearchCV(
        model, space, resource="pellucidregressor__max_iter", min_resources=4, max_resources=12, factor=3, cv=2,
        random_state=0,
    )  # fmt: skip
    return search.fit(*load_diabetes(return_X_y=True))


TRIED = [("loky", grid), ("loky", halving), ("dask", halving), ("ray", grid)]
if "PELLUCID_SWEEPS" in os.environ:  # the others, which take a minute
    TRIED += [("dask", grid), ("ray", halving)]


@pytest.mark.parametrize(
    ("backend", "search"),
    [
        pytest.param(backend, search, marks=[] if (backend, search) == TRIED[0] else [pytest.mark.slow])
        for backend, search in TRIED
    ],
)
def test_a_search_scores_the_same_on_each_backend(backend: str, search: Any) -> None:
    here = search()
    with workers(backend):
        there = search()
    np.testing.assert_array_equal(there.cv_results_["mean_test_score"], here.cv_results_["mean_test_score"])
    assert there.best_params_ == here.best_params_
