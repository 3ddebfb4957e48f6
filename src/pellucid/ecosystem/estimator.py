"""scikit-learn estimators over the one engine: fit, predict, clone, pickle, pipeline, grid-search.

Parameters and attributes have the names, meanings and defaults of ``sklearn.neural_network.MLPClassifier`` and
``MLPRegressor`` where these have them, so that changing the import is often all. ``network_`` is the
``pellucid.Network``, to explain, draw and export.
"""

from typing import Any

import numpy as np

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
except ImportError:
    raise ImportError("scikit-learn is not installed: pip install 'pellucid[sklearn]'") from None
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data

from pellucid.arrays import AnyArray
from pellucid.ecosystem import settings
from pellucid.ecosystem.fitting import Fit, Part
from pellucid.errors import InputError
from pellucid.losses import BinaryCrossEntropy, Loss


def _takes_part(estimator: Any) -> bool:
    return bool(estimator.solver != "lbfgs")


class _Perceptron(BaseEstimator):
    """What classifier and regressor share: parameters, the network's numbers under scikit-learn's names, fitting."""

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        loss: str = "",
        dropout: float = 0.0,
        weight_decay: float = 0.0,
        clip_norm: float | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.loss = loss
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    @property
    def coefs_(self) -> list[AnyArray]:
        """The W of each layer, (inputs, outputs) as scikit-learn has it: views into ``network_.theta``."""
        return [layer.W.T for layer in self._network().layers]

    @coefs_.setter
    def coefs_(self, values: list[AnyArray]) -> None:
        for layer, value in zip(self._network().layers, values, strict=True):
            layer.W[...] = np.asarray(value).T

    @property
    def intercepts_(self) -> list[AnyArray]:
        """The b of each layer, (outputs,): views into ``network_.theta``."""
        return [layer.b for layer in self._network().layers]

    @intercepts_.setter
    def intercepts_(self, values: list[AnyArray]) -> None:
        for layer, value in zip(self._network().layers, values, strict=True):
            layer.b[...] = value

    def _network(self) -> Any:
        try:
            return self.__dict__["network_"]
        except KeyError:
            raise AttributeError(f"this {type(self).__name__} is not fitted yet: it has no network") from None

    def _inputs(self, X: Any, *, reset: bool = False) -> AnyArray:
        """X as an array of float32, where it is that already, or of float64; a sparse one becomes dense."""
        checked = validate_data(
            self, X, accept_sparse=["csr", "csc"], dtype=(np.float64, np.float32), reset=reset, ensure_min_features=1
        )
        return _dense(checked)

    def _outputs(self, X: Any) -> AnyArray:
        check_is_fitted(self, "network_")
        outputs: AnyArray = self.network_.predict(self._inputs(X))
        return outputs

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, held: tuple[Any, Any] | None, *, part: bool = False
    ) -> "_Perceptron":
        """Train on X and encoded y (n,) or (n, outputs); ``held`` are the inputs and targets to watch."""
        first = not hasattr(self, "network_") or not (part or self.warm_start)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=np.float64)
        if weights is not None and (weights < 0).any():
            raise InputError("sample_weight holds numbers below 0: give weights of at least 0")
        loss = self._loss(y)
        Fit(self, loss, Part(X, y, weights), held, first=first, part_only=part).run()
        return self

    def _loss(self, y: AnyArray) -> Loss:
        raise NotImplementedError


