"""The scikit-learn estimators: what scikit-learn's own perceptrons give, and what they do not have."""

import copy
import pickle
import re
import subprocess
import sys
import warnings
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from pellucid import CrossEntropy, Huber, InputError, Network, PellucidClassifier, PellucidRegressor, gradient_check

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def scaled(loader: Any) -> tuple[Any, Any]:
    X, y = loader(return_X_y=True)
    return StandardScaler().fit_transform(X), y if y.dtype.kind == "i" else (y - y.mean()) / y.std()


IRIS, CANCER, DIABETES = scaled(load_iris), scaled(load_breast_cancer), scaled(load_diabetes)
COUNTS = np.random.default_rng(0).poisson(np.exp(DIABETES[0][:, :2]))
MULTILABEL = make_multilabel_classification(60, n_features=8, random_state=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"solver": "sgd"},
        {"solver": "sgd", "nesterovs_momentum": False, "activation": "tanh"},
        {"solver": "sgd", "momentum": 0.0, "activation": "logistic", "alpha": 1.0},
        {"solver": "sgd", "learning_rate": "invscaling", "activation": "identity"},
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.01, "n_iter_no_change": 2},
        {"solver": "lbfgs", "max_iter": 12},
        {"solver": "adam", "hidden_layer_sizes": (12, 7)},
    ],
    ids=lambda settings: "-".join(map(str, settings.values())),
)
@pytest.mark.parametrize(
    ("theirs", "ours", "data"),
    [
        (MLPClassifier, PellucidClassifier, IRIS),
        (MLPClassifier, PellucidClassifier, (CANCER[0][:120], CANCER[1][:120])),
        (MLPClassifier, PellucidClassifier, MULTILABEL),
        (MLPRegressor, PellucidRegressor, (DIABETES[0][:150], DIABETES[1][:150])),
        (MLPRegressor, PellucidRegressor, (DIABETES[0], np.stack([DIABETES[1], DIABETES[0][:, 0]], axis=1))),
        (partial(MLPRegressor, "poisson"), partial(PellucidRegressor, "poisson"), (DIABETES[0], COUNTS[:, 0])),
        (partial(MLPRegressor, "poisson"), partial(PellucidRegressor, "poisson"), (DIABETES[0], COUNTS)),
    ],
    ids=["classes", "two classes", "labels", "values", "two values", "counts", "two counts"],
)
def test_a_full_batch_gives_scikit_learns_numbers(theirs: Any, ours: Any, data: Any, settings: dict[str, Any]) -> None:
    X, y = data
    settings = {"max_iter": 25, **settings, "batch_size": len(X), "random_state": 3}
    first, second = theirs(**settings).fit(X, y), ours(**settings).fit(X, y)
    if settings["solver"] != "lbfgs":
        assert second.loss_curve_ == pytest.approx(first.loss_curve_, rel=1e-8)
    for a, b in zip(first.coefs_ + first.intercepts_, second.coefs_ + second.intercepts_, strict=True):
        assert b == pytest.approx(a, rel=1e-5, abs=1e-7)
    assert second.predict(X[:20]) == pytest.approx(first.predict(X[:20]), abs=1e-5)
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(first, name) == getattr(second, name)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_batches_in_the_order_of_the_rows_give_scikit_learns_numbers(solver: str) -> None:
    settings = {"solver": solver, "shuffle": False, "max_iter": 4, "random_state": 3, "hidden_layer_sizes": (20,)}
    first, second = MLPClassifier(**settings).fit(*CANCER), PellucidClassifier(**settings).fit(*CANCER)  # 200, 200, 169
    assert second.loss_curve_ == pytest.approx(first.loss_curve_, rel=1e-9)
    for a, b in zip(first.coefs_ + first.intercepts_, second.coefs_ + second.intercepts_, strict=True):
        assert b == pytest.approx(a, rel=1e-7, abs=1e-9)


def test_every_parameter_of_scikit_learn_is_taken_with_its_default() -> None:
    for theirs, ours in ((MLPClassifier(), PellucidClassifier()), (MLPRegressor(), PellucidRegressor())):
        own = ours.get_params()
        for name, value in theirs.get_params().items():
            assert own[name] == value


def test_coefs_are_views_into_theta() -> None:
    model = PellucidClassifier((5,), max_iter=2).fit(*IRIS)
    model.coefs_[0][...] = 7
    assert (model.network_.layers[0].W == 7).all()
    model.coefs_ = [np.zeros_like(W) for W in model.coefs_]
    model.intercepts_ = [np.zeros_like(b) for b in model.intercepts_]
    assert not model.network_.theta.any()


