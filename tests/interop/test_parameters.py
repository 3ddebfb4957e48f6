"""What an estimator's parameters may be: at least what scikit-learn's own perceptrons ask of theirs."""

import inspect
from typing import Any

import numpy as np
import pytest
from sklearn import config_context
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils._param_validation import InvalidParameterError

from pellucid import InputError, PellucidClassifier, PellucidRegressor

pytestmark = pytest.mark.filterwarnings("ignore")

IRIS = load_iris(return_X_y=True)
X, Y = np.random.default_rng(0).normal(size=(12, 3)), np.arange(12) % 2
VALUES: list[Any] = [
    "false", "1", "", "auto", "ADAM", None, np.nan, np.inf, -np.inf, -1, 0, 1, 0.5, 1.0, 1.5, 10.0, -0.5, True,
    np.True_, np.float32(0.5), np.float64(np.nan), np.int64(3), [], [0], [2.0], {}, b"relu", 1j, np.array(1),
    np.array(["relu"]), len, np.random.default_rng(0),
]  # fmt: skip


def failure(kind: Any, **settings: Any) -> Exception | None:
    """What a fit with these parameters raises."""
    try:
        kind(**{"max_iter": 1, "hidden_layer_sizes": (2,), "random_state": 0, **settings}).fit(X, Y)
    except Exception as error:  # whatever it be
        return error
    return None


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [(MLPClassifier, PellucidClassifier), (MLPRegressor, PellucidRegressor)],
    ids=["classes", "values"],
)
def test_what_scikit_learns_perceptrons_refuse_is_refused(theirs: Any, ours: Any) -> None:
    refused = 0
    for name in inspect.signature(theirs).parameters:
        for value in VALUES:
            if failure(theirs, **{name: value}) is not None:
                error = failure(ours, **{name: value})
                assert isinstance(error, InvalidParameterError | InputError), (name, value, error)
                assert name in str(error)
                refused += 1
    assert refused > 400


@pytest.mark.parametrize("kind", [PellucidClassifier, PellucidRegressor])
def test_every_parameter_is_checked_also_those_that_scikit_learn_has_not(kind: Any) -> None:
    assert kind._parameter_constraints.keys() == kind().get_params().keys()
    for name in kind().get_params():
        assert isinstance(failure(kind, **{name: 1j}), InvalidParameterError), name


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"activation": "step"}, "The 'activation' parameter of PellucidClassifier must be a str among {'relu', "),
        (
            {"solver": "newton"},
            "'solver' parameter of PellucidClassifier must be a str among {.*'adamw'.* Got 'newton'",
        ),
        ({"learning_rate": "fast"}, "'learning_rate' .* {'constant', 'invscaling', 'adaptive', .* Got 'fast'"),
        ({"shuffle": "false"}, "'shuffle' .* Got 'false' instead"),
        ({"max_iter": 10**9 + 1}, r"'max_iter' .* \[1, 1000000000\]"),
        ({"n_iter_no_change": 0}, "'n_iter_no_change' .* Got 0"),
        ({"dropout": 1.0}, "'dropout' .* Got 1.0"),
        ({"weight_decay": -1}, "'weight_decay' .* Got -1"),
        ({"clip_norm": 0}, "'clip_norm' .* Got 0"),
        ({"class_weight": "even"}, "'class_weight' .* Got 'even'"),
        ({"loss": "hinge"}, "loss='hinge': not known"),
        ({"hidden_layer_sizes": (0,)}, r"hidden_layer_sizes=\(0,\): give for each hidden layer"),
        ({"hidden_layer_sizes": (5, 5), "activation": ("relu",)}, "1 activations for 2 hidden layers"),
        ({"solver": "lbfgs", "dropout": 0.5}, "solver='lbfgs' minimises the loss of all samples"),
        ({"early_stopping": True, "validation_fraction": 0.001}, "validation set is too small|early_stopping"),
    ],
)
def test_a_parameter_that_cannot_be_is_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PellucidClassifier(**{"max_iter": 2, **settings}).fit(*IRIS)


@pytest.mark.parametrize("settings", [{"shuffle": "false"}, {"alpha": "0.1"}, {"beta_1": 1.0}, {"epsilon": np.nan}])
def test_each_partial_fit_checks_the_parameters(settings: dict[str, Any]) -> None:
    for first in (True, False):
        model = PellucidRegressor()
        if not first:
            model.partial_fit(X, Y)
        with pytest.raises(InvalidParameterError, match=f"'{next(iter(settings))}' parameter of PellucidRegressor"):
            model.set_params(**settings).partial_fit(X, Y)


def test_scikit_learn_can_be_told_not_to_check() -> None:
    with config_context(skip_parameter_validation=True):
        assert failure(PellucidRegressor, shuffle="yes") is None
