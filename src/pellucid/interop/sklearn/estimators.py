"""scikit-learn estimators over the one engine: fit, predict, clone, pickle, pipeline, grid-search.

Parameters and attributes have the names, meanings and defaults of ``sklearn.neural_network.MLPClassifier`` and
``MLPRegressor`` where these have them, so that changing the import is often all. ``network_`` is the
``pellucid.Network``, to explain, draw and export.
"""

from typing import Any, ClassVar

import numpy as np

try:
    from sklearn.base import ClassifierMixin, RegressorMixin, _fit_context
except ImportError:
    raise ImportError("scikit-learn is not installed: pip install 'pellucid[sklearn]'") from None
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels
from sklearn.utils.validation import _check_sample_weight

from pellucid.core import checks
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.losses import BinaryCrossEntropy, Loss
from pellucid.interop.sklearn import constraints, parameters
from pellucid.interop.sklearn.base import Perceptron, dense, takes_part
from pellucid.interop.sklearn.callbacks import Tasks


class PellucidClassifier(ClassifierMixin, Perceptron):
    """A multi-layer perceptron for classes, with the parameters of ``sklearn.neural_network.MLPClassifier``.

    Beyond them:

    - ``activation``: one name, or one for each hidden layer; also ``leaky-relu``, ``gelu``, or an ``Activation``.
    - ``solver``: also ``momentum``, ``nesterov``, ``rmsprop`` and ``adamw`` (with ``weight_decay`` over all of θ).
    - ``learning_rate``: also ``linear``, ``cosine``, ``step`` and ``warmup-cosine``, over ``max_iter`` epochs.
    - ``dropout``, ``clip_norm``: the share of hidden neurons left out at each step, the greatest length of a gradient.
    - ``engine``: who makes the steps: ``numpy``, ``compiled`` (with Numba), or ``auto``, the one that is sooner done.
    - ``loss``: ``log_loss``, or for three classes and more ``squared_error`` of the softmax.
    - ``class_weight``: a dict, or ``"balanced"``, as in the rest of scikit-learn.
    - ``fit(X, y, sample_weight, X_val=…, y_val=…)``: data of one's own to watch and to stop early on.
    - ``set_callbacks(…)``, where scikit-learn has callbacks (from 1.9 on): each epoch is a task.

    Attributes: ``classes_``, ``network_``, ``coefs_``, ``intercepts_``, ``loss_``, ``best_loss_``, ``loss_curve_``,
    ``validation_scores_``, ``validation_loss_curve_`` (where data is watched), ``best_validation_score_``,
    ``n_iter_``, ``t_``, ``n_layers_``, ``n_outputs_``, ``out_activation_``, ``n_features_in_``,
    ``feature_names_in_``.

    Raises:
        InvalidParameterError: scikit-learn's ValueError for a parameter that cannot be.
        InputError: a ValueError, for data that cannot be, and parameters that do not go together.

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = PellucidClassifier(learning_rate_init=0.02, random_state=0, tol=1e-3).fit(X, y)
    >>> model.score(X, y) > 0.95
    True
    >>> [W.shape for W in model.coefs_]
    [(4, 100), (100, 3)]
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = constraints.CLASSIFIER

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
        engine: str = "auto",
    ) -> None:
        self._take(locals())

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _learn(self, X: Any, y: Any, sample_weight: Any, watch: tuple[Any, Any, Any], tasks: Tasks) -> Any:
        again = self.warm_start and hasattr(self, "network_")
        X, y = self._samples(X, y, first=not again)
        if not again:
            self._learn_classes(y)
        elif set(unique_labels(y)) != set(self.classes_):
            raise InputError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. Previously "
                f"got {self.classes_}, `y` has {unique_labels(y)}"
            )
        return self._fit(X, self._encoded(y), self._weights(y, sample_weight), self._watched(*watch), tasks)

    @available_if(takes_part)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Any:
        """One epoch over X and y; the first call names all ``classes`` that there will be."""
        tasks = Tasks(self, 1, X, y, sample_weight)
        first = _check_partial_fit_first_call(self, classes)
        kind = type_of_target(y, input_name="y")
        X, y = self._samples(X, y, first=first)
        if first:
            self._learn_classes(y if kind.startswith("multilabel") else np.asarray(classes))
        return self._fit(X, self._encoded(y), self._weights(y, sample_weight), None, tasks, part=True)

    def predict(self, X: Any) -> AnyArray:
        """The likeliest class of each row (n,), or the labels that are likelier than not, (n, labels)."""
        outputs = self._outputs(X)
        answers: AnyArray = self._binarizer.inverse_transform(outputs[:, 0] if outputs.shape[1] == 1 else outputs)
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

    def _encoded(self, y: AnyArray) -> AnyArray:
        new = set(unique_labels(y)) - set(self.classes_)
        if new:
            raise InputError(
                f"`y` has classes not in `self.classes_`: {sorted(map(str, new))[:5]}; "
                f"`self.classes_` has {self.classes_}. partial_fit goes on with the classes of its first call"
            )
        if self._multiclass:
            return np.searchsorted(self.classes_, y)
        return dense(self._binarizer.transform(y))

    @property
    def _multiclass(self) -> bool:
        return bool(self._binarizer.y_type_ == "multiclass")

    def _weights(self, y: AnyArray, sample_weight: Any) -> Any:
        """The samples' weights times those of their classes; "balanced" lets all classes together count alike."""
        if self.class_weight is None:
            return sample_weight
        if sample_weight is None or self.class_weight != "balanced":
            of_class = compute_sample_weight(self.class_weight, y)
            return of_class if sample_weight is None else of_class * np.asarray(sample_weight)
        if y.ndim > 1:
            raise InputError("class_weight='balanced' beside sample_weight is for one class a row: leave one of them")
        # w / (classes · Σ w of the class) · Σ w: as if each row stood there w times
        weights = checks.weights(_check_sample_weight(sample_weight, y, dtype=np.float64), len(y))
        codes = np.searchsorted(self.classes_, y)
        sums = np.bincount(codes, weights)
        return weights * (weights.sum() / np.count_nonzero(sums) / np.where(sums > 0, sums, 1.0))[codes]

    def _loss(self, y: AnyArray) -> Loss:
        if len(self.classes_) == 1:
            return BinaryCrossEntropy()
        return parameters.loss_of_classes(self, multiclass=self._multiclass)


