"""The step of a training function that updates by itself: between two passes, does each parameter go downhill?

There is no update to call. But forward is handed the parameters again and again, and backward returns gradients: how
the parameters changed from one pass to the next, beside the gradients between, is the step.
"""

from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import Quantity, at, meaning, places
from pellucid.analysis.doctor.reference_network import close
from pellucid.analysis.doctor.sandbox import CallResult, code_object

MOST = 3  # steps that are watched
ALONG = 0.5  # the cosine from which on a change that is no multiple of the gradient is called uphill

Arrays = dict[Quantity, Any]


@dataclass(frozen=True)
class Step:
    """How the parameters changed from one pass to the next, and the sum of the gradients between, under W and b."""

    moves: Arrays
    gradients: Arrays
    calls: int  # of backward: several, where it gets the samples one by one


@dataclass
class Steps:
    """Watches a training: ``see`` is called as the user's forward and backward return."""

    exam: Examination
    found: list[Step] = field(default_factory=list)
    _before: Arrays = field(default_factory=dict)  # the parameters of the last forward pass
    _sums: Arrays = field(default_factory=dict)  # the gradients since these parameters are what they are
    _calls: int = 0

    def see(self, frame: FrameType, value: Any) -> None:
        """Note what a pass was given or has made."""
        functions = self.exam.functions
        if len(self.found) == MOST:
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
                self.found.append(Step(moves, {q: g for q, g in self._sums.items() if q in moves}, self._calls))
            self._sums, self._calls = {}, 0

    def _parameters(self, frame: FrameType) -> Arrays:
        code, told = frame.f_code, self.exam.functions.options.get("arguments", {})
        arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        names = [told.get(name, name) for name in arguments]
        values = tuple(frame.f_locals.get(name) for name in arguments)
        found = self._own(values, places(values, list(names)))
        for name, value in zip(names, values, strict=True):
            if not found and meaning(name) == "parameters":
                found = self._own(value, self.exam.paths)
        return found

    def _gradients(self, result: CallResult) -> Arrays:
        if result.value is None:
            return {}
        paths = places(result.value, self.exam.functions.returns("backward", result), gradients=True)
        return self._own(result.value, {Quantity(q.kind[1:], q.layer): path for q, path in paths.items()})

    def _own(self, value: Any, paths: dict[Quantity, Any]) -> Arrays:
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
    ways = _ways(steps[0], 1) if steps else {}
    return bool(ways) and all(way > 0 for way in ways.values())


def examine_inline_step(exam: Examination, steps: list[Step]) -> None:
    """Say which parameters move along their gradients, or never. The first step is plain in every optimiser."""
    train = exam.functions.name_of("train")
    turn = -1 if exam.gradients_negated else 1
    ways = _ways(steps[0], turn) if steps else {}
    if not ways:
        exam.notes.append(f"no update function was found, and {train}'s own step could not be watched")
        return
    uphill = sorted(q for q, way in ways.items() if way > 0)
    downhill = [q for q, way in ways.items() if way == -1]
    if len(uphill) == len(ways):
        _report_uphill(exam, steps[0], uphill[0], None, turn)
    elif any(way == 1 for way in ways.values()) and len(downhill) + len(uphill) == len(ways):
        for q in uphill:
            _report_uphill(exam, steps[0], q, q, turn)
    still = [q for q, way in ways.items() if way == 0 and _never_moves(q, steps)]
    plain = any(np.size(steps[0].moves[q]) > 1 for q in downhill)
    if plain and len(steps) > 1 and len(downhill) + len(still) == len(ways):
        for q in sorted(still):
            evidence = f"{_place(exam, q)}{q} is the same after {len(steps)} steps, and d{q} is not 0"
            exam.add(q.layer, q.kind, f"{train} leaves {q} as it is", evidence, _remedy(q))
    if len(downhill) == len(ways):
        exam.checked.append(f"the update in {train}: every parameter moves against its own gradient")
    elif not uphill and not still:
        exam.notes.append(f"the update in {train} is more than plain gradient descent: only its direction was examined")


def _ways(step: Step, turn: int) -> dict[Quantity, float]:
    """For each parameter whose gradient is not 0: ±1 where it moves by a multiple of it, else ±0.5, or 0 across it."""
    ways = {}
    for q, gradient in step.gradients.items():
        gradient, move = turn * gradient, step.moves[q]
        size = float(np.sum(gradient * gradient))
        if not 0 < size < np.inf or not np.isfinite(move).all():
            continue
        c = float(np.sum(move * gradient)) / size
        cosine = c * np.sqrt(size) / (float(np.linalg.norm(move)) + 1e-300)
        exact = c != 0 and close(move, c * gradient, 1e-6)
        about = 0.5 * float(np.sign(cosine)) if step.calls == 1 and abs(cosine) > ALONG else 0.0
        ways[q] = float(np.sign(c)) if exact else about
    return ways


def _never_moves(q: Quantity, steps: list[Step]) -> bool:
    return not any(np.any(step.moves.get(q, 1.0)) for step in steps)


def _report_uphill(exam: Examination, step: Step, shown: Quantity, alone: Quantity | None, turn: int) -> None:
    gradient = turn * step.gradients[shown]
    c = float(np.sum(step.moves[shown] * gradient) / np.sum(gradient * gradient))
    which, train = "every parameter" if alone is None else str(alone), exam.functions.name_of("train")
    exam.add(
        None if alone is None else alone.layer,
        "W" if alone is None else alone.kind,
        f"the update goes in the wrong direction: {which} moves along the gradient, so the loss grows",
        f"{_place(exam, shown)}{shown} changes by +{c:.3g} × d{shown} in the first step of {train}",
        _remedy(shown),
    )


def _place(exam: Examination, q: Quantity) -> str:
    line = exam.functions.line("train", str(q)) or exam.functions.line("train")
    return "" if line is None else f"line {line}: "


def _remedy(q: Quantity) -> str:
    return f"{q} = {q} - learning_rate * d{q}"
