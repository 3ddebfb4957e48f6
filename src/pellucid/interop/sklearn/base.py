"""What the two estimators share: the network's numbers under scikit-learn's names, and one way to fit."""

import math
from abc import abstractmethod
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data

from pellucid.core import checks
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.losses import Loss
from pellucid.core.network import forward
from pellucid.core.trace import Trace
from pellucid.interop.sklearn.callbacks import CallbackSupportMixin, Tasks
from pellucid.interop.sklearn.fit import Fit, Part
from pellucid.interop.sklearn.layer_arrays import LayerArrays


def takes_part(estimator: Any) -> bool:
    """Whether an estimator learns in parts: not by L-BFGS, which wants all samples."""
    return bool(estimator.solver != "lbfgs")


class Perceptron(CallbackSupportMixin, BaseEstimator):
    """What classifier and regressor share: parameters, the network's numbers under scikit-learn's names, fitting."""

    def _take(self, parameters: dict[str, Any]) -> None:
        """Keep the parameters of ``__init__`` as they are: scikit-learn checks them at ``fit``, and so do we."""
        for name, value in parameters.items():
            if name not in ("self", "__class__"):
                setattr(self, name, value)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Any:
        """Train on X (n, features) and y: classes (n,), labels of 0 and 1 (n, labels), or values (n,) or (n, outputs).

        ``X_val`` and ``y_val``, weighted by ``sample_weight_val``, are watched: their scores and losses are kept epoch
        by epoch, and with ``early_stopping`` the network of the best score is kept.
        """
        tasks = Tasks(self, self.max_iter, X, y, sample_weight)
        return self._learn(X, y, sample_weight, (X_val, y_val, sample_weight_val), tasks)

    @property
    def coefs_(self) -> list[AnyArray]:
        """The W of each layer, (inputs, outputs) as scikit-learn has it: views into ``network_.theta``.

        What is assigned, to the whole or to an item, is written there; it must have the shape of what is there.
        """
        return LayerArrays(layer.W.T for layer in self._network().layers)

    @coefs_.setter
    def coefs_(self, values: list[AnyArray]) -> None:
        self.coefs_[:] = values

    @property
    def intercepts_(self) -> list[AnyArray]:
        """The b of each layer, (outputs,): views into ``network_.theta``, as ``coefs_`` are."""
        return LayerArrays(layer.b for layer in self._network().layers)

    @intercepts_.setter
    def intercepts_(self, values: list[AnyArray]) -> None:
        self.intercepts_[:] = values

    def activations(self, X: Any) -> list[AnyArray]:
        """What each layer makes of X (n, features): the inputs, each hidden layer's output, the network's own."""
        check_is_fitted(self, "network_")
        inputs = self._inputs(X)
        trace = Trace(self.network_, len(inputs))
        trace.fill(inputs)
        forward(self.network_, trace)
        return trace.a

    def _network(self) -> Any:
        try:
            return self.__dict__["network_"]
        except KeyError:
            raise AttributeError(f"this {type(self).__name__} is not fitted yet: it has no network") from None

    def _inputs(self, X: Any, name: str = "X") -> AnyArray:
        """X as an array of float32, where it is that already, or of float64; a sparse one becomes dense."""
        _refuse_masks(X=X)
        kinds = {"accept_sparse": ["csr", "csc"], "dtype": (np.float64, np.float32)}
        inputs = dense(validate_data(self, X, reset=False, **kinds))
        _refuse_huge(inputs, name, inputs.dtype)
        return inputs

    def _samples(self, X: Any, y: Any, *, first: bool, **more: Any) -> tuple[AnyArray, AnyArray]:
        """X and y as arrays; the ``first`` ones say how many features there are."""
        _refuse_masks(X=X, y=y)
        kinds = {"accept_sparse": ["csr", "csc"], "dtype": (np.float64, np.float32), "multi_output": True}
        X, y = validate_data(self, X, y, reset=first, **kinds, **more)
        X = dense(X)
        _refuse_huge(X, "X", X.dtype)
        return X, one_dimensional(y)

    def _outputs(self, X: Any) -> AnyArray:
        check_is_fitted(self, "network_")
        outputs: AnyArray = self.network_.predict(self._inputs(X))
        bad = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
        if len(bad):
            raise InputError(
                f"the network's answer to row {bad[0]} overflows {outputs.dtype}: its weights are too large, or "
                "the row is; scale the inputs, and fit it with a smaller learning_rate_init"
            )
        return outputs

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, held: Part | None, tasks: Tasks, *, part: bool = False
    ) -> "Perceptron":
        """Train on X and encoded y (n,) or (n, outputs); ``held`` are the samples to watch."""
        if part:
            self._validate_params()  # which scikit-learn does at the first call alone
        _refuse_masks(sample_weight=sample_weight)
        _refuse_huge(y, "y", X.dtype)
        first = not hasattr(self, "network_") or not (part or self.warm_start)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=np.float64)
        if weights is not None and (weights < 0).any():
            raise InputError("sample_weight holds numbers below 0: give weights of at least 0")
        loss = self._loss(y)
        Fit(self, loss, Part(X, y, weights), held, tasks, first=first, part_only=part).run()
        return self

    def _watched(self, X: Any, y: Any, sample_weight: Any) -> Part | None:
        """Samples of one's own to watch, y encoded; none where neither X nor y is given."""
        if X is None and y is None:
            return None
        if X is None or y is None:
            raise InputError("samples to watch are inputs and targets: give both X_val and y_val")
        _refuse_masks(y_val=y, sample_weight_val=sample_weight)
        inputs, targets = self._inputs(X, "X_val"), self._encoded(one_dimensional(np.asarray(y)))
        _refuse_huge(targets, "y_val", inputs.dtype)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, inputs, dtype=np.float64)
        return Part(inputs, targets, weights)

    @abstractmethod
    def _learn(self, X: Any, y: Any, sample_weight: Any, watch: tuple[Any, Any, Any], tasks: Tasks) -> Any:
        """``fit``, with what is to be watched: inputs, targets and weights, or None for each."""

    @abstractmethod
    def _encoded(self, y: AnyArray) -> AnyArray:
        """Targets as the engine takes them."""

    @abstractmethod
    def _loss(self, y: AnyArray) -> Loss:
        """The loss for such targets."""