class PellucidClassifier(ClassifierMixin, _Perceptron):
    """A multi-layer perceptron for classes, with the parameters of ``sklearn.neural_network.MLPClassifier``.

    Beyond them:

    - ``activation``: one name, or one for each hidden layer; also ``leaky-relu``, ``gelu``, or an ``Activation``.
    - ``solver``: also ``momentum``, ``nesterov``, ``rmsprop`` and ``adamw`` (with ``weight_decay`` over all of θ).
    - ``learning_rate``: also ``linear``, ``cosine``, ``step`` and ``warmup-cosine``, over ``max_iter`` epochs.
    - ``dropout``, ``clip_norm``: the share of hidden neurons left out at each step, the greatest length of a gradient.
    - ``loss``: ``log_loss``, or for three classes and more ``squared_error`` of the softmax.
    - ``class_weight``: a dict, or ``"balanced"``, as in the rest of scikit-learn.
    - ``fit(X, y, sample_weight, X_val=…, y_val=…)``: data of one's own to watch and to stop early on.

    Attributes: ``classes_``, ``network_``, ``coefs_``, ``intercepts_``, ``loss_``, ``best_loss_``, ``loss_curve_``,
    ``validation_scores_``, ``validation_loss_curve_`` (where data is watched), ``best_validation_score_``,
    ``n_iter_``, ``t_``, ``n_layers_``, ``n_outputs_``, ``out_activation_``, ``n_features_in_``,
    ``feature_names_in_``.

    Raises:
        InputError: a ValueError, for a parameter or data that cannot be.

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = PellucidClassifier(learning_rate_init=0.02, random_state=0, tol=1e-3).fit(X, y)
    >>> model.score(X, y) > 0.95
    True
    >>> [W.shape for W in model.coefs_]
    [(4, 100), (100, 3)]
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        loss: str = "log_loss",
        dropout: float = 0.0,
        weight_decay: float = 0.0,
        clip_norm: float | None = None,
        class_weight: Any = None,
    ) -> None:
        given = {name: value for name, value in locals().items() if name not in ("self", "class_weight", "__class__")}
        super().__init__(**given)
        self.class_weight = class_weight

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None) -> "Any":
        """Train on X (n, features) and y, (n,) classes or (n, labels) of 0 and 1.

        ``X_val`` and ``y_val`` are watched: their scores and losses are kept epoch by epoch, and with
        ``early_stopping`` the network of the best score is kept.
        """
        again = self.warm_start and hasattr(self, "network_")
        X, y = validate_data(
            self, X, y, accept_sparse=["csr", "csc"], multi_output=True, dtype=(np.float64, np.float32), reset=not again
        )
        X, y = _dense(X), _flat(y)
        if not again:
            self._learn_classes(y)
        elif set(unique_labels(y)) != set(self.classes_):
            raise InputError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. Previously "
                f"got {self.classes_}, `y` has {unique_labels(y)}"
            )
        return self._fit(X, self._encoded(y), self._weights(y, sample_weight), self._held(X_val, y_val))

    @available_if(_takes_part)
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Any:
        """One epoch over X and y; the first call names all ``classes`` that there will be."""
        first = _check_partial_fit_first_call(self, classes)
        kind = type_of_target(y, input_name="y")
        X, y = validate_data(
            self, X, y, accept_sparse=["csr", "csc"], multi_output=True, dtype=(np.float64, np.float32), reset=first
        )
        X, y = _dense(X), _flat(y)
        if first:
            self._learn_classes(y if kind.startswith("multilabel") else np.asarray(classes))
        self._check_classes(y)
        return self._fit(X, self._encoded(y), self._weights(y, sample_weight), None, part=True)

    def predict(self, X: Any) -> AnyArray:
        """The likeliest class of each row (n,), or the labels that are likelier than not, (n, labels)."""
        outputs = self._outputs(X)
        answers: AnyArray
        if outputs.shape[1] == 1:
            outputs = outputs[:, 0]
        answers = self._binarizer.inverse_transform(outputs)
        return answers

    def predict_proba(self, X: Any) -> AnyArray:
        """The probability of each class (n, classes) in the order of ``classes_``, or of each label (n, labels)."""
        outputs = self._outputs(X)
        if len(self.classes_) == 1:
            return np.ones_like(outputs)
        return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs

    def predict_log_proba(self, X: Any) -> AnyArray:
        """The logarithm of ``predict_proba``."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X)))

    def _learn_classes(self, y: AnyArray) -> None:
        self._binarizer = LabelBinarizer().fit(y)
        self.classes_ = self._binarizer.classes_

    def _check_classes(self, y: AnyArray) -> None:
        """Refuse classes that were not there at first."""
        new = set(unique_labels(y)) - set(self.classes_)
        if new:
            raise InputError(
                f"`y` has classes not in `self.classes_`: {sorted(map(str, new))[:5]}; "
                f"`self.classes_` has {self.classes_}. partial_fit goes on with the classes of its first call"
            )

    def _encoded(self, y: AnyArray) -> AnyArray:
        if self._multiclass:
            return np.searchsorted(self.classes_, y)
        encoded = self._binarizer.transform(y)
        return _dense(encoded)

    @property
    def _multiclass(self) -> bool:
        return bool(self._binarizer.y_type_ == "multiclass")

    def _weights(self, y: AnyArray, sample_weight: Any) -> Any:
        if self.class_weight is None:
            return sample_weight
        of_class = compute_sample_weight(self.class_weight, y)
        return of_class if sample_weight is None else of_class * np.asarray(sample_weight)

    def _held(self, X: Any, y: Any) -> tuple[Any, Any] | None:
        if X is None or y is None:
            return None
        y = _flat(np.asarray(y))
        self._check_classes(y)
        return self._inputs(X), self._encoded(y)

    def _loss(self, y: AnyArray) -> Loss:
        if len(self.classes_) == 1:
            return BinaryCrossEntropy()
        return settings.loss_of_classes(self, multiclass=self._multiclass)


