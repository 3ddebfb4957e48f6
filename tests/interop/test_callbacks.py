"""scikit-learn's callbacks on the estimators: progress bars, scores of each epoch, and one's own."""

import io
import subprocess
import sys
from contextlib import redirect_stdout
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pellucid import InputError, PellucidClassifier, PellucidRegressor

callback: Any = import_module("sklearn.callback")  # scikit-learn before 1.9 has none: tests/conftest.py
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("error:X does not have valid feature names"),
]

FRAME, SPECIES = load_iris(return_X_y=True, as_frame=True)
IRIS = (FRAME - FRAME.mean()) / FRAME.std(), SPECIES
DIABETES = load_diabetes(return_X_y=True)
WEIGHTS = np.linspace(0.1, 2.0, 150)


class Recorder:
    """Keeps what it is told; asks to stop after ``most`` iterations."""

    def __init__(self, most: int = 10**9) -> None:
        self.told: list[Any] = []
        self.fitted: list[Any] = []
        self.most = most

    def setup(self, estimator: Any, context: Any) -> None:
        self.told.append("setup")

    def teardown(self, estimator: Any, context: Any) -> None:
        self.told.append("teardown")

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        self.told.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(self, estimator: Any, context: Any, *, fitted_estimator: Any = None) -> bool:
        self.told.append(("end", context.task_name, context.task_id))
        self.fitted.append(fitted_estimator)
        return context.parent is not None and context.task_id + 1 >= self.most


def epochs(kind: str, count: int) -> list[Any]:
    """What is told of so many iterations."""
    return [(what, kind, number) for number in range(count) for what in ("begin", "end")]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"solver": "lbfgs"},
        {"early_stopping": True, "n_iter_no_change": 2},
        {"solver": "sgd", "learning_rate": "adaptive", "dropout": 0.2, "n_iter_no_change": 1, "tol": 0.03},
    ],
    ids=["adam", "lbfgs", "early stopping", "adaptive"],
)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighted"])
def test_the_scores_are_those_of_a_fit_of_so_many_epochs(settings: dict[str, Any], weights: Any) -> None:
    settings = {"max_iter": 6, "random_state": 0, "learning_rate_init": 0.01, **settings}
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = PellucidClassifier(**settings).set_callbacks(monitor).fit(*IRIS, sample_weight=weights)
    whole, *each = monitor.get_logs().data
    assert whole["accuracy"] == model.score(*IRIS, weights)
    assert len(each) == model.n_iter_ > 2
    assert "early_stopping" in settings or len({row["accuracy"] for row in each}) > 1  # the best may be the first
    for row in each:
        short = PellucidClassifier(**settings | {"max_iter": row["task_id"] + 1}).fit(*IRIS, sample_weight=weights)
        assert row["accuracy"] == short.score(*IRIS, weights)


def test_scores_of_values_are_recorded_with_any_scorer() -> None:
    monitor = callback.ScoringMonitor(scoring=["r2", "neg_mean_absolute_error"])
    model = PellucidRegressor(max_iter=4, random_state=0, learning_rate_init=0.1).set_callbacks(monitor).fit(*DIABETES)
    rows = monitor.get_logs().data
    assert [row["task_id_path"] for row in rows] == [(0,), (0, 0), (0, 1), (0, 2), (0, 3)]
    assert rows[0]["r2"] == rows[-1]["r2"] == model.score(*DIABETES)
    assert rows[1]["neg_mean_absolute_error"] < rows[-1]["neg_mean_absolute_error"] < 0


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_each_iteration_is_a_task_that_begins_and_ends(solver: str) -> None:
    recorder = Recorder()
    model = PellucidClassifier((3,), solver=solver, max_iter=4, random_state=0).set_callbacks(recorder).fit(*IRIS)
    name = "lbfgs-iter" if solver == "lbfgs" else "epoch"
    assert recorder.told == [
        "setup", ("begin", "fit", 0), *epochs(name, 4), ("end", "fit", 0), "teardown",
    ]  # fmt: skip
    assert [each.n_iter_ for each in recorder.fitted] == [1, 2, 3, 4, 4]
    plain = PellucidClassifier((3,), solver=solver, max_iter=4, random_state=0).fit(*IRIS)
    assert model.network_.theta.tobytes() == plain.network_.theta.tobytes()
    assert not {"_callback_fit_ctx", "_skl_callbacks_to_teardown"} & vars(model).keys()


def test_what_a_callback_gets_stays_as_it_is_while_the_training_goes_on() -> None:
    recorder = Recorder()
    model = PellucidRegressor(max_iter=5, random_state=0, batch_size=50).set_callbacks(recorder).fit(*DIABETES)
    for count, each in enumerate(recorder.fitted[:-1], start=1):
        short = PellucidRegressor(max_iter=count, random_state=0, batch_size=50).fit(*DIABETES)
        assert each.network_.theta.tobytes() == short.network_.theta.tobytes()
        assert each.loss_curve_ == short.loss_curve_
        assert each.loss_ == short.loss_
    before = model.network_.theta.tobytes()
    recorder.fitted[1].partial_fit(*DIABETES)
    assert model.network_.theta.tobytes() == before


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
def test_a_callback_can_stop_the_training(solver: str) -> None:
    settings: dict[str, Any] = {"solver": solver, "random_state": 0, "hidden_layer_sizes": (3,)}
    model = PellucidRegressor(max_iter=50, **settings).set_callbacks(Recorder(most=3)).fit(*DIABETES)
    assert model.n_iter_ == 3
    with pytest.warns(UserWarning, match=r"[Ii]teration|ITERATIONS"):
        short = PellucidRegressor(max_iter=3, **settings).fit(*DIABETES)
    assert model.network_.theta.tobytes() == short.network_.theta.tobytes()