class PellucidRegressor(RegressorMixin, Perceptron):
    """A multi-layer perceptron for values, with the parameters of ``sklearn.neural_network.MLPRegressor``.

    ``loss`` is ``squared_error``, ``absolute_error``, ``huber``, ``poisson`` (for counts: outputs go through exp) or a
    ``Loss``, such as ``Huber(0.5)``; all else as in ``PellucidClassifier``. y is (n,) or (n, outputs).

    >>> X = np.linspace(-1, 1, 100)[:, np.newaxis]
    >>> model = PellucidRegressor(learning_rate_init=0.02, random_state=0, tol=1e-3).fit(X, X[:, 0] ** 2)
    >>> model.score(X, X[:, 0] ** 2) > 0.9
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = constraints.REGRESSOR

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
        engine: str = "auto",
    ) -> None:
        self._take(locals())

    @available_if(takes_part)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """One epoch over X and y."""
        return self._learn(X, y, sample_weight, (None, None, None), Tasks(self, 1, X, y, sample_weight), part=True)

    def _learn(
        self, X: Any, y: Any, sample_weight: Any, watch: tuple[Any, Any, Any], tasks: Tasks, *, part: bool = False
    ) -> Any:
        again = (self.warm_start or part) and hasattr(self, "network_")
        X, y = self._samples(X, y, first=not again, y_numeric=True)
        return self._fit(X, self._encoded(np.asarray(y)), sample_weight, self._watched(*watch), tasks, part=part)

    def _encoded(self, y: AnyArray) -> AnyArray:
        return y.astype(np.float64).reshape(len(y), -1)

    def predict(self, X: Any) -> AnyArray:
        """The values, (n,) or (n, outputs)."""
        outputs = self._outputs(X)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    def _loss(self, y: AnyArray) -> Loss:
        return parameters.loss_of_values(self)
