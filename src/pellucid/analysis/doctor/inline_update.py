"""The step of a training function that updates by itself: between two passes, does each parameter go downhill?

There is no update to call. But forward is handed the parameters again and again, and backward returns gradients: how
the parameters changed from one pass to the next, beside the gradients between, is the step.
"""

from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import Arrays, array_paths, at
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import Quantity, meaning
from pellucid.analysis.doctor.reference_network import close
from pellucid.analysis.doctor.sandbox import CallResult, code_object

MOST = 3  # steps that are watched
ALONG = 0.5  # the cosine from which on a change that is no multiple of the gradient is called uphill


@dataclass(frozen=True)
class Step:
    """How the parameters changed from one pass to the next, and the sum of the gradients between, under W and b."""

    moves: Arrays
    gradients: Arrays
    calls: int  # of backward: several, where it gets the samples one by one


@dataclass
class StepRecorder:
    """Watches a training: ``on_return`` is called as the user's forward and backward return."""

    exam: Examination
    steps: list[Step] = field(default_factory=list)
    _before: Arrays = field(default_factory=dict)  # the parameters of the last forward pass
    _sums: Arrays = field(default_factory=dict)  # the gradients since these parameters are what they are
    _calls: int = 0

    def on_return(self, frame: FrameType, value: Any) -> None:
        """Note what a pass was given or has made."""
        functions = self.exam.functions
        if len(self.steps) == MOST:
            return
        if frame.f_code is code_object(functions["backward"]):
            gradients = self._gradients(CallResult(value, local_variables=[dict(frame.f_locals)]))
            self._sums = {q: self._sums.get(q, 0.0) + gradient for q, gradient in gradients.items()}
            self._calls += 1
        elif frame.f_code is code_object(functions["forward"]):
            before, self._before = self._before, self._parameters(frame)
            moves = {q: array - before[q] for q, array in self._before.items() if q in before}
            if not any(np.any(move) for move in moves.values()):
                return
            if self._calls:
                self.steps.append(Step(moves, {q: g for q, g in self._sums.items() if q in moves}, self._calls))
            self._sums, self._calls = {}, 0

    def _parameters(self, frame: FrameType) -> Arrays:
        code, names_of = frame.f_code, self.exam.functions.options.get("arguments", {})
        arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        names = [names_of.get(name, name) for name in arguments]
        values = tuple(frame.f_locals.get(name) for name in arguments)
        found = self._copies(values, array_paths(values, list(names)))
        for name, value in zip(names, values, strict=True):
            if not found and meaning(name) == "parameters":
                found = self._copies(value, self.exam.paths)
        return found

    def _gradients(self, result: CallResult) -> Arrays:
        if result.value is None:
            return {}
        paths = array_paths(result.value, self.exam.functions.returns("backward", result), gradients=True)
        return self._copies(result.value, {q.parameter: path for q, path in paths.items()})

    def _copies(self, value: Any, paths: dict[Quantity, Any]) -> Arrays:
        """Copies of the arrays at some places that are of a parameter's shape."""
        found: Arrays = {}
        for q, path in paths.items():
            q = self.exam.resolved(q)
            try:
                array = np.array(at(value, path), np.float64)
            except (KeyError, IndexError, TypeError, ValueError):
                continue
            if q in self.exam.paths and array.shape == np.shape(self.exam.array(*q)):
                found[q] = array
        return found


def adds(steps: list[Step]) -> bool:
    """Whether the first step moves every parameter along what backward returned."""
    directions = _directions(steps[0], 1) if steps else {}
    return bool(directions) and all(direction > 0 for direction in directions.values())


def examine_inline_step(exam: Examination, steps: list[Step]) -> None:
    """Say which parameters move along their gradients, or never. The first step is plain in every optimiser."""
    train = exam.functions.name_of("train")
    sign = -1 if exam.gradients_negated else 1
    directions = _directions(steps[0], sign) if steps else {}
    if not directions:
        why = f"no function looks like it, and {train}'s own step could not be watched"
        exam.not_examined("the update", why, "give update=…")
        return
    uphill = sorted(q for q, direction in directions.items() if direction > 0)
    downhill = [q for q, direction in directions.items() if direction == -1]
    every = len(uphill) == len(directions)
    some = any(directions[q] == 1 for q in uphill) and len(downhill) + len(uphill) == len(directions)
    if every or some:
        q = uphill[0]
        c = sign * float(np.sum(steps[0].moves[q] * steps[0].gradients[q]) / np.sum(steps[0].gradients[q] ** 2))
        evidence = f"{_line(exam, q)}{q} changes by +{c:.3g} × {q.gradient} in the first step of {train}"
        report_uphill(exam, uphill, evidence, every=every)
    still = [q for q in directions if not any(np.any(step.moves.get(q, 1.0)) for step in steps)]
    plain = any(np.size(steps[0].moves[q]) > 1 for q in downhill)
    if plain and len(steps) > 1 and len(downhill) + len(still) == len(directions):
        for q in sorted(still):
            evidence = f"{_line(exam, q)}{q} is the same after {len(steps)} steps, and {q.gradient} is not 0"
            exam.add(q, f"{train} leaves {q} as it is", evidence, descent(q))
    if len(downhill) == len(directions):
        exam.compared.append(f"the update in {train}: every parameter moves against its own gradient")
    elif not uphill and not still:
        exam.notes.append(f"the update in {train} is more than plain gradient descent: only its direction was examined")


def _directions(step: Step, sign: int) -> dict[Quantity, float]:
    """For each parameter whose gradient is not 0: ±1 where it moves by a multiple of it, else ±0.5, or 0 across it."""
    directions = {}
    for q, gradient in step.gradients.items():
        gradient, move = sign * gradient, step.moves[q]
        size = float(np.sum(gradient * gradient))
        if not 0 < size < np.inf or not np.isfinite(move).all():
            continue
        c = float(np.sum(move * gradient)) / size
        cosine = c * np.sqrt(size) / (float(np.linalg.norm(move)) + 1e-300)
        exact = c != 0 and close(move, c * gradient, 1e-6)
        about = 0.5 * float(np.sign(cosine)) if step.calls == 1 and abs(cosine) > ALONG else 0.0
        directions[q] = float(np.sign(c)) if exact else about
    return directions


def _line(exam: Examination, q: Quantity) -> str:
    return exam.functions.at_line("train", str(q)) or exam.functions.at_line("train")


def report_uphill(exam: Examination, uphill: list[Quantity], evidence: str, *, every: bool = False) -> None:
    """Add the finding that some parameters, or every one, move along their gradients."""
    which = "every parameter" if every else ", ".join(map(str, uphill))
    moves = "moves" if every or len(uphill) == 1 else "move"
    fault = f"the update goes in the wrong direction: {which} {moves} along the gradient, so the loss grows"
    exam.add("W" if every else uphill[0], fault, evidence, descent(uphill[0]))


def descent(q: Quantity) -> str:
    """The line of code that moves a parameter as gradient descent does."""
    return f"{q} = {q} - learning_rate * {q.gradient}"
