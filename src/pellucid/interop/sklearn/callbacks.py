"""A fit as tasks that scikit-learn's callbacks see: progress bars, scores of each epoch, one's own."""

from collections.abc import Callable
from typing import Any

__all__ = ["CallbackSupportMixin", "Tasks"]

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # before scikit-learn 1.9, which has no callbacks

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands where there is nothing to support."""


class Tasks:
    """The fit as one task, and within it one for each iteration: an epoch, or a step of L-BFGS.

    Callbacks get the data as they were given to ``fit``, and an estimator as if ``fit`` had stopped there. Where none
    are set, nothing is done.
    """

    def __init__(self, estimator: Any, iterations: int, X: Any, y: Any, sample_weight: Any) -> None:
        self.e, self.left, self.stopped = estimator, iterations, False
        self.root: Any = None
        self.task: Any = None
        self.data = {"X": X, "y": y, "metadata": None if sample_weight is None else {"sample_weight": sample_weight}}
        if getattr(estimator, "_skl_callbacks", None):
            self.root = estimator._init_callback_context(max_subtasks=iterations)
            self.root.call_on_fit_task_begin(estimator=estimator, **self.data)
            self._begin()

    def _begin(self) -> None:
        """Begin the next iteration."""
        self.left -= 1
        name = "lbfgs-iter" if self.e.solver == "lbfgs" else "epoch"
        self.task = self.root.subcontext(task_name=name)
        self.task.call_on_fit_task_begin(estimator=self.e, **self.data)

    def end_one(self, attributes: Callable[[], dict[str, Any]], *, last: bool) -> bool:
        """End an iteration, and begin the next, unless it was the ``last`` or a callback stops the fit; say whether.

        ``attributes`` gives what a copy of the estimator must have to predict as if ``fit`` had stopped here.
        """
        if self.task is None:
            return last
        task, self.task = self.task, None
        stop = task.call_on_fit_task_end(estimator=self.e, reconstruction_attributes=attributes, **self.data)
        self.stopped = bool(stop)
        if self.left and not (last or stop):
            self._begin()
        return last or self.stopped

    def end(self) -> None:
        """End the fit, and before it an iteration that did not come to its end."""
        if self.task is not None:
            self.task.call_on_fit_task_end(estimator=self.e)
        if self.root is not None:
            self.root.call_on_fit_task_end(estimator=self.e, reconstruction_attributes={}, **self.data)