@pytest.mark.parametrize("kind", [MLPRegressor, PellucidRegressor])
def test_an_item_of_coefs_that_is_assigned_counts(kind: Any) -> None:
    rng = np.random.default_rng(0)
    weights, biases = [rng.normal(size=(4, 6)), rng.normal(size=(6, 2))], [rng.normal(size=6), rng.normal(size=2)]
    X = rng.normal(size=(5, 4))
    model = kind(hidden_layer_sizes=(6,), max_iter=1, random_state=0).fit(np.zeros((3, 4)), np.zeros((3, 2)))
    for i in range(2):
        model.coefs_[i], model.intercepts_[i] = weights[i], biases[i]
    expected = np.maximum(X @ weights[0] + biases[0], 0) @ weights[1] + biases[1]
    assert model.predict(X) == pytest.approx(expected, abs=1e-12)
    model.coefs_[-1] *= 2
    model.intercepts_[1] += biases[1]
    assert model.predict(X) == pytest.approx(2 * expected, abs=1e-12)


def test_slices_of_coefs_are_assigned_as_items_are() -> None:
    model = PellucidClassifier((4, 4, 4), max_iter=1, random_state=0).fit(*IRIS)
    first, *inner, last = [W.copy() for W in model.coefs_]
    model.coefs_[1:3] = model.coefs_[2:0:-1]  # which are views into what is written
    for W, expected in zip(model.coefs_, (first, *inner[::-1], last), strict=True):
        assert (expected == W).all()
    model.intercepts_[::2] = [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert [b.tolist() for b in model.intercepts_[::2]] == [[1, 2, 3, 4], [5, 6, 7, 8]]


def test_coefs_of_another_shape_are_refused_and_nothing_is_written() -> None:
    model = PellucidClassifier((5,), max_iter=1).fit(*IRIS)
    before = model.network_.theta.copy()
    W, V = model.coefs_
    for values, message in (
        ([W], "1 arrays for 2 layers"),
        ([W + 1, V.T], r"layer 2 has an array of shape \(5, 3\), not \(3, 5\)"),
        ([W + 1, 0.0], r"not \(\)"),
        ([W + 1, [["a"] * 3] * 5], "layer 2 takes an array of numbers"),
    ):
        with pytest.raises(InputError, match=message):
            model.coefs_ = values
        with pytest.raises(InputError, match=message):
            model.coefs_[:] = values
    changes: list[Any] = [
        lambda own: own.append(W), lambda own: own.extend([W]), lambda own: own.insert(0, W), lambda own: own.pop(),
        lambda own: own.clear(), lambda own: own.reverse(), lambda own: own.sort(), lambda own: own.__delitem__(0),
        lambda own: own.remove(W), lambda own: own.__iadd__([W]), lambda own: own.__imul__(2),
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(TypeError, match="a network keeps its layers"):
            change(model.coefs_)
    with pytest.raises(TypeError, match="a network keeps its layers"):
        model.intercepts_ += [np.zeros(3)]
    with pytest.raises(IndexError):
        model.coefs_[2] = V
    assert (model.network_.theta == before).all()


def test_a_copy_of_coefs_is_a_list_of_its_own() -> None:
    model = PellucidClassifier((5,), max_iter=1).fit(*IRIS)
    for again in (copy.deepcopy(model.coefs_), pickle.loads(pickle.dumps(model.coefs_))):
        assert type(again) is list
        assert all((a == b).all() for a, b in zip(again, model.coefs_, strict=True))
        again[0][...] = 0
        again.append(again[0])
    assert model.coefs_[0].any()
    assert [W.shape for W in model.coefs_ + model.intercepts_] == [(4, 5), (5, 3), (5,), (3,)]
    twin = copy.deepcopy(model)
    twin.coefs_[0] = np.zeros((4, 5))
    assert model.coefs_[0].any()
    assert not twin.network_.layers[0].W.any()


def test_the_network_can_be_seen_through() -> None:
    model = PellucidClassifier((5,), max_iter=5).fit(*IRIS)
    assert isinstance(model.network_, Network)
    assert gradient_check(model.network_, *IRIS).passed
    assert model.network_.predict(IRIS[0]) == pytest.approx(model.predict_proba(IRIS[0]))


def test_copies_predict_the_same() -> None:
    model = PellucidClassifier((5,), max_iter=5, random_state=0).fit(*IRIS)
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict_proba(IRIS[0]) == model.predict_proba(IRIS[0])).all()
    assert again.coefs_[0].base is not None
    assert (clone(model).fit(*IRIS).predict_proba(IRIS[0]) == model.predict_proba(IRIS[0])).all()


def test_what_a_pipeline_and_a_grid_search_ask() -> None:
    search = GridSearchCV(
        make_pipeline(StandardScaler(), PellucidClassifier(max_iter=20, random_state=0)),
        {"pellucidclassifier__hidden_layer_sizes": [(4,), (16,)], "pellucidclassifier__dropout": [0.0, 0.2]},
        cv=2,
    ).fit(*IRIS)
    assert set(search.best_params_) == {"pellucidclassifier__hidden_layer_sizes", "pellucidclassifier__dropout"}


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_keep_their_names(frame: Any) -> None:
    table = frame({"x": IRIS[0][:, 0], "city": ["Bonn", "Ulm", "Köln"] * 50})
    encode = make_column_transformer((StandardScaler(), ["x"]), (OneHotEncoder(sparse_output=False), ["city"]))
    encode.set_output(transform="pandas" if frame is pd.DataFrame else "polars")
    model = make_pipeline(encode, PellucidRegressor(max_iter=5)).fit(table, IRIS[0][:, 1])
    assert model[-1].feature_names_in_.tolist() == [
        "standardscaler__x", "onehotencoder__city_Bonn", "onehotencoder__city_Köln", "onehotencoder__city_Ulm",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="feature names"):
        model[-1].predict(pd.DataFrame(np.zeros((2, 4)), columns=list("abcd")))


def test_weights_of_rows_and_classes_count() -> None:
    X, y = CANCER
    plain = PellucidClassifier(max_iter=30, random_state=0).fit(X, y)
    rows = PellucidClassifier(max_iter=30, random_state=0).fit(X, y, sample_weight=np.where(y == 0, 3.0, 1.0))
    classes = PellucidClassifier(max_iter=30, random_state=0, class_weight={0: 3.0, 1: 1.0}).fit(X, y)
    assert classes.predict_proba(X) == pytest.approx(rows.predict_proba(X), rel=1e-9)
    assert classes.predict_proba(X)[:, 0].mean() > plain.predict_proba(X)[:, 0].mean()
    balanced = PellucidClassifier(max_iter=5, class_weight="balanced").fit(X, y)
    assert np.isfinite(balanced.loss_)


def test_a_validation_set_of_ones_own_is_watched_and_stops_early() -> None:
    X, y = DIABETES
    train, held = slice(0, 300), slice(300, None)
    model = PellucidRegressor(max_iter=30, random_state=0).fit(X[train], y[train], X_val=X[held], y_val=y[held])
    assert len(model.validation_scores_) == len(model.validation_loss_curve_) == len(model.loss_curve_) == 30
    assert model.validation_scores_[-1] == pytest.approx(model.score(X[held], y[held]))
    early = PellucidRegressor(max_iter=400, early_stopping=True, learning_rate_init=0.02, random_state=0)
    early.fit(X[train], y[train], X_val=X[held], y_val=y[held])
    assert early.n_iter_ < 400
    assert early.score(X[held], y[held]) == pytest.approx(max(early.validation_scores_), rel=1e-9)


@pytest.mark.parametrize(
    "settings",
    [
        {"activation": ("relu", "tanh")},
        {"activation": "gelu"},
        {"activation": "leaky-relu"},
        {"solver": "adamw", "weight_decay": 0.1},
        {"solver": "rmsprop"},
        {"solver": "momentum"},
        {"learning_rate": "warmup-cosine"},
        {"dropout": 0.2},
        {"clip_norm": 0.5},
        {"loss": "absolute_error"},
        {"loss": "huber"},
    ],
    ids=str,
)
def test_what_users_asked_for_learns(settings: dict[str, Any]) -> None:
    X, y = DIABETES
    model = PellucidRegressor(
        hidden_layer_sizes=(32, 16), max_iter=60, learning_rate_init=0.01, random_state=0, **settings
    ).fit(X, y)
    assert model.loss_curve_[-1] < 0.7 * model.loss_curve_[0]
    assert model.score(X, y) > 0.4


def test_what_each_layer_makes_of_samples_can_be_had() -> None:
    X, y = IRIS
    model = PellucidClassifier((7, 5), random_state=0, max_iter=3).fit(X, y)
    layers = model.activations(X[:9])
    assert [a.shape for a in layers] == [(9, 4), (9, 7), (9, 5), (9, 3)]
    assert layers[0] == pytest.approx(X[:9])
    assert layers[1] == pytest.approx(np.maximum(X[:9] @ model.coefs_[0] + model.intercepts_[0], 0), abs=1e-12)
    assert layers[-1] == pytest.approx(model.predict_proba(X[:9]))


def test_balanced_classes_count_alike_by_the_weights_of_their_rows() -> None:
    X, y = IRIS[0][20:120], IRIS[1][20:120]  # 30, 50, 20
    counts = np.random.default_rng(0).integers(0, 4, len(y))
    settings: dict[str, Any] = {"class_weight": "balanced", "max_iter": 20, "random_state": 0}
    weighted = PellucidClassifier(**settings).fit(X, y, counts)
    repeated = PellucidClassifier(**settings).fit(X.repeat(counts, axis=0), y.repeat(counts))
    assert weighted.predict_proba(X) == pytest.approx(repeated.predict_proba(X), rel=1e-7)
    assert weighted.loss_ == pytest.approx(repeated.loss_, rel=1e-7)


def test_the_samples_that_are_watched_have_weights_and_both_parts() -> None:
    X, y = IRIS
    weights = np.random.default_rng(0).random(len(y))
    model = PellucidClassifier(random_state=0, max_iter=3).fit(X, y, X_val=X, y_val=y, sample_weight_val=weights)
    assert model.validation_scores_[-1] == pytest.approx(model.score(X, y, weights))
    for half in ({"X_val": X}, {"y_val": y}):
        with pytest.raises(InputError, match="give both X_val and y_val"):
            PellucidClassifier().fit(X, y, **half)


@pytest.mark.parametrize(
    "again", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))], ids=["copy", "pickle"]
)
def test_a_copy_goes_on_to_the_same_bits(again: Any) -> None:
    X, y = DIABETES
    model = PellucidRegressor(random_state=0, max_iter=5, batch_size=20, dropout=0.2).fit(X, y)
    twin = again(model)
    for each in (model, twin):
        each.partial_fit(X, y)
    assert model.network_.theta.tobytes() == twin.network_.theta.tobytes()
    assert all(np.shares_memory(W, twin.network_.theta) for W in twin.coefs_)
    assert len(pickle.dumps(model)) < 4 * model.network_.theta.nbytes + 5_000  # θ, two of Adam's, and little else


