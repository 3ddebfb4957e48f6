"""The journal of a sweep: Optuna's, in which each trial stands from the moment when its settings are chosen.

One process writes it, so that the number of trials is exact, and a trial that was under way when that process was
killed is known by its settings: it is done again. What is chosen for trial n depends on the seed, on n and on the
trials that have ended by then, not on how often the sweep was stopped before.
"""

import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pellucid._files.reading import read_file
from pellucid.core.errors import InputError
from pellucid.sweeps.space import Space
from pellucid.sweeps.trial import COMPLETE, DIVERGED, Outcome

NAME = "journal.log"
STUDY, OUTCOME = "sweep", "outcome"


@dataclass(frozen=True)
class Trial:
    """A trial as the journal has it: ``point`` is where it stands on each axis; no ``outcome`` before its end."""

    number: int
    point: dict[str, Any]
    outcome: Outcome | None = None


class _Alone:
    """In the place of Optuna's lock on the journal, which outlives a process that is killed: the folder is locked."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


@dataclass
class Store:
    """The trials of a sweep, in its folder; ``usual`` is the point at which the first trial stands."""

    folder: Path
    space: Space
    seed: int
    usual: dict[str, Any]
    _study: Any = None
    _turn: threading.Lock = field(default_factory=threading.Lock)  # who asks and who tells may be two threads

    def open(self) -> None:
        """Open the journal, or begin it.

        Raises:
            InputError: it is damaged, or of another search.
        """
        import optuna
        from optuna.storages.journal import JournalFileBackend, JournalStorage

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        path = self.folder / NAME
        _cut_what_is_torn(path)
        try:
            storage = JournalStorage(JournalFileBackend(str(path), lock_obj=_Alone()))
            self._study = optuna.create_study(storage=storage, study_name=STUDY, load_if_exists=True)
            trials = self.trials()
            for trial in self._study.get_trials(deepcopy=False):
                if OUTCOME in trial.user_attrs and not trial.state.is_finished():
                    self._end(trials[trial.number].outcome or Outcome(trial.number, DIVERGED))
        except (ValueError, KeyError, TypeError, AssertionError) as error:
            raise InputError(f"{path}: damaged ({error}); start the sweep again in another folder") from None
        if not self._study.get_trials(deepcopy=False) and self.usual:
            self._study.enqueue_trial(self.usual)

    def trials(self) -> list[Trial]:
        """All trials that there are, in the order of their numbers."""
        import optuna

        waiting = optuna.trial.TrialState.WAITING
        return [self._trial(each) for each in self._study.get_trials(deepcopy=False) if each.state != waiting]

    def _trial(self, frozen: Any) -> Trial:
        said = frozen.user_attrs.get(OUTCOME)
        outcome = None if said is None else Outcome(**{**said, "losses": tuple(said["losses"])})
        return Trial(frozen.number, dict(frozen.params), outcome)

    def to_do(self, most: int) -> Iterator[Trial]:
        """What is to be done until there are ``most`` trials: first those that were stopped, then new ones."""
        begun = self.trials()
        yield from (self._again(trial.number) for trial in begun if trial.outcome is None)
        for _ in range(len(begun), most):
            yield self._next()

    def _again(self, number: int) -> Trial:
        """A trial that was stopped; where that was while its settings were chosen, with the rest of them."""
        with self._turn:
            return self._chosen(self._under_way(number))

    def _next(self) -> Trial:
        """A new trial."""
        with self._turn:
            return self._chosen(self._study.ask())

    def _chosen(self, trial: Any) -> Trial:
        point = {}
        for place, (name, axis) in enumerate(self.space.items()):
            self._study.sampler = self._sampler(trial.number, place)
            point[name] = axis.suggest(trial)
        return Trial(trial.number, point)

    def _under_way(self, number: int) -> Any:
        import optuna

        return optuna.trial.Trial(self._study, self._study.get_trials(deepcopy=False)[number]._trial_id)

    def _sampler(self, number: int, place: int) -> Any:
        """A sampler that is the same for the same axis of the same trial, whatever this process has chosen before."""
        import optuna

        seed = int(np.random.SeedSequence([self.seed, number, place]).generate_state(1)[0])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that some ways of it may change
            return optuna.samplers.TPESampler(seed=seed, constant_liar=True, multivariate=False)

    def tell(self, outcome: Outcome) -> None:
        """Write what came of a trial: all of it in one line, from which on it has ended."""
        with self._turn:
            self._under_way(outcome.number).set_user_attr(OUTCOME, outcome._asdict())
            self._end(outcome)

    def _end(self, outcome: Outcome) -> None:
        """Let Optuna count a trial that has ended."""
        from optuna.trial import TrialState

        if outcome.state == COMPLETE:
            self._study.tell(outcome.number, outcome.value)
            return
        if outcome.losses:
            self._under_way(outcome.number).report(outcome.losses[-1], len(outcome.losses))
        self._study.tell(outcome.number, state=TrialState.PRUNED)

    def importance(self) -> dict[str, float]:
        """The share of each setting in how the dev loss varies, by fANOVA; none where too few trials ended.

        Source: Hutter, Hoos and Leyton-Brown, An Efficient Approach for Assessing Hyperparameter Importance, ICML 2014.
        """
        from optuna.importance import FanovaImportanceEvaluator, get_param_importances

        values = {trial.outcome.value for trial in self.trials() if trial.outcome and trial.outcome.state == COMPLETE}
        if len(values) < 2:
            return {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shares = get_param_importances(self._study, evaluator=FanovaImportanceEvaluator(seed=self.seed))
        return {name: round(float(share), 4) for name, share in shares.items()}


def losses_before(trials: list[Trial]) -> tuple[tuple[float, ...], ...]:
    """The dev losses, epoch by epoch, of the trials that came to their end."""
    return tuple(trial.outcome.losses for trial in trials if trial.outcome and trial.outcome.state == COMPLETE)


def best_of(trials: list[Trial]) -> Trial | None:
    """The trial with the least dev loss, of equal ones the first; None where all were pruned or diverged."""
    ended = [trial for trial in trials if trial.outcome is not None and trial.outcome.value is not None]
    return min(ended, key=lambda trial: (trial.outcome.value, trial.number), default=None)  # type: ignore[union-attr]


def counts(trials: list[Trial]) -> dict[str, int]:
    """How many trials ended in each way."""
    states = [trial.outcome.state for trial in trials if trial.outcome is not None]
    return {state: states.count(state) for state in dict.fromkeys((COMPLETE, "pruned", DIVERGED))}


def _cut_what_is_torn(path: Path) -> None:
    """Take away the last line where it was not written to its end."""
    if not path.is_file():
        return
    whole = read_file(path)
    end = whole.rfind(b"\n") + 1
    if end < len(whole):
        with path.open("r+b") as file:
            file.truncate(end)
