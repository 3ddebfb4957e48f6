"""One fit of an estimator: a network, an optimiser, and epochs until nothing gets better, as scikit-learn counts it."""

import copy
import math
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_random_state

from pellucid.core.arrays import AnyArray, Array
from pellucid.core.early_stopping import EarlyStopping
from pellucid.core.errors import DivergenceError, InputError
from pellucid.core.evaluation import check_data, evaluate
from pellucid.core.losses import Loss
from pellucid.core.network import Network, backward, forward
from pellucid.core.optimizers import Optimizer
from pellucid.core.progress import Epoch
from pellucid.core.trace import Trace
from pellucid.core.training import train
from pellucid.interop.sklearn import parameters
from pellucid.interop.sklearn.callbacks import Tasks
from pellucid.interop.sklearn.l2_penalty import Penalised

LEAST_RATE = 1e-6  # below which an adaptive learning rate no longer falls
# of an estimator's attributes, those that training changes in place
GROWING = ("network_", "loss_curve_", "validation_scores_", "validation_loss_curve_", "_optimizer", "_generator")
NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
    "preprocessed: scale it, or take a smaller learning_rate_init"
)


class Part(NamedTuple):
    """Samples: X (n, features), y (n,) or (n, outputs), and weights (n,) or None."""

    X: AnyArray
    y: AnyArray
    weights: AnyArray | None = None

    def data(self) -> Any:
        """As the engine takes them."""
        return self[:2] if self.weights is None else tuple(self)