def test_a_training_that_fails_is_torn_down_and_one_that_stops_early_ends_its_tasks() -> None:
    recorder = Recorder()
    with pytest.raises(InputError):
        PellucidRegressor(solver="sgd", learning_rate_init=1e9).set_callbacks(recorder).fit(*DIABETES)
    assert recorder.told[-1] == "teardown"
    recorder = Recorder()
    model = PellucidRegressor(tol=1e9, n_iter_no_change=2, random_state=0).set_callbacks(recorder).fit(*DIABETES)
    assert model.n_iter_ < 10
    assert recorder.told[2:-2] == epochs("epoch", model.n_iter_)
    recorder = Recorder()
    PellucidRegressor(solver="lbfgs", tol=1e9).set_callbacks(recorder).fit(*DIABETES)
    assert recorder.told[2:-2] == epochs("lbfgs-iter", 1)


def test_each_partial_fit_is_a_fit_of_one_epoch() -> None:
    recorder = Recorder()
    model = PellucidClassifier().set_callbacks(recorder)
    for _ in range(2):
        model.partial_fit(*IRIS, classes=[0, 1, 2])
    one = ["setup", ("begin", "fit", 0), *epochs("epoch", 1), ("end", "fit", 0), "teardown"]
    assert recorder.told == [*one, *one]


def shown(model: Any, data: Any) -> str:
    """What a fit prints."""
    screen = io.StringIO()
    with redirect_stdout(screen):
        model.fit(*data)
    return screen.getvalue()


def test_the_progress_bar_shows_the_fit_alone_in_a_pipeline_and_in_a_search() -> None:
    model = PellucidRegressor(max_iter=3, random_state=0)
    alone = shown(clone(model).set_callbacks(callback.ProgressBar()), DIABETES)
    assert "PellucidRegressor - fit" in alone
    assert "100%" in alone
    pipe = make_pipeline(StandardScaler(), clone(model)).set_callbacks(callback.ProgressBar())
    assert "Pipeline - fit-final-estimator | PellucidRegressor - fit #1" in shown(pipe, DIABETES)
    grid = {"pellucidregressor__hidden_layer_sizes": [(2,), (4,)]}
    pipe.set_callbacks()
    search = GridSearchCV(pipe, grid, cv=2).set_callbacks(callback.ProgressBar(max_propagation_depth=None))
    assert (
        shown(search, DIABETES).count("PellucidRegressor - fit") == 2 * 2 + 1
    )  # each candidate and part, and the best


def test_scores_are_recorded_in_a_pipeline_and_a_clone() -> None:
    X, y = IRIS
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = PellucidClassifier((4,), learning_rate_init=0.1, max_iter=3, random_state=0).set_callbacks(monitor)
    pipe = make_pipeline(StandardScaler(), model).fit(X, y)
    *rows, last = monitor.get_logs().data
    assert monitor.get_logs().estimator_name == "Pipeline"
    assert last["accuracy"] == pipe.score(X, y)
    assert len(rows) == 3
    copy = clone(pipe).fit(X, y)  # which has the same callbacks
    assert monitor.get_logs().data[-1]["accuracy"] == copy.score(X, y)


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_scores_are_recorded_in_a_search(jobs: int) -> None:
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = PellucidClassifier((4,), learning_rate_init=0.1, max_iter=3, random_state=0).set_callbacks(monitor)
    search = GridSearchCV(model, {"alpha": [0.0, 1.0]}, cv=2, n_jobs=jobs).fit(*IRIS)
    log = monitor.get_logs().data
    assert len(log) == (1 + 3) * (2 * 2 + 1)  # a fit and its epochs, for each candidate and part; the best comes first
    assert log[0]["accuracy"] == search.best_estimator_.score(*IRIS)


def test_tables_with_names_and_sparse_inputs_are_scored_as_they_were_given() -> None:
    X, y = IRIS
    names = pd.Series(["setosa", "versicolor", "virginica"])[y].to_numpy()
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = PellucidClassifier(max_iter=2, random_state=0).set_callbacks(monitor)
    for inputs in (X, csr_array(X.to_numpy())):
        model.fit(inputs, names)
        assert monitor.get_logs().data[-1]["accuracy"] == model.score(inputs, names)


def test_without_callbacks_no_task_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PellucidClassifier, "_init_callback_context", None)
    monkeypatch.setattr("pellucid.interop.sklearn.fit.copy", None)
    PellucidClassifier(max_iter=2).fit(*IRIS)
    PellucidClassifier(max_iter=2).set_callbacks(Recorder()).set_callbacks().fit(*IRIS)


@pytest.mark.slow
def test_a_scikit_learn_without_callbacks_is_enough() -> None:
    code = """
import sys, warnings, sklearn.callback, sklearn.model_selection
there = sys.modules["sklearn.callback"]
sys.modules["sklearn.callback"] = None  # as before 1.9, while the estimators are made
from pellucid import PellucidClassifier
sys.modules["sklearn.callback"] = there
model = PellucidClassifier((4,), max_iter=2, random_state=0)
assert not hasattr(model, "set_callbacks")
print(sklearn.base.clone(model).fit([[0.0], [1.0]], ["a", "b"]).predict([[2.0]]))
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout in ("['a']\n", "['b']\n"), done.stderr