def test_each_partial_fit_draws_an_order_and_a_dropout_of_its_own() -> None:
    X, y = IRIS[0][:1], IRIS[1][:1] * 1.0 + 1
    model = PellucidRegressor(dropout=0.5, solver="sgd", learning_rate_init=1e-12, momentum=0, random_state=0)
    losses = {model.partial_fit(X, y).loss_.__round__(6) for _ in range(6)}  # of one row: only the dropout differs
    assert len(losses) > 3


def test_a_loss_may_be_an_object() -> None:
    X, y = DIABETES
    model = PellucidRegressor(loss=Huber(0.25), max_iter=2, random_state=0).fit(X, y)
    assert model.network_.loss == Huber(0.25)
    with pytest.raises(InputError, match=r"loss=.*not known"):
        PellucidRegressor(loss=CrossEntropy()).fit(X, y)


def test_float32_stays_float32() -> None:
    X, y = IRIS
    model = PellucidClassifier(max_iter=3).fit(X.astype(np.float32), y)
    assert {W.dtype for W in model.coefs_ + model.intercepts_} == {np.dtype(np.float32)}
    assert model.predict_proba(X.astype(np.float32)).dtype == np.float32


def test_weights_that_are_none_and_classes_that_are_new_are_refused() -> None:
    X, y = IRIS
    for weights, message in ((np.zeros(150), "non-zero|come to 0 in all"), (np.full(150, -1.0), "below 0")):
        with pytest.raises(ValueError, match=message):
            PellucidClassifier(max_iter=1).fit(X, y, sample_weight=weights)
    model = PellucidClassifier(max_iter=1).partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(InputError, match="has classes not in"):
        model.partial_fit(X, y + 1)
    with pytest.raises(InputError, match="the network that goes on learning is 4-100-3"):
        model.set_params(hidden_layer_sizes=(5,)).partial_fit(X, y)


