"""From a function's outputs to a verdict: passed, or what is wrong, by name where it is a usual mistake."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.book.grading.calls import Outcome, outcomes
from pellucid.book.grading.compare import difference, quietly, rounded, same
from pellucid.book.grading.errors import meaning, shapes_that_do_not_fit
from pellucid.book.grading.exercise import Exercise, Inputs, Mistake
from pellucid.book.grading.inputs import live

UNSOLVED = "not solved yet"
FEW = 8  # numbers in an array that is shown whole
SEEDS = 2**32


@dataclass(frozen=True)
class Mark:
    """The verdict on one exercise."""

    name: str
    passed: bool
    message: str


def calls_of(exercise: Exercise, seed: int) -> list[Inputs]:
    """The inputs of an exercise for a seed, whatever else is graded beside it."""
    rng = np.random.default_rng([seed, zlib.crc32(exercise.name.encode())])
    return list(exercise.draw(rng))


def mark_of(exercise: Exercise, function: Callable[..., Any], seed: int) -> Mark:
    """The verdict on a function, which is run here and now."""
    calls = calls_of(exercise, seed)
    return judged(exercise, calls, outcomes(function, calls))


def judged(exercise: Exercise, calls: Sequence[Inputs], ended: Sequence[Outcome]) -> Mark:
    """The verdict on how calls ended."""
    fault = _fault(exercise, calls, ended)
    return Mark(exercise.name, fault is None, fault or "passed")


def _fault(exercise: Exercise, calls: Sequence[Inputs], ended: Sequence[Outcome]) -> str | None:
    if all(outcome.failure is None and outcome.value is None for outcome in ended):
        return f"{UNSOLVED}: it returns None"
    for inputs, outcome in zip(calls, ended, strict=False):
        if outcome.failure is not None:
            name = (
                meaning(outcome.failure, exercise, inputs)
                or _name_of_mistake(exercise, calls, ended)
                or shapes_that_do_not_fit(outcome.failure, exercise, inputs)
            )
            evidence = f"{outcome.failure} ({shown(exercise, inputs)})"
            return f"{name}: {evidence}" if name else evidence
    values = [outcome.value for outcome in ended]
    if exercise.laws is not None:
        found = exercise.laws(list(zip(calls, values, strict=True)))
    else:
        found = _first_difference(exercise, calls, ended)
    return found or _side_effect(exercise, calls, ended)


def _side_effect(exercise: Exercise, calls: Sequence[Inputs], ended: Sequence[Outcome]) -> str | None:
    """What right numbers do not show: inputs that are changed, and warnings."""
    for inputs, outcome in zip(calls, ended, strict=True):
        if outcome.changed:
            name = exercise.names[outcome.changed[0]]
            return f"the numbers are right, but it changes its input {name}: work on a copy, or make new arrays"
        if outcome.warned and exercise.warns:
            place = f"{outcome.warned[0]} ({shown(exercise, inputs)})"
            return f"the numbers are right, but NumPy warns: {place}; {exercise.warns}"
    return None


def _first_difference(exercise: Exercise, calls: Sequence[Inputs], ended: Sequence[Outcome]) -> str | None:
    assert exercise.answer is not None
    for inputs, outcome in zip(calls, ended, strict=True):
        right = exercise.answer(*map(live, inputs))
        found = difference(outcome.value, right, exercise.returns, exercise.tolerance)
        if found is not None:
            name = (
                _name_of_mistake(exercise, calls, ended)
                or _explained(exercise, inputs, outcome.value)
                or rounded(outcome.value, right)
            )
            evidence = f"{found} ({shown(exercise, inputs)})"
            return f"{name}: {evidence}" if name else evidence
    return None


def _name_of_mistake(exercise: Exercise, calls: Sequence[Inputs], ended: Sequence[Outcome]) -> str | None:
    """The mistake that gives these values in every call, and fails where these fail."""
    if not any(outcome.failure is None for outcome in ended):
        return None

    def gives(mistake: Mistake) -> bool:
        return all(
            _is_answer(mistake, inputs, outcome, exercise) for inputs, outcome in zip(calls, ended, strict=False)
        )

    return next((mistake.says for mistake in exercise.mistakes if gives(mistake)), None)


def _is_answer(mistake: Mistake, inputs: Inputs, outcome: Outcome, exercise: Exercise) -> bool:
    wrong = quietly(mistake.answer, *map(live, inputs))
    if wrong is None or outcome.failure is not None:
        return wrong is None and outcome.failure is not None
    return same(outcome.value, wrong, exercise.tolerance)


def _explained(exercise: Exercise, inputs: Inputs, value: Any) -> str | None:
    return None if exercise.explain is None else exercise.explain(inputs, value)


def shown(exercise: Exercise, inputs: Inputs) -> str:
    """The inputs of a call in short: small ones whole, of others the shape."""
    texts = (_shown(name, value) for name, value in zip(exercise.names, inputs, strict=True))
    return ", ".join(text for text in texts if text)


def _shown(name: str, value: Any) -> str:
    if isinstance(value, np.ndarray) and (value.ndim > 1 or value.size > FEW):
        return f"{name} of shape {value.shape}"
    if isinstance(value, np.ndarray):
        return f"{name} = [{', '.join(f'{float(number):.3g}' for number in value.ravel())}]".replace("-", "−")
    if isinstance(value, float):
        return f"{name} = {value:.3g}".replace("-", "−")
    if isinstance(value, list) and value and isinstance(value[0], np.ndarray):
        return f"{name} of shapes {', '.join(str(part.shape) for part in value)}"
    return f"{name} = {value}" if isinstance(value, int | list) else ""