def _refuse_masks(**given: Any) -> None:
    """Raise InputError for a masked array with gaps, whose mask scikit-learn does not see."""
    for name, values in given.items():
        if np.ma.isMaskedArray(values):
            checks.array(values, name)


def _refuse_huge(values: AnyArray, name: str, dtype: np.dtype[Any]) -> None:
    """Raise InputError for numbers so near the end of ``dtype`` that squares of them, summed over rows, leave it."""
    most = math.sqrt(np.finfo(dtype).max) / 1e4  # 10⁸ such squares have a sum
    if values.size and max(values.max(), -values.min()) > most:
        place = tuple(np.argwhere(np.abs(values) > most)[0])
        where = f"row {place[0]}" + (f", column {place[1]}" if values.ndim == 2 and values.shape[1] > 1 else "")
        larger = "" if dtype == np.float64 else ", or all as float64"
        raise InputError(
            f"{name} holds {values[place]:g} in {where}: squares of numbers above {most:.1g} overflow in {dtype}; "
            f"give it in larger units{larger}"
        )


def dense(X: Any) -> AnyArray:
    """An array, also of a sparse matrix."""
    return np.asarray(X.toarray() if hasattr(X, "toarray") else X)


def one_dimensional(y: AnyArray) -> AnyArray:
    """Targets of one column as (n,), with scikit-learn's warning."""
    y = dense(y)
    return np.asarray(column_or_1d(y, warn=True)) if y.ndim == 2 and y.shape[1] == 1 else y