def test_a_training_that_diverges_says_so() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        with pytest.raises(InputError, match="non-finite parameter weights"):
            PellucidRegressor(solver="sgd", learning_rate_init=1e6, momentum=0).fit(*DIABETES)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_huge_numbers_are_refused_or_give_numbers(solver: str, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.uniform(-1, 1, (30, 3)), rng.uniform(0, 1, 30)
    end = np.log10(np.finfo(dtype).max)
    for number, size in enumerate(10 ** np.linspace(1, end - 0.01, 12)):
        large_X, large_y = X.copy(), y.copy()
        large_X[7, 1], large_y[9] = -size, size
        for inputs, targets, name, where in ((large_X, y, "X", "7, column 1"), (X, large_y, "y", "9")):
            for loss in ("squared_error", "huber", "poisson"):
                model = PellucidRegressor(loss, (4,), max_iter=2, solver=solver, early_stopping=number % 2 == 1)
                try:
                    model.fit(inputs.astype(dtype), targets)
                    answers = model.predict(inputs)
                except InputError as error:
                    says = str(error)
                    assert re.search(f"non-finite|{name} holds|network's answer to row .* overflows", says)
                else:
                    assert np.isfinite(answers).all()
                    assert np.isfinite([model.loss_, model.best_loss_ or 0, *model.loss_curve_]).all()
                if size > 10 ** (end / 2):
                    assert f"in row {where}: squares of numbers above" in says
                    assert ("float64" if dtype is np.float64 else "or all as float64") in says


def test_huge_numbers_are_refused_wherever_they_come_in() -> None:
    X, y = IRIS
    huge = X.copy()
    huge[3, 2] = 1e308
    model = PellucidClassifier(max_iter=1, random_state=0).fit(X, y)
    calls: list[Any] = [
        lambda: PellucidClassifier().fit(huge, y), lambda: PellucidClassifier().partial_fit(huge, y, classes=[0, 1, 2]),
        lambda: model.partial_fit(huge, y), lambda: model.predict(huge), lambda: model.predict_proba(huge),
        lambda: model.activations(huge), lambda: model.fit(X, y, X_val=huge, y_val=y),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(ValueError, match=r"holds 1e\+308 in row 3, column 2: squares .* overflow in float64"):
            call()
    with pytest.raises(InputError, match=r"y_val holds 1e\+200 in row 0"):
        PellucidRegressor(max_iter=1).fit(X, y, X_val=X, y_val=np.full(150, 1e200))
    with pytest.raises(InputError, match=r"y holds 1e\+200 in row 0, column 1"):
        PellucidRegressor(max_iter=1).fit(X, np.stack([y, np.full(150, 1e200)], axis=1))
    with pytest.raises(InputError, match=r"power_t=1e\+308 leaves no learning rate"):
        PellucidClassifier(solver="sgd", learning_rate="invscaling", power_t=1e308).fit(X, y)


def test_without_scikit_learn_the_command_to_type_is_told() -> None:
    code = "import sys; sys.modules['sklearn'] = None\nimport pellucid\npellucid.train\npellucid.PellucidClassifier"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "scikit-learn is not installed: pip install 'pellucid[sklearn]'" in done.stderr.splitlines()[-1]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("data", "theirs", "ours", "apart", "loss"),
    [
        (load_iris, MLPClassifier, PellucidClassifier, 5e-5, 6e-4),
        (load_diabetes, MLPRegressor, PellucidRegressor, 1.1e-4, 5e-3),
    ],
)
def test_weights_in_batches_of_some_rows_are_where_the_numbers_part(
    data: Any, theirs: Any, ours: Any, apart: float, loss: float
) -> None:
    """The numbers of docs/estimators.md; in batches of all rows there is no difference."""
    X, y = data(return_X_y=True)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(X))
    X, y, w = X[order], y[order], rng.uniform(0, 3, len(X))
    for size, most, most_loss in ((len(X), 1e-12, 1e-12), (32, 1.05 * apart, loss)):
        settings = {"random_state": 0, "shuffle": False, "batch_size": size, "max_iter": 5}
        one, other = (kind(**settings).fit(X, y, sample_weight=w) for kind in (theirs, ours))
        assert np.abs(one.coefs_[0] - other.coefs_[0]).max() < most
        assert other.loss_ == pytest.approx(one.loss_, rel=1.1 * most_loss)