class Fit:
    """Trains an estimator's network and keeps its attributes.

    ``first``: a new network; else the one that is there goes on learning. ``part``: one epoch alone.
    """

    def __init__(
        self, estimator: Any, loss: Loss, part: Part, held: Part | None, tasks: Tasks, *, first: bool, part_only: bool
    ) -> None:
        self.e, self.loss, self.tasks, self.first, self.part_only = estimator, loss, tasks, first, part_only
        self.random = check_random_state(estimator.random_state)
        self.outputs = 1 if part.y.ndim == 1 else part.y.shape[1]
        if loss.kind == "classes":
            self.outputs = len(estimator.classes_)
        if first:
            self._begin(part)
        else:
            self._go_on(part)
        self.train, self.held = self._split(part, held)
        self.gradient_factor, self.loss_factor = parameters.factors(loss, self.outputs)

    def run(self) -> None:
        """Train to the end.

        Raises:
            InputError: a parameter that cannot be, or weights that became infinite.
        """
        try:
            self._by_lbfgs() if self.e.solver == "lbfgs" else self._by_steps()
        except DivergenceError as error:
            raise InputError(f"{NOT_FINITE} ({error.what})") from None
        if not (np.isfinite(self.e.network_.theta).all() and math.isfinite(self.e.loss_)):
            raise InputError(NOT_FINITE)
        self.tasks.end()

    def _begin(self, part: Part) -> None:
        """A new network, and curves without a point."""
        e, hidden = self.e, parameters.hidden_sizes(self.e)
        parameters.check_lbfgs(e)
        sizes = [part.X.shape[1], *hidden, self.outputs]
        activations = parameters.activations(e, len(hidden))
        e.network_ = Network(sizes, activation=activations, loss=self.loss, init=None, dtype=part.X.dtype)
        parameters.start(e.network_, e.activation == "logistic", self.random)
        name = e.network_.loss.activation.name
        e.out_activation_ = parameters.OUT_ACTIVATION_NAMES.get(name, name)
        e.n_layers_, e.n_outputs_, e.n_iter_, e.t_ = len(sizes), self.outputs, 0, 0
        e.loss_curve_, e.best_loss_, e._no_improvement_count = [], np.inf, 0
        e.validation_scores_ = e.validation_loss_curve_ = e.best_validation_score_ = None
        for name in ("_optimizer", "_generator"):
            e.__dict__.pop(name, None)

    def _go_on(self, part: Part) -> None:
        """Refuse to go on with a network of another shape."""
        sizes = (part.X.shape[1], *parameters.hidden_sizes(self.e), self.outputs)
        if self.e.network_.sizes != sizes:
            there, asked = ("-".join(map(str, each)) for each in (self.e.network_.sizes, sizes))
            raise InputError(f"the network that goes on learning is {there}, but {asked} is asked for: fit a new one")

    def _split(self, part: Part, held: Part | None) -> tuple[Part, Part | None]:
        """The samples to train on, and those to watch: given, or held back for early stopping."""
        if held is not None:
            return part, held
        if not self.e.early_stopping:
            return part, None
        if self.part_only:
            raise InputError("partial_fit does not support early_stopping=True: leave one of them")
        if self.e.solver == "lbfgs":
            return part, None
        from sklearn.model_selection import train_test_split

        of_classes = self.loss.kind == "classes" or (self.loss.kind == "probabilities" and self.outputs == 1)
        try:
            split = train_test_split(
                *part.data(), random_state=self.random, test_size=self.e.validation_fraction,
                stratify=self.e.classes_[part.y.reshape(-1)] if of_classes else None,
            )  # fmt: skip
        except ValueError as error:
            raise InputError(f"early_stopping: {error}") from None
        if len(split[1]) < 2:
            raise InputError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        return Part(*split[::2]), Part(*split[1::2])

    def _by_steps(self) -> None:
        e = self.e
        size = parameters.batch_size(e, len(self.train.X))
        fresh = self.first or not hasattr(e, "_optimizer") or not self.part_only
        inner = parameters.optimizer(e) if fresh else e._optimizer
        rule = self._rule(inner, size)
        e._optimizer = inner
        if not self.part_only:
            e.n_iter_ = 0
        if self.held is not None and e.validation_scores_ is None:
            e.validation_scores_, e.validation_loss_curve_, e.best_validation_score_ = [], [], -np.inf
            e.best_loss_ = None if e.early_stopping else e.best_loss_
        stopping = EarlyStopping(
            e.n_iter_no_change + 1,
            e.tol,
            best_loss=-e.best_validation_score_ if e.early_stopping else e.best_loss_,
            best_theta=e.network_.theta.copy(),
            waited=e._no_improvement_count,
        )
        try:
            for epoch in self._epochs(rule, size):
                self._take_note(epoch, rule, stopping)
                over = self._is_over(rule, stopping)
                if self.tasks.end_one(lambda: self._as_if_stopped(stopping), last=over):
                    break
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=4)
        except DivergenceError as error:
            if not e.early_stopping or not e.loss_curve_:
                raise
            e.validation_scores_.append(math.nan)
            _warn(f"{error}; the network of the best validation score so far is kept")
        rule.close()
        e._no_improvement_count = stopping.waited
        if e.early_stopping:
            e.network_.theta = stopping.best_theta

    def _rule(self, optimizer: Optimizer, batch_size: int) -> Penalised:
        """The optimiser with the penalty beside it."""
        X, _, weights = self.train
        weight, factor = float(len(X)) if weights is None else float(weights.sum()), self.gradient_factor
        net, alpha = self.e.network_, self.e.alpha
        return Penalised(optimizer, net, alpha, factor=factor, samples=len(X), weight=weight, batch_size=batch_size)

    def _epochs(self, rule: Penalised, size: int) -> Iterator[Epoch]:
        e = self.e
        return train(
            e.network_,
            self.train.data(),
            rule,
            epochs=1 if self.part_only else int(e.max_iter),
            batch_size=size,
            rng=self._generator(),
            schedule=parameters.schedule(e),
            dropout=e.dropout,
            clip_norm=e.clip_norm,
            shuffle=bool(e.shuffle),
            engine=e.engine,
            live=not self.part_only,
        )

    def _generator(self) -> np.random.Generator:
        """Where order and dropout come from: partial_fit goes on with what there is, lest each call draw the same."""
        if not self.part_only or not hasattr(self.e, "_generator"):
            self.e._generator = np.random.default_rng(self.random.randint(2**31))
        generator: np.random.Generator = self.e._generator
        return generator

    def _take_note(self, epoch: Epoch, rule: Penalised, stopping: EarlyStopping) -> None:
        """Keep what came of an epoch: loss, samples seen, how the samples that are watched do, and what is best."""
        e = self.e
        e.n_iter_ += 1
        e.t_ += len(self.train.X)
        e.loss_ = self.loss_factor * epoch.train.loss + rule.penalty()
        e.loss_curve_.append(e.loss_)
        self._say(f"Iteration {e.n_iter_}, loss = {e.loss_:.8f}")
        if self.held is not None:
            e.validation_loss_curve_.append(self.loss_factor * evaluate(e.network_, self.held.data()).loss)
            e.validation_scores_.append(self._score(self.held))
            e.best_validation_score_ = max(e.best_validation_score_, e.validation_scores_[-1])
            self._say(f"Validation score: {e.validation_scores_[-1]:f}")
        watched = e.early_stopping and self.held is not None
        stopping.see(e.n_iter_, -e.validation_scores_[-1] if watched else e.loss_, e.network_.theta)
        if not watched:
            e.best_loss_ = stopping.best_loss
        if e.learning_rate == "invscaling" and e.solver == "sgd":
            try:
                rule.change_rate(e.learning_rate_init / (e.t_ + 1) ** e.power_t)
            except OverflowError:
                raise InputError(f"power_t={e.power_t:g} leaves no learning rate: give a smaller one") from None

    def _as_if_stopped(self, stopping: EarlyStopping | None = None) -> dict[str, Any]:
        """Attributes that a copy of the estimator has where the fit ends here."""
        attributes = copy.deepcopy({name: self.e.__dict__[name] for name in GROWING if name in self.e.__dict__})
        if stopping is not None and self.e.early_stopping:
            attributes["network_"].theta = stopping.best_theta
        return attributes

    def _say(self, words: str) -> None:
        if self.e.verbose:
            print(words, flush=True)

    def _score(self, part: Part) -> float:
        """Accuracy, or R² (with a mean over the outputs), as ``score`` gives it."""
        scores = evaluate(self.e.network_, part.data())
        if scores.accuracy is not None:
            return scores.accuracy
        assert scores.r2 is not None
        if math.isnan(scores.r2) and math.isfinite(scores.loss):  # the targets do not vary
            return 1.0 if scores.rmse == 0 else 0.0
        return scores.r2

    def _is_over(self, rule: Penalised, stopping: EarlyStopping) -> bool:
        """Whether nothing gets better any more; an adaptive learning rate falls first."""
        e = self.e
        if stopping.is_over:
            what = "Validation score" if e.early_stopping else "Training loss"
            words = f"{what} did not improve more than tol={e.tol:f} for {e.n_iter_no_change} consecutive epochs."
            adaptive = e.learning_rate == "adaptive" and e.solver == "sgd"
            if not adaptive or rule.learning_rate <= LEAST_RATE:
                self._say(words + (" Learning rate too small. Stopping." if adaptive else " Stopping."))
                return True
            rule.change_rate(rule.learning_rate / 5)
            stopping.waited = 0
            self._say(f"{words} Setting learning rate to {rule.learning_rate:f}")
        if e.n_iter_ == e.max_iter and not self.part_only:
            words = f"Stochastic Optimizer: Maximum iterations ({e.max_iter}) reached"
            _warn(f"{words} and the optimization hasn't converged yet.")
        return False

    def _by_lbfgs(self) -> None:
        """Minimise the loss of all samples with SciPy's L-BFGS, which asks for it and its gradient at many θ."""
        from scipy.optimize import minimize

        e, net = self.e, self.e.network_
        e.n_iter_ = 0
        data: Any = check_data(net, self.train.data())
        trace = Trace(net, len(data[0]))
        trace.fill(*data[:2])
        if len(data) > 2:
            trace.weigh(data[2])
        rule = self._rule(parameters.optimizer(e, "sgd"), len(data[0]))

        def loss_and_gradient(theta: Array) -> tuple[float, Array]:
            net.theta = theta
            with np.errstate(over="ignore", invalid="ignore"):
                forward(net, trace)
                loss = backward(net, trace)
                penalty, pull = rule.of(net.theta)
                gradient = self.gradient_factor * trace.grad + pull
            return self.loss_factor * loss + penalty, gradient.astype(np.float64)

        def end_iteration(theta: Array) -> None:
            e.loss_, _ = loss_and_gradient(theta)
            e.n_iter_ += 1
            if self.tasks.end_one(self._as_if_stopped, last=False):
                raise StopIteration

        found = minimize(
            loss_and_gradient, net.theta.astype(np.float64), method="L-BFGS-B", jac=True,
            options={"maxfun": e.max_fun, "maxiter": e.max_iter, "gtol": e.tol},
            callback=end_iteration if self.tasks.root is not None else None,
        )  # fmt: skip
        net.theta = found.x
        e.n_iter_, e.loss_, e.best_loss_ = min(found.nit, e.max_iter), float(found.fun), float(found.fun)
        if found.status != 0 and not self.tasks.stopped:
            _warn(f"lbfgs failed to converge after {found.nit} iteration(s) (status={found.status}): {found.message}")


def _warn(words: str) -> None:
    from sklearn.exceptions import ConvergenceWarning

    warnings.warn(words, ConvergenceWarning, stacklevel=6)
