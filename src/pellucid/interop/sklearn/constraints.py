"""What each parameter of an estimator may be, as scikit-learn's own estimators say it: it checks them at ``fit``."""

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import HasMethods, Interval, Options, StrOptions

from pellucid.core.activations import ACTIVATIONS
from pellucid.core.optimizers import OPTIMIZERS
from pellucid.core.schedules import SCHEDULES
from pellucid.interop.sklearn.parameters import ACTIVATION_NAMES, RATES
from pellucid.runs.settings import ENGINES, SETTINGS

MOST_EPOCHS = SETTINGS["epochs"].kind.most  # type: ignore[attr-defined]


def one_of(names: Iterable[str]) -> Any:
    """One of the names, which a message tells in this order; those of a registry as it is then, for it may grow."""
    return StrOptions(names.keys() if isinstance(names, dict) else dict.fromkeys(names).keys())


COUNT, NOT_NEGATIVE = Interval(Integral, 1, None, closed="left"), Interval(Real, 0, None, closed="left")
SHARE, POSITIVE = Interval(Real, 0, 1, closed="left"), Interval(Real, 0, None, closed="neither")
SHARED: dict[str, list[Any]] = {
    "hidden_layer_sizes": ["array-like", COUNT],
    "activation": [one_of(ACTIVATIONS), one_of(ACTIVATION_NAMES), list, tuple, HasMethods("backward")],
    "solver": [one_of(OPTIMIZERS), one_of(["lbfgs"])],
    "alpha": [NOT_NEGATIVE],
    "batch_size": [one_of(["auto"]), COUNT],
    "learning_rate": [one_of([*RATES, *SCHEDULES])],
    "learning_rate_init": [POSITIVE],
    "power_t": [NOT_NEGATIVE],
    "max_iter": [Interval(Integral, 1, MOST_EPOCHS, closed="both")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [NOT_NEGATIVE],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [SHARE],
    "beta_1": [SHARE],
    "beta_2": [SHARE],
    "epsilon": [POSITIVE],
    "n_iter_no_change": [COUNT, Options(Real, {np.inf})],
    "max_fun": [COUNT],
    "dropout": [SHARE],
    "weight_decay": [NOT_NEGATIVE],
    "clip_norm": [POSITIVE, None],
    "engine": [one_of(ENGINES)],
}
CLASSIFIER = {**SHARED, "loss": [str], "class_weight": [one_of(["balanced"]), dict, None]}  # its names are known later
REGRESSOR = {**SHARED, "loss": [str, HasMethods("delta")]}