class PellucidRegressor(RegressorMixin, _Perceptron):
    """A multi-layer perceptron for values, with the parameters of ``sklearn.neural_network.MLPRegressor``.

    ``loss`` is ``squared_error``, ``absolute_error`` or ``huber``; all else as in ``PellucidClassifier``. y is (n,) or
    (n, outputs).

    >>> X = np.linspace(-1, 1, 100)[:, np.newaxis]
    >>> model = PellucidRegressor(learning_rate_init=0.02, random_state=0, tol=1e-3).fit(X, X[:, 0] ** 2)
    >>> model.score(X, X[:, 0] ** 2) > 0.9
    True
    """

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        dropout: float = 0.0,
        weight_decay: float = 0.0,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(**{name: value for name, value in locals().items() if name not in ("self", "__class__")})

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None) -> Any:
        """Train on X (n, features) and y, (n,) or (n, outputs); ``X_val`` and ``y_val`` are watched."""
        return self._fit_values(X, y, sample_weight, X_val, y_val, part=False)

    @available_if(_takes_part)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """One epoch over X and y."""
        return self._fit_values(X, y, sample_weight, None, None, part=True)

    def _fit_values(self, X: Any, y: Any, sample_weight: Any, X_val: Any, y_val: Any, *, part: bool) -> Any:
        again = (self.warm_start or part) and hasattr(self, "network_")
        X, y = validate_data(
            self, X, y, accept_sparse=["csr", "csc"], multi_output=True, y_numeric=True,
            dtype=(np.float64, np.float32), reset=not again,
        )  # fmt: skip
        X, y = _dense(X), _flat(y)
        held = None if X_val is None or y_val is None else (self._inputs(X_val), _columns(np.asarray(y_val)))
        return self._fit(X, _columns(np.asarray(y)), sample_weight, held, part=part)

    def predict(self, X: Any) -> AnyArray:
        """The values, (n,) or (n, outputs)."""
        outputs = self._outputs(X)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    def _loss(self, y: AnyArray) -> Loss:
        return settings.loss_of_values(self)


def _dense(X: Any) -> AnyArray:
    return np.asarray(X.toarray() if hasattr(X, "toarray") else X)


def _flat(y: AnyArray) -> AnyArray:
    """Targets of one column as (n,), with scikit-learn's warning."""
    y = _dense(y)
    return np.asarray(column_or_1d(y, warn=True)) if y.ndim == 2 and y.shape[1] == 1 else y


def _columns(y: AnyArray) -> AnyArray:
    """Values as (n, outputs)."""
    return y.astype(np.float64).reshape(len(y), -1)
